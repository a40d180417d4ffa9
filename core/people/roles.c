/*
 * roles.c - what an account may be, and for whom: rows of account_roles.
 *
 * A role is always limited to what it is about, so a row without its unit, school or organisation
 * is refused here and cannot be made elsewhere. A change ends all sessions of the account: a
 * session never outlives the rights it was opened with.
 */
#include "people/account.h"

#include <stdlib.h>
#include <string.h>
#include "people/accounts.h"
#include "people/session.h"

static const struct {
	enum jy_role role;
	const char *name, *label;
} role_table[] = {
	{ JY_GRADUATE, "graduate", "毕业生" },       { JY_EMPLOYER, "employer", "用人单位" },
	{ JY_UNIVERSITY, "university", "高校" },     { JY_CITY, "city", "市州工作人员" },
	{ JY_PROVINCE, "province", "省级工作人员" }, { JY_TRAINER, "trainer", "培训机构" },
	{ JY_PARTNER, "partner", "合作招聘网站" },   { JY_ADMIN, "admin", "系统管理员" },
};
#define ROLES (sizeof(role_table) / sizeof(role_table[0]))

static const char SQL_ROLES[] =
    "SELECT r.id, r.role, r.unit, r.university, r.organisation,"
    " COALESCE(o.name, s.name, u.name, '') AS place"
    " FROM account_roles r LEFT JOIN organisations o ON o.id = r.organisation"
    " LEFT JOIN universities s ON s.code = r.university LEFT JOIN units u ON u.code = r.unit"
    " WHERE r.account = ? ORDER BY r.role DESC, r.id";
static const char SQL_GRANT[] = "INSERT INTO account_roles (account, role, unit, university,"
				" organisation, granted_by) VALUES (?, ?, ?, ?, ?, ?)";
static const char SQL_REVOKE[] = "DELETE FROM account_roles WHERE id = ? AND account = ?";
static const char SQL_ROLE[] = "SELECT role FROM account_roles WHERE id = ? AND account = ?";
static const char SQL_COUNT[] = "SELECT COUNT(*) AS n FROM account_roles WHERE account = ?";
static const char SQL_UNIT[] = "SELECT code FROM units WHERE code = ?";
static const char SQL_SCHOOL[] =
    "SELECT COALESCE(unit, '') AS unit FROM universities WHERE code = ?";
static const char SQL_ORGANISATION[] =
    "SELECT kind, COALESCE(unit, '') AS unit FROM organisations WHERE id = ?";

const char *
account_role_name(enum jy_role role)
{
	size_t i;

	for (i = 0; i < ROLES; i++)
		if (role_table[i].role == role)
			return role_table[i].name;
	return "";
}

const char *
account_role_label(enum jy_role role)
{
	size_t i;

	for (i = 0; i < ROLES; i++)
		if (role_table[i].role == role)
			return role_table[i].label;
	return "";
}

enum jy_role
account_role_find(const char *name)
{
	size_t i;

	for (i = 0; i < ROLES; i++)
		if (strcmp(role_table[i].name, name) == 0)
			return role_table[i].role;
	return 0;
}

enum jy_status
account_roles(struct jy_ctx *cx, int64_t account, json_t **rows)
{
	json_t *row;
	size_t i;
	enum jy_status s = jy_rows(cx, rows, SQL_ROLES, jy_int(account));

	if (s != JY_OK)
		return s;
	json_array_foreach(*rows, i, row)
	{
		enum jy_role role = (enum jy_role)jy_json_int(row, "role");

		json_object_set_new(row, "name", json_string(account_role_name(role)));
		json_object_set_new(row, "label", json_string(account_role_label(role)));
	}
	return JY_OK;
}

static enum jy_status
no(enum jy_status s, const char **error, const char *sentence)
{
	*error = sentence;
	return s;
}

