/*
 * admin.c - part_admin: the overview, and the table of the pages of plugins, settings and health.
 *
 * What needs somebody's attention comes first; everything else is a list of doors. The part never
 * depends on a plugin, so that it works in safe mode.
 */
#include "plugin/admin.h"

#include <string.h>

#include "plugin/plugins.h"
#include "process/board.h"
#include "work/admin.h"

static const char SQL_NODES_LOST[] =
    "SELECT COUNT(*) n FROM nodes WHERE seen BETWEEN NOW() - INTERVAL 1 DAY AND "
    "NOW() - INTERVAL 15 SECOND";

json_t *
admin_areas(struct jy_ctx *cx)
{
	const struct plugins *plugins = cx->core->plugins;
	json_t *list = jy_own(cx, json_array());

	for (size_t i = 0; i < plugins->count; i++) {
		const struct jy_nav *nav = plugins->items[i]->table->nav;

		for (; nav && nav->path; nav++)
			if ((nav->roles & JY_ADMIN) && strcmp(nav->path, "/admin"))
				json_array_append_new(list,
						      json_pack("{s:s, s:s}", "path", nav->path,
								"label", nav->label));
	}
	return list;
}

static const char SQL_NODES_DEGRADED[] =
    "SELECT name, reason FROM nodes WHERE reason <> '' AND seen > NOW() - INTERVAL 15 SECOND";

static void
worry(json_t *list, const char *link, const char *text)
{
	json_array_append_new(list, json_pack("{s:s, s:s}", "link", link, "text", text));
}

static void
plugin_worries(struct jy_ctx *cx, const json_t *rows, json_t *list)
{
	size_t i;
	json_t *row;

	json_array_foreach(rows, i, row)
	{
		const char *link = jy_printf(cx, "/admin/plugins/%s", jy_json_text(row, "name"));
		const char *title = jy_json_text(row, "title"),
			   *reason = jy_json_text(row, "reason");

		if (!strcmp(jy_json_text(row, "tone"), "danger"))
			worry(list, link,
			      jy_printf(cx, "插件“%s”%s。%s", title,
					jy_json_text(row, "state_label"), reason));
		else if (*reason)
			worry(list, link, jy_printf(cx, "插件“%s”：%s", title, reason));
		else if (jy_json_int(row, "crashes"))
			worry(list, link,
			      jy_printf(cx, "插件“%s”近 7 天崩溃了 %" PRId64 " 次。", title,
					jy_json_int(row, "crashes")));
	}
}

static enum jy_status
system_worries(struct jy_ctx *cx, json_t *list)
{
	const struct board *board = cx->core->board;
	json_t *counts, *row, *lost, *degraded;
	size_t i;
	enum jy_status s = work_counts(cx, &counts);

	if (s == JY_OK)
		s = jy_row(cx, &lost, SQL_NODES_LOST);
	if (s == JY_OK)
		s = jy_rows(cx, &degraded, SQL_NODES_DEGRADED);
	if (s != JY_OK)
		return s;
	json_array_foreach(counts, i, row)
	{
		if (!strcmp(jy_json_text(row, "state"), "dead"))
			worry(list, "/admin/outbox?state=dead",
			      jy_printf(cx, "有 %" PRId64 " 条%s没有送出，等您决定。",
					jy_json_int(row, "n"),
					strcmp(jy_json_text(row, "kind"), "task") ? "消息或事件"
										  : "任务"));
	}
	if (jy_json_int(lost, "n"))
		worry(list, "/admin/health",
		      jy_printf(cx, "有 %" PRId64 " 个节点没有消息。", jy_json_int(lost, "n")));
	json_array_foreach(degraded, i, row)
	{
		worry(list, "/admin/health",
		      jy_printf(cx, "节点 %s：%s", jy_json_text(row, "name"),
				jy_json_text(row, "reason")));
	}
	if (board && board->refused[0] &&
	    atomic_load(&board->refused_generation) >= atomic_load(&board->current_generation))
		worry(list, "/admin/health",
		      jy_printf(cx, "上次更换被拒绝：%.400s", board->refused));
	return JY_OK;
}

