/*
 * test_messages.c - messages, letters and orders against a real MariaDB: once only, the weekly cap,
 * nothing readable in the queue, one need answered by several.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/config.h"
#include "base/seal.h"
#include "data/db.h"
#include "lib/mariadb.h"
#include "plugin/plugins.h"
#include "work/messages.h"
#include "work/outbox.h"
#include "work/work.h"

#define PEOPLE_SQL                                                                                 \
	"INSERT INTO people (id, uid, name, university, unit, student_no, major, education, "      \
	"cohort) VALUES (1, REPEAT('a', 32), '甲', '4122010183', '220100', '1', '080901', "       \
	"'bachelor', 2027); INSERT INTO accounts (id, uid, name, display_name, email, person) "    \
	"VALUES (1, REPEAT('b', 32), 'a', '甲', 'a@example.org', 1); INSERT INTO needs (id, "     \
	"person, campaign, kind, unit, university, detail, source, entered_by) VALUES "            \
	"(1, 1, 1, 'job', '220100', '4122010183', '{}', 'self', 1)"

static struct test_server server;
static struct config config;
static struct core core;
static struct jy_ctx *cx;
static struct plugin work = { .name = "work", .table = &part_work, .part = true };
static struct plugin *loaded[] = { &work };
static struct plugins plugins = { .items = loaded, .count = 1 };

static bool
schema(const char **error)
{
	char *sql = NULL;
	size_t n = 0;
	FILE *file = fopen(SOURCE_DIR "/sql/001_core.sql", "r");
	bool fine = file && getdelim(&sql, &n, 0, file) >= 0 &&
		    db_script(cx, sql, error) == JY_OK && db_script(cx, PEOPLE_SQL, error) == JY_OK;

	free(sql);
	if (file)
		fclose(file);
	return fine;
}

static int
group_setup(void **state)
{
	const char *error = "";
	char keys[300];

	(void)state;
	test_server_new(&server);
	snprintf(keys, sizeof(keys), "%s/keys", server.folder);
	config = (struct config){ .db_socket = server.socket,
				  .db_host = "",
				  .db_user = "root",
				  .db_name = "jiye",
				  .demonstration = true,
				  .public_url = "http://127.0.0.1:8080" };
	core = (struct core){ .kind = CORE_TASK,
			      .config = &config,
			      .db = db_new(NULL, &config),
			      .plugins = &plugins,
			      .settings =
				  json_pack("{s:s, s:s, s:s}", "push.week_cap", "2",
					    "push.quiet_from", "00:00", "push.quiet_to", "00:00") };
	if (!keyring_make(keys, &error))
		return -1;
	core.keys = keyring_read(NULL, keys, "sm", &error);
	cx = ctx_new(&core, NULL, "test");
	ctx_as_system(cx);
	if (schema(&error))
		return 0;
	print_error("%s\n", error);
	return -1;
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
	return db_script(cx,
			 "DELETE FROM work; DELETE FROM messages; DELETE FROM message_preferences; "
			 "DELETE FROM events; DELETE FROM orders; DELETE FROM flow_history; "
			 "UPDATE needs SET state = 'open'",
			 &error) == JY_OK
		   ? 0
		   : -1;
}

static int64_t
count(const char *sql)
{
	json_t *row;

	assert_int_equal(jy_row(cx, &row, sql), JY_OK);
	return jy_json_int(row, "n");
}

static enum jy_status
send_one(const char *key, bool urgent)
{
	return jy_notify(cx, &(struct jy_message){ .account = 1,
						   .key = key,
						   .title = "标题",
						   .text = "正文",
						   .link = "/work/timeline",
						   .urgent = urgent });
}

static void
a_message_comes_once(void **state)
{
	(void)state;
	assert_int_equal(send_one("k", false), JY_OK);
	assert_int_equal(send_one("k", false), JY_CONFLICT);
	assert_int_equal(count("SELECT COUNT(*) n FROM messages"), 1);
	assert_int_equal(count("SELECT COUNT(*) n FROM work WHERE name = 'email'"), 1);
	assert_int_equal(jy_notify(cx, &(struct jy_message){ .account = 1,
							     .key = "out",
							     .title = "t",
							     .text = "t",
							     .link = "//example.org" }),
			 JY_FAILED);
}

static void
the_cap_holds_back_but_keeps(void **state)
{
	(void)state;
	assert_int_equal(send_one("u", true), JY_OK);
	for (int i = 0; i < 4; i++)
		assert_int_equal(send_one(jy_printf(cx, "k%d", i), false), JY_OK);
	assert_int_equal(send_one("v", true), JY_OK);
	assert_int_equal(count("SELECT COUNT(*) n FROM messages"), 6);
	assert_int_equal(count("SELECT COUNT(*) n FROM messages WHERE held = 1"), 2);
	assert_int_equal(count("SELECT COUNT(*) n FROM work WHERE name = 'email'"), 4);
	assert_int_equal(message_digest(cx, NULL), JY_FAILED); /* checkpoints: tasks only */
}

/* As one plugin's handler, task or subscription would, in a transaction of its own. */
struct sending {
	struct plugin *plugin;
	const char *key;
};

