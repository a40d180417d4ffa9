/*
 * jiye/transfer.h - imports and exports of files as tables.
 *
 * The fields describe the columns of a CSV or TSV file (UTF-8 or GB18030, header row by label or
 * name, or by the user's mapping "name=column,name=column"). The core serves
 *   GET  /<plugin>/import/<noun>            the page: template to download, upload, mapping
 *   POST /<plugin>/import/<noun>            upload: preview with counts
 *   POST /<plugin>/import/<noun>/:id/start  runs as a task, with progress, resumable by row
 *   GET  /<plugin>/import/<noun>/:id        progress, counts; bad rows back as a file with reasons
 * and `jiyectl import <noun> FILE --map ...` runs the same table.
 */
#ifndef JIYE_TRANSFER_H
#define JIYE_TRANSFER_H

struct jy_transfer {
	const char *name;  /* "jobs.vacancies" */
	const char *title;
	unsigned roles;
	const struct jy_field *fields;
	/* One checked row: values as a form's. Report with jy_field_error + JY_INVALID: the row
	 * comes back with the reasons and costs no other. JY_CONFLICT = already here, counted as
	 * unchanged. Called in transactions of up to 500 rows. */
	enum jy_status (*row)(struct jy_ctx *cx, json_t *values);
	/* After the last row, or NULL. */
	enum jy_status (*finish)(struct jy_ctx *cx);
};

#endif
