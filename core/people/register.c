/*
 * register.c - accounts that people make themselves: graduates on the roster, and employers.
 *
 * A graduate proves to be the person on the roster by the last six characters of the resident ID or
 * by a code to the phone number that the roster has. One sentence answers every mismatch, so the
 * page cannot be asked who studies where. An employer gets an organisation in state "pending" that
 * an office must confirm before anything of it is published.
 */
#include "people/accounts.h"

#include <ctype.h>
#include <sodium.h>
#include <string.h>
#include "people/codes.h"
#include "people/session.h"
#include "work/work.h"

static const char SQL_PERSON[] = "SELECT id, uid, name, resident_id, phone FROM people"
				 " WHERE university = ? AND student_no = ?";
static const char SQL_HAS_ACCOUNT[] = "SELECT id FROM accounts WHERE person = ?";
static const char SQL_ORGANISATION[] =
    "INSERT INTO organisations (kind, name, credit_code, unit, contact_name, contact_phone, state)"
    " VALUES ('employer', ?, ?, ?, ?, ?, 'pending')";

#define PASSWORD_FIELDS                                                                            \
	{ "password",                                                                              \
	  JY_PASSWORD,                                                                             \
	  8,                                                                                       \
	  256,                                                                                     \
	  JY_REQUIRED,                                                                             \
	  "密码",                                                                                  \
	  "至少 8 个字符；一句好记的话最好。",                                                     \
	  .section = "登录账号" },                                                                 \
	{                                                                                          \
		"again", JY_PASSWORD, 8, 256, JY_REQUIRED, "再输一次密码"                    \
	}

static const struct jy_field register_fields[] = {
	{ "name", JY_TEXT, 1, 60, JY_REQUIRED, "姓名", .section = "您是谁" },
	{ "university", JY_CHOICE, 0, 0, JY_REQUIRED, "学校", .reference = "universities" },
	{ "student_no", JY_CODE, 1, 30, JY_REQUIRED, "学号" },
	{ "resident_tail", JY_CODE, 6, 6, 0, "身份证号后六位", "和短信验证码填一样即可。" },
	{ "code", JY_CODE, 6, 6, 0, "短信验证码", "先点页面下方的“用手机验证码证明身份”获取。" },
	PASSWORD_FIELDS,
	{ "account", JY_CODE, 3, 40, 0, "登录名", "字母开头；不填时由系统分配。" },
	{ "agree", JY_BOOL, 0, 0, JY_REQUIRED, "我同意为提供就业服务使用我的这些信息",
	  "信息只用于就业服务，可随时在“我的账户”导出或要求更正、删除。" },
	{ 0 },
};
const struct jy_form register_form = {
	.name = "account.register",
	.title = "毕业生注册",
	.intro = "请按学校名册上的信息填写，核对一致后即可开通。",
	.fields = register_fields,
	.submit = "注册",
	.tmpl = "core/account_register",
	.check = account_same_twice,
};
static const struct jy_field register_code_fields[] = {
	{ "name", JY_TEXT, 1, 60, JY_REQUIRED, "姓名" },
	{ "university", JY_CHOICE, 0, 0, JY_REQUIRED, "学校", .reference = "universities" },
	{ "student_no", JY_CODE, 1, 30, JY_REQUIRED, "学号" },
	{ 0 },
};
const struct jy_form register_code_form = {
	.name = "account.register_code",
	.title = "用手机验证码证明身份",
	.intro = "验证码会发到学校名册上登记的您的手机号。",
	.fields = register_code_fields,
	.submit = "发送验证码",
};
static const struct jy_field employer_fields[] = {
	{ "organisation", JY_TEXT, 2, 120, JY_REQUIRED, "单位名称", .section = "单位" },
	{ "credit_code", JY_CREDIT_CODE, 0, 0, JY_REQUIRED, "统一社会信用代码" },
	{ "unit", JY_CHOICE, 0, 0, JY_REQUIRED, "所在市州", .reference = "units" },
	{ "contact_name", JY_TEXT, 1, 60, JY_REQUIRED, "联系人", .section = "联系" },
	{ "contact_phone", JY_TEXT, 5, 30, JY_REQUIRED, "单位联系电话" },
	PASSWORD_FIELDS,
	{ "account", JY_CODE, 3, 40, JY_REQUIRED, "登录名",
	  "字母开头，3 到 40 个字母、数字、点、横线。" },
	{ 0 },
};
const struct jy_form register_employer_form = {
	.name = "account.register_employer",
	.title = "用人单位注册",
	.intro = "注册后即可登录填写岗位；单位信息经就业部门核实后，岗位才会公开。",
	.fields = employer_fields,
	.submit = "注册",
	.check = account_same_twice,
};

