/*
 * admin_health.c - how the system is: nodes, this node's processes, database, disk, queues.
 *
 * Each part is asked for on its own; a part that does not answer is shown as such, because this is
 * the page that one opens when something is wrong.
 */
#include <string.h>
#include <sys/statvfs.h>

#include "base/config.h"
#include "plugin/admin.h"
#include "process/board.h"
#include "work/admin.h"

static const char SQL_NODES[] =
    "SELECT name, generation, state, reason, workers, LEFT(seen, 19) seen, "
    "seen < NOW() - INTERVAL 15 SECOND AS lost FROM nodes ORDER BY name";
static const char SQL_DATABASE[] =
    "SELECT VERSION() version, @@innodb_snapshot_isolation isolation, (SELECT "
    "ROUND(SUM(data_length + index_length) / 1048576) FROM information_schema.tables WHERE "
    "table_schema = DATABASE()) size_mib, (SELECT generation FROM cluster WHERE one = 1) "
    "generation";

static const char *const kinds[] = { "", "网页", "后台任务", "看护", "试运行" };
static const char *const doing[] = { "启动中", "空闲", "忙", "离开中" };

static json_t *
child_json(struct jy_ctx *cx, const struct slot *slot, int64_t now)
{
	int kind = atomic_load(&slot->kind), state = atomic_load(&slot->state);
	int64_t since = atomic_load(&slot->since_ms);
	char route[sizeof(slot->route)], plugin[sizeof(slot->plugin)], hook[sizeof(slot->hook)];

	/* Its owner may be writing: take what is there and make sure that it ends. */
	board_text(route, sizeof(route), slot->route);
	board_text(plugin, sizeof(plugin), slot->plugin);
	board_text(hook, sizeof(hook), slot->hook);
	return json_pack("{s:s, s:s, s:I, s:I, s:s, s:s, s:s, s:s, s:I}", "kind",
			 kind > 0 && kind < 5 ? kinds[kind] : "", "state",
			 state >= 0 && state < 4 ? doing[state] : "", "pid", (json_int_t)slot->pid,
			 "generation", (json_int_t)slot->generation, "plugin", plugin, "hook", hook,
			 "route", since ? route : "", "for",
			 since ? jy_printf(cx, "%.1f 秒", (double)(now - since) / 1000) : "",
			 "served", (json_int_t)atomic_load(&slot->served));
}

json_t *
admin_children(struct jy_ctx *cx)
{
	const struct board *board = cx->core->board;
	json_t *list = jy_own(cx, json_array());
	int64_t now = board_now_ms();

	for (size_t i = 0; board && i < BOARD_SLOTS; i++)
		if (atomic_load(&board->slots[i].kind) != SLOT_FREE)
			json_array_append_new(list, child_json(cx, &board->slots[i], now));
	return list;
}

static void
board_add(struct jy_ctx *cx, json_t *model)
{
	const struct board *board = cx->core->board;
	char refused[sizeof(board->refused)], state[sizeof(board->state)];

	if (!board)
		return;
	/* An old refusal is history once a later generation serves. */
	board_text(refused, sizeof(refused),
		   atomic_load(&board->refused_generation) >=
			   atomic_load(&board->current_generation)
		       ? board->refused
		       : "");
	board_text(state, sizeof(state), board->state);
	json_object_set_new(model, "state", json_string(state));
	json_object_set_new(model, "refused", json_string(refused));
	json_object_set_new(model, "generation",
			    json_integer((json_int_t)atomic_load(&board->current_generation)));
	json_object_set_new(model, "wanted",
			    json_integer((json_int_t)atomic_load(&board->wanted_generation)));
	json_object_set_new(model, "crashes",
			    json_integer((json_int_t)atomic_load(&board->crash_count)));
}

static void
disk_add(struct jy_ctx *cx, json_t *model)
{
	struct statvfs fs;
	uint64_t all, left;

	if (statvfs(cx->core->config->home, &fs))
		return;
	all = (uint64_t)fs.f_blocks * fs.f_frsize >> 20;
	left = (uint64_t)fs.f_bavail * fs.f_frsize >> 20;
	json_object_set_new(model, "disk",
			    json_pack("{s:I, s:I, s:b}", "all_mib", (json_int_t)all, "left_mib",
				      (json_int_t)left, "low", left < 1024));
}

static void
queues_label(json_t *rows)
{
	static const char *const labels[][2] = {
		{ "event", "事件" },   { "outbox", "邮件和短信" }, { "task", "任务" },
		{ "waiting", "等待" }, { "dead", "失败" },         { "dropped", "已放弃" },
	};
	size_t i;
	json_t *row;

	json_array_foreach(rows, i, row)
	{
		for (size_t k = 0; k < sizeof(labels) / sizeof(labels[0]); k++) {
			if (!strcmp(jy_json_text(row, "kind"), labels[k][0]))
				json_object_set_new(row, "kind_label", json_string(labels[k][1]));
			if (!strcmp(jy_json_text(row, "state"), labels[k][0]))
				json_object_set_new(row, "state_label", json_string(labels[k][1]));
		}
	}
}

enum jy_status
admin_health_get(struct jy_ctx *cx, struct jy_view *out)
{
	json_t *model = jy_own(
	    cx, json_pack("{s:s, s:s}", "title", "运行状况", "node", cx->core->config->node));
	json_t *nodes, *queues, *database;

	board_add(cx, model);
	disk_add(cx, model);
	json_object_set(model, "children", admin_children(cx));
	if (jy_row(cx, &database, SQL_DATABASE) == JY_OK) {
		json_object_set_new(database, "isolated",
				    json_boolean(jy_json_int(database, "isolation") == 1));
		json_object_set(model, "database", database);
	}
	if (jy_rows(cx, &nodes, SQL_NODES) == JY_OK)
		json_object_set(model, "nodes", nodes);
	if (work_counts(cx, &queues) == JY_OK) {
		queues_label(queues);
		json_object_set(model, "queues", queues);
		json_object_set_new(model, "queues_empty",
				    json_boolean(json_array_size(queues) == 0));
	}
	return jy_show(out, "core/admin_health", json_incref(model));
}
