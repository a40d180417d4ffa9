/*
 * tasks.c - one run of a task: found, marked for the watchdog, run in a transaction, recorded.
 *
 * The row is locked by the run's own transaction, so nobody else can take it while the run lives,
 * and the lease only has to outlast the moments between its transactions. Progress is written in
 * the same transaction: others see it from the next checkpoint on.
 */
#include "work/tasks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/seal.h"
#include "data/db.h"
#include "process/board.h"
#include "work/work.h"

#define RUN_MAX_MS ((int64_t)12 * 3600 * 1000) /* past it signs of life no longer count */

static const char SQL_PROGRESS[] =
    "UPDATE work SET progress_done = ?, progress_total = ?, progress_text = LEFT(?, 120)"
    " WHERE id = ?";
static const char SQL_QUEUE[] =
    "INSERT INTO work (kind, name, dedupe, payload) VALUES ('task', ?, CONCAT('q:', ?), ?)";
static const char SQL_QUEUE_HELD[] =
    "INSERT INTO work (kind, name, payload, token, attempts, lease_until, not_before)"
    " VALUES ('task', ?, ?, ?, 1, NOW(3) + INTERVAL 60 SECOND, NOW(3) + INTERVAL 60 SECOND)";

struct run {
	struct lease *lease;
	struct plugin *plugin;
	const struct jy_task *task;
	json_t *args;
	int seconds;
	int64_t began_ms, shown_ms;
	void (*progress)(struct jy_ctx *cx, int64_t done, int64_t total, const char *what);
	void *progress_arg; /* the caller's own, shown as well */
};

const struct jy_task *
task_find(const struct core *core, const char *name, struct plugin **plugin)
{
	const char *dot = strchr(name, '.');

	for (size_t i = 0; dot && i < core->plugins->count; i++) {
		struct plugin *p = core->plugins->items[i];
		const struct jy_task *task = p->table->tasks;

		if (strlen(p->name) != (size_t)(dot - name) ||
		    strncmp(p->name, name, (size_t)(dot - name)) != 0)
			continue;
		for (; task && task->name; task++)
			if (strcmp(task->name, dot + 1) == 0) {
				*plugin = p;
				return task;
			}
	}
	return NULL;
}

void
work_mark(struct core *core, const char *what, int64_t row, int limit_s)
{
	struct slot *slot = core->slot;

	if (!slot)
		return;
	if (limit_s == 0) {
		atomic_store(&slot->since_ms, 0);
		slot->route[0] = slot->request[0] = '\0';
		return;
	}
	snprintf(slot->route, sizeof(slot->route), "%s", what);
	snprintf(slot->request, sizeof(slot->request), "task:%" PRId64, row);
	slot->fingerprint = (uint64_t)row;
	atomic_store(&slot->limit_ms, limit_s * 1000);
	atomic_store(&slot->since_ms, board_now_ms());
}

static void
run_alive(struct jy_ctx *cx, const struct run *run)
{
	int64_t now = board_now_ms();

	if (cx->core->slot && now - run->began_ms < RUN_MAX_MS)
		atomic_store(&cx->core->slot->since_ms, now);
}

static void
run_progress(struct jy_ctx *cx, int64_t done, int64_t total, const char *what)
{
	struct run *run = cx->progress_arg;
	int64_t last_id = cx->last_id, changed = cx->changed, now = board_now_ms();

	run_alive(cx, run);
	if (run->progress) {
		cx->progress_arg = run->progress_arg;
		run->progress(cx, done, total, what);
		cx->progress_arg = run;
	}
	if (now - run->shown_ms < 1000 && done != total)
		return;
	run->shown_ms = now;
	if (jy_exec(cx, SQL_PROGRESS, jy_int(done), jy_int(total), jy_text(what ? what : ""),
		    jy_int(run->lease->id)) != JY_OK)
		return; /* the run's next statement meets the same fault and reports it */
	cx->last_id = last_id;
	cx->changed = changed;
}

static enum jy_status
run_checkpoint(struct jy_ctx *cx)
{
	struct run *run = cx->progress_arg;
	enum jy_status s;

	run_alive(cx, run);
	s = lease_hold(cx, run->lease, run->seconds + 30);
	if (s == JY_OK)
		s = db_checkpoint(cx);
	if (s == JY_OK) /* lock the row in the new transaction too */
		s = lease_hold(cx, run->lease, run->seconds + 30);
	return s;
}

static enum jy_status
run_work(struct jy_ctx *cx, void *arg)
{
	struct run *run = arg;
	struct mark mark;
	enum jy_status s;

	s = lease_hold(cx, run->lease, run->seconds + 30);
	if (s != JY_OK)
		return s;
	slot_enter(cx->core->slot, &mark, run->plugin->name, "task");
	s = run->task->run(cx, run->args);
	slot_leave(cx->core->slot, &mark);
	if (s != JY_OK)
		return s;
	return lease_finish(cx, run->lease, "完成");
}

