/* list_query.h - the state that a list's address holds, and the SQL that it stands for.
 *
 * The text is joined from constants of the list's table only; what was typed is always bound. */
#ifndef CORE_LIST_QUERY_H
#define CORE_LIST_QUERY_H

#include "ctx.h"

#define LIST_COLUMNS_MAX 64
#define LIST_COUNT_MAX   1000
#define LIST_EXPORT_MAX  50000

struct list_state {
	const struct jy_list *list;
	const struct jy_column *sort; /* NULL: by key alone */
	bool descending;
	const char *sort_text;  /* "-published", "" */
	json_t *after;          /* {"v": sort value, "k": key}, or NULL on the first page */
	bool back;              /* after holds the row that the page ends before */
	bool shown[LIST_COLUMNS_MAX];
	bool chosen; /* the columns are not the default ones */
	int page_size;
};
enum list_query { LIST_PAGE, LIST_COUNT, LIST_EXPORT };
struct list_sql {
	const char *text;
	const struct jy_val *vals;
};

/* Reads sort, after or before, and columns from the incoming query; false with a sentence. */
bool list_state_read(struct jy_ctx *cx, const struct jy_list *list, const json_t *incoming,
		     struct list_state *out, const char **error);
/* LIST_PAGE asks for one row more than a page; going back, its rows come last first. Rows carry "_key" and "_sort" besides columns. base
 * binds the `?` of list->where. */
struct list_sql list_sql(struct jy_ctx *cx, const struct list_state *state, enum list_query which,
			 const struct jy_val *base);
/* The cursor that goes on after this row, or back before it. */
const char *list_cursor(struct jy_ctx *cx, const struct list_state *state, const json_t *row);
/* The address "?..." of a state. without: a filter to leave out, or NULL; more: ready text such as
 * "after=..." or "", put last. */
const char *list_address(struct jy_ctx *cx, const struct list_state *state, const char *without,
			 const char *sort, const char *more);
/* What a filter's value looks like in an address; NULL if it was not given. */
const char *list_filter_text(struct jy_ctx *cx, const struct jy_field *field);

#endif
