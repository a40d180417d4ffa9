/*
 * settings.c - names and values that administrators change while it runs.
 *
 * The table keeps what a person typed, so that it can be shown and checked again after an upgrade;
 * a process reads all of it once at its start in canonical form ("1" for yes, fen for money) and is
 * replaced by a new generation when something changes. Secrets are sealed in the table.
 */
#include "data/settings.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/seal.h"
#include "data/db.h"
#include "facility/fields.h"
#include "plugin/plugins.h"

#define SEALED "sealed:"

static const struct jy_choice provinces[] = {
	{ "11", "北京市" },           { "12", "天津市" },
	{ "13", "河北省" },           { "14", "山西省" },
	{ "15", "内蒙古自治区" },     { "21", "辽宁省" },
	{ "22", "吉林省" },           { "23", "黑龙江省" },
	{ "31", "上海市" },           { "32", "江苏省" },
	{ "33", "浙江省" },           { "34", "安徽省" },
	{ "35", "福建省" },           { "36", "江西省" },
	{ "37", "山东省" },           { "41", "河南省" },
	{ "42", "湖北省" },           { "43", "湖南省" },
	{ "44", "广东省" },           { "45", "广西壮族自治区" },
	{ "46", "海南省" },           { "50", "重庆市" },
	{ "51", "四川省" },           { "52", "贵州省" },
	{ "53", "云南省" },           { "54", "西藏自治区" },
	{ "61", "陕西省" },           { "62", "甘肃省" },
	{ "63", "青海省" },           { "64", "宁夏回族自治区" },
	{ "65", "新疆维吾尔自治区" }, { 0 }
};
static const struct jy_choice second_factor[] = { { "required", "必须使用" },
						  { "optional", "自愿使用" },
						  { 0 } };
static const struct jy_choice clock_hours[] = { { "00:00", "0 时" },
						{ "01:00", "1 时" },
						{ "02:00", "2 时" },
						{ "03:00", "3 时" },
						{ "04:00", "4 时" },
						{ "05:00", "5 时" },
						{ "06:00", "6 时" },
						{ "07:00", "7 时" },
						{ "08:00", "8 时" },
						{ "09:00", "9 时" },
						{ "10:00", "10 时" },
						{ "11:00", "11 时" },
						{ "12:00", "12 时" },
						{ "13:00", "13 时" },
						{ "14:00", "14 时" },
						{ "15:00", "15 时" },
						{ "16:00", "16 时" },
						{ "17:00", "17 时" },
						{ "18:00", "18 时" },
						{ "19:00", "19 时" },
						{ "20:00", "20 时" },
						{ "21:00", "21 时" },
						{ "22:00", "22 时" },
						{ "23:00", "23 时" },
						{ 0 } };

const struct jy_field core_settings[] = {
	{ .name = "site.name",
	  .type = JY_TEXT,
	  .min = 2,
	  .max = 40,
	  .flags = JY_REQUIRED,
	  .section = "站点",
	  .label = "网站名称",
	  .hint = "显示在每一页的上方和短信、邮件里",
	  .initial = "吉林省公共就业服务进校园" },
	{ .name = "site.province",
	  .type = JY_CHOICE,
	  .flags = JY_REQUIRED,
	  .choices = provinces,
	  .label = "省份",
	  .hint = "上报单位和可选高校随它而定；改后请运行 jiyectl migrate",
	  .initial = "22" },
	{ .name = "accounts.second_factor",
	  .type = JY_CHOICE,
	  .flags = JY_REQUIRED,
	  .choices = second_factor,
	  .section = "账号",
	  .label = "工作人员和管理员的第二重验证",
	  .initial = "required" },
	{ .name = "accounts.idle_minutes",
	  .type = JY_INT,
	  .min = 5,
	  .max = 240,
	  .flags = JY_REQUIRED,
	  .label = "多少分钟不操作就退出登录",
	  .initial = "30" },
	{ .name = "accounts.staff_idle_minutes",
	  .type = JY_INT,
	  .min = 5,
	  .max = 120,
	  .flags = JY_REQUIRED,
	  .label = "工作人员和管理员多少分钟不操作就退出登录",
	  .initial = "15" },
	{ .name = "accounts.session_hours",
	  .type = JY_INT,
	  .min = 1,
	  .max = 24,
	  .flags = JY_REQUIRED,
	  .label = "登录后最多保持多少小时",
	  .initial = "12" },
	{ .name = "push.week_cap",
	  .type = JY_INT,
	  .min = 1,
	  .max = 50,
	  .flags = JY_REQUIRED,
	  .section = "消息",
	  .label = "每人每周最多收到多少条短信和邮件",
	  .hint = "超出的只进站内信箱；紧急消息不计",
	  .initial = "5" },
	{ .name = "push.quiet_from",
	  .type = JY_CHOICE,
	  .flags = JY_REQUIRED,
	  .choices = clock_hours,
	  .label = "从几时起不发短信和邮件",
	  .initial = "21:00" },
	{ .name = "push.quiet_to",
	  .type = JY_CHOICE,
	  .flags = JY_REQUIRED,
	  .choices = clock_hours,
	  .label = "到几时恢复发送",
	  .initial = "08:00" },
	{ 0 }
};

