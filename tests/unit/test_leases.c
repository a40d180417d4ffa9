/*
 * test_leases.c - several workers on one queue, some of which die in the middle, while the leases
 * of the living are made to run out at random moments: each effect happens exactly once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/config.h"
#include "base/seal.h"
#include "data/db.h"
#include "lib/mariadb.h"
#include "plugin/plugins.h"
#include "work/admin.h"
#include "work/work.h"

#define WORKERS 5
#define EVENTS  1500

static struct test_server server;
static struct config config;
static struct core core;
static struct jy_ctx *cx;
static bool hostile; /* in a child: two of a hundred effects end with a death */

static enum jy_status
hit(struct jy_ctx *x, int64_t event_id, json_t *payload)
{
	enum jy_status s = jy_exec(x, "INSERT INTO effects (event) VALUES (?)", jy_int(event_id));

	(void)payload;
	if (hostile && random() % 100 < 2)
		_exit(7);
	return s;
}

static enum jy_status
refuse(struct jy_ctx *x, int64_t event_id, json_t *payload)
{
	(void)payload;
	return jy_exec(x, "INSERT INTO effects (event) VALUES (?)", jy_int(-event_id)) == JY_OK
		   ? JY_CONFLICT
		   : JY_BUSY;
}

static enum jy_status
steps(struct jy_ctx *x, json_t *args)
{
	enum jy_status s = JY_OK;

	for (int64_t i = 1; i <= jy_json_int(args, "steps") && s == JY_OK; i++) {
		s = jy_exec(x, "INSERT INTO effects (event) VALUES (?)", jy_int(i));
		jy_progress(x, i, jy_json_int(args, "steps"), "步");
		if (s == JY_OK && i == jy_json_int(args, "fail_at"))
			return JY_FAILED;
		if (s == JY_OK)
			s = jy_checkpoint(x);
	}
	return s;
}

static const struct jy_subscription good_subs[] = { { "test.hit", hit }, { 0 } };
static const struct jy_subscription bad_subs[] = { { "test.both", refuse }, { 0 } };
static const struct jy_subscription both_subs[] = { { "test.both", hit }, { 0 } };
static const struct jy_task good_tasks[] = {
	{ "steps", "分步", .run = steps },
	{ 0 },
};
static char hour_ago[6]; /* "HH:MM", Beijing time */
static const struct jy_task timed_tasks[] = {
	{ "often", "经常", .every = 3600, .run = steps },
	{ "fresh", "从未到过时间", .at = hour_ago, .run = steps },
	{ "known", "昨天运行过", .at = hour_ago, .run = steps },
	{ 0 },
};
static const struct jy_plugin good_table = { .name = "good",
					     .subscriptions = good_subs,
					     .tasks = good_tasks },
			      bad_table = { .name = "bad", .subscriptions = bad_subs },
			      both_table = { .name = "both",
					     .subscriptions = both_subs,
					     .tasks = timed_tasks };
static struct plugin good = { .name = "good", .table = &good_table },
		     bad = { .name = "bad", .table = &bad_table },
		     both = { .name = "both", .table = &both_table };
static struct plugin *loaded[] = { &good, &bad, &both };
static struct plugins plugins = { .items = loaded, .count = 2 };

static int64_t
count(const char *sql)
{
	json_t *row;

	assert_int_equal(jy_row(cx, &row, sql), JY_OK);
	return jy_json_int(row, "n");
}

static void
drain(void)
{
	while (work_round(&core))
		;
}

