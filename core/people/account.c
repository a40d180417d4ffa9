/*
 * account.c - accounts as rows: create, find, disable, passwords, phone and e-mail.
 *
 * A sign-in name begins with a letter, a phone is digits, an e-mail has an @: so one box on the
 * sign-in page is enough and no value can be taken for another. The phone is sealed and found by
 * its keyed hash. Roles are in roles.c, the second factor in second.c.
 */
#include "people/accounts.h"

#include <ctype.h>
#include <string.h>
#include "data/db.h"
#include "people/password.h"
#include "people/session.h"

static const char SQL_FIND[] =
    "SELECT a.id, a.uid, a.name, a.display_name, a.state, a.password, a.totp,"
    " COALESCE(a.person, 0) AS person, COALESCE(a.email, '') AS email,"
    " COALESCE((SELECT BIT_OR(r.role) FROM account_roles r WHERE r.account = a.id), 0) AS roles"
    " FROM accounts a WHERE a.name = ?";
static const char SQL_FIND_PHONE[] =
    "SELECT a.id, a.uid, a.name, a.display_name, a.state, a.password, a.totp,"
    " COALESCE(a.person, 0) AS person, COALESCE(a.email, '') AS email,"
    " COALESCE((SELECT BIT_OR(r.role) FROM account_roles r WHERE r.account = a.id), 0) AS roles"
    " FROM accounts a WHERE a.phone_hash = ?";
static const char SQL_FIND_EMAIL[] =
    "SELECT a.id, a.uid, a.name, a.display_name, a.state, a.password, a.totp,"
    " COALESCE(a.person, 0) AS person, COALESCE(a.email, '') AS email,"
    " COALESCE((SELECT BIT_OR(r.role) FROM account_roles r WHERE r.account = a.id), 0) AS roles"
    " FROM accounts a WHERE a.email = ?";
static const char SQL_BY_ID[] =
    "SELECT a.id, a.uid, a.name, a.display_name, a.state, a.password, a.totp,"
    " COALESCE(a.person, 0) AS person, COALESCE(a.email, '') AS email,"
    " COALESCE((SELECT BIT_OR(r.role) FROM account_roles r WHERE r.account = a.id), 0) AS roles"
    " FROM accounts a WHERE a.id = ?";
static const char SQL_CREATE[] =
    "INSERT INTO accounts (uid, name, display_name, password, password_changed, person)"
    " VALUES (?, ?, ?, ?, IF(? IS NULL, NULL, NOW(3)), NULLIF(?, 0))";
static const char SQL_STATE[] = "UPDATE accounts SET state = ?, ver = ver + 1 WHERE id = ?";
static const char SQL_PASSWORD[] =
    "UPDATE accounts SET password = ?, password_changed = NOW(3), ver = ver + 1 WHERE id = ?";
static const char SQL_REHASH[] = "UPDATE accounts SET password = ? WHERE id = ?";
static const char SQL_PHONE[] =
    "UPDATE accounts SET phone = ?, phone_hash = ?, ver = ver + 1 WHERE id = ?";
static const char SQL_EMAIL[] = "UPDATE accounts SET email = ?, ver = ver + 1 WHERE id = ?";
static const char SQL_PHONE_READ[] = "SELECT uid, phone FROM accounts WHERE id = ?";
static const char SQL_BORN[] = "SELECT COALESCE(birth_year, 0) AS year, student_no, phone, uid"
			       " FROM people WHERE id = ?";
/* Locks every administrator's row: two of them cannot disable each other at the same time. */
static const char SQL_ADMINS[] =
    "SELECT a.id FROM accounts a JOIN account_roles r ON r.account = a.id"
    " WHERE r.role = 256 AND a.state = 'active' FOR UPDATE";

static enum jy_status
no(enum jy_status s, const char **error, const char *sentence)
{
	*error = sentence;
	return s;
}

static char *
lowered(struct jy_ctx *cx, const char *text)
{
	char *low = jy_printf(cx, "%s", text);
	size_t i;

	for (i = 0; low[i]; i++)
		low[i] = (char)tolower((unsigned char)low[i]);
	return low;
}

const char *
account_phone_plain(struct jy_ctx *cx, const char *typed)
{
	char *digits = jy_alloc(cx, strlen(typed) + 1);
	size_t n = 0;

	for (; *typed; typed++) {
		if (isdigit((unsigned char)*typed))
			digits[n++] = *typed;
		else if (!strchr(" -+", *typed))
			return "";
	}
	if (n == 13 && strncmp(digits, "86", 2) == 0)
		digits += 2;
	return strlen(digits) == 11 && digits[0] == '1' && digits[1] >= '3' ? digits : "";
}