static enum jy_status
slowed(struct jy_ctx *cx, struct jy_view *out, int64_t wait)
{
	jy_field_error(cx, NULL, "尝试次数太多，请 %" PRId64 " 秒后再试。", wait);
	return account_again(cx, out, 429, "register.slow");
}

static bool
tail_matches(const char *resident_id, const char *tail)
{
	size_t n = strlen(resident_id), i;

	if (n < 6 || strlen(tail) != 6)
		return false;
	for (i = 0; i < 6; i++)
		if (toupper((unsigned char)resident_id[n - 6 + i]) !=
		    toupper((unsigned char)tail[i]))
			return false;
	return true;
}

/* JY_NOT_FOUND: nobody like that, or the proof is wrong. by_phone: the number on the roster,
 * proved. */
static enum jy_status
prove(struct jy_ctx *cx, json_t **person, const char **by_phone)
{
	const char *tail = jy_param_text(cx, "resident_tail"), *code = jy_param_text(cx, "code");
	json_t *row;
	char *plain;
	enum jy_status s = jy_row(cx, &row, SQL_PERSON, jy_text(jy_param_text(cx, "university")),
				  jy_text(jy_param_text(cx, "student_no")));

	if (s != JY_OK)
		return s;
	*by_phone = "";
	*person = row;
	if (strcmp(jy_json_text(row, "name"), jy_param_text(cx, "name")) != 0)
		return JY_NOT_FOUND;
	if (tail && *jy_json_text(row, "resident_id")) {
		s = jy_unseal(cx, "people.resident_id", jy_json_text(row, "uid"),
			      jy_json_text(row, "resident_id"), &plain);
		if (s != JY_OK)
			return s;
		return tail_matches(plain, tail) ? JY_OK : JY_NOT_FOUND;
	}
	if (!code || !*jy_json_text(row, "phone"))
		return JY_NOT_FOUND;
	s = code_use(cx, jy_json_int(row, "id"), "register", NULL, code);
	if (s == JY_OK)
		s = jy_unseal(cx, "people.phone", jy_json_text(row, "uid"),
			      jy_json_text(row, "phone"), &plain);
	if (s == JY_OK)
		*by_phone = plain;
	return s == JY_INVALID ? JY_NOT_FOUND : s;
}

/* The account with its one role, and a session in it. */
static enum jy_status
open_account(struct jy_ctx *cx, struct jy_view *out, const struct account_new *fresh,
	     const struct account_role *role)
{
	const char *error = NULL;
	json_t *roles;
	int64_t id;
	enum jy_status s = account_create(cx, fresh, &id, &error);

	if (s == JY_OK)
		s = account_grant(cx, id, role, &error);
	if (s == JY_INVALID || s == JY_CONFLICT) {
		jy_field_error(cx, s == JY_CONFLICT ? "account" : NULL, "%s",
			       error ? error : "请检查填写的内容。");
		return JY_INVALID;
	}
	if (s == JY_OK)
		s = account_roles(cx, id, &roles);
	if (s == JY_OK)
		s = session_open(cx, out, id, jy_json_int(json_array_get(roles, 0), "id"), false);
	if (s == JY_OK)
		s = account_audit(cx, "account.registered", id, NULL,
				  json_pack("{s:s}", "role", account_role_name(role->role)));
	if (s != JY_OK)
		return s;
	device_remember(cx, out, id);
	jy_log(cx, "register.done", "account=%" PRId64, id);
	return JY_OK;
}

