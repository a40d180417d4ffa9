/*
 * admin_pages.c - GET /admin/tasks and /admin/outbox, and the demonstration's /outbox.
 *
 * The last one shows letters whole: it answers only in a demonstration, and only to a browser on
 * the same machine.
 */
#include "work/admin.h"

#include <string.h>

#include "base/config.h"
#include "web/request.h"
#include "work/outbox.h"
#include "work/tasks.h"
#include "work/work.h"

static const char SQL_LETTERS[] =
    "SELECT id, name, LEFT(created, 19) AS created, payload, state FROM work"
    " WHERE kind = 'outbox' ORDER BY id DESC LIMIT 50";

static const struct jy_choice row_states[] = {
	{ "waiting", "等待" },
	{ "dead", "失败" },
	{ "done", "完成" },
	{ "dropped", "已放弃" },
	{ 0 },
};
static const struct jy_choice row_kinds[] = {
	{ "outbox", "邮件和短信" },
	{ "event", "事件" },
	{ "task", "任务" },
	{ 0 },
};
const struct jy_field work_task_params[] = {
	{ "task", JY_CODE, 3, 80, .label = "任务" },
	{ 0 },
};
const struct jy_field work_row_params[] = {
	{ "id", JY_INT, 1, INT64_MAX, .label = "编号" },
	{ 0 },
};
const struct jy_field work_outbox_params[] = {
	{ "state", JY_CHOICE, .label = "状态", .choices = row_states },
	{ "kind", JY_CHOICE, .label = "种类", .choices = row_kinds },
	{ 0 },
};
static const struct jy_field drop_fields[] = {
	{ "why", JY_TEXT, 2, 200, JY_REQUIRED, "放弃的原因" },
	{ 0 },
};
const struct jy_form work_drop_form = {
	.name = "work.drop",
	.title = "放弃这一条",
	.intro = "放弃后不再自动重试，原因会写入审计日志。",
	.fields = drop_fields,
	.submit = "放弃",
};

static const char *
label(const struct jy_choice *choices, const char *value)
{
	for (; choices->value; choices++)
		if (strcmp(choices->value, value) == 0)
			return choices->label;
	return value;
}

static void
row_labels(json_t *row)
{
	const char *state = jy_json_text(row, "state");

	json_object_set_new(
	    row, "state_label",
	    json_string(jy_json_int(row, "running") ? "正在运行" : label(row_states, state)));
	json_object_set_new(row, "kind_label",
			    json_string(label(row_kinds, jy_json_text(row, "kind"))));
	json_object_set_new(
	    row, "open",
	    json_boolean(!jy_json_int(row, "running") &&
			 (strcmp(state, "dead") == 0 || strcmp(state, "waiting") == 0)));
	if (jy_json_int(row, "progress_total") > 0)
		json_object_set_new(row, "progress",
				    json_integer(jy_json_int(row, "progress_done") * 100 /
						 jy_json_int(row, "progress_total")));
}

static void
rows_labels(json_t *rows)
{
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		row_labels(row);
	}
}

/* GET /admin/tasks */
enum jy_status
tasks_get(struct jy_ctx *cx, struct jy_view *out)
{
	json_t *tasks, *entry;
	size_t i;
	enum jy_status s = work_tasks(cx, &tasks);

	if (s != JY_OK)
		return s;
	json_array_foreach(tasks, i, entry)
	{
		if (json_object_get(entry, "last"))
			row_labels(json_object_get(entry, "last"));
	}
	return jy_show(out, "core/work_tasks",
		       json_pack("{s:s, s:O}", "title", "后台任务", "tasks", tasks));
}

/* GET /admin/tasks/:task - the last runs of one task. */
enum jy_status
task_get(struct jy_ctx *cx, struct jy_view *out)
{
	const char *name = jy_param_text(cx, "task");
	struct plugin *plugin;
	const struct jy_task *task = task_find(cx->core, name, &plugin);
	json_t *rows;
	enum jy_status s = work_rows(cx, "task", NULL, name, &rows);

	if (s != JY_OK)
		return s;
	if (!task && json_array_size(rows) == 0)
		return JY_NOT_FOUND;
	rows_labels(rows);
	return jy_show(out, "core/work_task",
		       json_pack("{s:s, s:s, s:O, s:b, s:b}", "title",
				 task && task->title ? task->title : name, "name", name, "rows",
				 rows, "any", json_array_size(rows) > 0, "here", task != NULL));
}

