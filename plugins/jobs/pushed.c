/*
 * pushed.c - what a graduate sees of the pushes, what the graduate says to them, and the batches
 * that the offices see.
 */
#include "jobs.h"

#include <string.h>

#define SQL_PUSHED                                                                                 \
	"SELECT p.id, p.vacancy, p.place, p.score, p.relaxed, p.reasons, p.pushed_at, "            \
	"p.feedback, v.title, v.headcount, v.pay_min, v.pay_max, v.pay_months, v.pay_text, "       \
	"v.state, v.expires < CURDATE() expired, o.name employer, r.full_name region_name "        \
	"FROM jobs_pushes p JOIN jobs_vacancies v ON v.id = p.vacancy "                            \
	"JOIN organisations o ON o.id = v.employer_id LEFT JOIN regions r ON r.code = v.region "   \
	"WHERE p.person = ? AND p.feedback NOT IN ('unsuitable', 'blocked') "                      \
	"ORDER BY (v.state = 'published' AND v.expires >= CURDATE()) DESC, p.pushed_at DESC, "     \
	"p.place LIMIT 12"
#define SQL_FEEDBACK                                                                               \
	"UPDATE jobs_pushes SET feedback = ?, feedback_reason = ?, feedback_at = NOW(3), "         \
	"read_at = COALESCE(read_at, NOW(3)) WHERE id = ? AND {scope person=person}"
#define SQL_SHARE                                                                                  \
	"SELECT COUNT(*) people, COALESCE(SUM((SELECT COUNT(*) FROM jobs_pushes x "                \
	"WHERE x.person = p.id) >= 3), 0) three FROM people p WHERE p.cohort = ? "                 \
	"AND p.push_off = 0 AND {scope unit=p.unit}"

static const struct jy_choice feedbacks[] = {
	{ "interested", "感兴趣" },
	{ "applied", "已投递" },
	{ "unsuitable", "不合适" },
	{ 0 },
};
static const struct jy_choice feedback_reasons[] = {
	{ "major", "专业不合适" }, { "place", "地点不合适" }, { "pay", "薪酬不合适" },
	{ "filled", "已经招满" },  { "fake", "疑似虚假" },    { 0 },
};

static const struct jy_field feedback_fields[] = {
	{ "feedback", JY_CHOICE, .flags = JY_REQUIRED, .label = "您的反馈", .choices = feedbacks },
	{ "reason", JY_CHOICE, .label = "原因", .choices = feedback_reasons },
	{ 0 },
};

static enum jy_status
check_feedback(struct jy_ctx *cx, json_t *values)
{
	if (strcmp(jy_json_text(values, "feedback"), "unsuitable") == 0 &&
	    !*jy_json_text(values, "reason"))
		jy_field_error(cx, "reason", "请选择不合适的原因，下次推荐会避开。");
	return JY_OK;
}

const struct jy_form jobs_feedback_form = {
	.name = "jobs.feedback",
	.title = "岗位反馈",
	.fields = feedback_fields,
	.submit = "提交反馈",
	.check = check_feedback,
};

/* GET /jobs/pushed - the three jobs, with reasons. */
enum jy_status
jobs_pushed_page(struct jy_ctx *cx, struct jy_view *out)
{
	json_t *rows, *row, *reasons, *list;
	enum jy_status s;
	size_t i, k;

	if (!jy_user(cx)->person)
		return jy_refuse(
		    out, JY_CONFLICT, "jobs.not_on_roster",
		    "您的账号还没有和毕业生名册对应起来，请先在“我的账号”里完成身份核对。");
	s = jy_rows(cx, &rows, SQL_PUSHED, jy_int(jy_user(cx)->person));
	if (s != JY_OK)
		return s;
	json_array_foreach(rows, i, row)
	{
		bool open = strcmp(jy_json_text(row, "state"), "published") == 0 &&
			    !jy_json_int(row, "expired");

		reasons = jy_own(cx, json_loads(jy_json_text(row, "reasons"), 0, NULL));
		json_object_set(row, "reasons", reasons);
		json_object_set_new(row, "pay", json_string(jobs_pay_text(cx, row)));
		json_object_set_new(row, "open", json_boolean(open));
		for (k = 0; feedbacks[k].value; k++)
			json_object_set_new(row, feedbacks[k].value,
					    json_boolean(strcmp(jy_json_text(row, "feedback"),
								feedbacks[k].value) == 0));
		json_object_set_new(
		    row, "feedback_label",
		    json_string(jobs_label(feedbacks, jy_json_text(row, "feedback"))));
	}
	list = json_array();
	for (i = 0; feedback_reasons[i].value; i++)
		json_array_append_new(list,
				      json_pack("{s:s, s:s}", "value", feedback_reasons[i].value,
						"label", feedback_reasons[i].label));
	return jy_show(out, "jobs/pushed",
		       json_pack("{s:s, s:O, s:b, s:o}", "title", "为我推送的岗位", "rows", rows,
				 "any", json_array_size(rows) > 0, "unsuitable_reasons", list));
}

