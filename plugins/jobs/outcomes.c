/*
 * outcomes.c - the end of a vacancy: a reminder before it expires, and afterwards the question
 * whether somebody was hired, how many, and how many of them through us (plan 8③).
 *
 * One message for an employer and a day, however many vacancies end, so that the weekly cap is kept
 * for what matters.
 */
#include "jobs.h"

#include <string.h>

/* 500 vacancies in one run; the next run goes on. */
#define SQL_ENDING                                                                                 \
	"SELECT v.id, v.title, v.employer_id, v.expires FROM jobs_vacancies v WHERE "              \
	"v.state = 'published' AND v.expires BETWEEN CURDATE() AND CURDATE() + INTERVAL ? DAY "    \
	"AND (v.reminded IS NULL OR v.reminded <> v.expires) ORDER BY v.employer_id, v.id LIMIT "  \
	"500"
#define SQL_REMINDED "UPDATE jobs_vacancies SET reminded = expires WHERE id = ?"
#define SQL_ENDED                                                                                  \
	"SELECT v.id, v.title, v.employer_id FROM jobs_vacancies v WHERE v.state = 'closed' AND "  \
	"v.published_at IS NOT NULL AND v.changed > NOW() - INTERVAL 30 DAY AND NOT EXISTS "       \
	"(SELECT 1 FROM jobs_outcomes x WHERE x.vacancy = v.id) AND EXISTS (SELECT 1 FROM "        \
	"flow_history h WHERE h.flow = 'jobs.vacancy' AND h.record = v.id AND h.to_state = "       \
	"'closed' AND h.reason IN ('expired', 'filled')) ORDER BY v.employer_id, v.id LIMIT 500"
#define SQL_ASK "INSERT IGNORE INTO jobs_outcomes (vacancy) VALUES (?)"
#define SQL_ACCOUNTS                                                                               \
	"SELECT DISTINCT account FROM account_roles WHERE organisation = ? AND role = ?"
#define SQL_OUTCOME                                                                                \
	"SELECT v.id, v.title, v.headcount, x.answered, x.hired, x.via_us, x.note FROM "           \
	"jobs_outcomes x JOIN jobs_vacancies v ON v.id = x.vacancy WHERE x.vacancy = ? AND "       \
	"{scope employer=v.employer_id}"
#define SQL_ANSWER                                                                                 \
	"UPDATE jobs_outcomes SET answered = NOW(3), account = ?, hired = ?, via_us = ?, note = "  \
	"? "                                                                                       \
	"WHERE vacancy = ?"
#define SQL_COUNTED                                                                                \
	"SELECT COUNT(*) asked, COALESCE(SUM(x.answered IS NOT NULL), 0) answered, "               \
	"COALESCE(SUM(x.hired), 0) hired, COALESCE(SUM(x.via_us), 0) via_us FROM jobs_outcomes x " \
	"JOIN jobs_vacancies v ON v.id = x.vacancy WHERE {scope unit=v.unit "                      \
	"employer=v.employer_id}"

/* --- The two messages --- */

struct letter {
	const char *kind, *title, *before, *after;
	const char *many; /* the page for several vacancies */
	bool asks;
};

/* "“会计”、“出纳”等 5 个岗位" of rows[from..to-1]. */
static const char *
names_of(struct jy_ctx *cx, json_t *rows, size_t from, size_t to)
{
	const char *names = "";
	size_t i;

	for (i = from; i < to && i < from + 3; i++)
		names = jy_printf(cx, "%s%s“%s”", names, i > from ? "、" : "",
				  jy_json_text(json_array_get(rows, i), "title"));
	return to - from > 3 ? jy_printf(cx, "%s等 %zu 个岗位", names, to - from) : names;
}

