/* checks.h - is a plugin's table one that the core can serve? */
#ifndef CORE_CHECKS_H
#define CORE_CHECKS_H

#include "ctx.h"

/* [a-z][a-z0-9_]{1,31}, and not a name that the core keeps for itself. */
bool plugin_name_check(TALLOC_CTX *owner, const char *name, const char **error);
/* Size and ABI, from the first eight bytes only; then a full-size copy, zeroed beyond what the
 * plugin knew. NULL with a sentence that names the difference. */
const struct jy_plugin *table_copy(TALLOC_CTX *owner, const char *name,
				   const struct jy_plugin *theirs, const char **error);
/* Everything else: name, fields, routes, names that need the prefix, flows, transfers. */
bool table_check(TALLOC_CTX *owner, const char *name, const struct jy_plugin *table,
		 const char **error);
/* dir/sql and the table's schema number agree. */
bool schema_check(TALLOC_CTX *owner, const struct jy_plugin *table, const char *dir,
		  const char **error);

/* Shared by the files of the checks. */
struct check {
	TALLOC_CTX *owner;
	const char *name; /* the plugin's */
	const char **error;
};
bool check_no(const struct check *c, const char *fmt, ...) JY_PRINTF(2); /* always false */
bool check_word(const char *text, size_t max);                           /* [a-z][a-z0-9_]* */
bool check_prefixed(const struct check *c, const char *what, const char *name);
bool check_fields(const struct check *c, const char *where, const struct jy_field *fields,
		  bool labels);
bool check_routes(const struct check *c, const struct jy_plugin *table);

#endif