/* GET /account/register */
enum jy_status
register_get(struct jy_ctx *cx, struct jy_view *out)
{
	return cx->session ? jy_redirect(out, "/account")
			   : jy_form_page(cx, out, &register_form, NULL, NULL);
}

static enum jy_status
graduate(struct jy_ctx *cx, struct jy_view *out, const json_t *person, const char *phone)
{
	const struct account_role role = { .role = JY_GRADUATE };
	const char *name = jy_param_text(cx, "account");
	struct account_new fresh = { .display_name = jy_json_text(person, "name"),
				     .password = jy_param_text(cx, "password"),
				     .person = jy_json_int(person, "id") };
	json_t *other;
	enum jy_status s = jy_row(cx, &other, SQL_HAS_ACCOUNT, jy_int(fresh.person));

	if (s == JY_OK) {
		jy_field_error(cx, NULL, "您已经有账号，请直接登录；忘记密码可以在登录页找回。");
		return JY_INVALID;
	}
	if (s != JY_NOT_FOUND)
		return s;
	fresh.name = name ? name : jy_printf(cx, "u%.10s", jy_uid(cx));
	if (*phone) {
		s = account_find(cx, phone, &other);
		if (s != JY_OK && s != JY_NOT_FOUND)
			return s;
		fresh.phone = s == JY_NOT_FOUND ? phone : NULL;
	}
	return open_account(cx, out, &fresh, &role);
}

/* POST /account/register */
enum jy_status
register_post(struct jy_ctx *cx, struct jy_view *out)
{
	const struct attempt attempt = { "register", 0,
					 jy_printf(cx, "%s|%s", jy_param_text(cx, "university"),
						   jy_param_text(cx, "student_no")) };
	int64_t wait = attempt_count(cx, &attempt);
	const char *phone = "";
	json_t *person;
	enum jy_status s;

	if (wait > 0)
		return slowed(cx, out, wait);
	if (!jy_param_text(cx, "resident_tail") && !jy_param_text(cx, "code")) {
		jy_field_error(cx, "resident_tail", "请填写身份证号后六位，或填写短信验证码。");
		return jy_form_again(cx, out);
	}
	s = prove(cx, &person, &phone);
	if (s == JY_NOT_FOUND) {
		jy_log(cx, "register.mismatch", "not as on the roster");
		jy_field_error(cx, NULL,
			       "填写的信息与学校名册不一致，请核对后再试；确认无误仍不行时，"
			       "请联系学校就业部门。");
		return account_again_kept(cx, out);
	}
	if (s == JY_OK)
		s = graduate(cx, out, person, phone);
	if (s == JY_INVALID)
		return jy_form_again(cx, out);
	if (s != JY_OK)
		return s;
	attempt_forgive(cx, &attempt);
	jy_notice(out, "注册成功，您已登录。");
	return jy_redirect(out, "/");
}

/* GET /account/register/code */
enum jy_status
register_code_get(struct jy_ctx *cx, struct jy_view *out)
{
	return jy_form_page(cx, out, &register_code_form, NULL, NULL);
}

/* POST /account/register/code - as with resets, a task looks, so the answer gives nothing away. */
enum jy_status
register_code_post(struct jy_ctx *cx, struct jy_view *out)
{
	const char *uid = jy_uid(cx), *name = jy_param_text(cx, "name"),
		   *university = jy_param_text(cx, "university"),
		   *number = jy_param_text(cx, "student_no");
	const struct attempt attempt = { "register_code", 0,
					 jy_printf(cx, "%s|%s", university, number) };
	int64_t wait = attempt_count(cx, &attempt);
	struct jy_val sealed;
	char text[512];
	enum jy_status s;

	if (wait > 0)
		return slowed(cx, out, wait);
	s = jy_seal(cx, "account.register", uid,
		    jy_printf(cx, "%s|%s|%s", university, number, name), &sealed);
	if (s != JY_OK)
		return s;
	if (sodium_base64_ENCODED_LEN(sealed.n, sodium_base64_VARIANT_ORIGINAL) > sizeof(text)) {
		jy_field_error(cx, "name", "姓名太长，请检查。");
		return jy_form_again(cx, out);
	}
	sodium_bin2base64(text, sizeof(text), (const unsigned char *)sealed.s, sealed.n,
			  sodium_base64_VARIANT_ORIGINAL);
	s = work_queue_task(cx, "account.register_code",
			    json_pack("{s:s, s:s}", "uid", uid, "who", text), NULL);
	if (s != JY_OK)
		return s;
	jy_notice(out, "如果信息与名册一致，验证码已发到名册上的手机，30 分钟内有效。");
	return jy_redirect(out, "/account/register");
}

