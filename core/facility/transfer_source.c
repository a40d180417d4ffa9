/*
 * transfer_source.c - which column of a file is which field.
 *
 * People's files name their columns by the label, with a star for required ones, or in their own
 * words; those are mapped by "name=column". What cannot be found and is required is said at once,
 * before any row is read.
 */
#include "facility/transfer.h"

#include <stdlib.h>
#include <string.h>

#include "facility/fields.h"
#include "facility/list_export.h"
#include "facility/text.h"
#include "plugin/plugins.h"

const struct jy_transfer *
transfer_find(struct jy_ctx *cx, const char *name)
{
	const struct plugins *all = cx->core->plugins;

	for (size_t i = 0; all && i < all->count; i++) {
		const struct jy_transfer *const *t = all->items[i]->table->transfers;

		for (; t && *t; t++)
			if (!strcmp((*t)->name, name))
				return *t;
	}
	return NULL;
}

const char *
transfer_path(struct jy_ctx *cx, const char *name)
{
	size_t n = strcspn(name, ".");

	return jy_printf(cx, "/%.*s/import/%s", (int)n, name, name[n] ? name + n + 1 : "");
}

/* Header texts are compared without blanks at the ends and the template's star. */
static bool
header_is(struct jy_ctx *cx, const char *header, const char *name)
{
	size_t n = strlen(header);
	char *bare;

	while (n > 0 && header[n - 1] == '*')
		n--;
	bare = text_trim(cx->pool, jy_printf(cx, "%.*s", (int)n, header));
	return !strcasecmp(bare, name);
}

static int
header_find(struct jy_ctx *cx, const struct csv_row *head, const char *name)
{
	for (size_t i = 0; i < head->count; i++)
		if (header_is(cx, head->cells[i], name))
			return (int)i;
	return -1;
}

static int
column_named(struct transfer_source *s, const char *column)
{
	char *end;
	long number;

	if (*column == '#') {
		number = strtol(column + 1, &end, 10);
		return !*end && number >= 1 && number <= (long)s->head.count ? (int)number - 1 : -1;
	}
	return header_find(s->cx, &s->head, column);
}

static const char *
map_one(struct transfer_source *s, const char *part)
{
	struct jy_ctx *cx = s->cx;
	const char *equals = strchr(part, '='), *column;
	const struct jy_field *field;
	char *name;

	if (!equals)
		return jy_printf(cx, "对应关系“%.60s”要写成“字段=列名”。", part);
	name = text_trim(cx->pool, jy_printf(cx, "%.*s", (int)(equals - part), part));
	field = field_find(s->transfer->fields, name);
	if (!field)
		return jy_printf(cx, "对应关系里的字段“%.60s”不存在，请对照模板里的名称。", name);
	if (equals[1] == '=') {
		s->constant[field - s->transfer->fields] = text_trim(cx->pool, equals + 2);
		return NULL;
	}
	column = text_trim(cx->pool, equals + 1);
	s->column[field - s->transfer->fields] = column_named(s, column);
	if (s->column[field - s->transfer->fields] < 0)
		return jy_printf(cx, "文件里没有“%.60s”这一列，请检查对应关系。", column);
	return NULL;
}

/* "name=column,name=column"; commas of either width and line breaks part them. */
static const char *
map_read(struct transfer_source *s, const char *mapping)
{
	char *rest = jy_printf(s->cx, "%s", mapping), *part, *wide;
	const char *error = NULL;

	while ((wide = strstr(rest, "，")) != NULL)
		memcpy(wide, ",  ", 3);
	while (!error && (part = strsep(&rest, ",\r\n")) != NULL)
		if (!text_blank(part))
			error = map_one(s, text_trim(s->cx->pool, part));
	return error;
}

static bool
column_taken(const struct transfer_source *s, size_t fields, int column)
{
	for (size_t i = 0; i < fields; i++)
		if (s->column[i] == column)
			return true;
	return false;
}

