/*
 * list_export.c - the rows of a list as CSV or as a workbook.
 *
 * Rows come one at a time from the database. The workbook is made by libxlsxwriter in its constant
 * memory mode, in a temporary file that is unlinked at once; CSV goes into one buffer with a
 * maximum. Cells are the same texts as on the page, so what is masked there is masked here.
 */
#include "facility/list_export.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include "base/log.h"
#include "facility/fields.h"
#include "facility/list_limit.h"
#include "facility/text.h"

#define FILE_MAX  ((size_t)48 * 1024 * 1024)
#define XLSX_TYPE "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

const char *
list_cell(struct jy_ctx *cx, const struct jy_column *column, const json_t *row)
{
	const struct jy_field field = { .name = column->name,
					.type = column->type,
					.choices = column->labels,
					.reference = column->reference,
					.flags = column->flags & JY_MASKED ? JY_SEALED : 0 };

	return field_show(cx, &field, json_object_get(row, column->name));
}

/* Spreadsheets skip blanks before a formula, and those of East Asia take the wide signs too. */
bool
csv_formula(const char *text)
{
	uint32_t c = 0;
	size_t n = text_next(text, &c);

	while (n && (c == ' ' || (c >= '\t' && c <= '\r') || c == 0xA0 || c == 0x3000)) {
		text += n;
		n = text_next(text, &c);
	}
	return n && (c == '=' || c == '+' || c == '-' || c == '@' || c == 0xFF1D || c == 0xFF0B ||
		     c == 0xFF0D || c == 0xFF20);
}

void
csv_cell(struct buf *out, const char *text, bool number)
{
	bool quoted = strpbrk(text, ",\"\r\n;\t") != NULL;

	if (quoted)
		buf_text(out, "\"");
	if (!number && csv_formula(text))
		buf_text(out, "'");
	for (; *text; text++)
		buf_add(out, *text == '"' ? "\"\"" : text, *text == '"' ? 2 : 1);
	if (quoted)
		buf_text(out, "\"");
}

struct output {
	struct jy_ctx *cx;
	const struct list_state *st;
	int64_t rows;
	bool cut;
	struct buf csv;
	lxw_worksheet *sheet;
	lxw_format *bold;
};

static bool
is_number(const struct jy_column *column)
{
	return (column->type == JY_INT || column->type == JY_MONEY) && !column->labels &&
	       !(column->flags & JY_MASKED);
}

static void
cell_put(struct output *e, const struct jy_column *column, int at, const char *text, bool head)
{
	bool number = !head && is_number(column) && *text;

	if (!e->sheet) {
		buf_text(&e->csv, at ? "," : "");
		csv_cell(&e->csv, text, number);
	} else if (number) {
		worksheet_write_number(e->sheet, (lxw_row_t)e->rows, (lxw_col_t)at,
				       strtod(text, NULL), NULL);
	} else if (*text) {
		worksheet_write_string(e->sheet, (lxw_row_t)e->rows, (lxw_col_t)at, text,
				       head ? e->bold : NULL);
	}
}

static void
row_put(struct output *e, const json_t *row)
{
	const struct jy_column *c = e->st->list->columns;
	int at = 0;

	for (size_t i = 0; c[i].name; i++)
		if (e->st->shown[i])
			cell_put(e, &c[i], at++, row ? list_cell(e->cx, &c[i], row) : c[i].label,
				 !row);
	if (!e->sheet)
		buf_text(&e->csv, "\r\n");
	e->rows++;
}

static enum jy_status
row_each(void *arg, json_t *row)
{
	struct output *e = arg;
	void *scratch;

	if (e->rows > LIST_EXPORT_MAX) { /* the head is one of them */
		e->cut = true;
		return JY_OK;
	}
	scratch = jy_scratch_begin(e->cx);
	row_put(e, row);
	jy_scratch_end(e->cx, scratch);
	return e->csv.full ? JY_FAILED : JY_OK;
}

