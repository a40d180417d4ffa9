/* fields.h - reads one typed value: the same rules for paths, queries, forms, JSON bodies, imports
 * and settings. */
#ifndef CORE_FIELDS_H
#define CORE_FIELDS_H

#include "ctx.h"

/* Reads what was typed (trimmed; "" = absent) into *out, a new reference: integer for JY_INT and
 * JY_MONEY, true/false for JY_BOOL, text else, JSON null when absent. false with a Chinese sentence
 * owned by cx. cx gives reference tables; without a database (cx->core->db NULL) references are only
 * checked for form. JY_CHOICES takes values joined with ','. */
bool field_read(struct jy_ctx *cx, const struct jy_field *field, const char *typed, json_t **out,
		const char **error);
/* The text that shows a stored value to a person (choice labels, names of codes, yuan, masks). */
const char *field_show(struct jy_ctx *cx, const struct jy_field *field, const json_t *value);
/* The field as JSON for the interface description and the form template. */
json_t *field_json(struct jy_ctx *cx, const struct jy_field *field, const json_t *value);
const struct jy_field *field_find(const struct jy_field *fields, const char *name);

/* Reads all params and the form of a matched route into cx->params; undeclared and doubled names are
 * refused (JY_INVALID, 400 in view); wrong form values put the form's page in view (422). */
struct match;
enum jy_status params_read(struct jy_ctx *cx, const struct match *match, struct jy_view *view);
enum jy_status form_read(struct jy_ctx *cx, const struct jy_form *form, struct jy_view *view);

#endif
