/*
 * transport.c - our accept loop around libfcgi.
 *
 * libfcgi's own one cuts a body when a signal comes, drops a request at shutdown and then spins. So
 * the worker keeps signals blocked, waits in epoll_pwait, accepts itself, sets time limits on the
 * socket and only then lends libfcgi the descriptor. This uses two fields of FCGX_Request that are
 * marked as internal; test_transport pins them. The connection is closed after each answer (no
 * keep-conn).
 */
#define _GNU_SOURCE

#include "process/transport.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcgiapp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <talloc.h>
#include <unistd.h>

#define BACKLOG      1024
#define SOCKET_LIMIT 10  /* seconds that one read or write may take */
#define WAIT_MS      100 /* the longest time that a connection waits for a worker that died */
#define NAMES_MAX    96 /* variables that are found by the length of their name; more are searched */
#define AT_ONCE      65536 /* bytes that a fresh socket takes without waiting for the peer */

struct transport {
	FCGX_Request q;
	long long expected, got; /* bytes of the body: CONTENT_LENGTH, and so far */
	int waiter, watched;     /* an epoll descriptor and the listening one that it looks at */
	size_t written;
	unsigned name_length[NAMES_MAX]; /* of q.envp */
	size_t names;
	void (*begun)(void *arg);
	void *begun_arg;
};

static char error_text[400];

static int
refuse(int fd, const char **error, const char *what, const char *address, const char *advice)
{
	snprintf(error_text, sizeof(error_text), "%s %s。%s", what, address, advice);
	*error = error_text;
	if (fd >= 0)
		close(fd);
	return -1;
}

static bool
somebody_answers(const struct sockaddr_un *name)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool answers;

	if (fd < 0)
		return true;
	/* A full queue (EAGAIN) also means that somebody is there. */
	answers = connect(fd, (const struct sockaddr *)name, sizeof(*name)) == 0 || errno == EAGAIN;
	close(fd);
	return answers;
}

static int
listen_unix(const char *path, const char **error)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	struct stat st;
	mode_t mask;
	int fd, bound;

	if (strlen(path) >= sizeof(name.sun_path))
		return refuse(-1, error, "套接字路径太长：", path,
			      "请换一个不超过 107 个字节的路径。");
	memcpy(name.sun_path, path, strlen(path) + 1);
	if (lstat(path, &st) == 0) {
		if (!S_ISSOCK(st.st_mode))
			return refuse(-1, error, "这个路径上已有别的文件，不会覆盖它：", path,
				      "请移开它，或在 [web] listen 换一个路径。");
		if (somebody_answers(&name))
			return refuse(-1, error, "已有程序在使用套接字", path,
				      "请先停止它，或在 [web] listen 换一个路径。");
		unlink(path);
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mask = umask(0117); /* 0660: nginx is let in by the group */
	bound = fd < 0 ? -1 : bind(fd, (struct sockaddr *)&name, sizeof(name));
	umask(mask);
	if (bound != 0 || listen(fd, BACKLOG) != 0)
		return refuse(fd, error, "不能建立套接字", path, strerror(errno));
	return fd;
}

static int
listen_tcp(const char *address, const char **error)
{
	const char *colon = strrchr(address, ':');
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
				  .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV };
	struct addrinfo *found;
	char host[64];
	int fd, on = 1, bound;

	if (!colon || (size_t)(colon - address) >= sizeof(host))
		return refuse(-1, error, "看不懂监听地址", address,
			      "请写 unix:/路径 或 地址:端口，例如 127.0.0.1:9000。");
	memcpy(host, address, (size_t)(colon - address));
	host[colon - address] = '\0';
	if (host[0] == '[' && colon[-1] == ']') {
		host[colon - address - 1] = '\0';
		memmove(host, host + 1, strlen(host));
	}
	if (getaddrinfo(host, colon + 1, &hints, &found) != 0)
		return refuse(-1, error, "看不懂监听地址", address,
			      "请写数字地址和端口，例如 127.0.0.1:9000。");
	fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	bound = fd < 0 ? -1 : bind(fd, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	if (bound == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	if (errno == EADDRINUSE)
		return refuse(fd, error, "已有程序在使用端口", address,
			      "请先停止它，或在 [web] listen 换一个端口。");
	return refuse(fd, error, "不能监听", address, strerror(errno));
}

int
transport_listen(const char *address, const char **error)
{
	if (strncmp(address, "unix:", 5) == 0)
		return listen_unix(address + 5, error);
	return listen_tcp(address, error);
}

static int
finish_at_free(struct transport *t)
{
	transport_finish(t);
	close(t->waiter);
	return 0;
}

struct transport *
transport_new(void)
{
	struct transport *t = talloc_zero(NULL, struct transport);

	if (!t)
		abort();
	/* Otherwise closing waits up to two seconds for a peer that does not. */
	setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "200", 1);
	signal(SIGPIPE, SIG_IGN);
	if (FCGX_Init() != 0 || FCGX_InitRequest(&t->q, -1, 0) != 0)
		abort();
	t->waiter = epoll_create1(EPOLL_CLOEXEC);
	t->watched = -1;
	talloc_set_destructor(t, finish_at_free);
	return t;
}

void
transport_on_accept(struct transport *t, void (*begun)(void *arg), void *arg)
{
	t->begun = begun;
	t->begun_arg = arg;
}

