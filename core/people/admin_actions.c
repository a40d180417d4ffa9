/*
 * admin_actions.c - what an administrator does to an account; each needs a reason and is audited.
 *
 * The administrator never learns or chooses a password: a new account and a reset give a link that
 * works once for 30 minutes, shown on one page and handed over.
 */
#include "people/accounts.h"

#include <stdlib.h>
#include <string.h>
#include "people/session.h"

static const char why_hint[] = "会记入审计，例如工作调动的文号。";
#define WHY                                                                                        \
	{                                                                                          \
		"why", JY_TEXT, 2, 200, JY_REQUIRED, "原因", why_hint                              \
	}

static const struct jy_choice role_names[] = {
	{ "admin", "系统管理员" },     { "province", "省级工作人员" },
	{ "city", "市州工作人员" },    { "university", "高校" },
	{ "employer", "用人单位" },    { "trainer", "培训机构" },
	{ "partner", "合作招聘网站" }, { 0 },
};
#define ROLE_FIELDS                                                                                \
	{ "role",                                                                                  \
	  JY_CHOICE,                                                                               \
	  0,                                                                                       \
	  0,                                                                                       \
	  JY_REQUIRED,                                                                             \
	  "身份",                                                                                  \
	  .choices = role_names,                                                                   \
	  .section = "身份和范围" },                                                               \
	    { "unit", JY_CHOICE, 0, 0, 0, "市州", "市州工作人员必选。", .reference = "units" },    \
	    { "university",                                                                        \
	      JY_CHOICE,                                                                           \
	      0,                                                                                   \
	      0,                                                                                   \
	      0,                                                                                   \
	      "高校",                                                                              \
	      "高校身份必选。",                                                                    \
	      .reference = "universities" },                                                       \
	{                                                                                          \
		"credit_code", JY_CREDIT_CODE, 0, 0, 0, "机构的统一社会信用代码",                  \
		    "用人单位、培训机构和合作网站必填；机构要先登记。"     \
	}

static const struct jy_field new_fields[] = {
	{ "name", JY_CODE, 3, 40, JY_REQUIRED, "登录名",
	  "字母开头，3 到 40 个字母、数字、点、横线。" },
	{ "display_name", JY_TEXT, 1, 30, JY_REQUIRED, "姓名" },
	{ "email", JY_EMAIL, 0, 120, 0, "邮箱" },
	{ "phone", JY_PHONE, 0, 0, 0, "手机号" },
	ROLE_FIELDS,
	WHY,
	{ 0 },
};
const struct jy_form account_admin_new_form = {
	.name = "account.admin_new",
	.title = "新建账号",
	.intro = "建好后会显示一个一次性链接，请交给本人，由本人设置密码。",
	.fields = new_fields,
	.submit = "建立账号",
};
static const struct jy_field grant_fields[] = { ROLE_FIELDS, WHY, { 0 } };
const struct jy_form account_admin_grant_form = {
	.name = "account.admin_grant",
	.title = "授予身份",
	.intro = "授予后，这个账号的登录会全部退出，重新登录后生效。",
	.fields = grant_fields,
	.submit = "授予",
};
static const struct jy_field revoke_fields[] = {
	{ "role_id", JY_INT, 1, INT64_MAX, JY_REQUIRED | JY_HIDDEN, "身份" },
	WHY,
	{ 0 },
};
const struct jy_form account_admin_revoke_form = { .name = "account.admin_revoke",
						   .title = "收回身份",
						   .fields = revoke_fields,
						   .submit = "收回" };
static const struct jy_choice state_choices[] = { { "active", "启用" },
						  { "disabled", "停用" },
						  { 0 } };
static const struct jy_field state_fields[] = {
	{ "state", JY_CHOICE, 0, 0, JY_REQUIRED, "状态", .choices = state_choices },
	WHY,
	{ 0 },
};
const struct jy_form account_admin_state_form = { .name = "account.admin_state",
						  .title = "启用或停用账号",
						  .fields = state_fields,
						  .submit = "保存" };
