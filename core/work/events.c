/*
 * events.c - events are rows written with their cause; workers hand them to the subscribers.
 *
 * Fan-out and delivery are two steps, so that one failing subscriber waits alone. The unique key
 * (subscriber, event) makes the fan-out repeatable; the subscriber's effect and the end of its row
 * share a transaction. Payloads hold ids, never personal data.
 */
#include "work/events.h"

#include <stdlib.h>
#include <string.h>

#include "data/db.h"
#include "plugin/plugins.h"
#include "process/board.h"
#include "work/tasks.h"

#define PAYLOAD_MAX 32768

static const char SQL_EMIT[] = "INSERT INTO events (name, payload) VALUES (?, ?)";
static const char SQL_NEW[] =
    "SELECT id, name, payload FROM events WHERE fanned_out = 0 ORDER BY id LIMIT 50"
    " FOR UPDATE SKIP LOCKED";
static const char SQL_DELIVERY[] = "INSERT IGNORE INTO work (kind, name, dedupe, payload, event)"
				   " VALUES ('event', ?, CONCAT('', ?), '{}', ?)";
static const char SQL_FANNED[] = "UPDATE events SET fanned_out = 1 WHERE id = ?";
static const char SQL_EVENT[] = "SELECT name, payload FROM events WHERE id = ?";

enum jy_status
jy_emit(struct jy_ctx *cx, const char *event, json_t *payload)
{
	int64_t last_id = cx->last_id, changed = cx->changed;
	json_t *owned = jy_own(cx, payload ? payload : json_object());
	char *text = json_dumps(owned, JSON_COMPACT);
	enum jy_status s = JY_FAILED;

	if (!text)
		abort();
	if (strlen(text) <= PAYLOAD_MAX && strchr(event, '.'))
		s = jy_exec(cx, SQL_EMIT, jy_text(event), jy_text(jy_printf(cx, "%s", text)));
	else
		jy_log(cx, "event.refused", "%s: no plugin prefix, or %zu bytes", event,
		       strlen(text));
	free(text);
	cx->last_id = last_id; /* the caller's INSERT is what jy_last_id speaks of */
	cx->changed = changed;
	return s;
}

static bool
subscribes(const struct plugin *plugin, const char *event)
{
	const struct jy_subscription *sub = plugin->table->subscriptions;

	for (; sub && sub->event; sub++)
		if (strcmp(sub->event, event) == 0)
			return true;
	return false;
}

static bool
off_for(const struct plugin *plugin, const char *unit)
{
	json_t *code;
	size_t i;

	json_array_foreach(plugin->units_off, i, code)
	{
		if (*unit && strcmp(json_string_value(code), unit) == 0)
			return true;
	}
	return false;
}

/* One that is wanted but not loaded here (safe mode, quarantine, a file that is missing on this
 * node) gets every event: which of them concern it is seen when it is back. */
static enum jy_status
fan_out_absent(struct jy_ctx *cx, int64_t id)
{
	const char *name;
	json_t *row;
	enum jy_status s = JY_OK;

	json_object_foreach(cx->core->plugins->off, name, row)
	{
		if (s == JY_OK && json_is_true(json_object_get(row, "wanted")))
			s = jy_exec(cx, SQL_DELIVERY, jy_text(name), jy_int(id), jy_int(id));
	}
	return s;
}

static enum jy_status
fan_out_one(struct jy_ctx *cx, const json_t *event)
{
	const struct plugins *plugins = cx->core->plugins;
	json_t *payload = json_loads(jy_json_text(event, "payload"), 0, NULL);
	int64_t id = jy_json_int(event, "id");
	enum jy_status s = JY_OK;

	payload = jy_own(cx, payload ? payload : json_object());
	for (size_t i = 0; i < plugins->count && s == JY_OK; i++) {
		const struct plugin *plugin = plugins->items[i];

		if (subscribes(plugin, jy_json_text(event, "name")) &&
		    !off_for(plugin, jy_json_text(payload, "unit")))
			s = jy_exec(cx, SQL_DELIVERY, jy_text(plugin->name), jy_int(id),
				    jy_int(id));
	}
	if (s == JY_OK)
		s = fan_out_absent(cx, id);
	if (s == JY_OK)
		s = jy_exec(cx, SQL_FANNED, jy_int(id));
	return s;
}

static enum jy_status
fan_out_work(struct jy_ctx *cx, void *arg)
{
	size_t *count = arg, i;
	json_t *events, *event;
	enum jy_status s = jy_rows(cx, &events, SQL_NEW);

	if (s != JY_OK)
		return s;
	*count = json_array_size(events);
	json_array_foreach(events, i, event)
	{
		s = fan_out_one(cx, event);
		if (s != JY_OK)
			return s;
	}
	return JY_OK;
}

bool
events_fan_out(struct jy_ctx *cx)
{
	size_t count = 0;

	return db_transaction(cx, fan_out_work, &count, NULL) == JY_OK && count > 0;
}

struct delivery {
	struct lease *lease;
	struct plugin *plugin;
};

static enum jy_status
deliver_work(struct jy_ctx *cx, void *arg)
{
	struct delivery *d = arg;
	const struct jy_subscription *sub = d->plugin->table->subscriptions;
	struct mark mark;
	json_t *event, *payload;
	enum jy_status s;

	s = lease_hold(cx, d->lease, EVENT_LIMIT_S + 30);
	if (s == JY_OK)
		s = jy_row(cx, &event, SQL_EVENT, jy_int(d->lease->event));
	if (s != JY_OK)
		return s;
	payload = json_loads(jy_json_text(event, "payload"), 0, NULL);
	payload = jy_own(cx, payload ? payload : json_object());
	if (off_for(d->plugin, jy_json_text(payload, "unit")))
		return lease_finish(cx, d->lease, "该填报单位没有开放，略过");
	for (; sub && sub->event; sub++) {
		if (strcmp(sub->event, jy_json_text(event, "name")) != 0)
			continue;
		slot_enter(cx->core->slot, &mark, d->plugin->name, "event");
		s = sub->run(cx, d->lease->event, payload);
		slot_leave(cx->core->slot, &mark);
		if (s != JY_OK)
			return s;
	}
	return lease_finish(cx, d->lease, "已送达");
}

enum jy_status
event_run(struct jy_ctx *cx, struct lease *lease)
{
	struct delivery d = { .lease = lease,
			      .plugin = plugins_find(cx->core->plugins, lease->name) };
	enum jy_status s;

	if (!d.plugin) {
		lease_postpone(cx, lease, 300, "插件没有开启，开启后继续送达");
		return JY_BUSY;
	}
	cx->plugin = d.plugin;
	work_mark(cx->core, lease->name, lease->id, EVENT_LIMIT_S);
	s = db_transaction(cx, deliver_work, &d, NULL);
	work_mark(cx->core, "", 0, 0);
	cx->plugin = NULL;
	if (s != JY_OK)
		lease_fail(cx, lease, SCHEDULE_LATE_S, false,
			   s == JY_BUSY ? "数据库或所需的服务暂时不可用"
					: "插件处理时出错，详见日志");
	return s;
}
