/* ctx.h - struct jy_ctx, opaque to plugins: one request, task run, event delivery or command.
 * It is a talloc context: whatever is made for it hangs below it and goes with it. */
#ifndef CORE_CTX_H
#define CORE_CTX_H

#include <jiye/plugin.h>
#include <talloc.h>
#include "core.h"

struct request; /* request.h; NULL outside a web request */
struct session; /* session.h; NULL when nobody has signed in */
struct plugin;  /* plugins.h; whose hook runs now; NULL in the core itself */

struct jy_ctx {
	struct core *core;
	TALLOC_CTX *pool; /* where jy_alloc, jy_printf and jy_own put things: cx, or a scratch below it */
	struct request *request;
	struct session *session;
	const struct jy_route *route;
	struct plugin *plugin;
	struct jy_user user;
	json_t *params;      /* typed values of path, query and form */
	json_t *errors;      /* array of {"field","message"}; NULL until the first */
	json_t *typed;       /* form fields as typed, for showing the form again */
	const struct jy_form *form; /* the form being read, shown again by jy_form_again */
	bool may_write;      /* false in a GET: jy_exec refuses */
	bool in_transaction;
	bool retry;          /* a database call met a deadlock or lost node: run the whole again */
	int64_t last_id, changed;
	const char *id;      /* request id, "task:<id>" or "tool" in logs and audit */
	void (*progress)(struct jy_ctx *cx, int64_t done, int64_t total, const char *what);
	void *progress_arg;
	enum jy_status (*checkpoint)(struct jy_ctx *cx); /* NULL: refused */
};

/* A fresh context below parent (may be NULL). user is JY_PUBLIC until set. */
struct jy_ctx *ctx_new(struct core *core, TALLOC_CTX *parent, const char *id);
/* The system acts (tasks, jiyectl): role JY_PROVINCE's sight, account 0, name "系统". */
void ctx_as_system(struct jy_ctx *cx);

/* struct jy_view: the answer in the making. Zeroed = nothing said yet. */
struct jy_view {
	struct jy_ctx *cx;
	enum { VIEW_NONE, VIEW_SHOW, VIEW_REDIRECT, VIEW_REFUSE, VIEW_BYTES, VIEW_FEED } kind;
	int status; /* HTTP status to answer with; 0 = by kind */
	const char *tmpl;
	json_t *model; /* owned by cx */
	char *location;
	const char *code;    /* refusal */
	char *sentence;      /* refusal, or the download's name */
	const char *type;    /* VIEW_BYTES, VIEW_FEED */
	const void *bytes;
	size_t size;
	char *notice;
	int retry_after;     /* seconds, with 503 */
	json_t *headers;     /* array of "Name: value" set by the core (cookies), or NULL */
};
struct jy_view *view_new(struct jy_ctx *cx);

#endif
