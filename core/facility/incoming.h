/* incoming.h - what a request carries, by name, before any rule: text, or an array of texts where a
 * name came more than once. Uploads are not in it. */
#ifndef CORE_INCOMING_H
#define CORE_INCOMING_H

#include "ctx.h"

/* Objects owned by cx. NULL with a sentence: a JSON value that no field can hold. */
json_t *incoming_query(struct jy_ctx *cx);
json_t *incoming_body(struct jy_ctx *cx, const char **error);
/* The text under name, several joined with ','; NULL if absent. */
const char *incoming_text(struct jy_ctx *cx, const json_t *incoming, const char *name);
/* Names that the core itself puts into every form and address: _csrf _key format. */
bool name_reserved(const char *name);
/* Names of a list's address: sort after before columns. */
bool name_of_list(const char *name);

#endif
