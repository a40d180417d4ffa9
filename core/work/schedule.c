/*
 * schedule.c - when tasks are due, and one queued run for each due time over all nodes.
 *
 * Every node computes the same slot from the database's clock and inserts it; the unique key lets
 * one through. What this process has already offered is remembered, so a quiet second costs one
 * SELECT.
 */
#include "work/tasks.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "data/db.h"
#include "process/board.h"

#define DAY         86400
#define OFFERED_MAX 512
#define LATE_FROM   300 /* seconds after its time from which a daily run counts as missed */

static const char SQL_CLOCK[] = "SELECT UNIX_TIMESTAMP() + 28800 AS local";
/* A run that is still waiting or under way takes the place of the next one. */
static const char SQL_WAITING[] =
    "SELECT 1 AS one FROM work WHERE kind = 'task' AND name = ? AND state = 'waiting'"
    " AND dedupe LIKE 's:%' LIMIT 1";
/* Missed time is owed only by who was there before: a new installation starts with the next slot.
 */
static const char SQL_KNOWN[] =
    "SELECT 1 AS one FROM work WHERE kind = 'task' AND name = ? LIMIT 1";
/* Not INSERT ... SELECT: its table-wide lock on the counter meets that of other nodes' offers. */
static const char SQL_OFFER[] =
    "INSERT IGNORE INTO work (kind, name, dedupe, payload) VALUES ('task', ?, ?, '{}')";

static int64_t
minute_of_day(const char *at)
{
	int hour, minute;

	if (!at || sscanf(at, "%2d:%2d", &hour, &minute) != 2 || hour < 0 || hour > 23 ||
	    minute < 0 || minute > 59)
		return -1;
	return hour * 60 + minute;
}

bool
schedule_slot(const struct jy_task *task, int64_t local, char slot[40])
{
	int64_t minute = minute_of_day(task->at), due;
	struct tm tm;
	time_t when;

	if (task->every > 0) {
		snprintf(slot, 40, "s:%" PRId64, local / task->every);
		return true;
	}
	if (minute < 0)
		return false;
	due = local - local % DAY + minute * 60;
	if (due > local)
		due -= DAY;
	if (local - due >= SCHEDULE_LATE_S)
		return false;
	when = (time_t)due;
	gmtime_r(&when, &tm);
	strftime(slot, 40, "s:%Y-%m-%d %H:%M", &tm);
	return true;
}

int64_t
schedule_next(const struct jy_task *task, int64_t local)
{
	int64_t minute = minute_of_day(task->at), due;

	if (task->every > 0)
		return (local / task->every + 1) * task->every;
	if (minute < 0)
		return 0;
	due = local - local % DAY + minute * 60;
	return due > local ? due : due + DAY;
}

int64_t
schedule_cap(const struct jy_task *task)
{
	if (task->every <= 0)
		return SCHEDULE_LATE_S;
	if (task->every < 1500)
		return 1500;
	return task->every < SCHEDULE_LATE_S ? task->every : SCHEDULE_LATE_S;
}

/* Which slots this process has offered, by task; process-wide because it only saves statements. */
static struct {
	const struct jy_task *task;
	char slot[40];
} offered[OFFERED_MAX];

static char *
offered_slot(const struct jy_task *task)
{
	size_t i = 0;

	while (i < OFFERED_MAX - 1 && offered[i].task && offered[i].task != task)
		i++;
	offered[i].task = task;
	return offered[i].slot;
}

struct offer {
	const char *name, *slot;
	bool late;
};

static enum jy_status
offer_work(struct jy_ctx *cx, void *arg)
{
	struct offer *offer = arg;
	json_t *row;
	enum jy_status s = jy_row(cx, &row, SQL_WAITING, jy_text(offer->name));

	if (s != JY_NOT_FOUND)
		return s;
	if (offer->late) {
		s = jy_row(cx, &row, SQL_KNOWN, jy_text(offer->name));
		if (s != JY_OK)
			return s == JY_NOT_FOUND ? JY_OK : s;
	}
	return jy_exec(cx, SQL_OFFER, jy_text(offer->name), jy_text(offer->slot));
}

static void
schedule_task(struct jy_ctx *cx, const struct plugin *plugin, const struct jy_task *task,
	      int64_t local)
{
	char slot[40], *last = offered_slot(task);
	struct offer offer = { .slot = slot };

	if (!schedule_slot(task, local, slot) || strcmp(last, slot) == 0)
		return;
	offer.name = jy_printf(cx, "%s.%s", plugin->name, task->name);
	offer.late = task->every <= 0 && schedule_next(task, local) - DAY + LATE_FROM < local;
	if (db_transaction(cx, offer_work, &offer, NULL) == JY_OK)
		snprintf(last, sizeof(offered[0].slot), "%s", slot);
}

void
schedule_round(struct jy_ctx *cx)
{
	static int64_t last_ms;
	const struct plugins *plugins = cx->core->plugins;
	json_t *row;
	int64_t local;

	if (last_ms && board_now_ms() - last_ms < 1000)
		return;
	last_ms = board_now_ms();
	if (jy_row(cx, &row, SQL_CLOCK) != JY_OK)
		return; /* the database is away: the db layer has said so */
	local = jy_json_int(row, "local");
	for (size_t i = 0; i < plugins->count; i++) {
		const struct jy_task *task = plugins->items[i]->table->tasks;

		for (; task && task->name; task++)
			schedule_task(cx, plugins->items[i], task, local);
	}
}
