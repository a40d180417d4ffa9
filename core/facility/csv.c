/*
 * csv.c - RFC 4180 with the liberties that spreadsheets take.
 *
 * Quotes may hold separators and line breaks; a quote in the middle of a cell is a character like
 * any other. A quote that is never closed costs its own line only: reading goes on with the next
 * one, and a file with many of those is given up, so that no file makes the reader slow.
 */
#include "facility/csv.h"

#include <iconv.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "facility/text.h"

#define TORN_MAX 100

/* --- Encodings --- */

static bool
is_utf8(const char *s, size_t n)
{
	uint32_t c;

	for (size_t at = 0; at < n;) {
		size_t k;

		if ((unsigned char)s[at] < 0x80) {
			if (s[at++] == '\0')
				return false;
			continue;
		}
		/* Near the end a cut character must not be looked at beyond the text. */
		if (n - at < 4) {
			char rest[5] = "";

			memcpy(rest, s + at, n - at);
			k = text_next(rest, &c);
		} else {
			k = text_next(s + at, &c);
		}
		if (k == 0)
			return false;
		at += k;
	}
	return true;
}

static char *
converted(TALLOC_CTX *owner, const char *from, const char *bytes, size_t n, size_t *size)
{
	iconv_t cd = iconv_open("UTF-8", from);
	size_t room = n * 2 + 16, left = room, before = n;
	char *in = (char *)bytes, *out, *to;

	if (cd == (iconv_t)-1)
		return NULL;
	out = to = talloc_array(owner, char, room); /* two bytes become three at most: 1.5 times */
	if (!out)
		abort();
	if (iconv(cd, &in, &before, &to, &left) == (size_t)-1 || memchr(out, '\0', room - left)) {
		talloc_free(out);
		out = NULL;
	}
	iconv_close(cd);
	*size = room - left;
	return out;
}

static bool
decode(struct csv *csv, TALLOC_CTX *owner, const char *bytes, size_t n)
{
	const char *from = "GB18030";

	if (n >= 3 && !memcmp(bytes, "\xEF\xBB\xBF", 3)) {
		bytes += 3;
		n -= 3;
	}
	csv->text = bytes;
	csv->size = n;
	if (n >= 2 && (!memcmp(bytes, "\xFF\xFE", 2) || !memcmp(bytes, "\xFE\xFF", 2)))
		from = "UTF-16"; /* what Excel calls Unicode text */
	else if (is_utf8(bytes, n))
		return true;
	csv->text = converted(owner, from, bytes, n, &csv->size);
	return csv->text != NULL;
}

/* --- Rows --- */

/* The one that occurs most in the first row outside quotes; a comma when there is none. */
static char
separator_find(const struct csv *csv)
{
	size_t commas = 0, tabs = 0, semicolons = 0;
	bool quoted = false;

	for (size_t i = 0; i < csv->size && (quoted || csv->text[i] != '\n'); i++) {
		char c = csv->text[i];

		quoted ^= c == '"';
		commas += !quoted && c == ',';
		tabs += !quoted && c == '\t';
		semicolons += !quoted && c == ';';
	}
	if (tabs > 0 && tabs >= commas && tabs >= semicolons)
		return '\t';
	return semicolons > commas ? ';' : ',';
}

bool
csv_open(struct csv *csv, TALLOC_CTX *owner, const char *bytes, size_t n, const char **error)
{
	*csv = (struct csv){ 0 };
	if (n >= 4 && (!memcmp(bytes, "PK\3\4", 4) || !memcmp(bytes, "\xD0\xCF\x11\xE0", 4))) {
		*error = "这是 Excel 工作簿。请在 Excel 里“另存为”CSV（逗号分隔）文件，再上传。";
		return false;
	}
	if (!decode(csv, owner, bytes, n)) {
		*error = "文件既不是 UTF-8 也不是 GB18030 编码的文字，请另存为 CSV 文件后再试。";
		return false;
	}
	csv->separator = separator_find(csv);
	return true;
}

static char
peek(const struct csv *csv, size_t at)
{
	return at < csv->size ? csv->text[at] : '\n';
}

/* Reads a quoted cell, at its first quote; false: never closed, or too long. */
static bool
quoted_cell(struct csv *csv, struct buf *cell)
{
	size_t at = csv->at + 1;

	for (; at < csv->size && !cell->full; at++) {
		if (csv->text[at] != '"') {
			buf_add(cell, csv->text + at, 1);
		} else if (peek(csv, at + 1) == '"') {
			buf_add(cell, "\"", 1);
			at++;
		} else {
			break;
		}
	}
	if (at >= csv->size || cell->full)
		return false;
	/* What follows the closing quote up to the separator is kept as it stands. */
	for (at++; peek(csv, at) != csv->separator && peek(csv, at) != '\n'; at++)
		if (csv->text[at] != '\r')
			buf_add(cell, csv->text + at, 1);
	csv->at = at;
	return !cell->full;
}

static bool
plain_cell(struct csv *csv, struct buf *cell)
{
	size_t from = csv->at;

	while (peek(csv, csv->at) != csv->separator && peek(csv, csv->at) != '\n')
		csv->at++;
	buf_add(cell, csv->text + from, csv->at - from);
	return !cell->full;
}

/* One cell; *last says that its line ends there. */
static bool
cell_read(struct csv *csv, TALLOC_CTX *owner, const char **out, bool *last)
{
	struct buf cell;
	bool fine;

	buf_init(&cell, owner, CSV_CELL_MAX);
	fine = peek(csv, csv->at) == '"' ? quoted_cell(csv, &cell) : plain_cell(csv, &cell);
	if (!fine)
		return false;
	*out = cell.data ? text_trim(owner, cell.data) : "";
	talloc_free(cell.data);
	*last = peek(csv, csv->at) == '\n';
	csv->at++;
	return true;
}

static void
line_skip(struct csv *csv, size_t from)
{
	const char *end = memchr(csv->text + from, '\n', csv->size - from);

	csv->at = end ? (size_t)(end - csv->text) + 1 : csv->size;
}

static void
row_read(struct csv *csv, TALLOC_CTX *owner, struct csv_row *row)
{
	const char *cells[CSV_COLUMNS_MAX];
	size_t start = csv->at;
	bool last = false;

	while (!last && row->count < CSV_COLUMNS_MAX)
		if (!cell_read(csv, owner, &cells[row->count++], &last)) {
			row->error = "引号没有成对，或一格的内容太长，这一行不能读取。";
			csv->torn++;
			break;
		}
	if (!row->error && !last)
		row->error = "这一行的列太多（最多 200 列），不能读取。";
	if (row->error) {
		line_skip(csv, start);
		row->count = 0;
		return;
	}
	row->cells = talloc_array(owner, const char *, row->count);
	if (!row->cells)
		abort();
	memcpy(row->cells, cells, row->count * sizeof(*cells));
}

static bool
row_blank(const struct csv_row *row)
{
	for (size_t i = 0; i < row->count; i++)
		if (*row->cells[i])
			return false;
	return !row->error;
}

bool
csv_next(struct csv *csv, TALLOC_CTX *owner, struct csv_row *row)
{
	while (csv->at < csv->size && csv->rows < CSV_ROWS_MAX && csv->torn <= TORN_MAX) {
		*row = (struct csv_row){ .number = ++csv->rows };
		row_read(csv, owner, row);
		if (!row_blank(row))
			return true;
		talloc_free(row->cells);
	}
	return false;
}
