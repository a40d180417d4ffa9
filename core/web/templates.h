/* templates.h - Mustache: compiled once, escaping by default, held to the official specification
 * (interpolation, sections, inverted, comments, partials, delimiters; no lambdas). */
#ifndef CORE_TEMPLATES_H
#define CORE_TEMPLATES_H

#include <jansson.h>
#include <talloc.h>
#include "base/buf.h"

struct mustache;
struct templates;

/* Compiles text. allow_raw: whether {{{x}}} and {{&x}} are accepted (the core's own only).
 * NULL with a sentence that names the line. */
struct mustache *mustache_compile(TALLOC_CTX *owner, const char *text, size_t n, bool allow_raw,
				  const char **error);
/* The index-th partial that the template names, with its line; NULL past the last. */
const char *mustache_partial(const struct mustache *template, size_t index, int *line);
/* Empty for sections, besides what the specification says (null, false, [], absent): "" and 0, so that
 * a column that holds no text needs no flag beside it.
 * stack[0] is the outermost context. partial(arg, name) may answer NULL (renders nothing). */
void mustache_render(const struct mustache *template, const json_t *const *stack, size_t depth,
		     const struct mustache *(*partial)(void *arg, const char *name), void *arg,
		     struct buf *out);

struct templates *templates_new(TALLOC_CTX *owner);
/* Compiles every *.mustache of a folder as "<prefix>/<name>". Then templates_check refuses unknown
 * partials. Both answer false with a sentence that names file and line. */
bool templates_folder(struct templates *templates, const char *folder, const char *prefix,
		      bool allow_raw, const char **error);
bool templates_check(struct templates *templates, const char **error);
const struct mustache *templates_find(const struct templates *templates, const char *name);
/* Renders name with the page's context below the model; false if there is no such template. */
bool templates_render(const struct templates *templates, const char *name, const json_t *page,
		      const json_t *model, struct buf *out);

#endif
