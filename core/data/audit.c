/*
 * audit.c - the append-only record of who did what, as 64 chains of keyed hashes.
 *
 * An entry's hash covers the entry and the hash before it in its chain, with a key that the
 * database does not have: a changed or removed entry breaks the chain, a removed end disagrees
 * with audit_head. One chain would make every writer of the service wait for the last commit (and,
 * under snapshot isolation, run again); so a transaction takes one of 64 at random and keeps it.
 */
#include "data/audit.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/seal.h"
#include "data/connection.h"

#define CHAINS     64
#define BEIJING_MS ((int64_t)8 * 3600 * 1000)

struct entry {
	int64_t id, account;
	int role;
	const char *at, *action, *object, *detail, *request;
};

static void
entry_hash(struct jy_ctx *cx, const struct entry *e, const unsigned char previous[32],
	   unsigned char out[32])
{
	char before[65], *text;

	hex_encode(previous, 32, before);
	text =
	    talloc_asprintf(cx, "%s %" PRId64 " %" PRId64 " %d %zu:%s %zu:%s %zu:%s %zu:%s %zu:%s",
			    before, e->id, e->account, e->role, strlen(e->at), e->at,
			    strlen(e->action), e->action, strlen(e->object), e->object,
			    strlen(e->detail), e->detail, strlen(e->request), e->request);
	if (!text)
		abort();
	keyed_hash(cx->core->keys, "audit", text, strlen(text), out);
	talloc_free(text);
}

static bool
bytes_of(const char *base64, unsigned char out[32])
{
	size_t n;

	return sodium_base642bin(out, 32, base64, strlen(base64), NULL, &n, NULL,
				 sodium_base64_VARIANT_ORIGINAL) == 0 &&
	       n == 32;
}

/* --- Writing --- */

static const char *
time_text(struct jy_ctx *cx, int64_t ms)
{
	time_t seconds = (time_t)((ms + BEIJING_MS) / 1000);
	char text[24];
	struct tm tm;

	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", gmtime_r(&seconds, &tm));
	return jy_printf(cx, "%s.%03d", text, (int)(ms % 1000));
}

static enum jy_status
chain_lock(struct jy_ctx *cx, int64_t *last, unsigned char hash[32])
{
	struct db *db = cx->core->db;
	unsigned char random;
	json_t *row;
	enum jy_status s;

	if (db->audit_chain < 0) {
		random_bytes(&random, 1);
		db->audit_chain = random % CHAINS;
	}
	s = jy_row(cx, &row, "SELECT id, hash FROM audit_head WHERE chain = ? FOR UPDATE",
		   jy_int(db->audit_chain));
	if (s == JY_NOT_FOUND || (s == JY_OK && !bytes_of(jy_json_text(row, "hash"), hash))) {
		log_line(LOG_ERROR_, "audit.head", "chain %d has no end", db->audit_chain);
		return JY_FAILED;
	}
	if (s == JY_OK)
		*last = jy_json_int(row, "id");
	return s;
}

static enum jy_status
entry_write(struct jy_ctx *cx, void *arg)
{
	struct entry *e = arg;
	unsigned char hash[32];
	int64_t last, now = db_clock_ms(cx);
	enum jy_status s = chain_lock(cx, &last, hash);

	if (s != JY_OK)
		return s;
	e->at = time_text(cx, now);
	e->id = now * CHAINS + cx->core->db->audit_chain;
	if (e->id <= last)
		e->id = last + CHAINS;
	entry_hash(cx, e, hash, hash);
	s = db_exec(cx,
		    "INSERT INTO audit (id, at, account, role, action, object, detail, request, "
		    "hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		    jy_int(e->id), jy_text(e->at), jy_int(e->account), jy_int(e->role),
		    jy_text(e->action), jy_text(e->object), jy_text(e->detail), jy_text(e->request),
		    jy_bytes(hash, 32));
	if (s != JY_OK)
		return s;
	return db_exec(cx, "UPDATE audit_head SET id = ?, hash = ? WHERE chain = ?", jy_int(e->id),
		       jy_bytes(hash, 32), jy_int(cx->core->db->audit_chain));
}

