/*
 * admin_plugins.c - what an administrator sees of the plugins: the list and one plugin's page.
 *
 * Requests and times come from this node's scoreboard, everything else from the database and the
 * manifest. No personal data: crashes hold routes and backtraces, history holds sign-in names.
 */
#include <string.h>

#include "plugin/admin.h"
#include "plugin/install.h"
#include "plugin/manifest.h"
#include "plugin/setting_fields.h"
#include "plugin/states.h"
#include "process/board.h"

static const char SQL_CRASHES[] =
    "SELECT plugin, COUNT(*) n, LEFT(MAX(at), 19) last FROM plugin_crashes "
    "WHERE at > NOW() - INTERVAL 7 DAY GROUP BY plugin";
static const char SQL_CRASH_LIST[] =
    "SELECT node, hook, route, request, signal_no, kind, backtrace, LEFT(at, 19) at "
    "FROM plugin_crashes WHERE plugin = ? ORDER BY id DESC LIMIT 20";
static const char SQL_HISTORY[] =
    "SELECT h.action, h.why, LEFT(h.at, 19) at, IFNULL(a.name, '系统') who FROM plugin_history h "
    "LEFT JOIN accounts a ON a.id = h.account WHERE h.plugin = ? ORDER BY h.id DESC LIMIT 50";
static const char SQL_PLANS[] =
    "SELECT s.id, s.enable, LEFT(s.at, 16) at, s.why, IFNULL(a.name, '系统') who "
    "FROM plugin_schedule s LEFT JOIN accounts a ON a.id = s.account "
    "WHERE s.plugin = ? AND s.done IS NULL ORDER BY s.at";
static const char SQL_UNITS[] =
    "SELECT u.code, u.name, o.plugin IS NOT NULL AS off FROM units u LEFT JOIN plugin_units_off o "
    "ON o.unit = u.code AND o.plugin = ? ORDER BY u.sort";

static const struct {
	const char *state, *label, *tone;
} states[] = {
	{ "found", "已安装", "secondary" },    { "refused", "被拒绝", "danger" },
	{ "disabled", "已关闭", "secondary" }, { "enabling", "正在开启", "info" },
	{ "on", "已开启", "success" },         { "draining", "正在关闭", "info" },
	{ "quarantined", "已隔离", "danger" }, { "failed", "未能启用", "danger" },
};

static const struct {
	const char *action, *label;
} actions[] = {
	{ "install", "安装" },
	{ "enable", "开启" },
	{ "disable", "关闭" },
	{ "upgrade", "换版本" },
	{ "rollback", "换回上一版本" },
	{ "clear", "解除隔离" },
	{ "failed", "未能启用" },
	{ "quarantine", "隔离" },
	{ "plan_enable", "安排开启" },
	{ "plan_disable", "安排关闭" },
	{ "plan_cancel", "取消安排" },
	{ "unit_on", "在一个填报单位开启" },
	{ "unit_off", "在一个填报单位关闭" },
};

static void
state_label(json_t *row)
{
	const char *state = jy_json_text(row, "state");

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (!strcmp(states[i].state, state)) {
			json_object_set_new(row, "state_label", json_string(states[i].label));
			json_object_set_new(row, "tone", json_string(states[i].tone));
		}
}

/* "0.8 毫秒": the upper bound of the bucket, which is all that the meter knows. */
static json_t *
time_text(int64_t us)
{
	return us < 10000 ? json_sprintf("%.1f 毫秒", (double)us / 1000)
			  : json_sprintf("%" PRId64 " 毫秒", us / 1000);
}

