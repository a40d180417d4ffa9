/*
 * worker.c - web workers, task workers and the probe.
 *
 * Signals stay blocked while a request or task runs, so that nothing is ever cut in the middle;
 * they get through only while the process waits. What a child does right now stands in its slot,
 * where the supervisor reads it when the child dies or takes too long.
 */
#define _GNU_SOURCE

#include "process/worker.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/config.h"
#include "base/log.h"
#include "base/seal.h"
#include "data/db.h"
#include "plugin/plugins.h"
#include "process/board.h"
#include "process/children.h"
#include "process/fault.h"
#include "process/transport.h"
#include "web/dispatch.h"
#include "work/work.h"

#define OPEN_FILES    256
#define READ_LIMIT_MS 20000 /* until dispatch knows the route and sets its own */
#define STOP_LIMIT_MS 10000
#define LAST_QUEUE_MS 2000 /* at a stop: how long connections that still wait are served */
#define MEMORY_CHECK  256  /* requests between two looks at the memory in use */
#define TASK_IDLE_MS  1000

static volatile sig_atomic_t told_to_leave;
static sigset_t open_mask;

static void
on_term(int number)
{
	(void)number;
	told_to_leave = 1;
}

static void
on_wake(int number)
{
	(void)number; /* being interrupted is the point */
}

