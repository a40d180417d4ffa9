/* schema_lease.h - who may change the schema now (table schema_lock). */
#ifndef CORE_DATA_SCHEMA_LEASE_H
#define CORE_DATA_SCHEMA_LEASE_H

#include "data/db.h"

/* Waits up to a minute for another holder; then JY_CONFLICT with a sentence. */
JY_CHECKED enum jy_status schema_lease_take(struct jy_ctx *cx, const char **error);
/* For another 15 minutes; JY_CONFLICT: it was lost meanwhile. */
JY_CHECKED enum jy_status schema_lease_renew(struct jy_ctx *cx);
void schema_lease_end(struct jy_ctx *cx);
const char *schema_lease_holder(struct jy_ctx *cx);

#endif
