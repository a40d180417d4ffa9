/*
 * second_pages.c - the second step of signing in, and setting it up or taking it away.
 *
 * /account/second is the only page that a half signed-in session may use. The secret that is
 * offered for enrolment is derived from the session, so it needs no place to wait in and dies with
 * it; it is sealed and stored only after its first code was typed correctly.
 */
#include "people/accounts.h"

#include <string.h>
#include <time.h>
#include "base/seal.h"
#include "people/session.h"
#include "people/totp.h"
#include "web/http_text.h"

static enum jy_status prepare_second(struct jy_ctx *cx, json_t *model);
static enum jy_status prepare_enrolment(struct jy_ctx *cx, json_t *model);

static const struct jy_field second_fields[] = {
	{ "code", JY_CODE, 6, 6, JY_REQUIRED, "动态验证码", "验证器应用里显示的 6 位数字。" },
	{ "next", JY_TEXT, 0, 2000, JY_HIDDEN, "返回地址" },
	{ 0 },
};
const struct jy_form second_form = {
	.name = "account.second",
	.title = "第二步验证",
	.fields = second_fields,
	.submit = "继续",
	.tmpl = "core/account_second",
	.prepare = prepare_second,
};
static const struct jy_field second_new_fields[] = {
	{ "password", JY_PASSWORD, 1, 256, JY_REQUIRED, "当前密码" },
	{ "code", JY_CODE, 6, 6, JY_REQUIRED, "动态验证码", "扫码后应用里显示的 6 位数字。" },
	{ 0 },
};
const struct jy_form second_new_form = {
	.name = "account.second_new",
	.title = "开启第二步验证",
	.fields = second_new_fields,
	.submit = "开启",
	.tmpl = "core/account_second",
	.prepare = prepare_enrolment,
};
static const struct jy_field second_remove_fields[] = {
	{ "password", JY_PASSWORD, 1, 256, JY_REQUIRED, "当前密码" },
	{ 0 },
};
const struct jy_form second_remove_form = {
	.name = "account.second_remove",
	.title = "更换或关闭第二步验证",
	.intro = "关闭后，原来的验证器不再有效。您的身份要求第二步验证时，系统会马上请您重新设置。",
	.fields = second_remove_fields,
	.submit = "关闭原来的验证器",
};

static void
offered_secret(struct jy_ctx *cx, unsigned char secret[TOTP_SECRET])
{
	unsigned char hash[32];

	keyed_hash(cx->core->keys, "totp.offer", cx->session->hash, sizeof(cx->session->hash),
		   hash);
	memcpy(secret, hash, TOTP_SECRET);
}

static enum jy_status
prepare_enrolment(struct jy_ctx *cx, json_t *model)
{
	unsigned char secret[TOTP_SECRET];
	const char *text, *site = jy_setting_text(cx, "site.name");
	json_t *row;
	enum jy_status s = account_by_id(cx, cx->user.account, &row);

	if (s != JY_OK)
		return s;
	offered_secret(cx, secret);
	text = totp_base32(cx, secret, TOTP_SECRET);
	json_object_set_new(
	    model, "enrol",
	    json_pack("{s:s, s:o}", "qr",
		      totp_qr(cx, totp_uri(cx, secret, site, jy_json_text(row, "name"))), "secret",
		      json_sprintf("%.4s %.4s %.4s %.4s %.4s %.4s %.4s %.4s", text, text + 4,
				   text + 8, text + 12, text + 16, text + 20, text + 24,
				   text + 28)));
	return JY_OK;
}

static enum jy_status
has_totp(struct jy_ctx *cx, bool *has)
{
	json_t *row;
	enum jy_status s = account_by_id(cx, cx->user.account, &row);

	if (s == JY_OK)
		*has = *jy_json_text(row, "totp") != '\0';
	return s;
}

static enum jy_status
prepare_second(struct jy_ctx *cx, json_t *model)
{
	bool has;
	enum jy_status s = has_totp(cx, &has);

	return s == JY_OK && !has ? prepare_enrolment(cx, model) : s;
}

enum jy_status
account_second_step(struct jy_ctx *cx, const char *field)
{
	const struct attempt attempt = { "second", cx->user.account, "" };
	int64_t wait = attempt_count(cx, &attempt);
	enum jy_status s;

	if (wait > 0) {
		jy_field_error(cx, field, "验证码输错次数太多，请 %" PRId64 " 秒后再试。", wait);
		return JY_INVALID;
	}
	s = account_use_totp(cx, cx->user.account, jy_param_text(cx, field));
	if (s == JY_INVALID) {
		jy_log(cx, "second.failed", "account=%" PRId64, cx->user.account);
		jy_field_error(
		    cx, field,
		    "验证码不对或已经用过，请等验证器显示下一个再试，并检查手机时间是否准确。");
		return s;
	}
	attempt_forgive(cx, &attempt);
	return s;
}