static const struct jy_field why_fields[] = { WHY, { 0 } };
const struct jy_form account_admin_why_form = {
	.name = "account.admin_why", .title = "请填写原因", .fields = why_fields, .submit = "确认"
};

static const char SQL_ORGANISATION[] = "SELECT id FROM organisations WHERE credit_code = ?";

/* The role and scope of a form. JY_INVALID: noted. */
static enum jy_status
role_read(struct jy_ctx *cx, struct account_role *role)
{
	const char *code = jy_param_text(cx, "credit_code");
	json_t *row;
	enum jy_status s;

	*role = (struct account_role){ .role = account_role_find(jy_param_text(cx, "role")),
				       .unit = jy_param_text(cx, "unit"),
				       .university = jy_param_text(cx, "university") };
	if (!code)
		return JY_OK;
	s = jy_row(cx, &row, SQL_ORGANISATION, jy_text(code));
	if (s == JY_NOT_FOUND) {
		jy_field_error(cx, "credit_code", "没有登记过这个机构，请先登记机构再授予身份。");
		return JY_INVALID;
	}
	if (s == JY_OK)
		role->organisation = jy_json_int(row, "id");
	return s;
}

/* Shows a refusal of account.h in the form; other statuses pass. */
static enum jy_status
noted(struct jy_ctx *cx, struct jy_view *out, enum jy_status s, const char *error)
{
	if (s != JY_INVALID && s != JY_CONFLICT)
		return s;
	if (error)
		jy_field_error(cx, NULL, "%s", error);
	return jy_form_again(cx, out);
}

static enum jy_status
back(struct jy_ctx *cx, struct jy_view *out, const char *notice)
{
	jy_notice(out, "%s", notice);
	return jy_redirect(out, "/admin/accounts/%" PRId64, jy_param_int(cx, "account"));
}

static enum jy_status
show_link(struct jy_ctx *cx, struct jy_view *out, int64_t account)
{
	const char *link;
	json_t *row;
	enum jy_status s = account_by_id(cx, account, &row);

	if (s == JY_OK)
		s = account_reset_link(cx, account, &link);
	if (s != JY_OK)
		return s;
	return jy_show(out, "core/admin_account_link",
		       json_pack("{s:s, s:I, s:s, s:s}", "title", "一次性链接", "account",
				 (json_int_t)account, "name", jy_json_text(row, "name"), "link",
				 link));
}

/* GET /admin/accounts/new */
enum jy_status
account_admin_new_get(struct jy_ctx *cx, struct jy_view *out)
{
	return jy_form_page(cx, out, &account_admin_new_form, NULL, NULL);
}

/* POST /admin/accounts/new */
enum jy_status
account_admin_new_post(struct jy_ctx *cx, struct jy_view *out)
{
	struct account_new fresh = { .name = jy_param_text(cx, "name"),
				     .display_name = jy_param_text(cx, "display_name"),
				     .email = jy_param_text(cx, "email"),
				     .phone = jy_param_text(cx, "phone") };
	struct account_role role;
	const char *error = NULL;
	int64_t id = 0;
	enum jy_status s = role_read(cx, &role);

	if (s == JY_OK)
		s = account_create(cx, &fresh, &id, &error);
	if (s == JY_OK)
		s = account_grant(cx, id, &role, &error);
	if (s != JY_OK)
		return noted(cx, out, s, error);
	s = account_audit(
	    cx, "account.created", id, jy_param_text(cx, "why"),
	    json_pack("{s:s, s:s}", "name", fresh.name, "role", account_role_name(role.role)));
	return s == JY_OK ? show_link(cx, out, id) : s;
}

