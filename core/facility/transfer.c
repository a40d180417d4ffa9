/*
 * transfer.c - the loop over the rows, and the run that a page has queued.
 *
 * Memory stays flat: each row lives in a scratch of its own. A row's work stands between
 * savepoints; a deadlock or lost connection ends the whole call, and the run goes on behind its
 * last commit.
 */
#include "facility/transfer.h"

#include <stdlib.h>
#include <string.h>

#include "data/db.h"
#include "facility/hooks.h"
#include "work/work.h"

#define FAULTS_MAX 20
#define KEEP_DAYS  30

/* --- Rows --- */

static json_t *
reasons_of(struct jy_ctx *cx)
{
	json_t *reasons = json_array(), *each;
	size_t i;

	json_array_foreach(cx->errors, i, each)
	    json_array_append(reasons, json_object_get(each, "message"));
	return reasons;
}

static enum jy_status
row_bad(struct transfer_job *job, int64_t number)
{
	json_t *reasons = jy_own(job->cx, reasons_of(job->cx));

	job->counts.bad++;
	if (json_array_size(job->counts.errors) < TRANSFER_BAD_KEPT)
		json_array_append_new(
		    job->counts.errors,
		    json_pack("{s:I, s:O}", "row", (json_int_t)number, "reasons", reasons));
	return job->bad ? job->bad(job, number, reasons) : JY_OK;
}

/* What the plugin's function did with a row; JY_INVALID: it has reasons now. */
static enum jy_status
row_call(struct transfer_job *job, json_t *values)
{
	struct jy_ctx *cx = job->cx;
	enum jy_status s = db_exec(cx, "SAVEPOINT one_row"), back;

	if (s != JY_OK)
		return s;
	s = job->source->transfer->row(cx, values);
	if (cx->retry)
		return s == JY_OK ? JY_BUSY : s;
	if (s == JY_OK && json_array_size(cx->errors) == 0)
		return s;
	if (s == JY_BUSY)
		return s;
	back = db_exec(cx, "ROLLBACK TO SAVEPOINT one_row");
	if (back != JY_OK || s == JY_CONFLICT)
		return back == JY_OK ? s : back;
	if (s == JY_FAILED && ++job->faults > FAULTS_MAX)
		return s; /* it is not the rows */
	if (json_array_size(cx->errors) == 0)
		jy_field_error(cx, NULL, "%s",
			       s == JY_DENIED ? "这一行不在您的权限范围内。"
			       : s == JY_NOT_FOUND
				   ? "没有找到这一行所指的记录。"
				   : "系统处理这一行时出错，错误已记录，请稍后再试。");
	return JY_INVALID;
}

static enum jy_status
row_one(struct transfer_job *job, const struct csv_row *row)
{
	json_t *values = source_values(job->source, row);
	enum jy_status s = json_array_size(job->cx->errors) > 0 ? JY_INVALID : JY_OK;

	if (s == JY_OK && !job->dry)
		s = row_call(job, values);
	job->counts.total++;
	if (s == JY_INVALID)
		return row_bad(job, row->number);
	if (s != JY_OK && s != JY_CONFLICT)
		return s;
	job->counts.unchanged += s == JY_CONFLICT;
	job->counts.good += s == JY_OK;
	return JY_OK;
}

/* What a run that ends in a fault goes back to, so that its counts stay true. */
static enum jy_status
batch_begin(struct transfer_job *job)
{
	return job->dry ? JY_OK : db_exec(job->cx, "SAVEPOINT one_batch");
}

static enum jy_status
batch_end(struct transfer_job *job, int64_t number)
{
	enum jy_status s = job->batch ? job->batch(job, number) : JY_OK;

	if (s == JY_OK && !job->dry)
		s = jy_checkpoint(job->cx);
	return s == JY_OK ? batch_begin(job) : s;
}

enum jy_status
transfer_rows(struct transfer_job *job)
{
	struct jy_ctx *cx = job->cx;
	int64_t last = 0, in_batch = 0;
	enum jy_status s = batch_begin(job);
	bool more = true;

	if (!job->counts.errors)
		job->counts.errors = jy_own(cx, json_array());
	while (more && s == JY_OK) {
		void *scratch = jy_scratch_begin(cx);
		struct csv_row row;

		cx->errors = NULL;
		more = csv_next(&job->source->csv, cx->pool, &row);
		if (more && row.number > job->after) {
			s = row_one(job, &row);
			last = row.number;
			in_batch++;
		}
		cx->errors = NULL;
		jy_scratch_end(cx, scratch);
		if (s == JY_OK && in_batch > 0 && (in_batch == TRANSFER_BATCH || !more)) {
			s = batch_end(job, last);
			in_batch = 0;
		}
	}
	return s;
}

