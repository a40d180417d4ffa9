/*
 * list.c - a list's page and its JSON: rows, filters and chips, sort links, columns, paging.
 *
 * The page is a plain GET form; everything a person chose is in the address. Rows carry their
 * columns by name for templates of their own, and as cells for the general one.
 */
#include "facility/fields.h"

#include <stdlib.h>
#include <string.h>

#include "facility/flows.h"
#include "facility/incoming.h"
#include "facility/links.h"
#include "facility/list_export.h"
#include "facility/list_limit.h"
#include "facility/list_query.h"
#include "web/request.h"
#include "web/response.h"

struct page {
	struct jy_ctx *cx;
	struct list_state *st;
	bool json;
	bool more; /* there are rows behind these, in the direction that was asked for */
};

/* Labels and masks stand beside the stored value, or instead of it where that is personal. */
static void
row_labels(struct page *p, json_t *row)
{
	for (const struct jy_column *c = p->st->list->columns; c->name; c++) {
		if (!json_object_get(row, c->name))
			continue;
		if (c->flags & JY_MASKED)
			json_object_set_new(row, c->name, json_string(list_cell(p->cx, c, row)));
		else if (c->labels || c->reference || c->type == JY_MONEY || c->type == JY_BOOL)
			json_object_set_new(row, jy_printf(p->cx, "%s_label", c->name),
					    json_string(list_cell(p->cx, c, row)));
	}
}

static bool
is_number(const struct jy_column *column)
{
	return (column->type == JY_INT || column->type == JY_MONEY) && !column->labels;
}

static json_t *
row_cells(struct page *p, const json_t *row)
{
	const struct jy_column *c = p->st->list->columns;
	json_t *cells = json_array();

	for (size_t i = 0; c[i].name; i++) {
		const char *text;

		if (!p->st->shown[i])
			continue;
		/* Masked values were replaced already; a mask of a mask would hide nothing more. */
		text = c[i].flags & JY_MASKED ? jy_json_text(row, c[i].name)
					      : list_cell(p->cx, &c[i], row);
		json_array_append_new(cells,
				      json_pack("{s:s, s:s, s:b, s:b}", "label", c[i].label, "text",
						text, "first", json_array_size(cells) == 0,
						"number", is_number(&c[i])));
	}
	return cells;
}

static json_t *
rows_model(struct page *p, json_t *rows)
{
	const struct jy_list *list = p->st->list;
	json_t *out = json_array(), *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		row_labels(p, row);
		if (list->link)
			json_object_set_new(row, "link",
					    json_string(link_fill(p->cx, list->link, row)));
		if (!p->json) {
			json_object_set_new(row, "cells", row_cells(p, row));
			json_object_set(row, "key", json_object_get(row, "_key"));
		}
		json_object_del(row, "_key");
		json_object_del(row, "_sort");
		json_array_append(out, row);
	}
	return out;
}

static json_t *
filters_model(struct page *p, json_t *chips)
{
	const struct list_state *st = p->st;
	json_t *out = json_array();

	for (const struct jy_filter *f = st->list->filters; f && f->field.name; f++) {
		const json_t *value = json_object_get(p->cx->params, f->field.name);
		json_t *o = field_json(p->cx, &f->field, value ? value : json_null());

		json_object_set_new(o, "filter", json_true());
		json_object_set_new(o, "required", json_false());
		if (f->field.type == JY_BOOL)
			json_object_set_new(o, "choices",
					    json_pack("[{s:s, s:s, s:b}, {s:s, s:s, s:b}]", "value",
						      "1", "label", "是", "selected",
						      json_is_true(value), "value", "0", "label",
						      "否", "selected", json_is_false(value)));
		if (f->field.type == JY_BOOL)
			json_object_set_new(o, "kind", json_pack("{s:b}", "select", 1));
		json_array_append_new(out, o);
		if (value && !json_is_null(value))
			json_array_append_new(
			    chips,
			    json_pack("{s:s, s:s, s:s}", "label", f->field.label, "text",
				      field_show(p->cx, &f->field, value), "remove",
				      list_address(p->cx, st, f->field.name, st->sort_text, "")));
	}
	return out;
}

static json_t *
columns_model(struct page *p)
{
	const struct list_state *st = p->st;
	const struct jy_column *c = st->list->columns;
	json_t *out = json_array();

	for (size_t i = 0; c[i].name; i++) {
		bool by = st->sort == &c[i];
		const char *sort =
		    jy_printf(p->cx, "%s%s", by && !st->descending ? "-" : "", c[i].name);
		json_t *o;

		if (c[i].flags & JY_DATA)
			continue;
		o = json_pack("{s:s, s:s, s:b, s:b, s:s, s:s}", "name", c[i].name, "label",
			      c[i].label, "number", is_number(&c[i]), "shown", st->shown[i],
			      "order",
			      !by              ? "none"
			      : st->descending ? "descending"
					       : "ascending",
			      "mark",
			      !by              ? ""
			      : st->descending ? "↓"
					       : "↑");
		json_object_set_new(o, "sort",
				    c[i].flags & JY_SORT
					? json_string(list_address(p->cx, st, NULL, sort, ""))
					: json_null());
		json_array_append_new(out, o);
	}
	return out;
}

static const char *
page_address(struct page *p, const char *way, const json_t *row)
{
	const char *cursor = list_cursor(p->cx, p->st, row);

	return list_address(p->cx, p->st, NULL, p->st->sort_text,
			    jy_printf(p->cx, "%s=%s", way, cursor));
}

