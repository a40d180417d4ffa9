/*
 * feed_cutter.c - cuts a feed into its vacancies and mends each of them.
 *
 * It keeps the names that are open, so that an end tag that is missing, stray or spelt differently
 * costs at most its own item. An element with the item's name never stands inside an item: where
 * one begins, the item before it has ended. feed_mend.c copies the text.
 */
#include "feed.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define OUTSIDE_MAX 4096                /* elements in a row without a vacancy among them */
#define GIVEN_UP    (8 * FEED_ITEM_MAX) /* the end of such an item is not waited for */
#define DEEP        4096                /* nor of one with so many levels open */

/* Elements of HTML that have no end: nobody closes them in a text. */
static const char *const voids[] = { "br", "hr", "img", "input", "wbr", NULL };

static struct feed_span
span(const char *text)
{
	return (struct feed_span){ text, strlen(text) };
}

static bool
same(struct feed_span a, struct feed_span b)
{
	return a.n == b.n && !memcmp(a.at, b.at, a.n);
}

/* The same but for prefix and case. */
static bool
alike(struct feed_span a, struct feed_span b)
{
	a = feed_local(a);
	b = feed_local(b);
	return a.n == b.n && !strncasecmp(a.at, b.at, a.n);
}

static bool
one_of(struct feed_span name, const char *const *list)
{
	for (; *list; list++)
		if (alike(name, span(*list)))
			return true;
	return false;
}

/* --- Inside an item --- */

static void
item_end(struct feed_reader *r, const char *fault)
{
	struct feed_cutter *c = &r->cutter;

	while (c->depth > c->item_depth)
		feed_add_end(c, span(c->open[--c->depth].name));
	if (fault && !c->fault)
		c->fault = fault;
	c->in_item = false;
	c->deeper = 0;
	if (c->depth == 0)
		c->root_closed = true;
	feed_reader_item(r);
}

static void
push(struct feed_cutter *c, struct feed_span name)
{
	size_t n = name.n < FEED_NAME_MAX ? name.n : FEED_NAME_MAX;

	memcpy(c->open[c->depth].name, name.at, n);
	c->open[c->depth].name[n] = '\0';
	c->open[c->depth].head_n = c->head_n;
	c->depth++;
}

static void
item_begin(struct feed_reader *r)
{
	struct feed_cutter *c = &r->cutter;

	c->in_item = true;
	c->outside = 0;
	c->item_n = c->raw_n = 0;
	c->item_line = r->markup.line;
	c->repairs = 0;
	c->fault = NULL;
	c->item_depth = c->depth;
	c->deeper = 0;
	push(c, c->tag.name);
	snprintf(c->item_name, sizeof(c->item_name), "%s", c->open[c->item_depth].name);
	feed_add_start(c, &c->tag, c->tag.empty);
	if (c->tag.empty) {
		c->depth--;
		item_end(r, NULL);
	}
}

static void
start_inside(struct feed_reader *r)
{
	struct feed_cutter *c = &r->cutter;
	bool empty = c->tag.empty || one_of(c->tag.name, voids);

	if (alike(c->tag.name, span(c->item_name))) {
		bool whole = c->depth == c->item_depth + 1 && c->deeper == 0;

		c->repairs |= FEED_END_TAG;
		item_end(r, whole ? NULL : "item_unclosed");
		item_begin(r);
		return;
	}
	if (c->tag.name.n > FEED_NAME_MAX && !c->fault)
		c->fault = "name_too_long";
	if (c->depth - c->item_depth >= FEED_DEPTH_MAX || c->depth > FEED_DEPTH_MAX) {
		if (!c->fault && !empty)
			c->fault = "too_deep";
		c->deeper += !empty;
		return;
	}
	if (!c->tag.empty && empty)
		c->repairs |= FEED_END_TAG;
	feed_add_start(c, &c->tag, empty);
	if (!empty)
		push(c, c->tag.name);
}

/* Which open element from the top down to bottom an end tag closes; -1: none. */
static int
closes(const struct feed_cutter *c, struct feed_span name, int bottom)
{
	if (c->depth > bottom && alike(name, span(c->open[c->depth - 1].name)))
		return c->depth - 1;
	for (int i = c->depth - 1; i >= bottom; i--)
		if (same(name, span(c->open[i].name)))
			return i;
	for (int i = c->depth - 1; i >= bottom; i--)
		if (alike(name, span(c->open[i].name)))
			return i;
	return -1;
}

/* true: the tag closes something outside, and the item has been ended. */
static bool
end_inside(struct feed_reader *r, struct feed_span name)
{
	struct feed_cutter *c = &r->cutter;
	int found;

	if (c->deeper > 0 && !alike(name, span(c->item_name))) {
		c->deeper--;
		return false;
	}
	found = closes(c, name, c->item_depth);
	if (found < 0) {
		c->repairs |= FEED_END_TAG;
		if (one_of(name, voids) || closes(c, name, 0) < 0)
			return false; /* stray */
		item_end(r, c->depth == c->item_depth + 1 ? NULL : "item_unclosed");
		return true;
	}
	if (found != c->depth - 1 || !same(name, span(c->open[found].name)))
		c->repairs |= FEED_END_TAG;
	if (found == c->item_depth) {
		item_end(r, NULL);
		return false;
	}
	while (c->depth > found)
		feed_add_end(c, span(c->open[--c->depth].name));
	return false;
}

