/*
 * links.c - addresses that carry values: percent-encoded, so that no value can end its place.
 */
#include "facility/links.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define LINK_MAX ((size_t)8 * 1024)

void
percent_add(struct buf *out, const char *text)
{
	static const char plain[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~,";

	for (; *text; text++)
		if (strchr(plain, *text))
			buf_add(out, text, 1);
		else
			buf_printf(out, "%%%02X", (unsigned char)*text);
}

/* The value named at the start of pattern, which is behind a ':'; returns the name's length. */
static size_t
value_add(struct jy_ctx *cx, struct buf *out, const char *pattern, const json_t *row)
{
	const json_t *value;
	const char *name;
	size_t n = 0;

	while (isalnum((unsigned char)pattern[n]) || pattern[n] == '_')
		n++;
	name = jy_printf(cx, "%.*s", (int)n, pattern);
	value = json_object_get(row, name);
	if (json_is_integer(value))
		buf_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else
		percent_add(out, jy_json_text(row, name));
	return n;
}

const char *
link_fill(struct jy_ctx *cx, const char *pattern, const json_t *row)
{
	struct buf out;

	buf_init(&out, cx->pool, LINK_MAX);
	while (*pattern) {
		size_t n = strcspn(pattern, ":");

		buf_add(&out, pattern, n);
		pattern += n;
		if (*pattern == ':')
			pattern += 1 + value_add(cx, &out, pattern + 1, row);
	}
	return out.data ? out.data : "";
}
