/*
 * codes.h - one-time codes and links: one use, 30 minutes, 5 tries, 5 an hour for each account.
 *
 * What a code is for is its kind; what it is bound to besides (the new phone number) goes into its
 * hash, so that nothing has to be kept while it is on its way.
 */
#ifndef CORE_CODES_H
#define CORE_CODES_H

#include "ctx.h"

/* Six digits. subject is an account, or for kind "register" a person. Older codes of the same kind
 * are void. JY_CONFLICT: five in the last hour. */
JY_CHECKED enum jy_status code_make(struct jy_ctx *cx, int64_t subject, const char *kind,
				    const char *bound, const char **code);
/* JY_OK: right, and used up. JY_INVALID: wrong (counted: answer JY_OK to the core so that the count
 * is kept). JY_NOT_FOUND: there is none, it ran out, or was tried five times. */
JY_CHECKED enum jy_status code_use(struct jy_ctx *cx, int64_t subject, const char *kind,
				   const char *bound, const char *typed);
/* A token for a link, 43 characters. */
JY_CHECKED enum jy_status link_make(struct jy_ctx *cx, int64_t account, const char *kind,
				    const char **token);
JY_CHECKED enum jy_status link_find(struct jy_ctx *cx, const char *kind, const char *token,
				    int64_t *account);
JY_CHECKED enum jy_status link_use(struct jy_ctx *cx, const char *kind, const char *token,
				   int64_t *account);

#endif
