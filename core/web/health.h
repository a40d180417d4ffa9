/* health.h - figures of the running service, counted from the scoreboard. */
#ifndef CORE_HEALTH_H
#define CORE_HEALTH_H

#include "process/board.h"

/* Requests that are inside this plugin's code now; a worker that died is no longer counted. */
int64_t health_in_flight(const struct board *board, const char *plugin);

#endif
