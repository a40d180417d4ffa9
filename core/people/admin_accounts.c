/*
 * admin_accounts.c - the administrator's list of accounts and the page of one.
 *
 * An administrator runs accounts without seeing personal data: graduates appear by sign-in name and
 * family name only, phones and e-mails as "bound" or not. What is done to an account is in
 * admin_actions.c.
 */
#include "people/accounts.h"

#include <string.h>

static const struct jy_choice states[] = { { "active", "可用" }, { "disabled", "已停用" }, { 0 } };
static const struct jy_choice roles[] = {
	{ "256", "系统管理员" },   { "32", "省级工作人员" }, { "16", "市州工作人员" },
	{ "8", "高校" },           { "4", "用人单位" },      { "64", "培训机构" },
	{ "128", "合作招聘网站" }, { "2", "毕业生" },        { 0 },
};

/* A graduate's given name stays with the graduate. */
#define DISPLAY "IF(a.person IS NULL, a.display_name, CONCAT(LEFT(a.display_name, 1), '**'))"

static const struct jy_column columns[] = {
	{ "id", "编号", "a.id", JY_INT, JY_DATA },
	{ "name", "登录名", "a.name", JY_TEXT, JY_SORT },
	{ "display", "姓名", DISPLAY, JY_TEXT, JY_PERSONAL },
	{ "roles", "身份",
	  "COALESCE((SELECT GROUP_CONCAT(DISTINCT CASE r.role WHEN 256 THEN '系统管理员'"
	  " WHEN 32 THEN '省级工作人员' WHEN 16 THEN '市州工作人员' WHEN 8 THEN '高校'"
	  " WHEN 4 THEN '用人单位' WHEN 64 THEN '培训机构' WHEN 128 THEN '合作招聘网站'"
	  " ELSE '毕业生' END ORDER BY r.role DESC SEPARATOR '、') FROM account_roles r"
	  " WHERE r.account = a.id), '无')",
	  JY_TEXT },
	{ "state", "状态", "a.state", JY_CHOICE, JY_SORT, states },
	{ "second", "第二步验证", "a.totp IS NOT NULL", JY_BOOL },
	{ "last_seen", "最近登录", "COALESCE(LEFT(a.last_seen, 16), '')", JY_TEXT, JY_SORT },
	{ "created", "建立时间", "LEFT(a.created, 16)", JY_TEXT, JY_SORT | JY_OPTIONAL },
	{ 0 },
};

static const struct jy_filter filters[] = {
	{ { "name", JY_TEXT, 1, 60, .label = "登录名开头" }, "a.name LIKE ?", account_like_prefix },
	{ { "role", JY_CHOICE, .label = "身份", .choices = roles },
	  "EXISTS (SELECT 1 FROM account_roles r WHERE r.account = a.id AND r.role = ?)" },
	{ { "unit", JY_CHOICE, .label = "市州", .reference = "units" },
	  "EXISTS (SELECT 1 FROM account_roles r WHERE r.account = a.id AND r.unit = ?)" },
	{ { "state", JY_CHOICE, .label = "状态", .choices = states }, "a.state = ?" },
	{ { 0 } },
};
const struct jy_list account_admin_accounts_list = {
	.name = "account.accounts",
	.title = "账号",
	.from = "accounts a",
	.key = "a.id",
	.columns = columns,
	.filters = filters,
	.sort = "name",
	.link = "/admin/accounts/:id",
	.empty = "没有符合条件的账号，请放宽筛选条件。",
	.create = "/admin/accounts/new",
	.create_label = "新建账号",
};

const struct jy_field account_params[] = {
	{ "account", JY_INT, 1, INT64_MAX, JY_REQUIRED, "账号" },
	{ 0 },
};

static const char SQL_ACCOUNT[] =
    "SELECT a.id, a.name, " DISPLAY " AS display, a.state, a.phone IS NOT NULL AS phone,"
    " a.email IS NOT NULL AS email, a.totp IS NOT NULL AS second,"
    " a.password IS NOT NULL AS password, COALESCE(LEFT(a.password_changed, 16), '') AS changed,"
    " COALESCE(LEFT(a.last_seen, 16), '') AS last_seen, LEFT(a.created, 16) AS created,"
    " (SELECT COUNT(*) FROM sessions s WHERE s.account = a.id) AS sessions"
    " FROM accounts a WHERE a.id = ?";

/* The text as the beginning of a LIKE pattern. */
char *
account_like_prefix(struct jy_ctx *cx, const char *typed)
{
	char *out = jy_alloc(cx, strlen(typed) * 2 + 2);
	size_t k = 0;

	for (; *typed; typed++) {
		if (strchr("%_\\", *typed))
			out[k++] = '\\';
		out[k++] = *typed;
	}
	out[k] = '%';
	return out;
}

/* GET /admin/accounts */
enum jy_status
account_admin_accounts_get(struct jy_ctx *cx, struct jy_view *out)
{
	return jy_list_page(cx, out, &account_admin_accounts_list, JY_VALS(), NULL);
}

/* GET /admin/accounts/:account */
enum jy_status
account_admin_account_get(struct jy_ctx *cx, struct jy_view *out)
{
	int64_t id = jy_param_int(cx, "account");
	json_t *row, *own, *each;
	bool active;
	size_t i;
	enum jy_status s = jy_row(cx, &row, SQL_ACCOUNT, jy_int(id));

	if (s == JY_NOT_FOUND)
		return jy_refuse(out, s, "account.none", "没有这个账号，请回到账号列表查找。");
	if (s == JY_OK)
		s = account_roles(cx, id, &own);
	if (s != JY_OK)
		return s;
	json_array_foreach(own, i, each) json_object_set_new(each, "account", json_integer(id));
	active = strcmp(jy_json_text(row, "state"), "active") == 0;
	return jy_show(out, "core/admin_account",
		       json_pack("{s:o, s:O, s:b, s:b, s:b, s:b, s:b, s:b, s:O, s:b}", "title",
				 json_sprintf("账号 %s", jy_json_text(row, "name")), "account", row,
				 "active", active, "has_phone", jy_json_int(row, "phone") != 0,
				 "has_email", jy_json_int(row, "email") != 0, "has_second",
				 jy_json_int(row, "second") != 0, "has_password",
				 jy_json_int(row, "password") != 0, "has_sessions",
				 jy_json_int(row, "sessions") != 0, "roles", own, "has_roles",
				 json_array_size(own) > 0));
}
