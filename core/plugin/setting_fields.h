/* setting_fields.h - settings by their full name: the core's ("site.name") and plugins' ("jobs.cap"),
 * whether the plugin is on or not. For the pages and for jiyectl. */
#ifndef CORE_SETTING_FIELDS_H
#define CORE_SETTING_FIELDS_H

#include "ctx.h"

/* Below cx, with the full name as its name; NULL: nobody declares it. */
const struct jy_field *setting_field(struct jy_ctx *cx, const char *name);
/* What is stored or the default, as a person would type it; "" for a secret. */
enum jy_status setting_typed(struct jy_ctx *cx, const struct jy_field *field, const char **typed);
/* Array of {name, label, hint, section, value, secret, set} of a prefix's table; prefix NULL = core. */
enum jy_status settings_json(struct jy_ctx *cx, const char *prefix, const struct jy_field *fields,
			     json_t **out);
/* Stores, writes the audit and bumps the generation. JY_INVALID with a sentence. */
enum jy_status setting_change(struct jy_ctx *cx, const struct jy_field *field, const char *typed,
			      const char *why, const char **error);
bool setting_secret(const struct jy_field *field);

#endif
