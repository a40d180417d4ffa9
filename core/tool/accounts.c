/*
 * accounts.c - jiyectl account: the first administrator, help for those who are locked out.
 *
 * A password that the tool makes up is shown once and never stored in the clear.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/seal.h"
#include "data/db.h"
#include "people/account.h"
#include "tool/tool.h"

static const char SQL_LIST[] =
    "SELECT a.id, a.name, a.display_name, a.state, a.last_seen, a.totp IS NOT NULL AS second, "
    "BIT_OR(r.role) AS roles FROM accounts a LEFT JOIN account_roles r ON r.account = a.id "
    "WHERE ? IS NULL OR a.id IN (SELECT account FROM account_roles WHERE role = ?) "
    "GROUP BY a.id ORDER BY a.name LIMIT 10000";

struct asked {
	struct tool *t;
	const char *name, *error, *password;
	struct account_role role;
	int64_t id;
	bool on;
};

/* 16 characters from 32 that nobody mistakes for another: 80 bits. */
static const char *
password_make(struct tool *t)
{
	static const char letters[] = "abcdefghjkmnpqrstuvwxyz23456789A";
	unsigned char noise[16];
	char *made = talloc_zero_size(t->cx, sizeof(noise) + 1);

	random_bytes(noise, sizeof(noise));
	for (size_t i = 0; i < sizeof(noise); i++)
		made[i] = letters[noise[i] & 31];
	return made;
}

/* --password, or the first line of stdin, or made up. */
static const char *
password_of(struct tool *t, bool *made_up)
{
	char line[1026] = "";

	*made_up = false;
	if (tool_given(t, "password"))
		return tool_option(t, "password");
	if (tool_given(t, "password-stdin") && fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\r\n")] = '\0';
		return jy_printf(t->cx, "%s", line);
	}
	*made_up = true;
	return password_make(t);
}

static bool
role_read(struct tool *t, const char *name, struct account_role *role)
{
	const char *organisation = tool_option(t, "organisation");

	role->role = account_role_find(name);
	role->unit = tool_option(t, "unit");
	role->university = tool_option(t, "university");
	role->organisation = organisation ? strtoll(organisation, NULL, 10) : 0;
	if (role->role)
		return true;
	tool_fail(t, TOOL_USAGE,
		  "没有角色“%s”。可用：graduate employer university city province trainer partner "
		  "admin。",
		  name);
	return false;
}

static enum jy_status
find(struct jy_ctx *cx, struct asked *a)
{
	json_t *row;
	enum jy_status s = account_find(cx, a->name, &row);

	if (s == JY_OK)
		a->id = jy_json_int(row, "id");
	else if (s == JY_NOT_FOUND)
		a->error = jy_printf(cx, "没有账号“%s”，请用登录名、手机号或邮箱。", a->name);
	return s;
}

static enum jy_status
create_work(struct jy_ctx *cx, void *arg)
{
	struct asked *a = arg;
	struct tool *t = a->t;
	const char *display = tool_option(t, "display"), *person = tool_option(t, "person");
	struct account_new fresh = { .name = a->name,
				     .display_name = display ? display : a->name,
				     .password = a->password,
				     .person = person ? strtoll(person, NULL, 10) : 0,
				     .phone = tool_option(t, "phone"),
				     .email = tool_option(t, "email"),
				     .staff = a->role.role & (JY_STAFF | JY_ADMIN) };
	enum jy_status s = account_create(cx, &fresh, &a->id, &a->error);

	if (s == JY_OK && a->role.role)
		s = account_grant(cx, a->id, &a->role, &a->error);
	if (s != JY_OK)
		return s;
	return tool_audit(
	    cx, jy_printf(cx, "account:%" PRId64, a->id), "account.create",
	    json_pack("{s:s, s:s}", "role", account_role_name(a->role.role), "why", tool_why(t)));
}

static int
create(struct tool *t)
{
	struct asked a = { .t = t, .name = t->args[0], .error = "" };
	bool made_up;
	enum jy_status s;

	if (tool_given(t, "role") && !role_read(t, tool_option(t, "role"), &a.role))
		return TOOL_USAGE;
	a.password = password_of(t, &made_up);
	s = tool_change(t, create_work, &a);
	if (s != JY_OK)
		return tool_status(t, s, a.error);
	return tool_done(t,
			 json_pack("{s:I, s:s, s:s*}", "id", (json_int_t)a.id, "name", a.name,
				   "password", made_up ? a.password : NULL),
			 made_up ? "账号 %s 已建立，口令：%s（只显示这一次）"
				 : "账号 %s 已建立。%.0s",
			 a.name, a.password);
}

static enum jy_status
grant_work(struct jy_ctx *cx, void *arg)
{
	struct asked *a = arg;
	enum jy_status s = find(cx, a);

	if (s == JY_OK)
		s = account_grant(cx, a->id, &a->role, &a->error);
	if (s != JY_OK)
		return s;
	return tool_audit(cx, jy_printf(cx, "account:%" PRId64, a->id), "account.grant",
			  json_pack("{s:s, s:s}", "role", account_role_name(a->role.role), "why",
				    tool_why(a->t)));
}

static int
grant(struct tool *t)
{
	struct asked a = { .t = t, .name = t->args[0], .error = "" };
	enum jy_status s;

	if (!role_read(t, t->args[1], &a.role))
		return TOOL_USAGE;
	s = tool_change(t, grant_work, &a);
	if (s != JY_OK)
		return tool_status(t, s, a.error);
	return tool_done(t, json_pack("{s:s, s:s}", "name", a.name, "role", t->args[1]),
			 "账号 %s 已有角色“%s”，它的会话已结束。", a.name,
			 account_role_label(a.role.role));
}

