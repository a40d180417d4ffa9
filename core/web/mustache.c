/*
 * mustache.c - the compiler of Mustache templates.
 *
 * A template becomes one array of nodes in the order of the text; a section knows the index behind
 * its end, so that rendering is one walk without look-ahead. Names are split here, once. Everything
 * hangs below the template, the copy of its text included: text nodes point into it.
 */
#define _GNU_SOURCE 1 /* memmem */
#include "web/mustache.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define TEMPLATE_MAX  (1024 * 1024)
#define NODES_MAX     65536
#define NESTING_MAX   32
#define DELIMITER_MAX 8
#define PIECES_MAX    8

struct compiler {
	struct mustache *made;
	const char *text, *end;
	const char *pos;     /* the first byte that is not compiled yet */
	const char *counted; /* up to here the line ends are counted */
	int line;
	size_t cap; /* of made->nodes */
	char open[DELIMITER_MAX + 1], close[DELIMITER_MAX + 1];
	uint32_t sections[NESTING_MAX];
	size_t depth;
	bool allow_raw;
	TALLOC_CTX *owner;
	const char *error;
};

struct tag {
	const char *start, *behind; /* from the first byte of {{ to the one after }} */
	char sigil;                 /* '#', '^', ... or 0 for a value */
	const char *name;           /* trimmed, in the template's text */
	size_t length;
};

static int
line_of(struct compiler *c, const char *at)
{
	if (at < c->counted) {
		c->counted = c->text;
		c->line = 1;
	}
	for (; c->counted < at; c->counted++)
		c->line += *c->counted == '\n';
	return c->line;
}