/* Figures of this node; the plugin's worst news as its health. */
static void
meters_add(struct jy_ctx *cx, json_t *row)
{
	struct board *board = cx->core->board;
	const char *name = jy_json_text(row, "name"), *health = "未运行";
	bool on = !strcmp(jy_json_text(row, "state"), "on");
	const struct meter *meter = NULL;
	uint64_t requests, errors;

	for (size_t i = 0; board && i < BOARD_METERS && !meter; i++)
		if (!strcmp(board->meters[i].name, name))
			meter = &board->meters[i];
	requests = meter ? atomic_load(&meter->requests) : 0;
	errors = meter ? atomic_load(&meter->errors) : 0;
	json_object_set_new(row, "requests", json_integer((json_int_t)requests));
	json_object_set_new(row, "errors", json_integer((json_int_t)errors));
	json_object_set_new(row, "in_flight",
			    json_integer(meter ? atomic_load(&meter->in_flight) : 0));
	if (requests) {
		json_object_set_new(row, "median", time_text(meter_quantile(meter, 0.5)));
		json_object_set_new(row, "p99", time_text(meter_quantile(meter, 0.99)));
	}
	if (on)
		health = jy_json_int(row, "crashes") ? "近 7 天崩溃过"
			 : errors * 100 > requests   ? "错误偏多"
						     : "良好";
	json_object_set_new(row, "health", json_string(health));
}

static enum jy_status
row_complete(struct jy_ctx *cx, json_t *row, const json_t *crashes)
{
	const char *others = "";
	enum jy_status s = plugin_dependents(cx, jy_json_text(row, "name"), &others);
	size_t i;
	json_t *crash;

	json_object_set_new(row, "crashes", json_integer(0));
	json_array_foreach(crashes, i, crash)
	{
		if (strcmp(jy_json_text(crash, "plugin"), jy_json_text(row, "name")))
			continue;
		json_object_set(row, "crashes", json_object_get(crash, "n"));
		json_object_set(row, "last_crash", json_object_get(crash, "last"));
	}
	if (!jy_json_text(row, "title")[0])
		json_object_set(row, "title", json_object_get(row, "name"));
	json_object_set_new(row, "dependents", json_string(others));
	state_label(row);
	meters_add(cx, row);
	return s;
}

enum jy_status
admin_plugin_rows(struct jy_ctx *cx, json_t **out)
{
	json_t *crashes, *row;
	size_t i;
	enum jy_status s = plugin_states(cx, out);

	if (s == JY_OK)
		s = jy_rows(cx, &crashes, SQL_CRASHES);
	if (s != JY_OK)
		return s;
	json_array_foreach(*out, i, row)
	{
		s = row_complete(cx, row, crashes);
		if (s != JY_OK)
			return s;
	}
	return JY_OK;
}

enum jy_status
admin_plugins_get(struct jy_ctx *cx, struct jy_view *out)
{
	json_t *rows;
	enum jy_status s = admin_plugin_rows(cx, &rows);

	if (s != JY_OK)
		return s;
	return jy_show(out, "core/admin_plugins",
		       json_pack("{s:s, s:O, s:b}", "title", "插件", "plugins", rows, "none",
				 json_array_size(rows) == 0));
}

/* --- One plugin --- */

static json_t *
rights(struct jy_ctx *cx, const json_t *manifest)
{
	json_t *list = json_array(), *route;
	size_t i;

	json_array_foreach(json_object_get(manifest, "routes"), i, route) json_array_append_new(
	    list, json_pack("{s:s, s:s, s:s}", "method", jy_json_text(route, "method"), "path",
			    jy_json_text(route, "path"), "roles",
			    roles_label(cx, (unsigned)jy_json_int(route, "roles"))));
	return list;
}

/* {"label": "任务", "names": "a、b"} for each kind of thing that it declares. */
static json_t *
declared(struct jy_ctx *cx, const json_t *manifest)
{
	static const char *const kinds[][2] = { { "tasks", "定时任务" },
						{ "events", "接收的事件" },
						{ "services", "提供的服务" },
						{ "flows", "流程" },
						{ "transfers", "导入" } };
	json_t *list = json_array(), *name;
	size_t i;

	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		const char *names = "";

		json_array_foreach(
		    json_object_get(json_object_get(manifest, "declares"), kinds[k][0]), i, name)
		    names = jy_printf(cx, "%s%s%s", names, i ? "、" : "", json_string_value(name));
		if (names[0])
			json_array_append_new(
			    list, json_pack("{s:s, s:s}", "label", kinds[k][1], "names", names));
	}
	return list;
}

