/*
 * vacancy.c - one vacancy: the form that an employer fills in and its life (plan 8③).
 *
 * Employer and publisher both answer for what is published: the employer declares that the facts
 * are true, the officer reviews demand, category, place and pay before anybody sees it. An edit of
 * a published vacancy goes back to review, because what was reviewed is no longer what is shown.
 */
#include "jobs.h"

#include <stdlib.h>
#include <string.h>

#define SQL_EMPLOYER "SELECT id, name, state FROM organisations WHERE id = ?"
#define SQL_ADD                                                                                    \
	"INSERT INTO jobs_vacancies (employer_id, title, category, type, region, unit, address, "  \
	"headcount, education, majors, pay_min, pay_max, pay_months, skills, description, "        \
	"contact, expires, source, collector) "                                                    \
	"VALUES (?, ?, ?, ?, ?, NULLIF(?, ''), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'self', ?)"
#define SQL_CHANGE                                                                                 \
	"UPDATE jobs_vacancies SET title = ?, category = ?, type = ?, region = ?, "                \
	"unit = NULLIF(?, ''), address = ?, headcount = ?, education = ?, majors = ?, "            \
	"pay_min = ?, pay_max = ?, pay_months = ?, skills = ?, description = ?, contact = ?, "     \
	"expires = ?, changed = NOW(3), ver = ver + 1 WHERE id = ? AND ver = ?"
#define SQL_OWN                                                                                    \
	"SELECT v.*, DATE_FORMAT(v.expires, '%Y-%m-%d') expires_day FROM jobs_vacancies v "        \
	"WHERE v.id = ? AND {scope employer=v.employer_id}"
#define SQL_PUBLISH                                                                                \
	"UPDATE jobs_vacancies SET published_at = COALESCE(published_at, NOW(3)), changed = "      \
	"NOW(3) "                                                                                  \
	"WHERE id = ?"
#define SQL_TOUCH "UPDATE jobs_vacancies SET changed = NOW(3) WHERE id = ?"
#define SQL_ACCOUNTS                                                                               \
	"SELECT DISTINCT account FROM account_roles WHERE organisation = ? AND role = ?"

static const struct jy_field fields[] = {
	{ "title", JY_TEXT, 2, 40, JY_REQUIRED, .label = "岗位名称", .example = "会计",
	  .hint = "只写岗位，不写地点和薪酬。", .section = "需求" },
	{ "headcount", JY_INT, 1, 9999, JY_REQUIRED, .label = "招聘人数" },
	{ "category", JY_CHOICE, .flags = JY_REQUIRED, .label = "岗位类别",
	  .choices = jobs_categories },
	{ "type", JY_CHOICE, .flags = JY_REQUIRED, .label = "用工形式", .choices = jobs_types },
	{ "region", JY_CHOICE, .flags = JY_REQUIRED, .label = "工作地点", .reference = "regions",
	  .hint = "区县名称或六位行政区划代码", .section = "地点与待遇" },
	{ "address", JY_TEXT, 0, 100, .label = "详细地址" },
	{ "pay_min", JY_MONEY, 0, 10000000, .label = "月薪从（元）", .example = "4000",
	  .hint = "税前，每月。两格都不填表示面议。" },
	{ "pay_max", JY_MONEY, 0, 10000000, .label = "到（元）", .example = "6000" },
	{ "pay_months", JY_INT, 12, 24, .label = "每年发几个月", .initial = "12" },
	{ "education", JY_CHOICE, .flags = JY_REQUIRED, .label = "最低学历",
	  .choices = jobs_educations, .section = "要求" },
	{ "majors", JY_LONG, 0, 2000, .label = "专业要求",
	  .hint = "写专业名称或代码，用顿号分开；不填表示不限专业。",
	  .example = "本科：会计学（120203），财务管理（120204）" },
	{ "skills", JY_TEXT, 0, 200, .label = "技能要求", .hint = "用空格分开。",
	  .example = "Excel 驾照" },
	{ "description", JY_LONG, 10, 4000, JY_REQUIRED, .label = "岗位说明",
	  .hint = "工作内容、工作时间、福利。不要写收费、押金或性别、户籍限制。" },
	{ "contact", JY_TEXT, 0, 60, .label = "联系方式", .hint = "单位的公开电话或邮箱。" },
	{ "expires", JY_DATE, .flags = JY_REQUIRED, .label = "有效期至" },
	{ "declared", JY_BOOL, .flags = JY_REQUIRED, .section = "声明",
	  .label = "本单位声明：以上信息真实有效，不向求职者收取任何费用" },
	{ "ver", JY_INT, 0, INT32_MAX, JY_HIDDEN, .label = "版本" },
	{ 0 },
};

