/*
 * script.c - SQL text that holds several statements, and rows that are loaded in bulk.
 *
 * A statement ends at ';' outside quotes and comments. Bodies of triggers and procedures are not
 * understood; migrations use none. Bulk rows go by LOAD DATA LOCAL from memory: the server must
 * allow local_infile (MariaDB's default), and no file of this machine can ever be asked for.
 */
#include "data/connection.h"

#include <mysqld_error.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

static size_t
quoted_length(const char *p)
{
	char quote = *p;
	size_t i = 1;

	while (p[i]) {
		if (p[i] == '\\' && quote != '`' && p[i + 1])
			i += 2;
		else if (p[i] != quote)
			i++;
		else if (p[i + 1] == quote)
			i += 2;
		else
			return i + 1;
	}
	return i; /* not closed: the server will say so */
}

size_t
sql_skip(const char *p)
{
	const char *end;

	if (*p == '\'' || *p == '"' || *p == '`')
		return quoted_length(p);
	if (*p == '#' || (p[0] == '-' && p[1] == '-' && strchr(" \t\r\n", p[2])))
		return strcspn(p, "\n");
	if (p[0] != '/' || p[1] != '*')
		return 0;
	end = strstr(p + 2, "*/");
	return end ? (size_t)(end - p) + 2 : strlen(p);
}

bool
script_next(const char **at, const char **start, size_t *n)
{
	const char *p = *at;

	for (;;) { /* blanks and comments before the statement are not part of it */
		p += strspn(p, " \t\r\n;");
		if (*p == '\'' || *p == '"' || *p == '`' || sql_skip(p) == 0 ||
		    strncmp(p, "/*!", 3) == 0)
			break;
		p += sql_skip(p);
	}
	if (*p == '\0')
		return false;
	*start = p;
	while (*p && *p != ';')
		p += sql_skip(p) ? sql_skip(p) : 1;
	*n = (size_t)(p - *start);
	*at = *p ? p + 1 : p;
	return true;
}

enum jy_status
db_script(struct jy_ctx *cx, const char *sql, const char **error)
{
	const char *start;
	size_t n;
	int number = 0;

	while (script_next(&sql, &start, &n)) {
		char *one = talloc_strndup(cx, start, n);
		enum jy_status s;

		if (!one)
			abort();
		number++;
		s = db_simple(cx, one);
		talloc_free(one);
		if (s == JY_OK)
			continue;
		if (error)
			*error =
			    jy_printf(cx, "第 %d 条语句出错：%s", number, db_error(cx->core->db));
		return s;
	}
	return JY_OK;
}

/* LOCAL turns errors into warnings. Doubles of a unique key are left out, as asked for; anything
 * else means that a row was bent to fit, and nothing of it may be kept. */
static enum jy_status
load_warnings(struct jy_ctx *cx, const char *table)
{
	struct db *db = cx->core->db;
	enum jy_status s = JY_OK;
	MYSQL_RES *result;
	MYSQL_ROW row;

	if (mysql_warning_count(db->conn) == 0)
		return JY_OK;
	if (mysql_query(db->conn, "SHOW WARNINGS") != 0)
		return db_fault(cx, NULL, "SHOW WARNINGS");
	result = mysql_store_result(db->conn);
	if (!result)
		return db_fault(cx, NULL, "SHOW WARNINGS");
	while (s == JY_OK && (row = mysql_fetch_row(result)) != NULL) {
		unsigned long code = strtoul(row[1], NULL, 10);
		const char *where = strstr(row[2], "at row");

		if (code == ER_DUP_ENTRY)
			continue;
		jy_log(cx, "db.load", "%s: warning %lu %s", table, code, where ? where : "");
		s = JY_FAILED;
	}
	mysql_free_result(result);
	return s;
}

enum jy_status
db_load(struct jy_ctx *cx, const char *table, const char *columns, const char *tsv, size_t n)
{
	struct db *db = cx->core->db;
	enum jy_status s = db_ready(cx);
	char *sql;
	int failed;

	if (s != JY_OK)
		return s;
	if (!cx->may_write) {
		jy_log(cx, "db.write_in_get", "a GET changes nothing; refused: load %s", table);
		return JY_FAILED;
	}
	sql = jy_printf(cx,
			"LOAD DATA LOCAL INFILE 'memory' INTO TABLE `%s` CHARACTER SET utf8mb4 "
			"FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' LINES TERMINATED BY '\\n' "
			"(%s)",
			table, columns);
	db->load = tsv;
	db->load_left = n;
	failed = mysql_real_query(db->conn, sql, strlen(sql));
	db->load = NULL;
	if (failed)
		return db_fault(cx, NULL, sql);
	cx->changed = (int64_t)mysql_affected_rows(db->conn);
	return load_warnings(cx, table);
}
