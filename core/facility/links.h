/* links.h - addresses made from a table's pattern and a row. */
#ifndef CORE_LINKS_H
#define CORE_LINKS_H

#include "base/buf.h"
#include "ctx.h"

/* "/jobs/:id" with the row's values, percent-encoded. */
const char *link_fill(struct jy_ctx *cx, const char *pattern, const json_t *row);
void percent_add(struct buf *out, const char *text);

#endif
