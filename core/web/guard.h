/* guard.h - may this caller do this? Role, plugin on for the caller's unit, CSRF, second factor. */
#ifndef CORE_GUARD_H
#define CORE_GUARD_H

#include "ctx.h"
#include "web/router.h"

/* JY_OK, or a refusal in view: 401 page to sign-in with return address, 403, 503. */
enum jy_status guard_route(struct jy_ctx *cx, const struct match *match, struct jy_view *view);
/* After the body is read: CSRF token against the session, Sec-Fetch-Site and Origin. */
enum jy_status guard_post(struct jy_ctx *cx, struct jy_view *view);

#endif
