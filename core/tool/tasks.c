/* tasks.c - jiyectl task: what runs on a schedule, and running it now, in this process. */
#include <stdlib.h>
#include <string.h>

#include "data/db.h"
#include "plugin/plugins.h"
#include "tool/tool.h"
#include "work/tasks.h"
#include "work/work.h"

static const char SQL_LAST[] =
    "SELECT state, attempts, IFNULL(finished, created) last, result FROM work WHERE kind = 'task' "
    "AND name = ? ORDER BY id DESC LIMIT 1";

static enum jy_status
row_add(struct tool *t, json_t *rows, const struct plugin *p, const struct jy_task *task)
{
	const char *name = jy_printf(t->cx, "%s.%s", p->name, task->name);
	json_t *last = NULL;
	enum jy_status s = jy_row(t->cx, &last, SQL_LAST, jy_text(name));

	if (s != JY_OK && s != JY_NOT_FOUND)
		return s;
	json_array_append_new(
	    rows, json_pack("{s:s, s:s, s:i, s:s, s:s, s:s, s:s}", "name", name, "title",
			    task->title ? task->title : "", "every", task->every, "at",
			    task->at ? task->at : "", "state", jy_json_text(last, "state"), "last",
			    jy_json_text(last, "last"), "result", jy_json_text(last, "result")));
	return JY_OK;
}

static int
list(struct tool *t)
{
	static const struct tool_column columns[] = {
		{ "name", "任务" },
		{ "every", "间隔（秒）" },
		{ "at", "每天" },
		{ "state", "上次" },
		{ "last", "时间" },
		{ "title", "说明" },
		{ 0 },
	};
	json_t *rows = jy_own(t->cx, json_array());

	for (size_t i = 0; i < t->core.plugins->count; i++) {
		const struct plugin *p = t->core.plugins->items[i];

		for (const struct jy_task *task = p->table->tasks; task && task->name; task++) {
			enum jy_status s = row_add(t, rows, p, task);

			if (s != JY_OK)
				return tool_status(t, s, NULL);
		}
	}
	return tool_table(t, rows, columns);
}

static int
run(struct tool *t)
{
	const char *typed = tool_option(t, "args");
	json_t *args = typed ? json_loads(typed, 0, NULL) : json_object();
	struct plugin *plugin;
	enum jy_status s;

	if (!json_is_object(args))
		return tool_fail(t, TOOL_USAGE,
				 "--args 要写一个 JSON 对象，例如 {\"unit\": \"220100\"}。");
	if (!task_find(&t->core, t->args[0], &plugin))
		return tool_fail(t, TOOL_NOT_FOUND,
				 "没有任务“%s”，或者它的插件没有开启。用 jiyectl task list 查看。",
				 t->args[0]);
	s = work_run_task(t->cx, t->args[0], jy_own(t->cx, args));
	if (s != JY_OK)
		return tool_status(t, s, NULL);
	return tool_done(t, json_pack("{s:s, s:b}", "task", t->args[0], "done", true),
			 "任务 %s 已完成。", t->args[0]);
}

const struct command task_commands[] = {
	{ "task list", "", NULL, 0, 0, NEEDS_PLUGINS, "列出任务、时间和上次结果", list },
	{ "task run", "任务名 [--args JSON]", "args=", 1, 1, NEEDS_PLUGINS,
	  "现在就在这里运行一个任务", run },
	{ 0 },
};
