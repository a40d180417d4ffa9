/*
 * blame.c - who caused a death, and what follows.
 *
 * First evidence is the slot (the innermost plugin call); where that names nobody, the innermost
 * plugin file in the backtrace. A SIGKILL (ours, the kernel's for memory, an operator's) never
 * counts against anybody. Every crash goes into the board's ring, from where the keeper stores it.
 */
#include "process/blame.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/config.h"
#include "base/log.h"
#include "process/generation.h"

#define BACKOFF_FIRST_MS 100
#define BACKOFF_MAX_MS   5000
#define KEEPER_AGAIN_MS  1000

enum death { DEATH_LEFT, DEATH_UNLOADED, DEATH_KILLED, DEATH_CRASH, DEATH_TIMEOUT };

static enum death
death_kind(const struct child *child, int status)
{
	bool leaving = atomic_load(&child->slot->state) == SLOT_LEAVING;

	if (WIFEXITED(status) && leaving)
		return WEXITSTATUS(status) == CHILD_UNLOADED ? DEATH_UNLOADED : DEATH_LEFT;
	if (WIFEXITED(status)) /* something in it called exit */
		return DEATH_CRASH;
	if (child->abort_ms)
		return DEATH_TIMEOUT;
	switch (WTERMSIG(status)) {
	case SIGKILL:
	case SIGTERM:
	case SIGINT:
	case SIGHUP:
		return DEATH_KILLED;
	default:
		return DEATH_CRASH;
	}
}

static struct crash *
record(struct supervisor *s, const struct child *child, enum death kind, int status)
{
	struct board *board = s->board;
	const struct slot *slot = child->slot;
	uint64_t number = atomic_load(&board->crash_count) + 1;
	struct crash *crash = &board->crashes[(number - 1) % BOARD_CRASHES];

	memset(crash, 0, sizeof(*crash));
	crash->number = number;
	board_text(crash->plugin, sizeof(crash->plugin), slot->plugin);
	if (!crash->plugin[0])
		blame_from_backtrace(slot->fault, s->config->plugins, crash->plugin);
	board_text(crash->hook, sizeof(crash->hook), slot->hook);
	board_text(crash->route, sizeof(crash->route), slot->route);
	board_text(crash->request, sizeof(crash->request), slot->request);
	board_text(crash->kind, sizeof(crash->kind), kind == DEATH_TIMEOUT ? "timeout" : "crash");
	crash->fingerprint = slot->fingerprint;
	crash->signal_no = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	if (WIFEXITED(status))
		snprintf(crash->backtrace, sizeof(crash->backtrace), "exit(%d) was called\n",
			 WEXITSTATUS(status));
	else
		board_text(crash->backtrace, sizeof(crash->backtrace), slot->fault);
	log_json(LOG_ERROR_, "child.crash",
		 json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:s}", "kind", crash->kind,
			   "plugin", crash->plugin, "hook", crash->hook, "route", crash->route,
			   "request", crash->request, "signal", crash->signal_no, "child",
			   (int)child->pid, "backtrace", crash->backtrace));
	return crash;
}

/* Three crashes of the core under different requests: better without plugins than not at all. */
static void
judge_core(struct supervisor *s, const struct child *child, const struct crash *crash)
{
	enum verdict_kind verdict;

	if (strcmp(crash->kind, "crash") != 0 || child->kind != SLOT_WEB)
		return; /* a slow peer is not a fault of the core */
	verdict = quarantine_note(&s->core_crashes, "", crash->fingerprint, board_now_ms());
	if (verdict == VERDICT_BLOCK) {
		board_block(s->board, crash->fingerprint);
		log_line(LOG_WARN, "request.blocked", "同一个请求反复使进程崩溃，已暂时拦下：%s",
			 crash->route);
	} else if (verdict == VERDICT_OFF && !s->safe && !s->forced_safe) {
		s->forced_safe = true;
		log_line(
		    LOG_ERROR_, "core.safe",
		    "核心在短时间内多次崩溃，改为不带插件运行。查明原因后请执行 jiyectl roll。");
		generation_want(s, true);
	}
}

