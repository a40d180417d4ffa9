/*
 * jobs.c - vacancies from collection to push (plan 8①②③, 9①): employers post, city officers review,
 * everybody finds, and each graduate gets three with reasons.
 */
#include "jobs.h"

static const struct jy_field id_params[] = {
	{ "id", JY_INT, 1, INT64_MAX, .label = "编号" },
	{ 0 },
};

static const struct jy_route routes[] = {
	{ JY_GET, "/jobs", JY_ANYONE, NULL, jobs_public_page, .list = &jobs_public_list,
	  .cache_s = 5 },
	{ JY_GET, "/jobs/:id", JY_ANYONE, id_params, jobs_detail_page, .cache_s = 5 },
	{ JY_GET, "/jobs/mine", JY_EMPLOYER, NULL, jobs_own_page, .list = &jobs_own_list },
	{ JY_GET, "/jobs/new", JY_EMPLOYER, NULL, jobs_post_page },
	{ JY_POST, "/jobs/new", JY_EMPLOYER, NULL, jobs_post, &jobs_vacancy_form },
	{ JY_GET, "/jobs/:id/edit", JY_EMPLOYER, id_params, jobs_edit_page },
	{ JY_POST, "/jobs/:id/edit", JY_EMPLOYER, id_params, jobs_edit, &jobs_vacancy_form },
	{ JY_POST, "/jobs/:id/checked", JY_CITY | JY_PROVINCE, id_params, jobs_checked,
	  &jobs_checked_form },
	{ JY_GET, "/jobs/:id/report", JY_SIGNED, id_params, jobs_report_page },
	{ JY_POST, "/jobs/:id/report", JY_SIGNED, id_params, jobs_report, &jobs_report_form },
	{ JY_GET, "/jobs/reports", JY_CITY | JY_PROVINCE, NULL, jobs_reports_page,
	  .list = &jobs_reports_list },
	{ JY_GET, "/jobs/reports/:id", JY_CITY | JY_PROVINCE, id_params, jobs_report_detail },
	{ JY_GET, "/jobs/:id/outcome", JY_EMPLOYER, id_params, jobs_outcome_page },
	{ JY_POST, "/jobs/:id/outcome", JY_EMPLOYER, id_params, jobs_outcome, &jobs_outcome_form },
	{ JY_GET, "/jobs/outcomes", JY_EMPLOYER | JY_CITY | JY_PROVINCE, NULL, jobs_outcomes_page,
	  .list = &jobs_outcomes_list },
	{ JY_GET, "/jobs/all", JY_CITY | JY_PROVINCE, NULL, jobs_staff_page,
	  .list = &jobs_staff_list, .limit_s = 60 },
	{ JY_GET, "/jobs/pushed", JY_GRADUATE, NULL, jobs_pushed_page },
	{ JY_POST, "/jobs/pushed/:id/feedback", JY_GRADUATE, id_params, jobs_feedback,
	  &jobs_feedback_form },
	{ JY_GET, "/jobs/batches", JY_CITY | JY_PROVINCE, NULL, jobs_batches_page,
	  .list = &jobs_batches_list },
	{ 0 },
};

static const struct jy_field settings[] = {
	{ "cap_percent", JY_INT, 100, 1000, .label = "每个名额最多推送（占平均需求的百分比）",
	  .hint = "平均需求 = 3 × 毕业生数 ÷ 招聘名额。200 表示同一名额最多推给平均需求两倍的人。",
	  .initial = "200" },
	{ "floor", JY_INT, 0, 100, .label = "最低匹配分", .initial = "40",
	  .hint = "低于这个分数的岗位不推送，改记入缺口表。" },
	{ "days_left", JY_INT, 0, 60, .label = "至少还剩几天才推送", .initial = "7" },
	{ "answer_hours", JY_INT, 1, 720, .label = "推送时限（小时）", .initial = "48" },
	{ "wage_floor", JY_INT, 0, 100000, .label = "全省最低一档的月最低工资（元）",
	  .hint = "低于它的岗位不能发布。各市州标准不同，这里填最低的一档。", .initial = "1540" },
	{ "pay_ceiling", JY_INT, 1000, 10000000, .label = "月薪高于多少元要核实",
	  .initial = "100000" },
	{ "reports_a_day", JY_INT, 1, 1000, .label = "每个账号一天最多反映几个岗位",
	  .initial = "5" },
	{ "remind_days", JY_INT, 1, 30, .label = "到期前几天提醒单位", .initial = "3" },
	{ 0 },
};

static const struct jy_task tasks[] = {
	{ "match", "匹配并推送三个岗位", .at = "02:30", .limit_s = 1800,
	  .run = jobs_match_nightly },
	{ "expire", "关闭到期岗位", .every = 1800, .limit_s = 120, .run = jobs_expire },
	{ "remind", "提醒到期并询问招聘结果", .every = 3600, .limit_s = 300, .run = jobs_remind },
	{ 0 },
};

static const struct jy_subscription subscriptions[] = {
	{ "needs.registered", jobs_need_registered },
	{ 0 },
};

static const struct jy_nav nav[] = {
	{ "/jobs", "找岗位", JY_ANYONE, 20 },
	{ "/jobs/pushed", "为我推送", JY_GRADUATE, 22 },
	{ "/jobs/mine", "我的岗位", JY_EMPLOYER, 24 },
	{ "/jobs/flow/vacancy/queue", "岗位审核", JY_CITY | JY_PROVINCE, 26 },
	{ "/jobs/all", "岗位台账", JY_CITY | JY_PROVINCE, 28 },
	{ "/jobs/reports", "岗位反映", JY_CITY | JY_PROVINCE, 29 },
	{ "/jobs/outcomes", "招聘结果", JY_EMPLOYER | JY_CITY | JY_PROVINCE, 29 },
	{ "/jobs/batches", "推送批次", JY_CITY | JY_PROVINCE, 30 },
	{ 0 },
};

static const struct jy_tile tiles[] = {
	{ "open", "在招岗位", JY_ANYONE, jobs_tile_open },
	{ "pushed", "收到三个岗位的毕业生", JY_CITY | JY_PROVINCE, jobs_tile_pushed },
	{ "outcomes", "单位招到的人", JY_CITY | JY_PROVINCE, jobs_tile_outcomes },
	{ 0 },
};

static const struct jy_service services[] = {
	{ "jobs.published", jobs_published },
	{ "jobs.match", jobs_match },
	{ "jobs.demo", jobs_demo },
	{ 0 },
};

static const struct jy_transfer *const transfers[] = { &jobs_vacancies_import, NULL };
static const struct jy_flow *const flows[] = { &jobs_vacancy_flow, &jobs_report_flow, NULL };

JY_PLUGIN(.name = "jobs", .version = "1.0.0", .title = "岗位",
	  .summary = "岗位采集、审核、公开发布，为每名毕业生推送三个岗位并说明理由。", .schema = 2,
	  .settings = settings, .routes = routes, .tasks = tasks, .subscriptions = subscriptions,
	  .nav = nav, .tiles = tiles, .services = services, .transfers = transfers, .flows = flows)
