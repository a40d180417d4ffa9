/*
 * tasks.h - runs of the plugins' tasks. A task's full name is "<plugin>.<name>".
 *
 * A run is a transaction: what it wrote is kept when it answers JY_OK, or up to its last
 * jy_checkpoint. limit_s is the longest time without a sign of life (jy_progress, jy_checkpoint).
 */
#ifndef CORE_TASKS_H
#define CORE_TASKS_H

#include "work/lease.h"
#include "plugin/plugins.h"

#define TASK_LIMIT_S 300 /* for tasks that state none */

/* NULL: no loaded plugin has it. */
const struct jy_task *task_find(const struct core *core, const char *name, struct plugin **plugin);
/* Runs a leased row and records what came of it. */
enum jy_status task_run(struct jy_ctx *cx, struct lease *lease);
/* Sets what the watchdog sees while a piece of work runs; limit_s 0 = nothing runs. */
void work_mark(struct core *core, const char *what, int64_t row, int limit_s);

/* The slot of a schedule that is due at a time, as dedupe key: "s:<number>" for every, "s:<day and
 * minute>" for at. false: nothing is due. local: seconds of Beijing time since 1970. A daily task
 * that was missed (the service was down) is caught up with for SCHEDULE_LATE_S. */
#define SCHEDULE_LATE_S (6 * 3600)
bool schedule_slot(const struct jy_task *task, int64_t local, char slot[40]);
/* When it is due next after local; 0 = only on demand. */
int64_t schedule_next(const struct jy_task *task, int64_t local);
/* How long a failing scheduled run may wait before it is tried again. */
int64_t schedule_cap(const struct jy_task *task);
/* Queues what is due, at most once a second in each process; one winner over all nodes. */
void schedule_round(struct jy_ctx *cx);

#endif
