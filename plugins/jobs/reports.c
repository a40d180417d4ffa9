/*
 * reports.c - "this looks wrong", from anybody who has signed in, and what the office makes of it
 * (plan 8③: looked at again when reported).
 *
 * A report of a false post or a fee by somebody whom the site knows halts the pushing of that
 * vacancy at once; the public page stays, because one voice is no proof. Who reported is told how
 * it ended and is never named to the employer.
 */
#include "jobs.h"

#include <string.h>

#define SQL_PUBLIC                                                                                 \
	"SELECT v.id, v.title, v.employer_id, o.name employer FROM jobs_vacancies v JOIN "         \
	"organisations o ON o.id = v.employer_id WHERE v.id = ? AND v.state = 'published'"
#define SQL_TODAY                                                                                  \
	"SELECT COUNT(*) n FROM jobs_reports WHERE account = ? AND at > NOW() - INTERVAL 1 DAY"
/* Who was wrong three times in a quarter is still heard, but stops nothing. */
#define SQL_WRONG                                                                                  \
	"SELECT COUNT(*) n FROM jobs_reports WHERE account = ? AND state = 'dismissed' "           \
	"AND at > NOW() - INTERVAL 90 DAY"
#define SQL_ADD                                                                                    \
	"INSERT INTO jobs_reports (vacancy, account, role, reason, note, halts) "                  \
	"VALUES (?, ?, ?, ?, ?, ?)"
#define SQL_HANDLED "UPDATE jobs_reports SET handled = NOW(3) WHERE id = ?"
#define SQL_VACANCY "SELECT id, title, employer_id, state, ver FROM jobs_vacancies WHERE id = ?"
#define SQL_ONE                                                                                    \
	"SELECT r.id, r.vacancy, r.role, r.reason, r.note, r.at, r.halts, r.state, v.title, "      \
	"v.state vacancy_state, o.name employer, (SELECT COUNT(*) FROM jobs_reports x "            \
	"WHERE x.vacancy = r.vacancy AND x.id <> r.id) others FROM jobs_reports r "                \
	"JOIN jobs_vacancies v ON v.id = r.vacancy JOIN organisations o ON o.id = v.employer_id "  \
	"WHERE r.id = ? AND {scope unit=v.unit}"

static const struct jy_choice reasons[] = {
	{ "fake", "信息虚假，或联系不上单位" },
	{ "fee", "收费、押金或要求贷款" },
	{ "filled", "已经招满" },
	{ "discrimination", "性别、户籍、年龄等歧视" },
	{ "other", "其他" },
	{ 0 },
};
static const struct jy_choice states[] = {
	{ "open", "待处理" },
	{ "dismissed", "不成立" },
	{ "reviewed", "已退回审核" },
	{ "closed", "岗位已关闭" },
	{ 0 },
};
static const struct jy_choice reporters[] = {
	{ "2", "毕业生" },     { "4", "用人单位" }, { "8", "高校" },
	{ "16", "市州" },      { "32", "省级" },    { "64", "培训机构" },
	{ "128", "招聘网站" }, { "256", "管理员" }, { 0 },
};

/* --- Reporting --- */

static const struct jy_field report_fields[] = {
	{ "reason", JY_CHOICE, .flags = JY_REQUIRED, .label = "有什么问题", .choices = reasons },
	{ "note", JY_LONG, 0, 300, .label = "说明",
	  .hint = "例如：什么时候、谁、要求交多少钱。不要写别人的身份证号。" },
	{ 0 },
};

static enum jy_status
check_report(struct jy_ctx *cx, json_t *values)
{
	if (strcmp(jy_json_text(values, "reason"), "other") == 0 && !*jy_json_text(values, "note"))
		jy_field_error(cx, "note", "选择“其他”时，请写明是什么问题。");
	return JY_OK;
}

const struct jy_form jobs_report_form = {
	.name = "jobs.report",
	.title = "反映岗位问题",
	.intro = "由岗位所在地人社部门处理，处理结果会通知您。单位看不到是谁反映的。",
	.fields = report_fields,
	.submit = "提交",
	.check = check_report,
};

