/* test_transport.c - our accept loop under a real unix socket and a small FastCGI client.
 *
 * Each test forks a server that answers with the body it read (or "cut"), as a worker would:
 * signals blocked, SIGTERM let through only while it waits. */
#define _GNU_SOURCE

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fcgi_client.h"
#include "process/transport.h"

static char path[96], address[104];
static pid_t server;
static volatile sig_atomic_t told;

static void
on_term(int number)
{
	(void)number;
	told = 1;
}

static void
respond(struct transport *t)
{
	static char body[1 << 20], big[65536];
	const char *size = transport_param(t, "BIG");
	ssize_t n, got = 0;

	while ((n = transport_read(t, body + got, sizeof(body) - (size_t)got)) > 0)
		got += n;
	if (n < 0) {
		transport_write(t, "cut", 3);
		return;
	}
	transport_write(t, body, (size_t)got);
	memset(big, 'x', sizeof(big));
	for (long left = size ? strtol(size, NULL, 10) : 0; left > 0; left -= (long)sizeof(big))
		transport_write(t, big, sizeof(big));
}

static void
serve(int listen_fd)
{
	struct transport *t = transport_new();
	struct sigaction act = { .sa_handler = on_term };
	sigset_t blocked, open;

	sigfillset(&blocked);
	sigprocmask(SIG_SETMASK, &blocked, NULL);
	sigfillset(&open);
	sigdelset(&open, SIGTERM);
	sigaction(SIGTERM, &act, NULL);
	while (!told) {
		if (transport_accept(t, listen_fd, &open) != TRANSPORT_REQUEST)
			continue;
		respond(t);
		transport_finish(t);
	}
	_exit(0);
}

static int
start(void **state)
{
	const char *error = NULL;
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "/tmp/jiye-transport-%d.sock", (int)getpid());
	snprintf(address, sizeof(address), "unix:%s", path);
	fd = transport_listen(address, &error);
	if (fd < 0)
		fail_msg("%s", error);
	server = fork();
	if (server == 0)
		serve(fd);
	close(fd);
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	unlink(path);
	return 0;
}

static void
begin(int fd, const char *length, const char *big)
{
	const char *params[] = { "CONTENT_LENGTH", length, "BIG", big, NULL };

	fcgi_begin(fd, params);
}

static long
ask(const char *body)
{
	char length[24];
	int fd = fcgi_dial(path);

	snprintf(length, sizeof(length), "%zu", strlen(body));
	begin(fd, length, "0");
	if (body[0])
		fcgi_record(fd, 5, body, strlen(body));
	fcgi_record(fd, 5, "", 0);
	return fcgi_finish(fd);
}

static void
pause_ms(int ms)
{
	usleep((useconds_t)ms * 1000);
}

static bool
server_left(int within_ms)
{
	for (; within_ms > 0; within_ms -= 20) {
		int status;

		if (waitpid(server, &status, WNOHANG) == server)
			return WIFEXITED(status) && WEXITSTATUS(status) == 0;
		pause_ms(20);
	}
	return false;
}

/* --- The tests --- */

static void
bodies_come_back(void **state)
{
	(void)state;
	assert_int_equal(ask("hello"), 5);
	assert_string_equal(answer, "hello");
	assert_int_equal(ask(""), 0);
	for (int i = 0; i < 300; i++)
		assert_int_equal(ask("again"), 5);
}

static void
a_stop_in_the_middle_of_a_body_cuts_nothing(void **state)
{
	int fd;

	(void)state;
	fd = fcgi_dial(path);
	begin(fd, "10", "0");
	fcgi_record(fd, 5, "01234", 5);
	pause_ms(100);
	kill(server, SIGTERM);
	pause_ms(200);
	fcgi_record(fd, 5, "56789", 5);
	fcgi_record(fd, 5, "", 0);
	assert_int_equal(fcgi_finish(fd), 10);
	assert_string_equal(answer, "0123456789");
	assert_true(server_left(2000));
}

static void
a_stop_in_the_middle_of_an_answer_cuts_nothing(void **state)
{
	int fd;

	(void)state;
	fd = fcgi_dial(path);
	begin(fd, "0", "4194304");
	fcgi_record(fd, 5, "", 0);
	pause_ms(100); /* the socket's buffer is full now */
	kill(server, SIGTERM);
	pause_ms(200);
	assert_int_equal(fcgi_finish(fd), 4194304);
	assert_true(server_left(2000));
}

static void
a_stop_while_it_waits_is_obeyed_at_once(void **state)
{
	(void)state;
	assert_int_equal(ask("x"), 1);
	kill(server, SIGTERM);
	assert_true(server_left(1000));
}

