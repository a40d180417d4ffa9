/*
 * mariadb.h - a private MariaDB for one test program: own folder below $TMPDIR, own socket, no
 * network, no accounts (--skip-grant-tables, so no installation step); up in about a third of a
 * second, gone with the test, also when the test crashes.
 */
#ifndef TESTS_MARIADB_H
#define TESTS_MARIADB_H

#include <mysql.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct test_server {
	char folder[256], socket[300];
	pid_t pid;
};

static inline void
test_server_exec(const struct test_server *server, const char *isolation)
{
	char data[300], socket[320], aria[330], log[320], wanted[64];

	snprintf(data, sizeof(data), "--datadir=%s", server->folder);
	snprintf(socket, sizeof(socket), "--socket=%s", server->socket);
	snprintf(aria, sizeof(aria), "--aria-log-dir-path=%s", server->folder);
	snprintf(log, sizeof(log), "%s/log", server->folder);
	snprintf(wanted, sizeof(wanted), "--innodb-snapshot-isolation=%s", isolation);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!freopen(log, "a", stdout) || !freopen(log, "a", stderr))
		_exit(126);
	execlp("mariadbd", "mariadbd", "--no-defaults", "--user=root", data, socket, aria,
	       "--skip-networking", "--skip-grant-tables", wanted, "--innodb-buffer-pool-size=16M",
	       "--innodb-log-file-size=16M", "--innodb-flush-log-at-trx-commit=0",
	       "--character-set-server=utf8mb4", (char *)NULL);
	_exit(127);
}

static inline MYSQL *
test_server_connect(const struct test_server *server)
{
	MYSQL *conn = mysql_init(NULL);

	if (mysql_real_connect(conn, NULL, "root", NULL, NULL, 0, server->socket, 0))
		return conn;
	mysql_close(conn);
	return NULL;
}

/* Starts the server on its folder (again, after test_server_kill). Exits the test on failure. */
static inline void
test_server_up(struct test_server *server, const char *isolation)
{
	fflush(NULL);
	server->pid = fork();
	if (server->pid == 0)
		test_server_exec(server, isolation);
	for (int i = 0; i < 300; i++) {
		MYSQL *conn = test_server_connect(server);

		if (conn) {
			mysql_query(conn, "CREATE DATABASE IF NOT EXISTS jiye");
			mysql_close(conn);
			return;
		}
		nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
	}
	fprintf(stderr, "mariadbd did not start; see %s/log\n", server->folder);
	exit(1);
}

static inline void
test_server_new(struct test_server *server)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(server->folder, sizeof(server->folder), "%s/jiye-test-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(server->folder))
		exit(1);
	snprintf(server->socket, sizeof(server->socket), "%s/s", server->folder);
	test_server_up(server, "ON");
}

/* As a crash of the machine would: the folder stays. */
static inline void
test_server_kill(struct test_server *server)
{
	kill(server->pid, SIGKILL);
	waitpid(server->pid, NULL, 0);
	unlink(server->socket);
}

static inline void
test_server_end(struct test_server *server)
{
	char command[300];

	test_server_kill(server);
	snprintf(command, sizeof(command), "rm -rf '%s'", server->folder);
	if (system(command) != 0)
		fprintf(stderr, "left behind: %s\n", server->folder);
}

#endif
