/*
 * admin.c - the queues as an operator sees them: schedules, runs, dead letters, retry and drop.
 *
 * Payloads are never read here: what is inside a letter is nobody's business, and what a row says
 * in `result` holds no personal data. A row that a worker holds right now is left alone.
 */
#include "work/admin.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "data/db.h"
#include "plugin/plugins.h"
#include "work/tasks.h"

#define ROW                                                                                        \
	"id, kind, name, event, attempts, result, progress_done, progress_total, progress_text,"   \
	" LEFT(created, 19) AS created, LEFT(not_before, 19) AS not_before,"                       \
	" LEFT(finished, 19) AS finished, state, state = 'dead' AS dead,"                          \
	" state = 'waiting' AND lease_until > NOW(3) AND token <> '' AS running"

static const char SQL_CLOCK[] = "SELECT UNIX_TIMESTAMP() + 28800 AS local";
/* The last row of each task; served by the key (kind, name, id). */
static const char SQL_LAST[] = "SELECT " ROW " FROM work WHERE id IN"
			       " (SELECT MAX(id) FROM work WHERE kind = 'task' GROUP BY name)";
static const char SQL_ROWS[] =
    "SELECT " ROW " FROM work WHERE (? IS NULL OR kind = ?) AND (? IS NULL OR state = ?)"
    " AND (? IS NULL OR name = ?) ORDER BY id DESC LIMIT 200";
static const char SQL_COUNTS[] =
    "SELECT kind, state, COUNT(*) AS n FROM work WHERE state <> 'done' GROUP BY kind, state";
static const char SQL_RETRY[] =
    "UPDATE work SET state = 'waiting', attempts = 0, not_before = NOW(3), lease_until = NOW(3),"
    " finished = NULL WHERE id = ? AND (state = 'dead' OR (state = 'waiting' AND"
    " (token = '' OR lease_until <= NOW(3))))";
static const char SQL_DROP[] =
    "UPDATE work SET state = 'dropped', finished = NOW(3), token = '', result = ?,"
    " dedupe = IF(dedupe LIKE 'q:%', NULL, dedupe)"
    " WHERE id = ? AND (state = 'dead' OR (state = 'waiting' AND"
    " (token = '' OR lease_until <= NOW(3))))";

static const char *
schedule_text(struct jy_ctx *cx, const struct jy_task *task)
{
	if (task->every <= 0)
		return task->at && *task->at ? jy_printf(cx, "每天 %s", task->at) : "需要时运行";
	if (task->every % 86400 == 0)
		return jy_printf(cx, "每 %d 天", task->every / 86400);
	if (task->every % 3600 == 0)
		return jy_printf(cx, "每 %d 小时", task->every / 3600);
	if (task->every % 60 == 0)
		return jy_printf(cx, "每 %d 分钟", task->every / 60);
	return jy_printf(cx, "每 %d 秒", task->every);
}

static void
next_set(json_t *entry, const struct jy_task *task, int64_t local)
{
	time_t when = (time_t)schedule_next(task, local);
	char text[40];
	struct tm tm;

	if (!when)
		return;
	gmtime_r(&when, &tm);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	json_object_set_new(entry, "next", json_string(text));
}

static json_t *
last_of(const json_t *rows, const char *name)
{
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		if (strcmp(jy_json_text(row, "name"), name) == 0)
			return row;
	}
	return NULL;
}

enum jy_status
work_tasks(struct jy_ctx *cx, json_t **out)
{
	const struct plugins *plugins = cx->core->plugins;
	json_t *clock, *rows, *list = jy_own(cx, json_array()), *entry, *last;
	enum jy_status s = jy_row(cx, &clock, SQL_CLOCK);

	if (s == JY_OK)
		s = jy_rows(cx, &rows, SQL_LAST);
	if (s != JY_OK)
		return s;
	for (size_t i = 0; i < plugins->count; i++) {
		const struct plugin *plugin = plugins->items[i];
		const struct jy_task *task = plugin->table->tasks;

		for (; task && task->name; task++) {
			const char *name = jy_printf(cx, "%s.%s", plugin->name, task->name);

			entry = json_pack("{s:s, s:s?, s:s?, s:s}", "name", name, "title",
					  task->title, "plugin", plugin->table->title, "schedule",
					  schedule_text(cx, task));
			next_set(entry, task, jy_json_int(clock, "local"));
			last = last_of(rows, name);
			if (last)
				json_object_set(entry, "last", last);
			json_array_append_new(list, entry);
		}
	}
	*out = list;
	return JY_OK;
}

enum jy_status
work_rows(struct jy_ctx *cx, const char *kind, const char *state, const char *name, json_t **out)
{
	return jy_rows(cx, out, SQL_ROWS, jy_text(kind), jy_text(kind), jy_text(state),
		       jy_text(state), jy_text(name), jy_text(name));
}

enum jy_status
work_counts(struct jy_ctx *cx, json_t **out)
{
	return jy_rows(cx, out, SQL_COUNTS);
}

static enum jy_status
row_changed(struct jy_ctx *cx, enum jy_status s, int64_t id, const char *action, const char *why)
{
	if (s != JY_OK)
		return s;
	if (jy_changed(cx) == 0)
		return JY_CONFLICT;
	return jy_audit(cx, action, jy_printf(cx, "work:%" PRId64, id),
			json_pack("{s:s}", "why", why ? why : ""));
}

enum jy_status
work_retry(struct jy_ctx *cx, int64_t id, const char *why)
{
	return row_changed(cx, jy_exec(cx, SQL_RETRY, jy_int(id)), id, "work.retry", why);
}

enum jy_status
work_drop(struct jy_ctx *cx, int64_t id, const char *why)
{
	const char *result = jy_printf(cx, "已放弃：%s", why);

	return row_changed(cx, jy_exec(cx, SQL_DROP, jy_text(result), jy_int(id)), id, "work.drop",
			   why);
}
