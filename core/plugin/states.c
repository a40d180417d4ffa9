/*
 * states.c - what administrators ask of a plugin: on, off, another build, later, not here.
 *
 * What is asked for is written down with the generation from which it holds; the supervisors of all
 * nodes see the number move and do it. Questions about a plugin that is off are answered from its
 * manifest, so that asking never runs its code.
 */
#include "plugin/states.h"

#include <string.h>

#include "data/db.h"
#include "data/settings.h"
#include "facility/fields.h"
#include "plugin/install.h"
#include "plugin/manifest.h"
#include "plugin/setting_fields.h"

#define WHY_MAX    300
#define REASON_MAX 500

static const char SQL_STATE[] = "SELECT * FROM plugins WHERE name = ?";
static const char SQL_STATES[] = "SELECT * FROM plugins ORDER BY name";
static const char SQL_HISTORY[] =
    "INSERT INTO plugin_history (plugin, action, account, why) VALUES (?, ?, ?, ?)";
static const char SQL_STAMP[] =
    "UPDATE plugins SET generation = (SELECT generation FROM cluster "
    "WHERE one = 1), changed_by = ?, changed_at = NOW(3) WHERE name = ?";
static const char SQL_SET[] =
    "UPDATE plugins SET wanted = ?, state = ?, reason = '' WHERE name = ?";
static const char SQL_BUILD[] =
    "UPDATE plugins SET build = ?, previous_build = ?, version = ?, title = ? WHERE name = ?";
static const char SQL_PLAN[] = "INSERT INTO plugin_schedule (plugin, enable, at, account, why) "
			       "SELECT ?, ?, ?, ?, ? FROM DUAL WHERE ? > NOW()";
static const char SQL_PLAN_CANCEL[] =
    "DELETE FROM plugin_schedule WHERE id = ? AND plugin = ? AND done IS NULL";
static const char SQL_UNIT_OFF[] = "INSERT IGNORE INTO plugin_units_off VALUES (?, ?)";
static const char SQL_UNIT_ON[] = "DELETE FROM plugin_units_off WHERE plugin = ? AND unit = ?";
static const char SQL_UNIT[] = "SELECT name FROM units WHERE code = ?";

enum jy_status
plugin_state(struct jy_ctx *cx, const char *name, json_t **row, const char **error)
{
	enum jy_status s = jy_row(cx, row, SQL_STATE, jy_text(name));

	if (s == JY_NOT_FOUND)
		*error = jy_printf(
		    cx, "没有安装名为 %s 的插件，请先用 jiyectl plugin install 安装。", name);
	return s;
}

enum jy_status
plugin_states(struct jy_ctx *cx, json_t **rows)
{
	return jy_rows(cx, rows, SQL_STATES);
}

static size_t
characters(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += (*text & 0xc0) != 0x80;
	return n;
}

enum jy_status
plugin_record(struct jy_ctx *cx, const char *name, const char *action, const char *why,
	      const char **error)
{
	enum jy_status s;

	if (!why || !why[0] || characters(why) > WHY_MAX) {
		*error = jy_printf(cx, "请写明原因，最多 %d 个字。", WHY_MAX);
		return JY_INVALID;
	}
	s = jy_exec(cx, SQL_HISTORY, jy_text(name), jy_text(action), jy_int(cx->user.account),
		    jy_text(why));
	if (s != JY_OK)
		return s;
	return jy_audit(cx, jy_printf(cx, "plugin.%s", action), name,
			json_pack("{s:s}", "why", why));
}

const char *
plugin_reason(struct jy_ctx *cx, const char *text)
{
	size_t n = 0, chars = 0;

	while (text[n] && chars < REASON_MAX)
		chars += (text[++n] & 0xc0) != 0x80;
	return jy_printf(cx, "%.*s", (int)n, text);
}

