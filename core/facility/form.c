/*
 * form.c - a table of fields becomes a page, a reader of what was sent, and a JSON description.
 *
 * Errors are noted in the context as they are met and shown together: a person corrects a form
 * once, not once for each field. What was typed stays, but passwords and files.
 */
#include "facility/fields.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "facility/hooks.h"
#include "facility/incoming.h"
#include "web/request.h"

#define ERRORS_MAX    200
#define FILE_SIZE_MAX ((int64_t)10 * 1024 * 1024)

void
jy_field_error(struct jy_ctx *cx, const char *field, const char *fmt, ...)
{
	va_list ap;
	char *message;

	va_start(ap, fmt);
	message = talloc_vasprintf(cx->pool, fmt, ap);
	va_end(ap);
	if (!message)
		abort();
	utf8_mend(message);
	if (!cx->errors)
		cx->errors = jy_own(cx, json_array());
	if (json_array_size(cx->errors) < ERRORS_MAX)
		json_array_append_new(
		    cx->errors,
		    json_pack("{s:s, s:s}", "field", field ? field : "", "message", message));
}

/* --- Reading --- */

static void
file_read(struct jy_ctx *cx, const struct jy_field *field, json_t *values)
{
	const struct request *q = cx->request;
	int64_t max = field->max ? field->max : FILE_SIZE_MAX;

	json_object_set_new(values, field->name, json_null());
	for (size_t i = 0; i < q->upload_count; i++) {
		const struct upload *u = &q->uploads[i];

		/* A browser sends an empty part for a file input that was left alone. */
		if (strcmp(u->field, field->name) || (!*u->name && u->size == 0))
			continue;
		if (u->size == 0)
			jy_field_error(cx, field->name, "%s是空文件，请重新选择。", field->label);
		else if ((int64_t)u->size > max)
			jy_field_error(cx, field->name,
				       "%s最大 %" PRId64 " KiB，选择的文件太大，请压缩后再上传。",
				       field->label, max / 1024);
		json_object_set_new(values, field->name,
				    json_pack("{s:s, s:s, s:I, s:I}", "name", u->name, "type",
					      u->type ? u->type : "", "size", (json_int_t)u->size,
					      "upload", (json_int_t)i));
		return;
	}
	if (field->flags & JY_REQUIRED)
		jy_field_error(cx, field->name, "请上传%s。", field->label);
}

static bool
is_ticked(const struct jy_field *field)
{
	return field->type == JY_BOOL || field->type == JY_CHOICES;
}

static void
value_read(struct jy_ctx *cx, const struct jy_field *field, const json_t *body, json_t *values)
{
	const char *typed = incoming_text(cx, body, field->name), *error;
	json_t *value;

	/* A box that is not ticked is not sent at all, so it has no default here. */
	if (!typed && !is_ticked(field))
		typed = field->initial;
	if (field->type != JY_PASSWORD)
		json_object_set_new(cx->typed, field->name, json_string(typed ? typed : ""));
	if (!field_read(cx, field, typed, &value, &error)) {
		jy_field_error(cx, field->name, "%s", error);
		value = json_null();
	} else if (field->type == JY_BOOL && !json_is_true(value)) {
		value = json_false();
		if (field->flags & JY_REQUIRED)
			jy_field_error(cx, field->name, "请勾选“%s”。", field->label);
	}
	json_object_set_new(values, field->name, value);
}

enum jy_status
form_read(struct jy_ctx *cx, const struct jy_form *form, struct jy_view *view)
{
	json_t *values = jy_own(cx, json_object());
	const char *error;
	json_t *body = incoming_body(cx, &error);
	struct hook hook;
	enum jy_status s;

	if (!body)
		return jy_refuse(view, JY_INVALID, "form.invalid", "%s", error);
	cx->form = form;
	cx->typed = jy_own(cx, json_object());
	for (const struct jy_field *f = form->fields; f && f->name; f++) {
		if (f->flags & JY_READONLY)
			json_object_set_new(values, f->name, json_null());
		else if (f->type == JY_FILE)
			file_read(cx, f, values);
		else
			value_read(cx, f, body, values);
	}
	if (json_array_size(cx->errors) == 0 && form->check) {
		hook_enter(&hook, cx, cx->plugin);
		s = form->check(cx, values);
		hook_leave(&hook);
		if (s != JY_OK && s != JY_INVALID)
			return s;
	}
	if (json_array_size(cx->errors) > 0)
		return jy_form_again(cx, view);
	json_object_update(cx->params, values);
	return JY_OK;
}

/* --- Showing --- */

static const char *
error_of(struct jy_ctx *cx, const char *field)
{
	size_t i;
	json_t *each;

	json_array_foreach(cx->errors, i, each) if (!strcmp(jy_json_text(each, "field"),
							    field)) return jy_json_text(each,
											"message");
	return NULL;
}

