/* supervisor_doubles.h - stands in for core_load, dispatch, work_round and the database, for
 * test_supervisor.c. struct world, in shared memory, tells the doubles how to behave and takes down
 * what they were asked. */
#ifndef TESTS_SUPERVISOR_DOUBLES_H
#define TESTS_SUPERVISOR_DOUBLES_H

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

#include "base/seal.h"
#include "data/db.h"
#include "plugin/plugins.h"
#include "plugin/states.h"
#include "process/board.h"
#include "process/transport.h"
#include "web/dispatch.h"
#include "work/work.h"

struct world {
	_Atomic int database_up, rounds, failed_calls, failed_here_calls, quarantined_calls,
	    crashes_stored;
	_Atomic int64_t generation, settled;
	_Atomic int bad_generation; /* from here on plugin "bad" does not start; 0 = never */
	_Atomic int bad_by_crash;
	char failed[32], quarantined[32], node_state[16], node_reason[200];
};

static struct world *world;

/* --- The doubles --- */

struct keyring *
keyring_read(TALLOC_CTX *owner, const char *path, const char *suite, const char **error)
{
	(void)path;
	(void)suite;
	(void)error;
	return talloc_named_const(owner, 1, "keyring");
}

struct db *
db_new(TALLOC_CTX *owner, const struct config *c)
{
	(void)c;
	return talloc_named_const(owner, 1, "db");
}

enum jy_status
db_ping(struct db *db, const char **error)
{
	(void)db;
	*error = "away";
	return world->database_up ? JY_OK : JY_BUSY;
}

enum jy_status
db_exec_v(struct jy_ctx *cx, const char *sql, const struct jy_val *vals)
{
	(void)cx;
	if (strstr(sql, "INSERT INTO plugin_crashes"))
		world->crashes_stored++;
	if (strstr(sql, "INSERT INTO nodes")) {
		board_text(world->node_state, sizeof(world->node_state), vals[3].s);
		board_text(world->node_reason, sizeof(world->node_reason), vals[4].s);
	}
	return JY_OK;
}

enum jy_status
jy_row_v(struct jy_ctx *cx, json_t **out, const char *sql, const struct jy_val *vals)
{
	static json_t *row;

	(void)cx;
	(void)vals;
	if (!strstr(sql, "FROM cluster"))
		return JY_OK; /* still held */
	json_decref(row);
	row = json_pack("{s:I}", "generation", (json_int_t)world->generation);
	*out = row;
	return JY_OK;
}

int64_t
jy_json_int(const json_t *row, const char *key)
{
	return json_integer_value(json_object_get(row, key));
}

struct jy_ctx *
ctx_new(struct core *core, TALLOC_CTX *parent, const char *id)
{
	struct jy_ctx *cx = talloc_zero(parent, struct jy_ctx);

	cx->core = core;
	cx->id = id;
	return cx;
}

void
ctx_as_system(struct jy_ctx *cx)
{
	cx->may_write = true;
}

enum jy_status
plugin_failed(struct jy_ctx *cx, const char *name, const char *reason)
{
	(void)cx;
	assert_true(reason[0]);
	board_text(world->failed, sizeof(world->failed), name);
	world->failed_calls++;
	return JY_OK;
}

enum jy_status
plugin_failed_here(struct jy_ctx *cx, const char *name, const char *reason)
{
	(void)cx;
	assert_true(reason[0]);
	board_text(world->failed, sizeof(world->failed), name);
	world->failed_here_calls++;
	return JY_OK;
}

enum jy_status
plugin_quarantined(struct jy_ctx *cx, const char *name, const char *reason)
{
	(void)cx;
	assert_true(reason[0]);
	board_text(world->quarantined, sizeof(world->quarantined), name);
	world->quarantined_calls++;
	return JY_OK;
}

enum jy_status
plugins_settled(struct jy_ctx *cx, int64_t generation)
{
	(void)cx;
	world->settled = generation;
	return JY_OK;
}

enum jy_status
plugins_planned(struct jy_ctx *cx)
{
	(void)cx;
	return JY_OK;
}

bool
core_load(struct core *core, bool migrate, bool safe, char culprit[32], const char **error)
{
	static struct plugins none;
	int bad = world->bad_generation;

	(void)migrate;
	core->plugins = &none;
	if (safe)
		return true;
	if (!world->database_up) {
		*error = "数据库没有应答。";
		return false;
	}
	if (!bad || core->generation < (uint64_t)bad || board_is_quarantined(core->board, "bad"))
		return true;
	if (world->bad_by_crash) {
		struct mark mark;

		slot_enter(core->slot, &mark, "bad", "start");
		raise(SIGSEGV);
	}
	board_text(culprit, 32, "bad");
	*error = "插件 bad 的启动没有通过。";
	return false;
}

static void
misbehave(struct core *core, const char *path)
{
	struct mark mark;

	if (strncmp(path, "/core", 5) == 0)
		raise(SIGSEGV);
	slot_enter(core->slot, &mark, "bad", "handle");
	if (strncmp(path, "/crash", 6) == 0)
		*(volatile int *)(uintptr_t)core->slot->limit_ms = 1; /* a wild address */
	if (strncmp(path, "/exit", 5) == 0)
		exit(0);
	if (strncmp(path, "/hang", 5) == 0)
		for (;;)
			usleep(100000);
	if (strncmp(path, "/slow", 5) == 0)
		usleep(700000);
	slot_leave(core->slot, &mark);
}

void
dispatch(struct core *core, struct transport *t)
{
	const char *path = transport_param(t, "PATH");
	char text[100];
	uint64_t hash = 5381;

	for (const char *p = path; *p; p++)
		hash = hash * 33 + (unsigned char)*p;
	core->slot->fingerprint = hash;
	board_text(core->slot->route, sizeof(core->slot->route), path);
	atomic_store(&core->slot->limit_ms, 1000);
	snprintf(text, sizeof(text), "generation %d", (int)core->generation);
	if (board_blocked(core->board, hash))
		snprintf(text, sizeof(text), "blocked");
	else if (strncmp(path, "/core", 5) != 0 && board_is_quarantined(core->board, "bad"))
		snprintf(text, sizeof(text), "off");
	else
		misbehave(core, path);
	transport_write(t, text, strlen(text));
}

bool
work_round(struct core *core)
{
	(void)core;
	world->rounds++;
	return false;
}

#endif
