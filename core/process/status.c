/*
 * status.c - what `jiyectl status` shows: every slot, every meter, who is kept out and why.
 */
#include "process/status.h"

#include <time.h>
#include <unistd.h>

#include "base/config.h"
#include "process/supervisor.h"

static const char *
kind_name(int kind)
{
	static const char *const names[] = { "free", "web", "task", "keeper", "probe" };

	return names[kind];
}

static const char *
state_name(int state)
{
	static const char *const names[] = { "starting", "idle", "busy", "leaving" };

	return names[state];
}

/* Written by another process at this moment, a text may be cut in a character: then it is left out.
 */
static void
set_text(json_t *into, const char *key, const char *text)
{
	json_t *value = json_string(text);

	json_object_set_new(into, key, value ? value : json_string(""));
}

static json_t *
worker_json(const struct child *child, int64_t now)
{
	const struct slot *slot = child->slot;
	int64_t since = atomic_load(&slot->since_ms);
	json_t *row = json_pack(
	    "{s:i, s:s, s:s, s:I, s:I, s:I, s:I, s:i, s:b, s:b}", "pid", (int)child->pid, "kind",
	    kind_name(child->kind), "state", state_name(atomic_load(&slot->state)), "generation",
	    (json_int_t)slot->generation, "served", (json_int_t)atomic_load(&slot->served),
	    "running_ms", (json_int_t)(since ? now - since : 0), "age_ms",
	    (json_int_t)(now - child->born_ms), "start_ms", atomic_load(&slot->start_ms),
	    "draining", child->drain_ms != 0, "core_only", child->core_only);

	set_text(row, "plugin", slot->plugin);
	set_text(row, "hook", slot->hook);
	set_text(row, "route", slot->route);
	set_text(row, "request", slot->request);
	return row;
}

static json_t *
workers_json(const struct supervisor *s)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < BOARD_SLOTS; i++)
		if (s->children[i].pid)
			json_array_append_new(rows, worker_json(&s->children[i], board_now_ms()));
	return rows;
}

static json_t *
kept_out_json(const struct board *board)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < BOARD_METERS; i++) {
		json_t *row;

		if (!board->quarantined[i][0])
			continue;
		row = json_object();
		set_text(row, "plugin", board->quarantined[i]);
		set_text(row, "state", board->verdicts[i].state);
		set_text(row, "reason", board->verdicts[i].reason);
		json_array_append_new(rows, row);
	}
	return rows;
}

static json_t *
meters_json(const struct board *board)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < BOARD_METERS; i++) {
		const struct meter *meter = &board->meters[i];
		json_t *row;

		if (atomic_load(&meter->taken) != 2)
			continue;
		row = json_pack("{s:I, s:I, s:I, s:I, s:I}", "requests",
				(json_int_t)atomic_load(&meter->requests), "errors",
				(json_int_t)atomic_load(&meter->errors), "in_flight",
				(json_int_t)atomic_load(&meter->in_flight), "median_us",
				(json_int_t)meter_quantile(meter, 0.5), "p99_us",
				(json_int_t)meter_quantile(meter, 0.99));
		set_text(row, "name", meter->name);
		json_array_append_new(rows, row);
	}
	return rows;
}

json_t *
status_json(const struct supervisor *s)
{
	const struct board *board = s->board;
	int64_t beat = atomic_load(&board->keeper_beat_ms);
	json_t *json =
	    json_pack("{s:b, s:i, s:s, s:s, s:I, s:I, s:I, s:I, s:b, s:I, s:I, s:i}", "ok", 1,
		      "pid", (int)getpid(), "version", JIYE_VERSION, "role", s->role, "uptime",
		      (json_int_t)(time(NULL) - board->started_at), "generation",
		      (json_int_t)atomic_load(&board->current_generation), "wanted",
		      (json_int_t)atomic_load(&board->wanted_generation), "refused_generation",
		      (json_int_t)atomic_load(&board->refused_generation), "database",
		      atomic_load(&board->database_up), "keeper_age_ms",
		      (json_int_t)(beat ? board_now_ms() - beat : -1), "crashes",
		      (json_int_t)atomic_load(&board->crash_count), "blocked",
		      atomic_load(&board->blocked_count));

	set_text(json, "node", s->config->node);
	set_text(json, "state", board->state);
	set_text(json, "refused", board->refused);
	set_text(json, "delayed", board->delayed);
	set_text(json, "refused_plugin", board->refused_culprit);
	json_object_set_new(json, "workers", workers_json(s));
	json_object_set_new(json, "kept_out", kept_out_json(board));
	json_object_set_new(json, "plugins", meters_json(board));
	return json;
}