/* --- Secrets --- */

static bool
is_secret(const struct jy_field *field)
{
	return field->type == JY_PASSWORD || (field->flags & JY_SEALED);
}

static const char *
secret_stored(struct jy_ctx *cx, const char *name, const char *typed)
{
	struct jy_val sealed;
	size_t room;
	char *text;

	if (*typed == '\0')
		return "";
	if (jy_seal(cx, "settings.value", name, typed, &sealed) != JY_OK)
		return NULL;
	room = sodium_base64_encoded_len(sealed.n, sodium_base64_VARIANT_ORIGINAL);
	text = jy_alloc(cx, strlen(SEALED) + room);
	memcpy(text, SEALED, strlen(SEALED));
	sodium_bin2base64(text + strlen(SEALED), room, (const unsigned char *)sealed.s, sealed.n,
			  sodium_base64_VARIANT_ORIGINAL);
	return text;
}

static const char *
secret_open(struct jy_ctx *cx, const char *name, const char *stored)
{
	char *plain;

	if (strncmp(stored, SEALED, strlen(SEALED)) != 0)
		return stored;
	if (jy_unseal(cx, "settings.value", name, stored + strlen(SEALED), &plain) != JY_OK)
		return "";
	return plain;
}

/* --- Reading --- */

/* What was typed into its canonical text; false with a sentence. */
static bool
canonical(struct jy_ctx *cx, const struct jy_field *field, const char *typed, json_t **text,
	  const char **error)
{
	json_t *value;

	if (!field_read(cx, field, typed, &value, error))
		return false;
	if (json_is_integer(value))
		*text = json_sprintf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_boolean(value))
		*text = json_string(json_is_true(value) ? "1" : "0");
	else if (json_is_string(value))
		*text = json_incref(value);
	else if (json_is_null(value))
		*text = json_string("");
	else
		*text = json_string(typed); /* several choices stay joined with ',' */
	json_decref(value);
	return true;
}

struct reading {
	struct jy_ctx *cx;
	json_t *stored; /* name -> as in the table */
	json_t *into;
};

static const char *
typed_of(struct reading *r, const struct jy_field *field, const char *name)
{
	const char *stored = json_string_value(json_object_get(r->stored, name));

	if (!stored)
		return field->initial ? field->initial : "";
	return is_secret(field) ? secret_open(r->cx, name, stored) : stored;
}

/* A value that its table no longer allows is said once and replaced by the default: a process
 * must be able to start. Enabling a plugin is stricter, see settings_check. */
static void
setting_read(struct reading *r, const struct jy_field *field, const char *name)
{
	const char *error = "";
	json_t *text;

	if (!canonical(r->cx, field, typed_of(r, field, name), &text, &error)) {
		if (json_object_get(r->stored, name))
			log_line(LOG_WARN, "settings.invalid", "%s: %s", name, error);
		if (!canonical(r->cx, field, field->initial ? field->initial : "", &text, &error))
			text = json_string(field->initial ? field->initial : "");
	}
	json_object_set_new(r->into, name, text);
}

