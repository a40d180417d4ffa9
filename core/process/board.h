/*
 * board.h - the scoreboard: shared memory (MAP_SHARED | MAP_ANONYMOUS) made by the supervisor.
 *
 * One slot for each child says what it does right now, set before each call into a plugin, so that
 * a death can be blamed on the right one. Meters count requests for each plugin. The crash ring and
 * the fields of `wish` are how supervisor (which has no database) and keeper (which has) talk.
 */
#ifndef CORE_BOARD_H
#define CORE_BOARD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define BOARD_SLOTS   128
#define BOARD_METERS  64
#define BOARD_CRASHES 64
#define BOARD_BLOCKED 64
#define BLOCKED_MS    600000 /* a poisoned request is let through again after ten minutes */
#define BOARD_ENDED   64
#define BOARD_LIMITS  65536
#define METER_BUCKETS 24

enum slot_kind { SLOT_FREE, SLOT_WEB, SLOT_TASK, SLOT_KEEPER, SLOT_PROBE };
enum slot_state { SLOT_STARTING, SLOT_IDLE, SLOT_BUSY, SLOT_LEAVING };

struct slot {
	_Atomic int kind, state;
	pid_t pid;
	uint64_t generation;
	char plugin[32]; /* "" = the core itself */
	char hook[16];   /* load start health handle task event tile service */
	char route[80];
	char request[40];     /* request id */
	uint64_t fingerprint; /* of method, path and query: tells one poisoned request from many */
	_Atomic int64_t since_ms; /* CLOCK_MONOTONIC; 0 = nothing running */
	_Atomic int limit_ms;
	_Atomic int64_t hook_since_ms; /* when the innermost plugin call began; 0 = in the core */
	_Atomic uint64_t served;
	_Atomic int start_ms; /* from the fork until it could serve; 0 = not yet */
	_Atomic int drain;    /* set by the supervisor: leave after the current request */
	_Atomic int in_task;  /* a task runs here, whatever hook it is in at the moment */
	char fault[4000];     /* written by the signal handler: signal, address, backtrace lines */
	char reason[500];     /* probe: why it refused; "" = all well */
	char culprit[32];     /* probe: which plugin; "" = the core (database, templates) */
} __attribute__((aligned(64)));

struct meter {             /* one for each plugin name */
	_Atomic int taken; /* 0 free, 1 being named, 2 named */
	char name[32];
	_Atomic uint64_t requests, errors;
	_Atomic int64_t in_flight;
	_Atomic uint64_t buckets[METER_BUCKETS]; /* bucket i: under 2^i * 32 microseconds */
};

struct crash {           /* written by the supervisor, stored by the keeper */
	uint64_t number; /* 1, 2, 3 ... */
	char plugin[32], hook[16], route[80], request[40], kind[12];
	uint64_t fingerprint;
	int signal_no;
	bool quarantine; /* this one was one too many: the plugin is now off */
	char backtrace[4000];
};

/* Why a plugin is kept out, beside its name in board.quarantined. The keeper writes stored, the
 * supervisor the rest. */
struct verdict {
	char state[12]; /* quarantined (it crashed) or failed (it did not start) */
	char reason[400];
	uint64_t
	    generation;     /* as of which it was found out: a later change of the plugin ends it */
	_Atomic int stored; /* the keeper has written it to the database */
};
struct blocked { /* one poisoned request */
	_Atomic uint64_t fingerprint;
	_Atomic int64_t until_ms;
};

struct limit_cell { /* ratelimit.h */
	_Atomic uint64_t key;
	_Atomic int64_t tat_ms;
};

struct board {
	_Atomic uint64_t wanted_generation;  /* keeper -> supervisor */
	_Atomic uint64_t current_generation; /* supervisor -> all */
	_Atomic int64_t supervisor_beat_ms, keeper_beat_ms;
	_Atomic int database_up;
	_Atomic uint64_t crash_count, crash_stored;
	char quarantined[BOARD_METERS][32];    /* supervisor -> new workers; "" = free */
	struct verdict verdicts[BOARD_METERS]; /* of the same index */
	_Atomic int blocked_count;
	struct blocked blocked[BOARD_BLOCKED];
	_Atomic uint64_t ended[BOARD_ENDED]; /* requests that killed their worker; a ring */
	_Atomic unsigned ended_count;
	char state[16];    /* starting ready rolling degraded safe stopping */
	char refused[600]; /* why the last wanted generation was refused; "" = it was not */
	char delayed[400]; /* what the wanted generation waits for; "" = nothing */
	char refused_culprit[32];
	_Atomic uint64_t refused_generation; /* written after the two texts above */
	int64_t started_at;                  /* Unix seconds */
	struct crash crashes[BOARD_CRASHES];
	struct meter meters[BOARD_METERS];
	struct slot slots[BOARD_SLOTS];
	struct limit_cell limits[BOARD_LIMITS];
};

struct board *board_new(void);
int64_t board_now_ms(void); /* CLOCK_MONOTONIC */
struct slot *board_claim(struct board *board, enum slot_kind kind, uint64_t generation);
void board_release(struct slot *slot);
/* Is this request (method, path, query) one that keeps killing workers? Answered 503 if so. */
bool board_blocked(struct board *board, uint64_t fingerprint);
void board_block(struct board *board, uint64_t fingerprint);
/* The worker of this request (its id) dies of it: the watchdog ends it, or it crashed. nginx then gives
 * the request to another worker, which must not die of it as well but say what happened. Safe in a
 * signal handler. */
enum request_end { REQUEST_LIVES, REQUEST_HUNG, REQUEST_CRASHED };
void board_end_request(struct board *board, const char *request, enum request_end how);
enum request_end board_request_ended(const struct board *board, const char *request);
/* Keeps a plugin out of new workers; false when it already is or the table is full. */
bool board_quarantine(struct board *board, const char *plugin, const char *state,
		      const char *reason, uint64_t generation);
bool board_forgive(struct board *board, const char *plugin);
/* Those that did not start may try again; false if there were none. */
bool board_forgive_failed(struct board *board);
/* The first plugin that did not start here; NULL if none. */
const struct verdict *board_failed(const struct board *board, const char **plugin);
bool board_is_quarantined(const struct board *board, const char *plugin);
/* Copies with the end cut off; the result always ends with NUL. */
void board_text(char *into, size_t size, const char *text);
/* The meter of that name, made at its first use; NULL when the table is full. */
struct meter *board_meter(struct board *board, const char *name);
void meter_note(struct meter *meter, int64_t microseconds, bool error);
/* Upper bound in microseconds of the bucket that holds the given share (0.5, 0.99). */
int64_t meter_quantile(const struct meter *meter, double share);

/* Before and after every call into a plugin; they nest and the innermost is blamed. slot may be
 * NULL (tools). limit_ms 0 keeps the surrounding limit. */
struct mark {
	char plugin[32], hook[16];
};
void slot_enter(struct slot *slot, struct mark *saved, const char *plugin, const char *hook);
void slot_leave(struct slot *slot, const struct mark *saved);

#endif
