/* guard.h - may this caller do this? Role, plugin on for the caller's unit, CSRF, second factor. */
#ifndef CORE_GUARD_H
#define CORE_GUARD_H

#include "ctx.h"
#include "web/router.h"

/* JY_OK, or a refusal in view: 401 page to sign-in with return address, 403, 503. */
enum jy_status guard_route(struct jy_ctx *cx, const struct match *match, struct jy_view *view);
/* After the body is read: CSRF token against the session, Sec-Fetch-Site and Origin. */
enum jy_status guard_post(struct jy_ctx *cx, struct jy_view *view);
/* The plugin is on, but off for the caller's reporting unit. */
bool plugin_off_here(const struct jy_ctx *cx, const struct plugin *plugin);
/* The browser itself says that the request was made by one of our pages. */
bool guard_same_site(const struct jy_ctx *cx);
/* Path and query of the page of ours that the request came from (Referer), or NULL. */
const char *guard_came_from(const struct jy_ctx *cx);
/* The form could not be taken (session over, old token): a page with http 401 or 403 that shows what
 * was typed for copying and, if it came from a page of ours, sends it again. No passwords, no files. */
enum jy_status expired_page(struct jy_ctx *cx, struct jy_view *view, int http);

#endif
