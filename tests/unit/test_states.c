/*
 * test_states.c - what administrators ask of plugins and what becomes of it, against a real
 * MariaDB: on and off with their needs, upgrades that fail, plans, single units, quarantine, and
 * which set a process of a given generation loads.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/people.h"
#include "plugin/states.h"

#define FIRST  "1111111111111111111111111111111111111111111111111111111111111111"
#define SECOND "2222222222222222222222222222222222222222222222222222222222222222"

static const char *error;

/* --- Around the tests --- */

static void
installed(const char *name, const char *build, const char *requires)
{
	char path[400];
	FILE *file;

	snprintf(path, sizeof(path), "%s/plugins", server.folder);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/plugins/%s", server.folder, name);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/plugins/%s/%s", server.folder, name, build);
	mkdir(path, 0700);
	strncat(path, "/manifest.json", sizeof(path) - strlen(path) - 1);
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file,
		"{\"name\": \"%s\", \"version\": \"%c.0\", \"title\": \"%s\", \"requires\": [%s], "
		"\"settings\": []}",
		name, build[0], name, requires);
	fclose(file);
}

static int
group_setup(void **state)
{
	static char plugins[300];

	if (people_setup(state) != 0)
		return -1;
	snprintf(plugins, sizeof(plugins), "%s/plugins", server.folder);
	config.plugins = plugins;
	installed("base", FIRST, "");
	installed("base", SECOND, "");
	installed("top", FIRST, "\"base\"");
	return sql_run("INSERT INTO units VALUES ('220100', '长春市', 1)") ? 0 : -1;
}

/* base and top are installed and off; generation 10 is in service. */
static int
setup(void **state)
{
	(void)state;
	error = "";
	return sql_run(
		   "DELETE FROM plugins; DELETE FROM plugin_history; "
		   "DELETE FROM plugin_schedule; DELETE FROM plugin_units_off; "
		   "UPDATE cluster SET generation = 10; INSERT INTO plugins (name, version, build, "
		   "state) VALUES ('base', '1.0', '" FIRST "', 'found'), ('top', '1.0', '" FIRST
		   "', 'found')")
		   ? 0
		   : -1;
}

static const json_t *
row_of(const char *name)
{
	const char *none = "";
	json_t *row = NULL;

	assert_int_equal(plugin_state(cx, name, &row, &none), JY_OK);
	return row;
}

static void
state_is(const char *name, const char *wanted)
{
	assert_string_equal(jy_json_text(row_of(name), "state"), wanted);
}

static int64_t
generation(void)
{
	return sql_number("SELECT generation n FROM cluster");
}

struct ask {
	const char *name, *value;
	bool on;
	enum { WANT, CLEAR, BUILD, PLAN, UNIT } what;
};

static enum jy_status
ask_work(struct jy_ctx *x, void *arg)
{
	const struct ask *a = arg;

	switch (a->what) {
	case WANT:
		return plugin_want(x, a->name, a->on, "试验", &error);
	case CLEAR:
		return plugin_clear_quarantine(x, a->name, "试验", &error);
	case BUILD:
		return plugin_use_build(x, a->name, a->value, "试验", &error);
	case PLAN:
		return plugin_plan(x, a->name, a->on, a->value, "试验", &error);
	default:
		return plugin_unit(x, a->name, a->value, a->on, "试验", &error);
	}
}

static enum jy_status
ask(struct ask a)
{
	return db_transaction(cx, ask_work, &a, NULL);
}

static enum jy_status
want(const char *name, bool on)
{
	return ask((struct ask){ .name = name, .on = on });
}

/* Asked for, proved and in service. */
static void
serves(const char *name)
{
	assert_int_equal(want(name, true), JY_OK);
	assert_int_equal(plugins_settled(cx, generation()), JY_OK);
	state_is(name, "on");
}

static void
refused(enum jy_status s, enum jy_status wanted, const char *part)
{
	assert_int_equal(s, wanted);
	if (!strstr(error, part))
		fail_msg("“%s” does not say “%s”", error, part);
}

/* The names that a process of that generation loads, each with the first digit of its build. */
static const char *
loaded(int64_t as_of, const struct board *board)
{
	struct plugin_choice *items;
	size_t count;
	json_t *off;
	const char *text = "";

	assert_int_equal(plugins_wanted(cx, board, as_of, &items, &count, &off), JY_OK);
	for (size_t i = 0; i < count; i++)
		text = jy_printf(cx, "%s%s%c ", text, items[i].name, items[i].build[0]);
	return text;
}

/* --- The tests --- */