static enum jy_status
sending_work(struct jy_ctx *x, void *arg)
{
	const struct sending *sending = arg;

	x->plugin = sending->plugin;
	return jy_notify(
	    x,
	    &(struct jy_message){
		.account = 1, .key = sending->key, .title = "推送", .text = "正文", .link = "/" });
}

static void
the_cap_is_one_for_all_plugins(void **state)
{
	struct plugin jobs = { .name = "jobs", .table = &part_work },
		      training = { .name = "training", .table = &part_work };
	struct sending all[] = { { &jobs, "jobs:1" },
				 { &training, "training:1" },
				 { &jobs, "jobs:2" },
				 { NULL, "core:1" } };

	(void)state;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(db_transaction(cx, sending_work, &all[i], NULL), JY_OK);
	cx->plugin = NULL;
	assert_int_equal(count("SELECT COUNT(*) n FROM messages"), 4);
	assert_int_equal(count("SELECT COUNT(*) n FROM messages WHERE held = 1"), 2);
	assert_int_equal(count("SELECT COUNT(*) n FROM work WHERE name = 'email'"), 2);
	/* A week later there is room again. */
	assert_int_equal(jy_exec(cx, "UPDATE messages SET created = NOW(3) - INTERVAL 8 DAY"),
			 JY_OK);
	assert_int_equal(send_one("later", false), JY_OK);
	assert_int_equal(count("SELECT COUNT(*) n FROM messages WHERE held = 1"), 2);
}

struct race {
	int runs;
};

/* Has looked at the database before somebody else takes the last place. */
static enum jy_status
late_work(struct jy_ctx *x, void *arg)
{
	struct race *race = arg;
	json_t *row;
	enum jy_status s = jy_row(x, &row, "SELECT COUNT(*) n FROM messages");

	if (s == JY_OK && race->runs++ == 0)
		assert_int_equal(send_one("first", false), JY_OK);
	if (s != JY_OK)
		return s;
	return jy_notify(
	    x, &(struct jy_message){
		   .account = 1, .key = "late", .title = "推送", .text = "正文", .link = "/" });
}

static void
two_senders_never_share_the_last_place(void **state)
{
	struct core other = core;
	struct jy_ctx *x = ctx_new(&other, NULL, "other");
	struct race race = { 0 };

	(void)state;
	other.db = db_new(NULL, &config);
	ctx_as_system(x);
	assert_int_equal(send_one("one", false), JY_OK); /* the cap is 2 */
	assert_int_equal(db_transaction(x, late_work, &race, NULL), JY_OK);
	assert_int_equal(count("SELECT COUNT(*) n FROM messages"), 3);
	assert_int_equal(count("SELECT COUNT(*) n FROM messages WHERE held = 0"), 2);
	talloc_free(x);
	talloc_free(other.db);
}

static void
quiet_hours_hold_for_all_plugins(void **state)
{
	struct plugin jobs = { .name = "jobs", .table = &part_work },
		      training = { .name = "training", .table = &part_work };
	struct sending all[] = { { &jobs, "jobs:q" }, { &training, "training:q" } };
	int hour = (int)strtol(jy_now(cx) + 11, NULL, 10);

	(void)state;
	json_object_set_new(core.settings, "push.quiet_from",
			    json_string(jy_printf(cx, "%02d:00", hour)));
	json_object_set_new(core.settings, "push.quiet_to",
			    json_string(jy_printf(cx, "%02d:00", (hour + 2) % 24)));
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(db_transaction(cx, sending_work, &all[i], NULL), JY_OK);
	cx->plugin = NULL;
	assert_int_equal(send_one("urgent", true), JY_OK);
	json_object_set_new(core.settings, "push.quiet_from", json_string("00:00"));
	json_object_set_new(core.settings, "push.quiet_to", json_string("00:00"));
	assert_int_equal(count("SELECT COUNT(*) n FROM work WHERE not_before > NOW() + INTERVAL 58 "
			       "MINUTE AND not_before <= NOW() + INTERVAL 2 HOUR"),
			 2);
	assert_int_equal(count("SELECT COUNT(*) n FROM work WHERE not_before <= NOW(3)"), 1);
	assert_int_equal(count("SELECT COUNT(*) n FROM messages WHERE held = 0"), 3);
}

static void
who_wants_no_mail_gets_none(void **state)
{
	(void)state;
	assert_int_equal(jy_exec(cx, "INSERT INTO message_preferences (account, email) "
				     "VALUES (1, 0)"),
			 JY_OK);
	assert_int_equal(send_one("k", true), JY_OK);
	assert_int_equal(count("SELECT COUNT(*) n FROM work"), 0);
}

static void
tokens_speak_for_one_account(void **state)
{
	int64_t account = 0;
	const char *token = message_token(cx, 12);

	(void)state;
	assert_true(message_token_read(cx, token, &account));
	assert_int_equal(account, 12);
	assert_false(message_token_read(cx, jy_printf(cx, "13%s", token + 2), &account));
	assert_false(message_token_read(cx, "12-", &account));
	assert_false(message_token_read(cx, "-12", &account));
}

