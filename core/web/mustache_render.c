/*
 * mustache_render.c - one walk over a compiled template's nodes.
 *
 * Nothing is allocated but by the output buffer, which states its maximum; the context stack and
 * the nesting of partials have fixed limits, so that a template that includes itself ends.
 */
#include "web/mustache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STACK_MAX    64
#define PARTIALS_MAX 24
#define INDENT_MAX   64
#define STEPS_MAX    2000000
#define BLOCK        16

struct walk {
	const json_t *stack[STACK_MAX];
	size_t depth;
	const struct mustache *(*partial)(void *arg, const char *name);
	void *arg;
	struct buf *out;
	size_t partials, steps;
	char indent[INDENT_MAX]; /* of the standalone partials that enclose this place */
	size_t indent_length;
};

static void walk_nodes(struct walk *w, const struct mustache *m, size_t from, size_t to);

static const char *const entities[256] = {
	['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;", ['\''] = "&#39;"
};

/* Most text has nothing to escape, so it is looked at in blocks (one comparison to a compiler). */
static bool
block_plain(const char *p)
{
	unsigned char found = 0;

	for (int i = 0; i < BLOCK; i++)
		found |= (unsigned char)((p[i] == '&') | (p[i] == '<') | (p[i] == '>') |
					 (p[i] == '"') | (p[i] == '\''));
	return found == 0;
}

static void
escape_add(struct buf *out, const char *text, size_t n)
{
	const char *end = text + n, *run = text;

	for (const char *p = text; p < end; p++) {
		const char *entity;

		if (end - p >= BLOCK && block_plain(p)) {
			p += BLOCK - 1;
			continue;
		}
		entity = entities[(unsigned char)*p];
		if (!entity)
			continue;
		buf_add(out, run, (size_t)(p - run));
		buf_text(out, entity);
		run = p + 1;
	}
	buf_add(out, run, (size_t)(end - run));
}

static void
integer_add(struct buf *out, json_int_t value)
{
	char digits[24], *p = digits + sizeof(digits);
	unsigned long long rest =
	    value < 0 ? 0 - (unsigned long long)value : (unsigned long long)value;

	do
		*--p = (char)('0' + rest % 10);
	while (rest /= 10);
	if (value < 0)
		*--p = '-';
	buf_add(out, p, (size_t)(digits + sizeof(digits) - p));
}

/* The shortest of two precisions that reads back as the same number: 1.21, not 1.2099999999999999.
 */
static void
real_add(struct buf *out, double value)
{
	char digits[40];

	snprintf(digits, sizeof(digits), "%.15g", value);
	if (strtod(digits, NULL) != value)
		snprintf(digits, sizeof(digits), "%.17g", value);
	buf_text(out, digits);
}

/* Objects and arrays have no text of their own: nothing is better than an address. */
static void
value_put(struct buf *out, const json_t *value, bool raw)
{
	switch (value ? json_typeof(value) : JSON_NULL) {
	case JSON_STRING:
		if (raw)
			buf_add(out, json_string_value(value), json_string_length(value));
		else
			escape_add(out, json_string_value(value), json_string_length(value));
		break;
	case JSON_INTEGER:
		integer_add(out, json_integer_value(value));
		break;
	case JSON_REAL:
		real_add(out, json_real_value(value));
		break;
	case JSON_TRUE:
		buf_text(out, "true");
		break;
	case JSON_FALSE:
		buf_text(out, "false");
		break;
	default:
		break;
	}
}

/* "rows.0" is the first row: a section by that name shows a table's head only where rows are. */
static const json_t *
member(const json_t *value, const char *name)
{
	char *end;
	unsigned long i;

	if (!json_is_array(value))
		return json_object_get(value, name);
	if (name[0] < '0' || name[0] > '9')
		return NULL;
	i = strtoul(name, &end, 10);
	return *end ? NULL : json_array_get(value, i);
}

