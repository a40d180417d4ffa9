/*
 * migrate.c - numbered SQL files, each applied once.
 *
 * MariaDB commits at every DDL statement, so a file cannot be one transaction. Each statement's
 * number is recorded when it is done: a file that failed in the middle goes on at that statement
 * after it has been repaired, and the part before it must not have changed meanwhile.
 */
#include "data/migrate.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/connection.h"
#include "data/disk.h"
#include "data/schema_lease.h"

#define FILES_MAX 999
#define FILE_MAX  ((size_t)4 * 1024 * 1024)

struct file {
	int number;
	char *name, *text;
	size_t n;
	char checksum[65];
	int done;      /* statements applied */
	bool complete; /* all of them */
};

struct folder {
	struct jy_ctx *cx;
	const char *component, *path;
	struct file *files; /* number i+1 at i */
	int count, upto;
	const char *error;
};

static bool
refuse(struct folder *f, const char *sentence)
{
	f->error = sentence;
	return false;
}

static bool
database(struct folder *f)
{
	return refuse(f,
		      jy_printf(f->cx, "数据库升级（%s）没有完成，数据库报告：%s。请排除后重试。",
				f->component, db_error(f->cx->core->db)));
}

/* --- The folder --- */

static bool
name_is_sql(const char *name)
{
	size_t n = strlen(name);

	return n > 4 && strcmp(name + n - 4, ".sql") == 0 && name[0] != '.';
}

static bool
name_number(const char *name, int *number)
{
	if (!isdigit((unsigned char)name[0]) || !isdigit((unsigned char)name[1]) ||
	    !isdigit((unsigned char)name[2]) || name[3] != '_')
		return false;
	*number = (name[0] - '0') * 100 + (name[1] - '0') * 10 + (name[2] - '0');
	return *number > 0;
}

static bool
file_add(struct folder *f, const char *name)
{
	const char *path = jy_printf(f->cx, "%s/%s", f->path, name);
	struct file *file;
	int number;

	if (!name_number(name, &number))
		return refuse(
		    f, jy_printf(f->cx, "%s：文件名应为三位编号加下划线，如 001_core.sql。", path));
	file = &f->files[number - 1];
	if (file->name)
		return refuse(f,
			      jy_printf(f->cx, "%s：编号与 %s 重复，请改编号。", path, file->name));
	file->text = disk_read(f->cx, path, FILE_MAX, &file->n, &f->error);
	if (!file->text)
		return false;
	file->number = number;
	file->name = jy_printf(f->cx, "%s", name);
	disk_checksum(file->text, file->n, file->checksum);
	if (number > f->count)
		f->count = number;
	return true;
}

static bool
folder_scan(struct folder *f)
{
	DIR *dir = opendir(f->path);
	struct dirent *entry;
	bool fine = true;

	if (!dir)
		return refuse(
		    f, jy_printf(f->cx, "%s：打不开这个目录。请检查安装是否完整。", f->path));
	while (fine && (entry = readdir(dir)) != NULL)
		if (name_is_sql(entry->d_name))
			fine = file_add(f, entry->d_name);
	closedir(dir);
	for (int i = 0; fine && i < f->count; i++)
		if (!f->files[i].name)
			fine = refuse(
			    f,
			    jy_printf(f->cx, "%s：缺少编号为 %03d 的文件。请恢复它，编号必须连续。",
				      f->path, i + 1));
	return fine;
}

/* --- What is applied --- */

static bool
tables_make(struct folder *f)
{
	static const char sql[] =
	    "CREATE TABLE IF NOT EXISTS schema_migrations (component VARCHAR(32) NOT NULL, "
	    "number INT NOT NULL, file VARCHAR(120) NOT NULL, checksum CHAR(64) NOT NULL, "
	    "done_statements INT NOT NULL, applied_at DATETIME(3) NULL, "
	    "PRIMARY KEY (component, number)); "
	    "CREATE TABLE IF NOT EXISTS schema_lock (one TINYINT NOT NULL PRIMARY KEY, "
	    "holder VARCHAR(120) NOT NULL, until DATETIME(3) NOT NULL); "
	    "INSERT IGNORE INTO schema_lock VALUES (1, '', '2000-01-01')";
	json_t *row;

	if (jy_row(f->cx, &row,
		   "SELECT COUNT(*) n FROM information_schema.tables WHERE "
		   "table_schema = DATABASE() AND table_name IN ('schema_migrations', "
		   "'schema_lock')") != JY_OK)
		return database(f);
	if (jy_json_int(row, "n") == 2)
		return true;
	return db_script(f->cx, sql, NULL) == JY_OK || database(f);
}

static const char *
prefix_checksum(struct folder *f, const struct file *file, int statements)
{
	const char *at = file->text, *start, *end = file->text;
	char *out = jy_alloc(f->cx, 65);
	size_t n;

	while (statements-- > 0 && script_next(&at, &start, &n))
		end = start + n;
	disk_checksum(file->text, (size_t)(end - file->text), out);
	return out;
}