static bool fail(struct compiler *c, const char *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static bool
fail(struct compiler *c, const char *at, const char *fmt, ...)
{
	va_list ap;
	char *what;

	va_start(ap, fmt);
	what = talloc_vasprintf(c->owner, fmt, ap);
	va_end(ap);
	c->error = talloc_asprintf(c->owner, "第 %d 行：%s", line_of(c, at), what);
	return false;
}

static struct node *
node_add(struct compiler *c, enum node_kind kind, const char *at)
{
	struct mustache *m = c->made;

	if (m->count == NODES_MAX) {
		fail(c, at, "模板太长，最多 %d 个片段，请拆成几个模板。", NODES_MAX);
		return NULL;
	}
	if (m->count == c->cap) {
		c->cap = c->cap ? c->cap * 2 : 32;
		m->nodes = talloc_realloc(m, m->nodes, struct node, c->cap);
		if (!m->nodes)
			abort();
	}
	m->nodes[m->count] = (struct node){ .kind = kind, .line = line_of(c, at) };
	return &m->nodes[m->count++];
}

static bool
at_line_start(const struct compiler *c, const char *p)
{
	return p == c->text || p[-1] == '\n';
}

static bool
text_add(struct compiler *c, const char *from, const char *to)
{
	struct node *node = node_add(c, NODE_TEXT, from);

	if (!node)
		return false;
	node->line_start = at_line_start(c, from);
	node->text = from;
	node->length = (size_t)(to - from);
	return true;
}

static bool
is_blank(char ch)
{
	return ch == ' ' || ch == '\t' || ch == '\r' || ch == '\n';
}

static bool
is_name_byte(char ch)
{
	unsigned char b = (unsigned char)ch;

	return b >= 0x80 || (b >= '0' && b <= '9') || (b >= 'A' && b <= 'Z') ||
	       (b >= 'a' && b <= 'z') || b == '_' || b == '-' || b == '.' || b == '/';
}

static bool
name_check(struct compiler *c, const struct tag *tag)
{
	if (tag->length == 0)
		return fail(c, tag->start, "标签里没有名称，请写成 %s名称%s。", c->open, c->close);
	if (tag->length > 200)
		return fail(c, tag->start, "名称太长，最多 200 个字节。");
	for (size_t i = 0; i < tag->length; i++) {
		if (!is_name_byte(tag->name[i]))
			return fail(c, tag->start,
				    "名称“%.*s”不能这样写：只能用字母、数字和 _ - . /。",
				    (int)tag->length, tag->name);
	}
	return true;
}

/* Splits "person.name" into its pieces; "." alone leaves none. */
static bool
path_split(struct compiler *c, const struct tag *tag, struct node *node)
{
	char *name, *dot;

	if (tag->length == 1 && *tag->name == '.')
		return true;
	name = talloc_strndup(c->made, tag->name, tag->length);
	node->path = talloc_array(c->made, const char *, PIECES_MAX);
	if (!name || !node->path)
		abort();
	for (;;) {
		if (node->path_count == PIECES_MAX)
			return fail(c, tag->start, "名称“%.*s”的层数太多，最多 %d 层。",
				    (int)tag->length, tag->name, PIECES_MAX);
		node->path[node->path_count++] = name;
		dot = strchr(name, '.');
		if (dot)
			*dot = '\0';
		if (*name == '\0')
			return fail(c, tag->start, "名称“%.*s”里有多余的点。", (int)tag->length,
				    tag->name);
		if (!dot)
			return true;
		name = dot + 1;
	}
}

static bool
delimiters_set(struct compiler *c, const struct tag *tag)
{
	const char *p = tag->name, *end = tag->name + tag->length, *middle, *second;

	for (middle = p; middle < end && !is_blank(*middle); middle++)
		;
	for (second = middle; second < end && is_blank(*second); second++)
		;
	if (middle == p || second == end || middle - p > DELIMITER_MAX ||
	    end - second > DELIMITER_MAX)
		return fail(c, tag->start, "定界符要写成两个，中间空格，每个最多 %d 个字节。",
			    DELIMITER_MAX);
	for (const char *q = p; q < end; q++) {
		if (*q == '=' || (q >= second && is_blank(*q)))
			return fail(c, tag->start, "定界符里不能有等号，也不能多于两个。");
	}
	memcpy(c->open, p, (size_t)(middle - p));
	c->open[middle - p] = '\0';
	memcpy(c->close, second, (size_t)(end - second));
	c->close[end - second] = '\0';
	return true;
}

static bool
section_close(struct compiler *c, const struct tag *tag)
{
	struct node *open;
	size_t n;

	if (c->depth == 0)
		return fail(c, tag->start, "这里关闭“%.*s”，但它没有打开过。", (int)tag->length,
			    tag->name);
	open = &c->made->nodes[c->sections[c->depth - 1]];
	n = open->length;
	if (n != tag->length || memcmp(open->text, tag->name, n) != 0)
		return fail(c, tag->start, "这里关闭“%.*s”，但第 %d 行打开的是“%.*s”。",
			    (int)tag->length, tag->name, open->line, (int)n, open->text);
	open->after = (uint32_t)c->made->count;
	c->depth--;
	return true;
}

static bool
section_open(struct compiler *c, const struct tag *tag)
{
	struct node *node;

	if (c->depth == NESTING_MAX)
		return fail(c, tag->start, "嵌套太深，最多 %d 层。", NESTING_MAX);
	node = node_add(c, tag->sigil == '#' ? NODE_SECTION : NODE_INVERTED, tag->start);
	if (!node)
		return false;
	node->text = tag->name; /* compared when it is closed */
	node->length = tag->length;
	c->sections[c->depth++] = (uint32_t)c->made->count - 1;
	return path_split(c, tag, node);
}

static bool
partial_add(struct compiler *c, const struct tag *tag, const char *indent, bool alone)
{
	struct node *node = node_add(c, NODE_PARTIAL, tag->start);

	if (!node)
		return false;
	node->alone = alone;
	node->text = indent;
	node->length = (size_t)(tag->start - indent);
	node->name = talloc_strndup(c->made, tag->name, tag->length);
	if (!node->name)
		abort();
	return true;
}

static bool
value_add(struct compiler *c, const struct tag *tag)
{
	bool raw = tag->sigil != 0;
	struct node *node;

	if (raw && !c->allow_raw)
		return fail(c, tag->start,
			    "这里不允许不转义的标签（{{{ 或 {{&），请改用 {{%.*s}}。",
			    (int)tag->length, tag->name);
	node = node_add(c, raw ? NODE_RAW : NODE_VALUE, tag->start);
	return node && path_split(c, tag, node);
}

/* Reads the tag that starts at `start`; its name comes out trimmed. */
static bool
tag_read(struct compiler *c, const char *start, struct tag *tag)
{
	char close[DELIMITER_MAX + 2];
	const char *p = start + strlen(c->open), *end;
	size_t extra;

	*tag = (struct tag){ .start = start };
	while (p < c->end && is_blank(*p))
		p++;
	if (p < c->end && strchr("#^/>=!&{", *p) && *p)
		tag->sigil = *p++;
	/* {{{x}}} and {{=a b=}} end with a byte of their own before the delimiter. */
	extra = tag->sigil == '{' || tag->sigil == '=';
	close[0] = tag->sigil == '{' ? '}' : '=';
	memcpy(close + extra, c->close, strlen(c->close) + 1);
	end = memmem(p, (size_t)(c->end - p), close, strlen(close));
	if (!end)
		return fail(c, start, "标签没有结束，缺少 %s。", close);
	tag->behind = end + strlen(close);
	while (p < end && is_blank(*p))
		p++;
	while (end > p && is_blank(end[-1]))
		end--;
	tag->name = p;
	tag->length = (size_t)(end - p);
	return tag->sigil == '!' || tag->sigil == '=' || name_check(c, tag);
}

/* A tag that is alone on its line takes the line with it: text_end moves back to the line's start
 * and the place to go on moves behind its end. */
static bool
tag_alone(const struct compiler *c, const struct tag *tag, const char **text_end, const char **next)
{
	const char *p = tag->start, *q = tag->behind;

	if (!tag->sigil || tag->sigil == '{' || tag->sigil == '&')
		return false;
	while (p > c->pos && (p[-1] == ' ' || p[-1] == '\t'))
		p--;
	if (!at_line_start(c, p))
		return false;
	while (q < c->end && (*q == ' ' || *q == '\t'))
		q++;
	if (q < c->end && *q == '\r' && q + 1 < c->end && q[1] == '\n')
		q++;
	if (q < c->end && *q != '\n')
		return false;
	*text_end = p;
	*next = q < c->end ? q + 1 : q;
	return true;
}

static bool
tag_compile(struct compiler *c, const struct tag *tag)
{
	const char *text_end = tag->start, *next = tag->behind;
	bool alone = tag_alone(c, tag, &text_end, &next);

	if (text_end > c->pos && !text_add(c, c->pos, text_end))
		return false;
	/* A line that begins with a tag keeps an empty text: an indented partial needs the place.
	 */
	if (!alone && at_line_start(c, text_end) && !text_add(c, text_end, text_end))
		return false;
	c->pos = next;
	switch (tag->sigil) {
	case '!':
		return true;
	case '=':
		return delimiters_set(c, tag);
	case '#':
	case '^':
		return section_open(c, tag);
	case '/':
		return section_close(c, tag);
	case '>':
		return partial_add(c, tag, text_end, alone);
	default:
		return value_add(c, tag);
	}
}

static bool
compile(struct compiler *c)
{
	const char *start;
	struct tag tag;

	if (c->end - c->text > TEMPLATE_MAX)
		return fail(c, c->text, "模板太大，最多 %d 字节。", TEMPLATE_MAX);
	while ((start = memmem(c->pos, (size_t)(c->end - c->pos), c->open, strlen(c->open)))) {
		if (!tag_read(c, start, &tag) || !tag_compile(c, &tag))
			return false;
	}
	if (c->depth > 0) {
		const struct node *open = &c->made->nodes[c->sections[c->depth - 1]];

		c->error = talloc_asprintf(c->owner, "第 %d 行：打开的“%.*s”没有关闭。", open->line,
					   (int)open->length, open->text);
		return false;
	}
	return c->pos == c->end || text_add(c, c->pos, c->end);
}

struct mustache *
mustache_compile(TALLOC_CTX *owner, const char *text, size_t n, bool allow_raw, const char **error)
{
	struct mustache *made = talloc_zero(owner, struct mustache);
	struct compiler c = {
		.made = made, .open = "{{", .close = "}}", .allow_raw = allow_raw, .owner = owner
	};

	if (!made)
		abort();
	if (n == 0)
		return made;
	c.text = talloc_memdup(made, text, n);
	if (!c.text)
		abort();
	c.end = c.text + n;
	c.pos = c.counted = c.text;
	c.line = 1;
	if (compile(&c))
		return made;
	talloc_free(made);
	*error = c.error;
	return NULL;
}

const char *
mustache_partial(const struct mustache *template, size_t index, int *line)
{
	for (size_t i = 0; i < template->count; i++) {
		if (template->nodes[i].kind == NODE_PARTIAL && index-- == 0) {
			*line = template->nodes[i].line;
			return template->nodes[i].name;
		}
	}
	return NULL;
}