static const json_t *
look_up(const struct walk *w, const struct node *node)
{
	const json_t *found = NULL;

	if (node->path_count == 0)
		return w->depth ? w->stack[w->depth - 1] : NULL;
	for (size_t i = w->depth; i-- > 0 && !found;)
		found = json_object_get(w->stack[i], node->path[0]);
	for (size_t i = 1; i < node->path_count && found; i++)
		found = member(found, node->path[i]);
	return found;
}

static bool
is_empty(const json_t *value)
{
	switch (value ? json_typeof(value) : JSON_NULL) {
	case JSON_NULL:
	case JSON_FALSE:
		return true;
	case JSON_ARRAY:
		return json_array_size(value) == 0;
	case JSON_STRING:
		return json_string_length(value) == 0;
	case JSON_INTEGER:
		return json_integer_value(value) == 0;
	default:
		return false;
	}
}

static void
text_put(struct walk *w, const struct node *node)
{
	const char *p = node->text, *end = p + node->length, *line_end;
	bool line_start = node->line_start;

	if (w->indent_length == 0) {
		buf_add(w->out, p, node->length);
		return;
	}
	do {
		if (line_start)
			buf_add(w->out, w->indent, w->indent_length);
		line_end = memchr(p, '\n', (size_t)(end - p));
		line_end = line_end ? line_end + 1 : end;
		buf_add(w->out, p, (size_t)(line_end - p));
		line_start = true;
		p = line_end;
	} while (p < end);
}

static void
partial_put(struct walk *w, const struct node *node)
{
	size_t before = w->indent_length, more = node->length;
	const struct mustache *m = w->partial ? w->partial(w->arg, node->name) : NULL;

	if (!m || w->partials == PARTIALS_MAX)
		return;
	if (more > INDENT_MAX - before)
		more = INDENT_MAX - before;
	memcpy(w->indent + before, node->text, more);
	/* Inside a line a partial continues it: no indent, not even the enclosing one. */
	w->indent_length = node->alone ? before + more : 0;
	w->partials++;
	walk_nodes(w, m, 0, m->count);
	w->partials--;
	w->indent_length = before;
}

static void
section_body(struct walk *w, const struct mustache *m, size_t at, const json_t *context)
{
	if (w->depth == STACK_MAX)
		return;
	w->stack[w->depth++] = context;
	walk_nodes(w, m, at + 1, m->nodes[at].after);
	w->depth--;
}

static void
section_put(struct walk *w, const struct mustache *m, size_t at)
{
	const json_t *value = look_up(w, &m->nodes[at]);

	if (is_empty(value))
		return;
	if (!json_is_array(value)) {
		section_body(w, m, at, value);
		return;
	}
	for (size_t i = 0; i < json_array_size(value) && !w->out->full; i++)
		section_body(w, m, at, json_array_get(value, i));
}

static void
walk_nodes(struct walk *w, const struct mustache *m, size_t from, size_t to)
{
	for (size_t i = from; i < to && !w->out->full; i++) {
		const struct node *node = &m->nodes[i];

		if (++w->steps > STEPS_MAX) {
			w->out->full = true; /* branching recursion that writes nothing */
			return;
		}
		switch (node->kind) {
		case NODE_TEXT:
			text_put(w, node);
			break;
		case NODE_VALUE:
		case NODE_RAW:
			value_put(w->out, look_up(w, node), node->kind == NODE_RAW);
			break;
		case NODE_SECTION:
			section_put(w, m, i);
			i = node->after - 1;
			break;
		case NODE_INVERTED:
			if (!is_empty(look_up(w, node)))
				i = node->after - 1;
			break;
		case NODE_PARTIAL:
			partial_put(w, node);
			break;
		}
	}
}

void
mustache_render(const struct mustache *template, const json_t *const *stack, size_t depth,
		const struct mustache *(*partial)(void *arg, const char *name), void *arg,
		struct buf *out)
{
	struct walk w = { .partial = partial, .arg = arg, .out = out };

	for (size_t i = 0; i < depth && w.depth < STACK_MAX / 2; i++)
		w.stack[w.depth++] = stack[i];
	walk_nodes(&w, template, 0, template->count);
}
