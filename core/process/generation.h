/* generation.h - from the set of workers that serves to the next one. */
#ifndef CORE_GENERATION_H
#define CORE_GENERATION_H

#include "process/children.h"

/* Asks for new workers. keep_out: plugins that fail are left out instead of refusing the whole. */
void generation_want(struct supervisor *s, bool keep_out);
/* The same, asked for by a person: those that did not start here are tried again. */
void generation_again(struct supervisor *s);
/* One step: called at every turn of the supervisor's loop. */
void generation_tick(struct supervisor *s);
/* The probe ended. culprit "" = the core, the database or the machine. */
void generation_probed(struct supervisor *s, bool accepted, const char *culprit,
		       const char *reason);
/* A worker of the set that is being started failed. */
void generation_start_failed(struct supervisor *s, const char *culprit, const char *reason);
/* A worker of the set that serves could not load. */
void generation_respawn_failed(struct supervisor *s, const struct child *child);

#endif
