/*
 * contact.c - another phone number or e-mail for one's own account.
 *
 * The password first, then a code that went to the new address: nobody can bind what is not theirs,
 * nor be shut out by somebody who does. The new value waits nowhere: it is part of the code's hash
 * and comes back with the second form.
 */
#include "people/accounts.h"

#include <string.h>
#include "people/codes.h"

static const struct jy_field phone_fields[] = {
	{ "phone", JY_PHONE, 0, 0, JY_REQUIRED, "新手机号", NULL, "13800001234" },
	{ "password", JY_PASSWORD, 1, 256, JY_REQUIRED, "当前密码" },
	{ 0 },
};
const struct jy_form phone_form = {
	.name = "account.phone",
	.title = "绑定手机号",
	.intro = "绑定后可以用手机号登录和找回密码。我们会先发一个验证码到这个号码。",
	.fields = phone_fields,
	.submit = "发送验证码",
};
static const struct jy_field phone_confirm_fields[] = {
	{ "phone", JY_PHONE, 0, 0, JY_REQUIRED, "新手机号" },
	{ "code", JY_CODE, 6, 6, JY_REQUIRED, "短信验证码", "30 分钟内有效。" },
	{ 0 },
};
const struct jy_form phone_confirm_form = {
	.name = "account.phone_confirm",
	.title = "填写短信验证码",
	.fields = phone_confirm_fields,
	.submit = "绑定",
};
static const struct jy_field email_fields[] = {
	{ "email", JY_EMAIL, 0, 120, JY_REQUIRED, "新邮箱", NULL, "name@example.com" },
	{ "password", JY_PASSWORD, 1, 256, JY_REQUIRED, "当前密码" },
	{ 0 },
};
const struct jy_form email_form = {
	.name = "account.email",
	.title = "绑定邮箱",
	.intro = "绑定后可以用邮箱登录和找回密码。我们会先发一个验证码到这个邮箱。",
	.fields = email_fields,
	.submit = "发送验证码",
};
static const struct jy_field email_confirm_fields[] = {
	{ "email", JY_EMAIL, 0, 120, JY_REQUIRED, "新邮箱" },
	{ "code", JY_CODE, 6, 6, JY_REQUIRED, "邮件验证码", "30 分钟内有效。" },
	{ 0 },
};
const struct jy_form email_confirm_form = {
	.name = "account.email_confirm",
	.title = "填写邮件验证码",
	.fields = email_confirm_fields,
	.submit = "绑定",
};

struct contact {
	const char *field, *channel, *action;
	const struct jy_form *confirm;
	enum jy_status (*set)(struct jy_ctx *cx, int64_t account, const char *value,
			      const char **error);
};
static const struct contact phone_contact = { "phone", "sms", "/account/phone/confirm",
					      &phone_confirm_form, account_set_phone };
static const struct contact email_contact = { "email", "email", "/account/email/confirm",
					      &email_confirm_form, account_set_email };

static enum jy_status
begin(struct jy_ctx *cx, struct jy_view *out, const struct contact *contact)
{
	const char *to = jy_param_text(cx, contact->field), *code;
	enum jy_status s = account_confirm_self(cx, "password");

	if (s == JY_INVALID)
		return jy_form_again(cx, out);
	if (s == JY_OK)
		s = code_make(cx, cx->user.account, contact->field, to, &code);
	if (s == JY_CONFLICT) {
		jy_field_error(cx, NULL, "一小时内最多发送 5 次验证码，请稍后再试。");
		return account_again(cx, out, 429, "account.slow");
	}
	if (s == JY_OK)
		s = account_send(
		    cx, contact->channel, to, "绑定邮箱",
		    jy_printf(cx, "绑定账号的验证码是 %s，30 分钟内有效，请勿告诉他人。", code));
	if (s != JY_OK)
		return s;
	return jy_form_page(cx, out, contact->confirm, contact->action,
			    json_pack("{s:s}", contact->field, to));
}

static enum jy_status
confirm(struct jy_ctx *cx, struct jy_view *out, const struct contact *contact)
{
	const char *to = jy_param_text(cx, contact->field), *error = NULL;
	enum jy_status s =
	    code_use(cx, cx->user.account, contact->field, to, jy_param_text(cx, "code"));

	if (s == JY_INVALID || s == JY_NOT_FOUND) {
		jy_field_error(cx, "code", "验证码不对或已失效；输错 5 次后请重新发送。");
		return account_again_kept(cx, out);
	}
	if (s == JY_OK)
		s = contact->set(cx, cx->user.account, to, &error);
	if (s == JY_INVALID || s == JY_CONFLICT) {
		jy_field_error(cx, contact->field, "%s", error);
		return account_again_kept(cx, out);
	}
	if (s == JY_OK)
		s = account_audit(cx, "account.contact_changed", cx->user.account, NULL,
				  json_pack("{s:s}", "channel", contact->channel));
	if (s != JY_OK)
		return s;
	jy_notice(out, "绑定成功。");
	return jy_redirect(out, "/account");
}

/* GET /account/phone */
enum jy_status
phone_get(struct jy_ctx *cx, struct jy_view *out)
{
	return jy_form_page(cx, out, &phone_form, NULL, NULL);
}

/* POST /account/phone */
enum jy_status
phone_post(struct jy_ctx *cx, struct jy_view *out)
{
	return begin(cx, out, &phone_contact);
}

/* POST /account/phone/confirm */
enum jy_status
phone_confirm_post(struct jy_ctx *cx, struct jy_view *out)
{
	return confirm(cx, out, &phone_contact);
}

/* GET /account/email */
enum jy_status
email_get(struct jy_ctx *cx, struct jy_view *out)
{
	return jy_form_page(cx, out, &email_form, NULL, NULL);
}

/* POST /account/email */
enum jy_status
email_post(struct jy_ctx *cx, struct jy_view *out)
{
	return begin(cx, out, &email_contact);
}

/* POST /account/email/confirm */
enum jy_status
email_confirm_post(struct jy_ctx *cx, struct jy_view *out)
{
	return confirm(cx, out, &email_contact);
}
