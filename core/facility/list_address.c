/*
 * list_address.c - the state of a list as an address, so that it can be kept, sent and gone back
 * to.
 */
#include "facility/list_query.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "facility/fields.h"
#include "facility/links.h"

#define ADDRESS_MAX ((size_t)8 * 1024)

const char *
list_filter_text(struct jy_ctx *cx, const struct jy_field *field)
{
	const struct jy_field plain = { .name = field->name, .type = field->type };
	const json_t *value = json_object_get(cx->params, field->name);

	if (!value || json_is_null(value))
		return NULL;
	if (json_is_string(value))
		return json_string_value(value);
	if (json_is_boolean(value))
		return json_is_true(value) ? "1" : "0";
	return field_show(cx, &plain, value);
}

static void
pair(struct buf *out, const char *name, const char *value)
{
	buf_text(out, out->len > 1 ? "&" : "");
	buf_text(out, name);
	buf_text(out, "=");
	percent_add(out, value);
}

static void
filters(struct jy_ctx *cx, const struct jy_list *list, const char *without, struct buf *out)
{
	for (const struct jy_filter *f = list->filters; f && f->field.name; f++) {
		const json_t *value = json_object_get(cx->params, f->field.name);
		const char *text = list_filter_text(cx, &f->field);

		if (!text || (without && !strcmp(without, f->field.name)))
			continue;
		for (size_t i = 0; i < json_array_size(value); i++)
			pair(out, f->field.name, json_string_value(json_array_get(value, i)));
		if (!json_is_array(value))
			pair(out, f->field.name, text);
	}
}

const char *
list_address(struct jy_ctx *cx, const struct list_state *state, const char *without,
	     const char *sort, const char *more)
{
	const struct jy_column *c = state->list->columns;
	const char *before = "columns=";
	struct buf out;

	buf_init(&out, cx->pool, ADDRESS_MAX);
	buf_text(&out, "?");
	filters(cx, state->list, without, &out);
	if (*sort && (!state->list->sort || strcmp(sort, state->list->sort)))
		pair(&out, "sort", sort);
	for (size_t i = 0; state->chosen && c[i].name; i++) {
		if (!state->shown[i])
			continue;
		buf_text(&out, *before == 'c' && out.len > 1 ? "&" : "");
		buf_text(&out, before);
		buf_text(&out, c[i].name);
		before = ",";
	}
	if (*more) {
		buf_text(&out, out.len > 1 ? "&" : "");
		buf_text(&out, more);
	}
	return out.data;
}
