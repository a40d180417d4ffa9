/* response.h - turns a status and a view into bytes: HTML, JSON or XML from one model. */
#ifndef CORE_RESPONSE_H
#define CORE_RESPONSE_H

#include "ctx.h"

struct transport;

/* Sends the answer; returns the HTTP status that went out and the bytes of the body. */
int response_send(struct jy_ctx *cx, struct transport *t, enum jy_status status,
		  struct jy_view *view, size_t *bytes);
int http_status(enum jy_status status); /* 200 404 422 403 409 503 500 */
/* One of the core's refusals before or around a handler ("csrf", "rate", "too_large"). fmt
 * NULL: the sentence that belongs to the HTTP status. */
enum jy_status refuse_http(struct jy_view *view, int status, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* One more header line. A line that holds a line end is a programming error and is dropped. */
void view_header(struct jy_view *view, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
