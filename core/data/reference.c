/*
 * reference.c - code tables from sql/reference into the database, when one has changed.
 *
 * The reporting units are not a list of one province: they follow from the province setting. A
 * prefecture-level city is a unit; so is a county-level area directly under the province (below a
 * "virtual" row); units.tsv adds and corrects. A region belongs to the unit that names it, else to
 * its own, else to its city's.
 */
#include "data/migrate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "data/connection.h"
#include "data/disk.h"

#define FILE_MAX  ((size_t)4 * 1024 * 1024)
#define LOAD_MAX  ((size_t)8 * 1024 * 1024)
#define ROWS_MAX  20000
#define UNITS_MAX 200
#define FORMAT    "1" /* changes when this file computes something else from the same tables */

struct sheet {                   /* a TSV in memory; cells point into its text */
	const char *file, *head; /* the header line it must have */
	unsigned columns;
	char *text;
	size_t n, rows;
	char **cells;
};

enum { REGIONS, ABOLISHED, UNIVERSITIES, MAJORS, OCCUPATIONS, INDUSTRIES, UNITS, SHEETS };

static const struct sheet known[SHEETS] = {
	[REGIONS] = { "regions", "code\tname\tfull_name\tlevel\tparent\tkind", 6 },
	[ABOLISHED] = { "regions_abolished", "code\tname\tfull_name", 3 },
	[UNIVERSITIES] = { "universities", "code\tname\tprovince\tregion\tauthority\tlevel", 6 },
	[MAJORS] = { "majors", "code\tname\tlevel\tparent\teducation", 5 },
	[OCCUPATIONS] = { "occupations", "code\tname\tlevel\tparent\taliases", 5 },
	[INDUSTRIES] = { "industries", "code\tname\tlevel\tparent", 4 },
	[UNITS] = { "units", "province\tcode\tname\tcovers", 4 },
};

struct unit {
	const char *code, *name, *covers; /* covers: region codes joined with ',' */
};

struct reference_set {
	struct jy_ctx *cx;
	struct sheet sheets[SHEETS];
	const char *province; /* two digits */
	struct unit units[UNITS_MAX];
	size_t unit_count;
	char checksum[65];
	const char *error;
	struct buf load; /* of the table being loaded */
	const char *table, *clear, *columns;
};

static const char *
cell(const struct sheet *sheet, size_t row, unsigned column)
{
	return sheet->cells[row * sheet->columns + column];
}

/* --- Reading --- */

static bool
line_split(struct sheet *sheet, char *line)
{
	char *rest = line, *one;
	unsigned i = 0;

	while ((one = strsep(&rest, "\t")) != NULL) {
		if (i == sheet->columns)
			return false;
		sheet->cells[sheet->rows * sheet->columns + i++] = one;
	}
	return i == sheet->columns;
}

static bool
sheet_read(struct reference_set *set, struct sheet *sheet)
{
	const char *path = jy_printf(set->cx, "%s/sql/reference/%s.tsv",
				     set->cx->core->config->share, sheet->file);
	char *rest, *line;

	sheet->text = disk_read(set->cx, path, FILE_MAX, &sheet->n, &set->error);
	if (!sheet->text)
		return false;
	disk_checksum(sheet->text, sheet->n, set->checksum);
	sheet->cells = jy_alloc(set->cx, sizeof(char *) * ROWS_MAX * sheet->columns);
	rest = sheet->text;
	line = strsep(&rest, "\n");
	if (!line || strcmp(line, sheet->head) != 0) {
		set->error = jy_printf(set->cx, "%s：第一行的列名不对。请恢复安装时的文件。", path);
		return false;
	}
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (*line == '\0')
			continue;
		if (sheet->rows == ROWS_MAX || !line_split(sheet, line)) {
			set->error = jy_printf(set->cx, "%s：第 %zu 行的列数不对，或行数太多。",
					       path, sheet->rows + 2);
			return false;
		}
		sheet->rows++;
	}
	return true;
}

static bool
sheets_read(struct reference_set *set)
{
	char all[SHEETS * 64 + 64] = FORMAT;
	size_t used = strlen(all);

	for (int i = 0; i < SHEETS; i++) {
		set->sheets[i] = known[i];
		if (!sheet_read(set, &set->sheets[i]))
			return false;
		memcpy(all + used, set->checksum, 64);
		used += 64;
	}
	memcpy(all + used, set->province, 2);
	disk_checksum(all, used + 2, set->checksum);
	return true;
}

/* --- Units --- */

