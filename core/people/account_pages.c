/*
 * account_pages.c - "my account": profile, roles, sessions, password.
 *
 * What makes an account somebody else's (password, phone, e-mail, second factor) asks for the
 * password again; phone and e-mail are in contact.c, the file of one's own data in own_data.c.
 */
#include "people/accounts.h"

#include <string.h>
#include "people/session.h"

static const char SQL_SESSIONS[] =
    "SELECT LOWER(HEX(s.hash)) AS session, s.address, s.agent, LEFT(s.created, 16) AS created,"
    " LEFT(s.seen, 16) AS seen, r.role, s.hash = ? AS current FROM sessions s"
    " JOIN account_roles r ON r.id = s.role_id WHERE s.account = ? ORDER BY s.seen DESC";
static const char SQL_SESSION_END[] = "DELETE FROM sessions WHERE account = ? AND hash = UNHEX(?)";
static const char SQL_ROLE[] = "SELECT id, role FROM account_roles WHERE id = ? AND account = ?";

static const struct jy_field password_fields[] = {
	{ "current", JY_PASSWORD, 1, 256, JY_REQUIRED, "当前密码" },
	{ "password", JY_PASSWORD, 8, 256, JY_REQUIRED, "新密码",
	  "至少 8 个字符（工作人员 12 个）；一句好记的话最好。" },
	{ "again", JY_PASSWORD, 8, 256, JY_REQUIRED, "再输一次新密码" },
	{ 0 },
};
const struct jy_form password_form = {
	.name = "account.password",
	.title = "修改密码",
	.intro = "修改后，其他设备上的登录会全部退出。",
	.fields = password_fields,
	.submit = "修改密码",
	.check = account_same_twice,
};
static const struct jy_field role_fields[] = {
	{ "role_id", JY_INT, 1, INT64_MAX, JY_REQUIRED, "身份" },
	{ 0 },
};
const struct jy_form role_form = {
	.name = "account.role", .title = "切换身份", .fields = role_fields, .submit = "切换"
};
static const struct jy_field session_end_fields[] = {
	{ "session", JY_CODE, 64, 64, JY_REQUIRED, "登录设备" },
	{ 0 },
};
const struct jy_form session_end_form = { .name = "account.session_end",
					  .title = "退出一台设备",
					  .fields = session_end_fields,
					  .submit = "退出" };
static const struct jy_field nothing_fields[] = { { 0 } };
const struct jy_form nothing_form = {
	.name = "account.nothing", .title = "确认", .fields = nothing_fields, .submit = "确认"
};

/* "Chrome · Android": enough to recognise one's own devices by. */
static const char *
device_label(struct jy_ctx *cx, const char *agent)
{
	static const struct {
		const char *mark, *name;
	} browsers[] = { { "MicroMessenger", "微信" }, { "Edg", "Edge" },
			 { "Firefox", "Firefox" },     { "Chrome", "Chrome" },
			 { "Safari", "Safari" },       { NULL, "程序或其他浏览器" } },
	  systems[] = { { "Android", "安卓手机" },     { "iPhone", "苹果手机" },
			{ "iPad", "苹果平板" },        { "HarmonyOS", "鸿蒙设备" },
			{ "Windows", "Windows 电脑" }, { "Mac OS", "苹果电脑" },
			{ "Linux", "Linux 电脑" },     { NULL, "未知设备" } };
	size_t b = 0, s = 0;

	while (browsers[b].mark && !strstr(agent, browsers[b].mark))
		b++;
	while (systems[s].mark && !strstr(agent, systems[s].mark))
		s++;
	return jy_printf(cx, "%s · %s", browsers[b].name, systems[s].name);
}

static enum jy_status
sessions_model(struct jy_ctx *cx, json_t **rows)
{
	json_t *row;
	size_t i;
	enum jy_status s = jy_rows(cx, rows, SQL_SESSIONS, jy_bytes(cx->session->hash, 32),
				   jy_int(cx->user.account));

	if (s != JY_OK)
		return s;
	json_array_foreach(*rows, i, row)
	{
		json_object_set_new(row, "device",
				    json_string(device_label(cx, jy_json_text(row, "agent"))));
		json_object_set_new(
		    row, "role_label",
		    json_string(account_role_label((enum jy_role)jy_json_int(row, "role"))));
		json_object_set_new(row, "current", json_boolean(jy_json_int(row, "current")));
	}
	return JY_OK;
}