/* Stores the offered secret when its code is right. */
static enum jy_status
enrol(struct jy_ctx *cx)
{
	unsigned char secret[TOTP_SECRET];
	const char *code = jy_param_text(cx, "code");
	enum jy_status s;

	offered_secret(cx, secret);
	if (totp_match(secret, code, (int64_t)time(NULL), 0) == 0) {
		jy_field_error(cx, "code",
			       "验证码不对，请确认扫的是本页的二维码，并检查手机时间是否准确。");
		return JY_INVALID;
	}
	s = account_set_totp(cx, cx->user.account, secret);
	if (s == JY_OK)
		s = account_use_totp(cx, cx->user.account, code);
	if (s == JY_OK)
		s = account_audit(cx, "account.second_set", cx->user.account, NULL, NULL);
	return s;
}

/* GET /account/second */
enum jy_status
second_get(struct jy_ctx *cx, struct jy_view *out)
{
	const char *next = jy_param_text(cx, "next");

	if (!cx->session->second_factor_due)
		return jy_redirect(out, "%s", next ? account_next(cx, next) : "/account");
	return jy_form_page(cx, out, &second_form, NULL,
			    json_pack("{s:s}", "next", next ? next : ""));
}

/* POST /account/second */
enum jy_status
second_post(struct jy_ctx *cx, struct jy_view *out)
{
	bool has;
	enum jy_status s;

	if (!cx->session->second_factor_due)
		return jy_redirect(out, "/account");
	s = has_totp(cx, &has);
	if (s == JY_OK)
		s = has ? account_second_step(cx, "code") : enrol(cx);
	if (s == JY_INVALID)
		return jy_form_again(cx, out);
	if (s == JY_OK)
		s = session_open(cx, out, cx->session->account, cx->session->role_id, true);
	if (s != JY_OK)
		return s;
	jy_log(cx, "second.ok", "account=%" PRId64, cx->user.account);
	if (!has)
		jy_notice(out, "第二步验证已开启，以后登录时请打开验证器。");
	return jy_redirect(out, "%s", account_next(cx, jy_param_text(cx, "next")));
}

/* GET /account/second/new - for those who want it though nothing requires it. */
enum jy_status
second_new_get(struct jy_ctx *cx, struct jy_view *out)
{
	bool has;
	enum jy_status s = has_totp(cx, &has);

	if (s != JY_OK)
		return s;
	if (has || cx->session->second_factor_due)
		return jy_redirect(out, has ? "/account/second/remove" : "/account/second");
	return jy_form_page(cx, out, &second_new_form, NULL, NULL);
}

/* POST /account/second/new */
enum jy_status
second_new_post(struct jy_ctx *cx, struct jy_view *out)
{
	bool has;
	enum jy_status s = has_totp(cx, &has);

	if (s != JY_OK)
		return s;
	if (has || cx->session->second_factor_due)
		return jy_refuse(out, JY_CONFLICT, "second.state",
				 "第二步验证已经开启，请回到“我的账户”查看。");
	s = account_confirm_self(cx, "password");
	if (s == JY_OK)
		s = enrol(cx);
	if (s == JY_INVALID)
		return jy_form_again(cx, out);
	if (s == JY_OK)
		s = session_open(cx, out, cx->session->account, cx->session->role_id, true);
	if (s != JY_OK)
		return s;
	jy_notice(out, "第二步验证已开启，以后登录时请打开验证器。");
	return jy_redirect(out, "/account");
}

/* GET /account/second/remove */
enum jy_status
second_remove_get(struct jy_ctx *cx, struct jy_view *out)
{
	return jy_form_page(cx, out, &second_remove_form, NULL, NULL);
}

/* POST /account/second/remove - only who has passed the second step may take it away. */
enum jy_status
second_remove_post(struct jy_ctx *cx, struct jy_view *out)
{
	bool has;
	enum jy_status s = has_totp(cx, &has);

	if (s != JY_OK)
		return s;
	if (!has || !cx->session->second_factor)
		return jy_refuse(
		    out, JY_DENIED, "second.state",
		    "请先完成第二步验证，再更换或关闭验证器；手机丢失时请联系管理员重置。");
	s = account_confirm_self(cx, "password");
	if (s == JY_INVALID)
		return jy_form_again(cx, out);
	if (s == JY_OK)
		s = account_set_totp(cx, cx->user.account, NULL);
	if (s == JY_OK)
		s = account_audit(cx, "account.second_removed", cx->user.account, NULL, NULL);
	if (s == JY_OK)
		s = session_end_others(cx);
	if (s == JY_OK)
		s = session_open(cx, out, cx->session->account, cx->session->role_id, false);
	if (s != JY_OK)
		return s;
	jy_notice(out, "原来的验证器已失效。");
	return jy_redirect(out, cx->session->second_factor_due ? "/account/second" : "/account");
}
