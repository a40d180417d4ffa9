/*
 * signin.c - sign-in and sign-out, for people and for scripts.
 *
 * One answer for every wrong pair of name and password, after the same work; the sentence that an
 * account is disabled is only for who knows its password. The return address is always a path of
 * this site. POST /session takes JSON only: a foreign page cannot send that, so no token is needed.
 */
#include "people/accounts.h"

#include <string.h>
#include "people/password.h"
#include "people/session.h"
#include "web/http_text.h"
#include "web/request.h"

const struct jy_field sign_in_params[] = {
	{ "next", JY_TEXT, 1, 2000, .label = "返回地址" },
	{ 0 },
};
static const struct jy_field sign_in_fields[] = {
	{ "name", JY_TEXT, 1, 120, JY_REQUIRED, "账号", "登录名、手机号或邮箱都可以。" },
	{ "password", JY_PASSWORD, 1, 256, JY_REQUIRED, "密码" },
	{ "next", JY_TEXT, 0, 2000, JY_HIDDEN, "返回地址" },
	{ 0 },
};
const struct jy_form sign_in_form = {
	.name = "account.sign_in",
	.title = "登录",
	.fields = sign_in_fields,
	.submit = "登录",
	.tmpl = "core/account_sign_in",
};
static const struct jy_field session_fields[] = {
	{ "name", JY_TEXT, 1, 120, JY_REQUIRED, "账号" },
	{ "password", JY_PASSWORD, 1, 256, JY_REQUIRED, "密码" },
	{ "code", JY_CODE, 6, 6, 0, "动态验证码" },
	{ 0 },
};
const struct jy_form session_form = {
	.name = "account.session",
	.title = "登录（供程序使用）",
	.fields = session_fields,
	.submit = "登录",
};

/* JY_INVALID: the errors are noted, and *http says how to answer. */
static enum jy_status
check(struct jy_ctx *cx, json_t **account, int *http)
{
	const char *who = jy_param_text(cx, "name");
	struct attempt attempt = { "sign_in", 0, who };
	json_t *row = NULL;
	int64_t wait;
	enum jy_status s = account_find(cx, who, &row);

	if (s != JY_OK && s != JY_NOT_FOUND)
		return s;
	attempt.account = s == JY_OK ? jy_json_int(row, "id") : 0;
	wait = attempt_count(cx, &attempt);
	if (wait > 0) {
		*http = 429;
		jy_field_error(
		    cx, NULL, "尝试次数太多，请 %" PRId64 " 秒后再试；忘记密码时可以在登录页找回。",
		    wait);
		return JY_INVALID;
	}
	*http = 422;
	if (!password_check(s == JY_OK ? jy_json_text(row, "password") : NULL,
			    jy_param_text(cx, "password"))) {
		jy_log(cx, "sign_in.failed", "account=%" PRId64, attempt.account);
		jy_field_error(cx, NULL,
			       "账号或密码不对，请检查后再试；忘记密码时可以在登录页找回。");
		return JY_INVALID;
	}
	attempt_forgive(cx, &attempt);
	if (strcmp(jy_json_text(row, "state"), "active") != 0) {
		jy_log(cx, "sign_in.disabled", "account=%" PRId64, attempt.account);
		jy_field_error(cx, NULL, "这个账号已停用，请联系管理员。");
		return JY_INVALID;
	}
	*account = row;
	return JY_OK;
}

/* Opens the session in the account's first role. */
static enum jy_status
begin(struct jy_ctx *cx, struct jy_view *out, json_t *account)
{
	int64_t id = jy_json_int(account, "id");
	bool staff = jy_json_int(account, "roles") & (JY_STAFF | JY_ADMIN);
	json_t *roles;
	enum jy_status s = account_roles(cx, id, &roles);

	if (s != JY_OK)
		return s;
	if (json_array_size(roles) == 0) {
		jy_field_error(cx, NULL, "这个账号还没有任何角色，请联系管理员授予。");
		return JY_INVALID;
	}
	if (password_outdated(jy_json_text(account, "password"), staff))
		s = account_rehash(cx, id, jy_param_text(cx, "password"), staff);
	if (s == JY_OK)
		s = session_open(cx, out, id, jy_json_int(json_array_get(roles, 0), "id"), false);
	if (s == JY_OK && staff)
		s = account_audit(cx, "account.sign_in", id, NULL, NULL);
	if (s != JY_OK)
		return s;
	device_remember(cx, out, id);
	jy_log(cx, "sign_in.ok", "account=%" PRId64, id);
	return JY_OK;
}

