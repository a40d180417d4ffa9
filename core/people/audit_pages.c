/*
 * audit_pages.c - who did what, for the administrator: a list with filters, and the check of the
 * chains that shows whether anybody touched the record afterwards.
 *
 * Accounts appear by sign-in name, never by a graduate's name. The check reads every entry, so it
 * has a page of its own and is not run by the list.
 */
#include "people/accounts.h"

#include "data/audit.h"

static const struct jy_choice roles[] = {
	{ "256", "系统管理员" },   { "32", "省级或系统" },
	{ "16", "市州工作人员" },  { "8", "高校" },
	{ "4", "用人单位" },       { "64", "培训机构" },
	{ "128", "合作招聘网站" }, { "2", "毕业生" },
	{ "1", "访客" },           { 0 },
};
static const struct jy_column columns[] = {
	{ "id", "编号", "a.id", JY_INT, JY_DATA },
	{ "at", "时间", "LEFT(a.at, 19)", JY_TEXT, JY_SORT },
	{ "account_name", "账号",
	  "COALESCE(c.name, IF(a.account = 0, '系统', CONCAT('编号 ', a.account)))", JY_TEXT },
	{ "role", "身份", "CAST(a.role AS CHAR)", JY_CHOICE, 0, roles },
	{ "action", "操作", "a.action", JY_TEXT },
	{ "object", "对象", "a.object", JY_TEXT },
	{ "detail", "内容", "LEFT(a.detail, 500)", JY_TEXT },
	{ "request", "请求编号", "a.request", JY_TEXT, JY_OPTIONAL },
	{ 0 },
};
static const struct jy_filter filters[] = {
	{ { "since", JY_DATE, .label = "从（含当天）" }, "a.at >= ?" },
	{ { "until", JY_DATE, .label = "到（含当天）" },
	  "a.at < CAST(? AS DATE) + INTERVAL 1 DAY" },
	{ { "account", JY_TEXT, 1, 60, .label = "登录名" }, "c.name = ?" },
	{ { "role", JY_CHOICE, .label = "身份", .choices = roles }, "a.role = ?" },
	{ { "action", JY_TEXT, 1, 60, .label = "操作开头", .example = "account." },
	  "a.action LIKE ?",
	  account_like_prefix },
	{ { "object", JY_TEXT, 1, 120, .label = "对象", .example = "account:12" }, "a.object = ?" },
	{ { 0 } },
};
const struct jy_list audit_list = {
	.name = "account.audit",
	.title = "审计记录",
	.from = "audit a LEFT JOIN accounts c ON c.id = a.account",
	.key = "a.id",
	.columns = columns,
	.filters = filters,
	.sort = "-at",
	.empty = "没有符合条件的记录，请放宽筛选条件。",
	.create = "/admin/audit/check",
	.create_label = "检查是否被改动",
};

/* GET /admin/audit */
enum jy_status
audit_get(struct jy_ctx *cx, struct jy_view *out)
{
	return jy_list_page(cx, out, &audit_list, JY_VALS(), NULL);
}

/* GET /admin/audit/check */
enum jy_status
audit_check_get(struct jy_ctx *cx, struct jy_view *out)
{
	int64_t bad = 0, checked = 0;
	enum jy_status s = audit_verify(cx->core, 0, &bad, &checked);
	json_t *sentence;

	if (s != JY_OK && s != JY_INVALID)
		return s;
	if (s == JY_OK)
		sentence = json_sprintf("已检查 %" PRId64 " 条记录，没有被改动或删除。", checked);
	else
		sentence =
		    json_sprintf("编号 %" PRId64 " 的记录被改动，或它前面的记录被删除。请保留现场，"
				 "从备份核对，并报告安全负责人。",
				 bad);
	return jy_show(out, "core/admin_audit_check",
		       json_pack("{s:s, s:b, s:I, s:I, s:o}", "title", "审计记录检查", "good",
				 s == JY_OK, "checked", (json_int_t)checked, "bad", (json_int_t)bad,
				 "sentence", sentence));
}
