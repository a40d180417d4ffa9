/*
 * query.c - the contract's statements: one row, some rows, a stream of rows, a change.
 *
 * A read that meets a lost connection outside a transaction is run once more on a new one; a
 * change never is, because its fate is unknown. jy_each reads through a server-side cursor in
 * blocks, so the callback may run statements (and checkpoints) of its own.
 */
#include "data/connection.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define ROWS_MAX 10000

struct query {
	const char *sql;
	const struct jy_val *vals;
	bool cursor, write_allowed;
};

static enum jy_status
refuse_write(struct jy_ctx *cx, const char *sql)
{
	jy_log(cx, "db.write_in_get", "a GET changes nothing; refused: %.600s", sql);
	return JY_FAILED;
}

/* One try. *again says that nothing was changed and another try makes sense. */
static enum jy_status
query_try(struct jy_ctx *cx, const struct query *q, struct statement **out, bool *again)
{
	struct db *db = cx->core->db;
	bool alone = !db->in_transaction, before = cx->retry, reads;
	struct statement *st;
	enum jy_status s = db_ready(cx);
	uint64_t epoch = db->epoch;

	*again = false;
	if (s != JY_OK)
		return s;
	s = statement_get(cx, q->sql, &st);
	if (s == JY_OK) {
		reads = st->reads;
		if (!reads && !q->write_allowed)
			return refuse_write(cx, q->sql);
		s = statement_execute(cx, st, q->vals, q->cursor);
	} else {
		reads = true; /* it did not get as far as to change anything */
	}
	if (s == JY_OK)
		*out = st;
	else if (alone && reads && db->epoch != epoch) {
		*again = true;
		cx->retry = before;
	}
	return s;
}

static enum jy_status
query_run(struct jy_ctx *cx, struct query q, struct statement **out)
{
	static const struct jy_val none = { 0 };
	bool again;
	enum jy_status s;

	if (!cx->core->db) {
		jy_log(cx, "db.none", "this program runs without a database");
		return JY_FAILED;
	}
	if (!scope_expand(cx, &cx->user, q.sql, q.vals ? q.vals + 1 : &none, &q.sql, &q.vals)) {
		jy_log(cx, "db.scope", "malformed {scope ...} in: %.600s", q.sql);
		return JY_FAILED;
	}
	s = query_try(cx, &q, out, &again);
	if (again)
		s = query_try(cx, &q, out, &again);
	return s;
}

/* Ends a statement unless the connection it belongs to is gone. */
static void
query_done(struct db *db, struct statement *st, uint64_t epoch)
{
	if (db->epoch == epoch)
		statement_done(st);
}

static enum jy_status
query_columns(struct jy_ctx *cx, struct statement *st)
{
	if (st->column_count > 0)
		return JY_OK;
	jy_log(cx, "db.no_rows", "asked for the rows of: %.600s", st->sql);
	statement_done(st);
	return JY_FAILED;
}

enum jy_status
jy_row_v(struct jy_ctx *cx, json_t **out, const char *sql, const struct jy_val *vals)
{
	struct query q = { sql, vals, false, cx->may_write };
	struct db *db = cx->core->db;
	struct statement *st;
	json_t *row;
	uint64_t epoch;
	enum jy_status s = query_run(cx, q, &st);

	if (s == JY_OK)
		s = query_columns(cx, st);
	if (s != JY_OK)
		return s;
	epoch = db->epoch;
	s = statement_fetch(cx, st, &row);
	query_done(db, st, epoch);
	if (s == JY_OK)
		*out = jy_own(cx, row);
	return s;
}

enum jy_status
jy_rows_v(struct jy_ctx *cx, json_t **out, const char *sql, const struct jy_val *vals)
{
	struct query q = { sql, vals, false, cx->may_write };
	struct db *db = cx->core->db;
	struct statement *st;
	json_t *rows, *row;
	uint64_t epoch;
	enum jy_status s = query_run(cx, q, &st);

	if (s == JY_OK)
		s = query_columns(cx, st);
	if (s != JY_OK)
		return s;
	rows = json_array();
	epoch = db->epoch;
	while ((s = statement_fetch(cx, st, &row)) == JY_OK) {
		json_array_append_new(rows, row);
		if (json_array_size(rows) > ROWS_MAX) {
			jy_log(cx, "db.too_many", "more than %d rows: %.600s", ROWS_MAX, sql);
			s = JY_FAILED;
			break;
		}
	}
	query_done(db, st, epoch);
	if (s != JY_NOT_FOUND) {
		json_decref(rows);
		return s;
	}
	*out = jy_own(cx, rows);
	return JY_OK;
}

enum jy_status
jy_each(struct jy_ctx *cx, const char *sql, const struct jy_val *vals, jy_each_fn each, void *arg)
{
	struct query q = { sql, vals, true, cx->may_write };
	struct db *db = cx->core->db;
	struct statement *st;
	json_t *row;
	uint64_t epoch;
	enum jy_status end = JY_NOT_FOUND, s = query_run(cx, q, &st);

	if (s == JY_OK)
		s = query_columns(cx, st);
	if (s != JY_OK)
		return s;
	epoch = db->epoch;
	while (s == JY_OK && (end = statement_fetch(cx, st, &row)) == JY_OK) {
		s = each(arg, row);
		json_decref(row);
		if (s == JY_OK && db->epoch != epoch) {
			cx->retry = true; /* the callback lost the connection and hid it */
			s = JY_BUSY;
		}
	}
	query_done(db, st, epoch);
	if (s != JY_OK)
		return s;
	return end == JY_NOT_FOUND ? JY_OK : end;
}

enum jy_status
db_exec_v(struct jy_ctx *cx, const char *sql, const struct jy_val *vals)
{
	struct query q = { sql, vals, false, true };
	struct statement *st;
	int64_t id;
	enum jy_status s = query_run(cx, q, &st);

	if (s != JY_OK)
		return s;
	cx->changed = (int64_t)mysql_stmt_affected_rows(st->handle);
	id = (int64_t)mysql_stmt_insert_id(st->handle);
	if (id > 0)
		cx->last_id = id;
	if (st->column_count > 0) /* a locking read for its lock alone */
		statement_done(st);
	return JY_OK;
}

enum jy_status
jy_exec_v(struct jy_ctx *cx, const char *sql, const struct jy_val *vals)
{
	if (!cx->may_write)
		return refuse_write(cx, sql);
	return db_exec_v(cx, sql, vals);
}

int64_t
jy_last_id(struct jy_ctx *cx)
{
	return cx->last_id;
}

int64_t
jy_changed(struct jy_ctx *cx)
{
	return cx->changed;
}
