/*
 * plugins.c - jiyectl plugin: the twin of the administration's plugin pages.
 *
 * No plugin's code runs in here except in the trial of an installation, which has a process of its
 * own; so a plugin that crashes can always be switched off from the command line.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "data/db.h"
#include "plugin/install.h"
#include "plugin/manifest.h"
#include "plugin/states.h"
#include "process/control.h"
#include "tool/tool.h"

#define WAIT_MS 60000

struct asked {
	const char *name, *why, *value, *error;
	bool on, same; /* same: it was so already */
};

static int
list(struct tool *t)
{
	static const struct tool_column columns[] = {
		{ "name", "名称" },  { "version", "版本" }, { "state", "状态" },
		{ "title", "标题" }, { "reason", "说明" },  { 0 },
	};
	json_t *rows;
	enum jy_status s = plugin_states(t->cx, &rows);

	return s == JY_OK ? tool_table(t, rows, columns) : tool_status(t, s, NULL);
}

static int
show(struct tool *t)
{
	const char *error = "", *name = t->args[0], *others = "";
	json_t *row, *manifest, *made;
	enum jy_status s = plugin_state(t->cx, name, &row, &error);

	if (s == JY_OK)
		s = plugin_dependents(t->cx, name, &others);
	if (s != JY_OK)
		return tool_status(t, s, error);
	manifest = manifest_read(t->cx, name, jy_json_text(row, "build"));
	made = json_copy(row);
	json_object_set_new(made, "dependents", json_string(others));
	json_object_set_new(made, "builds", json_incref(plugin_builds(t->cx, name)));
	if (manifest)
		json_object_set(made, "manifest", manifest);
	return tool_done(t, made,
			 "%s %s（%s）\n状态：%s%s%s\n版本文件：%s\n上一版本：%s\n被需要：%s", name,
			 jy_json_text(row, "version"), jy_json_text(row, "title"),
			 jy_json_text(row, "state"), jy_json_text(row, "reason")[0] ? "，" : "",
			 jy_json_text(row, "reason"), jy_json_text(row, "build"),
			 jy_json_text(row, "previous_build"), others[0] ? others : "无");
}

/* --- Waiting for the generation --- */

/* Where none runs the commit is all there is: the next one that starts reads it. */
static enum jy_status
change(struct tool *t, tool_work_fn work, void *arg)
{
	enum jy_status s = tool_change(t, work, arg);
	const char *error;
	json_t *reply;

	if (s == JY_OK && control_call(t->core.config, "look", &reply, &error))
		json_decref(reply);
	return s;
}

/* What keeps the new generation from starting here; "" if nothing does. Belongs to cx. */
static const char *
delay(struct tool *t)
{
	const char *error, *said;
	json_t *reply;

	if (!control_call(t->core.config, "status", &reply, &error))
		return jy_printf(t->cx, "%s", error);
	said = jy_printf(t->cx, "%s", jy_json_text(reply, "delayed"));
	json_decref(reply);
	return said;
}

/* Once a second; the same reason is said once. */
static const char *
delay_say(struct tool *t, const char *before)
{
	const char *now = delay(t);

	if (now[0] && strcmp(now, before))
		fprintf(stderr, "jiyectl：还在等待：%s\n", now);
	return now;
}

static bool
settled(const json_t *row)
{
	const char *state = jy_json_text(row, "state");

	return strcmp(state, "enabling") && strcmp(state, "draining") &&
	       (strcmp(state, "on") ||
		!strcmp(jy_json_text(row, "build"), jy_json_text(row, "good_build")));
}

/* build: the one that was asked for, or NULL. */
static int
told(struct tool *t, const char *name, bool on, const char *build)
{
	const char *error = "", *state, *reason;
	json_t *row;
	enum jy_status s = plugin_state(t->cx, name, &row, &error);

	if (s != JY_OK)
		return tool_status(t, s, error);
	state = jy_json_text(row, "state");
	reason = jy_json_text(row, "reason");
	if (settled(row) &&
	    (on != !strcmp(state, "on") || (build && strcmp(build, jy_json_text(row, "build")))))
		return tool_fail(t, TOOL_REFUSED, "插件 %s 没有%s：%s", name,
				 build ? "换好"
				 : on  ? "开启"
				       : "关闭",
				 reason[0] ? reason : state);
	return tool_done(
	    t, json_pack("{s:s, s:s, s:s}", "name", name, "state", state, "reason", reason),
	    "插件 %s：%s%s%s", name, state, reason[0] ? "，" : "", reason);
}