static enum jy_status
finish(struct jy_ctx *cx, const struct jy_transfer *transfer)
{
	struct hook hook;
	enum jy_status s;

	if (!transfer->finish)
		return JY_OK;
	hook_enter(&hook, cx, hook_owner(cx, transfer->name));
	s = transfer->finish(cx);
	hook_leave(&hook);
	return s;
}

static enum jy_status
rows_hooked(struct transfer_job *job)
{
	struct hook hook;
	enum jy_status s;

	hook_enter(&hook, job->cx, hook_owner(job->cx, job->source->transfer->name));
	s = transfer_rows(job);
	hook_leave(&hook);
	return s;
}

/* --- A file here and now --- */

static enum jy_status
progress_tell(struct transfer_job *job, int64_t row)
{
	jy_progress(job->cx, (int64_t)job->source->csv.at, (int64_t)job->source->csv.size,
		    jy_printf(job->cx, "第 %" PRId64 " 行", row));
	return JY_OK;
}

enum jy_status
transfer_run_file(struct jy_ctx *cx, const struct jy_transfer *transfer, const char *bytes,
		  size_t n, const char *mapping, bool dry, struct transfer_counts *out)
{
	struct transfer_source source;
	struct transfer_job job = {
		.cx = cx, .source = &source, .dry = dry, .batch = progress_tell
	};
	enum jy_status s;

	if (!source_open(cx, transfer, bytes, n, mapping, &source, &out->error))
		return JY_INVALID;
	s = rows_hooked(&job);
	if (s == JY_OK && !dry)
		s = finish(cx, transfer);
	*out = job.counts;
	return s;
}

/* --- A queued run --- */

struct run {
	int64_t id, started_good, started_unchanged, started_bad;
};

static enum jy_status
run_bad(struct transfer_job *job, int64_t row, const json_t *reasons)
{
	const struct run *run = job->arg;
	char *text = json_dumps(reasons, JSON_COMPACT);
	json_t *kept = jy_own(job->cx, json_string(text ? text : "[]"));

	free(text);
	/* The line itself stays in the sealed file only: it may hold anything. */
	return jy_exec(
	    job->cx,
	    "REPLACE INTO transfer_errors (run, row_no, reasons, line) VALUES (?, ?, ?, '')",
	    jy_int(run->id), jy_int(row), jy_text(json_string_value(kept)));
}

static enum jy_status
run_batch(struct transfer_job *job, int64_t row)
{
	const struct run *run = job->arg;

	progress_tell(job, row);
	return jy_exec(job->cx,
		       "UPDATE transfer_runs SET next_row = ?, good = ?, unchanged = ?, bad = ? "
		       "WHERE id = ?",
		       jy_int(row), jy_int(run->started_good + job->counts.good),
		       jy_int(run->started_unchanged + job->counts.unchanged),
		       jy_int(run->started_bad + job->counts.bad), jy_int(run->id));
}

/* The run acts with the rights of who started it, as they were then. */
static void
act_as(struct jy_ctx *cx, const json_t *row)
{
	cx->user.account = jy_json_int(row, "account");
	cx->user.role = (enum jy_role)jy_json_int(row, "role");
	cx->user.unit = jy_json_text(row, "unit");
	cx->user.university = jy_json_text(row, "university");
	cx->user.organisation = jy_json_int(row, "organisation");
}

enum jy_status
transfer_bytes(struct jy_ctx *cx, int64_t file, const char **bytes, size_t *n)
{
	struct jy_view *view = view_new(cx);
	enum jy_status s = jy_file_out(cx, view, file);

	if (s != JY_OK)
		return s;
	*bytes = view->bytes;
	*n = view->size;
	return JY_OK;
}

/* Whoever started it is told, once; a command line has nobody to tell. */
static enum jy_status
run_tell(struct jy_ctx *cx, const json_t *row, bool done)
{
	const char *name = jy_json_text(row, "name");
	const struct jy_transfer *t = transfer_find(cx, name);
	int64_t id = jy_json_int(row, "id");
	const struct jy_message message = {
		.account = jy_json_int(row, "account"),
		.key = jy_printf(cx, "import:%" PRId64, id),
		.title = jy_printf(cx, "%s：%s", done ? "已完成" : "没有完成", t ? t->title : name),
		.text = jy_printf(cx, "文件“%s”已处理，请打开页面查看结果。",
				  jy_json_text(row, "file_name")),
		.link = jy_printf(cx, "%s/%" PRId64, transfer_path(cx, name), id),
	};
	enum jy_status s = message.account ? jy_notify(cx, &message) : JY_OK;

	return s == JY_CONFLICT ? JY_OK : s;
}