/* The vacancy, if the caller may report it. */
static enum jy_status
reportable(struct jy_ctx *cx, struct jy_view *out, json_t **row)
{
	enum jy_status s = jy_row(cx, row, SQL_PUBLIC, jy_int(jy_param_int(cx, "id")));

	if (s == JY_NOT_FOUND)
		return jy_refuse(out, s, "jobs.not_found", "没有这个岗位，或者它已经关闭。");
	if (s == JY_OK && jy_user(cx)->role == JY_EMPLOYER &&
	    jy_json_int(*row, "employer_id") == jy_user(cx)->organisation)
		return jy_refuse(out, JY_CONFLICT, "jobs.report_own",
				 "这是本单位的岗位，可以直接修改、暂停或关闭。");
	return s;
}

/* GET /jobs/:id/report */
enum jy_status
jobs_report_page(struct jy_ctx *cx, struct jy_view *out)
{
	json_t *row;
	enum jy_status s = reportable(cx, out, &row);

	return s == JY_OK ? jy_form_page(cx, out, &jobs_report_form, NULL, NULL) : s;
}

/* Does this report stop the pushing until somebody has looked at it? */
static enum jy_status
halts(struct jy_ctx *cx, const char *reason, int64_t *out)
{
	const struct jy_user *user = jy_user(cx);
	bool known = user->person != 0 || (user->role & JY_STAFF) != 0;
	json_t *row;
	enum jy_status s;

	*out = 0;
	if (!known || (strcmp(reason, "fake") != 0 && strcmp(reason, "fee") != 0))
		return JY_OK;
	s = jy_row(cx, &row, SQL_WRONG, jy_int(user->account));
	if (s == JY_OK)
		*out = jy_json_int(row, "n") < 3;
	return s;
}

/* POST /jobs/:id/report */
enum jy_status
jobs_report(struct jy_ctx *cx, struct jy_view *out)
{
	const char *reason = jy_param_text(cx, "reason");
	int64_t stop = 0, id;
	json_t *row, *today;
	enum jy_status s = reportable(cx, out, &row);

	if (s == JY_OK)
		s = jy_row(cx, &today, SQL_TODAY, jy_int(jy_user(cx)->account));
	if (s == JY_OK && jy_json_int(today, "n") >= jy_setting_int(cx, "jobs.reports_a_day"))
		return jy_refuse(
		    out, JY_CONFLICT, "jobs.reports_full",
		    "您今天反映得已经很多了，请明天再来；紧急情况请直接联系当地人社部门。");
	if (s == JY_OK)
		s = halts(cx, reason, &stop);
	if (s != JY_OK)
		return s;
	s = jy_exec(cx, SQL_ADD, jy_int(jy_json_int(row, "id")), jy_int(jy_user(cx)->account),
		    jy_int(jy_user(cx)->role), jy_text(reason),
		    jy_text(jy_json_text(jy_params(cx), "note")), jy_int(stop));
	if (s == JY_CONFLICT)
		return jy_refuse(out, s, "jobs.report_twice",
				 "您已经反映过这个岗位，正在处理，结果会通知您。");
	if (s != JY_OK)
		return s;
	id = jy_last_id(cx);
	s = jy_flow_begin(cx, &jobs_report_flow, id, "");
	if (s == JY_OK)
		s = jy_emit(cx, "jobs.vacancy_reported",
			    json_pack("{s:I, s:I, s:s}", "id", (json_int_t)id, "vacancy",
				      (json_int_t)jy_json_int(row, "id"), "reason", reason));
	if (s != JY_OK)
		return s;
	jy_notice(out, "已收到您的反映，处理结果会发到您的消息里。");
	return jy_redirect(out, "/jobs/%" PRId64, jy_json_int(row, "id"));
}

/* --- Handling --- */

static enum jy_status
finish(struct jy_ctx *cx, json_t *record, const char *title, const char *text)
{
	struct jy_message message = {
		.account = jy_json_int(record, "account"),
		.key = jy_printf(cx, "jobs.report:%" PRId64, jy_json_int(record, "id")),
		.title = "您反映的岗位问题已处理",
		.text = jy_printf(cx, "“%s”：%s", title, text),
		.link = jy_printf(cx, "/jobs/%" PRId64, jy_json_int(record, "vacancy")),
	};
	enum jy_status s = jy_exec(cx, SQL_HANDLED, jy_int(jy_json_int(record, "id")));

	if (s == JY_OK)
		s = jy_notify(cx, &message);
	return s == JY_CONFLICT ? JY_OK : s;
}