enum jy_status
plugin_stamp(struct jy_ctx *cx, const char *name)
{
	enum jy_status s = generation_bump(cx);

	if (s != JY_OK)
		return s;
	return jy_exec(cx, SQL_STAMP, jy_int(cx->user.account), jy_text(name));
}

/* --- May it be switched? --- */

static bool
wanted(const json_t *row)
{
	const char *state = jy_json_text(row, "state");

	return jy_json_int(row, "wanted") && (!strcmp(state, "on") || !strcmp(state, "enabling"));
}

static const json_t *
row_named(const json_t *rows, const char *name)
{
	size_t i;
	json_t *row;

	json_array_foreach(rows, i, row) if (!strcmp(jy_json_text(row, "name"), name)) return row;
	return NULL;
}

static json_t *
manifest_of(struct jy_ctx *cx, const json_t *row)
{
	return manifest_read(cx, jy_json_text(row, "name"), jy_json_text(row, "build"));
}

/* Does `name` need `target`, directly or through others? Each plugin is looked at once. */
static bool
needs(struct jy_ctx *cx, const json_t *rows, const char *name, const char *target, json_t *seen)
{
	const json_t *row = row_named(rows, name);
	json_t *requires = row ? json_object_get(manifest_of(cx, row), "requires") : NULL;
	size_t i;
	json_t *need;

	json_array_foreach(requires, i, need)
	{
		const char *other = json_string_value(need);

		if (!strcmp(other, target))
			return true;
		if (json_object_get(seen, other))
			continue;
		json_object_set_new(seen, other, json_true());
		if (needs(cx, rows, other, target, seen))
			return true;
	}
	return false;
}

static enum jy_status
needs_check(struct jy_ctx *cx, const char *name, const json_t *manifest, const char **error)
{
	json_t *rows, *need, *seen = jy_own(cx, json_object());
	size_t i;
	enum jy_status s = plugin_states(cx, &rows);

	if (s != JY_OK)
		return s;
	json_array_foreach(json_object_get(manifest, "requires"), i, need)
	{
		const char *other = json_string_value(need);
		const json_t *row = row_named(rows, other);

		if (row && needs(cx, rows, other, name, seen)) {
			*error =
			    jy_printf(cx,
				      "插件 %s 和 %s 互相需要，成了一个环，哪个都不能先开启；请改"
				      "掉其中一个的 requires。",
				      name, other);
			return JY_CONFLICT;
		}
		if (!row || !wanted(row)) {
			*error = jy_printf(cx, "插件 %s 需要插件 %s，但它没有%s，请先%s %s。", name,
					   other, row ? "开启" : "安装",
					   row ? "开启" : "安装并开启", other);
			return JY_CONFLICT;
		}
	}
	return JY_OK;
}

static enum jy_status
settings_valid(struct jy_ctx *cx, const char *name, const json_t *manifest, const char **error)
{
	const struct jy_field *f = manifest_settings(cx, manifest);

	for (; f->name; f++) {
		struct jy_field full = *f;
		json_t *value = NULL;
		const char *wrong = "", *typed = "";
		enum jy_status s;

		full.name = jy_printf(cx, "%s.%s", name, f->name);
		s = setting_typed(cx, &full, &typed);
		if (s != JY_OK)
			return s;
		if (setting_secret(f))
			continue; /* it was checked when it was stored */
		if (!field_read(cx, f, typed, &value, &wrong)) {
			*error = jy_printf(cx, "插件 %s 的设置“%s”不对：%s请先改好设置，再开启。",
					   name, f->label ? f->label : f->name, wrong);
			return JY_CONFLICT;
		}
		json_decref(value);
	}
	return JY_OK;
}

enum jy_status
plugin_dependents(struct jy_ctx *cx, const char *name, const char **names)
{
	json_t *rows, *row;
	size_t i;
	enum jy_status s = plugin_states(cx, &rows);

	if (s != JY_OK)
		return s;
	*names = "";
	json_array_foreach(rows, i, row)
	{
		if (!jy_json_int(row, "wanted") || !manifest_requires(manifest_of(cx, row), name))
			continue;
		*names = jy_printf(cx, "%s%s%s", *names, (*names)[0] ? "、" : "",
				   jy_json_text(row, "name"));
	}
	return JY_OK;
}

