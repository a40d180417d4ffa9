/*
 * page.h - the context that every HTML page has besides its own model, under the key "page":
 *   site, title, user {name, role, role_label, place}, nav [{path,label,active}], csrf, key (fresh
 *   idempotency key), path, notice, unread (messages), demonstration, api (address of the same page as
 *   JSON), generation. A form in a template includes the partial {{> core/guard}}: hidden _csrf, _key.
 * The layout core/layout receives the rendered page as {{{content}}}.
 */
#ifndef CORE_PAGE_H
#define CORE_PAGE_H

#include "ctx.h"

/* {"page": {...}}, owned by cx. view gets the cookies of a visitor's token and of a shown notice. */
json_t *page_model(struct jy_ctx *cx, struct jy_view *view, const char *title);
/* Makes the next page show the notice: a cookie that lives for a minute. */
void page_notice_keep(struct jy_ctx *cx, struct jy_view *view);

#endif