/* Keeps only what belongs to the role and derives the unit. */
static enum jy_status
complete(struct jy_ctx *cx, const json_t *account, struct account_role *role, const char **error)
{
	json_t *row;
	enum jy_status s = JY_OK;

	switch (role->role) {
	case JY_GRADUATE:
		if (!jy_json_int(account, "person"))
			return no(JY_INVALID, error, "毕业生角色要先把账号与名册上的本人关联。");
		break;
	case JY_CITY:
		s = jy_row(cx, &row, SQL_UNIT, jy_text(role->unit));
		if (s == JY_NOT_FOUND)
			return no(JY_INVALID, error, "市州角色要选择一个市州（单位代码 6 位）。");
		*role = (struct account_role){ role->role, .unit = role->unit };
		return s;
	case JY_UNIVERSITY:
		s = jy_row(cx, &row, SQL_SCHOOL, jy_text(role->university));
		if (s == JY_NOT_FOUND)
			return no(JY_INVALID, error, "高校角色要选择一所高校（学校代码 10 位）。");
		if (s != JY_OK)
			return s;
		*role = (struct account_role){ role->role, .unit = jy_json_text(row, "unit"),
					       .university = role->university };
		return s;
	case JY_EMPLOYER:
	case JY_TRAINER:
	case JY_PARTNER:
		s = jy_row(cx, &row, SQL_ORGANISATION, jy_int(role->organisation));
		if (s == JY_NOT_FOUND)
			return no(JY_INVALID, error, "这个角色要选择一个已登记的机构。");
		if (s != JY_OK)
			return s;
		*role = (struct account_role){ role->role, .unit = jy_json_text(row, "unit"),
					       .organisation = role->organisation };
		return s;
	case JY_PROVINCE:
	case JY_ADMIN:
		break;
	default:
		return no(JY_INVALID, error, "没有这种角色。");
	}
	*role = (struct account_role){ .role = role->role };
	return JY_OK;
}

enum jy_status
account_grant(struct jy_ctx *cx, int64_t account, const struct account_role *role,
	      const char **error)
{
	struct account_role full = *role;
	json_t *row, *count;
	enum jy_status s = account_by_id(cx, account, &row);

	if (s == JY_NOT_FOUND)
		return no(s, error, "没有这个账号。");
	if (s == JY_OK)
		s = complete(cx, row, &full, error);
	if (s == JY_OK)
		s = jy_row(cx, &count, SQL_COUNT, jy_int(account));
	if (s != JY_OK)
		return s;
	if (jy_json_int(count, "n") >= 20)
		return no(JY_INVALID, error, "一个账号最多有 20 个角色，请先收回不用的角色。");
	s = jy_exec(cx, SQL_GRANT, jy_int(account), jy_int(full.role),
		    jy_text(full.unit ? full.unit : ""),
		    jy_text(full.university ? full.university : ""), jy_int(full.organisation),
		    jy_int(cx->user.account));
	if (s == JY_CONFLICT)
		return no(s, error, "这个账号已经有这个角色。");
	return s == JY_OK ? session_end_all(cx, account) : s;
}

enum jy_status
account_revoke(struct jy_ctx *cx, int64_t account, int64_t role_id, const char **error)
{
	json_t *row;
	bool last = false;
	enum jy_status s = jy_row(cx, &row, SQL_ROLE, jy_int(role_id), jy_int(account));

	if (s == JY_NOT_FOUND)
		return no(s, error, "这个账号没有这个角色，可能已被收回。");
	if (s == JY_OK && jy_json_int(row, "role") == JY_ADMIN)
		s = account_is_last_admin(cx, account, &last);
	if (s != JY_OK)
		return s;
	if (last)
		return no(JY_CONFLICT, error,
			  "这是最后一个可用的管理员，不能收回；请先让另一个账号成为管理员。");
	s = jy_exec(cx, SQL_REVOKE, jy_int(role_id), jy_int(account));
	return s == JY_OK ? session_end_all(cx, account) : s;
}

bool
account_needs_second(struct jy_ctx *cx, enum jy_role role)
{
	const char *rule =
	    json_string_value(json_object_get(cx->core->settings, "accounts.second_factor"));

	if (!(role & (JY_STAFF | JY_ADMIN)))
		return false;
	return !rule || strcmp(rule, "optional") != 0;
}

int64_t
account_setting_int(struct jy_ctx *cx, const char *name, int64_t otherwise)
{
	const char *text = json_string_value(json_object_get(cx->core->settings, name));

	return text && *text ? strtoll(text, NULL, 10) : otherwise;
}