static const char *
match_rest(struct transfer_source *s)
{
	const struct jy_field *f = s->transfer->fields;
	char *missing = jy_printf(s->cx, "%s", ""), *ignored = jy_printf(s->cx, "%s", "");
	size_t fields = 0;

	for (; f[fields].name; fields++) {
		const struct jy_field *one = &f[fields];

		if (s->column[fields] < 0 && !s->constant[fields] && one->label)
			s->column[fields] = header_find(s->cx, &s->head, one->label);
		if (s->column[fields] < 0 && !s->constant[fields])
			s->column[fields] = header_find(s->cx, &s->head, one->name);
		if (s->column[fields] < 0 && !s->constant[fields] && !one->initial &&
		    one->flags & JY_REQUIRED)
			missing = talloc_asprintf_append(missing, "%s%s", *missing ? "、" : "",
							 one->label ? one->label : one->name);
	}
	for (size_t i = 0; i < s->head.count; i++)
		if (*s->head.cells[i] && !column_taken(s, fields, (int)i))
			ignored =
			    talloc_asprintf_append(ignored, "%s%s", *ignored ? "、" : "",
						   text_cut(s->cx->pool, s->head.cells[i], 60));
	if (!missing || !ignored)
		abort();
	s->ignored = ignored;
	return *missing ? jy_printf(s->cx,
				    "文件的第一行里没有这些必填的列：%s。请下载模板对照，或填写列的"
				    "对应关系。",
				    missing)
			: NULL;
}

bool
source_open(struct jy_ctx *cx, const struct jy_transfer *transfer, const char *bytes, size_t n,
	    const char *mapping, struct transfer_source *out, const char **error)
{
	size_t fields = 0;

	*out = (struct transfer_source){ .cx = cx, .transfer = transfer };
	for (; transfer->fields[fields].name; fields++)
		if (fields == CSV_COLUMNS_MAX)
			abort(); /* a table's fault */
	for (size_t i = 0; i < CSV_COLUMNS_MAX; i++)
		out->column[i] = -1;
	if (!csv_open(&out->csv, cx->pool, bytes, n, error))
		return false;
	if (!csv_next(&out->csv, cx->pool, &out->head)) {
		*error = "文件是空的，请选择有表头和数据的文件。";
		return false;
	}
	if (out->head.error) {
		*error = jy_printf(cx, "文件的第一行应当是列名：%s", out->head.error);
		return false;
	}
	*error = map_read(out, mapping ? mapping : "");
	if (!*error)
		*error = match_rest(out);
	return !*error;
}

/* Our own files disarm what a spreadsheet would run as a formula; coming back it is taken off. */
static size_t
disarmed(const char *cell)
{
	return cell[0] == '\'' && csv_formula(cell + 1) ? 1 : 0;
}

json_t *
source_values(struct transfer_source *s, const struct csv_row *row)
{
	struct jy_ctx *cx = s->cx;
	const struct jy_field *f = s->transfer->fields;
	json_t *values = jy_own(cx, json_object()), *value;

	if (row->error) {
		jy_field_error(cx, NULL, "%s", row->error);
		return values;
	}
	for (size_t i = s->head.count; i < row->count; i++)
		if (*row->cells[i]) {
			jy_field_error(cx, NULL,
				       "这一行比表头多出了列，可能有一格里的分隔符没有加引号。");
			return values;
		}
	for (size_t i = 0; f[i].name; i++) {
		int at = s->column[i];
		const char *typed = s->constant[i], *error;

		if (!typed && at >= 0 && (size_t)at < row->count)
			typed = row->cells[at] + disarmed(row->cells[at]);
		if ((!typed || !*typed) && f[i].initial)
			typed = f[i].initial;
		if (field_read(cx, &f[i], typed, &value, &error))
			json_object_set_new(values, f[i].name, value);
		else
			jy_field_error(cx, f[i].name, "%s", error);
	}
	return values;
}
