/* accounts.h - what the pages of accounts share among themselves; the rest uses account.h. */
#ifndef CORE_ACCOUNTS_H
#define CORE_ACCOUNTS_H

#include "people/account.h"

/* Locks the administrators' rows until the end of the transaction. */
JY_CHECKED enum jy_status account_is_last_admin(struct jy_ctx *cx, int64_t account, bool *last);

#endif