static int
group_setup(void **state)
{
	char *sql = NULL, keys[300];
	size_t n = 0;
	const char *error = "";
	FILE *file = fopen(SOURCE_DIR "/sql/001_core.sql", "r");

	time_t then = time(NULL) + 7 * 3600; /* an hour before Beijing's now */
	struct tm tm;

	(void)state;
	gmtime_r(&then, &tm);
	strftime(hour_ago, sizeof(hour_ago), "%H:%M", &tm);
	test_server_new(&server);
	config = (struct config){
		.db_socket = server.socket, .db_host = "", .db_user = "root", .db_name = "jiye"
	};
	core = (struct core){ .kind = CORE_TASK,
			      .config = &config,
			      .db = db_new(NULL, &config),
			      .plugins = &plugins,
			      .settings = json_object() };
	snprintf(keys, sizeof(keys), "%s/keys", server.folder);
	if (!keyring_make(keys, &error))
		return -1;
	core.keys = keyring_read(NULL, keys, "sm", &error);
	cx = ctx_new(&core, NULL, "test");
	ctx_as_system(cx);
	if (!file || getdelim(&sql, &n, 0, file) < 0 || db_script(cx, sql, &error) != JY_OK ||
	    db_script(cx,
		      "CREATE TABLE effects (id BIGINT AUTO_INCREMENT PRIMARY KEY, "
		      "event BIGINT NOT NULL)",
		      &error) != JY_OK) {
		print_error("%s\n", error);
		return -1;
	}
	fclose(file);
	free(sql);
	return 0;
}

static int
group_teardown(void **state)
{
	(void)state;
	talloc_free(cx);
	talloc_free(core.db);
	talloc_free(core.keys);
	json_decref(core.settings);
	test_server_end(&server);
	return 0;
}

static int
setup(void **state)
{
	const char *error = "";

	(void)state;
	plugins.count = 2;
	return db_script(cx, "DELETE FROM effects; DELETE FROM work; DELETE FROM events", &error) ==
		       JY_OK
		   ? 0
		   : -1;
}

/* A worker of its own: own connection, works until nothing is left for a second. */
static pid_t
worker(void)
{
	pid_t pid = fork();
	int idle = 0;

	if (pid != 0)
		return pid;
	core.db = db_new(NULL, &config);
	srandom((unsigned)getpid());
	hostile = true;
	while (idle < 20) {
		if (work_round(&core)) {
			idle = 0;
			continue;
		}
		usleep(50000);
		idle++;
	}
	_exit(0);
}

/* Time is made to pass: every lease that is not locked this moment runs out. */
static void
leases_run_out(void)
{
	enum jy_status s =
	    jy_exec(cx, "UPDATE work SET lease_until = '2000-01-01', not_before = '2000-01-01' "
			"WHERE id IN (SELECT id FROM (SELECT id FROM work WHERE state = 'waiting' "
			"AND token <> '' FOR UPDATE SKIP LOCKED) x)");

	assert_true(s == JY_OK || s == JY_BUSY);
	cx->retry = false;
}

static void
each_effect_happens_once(void **state)
{
	pid_t pids[WORKERS];
	int status, deaths = 0, alive = WORKERS;

	(void)state;
	for (int i = 0; i < EVENTS; i++)
		assert_int_equal(jy_emit(cx, "test.hit", json_pack("{s:i}", "i", i)), JY_OK);
	for (int i = 0; i < WORKERS; i++)
		pids[i] = worker();
	while (alive > 0) {
		for (int i = 0; i < WORKERS; i++) {
			if (pids[i] == 0 || waitpid(pids[i], &status, WNOHANG) != pids[i])
				continue;
			if (WEXITSTATUS(status) == 7) {
				deaths++;
				pids[i] = worker(); /* as the supervisor would */
			} else {
				pids[i] = 0;
				alive--;
			}
		}
		leases_run_out();
		usleep(20000);
	}
	print_message("%d workers died\n", deaths);
	assert_true(deaths > 5);
	leases_run_out();
	drain();
	assert_int_equal(count("SELECT COUNT(*) n FROM work WHERE state = 'done'"), EVENTS);
	assert_int_equal(count("SELECT COUNT(*) n FROM effects"), EVENTS);
	assert_int_equal(count("SELECT COUNT(DISTINCT event) n FROM effects"), EVENTS);
	assert_true(count("SELECT COUNT(*) n FROM work WHERE attempts > 1") > 0);
}

