/*
 * test_db.c - statements, transactions and losses against a real MariaDB of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/config.h"
#include "data/connection.h"
#include "lib/mariadb.h"

#define SETUP_SQL                                                                                  \
	"DROP TABLE IF EXISTS child, t, idempotency; CREATE TABLE t (id BIGINT AUTO_INCREMENT "    \
	"PRIMARY KEY, n BIGINT, u BIGINT UNSIGNED, d DECIMAL(10,2), r DOUBLE, s VARCHAR(200), "    \
	"b VARBINARY(200), x MEDIUMTEXT, at DATETIME(3), day DATE, UNIQUE KEY (s)); "              \
	"CREATE TABLE child (id INT PRIMARY KEY, t BIGINT, FOREIGN KEY (t) REFERENCES t (id)); "   \
	"CREATE TABLE idempotency (hash BINARY(32) PRIMARY KEY, status INT NOT NULL DEFAULT 0)"

static struct test_server server;
static struct config config;
static struct core core;
static struct jy_ctx *cx;

static int
group_setup(void **state)
{
	(void)state;
	test_server_new(&server);
	config = (struct config){ .db_socket = server.socket,
				  .db_host = "",
				  .db_user = "root",
				  .db_password = NULL,
				  .db_name = "jiye" };
	core.kind = CORE_WEB;
	core.config = &config;
	core.db = db_new(NULL, &config);
	return 0;
}

static int
group_teardown(void **state)
{
	(void)state;
	talloc_free(core.db);
	test_server_end(&server);
	return 0;
}

static int
setup(void **state)
{
	const char *error = "";

	(void)state;
	cx = ctx_new(&core, NULL, "test");
	ctx_as_system(cx);
	if (db_script(cx, SETUP_SQL, &error) != JY_OK) {
		print_error("%s\n", error);
		return -1;
	}
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	talloc_free(cx);
	return 0;
}

/* Another session, as another node would be. */
static void
aside(const char *sql)
{
	MYSQL *conn = test_server_connect(&server);

	assert_non_null(conn);
	mysql_select_db(conn, "jiye");
	assert_int_equal(mysql_query(conn, sql), 0);
	mysql_close(conn);
}

static int64_t
count(const char *sql)
{
	json_t *row;

	assert_int_equal(jy_row(cx, &row, sql), JY_OK);
	return jy_json_int(row, "n");
}

static void
values_come_back_by_type(void **state)
{
	static char long_text[3001];
	json_t *row;

	(void)state;
	memset(long_text, 'x', 3000);
	assert_int_equal(
	    jy_exec(cx, "INSERT INTO t (n, u, d, r, s, b, x, at, day) VALUES (?,?,?,?,?,?,?,?,?)",
		    jy_int(-5), jy_int(7), jy_text("12.30"), jy_real(0.5), jy_text("长春 ' ; --"),
		    jy_bytes("\0\1\2", 3), jy_text(long_text), jy_text("2022-06-25 08:00:00.123"),
		    jy_text("2022-06-25")),
	    JY_OK);
	assert_int_equal(jy_changed(cx), 1);
	assert_int_equal(jy_row(cx, &row,
				"SELECT t.*, CAST(at AS CHAR) whole, NULL nothing FROM t "
				"WHERE id = ?",
				jy_int(jy_last_id(cx))),
			 JY_OK);
	assert_int_equal(json_integer_value(json_object_get(row, "n")), -5);
	assert_int_equal(json_integer_value(json_object_get(row, "u")), 7);
	assert_string_equal(jy_json_text(row, "d"), "12.30");
	assert_true(json_real_value(json_object_get(row, "r")) == 0.5);
	assert_string_equal(jy_json_text(row, "s"), "长春 ' ; --");
	assert_string_equal(jy_json_text(row, "b"), "AAEC");
	assert_string_equal(jy_json_text(row, "x"), long_text);
	assert_string_equal(jy_json_text(row, "at"), "2022-06-25 08:00:00");
	assert_string_equal(jy_json_text(row, "whole"), "2022-06-25 08:00:00.123");
	assert_string_equal(jy_json_text(row, "day"), "2022-06-25");
	assert_true(json_is_null(json_object_get(row, "nothing")));
	assert_int_equal(jy_row(cx, &row, "SELECT SUM(n) n, COUNT(*) c FROM t"), JY_OK);
	assert_true(json_is_integer(json_object_get(row, "n")));
	assert_int_equal(jy_row(cx, &row, "SELECT id FROM t WHERE s = ?", jy_text("none")),
			 JY_NOT_FOUND);
}

