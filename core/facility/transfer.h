/*
 * transfer.h - imports: a file against a table, row by row, for pages, tasks and jiyectl.
 *
 * A row that is wrong comes back with its reasons and costs no other. Every 500 rows the work so far
 * is committed, so that a file of any length needs no long transaction and can go on after a crash.
 */
#ifndef CORE_TRANSFER_H
#define CORE_TRANSFER_H

#include "ctx.h"
#include "facility/csv.h"

#define TRANSFER_BATCH    500
#define TRANSFER_BAD_KEPT 1000 /* bad rows in the answer of transfer_run_file */

/* "vacancies" of plugin "jobs" among all that is loaded; NULL if there is none. */
const struct jy_transfer *transfer_find(struct jy_ctx *cx, const char *name);

/* "/jobs/import/vacancies" of "jobs.vacancies" */
const char *transfer_path(struct jy_ctx *cx, const char *name);

struct transfer_counts {
	int64_t total, good, unchanged, bad;
	json_t *errors;    /* [{"row","reasons":[...]}], the first TRANSFER_BAD_KEPT; owned by cx */
	const char *error; /* the file as a whole was refused, with JY_INVALID */
};
/* Imports bytes here and now, in the transactions of a task or command. mapping: "name=column,..."
 * where column is a header's text or "#3"; "name==text" gives every row the same text; "" = by
 * header. dry: only checks the fields. */
JY_CHECKED enum jy_status transfer_run_file(struct jy_ctx *cx, const struct jy_transfer *transfer,
					    const char *bytes, size_t n, const char *mapping,
					    bool dry, struct transfer_counts *out);

/* --- Shared by the files of this facility --- */

struct transfer_source {
	struct jy_ctx *cx;
	const struct jy_transfer *transfer;
	struct csv csv;
	struct csv_row head;
	int column[CSV_COLUMNS_MAX];          /* of each field: index, or -1 */
	const char *constant[CSV_COLUMNS_MAX]; /* of each field, or NULL */
	const char *ignored; /* columns of the file that no field takes, joined with 、 */
};
/* Opens the file and finds each field's column; false with a sentence. */
bool source_open(struct jy_ctx *cx, const struct jy_transfer *transfer, const char *bytes, size_t n,
		 const char *mapping, struct transfer_source *out, const char **error);
/* Reads the fields of a row into values (owned by cx->pool); errors are noted in cx->errors. */
json_t *source_values(struct transfer_source *source, const struct csv_row *row);

/* Goes through the rows behind `after` (a row number; 0 = all), doing each. */
struct transfer_job {
	struct jy_ctx *cx;
	struct transfer_source *source;
	bool dry;
	int64_t after;
	struct transfer_counts counts;
	/* Told of each bad row, and of each committed batch with the last row's number; may be NULL. */
	enum jy_status (*bad)(struct transfer_job *job, int64_t row, const json_t *reasons);
	enum jy_status (*batch)(struct transfer_job *job, int64_t row);
	void *arg;
	int faults; /* rows that ended in JY_FAILED */
};
JY_CHECKED enum jy_status transfer_rows(struct transfer_job *job);

/* Handlers of part_transfer in other files. */
enum jy_status transfer_template(struct jy_ctx *cx, struct jy_view *out);
enum jy_status transfer_run_page(struct jy_ctx *cx, struct jy_view *out);
enum jy_status transfer_errors_out(struct jy_ctx *cx, struct jy_view *out);
/* The import of the address, if the caller may use it; else a refusal in out. */
JY_CHECKED enum jy_status transfer_open(struct jy_ctx *cx, struct jy_view *out,
					const struct jy_transfer **transfer);
/* The run of the address: the caller's own, of this import. */
JY_CHECKED enum jy_status transfer_run_read(struct jy_ctx *cx, const struct jy_transfer *transfer,
					    json_t **row);

/* The task that runs what a page has queued: args {"run": id}. */
enum jy_status transfer_task(struct jy_ctx *cx, json_t *args);
/* Daily: removes the files and bad rows of imports older than 30 days. */
enum jy_status transfer_clean(struct jy_ctx *cx, json_t *args);
/* Bytes of an uploaded file, borrowed from cx. */
JY_CHECKED enum jy_status transfer_bytes(struct jy_ctx *cx, int64_t file, const char **bytes,
					 size_t *n);

#endif
