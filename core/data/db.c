/*
 * db.c - the connection: opened at first use, again at the next use after a loss, never inside a
 * transaction. Errors become statuses here and nowhere else.
 *
 * While the server is away every caller gets JY_BUSY at once: a failed connect is remembered for
 * half a second, so that many requests do not become many connects. Web processes carry limits
 * below the request's deadline (the server ends a statement before the client stops waiting);
 * tasks and tools may run long statements.
 */
#include "data/connection.h"

#include <errmsg.h>
#include <mysqld_error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"

#define REMEMBER_MS 500
#define SESSION_SQL                                                                                \
	"SET SESSION time_zone = '+08:00', sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_"   \
	"ZERO,NO_ZERO_DATE,NO_ZERO_IN_DATE,NO_ENGINE_SUBSTITUTION', autocommit = 1, "              \
	"group_concat_max_len = 1048576, "
#define WEB_LIMITS  "max_statement_time = 6, innodb_lock_wait_timeout = 3"
#define TASK_LIMITS "max_statement_time = 0, innodb_lock_wait_timeout = 20"

int64_t
db_monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int
db_end(struct db *db)
{
	db_drop(db);
	json_decref(db->codes);
	return 0;
}

struct db *
db_new(TALLOC_CTX *owner, const struct config *config)
{
	struct db *db = talloc_zero(owner, struct db);

	if (!db)
		abort();
	db->config = config;
	talloc_set_destructor(db, db_end);
	return db;
}

void
db_drop(struct db *db)
{
	if (!db->conn)
		return;
	/* Closed first, so that the statements are only freed and nothing more is sent. */
	mysql_close(db->conn);
	db->conn = NULL;
	statements_clear(db);
	db->epoch++;
}

/* db_load's bytes are all that a server ever gets: a request for any other file reads nothing. */
static int
load_begin(void **handle, const char *name, void *arg)
{
	struct db *db = arg;

	(void)name;
	*handle = db;
	return db->load ? 0 : 1;
}

static int
load_read(void *handle, char *into, unsigned n)
{
	struct db *db = handle;
	size_t take = db->load_left < n ? db->load_left : n;

	memcpy(into, db->load, take);
	db->load += take;
	db->load_left -= take;
	return (int)take;
}

static void
load_end(void *handle)
{
	(void)handle;
}

static int
load_error(void *handle, char *text, unsigned n)
{
	(void)handle;
	snprintf(text, n, "no file is sent");
	return CR_UNKNOWN_ERROR;
}