static void
null_text_is_null(void **state)
{
	json_t *row;

	(void)state;
	assert_int_equal(
	    jy_exec(cx, "INSERT INTO t (s, n) VALUES (?, ?)", jy_text(NULL), jy_null()), JY_OK);
	assert_int_equal(jy_row(cx, &row, "SELECT s, n FROM t"), JY_OK);
	assert_true(json_is_null(json_object_get(row, "s")));
	assert_true(json_is_null(json_object_get(row, "n")));
}

static void
errors_have_their_status(void **state)
{
	json_t *row;

	(void)state;
	assert_int_equal(jy_exec(cx, "INSERT INTO t (s) VALUES (?)", jy_text("a")), JY_OK);
	assert_int_equal(jy_exec(cx, "INSERT INTO t (s) VALUES (?)", jy_text("a")), JY_CONFLICT);
	assert_int_equal(jy_exec(cx, "INSERT INTO child VALUES (1, 999)"), JY_CONFLICT);
	assert_int_equal(jy_row(cx, &row, "SELECT nothing FROM t"), JY_FAILED);
	assert_int_equal(jy_row(cx, &row, "SELECT id FROM t WHERE id = ?"), JY_FAILED);
	assert_int_equal(jy_row(cx, &row, "DELETE FROM child"), JY_FAILED);
	assert_int_equal(jy_exec(cx, "INSERT INTO t (n) VALUES (?)", jy_text("abc")), JY_FAILED);
	assert_false(cx->retry);
}

static void
a_get_changes_nothing(void **state)
{
	json_t *row;

	(void)state;
	cx->may_write = false;
	assert_int_equal(jy_exec(cx, "INSERT INTO t (n) VALUES (1)"), JY_FAILED);
	assert_int_equal(jy_row(cx, &row, "INSERT INTO t (n) VALUES (1) RETURNING id"), JY_FAILED);
	assert_int_equal(count("SELECT COUNT(*) n FROM t"), 0);
	assert_int_equal(db_exec(cx, "INSERT INTO t (n) VALUES (1)"), JY_OK);
}

static void
matched_rows_are_counted(void **state)
{
	(void)state;
	assert_int_equal(jy_exec(cx, "INSERT INTO t (n) VALUES (1), (1), (2)"), JY_OK);
	assert_int_equal(jy_exec(cx, "UPDATE t SET n = 1 WHERE n = 1"), JY_OK);
	assert_int_equal(jy_changed(cx), 2); /* found, though nothing became different */
}

static void
fill(int rows)
{
	assert_int_equal(jy_exec(cx,
				 "INSERT INTO t (n, x) SELECT seq, REPEAT('y', 700) FROM "
				 "seq_1_to_30000 WHERE seq <= ?",
				 jy_int(rows)),
			 JY_OK);
}

static void
rows_have_a_limit(void **state)
{
	json_t *rows;

	(void)state;
	fill(10001);
	assert_int_equal(jy_rows(cx, &rows, "SELECT n, x FROM t"), JY_FAILED);
	assert_int_equal(jy_rows(cx, &rows, "SELECT n FROM t LIMIT 10000"), JY_OK);
	assert_int_equal(json_array_size(rows), 10000);
}

struct stream {
	int64_t rows, sum;
	bool checkpoints;
};

static enum jy_status
stream_row(void *arg, json_t *row)
{
	struct stream *stream = arg;
	json_t *other;

	stream->sum += jy_json_int(row, "n");
	assert_int_equal(strlen(jy_json_text(row, "x")), 700);
	if (++stream->rows % 1000 == 0) {
		assert_int_equal(jy_row(cx, &other, "SELECT n FROM t WHERE id = 1"), JY_OK);
		assert_int_equal(jy_exec(cx, "UPDATE t SET u = ? WHERE id = ?",
					 jy_int(stream->rows), jy_int(stream->rows)),
				 JY_OK);
		if (stream->checkpoints)
			return jy_checkpoint(cx);
	}
	return JY_OK;
}

static enum jy_status
stream_work(struct jy_ctx *x, void *arg)
{
	return jy_each(x, "SELECT n, x FROM t", JY_VALS(), stream_row, arg);
}

