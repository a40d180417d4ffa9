/* lease.h - who may change the schema now (table schema_lock). */
#ifndef CORE_DATA_LEASE_H
#define CORE_DATA_LEASE_H

#include "data/db.h"

/* Waits up to a minute for another holder; then JY_CONFLICT with a sentence. */
JY_CHECKED enum jy_status lease_take(struct jy_ctx *cx, const char **error);
/* For another 15 minutes; JY_CONFLICT: it was lost meanwhile. */
JY_CHECKED enum jy_status lease_renew(struct jy_ctx *cx);
void lease_end(struct jy_ctx *cx);
const char *lease_holder(struct jy_ctx *cx);

#endif