static enum jy_status
vacancy_of(struct jy_ctx *cx, json_t *record, json_t **vacancy)
{
	return jy_row(cx, vacancy, SQL_VACANCY, jy_int(jy_json_int(record, "vacancy")));
}

static enum jy_status
dismiss(struct jy_ctx *cx, json_t *record, const char *reason, const char *note)
{
	json_t *vacancy;
	enum jy_status s = vacancy_of(cx, record, &vacancy);

	(void)reason;
	return s == JY_OK ? finish(cx, record, jy_json_text(vacancy, "title"),
				   jy_printf(cx, "经核实，问题不成立。%s", note))
			  : s;
}

static enum jy_status
review(struct jy_ctx *cx, json_t *record, const char *reason, const char *note)
{
	json_t *vacancy;
	const char *state;
	int64_t id;
	enum jy_status s = vacancy_of(cx, record, &vacancy);

	(void)reason;
	if (s != JY_OK)
		return s;
	id = jy_json_int(vacancy, "id");
	state = jy_json_text(vacancy, "state");
	if (strcmp(state, "closed") == 0 || strcmp(state, "draft") == 0 ||
	    strcmp(state, "declined") == 0) {
		jy_field_error(
		    cx, NULL,
		    "岗位“%s”已经不在公开状态，不用退回审核，请选择“关闭岗位”或“不成立”。",
		    jy_json_text(vacancy, "title"));
		return JY_INVALID;
	}
	if (strcmp(state, "published") == 0)
		s = jy_flow_move(cx, NULL, &jobs_vacancy_flow, id, "pause", 0, "", "收到反映");
	if (s == JY_OK && strcmp(state, "pending") != 0)
		s = jy_flow_move(cx, NULL, &jobs_vacancy_flow, id, "resume", 0, "", "收到反映");
	if (s == JY_OK)
		s = jobs_tell_employer(cx, vacancy, "岗位重新审核",
				       jy_printf(cx,
						 "“%s”收到反映，已暂停公开，重新审核。%s "
						 "可以先自查并修改。",
						 jy_json_text(vacancy, "title"), note));
	return s == JY_OK ? finish(cx, record, jy_json_text(vacancy, "title"),
				   "岗位已停止公开，重新审核。谢谢您的反映。")
			  : s;
}

static const struct jy_choice close_reasons[] = {
	{ "fake", "信息不实" }, { "filled", "已招满" }, { "other", "其他" }, { 0 }
};

static enum jy_status
close_vacancy(struct jy_ctx *cx, json_t *record, const char *reason, const char *note)
{
	json_t *vacancy;
	enum jy_status s = vacancy_of(cx, record, &vacancy);

	if (s != JY_OK)
		return s;
	if (strcmp(jy_json_text(vacancy, "state"), "closed") != 0) {
		s = jy_flow_move(cx, NULL, &jobs_vacancy_flow, jy_json_int(vacancy, "id"), "close",
				 0, reason, *note ? note : "收到反映");
		if (s == JY_OK)
			s = jobs_tell_employer(cx, vacancy, "岗位已被关闭",
					       jy_printf(cx, "“%s”收到反映，经核实已关闭：%s。%s",
							 jy_json_text(vacancy, "title"),
							 jobs_label(close_reasons, reason), note));
	}
	return s == JY_OK ? finish(cx, record, jy_json_text(vacancy, "title"),
				   "经核实，岗位已关闭。谢谢您的反映。")
			  : s;
}

