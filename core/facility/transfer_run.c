/*
 * transfer_run.c - what came of an upload: preview, progress, result, and the bad rows as a file.
 *
 * Lines of the file are read again from the sealed file whenever they are shown, and kept nowhere
 * else.
 */
#include "facility/transfer.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "facility/list_export.h"
#include "facility/text.h"
#include "web/page.h"
#include "web/request.h"
#include "web/response.h"

#define SAMPLE_ROWS 5
#define BAD_SHOWN   50
#define FILE_MAX    ((size_t)32 * 1024 * 1024)

static enum jy_status
csv_out(struct jy_ctx *cx, struct jy_view *out, struct buf *csv, const char *name)
{
	if (csv->full)
		return jy_refuse(out, JY_INVALID, "import.too_large",
				 "有问题的行太多，请在原文件里改正后重新上传。");
	out->kind = VIEW_BYTES;
	out->type = "text/csv; charset=utf-8";
	out->sentence = jy_printf(cx, "%s", name);
	out->bytes = csv->data;
	out->size = csv->len;
	return JY_OK;
}

/* GET /:plugin/import/:noun/template - the columns alone: an example row would come back as a row.
 */
enum jy_status
transfer_template(struct jy_ctx *cx, struct jy_view *out)
{
	const struct jy_transfer *transfer;
	struct buf csv;
	enum jy_status s = transfer_open(cx, out, &transfer);

	if (s != JY_OK)
		return s;
	buf_init(&csv, cx, FILE_MAX);
	buf_text(&csv, "\xEF\xBB\xBF");
	for (const struct jy_field *f = transfer->fields; f->name; f++) {
		buf_text(&csv, f == transfer->fields ? "" : ",");
		csv_cell(&csv,
			 jy_printf(cx, "%s%s", f->label ? f->label : f->name,
				   f->flags & JY_REQUIRED ? "*" : ""),
			 false);
	}
	buf_text(&csv, "\r\n");
	return csv_out(cx, out, &csv, jy_printf(cx, "%s模板.csv", transfer->title));
}

/* --- The run --- */

static json_t *
sample_row(struct transfer_source *source, const struct csv_row *row)
{
	const struct jy_field *f = source->transfer->fields;
	json_t *cells = json_array();

	for (size_t i = 0; f[i].name; i++) {
		int at = source->column[i];
		const char *text = source->constant[i];

		if (!text && at >= 0 && (size_t)at < row->count)
			text = row->cells[at];
		if (text && f[i].flags & JY_SEALED) /* enough to see that it is the right column */
			text = text_mask(source->cx->pool, text, 3, 2);
		json_array_append_new(cells, json_pack("{s:s, s:s}", "label",
						       f[i].label ? f[i].label : f[i].name, "text",
						       text ? text : ""));
	}
	return cells;
}

/* The first rows as they were understood, before the start. */
static enum jy_status
sample_put(struct jy_ctx *cx, const struct jy_transfer *transfer, const json_t *row, json_t *model)
{
	struct transfer_source source;
	struct csv_row line;
	const char *bytes, *error;
	json_t *rows = jy_own(cx, json_array());
	size_t n;
	enum jy_status s = transfer_bytes(cx, jy_json_int(row, "file"), &bytes, &n);

	if (s != JY_OK)
		return s;
	if (!source_open(cx, transfer, bytes, n, jy_json_text(row, "mapping"), &source, &error))
		return JY_OK; /* the table has changed since; starting will say so */
	while (json_array_size(rows) < SAMPLE_ROWS && csv_next(&source.csv, cx, &line))
		if (!line.error)
			json_array_append_new(
			    rows, json_pack("{s:o}", "cells", sample_row(&source, &line)));
	json_object_set_new(
	    model, "sample",
	    json_pack("{s:O, s:o*, s:s}", "rows", rows, "head",
		      json_incref(json_object_get(json_array_get(rows, 0), "cells")), "ignored",
		      source.ignored));
	return JY_OK;
}