/* POST /admin/accounts/:account/roles */
enum jy_status
account_admin_grant_post(struct jy_ctx *cx, struct jy_view *out)
{
	int64_t id = jy_param_int(cx, "account");
	struct account_role role;
	const char *error = NULL;
	enum jy_status s = role_read(cx, &role);

	if (s == JY_OK)
		s = account_grant(cx, id, &role, &error);
	if (s != JY_OK)
		return noted(cx, out, s, error);
	s = account_audit(cx, "account.role_granted", id, jy_param_text(cx, "why"),
			  json_pack("{s:s, s:s*, s:s*, s:I}", "role", account_role_name(role.role),
				    "unit", role.unit, "university", role.university,
				    "organisation", (json_int_t)role.organisation));
	return s == JY_OK ? back(cx, out, "身份已授予，对方重新登录后生效。") : s;
}

/* POST /admin/accounts/:account/revoke */
enum jy_status
account_admin_revoke_post(struct jy_ctx *cx, struct jy_view *out)
{
	int64_t id = jy_param_int(cx, "account"), role_id = jy_param_int(cx, "role_id");
	const char *error = NULL;
	enum jy_status s = account_revoke(cx, id, role_id, &error);

	if (s != JY_OK)
		return noted(cx, out, s == JY_NOT_FOUND ? JY_INVALID : s, error);
	s = account_audit(cx, "account.role_revoked", id, jy_param_text(cx, "why"),
			  json_pack("{s:I}", "role_id", (json_int_t)role_id));
	return s == JY_OK ? back(cx, out, "身份已收回，对方的登录已全部退出。") : s;
}

/* POST /admin/accounts/:account/state */
enum jy_status
account_admin_state_post(struct jy_ctx *cx, struct jy_view *out)
{
	int64_t id = jy_param_int(cx, "account");
	bool enable = strcmp(jy_param_text(cx, "state"), "active") == 0;
	const char *error = NULL;
	enum jy_status s =
	    enable ? account_enable(cx, id, &error) : account_disable(cx, id, &error);

	if (s != JY_OK)
		return noted(cx, out, s, error);
	s = account_audit(cx, enable ? "account.enabled" : "account.disabled", id,
			  jy_param_text(cx, "why"), NULL);
	if (s != JY_OK)
		return s;
	return back(cx, out, enable ? "账号已启用。" : "账号已停用，对方的登录已全部退出。");
}

/* POST /admin/accounts/:account/reset */
enum jy_status
account_admin_reset_post(struct jy_ctx *cx, struct jy_view *out)
{
	int64_t id = jy_param_int(cx, "account");
	json_t *row;
	enum jy_status s = account_by_id(cx, id, &row);

	if (s == JY_OK)
		s = account_audit(cx, "account.reset_link", id, jy_param_text(cx, "why"), NULL);
	return s == JY_OK ? show_link(cx, out, id) : s;
}

/* POST /admin/accounts/:account/second */
enum jy_status
account_admin_second_post(struct jy_ctx *cx, struct jy_view *out)
{
	int64_t id = jy_param_int(cx, "account");
	enum jy_status s = account_set_totp(cx, id, NULL);

	if (s == JY_OK)
		s = session_end_all(cx, id);
	if (s == JY_OK)
		s = account_audit(cx, "account.second_reset", id, jy_param_text(cx, "why"), NULL);
	return s == JY_OK ? back(cx, out, "第二步验证已重置，对方下次登录时重新设置。") : s;
}

/* POST /admin/accounts/:account/sessions */
enum jy_status
account_admin_sessions_post(struct jy_ctx *cx, struct jy_view *out)
{
	int64_t id = jy_param_int(cx, "account");
	json_t *row;
	enum jy_status s = account_by_id(cx, id, &row);

	if (s == JY_OK)
		s = session_end_all(cx, id);
	if (s == JY_OK)
		s = account_audit(cx, "account.sessions_ended", id, jy_param_text(cx, "why"), NULL);
	return s == JY_OK ? back(cx, out, "这个账号的登录已全部退出。") : s;
}
