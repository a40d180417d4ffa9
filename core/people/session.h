/* session.h - who is asking: an opaque random token in a cookie, stored only as its hash. */
#ifndef CORE_SESSION_H
#define CORE_SESSION_H

#include "ctx.h"

struct session {
	unsigned char hash[32];
	int64_t account, role_id;
	const char *csrf;
	bool second_factor;     /* passed */
	bool second_factor_due; /* the role needs one that was not given yet: only /account/second
				   works */
};

/* Fills cx->session and cx->user from the cookie; an unknown, idle or old session leaves JY_PUBLIC.
 * Answers JY_BUSY when the database is away. Never reads the database without a cookie. */
enum jy_status session_identify(struct jy_ctx *cx);
/* Opens a session for an account in a role; sets the cookie in view. Any old one is ended. */
enum jy_status session_open(struct jy_ctx *cx, struct jy_view *view, int64_t account,
			    int64_t role_id, bool second_factor);
enum jy_status session_end(struct jy_ctx *cx, struct jy_view *view);
enum jy_status session_end_all(struct jy_ctx *cx, int64_t account); /* disable, password change */
enum jy_status session_end_others(struct jy_ctx *cx); /* all of the caller's but this one */
/* The token for forms of visitors without a session (sign-in, registration): bound to a random
 * cookie that the answer sets. guard_post checks it with session_token_ok. */
const char *session_token(struct jy_ctx *cx, struct jy_view *view);
bool session_token_ok(struct jy_ctx *cx, const char *token);

/* A cookie of the core with all its flags; max_age -1 = until the browser closes. The names get the
 * __Host- prefix when config->secure_cookies says so. read: NULL if absent. */
void session_cookie(struct jy_ctx *cx, struct jy_view *view, const char *name, const char *value,
		    int64_t max_age);
const char *session_cookie_read(struct jy_ctx *cx, const char *name);

#endif
