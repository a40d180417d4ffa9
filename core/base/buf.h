/* buf.h - a growing byte buffer that states its maximum. Past it, `full` is set and nothing more is
 * added; the text stays terminated by a NUL that is not counted. */
#ifndef CORE_BUF_H
#define CORE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <talloc.h>

struct buf {
	TALLOC_CTX *owner;
	char *data; /* never NULL after the first add */
	size_t len, cap, max;
	bool full;
};

void buf_init(struct buf *buf, TALLOC_CTX *owner, size_t max);
void buf_add(struct buf *buf, const void *bytes, size_t n);
void buf_text(struct buf *buf, const char *text);
void buf_printf(struct buf *buf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