/* GET /account */
enum jy_status
own_get(struct jy_ctx *cx, struct jy_view *out)
{
	json_t *row, *roles, *sessions, *each;
	const char *phone;
	size_t i;
	enum jy_status s = account_by_id(cx, cx->user.account, &row);

	if (s == JY_OK)
		s = account_phone(cx, cx->user.account, &phone);
	if (s == JY_OK)
		s = account_roles(cx, cx->user.account, &roles);
	if (s == JY_OK)
		s = sessions_model(cx, &sessions);
	if (s != JY_OK)
		return s;
	json_array_foreach(roles, i, each) json_object_set_new(
	    each, "current", json_boolean(jy_json_int(each, "id") == cx->session->role_id));
	return jy_show(
	    out, "core/account",
	    json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:O, s:b, s:O, s:b}", "title",
		      "我的账户", "name", jy_json_text(row, "name"), "display_name",
		      jy_json_text(row, "display_name"), "phone", account_phone_masked(cx, phone),
		      "email", jy_json_text(row, "email"), "second",
		      *jy_json_text(row, "totp") != '\0', "graduate", cx->user.role == JY_GRADUATE,
		      "roles", roles, "several", json_array_size(roles) > 1, "sessions", sessions,
		      "others", json_array_size(sessions) > 1));
}

/* GET /account/password */
enum jy_status
password_get(struct jy_ctx *cx, struct jy_view *out)
{
	return jy_form_page(cx, out, &password_form, NULL, NULL);
}

/* POST /account/password */
enum jy_status
password_post(struct jy_ctx *cx, struct jy_view *out)
{
	bool second = cx->session->second_factor;
	const char *error = NULL;
	enum jy_status s = account_confirm_self(cx, "current");

	if (s == JY_INVALID)
		return jy_form_again(cx, out);
	if (s == JY_OK)
		s = account_set_password(cx, cx->user.account, jy_param_text(cx, "password"),
					 &error);
	if (s == JY_INVALID) {
		jy_field_error(cx, "password", "%s", error);
		return jy_form_again(cx, out);
	}
	if (s == JY_OK)
		s = session_open(cx, out, cx->session->account, cx->session->role_id, second);
	if (s == JY_OK)
		s = account_audit(cx, "account.password_changed", cx->user.account, NULL, NULL);
	if (s != JY_OK)
		return s;
	jy_notice(out, "密码已修改，其他设备上的登录已退出。");
	return jy_redirect(out, "/account");
}

/* POST /account/role - the same person in another role: a new session. */
enum jy_status
role_post(struct jy_ctx *cx, struct jy_view *out)
{
	json_t *row;
	enum jy_status s = jy_row(cx, &row, SQL_ROLE, jy_int(jy_param_int(cx, "role_id")),
				  jy_int(cx->user.account));

	if (s == JY_OK)
		s = session_open(cx, out, cx->user.account, jy_json_int(row, "id"),
				 cx->session->second_factor);
	if (s != JY_OK)
		return s;
	jy_notice(out, "现在的身份是“%s”。", account_role_label(cx->user.role));
	return jy_redirect(out, cx->session->second_factor_due ? "/account/second" : "/");
}

/* POST /account/sessions/end - one session of the caller's own. */
enum jy_status
session_end_post(struct jy_ctx *cx, struct jy_view *out)
{
	enum jy_status s = jy_exec(cx, SQL_SESSION_END, jy_int(cx->user.account),
				   jy_text(jy_param_text(cx, "session")));

	if (s != JY_OK)
		return s;
	jy_notice(out, jy_changed(cx) ? "那台设备已退出登录。" : "那台设备早已退出登录。");
	return jy_redirect(out, "/account");
}

/* POST /account/sessions/end-others */
enum jy_status
sessions_end_others_post(struct jy_ctx *cx, struct jy_view *out)
{
	enum jy_status s = session_end_others(cx);

	if (s != JY_OK)
		return s;
	jy_notice(out, "其他设备都已退出登录。");
	return jy_redirect(out, "/account");
}
