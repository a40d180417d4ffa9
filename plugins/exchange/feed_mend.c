/*
 * feed_mend.c - writes the item that libxml2 will read.
 *
 * Every '<', '>' and '&' is escaped anew, entities become characters, forbidden characters go. So
 * what is written holds nothing but elements, attributes and text, and no damage of the source can
 * reach past the item.
 */
#include "feed.h"

#include <stdio.h>
#include <string.h>

static void
add(struct feed_cutter *c, const char *text, size_t n)
{
	if (c->fault)
		return;
	if (n > sizeof(c->item) - c->item_n) {
		c->fault = "item_too_large";
		return;
	}
	memcpy(c->item + c->item_n, text, n);
	c->item_n += n;
}

static void
add_word(struct feed_cutter *c, const char *text)
{
	add(c, text, strlen(text));
}

enum place { IN_TEXT, IN_CDATA, IN_VALUE };

/* How many bytes at text are replaced by put; 0: one ordinary byte. */
static size_t
replaced(struct feed_cutter *c, struct feed_span text, enum place place, char put[16])
{
	unsigned char b = (unsigned char)*text.at;
	size_t used;

	if (place == IN_CDATA && b >= 0x20 && b != 0xEF)
		return 0;
	/* What is dropped from a section must not let "]]" and ">" meet. */
	memcpy(put, place == IN_CDATA ? "]]><![CDATA[" : "\0\0\0\0\0\0\0\0\0\0\0\0", 13);
	if (b == 0xEF) {
		if (text.n < 3 || text.at[1] != '\xbf' || (unsigned char)text.at[2] < 0xBD)
			return 0;
		c->repairs |= text.at[2] == '\xbd' ? FEED_ENCODING : FEED_CONTROL;
		return text.at[2] == '\xbd' ? 0 : 3; /* U+FFFE, U+FFFF */
	}
	if (b < 0x20) {
		c->repairs |= FEED_CONTROL;
		return 1;
	}
	if (b == '"' && place == IN_TEXT)
		return 0;
	if (b == '&') {
		used = feed_entity(text.at, text.n, put, &c->repairs);
		return used ? (*put ? used : 0) : 1;
	}
	memcpy(put, b == '"' ? "&#34;" : b == '<' ? "&lt;\0" : "&gt;\0", 6);
	return 1;
}

static void
add_escaped(struct feed_cutter *c, const char *text, size_t n, enum place place)
{
	static const char watched[256] = {
		['<'] = 1, ['>'] = 1, ['&'] = 1, ['"'] = 1, [0xEF] = 1,     [0] = 1,
		[1] = 1,   [2] = 1,   [3] = 1,   [4] = 1,   [5] = 1,        [6] = 1,
		[7] = 1,   [8] = 1,   [11] = 1,  [12] = 1,  [14 ... 31] = 1
	};
	size_t from = 0, at = 0;

	while (at < n && !c->fault) {
		char put[16];
		size_t used;

		if (!watched[(unsigned char)text[at]]) {
			at++;
			continue;
		}
		used = replaced(c, (struct feed_span){ text + at, n - at }, place, put);
		if (used == 0) {
			at++;
			continue;
		}
		add(c, text + from, at - from);
		add_word(c, put);
		at += used;
		from = at;
	}
	add(c, text + from, at - from);
}

void
feed_add_text(struct feed_cutter *c, const char *text, size_t n, bool cdata)
{
	if (c->fault)
		return;
	if (cdata) { /* each piece in a section of its own, so that "]]" and ">" never meet */
		add_word(c, "<![CDATA[");
		add_escaped(c, text, n, IN_CDATA);
		add_word(c, "]]>");
		return;
	}
	if (n == 1 && *text == '<')
		c->repairs |= FEED_LESS;
	add_escaped(c, text, n, IN_TEXT);
}

void
feed_add_start(struct feed_cutter *c, const struct feed_tag *tag, bool empty)
{
	c->repairs |= tag->repair;
	add_word(c, "<");
	add(c, tag->name.at, tag->name.n);
	for (size_t i = 0; i < tag->count; i++) {
		add_word(c, " ");
		add(c, tag->attrs[i].name.at, tag->attrs[i].name.n);
		add_word(c, "=\"");
		add_escaped(c, tag->attrs[i].value.at, tag->attrs[i].value.n, IN_VALUE);
		add_word(c, "\"");
	}
	add_word(c, empty ? "/>" : ">");
}

void
feed_add_end(struct feed_cutter *c, struct feed_span name)
{
	add_word(c, "</");
	add(c, name.at, name.n);
	add_word(c, ">");
}

/* A namespace that would need escaping is none that is known here. */
static bool
is_namespace(const struct feed_attr *attr)
{
	struct feed_span name = attr->name, value = attr->value;

	if (name.n < 5 || memcmp(name.at, "xmlns", 5) || (name.n > 5 && name.at[5] != ':'))
		return false;
	for (size_t i = 0; i < value.n; i++)
		if ((unsigned char)value.at[i] < 0x20 || strchr("<&\"", value.at[i]))
			return false;
	return value.n > 0;
}

bool
feed_add_wrapper(struct feed_cutter *c, const struct feed_tag *tag)
{
	size_t before = c->head_n;

	for (size_t i = 0; i < tag->count; i++) {
		const struct feed_attr *attr = &tag->attrs[i];
		size_t room = sizeof(c->head) - c->head_n;
		int n;

		if (!is_namespace(attr))
			continue;
		n = snprintf(c->head + c->head_n, room, "%s %.*s=\"%.*s\"",
			     c->head_n == before ? "<w" : "", (int)attr->name.n, attr->name.at,
			     (int)attr->value.n, attr->value.at);
		if ((size_t)n + 2 >= room)
			return false;
		c->head_n += (size_t)n;
	}
	if (c->head_n > before) {
		c->head[c->head_n++] = '>';
		c->wrappers++;
	}
	return true;
}

void
feed_close_wrapper(struct feed_cutter *c, size_t head_n)
{
	if (c->head_n > head_n)
		c->wrappers--;
	c->head_n = head_n;
}
