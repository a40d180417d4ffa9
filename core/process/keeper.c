/*
 * keeper.c - the child that speaks with the database for the supervisor.
 *
 * Four times a second (ten times while a change is under way) it reads which generation is wanted
 * and writes down what the supervisor met: crashes, plugins kept out, refused generations. It holds
 * no state of its own: if it dies, the next one goes on from the board. With the database away it
 * tries again every second or two.
 */
#include "process/worker.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/config.h"
#include "base/log.h"
#include "ctx.h"
#include "data/db.h"
#include "plugin/states.h"
#include "process/board.h"
#include "process/children.h"

#define ROUND_MS       250
#define ROUND_LIMIT_MS 60000
#define ALIVE_MS       1000 /* the node's own row, what is planned */
#define TIDY_MS        3600000
#define AWAY_MAX_MS    2000
#define SOON_MS        100   /* while a change is under way somebody waits for it */
#define SETTLE_MS      31000 /* by then even a stuck old request has been killed */

static const char SQL_GENERATION[] = "SELECT generation FROM cluster WHERE one = 1";
static const char SQL_HELD[] =
    "SELECT 1 held FROM plugins WHERE name = ? AND (state IN ('quarantined', 'failed') OR "
    "state IN ('on', 'enabling') AND generation <= ?)";
static const char SQL_CRASH[] =
    "INSERT INTO plugin_crashes (node, plugin, hook, route, request, signal_no, kind, backtrace) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
static const char SQL_OLD_CRASHES[] =
    "DELETE FROM plugin_crashes WHERE at < NOW(3) - INTERVAL 180 DAY LIMIT 1000";
static const char SQL_NODE[] =
    "INSERT INTO nodes (name, generation, state, reason, workers, seen) "
    "VALUES (?, ?, ?, ?, ?, NOW(3)) ON DUPLICATE KEY UPDATE generation = VALUES(generation), "
    "state = VALUES(state), reason = VALUES(reason), workers = VALUES(workers), "
    "seen = VALUES(seen)";

struct keeper {
	struct core core;
	struct board *board;
	uint64_t settled, refusal; /* generations that have been dealt with */
	int64_t serving_since_ms, alive_ms, tidy_ms;
	uint64_t serving;
	int away_ms;
};

static uint64_t
read_generation(struct jy_ctx *cx)
{
	json_t *row;

	if (jy_row(cx, &row, SQL_GENERATION) != JY_OK)
		return 0; /* a database without our tables yet: the probe makes them */
	return (uint64_t)jy_json_int(row, "generation");
}

static void
want_generation(struct board *board, uint64_t wanted)
{
	if (wanted == 0 || atomic_load(&board->wanted_generation) == wanted)
		return;
	atomic_store(&board->wanted_generation, wanted);
	kill(getppid(), SIGUSR1);
}

/* Those that the ring has overwritten meanwhile are lost for the table, but not for the log. */
static bool
store_crashes(struct keeper *k, struct jy_ctx *cx)
{
	struct board *board = k->board;
	uint64_t count = atomic_load(&board->crash_count);
	uint64_t next = atomic_load(&board->crash_stored) + 1;

	if (next + BOARD_CRASHES <= count)
		next = count - BOARD_CRASHES + 1;
	for (; next <= count; next++) {
		struct crash crash = board->crashes[(next - 1) % BOARD_CRASHES];

		if (crash.number == next &&
		    db_exec(cx, SQL_CRASH, jy_text(k->core.config->node), jy_text(crash.plugin),
			    jy_text(crash.hook), jy_text(crash.route), jy_text(crash.request),
			    jy_int(crash.signal_no), jy_text(crash.kind),
			    jy_text(crash.backtrace)) != JY_OK)
			return false;
		atomic_store(&board->crash_stored, next);
	}
	return true;
}

static bool
store_kept_out(struct keeper *k, struct jy_ctx *cx)
{
	for (size_t i = 0; i < BOARD_METERS; i++) {
		struct verdict *verdict = &k->board->verdicts[i];
		const char *name = k->board->quarantined[i];
		enum jy_status s;

		if (!name[0] || atomic_load(&verdict->stored))
			continue;
		s = strcmp(verdict->state, "quarantined") == 0
			? plugin_quarantined(cx, name, verdict->reason)
			: plugin_failed_here(cx, name, verdict->reason);
		if (s != JY_OK)
			return false;
		atomic_store(&verdict->stored, 1);
	}
	return true;
}

/* An administrator has changed it since (or its upgrade fell back): the next set may have it. */
static bool
forgive(struct keeper *k, struct jy_ctx *cx)
{
	for (size_t i = 0; i < BOARD_METERS; i++) {
		const char *name = k->board->quarantined[i];
		json_t *row;
		enum jy_status s;

		if (!name[0] || !atomic_load(&k->board->verdicts[i].stored))
			continue;
		s = jy_row(cx, &row, SQL_HELD, jy_text(name),
			   jy_int((int64_t)k->board->verdicts[i].generation));
		if (s == JY_NOT_FOUND)
			board_forgive(k->board, name);
		else if (s != JY_OK)
			return false;
	}
	return true;
}

