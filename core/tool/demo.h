/* demo.h - the demonstration: plainly invented people, firms and wishes on real reference data. */
#ifndef CORE_DEMO_H
#define CORE_DEMO_H

#include "tool/tool.h"

struct demo {
	struct tool *t;
	struct jy_ctx *cx;
	int graduates, vacancies;
	int cohort; /* the class that graduates next */
	int64_t campaign;
	uint64_t random; /* state; the same seed makes the same people */
	const char *province;
	json_t *universities, *units; /* rows to draw from */
	struct demo_majors *majors;
};

uint64_t demo_draw(struct demo *d, uint64_t below); /* 0 .. below - 1 */
/* An even draw squared: the front of a list comes up more often, as real majors and cities do. */
size_t demo_skewed(struct demo *d, size_t count);

/* demo_majors.c: a plausible major for a graduate of the school (by its name). */
enum jy_status demo_majors_read(struct demo *d);
const char *demo_major(struct demo *d, const char *school, const char *education);
/* demo_people.c: the roster, the needs of most, and the orders that answer them. */
enum jy_status demo_people(struct jy_ctx *cx, void *demo);
/* demo_accounts.c: organisations, then one account for each role and several regions. */
enum jy_status demo_organisations(struct jy_ctx *cx, void *demo);
enum jy_status demo_accounts(struct jy_ctx *cx, struct demo *d, json_t **accounts);

extern const struct command demo_commands[];

#endif
