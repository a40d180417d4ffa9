/*
 * sealed.c - the contract's small services over keys and clock: sealed values, fingerprints, uids,
 * the time of day.
 *
 * The time is the database's, asked once a minute and carried on by this machine's monotonic clock,
 * so that nodes whose own clocks differ agree.
 */
#include "data/connection.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/seal.h"

#define CLOCK_MS   60000
#define BEIJING_MS ((int64_t)8 * 3600 * 1000)

static const struct keyring *
keys_of(struct jy_ctx *cx)
{
	if (!cx->core->keys)
		log_line(LOG_ERROR_, "seal.no_keys", "%s: this program was started without keys",
			 cx->id);
	return cx->core->keys;
}

enum jy_status
jy_seal(struct jy_ctx *cx, const char *where, const char *row, const char *text,
	struct jy_val *sealed)
{
	const struct keyring *keys = keys_of(cx);
	unsigned char *record;
	size_t n;

	if (!text) {
		*sealed = jy_null();
		return JY_OK;
	}
	if (!keys ||
	    !seal(keys, cx, jy_printf(cx, "%s|%s", where, row), text, strlen(text), &record, &n))
		return JY_FAILED;
	*sealed = jy_bytes(record, n);
	return JY_OK;
}

enum jy_status
jy_unseal(struct jy_ctx *cx, const char *where, const char *row, const char *base64, char **text)
{
	const struct keyring *keys = keys_of(cx);
	size_t room = strlen(base64), n;
	unsigned char *record = jy_alloc(cx, room + 1), *plain;

	if (!keys)
		return JY_FAILED;
	if (sodium_base642bin(record, room, base64, room, NULL, &n, NULL,
			      sodium_base64_VARIANT_ORIGINAL) != 0 ||
	    !unseal(keys, cx, jy_printf(cx, "%s|%s", where, row), record, n, &plain, &n, NULL)) {
		/* Damaged, moved from another row, or sealed with a key that is not in the ring. */
		log_line(LOG_ERROR_, "seal.unreadable", "%s: %s of %s", cx->id, where, row);
		return JY_FAILED;
	}
	*text = (char *)plain;
	return JY_OK;
}

struct jy_val
jy_fingerprint(struct jy_ctx *cx, const char *where, const char *text)
{
	const struct keyring *keys = keys_of(cx);
	unsigned char *hash;

	if (!keys || !text)
		return jy_null(); /* equal to nothing in SQL */
	hash = jy_alloc(cx, 32);
	keyed_hash(keys, jy_printf(cx, "fingerprint %s", where), text, strlen(text), hash);
	return jy_bytes(hash, 32);
}

const char *
jy_uid(struct jy_ctx *cx)
{
	unsigned char random[16];
	char *hex = jy_alloc(cx, 33);

	random_bytes(random, sizeof(random));
	hex_encode(random, sizeof(random), hex);
	return hex;
}

static int64_t
machine_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Milliseconds since 1970 by the database; by this machine while the database is away. */
int64_t
db_clock_ms(struct jy_ctx *cx)
{
	struct db *db = cx->core->db;
	int64_t here = db_monotonic_ms();
	bool retry = cx->retry;
	json_t *row;

	if (!db)
		return machine_ms();
	if (db->clock_read && here - db->clock_read < CLOCK_MS)
		return here + db->clock_offset;
	if (jy_row(cx, &row, "SELECT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED) ms") == JY_OK) {
		here = db_monotonic_ms();
		db->clock_offset = jy_json_int(row, "ms") - here;
		db->clock_read = here;
		return here + db->clock_offset;
	}
	if (!db->in_transaction)
		cx->retry = retry; /* nobody's work depends on it */
	return db->clock_offset ? here + db->clock_offset : machine_ms();
}

const char *
jy_now(struct jy_ctx *cx)
{
	time_t now = (time_t)((db_clock_ms(cx) + BEIJING_MS) / 1000);
	char *text = jy_alloc(cx, 20);
	struct tm tm;

	strftime(text, 20, "%Y-%m-%d %H:%M:%S", gmtime_r(&now, &tm));
	return text;
}
