/*
 * references.c - code tables kept in memory.
 *
 * They are the same for all requests and change with a release only, so each process reads a table
 * once and keeps it until its end. Items are sorted by code; names are found by a second index.
 */
#define _GNU_SOURCE /* qsort_r */
#include "facility/references.h"

#include <stdlib.h>
#include <string.h>

#define ITEMS_MAX 10000

struct table {
	struct reference public;
	const char *sql;
	uint16_t *by_name; /* indexes of items, sorted by name */
	bool loaded;
};

/* Which rows are offered in forms is said here, so that a page stays below about 1,000 of them. */
static struct table tables[] = {
	{ { "units" },
	  "SELECT code, name, name AS full_name, 1 AS current, 1 AS listed FROM units" },
	{ { "regions" },
	  "SELECT code, name, full_name, abolished = 0 AS current, abolished = 0 AND kind <> "
	  "'virtual' "
	  "AND (level < 3 OR unit IS NOT NULL) AS listed FROM regions" },
	{ { "universities" },
	  "SELECT code, name, name AS full_name, 1 AS current, unit IS NOT NULL AS listed "
	  "FROM universities" },
	{ { "majors" },
	  "SELECT code, name, name AS full_name, 1 AS current, level = 3 AS listed FROM majors" },
	{ { "occupations" },
	  "SELECT code, name, name AS full_name, 1 AS current, level BETWEEN 2 AND 3 AS listed "
	  "FROM occupations" },
	{ { "industries" },
	  "SELECT code, name, name AS full_name, 1 AS current, level < 3 AS listed FROM "
	  "industries" },
};

struct loading {
	struct table *table;
	TALLOC_CTX *owner;
	size_t cap;
};

static enum jy_status
item_add(void *arg, json_t *row)
{
	struct loading *l = arg;
	struct reference *r = &l->table->public;
	const char *parts[] = { jy_json_text(row, "code"), jy_json_text(row, "name"),
				jy_json_text(row, "full_name") };
	size_t sizes[3], total = 0;
	char *text;

	if (r->count == ITEMS_MAX)
		return JY_FAILED;
	if (r->count == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 256;
		r->items = talloc_realloc(l->owner, r->items, struct reference_item, l->cap);
	}
	for (int i = 0; i < 3; i++)
		total += sizes[i] = strlen(parts[i]) + 1;
	text = talloc_array(l->owner, char, total);
	if (!r->items || !text)
		abort();
	for (int i = 0; i < 3; text += sizes[i], i++) {
		memcpy(text, parts[i], sizes[i]);
		parts[i] = text;
	}
	r->items[r->count++] =
	    (struct reference_item){ parts[0], parts[1], parts[2], jy_json_int(row, "current") != 0,
				     jy_json_int(row, "listed") != 0 };
	r->listed += jy_json_int(row, "listed") != 0;
	return JY_OK;
}

static int
by_code(const void *a, const void *b)
{
	const struct reference_item *x = a, *y = b;

	return strcmp(x->code, y->code);
}

static int
by_name(const void *a, const void *b, void *arg)
{
	const struct reference_item *items = arg;

	return strcmp(items[*(const uint16_t *)a].name, items[*(const uint16_t *)b].name);
}

static void
table_index(struct table *t, TALLOC_CTX *owner)
{
	struct reference *r = &t->public;

	t->by_name = talloc_array(owner, uint16_t, r->count + 1);
	if (!t->by_name)
		abort();
	if (r->count == 0)
		return;
	qsort(r->items, r->count, sizeof(*r->items), by_code);
	for (size_t i = 0; i < r->count; i++)
		t->by_name[i] = (uint16_t)i;
	qsort_r(t->by_name, r->count, sizeof(*t->by_name), by_name, r->items);
}

static enum jy_status
table_load(struct jy_ctx *cx, struct table *t)
{
	struct loading l = { t, talloc_new(NULL), 0 };
	enum jy_status s;

	if (!l.owner)
		abort();
	s = jy_each(cx, t->sql, JY_VALS(), item_add, &l);
	if (s != JY_OK && s != JY_NOT_FOUND) {
		talloc_free(l.owner);
		t->public = (struct reference){ .name = t->public.name };
		return s;
	}
	table_index(t, l.owner);
	t->loaded = true;
	return JY_OK;
}

enum jy_status
reference_get(struct jy_ctx *cx, const char *name, const struct reference **out)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		struct table *t = &tables[i];
		enum jy_status s;

		if (strcmp(t->public.name, name))
			continue;
		if (!t->loaded) {
			if (!cx->core || !cx->core->db)
				return JY_BUSY;
			s = table_load(cx, t);
			if (s != JY_OK)
				return s;
		}
		*out = &t->public;
		return JY_OK;
	}
	return JY_NOT_FOUND;
}

const struct reference_item *
reference_find(const struct reference *reference, const char *code)
{
	struct reference_item key = { .code = code };

	if (reference->count == 0)
		return NULL;
	return bsearch(&key, reference->items, reference->count, sizeof(key), by_code);
}

/* Where the name stands, or would stand, in the order of names. */
static size_t
name_first(const struct table *t, const char *name)
{
	size_t low = 0, high = t->public.count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (strcmp(t->public.items[t->by_name[middle]].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t
reference_named(const struct reference *reference, const char *name,
		const struct reference_item **found, size_t max)
{
	const struct table *t = (const struct table *)reference; /* public is its first member */
	size_t count = 0;

	for (size_t i = name_first(t, name); i < reference->count; i++) {
		const struct reference_item *item = &reference->items[t->by_name[i]];

		if (strcmp(item->name, name))
			break;
		if (!item->current)
			continue;
		if (count < max)
			found[count] = item;
		count++;
	}
	/* Full names have no index: they are typed rarely and the table is small. */
	for (size_t i = 0; count == 0 && i < reference->count; i++)
		if (reference->items[i].current && !strcmp(reference->items[i].full, name))
			found[count++] = &reference->items[i];
	return count;
}

const char *
reference_name(struct jy_ctx *cx, const char *name, const char *code)
{
	const struct reference *reference;
	const struct reference_item *item;

	if (reference_get(cx, name, &reference) != JY_OK)
		return code;
	item = reference_find(reference, code);
	return item ? item->full : code;
}