static int
wait_for(struct tool *t, const char *name, bool on, const char *build)
{
	const struct timespec pause = { .tv_nsec = 100000000 };
	const char *delayed = "";

	for (int ms = 0; tool_given(t, "wait"); ms += 100) {
		const char *error = "";
		json_t *row;
		enum jy_status s = plugin_state(t->cx, name, &row, &error);

		if (s != JY_OK)
			return tool_status(t, s, error);
		if (settled(row))
			break;
		if (ms % 1000 == 900)
			delayed = delay_say(t, delayed);
		if (ms >= WAIT_MS)
			return tool_fail(
			    t, TOOL_FAILED, "插件 %s 在 %d 秒内没有换好：%s", name, WAIT_MS / 1000,
			    delayed[0] ? delayed : "请用 jiyectl status 看服务在做什么。");
		nanosleep(&pause, NULL);
	}
	return told(t, name, on, build);
}

/* --- Changes --- */

static enum jy_status
want(struct jy_ctx *cx, void *arg)
{
	struct asked *r = arg;
	json_t *before, *after;
	enum jy_status s = plugin_state(cx, r->name, &before, &r->error);

	if (s == JY_OK)
		s = plugin_want(cx, r->name, r->on, r->why, &r->error);
	if (s == JY_OK)
		s = plugin_state(cx, r->name, &after, &r->error);
	r->same = s == JY_OK && settled(after) &&
		  jy_json_int(before, "generation") == jy_json_int(after, "generation");
	return s;
}

static int
switch_to(struct tool *t, bool on)
{
	struct asked r = { .name = t->args[0], .why = tool_why(t), .on = on };
	enum jy_status s = change(t, want, &r);

	if (s != JY_OK)
		return tool_status(t, s, r.error);
	if (r.same)
		return tool_done(t,
				 json_pack("{s:s, s:s, s:b}", "name", r.name, "state",
					   on ? "on" : "disabled", "changed", 0),
				 "插件 %s 本来就是%s的，没有改动。", r.name, on ? "开启" : "关闭");
	return wait_for(t, r.name, on, NULL);
}

static int
enable(struct tool *t)
{
	return switch_to(t, true);
}

static int
disable(struct tool *t)
{
	return switch_to(t, false);
}

static enum jy_status
clear_work(struct jy_ctx *cx, void *arg)
{
	struct asked *r = arg;

	return plugin_clear_quarantine(cx, r->name, r->why, &r->error);
}

static int
clear(struct tool *t)
{
	struct asked r = { .name = t->args[0], .why = tool_why(t) };
	enum jy_status s = change(t, clear_work, &r);

	return s == JY_OK ? wait_for(t, r.name, true, NULL) : tool_status(t, s, r.error);
}

static enum jy_status
build_work(struct jy_ctx *cx, void *arg)
{
	struct asked *r = arg;

	return plugin_use_build(cx, r->name, r->value, r->why, &r->error);
}

static int
rollback(struct tool *t)
{
	struct asked r = { .name = t->args[0], .why = tool_why(t) };
	enum jy_status s;

	if (!tool_confirm(t, "这会换回上一个版本。"))
		return TOOL_REFUSED;
	s = change(t, build_work, &r);
	if (s != JY_OK)
		return tool_status(t, s, r.error);
	if (tool_given(t, "wait"))
		return wait_for(t, r.name, true, NULL);
	return tool_done(t, json_pack("{s:s}", "name", r.name), "插件 %s 已换回上一个版本。",
			 r.name);
}

static json_t *
install_json(const struct install *i)
{
	return json_pack("{s:s, s:s, s:b, s:b}", "name", i->name, "build", i->build, "fresh",
			 i->fresh, "chosen", i->chosen);
}

static int
install(struct tool *t)
{
	struct install i;
	const char *error = "";
	enum jy_status s = plugin_install(t->cx, t->args[0], tool_why(t), &i, &error);

	if (s != JY_OK)
		return tool_status(t, s, error);
	return tool_done(
	    t, install_json(&i), "插件 %s 已安装，版本文件 %.12s%s", i.name, i.build,
	    i.chosen ? "。" : "；它正在运行另一个版本，换成新的请用 jiyectl plugin upgrade。");
}