static enum jy_status
check(struct jy_ctx *cx, json_t *values)
{
	int64_t low = jy_json_int(values, "pay_min"), high = jy_json_int(values, "pay_max");

	if (high && low > high)
		jy_field_error(cx, "pay_max", "最高月薪不能低于最低月薪，请检查两个数字。");
	if (!high && low)
		json_object_set_new(values, "pay_max", json_integer(low));
	if (strncmp(jy_json_text(values, "expires"), jy_now(cx), 10) < 0)
		jy_field_error(cx, "expires", "有效期已经过了，请填写今天或以后的日期。");
	if (!json_is_true(json_object_get(values, "declared")))
		jy_field_error(cx, "declared", "请确认声明后再提交。");
	return JY_OK;
}

/* The same form posts and edits. */
static enum jy_status
prepare(struct jy_ctx *cx, json_t *model)
{
	json_t *form = json_object_get(model, "form");

	if (!json_object_get(jy_params(cx), "id"))
		return JY_OK;
	json_object_set_new(form, "title", json_string("修改岗位"));
	json_object_set_new(form, "intro",
			    json_string("改好后重新审核；审核通过以前，这个岗位不公开显示。"));
	return JY_OK;
}

const struct jy_form jobs_vacancy_form = {
	.name = "jobs.vacancy",
	.title = "发布岗位",
	.intro = "提交后由工作地点所在市州审核，通过后公开发布。",
	.fields = fields,
	.submit = "提交审核",
	.check = check,
	.prepare = prepare,
};

/* --- The life of a vacancy --- */

static const struct jy_state states[] = {
	{ "draft", "草稿", 0, "secondary" },
	{ "pending", "待审核", 48, "warning" },
	{ "published", "已发布", 0, "success" },
	{ "declined", "未通过", 0, "danger" },
	{ "paused", "已暂停", 0, "secondary" },
	{ "closed", "已关闭", 0, "secondary" },
	{ 0 },
};

static const struct jy_choice decline_reasons[] = {
	{ "demand", "岗位需求不明确或不真实" },
	{ "category", "类别不对" },
	{ "place", "工作地点不明确" },
	{ "pay", "薪酬缺失或明显不合理" },
	{ "fee", "涉嫌收费或押金" },
	{ "discrimination", "含有性别、户籍、年龄等歧视内容" },
	{ "duplicate", "与已发布岗位重复" },
	{ "other", "其他（请在说明里写明）" },
	{ 0 },
};
static const struct jy_choice close_reasons[] = {
	{ "filled", "已招满" },  { "cancelled", "取消招聘" }, { "fake", "信息不实" },
	{ "expired", "已到期" }, { "other", "其他" },         { 0 },
};

enum jy_status
jobs_tell_employer(struct jy_ctx *cx, json_t *record, const char *title, const char *text)
{
	int64_t id = jy_json_int(record, "id");
	json_t *accounts, *row;
	enum jy_status s = jy_rows(cx, &accounts, SQL_ACCOUNTS,
				   jy_int(jy_json_int(record, "employer_id")), jy_int(JY_EMPLOYER));
	size_t i;

	json_array_foreach(accounts, i, row)
	{
		struct jy_message message = {
			.account = jy_json_int(row, "account"),
			.key = jy_printf(cx, "jobs.vacancy:%" PRId64 ":%" PRId64, id,
					 jy_json_int(record, "ver")),
			.title = title,
			.text = text,
			.link = jy_printf(cx, "/jobs/%" PRId64, id),
		};

		if (s == JY_OK)
			s = jy_notify(cx, &message);
		if (s == JY_CONFLICT)
			s = JY_OK; /* told already */
	}
	return s;
}

static enum jy_status
approve(struct jy_ctx *cx, json_t *record, const char *reason, const char *note)
{
	enum jy_status s;

	(void)reason;
	if (strncmp(jy_json_text(record, "expires"), jy_now(cx), 10) < 0) {
		jy_field_error(cx, NULL, "岗位“%s”的有效期已过，请退回，由单位修改日期。",
			       jy_json_text(record, "title"));
		return JY_INVALID;
	}
	s = jobs_review_allow(cx, record, note);
	if (s == JY_OK)
		s = jy_exec(cx, SQL_PUBLISH, jy_int(jy_json_int(record, "id")));
	if (s != JY_OK)
		return s;
	return jobs_tell_employer(
	    cx, record, "岗位已发布",
	    jy_printf(cx, "“%s”已通过审核并公开发布。", jy_json_text(record, "title")));
}

