/*
 * generation.c - replaces the workers without losing a request.
 *
 * A probe proves the wanted set in a process that serves nobody. Then new workers start beside the
 * old ones; only when all are ready are the old ones asked to leave. A set that fails is refused as
 * a whole and nothing changes, except at a cold start and after a quarantine, where there is
 * nothing good to stay with: there the plugin to blame is left out here, the node is degraded and
 * the rest goes on. With the database away, workers without plugins answer that, and the probe is
 * tried again every two seconds.
 */
#include "process/generation.h"

#include <string.h>

#include "base/log.h"

#define RETRY_MS       2000
#define DEGRADED_MS    1000 /* at least so long between two tries to load */
#define ROLL_LIMIT_MS  90000
#define KEEPER_WAIT_MS 5000

static void
state_say(struct supervisor *s, const char *state)
{
	if (s->stopping_ms)
		return;
	board_text(s->board->state, sizeof(s->board->state), state);
}

static bool
core_only_wanted(const struct supervisor *s)
{
	return s->safe || s->forced_safe;
}

void
generation_want(struct supervisor *s, bool keep_out)
{
	s->roll.wanted = true;
	s->roll.retry_ms = 0;
	s->roll.keep_out |= keep_out;
}

void
generation_again(struct supervisor *s)
{
	s->forced_safe = false;
	generation_want(s, board_forgive_failed(s->board));
}

static void
reason_log(struct supervisor *s, const char *event, const char *culprit, const char *reason)
{
	if (strcmp(s->roll.reason, reason) == 0)
		return;
	board_text(s->roll.reason, sizeof(s->roll.reason), reason);
	log_json(LOG_WARN, event,
		 json_pack("{s:I, s:s, s:s}", "generation", (json_int_t)s->roll.number, "plugin",
			   culprit, "reason", reason));
}

static void
start_workers(struct supervisor *s, bool core_only)
{
	s->roll.phase = ROLL_STARTING;
	s->roll.starting = ++s->next_serial;
	s->roll.starting_core_only = core_only;
	s->roll.begun_ms = board_now_ms();
	s->spawn_not_before_ms = 0;
}

static void
begin(struct supervisor *s)
{
	s->roll.wanted = false;
	s->roll.retry_ms = 0;
	s->roll.number = atomic_load(&s->board->wanted_generation);
	if (s->roll.serving)
		state_say(s, "rolling");
	if (core_only_wanted(s)) {
		start_workers(s, true);
	} else if (child_spawn(s, SLOT_PROBE, 0, false)) {
		s->roll.phase = ROLL_PROBING;
	} else {
		s->roll.wanted = true;
		s->roll.retry_ms = board_now_ms() + RETRY_MS;
	}
}

static void
settle_state(struct supervisor *s)
{
	const char *plugin;

	if (core_only_wanted(s))
		state_say(s, "safe");
	else if (s->roll.serving_core_only || board_failed(s->board, &plugin))
		state_say(s, "degraded");
	else
		state_say(s, "ready");
}

static void
accept_new(struct supervisor *s)
{
	s->roll.phase = ROLL_NONE;
	s->roll.serving = s->roll.starting;
	s->roll.serving_core_only = s->roll.starting_core_only;
	s->roll.starting = 0;
	children_drain_others(s, s->roll.serving);
	s->quick_deaths = 0;
	settle_state(s);
	if (!s->roll.serving_core_only || core_only_wanted(s)) {
		s->degraded = false;
		s->roll.keep_out = s->roll.wanted && s->roll.keep_out;
		s->roll.reason[0] = '\0';
		s->board->delayed[0] = '\0';
		atomic_store(&s->board->current_generation, s->roll.number);
	}
	log_json(LOG_NOTE, "generation.serving",
		 json_pack("{s:I, s:s, s:I}", "generation", (json_int_t)s->roll.number, "state",
			   s->board->state, "milliseconds",
			   (json_int_t)(board_now_ms() - s->roll.begun_ms)));
}

static void
retry_later(struct supervisor *s)
{
	s->roll.wanted = true;
	s->roll.retry_ms = board_now_ms() + RETRY_MS;
}

static void
refuse(struct supervisor *s, const char *culprit, const char *reason)
{
	struct board *board = s->board;

	board_text(board->refused, sizeof(board->refused), reason);
	board_text(board->refused_culprit, sizeof(board->refused_culprit), culprit);
	atomic_store(&board->refused_generation, s->roll.number);
	log_json(LOG_WARN, "generation.refused",
		 json_pack("{s:I, s:s, s:s}", "generation", (json_int_t)s->roll.number, "plugin",
			   culprit, "reason", reason));
	settle_state(s);
}

