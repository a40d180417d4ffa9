/*
 * needs.c - the service list (plan 1): a graduate says once what is needed, every office answers.
 *
 * The plugin has the short form, the ledger of the offices, the roster's import and the fan-out of
 * a need into orders. The rows themselves are the core's (people, needs, orders), because every
 * other activity meets there.
 */
#include "needs.h"

static const struct jy_field need_params[] = {
	{ "id", JY_INT, 1, INT64_MAX, .label = "需求编号" },
	{ 0 },
};

static const struct jy_route routes[] = {
	{ JY_GET, "/needs", JY_GRADUATE, NULL, needs_form_own },
	{ JY_POST, "/needs", JY_GRADUATE, NULL, needs_save_own, &needs_statement },
	{ JY_GET, "/needs/for/:person", JY_STAFF, needs_person_params, needs_form_for },
	{ JY_POST, "/needs/for/:person", JY_STAFF, needs_person_params, needs_save_for,
	  &needs_statement },
	{ JY_GET, "/needs/ledger", JY_STAFF, NULL, needs_ledger_page, .list = &needs_ledger,
	  .limit_s = 60 },
	{ JY_GET, "/needs/people", JY_STAFF, NULL, needs_people_page, .list = &needs_people,
	  .limit_s = 60 },
	{ JY_GET, "/needs/coverage", JY_STAFF, NULL, needs_coverage_page },
	{ JY_GET, "/needs/:id", JY_GRADUATE | JY_STAFF, need_params, needs_need_page },
	{ 0 },
};

static const struct jy_field settings[] = {
	{ "answer_hours", JY_INT, 1, 2160, .label = "需求答复时限（小时）",
	  .hint = "从登记到经办单位答复的最长时间，超过后在队列里标红。", .initial = "120" },
	{ 0 },
};

static const struct jy_subscription subscriptions[] = {
	{ "needs.registered", needs_fan_out },
	{ "needs.need_withdrawn", needs_close_orders },
	{ 0 },
};

static const struct jy_nav nav[] = {
	{ "/needs", "我的需求", JY_GRADUATE, 10 },
	{ "/needs/ledger", "需求台账", JY_STAFF, 10 },
	{ "/needs/people", "毕业生名册", JY_STAFF, 12 },
	{ "/needs/coverage", "摸底进度", JY_STAFF, 14 },
	{ 0 },
};

static const struct jy_tile tiles[] = {
	{ "coverage", "已登记需求的毕业生", JY_STAFF, needs_tile_coverage },
	{ 0 },
};

static const struct jy_transfer *const transfers[] = { &needs_roster, NULL };
static const struct jy_flow *const flows[] = { &needs_flow, NULL };

JY_PLUGIN(.name = "needs", .version = "1.0.0", .title = "需求登记",
	  .summary = "毕业生一次说清需求，各经办单位分头答复；名册、台账与摸底进度。",
	  .settings = settings, .routes = routes, .subscriptions = subscriptions, .nav = nav,
	  .tiles = tiles, .transfers = transfers, .flows = flows)
