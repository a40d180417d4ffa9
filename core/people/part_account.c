/*
 * part_account.c - the table of the core's pages for accounts: sign-in, own account, registration,
 * administration of accounts, audit. The handlers are in the files named beside their routes.
 */
#include "people/accounts.h"
#include "plugin/plugins.h"

static const struct jy_route routes[] = {
	/* signin.c */
	{ JY_GET, "/account/sign-in", JY_ANYONE, sign_in_params, sign_in_get },
	{ JY_POST, "/account/sign-in", JY_ANYONE, NULL, sign_in_post, &sign_in_form,
	  JY_REPEATABLE },
	{ JY_POST, "/account/sign-out", JY_SIGNED, NULL, sign_out_post, &nothing_form,
	  JY_REPEATABLE },
	{ JY_GET, "/session", JY_ANYONE, NULL, session_get },
	{ JY_POST, "/session", JY_ANYONE, NULL, session_post, &session_form,
	  JY_REPEATABLE | JY_KEYED },
	/* second_pages.c */
	{ JY_GET, "/account/second", JY_SIGNED, sign_in_params, second_get },
	{ JY_POST, "/account/second", JY_SIGNED, NULL, second_post, &second_form, JY_REPEATABLE },
	{ JY_GET, "/account/second/new", JY_SIGNED, NULL, second_new_get },
	{ JY_POST, "/account/second/new", JY_SIGNED, NULL, second_new_post, &second_new_form,
	  JY_REPEATABLE },
	{ JY_GET, "/account/second/remove", JY_SIGNED, NULL, second_remove_get },
	{ JY_POST, "/account/second/remove", JY_SIGNED, NULL, second_remove_post,
	  &second_remove_form, JY_REPEATABLE },
	/* reset.c */
	{ JY_GET, "/account/reset", JY_ANYONE, NULL, reset_get },
	{ JY_POST, "/account/reset", JY_ANYONE, NULL, reset_post, &reset_form, JY_REPEATABLE },
	{ JY_GET, "/account/reset/code", JY_ANYONE, NULL, reset_code_get },
	{ JY_POST, "/account/reset/code", JY_ANYONE, NULL, reset_code_post, &reset_code_form,
	  JY_REPEATABLE },
	{ JY_GET, "/account/reset/:token", JY_ANYONE, token_params, reset_link_get },
	{ JY_POST, "/account/reset/:token", JY_ANYONE, token_params, reset_link_post,
	  &reset_link_form, JY_REPEATABLE },
	/* register.c */
	{ JY_GET, "/account/register", JY_ANYONE, NULL, register_get },
	{ JY_POST, "/account/register", JY_PUBLIC, NULL, register_post, &register_form,
	  JY_REPEATABLE },
	{ JY_GET, "/account/register/code", JY_PUBLIC, NULL, register_code_get },
	{ JY_POST, "/account/register/code", JY_PUBLIC, NULL, register_code_post,
	  &register_code_form, JY_REPEATABLE },
	{ JY_GET, "/account/register/employer", JY_ANYONE, NULL, register_employer_get },
	{ JY_POST, "/account/register/employer", JY_PUBLIC, NULL, register_employer_post,
	  &register_employer_form, JY_REPEATABLE },
	/* account_pages.c, contact.c, own_data.c */
	{ JY_GET, "/account", JY_SIGNED, NULL, own_get },
	{ JY_GET, "/account/export", JY_SIGNED, NULL, export_get },
	{ JY_GET, "/account/password", JY_SIGNED, NULL, password_get },
	{ JY_POST, "/account/password", JY_SIGNED, NULL, password_post, &password_form,
	  JY_REPEATABLE },
	{ JY_GET, "/account/phone", JY_SIGNED, NULL, phone_get },
	{ JY_POST, "/account/phone", JY_SIGNED, NULL, phone_post, &phone_form, JY_REPEATABLE },
	{ JY_POST, "/account/phone/confirm", JY_SIGNED, NULL, phone_confirm_post,
	  &phone_confirm_form, JY_REPEATABLE },
	{ JY_GET, "/account/email", JY_SIGNED, NULL, email_get },
	{ JY_POST, "/account/email", JY_SIGNED, NULL, email_post, &email_form, JY_REPEATABLE },
	{ JY_POST, "/account/email/confirm", JY_SIGNED, NULL, email_confirm_post,
	  &email_confirm_form, JY_REPEATABLE },
	{ JY_POST, "/account/role", JY_SIGNED, NULL, role_post, &role_form, JY_REPEATABLE },
	{ JY_POST, "/account/sessions/end", JY_SIGNED, NULL, session_end_post, &session_end_form,
	  JY_REPEATABLE },
	{ JY_POST, "/account/sessions/end-others", JY_SIGNED, NULL, sessions_end_others_post,
	  &nothing_form, JY_REPEATABLE },
	/* admin_accounts.c, admin_actions.c */
	{ JY_GET, "/admin/accounts", JY_ADMIN, NULL, account_admin_accounts_get,
	  .list = &account_admin_accounts_list },
	{ JY_GET, "/admin/accounts/new", JY_ADMIN, NULL, account_admin_new_get },
	{ JY_POST, "/admin/accounts/new", JY_ADMIN, NULL, account_admin_new_post,
	  &account_admin_new_form },
	{ JY_GET, "/admin/accounts/:account", JY_ADMIN, account_params, account_admin_account_get },
	{ JY_POST, "/admin/accounts/:account/roles", JY_ADMIN, account_params,
	  account_admin_grant_post, &account_admin_grant_form },
	{ JY_POST, "/admin/accounts/:account/revoke", JY_ADMIN, account_params,
	  account_admin_revoke_post, &account_admin_revoke_form },
	{ JY_POST, "/admin/accounts/:account/state", JY_ADMIN, account_params,
	  account_admin_state_post, &account_admin_state_form },
	{ JY_POST, "/admin/accounts/:account/reset", JY_ADMIN, account_params,
	  account_admin_reset_post, &account_admin_why_form },
	{ JY_POST, "/admin/accounts/:account/second", JY_ADMIN, account_params,
	  account_admin_second_post, &account_admin_why_form },
	{ JY_POST, "/admin/accounts/:account/sessions", JY_ADMIN, account_params,
	  account_admin_sessions_post, &account_admin_why_form },
	/* audit_pages.c */
	{ JY_GET, "/admin/audit", JY_ADMIN, NULL, audit_get, .list = &audit_list },
	{ JY_GET, "/admin/audit/check", JY_ADMIN, NULL, audit_check_get, .limit_s = 60 },
	{ 0 },
};

static const struct jy_task tasks[] = {
	{ "reset_send", "发送重置密码的链接或验证码", .limit_s = 30, .run = reset_send_task },
	{ "register_code", "发送注册验证码", .limit_s = 30, .run = register_code_task },
	{ 0 },
};

static const struct jy_nav nav[] = {
	{ "/admin/accounts", "账号", JY_ADMIN, 820 },
	{ "/admin/audit", "审计", JY_ADMIN, 880 },
	{ 0 },
};

const struct jy_plugin part_account = {
	.size = sizeof(part_account),
	.abi_major = JY_ABI_MAJOR,
	.abi_minor = JY_ABI_MINOR,
	.name = "account",
	.version = "1.0.0",
	.title = "账号",
	.summary = "登录、第二步验证、注册、找回密码、账号管理和审计。",
	.routes = routes,
	.tasks = tasks,
	.nav = nav,
};