static void
a_body_shorter_than_announced_is_cut(void **state)
{
	int fd;

	(void)state;
	fd = fcgi_dial(path);
	begin(fd, "10", "0");
	fcgi_record(fd, 5, "01234", 5);
	fcgi_record(fd, 5, "", 0);
	assert_int_equal(fcgi_finish(fd), 3);
	assert_string_equal(answer, "cut");
	fd = fcgi_dial(path);
	begin(fd, "ten", "0");
	fcgi_record(fd, 5, "", 0);
	assert_int_equal(fcgi_finish(fd), 3);
	fd = fcgi_dial(path); /* the peer goes away in the middle */
	begin(fd, "10", "0");
	fcgi_record(fd, 5, "01234", 5);
	close(fd);
	assert_int_equal(ask("still there"), 11);
}

static void
a_partial_header_holds_nobody_for_ever(void **state)
{
	struct timespec a, b;
	int fd;

	(void)state;
	fd = fcgi_dial(path);
	assert_int_equal(write(fd, "\1\1\0", 3), 3);
	pause_ms(100);
	clock_gettime(CLOCK_MONOTONIC, &a);
	assert_int_equal(ask("next"), 4);
	clock_gettime(CLOCK_MONOTONIC, &b);
	assert_in_range(b.tv_sec - a.tv_sec, 8, 12);
	close(fd);
}

static int
open_files(void)
{
	char file[64];
	struct stat st;
	int n = 0;

	for (int i = 0; i < 64; i++) {
		snprintf(file, sizeof(file), "/proc/%d/fd/%d", (int)server, i);
		n += lstat(file, &st) == 0;
	}
	return n;
}

static void
garbage_leaks_no_descriptor(void **state)
{
	int before, fd, tries = 100;

	(void)state;
	assert_int_equal(ask("x"), 1);
	pause_ms(100); /* an answer is there before its connection is closed */
	before = open_files();
	for (int i = 0; i < 200; i++) {
		fd = fcgi_dial(path);
		assert_int_equal(write(fd, "GET / HTTP/1.0\r\n\r\n", 18), 18);
		close(fd);
		fd = fcgi_dial(path); /* and one that says nothing at all */
		close(fd);
	}
	assert_int_equal(ask("fine"), 4);
	while (open_files() != before && tries-- > 0)
		pause_ms(20);
	assert_int_equal(open_files(), before);
}

static void
the_socket_is_private_and_defended(void **state)
{
	const char *error = NULL;
	struct stat st;

	(void)state;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	assert_int_equal(transport_listen(address, &error), -1);
	assert_non_null(strstr(error, "已有程序"));
	assert_int_equal(ask("alive"), 5);
	stop(NULL);
	start(NULL); /* nothing at the path */
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	start(NULL); /* an orphan at the path */
	assert_int_equal(ask("new"), 3);
	stop(NULL);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(transport_listen(address, &error), -1);
	assert_non_null(strstr(error, "不会覆盖"));
	assert_int_equal(transport_listen("unix:/nowhere/x.sock", &error), -1);
	unlink(path);
	start(NULL);
}

static void
tcp_addresses_are_checked(void **state)
{
	const char *error = NULL;
	int fd = transport_listen("127.0.0.1:39417", &error);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(transport_listen("127.0.0.1:39417", &error), -1);
	assert_non_null(strstr(error, "端口"));
	close(fd);
	assert_int_equal(transport_listen("localhost", &error), -1);
	assert_int_equal(transport_listen("no.such.host:80", &error), -1);
	fd = transport_listen("[::1]:39418", &error);
	if (fd >= 0) /* where there is IPv6 */
		close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(bodies_come_back, start, stop),
		cmocka_unit_test_setup_teardown(a_stop_in_the_middle_of_a_body_cuts_nothing, start,
						stop),
		cmocka_unit_test_setup_teardown(a_stop_in_the_middle_of_an_answer_cuts_nothing,
						start, stop),
		cmocka_unit_test_setup_teardown(a_stop_while_it_waits_is_obeyed_at_once, start,
						stop),
		cmocka_unit_test_setup_teardown(a_body_shorter_than_announced_is_cut, start, stop),
		cmocka_unit_test_setup_teardown(a_partial_header_holds_nobody_for_ever, start,
						stop),
		cmocka_unit_test_setup_teardown(garbage_leaks_no_descriptor, start, stop),
		cmocka_unit_test_setup_teardown(the_socket_is_private_and_defended, start, stop),
		cmocka_unit_test(tcp_addresses_are_checked),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
