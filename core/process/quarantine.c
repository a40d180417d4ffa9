/*
 * quarantine.c - when crashes are one too many.
 *
 * A plugin that crashes under different requests is switched off; a single request that crashes it
 * again and again is blocked alone, since otherwise one bad link would let any visitor switch a
 * plugin off.
 */
#include "process/quarantine.h"

#include <stdbool.h>
#include <string.h>

void
quarantine_init(struct quarantine *q, struct quarantine_rule rule)
{
	memset(q, 0, sizeof(*q));
	q->rule = rule;
}

static bool
counts(const struct quarantine *q, const struct quarantine_event *e, const char *plugin,
       int64_t now_ms)
{
	return e->at_ms > 0 && now_ms - e->at_ms < q->rule.window_ms &&
	       strcmp(e->plugin, plugin) == 0;
}

/* Is event i the first of its fingerprint? */
static bool
is_new(const struct quarantine *q, size_t i, const char *plugin, int64_t now_ms)
{
	const struct quarantine_event *e = &q->events[i];

	if (e->fingerprint == 0)
		return true;
	for (size_t k = 0; k < i; k++)
		if (counts(q, &q->events[k], plugin, now_ms) &&
		    q->events[k].fingerprint == e->fingerprint)
			return false;
	return true;
}

static void
forget(struct quarantine *q, const char *plugin)
{
	for (size_t i = 0; i < QUARANTINE_EVENTS; i++)
		if (strcmp(q->events[i].plugin, plugin) == 0)
			q->events[i].at_ms = 0;
}

static void
forget_request(struct quarantine *q, const char *plugin, uint64_t fingerprint)
{
	for (size_t i = 0; i < QUARANTINE_EVENTS; i++)
		if (q->events[i].fingerprint == fingerprint &&
		    strcmp(q->events[i].plugin, plugin) == 0)
			q->events[i].at_ms = 0;
}

enum verdict_kind
quarantine_note(struct quarantine *q, const char *plugin, uint64_t fingerprint, int64_t now_ms)
{
	struct quarantine_event *e = &q->events[q->next];
	int all = 0, same = 0, different = 0;

	q->next = (q->next + 1) % QUARANTINE_EVENTS;
	memset(e, 0, sizeof(*e));
	memcpy(e->plugin, plugin, strnlen(plugin, sizeof(e->plugin) - 1));
	e->fingerprint = fingerprint;
	e->at_ms = now_ms;
	for (size_t i = 0; i < QUARANTINE_EVENTS; i++) {
		if (!counts(q, &q->events[i], e->plugin, now_ms))
			continue;
		all++;
		same += q->events[i].fingerprint == fingerprint && fingerprint != 0;
		different += is_new(q, i, e->plugin, now_ms);
	}
	if (all >= q->rule.crashes && different >= q->rule.requests) {
		forget(q, e->plugin);
		return VERDICT_OFF;
	}
	if (same >= q->rule.crashes) {
		forget_request(q, e->plugin, fingerprint);
		return VERDICT_BLOCK;
	}
	return VERDICT_NOTHING;
}

void
blame_from_backtrace(const char *backtrace, const char *folder, char plugin[32])
{
	size_t n = strlen(folder), end;
	const char *at = backtrace;

	plugin[0] = '\0';
	while ((at = strstr(at, folder)) != NULL) {
		at += n;
		if (*at != '/')
			continue;
		end = strcspn(at + 1, "/\n");
		if (at[1 + end] != '/' || end >= 32)
			continue;
		memcpy(plugin, at + 1, end);
		plugin[end] = '\0';
		return;
	}
}
