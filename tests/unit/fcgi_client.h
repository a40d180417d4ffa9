/* fcgi_client.h - a FastCGI client of a few lines, for the unit tests that need a real socket. */
#ifndef TESTS_FCGI_CLIENT_H
#define TESTS_FCGI_CLIENT_H

#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_MAX (8 << 20)

static char answer[ANSWER_MAX];

/* -1 if nobody listens at the path. */
static int
fcgi_dial(const char *path)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	struct timeval limit = { .tv_sec = 15 };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(name.sun_path, path, strlen(path) + 1);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (connect(fd, (struct sockaddr *)&name, sizeof(name)) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static void
fcgi_record(int fd, int type, const char *bytes, size_t n)
{
	unsigned char head[8] = { 1, (unsigned char)type,     0,
				  1, (unsigned char)(n >> 8), (unsigned char)n };

	/* A peer that has died meanwhile is found by fcgi_finish. */
	if (send(fd, head, 8, MSG_NOSIGNAL) == 8 && n > 0)
		(void)!send(fd, bytes, n, MSG_NOSIGNAL);
}

/* params: name, value, name, value ... NULL; each under 128 bytes. */
static void
fcgi_begin(int fd, const char *const *params)
{
	char bytes[1000];
	size_t n = 0;

	for (; params[0]; params += 2) {
		size_t a = strlen(params[0]), b = strlen(params[1]);

		bytes[n++] = (char)a;
		bytes[n++] = (char)b;
		memcpy(bytes + n, params[0], a);
		memcpy(bytes + n + a, params[1], b);
		n += a + b;
	}
	fcgi_record(fd, 1, "\0\1\0\0\0\0\0\0", 8);
	fcgi_record(fd, 4, bytes, n);
	fcgi_record(fd, 4, "", 0);
}

static bool
fcgi_read(int fd, void *into, size_t n)
{
	char *p = into;
	ssize_t got;

	while (n > 0 && (got = read(fd, p, n)) > 0) {
		p += got;
		n -= (size_t)got;
	}
	return n == 0;
}

/* Length of the answer, or -1 if the connection ended before FCGI_END_REQUEST. */
static long
fcgi_finish(int fd)
{
	unsigned char head[8];
	char rest[65536 + 256];
	long n = 0;

	while (fcgi_read(fd, head, 8)) {
		size_t length = (size_t)head[4] << 8 | head[5];

		if (!fcgi_read(fd, rest, length + head[6]))
			break;
		if (head[1] == 6) {
			memcpy(answer + n, rest, length);
			n += (long)length;
		}
		if (head[1] == 3) {
			answer[n] = '\0';
			close(fd);
			return n;
		}
	}
	close(fd);
	return -1;
}

#endif
