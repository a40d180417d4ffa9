/*
 * campaigns.c - the running campaign, and the pages on which administrators keep campaigns.
 *
 * Years, dates and minimums are data: nothing elsewhere knows that a campaign is of 2022 or that
 * three jobs are due. One row at most is current; a unique key says so.
 */
#include "work/campaigns.h"

#include <string.h>

#define COLUMNS                                                                                    \
	"id, cohort, name, starts, ends, liaison_due, report_due, push_target, guidance_target,"   \
	" training_target, startup_target, visit_target, ver, current IS NOT NULL AS running"

static const char SQL_CURRENT[] = "SELECT " COLUMNS " FROM campaigns WHERE current = 1";
static const char SQL_ALL[] = "SELECT " COLUMNS " FROM campaigns ORDER BY cohort DESC LIMIT 100";
static const char SQL_ONE[] = "SELECT " COLUMNS " FROM campaigns WHERE id = ?";
static const char SQL_NEW[] =
    "INSERT INTO campaigns (cohort, name, starts, ends, liaison_due, report_due, push_target,"
    " guidance_target, training_target, startup_target, visit_target)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
static const char SQL_CHANGE[] =
    "UPDATE campaigns SET cohort = ?, name = ?, starts = ?, ends = ?, liaison_due = ?,"
    " report_due = ?, push_target = ?, guidance_target = ?, training_target = ?,"
    " startup_target = ?, visit_target = ?, ver = ver + 1 WHERE id = ? AND ver = ?";
static const char SQL_STOP[] =
    "UPDATE campaigns SET current = NULL, ver = ver + 1 WHERE current = 1 AND id <> ?";
static const char SQL_START[] = "UPDATE campaigns SET current = 1, ver = ver + 1 WHERE id = ?";

const struct jy_field campaign_params[] = {
	{ "id", JY_INT, 1, INT64_MAX, .label = "活动" },
	{ 0 },
};

static const struct jy_field fields[] = {
	{ "cohort", JY_INT, 2000, 2100, JY_REQUIRED, "毕业年份", .example = "2027",
	  .section = "范围与日期" },
	{ "name", JY_TEXT, 2, 40, JY_REQUIRED, "名称", .example = "2027届公共就业服务进校园" },
	{ "starts", JY_DATE, .flags = JY_REQUIRED, .label = "开始日期" },
	{ "ends", JY_DATE, .flags = JY_REQUIRED, .label = "结束日期" },
	{ "liaison_due", JY_DATE, .flags = JY_REQUIRED, .label = "联络员报送截止日" },
	{ "report_due", JY_DATE, .flags = JY_REQUIRED, .label = "总结上报截止日" },
	{ "push_target", JY_INT, 0, 100, JY_REQUIRED, "每人推送岗位数", .initial = "3",
	  .section = "每名毕业生的最低服务" },
	{ "guidance_target", JY_INT, 0, 100, JY_REQUIRED, "就业指导次数", .initial = "1" },
	{ "training_target", JY_INT, 0, 100, JY_REQUIRED, "技能培训次数", .initial = "1" },
	{ "startup_target", JY_INT, 0, 100, JY_REQUIRED, "创业全链条培训次数", .initial = "1" },
	{ "visit_target", JY_INT, 0, 100, JY_REQUIRED, "每个经办单位进校次数", .initial = "1" },
	{ "ver", JY_INT, 0, INT32_MAX, JY_HIDDEN, "版本" },
	{ 0 },
};

static enum jy_status
check(struct jy_ctx *cx, json_t *values)
{
	const char *starts = jy_json_text(values, "starts"), *ends = jy_json_text(values, "ends");
	bool wrong = false;

	if (strcmp(starts, ends) > 0) {
		jy_field_error(cx, "ends", "结束日期早于开始日期，请改正其中一个。");
		wrong = true;
	}
	if (strcmp(jy_json_text(values, "liaison_due"), ends) > 0) {
		jy_field_error(cx, "liaison_due", "联络员报送截止日晚于活动结束，请提前。");
		wrong = true;
	}
	if (strcmp(jy_json_text(values, "report_due"), starts) < 0) {
		jy_field_error(cx, "report_due", "总结上报截止日早于活动开始，请推后。");
		wrong = true;
	}
	return wrong ? JY_INVALID : JY_OK;
}