/* GET /account/sign-in */
enum jy_status
sign_in_get(struct jy_ctx *cx, struct jy_view *out)
{
	const char *next = jy_param_text(cx, "next");

	if (cx->session)
		return jy_redirect(out, "%s", account_next(cx, next));
	return jy_form_page(cx, out, &sign_in_form, NULL,
			    json_pack("{s:s}", "next", next ? next : ""));
}

/* POST /account/sign-in */
enum jy_status
sign_in_post(struct jy_ctx *cx, struct jy_view *out)
{
	const char *next = account_next(cx, jy_param_text(cx, "next"));
	json_t *account;
	int http = 422;
	enum jy_status s = check(cx, &account, &http);

	if (s == JY_OK)
		s = begin(cx, out, account);
	if (s == JY_INVALID)
		return account_again(cx, out, http, http == 429 ? "sign_in.slow" : "sign_in.wrong");
	if (s != JY_OK)
		return s;
	if (cx->session->second_factor_due)
		return jy_redirect(out, "/account/second?next=%s", http_escape(cx, next));
	return jy_redirect(out, "%s", next);
}

/* POST /account/sign-out */
enum jy_status
sign_out_post(struct jy_ctx *cx, struct jy_view *out)
{
	enum jy_status s;

	jy_log(cx, "sign_out", "account=%" PRId64, cx->user.account);
	s = session_end(cx, out);
	if (s != JY_OK)
		return s;
	jy_notice(out, "您已退出登录。");
	return jy_redirect(out, "/");
}

static enum jy_status
show_session(struct jy_ctx *cx, struct jy_view *out)
{
	const struct jy_user *u = &cx->user;
	json_t *roles;
	enum jy_status s = account_roles(cx, u->account, &roles);

	if (s != JY_OK)
		return s;
	return jy_show(out, "core/account_session",
		       json_pack("{s:s, s:s, s:b, s:{s:I, s:s, s:s, s:s, s:s, s:s, s:I, s:I}, s:O}",
				 "title", "登录状态", "token", cx->session->csrf,
				 "second_factor_due", cx->session->second_factor_due, "user",
				 "account", (json_int_t)u->account, "name", u->name, "role",
				 account_role_name(u->role), "role_label",
				 account_role_label(u->role), "unit", u->unit, "university",
				 u->university, "organisation", (json_int_t)u->organisation,
				 "person", (json_int_t)u->person, "roles", roles));
}

/* GET /session - who am I, and the token that POSTs must bring. */
enum jy_status
session_get(struct jy_ctx *cx, struct jy_view *out)
{
	enum jy_status s;

	if (cx->session)
		return show_session(cx, out);
	/* While the database is away a page for everybody is shown as to a visitor; but "nobody has
	 * signed in" would be a wrong answer to this question. */
	s = session_identify(cx);
	if (s != JY_OK)
		return s;
	return jy_show(out, "core/account_session",
		       json_pack("{s:s, s:n, s:s}", "title", "登录状态", "user", "token",
				 session_token(cx, out)));
}

/* POST /session - sign-in of a script: {"name", "password", "code"?}. */
enum jy_status
session_post(struct jy_ctx *cx, struct jy_view *out)
{
	const char *code = jy_param_text(cx, "code");
	json_t *account;
	int http = 422;
	enum jy_status s;

	if (!cx->request->body_json)
		return jy_refuse(
		    out, JY_INVALID, "session.json",
		    "这个地址只接受 JSON；请用登录页登录，或以 application/json 提交。");
	s = check(cx, &account, &http);
	if (s == JY_OK)
		s = begin(cx, out, account);
	if (s == JY_OK && cx->session->second_factor_due && code) {
		s = account_second_step(cx, "code");
		if (s == JY_OK)
			s = session_open(cx, out, cx->session->account, cx->session->role_id, true);
		else
			out->headers = NULL; /* what begin() opened is rolled back */
	}
	if (s == JY_INVALID)
		return account_again(cx, out, http, http == 429 ? "sign_in.slow" : "sign_in.wrong");
	return s == JY_OK ? show_session(cx, out) : s;
}
