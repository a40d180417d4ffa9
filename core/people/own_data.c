/*
 * own_data.c - everything the core keeps about the caller, as one JSON file for taking away.
 *
 * Sealed values are opened for their owner only; that they were is noted in the audit. Secrets
 * (password hash, second factor, session hashes) say nothing about a person and stay out.
 */
#include "people/accounts.h"

#include <stdlib.h>
#include <string.h>

static const char SQL_ACCOUNT[] =
    "SELECT name, display_name, COALESCE(email, '') AS email, state, created, password_changed,"
    " last_seen, totp IS NOT NULL AS second_factor FROM accounts WHERE id = ?";
static const char SQL_SESSIONS[] = "SELECT address, agent, created, seen FROM sessions"
				   " WHERE account = ? ORDER BY created";
static const char SQL_PERSON[] =
    "SELECT uid, name, gender, birth_year, resident_id, phone, email, university, unit, student_no,"
    " major, education, cohort, home_region, hardship, contact_state, push_off, created"
    " FROM people WHERE id = ?";
static const char SQL_NEEDS[] = "SELECT id, kind, detail, source, state, created, changed"
				" FROM needs WHERE person = ? ORDER BY id";
static const char SQL_ORDERS[] =
    "SELECT id, need, responder, title, due, state, proof, created, changed FROM orders"
    " WHERE person = ? ORDER BY id";
static const char SQL_MESSAGES[] = "SELECT title, text, link, created, read_at FROM messages"
				   " WHERE account = ? ORDER BY id";

static enum jy_status
add_rows(struct jy_ctx *cx, json_t *all, const char *key, const char *sql, int64_t id)
{
	json_t *rows;
	enum jy_status s = jy_rows(cx, &rows, sql, jy_int(id));

	if (s == JY_OK)
		json_object_set(all, key, rows);
	return s;
}

static enum jy_status
add_person(struct jy_ctx *cx, json_t *all, int64_t person)
{
	static const char *const sealed[] = { "resident_id", "phone", "hardship" };
	json_t *row;
	char *plain;
	size_t i;
	enum jy_status s = jy_row(cx, &row, SQL_PERSON, jy_int(person));

	for (i = 0; s == JY_OK && i < sizeof(sealed) / sizeof(sealed[0]); i++) {
		if (!*jy_json_text(row, sealed[i]))
			continue;
		s = jy_unseal(cx, jy_printf(cx, "people.%s", sealed[i]), jy_json_text(row, "uid"),
			      jy_json_text(row, sealed[i]), &plain);
		if (s == JY_OK)
			json_object_set_new(row, sealed[i], json_string(plain));
	}
	if (s != JY_OK)
		return s;
	json_object_del(row, "uid");
	json_object_set(all, "person", row);
	s = add_rows(cx, all, "needs", SQL_NEEDS, person);
	return s == JY_OK ? add_rows(cx, all, "orders", SQL_ORDERS, person) : s;
}

/* GET /account/export */
enum jy_status
export_get(struct jy_ctx *cx, struct jy_view *out)
{
	int64_t account = cx->user.account;
	json_t *all = jy_own(cx, json_object()), *row, *roles;
	const char *phone;
	char *text;
	enum jy_status s = jy_row(cx, &row, SQL_ACCOUNT, jy_int(account));

	if (s == JY_OK)
		s = account_phone(cx, account, &phone);
	if (s == JY_OK)
		s = account_roles(cx, account, &roles);
	if (s != JY_OK)
		return s;
	json_object_set_new(row, "phone", json_string(phone));
	json_object_set(all, "account", row);
	json_object_set(all, "roles", roles);
	s = add_rows(cx, all, "sessions", SQL_SESSIONS, account);
	if (s == JY_OK)
		s = add_rows(cx, all, "messages", SQL_MESSAGES, account);
	if (s == JY_OK && cx->user.person)
		s = add_person(cx, all, cx->user.person);
	if (s == JY_OK)
		s = account_audit(cx, "account.exported", account, NULL, NULL);
	if (s != JY_OK)
		return s;
	text = json_dumps(all, JSON_INDENT(2));
	if (!text)
		abort();
	s = jy_bytes_out(out, "application/json", "jiye-my-data.json", text, strlen(text));
	free(text);
	return s;
}
