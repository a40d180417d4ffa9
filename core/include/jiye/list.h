/*
 * jiye/list.h - lists as tables: columns, filters, sort keys, scope, paging, CSV and XLSX.
 *
 * The core builds the query from constants of the table and bound values only. A list's address
 * holds its whole state: ?<filter>=...&sort=-published&after=<cursor>&columns=a,b&format=csv|xlsx.
 * Paging is by (sort value, key); counts are exact to 1,000, then "1000+". A route whose handler calls
 * jy_list_page names the list in jy_route.list, so that its parameters are declared; filters read as
 * parameters too. JSON rows carry every visible column by name.
 */
#ifndef JIYE_LIST_H
#define JIYE_LIST_H

enum jy_column_flag {
	JY_SORT = 1,    /* can be sorted by; its expression must not be NULL */
	JY_OPTIONAL = 2, /* not shown until chosen */
	JY_DATA = 4,     /* in the row's model only (ids for links), never a column on the page */
	JY_MASKED = 8,   /* sealed value or personal text: shown and exported masked */
	JY_PERSONAL = 16 /* says who somebody is: pages are counted, searches and exports audited */
};

struct jy_column { /* ends with name NULL */
	const char *name, *label;
	const char *expr; /* SQL expression over `from` */
	enum jy_type type;
	unsigned flags;
	const struct jy_choice *labels; /* shows the label for a stored value */
	const char *reference;          /* shows the name for a stored code */
};

struct jy_filter { /* ends with field.name NULL */
	struct jy_field field;
	const char *where; /* one `?`, e.g. "v.region = ?"; JY_CHOICES: "v.region IN (?)" */
	/* Turns what was typed into the bound text (a prefix, a search expression), or NULL. */
	char *(*bind)(struct jy_ctx *cx, const char *typed);
};

struct jy_list {
	const char *name, *title;
	const char *from;  /* "jobs_vacancies v JOIN organisations o ON o.id = v.employer_id" */
	const char *where; /* constant condition, may hold {scope ...} and `?`; NULL = all */
	const char *key;   /* unique integer expression, "v.id" */
	const struct jy_column *columns;
	const struct jy_filter *filters;
	const char *sort;     /* "-published" = column name, descending */
	int page_size;        /* 0 = 20 */
	const char *tmpl;     /* NULL = core/list */
	const char *link;     /* "/jobs/:id": row page, :names are columns; NULL = none */
	const char *empty;    /* sentence for no rows */
	const char *create;   /* path of the "new" page, or NULL */
	const char *create_label;
	const struct jy_flow *flow; /* offers its batch moves over ticked rows, or NULL */
};

/* vals bind the `?` of where, in order (JY_VALS). extra (stolen, may be NULL) joins the model. */
JY_EXPORT enum jy_status jy_list_page(struct jy_ctx *cx, struct jy_view *out,
				      const struct jy_list *list, const struct jy_val *vals,
				      json_t *extra);

#endif
