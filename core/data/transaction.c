/*
 * transaction.c - a piece of work in a transaction, run again as a whole when the database says so.
 *
 * A deadlock, a snapshot conflict, a failed certification or a lost connection rolls everything
 * back and the work runs again, up to 8 times within 8 seconds, with growing random pauses. A
 * commit whose answer is lost may or may not have happened: the idempotency row, written by the
 * same transaction, tells. Without one the caller hears JY_BUSY and must not repeat blindly.
 */
#include "data/connection.h"

#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "base/seal.h"

#define TRIES        8
#define DEADLINE_MS  8000
#define AWAY_MS      700 /* a server that cannot be reached is given up sooner */
#define PAUSE_MS     10
#define PAUSE_MAX_MS 800

enum commit { COMMIT_DONE, COMMIT_UNDONE, COMMIT_UNKNOWN, COMMIT_FAILED };

static void
pause_ms(int64_t ms)
{
	struct timespec wait = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&wait, NULL);
}

/* Half of the step for certain, half at random: writers that collided part. */
static int64_t
pause_length(int attempt)
{
	int64_t step = (int64_t)PAUSE_MS << attempt;
	uint32_t random;

	if (step > PAUSE_MAX_MS)
		step = PAUSE_MAX_MS;
	random_bytes(&random, sizeof(random));
	return step / 2 + random % (step / 2 + 1);
}

static enum jy_status
transaction_begin(struct jy_ctx *cx)
{
	enum jy_status s = db_simple(cx, "START TRANSACTION");

	if (s == JY_BUSY && cx->core->db->conn == NULL) {
		/* The server had ended an idle connection: nothing is lost yet, try a new one. */
		cx->retry = false;
		s = db_simple(cx, "START TRANSACTION");
	}
	if (s != JY_OK)
		return s;
	cx->core->db->in_transaction = true;
	cx->core->db->audit_chain = -1;
	cx->in_transaction = true;
	return JY_OK;
}

static void
transaction_close(struct jy_ctx *cx)
{
	cx->core->db->in_transaction = false;
	cx->in_transaction = false;
}

static void
transaction_undo(struct jy_ctx *cx)
{
	struct db *db = cx->core->db;

	transaction_close(cx);
	if (db->conn && mysql_rollback(db->conn) != 0)
		db_drop(db); /* a transaction that cannot be ended here ends with its connection */
}

static enum commit
transaction_commit(struct jy_ctx *cx)
{
	struct db *db = cx->core->db;
	unsigned code;

	if (cx->retry || !db->conn) {
		/* The work met an error that undid everything and overlooked it. */
		transaction_undo(cx);
		return COMMIT_UNDONE;
	}
	if (mysql_commit(db->conn) == 0) {
		transaction_close(cx);
		return COMMIT_DONE;
	}
	code = mysql_errno(db->conn);
	transaction_close(cx);
	if (db_fault(cx, NULL, "COMMIT") == JY_FAILED) {
		db_drop(db);
		return COMMIT_FAILED;
	}
	return db_is_lost(code) ? COMMIT_UNKNOWN : COMMIT_UNDONE;
}

/* Reads the idempotency row with a lock, so that a commit still under way is waited for. */
static enum commit
commit_settle(struct jy_ctx *cx, const unsigned char *hash, int64_t deadline)
{
	int64_t wait = 50;
	json_t *row;

	while (hash && db_monotonic_ms() < deadline) {
		enum jy_status s;

		cx->retry = false;
		s = jy_row(cx, &row,
			   "SELECT status FROM idempotency WHERE hash = ? LOCK IN SHARE MODE",
			   jy_bytes(hash, 32));
		if (s == JY_OK || s == JY_NOT_FOUND) {
			log_line(LOG_WARN, "db.commit_settled", "%s: %s", cx->id,
				 s == JY_OK ? "done" : "not done");
			return s == JY_OK ? COMMIT_DONE : COMMIT_UNDONE;
		}
		pause_ms(wait);
		wait = wait < 400 ? wait * 2 : wait;
	}
	log_line(LOG_ERROR_, "db.commit_unknown", "%s: the outcome of a commit is unknown", cx->id);
	return COMMIT_UNKNOWN;
}

/* What the first run noted about fields is kept; what a failed run added is not. */
static void
errors_cut(struct jy_ctx *cx, size_t keep)
{
	while (cx->errors && json_array_size(cx->errors) > keep)
		json_array_remove(cx->errors, json_array_size(cx->errors) - 1);
}

enum outcome { FINISHED, AGAIN };

static enum outcome
transaction_try(struct jy_ctx *cx, db_work_fn work, void *arg, const unsigned char *hash,
		int64_t deadline, enum jy_status *status)
{
	enum jy_status s;
	enum commit commit;

	cx->retry = false;
	*status = JY_BUSY;
	s = transaction_begin(cx);
	if (s != JY_OK) {
		*status = s;
		return s == JY_BUSY ? AGAIN : FINISHED;
	}
	s = work(cx, arg);
	if (s != JY_OK && !cx->retry) {
		transaction_undo(cx);
		*status = s;
		return FINISHED;
	}
	commit = transaction_commit(cx);
	if (commit == COMMIT_UNKNOWN)
		commit = commit_settle(cx, hash, deadline);
	if (commit == COMMIT_UNDONE)
		return AGAIN;
	*status = commit == COMMIT_DONE ? JY_OK : commit == COMMIT_FAILED ? JY_FAILED : JY_BUSY;
	return FINISHED;
}

enum jy_status
db_transaction(struct jy_ctx *cx, db_work_fn work, void *arg, const unsigned char *settle_hash)
{
	struct db *db = cx->core->db;
	int64_t start = db_monotonic_ms();
	size_t errors = json_array_size(cx->errors);
	enum jy_status s;

	if (cx->in_transaction || db->in_transaction) {
		log_line(LOG_ERROR_, "db.nested", "%s: a transaction within a transaction", cx->id);
		abort();
	}
	for (int i = 0;; i++) {
		int64_t spent;

		if (transaction_try(cx, work, arg, settle_hash, start + DEADLINE_MS, &s) ==
		    FINISHED) {
			cx->retry = false;
			return s;
		}
		spent = db_monotonic_ms() - start;
		if (i + 1 == TRIES || spent > DEADLINE_MS || (!db->conn && spent > AWAY_MS))
			break;
		errors_cut(cx, errors);
		pause_ms(pause_length(i));
	}
	log_line(LOG_WARN, "db.given_up", "%s: %s", cx->id, db->error);
	cx->retry = false;
	return JY_BUSY;
}

enum jy_status
db_checkpoint(struct jy_ctx *cx)
{
	enum jy_status s;

	if (!cx->in_transaction)
		return JY_OK;
	switch (transaction_commit(cx)) {
	case COMMIT_DONE:
		s = transaction_begin(cx);
		break;
	case COMMIT_FAILED:
		s = JY_FAILED;
		break;
	default: /* the whole work runs again from what is committed */
		cx->retry = true;
		s = JY_BUSY;
	}
	if (s != JY_OK) {
		/* Still inside the caller's work: nothing it does now may stand alone. */
		cx->core->db->in_transaction = true;
		cx->in_transaction = true;
		cx->retry = cx->retry || s == JY_BUSY;
	}
	return s;
}

enum jy_status
jy_checkpoint(struct jy_ctx *cx)
{
	if (cx->checkpoint)
		return cx->checkpoint(cx);
	jy_log(cx, "db.checkpoint", "only tasks and commands may end their transaction early");
	return JY_FAILED;
}
