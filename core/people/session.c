/*
 * session.c - who is asking: an opaque random token in a cookie, stored only as its keyed hash.
 *
 * The row in `sessions` is the whole truth, so ending it ends the session on every node at once.
 * The clock is the database's. A change of rights (sign-in, second factor, another role) always
 * makes a new token. What identifies the old session is the request's cookie, never cx->session: a
 * handler that is run again after a deadlock would otherwise end the session it made itself.
 */
#include "people/session.h"

#include <sodium.h>
#include <string.h>
#include "base/config.h"
#include "base/log.h"
#include "base/seal.h"
#include "data/db.h"
#include "people/account.h"
#include "people/password.h"
#include "web/request.h"

#define TOKEN_BYTES  32
#define TOKEN_CHARS  43 /* base64url of 32 bytes */
#define SEEN_SECONDS 60

static const char SQL_SESSION[] =
    "SELECT s.account, s.role_id, s.csrf, s.second_factor, r.role, r.unit, r.university,"
    " r.organisation, COALESCE(a.person, 0) AS person, a.display_name, a.totp IS NOT NULL AS totp,"
    " TIMESTAMPDIFF(SECOND, s.created, NOW(3)) AS age,"
    " TIMESTAMPDIFF(SECOND, s.seen, NOW(3)) AS idle"
    " FROM sessions s JOIN accounts a ON a.id = s.account AND a.state = 'active'"
    " JOIN account_roles r ON r.id = s.role_id AND r.account = a.id WHERE s.hash = ?";
static const char SQL_SEEN[] = "UPDATE sessions SET seen = NOW(3) WHERE hash = ?";
static const char SQL_END[] = "DELETE FROM sessions WHERE hash = ?";
static const char SQL_END_ALL[] = "DELETE FROM sessions WHERE account = ?";
static const char SQL_END_OTHERS[] = "DELETE FROM sessions WHERE account = ? AND hash <> ?";
static const char SQL_TRIM[] =
    "DELETE FROM sessions WHERE account = ? AND seen <= (SELECT seen FROM (SELECT seen FROM "
    "sessions"
    " WHERE account = ? ORDER BY seen DESC LIMIT 1 OFFSET 19) AS oldest)"; /* at most 20 each */
static const char SQL_OPEN[] =
    "INSERT INTO sessions (hash, account, role_id, csrf, second_factor, address, agent)"
    " VALUES (?, ?, ?, ?, ?, LEFT(?, 45), LEFT(?, 160))";
static const char SQL_ACCOUNT_SEEN[] = "UPDATE accounts SET last_seen = NOW(3) WHERE id = ?";

/* The prefix binds a cookie to this host and to TLS; browsers refuse it over plain HTTP. */
static const char *
cookie_name(struct jy_ctx *cx, const char *name)
{
	return cx->core->config->secure_cookies ? jy_printf(cx, "__Host-%s", name) : name;
}

void
session_cookie(struct jy_ctx *cx, struct jy_view *view, const char *name, const char *value,
	       int64_t max_age)
{
	const char *full = cookie_name(cx, name);
	const char *start = jy_printf(cx, "Set-Cookie: %s=", full);
	const char *age = max_age < 0 ? "" : jy_printf(cx, "; Max-Age=%" PRId64, max_age);
	const char *secure = cx->core->config->secure_cookies ? "; Secure" : "";
	size_t i;

	if (!view->headers)
		view->headers = jy_own(cx, json_array());
	for (i = json_array_size(view->headers); i-- > 0;) {
		const char *line = json_string_value(json_array_get(view->headers, i));

		if (line && strncmp(line, start, strlen(start)) == 0)
			json_array_remove(view->headers, i);
	}
	json_array_append_new(
	    view->headers,
	    json_sprintf("%s%s; Path=/; HttpOnly; SameSite=Lax%s%s", start, value, age, secure));
}

const char *
session_cookie_read(struct jy_ctx *cx, const char *name)
{
	return cx->request ? request_cookie(cx->request, cookie_name(cx, name)) : NULL;
}

