/*
 * account.h - accounts and their roles, for pages and for jiyectl alike.
 *
 * Every function that changes something needs cx->may_write. `error` (never NULL) gets a sentence
 * with JY_INVALID, JY_CONFLICT and JY_NOT_FOUND; nothing has been changed then. None of them writes
 * the audit: the caller knows who and why.
 */
#ifndef CORE_ACCOUNT_H
#define CORE_ACCOUNT_H

#include "ctx.h"

struct account_new {
	const char *name;          /* [a-z][a-z0-9_.-]{2,39}; kept in lower case */
	const char *display_name;  /* 1..30 characters */
	const char *password;      /* NULL: none yet, a reset link must be used */
	int64_t person;            /* people.id, or 0 */
	const char *phone, *email; /* NULL or "" = none */
	bool staff;                /* will get a role of the staff: the stricter password policy */
};
JY_CHECKED enum jy_status account_create(struct jy_ctx *cx, const struct account_new *fresh,
					 int64_t *id, const char **error);

/* A role with what it is limited to. GRADUATE needs the account's person; UNIVERSITY a university;
 * CITY a unit; EMPLOYER, TRAINER and PARTNER an organisation (the unit follows from it). */
struct account_role {
	enum jy_role role;
	const char *unit, *university; /* NULL or "" where they do not apply */
	int64_t organisation;
};
/* JY_CONFLICT: has it already. All sessions of the account end. */
JY_CHECKED enum jy_status account_grant(struct jy_ctx *cx, int64_t account,
					const struct account_role *role, const char **error);
/* role_id is account_roles.id. The last active administrator keeps the role (JY_CONFLICT). */
JY_CHECKED enum jy_status account_revoke(struct jy_ctx *cx, int64_t account, int64_t role_id,
					 const char **error);
/* All sessions end. The last active administrator cannot be disabled (JY_CONFLICT). */
JY_CHECKED enum jy_status account_disable(struct jy_ctx *cx, int64_t account, const char **error);
JY_CHECKED enum jy_status account_enable(struct jy_ctx *cx, int64_t account, const char **error);

/* Checks the policy, stores the hash, ends all sessions. */
JY_CHECKED enum jy_status account_set_password(struct jy_ctx *cx, int64_t account,
					       const char *password, const char **error);
/* Stores the hash again with today's parameters; no policy, no sessions ended. */
JY_CHECKED enum jy_status account_rehash(struct jy_ctx *cx, int64_t account, const char *password,
					 bool staff);
/* "" takes it away. JY_CONFLICT: another account has it. */
JY_CHECKED enum jy_status account_set_phone(struct jy_ctx *cx, int64_t account, const char *phone,
					    const char **error);
JY_CHECKED enum jy_status account_set_email(struct jy_ctx *cx, int64_t account, const char *email,
					    const char **error);

/* secret: TOTP_SECRET bytes, or NULL to take the second factor away. */
JY_CHECKED enum jy_status account_set_totp(struct jy_ctx *cx, int64_t account,
					   const unsigned char *secret);
/* JY_OK: right and not used before (now it is). JY_INVALID: wrong. JY_NOT_FOUND: has none. */
JY_CHECKED enum jy_status account_use_totp(struct jy_ctx *cx, int64_t account, const char *typed);
/* The code that is right now, for the demonstration and tests (jiyectl). */
JY_CHECKED enum jy_status account_totp_code(struct jy_ctx *cx, int64_t account, const char **code);

/* By sign-in name, mobile number or e-mail; the row has id, uid, name, display_name, state,
 * password, totp (base64, null = none), person, roles (all bits together). JY_NOT_FOUND: none. */
JY_CHECKED enum jy_status account_find(struct jy_ctx *cx, const char *who, json_t **row);
JY_CHECKED enum jy_status account_by_id(struct jy_ctx *cx, int64_t account, json_t **row);
/* The unsealed number, "" if none. */
JY_CHECKED enum jy_status account_phone(struct jy_ctx *cx, int64_t account, const char **phone);
/* Array of {id, role, name, label, place} in a fixed order; the first is where sign-in begins. */
JY_CHECKED enum jy_status account_roles(struct jy_ctx *cx, int64_t account, json_t **rows);

/* The role needs a second factor (setting accounts.second_factor). */
bool account_needs_second(struct jy_ctx *cx, enum jy_role role);
int64_t account_setting_int(struct jy_ctx *cx, const char *name, int64_t otherwise);
const char *account_role_name(enum jy_role role);  /* "city" */
const char *account_role_label(enum jy_role role); /* "市州工作人员" */
enum jy_role account_role_find(const char *name);  /* 0: no such role */
/* "13800001234" -> "138****1234"; "" if it is no mainland mobile number. */
const char *account_phone_plain(struct jy_ctx *cx, const char *typed);
const char *account_phone_masked(struct jy_ctx *cx, const char *phone);

/* Mails a link (or sends a code to the phone) with which the owner sets a new password. The same
 * steps as the page: a task looks the account up, so that nobody learns whether there is one. */
JY_CHECKED enum jy_status account_reset_send(struct jy_ctx *cx, const char *who);
/* A one-time link that the administrator hands over himself (30 minutes); ends older ones. */
JY_CHECKED enum jy_status account_reset_link(struct jy_ctx *cx, int64_t account, const char **link);

#endif
