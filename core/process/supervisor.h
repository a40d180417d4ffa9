/* supervisor.h - the parent of all: sockets, scoreboard, children. Loads no plugin, parses no
 * request, has no database. children, generation, blame and control are its parts. */
#ifndef CORE_SUPERVISOR_H
#define CORE_SUPERVISOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "process/board.h"
#include "process/quarantine.h"

struct config;

#define DRAIN_CAP_MS   30000
#define PROBE_LIMIT_MS 60000
#define HOOK_LIMIT_MS  10000
#define CONTROL_MAX    8 /* connections at a time */

struct child {
	pid_t pid; /* 0 = free */
	enum slot_kind kind;
	struct slot *slot;
	unsigned serial; /* of the set of workers it belongs to */
	bool core_only;  /* started without plugins */
	bool killed;     /* by us; never counts as a crash */
	bool seen_ready;
	int64_t born_ms;
	int64_t drain_ms; /* when it was asked to leave; 0 = it was not */
	int64_t abort_ms; /* when the watchdog struck; 0 = it did not */
};

/* Replacing the workers by new ones, without a request failing. */
struct roll {
	enum { ROLL_NONE, ROLL_PROBING, ROLL_STARTING } phase;
	bool wanted;      /* begin as soon as there is none */
	bool keep_out;    /* leave culprits out (cold start, quarantine) instead of refusing */
	int64_t retry_ms; /* not before; 0 = at once */
	unsigned starting, serving; /* serials; 0 = none */
	uint64_t number;            /* generation in the database that is being rolled */
	uint64_t noticed;           /* last one wanted that was noticed */
	bool starting_core_only, serving_core_only;
	int64_t begun_ms;
	char reason[500]; /* last failure, so that it is logged once */
};

struct control_peer {
	int fd; /* -1 = free */
	int64_t since_ms;
	size_t got;
	char line[200];
};

struct supervisor {
	const struct config *config;
	struct board *board;
	const char *role;
	bool safe;        /* --safe: never a plugin */
	bool forced_safe; /* the core crashed too often; `roll` leaves it */
	bool degraded; /* workers cannot load: respawn them without plugins until the database is up
			*/
	int listen_fd, control_fd, signal_fd, lock_fd;
	int64_t born_ms;
	int64_t stopping_ms; /* 0 = not */
	bool ready_said;
	int64_t spawn_not_before_ms, keeper_not_before_ms, degraded_ms;
	int quick_deaths; /* before they were ready, since the last one that became so */
	unsigned next_serial;
	struct child children[BOARD_SLOTS];
	struct roll roll;
	struct quarantine plugin_crashes, core_crashes;
	struct control_peer peers[CONTROL_MAX];
};

struct supervisor_options {
	const char *role;
	bool safe;
};

/* Runs until it is told to stop. Exit code: 0 stopped, 1 failed, 3 something is in use. */
int supervisor_run(const struct config *config, const struct supervisor_options *options);
void supervisor_stop(struct supervisor *s);

#endif