static void
on_and_off_step_by_step(void **state)
{
	(void)state;
	assert_int_equal(want("base", true), JY_OK);
	state_is("base", "enabling");
	assert_int_equal(generation(), 11);
	assert_string_equal(loaded(10, NULL), ""); /* not proved yet */
	assert_string_equal(loaded(11, NULL), "base1 ");
	assert_int_equal(plugins_settled(cx, 10), JY_OK); /* an older one says nothing about it */
	state_is("base", "enabling");
	assert_int_equal(plugins_settled(cx, 11), JY_OK);
	state_is("base", "on");
	assert_string_equal(jy_json_text(row_of("base"), "good_build"), FIRST);
	assert_int_equal(want("base", true), JY_OK);
	assert_int_equal(generation(), 11); /* it was so already */

	assert_int_equal(want("base", false), JY_OK);
	state_is("base", "draining");
	assert_string_equal(loaded(11, NULL), "base1 "); /* the old ones still serve it */
	assert_string_equal(loaded(12, NULL), "");
	assert_int_equal(plugins_settled(cx, 12), JY_OK);
	state_is("base", "disabled");
	assert_int_equal(sql_number("SELECT COUNT(*) n FROM plugin_history"), 2);
	assert_int_equal(sql_number("SELECT COUNT(*) n FROM audit WHERE action LIKE 'plugin.%'"),
			 2);
}

static void
needs_hold_in_both_directions(void **state)
{
	(void)state;
	refused(want("top", true), JY_CONFLICT, "请先开启 base");
	refused(want("none", true), JY_NOT_FOUND, "none");
	state_is("top", "found");
	assert_int_equal(generation(), 10);
	serves("base");
	serves("top");
	refused(want("base", false), JY_CONFLICT, "请先关闭 top");
	state_is("base", "on");
	assert_int_equal(want("top", false), JY_OK);
	assert_int_equal(want("base", false), JY_OK);
}

static void
a_change_without_a_reason_is_refused(void **state)
{
	enum jy_status s;

	(void)state;
	s = plugin_record(cx, "base", "enable", "", &error);
	refused(s, JY_INVALID, "原因");
}

static void
what_does_not_start_goes_off(void **state)
{
	(void)state;
	assert_int_equal(want("base", true), JY_OK);
	assert_int_equal(plugin_failed(cx, "base", "自检没有通过。"), JY_OK);
	state_is("base", "failed");
	assert_string_equal(jy_json_text(row_of("base"), "reason"), "自检没有通过。");
	assert_int_equal(jy_json_int(row_of("base"), "wanted"), 0);
	assert_int_equal(generation(), 12);
	assert_int_equal(plugin_failed(cx, "base", "again"), JY_OK); /* once is enough */
	assert_int_equal(generation(), 12);
	assert_int_equal(want("base", true), JY_OK);
	state_is("base", "enabling");
}

static void
a_failed_upgrade_goes_back(void **state)
{
	(void)state;
	serves("base");
	assert_int_equal(ask((struct ask){ .name = "base", .value = SECOND, .what = BUILD }),
			 JY_OK);
	assert_string_equal(loaded(11, NULL), "base1 ");
	assert_string_equal(loaded(12, NULL), "base2 ");
	assert_int_equal(plugin_failed(cx, "base", "新版本没有通过自检。"), JY_OK);
	state_is("base", "on");
	assert_string_equal(jy_json_text(row_of("base"), "build"), FIRST);
	assert_string_equal(jy_json_text(row_of("base"), "version"), "1.0");
	assert_non_null(strstr(jy_json_text(row_of("base"), "reason"), "仍在使用原来的版本"));
	assert_string_equal(loaded(13, NULL), "base1 ");
}

static void
an_upgrade_and_the_way_back(void **state)
{
	(void)state;
	serves("base");
	assert_int_equal(ask((struct ask){ .name = "base", .value = SECOND, .what = BUILD }),
			 JY_OK);
	assert_int_equal(plugins_settled(cx, generation()), JY_OK);
	assert_string_equal(jy_json_text(row_of("base"), "good_build"), SECOND);
	assert_int_equal(ask((struct ask){ .name = "base", .what = BUILD }), JY_OK);
	assert_string_equal(jy_json_text(row_of("base"), "build"), FIRST);
	assert_string_equal(loaded(12, NULL), "base2 ");
	assert_string_equal(loaded(13, NULL), "base1 ");
}

static void
trouble_of_one_node_is_its_own(void **state)
{
	(void)state;
	serves("base");
	assert_int_equal(plugin_failed_here(cx, "base", "找不到文件。"), JY_OK);
	state_is("base", "on"); /* proved before: the other nodes keep it */
	assert_int_equal(generation(), 11);
	assert_int_equal(ask((struct ask){ .name = "base", .value = SECOND, .what = BUILD }),
			 JY_OK);
	assert_int_equal(plugin_failed_here(cx, "base", "新版本没有通过自检。"), JY_OK);
	assert_string_equal(jy_json_text(row_of("base"), "build"),
			    FIRST); /* nobody had proved it */
	assert_int_equal(want("top", true), JY_OK);
	assert_int_equal(plugin_failed_here(cx, "top", "没有启动。"), JY_OK);
	state_is("top", "failed");
}