/* To the employer of rows[from..to-1]. */
static enum jy_status
write_to(struct jy_ctx *cx, const struct letter *letter, json_t *rows, size_t from, size_t to)
{
	json_t *first = json_array_get(rows, from), *accounts, *row;
	int64_t id = jy_json_int(first, "id");
	struct jy_message message = {
		.key = jy_printf(cx, "jobs.%s:%" PRId64 ":%.10s", letter->kind, id,
				 jy_json_text(first, "expires")),
		.title = letter->title,
		.text = jy_printf(cx, "%s%s%s", letter->before, names_of(cx, rows, from, to),
				  letter->after),
		.link = to - from > 1 ? letter->many
				      : jy_printf(cx, "/jobs/%" PRId64 "%s", id,
						  letter->asks ? "/outcome" : ""),
	};
	enum jy_status s = jy_rows(cx, &accounts, SQL_ACCOUNTS,
				   jy_int(jy_json_int(first, "employer_id")), jy_int(JY_EMPLOYER));
	size_t i;

	if (s != JY_OK)
		return s;
	json_array_foreach(accounts, i, row)
	{
		message.account = jy_json_int(row, "account");
		s = jy_notify(cx, &message);
		if (s != JY_OK && s != JY_CONFLICT)
			return s;
	}
	return JY_OK;
}

/* rows are sorted by employer; mark is run for each vacancy in the letter's own transaction. */
static enum jy_status
write_all(struct jy_ctx *cx, const struct letter *letter, json_t *rows, const char *mark)
{
	size_t from, to, i, count = json_array_size(rows);
	enum jy_status s = JY_OK;

	for (from = 0; s == JY_OK && from < count; from = to) {
		int64_t employer = jy_json_int(json_array_get(rows, from), "employer_id");

		for (to = from; to < count &&
				jy_json_int(json_array_get(rows, to), "employer_id") == employer;)
			to++;
		s = write_to(cx, letter, rows, from, to);
		for (i = from; s == JY_OK && i < to; i++)
			s = jy_exec(cx, mark, jy_int(jy_json_int(json_array_get(rows, i), "id")));
		if (s == JY_OK)
			s = jy_checkpoint(cx);
	}
	return s;
}

enum jy_status
jobs_remind(struct jy_ctx *cx, json_t *args)
{
	static const struct letter ending = {
		.kind = "ending",
		.title = "岗位即将到期",
		.before = "快到有效期了：",
		.after = "。还在招人的，请修改有效期；已经招满的，请关闭。到期后自动关闭。",
		.many = "/jobs/mine",
	};
	static const struct letter ended = {
		.kind = "ended",
		.title = "招到人了吗",
		.before = "已经结束招聘：",
		.after = "。请用一分钟告诉我们招到几人、其中几人是通过本平台找到的。",
		.many = "/jobs/outcomes",
		.asks = true,
	};
	json_t *rows;
	enum jy_status s =
	    jy_rows(cx, &rows, SQL_ENDING, jy_int(jy_setting_int(cx, "jobs.remind_days")));

	(void)args;
	if (s == JY_OK)
		s = write_all(cx, &ending, rows, SQL_REMINDED);
	if (s == JY_OK)
		s = jy_rows(cx, &rows, SQL_ENDED);
	return s == JY_OK ? write_all(cx, &ended, rows, SQL_ASK) : s;
}

/* --- The answer --- */

static const struct jy_field fields[] = {
	{ "hired", JY_INT, 0, 9999, JY_REQUIRED, .label = "一共招到几人",
	  .hint = "没有招到填 0。" },
	{ "via_us", JY_INT, 0, 9999, JY_REQUIRED, .label = "其中几人是通过本平台找到的",
	  .hint = "包括推送、自己搜索和专场招聘活动。" },
	{ "note", JY_LONG, 0, 300, .label = "没有招满的原因，或对我们的建议" },
	{ 0 },
};

static enum jy_status
check(struct jy_ctx *cx, json_t *values)
{
	if (jy_json_int(values, "via_us") > jy_json_int(values, "hired"))
		jy_field_error(cx, "via_us", "通过本平台找到的人数不能多于一共招到的人数。");
	return JY_OK;
}

const struct jy_form jobs_outcome_form = {
	.name = "jobs.outcome",
	.title = "招聘结果",
	.intro = "只统计人数，不用写姓名。填过以后还可以修改。",
	.fields = fields,
	.submit = "提交",
	.check = check,
};

