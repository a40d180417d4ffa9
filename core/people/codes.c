/*
 * codes.c - one-time codes and links, stored only as keyed hashes.
 *
 * A six-digit code has a million values, so it is worth something only with few tries, a short life
 * and one use; a link's token is 256 bits and needs no counting. The database's clock decides.
 */
#include "people/codes.h"

#include <sodium.h>
#include <string.h>
#include "base/seal.h"

#define TOKEN_CHARS 43
#define TRIES       5
#define HOURLY      5

static const char SQL_RECENT[] =
    "SELECT COUNT(*) AS n FROM one_time_codes WHERE account = ? AND kind = ?"
    " AND expires > NOW(3) - INTERVAL 30 MINUTE"; /* made within the last hour */
static const char SQL_VOID[] =
    "UPDATE one_time_codes SET used = NOW(3) WHERE account = ? AND kind = ? AND used IS NULL";
static const char SQL_MAKE[] = "INSERT INTO one_time_codes (hash, account, kind, expires)"
			       " VALUES (?, ?, ?, NOW(3) + INTERVAL 30 MINUTE)";
static const char SQL_LIVE[] =
    "SELECT hash, tries FROM one_time_codes WHERE account = ? AND kind = ? AND used IS NULL"
    " AND expires > NOW(3) FOR UPDATE";
static const char SQL_TRIED[] = "UPDATE one_time_codes SET tries = tries + 1"
				" WHERE account = ? AND kind = ? AND used IS NULL";
static const char SQL_USED[] =
    "UPDATE one_time_codes SET used = NOW(3) WHERE hash = ? AND kind = ? AND used IS NULL"
    " AND expires > NOW(3)";
static const char SQL_LINK[] = "SELECT account FROM one_time_codes WHERE hash = ? AND kind = ?"
			       " AND used IS NULL AND expires > NOW(3)";

static struct jy_val
hash_of(struct jy_ctx *cx, const char *purpose, const char *text)
{
	unsigned char *hash = jy_alloc(cx, 32);

	keyed_hash(cx->core->keys, purpose, text, strlen(text), hash);
	return jy_bytes(hash, 32);
}

static struct jy_val
code_hash(struct jy_ctx *cx, int64_t subject, const char *kind, const char *bound, const char *code)
{
	return hash_of(
	    cx, "code",
	    jy_printf(cx, "%" PRId64 "|%s|%s|%s", subject, kind, bound ? bound : "", code));
}

static enum jy_status
make_room(struct jy_ctx *cx, int64_t subject, const char *kind)
{
	json_t *row;
	enum jy_status s = jy_row(cx, &row, SQL_RECENT, jy_int(subject), jy_text(kind));

	if (s != JY_OK)
		return s;
	if (jy_json_int(row, "n") >= HOURLY)
		return JY_CONFLICT;
	return jy_exec(cx, SQL_VOID, jy_int(subject), jy_text(kind));
}

enum jy_status
code_make(struct jy_ctx *cx, int64_t subject, const char *kind, const char *bound,
	  const char **code)
{
	const char *made;
	int tries = 0;
	enum jy_status s = make_room(cx, subject, kind);

	if (s != JY_OK)
		return s;
	do { /* the same digits as a code of the last day collide: take others */
		made = jy_printf(cx, "%06u", randombytes_uniform(1000000));
		s = jy_exec(cx, SQL_MAKE, code_hash(cx, subject, kind, bound, made),
			    jy_int(subject), jy_text(kind));
	} while (s == JY_CONFLICT && ++tries < 5);
	if (s == JY_OK)
		*code = made;
	return s;
}

enum jy_status
code_use(struct jy_ctx *cx, int64_t subject, const char *kind, const char *bound, const char *typed)
{
	struct jy_val hash = code_hash(cx, subject, kind, bound, typed);
	char right[64];
	json_t *row;
	enum jy_status s = jy_row(cx, &row, SQL_LIVE, jy_int(subject), jy_text(kind));

	if (s != JY_OK)
		return s;
	if (jy_json_int(row, "tries") >= TRIES)
		return JY_NOT_FOUND;
	sodium_bin2base64(right, sizeof(right), (const unsigned char *)hash.s, 32,
			  sodium_base64_VARIANT_ORIGINAL);
	if (strcmp(right, jy_json_text(row, "hash")) == 0) {
		s = jy_exec(cx, SQL_USED, hash, jy_text(kind));
		return s == JY_OK && jy_changed(cx) == 0 ? JY_NOT_FOUND : s;
	}
	s = jy_exec(cx, SQL_TRIED, jy_int(subject), jy_text(kind));
	return s == JY_OK ? JY_INVALID : s;
}

enum jy_status
link_make(struct jy_ctx *cx, int64_t account, const char *kind, const char **token)
{
	unsigned char raw[32];
	char *text = jy_alloc(cx, TOKEN_CHARS + 1);
	enum jy_status s = jy_exec(cx, SQL_VOID, jy_int(account), jy_text(kind));

	if (s != JY_OK)
		return s;
	random_bytes(raw, sizeof(raw));
	sodium_bin2base64(text, TOKEN_CHARS + 1, raw, sizeof(raw),
			  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	s = jy_exec(cx, SQL_MAKE, hash_of(cx, "link", text), jy_int(account), jy_text(kind));
	if (s == JY_OK)
		*token = text;
	return s;
}

enum jy_status
link_find(struct jy_ctx *cx, const char *kind, const char *token, int64_t *account)
{
	json_t *row;
	enum jy_status s = jy_row(cx, &row, SQL_LINK, hash_of(cx, "link", token), jy_text(kind));

	if (s == JY_OK)
		*account = jy_json_int(row, "account");
	return s;
}

enum jy_status
link_use(struct jy_ctx *cx, const char *kind, const char *token, int64_t *account)
{
	enum jy_status s = link_find(cx, kind, token, account);

	if (s == JY_OK)
		s = jy_exec(cx, SQL_USED, hash_of(cx, "link", token), jy_text(kind));
	return s == JY_OK && jy_changed(cx) == 0 ? JY_NOT_FOUND : s;
}