static void
store_refusal(struct keeper *k, struct jy_ctx *cx)
{
	uint64_t refused = atomic_load(&k->board->refused_generation);

	if (refused == k->refusal)
		return;
	if (k->board->refused_culprit[0] && refused > atomic_load(&k->board->current_generation) &&
	    plugin_failed(cx, k->board->refused_culprit, k->board->refused) != JY_OK)
		return;
	k->refusal = refused;
}

static int
old_web_workers(const struct board *board, uint64_t generation)
{
	int n = 0;

	for (size_t i = 0; i < BOARD_SLOTS; i++)
		n += atomic_load(&board->slots[i].kind) == SLOT_WEB &&
		     board->slots[i].generation < generation;
	return n;
}

/* A plugin is off when the last worker that still has it has left. */
static void
settle(struct keeper *k, struct jy_ctx *cx)
{
	uint64_t current = atomic_load(&k->board->current_generation);

	if (current != k->serving) {
		k->serving = current;
		k->serving_since_ms = board_now_ms();
	}
	if (current == 0 || current == k->settled)
		return;
	if (old_web_workers(k->board, current) > 0 &&
	    board_now_ms() - k->serving_since_ms < SETTLE_MS)
		return;
	if (plugins_settled(cx, (int64_t)current) == JY_OK)
		k->settled = current;
}

/* What the administrators of other nodes read about this one. */
static void
node_reason(const struct board *board, char *into, size_t size)
{
	const char *plugin;
	const struct verdict *verdict = board_failed(board, &plugin);

	into[0] = '\0';
	if (verdict)
		snprintf(into, size, "插件 %s 没有加载：%s", plugin, verdict->reason);
}

static void
say_alive(struct keeper *k, struct jy_ctx *cx)
{
	const struct board *board = k->board;
	const int64_t now = board_now_ms();
	char reason[500]; /* the whole of both texts: nothing is cut */
	int workers = 0;

	if (k->alive_ms && now - k->alive_ms < ALIVE_MS)
		return;
	for (size_t i = 0; i < BOARD_SLOTS; i++)
		workers += atomic_load(&board->slots[i].kind) == SLOT_WEB;
	node_reason(board, reason, sizeof(reason));
	if (plugins_planned(cx) != JY_OK ||
	    db_exec(cx, SQL_NODE, jy_text(k->core.config->node),
		    jy_int((int64_t)atomic_load(&board->current_generation)), jy_text(board->state),
		    jy_text(reason), jy_int(workers)) != JY_OK)
		return;
	k->alive_ms = now;
	if ((k->tidy_ms == 0 || now - k->tidy_ms > TIDY_MS) &&
	    db_exec(cx, SQL_OLD_CRASHES) == JY_OK)
		k->tidy_ms = now;
}

/* The database's own file logs what is wrong with it. */
static void
database_is(struct keeper *k, bool up)
{
	atomic_store(&k->board->database_up, up);
	k->away_ms = up ? 0 : k->away_ms ? AWAY_MAX_MS : ROUND_MS;
}

static void
round_of(struct keeper *k)
{
	struct jy_ctx *cx = ctx_new(&k->core, NULL, "keeper");
	const char *error = "";
	bool up;

	ctx_as_system(cx);
	up = db_ping(k->core.db, &error) == JY_OK;
	database_is(k, up);
	if (up) {
		/* Read before those kept out are looked at: who was enabled in it is forgiven by
		 * the time the supervisor hears of it. */
		uint64_t wanted = read_generation(cx);

		bool stored = store_crashes(k, cx) && store_kept_out(k, cx);

		if (forgive(k, cx))
			want_generation(k->board, wanted);
		if (stored) {
			store_refusal(k, cx);
			settle(k, cx);
		}
		say_alive(k, cx);
	}
	talloc_free(cx);
}

static int
until_next_round(const struct keeper *k)
{
	uint64_t current = atomic_load(&k->board->current_generation);

	if (k->away_ms)
		return k->away_ms;
	return current != k->settled || atomic_load(&k->board->wanted_generation) != current
		   ? SOON_MS
		   : ROUND_MS;
}

noreturn void
worker_keeper(const struct child_start *start)
{
	static struct keeper keeper; /* its core lives as long as the process */
	struct slot *slot = start->slot;
	const char *error = "";

	worker_setup(start, "jiyed-keeper");
	keeper.board = start->board;
	if (!worker_core(&keeper.core, CORE_KEEPER, start, &error)) {
		log_line(LOG_ERROR_, "keeper", "%s", error);
		atomic_store(&slot->state, SLOT_LEAVING);
		exit(CHILD_UNLOADED);
	}
	atomic_store(&slot->limit_ms, ROUND_LIMIT_MS);
	while (!worker_leaving(slot)) {
		atomic_store(&slot->since_ms, board_now_ms());
		atomic_store(&slot->state, SLOT_BUSY);
		round_of(&keeper);
		atomic_store(&start->board->keeper_beat_ms, board_now_ms());
		atomic_store(&slot->since_ms, 0);
		atomic_store(&slot->state, SLOT_IDLE);
		worker_sleep(until_next_round(&keeper));
	}
	atomic_store(&slot->state, SLOT_LEAVING);
	exit(CHILD_LEFT);
}
