/*
 * field_json.c - a field as JSON: for the interface's description and for the template of forms.
 *
 * One object serves both. A string value is shown as it is (it is what somebody typed); any other
 * value is shown as a person would type it. The template is logic-less, so what kind of input a
 * field wants is decided here.
 */
#include "facility/fields.h"

#include <string.h>

#include "facility/references.h"
#include "web/request.h"

static const char *const type_names[] = {
	[JY_INT] = "integer",
	[JY_TEXT] = "text",
	[JY_LONG] = "long",
	[JY_BOOL] = "boolean",
	[JY_DATE] = "date",
	[JY_DATETIME] = "datetime",
	[JY_CHOICE] = "choice",
	[JY_CHOICES] = "choices",
	[JY_PHONE] = "phone",
	[JY_EMAIL] = "email",
	[JY_URL] = "url",
	[JY_PASSWORD] = "password",
	[JY_RESIDENT_ID] = "resident_id",
	[JY_CREDIT_CODE] = "credit_code",
	[JY_MONEY] = "money",
	[JY_FILE] = "file",
	[JY_CODE] = "code",
};

static void
put(json_t *o, const char *key, const char *text)
{
	if (text && *text)
		json_object_set_new(o, key, json_string(text));
}

static const struct reference *
reference_of(struct jy_ctx *cx, const struct jy_field *field)
{
	const struct reference *r = NULL;

	if (field->reference && reference_get(cx, field->reference, &r) != JY_OK)
		return NULL;
	return r;
}

/* What a person would type for a stored value. */
static const char *
typed_form(struct jy_ctx *cx, const struct jy_field *field, const json_t *value)
{
	const struct jy_field plain = { .name = field->name, .type = field->type };
	const char *text = json_string_value(value);
	const struct reference *r;
	const struct reference_item *item;

	if (field->type == JY_PASSWORD || field->type == JY_FILE)
		return "";
	if (!text)
		return field_show(cx, &plain, value);
	if (field->type == JY_DATETIME && strlen(text) >= 16)
		return jy_printf(cx, "%.10sT%.5s", text, text + 11);
	r = field->type == JY_CHOICE ? reference_of(cx, field) : NULL;
	item = r && r->listed > REFERENCE_SELECT_MAX ? reference_find(r, text) : NULL;
	return item ? jy_printf(cx, "%s %s", item->code, item->full) : text;
}

static bool
is_chosen(const json_t *value, const char *code)
{
	const char *text = json_string_value(value);
	size_t n = strlen(code), i;
	json_t *each;

	json_array_foreach(value, i, each) if (json_is_string(each) &&
					       !strcmp(json_string_value(each), code)) return true;
	for (const char *p = text; p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL)
		if (!strncmp(p, code, n) && (p[n] == ',' || p[n] == '\0'))
			return true;
	return false;
}

static void
option_add(json_t *list, const struct jy_field *field, const json_t *value, const char *code,
	   const char *label)
{
	json_array_append_new(
	    list, json_pack("{s:s, s:s, s:b, s:o}", "value", code, "label", label, "selected",
			    is_chosen(value, code), "id",
			    json_sprintf("f-%s-%zu", field->name, json_array_size(list) + 1)));
}

/* Choices of the table, or the offered codes of a reference. */
static json_t *
options(struct jy_ctx *cx, const struct jy_field *field, const json_t *value)
{
	const struct reference *r = reference_of(cx, field);
	json_t *list = json_array();

	for (const struct jy_choice *c = field->choices; c && c->value; c++)
		option_add(list, field, value, c->value, c->label ? c->label : c->value);
	for (size_t i = 0; r && i < r->count; i++)
		if (r->items[i].listed || is_chosen(value, r->items[i].code))
			option_add(list, field, value, r->items[i].code, r->items[i].full);
	return list;
}

/* A long reference is a text input with suggestions, or a list that marks several. Programs ask for
 * the table by its name instead of reading a thousand rows with each form. */