/* --- Changes --- */

static enum jy_status
switch_on(struct jy_ctx *cx, const char *name, const json_t *row, const char **error)
{
	const char *state = jy_json_text(row, "state");
	json_t *manifest = manifest_of(cx, row);
	enum jy_status s;

	if (!strcmp(state, "quarantined")) {
		*error = jy_printf(cx, "插件 %s 已被隔离：%s请先查看崩溃记录，再解除隔离。", name,
				   jy_json_text(row, "reason"));
		return JY_CONFLICT;
	}
	if (!strcmp(state, "refused")) {
		*error = jy_printf(cx, "没有通过检查，不能开启。%s", jy_json_text(row, "reason"));
		return JY_CONFLICT;
	}
	if (!manifest) {
		*error = jy_printf(cx, "插件 %s 的文件不在本机或已损坏，请重新安装它。", name);
		return JY_CONFLICT;
	}
	s = needs_check(cx, name, manifest, error);
	if (s == JY_OK)
		s = settings_valid(cx, name, manifest, error);
	if (s != JY_OK)
		return s;
	/* What is still draining has been proved and is still loaded: it simply stays. */
	return jy_exec(cx, SQL_SET, jy_int(1),
		       jy_text(strcmp(state, "draining") ? "enabling" : "on"), jy_text(name));
}

static enum jy_status
switch_off(struct jy_ctx *cx, const char *name, const json_t *row, const char **error)
{
	const char *others;
	enum jy_status s = plugin_dependents(cx, name, &others);

	if (s != JY_OK)
		return s;
	if (others[0]) {
		*error = jy_printf(cx, "插件 %s 还被 %s 需要，请先关闭 %s。", name, others, others);
		return JY_CONFLICT;
	}
	/* Only what runs has anything to drain. */
	return jy_exec(cx, SQL_SET, jy_int(0),
		       jy_text(strcmp(jy_json_text(row, "state"), "on") ? "disabled" : "draining"),
		       jy_text(name));
}

enum jy_status
plugin_want(struct jy_ctx *cx, const char *name, bool on, const char *why, const char **error)
{
	json_t *row;
	enum jy_status s = plugin_state(cx, name, &row, error);

	if (s != JY_OK)
		return s;
	if (on ? wanted(row)
	       : !jy_json_int(row, "wanted") && strcmp(jy_json_text(row, "state"), "failed"))
		return JY_OK; /* already so */
	s = on ? switch_on(cx, name, row, error) : switch_off(cx, name, row, error);
	if (s == JY_OK)
		s = plugin_record(cx, name, on ? "enable" : "disable", why, error);
	return s == JY_OK ? plugin_stamp(cx, name) : s;
}

enum jy_status
plugin_clear_quarantine(struct jy_ctx *cx, const char *name, const char *why, const char **error)
{
	json_t *row;
	enum jy_status s = plugin_state(cx, name, &row, error);

	if (s != JY_OK)
		return s;
	if (strcmp(jy_json_text(row, "state"), "quarantined")) {
		*error = jy_printf(cx, "插件 %s 没有被隔离，不用解除。", name);
		return JY_CONFLICT;
	}
	/* One that was switched off while it crashed stays off. */
	s = jy_exec(cx, SQL_SET, jy_int(jy_json_int(row, "wanted")),
		    jy_text(jy_json_int(row, "wanted") ? "enabling" : "disabled"), jy_text(name));
	if (s == JY_OK)
		s = plugin_record(cx, name, "clear", why, error);
	return s == JY_OK ? plugin_stamp(cx, name) : s;
}

