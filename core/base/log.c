/*
 * log.c - structured log lines.
 *
 * A line is one JSON object and one write() to a descriptor opened with O_APPEND, so that lines of
 * many processes never mix. A full disk drops lines and never stops the service.
 */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOG_TEXT_MAX 4096
#define BEIJING      (8 * 3600)

static int log_fd = STDERR_FILENO;
static char log_path[1024] = "-";
static enum log_level log_most = LOG_DETAIL;

int
log_open(const char *path)
{
	int fd;

	if (strcmp(path, "-") == 0) {
		log_fd = STDERR_FILENO;
		return 0;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	if (fd < 0)
		return -1;
	if (log_fd != STDERR_FILENO)
		close(log_fd);
	log_fd = fd;
	if (path != log_path)
		snprintf(log_path, sizeof(log_path), "%s", path);
	return 0;
}

void
log_reopen(void)
{
	if (log_open(log_path) != 0)
		log_line(LOG_ERROR_, "log.reopen", "日志文件 %s 无法重新打开：%s", log_path,
			 strerror(errno));
}

void
log_up_to(enum log_level level)
{
	log_most = level;
}

static const char *
level_name(enum log_level level)
{
	static const char *const names[] = { "error", "warn", "note", "detail" };

	return names[level];
}

/* The text of a second is made once in it. */
static void
now_text(char *into, size_t size)
{
	static char text[24];
	static time_t second;
	struct timespec now;
	struct tm tm;
	time_t local;

	clock_gettime(CLOCK_REALTIME, &now);
	if (now.tv_sec != second) {
		local = now.tv_sec + BEIJING;
		gmtime_r(&local, &tm);
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
		second = now.tv_sec;
	}
	snprintf(into, size, "%s.%03ld", text, now.tv_nsec / 1000000);
}

/* Foreign text (a database's or a plugin's message) may be cut in the middle of a character. */
static json_t *
text_json(char *text)
{
	json_t *value = json_string(text);
	char *p;

	if (value)
		return value;
	for (p = text; *p; p++)
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	return json_string(text);
}

void
log_json(enum log_level level, const char *event, json_t *fields)
{
	char at[40], *line;
	json_t *whole;
	size_t n;

	if (level > log_most) {
		json_decref(fields);
		return;
	}
	now_text(at, sizeof(at));
	whole = json_pack("{s:s, s:s, s:s, s:i}", "at", at, "level", level_name(level), "event",
			  event, "pid", (int)getpid());
	if (!whole)
		abort();
	if (fields) {
		json_object_update_missing(whole, fields);
		json_decref(fields);
	}
	line = json_dumps(whole, JSON_COMPACT);
	json_decref(whole);
	if (!line)
		abort();
	n = strlen(line);
	line[n++] = '\n'; /* over the NUL: the length is what counts */
	if (write(log_fd, line, n) < 0)
		errno = 0; /* nowhere left to say it */
	free(line);
}

void
log_members(enum log_level level, const char *event, const char *members)
{
	char at[40], line[LOG_TEXT_MAX];
	int n;

	if (level > log_most)
		return;
	now_text(at, sizeof(at));
	n = snprintf(line, sizeof(line),
		     "{\"at\":\"%s\",\"level\":\"%s\",\"event\":\"%s\",\"pid\":%d,%s}\n", at,
		     level_name(level), event, (int)getpid(), members);
	if (n > 0 && (size_t)n < sizeof(line) && write(log_fd, line, (size_t)n) < 0)
		errno = 0; /* nowhere left to say it */
}

void
log_line(enum log_level level, const char *event, const char *fmt, ...)
{
	char text[LOG_TEXT_MAX];
	json_t *fields = json_object();
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	json_object_set_new(fields, "text", text_json(text));
	log_json(level, event, fields);
}
