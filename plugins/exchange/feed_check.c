/*
 * feed_check.c - reads a feed without storing anything, and reports.
 *
 * Strangers' bytes are read in a child of its own with limits on processor time, memory and clock:
 * whatever they do to a parser, the worker goes on. The child answers through a pipe with the
 * report as JSON; how much it used comes from the kernel.
 */
#define _GNU_SOURCE /* pipe2, wait4 */
#include "feed.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CPU_S       60
#define MEMORY      ((rlim_t)512 * 1024 * 1024)
#define WALL_S      600
#define REPORT_MAX  ((size_t)32 * 1024 * 1024)
#define JOBS_BYTES  ((size_t)4 * 1024 * 1024) /* source bytes of the jobs that a report carries */
#define REFUSED_MAX 1000
#define MAX_MIB     1024

/* --- In the child --- */

struct report {
	struct feed_reader *reader;
	json_t *jobs, *refused;
	size_t bytes;
};

static void
on_accept(void *arg, json_t *job)
{
	struct report *report = arg;

	report->bytes += report->reader->cutter.item_n;
	if (report->bytes <= JOBS_BYTES)
		json_array_append(report->jobs, job);
}

static void
on_refuse(void *arg, int64_t item, int64_t line, const char *field, const char *why)
{
	struct report *report = arg;

	if (json_array_size(report->refused) < REFUSED_MAX)
		json_array_append_new(report->refused,
				      json_pack("{s:I, s:I, s:s?, s:s, s:s}", "item",
						(json_int_t)item, "line", (json_int_t)line, "field",
						field, "reason", why, "message",
						feed_reason_text(why)));
}

static json_t *
report_json(const struct report *report)
{
	const struct feed_reader *r = report->reader;

	return json_pack(
	    "{s:s?, s:s, s:s, s:s?, s:s, s:I, s:I, s:I, s:o, s:o, s:{s:I, s:I}}", "format",
	    r->format ? r->format->name : NULL, "encoding", feed_reader_encoding(r), "state",
	    r->state, "reason", r->reason, "message", feed_reason_text(r->reason), "line",
	    (json_int_t)(r->reason ? r->reason_line : 0), "items", (json_int_t)r->items, "accepted",
	    (json_int_t)r->accepted, "refused", report->refused, "jobs", report->jobs, "left_off",
	    "jobs", (json_int_t)(r->accepted - (int64_t)json_array_size(report->jobs)), "refused",
	    (json_int_t)(r->refused - (int64_t)json_array_size(report->refused)));
}

static xmlParserInputPtr
deny(const char *url, const char *id, xmlParserCtxtPtr parser)
{
	(void)url, (void)id, (void)parser;
	return NULL;
}

static void
limits_set(void)
{
	struct rlimit cpu = { CPU_S, CPU_S }, none = { 0, 0 };

	setrlimit(RLIMIT_CPU, &cpu);
	setrlimit(RLIMIT_CORE, &none);
	setrlimit(RLIMIT_FSIZE, &none); /* it writes nothing but its pipe */
#ifndef __SANITIZE_ADDRESS__            /* whose shadow is larger than any limit */
	setrlimit(RLIMIT_AS, &(struct rlimit){ MEMORY, MEMORY });
#endif
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	xmlSetExternalEntityLoader(deny);
}

static void
child(struct jy_ctx *cx, json_t *args, int file, int answer)
{
	struct report report = { .jobs = json_array(), .refused = json_array() };
	int64_t mib = jy_json_int(args, "max_mib");
	const char *charset = jy_json_text(args, "charset");
	char *block = jy_alloc(cx, FEED_CHUNK);
	ssize_t n;

	limits_set();
	report.reader = feed_reader_new(cx);
	report.reader->accept = on_accept;
	report.reader->refuse = on_refuse;
	report.reader->arg = &report;
	if (mib > 0 && mib <= MAX_MIB)
		report.reader->bytes_max = mib * 1024 * 1024;
	feed_reader_begin(report.reader, jy_json_text(args, "profile"), *charset ? charset : NULL);
	while ((n = read(file, block, FEED_CHUNK)) > 0)
		if (!feed_reader_push(report.reader, block, (size_t)n))
			break;
	if (n < 0)
		feed_reader_cut(report.reader, "unreadable");
	feed_reader_end(report.reader);
	_exit(json_dumpfd(report_json(&report), answer, JSON_COMPACT) == 0 ? 0 : 1);
}