static void
a_stream_lets_others_run(void **state)
{
	struct stream stream = { 0 }, again = { .checkpoints = true };

	(void)state;
	fill(12345);
	assert_int_equal(stream_work(cx, &stream), JY_OK);
	assert_int_equal(stream.rows, 12345);
	assert_int_equal(stream.sum, (int64_t)12345 * 12346 / 2);
	cx->checkpoint = db_checkpoint;
	assert_int_equal(db_transaction(cx, stream_work, &again, NULL), JY_OK);
	assert_int_equal(again.sum, stream.sum);
	assert_int_equal(count("SELECT COUNT(*) n FROM t WHERE u IS NOT NULL"), 12);
}

static enum jy_status
inner_row(void *arg, json_t *row)
{
	(*(int64_t *)arg) += jy_json_int(row, "n");
	return JY_OK;
}

static enum jy_status
outer_row(void *arg, json_t *row)
{
	(void)row;
	return jy_each(cx, "SELECT n FROM t", JY_VALS(), inner_row, arg);
}

static enum jy_status
stopping_row(void *arg, json_t *row)
{
	(void)arg;
	(void)row;
	return JY_NOT_FOUND;
}

static void
streams_nest_and_stop(void **state)
{
	int64_t sum = 0;

	(void)state;
	assert_int_equal(jy_exec(cx, "INSERT INTO t (n) VALUES (1), (2), (3)"), JY_OK);
	assert_int_equal(jy_each(cx, "SELECT n FROM t", JY_VALS(), outer_row, &sum), JY_OK);
	assert_int_equal(sum, 18);
	assert_int_equal(jy_each(cx, "SELECT n FROM t", JY_VALS(), stopping_row, NULL),
			 JY_NOT_FOUND);
	assert_int_equal(jy_each(cx, "SHOW TABLES", JY_VALS(), inner_row, &sum), JY_OK);
	assert_int_equal(
	    jy_each(cx, "SELECT n FROM t WHERE n > ?", JY_VALS(jy_int(9)), stopping_row, NULL),
	    JY_OK);
}

static void
many_statements_fit(void **state)
{
	(void)state;
	for (int i = 0; i < 450; i++)
		assert_int_equal(count(jy_printf(cx, "SELECT %d n", i)), i);
	assert_int_equal(count("SELECT 3 n"), 3);
}

/* --- Transactions --- */

struct plan {
	int runs;
	enum jy_status answer;
	const char *between; /* what another session does in the first run */
	bool overlook;
};

static enum jy_status
plan_work(struct jy_ctx *x, void *arg)
{
	struct plan *plan = arg;
	json_t *row;
	enum jy_status s = jy_row(x, &row, "SELECT n FROM t WHERE id = 1");

	if (s != JY_OK)
		return s;
	if (plan->runs++ == 0 && plan->between)
		aside(plan->between);
	s = jy_exec(x, "UPDATE t SET n = ? WHERE id = 1", jy_int(jy_json_int(row, "n") + 1));
	if (s != JY_OK && !plan->overlook)
		return s;
	s = jy_exec(x, "INSERT INTO child (id) VALUES (?)", jy_int(plan->runs));
	return s != JY_OK && !plan->overlook ? s : plan->answer;
}

static void
only_ok_commits(void **state)
{
	struct plan plan = { .answer = JY_CONFLICT }, fine = { .answer = JY_OK };

	(void)state;
	assert_int_equal(jy_exec(cx, "INSERT INTO t (n) VALUES (10)"), JY_OK);
	assert_int_equal(db_transaction(cx, plan_work, &plan, NULL), JY_CONFLICT);
	assert_int_equal(count("SELECT n FROM t"), 10);
	assert_int_equal(db_transaction(cx, plan_work, &fine, NULL), JY_OK);
	assert_int_equal(count("SELECT n FROM t"), 11);
}

