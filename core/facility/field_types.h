/* field_types.h - one reader for each enum jy_type; used by field_read only. */
#ifndef CORE_FIELD_TYPES_H
#define CORE_FIELD_TYPES_H

#include "ctx.h"

struct typed {
	struct jy_ctx *cx;
	const struct jy_field *field;
	const char *label;
	const char *text;  /* trimmed, not empty, UTF-8 */
	json_t *out;       /* new reference, on success */
	const char *error; /* the sentence, on failure */
};

bool typed_read(struct typed *t);
/* Notes the sentence; always false. */
bool typed_wrong(struct typed *t, const char *fmt, ...) JY_PRINTF(2);
/* field_choice.c: JY_CHOICE and JY_CHOICES. */
bool typed_choice(struct typed *t);
bool typed_choices(struct typed *t);

#endif
