/* password.h - hashing by Argon2id and the rules for new passwords. */
#ifndef CORE_PASSWORD_H
#define CORE_PASSWORD_H

#include <stdbool.h>
#include "ctx.h"

#define PASSWORD_HASH_MAX 160  /* accounts.password */
#define PASSWORD_MAX      1024 /* bytes; nothing is ever cut off */

/* Staff and administrators get the dearer parameters (t=3, 64 MiB instead of t=2, 19 MiB). */
const char *password_hash(struct jy_ctx *cx, const char *password, bool staff);
/* hash NULL = no such account: false. A failed check always costs the same, whoever was asked for.
 */
bool password_check(const char *hash, const char *password);
/* The hash was made with weaker parameters than the policy asks for now. */
bool password_outdated(const char *hash, bool staff);
/* NULL: acceptable. Else a sentence. own: words that must not make up the password (the account's
 * name, phone, birthday), ends with NULL; entries may be "" . */
const char *password_refused(struct jy_ctx *cx, const char *password, bool staff,
			     const char *const *own);

#endif
