/*
 * buf.c - the one growing buffer of the core.
 *
 * Doubling keeps appends cheap; the maximum is part of the object, so that no caller can forget it.
 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
buf_init(struct buf *buf, TALLOC_CTX *owner, size_t max)
{
	*buf = (struct buf){ .owner = owner, .max = max };
}

static bool
buf_room(struct buf *buf, size_t n)
{
	size_t cap = buf->cap ? buf->cap : 256;

	if (buf->full || n > buf->max - buf->len) {
		buf->full = true;
		return false;
	}
	if (buf->len + n < buf->cap)
		return true;
	while (cap <= buf->len + n)
		cap *= 2;
	buf->data = talloc_realloc(buf->owner, buf->data, char, cap);
	if (!buf->data)
		abort(); /* memory is limited per worker; a fresh worker takes over */
	buf->cap = cap;
	return true;
}

void
buf_add(struct buf *buf, const void *bytes, size_t n)
{
	if (!buf_room(buf, n))
		return;
	memcpy(buf->data + buf->len, bytes, n);
	buf->len += n;
	buf->data[buf->len] = '\0';
}

void
buf_text(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

void
buf_printf(struct buf *buf, const char *fmt, ...)
{
	size_t room = buf->cap - buf->len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(room ? buf->data + buf->len : NULL, room, fmt, ap);
	va_end(ap);
	if (n < 0 || !buf_room(buf, (size_t)n)) {
		if (room)
			buf->data[buf->len] = '\0';
		return;
	}
	if ((size_t)n >= room) { /* only now is it known how long the text is */
		va_start(ap, fmt);
		vsnprintf(buf->data + buf->len, (size_t)n + 1, fmt, ap);
		va_end(ap);
	}
	buf->len += (size_t)n;
}
