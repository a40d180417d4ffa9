/*
 * reset.c - a new password for who has lost the old one.
 *
 * The page only queues a task with what was typed, sealed; the task looks the account up. So the
 * answer and its time are the same whether there is an account or not, by construction. By e-mail
 * goes a link, to a phone six digits; both once, for 30 minutes.
 */
#include "people/accounts.h"

#include <sodium.h>
#include <string.h>
#include "base/config.h"
#include "people/codes.h"
#include "people/password.h"
#include "people/session.h"
#include "work/work.h"

const struct jy_field token_params[] = {
	{ "token", JY_CODE, 43, 43, JY_REQUIRED, "链接" },
	{ 0 },
};
static const struct jy_field reset_fields[] = {
	{ "who", JY_TEXT, 1, 120, JY_REQUIRED, "账号", "登录名、手机号或邮箱都可以。" },
	{ 0 },
};
const struct jy_form reset_form = {
	.name = "account.reset",
	.title = "找回密码",
	.intro = "我们会把重置链接发到账号绑定的邮箱；没有绑定邮箱时，把验证码发到绑定的手机。",
	.fields = reset_fields,
	.submit = "发送",
};
static const struct jy_field reset_code_fields[] = {
	{ "who", JY_TEXT, 1, 120, JY_REQUIRED, "账号" },
	{ "code", JY_CODE, 6, 6, JY_REQUIRED, "短信验证码" },
	{ "password", JY_PASSWORD, 8, 256, JY_REQUIRED, "新密码",
	  "至少 8 个字符（工作人员 12 个）；一句好记的话最好。" },
	{ "again", JY_PASSWORD, 8, 256, JY_REQUIRED, "再输一次新密码" },
	{ 0 },
};
const struct jy_form reset_code_form = {
	.name = "account.reset_code",
	.title = "重置密码",
	.intro = "如果账号存在，重置链接已发到它的邮箱，或验证码已发到它的手机，30 分钟内有效。"
		 "收到邮件请点其中的链接；收到短信请在这里填写验证码。",
	.fields = reset_code_fields,
	.submit = "设置新密码",
	.check = account_same_twice,
};
static const struct jy_field reset_link_fields[] = {
	{ "password", JY_PASSWORD, 8, 256, JY_REQUIRED, "新密码",
	  "至少 8 个字符（工作人员 12 个）；一句好记的话最好。" },
	{ "again", JY_PASSWORD, 8, 256, JY_REQUIRED, "再输一次新密码" },
	{ 0 },
};
const struct jy_form reset_link_form = {
	.name = "account.reset_link",
	.title = "设置新密码",
	.fields = reset_link_fields,
	.submit = "保存",
	.check = account_same_twice,
};

enum jy_status
account_reset_send(struct jy_ctx *cx, const char *who)
{
	const char *uid = jy_uid(cx);
	struct jy_val sealed;
	size_t size;
	char *text;
	enum jy_status s = jy_seal(cx, "account.reset", uid, who, &sealed);

	if (s != JY_OK)
		return s;
	size = sodium_base64_ENCODED_LEN(sealed.n, sodium_base64_VARIANT_ORIGINAL);
	text = jy_alloc(cx, size);
	sodium_bin2base64(text, size, (const unsigned char *)sealed.s, sealed.n,
			  sodium_base64_VARIANT_ORIGINAL);
	return work_queue_task(cx, "account.reset_send",
			       json_pack("{s:s, s:s}", "uid", uid, "who", text), NULL);
}

enum jy_status
account_reset_link(struct jy_ctx *cx, int64_t account, const char **link)
{
	const char *token;
	enum jy_status s = link_make(cx, account, "reset", &token);

	if (s == JY_OK)
		*link = jy_printf(cx, "%s/account/reset/%s", cx->core->config->public_url, token);
	return s;
}

static enum jy_status
send_code(struct jy_ctx *cx, int64_t account)
{
	const char *phone, *code;
	enum jy_status s = account_phone(cx, account, &phone);

	if (s != JY_OK || !*phone)
		return s;
	s = code_make(cx, account, "reset", NULL, &code);
	if (s == JY_CONFLICT)
		return JY_OK; /* five in an hour are enough */
	if (s != JY_OK)
		return s;
	return account_send(cx, "sms", phone, "",
			    jy_printf(cx,
				      "重置密码的验证码是 %s，30 分钟内有效，请勿告诉他人。"
				      "如非本人操作，请忽略。",
				      code));
}