static void
a_lost_update_runs_again(void **state)
{
	struct plan plan = { .answer = JY_OK, .between = "UPDATE t SET n = 20 WHERE id = 1" };
	struct plan blind = { .answer = JY_OK,
			      .between = "UPDATE t SET n = 30 WHERE id = 1",
			      .overlook = true };

	(void)state;
	assert_int_equal(jy_exec(cx, "INSERT INTO t (n) VALUES (10)"), JY_OK);
	assert_int_equal(db_transaction(cx, plan_work, &plan, NULL), JY_OK);
	assert_int_equal(plan.runs, 2);
	assert_int_equal(count("SELECT n FROM t"), 21);
	assert_int_equal(jy_exec(cx, "DELETE FROM child"), JY_OK);
	/* Work that does not look at the error is not committed by halves either. */
	assert_int_equal(db_transaction(cx, plan_work, &blind, NULL), JY_OK);
	assert_int_equal(count("SELECT n FROM t"), 31);
	assert_int_equal(count("SELECT COUNT(*) n FROM child"), 1);
}

static void
a_killed_session_runs_again(void **state)
{
	struct plan plan = { .answer = JY_OK };
	char kill_sql[64];

	(void)state;
	assert_int_equal(jy_exec(cx, "INSERT INTO t (n) VALUES (10)"), JY_OK);
	snprintf(kill_sql, sizeof(kill_sql), "KILL %lu", mysql_thread_id(core.db->conn));
	plan.between = kill_sql;
	assert_int_equal(db_transaction(cx, plan_work, &plan, NULL), JY_OK);
	assert_int_equal(plan.runs, 2);
	assert_int_equal(count("SELECT n FROM t"), 11);
	/* Between transactions a new connection is taken without anybody noticing. */
	snprintf(kill_sql, sizeof(kill_sql), "KILL %lu", mysql_thread_id(core.db->conn));
	aside(kill_sql);
	assert_int_equal(count("SELECT n FROM t"), 11);
	snprintf(kill_sql, sizeof(kill_sql), "KILL %lu", mysql_thread_id(core.db->conn));
	aside(kill_sql);
	plan = (struct plan){ .runs = 5, .answer = JY_OK };
	assert_int_equal(db_transaction(cx, plan_work, &plan, NULL), JY_OK);
}

/* The connection dies after the server has committed (kill_after) or before it could. */
static enum jy_status
doubtful_work(struct jy_ctx *x, void *arg)
{
	int *runs = arg;
	enum jy_status s;

	if ((*runs)++ > 0)
		return JY_OK;
	s = jy_exec(x, "INSERT INTO idempotency (hash) VALUES (REPEAT('h', 32))");
	if (s != JY_OK)
		return s;
	if (mysql_commit(core.db->conn) != 0) /* stands for the commit whose answer was lost */
		return JY_FAILED;
	aside(jy_printf(x, "KILL %lu", mysql_thread_id(core.db->conn)));
	return JY_OK;
}

static void
an_unknown_commit_is_settled(void **state)
{
	unsigned char hash[32];
	int runs = 0;

	(void)state;
	memset(hash, 'h', sizeof(hash));
	assert_int_equal(db_transaction(cx, doubtful_work, &runs, hash), JY_OK);
	assert_int_equal(runs, 1); /* the row was there: not run a second time */
	memset(hash, 'z', sizeof(hash));
	runs = 0;
	assert_int_equal(jy_exec(cx, "DELETE FROM idempotency"), JY_OK);
	assert_int_equal(db_transaction(cx, doubtful_work, &runs, hash), JY_OK);
	assert_int_equal(runs, 2); /* no such row: run again */
	runs = 0;
	assert_int_equal(jy_exec(cx, "DELETE FROM idempotency"), JY_OK);
	assert_int_equal(db_transaction(cx, doubtful_work, &runs, NULL), JY_BUSY);
	assert_int_equal(runs, 1); /* nothing to settle it by: never repeated blindly */
}

static enum jy_status
checkpoint_work(struct jy_ctx *x, void *arg)
{
	int *runs = arg;
	enum jy_status s = jy_exec(x, "INSERT INTO child (id) VALUES (?)", jy_int(++*runs));

	if (s == JY_OK)
		s = jy_checkpoint(x);
	if (s == JY_OK)
		s = jy_exec(x, "INSERT INTO child (id) VALUES (?)", jy_int(100 + *runs));
	return s == JY_OK ? JY_INVALID : s;
}

static void
a_checkpoint_keeps_what_was_done(void **state)
{
	int runs = 0;

	(void)state;
	cx->checkpoint = NULL;
	assert_int_equal(jy_checkpoint(cx), JY_FAILED);
	cx->checkpoint = db_checkpoint;
	assert_int_equal(db_transaction(cx, checkpoint_work, &runs, NULL), JY_INVALID);
	assert_int_equal(count("SELECT COUNT(*) n FROM child"), 1);
}