static bool
unit_add(struct reference_set *set, const char *code, const char *name, const char *covers)
{
	for (size_t i = 0; i < set->unit_count; i++)
		if (strcmp(set->units[i].code, code) == 0) {
			set->units[i] = (struct unit){ code, name, covers };
			return true;
		}
	if (set->unit_count == UNITS_MAX) {
		set->error = "reference/units.tsv：上报单位太多，请检查省级代码设置。";
		return false;
	}
	set->units[set->unit_count++] = (struct unit){ code, name, covers };
	return true;
}

static int
unit_compare(const void *a, const void *b)
{
	return strcmp(((const struct unit *)a)->code, ((const struct unit *)b)->code);
}

/* xx9000 and a municipality's xx0100: a row that only stands for "directly under the province". */
static bool
parent_is_virtual(const struct sheet *regions, const char *parent)
{
	for (size_t i = 0; i < regions->rows; i++)
		if (strcmp(cell(regions, i, 0), parent) == 0)
			return strcmp(cell(regions, i, 5), "virtual") == 0;
	return false;
}

static bool
units_make(struct reference_set *set)
{
	const struct sheet *regions = &set->sheets[REGIONS], *extra = &set->sheets[UNITS];

	for (size_t i = 0; i < regions->rows; i++) {
		const char *code = cell(regions, i, 0), *kind = cell(regions, i, 5);
		bool city = strcmp(kind, "prefecture") == 0;
		bool county = strcmp(kind, "county") == 0;

		if (strncmp(code, set->province, 2) != 0)
			continue;
		if (county && !parent_is_virtual(regions, cell(regions, i, 4)))
			continue;
		if ((city || county) && !unit_add(set, code, cell(regions, i, 1), ""))
			return false;
	}
	for (size_t i = 0; i < extra->rows; i++)
		if (strcmp(cell(extra, i, 0), set->province) == 0 &&
		    !unit_add(set, cell(extra, i, 1), cell(extra, i, 2), cell(extra, i, 3)))
			return false;
	qsort(set->units, set->unit_count, sizeof(struct unit), unit_compare);
	return true;
}

static bool
unit_covers(const struct unit *unit, const char *region)
{
	for (const char *p = unit->covers; *p; p += strcspn(p, ",") + (strchr(p, ',') != NULL))
		if (strncmp(p, region, 6) == 0)
			return true;
	return false;
}

/* The unit's code, or NULL outside the province and for codes that no unit claims. */
static const char *
unit_of(const struct reference_set *set, const char *region)
{
	const char *own = NULL, *city = NULL;

	for (size_t i = 0; i < set->unit_count; i++) {
		const struct unit *unit = &set->units[i];

		if (unit_covers(unit, region))
			return unit->code;
		if (strcmp(unit->code, region) == 0)
			own = unit->code;
		else if (strncmp(unit->code, region, 4) == 0 && strcmp(unit->code + 4, "00") == 0)
			city = unit->code;
	}
	return own ? own : city;
}

/* --- Loading --- */

/* One row of LOAD DATA; an empty text at the places of `nullable` (bits) becomes NULL. */
static void
line_add(struct buf *load, const char *const *cells, unsigned count, unsigned nullable)
{
	for (unsigned i = 0; i < count; i++) {
		bool null = !cells[i] || (*cells[i] == '\0' && (nullable & 1u << i));

		if (i > 0)
			buf_text(load, "\t");
		buf_text(load, null ? "\\N" : cells[i]);
	}
	buf_text(load, "\n");
}

static enum jy_status
load_work(struct jy_ctx *cx, void *arg)
{
	struct reference_set *set = arg;
	enum jy_status s = db_exec_v(cx, set->clear, JY_VALS());

	if (s != JY_OK || set->load.len == 0)
		return s;
	return db_load(cx, set->table, set->columns, set->load.data, set->load.len);
}

static bool
load(struct reference_set *set, const char *table, const char *clear, const char *columns)
{
	set->table = table;
	set->clear = clear;
	set->columns = columns;
	if (!set->load.full && db_transaction(set->cx, load_work, set, NULL) == JY_OK) {
		set->load.len = 0;
		return true;
	}
	set->error = jy_printf(
	    set->cx, "字典表 %s 没有载入，数据库报告：%s。请确认服务器允许 local_infile 后重试。",
	    table, db_error(set->cx->core->db));
	return false;
}

static bool
load_units(struct reference_set *set)
{
	for (size_t i = 0; i < set->unit_count; i++) {
		const char *cells[] = { set->units[i].code, set->units[i].name,
					jy_printf(set->cx, "%zu", i + 1) };

		line_add(&set->load, cells, 3, 0);
	}
	return load(set, "units", "DELETE FROM units", "code, name, sort");
}