static enum jy_status
bad_put(struct jy_ctx *cx, const json_t *row, json_t *model)
{
	json_t *rows, *each;
	size_t i;
	enum jy_status s = jy_rows(cx, &rows,
				   "SELECT row_no, reasons FROM transfer_errors WHERE run = ? "
				   "ORDER BY row_no LIMIT ?",
				   jy_int(jy_json_int(row, "id")), jy_int(BAD_SHOWN));

	if (s != JY_OK)
		return s;
	json_array_foreach(rows, i, each)
	{
		json_t *reasons = json_loads(jy_json_text(each, "reasons"), 0, NULL);

		json_object_set_new(each, "reasons", reasons ? reasons : json_array());
	}
	json_object_set_new(model, "has_bad", json_boolean(json_array_size(rows) > 0));
	json_object_set(model, "bad_rows", rows);
	return JY_OK;
}

static const char *
state_sentence(const char *state)
{
	static const char *const said[][2] = {
		{ "preview", "已读完文件。请核对下面的结果，再开始导入。" },
		{ "waiting", "已排队，马上开始。页面会自动刷新，您也可以离开，完成后会收到消息。" },
		{ "running", "正在导入。页面会自动刷新，您也可以离开，完成后会收到消息。" },
		{ "done", "导入已完成。" },
		{ "failed", "导入中途停止，已导入的行都保存了。可以继续导入其余的行。" },
	};

	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++)
		if (!strcmp(said[i][0], state))
			return said[i][1];
	return state;
}

static json_t *
run_model(struct jy_ctx *cx, const struct jy_transfer *transfer, const json_t *row)
{
	const char *state = jy_json_text(row, "state");
	int64_t total = jy_json_int(row, "total"), done;
	const char *path =
	    jy_printf(cx, "%s/%" PRId64, transfer_path(cx, transfer->name), jy_json_int(row, "id"));
	bool preview = !strcmp(state, "preview"), failed = !strcmp(state, "failed");
	bool busy = !strcmp(state, "waiting") || !strcmp(state, "running");

	done = jy_json_int(row, "good") + jy_json_int(row, "unchanged") + jy_json_int(row, "bad");
	return json_pack(
	    "{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:b, s:b, "
	    "s:b, s:b, s:s, s:s}",
	    "title", transfer->title, "state", state, "sentence", state_sentence(state),
	    "file_name", jy_json_text(row, "file_name"), "created", jy_json_text(row, "created"),
	    "total", (json_int_t)total, "good", (json_int_t)jy_json_int(row, "good"), "unchanged",
	    (json_int_t)jy_json_int(row, "unchanged"), "bad", (json_int_t)jy_json_int(row, "bad"),
	    "done", (json_int_t)(preview ? 0 : done), "percent",
	    (json_int_t)(total && !preview ? done * 100 / total : 0), "preview", preview, "busy",
	    busy, "finished", !preview && !busy, "can_start",
	    (preview && jy_json_int(row, "good") > 0) || failed, "failed", failed, "path", path,
	    "back", transfer_path(cx, transfer->name));
}

/* GET /:plugin/import/:noun/:id */
enum jy_status
transfer_run_page(struct jy_ctx *cx, struct jy_view *out)
{
	const struct jy_transfer *transfer;
	json_t *row, *model;
	enum jy_status s = transfer_open(cx, out, &transfer);

	if (s == JY_OK)
		s = transfer_run_read(cx, transfer, &row);
	if (s != JY_OK)
		return s;
	model = jy_own(cx, run_model(cx, transfer, row));
	s = bad_put(cx, row, model);
	if (s == JY_OK && json_is_true(json_object_get(model, "preview")) &&
	    !json_is_null(json_object_get(row, "file")))
		s = sample_put(cx, transfer, row, model);
	if (s != JY_OK)
		return s;
	if (json_is_true(json_object_get(model, "busy")) && !cx->request->json)
		view_header(out, "Refresh: 3");
	return jy_show(out, "core/import_run", json_incref(model));
}