const char *
account_phone_masked(struct jy_ctx *cx, const char *phone)
{
	return strlen(phone) == 11 ? jy_printf(cx, "%.3s****%s", phone, phone + 7) : "";
}

enum jy_status
account_find(struct jy_ctx *cx, const char *who, json_t **row)
{
	const char *phone = account_phone_plain(cx, who);

	if (strchr(who, '@'))
		return jy_row(cx, row, SQL_FIND_EMAIL, jy_text(lowered(cx, who)));
	if (*phone)
		return jy_row(cx, row, SQL_FIND_PHONE, jy_fingerprint(cx, "accounts.phone", phone));
	return jy_row(cx, row, SQL_FIND, jy_text(lowered(cx, who)));
}

enum jy_status
account_by_id(struct jy_ctx *cx, int64_t account, json_t **row)
{
	return jy_row(cx, row, SQL_BY_ID, jy_int(account));
}

static bool
name_ok(const char *name)
{
	size_t n = strlen(name), i;

	for (i = 0; i < n; i++)
		if (!isalnum((unsigned char)name[i]) && !strchr("_.-", name[i]))
			return false;
	return n >= 3 && n <= 40 && isalpha((unsigned char)name[0]);
}

/* The policy with the account's own words: name, number, birth year, student number, phones. */
static const char *
password_weak(struct jy_ctx *cx, const json_t *account, const char *phone, const char *password,
	      bool staff)
{
	const char *own[8] = { jy_json_text(account, "name"),
			       jy_json_text(account, "display_name"),
			       phone,
			       "",
			       "",
			       "",
			       NULL };
	int64_t person = jy_json_int(account, "person");
	json_t *born;
	char *number;

	if (strlen(phone) == 11)
		own[3] = phone + 5;
	if (person && jy_row(cx, &born, SQL_BORN, jy_int(person)) == JY_OK) {
		own[4] = jy_printf(cx, "%" PRId64, jy_json_int(born, "year"));
		own[5] = jy_json_text(born, "student_no");
		if (!*phone && *jy_json_text(born, "phone") &&
		    jy_unseal(cx, "people.phone", jy_json_text(born, "uid"),
			      jy_json_text(born, "phone"), &number) == JY_OK)
			own[2] = number;
	}
	return password_refused(cx, password, staff, own);
}

enum jy_status
account_create(struct jy_ctx *cx, const struct account_new *fresh, int64_t *id, const char **error)
{
	const char *name = lowered(cx, fresh->name), *hash = NULL, *weak;
	json_t *like;
	int64_t made;
	enum jy_status s;

	if (!name_ok(name))
		return no(JY_INVALID, error,
			  "登录名要以字母开头，由 3 到 40 个字母、数字、点、横线或下划线组成。");
	if (!*fresh->display_name)
		return no(JY_INVALID, error, "请填写姓名。");
	if (fresh->password) {
		like =
		    jy_own(cx, json_pack("{s:s, s:s, s:I}", "name", name, "display_name",
					 fresh->display_name, "person", (json_int_t)fresh->person));
		weak = password_weak(cx, like, fresh->phone ? fresh->phone : "", fresh->password,
				     fresh->staff);
		if (weak)
			return no(JY_INVALID, error, weak);
		hash = password_hash(cx, fresh->password, fresh->staff);
	}
	s = jy_exec(cx, SQL_CREATE, jy_text(jy_uid(cx)), jy_text(name),
		    jy_text(fresh->display_name), jy_text(hash), jy_text(hash),
		    jy_int(fresh->person));
	if (s == JY_CONFLICT)
		return no(
		    s, error,
		    "这个登录名已被使用，或者本人已有账号；请换一个登录名，或直接登录、找回密码。");
	if (s != JY_OK)
		return s;
	made = jy_last_id(cx);
	if (fresh->phone && *fresh->phone)
		s = account_set_phone(cx, made, fresh->phone, error);
	if (s == JY_OK && fresh->email && *fresh->email)
		s = account_set_email(cx, made, fresh->email, error);
	if (s == JY_OK)
		*id = made;
	return s;
}

enum jy_status
account_is_last_admin(struct jy_ctx *cx, int64_t account, bool *last)
{
	json_t *rows, *row;
	bool is_one = false;
	size_t i;
	enum jy_status s = jy_rows(cx, &rows, SQL_ADMINS);

	if (s != JY_OK)
		return s;
	json_array_foreach(rows, i, row) is_one = is_one || jy_json_int(row, "id") == account;
	*last = is_one && json_array_size(rows) == 1;
	return JY_OK;
}

