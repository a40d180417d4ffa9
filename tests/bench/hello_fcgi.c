/*
 * hello_fcgi.c - the least that a page can cost: libfcgi's own loop and one text.
 *
 *   hello_fcgi SOCKET PROCESSES BYTES    answers every request with so many bytes of HTML
 *
 * The yardstick that our `hello` plugin is measured against; tests/bench/run starts and ends it.
 */
#include <fcgiapp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROCESSES_MAX 64
#define BYTES_MAX     (1 << 20)
#define BACKLOG       1024

static void
serve(int fd, const char *page, int n)
{
	FCGX_Request q;

	if (FCGX_InitRequest(&q, fd, 0) != 0)
		return;
	while (FCGX_Accept_r(&q) == 0) {
		FCGX_FPrintF(q.out,
			     "Status: 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
			     "Content-Length: %d\r\nCache-Control: no-store\r\n\r\n",
			     n);
		FCGX_PutStr(page, n, q.out);
		FCGX_Finish_r(&q);
	}
}

int
main(int argc, char **argv)
{
	long processes = argc == 4 ? strtol(argv[2], NULL, 10) : 0;
	long bytes = argc == 4 ? strtol(argv[3], NULL, 10) : 0;
	char *page;
	int fd;

	if (processes < 1 || processes > PROCESSES_MAX || bytes < 1 || bytes > BYTES_MAX) {
		fprintf(stderr, "hello_fcgi SOCKET PROCESSES BYTES\n");
		return 2;
	}
	page = malloc((size_t)bytes);
	if (!page || FCGX_Init() != 0)
		return 1;
	memset(page, 'h', (size_t)bytes);
	fd = FCGX_OpenSocket(argv[1], BACKLOG);
	if (fd < 0 || chmod(argv[1], 0666) != 0)
		return 1;
	signal(SIGPIPE, SIG_IGN);
	for (long i = 0; i < processes; i++) {
		if (fork() != 0)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(fd, page, (int)bytes);
		return 1;
	}
	pause(); /* until the signal that ends all of them */
	return 0;
}
