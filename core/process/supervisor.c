/*
 * supervisor.c - sets up what all children share and then turns one loop.
 *
 * Everything that can harm a process happens in a child. The loop reads signals from a descriptor,
 * so that nothing is ever interrupted, and turns at least four times a second for the watchdog.
 */
#include "process/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/config.h"
#include "base/log.h"
#include "process/blame.h"
#include "process/children.h"
#include "process/control.h"
#include "process/generation.h"
#include "process/notify.h"
#include "process/transport.h"

#define TURN_MS       250
#define QUICK_TURN_MS 10 /* while workers are replaced or the service stops */
#define EXIT_IN_USE   3
#define CORE_CRASHES  5

static void __attribute__((format(printf, 1, 2))) say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("jiyed：", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
}

/* Held as long as this process lives; children close theirs, and die with it anyway. */
static int
take_lock(const struct config *config)
{
	char path[1024], text[24] = "";
	int fd, n;

	snprintf(path, sizeof(path), "%s/jiyed.lock", config->home);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0) {
		say("不能写 %s：%s。请检查 home 文件夹的权限。", path, strerror(errno));
		return -1;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (read(fd, text, sizeof(text) - 1) <= 0)
			text[0] = '\0';
		text[strcspn(text, "\n")] = '\0';
		say("这套数据已有一个 jiyed 在运行（进程 %s，%s）。请先停止它：jiyectl stop。",
		    text, config->home);
		close(fd);
		return -EXIT_IN_USE;
	}
	n = snprintf(text, sizeof(text), "%d\n", (int)getpid());
	if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)n, 0) != n)
		say("不能写 %s：%s。", path, strerror(errno)); /* only the number is lost */
	return fd;
}