enum jy_status
account_disable(struct jy_ctx *cx, int64_t account, const char **error)
{
	bool last;
	enum jy_status s = account_is_last_admin(cx, account, &last);

	if (s != JY_OK)
		return s;
	if (last)
		return no(JY_CONFLICT, error,
			  "这是最后一个可用的管理员账号，不能停用；请先让另一个账号成为管理员。");
	s = jy_exec(cx, SQL_STATE, jy_text("disabled"), jy_int(account));
	if (s == JY_OK && jy_changed(cx) == 0)
		return no(JY_NOT_FOUND, error, "没有这个账号。");
	return s == JY_OK ? session_end_all(cx, account) : s;
}

enum jy_status
account_enable(struct jy_ctx *cx, int64_t account, const char **error)
{
	enum jy_status s = jy_exec(cx, SQL_STATE, jy_text("active"), jy_int(account));

	if (s == JY_OK && jy_changed(cx) == 0)
		return no(JY_NOT_FOUND, error, "没有这个账号。");
	return s;
}

enum jy_status
account_set_password(struct jy_ctx *cx, int64_t account, const char *password, const char **error)
{
	const char *phone, *weak;
	json_t *row;
	bool staff;
	enum jy_status s = account_by_id(cx, account, &row);

	if (s == JY_NOT_FOUND)
		return no(s, error, "没有这个账号。");
	if (s == JY_OK)
		s = account_phone(cx, account, &phone);
	if (s != JY_OK)
		return s;
	staff = jy_json_int(row, "roles") & (JY_STAFF | JY_ADMIN);
	weak = password_weak(cx, row, phone, password, staff);
	if (weak)
		return no(JY_INVALID, error, weak);
	s = jy_exec(cx, SQL_PASSWORD, jy_text(password_hash(cx, password, staff)), jy_int(account));
	return s == JY_OK ? session_end_all(cx, account) : s;
}

enum jy_status
account_rehash(struct jy_ctx *cx, int64_t account, const char *password, bool staff)
{
	return jy_exec(cx, SQL_REHASH, jy_text(password_hash(cx, password, staff)),
		       jy_int(account));
}

enum jy_status
account_set_phone(struct jy_ctx *cx, int64_t account, const char *phone, const char **error)
{
	const char *plain = account_phone_plain(cx, phone);
	struct jy_val sealed = jy_null(), hash = jy_null();
	json_t *row;
	enum jy_status s;

	if (*phone && !*plain)
		return no(JY_INVALID, error, "手机号不对，请填 11 位手机号。");
	s = account_by_id(cx, account, &row);
	if (s == JY_NOT_FOUND)
		return no(s, error, "没有这个账号。");
	if (s == JY_OK && *plain) {
		s = jy_seal(cx, "accounts.phone", jy_json_text(row, "uid"), plain, &sealed);
		hash = jy_fingerprint(cx, "accounts.phone", plain);
	}
	if (s == JY_OK)
		s = jy_exec(cx, SQL_PHONE, sealed, hash, jy_int(account));
	if (s == JY_CONFLICT)
		return no(s, error, "这个手机号已绑定另一个账号，请换一个，或用它登录。");
	return s;
}

enum jy_status
account_set_email(struct jy_ctx *cx, int64_t account, const char *email, const char **error)
{
	const char *at = strchr(email, '@');
	enum jy_status s;

	if (*email && (!at || at == email || !strchr(at, '.') || strlen(email) > 120))
		return no(JY_INVALID, error, "邮箱地址不对，请检查后再填。");
	s = jy_exec(cx, SQL_EMAIL, *email ? jy_text(lowered(cx, email)) : jy_null(),
		    jy_int(account));
	if (s == JY_CONFLICT)
		return no(s, error, "这个邮箱已绑定另一个账号，请换一个，或用它登录。");
	return s;
}

enum jy_status
account_phone(struct jy_ctx *cx, int64_t account, const char **phone)
{
	json_t *row;
	char *plain;
	enum jy_status s = jy_row(cx, &row, SQL_PHONE_READ, jy_int(account));

	if (s != JY_OK)
		return s;
	if (!*jy_json_text(row, "phone")) {
		*phone = "";
		return JY_OK;
	}
	s = jy_unseal(cx, "accounts.phone", jy_json_text(row, "uid"), jy_json_text(row, "phone"),
		      &plain);
	if (s == JY_OK)
		*phone = plain;
	return s;
}