static enum jy_status
decline(struct jy_ctx *cx, json_t *record, const char *reason, const char *note)
{
	return jobs_tell_employer(cx, record, "岗位未通过审核",
			     jy_printf(cx, "“%s”未通过审核：%s。%s 修改后可以重新提交。",
				       jy_json_text(record, "title"),
				       jobs_label(decline_reasons, reason), note));
}

static enum jy_status
touch(struct jy_ctx *cx, json_t *record, const char *reason, const char *note)
{
	(void)reason;
	(void)note;
	return jy_exec(cx, SQL_TOUCH, jy_int(jy_json_int(record, "id")));
}

static const struct jy_move moves[] = {
	{ "submit", "提交审核", "draft declined", "pending", JY_EMPLOYER },
	{ "withdraw", "撤回", "pending", "draft", JY_EMPLOYER },
	{ "approve", "通过并发布", "pending", "published", JY_CITY | JY_PROVINCE, JY_BATCH,
	  .event = "vacancy_published", .apply = approve },
	{ "decline", "退回", "pending", "declined", JY_CITY | JY_PROVINCE, JY_REASON | JY_BATCH,
	  .reasons = decline_reasons, .event = "vacancy_declined", .apply = decline },
	{ "pause", "暂停", "published", "paused", JY_EMPLOYER | JY_CITY | JY_PROVINCE,
	  .event = "vacancy_closed", .apply = touch },
	{ "resume", "恢复（重新审核）", "paused", "pending", JY_EMPLOYER | JY_CITY | JY_PROVINCE },
	{ "close", "关闭", "published paused pending draft declined", "closed",
	  JY_EMPLOYER | JY_CITY | JY_PROVINCE, JY_REASON | JY_BATCH, .reasons = close_reasons,
	  .event = "vacancy_closed", .apply = touch },
	{ 0 },
};

const struct jy_flow jobs_vacancy_flow = {
	.name = "jobs.vacancy",
	.title = "岗位",
	.table = "jobs_vacancies",
	.alias = "v",
	.scope = "{scope unit=v.unit employer=v.employer_id}",
	.label = "v.title",
	.link = "/jobs/:id",
	.states = states,
	.moves = moves,
	.remarks = jobs_review_remarks,
};

/* --- Posting and editing --- */

/* Values of the form in the order in which both statements name them. */
static void
bind_values(struct jy_ctx *cx, struct jy_val *vals)
{
	json_t *pay_min = json_object_get(jy_params(cx), "pay_min");
	json_t *pay_max = json_object_get(jy_params(cx), "pay_max");
	const char *region = jy_param_text(cx, "region");
	int64_t months = jy_param_int(cx, "pay_months");
	const struct jy_val list[] = {
		jy_text(jy_param_text(cx, "title")),
		jy_text(jy_param_text(cx, "category")),
		jy_text(jy_param_text(cx, "type")),
		jy_text(region),
		jy_text(jy_unit_of(cx, region)),
		jy_text(jy_json_text(jy_params(cx), "address")),
		jy_int(jy_param_int(cx, "headcount")),
		jy_int(strtol(jy_param_text(cx, "education"), NULL, 10)),
		jy_text(jy_json_text(jy_params(cx), "majors")),
		json_is_integer(pay_min) ? jy_int(json_integer_value(pay_min)) : jy_null(),
		json_is_integer(pay_max) ? jy_int(json_integer_value(pay_max)) : jy_null(),
		jy_int(months ? months : 12),
		jy_text(jy_json_text(jy_params(cx), "skills")),
		jy_text(jy_param_text(cx, "description")),
		jy_text(jy_json_text(jy_params(cx), "contact")),
		jy_text(jy_param_text(cx, "expires")),
	};

	memcpy(vals, list, sizeof(list));
}
#define BOUND 16

static enum jy_status
refuse_inactive(struct jy_view *out, json_t *employer)
{
	if (strcmp(jy_json_text(employer, "state"), "suspended") == 0)
		return jy_refuse(out, JY_CONFLICT, "jobs.employer_suspended",
				 "贵单位的发布权限已被暂停，请联系当地人社部门。");
	return jy_refuse(out, JY_CONFLICT, "jobs.employer_closed",
			 "贵单位的登记已注销，不能再发布岗位。");
}

/* GET /jobs/new */
enum jy_status
jobs_post_page(struct jy_ctx *cx, struct jy_view *out)
{
	return jy_form_page(cx, out, &jobs_vacancy_form, NULL, NULL);
}