static enum transport_result
accept_failed(void)
{
	switch (errno) {
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		usleep(50000); /* short of something that others give back */
		return TRANSPORT_AGAIN;
	case EBADF:
	case EINVAL:
	case ENOTSOCK:
		return TRANSPORT_FAILED;
	default:
		return TRANSPORT_AGAIN; /* another worker was faster, or the peer has gone */
	}
}

static void
set_limit(int fd, int what)
{
	struct timeval limit = { .tv_sec = SOCKET_LIMIT };

	setsockopt(fd, SOL_SOCKET, what, &limit, sizeof(limit));
}

/* A request asks for about twenty of its thirty variables, libfcgi compares them text by text. */
static void
measure_names(struct transport *t)
{
	size_t n = 0;

	for (; t->q.envp[n] && n < NAMES_MAX; n++)
		t->name_length[n] = (unsigned)strcspn(t->q.envp[n], "=");
	t->names = n;
}

static void
read_length(struct transport *t)
{
	const char *text = transport_param(t, "CONTENT_LENGTH");
	char *end;

	t->got = 0;
	t->expected = 0;
	if (!text || !*text)
		return;
	errno = 0;
	t->expected = strtoll(text, &end, 10);
	if (errno || *end || t->expected < 0)
		t->expected = -1; /* every read then says that the body is not what was announced */
}

/* One connection wakes one worker, not all that wait. Should just that one die or leave, the others
 * look for themselves after WAIT_MS. Answers like epoll_pwait. */
static int
wait_for_connection(struct transport *t, int listen_fd, const sigset_t *open_mask)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLEXCLUSIVE };

	if (t->watched != listen_fd) {
		if (t->watched >= 0)
			epoll_ctl(t->waiter, EPOLL_CTL_DEL, t->watched, NULL);
		if (epoll_ctl(t->waiter, EPOLL_CTL_ADD, listen_fd, &event) != 0)
			return -1;
		t->watched = listen_fd;
	}
	return epoll_pwait(t->waiter, &event, 1, WAIT_MS, open_mask);
}

enum transport_result
transport_accept(struct transport *t, int listen_fd, const sigset_t *open_mask)
{
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC), ready;

	/* Under load the next one is there already, and not asking first saves a call each time. */
	if (fd < 0 && errno == EAGAIN) {
		ready = wait_for_connection(t, listen_fd, open_mask);
		if (ready < 0)
			return errno == EINTR ? TRANSPORT_SIGNAL : TRANSPORT_FAILED;
		fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
	}
	if (fd < 0)
		return accept_failed();
	if (t->begun)
		t->begun(t->begun_arg);
	set_limit(fd, SO_RCVTIMEO);
	t->written = 0;
	t->q.ipcFd = fd;
	t->q.keepConnection = 1; /* or FCGX_Accept_r would first close what it has just been lent */
	t->q.listen_sock = -1;   /* after a broken request it must not accept another itself */
	if (FCGX_Accept_r(&t->q) < 0)
		return TRANSPORT_AGAIN;
	measure_names(t);
	read_length(t);
	return TRANSPORT_REQUEST;
}

const char *
transport_param(struct transport *t, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < t->names; i++)
		if (t->name_length[i] == n && memcmp(t->q.envp[i], name, n) == 0)
			return t->q.envp[i] + n + 1;
	return t->names < NAMES_MAX ? NULL : FCGX_GetParam(name, t->q.envp + NAMES_MAX);
}

char **
transport_params(struct transport *t)
{
	return t->q.envp;
}

ssize_t
transport_read(struct transport *t, void *into, size_t n)
{
	long long left = t->expected - t->got;
	int got;

	if (t->expected < 0)
		return -1;
	if (left <= 0)
		return 0;
	if ((long long)n > left)
		n = (size_t)left;
	if (n > 1 << 20)
		n = 1 << 20;
	got = FCGX_GetStr(into, (int)n, t->q.in);
	if (FCGX_GetError(t->q.in) != 0 || got <= 0)
		return -1; /* the end came before CONTENT_LENGTH did */
	t->got += got;
	return got;
}

int
transport_write(struct transport *t, const void *bytes, size_t n)
{
	const char *p = bytes;

	if (t->written <= AT_ONCE && t->written + n > AT_ONCE)
		set_limit(t->q.ipcFd, SO_SNDTIMEO);
	t->written += n;
	while (n > 0) {
		int part = n > 1 << 20 ? 1 << 20 : (int)n;

		if (FCGX_PutStr(p, part, t->q.out) != part)
			return -1;
		p += part;
		n -= (size_t)part;
	}
	return 0;
}

void
transport_finish(struct transport *t)
{
	if (t->q.ipcFd < 0)
		return;
	t->q.keepConnection = 0;
	t->names = 0;
	/* libfcgi waits until the peer has closed, lest what it still sends reset the connection
	 * and with it the answer. When all has been read there is nothing to wait for. */
	if (t->expected == t->got && FCGX_FClose(t->q.err) == 0 && FCGX_FClose(t->q.out) == 0 &&
	    FCGX_GetChar(t->q.in) == EOF && FCGX_GetError(t->q.in) == 0)
		FCGX_Detach(&t->q);
	FCGX_Finish_r(&t->q);
}