static bool
load_regions(struct reference_set *set)
{
	const struct sheet *now = &set->sheets[REGIONS], *old = &set->sheets[ABOLISHED];

	for (size_t i = 0; i < now->rows; i++) {
		const char *cells[] = { cell(now, i, 0),
					cell(now, i, 1),
					cell(now, i, 2),
					cell(now, i, 3),
					cell(now, i, 4),
					cell(now, i, 5),
					unit_of(set, cell(now, i, 0)),
					"0" };

		line_add(&set->load, cells, 8, 1u << 4);
	}
	for (size_t i = 0; i < old->rows; i++) {
		const char *code = cell(old, i, 0);
		const char *cells[] = { code,
					cell(old, i, 1),
					cell(old, i, 2),
					"3",
					jy_printf(set->cx, "%.2s0000", code),
					"abolished",
					unit_of(set, code),
					"1" };

		line_add(&set->load, cells, 8, 0);
	}
	return load(set, "regions", "DELETE FROM regions",
		    "code, name, full_name, level, parent, kind, unit, abolished");
}

static bool
load_universities(struct reference_set *set)
{
	const struct sheet *sheet = &set->sheets[UNIVERSITIES];

	for (size_t i = 0; i < sheet->rows; i++) {
		const char *cells[] = { cell(sheet, i, 0),
					cell(sheet, i, 1),
					cell(sheet, i, 2),
					cell(sheet, i, 3),
					cell(sheet, i, 4),
					cell(sheet, i, 5),
					unit_of(set, cell(sheet, i, 3)) };

		line_add(&set->load, cells, 7, 0);
	}
	return load(set, "universities", "DELETE FROM universities",
		    "code, name, province, region, authority, level, unit");
}

/* A table that is stored as its file says. */
static bool
load_plain(struct reference_set *set, int which, const char *clear, const char *columns)
{
	const struct sheet *sheet = &set->sheets[which];

	for (size_t i = 0; i < sheet->rows; i++)
		line_add(&set->load, (const char *const *)&sheet->cells[i * sheet->columns],
			 sheet->columns, 1u << 3); /* parent */
	return load(set, sheet->file, clear, columns);
}

static bool
load_all(struct reference_set *set)
{
	return load_units(set) && load_regions(set) && load_universities(set) &&
	       load_plain(set, MAJORS, "DELETE FROM majors",
			  "code, name, level, parent, education") &&
	       load_plain(set, OCCUPATIONS, "DELETE FROM occupations",
			  "code, name, level, parent, aliases") &&
	       load_plain(set, INDUSTRIES, "DELETE FROM industries", "code, name, level, parent");
}

static bool
database(struct reference_set *set)
{
	set->error = jy_printf(set->cx, "字典表没有检查完，数据库报告：%s。请排除后重试。",
			       db_error(set->cx->core->db));
	return false;
}

/* One row of the settings table, or the default. */
static bool
stored(struct reference_set *set, const char *name, const char *initial, const char **value)
{
	json_t *row;
	enum jy_status s =
	    jy_row(set->cx, &row, "SELECT value FROM settings WHERE name = ?", jy_text(name));

	*value = s == JY_OK ? jy_json_text(row, "value") : initial;
	return s == JY_OK || s == JY_NOT_FOUND || database(set);
}

static bool
reference_run(struct reference_set *set)
{
	const char *loaded;

	if (!stored(set, "site.province", "22", &set->province) ||
	    !stored(set, "reference.state", "", &loaded))
		return false;
	if (strlen(set->province) != 2) {
		set->error = "设置 site.province 应为两位省级代码，如 22。请改正后重试。";
		return false;
	}
	if (!sheets_read(set))
		return false;
	if (strcmp(loaded, set->checksum) == 0)
		return true;
	buf_init(&set->load, set->cx, LOAD_MAX);
	if (!units_make(set) || !load_all(set))
		return false;
	if (db_exec(set->cx, "REPLACE INTO settings (name, value) VALUES ('reference.state', ?)",
		    jy_text(set->checksum)) != JY_OK)
		return database(set);
	jy_log(set->cx, "reference.loaded", "province %s, %zu units", set->province,
	       set->unit_count);
	return true;
}

bool
reference_load(struct core *core, const char **error)
{
	struct jy_ctx *cx = ctx_new(core, NULL, "reference");
	struct reference_set *set = jy_alloc(cx, sizeof(*set));
	bool fine;

	ctx_as_system(cx);
	set->cx = cx;
	fine = reference_run(set);
	if (!fine)
		*error = talloc_strdup(core->db, set->error);
	talloc_free(cx);
	return fine;
}
