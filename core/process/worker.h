/* worker.h - what a child of the supervisor runs. None of these returns. */
#ifndef CORE_WORKER_H
#define CORE_WORKER_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdnoreturn.h>

#include "core.h"

struct child_start {
	const struct config *config;
	struct board *board;
	struct slot *slot;
	uint64_t generation;
	bool core_only;
	int64_t born_ms; /* before the fork */
	int listen_fd;
};

noreturn void worker_web(const struct child_start *start);
noreturn void worker_task(const struct child_start *start);
noreturn void worker_probe(const struct child_start *start);
noreturn void worker_keeper(const struct child_start *start); /* keeper.c */

/* Signals, limits, fault handler: first thing in every child. */
void worker_setup(const struct child_start *start, const char *title);
/* Keys and connection, nothing of plugins. false with a sentence. */
bool worker_core(struct core *core, enum core_kind kind, const struct child_start *start,
		 const char **error);
bool worker_leaving(const struct slot *slot);
/* The signal mask of a wait: SIGTERM and SIGUSR1 get through. */
const sigset_t *worker_open_mask(void);
/* Sleeps until a signal or the time is over. */
void worker_sleep(int ms);

#endif