static void
settings_read(struct reading *r, const struct jy_field *fields, const char *prefix)
{
	for (const struct jy_field *f = fields; f && f->name; f++)
		setting_read(r, f, prefix ? jy_printf(r->cx, "%s.%s", prefix, f->name) : f->name);
}

static enum jy_status
stored_rows(struct jy_ctx *cx, json_t **out)
{
	json_t *rows, *row, *stored = jy_own(cx, json_object());
	enum jy_status s = jy_rows(cx, &rows, "SELECT name, value FROM settings");
	size_t i;

	if (s != JY_OK)
		return s;
	json_array_foreach(rows, i, row)
	    json_object_set(stored, jy_json_text(row, "name"), json_object_get(row, "value"));
	*out = stored;
	return JY_OK;
}

enum jy_status
settings_load(struct core *core)
{
	struct jy_ctx *cx = ctx_new(core, NULL, "settings");
	struct reading r = { .cx = cx };
	enum jy_status s;

	ctx_as_system(cx);
	s = stored_rows(cx, &r.stored);
	if (s == JY_OK || !core->settings) { /* the database is away: what the tables say */
		r.into = json_object();
		settings_read(&r, core_settings, NULL);
		for (size_t i = 0; core->plugins && i < core->plugins->count; i++)
			settings_read(&r, core->plugins->items[i]->table->settings,
				      core->plugins->items[i]->name);
		json_decref(core->settings);
		core->settings = r.into;
	}
	talloc_free(cx);
	return s;
}

static const char *
setting_find(struct jy_ctx *cx, const char *name)
{
	const char *text = json_string_value(json_object_get(cx->core->settings, name));

	if (!text)
		jy_log(cx, "settings.unknown", "no table declares %s", name);
	return text ? text : "";
}

const char *
jy_setting_text(struct jy_ctx *cx, const char *name)
{
	return setting_find(cx, name);
}

int64_t
jy_setting_int(struct jy_ctx *cx, const char *name)
{
	return strtoll(setting_find(cx, name), NULL, 10);
}

/* --- Changing --- */

enum jy_status
setting_store(struct jy_ctx *cx, const struct jy_field *field, const char *name, const char *typed,
	      const char **error)
{
	const char *kept = typed;
	json_t *text;

	if (!canonical(cx, field, typed, &text, error))
		return JY_INVALID;
	json_decref(text);
	if (is_secret(field))
		kept = secret_stored(cx, name, typed);
	if (!kept)
		return JY_FAILED;
	return jy_exec(
	    cx,
	    "INSERT INTO settings (name, value, changed_by) VALUES (?, ?, ?) ON DUPLICATE "
	    "KEY UPDATE value = VALUES(value), changed_by = VALUES(changed_by), "
	    "changed_at = NOW(3)",
	    jy_text(name), jy_text(kept), jy_int(cx->user.account));
}

enum jy_status
generation_bump(struct jy_ctx *cx)
{
	return jy_exec(cx, "UPDATE cluster SET generation = generation + 1 WHERE one = 1");
}

bool
settings_check(struct core *core, const struct jy_plugin *table, const char **error)
{
	struct jy_ctx *cx = ctx_new(core, NULL, "settings");
	struct reading r = { .cx = cx };
	const char *wrong = NULL;

	ctx_as_system(cx);
	if (stored_rows(cx, &r.stored) != JY_OK)
		wrong = "读不到设置，请检查数据库后重试。";
	for (const struct jy_field *f = table->settings; !wrong && f && f->name; f++) {
		const char *name = jy_printf(cx, "%s.%s", table->name, f->name), *why = "";
		json_t *text;

		if (canonical(cx, f, typed_of(&r, f, name), &text, &why))
			json_decref(text);
		else
			wrong = jy_printf(cx, "设置 %s：%s请先改正，再启用这个插件。", name, why);
	}
	if (wrong)
		*error = talloc_strdup(core->db, wrong);
	talloc_free(cx);
	return !wrong;
}