static void
history_label(json_t *rows)
{
	size_t i;
	json_t *row;

	json_array_foreach(rows, i, row)
	{
		const char *action = jy_json_text(row, "action"), *label = action;

		for (size_t k = 0; k < sizeof(actions) / sizeof(actions[0]); k++)
			if (!strcmp(actions[k].action, action))
				label = actions[k].label;
		json_object_set_new(row, "label", json_string(label));
	}
}

static enum jy_status
records_add(struct jy_ctx *cx, const char *name, json_t *model)
{
	static const struct {
		const char *key, *sql;
	} records[] = {
		{ "crash_list", SQL_CRASH_LIST },
		{ "history", SQL_HISTORY },
		{ "plans", SQL_PLANS },
		{ "units", SQL_UNITS },
	};
	json_t *rows;

	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		enum jy_status s = jy_rows(cx, &rows, records[i].sql, jy_text(name));

		if (s != JY_OK)
			return s;
		json_object_set(model, records[i].key, rows);
	}
	history_label(json_object_get(model, "history"));
	return JY_OK;
}

static enum jy_status
manifest_add(struct jy_ctx *cx, const char *name, const json_t *row, json_t *model)
{
	json_t *manifest = manifest_read(cx, name, jy_json_text(row, "build")), *settings, *need;
	const char *requires = "";
	size_t i;
	enum jy_status s;

	json_object_set_new(model, "missing", json_boolean(!manifest));
	if (!manifest)
		return JY_OK;
	s = settings_json(cx, name, manifest_settings(cx, manifest), &settings);
	if (s != JY_OK)
		return s;
	json_array_foreach(json_object_get(manifest, "requires"), i, need) requires =
	    jy_printf(cx, "%s%s%s", requires, i ? "、" : "", json_string_value(need));
	json_object_set_new(model, "summary", json_string(jy_json_text(manifest, "summary")));
	json_object_set_new(model, "requires", json_string(requires));
	json_object_set(model, "settings", settings);
	json_object_set_new(model, "has_settings", json_boolean(json_array_size(settings) > 0));
	json_object_set_new(model, "rights", rights(cx, manifest));
	json_object_set_new(model, "declared", declared(cx, manifest));
	return JY_OK;
}

/* Which buttons make sense now. */
static void
buttons_add(const json_t *row, json_t *model)
{
	const char *state = jy_json_text(row, "state");
	bool quarantined = !strcmp(state, "quarantined"), refused = !strcmp(state, "refused");
	bool wanted = jy_json_int(row, "wanted") && strcmp(state, "failed");

	json_object_set_new(model, "can_enable", json_boolean(!wanted && !quarantined && !refused));
	json_object_set_new(model, "can_disable", json_boolean(wanted));
	json_object_set_new(model, "can_clear", json_boolean(quarantined));
	json_object_set_new(model, "can_rollback",
			    json_boolean(jy_json_text(row, "previous_build")[0] != '\0'));
}

enum jy_status
admin_plugin_get(struct jy_ctx *cx, struct jy_view *out)
{
	const char *name = jy_param_text(cx, "name"), *error = "";
	json_t *row, *crashes, *model;
	enum jy_status s = plugin_state(cx, name, &row, &error);

	if (s == JY_NOT_FOUND)
		return jy_refuse(out, s, "plugin.unknown", "%s", error);
	if (s == JY_OK)
		s = jy_rows(cx, &crashes, SQL_CRASHES);
	if (s == JY_OK)
		s = row_complete(cx, row, crashes);
	if (s != JY_OK)
		return s;
	model =
	    jy_own(cx, json_pack("{s:s, s:O}", "title", jy_json_text(row, "title"), "plugin", row));
	buttons_add(row, model);
	json_object_set(model, "builds", plugin_builds(cx, name));
	s = records_add(cx, name, model);
	if (s == JY_OK)
		s = manifest_add(cx, name, row, model);
	return s == JY_OK ? jy_show(out, "core/admin_plugin", json_incref(model)) : s;
}
