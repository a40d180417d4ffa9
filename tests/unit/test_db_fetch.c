/*
 * test_db_fetch.c - refusals that the server sends with a statement's rows instead of its start:
 * they are noted on the connection alone, and must run the transaction again all the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/config.h"
#include "data/connection.h"
#include "lib/mariadb.h"

static struct test_server server;
static struct config config;
static struct core core;
static struct jy_ctx *cx;

static int
setup(void **state)
{
	(void)state;
	test_server_new(&server);
	config = (struct config){
		.db_socket = server.socket, .db_host = "", .db_user = "root", .db_name = "jiye"
	};
	core = (struct core){ .kind = CORE_WEB, .config = &config, .db = db_new(NULL, &config) };
	cx = ctx_new(&core, NULL, "test");
	ctx_as_system(cx);
	return jy_exec(cx, "CREATE TABLE t (id BIGINT AUTO_INCREMENT PRIMARY KEY, n BIGINT)") !=
	       JY_OK;
}

static int
teardown(void **state)
{
	(void)state;
	talloc_free(cx);
	talloc_free(core.db);
	test_server_end(&server);
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

struct late {
	int runs;
	bool cursor, many;
	int64_t seen;
};

static enum jy_status
late_row(void *arg, json_t *row)
{
	struct late *late = arg;

	late->seen = jy_json_int(row, "n");
	return JY_OK;
}

/* A snapshot, a change by another session, then a locking read: the refusal comes with the rows. */
static enum jy_status
late_work(struct jy_ctx *x, void *arg)
{
	struct late *late = arg;
	json_t *row;
	enum jy_status s = jy_row(x, &row, "SELECT COUNT(*) n FROM t");

	if (s != JY_OK)
		return s;
	if (late->runs++ == 0)
		aside("UPDATE t SET n = 20 WHERE id IN (1, 4001)");
	if (late->many) { /* rows come before the one that has changed */
		s = jy_rows(x, &row, "SELECT n FROM t ORDER BY id FOR UPDATE");
		return s == JY_OK ? late_row(late, json_array_get(row, 4000)) : s;
	}
	if (late->cursor)
		return jy_each(x, "SELECT n FROM t WHERE id = 1 FOR UPDATE", JY_VALS(), late_row,
			       late);
	s = jy_row(x, &row, "SELECT n FROM t WHERE id = 1 FOR UPDATE");
	return s == JY_OK ? late_row(late, row) : s;
}

static void
a_refusal_at_fetch_runs_again(void **state)
{
	struct late each = { .cursor = true }, row = { 0 }, many = { .many = true };

	(void)state;
	assert_int_equal(jy_exec(cx, "INSERT INTO t (n) VALUES (10)"), JY_OK);
	assert_int_equal(db_transaction(cx, late_work, &each, NULL), JY_OK);
	assert_int_equal(each.runs, 2);
	assert_int_equal(each.seen, 20);
	assert_int_equal(jy_exec(cx, "UPDATE t SET n = 10"), JY_OK);
	assert_int_equal(db_transaction(cx, late_work, &row, NULL), JY_OK);
	assert_int_equal(row.runs, 2);
	assert_int_equal(row.seen, 20);
	assert_int_equal(jy_exec(cx, "DELETE FROM t"), JY_OK);
	assert_int_equal(jy_exec(cx, "INSERT INTO t (id, n) SELECT seq, 10 FROM seq_1_to_5000"),
			 JY_OK);
	assert_int_equal(db_transaction(cx, late_work, &many, NULL), JY_OK);
	assert_int_equal(many.runs, 2);
	assert_int_equal(many.seen, 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_refusal_at_fetch_runs_again, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