static json_t *
field_model(struct jy_ctx *cx, const struct jy_field *field, const json_t *values)
{
	json_t *value = json_object_get(values, field->name), *o;
	const char *wrong = error_of(cx, field->name);

	o = field_json(cx, field,
		       value ? value
			     : jy_own(cx, json_string(field->initial ? field->initial : "")));
	if (wrong) {
		json_object_set_new(o, "wrong", json_string(wrong));
		json_object_set_new(o, "described",
				    json_sprintf("f-%s-wrong%s%s", field->name,
						 field->hint ? " " : "",
						 field->hint ? jy_json_text(o, "described") : ""));
	}
	return o;
}

static void
section_add(json_t *sections, const struct jy_field *field, json_t *o)
{
	json_t *last = json_array_get(sections, json_array_size(sections) - 1);

	if (!last || (field->section && strcmp(field->section, jy_json_text(last, "legend")))) {
		last = json_pack("{s:s, s:[]}", "legend", field->section ? field->section : "",
				 "fields");
		json_array_append_new(sections, last);
	}
	json_array_append(json_object_get(last, "fields"), o);
}

static json_t *
form_model(struct jy_ctx *cx, const struct jy_form *form, const char *action, const json_t *values)
{
	json_t *fields = json_array(), *sections = json_array(), *hidden = json_array();
	bool json = cx->request && cx->request->json, multipart = false;

	for (const struct jy_field *f = form->fields; f && f->name; f++) {
		json_t *o = field_model(cx, f, values);

		json_array_append_new(fields, o);
		multipart |= f->type == JY_FILE;
		if (f->flags & JY_HIDDEN)
			json_array_append(hidden, o);
		else
			section_add(sections, f, o);
	}
	if (json) { /* the sections hold the same fields again */
		json_decref(sections);
		json_decref(hidden);
		sections = hidden = NULL;
	}
	return json_pack("{s:s, s:s, s:s*, s:s, s:s, s:b, s:o, s:o*, s:o*}", "name", form->name,
			 "title", form->title, "intro", form->intro, "submit",
			 form->submit ? form->submit : "提交", "action", action, "multipart",
			 multipart, "fields", fields, "sections", sections, "hidden", hidden);
}

static json_t *
errors_model(struct jy_ctx *cx, const struct jy_form *form)
{
	json_t *list = json_array(), *each;
	size_t i;

	json_array_foreach(cx->errors, i, each)
	{
		const char *name = jy_json_text(each, "field");
		const struct jy_field *f = field_find(form->fields, name);
		bool shown = f && !(f->flags & JY_HIDDEN);

		json_array_append_new(list,
				      json_pack("{s:s, s:s, s:o}", "name", name, "message",
						jy_json_text(each, "message"), "target",
						shown ? json_sprintf("#f-%s", name) : json_null()));
	}
	return list;
}

/* What a page starts with, without what must not be shown again. */
static json_t *
values_shown(const struct jy_form *form, json_t *values)
{
	json_t *shown = values ? values : json_object();

	for (const struct jy_field *f = form->fields; f && f->name; f++)
		if (f->type == JY_PASSWORD || f->type == JY_FILE)
			json_object_del(shown, f->name);
	return shown;
}

static enum jy_status
form_show(struct jy_ctx *cx, struct jy_view *out, const struct jy_form *form, const char *action,
	  json_t *values)
{
	json_t *errors = errors_model(cx, form);
	const char *path = action ? action : cx->request ? cx->request->path : "";
	json_t *model =
	    jy_own(cx, json_pack("{s:s, s:o, s:O, s:b, s:i, s:o}", "title", form->title, "form",
				 form_model(cx, form, path, values), "values", values, "has_errors",
				 json_array_size(errors) > 0, "error_count",
				 (int)json_array_size(errors), "errors", errors));
	struct hook hook;
	enum jy_status s;

	hook_enter(&hook, cx, cx->plugin); /* a form may be shown before its handler is called */
	s = form->prepare ? form->prepare(cx, model) : JY_OK;
	hook_leave(&hook);
	if (s != JY_OK)
		return s;
	return jy_show(out, form->tmpl ? form->tmpl : "core/form", json_incref(model));
}

enum jy_status
jy_form_page(struct jy_ctx *cx, struct jy_view *out, const struct jy_form *form, const char *action,
	     json_t *values)
{
	return form_show(cx, out, form, action, jy_own(cx, values_shown(form, values)));
}

enum jy_status
jy_form_again(struct jy_ctx *cx, struct jy_view *out)
{
	enum jy_status s;

	assert(cx->form); /* only a route with a form can show it again */
	if (json_array_size(cx->errors) == 0)
		jy_field_error(cx, NULL, "提交的内容有误，请检查后再提交。");
	if (cx->request && cx->request->json)
		return jy_refuse(out, JY_INVALID, "form.invalid",
				 "有 %zu 处需要修改，请按 fields 里的说明改正后再提交。",
				 json_array_size(cx->errors));
	s = form_show(cx, out, cx->form, NULL, cx->typed);
	if (s != JY_OK)
		return s;
	out->code = "form.invalid";
	out->status = 422;
	return JY_INVALID;
}
