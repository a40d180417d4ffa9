/* events.h - from jy_emit to the subscribers: at least once each, in a transaction of their own. */
#ifndef CORE_EVENTS_H
#define CORE_EVENTS_H

#include "work/lease.h"

#define EVENT_LIMIT_S 30

/* Turns up to 50 new events into one row of `work` for each subscriber that is on now, and not off
 * for the event's "unit". A plugin that is enabled later does not see older events. true: some. */
bool events_fan_out(struct jy_ctx *cx);
/* Delivers a leased row and records what came of it. */
enum jy_status event_run(struct jy_ctx *cx, struct lease *lease);

#endif