/* --- Outside --- */

static bool
start_outside(struct feed_reader *r)
{
	struct feed_cutter *c = &r->cutter;
	struct feed_span local = feed_local(c->tag.name);
	char name[FEED_NAME_MAX + 1];

	if (c->root_closed)
		return feed_reader_cut(r, "after_root");
	if (c->tag.too_many)
		return feed_reader_refuse(r, "too_many_attributes");
	if (c->tag.name.n > FEED_NAME_MAX)
		return feed_reader_refuse(r, "name_too_long");
	snprintf(name, sizeof(name), "%.*s", (int)local.n, local.at);
	if (!c->root_seen && !strcasecmp(name, "html"))
		return feed_reader_refuse(r, "html");
	if (!c->root_seen)
		snprintf(c->root, sizeof(c->root), "%s", name);
	c->root_seen = true;
	c->note_n = 0;
	if (feed_item_at(c->root, name, c->depth, r->forced)) {
		item_begin(r);
		return !r->state;
	}
	if (++c->outside > OUTSIDE_MAX)
		return r->items ? feed_reader_cut(r, "no_vacancies")
				: feed_reader_refuse(r, "no_vacancies");
	if (c->tag.empty) {
		c->root_closed = c->depth == 0;
		return true;
	}
	if (c->depth == FEED_DEPTH_MAX)
		return feed_reader_refuse(r, "too_deep");
	push(c, c->tag.name);
	return feed_add_wrapper(c, &c->tag) || feed_reader_refuse(r, "too_many_attributes");
}

static void
end_outside(struct feed_reader *r, struct feed_span name)
{
	struct feed_cutter *c = &r->cutter;
	int found = closes(c, name, 0);

	if (found < 0)
		return;
	c->note[c->note_n] = '\0';
	if (found == c->depth - 1)
		feed_reader_note(r, c->open[found].name, c->note);
	c->note_n = 0;
	while (c->depth > found) {
		c->depth--;
		feed_close_wrapper(c, c->open[c->depth].head_n);
	}
	c->root_closed = c->depth == 0;
}

static bool
text_outside(struct feed_reader *r, const char *text, size_t n)
{
	struct feed_cutter *c = &r->cutter;
	size_t room = sizeof(c->note) - 1 - c->note_n;

	for (size_t i = 0; !c->root_seen && i < n; i++)
		if (!strchr(" \t\r\n\xef\xbb\xbf", text[i]) || !text[i])
			return feed_reader_refuse(r, "not_xml");
	n = n < room ? n : room;
	memcpy(c->note + c->note_n, text, n);
	c->note_n += n;
	return true;
}

/* --- What the markup gives --- */

static bool
start_tag(struct feed_reader *r, const char *text, size_t n)
{
	struct feed_cutter *c = &r->cutter;

	feed_tag_read(&c->tag, text, n);
	if (!c->in_item)
		return start_outside(r);
	if (c->tag.too_many && !c->fault)
		c->fault = "too_many_attributes";
	start_inside(r);
	return !r->state;
}

static bool
end_tag(struct feed_reader *r, const char *text, size_t n)
{
	struct feed_cutter *c = &r->cutter;
	struct feed_span name = { text, 0 };

	while (name.n < n && !strchr(" \t\r\n/", text[name.n]))
		name.n++;
	if (!c->in_item || end_inside(r, name))
		end_outside(r, name);
	return !r->state;
}

bool
feed_cutter_token(void *reader, enum feed_token token, const char *text, size_t n)
{
	struct feed_reader *r = reader;
	struct feed_cutter *c = &r->cutter;

	if (c->in_item && (c->raw_n += n) > FEED_ITEM_MAX && !c->fault)
		c->fault = "item_too_large";
	if (c->in_item && (c->raw_n > GIVEN_UP || c->deeper > DEEP)) {
		const char *why = c->deeper > DEEP ? "too_deep" : "item_too_large";

		item_end(r, NULL);
		return feed_reader_cut(r, why);
	}
	switch (token) {
	case FEED_START:
		return start_tag(r, text, n);
	case FEED_END:
		return end_tag(r, text, n);
	case FEED_DOCTYPE:
		if (!strncasecmp(text, "<!DOCTYPE html", n < 14 ? n : 14))
			return feed_reader_refuse(r, "html");
		return feed_reader_refuse(r, "doctype");
	case FEED_TAG_TOO_LONG:
		if (!c->in_item)
			return feed_reader_refuse(r, "tag_too_long");
		c->fault = c->fault ? c->fault : "tag_too_long";
		return true;
	default:
		if (!c->in_item)
			return text_outside(r, text, n);
		feed_add_text(c, text, n, token == FEED_CDATA);
		return true;
	}
}

void
feed_cutter_end(struct feed_reader *r)
{
	struct feed_cutter *c = &r->cutter;

	if (!c->in_item || r->state)
		return;
	item_end(r, "item_cut");
	c->root_closed = false;
}