const struct jy_form campaign_form = {
	.name = "work.campaign",
	.title = "服务活动",
	.intro = "一届毕业生对应一次活动；日期和最低服务次数由文件规定，随时可以调整。",
	.fields = fields,
	.submit = "保存",
	.check = check,
};

enum jy_status
jy_campaign(struct jy_ctx *cx, json_t **out)
{
	return jy_row(cx, out, SQL_CURRENT);
}

/* GET /admin/campaigns */
enum jy_status
campaigns_get(struct jy_ctx *cx, struct jy_view *out)
{
	json_t *rows;
	enum jy_status s = jy_rows(cx, &rows, SQL_ALL);

	if (s != JY_OK)
		return s;
	return jy_show(out, "core/work_campaigns",
		       json_pack("{s:s, s:O, s:b}", "title", "服务活动", "campaigns", rows, "any",
				 json_array_size(rows) > 0));
}

/* GET /admin/campaigns/new */
enum jy_status
campaign_new_get(struct jy_ctx *cx, struct jy_view *out)
{
	return jy_form_page(cx, out, &campaign_form, "/admin/campaigns", NULL);
}

#define P_INT(name)  jy_int(jy_param_int(cx, name))
#define P_TEXT(name) jy_text(jy_param_text(cx, name))
#define FORM_VALUES                                                                                \
	P_INT("cohort"), P_TEXT("name"), P_TEXT("starts"), P_TEXT("ends"), P_TEXT("liaison_due"),  \
	    P_TEXT("report_due"), P_INT("push_target"), P_INT("guidance_target"),                  \
	    P_INT("training_target"), P_INT("startup_target"), P_INT("visit_target")

static enum jy_status
same_cohort(struct jy_ctx *cx, struct jy_view *out)
{
	jy_field_error(cx, "cohort", "这一届已经有一次活动，请修改原来的那一条。");
	return jy_form_again(cx, out);
}

static enum jy_status
audited(struct jy_ctx *cx, struct jy_view *out, const char *action, int64_t id)
{
	enum jy_status s = jy_audit(cx, action, jy_printf(cx, "campaign:%" PRId64, id),
				    json_deep_copy(jy_params(cx)));

	if (s != JY_OK)
		return s;
	jy_notice(out, "已保存。");
	return jy_redirect(out, "/admin/campaigns");
}

/* POST /admin/campaigns */
enum jy_status
campaign_new_post(struct jy_ctx *cx, struct jy_view *out)
{
	enum jy_status s = jy_exec(cx, SQL_NEW, FORM_VALUES);

	if (s == JY_CONFLICT)
		return same_cohort(cx, out);
	if (s != JY_OK)
		return s;
	return audited(cx, out, "campaign.new", jy_last_id(cx));
}

/* GET /admin/campaigns/:id */
enum jy_status
campaign_get(struct jy_ctx *cx, struct jy_view *out)
{
	json_t *row;
	enum jy_status s = jy_row(cx, &row, SQL_ONE, P_INT("id"));

	if (s != JY_OK)
		return s;
	return jy_form_page(cx, out, &campaign_form, NULL, json_incref(row));
}

/* POST /admin/campaigns/:id */
enum jy_status
campaign_post(struct jy_ctx *cx, struct jy_view *out)
{
	enum jy_status s = jy_exec(cx, SQL_CHANGE, FORM_VALUES, P_INT("id"), P_INT("ver"));

	if (s == JY_CONFLICT)
		return same_cohort(cx, out);
	if (s != JY_OK)
		return s;
	if (jy_changed(cx) == 0) {
		jy_field_error(cx, NULL, "别人刚刚改过这条活动。请打开最新的内容，再改一次。");
		return jy_form_again(cx, out);
	}
	return audited(cx, out, "campaign.change", jy_param_int(cx, "id"));
}

/* POST /admin/campaigns/:id/current */
enum jy_status
campaign_current_post(struct jy_ctx *cx, struct jy_view *out)
{
	enum jy_status s = jy_exec(cx, SQL_STOP, P_INT("id"));

	if (s == JY_OK)
		s = jy_exec(cx, SQL_START, P_INT("id"));
	if (s == JY_OK && jy_changed(cx) == 0)
		return JY_NOT_FOUND;
	if (s != JY_OK)
		return s;
	return audited(cx, out, "campaign.current", jy_param_int(cx, "id"));
}