/* POST /jobs/new */
enum jy_status
jobs_post(struct jy_ctx *cx, struct jy_view *out)
{
	struct jy_val vals[BOUND + 4] = { 0 };
	json_t *employer;
	int64_t id;
	enum jy_status s = jy_row(cx, &employer, SQL_EMPLOYER, jy_int(jy_user(cx)->organisation));

	if (s != JY_OK)
		return s;
	if (strcmp(jy_json_text(employer, "state"), "active") != 0 &&
	    strcmp(jy_json_text(employer, "state"), "pending") != 0)
		return refuse_inactive(out, employer);
	vals[1] = jy_int(jy_user(cx)->organisation);
	bind_values(cx, vals + 2);
	vals[BOUND + 2] = jy_int(jy_user(cx)->account);
	s = jy_exec_v(cx, SQL_ADD, vals);
	if (s != JY_OK)
		return s;
	id = jy_last_id(cx);
	s = jobs_majors_store(cx, id, jy_json_text(jy_params(cx), "majors"));
	if (s == JY_OK)
		s = jy_flow_begin(cx, &jobs_vacancy_flow, id, "");
	if (s == JY_OK)
		s = jy_flow_move(cx, out, &jobs_vacancy_flow, id, "submit", 0, "", "");
	if (s != JY_OK)
		return s;
	jy_notice(out, "已提交，等待审核。");
	return jy_redirect(out, "/jobs/%" PRId64, id);
}

/* GET /jobs/:id/edit */
enum jy_status
jobs_edit_page(struct jy_ctx *cx, struct jy_view *out)
{
	int64_t id = jy_param_int(cx, "id");
	json_t *row, *values;
	enum jy_status s = jy_row(cx, &row, SQL_OWN, jy_int(id));

	if (s != JY_OK)
		return s;
	values = json_copy(row);
	json_object_set(values, "expires", json_object_get(row, "expires_day"));
	json_object_set_new(values, "education",
			    json_string(jy_printf(cx, "%" PRId64, jy_json_int(row, "education"))));
	return jy_form_page(cx, out, &jobs_vacancy_form,
			    jy_printf(cx, "/jobs/%" PRId64 "/edit", id), values);
}

static enum jy_status
back_to_review(struct jy_ctx *cx, struct jy_view *out, int64_t id, const char *state)
{
	enum jy_status s = JY_OK;

	if (strcmp(state, "published") == 0) {
		s = jy_flow_move(cx, out, &jobs_vacancy_flow, id, "pause", 0, "", "内容修改");
		if (s == JY_OK)
			s = jy_flow_move(cx, out, &jobs_vacancy_flow, id, "resume", 0, "",
					 "内容修改");
	} else if (strcmp(state, "draft") == 0 || strcmp(state, "declined") == 0) {
		s = jy_flow_move(cx, out, &jobs_vacancy_flow, id, "submit", 0, "", "内容修改");
	}
	return s;
}

/* POST /jobs/:id/edit - what was reviewed has changed, so it is reviewed again. */
enum jy_status
jobs_edit(struct jy_ctx *cx, struct jy_view *out)
{
	int64_t id = jy_param_int(cx, "id");
	struct jy_val vals[BOUND + 4] = { 0 };
	json_t *row;
	enum jy_status s = jy_row(cx, &row, SQL_OWN, jy_int(id));

	if (s != JY_OK)
		return s;
	if (strcmp(jy_json_text(row, "state"), "closed") == 0)
		return jy_refuse(out, JY_CONFLICT, "jobs.closed",
				 "这个岗位已经关闭，不能再修改。可以另发一个新的岗位。");
	bind_values(cx, vals + 1);
	vals[BOUND + 1] = jy_int(id);
	vals[BOUND + 2] = jy_int(jy_param_int(cx, "ver"));
	s = jy_exec_v(cx, SQL_CHANGE, vals);
	if (s != JY_OK)
		return s;
	if (jy_changed(cx) == 0) {
		jy_field_error(cx, NULL,
			       "在您修改期间，这个岗位已被别人改过。请打开岗位页核对后重新填写。");
		return jy_form_again(cx, out);
	}
	s = jobs_majors_store(cx, id, jy_json_text(jy_params(cx), "majors"));
	if (s == JY_OK)
		s = back_to_review(cx, out, id, jy_json_text(row, "state"));
	if (s != JY_OK)
		return s;
	jy_notice(out, "已保存，等待审核。");
	return jy_redirect(out, "/jobs/%" PRId64, id);
}
