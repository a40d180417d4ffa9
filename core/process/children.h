/* children.h - the supervisor's children: fork, watch, ask to leave, kill. */
#ifndef CORE_CHILDREN_H
#define CORE_CHILDREN_H

#include "process/supervisor.h"

/* What the loaded child exits with; anything else was not its own wish. */
enum child_exit { CHILD_LEFT = 0, CHILD_UNLOADED = 3 };

/* NULL when there is no slot or no process to be had (logged). */
struct child *child_spawn(struct supervisor *s, enum slot_kind kind, unsigned serial,
			  bool core_only);
void child_drain(struct supervisor *s, struct child *child);
void child_kill(struct child *child, const char *why);
struct child *child_of_pid(struct supervisor *s, pid_t pid);
/* Living ones of a set that were not asked to leave; kind SLOT_FREE = web and task together. */
int children_count(const struct supervisor *s, unsigned serial, enum slot_kind kind);
int children_all(const struct supervisor *s);
bool children_ready(const struct supervisor *s, unsigned serial);
/* How many of a kind this node runs, by its role and configuration. */
int children_target(const struct supervisor *s, enum slot_kind kind);
/* Asks all web and task workers of other sets (0: of every set) to leave. */
void children_drain_others(struct supervisor *s, unsigned serial);
/* Requests over their limit, hooks that hang, starts that never end, leaves past the cap. */
void children_watch(struct supervisor *s);

#endif
