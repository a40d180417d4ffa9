/*
 * work.c - one round of a task worker: queue what is due, fan out events, do one leased row.
 *
 * Short rows (events, letters) come first, but every eighth round a task is looked for first, so
 * neither starves the other. Where a node has several task workers, one is always kept free of
 * tasks: a long import must not hold up codes and notifications.
 */
#include "work/work.h"

#include <string.h>

#include "process/board.h"
#include "work/events.h"
#include "work/outbox.h"
#include "work/tasks.h"

static const char SQL_DUE[] =
    "SELECT EXISTS (SELECT 1 FROM events WHERE fanned_out = 0) AS fresh,"
    " EXISTS (SELECT 1 FROM work WHERE state = 'waiting' AND kind = 'event'"
    " AND not_before <= NOW(3)) AS event,"
    " EXISTS (SELECT 1 FROM work WHERE state = 'waiting' AND kind = 'outbox'"
    " AND not_before <= NOW(3)) AS outbox,"
    " EXISTS (SELECT 1 FROM work WHERE state = 'waiting' AND kind = 'task'"
    " AND not_before <= NOW(3)) AS task";

/* A worker asks before it takes a task, not while holding one, so counting the busy ones would let
 * two that ask at the same moment both go; that the first idle one never goes needs no lock. */
bool
work_task_allowed(const struct board *board, const struct slot *own)
{
	bool others = false;

	for (int i = 0; board && i < BOARD_SLOTS; i++) {
		const struct slot *slot = &board->slots[i];
		int state = atomic_load(&slot->state);

		if (slot == own || atomic_load(&slot->kind) != SLOT_TASK ||
		    state == SLOT_STARTING || state == SLOT_LEAVING || atomic_load(&slot->drain))
			continue;
		if (slot < own && !atomic_load(&slot->in_task))
			return true;
		others = true;
	}
	return !others;
}

static bool
round_kind(struct jy_ctx *cx, const json_t *due, const char *kind)
{
	struct lease *lease;

	if (!jy_json_int(due, kind) || lease_claim(cx, kind, &lease) != JY_OK)
		return false;
	cx->id = jy_printf(cx, "task:%" PRId64, lease->id);
	if (strcmp(kind, "event") == 0)
		event_run(cx, lease);
	else if (strcmp(kind, "outbox") == 0)
		outbox_run(cx, lease);
	else
		task_run(cx, lease);
	return true;
}

bool
work_round(struct core *core)
{
	static unsigned turn;
	struct jy_ctx *cx = ctx_new(core, NULL, "task");
	bool did = false, tasks_first = ++turn % 8 == 0;
	json_t *due;

	ctx_as_system(cx);
	schedule_round(cx);
	if (jy_row(cx, &due, SQL_DUE) == JY_OK) {
		if (jy_json_int(due, "fresh"))
			did = events_fan_out(cx);
		if (!work_task_allowed(core->board, core->slot))
			json_object_del(due, "task");
		did = (tasks_first && round_kind(cx, due, "task")) ||
		      round_kind(cx, due, "event") || round_kind(cx, due, "outbox") ||
		      round_kind(cx, due, "task") || did;
	}
	talloc_free(cx);
	return did;
}
