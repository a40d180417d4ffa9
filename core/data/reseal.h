/* reseal.h - after a rotation of keys: what older keys have sealed is sealed again by the newest. */
#ifndef CORE_RESEAL_H
#define CORE_RESEAL_H

#include "ctx.h"

struct reseal_counts {
	int64_t done, unreadable; /* unreadable: left as it is, each one logged */
};
/* Goes through all sealed columns in short transactions (cx->checkpoint); may stop anywhere and be run
 * again. Values that change meanwhile are sealed by the newest key anyhow and are left alone. */
JY_CHECKED enum jy_status reseal_all(struct jy_ctx *cx, struct reseal_counts *out);

#endif
