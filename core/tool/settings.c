/*
 * settings.c - jiyectl settings: names and values, checked by the table that declares them.
 *
 * A plugin's settings are known from its manifest, so they can be set before it is switched on.
 */
#include <string.h>

#include "data/db.h"
#include "data/settings.h"
#include "facility/fields.h"
#include "plugin/manifest.h"
#include "plugin/states.h"
#include "tool/tool.h"

static const char SQL_VALUE[] = "SELECT value FROM settings WHERE name = ?";

struct asked {
	struct tool *t;
	const struct jy_field *field;
	const char *name, *typed, *error;
};

/* The field of a full name: the core's own, or a plugin's "<plugin>.<field>". */
static const struct jy_field *
field_of(struct tool *t, const char *name)
{
	const struct jy_field *field = field_find(core_settings, name);
	const char *dot = strchr(name, '.'), *error = "";
	json_t *row, *manifest;

	if (field || !dot)
		return field;
	if (plugin_state(t->cx, jy_printf(t->cx, "%.*s", (int)(dot - name), name), &row, &error) !=
	    JY_OK)
		return NULL;
	manifest = manifest_read(t->cx, jy_json_text(row, "name"), jy_json_text(row, "build"));
	return manifest ? field_find(manifest_settings(t->cx, manifest), dot + 1) : NULL;
}

static int
unknown(struct tool *t, const char *name)
{
	return tool_fail(t, TOOL_NOT_FOUND, "没有名为“%s”的设置，请用 jiyectl settings list 查看。",
			 name);
}

static enum jy_status
value_of(struct tool *t, const struct jy_field *field, const char *name, const char **value)
{
	json_t *row;
	enum jy_status s = jy_row(t->cx, &row, SQL_VALUE, jy_text(name));

	if (s != JY_OK && s != JY_NOT_FOUND)
		return s;
	*value = s == JY_OK ? jy_json_text(row, "value") : field->initial ? field->initial : "";
	return JY_OK;
}

static int
get(struct tool *t)
{
	const struct jy_field *field = field_of(t, t->args[0]);
	const char *value = "";
	enum jy_status s;

	if (!field)
		return unknown(t, t->args[0]);
	s = value_of(t, field, t->args[0], &value);
	if (s != JY_OK)
		return tool_status(t, s, NULL);
	return tool_done(t, json_pack("{s:s, s:s}", "name", t->args[0], "value", value), "%s",
			 value);
}

static enum jy_status
set_work(struct jy_ctx *cx, void *arg)
{
	struct asked *a = arg;
	enum jy_status s = setting_store(cx, a->field, a->name, a->typed, &a->error);

	if (s == JY_OK)
		s = tool_audit(cx, a->name, "settings.set",
			       json_pack("{s:s, s:s}", "value", a->typed, "why", tool_why(a->t)));
	return s == JY_OK ? generation_bump(cx) : s;
}

static int
set(struct tool *t)
{
	struct asked a = { .t = t, .name = t->args[0], .typed = t->args[1], .error = "" };
	enum jy_status s;

	a.field = field_of(t, a.name);
	if (!a.field)
		return unknown(t, a.name);
	s = tool_change(t, set_work, &a);
	if (s != JY_OK)
		return tool_status(t, s, a.error);
	return tool_done(t, json_pack("{s:s, s:s}", "name", a.name, "value", a.typed),
			 "%s 已改为“%s”，新一代工作进程会用它。", a.name, a.typed);
}

static enum jy_status
fields_add(struct tool *t, json_t *rows, const char *prefix, const struct jy_field *f)
{
	for (; f && f->name; f++) {
		const char *name = jy_printf(t->cx, "%s%s", prefix, f->name), *value = "";
		enum jy_status s = value_of(t, f, name, &value);

		if (s != JY_OK)
			return s;
		json_array_append_new(rows, json_pack("{s:s, s:s, s:s}", "name", name, "value",
						      value, "label", f->label ? f->label : ""));
	}
	return JY_OK;
}

static int
list(struct tool *t)
{
	static const struct tool_column columns[] = {
		{ "name", "名称" },
		{ "value", "值" },
		{ "label", "说明" },
		{ 0 },
	};
	json_t *rows = jy_own(t->cx, json_array()), *plugins, *row;
	enum jy_status s = fields_add(t, rows, "", core_settings);
	size_t i;

	if (s == JY_OK)
		s = plugin_states(t->cx, &plugins);
	if (s != JY_OK)
		return tool_status(t, s, NULL);
	json_array_foreach(plugins, i, row)
	{
		const char *name = jy_json_text(row, "name");
		json_t *manifest = manifest_read(t->cx, name, jy_json_text(row, "build"));

		if (manifest)
			s = fields_add(t, rows, jy_printf(t->cx, "%s.", name),
				       manifest_settings(t->cx, manifest));
		if (s != JY_OK)
			return tool_status(t, s, NULL);
	}
	return tool_table(t, rows, columns);
}

const struct command setting_commands[] = {
	{ "settings list", "", NULL, 0, 0, NEEDS_DATABASE, "列出全部设置和现在的值", list },
	{ "settings get", "名称", NULL, 1, 1, NEEDS_DATABASE, "读一个设置", get },
	{ "settings set", "名称 值", "why=", 2, 2, NEEDS_DATABASE, "改一个设置，随即生效", set },
	{ 0 },
};
