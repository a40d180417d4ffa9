/* audit.h - checking the record of who did what; jy_audit of plugin.h writes it. */
#ifndef CORE_AUDIT_H
#define CORE_AUDIT_H

#include "ctx.h"

/* Recomputes the chains over all entries with an id of at least `from` (0 = all) and compares their
 * ends. JY_INVALID: *bad is the first entry that was changed, or whose predecessor is missing, or
 * the missing end of a chain. checked (may be NULL) counts entries. */
JY_CHECKED enum jy_status audit_verify(struct core *core, int64_t from, int64_t *bad,
				       int64_t *checked);

#endif