static const struct jy_state flow_states[] = {
	{ "open", "待处理", 48, "warning" },
	{ "dismissed", "不成立", 0, "secondary" },
	{ "reviewed", "已退回审核", 0, "info" },
	{ "closed", "岗位已关闭", 0, "success" },
	{ 0 },
};
static const struct jy_move moves[] = {
	{ "dismiss", "不成立", "open", "dismissed", JY_CITY | JY_PROVINCE, JY_NOTE | JY_BATCH,
	  .apply = dismiss },
	{ "review", "退回审核", "open", "reviewed", JY_CITY | JY_PROVINCE, JY_BATCH,
	  .apply = review },
	{ "close", "关闭岗位", "open", "closed", JY_CITY | JY_PROVINCE, JY_REASON | JY_BATCH,
	  .reasons = close_reasons, .apply = close_vacancy },
	{ 0 },
};

const struct jy_flow jobs_report_flow = {
	.name = "jobs.report",
	.title = "岗位反映",
	.table = "jobs_reports",
	.alias = "r",
	.scope = "r.vacancy IN (SELECT v.id FROM jobs_vacancies v WHERE {scope unit=v.unit})",
	.label = "(SELECT t.title FROM jobs_vacancies t WHERE t.id = r.vacancy)",
	.link = "/jobs/reports/:id",
	.states = flow_states,
	.moves = moves,
};

/* --- For the offices --- */

static const struct jy_column columns[] = {
	{ "id", "编号", "r.id", JY_INT, JY_DATA },
	{ "title", "岗位", "v.title", JY_TEXT },
	{ "employer", "单位", "o.name", JY_TEXT },
	{ "reason", "问题", "r.reason", JY_CHOICE, .labels = reasons },
	{ "state", "处理", "r.state", JY_CHOICE, .labels = states },
	{ "halts", "已停推送", "r.halts AND r.state = 'open'", JY_BOOL },
	{ "role", "反映人", "CAST(r.role AS CHAR)", JY_CHOICE, .labels = reporters },
	{ "at", "时间", "r.at", JY_DATETIME, JY_SORT },
	{ "ver", "版本", "r.ver", JY_INT, JY_DATA },
	{ 0 },
};
static const struct jy_filter filters[] = {
	{ { "state", JY_CHOICE, .label = "处理", .choices = states }, "r.state = ?" },
	{ { "reason", JY_CHOICE, .label = "问题", .choices = reasons }, "r.reason = ?" },
	{ { 0 } },
};
const struct jy_list jobs_reports_list = {
	.name = "jobs.reports",
	.title = "岗位反映",
	.from = "jobs_reports r JOIN jobs_vacancies v ON v.id = r.vacancy "
		"JOIN organisations o ON o.id = v.employer_id",
	.where = "{scope unit=v.unit}",
	.key = "r.id",
	.columns = columns,
	.filters = filters,
	.sort = "-at",
	.link = "/jobs/reports/:id",
	.empty = "没有收到反映。",
	.flow = &jobs_report_flow,
};

/* GET /jobs/reports */
enum jy_status
jobs_reports_page(struct jy_ctx *cx, struct jy_view *out)
{
	return jy_list_page(cx, out, &jobs_reports_list, JY_VALS(), NULL);
}

/* GET /jobs/reports/:id */
enum jy_status
jobs_report_detail(struct jy_ctx *cx, struct jy_view *out)
{
	int64_t id = jy_param_int(cx, "id");
	json_t *row, *model;
	enum jy_status s = jy_row(cx, &row, SQL_ONE, jy_int(id));

	if (s != JY_OK)
		return s;
	json_object_set_new(row, "reason_label",
			    json_string(jobs_label(reasons, jy_json_text(row, "reason"))));
	json_object_set_new(row, "reporter",
			    json_string(jobs_label(
				reporters, jy_printf(cx, "%" PRId64, jy_json_int(row, "role")))));
	json_object_set_new(
	    row, "vacancy_label",
	    json_string(jobs_label(jobs_states, jy_json_text(row, "vacancy_state"))));
	json_object_set_new(row, "halted",
			    json_boolean(jy_json_int(row, "halts") &&
					 strcmp(jy_json_text(row, "state"), "open") == 0));
	model = json_pack("{s:s, s:O}", "title", "岗位反映", "report", row);
	s = jy_show(out, "jobs/report", model);
	return s == JY_OK ? jy_flow_model(cx, &jobs_report_flow, id, model) : s;
}
