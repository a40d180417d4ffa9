/*
 * match.c - jiyectl match: the night's pushes, now.
 *
 * Matching is the jobs plugin's; the tool knows only the name of its service and prints what it
 * reports.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/db.h"
#include "tool/tool.h"

struct matching {
	json_t *args, *measures;
};

static enum jy_status
measure(void *arg, json_t *row)
{
	json_t *measures = arg;

	return json_array_append(measures, row) ? JY_FAILED : JY_OK;
}

/* Runs again from the last checkpoint after a lost connection, so old measures go first. */
static enum jy_status
match_work(struct jy_ctx *cx, void *arg)
{
	struct matching *m = arg;

	json_array_clear(m->measures);
	return jy_call(cx, "jobs.match", m->args, measure, m->measures);
}

static void
measures_print(const json_t *measures)
{
	json_t *row, *value;
	const char *key;
	size_t i;

	json_array_foreach(measures, i, row) json_object_foreach(row, key, value)
	{
		char *text = json_is_string(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY);

		printf("%s：%s\n", key, text ? text : json_string_value(value));
		free(text);
	}
}

static int
match(struct tool *t)
{
	struct matching m = { jy_own(t->cx, json_object()), jy_own(t->cx, json_array()) };
	enum jy_status s;

	for (int k = 0; k < t->options; k++)
		if (strcmp(t->names[k], "conf"))
			json_object_set_new(m.args, t->names[k], json_string(t->values[k]));
	if (!jy_provided(t->cx, "jobs.match"))
		return tool_fail(t, TOOL_NOT_FOUND,
				 "没有开启提供匹配的插件，请先运行 jiyectl plugin enable jobs。");
	t->cx->checkpoint = db_checkpoint;
	s = tool_change(t, match_work, &m);
	if (s == JY_NOT_FOUND)
		return tool_fail(t, TOOL_NOT_FOUND,
				 "没有正在进行的服务活动，请先在管理页面的“服务活动”里设为当前。");
	if (s != JY_OK)
		return tool_status(t, s, NULL);
	if (t->json)
		return tool_done(t, json_incref(m.measures), " ");
	measures_print(m.measures);
	return TOOL_OK;
}

const struct command match_commands[] = {
	{ "match", "[--unit 代码] [--dry-run]", "unit= limit= dry-run", 0, 0, NEEDS_PLUGINS,
	  "现在就匹配并推送岗位，打印结果", match },
	{ 0 },
};
