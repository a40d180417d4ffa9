/*
 * lease.h - one row of `work`, taken by one worker for a while.
 *
 * A lease is a random token and a time by the database's clock. not_before moves with the lease, so
 * taken rows leave the index range of due rows and a claim reads one row however long the queue is.
 * Whoever finishes names the token in the transaction of the effect: 0 rows = the lease was lost.
 */
#ifndef CORE_LEASE_H
#define CORE_LEASE_H

#include "ctx.h"

#define LEASE_SECONDS 60 /* until the holder's own transaction locks the row */
#define LEASE_TRIES   10

struct lease {
	int64_t id, event;
	char kind[11], name[81], token[33];
	int64_t attempts; /* this one included */
	const char *payload;
	bool lost; /* another worker has it: nothing may be recorded any more */
};

/* Takes the longest waiting due row of a kind: JY_NOT_FOUND = none. Its own transaction. A row that
 * was taken LEASE_TRIES times without a word from its worker is declared dead on the way. */
JY_CHECKED enum jy_status lease_claim(struct jy_ctx *cx, const char *kind, struct lease **out);
/* Inside the effect's transaction: locks the row and extends the lease. JY_CONFLICT = lost. */
JY_CHECKED enum jy_status lease_hold(struct jy_ctx *cx, struct lease *lease, int seconds);
/* Inside the effect's transaction, as its last statement. JY_CONFLICT = lost: roll back. */
JY_CHECKED enum jy_status lease_finish(struct jy_ctx *cx, struct lease *lease, const char *result);
/* After a roll-back, in a transaction of its own: again after the back-off (at most cap seconds),
 * or dead after LEASE_TRIES or when final. result must hold no personal data. */
void lease_fail(struct jy_ctx *cx, struct lease *lease, int64_t cap, bool final,
		const char *result);
/* Not the row's fault (plugin off, gateway not configured): later, and the attempt is not counted.
 */
void lease_postpone(struct jy_ctx *cx, struct lease *lease, int seconds, const char *result);
/* Seconds to wait after the given number of attempts: 1, 5, 25 ... minutes, at most cap seconds. */
int64_t lease_backoff(int64_t attempts, int64_t cap);

#endif
