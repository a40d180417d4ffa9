/* accounts.h - what the pages of accounts share among themselves; the rest uses account.h. */
#ifndef CORE_ACCOUNTS_H
#define CORE_ACCOUNTS_H

#include "people/account.h"

/* Locks the administrators' rows until the end of the transaction. */
JY_CHECKED enum jy_status account_is_last_admin(struct jy_ctx *cx, int64_t account, bool *last);

/* Counts a failing attempt of an account, device and address before it is known to fail; returns
 * the seconds to wait, or 0. attempt_forgive takes it back. account 0: an unknown name, who tells
 * which. */
struct attempt {
	const char *what;
	int64_t account;
	const char *who;
};
int64_t attempt_count(struct jy_ctx *cx, const struct attempt *attempt);
void attempt_forgive(struct jy_ctx *cx, const struct attempt *attempt);
/* Marks this browser as one that the account has signed in with: others' failures do not slow it.
 */
void device_remember(struct jy_ctx *cx, struct jy_view *view, int64_t account);

/* The form again with another HTTP status and code. */
enum jy_status account_again(struct jy_ctx *cx, struct jy_view *out, int http, const char *code);
/* The form again (422), but answers JY_OK: the wrong try of a one-time code must be committed. */
enum jy_status account_again_kept(struct jy_ctx *cx, struct jy_view *out);
/* The caller's password, typed once more: field "password". JY_INVALID: noted as its error. */
JY_CHECKED enum jy_status account_confirm_self(struct jy_ctx *cx, const char *field);
/* Where to go on: a path of this site, else "/". */
const char *account_next(struct jy_ctx *cx, const char *next);
/* An e-mail or SMS with the site's name around it. */
JY_CHECKED enum jy_status account_send(struct jy_ctx *cx, const char *channel, const char *to,
				       const char *subject, const char *text);
/* jy_audit of an account with a reason; detail is stolen, may be NULL. */
JY_CHECKED enum jy_status account_audit(struct jy_ctx *cx, const char *action, int64_t account,
					const char *why, json_t *detail);
/* The text as the beginning of a LIKE pattern. */
char *account_like_prefix(struct jy_ctx *cx, const char *typed);
/* check of forms with "password" and "again". */
enum jy_status account_same_twice(struct jy_ctx *cx, json_t *values);

/* The caller's second factor in a field. JY_INVALID: noted as its error. JY_NOT_FOUND: has none. */
JY_CHECKED enum jy_status account_second_step(struct jy_ctx *cx, const char *field);

/* Pages: forms and handlers of the table in part_account.c. */
extern const struct jy_field sign_in_params[], token_params[], account_params[];
extern const struct jy_form sign_in_form, session_form, second_form, second_new_form,
    second_remove_form, reset_form, reset_code_form, reset_link_form, password_form, phone_form,
    phone_confirm_form, email_form, email_confirm_form, role_form, session_end_form, nothing_form,
    register_form, register_code_form, register_employer_form, account_admin_new_form,
    account_admin_grant_form, account_admin_revoke_form, account_admin_why_form,
    account_admin_state_form;
extern const struct jy_list account_admin_accounts_list, audit_list;

typedef enum jy_status account_page(struct jy_ctx *cx, struct jy_view *out);
account_page sign_in_get, sign_in_post, sign_out_post, session_get, session_post;
account_page second_get, second_post, second_new_get, second_new_post, second_remove_get,
    second_remove_post;
account_page reset_get, reset_post, reset_code_get, reset_code_post, reset_link_get,
    reset_link_post;
account_page own_get, export_get, password_get, password_post, phone_get, phone_post,
    phone_confirm_post, email_get, email_post, email_confirm_post, role_post, session_end_post,
    sessions_end_others_post;
account_page register_get, register_post, register_code_get, register_code_post,
    register_employer_get, register_employer_post;
account_page account_admin_accounts_get, account_admin_new_get, account_admin_new_post,
    account_admin_account_get, account_admin_grant_post, account_admin_revoke_post,
    account_admin_state_post, account_admin_reset_post, account_admin_second_post,
    account_admin_sessions_post;
account_page audit_get, audit_check_get;

enum jy_status reset_send_task(struct jy_ctx *cx, json_t *args);
enum jy_status register_code_task(struct jy_ctx *cx, json_t *args);

#endif