static void
paging_put(struct page *p, const json_t *rows, json_t *model)
{
	const struct list_state *st = p->st;
	size_t n = json_array_size(rows);
	const char *prev = NULL, *next = NULL;

	if (n > 0 && st->after)
		prev = page_address(p, "before", json_array_get(rows, 0));
	if (n > 0 && (p->more || st->back))
		next = page_address(p, "after", json_array_get(rows, n - 1));
	if (prev)
		json_object_set_new(model, "prev", json_string(prev));
	if (next)
		json_object_set_new(model, "next", json_string(next));
	if (!p->json)
		json_object_set_new(model, "paging",
				    json_pack("{s:o, s:s*, s:s*}", "first",
					      st->after ? json_string(list_address(
							      p->cx, st, NULL, st->sort_text, ""))
							: json_null(),
					      "prev", prev, "next", next));
}

static enum jy_status
count_put(struct page *p, const struct jy_val *base, json_t *model)
{
	struct list_sql sql = list_sql(p->cx, p->st, LIST_COUNT, base);
	int64_t count;
	json_t *row;
	enum jy_status s = jy_row_v(p->cx, &row, sql.text, sql.vals);

	if (s != JY_OK)
		return s;
	count = jy_json_int(row, "n");
	json_object_set_new(model, "count_capped", json_boolean(count > LIST_COUNT_MAX));
	if (count > LIST_COUNT_MAX)
		count = LIST_COUNT_MAX;
	json_object_set_new(model, "count", json_integer(count));
	json_object_set_new(model, "has_rows", json_boolean(count > 0));
	return JY_OK;
}

static void
tools_put(struct page *p, json_t *model)
{
	const struct list_state *st = p->st;
	const struct jy_list *list = st->list;
	json_t *chips = json_array(), *batch = NULL;

	json_object_set_new(model, "filters", filters_model(p, chips));
	json_object_set_new(model, "has_chips", json_boolean(json_array_size(chips) > 0));
	json_object_set_new(model, "chips", chips);
	json_object_set_new(model, "columns", columns_model(p));
	if (p->json)
		return;
	json_object_set_new(model, "sort", json_string(st->sort_text));
	json_object_set_new(model, "empty",
			    json_string(list->empty ? list->empty : "没有符合条件的记录。"));
	json_object_set_new(model, "clear", json_string(p->cx->request->path));
	json_object_set_new(
	    model, "csv", json_string(list_address(p->cx, st, NULL, st->sort_text, "format=csv")));
	json_object_set_new(
	    model, "xlsx",
	    json_string(list_address(p->cx, st, NULL, st->sort_text, "format=xlsx")));
	if (list->create)
		json_object_set_new(model, "create",
				    json_pack("{s:s, s:s}", "path", list->create, "label",
					      list->create_label ? list->create_label : "新建"));
	if (list->flow)
		batch = flow_batch_model(p->cx, list->flow);
	if (batch)
		json_object_set_new(model, "batch", batch);
}

static json_t *
reversed(struct jy_ctx *cx, const json_t *rows)
{
	json_t *out = jy_own(cx, json_array());

	for (size_t i = json_array_size(rows); i-- > 0;)
		json_array_append(out, json_array_get(rows, i));
	return out;
}

/* Going back, the rows nearest to the cursor come first. Less than a page of them is the first
 * page, which is then shown from its start. */
static enum jy_status
rows_read(struct page *p, const struct jy_val *base, json_t **rows)
{
	struct list_state *st = p->st;
	struct list_sql sql = list_sql(p->cx, st, LIST_PAGE, base);
	enum jy_status s = jy_rows_v(p->cx, rows, sql.text, sql.vals);
	size_t page = (size_t)st->page_size;

	if (s != JY_OK)
		return s;
	p->more = json_array_size(*rows) > page;
	if (st->back && !p->more) {
		st->after = NULL;
		st->back = false;
		return rows_read(p, base, rows);
	}
	if (p->more)
		json_array_remove(*rows, page); /* it only says that there are more */
	if (st->back)
		*rows = reversed(p->cx, *rows);
	return JY_OK;
}

static enum jy_status
page_show(struct page *p, struct jy_view *out, const struct jy_val *base, json_t *model)
{
	json_t *rows;
	enum jy_status s = rows_read(p, base, &rows);

	if (s == JY_OK)
		s = count_put(p, base, model);
	if (s == JY_OK && !p->st->after && list_personal(p->st->list))
		s = list_record(p->cx, "list.search", p->st, NULL, jy_json_int(model, "count"));
	if (s != JY_OK)
		return s;
	if (!json_object_get(model, "title"))
		json_object_set_new(model, "title", json_string(p->st->list->title));
	paging_put(p, rows, model); /* needs the keys that rows_model takes away */
	json_object_set_new(model, "rows", rows_model(p, rows));
	tools_put(p, model);
	return jy_show(out, p->st->list->tmpl ? p->st->list->tmpl : "core/list",
		       json_incref(model));
}

enum jy_status
jy_list_page(struct jy_ctx *cx, struct jy_view *out, const struct jy_list *list,
	     const struct jy_val *vals, json_t *extra)
{
	json_t *model = jy_own(cx, extra ? extra : json_object()), *incoming = incoming_query(cx);
	const char *error, *format = incoming_text(cx, incoming, "format");
	struct list_state st;
	bool export;
	enum jy_status s;
	struct page page = { .cx = cx, .st = &st, .json = cx->request->json || cx->request->xml };

	if (!list_state_read(cx, list, incoming, &st, &error))
		return refuse_http(out, 400, "list.address", "%s", error);
	export = format && (!strcmp(format, "csv") || !strcmp(format, "xlsx"));
	if (format && *format && !export)
		return refuse_http(out, 400, "list.format", "列表只能导出为 csv 或 xlsx。");
	s = list_limit(cx, out, list, export);
	if (s != JY_OK)
		return s;
	return export ? list_export(cx, out, &st, vals, format)
		      : page_show(&page, out, vals, model);
}