static enum jy_status
run_end(struct jy_ctx *cx, const json_t *row, bool done)
{
	enum jy_status s =
	    jy_exec(cx, "UPDATE transfer_runs SET state = ?, finished = NOW(3) WHERE id = ?",
		    jy_text(done ? "done" : "failed"), jy_int(jy_json_int(row, "id")));

	return s == JY_OK ? run_tell(cx, row, done) : s;
}

static enum jy_status
run_do(struct jy_ctx *cx, const json_t *row, const struct jy_transfer *transfer)
{
	struct run run = { jy_json_int(row, "id"), jy_json_int(row, "good"),
			   jy_json_int(row, "unchanged"), jy_json_int(row, "bad") };
	struct transfer_source source;
	struct transfer_job job = { .cx = cx,
				    .source = &source,
				    .after = jy_json_int(row, "next_row"),
				    .bad = run_bad,
				    .batch = run_batch,
				    .arg = &run };
	const char *bytes, *error;
	size_t n;
	enum jy_status s = transfer_bytes(cx, jy_json_int(row, "file"), &bytes, &n);

	if (s != JY_OK)
		return s;
	if (!source_open(cx, transfer, bytes, n, jy_json_text(row, "mapping"), &source, &error))
		return JY_INVALID; /* it was read at the preview, so the file has changed */
	s = rows_hooked(&job);
	return s == JY_OK ? finish(cx, transfer) : s;
}

enum jy_status
transfer_task(struct jy_ctx *cx, json_t *args)
{
	const struct jy_transfer *transfer;
	struct jy_user before = cx->user;
	json_t *row;
	enum jy_status s = jy_row(cx, &row,
				  "SELECT * FROM transfer_runs WHERE id = ? AND state IN "
				  "('waiting', 'running') FOR UPDATE",
				  jy_int(jy_json_int(args, "run")));

	if (s != JY_OK)
		return s == JY_NOT_FOUND ? JY_OK : s; /* finished by an earlier try */
	transfer = transfer_find(cx, jy_json_text(row, "name"));
	if (!transfer)
		return JY_BUSY; /* its plugin is off: later */
	s = jy_exec(cx, "UPDATE transfer_runs SET state = 'running' WHERE id = ?",
		    jy_int(jy_json_int(row, "id")));
	if (s == JY_OK)
		s = jy_checkpoint(cx);
	if (s == JY_OK)
		s = db_exec(cx, "SAVEPOINT one_batch");
	if (s != JY_OK)
		return s;
	act_as(cx, row);
	s = run_do(cx, row, transfer);
	cx->user = before;
	if (cx->retry || s == JY_BUSY)
		return s;
	if (s != JY_OK && db_exec(cx, "ROLLBACK TO SAVEPOINT one_batch") != JY_OK)
		return s;
	return run_end(cx, row, s == JY_OK);
}

enum jy_status
transfer_clean(struct jy_ctx *cx, json_t *args)
{
	json_t *rows, *row;
	size_t i;
	enum jy_status s =
	    jy_rows(cx, &rows,
		    "SELECT id, file FROM transfer_runs WHERE created < NOW() - INTERVAL ? DAY AND "
		    "state <> 'running' AND file IS NOT NULL LIMIT 500",
		    jy_int(KEEP_DAYS));

	(void)args;
	json_array_foreach(rows, i, row)
	{
		struct jy_val id = jy_int(jy_json_int(row, "id"));
		struct jy_val file = jy_int(jy_json_int(row, "file"));

		if (s == JY_OK)
			s = jy_exec(cx, "DELETE FROM transfer_errors WHERE run = ?", id);
		if (s == JY_OK)
			s = jy_exec(cx, "DELETE FROM file_chunks WHERE file = ?", file);
		if (s == JY_OK)
			s = jy_exec(cx, "DELETE FROM files WHERE id = ?", file);
		if (s == JY_OK)
			s = jy_exec(cx, "UPDATE transfer_runs SET file = NULL WHERE id = ?", id);
	}
	return s;
}