static void
judge_plugin(struct supervisor *s, struct crash *crash)
{
	const struct config *config = s->config;
	char reason[300];

	switch (quarantine_note(&s->plugin_crashes, crash->plugin, crash->fingerprint,
				board_now_ms())) {
	case VERDICT_OFF:
		snprintf(reason, sizeof(reason),
			 "%d 秒内因不同的请求崩溃或超时 %d 次，已自动隔离；最近一次：%s %s。",
			 config->crash_seconds, config->crashes, crash->hook, crash->route);
		crash->quarantine = board_quarantine(s->board, crash->plugin, "quarantined", reason,
						     s->roll.number);
		if (!crash->quarantine)
			return;
		log_line(LOG_ERROR_, "plugin.quarantined", "插件 %s：%s", crash->plugin, reason);
		generation_want(s, true);
		return;
	case VERDICT_BLOCK:
		board_block(s->board, crash->fingerprint);
		log_line(LOG_WARN, "request.blocked",
			 "同一个请求反复使插件 %s 崩溃，已暂时拦下：%s", crash->plugin,
			 crash->route);
		return;
	default:
		return;
	}
}

static void
start_reason(const struct crash *crash, const struct child *child, char *into, size_t size)
{
	if (strcmp(crash->kind, "timeout") == 0)
		board_text(into, size, child->slot->reason);
	else if (crash->signal_no)
		snprintf(into, size, "启动或自检时崩溃（信号 %d，%s）。请查看崩溃记录。",
			 crash->signal_no, crash->hook);
	else
		snprintf(into, size, "启动或自检时自行退出了进程（%s）。", crash->hook);
}

static void
on_crash(struct supervisor *s, const struct child *child, enum death kind, int status)
{
	struct crash *crash = record(s, child, kind, status);
	bool starting = atomic_load(&child->slot->state) == SLOT_STARTING;
	char reason[300];

	start_reason(crash, child, reason, sizeof(reason));
	if (child->kind == SLOT_PROBE) {
		generation_probed(s, false, crash->plugin, reason);
	} else if (child->kind != SLOT_KEEPER) {
		if (crash->plugin[0])
			judge_plugin(s, crash);
		else
			judge_core(s, child, crash);
		if (starting && s->roll.phase == ROLL_STARTING && child->serial == s->roll.starting)
			generation_start_failed(s, crash->plugin, reason);
	}
	atomic_store(&s->board->crash_count,
		     crash->number); /* from now on the keeper may read it */
}

static void
on_unloaded(struct supervisor *s, const struct child *child)
{
	const struct slot *slot = child->slot;

	if (child->kind == SLOT_PROBE)
		generation_probed(s, false, slot->culprit, slot->reason);
	else if (s->roll.phase == ROLL_STARTING && child->serial == s->roll.starting)
		generation_start_failed(s, slot->culprit, slot->reason);
	else if (child->serial == s->roll.serving)
		generation_respawn_failed(s, child);
}

/* Who dies before it could work is not started again at once, and each time later. */
static void
back_off(struct supervisor *s)
{
	int64_t wait = (int64_t)BACKOFF_FIRST_MS << (s->quick_deaths < 6 ? s->quick_deaths : 6);

	if (wait > BACKOFF_MAX_MS)
		wait = BACKOFF_MAX_MS;
	s->quick_deaths++;
	s->spawn_not_before_ms = board_now_ms() + wait;
}

void
blame_death(struct supervisor *s, struct child *child, int status)
{
	enum death kind = death_kind(child, status);
	bool early = atomic_load(&child->slot->state) == SLOT_STARTING || kind == DEATH_UNLOADED;
	bool worker = child->kind == SLOT_WEB || child->kind == SLOT_TASK;

	if (worker && early && !child->drain_ms)
		back_off(s);
	if (kind == DEATH_CRASH || kind == DEATH_TIMEOUT)
		on_crash(s, child, kind, status);
	else if (kind == DEATH_UNLOADED)
		on_unloaded(s, child);
	else if (child->kind == SLOT_PROBE)
		generation_probed(s, kind == DEATH_LEFT, "", "自检的进程被中途结束了。");
	if (kind == DEATH_KILLED && !child->killed && !s->stopping_ms)
		log_line(LOG_WARN, "child.killed", "进程 %d 被信号 %d 结束（不是崩溃），已换新的。",
			 (int)child->pid, WTERMSIG(status));
	if (child->kind == SLOT_KEEPER)
		s->keeper_not_before_ms = board_now_ms() + KEEPER_AGAIN_MS;
	board_release(child->slot);
	memset(child, 0, sizeof(*child));
}
