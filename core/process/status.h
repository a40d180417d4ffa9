/* status.h - the scoreboard as JSON, for the control socket. */
#ifndef CORE_STATUS_H
#define CORE_STATUS_H

#include <jansson.h>

struct supervisor;

/* {"ok","pid","version","node","state","uptime","generation","wanted","refused","delayed","refused_plugin",
 * "refused_generation","database","keeper_age_ms","role","crashes","blocked","workers":[...],
 * "kept_out":[...],"plugins":[{name,requests,errors,in_flight,median_us,p99_us}]} */
json_t *status_json(const struct supervisor *s);

#endif
