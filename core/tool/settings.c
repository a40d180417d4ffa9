/*
 * settings.c - jiyectl settings: names and values, checked by the table that declares them.
 *
 * A plugin's settings are known from its manifest, so they can be set before it is switched on.
 */
#include <string.h>

#include "data/settings.h"
#include "plugin/manifest.h"
#include "plugin/setting_fields.h"
#include "plugin/states.h"
#include "tool/tool.h"

struct asked {
	const struct jy_field *field;
	const char *typed, *why, *error;
};

static int
unknown(struct tool *t, const char *name)
{
	return tool_fail(t, TOOL_NOT_FOUND, "没有名为“%s”的设置，请用 jiyectl settings list 查看。",
			 name);
}

static int
get(struct tool *t)
{
	const struct jy_field *field = setting_field(t->cx, t->args[0]);
	const char *value = "";
	enum jy_status s;

	if (!field)
		return unknown(t, t->args[0]);
	if (setting_secret(field))
		return tool_fail(t, TOOL_REFUSED, "“%s”是保密的，只能改，不能读。", t->args[0]);
	s = setting_typed(t->cx, field, &value);
	if (s != JY_OK)
		return tool_status(t, s, NULL);
	return tool_done(t, json_pack("{s:s, s:s}", "name", t->args[0], "value", value), "%s",
			 value);
}

static enum jy_status
set_work(struct jy_ctx *cx, void *arg)
{
	struct asked *a = arg;

	return setting_change(cx, a->field, a->typed, a->why, &a->error);
}

static int
set(struct tool *t)
{
	struct asked a = { .typed = t->args[1], .why = tool_why(t), .error = "" };
	enum jy_status s;

	a.field = setting_field(t->cx, t->args[0]);
	if (!a.field)
		return unknown(t, t->args[0]);
	s = tool_change(t, set_work, &a);
	if (s != JY_OK)
		return tool_status(t, s, a.error);
	return tool_done(t, json_pack("{s:s}", "name", t->args[0]),
			 "%s 已改好，新一代工作进程会用它。", t->args[0]);
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
	json_t *rows, *plugins, *row, *more;
	enum jy_status s = settings_json(t->cx, NULL, core_settings, &rows);
	size_t i;

	if (s == JY_OK)
		s = plugin_states(t->cx, &plugins);
	if (s != JY_OK)
		return tool_status(t, s, NULL);
	json_array_foreach(plugins, i, row)
	{
		const char *name = jy_json_text(row, "name");
		json_t *manifest = manifest_read(t->cx, name, jy_json_text(row, "build"));

		if (!manifest)
			continue;
		s = settings_json(t->cx, name, manifest_settings(t->cx, manifest), &more);
		if (s != JY_OK)
			return tool_status(t, s, NULL);
		json_array_extend(rows, more);
	}
	return tool_table(t, rows, columns);
}

const struct command setting_commands[] = {
	{ "settings list", "", NULL, 0, 0, NEEDS_DATABASE, "列出全部设置和现在的值", list },
	{ "settings get", "名称", NULL, 1, 1, NEEDS_DATABASE, "读一个设置", get },
	{ "settings set", "名称 值", "why=", 2, 2, NEEDS_DATABASE, "改一个设置，随即生效", set },
	{ 0 },
};
