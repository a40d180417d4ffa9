/*
 * second.c - the second factor of an account: its sealed secret and the last step that was used.
 *
 * "Each step once" is one conditional UPDATE, so two nodes cannot both accept the same code.
 */
#include "people/account.h"

#include <string.h>
#include <time.h>
#include "people/totp.h"

static const char SQL_SET[] =
    "UPDATE accounts SET totp = ?, totp_last = 0, ver = ver + 1 WHERE id = ?";
static const char SQL_SECRET[] = "SELECT uid, totp, totp_last FROM accounts WHERE id = ?";
static const char SQL_USE[] =
    "UPDATE accounts SET totp_last = ? WHERE id = ? AND totp IS NOT NULL AND totp_last < ?";

enum jy_status
account_set_totp(struct jy_ctx *cx, int64_t account, const unsigned char *secret)
{
	struct jy_val sealed = jy_null();
	json_t *row;
	enum jy_status s = jy_row(cx, &row, SQL_SECRET, jy_int(account));

	if (s == JY_OK && secret)
		s = jy_seal(cx, "accounts.totp", jy_json_text(row, "uid"),
			    totp_base32(cx, secret, TOTP_SECRET), &sealed);
	return s == JY_OK ? jy_exec(cx, SQL_SET, sealed, jy_int(account)) : s;
}

static enum jy_status
read_secret(struct jy_ctx *cx, int64_t account, unsigned char secret[TOTP_SECRET], int64_t *last)
{
	json_t *row;
	char *text;
	enum jy_status s = jy_row(cx, &row, SQL_SECRET, jy_int(account));

	if (s != JY_OK)
		return s;
	if (!*jy_json_text(row, "totp"))
		return JY_NOT_FOUND;
	s = jy_unseal(cx, "accounts.totp", jy_json_text(row, "uid"), jy_json_text(row, "totp"),
		      &text);
	if (s != JY_OK)
		return s;
	if (!totp_unbase32(text, secret)) {
		jy_log(cx, "account.totp_damaged", "account=%" PRId64, account);
		return JY_FAILED;
	}
	*last = jy_json_int(row, "totp_last");
	return JY_OK;
}

enum jy_status
account_use_totp(struct jy_ctx *cx, int64_t account, const char *typed)
{
	unsigned char secret[TOTP_SECRET];
	int64_t last, step;
	enum jy_status s = read_secret(cx, account, secret, &last);

	if (s != JY_OK)
		return s;
	step = totp_match(secret, typed, (int64_t)time(NULL), last);
	if (step == 0)
		return JY_INVALID;
	s = jy_exec(cx, SQL_USE, jy_int(step), jy_int(account), jy_int(step));
	if (s == JY_OK && jy_changed(cx) == 0)
		return JY_INVALID;
	return s;
}

enum jy_status
account_totp_code(struct jy_ctx *cx, int64_t account, const char **code)
{
	unsigned char secret[TOTP_SECRET];
	int64_t last;
	enum jy_status s = read_secret(cx, account, secret, &last);

	if (s == JY_OK)
		*code = jy_printf(cx, "%06d",
				  totp_code(secret, TOTP_SECRET, (int64_t)time(NULL) / TOTP_STEP));
	return s;
}