enum jy_status
plugin_use_build(struct jy_ctx *cx, const char *name, const char *build, const char *why,
		 const char **error)
{
	const char *now, *action = build ? "upgrade" : "rollback";
	json_t *row, *manifest;
	enum jy_status s = plugin_state(cx, name, &row, error);

	if (s != JY_OK)
		return s;
	now = jy_json_text(row, "build");
	if (!build)
		build = jy_json_text(row, "previous_build");
	if (!build[0]) {
		*error = jy_printf(cx, "插件 %s 没有可以退回的版本。", name);
		return JY_CONFLICT;
	}
	if (!strcmp(build, now))
		return JY_OK;
	manifest = manifest_read(cx, name, build);
	if (!manifest) {
		*error = jy_printf(cx, "插件 %s 的版本 %.12s 不在本机，请先安装它。", name, build);
		return JY_CONFLICT;
	}
	s = jy_exec(cx, SQL_BUILD, jy_text(build), jy_text(now),
		    jy_text(jy_json_text(manifest, "version")),
		    jy_text(jy_json_text(manifest, "title")), jy_text(name));
	if (s == JY_OK)
		s = plugin_record(cx, name, action, why, error);
	return s == JY_OK ? plugin_stamp(cx, name) : s;
}

enum jy_status
plugin_plan(struct jy_ctx *cx, const char *name, bool on, const char *at, const char *why,
	    const char **error)
{
	static const struct jy_field when = { "at", JY_DATETIME, .flags = JY_REQUIRED,
					      .label = "时间" };
	json_t *row, *read;
	enum jy_status s = plugin_state(cx, name, &row, error);

	if (s == JY_OK && !field_read(cx, &when, at, &read, error))
		return JY_INVALID;
	if (s == JY_OK) {
		at = json_string_value(jy_own(cx, read));
		s = plugin_record(cx, name, on ? "plan_enable" : "plan_disable", why, error);
	}
	if (s == JY_OK)
		s = jy_exec(cx, SQL_PLAN, jy_text(name), jy_int(on), jy_text(at),
			    jy_int(cx->user.account), jy_text(why), jy_text(at));
	if (s == JY_OK && !jy_changed(cx)) {
		*error = jy_printf(cx, "时间 %s 已经过去，请写一个将来的时间。", at);
		return JY_INVALID;
	}
	return s;
}

enum jy_status
plugin_plan_cancel(struct jy_ctx *cx, const char *name, int64_t id, const char **error)
{
	enum jy_status s = jy_exec(cx, SQL_PLAN_CANCEL, jy_int(id), jy_text(name));

	if (s == JY_OK && !jy_changed(cx)) {
		*error = jy_printf(cx, "这个安排已经执行或不存在，请刷新页面。");
		return JY_NOT_FOUND;
	}
	if (s == JY_OK)
		s = plugin_record(cx, name, "plan_cancel", "取消安排", error);
	return s;
}

enum jy_status
plugin_unit(struct jy_ctx *cx, const char *name, const char *unit, bool on, const char *why,
	    const char **error)
{
	json_t *row, *place;
	enum jy_status s = plugin_state(cx, name, &row, error);

	if (s != JY_OK)
		return s;
	s = jy_row(cx, &place, SQL_UNIT, jy_text(unit));
	if (s == JY_NOT_FOUND)
		*error = jy_printf(cx, "没有代码为 %s 的填报单位，请核对 6 位代码。", unit);
	if (s != JY_OK)
		return s;
	s = jy_exec(cx, on ? SQL_UNIT_ON : SQL_UNIT_OFF, jy_text(name), jy_text(unit));
	if (s != JY_OK || !jy_changed(cx))
		return s; /* already so */
	s = plugin_record(cx, name, on ? "unit_on" : "unit_off",
			  jy_printf(cx, "%s：%s", jy_json_text(place, "name"), why), error);
	return s == JY_OK ? plugin_stamp(cx, name) : s;
}