/* POST /admin/tasks/:task/run */
enum jy_status
task_run_post(struct jy_ctx *cx, struct jy_view *out)
{
	const char *name = jy_param_text(cx, "task");
	struct plugin *plugin;
	enum jy_status s;

	if (!task_find(cx->core, name, &plugin))
		return jy_refuse(out, JY_NOT_FOUND, "work.no_task",
				 "没有叫“%s”的任务，或所属插件没有开启。", name);
	s = work_queue_task(cx, name, NULL, "now");
	if (s == JY_CONFLICT)
		return jy_refuse(out, JY_CONFLICT, "work.waiting",
				 "这个任务已经在等待运行，请稍候刷新本页。");
	if (s == JY_OK)
		s = jy_audit(cx, "task.run", name, NULL);
	if (s != JY_OK)
		return s;
	jy_notice(out, "已排队，马上运行。");
	return jy_redirect(out, "/admin/tasks/%s", name);
}

/* GET /admin/outbox - dead letters first of all; with state and kind, the rest too. */
enum jy_status
outbox_get(struct jy_ctx *cx, struct jy_view *out)
{
	const char *state = jy_param_text(cx, "state"), *kind = jy_param_text(cx, "kind");
	json_t *rows, *counts;
	enum jy_status s = work_counts(cx, &counts);

	if (!state)
		state = "dead";
	if (s == JY_OK)
		s = work_rows(cx, kind, state, NULL, &rows);
	if (s != JY_OK)
		return s;
	rows_labels(rows);
	rows_labels(counts);
	return jy_show(out, "core/work_outbox",
		       json_pack("{s:s, s:O, s:O, s:s, s:b}", "title", "发件箱与失败记录", "rows",
				 rows, "counts", counts, "state_label", label(row_states, state),
				 "any", json_array_size(rows) > 0));
}

static enum jy_status
row_answer(struct jy_ctx *cx, struct jy_view *out, enum jy_status s, const char *notice)
{
	(void)cx;
	if (s == JY_CONFLICT)
		return jy_refuse(out, s, "work.not_open",
				 "这一条已经办完、已放弃或正在处理，请刷新列表再看。");
	if (s != JY_OK)
		return s;
	jy_notice(out, "%s", notice);
	return jy_redirect(out, "/admin/outbox");
}

/* POST /admin/outbox/:id/retry */
enum jy_status
outbox_retry_post(struct jy_ctx *cx, struct jy_view *out)
{
	return row_answer(cx, out, work_retry(cx, jy_param_int(cx, "id"), ""), "将马上重试。");
}

/* POST /admin/outbox/:id/drop */
enum jy_status
outbox_drop_post(struct jy_ctx *cx, struct jy_view *out)
{
	return row_answer(cx, out, work_drop(cx, jy_param_int(cx, "id"), jy_param_text(cx, "why")),
			  "已放弃，不再重试。");
}

static bool
local_browser(const struct jy_ctx *cx)
{
	const char *from = cx->request ? cx->request->remote : NULL;

	return from && (strncmp(from, "127.", 4) == 0 || strcmp(from, "::1") == 0 ||
			strncmp(from, "unix:", 5) == 0);
}

/* GET /outbox */
enum jy_status
outbox_letters_get(struct jy_ctx *cx, struct jy_view *out)
{
	json_t *rows, *row, *letter;
	size_t i;
	enum jy_status s;

	if (!cx->core->config->demonstration || !local_browser(cx))
		return JY_NOT_FOUND;
	s = jy_rows(cx, &rows, SQL_LETTERS);
	if (s != JY_OK)
		return s;
	json_array_foreach(rows, i, row)
	{
		if (outbox_read(cx, jy_json_text(row, "payload"), &letter) == JY_OK)
			json_object_update(row, letter);
		json_object_del(row, "payload");
		json_object_set_new(row, "sms",
				    json_boolean(strcmp(jy_json_text(row, "name"), "sms") == 0));
	}
	return jy_show(out, "core/work_letters",
		       json_pack("{s:s, s:O, s:b}", "title", "发出的邮件和短信（演示）", "letters",
				 rows, "any", json_array_size(rows) > 0));
}
