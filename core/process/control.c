/*
 * control.c - the control socket (mode 0600: only the service's own user).
 *
 * The supervisor never waits for a peer: it reads what is there, answers with one write into the
 * socket's buffer and closes. All it parses is one short line.
 */
#define _GNU_SOURCE

#include "process/control.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/config.h"
#include "base/log.h"
#include "process/generation.h"
#include "process/status.h"
#include "process/supervisor.h"

#define PEER_LIMIT_MS 5000
#define ANSWER_MAX    (256 * 1024)

static char error_text[500];

static bool
socket_name(const struct config *config, struct sockaddr_un *name)
{
	int n;

	memset(name, 0, sizeof(*name));
	name->sun_family = AF_UNIX;
	n = snprintf(name->sun_path, sizeof(name->sun_path), "%s/control.sock", config->home);
	if (n > 0 && (size_t)n < sizeof(name->sun_path))
		return true;
	snprintf(
	    error_text, sizeof(error_text),
	    "home 的路径太长，放不下控制套接字：%s。请换一个短一些的文件夹（最多 90 个字节）。",
	    config->home);
	return false;
}

int
control_listen(const struct config *config, const char **error)
{
	struct sockaddr_un name;
	mode_t mask;
	int fd, bound;

	*error = error_text;
	if (!socket_name(config, &name))
		return -1;
	unlink(name.sun_path); /* the lock says that nobody else uses it */
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mask = umask(0177);
	bound = fd < 0 ? -1 : bind(fd, (struct sockaddr *)&name, sizeof(name));
	umask(mask);
	if (bound == 0 && listen(fd, 16) == 0)
		return fd;
	snprintf(error_text, sizeof(error_text), "不能建立控制套接字 %s：%s。请检查文件夹的权限。",
		 name.sun_path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

static json_t *
said(const char *sentence)
{
	return json_pack("{s:b, s:s}", "ok", 1, "message", sentence);
}

static json_t *
refused(const char *sentence)
{
	return json_pack("{s:b, s:s}", "ok", 0, "message", sentence);
}

static json_t *
clear(struct supervisor *s, const char *plugin)
{
	if (!board_forgive(s->board, plugin))
		return refused("这个插件没有被本机隔离。");
	generation_want(s, false);
	return said("已解除隔离，正在换上新的工作进程。");
}

static json_t *
roll(struct supervisor *s)
{
	generation_again(s);
	return said("正在换上新的工作进程。");
}

static json_t *
look(struct supervisor *s)
{
	for (size_t i = 0; i < BOARD_SLOTS; i++)
		if (s->children[i].pid && s->children[i].kind == SLOT_KEEPER)
			kill(s->children[i].pid, SIGUSR1);
	return said("正在查看数据库里的变化。");
}

static json_t *
obey(struct supervisor *s, const char *line)
{
	if (strcmp(line, "status") == 0)
		return status_json(s);
	if (strcmp(line, "roll") == 0)
		return roll(s);
	if (strcmp(line, "look") == 0)
		return look(s);
	if (strcmp(line, "reopen") == 0) {
		kill(getpid(), SIGHUP);
		return said("正在重新打开日志。");
	}
	if (strcmp(line, "stop") == 0) {
		supervisor_stop(s);
		return said("正在停止，最多需要 30 秒。");
	}
	if (strncmp(line, "quarantine-clear ", 17) == 0)
		return clear(s, line + 17);
	return refused(
	    "没有这个命令。可用：status roll look reopen stop quarantine-clear 插件名。");
}

static void
peer_close(struct control_peer *peer)
{
	close(peer->fd);
	peer->fd = -1;
}

static void
answer(struct supervisor *s, struct control_peer *peer)
{
	json_t *reply = obey(s, peer->line);
	char *text = reply ? json_dumps(reply, JSON_COMPACT) : NULL;
	int room = ANSWER_MAX;
	size_t n;

	if (!text)
		abort();
	n = strlen(text);
	text[n++] = '\n';
	setsockopt(peer->fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	if (send(peer->fd, text, n, MSG_NOSIGNAL) < 0)
		log_line(LOG_WARN, "control.answer", "控制套接字的应答没有送达：%s",
			 strerror(errno));
	free(text);
	json_decref(reply);
}

static void
peer_read(struct supervisor *s, struct control_peer *peer)
{
	size_t room = sizeof(peer->line) - 1 - peer->got;
	ssize_t n = read(peer->fd, peer->line + peer->got, room);
	char *end;

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		peer_close(peer);
		return;
	}
	peer->got += (size_t)n;
	peer->line[peer->got] = '\0';
	end = strchr(peer->line, '\n');
	if (!end && (size_t)n < room)
		return;
	if (end)
		*end = '\0';
	answer(s, peer);
	peer_close(peer);
}

static void
peer_accept(struct supervisor *s)
{
	for (size_t i = 0; i < CONTROL_MAX; i++) {
		struct control_peer *peer = &s->peers[i];

		if (peer->fd >= 0)
			continue;
		peer->fd = accept4(s->control_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		peer->since_ms = board_now_ms();
		peer->got = 0;
		if (peer->fd < 0)
			return;
	}
}

void
control_serve(struct supervisor *s)
{
	peer_accept(s);
	for (size_t i = 0; i < CONTROL_MAX; i++)
		if (s->peers[i].fd >= 0)
			peer_read(s, &s->peers[i]);
}

void
control_tick(struct supervisor *s)
{
	for (size_t i = 0; i < CONTROL_MAX; i++)
		if (s->peers[i].fd >= 0 && board_now_ms() - s->peers[i].since_ms > PEER_LIMIT_MS)
			peer_close(&s->peers[i]);
}

/* --- The other end ------------------------------------------------------------------------ */

static int
call_connect(const struct config *config)
{
	struct timeval limit = { .tv_sec = 10 };
	struct sockaddr_un name;
	int fd;

	if (!socket_name(config, &name))
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (fd >= 0 && connect(fd, (struct sockaddr *)&name, sizeof(name)) == 0)
		return fd;
	if (errno == EACCES)
		snprintf(error_text, sizeof(error_text),
			 "没有权限使用 %s。请用运行 jiyed 的那个用户执行。", name.sun_path);
	else
		snprintf(error_text, sizeof(error_text), "jiyed 没有在运行（%s：%s）。请先启动它。",
			 name.sun_path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

static json_t *
call_read(int fd)
{
	char *text = malloc(ANSWER_MAX);
	json_t *json;
	size_t got = 0;
	ssize_t n;

	if (!text)
		abort();
	while (got < ANSWER_MAX && (n = read(fd, text + got, ANSWER_MAX - got)) > 0)
		got += (size_t)n;
	json = json_loadb(text, got, 0, NULL);
	free(text);
	return json;
}

bool
control_call(const struct config *config, const char *command, json_t **reply, const char **error)
{
	char line[200];
	int fd = call_connect(config), n;
	json_t *json;

	*error = error_text;
	if (fd < 0)
		return false;
	n = snprintf(line, sizeof(line), "%s\n", command);
	if (n < 0 || (size_t)n >= sizeof(line) || send(fd, line, (size_t)n, MSG_NOSIGNAL) != n) {
		snprintf(error_text, sizeof(error_text), "命令太长或没有送达：%s", command);
		close(fd);
		return false;
	}
	json = call_read(fd);
	close(fd);
	if (!json) {
		snprintf(error_text, sizeof(error_text), "jiyed 没有应答，请稍后再试或查看日志。");
		return false;
	}
	if (json_is_false(json_object_get(json, "ok"))) {
		snprintf(error_text, sizeof(error_text), "%s",
			 json_string_value(json_object_get(json, "message")));
		json_decref(json);
		return false;
	}
	*reply = json;
	return true;
}