/* POST /jobs/pushed/:id/feedback */
enum jy_status
jobs_feedback(struct jy_ctx *cx, struct jy_view *out)
{
	enum jy_status s =
	    jy_exec(cx, SQL_FEEDBACK, jy_text(jy_param_text(cx, "feedback")),
		    jy_text(jy_json_text(jy_params(cx), "reason")), jy_int(jy_param_int(cx, "id")));

	if (s != JY_OK)
		return s;
	if (jy_changed(cx) == 0)
		return JY_NOT_FOUND;
	jy_notice(out, "已记录您的反馈。");
	return jy_redirect(out, "/jobs/pushed");
}

static const struct jy_column batch_columns[] = {
	{ "id", "批次", "b.id", JY_INT, JY_SORT },
	{ "region", "范围", "b.region", JY_CHOICE, .reference = "units" },
	{ "people", "毕业生", "JSON_VALUE(b.measures, '$.people')", JY_INT },
	{ "with_three", "得到三个", "JSON_VALUE(b.measures, '$.with_three')", JY_INT },
	{ "pushes", "推送数", "JSON_VALUE(b.measures, '$.pushes')", JY_INT },
	{ "mean_score", "平均分", "ROUND(JSON_VALUE(b.measures, '$.mean_score'), 1)", JY_TEXT },
	{ "never", "从未推送的岗位", "JSON_VALUE(b.measures, '$.never_pushed')", JY_INT },
	{ "started", "开始", "b.started", JY_DATETIME },
	{ "finished", "完成", "b.finished", JY_DATETIME },
	{ 0 },
};
static const struct jy_filter batch_filters[] = {
	{ { "region", JY_CHOICE, .label = "市州", .reference = "units" }, "b.region = ?" },
	{ { 0 } },
};
const struct jy_list jobs_batches_list = {
	.name = "jobs.batches",
	.title = "推送批次",
	.from = "jobs_batches b",
	.where = "b.dry_run = 0 AND JSON_VALUE(b.measures, '$.people') > 1 AND "
		 "(b.region = '' OR {scope unit=b.region})",
	.key = "b.id",
	.columns = batch_columns,
	.filters = batch_filters,
	.sort = "-id",
	.empty = "还没有推送过。每天凌晨自动匹配，也可以由管理员在命令行运行 jiyectl match。",
};

/* GET /jobs/batches */
enum jy_status
jobs_batches_page(struct jy_ctx *cx, struct jy_view *out)
{
	return jy_list_page(cx, out, &jobs_batches_list, JY_VALS(), NULL);
}

enum jy_status
jobs_tile_pushed(struct jy_ctx *cx, json_t *model)
{
	json_t *campaign, *row;
	int64_t people, three;
	enum jy_status s = jy_campaign(cx, &campaign);

	if (s == JY_OK)
		s = jy_row(cx, &row, SQL_SHARE, jy_int(jy_json_int(campaign, "cohort")));
	if (s != JY_OK)
		return s;
	people = jy_json_int(row, "people");
	three = jy_json_int(row, "three");
	json_object_set_new(
	    model, "value",
	    json_string(jy_printf(cx, "%" PRId64 "%%", people ? three * 100 / people : 0)));
	json_object_set_new(
	    model, "text",
	    json_string(jy_printf(cx, "%" PRId64 " / %" PRId64 " 人", three, people)));
	json_object_set_new(model, "link", json_string("/jobs/batches"));
	return JY_OK;
}