static void
letters_are_sealed_until_they_are_sent(void **state)
{
	json_t *row, *letter;

	(void)state;
	assert_int_equal(outbox_push(cx, "sms", "13000000000", "", "验证码 123456", "c1"), JY_OK);
	assert_int_equal(outbox_push(cx, "sms", "13000000000", "", "验证码 123456", "c1"), JY_OK);
	assert_int_equal(count("SELECT COUNT(*) n FROM work"), 1);
	assert_int_equal(jy_row(cx, &row, "SELECT payload FROM work"), JY_OK);
	assert_null(strstr(jy_json_text(row, "payload"), "13000000000"));
	assert_null(strstr(jy_json_text(row, "payload"), "123456"));
	assert_int_equal(outbox_read(cx, jy_json_text(row, "payload"), &letter), JY_OK);
	assert_string_equal(jy_json_text(letter, "to"), "13000000000");
	config.demonstration = false;
	while (work_round(&core))
		;
	assert_int_equal(count("SELECT COUNT(*) n FROM work WHERE kind = 'outbox' AND state = "
			       "'waiting' AND attempts = 0 AND result LIKE '没有配置短信网关%'"),
			 1);
	config.demonstration = true;
	assert_int_equal(jy_exec(cx, "UPDATE work SET not_before = NOW(3)"), JY_OK);
	while (work_round(&core))
		;
	assert_int_equal(count("SELECT COUNT(*) n FROM work WHERE kind = 'outbox' AND state = "
			       "'done'"),
			 1);
}

static void
letters_that_cannot_be_sent_wait(void **state)
{
	(void)state;
	config.smtp_url = "smtp://127.0.0.1:9";
	config.smtp_from = "jiye@example.org";
	assert_int_equal(send_one("k", true), JY_OK);
	while (work_round(&core))
		;
	config.smtp_url = NULL;
	assert_int_equal(count("SELECT COUNT(*) n FROM work WHERE name = 'email' AND state = "
			       "'waiting' AND attempts = 1 AND result LIKE '没有连上%' AND "
			       "not_before > NOW(3)"),
			 1);
}

static void
one_need_is_answered_and_settled(void **state)
{
	struct jy_order order = { 1, "jobs", "推送三个岗位", NULL, 48 };
	int64_t one = 0, again = 0;

	(void)state;
	assert_int_equal(jy_order_open(cx, &order, &one), JY_OK);
	assert_int_equal(jy_order_open(cx, &order, &again), JY_OK);
	assert_int_equal(one, again);
	assert_int_equal(count("SELECT COUNT(*) n FROM orders"), 1);
	order.need = 99;
	assert_int_equal(jy_order_open(cx, &order, &again), JY_NOT_FOUND);
	assert_int_equal(jy_order_answer(cx, 1, "jobs", "推送了三个岗位", "/jobs/for/me"), JY_OK);
	assert_int_equal(jy_order_answer(cx, 1, "jobs", "又一次", NULL), JY_CONFLICT);
	while (work_round(&core))
		;
	assert_int_equal(count("SELECT COUNT(*) n FROM needs WHERE state = 'served'"), 1);
	assert_int_equal(count("SELECT COUNT(*) n FROM messages WHERE link = '/work/timeline'"), 1);
	assert_int_equal(count("SELECT COUNT(*) n FROM flow_history WHERE flow = 'work.order'"), 2);
}

static void
a_need_stated_again_wakes_its_order(void **state)
{
	struct jy_order order = { 1, "needs", "安排指导", "220100", 48 };
	int64_t id;

	(void)state;
	assert_int_equal(jy_order_open(cx, &order, &id), JY_OK);
	assert_int_equal(jy_exec(cx, "UPDATE orders SET state = 'cancelled'"), JY_OK);
	assert_int_equal(jy_order_answer(cx, 1, "needs", "x", NULL), JY_CONFLICT);
	assert_int_equal(jy_order_open(cx, &order, &id), JY_OK);
	assert_int_equal(count("SELECT COUNT(*) n FROM orders WHERE state = 'open'"), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_message_comes_once, setup),
		cmocka_unit_test_setup(the_cap_holds_back_but_keeps, setup),
		cmocka_unit_test_setup(the_cap_is_one_for_all_plugins, setup),
		cmocka_unit_test_setup(two_senders_never_share_the_last_place, setup),
		cmocka_unit_test_setup(quiet_hours_hold_for_all_plugins, setup),
		cmocka_unit_test_setup(who_wants_no_mail_gets_none, setup),
		cmocka_unit_test_setup(tokens_speak_for_one_account, setup),
		cmocka_unit_test_setup(letters_are_sealed_until_they_are_sent, setup),
		cmocka_unit_test_setup(letters_that_cannot_be_sent_wait, setup),
		cmocka_unit_test_setup(one_need_is_answered_and_settled, setup),
		cmocka_unit_test_setup(a_need_stated_again_wakes_its_order, setup),
	};

	return cmocka_run_group_tests_name("messages", tests, group_setup, group_teardown);
}
