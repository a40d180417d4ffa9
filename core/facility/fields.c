/*
 * fields.c - one typed value from what was typed, and back to what a person reads.
 *
 * Paths, queries, forms, JSON bodies, imported files and settings all come through field_read, so a
 * rule about a value exists once. Values belong to the caller, sentences to the context.
 */
#include "facility/fields.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "facility/field_types.h"
#include "facility/references.h"
#include "facility/text.h"

const struct jy_field *
field_find(const struct jy_field *fields, const char *name)
{
	for (; fields && fields->name; fields++)
		if (!strcmp(fields->name, name))
			return fields;
	return NULL;
}

static const char *
absent(struct jy_ctx *cx, const struct jy_field *field, const char *label)
{
	switch (field->type) {
	case JY_CHOICE:
	case JY_CHOICES:
	case JY_DATE:
	case JY_DATETIME:
		return jy_printf(cx, "请选择%s。", label);
	case JY_BOOL:
		return jy_printf(cx, "请勾选“%s”。", label);
	case JY_FILE:
		return jy_printf(cx, "请上传%s。", label);
	default:
		return jy_printf(cx, "请填写%s。", label);
	}
}

bool
field_read(struct jy_ctx *cx, const struct jy_field *field, const char *typed, json_t **out,
	   const char **error)
{
	struct typed t = { .cx = cx, .field = field };

	t.label = field->label ? field->label : field->name;
	t.text = typed ? typed : "";
	if (text_chars(t.text) < 0) {
		*error = jy_printf(cx, "%s里有无法识别的字符，请重新输入。", t.label);
		return false;
	}
	if (field->type != JY_PASSWORD) /* a blank may be part of a password */
		t.text = text_trim(cx->pool, text_visible(cx->pool, t.text));
	if (!*t.text) {
		if (field->flags & JY_REQUIRED) {
			*error = absent(cx, field, t.label);
			return false;
		}
		*out = json_null();
		return true;
	}
	if (!typed_read(&t)) {
		*error = t.error;
		return false;
	}
	*out = t.out;
	return true;
}

static const char *
choice_label(struct jy_ctx *cx, const struct jy_field *field, const char *value)
{
	for (const struct jy_choice *c = field->choices; c && c->value; c++)
		if (!strcmp(c->value, value))
			return c->label ? c->label : c->value;
	return field->reference ? reference_name(cx, field->reference, value) : value;
}

static const char *
choices_show(struct jy_ctx *cx, const struct jy_field *field, const json_t *array)
{
	char *shown = talloc_strdup(cx->pool, "");
	size_t i;
	json_t *each;

	json_array_foreach(array, i, each)
	{
		const char *value = json_string_value(each);

		if (value)
			shown = talloc_asprintf_append(shown, "%s%s", i ? "、" : "",
						       choice_label(cx, field, value));
	}
	return shown;
}

/* Enough to recognise one's own value by, too little for anybody else. */
static const char *
masked(struct jy_ctx *cx, enum jy_type type, const char *text)
{
	const char *at;

	switch (type) {
	case JY_PHONE:
		return strlen(text) == 11 ? text_mask(cx->pool, text, 3, 4) : "••••••";
	case JY_RESIDENT_ID:
		return strlen(text) == 18 ? text_mask(cx->pool, text, 4, 3) : "••••••";
	case JY_EMAIL:
		at = strchr(text, '@');
		return at ? jy_printf(cx, "%s%s",
				      text_mask(cx->pool,
						text_cut(cx->pool, text, (size_t)(at - text)), 1,
						0),
				      at)
			  : "••••••";
	case JY_TEXT:
		return text_chars(text) <= 20 ? text_mask(cx->pool, text, 1, 0) : "••••••";
	default:
		return "••••••";
	}
}

static const char *
money_show(struct jy_ctx *cx, int64_t fen)
{
	const char *sign = fen < 0 ? "-" : "";

	fen = fen < 0 ? -fen : fen;
	return fen % 100 ? jy_printf(cx, "%s%" PRId64 ".%02d", sign, fen / 100, (int)(fen % 100))
			 : jy_printf(cx, "%s%" PRId64, sign, fen / 100);
}

const char *
field_show(struct jy_ctx *cx, const struct jy_field *field, const json_t *value)
{
	const char *text = json_string_value(value);

	if (!value || json_is_null(value))
		return "";
	if (json_is_array(value))
		return choices_show(cx, field, value);
	if (field->type == JY_BOOL)
		return json_is_true(value) || json_integer_value(value) != 0 ||
			       (text && !strcmp(text, "1"))
			   ? "是"
			   : "否";
	if (field->type == JY_MONEY && json_is_integer(value))
		return money_show(cx, json_integer_value(value));
	if (json_is_integer(value)) /* a code may be kept as a number: degrees, yes and no */
		return choice_label(
		    cx, field, jy_printf(cx, "%" JSON_INTEGER_FORMAT, json_integer_value(value)));
	if (json_is_real(value))
		return jy_printf(cx, "%.10g", json_real_value(value));
	if (!text || field->type == JY_PASSWORD)
		return "";
	if (field->flags & JY_SEALED)
		return masked(cx, field->type, text);
	if (field->type == JY_DATETIME && strlen(text) > 16)
		return jy_printf(cx, "%.16s", text);
	if (field->type == JY_CHOICE || field->choices || field->reference)
		return choice_label(cx, field, text);
	return text;
}

/* --- What handlers ask for --- */

static json_t *
param(struct jy_ctx *cx, const char *name)
{
	json_t *value = json_object_get(cx->params, name);

	if (value)
		return value;
	log_line(LOG_ERROR_, "param.undeclared", "request %s: the route %s does not declare \"%s\"",
		 cx->id, cx->route ? cx->route->path : "-", name);
	abort();
}

int64_t
jy_param_int(struct jy_ctx *cx, const char *name)
{
	const json_t *value = param(cx, name);

	return json_is_true(value) ? 1 : json_integer_value(value);
}

bool
jy_param_bool(struct jy_ctx *cx, const char *name)
{
	const json_t *value = param(cx, name);

	return json_is_true(value) || json_integer_value(value) != 0;
}

const char *
jy_param_text(struct jy_ctx *cx, const char *name)
{
	const json_t *value = param(cx, name);

	if (json_is_integer(value))
		return jy_printf(cx, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	return json_string_value(value);
}

json_t *
jy_params(struct jy_ctx *cx)
{
	return cx->params;
}