static void
rows_are_loaded_in_bulk(void **state)
{
	static const char tsv[] = "甲\t1\t00ff\n乙\\t丙\t2\t\n甲\t3\t00\n";
	json_t *rows;

	(void)state;
	assert_int_equal(db_load(cx, "t", "s, n, @b) SET b = UNHEX(@b", tsv, strlen(tsv)), JY_OK);
	assert_int_equal(jy_rows(cx, &rows, "SELECT s, n, b FROM t ORDER BY n"), JY_OK);
	assert_int_equal(json_array_size(rows), 2); /* the third has a name that is taken */
	assert_string_equal(jy_json_text(json_array_get(rows, 0), "b"), "AP8=");
	assert_string_equal(jy_json_text(json_array_get(rows, 1), "s"), "乙\t丙");
	assert_int_equal(db_load(cx, "t", "s, n", "丁\tx\n", strlen("丁\tx\n")), JY_FAILED);
	/* A server that asks for a file gets nothing. */
	assert_int_not_equal(db_simple(cx, "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE t (s)"),
			     JY_OK);
	assert_int_equal(count("SELECT COUNT(*) n FROM t WHERE s LIKE 'root%'"), 0);
}

static void
scripts_are_split(void **state)
{
	const char *error = NULL;

	(void)state;
	assert_int_equal(db_script(cx,
				   "-- one; two\nINSERT INTO t (s) VALUES ('a;b''c\\';'); /* ; */ "
				   "INSERT INTO t (s) VALUES (\"d;\") # e;\n;;\n",
				   &error),
			 JY_OK);
	assert_int_equal(count("SELECT COUNT(*) n FROM t"), 2);
	assert_int_equal(db_script(cx, "SELECT 1; NONSENSE; SELECT 2", &error), JY_FAILED);
	assert_non_null(strstr(error, "第 2 条"));
}

/* --- The server goes away --- */

static void
a_server_that_is_away_is_busy_at_once(void **state)
{
	json_t *row;
	int64_t before;

	(void)state;
	assert_int_equal(count("SELECT 1 n"), 1);
	test_server_kill(&server);
	before = db_monotonic_ms();
	for (int i = 0; i < 1000; i++)
		assert_int_equal(jy_row(cx, &row, "SELECT 1 n"), JY_BUSY);
	assert_true(cx->retry);
	assert_true(db_monotonic_ms() - before < 500);
	before = db_monotonic_ms();
	assert_int_equal(db_transaction(cx, plan_work, &(struct plan){ 0 }, NULL), JY_BUSY);
	assert_true(db_monotonic_ms() - before < 1500);
	test_server_up(&server, "ON");
	nanosleep(&(struct timespec){ .tv_nsec = 550000000 }, NULL);
	cx->retry = false;
	assert_int_equal(count("SELECT 1 n"), 1);
}

static void
an_unsafe_server_is_refused(void **state)
{
	const char *error = "";
	struct db *db;

	(void)state;
	test_server_kill(&server);
	test_server_up(&server, "OFF");
	db = db_new(NULL, &config);
	assert_int_equal(db_ping(db, &error), JY_BUSY);
	assert_non_null(strstr(error, "innodb_snapshot_isolation=ON"));
	talloc_free(db);
	test_server_kill(&server);
	test_server_up(&server, "ON");
	db = db_new(NULL, &config);
	assert_int_equal(db_ping(db, &error), JY_OK);
	talloc_free(db);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(values_come_back_by_type),
		TEST(null_text_is_null),
		TEST(errors_have_their_status),
		TEST(a_get_changes_nothing),
		TEST(matched_rows_are_counted),
		TEST(rows_have_a_limit),
		TEST(a_stream_lets_others_run),
		TEST(streams_nest_and_stop),
		TEST(many_statements_fit),
		TEST(only_ok_commits),
		TEST(a_lost_update_runs_again),
		TEST(a_killed_session_runs_again),
		TEST(an_unknown_commit_is_settled),
		TEST(a_checkpoint_keeps_what_was_done),
		TEST(rows_are_loaded_in_bulk),
		TEST(scripts_are_split),
		TEST(a_server_that_is_away_is_busy_at_once),
		cmocka_unit_test(an_unsafe_server_is_refused),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
