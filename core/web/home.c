/*
 * home.c - GET /: what a visitor can do here, or what waits for the person who signed in.
 *
 * Every block may be missing: doors and steps lead only to routes that are there now, tiles come
 * from the plugins that are on, and without the database the page still shows the way. So the first
 * page never fails because a plugin does.
 */
#include "ctx.h"

#include "base/log.h"
#include "plugin/plugins.h"
#include "process/board.h"
#include "web/guard.h"

#define TILES_MAX 12

struct door {
	const char *name, *label, *text, *link;
	unsigned roles; /* steps: whose; doors are for visitors */
};

static const struct door doors[] = {
	{ "needs", "说出需求", "毕业生填一张表，想去哪里、要岗位还是培训，一次说清。", "/needs",
	  0 },
	{ "jobs", "找岗位", "按城市、专业和薪酬查看已审核的岗位，不登录也能看。", "/jobs", 0 },
	{ "post", "单位发布岗位", "用人单位登记岗位，审核后向合适的毕业生推送。", "/jobs/mine", 0 },
	{ 0 },
};

static const struct door steps[] = {
	{ "needs", "我的需求", "登记或修改需求，想去哪里、要什么帮助，一次说清。", "/needs",
	  JY_GRADUATE },
	{ "pushed", "为我推荐的岗位", "看看按您的意愿和专业推荐的岗位，以及推荐的理由。",
	  "/jobs/pushed", JY_GRADUATE },
	{ "timeline", "办理进度", "查看每一项需求办到了哪一步，由谁在办。", "/work/timeline",
	  JY_GRADUATE },
	{ "jobs", "找岗位", "按城市、专业和薪酬自己查找。", "/jobs", JY_GRADUATE },
	{ "post", "我的岗位", "发布岗位，查看审核结果。", "/jobs/mine", JY_EMPLOYER },
	{ "orders", "待答复的需求", "毕业生提出的需求，先办快到期的。", "/work/orders", JY_STAFF },
	{ "review", "待审核岗位", "核对需求、类别、地点和薪酬。", "/jobs/flow/vacancy/queue",
	  JY_CITY | JY_PROVINCE },
	{ "ledger", "需求台账", "查看本单位毕业生的需求和答复情况。", "/needs/ledger", JY_STAFF },
	{ "people", "毕业生名册", "核对名册，替还没有登记的毕业生补登。", "/needs/people",
	  JY_STAFF },
	{ "feeds", "数据接口", "取走公开岗位的清单，查看格式说明。", "/exchange", JY_PARTNER },
	{ "admin", "系统管理", "查看功能、账号、任务和运行情况。", "/admin", JY_ADMIN },
	{ "messages", "消息", "查看通知、推送和答复。", "/messages", JY_SIGNED },
	{ 0 },
};

/* Is there such a page now, and may role (0 = whoever signs in later) open it? */
static bool
leads_somewhere(struct jy_ctx *cx, const char *path, unsigned role)
{
	struct match match = { 0 };

	if (!cx->core->router || !router_find(cx->core->router, cx, JY_GET, path, &match) ||
	    match.count > 0)
		return false; /* "/jobs/:id" is no page for "/jobs/mine" */
	return (!role || (match.route->roles & role)) && !plugin_off_here(cx, match.plugin);
}

static json_t *
doors_collect(struct jy_ctx *cx, const struct door *door)
{
	json_t *list = json_array();

	for (; door->name; door++) {
		if (door->roles && !(door->roles & cx->user.role))
			continue;
		if (!leads_somewhere(cx, door->link, door->roles ? cx->user.role : 0))
			continue;
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "name", door->name,
						      "label", door->label, "text", door->text,
						      "link", door->link));
	}
	return list;
}

static void
tile_collect(struct jy_ctx *cx, struct plugin *plugin, const struct jy_tile *tile, json_t *list)
{
	json_t *model = json_pack("{s:s, s:s}", "name", tile->name, "label", tile->label);
	struct plugin *before = cx->plugin;
	struct mark mark;
	enum jy_status s;

	slot_enter(cx->core->slot, &mark, plugin->name, "tile");
	cx->plugin = plugin;
	s = tile->run(cx, model);
	cx->plugin = before;
	slot_leave(cx->core->slot, &mark);
	if (s == JY_OK && json_object_get(model, "value"))
		json_array_append(list, model);
	else if (s != JY_OK && s != JY_NOT_FOUND)
		log_line(LOG_WARN, "home.tile", "%s: tile %s of %s left out, status %d", cx->id,
			 tile->name, plugin->name, (int)s);
	json_decref(model);
}

/* A tile that has nothing to show answers JY_NOT_FOUND, or sets no value. */
static json_t *
tiles_collect(struct jy_ctx *cx)
{
	const struct plugins *plugins = cx->core->plugins;
	json_t *list = json_array();

	for (size_t i = 0; plugins && i < plugins->count; i++) {
		const struct jy_tile *tile = plugins->items[i]->table->tiles;

		if (plugin_off_here(cx, plugins->items[i]))
			continue;
		for (; tile && tile->name && json_array_size(list) < TILES_MAX; tile++)
			if (tile->roles & cx->user.role)
				tile_collect(cx, plugins->items[i], tile, list);
	}
	return list;
}

static enum jy_status
home(struct jy_ctx *cx, struct jy_view *out)
{
	bool visitor = cx->user.role == JY_PUBLIC;
	json_t *campaign = NULL, *tiles, *list, *model = json_object();
	enum jy_status s = jy_campaign(cx, &campaign);

	if (s == JY_OK)
		json_object_set_new(model, "campaign",
				    json_pack("{s:s, s:s, s:s}", "name",
					      jy_json_text(campaign, "name"), "starts",
					      jy_json_text(campaign, "starts"), "ends",
					      jy_json_text(campaign, "ends")));
	/* Without a database every tile would only wait for it again. */
	tiles = s == JY_BUSY ? json_array() : tiles_collect(cx);
	list = doors_collect(cx, visitor ? doors : steps);
	if (json_array_size(list) && visitor)
		json_object_set_new(model, "welcome", json_string("您可以在这里"));
	else if (json_array_size(list))
		json_object_set_new(
		    model, "greeting",
		    json_string(jy_printf(cx, "%s，您好。接下来可以办：", cx->user.name)));
	if (json_array_size(tiles))
		json_object_set_new(model, "figures",
				    json_string(visitor ? "眼下的情况" : "工作进展"));
	json_object_set_new(model, visitor ? "doors" : "steps", list);
	json_object_set_new(model, "tiles", tiles);
	json_object_set_new(model, "title", json_string(""));
	return jy_show(out, "core/home", model);
}

static const struct jy_route routes[] = {
	{ JY_GET, "/", JY_ANYONE, NULL, home, .cache_s = 5 },
	{ 0 },
};

const struct jy_plugin part_home = {
	.size = sizeof(struct jy_plugin),
	.abi_major = JY_ABI_MAJOR,
	.abi_minor = JY_ABI_MINOR,
	.name = "home",
	.version = "1.0.0",
	.title = "首页",
	.summary = "入口、下一步和各项工作的数字。",
	.routes = routes,
};
