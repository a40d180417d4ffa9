/*
 * notify.c - READY, STATUS, WATCHDOG and STOPPING for systemd, without its library.
 *
 * A watchdog message means that the supervisor's loop turns; whether requests are answered is asked
 * by /healthz.
 */
#include "process/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "process/board.h"

void
notify_say(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	size_t n = path ? strlen(path) : 0;
	int fd;

	if (n == 0 || n >= sizeof(name.sun_path))
		return;
	memcpy(name.sun_path, path, n);
	if (path[0] == '@')
		name.sun_path[0] = '\0'; /* an abstract address */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&name,
	       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
	close(fd);
}

void
notify_watchdog(void)
{
	static int64_t last_ms;
	const char *text = getenv("WATCHDOG_USEC");
	int64_t now = board_now_ms(), every;

	if (!text)
		return;
	errno = 0;
	every = strtoll(text, NULL, 10) / 1000 / 3;
	if (errno || every <= 0 || now - last_ms < every)
		return;
	last_ms = now;
	notify_say("WATCHDOG=1");
}
