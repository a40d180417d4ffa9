/*
 * account_help.c - small things that all pages of accounts need alike.
 */
#include "people/accounts.h"

#include <string.h>
#include "people/password.h"
#include "web/request.h"
#include "web/response.h"
#include "work/work.h"

enum jy_status
account_again(struct jy_ctx *cx, struct jy_view *out, int http, const char *code)
{
	enum jy_status s;

	if (cx->request && cx->request->json)
		return refuse_http(out, http, code, "%s",
				   jy_json_text(json_array_get(cx->errors, 0), "message"));
	s = jy_form_again(cx, out);
	if (s != JY_INVALID)
		return s;
	out->status = http;
	out->code = code;
	return s;
}

enum jy_status
account_again_kept(struct jy_ctx *cx, struct jy_view *out)
{
	enum jy_status s = jy_form_again(cx, out);

	return s == JY_INVALID ? JY_OK : s;
}

enum jy_status
account_confirm_self(struct jy_ctx *cx, const char *field)
{
	const struct attempt attempt = { "confirm", cx->user.account, "" };
	json_t *row;
	int64_t wait;
	enum jy_status s = account_by_id(cx, cx->user.account, &row);

	if (s != JY_OK)
		return s;
	wait = attempt_count(cx, &attempt);
	if (wait > 0) {
		jy_field_error(cx, field, "密码输错次数太多，请 %" PRId64 " 秒后再试。", wait);
		return JY_INVALID;
	}
	if (!password_check(jy_json_text(row, "password"), jy_param_text(cx, field))) {
		jy_log(cx, "account.confirm_failed", "account=%" PRId64, cx->user.account);
		jy_field_error(cx, field, "当前密码不对，请重新输入。");
		return JY_INVALID;
	}
	attempt_forgive(cx, &attempt);
	return JY_OK;
}

const char *
account_next(struct jy_ctx *cx, const char *next)
{
	(void)cx;
	return next && path_is_local(next) ? next : "/";
}

enum jy_status
account_send(struct jy_ctx *cx, const char *channel, const char *to, const char *subject,
	     const char *text)
{
	const char *site = jy_setting_text(cx, "site.name");

	if (strcmp(channel, "sms") == 0)
		return outbox_push(cx, channel, to, "", jy_printf(cx, "【%s】%s", site, text),
				   NULL);
	return outbox_push(cx, channel, to, jy_printf(cx, "%s（%s）", subject, site),
			   jy_printf(cx, "您好：\n\n%s\n\n%s\n", text, site), NULL);
}

enum jy_status
account_audit(struct jy_ctx *cx, const char *action, int64_t account, const char *why,
	      json_t *detail)
{
	json_t *full = detail ? detail : json_object();

	if (why)
		json_object_set_new(full, "why", json_string(why));
	return jy_audit(cx, action, jy_printf(cx, "account:%" PRId64, account), full);
}

enum jy_status
account_same_twice(struct jy_ctx *cx, json_t *values)
{
	if (strcmp(jy_json_text(values, "password"), jy_json_text(values, "again")) == 0)
		return JY_OK;
	jy_field_error(cx, "again", "两次输入的新密码不一样，请重新输入。");
	return JY_INVALID;
}