/* What to do about a set that failed; the phase is over. */
static void
failed(struct supervisor *s, const char *culprit, const char *reason)
{
	bool blameless = !culprit[0] || !atomic_load(&s->board->database_up);
	bool served = s->roll.serving && !s->roll.serving_core_only;

	s->roll.phase = ROLL_NONE;
	s->roll.starting = 0;
	if (blameless && served) { /* the database or the machine, not the change */
		reason_log(s, "generation.delayed", culprit, reason);
		board_text(s->board->delayed, sizeof(s->board->delayed), reason);
		settle_state(s);
		retry_later(s);
	} else if (blameless) {
		reason_log(s, "generation.degraded", culprit, reason);
		board_text(s->board->delayed, sizeof(s->board->delayed), reason);
		retry_later(s);
		if (!s->roll.serving)
			start_workers(s, true);
		else
			settle_state(s);
	} else if (served && !s->roll.keep_out) {
		refuse(s, culprit, reason);
	} else if (board_quarantine(s->board, culprit, "failed", reason, s->roll.number)) {
		reason_log(s, "generation.kept_out", culprit, reason);
		generation_want(s, true);
	} else {
		reason_log(s, "generation.degraded", culprit, reason);
		retry_later(s);
	}
}

void
generation_probed(struct supervisor *s, bool accepted, const char *culprit, const char *reason)
{
	if (s->roll.phase != ROLL_PROBING || s->stopping_ms)
		return;
	if (accepted)
		start_workers(s, false);
	else
		failed(s, culprit, reason);
}

static void
kill_started(struct supervisor *s, unsigned serial)
{
	for (size_t i = 0; i < BOARD_SLOTS; i++) {
		struct child *child = &s->children[i];

		if (child->pid && child->serial == serial && child->kind != SLOT_PROBE &&
		    child->kind != SLOT_KEEPER)
			child_drain(s, child);
	}
}

void
generation_start_failed(struct supervisor *s, const char *culprit, const char *reason)
{
	unsigned serial = s->roll.starting;

	if (s->roll.phase != ROLL_STARTING)
		return;
	if (s->roll.starting_core_only) { /* nothing simpler is left to try: keep trying */
		reason_log(s, "generation.core", culprit, reason);
		return;
	}
	failed(s, culprit, reason);
	kill_started(s, serial);
}

void
generation_respawn_failed(struct supervisor *s, const struct child *child)
{
	reason_log(s, "child.unloaded", child->slot->culprit, child->slot->reason);
	if (child->core_only)
		return;
	if (child->slot->culprit[0] && atomic_load(&s->board->database_up)) {
		if (s->quick_deaths > 5) /* it was good once and is not any more */
			generation_want(s, true);
		return;
	}
	s->degraded = true;
	s->degraded_ms = board_now_ms();
}

/* The database is back: workers that were respawned without plugins make room for whole ones. */
static void
mend(struct supervisor *s)
{
	if (!s->degraded || !atomic_load(&s->board->database_up) ||
	    board_now_ms() - s->degraded_ms < DEGRADED_MS)
		return;
	s->degraded = false;
	s->roll.reason[0] = '\0';
	for (size_t i = 0; i < BOARD_SLOTS; i++)
		if (s->children[i].pid && s->children[i].core_only)
			child_drain(s, &s->children[i]);
}

static void
spawn_missing(struct supervisor *s, unsigned serial, enum slot_kind kind, bool core_only)
{
	int missing = children_target(s, kind) - children_count(s, serial, kind);

	while (missing-- > 0 && board_now_ms() >= s->spawn_not_before_ms)
		if (!child_spawn(s, kind, serial, core_only))
			s->spawn_not_before_ms = board_now_ms() + 1000;
}

static void
keep_numbers(struct supervisor *s)
{
	if (s->roll.serving) {
		bool core_only = s->roll.serving_core_only || s->degraded;

		spawn_missing(s, s->roll.serving, SLOT_WEB, core_only);
		spawn_missing(s, s->roll.serving, SLOT_TASK, core_only);
	}
	if (s->roll.phase == ROLL_STARTING) {
		spawn_missing(s, s->roll.starting, SLOT_WEB, s->roll.starting_core_only);
		spawn_missing(s, s->roll.starting, SLOT_TASK, s->roll.starting_core_only);
	}
}

/* Old workers that still finish something also hold slots. */
static bool
is_room(const struct supervisor *s)
{
	int needed = children_target(s, SLOT_WEB) + children_target(s, SLOT_TASK) + 2;

	return children_all(s) + needed <= BOARD_SLOTS;
}

/* The first probe wants to know from the keeper which generation it proves. */
static bool
is_time(const struct supervisor *s)
{
	int64_t now = board_now_ms();

	if (now < s->roll.retry_ms)
		return false;
	return s->next_serial > 0 || atomic_load(&s->board->keeper_beat_ms) != 0 ||
	       now - s->born_ms > KEEPER_WAIT_MS;
}

void
generation_tick(struct supervisor *s)
{
	uint64_t wanted = atomic_load(&s->board->wanted_generation);

	if (wanted != s->roll.noticed) {
		s->roll.noticed = wanted;
		generation_want(s, false);
	}
	mend(s);
	keep_numbers(s);
	if (s->roll.phase == ROLL_STARTING) {
		if (children_ready(s, s->roll.starting))
			accept_new(s);
		else if (board_now_ms() - s->roll.begun_ms > ROLL_LIMIT_MS)
			generation_start_failed(s, "", "新的工作进程没有在 90 秒内就绪。");
	}
	if (s->roll.phase == ROLL_NONE && s->roll.wanted && is_time(s) && is_room(s))
		begin(s);
}