/* --- In the parent --- */

static int
left_ms(const struct timespec *since)
{
	struct timespec now;
	long long used;

	clock_gettime(CLOCK_MONOTONIC, &now);
	used = (now.tv_sec - since->tv_sec) * 1000 + (now.tv_nsec - since->tv_nsec) / 1000000;
	return used < WALL_S * 1000 ? (int)(WALL_S * 1000 - used) : 0;
}

/* What the child writes, in parts that double; NULL when it is silent too long or says too much. */
static char *
answer_read(struct jy_ctx *cx, int pipe, size_t *length)
{
	struct timespec begun;
	size_t room = FEED_CHUNK, n = 0;
	char *text = jy_alloc(cx, room);
	ssize_t got = 1;

	clock_gettime(CLOCK_MONOTONIC, &begun);
	while (got > 0 && room <= REPORT_MAX) {
		struct pollfd wait = { pipe, POLLIN, 0 };
		int left = left_ms(&begun);

		if (left == 0)
			return NULL;
		if (poll(&wait, 1, left) <= 0)
			continue;
		got = read(pipe, text + n, room - n);
		n += got > 0 ? (size_t)got : 0;
		if (n == room) {
			char *wider = jy_alloc(cx, room * 2);

			memcpy(wider, text, n);
			text = wider;
			room *= 2;
		}
	}
	*length = n;
	return got == 0 ? text : NULL;
}

static json_t *
refusal(const char *reason)
{
	return json_pack("{s:n, s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:[], s:[], s:{s:i, s:i}}",
			 "format", "encoding", "", "state", "refused", "reason", reason, "message",
			 feed_reason_text(reason), "line", 0, "items", 0, "accepted", 0, "refused",
			 "jobs", "left_off", "jobs", 0, "refused", 0);
}

static json_t *
child_answer(struct jy_ctx *cx, pid_t pid, int pipe)
{
	size_t n = 0;
	char *text = answer_read(cx, pipe, &n);
	struct rusage used = { 0 };
	json_t *report = NULL;
	int status = 0;

	if (!text)
		kill(pid, SIGKILL);
	while (wait4(pid, &status, 0, &used) < 0 && errno == EINTR)
		;
	if (text && status == 0)
		report = json_loadb(text, n, 0, NULL);
	if (!report) {
		jy_log(cx, "exchange.reader", "the reader of a feed ended with status %d", status);
		report = refusal(text ? "reader_died" : "timeout");
	}
	json_object_set_new(report, "cpu_ms",
			    json_integer((used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000 +
					 (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1000));
	json_object_set_new(report, "peak_kib", json_integer(used.ru_maxrss));
	return report;
}

static int
file_open(const char *path)
{
	struct stat st;
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (file >= 0 && (fstat(file, &st) != 0 || !S_ISREG(st.st_mode))) {
		close(file);
		file = -1;
	}
	return file;
}

enum jy_status
feed_check(struct jy_ctx *cx, json_t *args, jy_each_fn each, void *arg)
{
	int file = file_open(jy_json_text(args, "file")), ends[2];
	json_t *report;
	pid_t pid;

	if (file < 0)
		return each(arg, jy_own(cx, refusal("unreadable")));
	xmlInitParser();
	if (pipe2(ends, O_CLOEXEC) != 0) {
		close(file);
		jy_log(cx, "exchange.reader", "no pipe: %s", strerror(errno));
		return JY_FAILED;
	}
	pid = fork();
	if (pid == 0) {
		close(ends[0]);
		child(cx, args, file, ends[1]);
	}
	close(file);
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		jy_log(cx, "exchange.reader", "no process: %s", strerror(errno));
		return JY_FAILED;
	}
	report = jy_own(cx, child_answer(cx, pid, ends[0]));
	close(ends[0]);
	return each(arg, report);
}
