/* list_limit.h - against taking the lists away one page or file after the other. */
#ifndef CORE_LIST_LIMIT_H
#define CORE_LIST_LIMIT_H

#include "facility/list_query.h"

/* Does the list say who somebody is? */
bool list_personal(const struct jy_list *list);
/* Counts one page of a list of people, or one export of any list, against the caller's account (a
 * visitor's address). JY_DENIED: too many, out says for how long. */
JY_CHECKED enum jy_status list_limit(struct jy_ctx *cx, struct jy_view *out,
				     const struct jy_list *list, bool export);
/* Audits a search or an export: which list, by what, how many rows. Typed names are masked: who
 * reads the audit may see no personal data. format may be NULL. */
JY_CHECKED enum jy_status list_record(struct jy_ctx *cx, const char *action,
				      const struct list_state *state, const char *format,
				      int64_t rows);

#endif