enum jy_status
admin_get(struct jy_ctx *cx, struct jy_view *out)
{
	json_t *rows, *row, *worries = jy_own(cx, json_array());
	json_int_t on = 0;
	size_t i;
	enum jy_status s = admin_plugin_rows(cx, &rows);

	if (s != JY_OK)
		return s;
	plugin_worries(cx, rows, worries);
	s = system_worries(cx, worries);
	if (s != JY_OK)
		return s;
	json_array_foreach(rows, i, row) on += !strcmp(jy_json_text(row, "state"), "on");
	return jy_show(out, "core/admin",
		       json_pack("{s:s, s:O, s:b, s:O, s:I, s:I, s:I}", "title", "系统管理",
				 "worries", worries, "calm", json_array_size(worries) == 0, "areas",
				 admin_areas(cx), "plugins_on", on, "plugins_all",
				 (json_int_t)json_array_size(rows), "children",
				 (json_int_t)json_array_size(admin_children(cx))));
}

#define PLUGIN "/admin/plugins/:name"

static const struct jy_route routes[] = {
	{ JY_GET, "/admin", JY_ADMIN, NULL, admin_get },
	{ JY_GET, "/admin/plugins", JY_ADMIN, NULL, admin_plugins_get },
	{ JY_GET, PLUGIN, JY_ADMIN, admin_plugin_params, admin_plugin_get },
	{ JY_POST, PLUGIN "/enable", JY_ADMIN, admin_plugin_params, admin_enable_post,
	  &admin_why_form },
	{ JY_POST, PLUGIN "/disable", JY_ADMIN, admin_plugin_params, admin_disable_post,
	  &admin_why_form },
	{ JY_POST, PLUGIN "/clear", JY_ADMIN, admin_plugin_params, admin_clear_post,
	  &admin_why_form },
	{ JY_POST, PLUGIN "/rollback", JY_ADMIN, admin_plugin_params, admin_rollback_post,
	  &admin_why_form },
	{ JY_POST, PLUGIN "/schedule", JY_ADMIN, admin_plugin_params, admin_plan_post,
	  &admin_plan_form },
	{ JY_POST, PLUGIN "/schedule/:id/cancel", JY_ADMIN, admin_plan_params,
	  admin_plan_cancel_post },
	{ JY_POST, PLUGIN "/units", JY_ADMIN, admin_plugin_params, admin_unit_post,
	  &admin_unit_form },
	{ JY_GET, "/admin/settings", JY_ADMIN, NULL, admin_settings_get },
	{ JY_GET, "/admin/settings/:setting", JY_ADMIN, admin_setting_params, admin_setting_get },
	{ JY_POST, "/admin/settings/:setting", JY_ADMIN, admin_setting_params, admin_setting_post,
	  &admin_setting_form },
	{ JY_GET, "/admin/health", JY_ADMIN, NULL, admin_health_get },
	{ 0 },
};
static const struct jy_nav nav[] = {
	{ "/admin", "系统管理", JY_ADMIN, 500 },
	{ "/admin/plugins", "插件", JY_ADMIN, 501 },
	{ "/admin/settings", "系统设置", JY_ADMIN, 502 },
	{ "/admin/health", "运行状况", JY_ADMIN, 503 },
	{ 0 },
};

const struct jy_plugin part_admin = {
	.size = sizeof(struct jy_plugin),
	.abi_major = JY_ABI_MAJOR,
	.abi_minor = JY_ABI_MINOR,
	.name = "admin",
	.version = "1.0.0",
	.title = "系统管理",
	.summary = "插件、设置和运行状况。",
	.routes = routes,
	.nav = nav,
};
