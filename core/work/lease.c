/*
 * lease.c - who may work on a row of `work`, and what becomes of it.
 *
 * Any number of workers on any number of nodes ask for due rows; SKIP LOCKED keeps them out of each
 * other's way and the token decides who may finish. Locks of the database server (GET_LOCK) are not
 * used: they do not exist across a cluster. Rows belong to the database, struct lease to its cx.
 */
#include "work/lease.h"

#include <stdio.h>

#include "base/log.h"
#include "base/seal.h"
#include "data/db.h"

/* Served by the key (state, kind, not_before): the first row that nobody holds. */
static const char SQL_NEXT[] =
    "SELECT id, name, payload, event, attempts FROM work"
    " WHERE state = 'waiting' AND kind = ? AND not_before <= NOW(3) AND lease_until <= NOW(3)"
    " ORDER BY not_before, id LIMIT 1 FOR UPDATE SKIP LOCKED";
static const char SQL_TAKE[] =
    "UPDATE work SET token = ?, attempts = attempts + 1, lease_until = NOW(3) + INTERVAL ? SECOND,"
    " not_before = NOW(3) + INTERVAL ? SECOND WHERE id = ?";
static const char SQL_SILENT[] = "UPDATE work SET state = 'dead', finished = NOW(3), token = '',"
				 " dedupe = IF(dedupe LIKE 'q:%', NULL, dedupe),"
				 " result = '办理它的进程多次中途退出，没有留下结果' WHERE id = ?";
static const char SQL_HOLD[] =
    "UPDATE work SET lease_until = NOW(3) + INTERVAL ? SECOND,"
    " not_before = NOW(3) + INTERVAL ? SECOND WHERE id = ? AND token = ? AND state = 'waiting'";
static const char SQL_FINISH[] =
    "UPDATE work SET state = 'done', finished = NOW(3), result = ?, token = '',"
    " dedupe = IF(dedupe LIKE 'q:%', NULL, dedupe)"
    " WHERE id = ? AND token = ? AND state = 'waiting'";
static const char SQL_AGAIN[] =
    "UPDATE work SET not_before = NOW(3) + INTERVAL ? SECOND, lease_until = NOW(3), result = ?,"
    " token = '', attempts = attempts - ? WHERE id = ? AND token = ? AND state = 'waiting'";
static const char SQL_DEAD[] =
    "UPDATE work SET state = 'dead', finished = NOW(3), result = ?, token = '',"
    " dedupe = IF(dedupe LIKE 'q:%', NULL, dedupe)"
    " WHERE id = ? AND token = ? AND state = 'waiting'";

int64_t
lease_backoff(int64_t attempts, int64_t cap)
{
	int64_t wait = 60;

	for (int64_t i = 1; i < attempts && wait < cap; i++)
		wait *= 5;
	return wait < cap ? wait : cap;
}

struct claim {
	const char *kind;
	struct lease *lease;
	bool silent;
};

static enum jy_status
claim_work(struct jy_ctx *cx, void *arg)
{
	struct claim *claim = arg;
	struct lease *lease;
	unsigned char random[16];
	json_t *row;
	enum jy_status s;

	claim->silent = false;
	s = jy_row(cx, &row, SQL_NEXT, jy_text(claim->kind));
	if (s != JY_OK)
		return s;
	if (jy_json_int(row, "attempts") >= LEASE_TRIES) {
		claim->silent = true;
		return jy_exec(cx, SQL_SILENT, jy_int(jy_json_int(row, "id")));
	}
	lease = jy_alloc(cx, sizeof(*lease));
	lease->id = jy_json_int(row, "id");
	lease->event = jy_json_int(row, "event");
	lease->attempts = jy_json_int(row, "attempts") + 1;
	lease->payload = jy_json_text(row, "payload");
	snprintf(lease->kind, sizeof(lease->kind), "%s", claim->kind);
	snprintf(lease->name, sizeof(lease->name), "%s", jy_json_text(row, "name"));
	random_bytes(random, sizeof(random));
	hex_encode(random, sizeof(random), lease->token);
	claim->lease = lease;
	return jy_exec(cx, SQL_TAKE, jy_text(lease->token), jy_int(LEASE_SECONDS),
		       jy_int(LEASE_SECONDS), jy_int(lease->id));
}

enum jy_status
lease_claim(struct jy_ctx *cx, const char *kind, struct lease **out)
{
	struct claim claim = { .kind = kind };
	enum jy_status s;

	do {
		s = db_transaction(cx, claim_work, &claim, NULL);
		if (s == JY_OK && claim.silent)
			log_line(LOG_WARN, "work.dead", "a row of kind %s killed %d workers", kind,
				 LEASE_TRIES);
	} while (s == JY_OK && claim.silent);
	if (s == JY_OK)
		*out = claim.lease;
	return s;
}

static enum jy_status
still_ours(struct jy_ctx *cx, struct lease *lease, enum jy_status s)
{
	if (s == JY_OK && jy_changed(cx) == 0) {
		lease->lost = true;
		return JY_CONFLICT;
	}
	return s;
}

enum jy_status
lease_hold(struct jy_ctx *cx, struct lease *lease, int seconds)
{
	return still_ours(cx, lease,
			  jy_exec(cx, SQL_HOLD, jy_int(seconds), jy_int(seconds), jy_int(lease->id),
				  jy_text(lease->token)));
}

enum jy_status
lease_finish(struct jy_ctx *cx, struct lease *lease, const char *result)
{
	return still_ours(
	    cx, lease,
	    jy_exec(cx, SQL_FINISH, jy_text(result), jy_int(lease->id), jy_text(lease->token)));
}

struct outcome {
	struct lease *lease;
	int64_t wait, uncount;
	bool dead;
	const char *result;
};

static enum jy_status
outcome_work(struct jy_ctx *cx, void *arg)
{
	struct outcome *o = arg;

	if (o->dead)
		return jy_exec(cx, SQL_DEAD, jy_text(o->result), jy_int(o->lease->id),
			       jy_text(o->lease->token));
	return jy_exec(cx, SQL_AGAIN, jy_int(o->wait), jy_text(o->result), jy_int(o->uncount),
		       jy_int(o->lease->id), jy_text(o->lease->token));
}

/* When even this cannot be written the lease simply runs out, and the row is due again. */
static void
outcome_record(struct jy_ctx *cx, struct outcome *o)
{
	if (o->lease->lost)
		return;
	if (db_transaction(cx, outcome_work, o, NULL) != JY_OK)
		log_line(LOG_WARN, "work.unrecorded", "row %" PRId64 " waits for its lease to end",
			 o->lease->id);
}

void
lease_fail(struct jy_ctx *cx, struct lease *lease, int64_t cap, bool final, const char *result)
{
	struct outcome o = { .lease = lease,
			     .wait = lease_backoff(lease->attempts, cap),
			     .dead = final || lease->attempts >= LEASE_TRIES,
			     .result = result };

	outcome_record(cx, &o);
	log_line(LOG_WARN, o.dead ? "work.dead" : "work.failed",
		 "%s %s, row %" PRId64 ", attempt %" PRId64 ": %s", lease->kind, lease->name,
		 lease->id, lease->attempts, result);
}

void
lease_postpone(struct jy_ctx *cx, struct lease *lease, int seconds, const char *result)
{
	struct outcome o = { .lease = lease, .wait = seconds, .uncount = 1, .result = result };

	outcome_record(cx, &o);
}
