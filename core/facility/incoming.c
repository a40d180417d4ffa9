/*
 * incoming.c - pairs of a query, pairs of a form and members of a JSON body, made alike.
 *
 * A name that comes twice is kept as an array: whether that is allowed depends on its field.
 */
#include "facility/incoming.h"

#include <stdlib.h>
#include <string.h>

#include "web/request.h"

bool
name_reserved(const char *name)
{
	return !strcmp(name, "_csrf") || !strcmp(name, "_key") || !strcmp(name, "format");
}

bool
name_of_list(const char *name)
{
	return !strcmp(name, "sort") || !strcmp(name, "after") || !strcmp(name, "before") ||
	       !strcmp(name, "columns");
}

static json_t *
from_pairs(struct jy_ctx *cx, const struct pairs *pairs)
{
	json_t *all = jy_own(cx, json_object());

	for (size_t i = 0; i < pairs->count; i++) {
		const struct pair *p = &pairs->items[i];
		json_t *text = json_stringn(p->value, p->length);
		json_t *before = json_object_get(all, p->name);

		if (!text)
			abort(); /* the request's reader lets valid UTF-8 through only */
		if (!before) {
			json_object_set_new(all, p->name, text);
		} else if (json_is_array(before)) {
			json_array_append_new(before, text);
		} else {
			json_object_set_new(all, p->name, json_pack("[O, o]", before, text));
		}
	}
	return all;
}

/* A JSON scalar as a person would type it; NULL for objects and arrays. */
static json_t *
scalar_text(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_STRING:
		return json_string(json_string_value(value));
	case JSON_INTEGER:
		return json_sprintf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
	case JSON_REAL:
		return json_sprintf("%.12g", json_real_value(value));
	case JSON_TRUE:
		return json_string("1");
	case JSON_FALSE:
		return json_string("0");
	default:
		return NULL;
	}
}

static json_t *
array_texts(const json_t *array)
{
	json_t *texts = json_array(), *each, *text;
	size_t i;

	json_array_foreach(array, i, each)
	{
		text = scalar_text(each);
		if (!text || strchr(json_string_value(text), ',')) {
			json_decref(text);
			json_decref(texts);
			return NULL;
		}
		json_array_append_new(texts, text);
	}
	return texts;
}

static json_t *
from_json(struct jy_ctx *cx, const json_t *body, const char **error)
{
	json_t *all = jy_own(cx, json_object()), *value, *made;
	const char *name;

	json_object_foreach((json_t *)body, name, value)
	{
		if (json_is_null(value))
			continue;
		made = json_is_array(value) ? array_texts(value) : scalar_text(value);
		if (!made) {
			*error =
			    jy_printf(cx, "“%.60s”的值要是文字、数字、真假或它们的数组。", name);
			return NULL;
		}
		json_object_set_new(all, name, made);
	}
	return all;
}

json_t *
incoming_query(struct jy_ctx *cx)
{
	return from_pairs(cx, &cx->request->args);
}

json_t *
incoming_body(struct jy_ctx *cx, const char **error)
{
	if (cx->request->body_json)
		return from_json(cx, cx->request->body_json, error);
	return from_pairs(cx, &cx->request->fields);
}

const char *
incoming_text(struct jy_ctx *cx, const json_t *incoming, const char *name)
{
	const json_t *value = json_object_get(incoming, name);
	char *joined;
	size_t i;
	json_t *each;

	if (!json_is_array(value))
		return json_string_value(value);
	joined = talloc_strdup(cx->pool, "");
	json_array_foreach(value, i, each) joined =
	    talloc_asprintf_append_buffer(joined, "%s%s", i ? "," : "", json_string_value(each));
	if (!joined)
		abort();
	return joined;
}