static int
take_signals(void)
{
	static const int numbers[] = { SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2 };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaddset(&set, numbers[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int
set_up(struct supervisor *s)
{
	const char *error = "";

	s->lock_fd = take_lock(s->config);
	if (s->lock_fd < 0)
		return s->lock_fd == -EXIT_IN_USE ? EXIT_IN_USE : 1;
	if (log_open(s->config->log) != 0) {
		say("不能写日志文件 %s：%s。请检查 [log] 的 file。", s->config->log,
		    strerror(errno));
		return 2;
	}
	s->board = board_new();
	s->signal_fd = take_signals();
	if (!s->board || s->signal_fd < 0) {
		say("不能准备共享内存或信号：%s。", strerror(errno));
		return 1;
	}
	if (strcmp(s->role, "task") != 0) {
		s->listen_fd = transport_listen(s->config->listen, &error);
		if (s->listen_fd < 0) {
			say("%s", error);
			return EXIT_IN_USE;
		}
	}
	s->control_fd = control_listen(s->config, &error);
	if (s->control_fd < 0) {
		say("%s", error);
		return 1;
	}
	return 0;
}

static void
unlink_sockets(struct supervisor *s)
{
	char path[1024];

	if (s->listen_fd >= 0 && strncmp(s->config->listen, "unix:", 5) == 0)
		unlink(s->config->listen + 5);
	snprintf(path, sizeof(path), "%s/control.sock", s->config->home);
	unlink(path);
}

void
supervisor_stop(struct supervisor *s)
{
	if (s->stopping_ms) {
		log_line(LOG_WARN, "stop.now", "再次要求停止，不再等待。");
		for (size_t i = 0; i < BOARD_SLOTS; i++)
			if (s->children[i].pid)
				child_kill(&s->children[i], "停止时不再等待。");
		return;
	}
	s->stopping_ms = board_now_ms();
	board_text(s->board->state, sizeof(s->board->state), "stopping");
	notify_say("STOPPING=1");
	log_line(LOG_NOTE, "stop", "正在停止：等待手头的请求完成，最多 30 秒。");
	unlink_sockets(s);
	children_drain_others(s, 0);
}

/* The keeper stays until the workers have left, to store how they died; the probe serves nobody. */
static void
stop_step(struct supervisor *s)
{
	int workers = 0;

	for (size_t i = 0; i < BOARD_SLOTS; i++)
		workers += s->children[i].pid && s->children[i].kind != SLOT_KEEPER;
	for (size_t i = 0; i < BOARD_SLOTS; i++) {
		struct child *child = &s->children[i];

		if (child->pid && child->kind == SLOT_PROBE)
			child_kill(child, "停止时不再等待自检。");
		else if (child->pid && child->kind == SLOT_KEEPER && workers == 0)
			child_drain(s, child);
	}
}

static void
reap(struct supervisor *s)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct child *child = child_of_pid(s, pid);

		if (child)
			blame_death(s, child, status);
	}
}

static void
hang_up(struct supervisor *s)
{
	log_reopen();
	log_line(LOG_NOTE, "reload", "已重新打开日志，正在换上新的工作进程。");
	for (size_t i = 0; i < BOARD_SLOTS; i++)
		if (s->children[i].pid && s->children[i].kind == SLOT_KEEPER)
			child_drain(s, &s->children[i]); /* its successor writes to the new file */
	generation_again(s);
}

static void
read_signals(struct supervisor *s)
{
	struct signalfd_siginfo info;

	while (read(s->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGTERM:
		case SIGINT:
			supervisor_stop(s);
			break;
		case SIGHUP:
			if (!s->stopping_ms)
				hang_up(s);
			break;
		default:
			break; /* SIGCHLD: reaped at every turn; SIGUSR1: the keeper has news */
		}
	}
}

static void
note_ready(struct supervisor *s)
{
	for (size_t i = 0; i < BOARD_SLOTS; i++) {
		struct child *child = &s->children[i];

		if (!child->pid || child->seen_ready ||
		    atomic_load(&child->slot->state) == SLOT_STARTING)
			continue;
		child->seen_ready = true;
		if (child->kind != SLOT_KEEPER && child->kind != SLOT_PROBE)
			s->quick_deaths = 0;
	}
	if (!s->ready_said && s->roll.serving) {
		s->ready_said = true;
		notify_say("READY=1\nSTATUS=serving");
		log_line(LOG_NOTE, "ready", "已就绪，监听 %s。",
			 s->listen_fd >= 0 ? s->config->listen : "（只做后台任务）");
	}
}

static void
keep_keeper(struct supervisor *s)
{
	for (size_t i = 0; i < BOARD_SLOTS; i++)
		if (s->children[i].pid && s->children[i].kind == SLOT_KEEPER)
			return;
	if (board_now_ms() < s->keeper_not_before_ms)
		return;
	if (!child_spawn(s, SLOT_KEEPER, 0, true))
		s->keeper_not_before_ms = board_now_ms() + 1000;
}

static void
turn(struct supervisor *s)
{
	bool quick = s->stopping_ms || s->roll.phase != ROLL_NONE || !s->roll.serving;
	struct pollfd fds[2 + CONTROL_MAX] = { { .fd = s->signal_fd, .events = POLLIN },
					       { .fd = s->control_fd, .events = POLLIN } };

	for (size_t i = 0; i < CONTROL_MAX; i++)
		fds[2 + i] = (struct pollfd){ .fd = s->peers[i].fd, .events = POLLIN };
	poll(fds, 2 + CONTROL_MAX, quick ? QUICK_TURN_MS : TURN_MS);
	read_signals(s);
	reap(s);
	control_serve(s);
	control_tick(s);
	children_watch(s);
	if (s->stopping_ms) {
		stop_step(s);
	} else {
		keep_keeper(s);
		generation_tick(s);
		note_ready(s);
	}
	atomic_store(&s->board->supervisor_beat_ms, board_now_ms());
	notify_watchdog();
}

int
supervisor_run(const struct config *config, const struct supervisor_options *options)
{
	static struct supervisor state; /* large; there is one */
	struct supervisor *s = &state;
	const struct quarantine_rule rule = { .crashes = config->crashes,
					      .window_ms = config->crash_seconds * 1000L,
					      .requests = config->crash_requests };
	struct quarantine_rule core_rule = rule;
	int code;

	core_rule.crashes = CORE_CRASHES;
	s->config = config;
	s->role = options->role;
	s->safe = options->safe;
	s->listen_fd = s->control_fd = s->signal_fd = s->lock_fd = -1;
	s->born_ms = board_now_ms();
	for (size_t i = 0; i < CONTROL_MAX; i++)
		s->peers[i].fd = -1;
	quarantine_init(&s->plugin_crashes, rule);
	quarantine_init(&s->core_crashes, core_rule);
	code = set_up(s);
	if (code != 0)
		return code;
	log_line(LOG_NOTE, "start", "jiyed %s 启动，节点 %s，配置 %s。", JIYE_VERSION, config->node,
		 config->file);
	generation_want(s, true);
	while (!s->stopping_ms || children_all(s) > 0)
		turn(s);
	log_line(LOG_NOTE, "stopped", "已停止。");
	return 0;
}
