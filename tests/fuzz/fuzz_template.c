/*
 * fuzz_template.c - any text compiles or is refused with a sentence; what compiles renders within
 * its limits. Input: a template, then after a NUL the partial that it may include as "p".
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "web/templates.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char model_text[] =
    "{\"a\":\"<x>&\",\"b\":{\"c\":[1,2.5,null]},\"l\":[{\"a\":1},{\"l\":[true]},\"s\"],\"z\":\"\"}";

static const struct mustache *
find(void *arg, const char *name)
{
	return strcmp(name, "p") == 0 ? arg : NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static json_t *model;
	TALLOC_CTX *owner = talloc_new(NULL);
	const char *error = NULL, *text = (const char *)data;
	const char *cut = size ? memchr(text, '\0', size) : NULL;
	size_t n = cut ? (size_t)(cut - text) : size;
	struct mustache *m, *partial = NULL;
	const json_t *stack[1];
	struct buf out;

	if (!model)
		model = json_loads(model_text, 0, NULL);
	stack[0] = model;
	if (cut)
		partial = mustache_compile(owner, cut + 1, size - n - 1, false, &error);
	error = NULL;
	m = mustache_compile(owner, text, n, true, &error);
	if (!m && !error)
		abort();
	if (m) {
		buf_init(&out, owner, 4096);
		mustache_render(m, stack, 1, find, partial, &out);
		if (out.len > 4096)
			abort();
	}
	talloc_free(owner);
	return 0;
}
