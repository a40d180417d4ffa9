/*
 * hello.c - the tutorial: the smallest plugin that still shows every step a page takes.
 *
 * A route with a typed parameter and a role, a model, a template, an entry in the navigation and a
 * setting. Copy the folder, replace the word hello, build: nothing outside the folder changes.
 */
#include <jiye/plugin.h>

/* GET /hello and GET /hello/:name - greets by name, in the page and as JSON. */
static enum jy_status
greet(struct jy_ctx *cx, struct jy_view *out)
{
	const char *name = jy_param_text(cx, "name");

	return jy_show(out, "hello/greet",
		       json_pack("{s:s, s:s, s:s}", "title", "你好", "greeting",
				 jy_setting_text(cx, "hello.greeting"), "name",
				 name ? name : "同学"));
}

static const struct jy_field name_params[] = {
	{ "name", JY_TEXT, 1, 20, .label = "姓名" },
	{ 0 },
};

static const struct jy_field settings[] = {
	{ "greeting", JY_TEXT, 1, 20, .label = "问候语", .initial = "你好" },
	{ 0 },
};

static const struct jy_route routes[] = {
	{ JY_GET, "/hello", JY_ANYONE, name_params, greet, .cache_s = 5 },
	{ JY_GET, "/hello/:name", JY_ANYONE, name_params, greet, .cache_s = 5 },
	{ 0 },
};

static const struct jy_nav nav[] = {
	{ "/hello", "你好", JY_ADMIN, 900 },
	{ 0 },
};

JY_PLUGIN(.name = "hello", .version = "1.0.0", .title = "你好（示例）",
	  .summary = "教程用的最小插件：一个页面、一个参数、一个设置。", .settings = settings,
	  .routes = routes, .nav = nav)