static enum jy_status
rows_put(struct output *e, const struct jy_val *base)
{
	static const char cut[] = "（只导出前 50000 行，请用筛选条件缩小范围后再导出其余的行）";
	struct list_sql sql = list_sql(e->cx, e->st, LIST_EXPORT, base);
	enum jy_status s;

	row_put(e, NULL);
	s = jy_each(e->cx, sql.text, sql.vals, row_each, e);
	if (s != JY_OK || !e->cut)
		return s;
	if (e->sheet)
		worksheet_write_string(e->sheet, (lxw_row_t)e->rows, 0, cut, NULL);
	else
		buf_text(&e->csv, cut);
	return JY_OK;
}

static enum jy_status
bytes_out(struct output *e, struct jy_view *out, const char *type, const char *suffix,
	  const void *bytes, size_t n)
{
	*out = (struct jy_view){ .cx = out->cx,
				 .kind = VIEW_BYTES,
				 .type = type,
				 .sentence = jy_printf(e->cx, "%s%.10s.%s", e->st->list->title,
						       jy_now(e->cx), suffix),
				 .bytes = bytes,
				 .size = n };
	return JY_OK;
}

static enum jy_status
csv_export(struct output *e, struct jy_view *out, const struct jy_val *base)
{
	enum jy_status s;

	buf_init(&e->csv, e->cx, FILE_MAX);
	buf_text(&e->csv, "\xEF\xBB\xBF"); /* without it Excel reads Chinese as something else */
	s = rows_put(e, base);
	if (e->csv.full)
		return jy_refuse(out, JY_INVALID, "list.too_large",
				 "要导出的内容太大，请用筛选条件缩小范围后再导出。");
	return s == JY_OK
		   ? bytes_out(e, out, "text/csv; charset=utf-8", "csv", e->csv.data, e->csv.len)
		   : s;
}

/* Takes the finished file into memory and off the disk. */
static char *
file_take(struct jy_ctx *cx, const char *path, size_t *n)
{
	FILE *f = fopen(path, "rb");
	char *bytes = NULL;
	long size;

	unlink(path);
	if (!f)
		return NULL;
	if (fseek(f, 0, SEEK_END) == 0 && (size = ftell(f)) > 0 && (size_t)size <= FILE_MAX) {
		rewind(f);
		bytes = jy_alloc(cx, (size_t)size);
		*n = fread(bytes, 1, (size_t)size, f);
		if (*n != (size_t)size)
			bytes = NULL;
	}
	fclose(f);
	return bytes;
}

static enum jy_status
xlsx_export(struct output *e, struct jy_view *out, const struct jy_val *base)
{
	lxw_workbook_options options = { .constant_memory = LXW_TRUE };
	char path[] = "/tmp/jiye-export-XXXXXX", *bytes;
	int fd = mkstemp(path);
	lxw_workbook *book;
	lxw_error fault;
	size_t n = 0;
	enum jy_status s;

	if (fd < 0) {
		log_line(LOG_ERROR_, "list.export", "no temporary file");
		return JY_FAILED;
	}
	close(fd);
	book = workbook_new_opt(path, &options);
	e->sheet = workbook_add_worksheet(book, NULL);
	e->bold = workbook_add_format(book);
	format_set_bold(e->bold);
	worksheet_freeze_panes(e->sheet, 1, 0);
	s = rows_put(e, base);
	fault = workbook_close(book);
	bytes = file_take(e->cx, path, &n);
	if (s != JY_OK)
		return s;
	if (fault || !bytes) {
		log_line(LOG_ERROR_, "list.export", "workbook: %s", lxw_strerror(fault));
		return JY_FAILED;
	}
	return bytes_out(e, out, XLSX_TYPE, "xlsx", bytes, n);
}

enum jy_status
list_export(struct jy_ctx *cx, struct jy_view *out, const struct list_state *state,
	    const struct jy_val *base, const char *format)
{
	struct output e = { .cx = cx, .st = state };
	bool xlsx = !strcmp(format, "xlsx");
	enum jy_status s = xlsx ? xlsx_export(&e, out, base) : csv_export(&e, out, base);

	if (s != JY_OK || cx->user.role == JY_PUBLIC)
		return s;
	/* Who took which rows away is kept. */
	return list_record(cx, "list.export", state, format, e.rows - 1);
}
