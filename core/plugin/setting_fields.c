/*
 * setting_fields.c - one way to read and change any setting by its full name.
 *
 * A secret (a password, or sealed by its table) goes in and never comes out again: only whether it
 * has been set is shown.
 */
#include "plugin/setting_fields.h"

#include <string.h>

#include "data/settings.h"
#include "facility/fields.h"
#include "plugin/manifest.h"
#include "plugin/states.h"

static const char SQL_VALUE[] = "SELECT value FROM settings WHERE name = ?";

bool
setting_secret(const struct jy_field *field)
{
	return field->type == JY_PASSWORD || (field->flags & JY_SEALED);
}

const struct jy_field *
setting_field(struct jy_ctx *cx, const char *name)
{
	const struct jy_field *field = field_find(core_settings, name);
	const char *dot = strchr(name, '.'), *error = "";
	json_t *row, *manifest;
	struct jy_field *made;

	if (field || !dot)
		return field;
	if (plugin_state(cx, jy_printf(cx, "%.*s", (int)(dot - name), name), &row, &error) != JY_OK)
		return NULL;
	manifest = manifest_read(cx, jy_json_text(row, "name"), jy_json_text(row, "build"));
	field = manifest ? field_find(manifest_settings(cx, manifest), dot + 1) : NULL;
	if (!field)
		return NULL;
	made = jy_alloc(cx, sizeof(*made));
	*made = *field;
	made->name = jy_printf(cx, "%s", name);
	return made;
}

static enum jy_status
stored(struct jy_ctx *cx, const char *name, const char **value)
{
	json_t *row;
	enum jy_status s = jy_row(cx, &row, SQL_VALUE, jy_text(name));

	if (s != JY_OK && s != JY_NOT_FOUND)
		return s;
	*value = s == JY_OK ? jy_json_text(row, "value") : NULL;
	return JY_OK;
}

enum jy_status
setting_typed(struct jy_ctx *cx, const struct jy_field *field, const char **typed)
{
	const char *value;
	enum jy_status s = stored(cx, field->name, &value);

	if (s != JY_OK)
		return s;
	*typed = setting_secret(field) ? "" : value ? value : field->initial ? field->initial : "";
	return JY_OK;
}

enum jy_status
settings_json(struct jy_ctx *cx, const char *prefix, const struct jy_field *fields, json_t **out)
{
	json_t *list = jy_own(cx, json_array());

	for (const struct jy_field *f = fields; f && f->name; f++) {
		const char *name = prefix ? jy_printf(cx, "%s.%s", prefix, f->name) : f->name;
		const char *value, *shown = "";
		enum jy_status s = stored(cx, name, &value);
		json_t *read = NULL;

		if (s != JY_OK)
			return s;
		if (!setting_secret(f)) {
			shown = value ? value : f->initial ? f->initial : "";
			if (field_read(cx, f, shown, &read, &(const char *){ NULL }))
				shown = field_show(cx, f, jy_own(cx, read));
		}
		json_array_append_new(
		    list,
		    json_pack("{s:s, s:s, s:s*, s:s*, s:s, s:b, s:b}", "name", name, "label",
			      f->label ? f->label : f->name, "hint", f->hint, "section", f->section,
			      "value", shown, "secret", setting_secret(f), "set", value && *value));
	}
	*out = list;
	return JY_OK;
}

enum jy_status
setting_change(struct jy_ctx *cx, const struct jy_field *field, const char *typed, const char *why,
	       const char **error)
{
	enum jy_status s = setting_store(cx, field, field->name, typed, error);

	if (s == JY_OK)
		s = jy_audit(cx, "settings.set", field->name,
			     json_pack("{s:s, s:s}", "value", setting_secret(field) ? "" : typed,
				       "why", why));
	return s == JY_OK ? generation_bump(cx) : s;
}