static void
set_signals(void)
{
	static const int fatal[] = { SIGSEGV, SIGBUS,  SIGFPE, SIGILL,
				     SIGABRT, SIGTRAP, SIGSYS, SIGALRM };
	struct sigaction act = { .sa_handler = on_term };
	sigset_t all;

	sigfillset(&all);
	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		sigdelset(&all, fatal[i]);
	sigprocmask(SIG_SETMASK, &all, &open_mask);
	open_mask = all;
	sigdelset(&open_mask, SIGTERM);
	sigdelset(&open_mask, SIGUSR1);
	sigaction(SIGTERM, &act, NULL);
	act.sa_handler = on_wake;
	sigaction(SIGUSR1, &act, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* Address space that a worker may use, 0 = any: sanitizers reserve terabytes. */
static int
memory_limit(const struct config *config)
{
#ifdef __SANITIZE_ADDRESS__
	(void)config;
	return 0;
#else
	return config->memory_mib;
#endif
}

static void
set_limits(const struct config *config)
{
	struct rlimit none = { 0, 0 }, files = { OPEN_FILES, OPEN_FILES };
	rlim_t bytes = (rlim_t)memory_limit(config) << 20;
	struct rlimit memory = { bytes, bytes };

	setrlimit(RLIMIT_CORE, &none);
	setrlimit(RLIMIT_NOFILE, &files);
	if (bytes > 0)
		setrlimit(RLIMIT_AS, &memory);
#ifndef __SANITIZE_ADDRESS__
	prctl(PR_SET_DUMPABLE, 0); /* the leak check wants ptrace */
#endif
}

void
worker_setup(const struct child_start *start, const char *title)
{
	prctl(PR_SET_NAME, title);
	set_signals();
	set_limits(start->config);
	fault_arm(start->board, start->slot);
	start->slot->pid = getpid();
}

const sigset_t *
worker_open_mask(void)
{
	return &open_mask;
}

bool
worker_leaving(const struct slot *slot)
{
	return told_to_leave || atomic_load(&slot->drain);
}

void
worker_sleep(int ms)
{
	struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };

	ppoll(NULL, 0, &time, &open_mask);
}

bool
worker_core(struct core *core, enum core_kind kind, const struct child_start *start,
	    const char **error)
{
	*core = (struct core){ .kind = kind,
			       .config = start->config,
			       .board = start->board,
			       .slot = start->slot,
			       .generation = start->generation };
	core->keys = keyring_read(NULL, start->config->keys, start->config->suite, error);
	if (!core->keys)
		return false;
	core->db = db_new(NULL, start->config);
	return true;
}

static noreturn void
leave(struct slot *slot, int code)
{
	atomic_store(&slot->state, SLOT_LEAVING);
	exit(code);
}

/* Why a set of plugins cannot be had goes to the supervisor through the slot. */
static void
load_or_leave(struct core *core, enum core_kind kind, const struct child_start *start)
{
	struct slot *slot = start->slot;
	const char *error = "";
	char culprit[32] = "";
	bool loaded = worker_core(core, kind, start, &error) &&
		      core_load(core, kind == CORE_PROBE, start->core_only, culprit, &error);

	if (loaded)
		return;
	board_text(slot->culprit, sizeof(slot->culprit), culprit);
	board_text(slot->reason, sizeof(slot->reason), error[0] ? error : "没有说明原因。");
	leave(slot, CHILD_UNLOADED);
}

/* The stop hooks of what has been started, dependents first. */
static noreturn void
stop_and_leave(struct core *core)
{
	struct slot *slot = core->slot;
	struct mark mark;

	atomic_store(&slot->limit_ms, STOP_LIMIT_MS);
	atomic_store(&slot->since_ms, board_now_ms());
	for (size_t i = core->plugins->count; i-- > 0;) {
		const struct plugin *plugin = core->plugins->items[i];

		if (plugin->part || !plugin->table->stop)
			continue;
		slot_enter(slot, &mark, plugin->name, "stop");
		plugin->table->stop();
		slot_leave(slot, &mark);
	}
	leave(slot, CHILD_LEFT);
}

static void
become_busy(void *arg)
{
	struct slot *slot = arg;

	atomic_store(&slot->limit_ms, READ_LIMIT_MS);
	atomic_store(&slot->since_ms, board_now_ms());
	atomic_store(&slot->state, SLOT_BUSY);
}

static void
become_idle(struct slot *slot)
{
	atomic_store(&slot->since_ms, 0);
	atomic_store(&slot->limit_ms, 0);
	slot->route[0] = '\0';
	slot->request[0] = '\0';
	slot->fingerprint = 0;
	atomic_store(&slot->state, SLOT_IDLE);
}

/* Everything is loaded: from now on it counts as one that serves. */
static void
become_ready(const struct child_start *start)
{
	int64_t ms = board_now_ms() - start->born_ms;

	atomic_store(&start->slot->start_ms, ms > 0 ? (int)ms : 1);
	become_idle(start->slot);
}

static long
address_space_mib(void)
{
	long pages = 0;
	FILE *in = fopen("/proc/self/statm", "re");

	if (!in)
		return 0;
	if (fscanf(in, "%ld", &pages) != 1)
		pages = 0;
	fclose(in);
	return pages / (1048576 / sysconf(_SC_PAGESIZE));
}

/* Memory is given back by leaving, but not while the database is away: the successor could not
 * load. Every worker has its own number, so that they do not all leave at once. */
static bool
is_due(const struct core *core, uint64_t served)
{
	const struct config *config = core->config;
	static uint64_t recycle;

	if (!recycle) {
		recycle = (uint64_t)config->recycle;
		recycle -= (uint64_t)getpid() % (recycle / 4 + 1);
	}
	if (!atomic_load(&core->board->database_up))
		return false;
	if (served >= recycle)
		return true;
	return memory_limit(config) > 0 && served > 0 && served % MEMORY_CHECK == 0 &&
	       address_space_mib() > memory_limit(config) * 4L / 5;
}

static void
serve(struct core *core, struct transport *t)
{
	dispatch(core, t);
	transport_finish(t);
	atomic_fetch_add(&core->slot->served, 1);
}

/* The service stops and nobody else will take the connections that have already been made. */
static void
serve_the_queue(struct core *core, struct transport *t, int listen_fd)
{
	const int64_t until = board_now_ms() + LAST_QUEUE_MS;
	struct pollfd waiting = { .fd = listen_fd, .events = POLLIN };

	while (board_now_ms() < until && poll(&waiting, 1, 0) == 1) {
		if (transport_accept(t, listen_fd, &open_mask) == TRANSPORT_REQUEST)
			serve(core, t);
		become_idle(core->slot);
	}
}

noreturn void
worker_web(const struct child_start *start)
{
	struct core core;
	struct transport *t;
	bool failed = false;

	worker_setup(start, "jiyed-web");
	load_or_leave(&core, CORE_WEB, start);
	t = transport_new();
	transport_on_accept(t, become_busy, start->slot);
	become_ready(start);
	while (!failed && !worker_leaving(start->slot) &&
	       !is_due(&core, atomic_load(&start->slot->served))) {
		switch (transport_accept(t, start->listen_fd, &open_mask)) {
		case TRANSPORT_REQUEST:
			serve(&core, t);
			break;
		case TRANSPORT_FAILED:
			log_line(LOG_ERROR_, "web.accept", "监听的套接字不能用了：%s",
				 strerror(errno));
			failed = true;
			break;
		default:
			break;
		}
		become_idle(start->slot);
	}
	if (strcmp(start->board->state, "stopping") == 0)
		serve_the_queue(&core, t, start->listen_fd);
	stop_and_leave(&core);
}

noreturn void
worker_task(const struct child_start *start)
{
	struct core core;

	worker_setup(start, "jiyed-task");
	load_or_leave(&core, CORE_TASK, start);
	become_ready(start);
	while (!worker_leaving(start->slot)) {
		bool did = work_round(&core);

		become_idle(start->slot);
		if (did)
			atomic_fetch_add(&start->slot->served, 1);
		else
			worker_sleep(TASK_IDLE_MS);
		if (is_due(&core, atomic_load(&start->slot->served)))
			break;
	}
	stop_and_leave(&core);
}

noreturn void
worker_probe(const struct child_start *start)
{
	struct core core;

	worker_setup(start, "jiyed-probe");
	load_or_leave(&core, CORE_PROBE, start);
	stop_and_leave(&core);
}