static void
a_plan_is_carried_out_once(void **state)
{
	(void)state;
	refused(ask((struct ask){
		    .name = "base", .on = true, .value = "2020-01-01 08:00", .what = PLAN }),
		JY_INVALID, "已经过去");
	assert_int_equal(
	    ask((struct ask){
		.name = "base", .on = true, .value = "2099-01-01 08:00", .what = PLAN }),
	    JY_OK);
	assert_int_equal(plugins_planned(cx), JY_OK);
	state_is("base", "found");
	assert_true(sql_run("UPDATE plugin_schedule SET at = NOW() - INTERVAL 1 SECOND"));
	assert_int_equal(plugins_planned(cx), JY_OK);
	state_is("base", "enabling");
	assert_int_equal(generation(), 11);
	assert_int_equal(want("base", false), JY_OK);
	assert_int_equal(plugins_planned(cx), JY_OK);
	state_is("base", "disabled"); /* it does not fire again */
}

static void
a_plan_that_cannot_be_says_why(void **state)
{
	(void)state;
	assert_true(sql_run("INSERT INTO plugin_schedule (plugin, enable, at, account, why) VALUES "
			    "('top', 1, NOW() - INTERVAL 1 MINUTE, 7, '开学'), "
			    "('base', 1, NOW() - INTERVAL 1 SECOND, 7, '开学')"));
	assert_int_equal(plugins_planned(cx), JY_OK);
	state_is("top", "found");
	assert_non_null(strstr(jy_json_text(row_of("top"), "reason"), "请先开启 base"));
	state_is("base", "enabling"); /* one refusal holds up no other */
	assert_int_equal(sql_number("SELECT COUNT(*) n FROM plugin_schedule WHERE done IS NULL"),
			 0);
	assert_int_equal(sql_number("SELECT account n FROM plugin_history WHERE plugin = 'base'"),
			 7);
	assert_int_equal(cx->user.account, 0);
}

static void
one_unit_alone(void **state)
{
	struct ask off = { .name = "base", .value = "220100", .what = UNIT };

	(void)state;
	serves("base");
	assert_int_equal(ask(off), JY_OK);
	assert_int_equal(generation(), 12);
	assert_int_equal(ask(off), JY_OK);
	assert_int_equal(generation(), 12);
	assert_int_equal(sql_number("SELECT COUNT(*) n FROM plugin_units_off"), 1);
	off.on = true;
	assert_int_equal(ask(off), JY_OK);
	assert_int_equal(sql_number("SELECT COUNT(*) n FROM plugin_units_off"), 0);
	off.value = "999999";
	refused(ask(off), JY_NOT_FOUND, "999999");
}

static void
quarantine_is_cleared_by_a_person(void **state)
{
	(void)state;
	serves("base");
	assert_int_equal(plugin_quarantined(cx, "base", "连续崩溃。"), JY_OK);
	assert_int_equal(plugin_quarantined(cx, "base", "another node says so too"), JY_OK);
	state_is("base", "quarantined");
	assert_int_equal(generation(), 12);
	refused(want("base", true), JY_CONFLICT, "解除隔离");
	refused(ask((struct ask){ .name = "top", .what = CLEAR }), JY_CONFLICT, "没有被隔离");
	assert_string_equal(loaded(12, NULL), "");
	assert_int_equal(ask((struct ask){ .name = "base", .what = CLEAR }), JY_OK);
	state_is("base", "enabling");
	assert_string_equal(loaded(13, NULL), "base1 ");
}

static void
quarantine_never_switches_on_what_was_switched_off(void **state)
{
	(void)state;
	serves("base");
	assert_int_equal(want("base", false), JY_OK);
	assert_int_equal(plugin_quarantined(cx, "base", "在离开时崩溃。"), JY_OK);
	state_is("base", "quarantined");
	assert_int_equal(ask((struct ask){ .name = "base", .what = CLEAR }), JY_OK);
	state_is("base", "disabled");
	assert_int_equal(plugin_quarantined(cx, "base", "its last worker"), JY_OK);
	state_is("base", "disabled"); /* it is off already */
}

static void
what_this_node_keeps_out_is_not_loaded(void **state)
{
	struct board *board = board_new();

	(void)state;
	serves("base");
	assert_true(board_quarantine(board, "base", "failed", "找不到文件。", 11));
	assert_string_equal(loaded(11, board), "");
	assert_string_equal(loaded(11, NULL), "base1 ");
}

#define CASE(name) cmocka_unit_test_setup(name, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(on_and_off_step_by_step),
		CASE(needs_hold_in_both_directions),
		CASE(a_change_without_a_reason_is_refused),
		CASE(what_does_not_start_goes_off),
		CASE(a_failed_upgrade_goes_back),
		CASE(an_upgrade_and_the_way_back),
		CASE(trouble_of_one_node_is_its_own),
		CASE(a_plan_is_carried_out_once),
		CASE(a_plan_that_cannot_be_says_why),
		CASE(one_unit_alone),
		CASE(quarantine_is_cleared_by_a_person),
		CASE(quarantine_never_switches_on_what_was_switched_off),
		CASE(what_this_node_keeps_out_is_not_loaded),
	};

	return cmocka_run_group_tests_name("states", tests, group_setup, people_teardown);
}