static void
a_failing_subscriber_waits_alone(void **state)
{
	json_t *row;

	(void)state;
	plugins.count = 3;
	assert_int_equal(jy_emit(cx, "test.both", NULL), JY_OK);
	drain();
	assert_int_equal(count("SELECT COUNT(*) n FROM effects WHERE event > 0"), 1);
	assert_int_equal(count("SELECT COUNT(*) n FROM effects WHERE event < 0"), 0);
	assert_int_equal(jy_row(cx, &row,
				"SELECT state, attempts, TIMESTAMPDIFF(SECOND, NOW(3), not_before) "
				"wait FROM work WHERE name = 'bad'"),
			 JY_OK);
	assert_string_equal(jy_json_text(row, "state"), "waiting");
	assert_in_range(jy_json_int(row, "wait"), 55, 60);
	for (int i = 1; i < 10; i++) {
		assert_int_equal(jy_exec(cx, "UPDATE work SET not_before = NOW(3)"), JY_OK);
		drain();
	}
	assert_int_equal(count("SELECT COUNT(*) n FROM work WHERE name = 'bad' AND "
			       "state = 'dead' AND attempts = 10"),
			 1);
}

static void
events_of_a_plugin_that_is_off_wait(void **state)
{
	(void)state;
	plugins.count = 3;
	assert_int_equal(jy_emit(cx, "test.both", NULL), JY_OK);
	while (count("SELECT COUNT(*) n FROM events WHERE fanned_out = 0"))
		work_round(&core);
	assert_int_equal(jy_exec(cx, "DELETE FROM effects"), JY_OK);
	assert_int_equal(jy_exec(cx, "UPDATE work SET state = 'waiting', attempts = 0, token = '', "
				     "not_before = NOW(3), lease_until = '2000-01-01'"),
			 JY_OK);
	plugins.count = 2;
	drain();
	assert_int_equal(count("SELECT COUNT(*) n FROM work WHERE name = 'both' AND attempts = 0 "
			       "AND state = 'waiting' AND not_before > NOW(3)"),
			 1);
	plugins.count = 3;
	assert_int_equal(jy_exec(cx, "UPDATE work SET not_before = NOW(3)"), JY_OK);
	drain();
	assert_int_equal(count("SELECT COUNT(*) n FROM effects WHERE event > 0"), 1);
}

static void
a_task_keeps_what_it_checkpointed(void **state)
{
	json_t *args = json_pack("{s:i, s:i}", "steps", 5, "fail_at", 3);

	(void)state;
	assert_int_equal(work_queue_task(cx, "good.steps", args, "one"), JY_OK);
	assert_int_equal(work_queue_task(cx, "good.steps", args, "one"), JY_CONFLICT);
	drain();
	assert_int_equal(count("SELECT COUNT(*) n FROM effects"), 2);
	assert_int_equal(count("SELECT COUNT(*) n FROM work WHERE state = 'waiting' AND "
			       "attempts = 1 AND progress_done = 1"),
			 1);
	json_object_set_new(args, "fail_at", json_integer(0));
	assert_int_equal(work_run_task(cx, "good.steps", args), JY_OK);
	assert_int_equal(work_run_task(cx, "good.none", args), JY_NOT_FOUND);
	assert_int_equal(count("SELECT COUNT(*) n FROM effects"), 7);
	assert_int_equal(count("SELECT COUNT(*) n FROM work WHERE state = 'done' AND "
			       "progress_done = 5 AND result = '完成'"),
			 1);
	json_decref(args);
}