static MYSQL *
connection_make(struct db *db)
{
	MYSQL *conn = mysql_init(NULL);
	unsigned connect_s = 2, wait_s = db->patient ? 3600 : 7, write_s = db->patient ? 60 : 7;
	unsigned on = 1;
	my_bool off = 0;

	if (!conn)
		abort();
	mysql_optionsv(conn, MYSQL_OPT_CONNECT_TIMEOUT, &connect_s);
	mysql_optionsv(conn, MYSQL_OPT_READ_TIMEOUT, &wait_s);
	mysql_optionsv(conn, MYSQL_OPT_WRITE_TIMEOUT, &write_s);
	mysql_optionsv(conn, MYSQL_OPT_RECONNECT, &off);
	mysql_optionsv(conn, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	mysql_optionsv(conn, MYSQL_OPT_LOCAL_INFILE, &on);
	mysql_set_local_infile_handler(conn, load_begin, load_read, load_end, load_error, db);
	return conn;
}

static void
error_note(struct db *db, unsigned code, const char *text)
{
	db->code = code;
	snprintf(db->error, sizeof(db->error), "%u %s", code, text);
}

/* The one rule that the data's safety rests on: without it MariaDB loses updates silently. */
static bool
isolation_is_right(struct db *db, MYSQL *conn)
{
	MYSQL_RES *result;
	MYSQL_ROW row;
	bool on;

	if (mysql_query(conn, "SELECT @@innodb_snapshot_isolation") != 0) {
		if (db_is_lost(mysql_errno(conn))) {
			error_note(db, mysql_errno(conn), mysql_error(conn));
			return false;
		}
		result = NULL;
	} else {
		result = mysql_store_result(conn);
	}
	row = result ? mysql_fetch_row(result) : NULL;
	on = row && row[0] && strcmp(row[0], "1") == 0;
	mysql_free_result(result);
	if (!on)
		error_note(db, 0,
			   "数据库没有打开 innodb_snapshot_isolation，会静默丢失更新。请在 MariaDB "
			   "10.11 或更新版本的 [mysqld] 中写 innodb_snapshot_isolation=ON "
			   "并重启数据库。");
	return on;
}

static bool
connection_open(struct db *db)
{
	const struct config *c = db->config;
	MYSQL *conn = connection_make(db);
	bool local = c->db_socket && *c->db_socket;

	if (!mysql_real_connect(conn, local ? NULL : c->db_host, c->db_user, c->db_password,
				c->db_name, local ? 0 : (unsigned)c->db_port,
				local ? c->db_socket : NULL, CLIENT_FOUND_ROWS) ||
	    mysql_query(conn, db->patient ? SESSION_SQL TASK_LIMITS : SESSION_SQL WEB_LIMITS)) {
		error_note(db, mysql_errno(conn), mysql_error(conn));
		mysql_close(conn);
		return false;
	}
	if (!isolation_is_right(db, conn)) {
		mysql_close(conn);
		return false;
	}
	db->conn = conn;
	db->clock_read = 0;
	return true;
}

static enum jy_status
db_open(struct db *db)
{
	if (db->conn)
		return JY_OK;
	if (db->failed_at && db_monotonic_ms() - db->failed_at < REMEMBER_MS)
		return JY_BUSY;
	if (!connection_open(db)) {
		db->failed_at = db_monotonic_ms();
		if (!db->away)
			log_line(LOG_ERROR_, "db.away", "%s", db->error);
		db->away = true;
		return JY_BUSY;
	}
	if (db->away)
		log_line(LOG_NOTE, "db.back", "connected again");
	db->away = false;
	db->failed_at = 0;
	return JY_OK;
}

enum jy_status
db_ready(struct jy_ctx *cx)
{
	struct db *db = cx->core->db;
	bool patient = cx->core->kind != CORE_WEB && cx->core->kind != CORE_KEEPER;

	if (db->in_transaction && (cx->retry || !db->conn)) {
		/* The server has rolled the transaction back: what came now would stand alone. */
		cx->retry = true;
		return JY_BUSY;
	}
	if (patient != db->patient && !db->in_transaction)
		db_drop(db);
	if (!db->in_transaction)
		db->patient = patient;
	if (db_open(db) == JY_OK)
		return JY_OK;
	cx->retry = true;
	return JY_BUSY;
}

bool
db_is_lost(unsigned code)
{
	switch (code) {
	case CR_CONNECTION_ERROR:
	case CR_CONN_HOST_ERROR:
	case CR_SERVER_GONE_ERROR:
	case CR_SERVER_LOST:
	case 2055: /* CR_SERVER_LOST_EXTENDED */
	case ER_CONNECTION_KILLED:
	case ER_SERVER_SHUTDOWN:
	case ER_UNKNOWN_COM_ERROR: /* 1047: this node of the cluster is not ready */
		return true;
	default:
		return false;
	}
}

static enum jy_status
code_status(struct jy_ctx *cx, unsigned code)
{
	switch (code) {
	case ER_DUP_ENTRY:
	case ER_ROW_IS_REFERENCED_2:
	case ER_NO_REFERENCED_ROW_2:
		return JY_CONFLICT;
	case ER_LOCK_DEADLOCK:
	case ER_LOCK_WAIT_TIMEOUT:
	case ER_CHECKREAD:           /* 1020: changed since this transaction's snapshot */
	case ER_AUTOINC_READ_FAILED: /* 1467: the next number could not be had, as under a
					certification */
		cx->retry = true;
		return JY_BUSY;
	case ER_STATEMENT_TIMEOUT:
	case ER_CON_COUNT_ERROR:
		return JY_BUSY;
	default:
		if (!db_is_lost(code))
			return JY_FAILED;
		cx->retry = true;
		return JY_BUSY;
	}
}

/* Server messages quote the offending value behind a colon; that part is never logged. */
static void
fault_log(struct jy_ctx *cx, const char *sql)
{
	struct db *db = cx->core->db;
	const char *value = strstr(db->error, ": '");
	int n = value ? (int)(value - db->error) : (int)strlen(db->error);

	log_json(LOG_ERROR_, "db.failed",
		 json_pack("{s:s, s:s, s:s}", "request", cx->id, "error",
			   jy_printf(cx, "%.*s", n, db->error), "sql",
			   jy_printf(cx, "%.600s", sql)));
}

enum jy_status
db_fault(struct jy_ctx *cx, MYSQL_STMT *handle, const char *sql)
{
	struct db *db = cx->core->db;
	unsigned code = handle ? mysql_stmt_errno(handle) : 0;
	const char *text = code ? mysql_stmt_error(handle) : mysql_error(db->conn);
	enum jy_status s;

	if (code == 0) /* what arrives with a row is noted on the connection alone */
		code = mysql_errno(db->conn);
	s = code_status(cx, code);
	error_note(db, code, text);
	if (s == JY_FAILED || (s == JY_BUSY && !cx->retry))
		fault_log(cx, sql);
	if (db_is_lost(code)) {
		log_line(LOG_WARN, "db.lost", "%s", db->error);
		db_drop(db);
	}
	return s;
}

enum jy_status
db_simple(struct jy_ctx *cx, const char *sql)
{
	struct db *db = cx->core->db;
	enum jy_status s = db_ready(cx);

	if (s != JY_OK)
		return s;
	if (mysql_real_query(db->conn, sql, strlen(sql)) != 0)
		return db_fault(cx, NULL, sql);
	mysql_free_result(mysql_store_result(db->conn));
	return JY_OK;
}

enum jy_status
db_ping(struct db *db, const char **error)
{
	enum jy_status s = db_open(db);

	if (s == JY_OK && mysql_ping(db->conn) != 0) {
		error_note(db, mysql_errno(db->conn), mysql_error(db->conn));
		if (!db->in_transaction)
			db_drop(db);
		s = db_open(db);
	}
	if (s != JY_OK && error)
		*error = db->error;
	return s;
}

const char *
db_error(struct db *db)
{
	return db->error;
}