static bool
row_check(struct folder *f, json_t *row)
{
	int number = (int)jy_json_int(row, "number");
	const char *name = jy_json_text(row, "file"), *checksum = jy_json_text(row, "checksum");
	struct file *file;

	if (number > f->count)
		return refuse(f, jy_printf(f->cx,
					   "数据库里已有 %s 的升级 %s，而这个版本的程序只到 %03d："
					   "程序比数据库旧。请安装较新的版本。",
					   f->component, name, f->count));
	file = &f->files[number - 1];
	file->done = (int)jy_json_int(row, "done_statements");
	file->complete = !json_is_null(json_object_get(row, "applied_at"));
	if (file->complete && strcmp(checksum, file->checksum) != 0)
		return refuse(
		    f, jy_printf(f->cx,
				 "%s/%s 执行后被改动过。请恢复原来的文件，把改动写成新编号的文件。",
				 f->path, file->name));
	if (!file->complete && strcmp(checksum, prefix_checksum(f, file, file->done)) != 0)
		return refuse(
		    f,
		    jy_printf(f->cx,
			      "%s/%s 的前 %d 条语句已经执行，现在却与执行时不同。请恢复这一部分，"
			      "只改后面的语句。",
			      f->path, file->name, file->done));
	return true;
}

static bool
applied_read(struct folder *f)
{
	json_t *rows, *row;
	size_t i;

	if (jy_rows(f->cx, &rows,
		    "SELECT number, file, checksum, done_statements, applied_at FROM "
		    "schema_migrations WHERE component = ? ORDER BY number",
		    jy_text(f->component)) != JY_OK)
		return database(f);
	json_array_foreach(rows, i, row) if (!row_check(f, row)) return false;
	return true;
}

static int
pending(const struct folder *f)
{
	int n = 0;

	for (int i = 0; i < f->count; i++)
		n += !f->files[i].complete && (f->upto == 0 || f->files[i].number <= f->upto);
	return n;
}

/* --- Applying --- */

static enum jy_status
progress_store(struct folder *f, const struct file *file, const char *checksum)
{
	return db_exec(f->cx,
		       "INSERT INTO schema_migrations (component, number, file, checksum, "
		       "done_statements, applied_at) VALUES (?, ?, ?, ?, ?, IF(?, NOW(3), NULL)) "
		       "ON DUPLICATE KEY UPDATE file = VALUES(file), checksum = VALUES(checksum), "
		       "done_statements = VALUES(done_statements), applied_at = VALUES(applied_at)",
		       jy_text(f->component), jy_int(file->number), jy_text(file->name),
		       jy_text(checksum), jy_int(file->done), jy_int(file->complete));
}

/* A data change and its record are one transaction; a DDL statement ends it by itself, and its
 * record follows at once. */
static enum jy_status
statement_apply(struct folder *f, struct file *file, const char *sql, size_t n)
{
	struct jy_ctx *cx = f->cx;
	struct db *db = cx->core->db;
	char *one = jy_printf(cx, "%.*s", (int)n, sql);
	enum jy_status s = db_simple(cx, "START TRANSACTION");

	if (s != JY_OK)
		return s;
	db->in_transaction = true; /* no silent new connection in between */
	s = db_simple(cx, one);
	if (s == JY_OK) {
		file->done++;
		s = progress_store(f, file, prefix_checksum(f, file, file->done));
	}
	if (s == JY_OK)
		s = db_simple(cx, "COMMIT");
	db->in_transaction = false;
	if (s != JY_OK && db->conn && mysql_rollback(db->conn) != 0)
		db_drop(db);
	cx->retry = false;
	return s;
}

/* The beginning of a statement for people, cut between characters. */
static const char *
excerpt(struct folder *f, const char *sql, size_t n)
{
	size_t keep = n < 60 ? n : 60;

	while (keep > 0 && keep < n && ((unsigned char)sql[keep] & 0xc0) == 0x80)
		keep--;
	return jy_printf(f->cx, "%.*s", (int)keep, sql);
}

static bool
file_apply(struct folder *f, struct file *file)
{
	const char *at = file->text, *start;
	int number = 0;
	size_t n;

	while (script_next(&at, &start, &n)) {
		if (++number <= file->done)
			continue;
		if (schema_lease_renew(f->cx) != JY_OK)
			return database(f);
		if (statement_apply(f, file, start, n) != JY_OK)
			return refuse(
			    f, jy_printf(f->cx,
					 "%s/%s 的第 %d 条语句（“%s…”）出错：%s。前面的语句已生效；"
					 "请改正这一条后重新运行，会从这里继续。",
					 f->path, file->name, number, excerpt(f, start, n),
					 db_error(f->cx->core->db)));
	}
	file->complete = true;
	file->done = number;
	return progress_store(f, file, file->checksum) == JY_OK || database(f);
}

static bool
folder_apply(struct folder *f, int *applied)
{
	bool fine;

	if (schema_lease_take(f->cx, &f->error) != JY_OK)
		return f->error ? false : database(f);
	fine = applied_read(f); /* another node may have done it while we waited */
	for (int i = 0; fine && i < f->count; i++) {
		struct file *file = &f->files[i];

		if (file->complete || (f->upto > 0 && file->number > f->upto))
			continue;
		fine = file_apply(f, file);
		if (fine) {
			(*applied)++;
			jy_log(f->cx, "migrate.applied", "%s %s", f->component, file->name);
		}
	}
	schema_lease_end(f->cx);
	return fine;
}

bool
migrate_folder(struct core *core, const char *component, const char *path, int upto, int *applied,
	       const char **error)
{
	struct jy_ctx *cx = ctx_new(core, NULL, "migrate");
	struct folder f = { .cx = cx, .component = component, .path = path, .upto = upto };
	int done = 0;
	bool fine;

	ctx_as_system(cx);
	f.files = jy_alloc(cx, FILES_MAX * sizeof(struct file));
	fine = folder_scan(&f) && tables_make(&f) && applied_read(&f) &&
	       (pending(&f) == 0 || folder_apply(&f, &done));
	if (applied)
		*applied = done;
	if (!fine)
		*error = talloc_strdup(core->db, f.error);
	talloc_free(cx);
	return fine;
}
