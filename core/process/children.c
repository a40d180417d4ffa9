/*
 * children.c - forks children and watches them.
 *
 * Children die with the supervisor (PR_SET_PDEATHSIG), so that none is ever left over without a
 * watchdog. Their memory is a copy of the supervisor's, which holds no secret and no plugin.
 */
#include "process/children.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/config.h"
#include "base/log.h"
#include "process/worker.h"

#define START_LIMIT_MS   60000
#define ABORT_TO_KILL_MS 2000
#define TASK_DRAIN_MS    900000 /* a task under way may end; its own limit is shorter as a rule */

static struct child *
free_child(struct supervisor *s)
{
	for (size_t i = 0; i < BOARD_SLOTS; i++)
		if (s->children[i].pid == 0)
			return &s->children[i];
	return NULL;
}

static void
close_what_is_the_parents(struct supervisor *s, enum slot_kind kind)
{
	close(s->control_fd);
	close(s->signal_fd);
	close(s->lock_fd);
	for (size_t i = 0; i < CONTROL_MAX; i++)
		if (s->peers[i].fd >= 0)
			close(s->peers[i].fd);
	if (s->listen_fd >= 0 && kind != SLOT_WEB)
		close(s->listen_fd);
}

static noreturn void
run_child(struct supervisor *s, enum slot_kind kind, const struct child_start *start)
{
	close_what_is_the_parents(s, kind);
	switch (kind) {
	case SLOT_WEB:
		worker_web(start);
	case SLOT_TASK:
		worker_task(start);
	case SLOT_KEEPER:
		worker_keeper(start);
	default:
		worker_probe(start);
	}
}

struct child *
child_spawn(struct supervisor *s, enum slot_kind kind, unsigned serial, bool core_only)
{
	struct child_start start = { .config = s->config,
				     .board = s->board,
				     .generation = s->roll.number,
				     .core_only = core_only,
				     .born_ms = board_now_ms(),
				     .listen_fd = s->listen_fd };
	struct child *child = free_child(s);
	pid_t parent = getpid(), pid;

	start.slot = child ? board_claim(s->board, kind, start.generation) : NULL;
	if (!start.slot) {
		log_line(LOG_ERROR_, "child.slots", "进程太多，记分板没有空位，稍后再试。");
		return NULL;
	}
	pid = fork();
	if (pid < 0) {
		log_line(LOG_ERROR_, "child.fork", "不能产生新进程：%s", strerror(errno));
		board_release(start.slot);
		return NULL;
	}
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(CHILD_LEFT);
		run_child(s, kind, &start);
	}
	start.slot->pid = pid;
	*child = (struct child){ .pid = pid,
				 .kind = kind,
				 .slot = start.slot,
				 .serial = serial,
				 .core_only = core_only,
				 .born_ms = board_now_ms() };
	return child;
}

void
child_drain(struct supervisor *s, struct child *child)
{
	(void)s;
	if (child->drain_ms)
		return;
	child->drain_ms = board_now_ms();
	atomic_store(&child->slot->drain, 1);
	kill(child->pid, SIGTERM); /* wakes it if it waits; a running request is not disturbed */
}

void
child_kill(struct child *child, const char *why)
{
	if (child->killed)
		return;
	child->killed = true;
	log_line(LOG_WARN, "child.kill", "%s（进程 %d，插件 %s，%s %s）", why, (int)child->pid,
		 child->slot->plugin[0] ? child->slot->plugin : "-", child->slot->hook,
		 child->slot->route);
	kill(child->pid, SIGKILL);
}

struct child *
child_of_pid(struct supervisor *s, pid_t pid)
{
	for (size_t i = 0; i < BOARD_SLOTS; i++)
		if (s->children[i].pid == pid)
			return &s->children[i];
	return NULL;
}

static bool
is_worker(const struct child *child)
{
	return child->pid && (child->kind == SLOT_WEB || child->kind == SLOT_TASK);
}

