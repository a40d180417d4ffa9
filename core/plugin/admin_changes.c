/*
 * admin_changes.c - what an administrator changes: switches, plans, units, settings.
 *
 * The rules are in states.c and setting_fields.c, shared with jiyectl; here a refusal becomes the
 * form again with its sentence, and a success the page that one came from.
 */
#include <string.h>

#include "data/settings.h"
#include "facility/fields.h"
#include "plugin/admin.h"
#include "plugin/setting_fields.h"
#include "plugin/states.h"

#define WHY_FIELD                                                                                  \
	{                                                                                          \
		"why", JY_TEXT, 2, 300, JY_REQUIRED, .label = "原因",                              \
						     .hint = "会写入历史记录和审计日志",           \
						     .example = "活动开始，按计划开启"   \
	}

const struct jy_field admin_plugin_params[] = {
	{ "name", JY_CODE, 2, 31, .label = "插件" },
	{ 0 },
};
const struct jy_field admin_plan_params[] = {
	{ "name", JY_CODE, 2, 31, .label = "插件" },
	{ "id", JY_INT, 1, INT64_MAX, .label = "安排" },
	{ 0 },
};
const struct jy_field admin_setting_params[] = {
	{ "setting", JY_CODE, 1, 80, .label = "设置" },
	{ 0 },
};

static const struct jy_field why_fields[] = { WHY_FIELD, { 0 } };
const struct jy_form admin_why_form = {
	.name = "admin.why", .title = "请写明原因", .fields = why_fields, .submit = "确定"
};

static const struct jy_choice on_off[] = { { "on", "开启" }, { "off", "关闭" }, { 0 } };
static const struct jy_field plan_fields[] = {
	{ "to", JY_CHOICE, .flags = JY_REQUIRED, .label = "到时候", .choices = on_off },
	{ "at", JY_DATETIME, .flags = JY_REQUIRED, .label = "时间", .hint = "北京时间" },
	WHY_FIELD,
	{ 0 },
};
const struct jy_form admin_plan_form = {
	.name = "admin.plan", .title = "定时开启或关闭", .fields = plan_fields, .submit = "安排"
};

static const struct jy_field unit_fields[] = {
	{ "unit", JY_CHOICE, .flags = JY_REQUIRED, .label = "填报单位", .reference = "units" },
	{ "to", JY_CHOICE, .flags = JY_REQUIRED, .label = "改为", .choices = on_off },
	WHY_FIELD,
	{ 0 },
};
const struct jy_form admin_unit_form = { .name = "admin.unit",
					 .title = "只在一个填报单位开启或关闭",
					 .fields = unit_fields,
					 .submit = "确定" };

static const struct jy_field setting_fields[] = {
	{ "value", JY_LONG, 0, 4000, .label = "值" },
	WHY_FIELD,
	{ 0 },
};
const struct jy_form admin_setting_form = {
	.name = "admin.setting", .title = "修改设置", .fields = setting_fields, .submit = "保存"
};

/* Back to the plugin's page, or the sentence. */
static enum jy_status
answer(struct jy_ctx *cx, struct jy_view *out, enum jy_status s, const char *error)
{
	if (s == JY_OK) {
		jy_notice(out,
			  "已记录。新一代工作进程就绪后生效，通常只要几秒；刷新本页可以看到结果。");
		return jy_redirect(out, "/admin/plugins/%s", jy_param_text(cx, "name"));
	}
	if (s == JY_INVALID && *error) {
		jy_field_error(cx, NULL, "%s", error);
		return jy_form_again(cx, out);
	}
	return *error ? jy_refuse(out, s, "plugin.refused", "%s", error) : s;
}

static enum jy_status
want(struct jy_ctx *cx, struct jy_view *out, bool on)
{
	const char *error = "";
	enum jy_status s =
	    plugin_want(cx, jy_param_text(cx, "name"), on, jy_param_text(cx, "why"), &error);

	return answer(cx, out, s, error);
}

enum jy_status
admin_enable_post(struct jy_ctx *cx, struct jy_view *out)
{
	return want(cx, out, true);
}

enum jy_status
admin_disable_post(struct jy_ctx *cx, struct jy_view *out)
{
	return want(cx, out, false);
}

enum jy_status
admin_clear_post(struct jy_ctx *cx, struct jy_view *out)
{
	const char *error = "";
	enum jy_status s = plugin_clear_quarantine(cx, jy_param_text(cx, "name"),
						   jy_param_text(cx, "why"), &error);

	return answer(cx, out, s, error);
}

enum jy_status
admin_rollback_post(struct jy_ctx *cx, struct jy_view *out)
{
	const char *error = "";
	enum jy_status s =
	    plugin_use_build(cx, jy_param_text(cx, "name"), NULL, jy_param_text(cx, "why"), &error);

	return answer(cx, out, s, error);
}