static enum jy_status
password_work(struct jy_ctx *cx, void *arg)
{
	struct asked *a = arg;
	enum jy_status s = find(cx, a);

	if (s == JY_OK)
		s = account_set_password(cx, a->id, a->password, &a->error);
	if (s != JY_OK)
		return s;
	return tool_audit(cx, jy_printf(cx, "account:%" PRId64, a->id), "account.password",
			  json_pack("{s:s}", "why", tool_why(a->t)));
}

static int
password(struct tool *t)
{
	struct asked a = { .t = t, .name = t->args[0], .error = "" };
	bool made_up;
	enum jy_status s;

	a.password = password_of(t, &made_up);
	s = tool_change(t, password_work, &a);
	if (s != JY_OK)
		return tool_status(t, s, a.error);
	return tool_done(
	    t, json_pack("{s:s, s:s*}", "name", a.name, "password", made_up ? a.password : NULL),
	    made_up ? "账号 %s 的新口令：%s（只显示这一次）" : "账号 %s 的口令已更换。%.0s", a.name,
	    a.password);
}

static enum jy_status
switch_work(struct jy_ctx *cx, void *arg)
{
	struct asked *a = arg;
	enum jy_status s = find(cx, a);

	if (s == JY_OK)
		s = a->on ? account_enable(cx, a->id, &a->error)
			  : account_disable(cx, a->id, &a->error);
	if (s != JY_OK)
		return s;
	return tool_audit(cx, jy_printf(cx, "account:%" PRId64, a->id),
			  a->on ? "account.enable" : "account.disable",
			  json_pack("{s:s}", "why", tool_why(a->t)));
}

static int
switched(struct tool *t, bool on)
{
	struct asked a = { .t = t, .name = t->args[0], .error = "", .on = on };
	enum jy_status s = tool_change(t, switch_work, &a);

	if (s != JY_OK)
		return tool_status(t, s, a.error);
	return tool_done(t, json_pack("{s:s, s:b}", "name", a.name, "active", on), "账号 %s %s。",
			 a.name, on ? "已启用" : "已停用，它的会话已结束");
}

static int
disable(struct tool *t)
{
	return switched(t, false);
}

static int
enable(struct tool *t)
{
	return switched(t, true);
}

static int
list(struct tool *t)
{
	static const struct tool_column columns[] = {
		{ "id", "编号" },
		{ "name", "登录名" },
		{ "display_name", "姓名" },
		{ "role_labels", "角色" },
		{ "state", "状态" },
		{ "last_seen", "最近登录" },
		{ 0 },
	};
	struct account_role role = { 0 };
	json_t *rows, *row;
	struct jy_val bit;
	size_t i;
	enum jy_status s;

	if (tool_given(t, "role") && !role_read(t, tool_option(t, "role"), &role))
		return TOOL_USAGE;
	bit = role.role ? jy_int(role.role) : jy_null();
	s = jy_rows(t->cx, &rows, SQL_LIST, bit, bit);
	if (s != JY_OK)
		return tool_status(t, s, NULL);
	json_array_foreach(rows, i, row)
	{
		const char *labels = "";

		for (unsigned b = JY_GRADUATE; b <= JY_ADMIN; b <<= 1)
			if (jy_json_int(row, "roles") & b)
				labels = jy_printf(t->cx, "%s%s%s", labels, labels[0] ? "、" : "",
						   account_role_label((enum jy_role)b));
		json_object_set_new(row, "role_labels", json_string(labels));
	}
	return tool_table(t, rows, columns);
}

/* The second factor's code of the moment: demonstration accounts and tests have no telephone. */
static int
code(struct tool *t)
{
	struct asked a = { .t = t, .name = t->args[0], .error = "" };
	const char *digits = "";
	enum jy_status s = find(t->cx, &a);

	if (s == JY_OK) {
		s = account_totp_code(t->cx, a.id, &digits);
		if (s == JY_NOT_FOUND)
			a.error = jy_printf(t->cx, "账号 %s 没有设置动态口令。", a.name);
	}
	if (s != JY_OK)
		return tool_status(t, s, a.error);
	return tool_done(t, json_pack("{s:s, s:s}", "name", a.name, "code", digits), "%s", digits);
}

#define SCOPE "unit= university= organisation= why="

const struct command account_commands[] = {
	{ "account create", "登录名 [--role 角色] [--password 口令]",
	  "role= password= password-stdin display= phone= email= person= " SCOPE, 1, 1,
	  NEEDS_DATABASE,
	  "建立账号；不给口令时生成一个。角色的范围用 --unit --university --organisation --person",
	  create },
	{ "account grant", "登录名 角色", SCOPE, 2, 2, NEEDS_DATABASE, "给账号一个角色", grant },
	{ "account password", "登录名", "password= password-stdin why=", 1, 1, NEEDS_DATABASE,
	  "更换口令，结束它的会话", password },
	{ "account disable", "登录名", "why=", 1, 1, NEEDS_DATABASE, "停用账号，结束它的会话",
	  disable },
	{ "account enable", "登录名", "why=", 1, 1, NEEDS_DATABASE, "启用账号", enable },
	{ "account list", "[--role 角色]", "role= unit= university= organisation=", 0, 0,
	  NEEDS_DATABASE, "列出账号", list },
	{ "account code", "登录名", NULL, 1, 1, NEEDS_DATABASE, "当前的动态口令（演示和测试用）",
	  code },
	{ 0 },
};