/* Also installs what was not there yet, so that one command serves every start. */
static int
upgrade(struct tool *t)
{
	struct install i;
	struct asked r = { .why = tool_why(t) };
	enum jy_status s = plugin_install(t->cx, t->args[0], r.why, &i, &r.error);

	r.name = i.name;
	r.value = i.build;
	if (s == JY_OK && !i.chosen)
		s = change(t, build_work, &r);
	if (s != JY_OK)
		return tool_status(t, s, r.error);
	if (tool_given(t, "wait"))
		return wait_for(t, i.name, !i.chosen, i.build);
	return tool_done(t, install_json(&i), "插件 %s 已换成版本文件 %.12s。", i.name, i.build);
}

static enum jy_status
plan_work(struct jy_ctx *cx, void *arg)
{
	struct asked *r = arg;

	return plugin_plan(cx, r->name, r->on, r->value, r->why, &r->error);
}

static int
schedule(struct tool *t)
{
	struct asked r = { .name = t->args[0], .why = tool_why(t), .value = t->args[2] };
	enum jy_status s;

	r.on = !strcmp(t->args[1], "enable");
	if (!r.on && strcmp(t->args[1], "disable"))
		return tool_fail(t, TOOL_USAGE, "第二个参数要写 enable 或 disable。");
	s = tool_change(t, plan_work, &r);
	if (s != JY_OK)
		return tool_status(t, s, r.error);
	return tool_done(
	    t, json_pack("{s:s, s:b, s:s}", "name", r.name, "enable", r.on, "at", r.value),
	    "已安排：%s %s插件 %s。", r.value, r.on ? "开启" : "关闭", r.name);
}

static enum jy_status
unit_work(struct jy_ctx *cx, void *arg)
{
	struct asked *r = arg;

	return plugin_unit(cx, r->name, r->value, r->on, r->why, &r->error);
}

static int
unit(struct tool *t)
{
	struct asked r = { .name = t->args[0], .why = tool_why(t), .value = t->args[1] };
	enum jy_status s;

	r.on = !strcmp(t->args[2], "on");
	if (!r.on && strcmp(t->args[2], "off"))
		return tool_fail(t, TOOL_USAGE, "第三个参数要写 on 或 off。");
	s = change(t, unit_work, &r);
	if (s != JY_OK)
		return tool_status(t, s, r.error);
	return tool_done(t,
			 json_pack("{s:s, s:s, s:b}", "name", r.name, "unit", r.value, "on", r.on),
			 "插件 %s 在填报单位 %s %s。", r.name, r.value, r.on ? "已开启" : "已关闭");
}

const struct command plugin_commands[] = {
	{ "plugin list", "", NULL, 0, 0, NEEDS_DATABASE, "列出已安装的插件和状态", list },
	{ "plugin status", "名称", NULL, 1, 1, NEEDS_DATABASE, "一个插件的状态、版本和它声明的内容",
	  show },
	{ "plugin enable", "名称 [--wait]", "why= wait", 1, 1, NEEDS_DATABASE,
	  "开启插件；--wait 等到新一代进程就绪或被拒绝", enable },
	{ "plugin disable", "名称 [--wait]", "why= wait", 1, 1, NEEDS_DATABASE,
	  "关闭插件，数据保留", disable },
	{ "plugin install", "文件夹", "why=", 1, 1, NEEDS_DATABASE,
	  "安装构建好的插件，不改变正在运行的版本", install },
	{ "plugin upgrade", "文件夹 [--wait]", "why= wait", 1, 1, NEEDS_DATABASE,
	  "安装并换用这个版本；失败时自动用回原来的版本", upgrade },
	{ "plugin rollback", "名称 [--wait] --yes", "why= wait yes", 1, 1, NEEDS_DATABASE,
	  "换回上一个版本", rollback },
	{ "plugin clear", "名称 [--wait]", "why= wait", 1, 1, NEEDS_DATABASE, "解除隔离并重新开启",
	  clear },
	{ "plugin schedule", "名称 enable|disable \"年-月-日 时:分\"", "why=", 3, 3, NEEDS_DATABASE,
	  "定时开启或关闭", schedule },
	{ "plugin unit", "名称 填报单位代码 on|off", "why=", 3, 3, NEEDS_DATABASE,
	  "只在一个填报单位开启或关闭", unit },
	{ 0 },
};