/* --- Bad rows back --- */

struct returning {
	struct jy_ctx *cx;
	struct transfer_source source;
	struct csv_row line;
	struct buf csv;
};

static void
line_put(struct returning *r, const struct csv_row *row, const char *reason)
{
	for (size_t i = 0; i < r->source.head.count; i++) {
		csv_cell(&r->csv, i < row->count ? row->cells[i] : "", false);
		buf_text(&r->csv, ",");
	}
	csv_cell(&r->csv, reason, false);
	buf_text(&r->csv, "\r\n");
}

static const char *
reasons_text(struct jy_ctx *cx, const char *json)
{
	json_t *reasons = json_loads(json, 0, NULL), *each;
	char *out = jy_printf(cx, "%s", "");
	size_t i;

	json_array_foreach(reasons, i, each) out =
	    talloc_asprintf_append(out, "%s%s", i ? " " : "", json_string_value(each));
	json_decref(reasons);
	if (!out)
		abort();
	return out;
}

/* Errors and lines both come in the order of rows, so one walk through the file is enough. */
static enum jy_status
error_each(void *arg, json_t *row)
{
	struct returning *r = arg;
	int64_t wanted = jy_json_int(row, "row_no");
	void *scratch = jy_scratch_begin(r->cx);
	bool more = true;

	while (more && r->source.csv.rows < wanted)
		more = csv_next(&r->source.csv, r->cx->pool, &r->line);
	if (more && r->line.number == wanted)
		line_put(r, &r->line, reasons_text(r->cx, jy_json_text(row, "reasons")));
	jy_scratch_end(r->cx, scratch);
	return r->csv.full ? JY_INVALID : JY_OK;
}

/* "名册.tsv" comes back as "待改正-名册.csv". */
static const char *
corrected_name(struct jy_ctx *cx, const char *name)
{
	const char *dot = strrchr(name, '.');
	size_t n = dot ? (size_t)(dot - name) : strlen(name);

	return jy_printf(cx, "待改正-%.*s.csv", (int)n, name);
}

/* GET /:plugin/import/:noun/:id/errors - what was wrong, to be corrected and sent again. */
enum jy_status
transfer_errors_out(struct jy_ctx *cx, struct jy_view *out)
{
	const struct jy_transfer *transfer;
	struct returning r = { .cx = cx };
	const char *bytes, *error;
	json_t *row;
	size_t n;
	enum jy_status s = transfer_open(cx, out, &transfer);

	if (s == JY_OK)
		s = transfer_run_read(cx, transfer, &row);
	if (s != JY_OK)
		return s;
	if (json_is_null(json_object_get(row, "file")))
		return jy_refuse(out, JY_CONFLICT, "import.gone",
				 "这个文件已经超过保存期限，请重新上传。");
	s = transfer_bytes(cx, jy_json_int(row, "file"), &bytes, &n);
	if (s != JY_OK)
		return s;
	if (!source_open(cx, transfer, bytes, n, jy_json_text(row, "mapping"), &r.source, &error))
		return jy_refuse(out, JY_CONFLICT, "import.changed", "%s", error);
	buf_init(&r.csv, cx, FILE_MAX);
	buf_text(&r.csv, "\xEF\xBB\xBF");
	line_put(&r, &r.source.head, "原因（导入时忽略本列）");
	s = jy_each(cx, "SELECT row_no, reasons FROM transfer_errors WHERE run = ? ORDER BY row_no",
		    JY_VALS(jy_int(jy_json_int(row, "id"))), error_each, &r);
	if (s != JY_OK && !r.csv.full)
		return s;
	return csv_out(cx, out, &r.csv, corrected_name(cx, jy_json_text(row, "file_name")));
}
