/* admin.h - pages of part_admin, for its table in admin.c. */
#ifndef CORE_PLUGIN_ADMIN_H
#define CORE_PLUGIN_ADMIN_H

#include "ctx.h"

extern const struct jy_field admin_plugin_params[], admin_setting_params[], admin_plan_params[];
extern const struct jy_form admin_why_form, admin_plan_form, admin_unit_form, admin_setting_form;

enum jy_status admin_get(struct jy_ctx *cx, struct jy_view *out);
enum jy_status admin_plugins_get(struct jy_ctx *cx, struct jy_view *out);
enum jy_status admin_plugin_get(struct jy_ctx *cx, struct jy_view *out);
enum jy_status admin_health_get(struct jy_ctx *cx, struct jy_view *out);

enum jy_status admin_enable_post(struct jy_ctx *cx, struct jy_view *out);
enum jy_status admin_disable_post(struct jy_ctx *cx, struct jy_view *out);
enum jy_status admin_clear_post(struct jy_ctx *cx, struct jy_view *out);
enum jy_status admin_rollback_post(struct jy_ctx *cx, struct jy_view *out);
enum jy_status admin_plan_post(struct jy_ctx *cx, struct jy_view *out);
enum jy_status admin_plan_cancel_post(struct jy_ctx *cx, struct jy_view *out);
enum jy_status admin_unit_post(struct jy_ctx *cx, struct jy_view *out);
enum jy_status admin_settings_get(struct jy_ctx *cx, struct jy_view *out);
enum jy_status admin_setting_get(struct jy_ctx *cx, struct jy_view *out);
enum jy_status admin_setting_post(struct jy_ctx *cx, struct jy_view *out);

/* All rows of `plugins` with label, tone, meters, crashes and dependents, for list and overview. */
JY_CHECKED enum jy_status admin_plugin_rows(struct jy_ctx *cx, json_t **out);
/* This node's children: what they are and what they do right now. */
json_t *admin_children(struct jy_ctx *cx);
/* Every area of the administration that is loaded: {path, label}. */
json_t *admin_areas(struct jy_ctx *cx);

#endif
