/* quarantine.h - the rule that turns crashes into decisions. Pure: no clock, no shared memory. */
#ifndef CORE_QUARANTINE_H
#define CORE_QUARANTINE_H

#include <stddef.h>
#include <stdint.h>

#define QUARANTINE_EVENTS 256

struct quarantine_rule {
	int crashes;       /* this many ... */
	int64_t window_ms; /* ... within this time ... */
	int requests;      /* ... from at least so many different requests */
};
struct quarantine_event {
	char plugin[32];
	uint64_t fingerprint;
	int64_t at_ms;
};
struct quarantine {
	struct quarantine_rule rule;
	size_t next; /* ring */
	struct quarantine_event events[QUARANTINE_EVENTS];
};
enum verdict_kind {
	VERDICT_NOTHING,
	VERDICT_BLOCK, /* one request alone did it: block that request */
	VERDICT_OFF    /* the plugin is at fault: off with it */
};

void quarantine_init(struct quarantine *q, struct quarantine_rule rule);
/* One more crash. fingerprint 0 = no request (start, task, event): always counts as a different
 * one. now_ms must be above 0. After a decision the crashes that led to it are forgotten. */
enum verdict_kind quarantine_note(struct quarantine *q, const char *plugin, uint64_t fingerprint,
				  int64_t now_ms);
/* The plugin whose file is innermost in a backtrace, by its place below folder; "" if none. */
void blame_from_backtrace(const char *backtrace, const char *folder, char plugin[32]);

#endif
