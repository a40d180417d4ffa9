/*
 * params.c - the typed parameters of a route: path, query, filters of its list, fields of its body.
 *
 * What a route does not declare does not get in: an unknown or doubled name is refused by name, so
 * that a misspelt filter is an error and not the whole list.
 */
#include "facility/fields.h"

#include <string.h>

#include "facility/incoming.h"
#include "facility/references.h"
#include "web/request.h"
#include "web/response.h"
#include "web/router.h"

struct reading {
	struct jy_ctx *cx;
	const struct match *match;
	struct jy_view *view;
	json_t *query, *body; /* body NULL in a GET */
};

static const struct jy_field *
filter_find(const struct jy_route *route, const char *name)
{
	const struct jy_filter *f = route->list ? route->list->filters : NULL;

	for (; f && f->field.name; f++)
		if (!strcmp(f->field.name, name))
			return &f->field;
	return NULL;
}

static enum jy_status
refused(struct reading *r, const char *code, const char *sentence)
{
	refuse_http(r->view, 400, code, "%s", sentence);
	return JY_INVALID;
}

static bool
path_holds(const struct match *match, const char *name)
{
	for (size_t i = 0; i < match->count; i++)
		if (!strcmp(match->names[i], name))
			return true;
	return false;
}

/* Is the name declared for where it came, and did it come once? */
static enum jy_status
name_check(struct reading *r, const char *name, const json_t *value, bool in_query)
{
	const struct jy_route *route = r->match->route;
	const struct jy_field *field = field_find(route->params, name);
	bool many = json_array_size(value) > 1;

	if (!field && in_query)
		field = filter_find(route, name);
	if (!field && !in_query && route->form)
		field = field_find(route->form->fields, name);
	if (!field && in_query && route->list && name_of_list(name)) {
		if (!many || !strcmp(name, "columns"))
			return JY_OK;
	} else if (name_reserved(name)) {
		if (!many)
			return JY_OK;
	} else if (!field || field->type == JY_FILE) {
		return refused(r, "param.unknown",
			       jy_printf(r->cx, "这个地址不接受参数“%.60s”，请去掉它再试。", name));
	} else if ((!many || field->type == JY_CHOICES) && !path_holds(r->match, name) &&
		   (in_query || !json_object_get(r->query, name))) {
		return JY_OK;
	}
	return refused(r, "param.doubled",
		       jy_printf(r->cx, "参数“%.60s”出现了不止一次，请只保留一个。", name));
}

static enum jy_status
names_check(struct reading *r, const json_t *incoming, bool in_query)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)incoming, name, value)
	{
		enum jy_status s = name_check(r, name, value, in_query);

		if (s != JY_OK)
			return s;
	}
	return JY_OK;
}

static enum jy_status
uploads_check(struct reading *r)
{
	const struct request *q = r->cx->request;
	const struct jy_form *form = r->match->route->form;

	for (size_t i = 0; r->body && i < q->upload_count; i++) {
		const char *name = q->uploads[i].field;
		const struct jy_field *f = form ? field_find(form->fields, name) : NULL;

		if (!f || f->type != JY_FILE)
			return refused(r, "param.unknown",
				       jy_printf(r->cx, "这里不接受名为“%.60s”的文件。", name));
		for (size_t k = 0; k < i; k++)
			if (!strcmp(q->uploads[k].field, name))
				return refused(r, "param.doubled",
					       jy_printf(r->cx, "“%.60s”只能上传一个文件。", name));
	}
	return JY_OK;
}

static enum jy_status
value_read(struct reading *r, const struct jy_field *field, const char *typed, bool in_path)
{
	const struct reference *table;
	const char *error;
	json_t *value;

	if (!field_read(r->cx, field, typed ? typed : field->initial, &value, &error)) {
		if (in_path)
			return JY_NOT_FOUND; /* there cannot be such a record */
		/* The table of codes could not be read: the value may well be right. */
		if (field->reference && reference_get(r->cx, field->reference, &table) == JY_BUSY)
			return JY_BUSY;
		return refused(r, "param.invalid", error);
	}
	json_object_set_new(r->cx->params, field->name, value);
	return JY_OK;
}

static const char *
path_value(const struct match *match, const char *name)
{
	for (size_t i = 0; i < match->count; i++)
		if (!strcmp(match->names[i], name))
			return match->values[i];
	return NULL;
}

static enum jy_status
params_declared(struct reading *r)
{
	const struct jy_field *f = r->match->route->params;
	enum jy_status s = JY_OK;

	for (; f && f->name && s == JY_OK; f++) {
		const char *typed = path_value(r->match, f->name);
		bool in_path = typed != NULL;

		if (!typed)
			typed = incoming_text(r->cx, r->query, f->name);
		if (!typed && r->body)
			typed = incoming_text(r->cx, r->body, f->name);
		s = value_read(r, f, typed, in_path);
	}
	return s;
}

static enum jy_status
filters_read(struct reading *r)
{
	const struct jy_filter *f = r->match->route->list ? r->match->route->list->filters : NULL;
	enum jy_status s = JY_OK;

	for (; f && f->field.name && s == JY_OK; f++)
		s = value_read(r, &f->field, incoming_text(r->cx, r->query, f->field.name), false);
	return s;
}

enum jy_status
params_read(struct jy_ctx *cx, const struct match *match, struct jy_view *view)
{
	struct reading r = { .cx = cx, .match = match, .view = view };
	const char *error = NULL;
	enum jy_status s;

	cx->params = jy_own(cx, json_object());
	r.query = incoming_query(cx);
	if (match->route->method == JY_POST) {
		r.body = incoming_body(cx, &error);
		if (!r.body)
			return refused(&r, "param.invalid", error);
	}
	s = names_check(&r, r.query, true);
	if (s == JY_OK && r.body)
		s = names_check(&r, r.body, false);
	if (s == JY_OK)
		s = uploads_check(&r);
	if (s == JY_OK)
		s = params_declared(&r);
	if (s == JY_OK)
		s = filters_read(&r);
	if (s == JY_OK && r.body && match->route->form)
		s = form_read(cx, match->route->form, view);
	return s;
}