static char *
token_new(struct jy_ctx *cx)
{
	unsigned char raw[TOKEN_BYTES];
	char *text = jy_alloc(cx, TOKEN_CHARS + 1);

	random_bytes(raw, sizeof(raw));
	sodium_bin2base64(text, TOKEN_CHARS + 1, raw, sizeof(raw),
			  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	return text;
}

/* false: the request carries nothing that could be a session. */
static bool
request_hash(struct jy_ctx *cx, unsigned char hash[32])
{
	const char *token = session_cookie_read(cx, "jiye");

	if (!token || strlen(token) != TOKEN_CHARS)
		return false;
	keyed_hash(cx->core->keys, "session", token, TOKEN_CHARS, hash);
	return true;
}

static bool
expired(struct jy_ctx *cx, const json_t *row)
{
	bool staff = jy_json_int(row, "role") & (JY_STAFF | JY_ADMIN);
	int64_t idle = staff ? account_setting_int(cx, "accounts.staff_idle_minutes", 15)
			     : account_setting_int(cx, "accounts.idle_minutes", 30);
	int64_t hours = account_setting_int(cx, "accounts.session_hours", 12);

	return jy_json_int(row, "idle") >= idle * 60 || jy_json_int(row, "age") >= hours * 3600;
}

static void
adopt(struct jy_ctx *cx, const unsigned char hash[32], const json_t *row)
{
	struct session *session = jy_alloc(cx, sizeof(*session));
	enum jy_role role = (enum jy_role)jy_json_int(row, "role");

	memcpy(session->hash, hash, sizeof(session->hash));
	session->account = jy_json_int(row, "account");
	session->role_id = jy_json_int(row, "role_id");
	session->csrf = jy_json_text(row, "csrf");
	session->second_factor = jy_json_int(row, "second_factor") != 0;
	session->second_factor_due = !session->second_factor && (jy_json_int(row, "totp") != 0 ||
								 account_needs_second(cx, role));
	cx->session = session;
	cx->user = (struct jy_user){
		.account = session->account,
		.person = jy_json_int(row, "person"),
		.organisation = jy_json_int(row, "organisation"),
		.role = role,
		.name = jy_json_text(row, "display_name"),
		.unit = jy_json_text(row, "unit"),
		.university = jy_json_text(row, "university"),
	};
}

enum jy_status
session_identify(struct jy_ctx *cx)
{
	unsigned char hash[32];
	json_t *row;
	enum jy_status s;

	if (!request_hash(cx, hash))
		return JY_OK;
	s = jy_row(cx, &row, SQL_SESSION, jy_bytes(hash, 32));
	if (s == JY_NOT_FOUND)
		return JY_OK;
	if (s != JY_OK)
		return s;
	if (expired(cx, row)) {
		s = db_exec(cx, SQL_END, jy_bytes(hash, 32));
		return s;
	}
	adopt(cx, hash, row);
	if (jy_json_int(row, "idle") >= SEEN_SECONDS) {
		s = db_exec(cx, SQL_SEEN, jy_bytes(hash, 32));
		/* Two requests of one browser may meet in this row: the other one has noted it. */
		cx->retry = false;
		return s == JY_BUSY ? JY_BUSY : JY_OK;
	}
	return JY_OK;
}

enum jy_status
session_open(struct jy_ctx *cx, struct jy_view *view, int64_t account, int64_t role_id,
	     bool second_factor)
{
	const char *token = token_new(cx);
	unsigned char old[32], hash[32];
	json_t *row;
	enum jy_status s = JY_OK;

	if (request_hash(cx, old))
		s = jy_exec(cx, SQL_END, jy_bytes(old, 32));
	if (s == JY_OK)
		s = jy_exec(cx, SQL_TRIM, jy_int(account), jy_int(account));
	if (s != JY_OK)
		return s;
	keyed_hash(cx->core->keys, "session", token, TOKEN_CHARS, hash);
	s = jy_exec(cx, SQL_OPEN, jy_bytes(hash, 32), jy_int(account), jy_int(role_id),
		    jy_text(token_new(cx)), jy_int(second_factor),
		    jy_text(cx->request && cx->request->remote ? cx->request->remote : ""),
		    jy_text(cx->request && cx->request->agent ? cx->request->agent : ""));
	if (s == JY_OK)
		s = jy_exec(cx, SQL_ACCOUNT_SEEN, jy_int(account));
	if (s == JY_OK)
		s = jy_row(cx, &row, SQL_SESSION, jy_bytes(hash, 32));
	if (s != JY_OK)
		return s;
	adopt(cx, hash, row);
	session_cookie(cx, view, "jiye", token, -1);
	return JY_OK;
}

enum jy_status
session_end(struct jy_ctx *cx, struct jy_view *view)
{
	unsigned char hash[32];
	enum jy_status s = JY_OK;

	if (request_hash(cx, hash))
		s = jy_exec(cx, SQL_END, jy_bytes(hash, 32));
	if (s != JY_OK)
		return s;
	session_cookie(cx, view, "jiye", "", 0);
	json_array_append_new(view->headers,
			      json_string("Clear-Site-Data: \"cache\", \"storage\""));
	cx->session = NULL;
	cx->user = (struct jy_user){ .role = JY_PUBLIC, .name = "", .unit = "", .university = "" };
	return JY_OK;
}

enum jy_status
session_end_all(struct jy_ctx *cx, int64_t account)
{
	return jy_exec(cx, SQL_END_ALL, jy_int(account));
}

enum jy_status
session_end_others(struct jy_ctx *cx)
{
	return jy_exec(cx, SQL_END_OTHERS, jy_int(cx->session->account),
		       jy_bytes(cx->session->hash, 32));
}

static const char *
visitor_token(struct jy_ctx *cx, const char *cookie)
{
	unsigned char hash[32];
	char *text = jy_alloc(cx, TOKEN_CHARS + 1);

	keyed_hash(cx->core->keys, "visitor", cookie, TOKEN_CHARS, hash);
	sodium_bin2base64(text, TOKEN_CHARS + 1, hash, sizeof(hash),
			  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	return text;
}

const char *
session_token(struct jy_ctx *cx, struct jy_view *view)
{
	const char *cookie, *before;

	if (cx->session)
		return cx->session->csrf;
	cookie = session_cookie_read(cx, "jiye_form");
	if (cookie && strlen(cookie) == TOKEN_CHARS)
		return visitor_token(cx, cookie);
	if (!cx->request || !view)
		return "";
	cookie = token_new(cx);
	session_cookie(cx, view, "jiye_form", cookie, -1);
	/* As if the request had brought it: a second form of the same page gets the same token. */
	before = cx->request->cookie;
	cx->request->cookie = jy_printf(cx, "%s=%s%s%s", cookie_name(cx, "jiye_form"), cookie,
					before && *before ? "; " : "", before ? before : "");
	return visitor_token(cx, cookie);
}

bool
session_token_ok(struct jy_ctx *cx, const char *token)
{
	const char *cookie, *right;

	if (!token || strlen(token) != TOKEN_CHARS)
		return false;
	if (cx->session) {
		right = cx->session->csrf;
	} else {
		cookie = session_cookie_read(cx, "jiye_form");
		if (!cookie || strlen(cookie) != TOKEN_CHARS)
			return false;
		right = visitor_token(cx, cookie);
	}
	return strlen(right) == TOKEN_CHARS && sodium_memcmp(right, token, TOKEN_CHARS) == 0;
}