/* What the operator reads; details are in the log under the run's id. */
static const char *
run_sentence(struct jy_ctx *cx, enum jy_status s)
{
	const json_t *first = json_array_get(cx->errors, 0);

	if (*jy_json_text(first, "message"))
		return jy_json_text(first, "message");
	switch (s) {
	case JY_BUSY:
		return "数据库或所需的服务暂时不可用，将自动重试";
	case JY_NOT_FOUND:
		return "所需的记录不存在";
	case JY_INVALID:
		return "参数或数据不符合要求";
	case JY_CONFLICT:
		return "与已有的记录冲突";
	case JY_DENIED:
		return "没有权限";
	default:
		return "运行时出错，详见日志";
	}
}

static enum jy_status
run_guarded(struct jy_ctx *cx, struct run *run)
{
	enum jy_status (*checkpoint)(struct jy_ctx *) = cx->checkpoint;
	struct plugin *plugin = cx->plugin;
	enum jy_status s;

	run->progress = cx->progress;
	run->progress_arg = cx->progress_arg;
	cx->progress = run_progress;
	cx->progress_arg = run;
	cx->checkpoint = run_checkpoint;
	cx->plugin = run->plugin;
	work_mark(cx->core, run->lease->name, run->lease->id, run->seconds);
	if (cx->core->slot)
		atomic_store(&cx->core->slot->in_task, 1);
	s = db_transaction(cx, run_work, run, NULL);
	if (cx->core->slot)
		atomic_store(&cx->core->slot->in_task, 0);
	work_mark(cx->core, "", 0, 0);
	cx->plugin = plugin;
	cx->checkpoint = checkpoint;
	cx->progress = run->progress;
	cx->progress_arg = run->progress_arg;
	return s;
}

enum jy_status
task_run(struct jy_ctx *cx, struct lease *lease)
{
	struct run run = { .lease = lease, .began_ms = board_now_ms() };
	enum jy_status s;

	run.task = task_find(cx->core, lease->name, &run.plugin);
	if (!run.task) {
		lease_postpone(cx, lease, 300, "所属插件没有开启，开启后继续");
		return JY_BUSY;
	}
	run.seconds = run.task->limit_s > 0 ? run.task->limit_s : TASK_LIMIT_S;
	run.args = json_loads(lease->payload, 0, NULL);
	run.args = jy_own(cx, run.args ? run.args : json_object());
	s = run_guarded(cx, &run);
	if (s != JY_OK)
		lease_fail(cx, lease, schedule_cap(run.task), false, run_sentence(cx, s));
	return s;
}

void
jy_progress(struct jy_ctx *cx, int64_t done, int64_t total, const char *what)
{
	if (cx->progress)
		cx->progress(cx, done, total, what);
}

static const char *
args_text(struct jy_ctx *cx, const json_t *args)
{
	char *made = args ? json_dumps(args, JSON_COMPACT) : NULL;
	const char *copy = jy_printf(cx, "%s", made ? made : "{}");

	free(made);
	return copy;
}

enum jy_status
work_queue_task(struct jy_ctx *cx, const char *task, json_t *args, const char *once)
{
	return db_exec(cx, SQL_QUEUE, jy_text(task), jy_text(once), jy_text(args_text(cx, args)));
}

struct start {
	struct lease *lease;
	const char *args;
};

static enum jy_status
start_work(struct jy_ctx *cx, void *arg)
{
	struct start *start = arg;
	enum jy_status s = db_exec(cx, SQL_QUEUE_HELD, jy_text(start->lease->name),
				   jy_text(start->args), jy_text(start->lease->token));

	start->lease->id = jy_last_id(cx);
	return s;
}

enum jy_status
work_run_task(struct jy_ctx *cx, const char *task, json_t *args)
{
	struct run run = { .began_ms = board_now_ms() };
	struct start start = { .lease = jy_alloc(cx, sizeof(struct lease)),
			       .args = args_text(cx, args) };
	unsigned char random[16];
	enum jy_status s;

	run.task = task_find(cx->core, task, &run.plugin);
	if (!run.task)
		return JY_NOT_FOUND;
	random_bytes(random, sizeof(random));
	hex_encode(random, sizeof(random), start.lease->token);
	snprintf(start.lease->kind, sizeof(start.lease->kind), "task");
	snprintf(start.lease->name, sizeof(start.lease->name), "%s", task);
	start.lease->attempts = 1;
	s = db_transaction(cx, start_work, &start, NULL);
	if (s != JY_OK)
		return s;
	run.lease = start.lease;
	run.seconds = run.task->limit_s > 0 ? run.task->limit_s : TASK_LIMIT_S;
	run.args = args ? args : jy_own(cx, json_object());
	s = run_guarded(cx, &run);
	if (s != JY_OK)
		lease_fail(cx, start.lease, 0, true, run_sentence(cx, s));
	return s;
}
