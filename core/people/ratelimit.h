/* ratelimit.h - lockless limits in the board, by generic cell rate (GCRA). */
#ifndef CORE_RATELIMIT_H
#define CORE_RATELIMIT_H

#include "process/board.h"

/* One more event under `what` for `who` (hashed): at most `burst` at once, then one every
 * period_ms. Returns 0, or the milliseconds to wait. board NULL: 0. */
int64_t ratelimit(struct board *board, const char *what, const void *who, size_t n, int burst,
		  int64_t period_ms);
/* Takes one event back: what was counted before the answer was known turned out to be harmless. */
void ratelimit_return(struct board *board, const char *what, const void *who, size_t n,
		      int64_t period_ms);

#endif
