/* references.h - the code tables (regions, units, universities, majors, occupations, industries), read
 * once in a process at the first need. A changed table starts a new generation, thus new processes. */
#ifndef CORE_REFERENCES_H
#define CORE_REFERENCES_H

#include "ctx.h"

struct reference_item {
	const char *code, *name, *full; /* full: "吉林省长春市朝阳区"; the name where there is none */
	bool current; /* not an abolished code */
	bool listed;  /* offered in forms; the others are accepted when typed */
};
struct reference {
	const char *name;
	struct reference_item *items; /* by code */
	size_t count, listed;
};

/* Offered as a plain list up to this many, else as suggestions to a text input. */
#define REFERENCE_SELECT_MAX 60

/* JY_NOT_FOUND: there is no table of that name. Without a database: JY_BUSY. */
JY_CHECKED enum jy_status reference_get(struct jy_ctx *cx, const char *name,
					const struct reference **out);
const struct reference_item *reference_find(const struct reference *reference, const char *code);
/* Current items whose name or full name is exactly `name`; returns how many there are. */
size_t reference_named(const struct reference *reference, const char *name,
		       const struct reference_item **found, size_t max);
/* The full name of a code, or the code itself when it is unknown or the table cannot be read. */
const char *reference_name(struct jy_ctx *cx, const char *name, const char *code);

#endif