/* GET /jobs/:id/outcome */
enum jy_status
jobs_outcome_page(struct jy_ctx *cx, struct jy_view *out)
{
	json_t *row, *values = NULL;
	enum jy_status s = jy_row(cx, &row, SQL_OUTCOME, jy_int(jy_param_int(cx, "id")));

	if (s != JY_OK)
		return s;
	if (*jy_json_text(row, "answered"))
		values = json_pack(
		    "{s:I, s:I, s:s}", "hired", (json_int_t)jy_json_int(row, "hired"), "via_us",
		    (json_int_t)jy_json_int(row, "via_us"), "note", jy_json_text(row, "note"));
	return jy_form_page(cx, out, &jobs_outcome_form, NULL, values);
}

/* POST /jobs/:id/outcome */
enum jy_status
jobs_outcome(struct jy_ctx *cx, struct jy_view *out)
{
	int64_t id = jy_param_int(cx, "id");
	json_t *row;
	enum jy_status s = jy_row(cx, &row, SQL_OUTCOME, jy_int(id));

	if (s == JY_OK)
		s = jy_exec(cx, SQL_ANSWER, jy_int(jy_user(cx)->account),
			    jy_int(jy_param_int(cx, "hired")), jy_int(jy_param_int(cx, "via_us")),
			    jy_text(jy_json_text(jy_params(cx), "note")), jy_int(id));
	if (s != JY_OK)
		return s;
	jy_notice(out, "谢谢，“%s”的招聘结果已记下。", jy_json_text(row, "title"));
	return jy_redirect(out, "/jobs/outcomes");
}

/* --- The list --- */

static const struct jy_choice answered[] = { { "1", "已填" }, { "0", "未填" }, { 0 } };
static const struct jy_column columns[] = {
	{ "id", "编号", "v.id", JY_INT, JY_DATA },
	{ "title", "岗位", "v.title", JY_TEXT },
	{ "employer", "单位", "o.name", JY_TEXT },
	{ "headcount", "要招", "v.headcount", JY_INT },
	{ "answered", "结果", "CAST(x.answered IS NOT NULL AS CHAR)", JY_CHOICE,
	  .labels = answered },
	{ "hired", "招到", "IF(x.answered IS NULL, NULL, x.hired)", JY_INT },
	{ "via_us", "通过本平台", "IF(x.answered IS NULL, NULL, x.via_us)", JY_INT },
	{ "asked", "询问时间", "x.asked", JY_DATETIME, JY_SORT },
	{ 0 },
};
static const struct jy_filter filters[] = {
	{ { "answered", JY_CHOICE, .label = "结果", .choices = answered },
	  "(x.answered IS NOT NULL) = ?" },
	{ { 0 } },
};
const struct jy_list jobs_outcomes_list = {
	.name = "jobs.outcomes",
	.title = "招聘结果",
	.from = "jobs_outcomes x JOIN jobs_vacancies v ON v.id = x.vacancy "
		"JOIN organisations o ON o.id = v.employer_id",
	.where = "{scope unit=v.unit employer=v.employer_id}",
	.key = "v.id",
	.columns = columns,
	.filters = filters,
	.sort = "-asked",
	.link = "/jobs/:id",
	.empty = "还没有结束招聘的岗位。岗位到期或招满后，会请单位填写招聘结果。",
};

/* GET /jobs/outcomes */
enum jy_status
jobs_outcomes_page(struct jy_ctx *cx, struct jy_view *out)
{
	return jy_list_page(cx, out, &jobs_outcomes_list, JY_VALS(), NULL);
}

enum jy_status
jobs_tile_outcomes(struct jy_ctx *cx, json_t *model)
{
	json_t *row;
	enum jy_status s = jy_row(cx, &row, SQL_COUNTED);

	if (s != JY_OK)
		return s;
	json_object_set(model, "value", json_object_get(row, "hired"));
	json_object_set_new(model, "text",
			    json_sprintf("其中通过本平台 %" PRId64 " 人；询问 %" PRId64
					 " 个岗位，已填 %" PRId64 " 个",
					 jy_json_int(row, "via_us"), jy_json_int(row, "asked"),
					 jy_json_int(row, "answered")));
	json_object_set_new(model, "link", json_string("/jobs/outcomes"));
	return JY_OK;
}