enum jy_status
admin_plan_post(struct jy_ctx *cx, struct jy_view *out)
{
	const char *error = "";
	enum jy_status s =
	    plugin_plan(cx, jy_param_text(cx, "name"), !strcmp(jy_param_text(cx, "to"), "on"),
			jy_param_text(cx, "at"), jy_param_text(cx, "why"), &error);

	return answer(cx, out, s, error);
}

enum jy_status
admin_plan_cancel_post(struct jy_ctx *cx, struct jy_view *out)
{
	const char *error = "";
	enum jy_status s =
	    plugin_plan_cancel(cx, jy_param_text(cx, "name"), jy_param_int(cx, "id"), &error);

	return answer(cx, out, s, error);
}

enum jy_status
admin_unit_post(struct jy_ctx *cx, struct jy_view *out)
{
	const char *error = "";
	enum jy_status s =
	    plugin_unit(cx, jy_param_text(cx, "name"), jy_param_text(cx, "unit"),
			!strcmp(jy_param_text(cx, "to"), "on"), jy_param_text(cx, "why"), &error);

	return answer(cx, out, s, error);
}

/* --- Settings --- */

enum jy_status
admin_settings_get(struct jy_ctx *cx, struct jy_view *out)
{
	json_t *settings;
	enum jy_status s = settings_json(cx, NULL, core_settings, &settings);

	if (s != JY_OK)
		return s;
	return jy_show(out, "core/admin_settings",
		       json_pack("{s:s, s:O}", "title", "系统设置", "settings", settings));
}

/* The setting's own field under the name "value", in a shape that one text can carry. */
static const struct jy_form *
setting_form(struct jy_ctx *cx, const struct jy_field *field)
{
	static const struct jy_choice yes_no[] = { { "1", "是" }, { "0", "否" }, { 0 } };
	struct jy_field *fields = jy_alloc(cx, 3 * sizeof(*fields));
	struct jy_form *form = jy_alloc(cx, sizeof(*form));

	fields[0] = *field;
	fields[0].name = "value";
	fields[0].section = NULL;
	fields[1] = setting_fields[1];
	if (field->type == JY_BOOL) {
		fields[0].type = JY_CHOICE;
		fields[0].choices = yes_no;
	} else if (field->type == JY_CHOICES) {
		fields[0].type = JY_TEXT;
		fields[0].min = fields[0].max = 0;
		fields[0].hint =
		    jy_printf(cx, "%s多个值用英文逗号分开。", field->hint ? field->hint : "");
	}
	*form = admin_setting_form;
	form->title = field->label ? field->label : field->name;
	form->fields = fields;
	return form;
}

static enum jy_status
setting_unknown(struct jy_view *out, const char *name)
{
	return jy_refuse(out, JY_NOT_FOUND, "setting.unknown",
			 "没有名为“%s”的设置，请从设置页进入。", name);
}

enum jy_status
admin_setting_get(struct jy_ctx *cx, struct jy_view *out)
{
	const char *name = jy_param_text(cx, "setting"), *typed = "", *error = "";
	const struct jy_field *field = setting_field(cx, name);
	const struct jy_form *form;
	json_t *value = NULL;
	enum jy_status s;

	if (!field)
		return setting_unknown(out, name);
	s = setting_typed(cx, field, &typed);
	if (s != JY_OK)
		return s;
	form = setting_form(cx, field);
	if (!*typed || !field_read(cx, form->fields, typed, &value, &error))
		value = json_string(typed); /* shown as it is, to be put right */
	return jy_form_page(cx, out, form, NULL, json_pack("{s:o}", "value", value));
}

enum jy_status
admin_setting_post(struct jy_ctx *cx, struct jy_view *out)
{
	const char *name = jy_param_text(cx, "setting"), *error = "";
	const char *typed = jy_param_text(cx, "value"), *dot = strchr(name, '.');
	const struct jy_field *field = setting_field(cx, name);
	enum jy_status s;

	if (!field)
		return setting_unknown(out, name);
	s = setting_change(cx, field, typed ? typed : "", jy_param_text(cx, "why"), &error);
	if (s == JY_INVALID) {
		cx->form = setting_form(cx, field);
		jy_field_error(cx, "value", "%s", error);
		return jy_form_again(cx, out);
	}
	if (s != JY_OK)
		return s;
	jy_notice(out, "已保存。新一代工作进程就绪后生效。");
	if (field_find(core_settings, name))
		return jy_redirect(out, "/admin/settings");
	return jy_redirect(out, "/admin/plugins/%.*s", (int)(dot - name), name);
}
