/*
 * list_query.c - from a list's table and its address to one SELECT, and back to an address.
 *
 * A page goes on after the last row's (sort value, key), so that it costs the same on page 500 and
 * no row is skipped when others are added. The cursor is opaque to people but not trusted: it is
 * read with the same suspicion as any other value, and what it holds is only ever bound.
 */
#include "facility/list_query.h"

#include <ctype.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "facility/fields.h"
#include "facility/incoming.h"

#define SQL_MAX    ((size_t)64 * 1024)
#define VALUES_MAX 400
#define CURSOR_MAX 1200

/* --- The address's state --- */

static const struct jy_column *
column_find(const struct jy_list *list, const char *name, size_t n)
{
	for (const struct jy_column *c = list->columns; c->name; c++)
		if (strlen(c->name) == n && !strncmp(c->name, name, n))
			return c;
	return NULL;
}

static bool
sort_read(struct jy_ctx *cx, const char *text, struct list_state *st, const char **error)
{
	const char *name;

	if (!text || !*text)
		text = st->list->sort ? st->list->sort : "";
	st->sort_text = text;
	st->descending = *text == '-';
	name = text + st->descending;
	if (!*name)
		return true;
	st->sort = column_find(st->list, name, strlen(name));
	/* The list's own order may use a column that people cannot choose. */
	if (st->sort &&
	    (st->sort->flags & JY_SORT || (st->list->sort && !strcmp(text, st->list->sort))))
		return true;
	*error = jy_printf(cx, "不能按“%.40s”排序，请点列表表头上的链接。", name);
	return false;
}

