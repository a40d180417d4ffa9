/* test_supervisor.c - the real supervisor with doubles of what its children run.
 *
 * core_load, dispatch, work_round and the database are played by supervisor_doubles.h; a page of
 * shared memory tells them how to behave and takes down what they were asked. So supervision is
 * tested within seconds and without a database: generations, refusals, blame, quarantine, watchdog,
 * stop. */
#define _GNU_SOURCE

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <talloc.h>

#include "base/config.h"
#include "fcgi_client.h"
#include "process/board.h"
#include "process/control.h"
#include "process/supervisor.h"
#include "supervisor_doubles.h"

static char folder[64], socket_path[96];
static struct config config;
static pid_t supervisor;

/* --- Around the tests --- */

static void
pause_ms(int ms)
{
	usleep((useconds_t)ms * 1000);
}

static pid_t
launch(bool safe)
{
	struct supervisor_options options = { .role = "all", .safe = safe };
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	if (!freopen("/dev/null", "w", stderr))
		_exit(1);
	_exit(supervisor_run(&config, &options));
}

static int
prepare(void **state)
{
	static char log[96], listen[104], plugins[96];

	(void)state;
	world =
	    mmap(NULL, sizeof(*world), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	snprintf(folder, sizeof(folder), "/tmp/jiye-supervisor-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(socket_path, sizeof(socket_path), "%s/s.sock", folder);
	snprintf(listen, sizeof(listen), "unix:%s", socket_path);
	snprintf(log, sizeof(log), "%s/log", folder);
	snprintf(plugins, sizeof(plugins), "%s/plugins", folder);
	config = (struct config){ .file = "test",
				  .home = folder,
				  .node = "n1",
				  .listen = listen,
				  .workers = 3,
				  .recycle = 50000,
				  .task_workers = 1,
				  .log = log,
				  .plugins = plugins,
				  .keys = "",
				  .suite = "sm",
				  .crashes = 3,
				  .crash_seconds = 60,
				  .crash_requests = 2 };
	world->database_up = 1;
	world->generation = 1;
	return 0;
}

static int
start(void **state)
{
	prepare(state);
	supervisor = launch(false);
	return 0;
}

static int
ended(pid_t pid)
{
	int status;

	for (int i = 0; i < 300; i++, pause_ms(20))
		if (waitpid(pid, &status, WNOHANG) == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
	return -1;
}

static int
finish(void **state)
{
	char command[100];

	(void)state;
	if (supervisor > 0) {
		kill(supervisor, SIGKILL);
		waitpid(supervisor, NULL, 0);
	}
	supervisor = 0;
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	assert_int_equal(system(command), 0);
	munmap(world, sizeof(*world));
	return 0;
}

/* The answer's length, -1 if it was lost, -2 if nobody listens. */
static long
ask(const char *path)
{
	const char *params[] = { "PATH", path, "CONTENT_LENGTH", "0", NULL };
	int fd = fcgi_dial(socket_path);

	if (fd < 0)
		return -2;
	fcgi_begin(fd, params);
	fcgi_record(fd, 5, "", 0);
	return fcgi_finish(fd);
}

static bool
answers(const char *path, const char *text, int within_ms)
{
	for (; within_ms > 0; within_ms -= 20, pause_ms(20))
		if (ask(path) > 0 && strcmp(answer, text) == 0)
			return true;
	return false;
}

static json_t *
status(void)
{
	json_t *json = NULL;
	const char *error;

	if (!control_call(&config, "status", &json, &error))
		fail_msg("%s", error);
	return json;
}

static bool
status_is(const char *key, const char *value)
{
	json_t *json = status();
	bool same = strcmp(json_string_value(json_object_get(json, key)), value) == 0;

	json_decref(json);
	return same;
}

static bool
becomes(const char *key, const char *value, int within_ms)
{
	for (; within_ms > 0; within_ms -= 50, pause_ms(50))
		if (status_is(key, value))
			return true;
	return false;
}

static bool
log_has(const char *word)
{
	char command[200];

	snprintf(command, sizeof(command), "grep -q '%s' %s/log", word, folder);
	return system(command) == 0;
}

static bool
log_gets(const char *word, int within_ms)
{
	for (; within_ms > 0; within_ms -= 50, pause_ms(50))
		if (log_has(word))
			return true;
	return false;
}

static pid_t
a_worker(const char *kind)
{
	json_t *json = status(), *row;
	size_t i;
	pid_t pid = 0;

	json_array_foreach(json_object_get(json, "workers"), i, row)
	{
		if (strcmp(json_string_value(json_object_get(row, "kind")), kind) == 0)
			pid = (pid_t)json_integer_value(json_object_get(row, "pid"));
	}
	json_decref(json);
	return pid;
}

/* --- The tests --- */

static void
it_serves_and_stops(void **state)
{
	(void)state;
	assert_true(answers("/", "generation 1", 5000));
	assert_true(becomes("state", "ready", 2000));
	pause_ms(1200);
	assert_true(world->rounds > 0);
	assert_int_equal(world->settled, 1);
	kill(supervisor, SIGTERM);
	assert_int_equal(ended(supervisor), 0);
	supervisor = 0;
	assert_int_equal(ask("/"), -2);
}

static void
a_stop_waits_for_the_request_under_way(void **state)
{
	const char *params[] = { "PATH", "/slow", "CONTENT_LENGTH", "0", NULL };
	int fd;

	(void)state;
	assert_true(answers("/", "generation 1", 5000));
	fd = fcgi_dial(socket_path);
	fcgi_begin(fd, params);
	fcgi_record(fd, 5, "", 0);
	pause_ms(100);
	kill(supervisor, SIGTERM);
	assert_true(fcgi_finish(fd) > 0);
	assert_int_equal(ended(supervisor), 0);
	supervisor = 0;
}

static void
no_request_fails_while_generations_change(void **state)
{
	int failed = 0, asked = 0;
	pid_t changer;

	(void)state;
	assert_true(answers("/", "generation 1", 5000));
	changer = fork();
	if (changer == 0) {
		for (int i = 0; i < 30; i++) {
			json_t *json;
			const char *error;

			world->generation++;
			if (!control_call(&config, i % 2 ? "look" : "roll", &json, &error))
				_exit(1);
			pause_ms(60);
		}
		_exit(0);
	}
	while (waitpid(changer, NULL, WNOHANG) == 0) {
		asked++;
		failed += ask("/") <= 0;
	}
	assert_true(asked > 200);
	assert_int_equal(failed, 0);
	assert_true(answers("/", "generation 31", 5000));
}

static void
no_request_fails_while_workers_are_killed(void **state)
{
	(void)state;
	assert_true(answers("/", "generation 1", 5000));
	for (int i = 0; i < 40; i++) { /* one after the other: none is killed while it serves */
		kill(a_worker("web"), SIGKILL);
		assert_true(ask("/") > 0 || ask("/") > 0);
	}
	assert_true(becomes("state", "ready", 2000));
	assert_true(status_is("refused", ""));
	assert_false(log_has("child.crash"));
}

static void
a_bad_change_is_refused_and_nothing_else_changes(void **state)
{
	(void)state;
	assert_true(answers("/", "generation 1", 5000));
	pause_ms(300);
	world->bad_generation = 2;
	world->generation = 2;
	assert_true(becomes("refused_plugin", "bad", 5000));
	assert_true(answers("/", "generation 1", 100));
	for (int i = 0; i < 100 && !world->failed_calls; i++)
		pause_ms(50);
	assert_string_equal(world->failed, "bad");
	world->bad_generation = 0; /* as the keeper of the real one does: back, and a new number */
	world->generation = 3;
	assert_true(answers("/", "generation 3", 5000));
	world->bad_by_crash = 1;
	world->bad_generation = 4;
	world->generation = 4;
	for (int i = 0; i < 100 && world->failed_calls < 2; i++)
		pause_ms(50);
	assert_int_equal(world->failed_calls, 2);
	assert_true(answers("/", "generation 3", 100));
	for (int i = 0; i < 100 && !world->crashes_stored; i++)
		pause_ms(50);
	assert_int_equal(world->crashes_stored, 1);
}

static void
a_cold_start_leaves_the_bad_one_out(void **state)
{
	json_t *json;
	const char *error;

	(void)state;
	world->bad_generation = 1;
	supervisor = launch(false);
	assert_true(answers("/", "off", 5000));
	assert_true(becomes("state", "degraded", 2000));
	for (int i = 0; i < 100 && strcmp(world->node_state, "degraded") != 0; i++)
		pause_ms(50);
	assert_string_equal(world->node_state, "degraded");
	assert_non_null(strstr(world->node_reason, "bad"));
	assert_int_equal(world->failed_here_calls, 1);
	assert_int_equal(world->failed_calls, 0); /* the other nodes keep it */
	assert_true(control_call(&config, "roll", &json, &error));
	json_decref(json);
	assert_true(log_gets("generation.kept_out", 3000));
	assert_true(becomes("state", "degraded", 3000));
	assert_true(answers("/", "off", 3000));
	world->bad_generation = 0; /* mended here */
	assert_true(control_call(&config, "roll", &json, &error));
	json_decref(json);
	assert_true(becomes("state", "ready", 5000));
	assert_true(answers("/", "generation 1", 2000));
	assert_int_equal(world->failed_calls, 0);
}

static void
without_a_database_it_says_so_and_recovers(void **state)
{
	json_t *json;

	(void)state;
	world->database_up = 0;
	supervisor = launch(false);
	assert_true(answers("/", "generation 0", 5000));
	assert_true(becomes("state", "degraded", 2000));
	json = status();
	assert_true(json_is_true(
	    json_object_get(json_array_get(json_object_get(json, "workers"), 1), "core_only")));
	json_decref(json);
	world->database_up = 1;
	assert_true(becomes("state", "ready", 6000));
	assert_true(answers("/", "generation 1", 2000));
	world->database_up = 0; /* and again, while it serves */
	pause_ms(2500);
	kill(a_worker("web"), SIGKILL);
	pause_ms(500);
	for (int i = 0; i < 20; i++)
		assert_true(ask("/") > 0);
	world->database_up = 1;
	pause_ms(3500);
	json = status();
	for (size_t i = 0; i < json_array_size(json_object_get(json, "workers")); i++) {
		json_t *row = json_array_get(json_object_get(json, "workers"), i);

		if (strcmp(json_string_value(json_object_get(row, "kind")), "web") == 0)
			assert_true(json_is_false(json_object_get(row, "core_only")));
	}
	json_decref(json);
}

static void
a_crashing_plugin_is_named_and_switched_off(void **state)
{
	(void)state;
	assert_true(answers("/", "generation 1", 5000));
	assert_int_equal(ask("/crash/1"), -1);
	assert_int_equal(ask("/crash/2"), -1);
	assert_int_equal(ask("/exit/3"), -1);
	assert_true(answers("/crash/4", "off", 3000));
	for (int i = 0; i < 100 && !world->quarantined_calls; i++)
		pause_ms(50);
	assert_string_equal(world->quarantined, "bad");
	assert_true(world->crashes_stored >= 3); /* an old worker may have met the fourth */
	assert_true(log_has("signal 11"));
	assert_true(log_has("test_supervisor")); /* a line of the backtrace */
}

static void
one_poisoned_request_blocks_only_itself(void **state)
{
	(void)state;
	assert_true(answers("/", "generation 1", 5000));
	for (int i = 0; i < 3; i++)
		assert_int_equal(ask("/crash/same"), -1);
	assert_true(answers("/crash/same", "blocked", 2000));
	assert_true(answers("/", "generation 1", 100));
	assert_int_equal(world->quarantined_calls, 0);
}

static void
a_hanging_request_is_killed(void **state)
{
	(void)state;
	assert_true(answers("/", "generation 1", 5000));
	assert_int_equal(ask("/hang"), -1);
	assert_true(answers("/", "generation 1", 1000));
	assert_true(log_gets("\"kind\":\"timeout\",\"plugin\":\"bad\"", 3000));
}

static void
a_crashing_core_ends_in_safe_mode(void **state)
{
	char path[20];
	json_t *json;
	const char *error;

	(void)state;
	assert_true(answers("/", "generation 1", 5000));
	for (int i = 0; i < 5; i++) {
		snprintf(path, sizeof(path), "/core/%d", i);
		assert_int_equal(ask(path), -1);
	}
	assert_true(becomes("state", "safe", 3000));
	assert_true(answers("/", "generation 1", 1000));
	assert_true(control_call(&config, "roll", &json, &error));
	json_decref(json);
	assert_true(becomes("state", "ready", 3000));
}

static void
nothing_is_left_over_when_the_supervisor_is_killed(void **state)
{
	pid_t worker, keeper;

	(void)state;
	assert_true(answers("/", "generation 1", 5000));
	worker = a_worker("web");
	keeper = a_worker("keeper");
	kill(supervisor, SIGKILL);
	waitpid(supervisor, NULL, 0);
	supervisor = 0;
	pause_ms(200);
	for (int i = 0; i < 2; i++) {
		char path[40], text[300] = "";
		FILE *in;

		snprintf(path, sizeof(path), "/proc/%d/stat", (int)(i ? worker : keeper));
		in = fopen(path, "r");
		if (in && fgets(text, sizeof(text), in))
			assert_non_null(strstr(text, ") Z ")); /* dead, not yet fetched */
		if (in)
			fclose(in);
	}
	supervisor = launch(false); /* and the orphaned socket is taken over */
	assert_true(answers("/", "generation 1", 5000));
}

static void
a_second_one_is_refused(void **state)
{
	pid_t second;

	(void)state;
	assert_true(answers("/", "generation 1", 5000));
	second = launch(false);
	assert_int_equal(ended(second), 3);
	assert_true(answers("/", "generation 1", 100));
}

static void
the_control_socket_is_private_and_answers_in_sentences(void **state)
{
	char path[100], line[150];
	struct stat st;
	json_t *json;
	const char *error = NULL;

	(void)state;
	assert_false(control_call(&config, "status", &json, &error) &&
		     json_integer_value(json_object_get(json, "pid")) == 0);
	assert_true(answers("/", "generation 1", 5000));
	snprintf(path, sizeof(path), "%s/control.sock", folder);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_false(control_call(&config, "dance", &json, &error));
	assert_non_null(strstr(error, "没有这个命令"));
	assert_false(control_call(&config, "quarantine-clear jobs", &json, &error));
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	assert_false(control_call(&config, line, &json, &error));
	assert_true(control_call(&config, "stop", &json, &error));
	json_decref(json);
	assert_int_equal(ended(supervisor), 0);
	supervisor = 0;
	assert_false(control_call(&config, "status", &json, &error));
	assert_non_null(strstr(error, "没有在运行"));
}

static void
safe_mode_loads_no_plugin(void **state)
{
	(void)state;
	world->bad_generation = 1;
	supervisor = launch(true);
	assert_true(answers("/", "generation 1", 5000));
	assert_true(becomes("state", "safe", 2000));
	assert_int_equal(world->failed_calls, 0);
}

#define CASE(name, begin) cmocka_unit_test_setup_teardown(name, begin, finish)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(it_serves_and_stops, start),
		CASE(a_stop_waits_for_the_request_under_way, start),
		CASE(no_request_fails_while_generations_change, start),
		CASE(no_request_fails_while_workers_are_killed, start),
		CASE(a_bad_change_is_refused_and_nothing_else_changes, start),
		CASE(a_cold_start_leaves_the_bad_one_out, prepare),
		CASE(without_a_database_it_says_so_and_recovers, prepare),
		CASE(a_crashing_plugin_is_named_and_switched_off, start),
		CASE(one_poisoned_request_blocks_only_itself, start),
		CASE(a_hanging_request_is_killed, start),
		CASE(a_crashing_core_ends_in_safe_mode, start),
		CASE(nothing_is_left_over_when_the_supervisor_is_killed, start),
		CASE(a_second_one_is_refused, start),
		CASE(the_control_socket_is_private_and_answers_in_sentences, start),
		CASE(safe_mode_loads_no_plugin, prepare),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