static void
a_slot_is_queued_once(void **state)
{
	pid_t pids[3];

	(void)state;
	plugins.count = 3;
	usleep(1100000); /* schedules are looked at once a second */
	for (int i = 0; i < 3; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			core.db = db_new(NULL, &config);
			work_round(&core);
			_exit(0);
		}
	}
	for (int i = 0; i < 3; i++)
		waitpid(pids[i], NULL, 0);
	assert_int_equal(count("SELECT COUNT(*) n FROM work WHERE name = 'both.often'"), 1);
}

/* A new installation owes nothing for the hours before it existed. */
static void
a_missed_day_is_caught_up_with_once_it_was_known(void **state)
{
	const struct timespec second = { .tv_sec = 1, .tv_nsec = 100000000 };

	(void)state;
	assert_int_equal(jy_exec(cx, "INSERT INTO work (kind, name, dedupe, payload, state) VALUES "
				     "('task', 'both.known', 's:yesterday', '{}', 'done')"),
			 JY_OK);
	nanosleep(&second, NULL); /* schedules are looked at once a second */
	plugins.count = 3;
	drain();
	plugins.count = 2;
	assert_int_equal(count("SELECT COUNT(*) n FROM work WHERE name = 'both.fresh'"), 0);
	assert_int_equal(count("SELECT COUNT(*) n FROM work WHERE name = 'both.known'"), 2);
}

static void
operators_retry_and_drop(void **state)
{
	(void)state;
	assert_int_equal(jy_exec(cx, "INSERT INTO work (id, kind, name, payload, state, attempts) "
				     "VALUES (11, 'event', 'good', '{}', 'dead', 10), "
				     "(12, 'event', 'good', '{}', 'done', 1)"),
			 JY_OK);
	assert_int_equal(work_retry(cx, 12, ""), JY_CONFLICT);
	assert_int_equal(work_drop(cx, 11, "不再需要"), JY_OK);
	assert_int_equal(work_drop(cx, 11, "不再需要"), JY_CONFLICT);
	assert_int_equal(count("SELECT COUNT(*) n FROM work WHERE id = 11 AND state = 'dropped'"),
			 1);
}

/* A node in safe mode fans out too: what it has not loaded must not miss an event for it. */
static void
absent_plugins_get_their_events_later(void **state)
{
	(void)state;
	plugins.count = 1; /* good alone */
	plugins.off = json_pack("{s:{s:b}, s:{s:b}}", "both", "wanted", 1, "gone", "wanted", 0);
	assert_int_equal(jy_emit(cx, "test.both", NULL), JY_OK);
	assert_int_equal(jy_emit(cx, "test.other", NULL), JY_OK);
	drain();
	assert_int_equal(count("SELECT COUNT(*) n FROM work WHERE name = 'both' AND state = "
			       "'waiting'"),
			 2);
	assert_int_equal(count("SELECT COUNT(*) n FROM work WHERE name = 'gone'"), 0);
	json_decref(plugins.off);
	plugins.off = NULL;
	plugins.count = 3;
	assert_int_equal(jy_exec(cx, "UPDATE work SET not_before = NOW(3)"), JY_OK);
	drain();
	assert_int_equal(count("SELECT COUNT(*) n FROM work WHERE name = 'both' AND kind = 'event' "
			       "AND state = 'done'"),
			 2);
	assert_int_equal(count("SELECT COUNT(*) n FROM effects WHERE event > 0"), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(each_effect_happens_once, setup),
		cmocka_unit_test_setup(a_failing_subscriber_waits_alone, setup),
		cmocka_unit_test_setup(events_of_a_plugin_that_is_off_wait, setup),
		cmocka_unit_test_setup(a_task_keeps_what_it_checkpointed, setup),
		cmocka_unit_test_setup(a_slot_is_queued_once, setup),
		cmocka_unit_test_setup(a_missed_day_is_caught_up_with_once_it_was_known, setup),
		cmocka_unit_test_setup(operators_retry_and_drop, setup),
		cmocka_unit_test_setup(absent_plugins_get_their_events_later, setup),
	};

	return cmocka_run_group_tests_name("leases", tests, group_setup, group_teardown);
}