static json_t *
cursor_decode(struct jy_ctx *cx, const char *text)
{
	unsigned char raw[CURSOR_MAX];
	size_t n = 0;
	json_t *cursor;

	if (strlen(text) > CURSOR_MAX ||
	    sodium_base642bin(raw, sizeof(raw), text, strlen(text), NULL, &n, NULL,
			      sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
		return NULL;
	cursor = json_loadb((const char *)raw, n, JSON_REJECT_DUPLICATES, NULL);
	return cursor ? jy_own(cx, cursor) : NULL;
}

static bool
cursor_read(struct jy_ctx *cx, const char *after, const char *before, struct list_state *st,
	    const char **error)
{
	const json_t *value;

	st->back = !after || !*after;
	if (st->back)
		after = before;
	if (!after || !*after) {
		st->back = false;
		return true;
	}
	st->after = cursor_decode(cx, after);
	value = json_object_get(st->after, "v");
	if (json_is_object(st->after) && !strcmp(jy_json_text(st->after, "s"), st->sort_text) &&
	    json_is_integer(json_object_get(st->after, "k")) &&
	    (!st->sort || json_is_string(value) || json_is_integer(value) || json_is_real(value)))
		return true;
	*error = "翻页的位置和现在的排序不符，请回到第一页再翻。";
	return false;
}

/* The form sends the columns each time; the usual ones need no place in the address. */
static bool
columns_usual(const struct list_state *st)
{
	const struct jy_column *c = st->list->columns;

	for (size_t i = 0; c[i].name; i++)
		if (st->shown[i] != !(c[i].flags & (JY_OPTIONAL | JY_DATA)))
			return false;
	return true;
}

static bool
columns_read(struct jy_ctx *cx, const char *text, struct list_state *st, const char **error)
{
	const struct jy_column *c = st->list->columns;

	st->chosen = text && *text;
	for (size_t i = 0; !st->chosen && c[i].name; i++)
		st->shown[i] = !(c[i].flags & (JY_OPTIONAL | JY_DATA));
	for (const char *p = st->chosen ? text : ""; *p;) {
		size_t n = strcspn(p, ",");
		const struct jy_column *found = column_find(st->list, p, n);

		if (!found || found->flags & JY_DATA) {
			*error =
			    jy_printf(cx, "列表里没有“%.*s”这一列。", (int)(n > 40 ? 40 : n), p);
			return false;
		}
		st->shown[found - c] = true;
		p += n + (p[n] == ',');
	}
	st->chosen = !columns_usual(st);
	return true;
}

bool
list_state_read(struct jy_ctx *cx, const struct jy_list *list, const json_t *incoming,
		struct list_state *out, const char **error)
{
	size_t columns = 0;

	while (list->columns[columns].name)
		columns++;
	if (columns > LIST_COLUMNS_MAX)
		abort(); /* a table's fault, seen at its first page */
	*out = (struct list_state){ .list = list,
				    .page_size = list->page_size > 0 ? list->page_size : 20 };
	return sort_read(cx, incoming_text(cx, incoming, "sort"), out, error) &&
	       cursor_read(cx, incoming_text(cx, incoming, "after"),
			   incoming_text(cx, incoming, "before"), out, error) &&
	       columns_read(cx, incoming_text(cx, incoming, "columns"), out, error);
}

const char *
list_cursor(struct jy_ctx *cx, const struct list_state *state, const json_t *row)
{
	json_t *cursor =
	    json_pack("{s:s, s:O, s:O}", "s", state->sort_text, "v", json_object_get(row, "_sort"),
		      "k", json_object_get(row, "_key"));
	char *text = json_dumps(jy_own(cx, cursor), JSON_COMPACT), *out;
	size_t n, room;

	if (!text)
		abort();
	n = strlen(text);
	room = sodium_base64_encoded_len(n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	out = jy_alloc(cx, room);
	sodium_bin2base64(out, room, (unsigned char *)text, n,
			  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	free(text);
	return out;
}

/* --- SQL --- */

struct builder {
	struct jy_ctx *cx;
	const struct list_state *st;
	struct buf sql;
	struct jy_val *vals;
	size_t count;
};

static void
bind_value(struct builder *b, struct jy_val val)
{
	if (b->count == VALUES_MAX)
		abort(); /* 200 choices and a dozen filters are the most that fields let through */
	b->vals[++b->count] = val;
}

static void
bind_json(struct builder *b, const json_t *value)
{
	if (json_is_integer(value))
		bind_value(b, jy_int(json_integer_value(value)));
	else if (json_is_boolean(value))
		bind_value(b, jy_int(json_is_true(value)));
	else if (json_is_real(value))
		bind_value(b, jy_real(json_real_value(value)));
	else
		bind_value(b, jy_text(json_string_value(value)));
}

/* Adds a filter's condition; each `?` outside quotes takes the value, "(?)" as many as there are.
 */
static void
filter_add(struct builder *b, const struct jy_filter *f, const json_t *value)
{
	const char *bound = json_string_value(value);
	char quote = 0;

	if (f->bind) {
		bound = f->bind(b->cx, list_filter_text(b->cx, &f->field));
		if (!bound)
			return; /* nothing to search for in what was typed */
	}
	buf_text(&b->sql, " AND (");
	for (const char *p = f->where; *p; p++) {
		buf_add(&b->sql, p, 1);
		if (quote || *p == '\'' || *p == '"')
			quote = !quote ? *p : *p == quote ? 0 : quote;
		if (quote || *p != '?')
			continue;
		for (size_t i = 0; i < json_array_size(value); i++) {
			buf_text(&b->sql, i ? ", ?" : "");
			bind_json(b, json_array_get(value, i));
		}
		if (!json_is_array(value) && bound)
			bind_value(b, jy_text(bound));
		else if (!json_is_array(value))
			bind_json(b, value);
	}
	buf_text(&b->sql, ")");
}

static void
where_add(struct builder *b, const struct jy_val *base)
{
	const struct jy_list *list = b->st->list;

	buf_text(&b->sql, " FROM ");
	buf_text(&b->sql, list->from);
	buf_text(&b->sql, " WHERE (");
	buf_text(&b->sql, list->where ? list->where : "1 = 1");
	buf_text(&b->sql, ")");
	for (base = base ? base + 1 : NULL; base && base->kind != JY_V_EDGE; base++)
		bind_value(b, *base);
	for (const struct jy_filter *f = list->filters; f && f->field.name; f++) {
		const json_t *value = json_object_get(b->cx->params, f->field.name);

		if (value && !json_is_null(value) &&
		    (!json_is_array(value) || json_array_size(value) > 0))
			filter_add(b, f, value);
	}
}

/* "x >= ? AND (x > ? OR key > ?)": the first part lets an index find the place. */
static void
after_add(struct builder *b)
{
	const struct list_state *st = b->st;
	bool down = st->descending != st->back;
	const char *more = down ? " < ?" : " > ?", *expr;

	if (!st->after)
		return;
	buf_text(&b->sql, " AND ");
	if (st->sort) {
		expr = st->sort->expr;
		buf_text(&b->sql, expr);
		buf_text(&b->sql, down ? " <= ?" : " >= ?");
		buf_text(&b->sql, " AND (");
		buf_text(&b->sql, expr);
		buf_text(&b->sql, more);
		buf_text(&b->sql, " OR ");
		bind_json(b, json_object_get(st->after, "v"));
		bind_json(b, json_object_get(st->after, "v"));
	}
	buf_text(&b->sql, st->list->key);
	buf_text(&b->sql, more);
	bind_json(b, json_object_get(st->after, "k"));
	if (st->sort)
		buf_text(&b->sql, ")");
}

static void
order_add(struct builder *b, bool back)
{
	const struct list_state *st = b->st;
	const char *direction = st->descending != back ? " DESC" : " ASC";

	buf_text(&b->sql, " ORDER BY ");
	if (st->sort) {
		buf_text(&b->sql, st->sort->expr);
		buf_text(&b->sql, direction);
		buf_text(&b->sql, ", ");
	}
	buf_text(&b->sql, st->list->key);
	buf_text(&b->sql, direction);
}

static bool
link_names(const char *link, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = link ? strchr(link, ':') : NULL; p; p = strchr(p + 1, ':'))
		if (!strncmp(p + 1, name, n) && !isalnum((unsigned char)p[1 + n]) &&
		    p[1 + n] != '_')
			return true;
	return false;
}

static void
columns_add(struct builder *b)
{
	const struct list_state *st = b->st;
	const struct jy_column *c = st->list->columns;
	bool whole = st->sort && st->sort->type == JY_INT;

	for (size_t i = 0; c[i].name; i++) {
		if (!st->shown[i] && !(c[i].flags & JY_DATA) &&
		    !link_names(st->list->link, c[i].name))
			continue;
		buf_text(&b->sql, c[i].expr);
		buf_text(&b->sql, " AS `");
		buf_text(&b->sql, c[i].name);
		buf_text(&b->sql, "`, ");
	}
	buf_text(&b->sql, st->list->key);
	buf_text(&b->sql, " AS `_key`");
	if (!st->sort) {
		buf_text(&b->sql, ", 0 AS `_sort`");
		return;
	}
	/* As text a time keeps its fraction; numbers must not compare as text. */
	buf_text(&b->sql, whole ? ", " : ", CAST(");
	buf_text(&b->sql, st->sort->expr);
	buf_text(&b->sql, whole ? " AS `_sort`" : " AS CHAR) AS `_sort`");
}

struct list_sql
list_sql(struct jy_ctx *cx, const struct list_state *state, enum list_query which,
	 const struct jy_val *base)
{
	struct builder b = { .cx = cx, .st = state };

	b.vals = jy_alloc(cx, sizeof(*b.vals) * (VALUES_MAX + 2));
	buf_init(&b.sql, cx->pool, SQL_MAX);
	if (which == LIST_COUNT) {
		buf_text(&b.sql, "SELECT COUNT(*) AS n FROM (SELECT 1 AS one");
		where_add(&b, base);
		buf_printf(&b.sql, " LIMIT %d) AS counted", LIST_COUNT_MAX + 1);
	} else {
		buf_text(&b.sql, "SELECT ");
		columns_add(&b);
		where_add(&b, base);
		if (which == LIST_PAGE)
			after_add(&b);
		order_add(&b, which == LIST_PAGE && state->back);
		buf_printf(&b.sql, " LIMIT %d",
			   which == LIST_PAGE ? state->page_size + 1 : LIST_EXPORT_MAX + 1);
	}
	if (b.sql.full)
		abort();
	return (struct list_sql){ b.sql.data, b.vals };
}