enum jy_status
jy_audit(struct jy_ctx *cx, const char *action, const char *object, json_t *detail)
{
	struct entry e = { .account = cx->user.account,
			   .role = (int)cx->user.role,
			   .action = action,
			   .object = object ? object : "",
			   .request = jy_printf(cx, "%.40s", cx->id) };
	char *text = detail ? json_dumps(jy_own(cx, detail), JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	int64_t last_id = cx->last_id, changed = cx->changed;
	enum jy_status s;

	e.detail = text ? jy_printf(cx, "%s", text) : "{}";
	free(text);
	if (!cx->core->keys) {
		log_line(LOG_ERROR_, "audit.no_keys", "%s: started without keys", cx->id);
		return JY_FAILED;
	}
	/* A read that is recorded (in a GET) stands alone. */
	s = cx->in_transaction ? entry_write(cx, &e) : db_transaction(cx, entry_write, &e, NULL);
	cx->last_id = last_id; /* of the caller's own INSERT */
	cx->changed = changed;
	return s;
}

/* --- Checking --- */

struct chain {
	int64_t last;
	unsigned char hash[32];
};

struct check {
	struct jy_ctx *cx;
	struct chain chains[CHAINS];
	int64_t from, bad, checked;
};

static enum jy_status
check_row(void *arg, json_t *row)
{
	struct check *c = arg;
	struct entry e = { .id = jy_json_int(row, "id"),
			   .account = jy_json_int(row, "account"),
			   .role = (int)jy_json_int(row, "role"),
			   .at = jy_json_text(row, "moment"),
			   .action = jy_json_text(row, "action"),
			   .object = jy_json_text(row, "object"),
			   .detail = jy_json_text(row, "detail"),
			   .request = jy_json_text(row, "request") };
	struct chain *chain = &c->chains[e.id & (CHAINS - 1)];
	unsigned char stored[32];

	entry_hash(c->cx, &e, chain->hash, chain->hash);
	c->checked++;
	chain->last = e.id;
	if (bytes_of(jy_json_text(row, "hash"), stored) &&
	    sodium_memcmp(stored, chain->hash, 32) == 0)
		return JY_OK;
	c->bad = e.id;
	return JY_INVALID;
}

/* Where each chain stood before `from`. */
static enum jy_status
check_begin(struct check *c)
{
	json_t *row;

	memset(c->chains, 0, sizeof(c->chains));
	for (int i = 0; c->from > 0 && i < CHAINS; i++) {
		enum jy_status s = jy_row(c->cx, &row,
					  "SELECT id, hash FROM audit WHERE id < ? AND id & 63 = ? "
					  "ORDER BY id DESC LIMIT 1",
					  jy_int(c->from), jy_int(i));

		if (s == JY_NOT_FOUND)
			continue;
		if (s != JY_OK)
			return s;
		c->chains[i].last = jy_json_int(row, "id");
		if (!bytes_of(jy_json_text(row, "hash"), c->chains[i].hash))
			return JY_FAILED;
	}
	return JY_OK;
}

static enum jy_status
check_ends(struct check *c)
{
	json_t *rows, *row;
	unsigned char hash[32];
	size_t i;
	enum jy_status s =
	    jy_rows(c->cx, &rows, "SELECT chain, id, hash FROM audit_head ORDER BY chain");

	if (s != JY_OK)
		return s;
	json_array_foreach(rows, i, row)
	{
		struct chain *chain = &c->chains[jy_json_int(row, "chain") & (CHAINS - 1)];
		int64_t id = jy_json_int(row, "id");

		if (id == chain->last && bytes_of(jy_json_text(row, "hash"), hash) &&
		    sodium_memcmp(hash, chain->hash, 32) == 0)
			continue;
		c->bad = id ? id : chain->last;
		return JY_INVALID;
	}
	return json_array_size(rows) == CHAINS ? JY_OK : JY_INVALID;
}

/* In a transaction, so that entries and ends are of one moment. */
static enum jy_status
check_work(struct jy_ctx *cx, void *arg)
{
	struct check *c = arg;
	enum jy_status s;

	c->bad = c->checked = 0;
	s = check_begin(c);
	if (s == JY_OK)
		s = jy_each(cx,
			    "SELECT id, CAST(at AS CHAR) moment, account, role, action, object, "
			    "detail, request, hash FROM audit WHERE id >= ? ORDER BY id",
			    JY_VALS(jy_int(c->from)), check_row, c);
	return s == JY_OK ? check_ends(c) : s;
}

enum jy_status
audit_verify(struct core *core, int64_t from, int64_t *bad, int64_t *checked)
{
	struct jy_ctx *cx = ctx_new(core, NULL, "audit");
	struct check *c = jy_alloc(cx, sizeof(*c));
	enum jy_status s = JY_FAILED;

	ctx_as_system(cx);
	c->cx = cx;
	c->from = from;
	if (core->keys)
		s = db_transaction(cx, check_work, c, NULL);
	if (s == JY_INVALID)
		*bad = c->bad;
	if (checked)
		*checked = c->checked;
	talloc_free(cx);
	return s;
}