int
children_count(const struct supervisor *s, unsigned serial, enum slot_kind kind)
{
	int n = 0;

	for (size_t i = 0; i < BOARD_SLOTS; i++) {
		const struct child *child = &s->children[i];

		n += is_worker(child) && child->serial == serial && !child->drain_ms &&
		     (kind == SLOT_FREE || child->kind == kind);
	}
	return n;
}

int
children_all(const struct supervisor *s)
{
	int n = 0;

	for (size_t i = 0; i < BOARD_SLOTS; i++)
		n += s->children[i].pid != 0;
	return n;
}

bool
children_ready(const struct supervisor *s, unsigned serial)
{
	int wanted = children_target(s, SLOT_WEB) + children_target(s, SLOT_TASK), ready = 0;

	for (size_t i = 0; i < BOARD_SLOTS; i++) {
		const struct child *child = &s->children[i];

		ready += is_worker(child) && child->serial == serial && !child->drain_ms &&
			 atomic_load(&child->slot->state) != SLOT_STARTING;
	}
	return ready >= wanted;
}

int
children_target(const struct supervisor *s, enum slot_kind kind)
{
	if (kind == SLOT_WEB)
		return strcmp(s->role, "task") == 0 ? 0 : s->config->workers;
	if (kind == SLOT_TASK)
		return strcmp(s->role, "web") == 0 ? 0 : s->config->task_workers;
	return 0;
}

void
children_drain_others(struct supervisor *s, unsigned serial)
{
	for (size_t i = 0; i < BOARD_SLOTS; i++) {
		struct child *child = &s->children[i];

		if (is_worker(child) && (serial == 0 || child->serial != serial))
			child_drain(s, child);
	}
}

static void
strike(struct supervisor *s, struct child *child, const char *why)
{
	if (child->abort_ms)
		return;
	child->abort_ms = board_now_ms();
	board_text(child->slot->reason, sizeof(child->slot->reason), why);
	log_line(LOG_WARN, "watchdog", "%s（进程 %d，插件 %s，%s %s）", why, (int)child->pid,
		 child->slot->plugin[0] ? child->slot->plugin : "-", child->slot->hook,
		 child->slot->route);
	if (child->kind == SLOT_WEB) /* before its connection breaks */
		board_end_request(s->board, child->slot->request, REQUEST_HUNG);
	kill(child->pid, SIGABRT);
}

/* Work that has a limit of its own: a request, a task, a round of the keeper. */
static bool
is_over_its_limit(const struct child *child, int64_t now)
{
	int64_t since = atomic_load(&child->slot->since_ms);
	int limit = atomic_load(&child->slot->limit_ms);

	return since && limit && now - since > limit;
}

static void
watch_start(struct supervisor *s, struct child *child, int64_t now)
{
	int64_t hook = atomic_load(&child->slot->hook_since_ms);

	if (hook && child->slot->plugin[0] && now - hook > HOOK_LIMIT_MS)
		strike(s, child, "插件启动或自检超过 10 秒没有完成。");
	else if (now - child->born_ms > START_LIMIT_MS)
		strike(s, child,
		       child->kind == SLOT_PROBE ? "自检超过 60 秒没有完成。"
						 : "进程超过 60 秒没有就绪。");
}

static void
watch_leave(const struct supervisor *s, struct child *child, int64_t now)
{
	bool task = child->kind == SLOT_TASK && !s->stopping_ms;

	if (now - child->drain_ms > (task ? TASK_DRAIN_MS : DRAIN_CAP_MS))
		child_kill(child, "进程没有按时退出，已强行结束。");
}

void
children_watch(struct supervisor *s)
{
	int64_t now = board_now_ms();

	for (size_t i = 0; i < BOARD_SLOTS; i++) {
		struct child *child = &s->children[i];

		if (child->pid == 0)
			continue;
		if (child->abort_ms && now - child->abort_ms > ABORT_TO_KILL_MS)
			child_kill(child, "进程对中止信号没有反应，已强行结束。");
		else if (atomic_load(&child->slot->state) == SLOT_STARTING)
			watch_start(s, child, now);
		else if (is_over_its_limit(child, now))
			strike(s, child, "超过了处理时限。");
		if (child->drain_ms && child->pid)
			watch_leave(s, child, now);
	}
}
