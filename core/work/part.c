/*
 * part.c - the table of part_work: the core's own pages for orders, messages, campaigns, tasks and
 * the outbox. Always on; its paths do not begin with its name.
 */
#include "plugin/plugins.h"
#include "work/admin.h"
#include "work/campaigns.h"
#include "work/messages.h"
#include "work/orders.h"

static const struct jy_route routes[] = {
	{ JY_GET, "/messages", JY_SIGNED, message_list_params, messages_get },
	{ JY_POST, "/messages/:id/read", JY_SIGNED, message_id_params, message_read_post },
	{ JY_POST, "/messages/read-all", JY_SIGNED, NULL, messages_read_all_post },
	{ JY_GET, "/messages/preferences", JY_SIGNED, NULL, message_preferences_get },
	{ JY_POST, "/messages/preferences", JY_SIGNED, NULL, message_preferences_post,
	  &message_preferences_form },
	{ JY_GET, "/messages/off/:token", JY_ANYONE, message_off_params, message_off_get },
	{ JY_POST, "/messages/off/:token", JY_ANYONE, message_off_params, message_off_post,
	  &message_off_form },

	{ JY_GET, "/work/orders", JY_STAFF, NULL, orders_get, .list = &order_list, .limit_s = 60 },
	{ JY_GET, "/work/orders/:id", JY_STAFF | JY_GRADUATE, order_params, order_get },
	{ JY_POST, "/work/orders/:id/owner", JY_STAFF, order_params, order_owner_post,
	  &order_owner_form },
	{ JY_POST, "/work/orders/:id/contact", JY_STAFF, order_params, order_contact_post,
	  .flags = JY_REPEATABLE },
	{ JY_GET, "/work/timeline", JY_GRADUATE, NULL, timeline_get },
	{ JY_GET, "/work/meters", JY_STAFF, meter_params, meters_get, .limit_s = 30 },

	{ JY_GET, "/admin/campaigns", JY_ADMIN, NULL, campaigns_get },
	{ JY_POST, "/admin/campaigns", JY_ADMIN, NULL, campaign_new_post, &campaign_form },
	{ JY_GET, "/admin/campaigns/new", JY_ADMIN, NULL, campaign_new_get },
	{ JY_GET, "/admin/campaigns/:id", JY_ADMIN, campaign_params, campaign_get },
	{ JY_POST, "/admin/campaigns/:id", JY_ADMIN, campaign_params, campaign_post,
	  &campaign_form },
	{ JY_POST, "/admin/campaigns/:id/current", JY_ADMIN, campaign_params,
	  campaign_current_post },

	{ JY_GET, "/admin/tasks", JY_ADMIN, NULL, tasks_get },
	{ JY_GET, "/admin/tasks/:task", JY_ADMIN, work_task_params, task_get },
	{ JY_POST, "/admin/tasks/:task/run", JY_ADMIN, work_task_params, task_run_post },
	{ JY_GET, "/admin/outbox", JY_ADMIN, work_outbox_params, outbox_get },
	{ JY_POST, "/admin/outbox/:id/retry", JY_ADMIN, work_row_params, outbox_retry_post },
	{ JY_POST, "/admin/outbox/:id/drop", JY_ADMIN, work_row_params, outbox_drop_post,
	  &work_drop_form },
	{ JY_GET, "/outbox", JY_ANYONE, NULL, outbox_letters_get },
	{ 0 },
};

static const struct jy_task tasks[] = {
	{ "housekeeping", "清理过期记录", .at = "03:40", .limit_s = 600, .run = work_housekeeping },
	{ "audit", "校验审计日志", .at = "04:10", .limit_s = 3600, .run = work_audit_check },
	{ "digest", "每周消息汇总（周一）", .at = "09:10", .limit_s = 600, .run = work_digest },
	{ 0 },
};
static const struct jy_subscription subscriptions[] = {
	{ "work.order_answered", order_changed },
	{ "work.order_confirmed", order_changed },
	{ "work.order_returned", order_changed },
	{ 0 },
};
static const struct jy_nav nav[] = {
	{ "/work/timeline", "服务进度", JY_GRADUATE, 15 },
	{ "/work/orders", "服务订单", JY_STAFF, 16 },
	{ "/work/meters", "进度统计", JY_STAFF, 18 },
	{ "/admin/campaigns", "服务活动", JY_ADMIN, 510 },
	{ "/admin/tasks", "后台任务", JY_ADMIN, 520 },
	{ "/admin/outbox", "发件箱", JY_ADMIN, 530 },
	{ 0 },
};
static const struct jy_tile tiles[] = {
	{ "orders", "待办服务订单", JY_STAFF, order_tile },
	{ "timeline", "为我办理的服务", JY_GRADUATE, timeline_tile },
	{ 0 },
};
static const struct jy_flow *const flows[] = { &order_flow, NULL };

const struct jy_plugin part_work = {
	.size = sizeof(struct jy_plugin),
	.abi_major = JY_ABI_MAJOR,
	.abi_minor = JY_ABI_MINOR,
	.name = "work",
	.version = "1.0.0",
	.title = "协同办理",
	.summary = "需求、订单、消息、服务活动和后台任务。",
	.routes = routes,
	.tasks = tasks,
	.subscriptions = subscriptions,
	.nav = nav,
	.tiles = tiles,
	.flows = flows,
};