/* Task account.reset_send: who asked, sealed. */
enum jy_status
reset_send_task(struct jy_ctx *cx, json_t *args)
{
	const char *link;
	char *who;
	json_t *row;
	enum jy_status s = jy_unseal(cx, "account.reset", jy_json_text(args, "uid"),
				     jy_json_text(args, "who"), &who);

	if (s == JY_OK)
		s = account_find(cx, who, &row);
	if (s == JY_NOT_FOUND || (s == JY_OK && strcmp(jy_json_text(row, "state"), "active") != 0))
		return JY_OK;
	if (s != JY_OK)
		return s;
	jy_log(cx, "reset.sent", "account=%" PRId64, jy_json_int(row, "id"));
	if (!*jy_json_text(row, "email"))
		return send_code(cx, jy_json_int(row, "id"));
	s = account_reset_link(cx, jy_json_int(row, "id"), &link);
	if (s != JY_OK)
		return s;
	return account_send(cx, "email", jy_json_text(row, "email"), "重置密码",
			    jy_printf(cx,
				      "请在 30 分钟内打开下面的链接设置新密码，链接只能用一次：\n\n"
				      "%s\n\n如非本人操作，请忽略这封邮件，密码不会改变。",
				      link));
}

/* GET /account/reset */
enum jy_status
reset_get(struct jy_ctx *cx, struct jy_view *out)
{
	return jy_form_page(cx, out, &reset_form, NULL, NULL);
}

/* POST /account/reset */
enum jy_status
reset_post(struct jy_ctx *cx, struct jy_view *out)
{
	const char *who = jy_param_text(cx, "who");
	const struct attempt attempt = { "reset", 0, who };
	int64_t wait = attempt_count(cx, &attempt);
	enum jy_status s;

	if (wait > 0) {
		jy_field_error(cx, NULL, "请求次数太多，请 %" PRId64 " 秒后再试。", wait);
		return account_again(cx, out, 429, "reset.slow");
	}
	s = account_reset_send(cx, who);
	if (s != JY_OK)
		return s;
	return jy_form_page(cx, out, &reset_code_form, "/account/reset/code",
			    json_pack("{s:s}", "who", who));
}

/* GET /account/reset/code */
enum jy_status
reset_code_get(struct jy_ctx *cx, struct jy_view *out)
{
	return jy_form_page(cx, out, &reset_code_form, NULL, NULL);
}

static enum jy_status
store(struct jy_ctx *cx, struct jy_view *out, int64_t account)
{
	const char *error = NULL;
	enum jy_status s = account_set_password(cx, account, jy_param_text(cx, "password"), &error);

	if (s == JY_INVALID) {
		jy_field_error(cx, "password", "%s", error);
		return jy_form_again(cx, out);
	}
	if (s == JY_OK)
		s = account_audit(cx, "account.password_reset", account, NULL, NULL);
	if (s == JY_OK && cx->session)
		s = session_end(cx, out);
	if (s != JY_OK)
		return s;
	jy_log(cx, "reset.done", "account=%" PRId64, account);
	jy_notice(out, "新密码已生效，请用它登录。其他设备上的登录都已退出。");
	return jy_redirect(out, "/account/sign-in");
}

/* POST /account/reset/code */
enum jy_status
reset_code_post(struct jy_ctx *cx, struct jy_view *out)
{
	struct attempt attempt = { "reset_code", 0, jy_param_text(cx, "who") };
	json_t *row = NULL;
	int64_t wait = attempt_count(cx, &attempt), account = 0;
	enum jy_status s;

	if (wait > 0) {
		jy_field_error(cx, NULL, "尝试次数太多，请 %" PRId64 " 秒后再试。", wait);
		return account_again(cx, out, 429, "reset.slow");
	}
	s = account_find(cx, attempt.who, &row);
	if (s != JY_OK && s != JY_NOT_FOUND)
		return s;
	if (s == JY_OK && strcmp(jy_json_text(row, "state"), "active") == 0)
		account = jy_json_int(row, "id");
	s = code_use(cx, account, "reset", NULL, jy_param_text(cx, "code"));
	if (s == JY_INVALID || s == JY_NOT_FOUND) {
		password_check(NULL,
			       jy_param_text(cx, "password")); /* hides what differs in time */
		jy_field_error(cx, "code", "验证码不对或已失效，请检查；输错 5 次后要重新发送。");
		return account_again_kept(cx, out);
	}
	return s == JY_OK ? store(cx, out, account) : s;
}

static enum jy_status
link_dead(struct jy_view *out)
{
	return jy_refuse(out, JY_NOT_FOUND, "reset.link",
			 "这个链接已经用过或超过 30 分钟，请在登录页点“忘记密码”重新获取。");
}

/* GET /account/reset/:token */
enum jy_status
reset_link_get(struct jy_ctx *cx, struct jy_view *out)
{
	int64_t account;
	enum jy_status s = link_find(cx, "reset", jy_param_text(cx, "token"), &account);

	if (s == JY_NOT_FOUND)
		return link_dead(out);
	return s == JY_OK ? jy_form_page(cx, out, &reset_link_form, NULL, NULL) : s;
}

/* POST /account/reset/:token */
enum jy_status
reset_link_post(struct jy_ctx *cx, struct jy_view *out)
{
	int64_t account;
	enum jy_status s = link_use(cx, "reset", jy_param_text(cx, "token"), &account);

	if (s == JY_NOT_FOUND)
		return link_dead(out);
	return s == JY_OK ? store(cx, out, account) : s;
}