/* Task account.register_code: university|student number|name, sealed. */
enum jy_status
register_code_task(struct jy_ctx *cx, json_t *args)
{
	const char *code;
	char *who, *number, *name, *phone;
	json_t *row;
	enum jy_status s = jy_unseal(cx, "account.register", jy_json_text(args, "uid"),
				     jy_json_text(args, "who"), &who);

	if (s != JY_OK)
		return s;
	number = strchr(who, '|');
	name = number ? strchr(number + 1, '|') : NULL;
	if (!name)
		return JY_OK;
	*number++ = '\0';
	*name++ = '\0';
	s = jy_row(cx, &row, SQL_PERSON, jy_text(who), jy_text(number));
	if (s == JY_NOT_FOUND || (s == JY_OK && (strcmp(jy_json_text(row, "name"), name) != 0 ||
						 !*jy_json_text(row, "phone"))))
		return JY_OK;
	if (s == JY_OK)
		s = jy_unseal(cx, "people.phone", jy_json_text(row, "uid"),
			      jy_json_text(row, "phone"), &phone);
	if (s == JY_OK)
		s = code_make(cx, jy_json_int(row, "id"), "register", NULL, &code);
	if (s == JY_CONFLICT)
		return JY_OK; /* five in an hour are enough */
	if (s != JY_OK)
		return s;
	return account_send(cx, "sms", phone, "",
			    jy_printf(cx, "注册验证码是 %s，30 分钟内有效，请勿告诉他人。", code));
}

/* GET /account/register/employer */
enum jy_status
register_employer_get(struct jy_ctx *cx, struct jy_view *out)
{
	return cx->session ? jy_redirect(out, "/account")
			   : jy_form_page(cx, out, &register_employer_form, NULL, NULL);
}

/* POST /account/register/employer */
enum jy_status
register_employer_post(struct jy_ctx *cx, struct jy_view *out)
{
	const struct attempt attempt = { "register_employer", 0, jy_param_text(cx, "credit_code") };
	const struct account_new fresh = { .name = jy_param_text(cx, "account"),
					   .display_name = jy_param_text(cx, "contact_name"),
					   .password = jy_param_text(cx, "password") };
	struct account_role role = { .role = JY_EMPLOYER };
	int64_t wait = attempt_count(cx, &attempt);
	enum jy_status s;

	if (wait > 0)
		return slowed(cx, out, wait);
	s = jy_exec(cx, SQL_ORGANISATION, jy_text(jy_param_text(cx, "organisation")),
		    jy_text(attempt.who), jy_text(jy_param_text(cx, "unit")),
		    jy_text(fresh.display_name), jy_text(jy_param_text(cx, "contact_phone")));
	if (s == JY_CONFLICT) {
		jy_field_error(cx, "credit_code",
			       "这个单位已经登记；请联系单位里已有账号的同事，"
			       "或请当地就业部门为您开通账号。");
		return jy_form_again(cx, out);
	}
	if (s != JY_OK)
		return s;
	role.organisation = jy_last_id(cx);
	s = open_account(cx, out, &fresh, &role);
	if (s == JY_INVALID)
		return jy_form_again(cx, out);
	if (s == JY_OK)
		s = jy_emit(cx, "account.employer_registered",
			    json_pack("{s:I}", "organisation", (json_int_t)role.organisation));
	if (s != JY_OK)
		return s;
	jy_notice(out, "注册成功，您已登录。单位信息正在等待核实，现在就可以填写岗位。");
	return jy_redirect(out, "/");
}