static const char *
options_put(struct jy_ctx *cx, const struct jy_field *field, const json_t *value, json_t *o)
{
	const struct reference *r = reference_of(cx, field);
	bool many = field->type == JY_CHOICES, large = r && r->listed > REFERENCE_SELECT_MAX;

	put(o, "reference", field->reference);
	if (!(large && cx->request && cx->request->json))
		json_object_set_new(o, large && !many ? "suggestions" : "choices",
				    options(cx, field, value));
	if (many)
		return large ? "multiple" : "checks";
	return large ? "suggest" : "select";
}

static const char *
input_type(const struct jy_field *field)
{
	switch (field->type) {
	case JY_DATE:
		return "date";
	case JY_DATETIME:
		return "datetime-local";
	case JY_PHONE:
		return "tel";
	case JY_EMAIL:
		return "email";
	case JY_URL:
		return "url";
	case JY_PASSWORD:
		return "password";
	default:
		return "text";
	}
}

/* Helps password managers, and fills in what a phone knows about its owner. */
static const char *
autocomplete(const struct jy_field *field)
{
	if (field->type == JY_PHONE)
		return "tel";
	if (field->type == JY_EMAIL)
		return "email";
	if (field->type == JY_PASSWORD)
		return field->min > 1 ? "new-password" : "current-password";
	if (!strcmp(field->name, "code"))
		return "one-time-code";
	return field->flags & JY_SEALED ? "off" : NULL;
}

static void
limits_put(const struct jy_field *field, json_t *o)
{
	bool counted = field->type == JY_TEXT || field->type == JY_LONG ||
		       field->type == JY_PASSWORD || field->type == JY_CODE ||
		       field->type == JY_URL;

	if (field->min != 0)
		json_object_set_new(o, "min", json_integer(field->min));
	if (field->max != 0 && field->max != INT64_MAX)
		json_object_set_new(o, "max", json_integer(field->max));
	if (counted && field->max > 0)
		json_object_set_new(o, "maxlength", json_integer(field->max));
	if (field->type == JY_INT)
		put(o, "inputmode", field->min < 0 ? NULL : "numeric");
	if (field->type == JY_MONEY)
		put(o, "inputmode", "decimal");
}

static void
input_put(struct jy_ctx *cx, const struct jy_field *field, const json_t *value, json_t *o)
{
	const char *kind = "input";

	if (field->type == JY_CHOICE || field->type == JY_CHOICES)
		kind = options_put(cx, field, value, o);
	else if (field->type == JY_LONG)
		kind = "area";
	else if (field->type == JY_BOOL)
		kind = "check";
	else if (field->type == JY_FILE)
		kind = "file";
	if (field->flags & JY_HIDDEN)
		kind = "hidden";
	json_object_set_new(o, "kind", json_pack("{s:b}", kind, 1));
	put(o, "input_type", input_type(field));
	put(o, "autocomplete", autocomplete(field));
	json_object_set_new(
	    o, "checked",
	    json_boolean(field->type == JY_BOOL && !strcmp(field_show(cx, field, value), "是")));
	json_object_set_new(o, "readonly", json_boolean(field->flags & JY_READONLY));
}

json_t *
field_json(struct jy_ctx *cx, const struct jy_field *field, const json_t *value)
{
	const char *hint = field->hint && *field->hint ? field->hint : NULL;
	json_t *o = json_object();

	put(o, "name", field->name);
	put(o, "type", type_names[field->type]);
	put(o, "label", field->label ? field->label : field->name);
	put(o, "hint", hint);
	put(o, "example", field->example);
	put(o, "section", field->section);
	put(o, "id", jy_printf(cx, "f-%s", field->name));
	json_object_set_new(o, "required", json_boolean(field->flags & JY_REQUIRED));
	limits_put(field, o);
	input_put(cx, field, value, o);
	json_object_set_new(o, "value", json_string(typed_form(cx, field, value)));
	/* The template looks outwards for keys that are absent, so those it asks for are there. */
	static const char *const asked[] = { "hint",      "example",   "wrong",
					     "maxlength", "inputmode", "autocomplete",
					     "described", "section",   "filter" };
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
		if (!json_object_get(o, asked[i]))
			json_object_set_new(o, asked[i], json_null());
	if (hint)
		put(o, "described", jy_printf(cx, "f-%s-hint", field->name));
	return o;
}
