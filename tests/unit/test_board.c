/* test_board.c - the scoreboard: slots, meters, blocked requests, plugins kept out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process/board.h"

static int
fresh(void **state)
{
	*state = board_new();
	assert_non_null(*state);
	return 0;
}

static void
slots_are_claimed_once_and_given_back(void **state)
{
	struct board *board = *state;
	struct slot *slots[BOARD_SLOTS];

	for (int i = 0; i < BOARD_SLOTS; i++) {
		slots[i] = board_claim(board, SLOT_WEB, 7);
		assert_non_null(slots[i]);
		assert_int_equal(slots[i]->generation, 7);
	}
	assert_null(board_claim(board, SLOT_WEB, 7));
	board_release(slots[5]);
	assert_ptr_equal(board_claim(board, SLOT_TASK, 8), slots[5]);
}

static void
marks_nest_and_the_innermost_is_blamed(void **state)
{
	struct board *board = *state;
	struct slot *slot = board_claim(board, SLOT_WEB, 1);
	struct mark outer, inner;

	slot_enter(slot, &outer, "jobs", "handle");
	slot_enter(slot, &inner, "needs", "service");
	assert_string_equal(slot->plugin, "needs");
	assert_true(slot->hook_since_ms > 0);
	slot_leave(slot, &inner);
	assert_string_equal(slot->plugin, "jobs");
	assert_string_equal(slot->hook, "handle");
	slot_leave(slot, &outer);
	assert_string_equal(slot->plugin, "");
	assert_int_equal(slot->hook_since_ms, 0);
	slot_enter(NULL, &outer, "jobs", "handle");
	slot_leave(NULL, &outer);
}

static void
texts_are_cut_between_characters(void **state)
{
	char text[8];

	(void)state;
	board_text(text, sizeof(text), "就业服务");
	assert_string_equal(text, "就业");
	board_text(text, sizeof(text), "1234567890");
	assert_string_equal(text, "1234567");
}

static void
meters_of_many_processes_are_one(void **state)
{
	struct board *board = *state;
	char name[32];
	int status;

	for (int p = 0; p < 4; p++) {
		if (fork() != 0)
			continue;
		for (int i = 0; i < 1000; i++) {
			snprintf(name, sizeof(name), "p%d", i % 20);
			meter_note(board_meter(board, name), 100, i % 10 == 0);
		}
		_exit(0);
	}
	while (wait(&status) > 0)
		assert_int_equal(status, 0);
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "p%d", i);
		assert_int_equal(board_meter(board, name)->requests, 200);
	}
	assert_int_equal(board->meters[20].taken, 0);
}

static void
the_meter_table_has_an_end(void **state)
{
	struct board *board = *state;
	char name[32];

	for (int i = 0; i < BOARD_METERS; i++) {
		snprintf(name, sizeof(name), "p%d", i);
		assert_non_null(board_meter(board, name));
	}
	assert_null(board_meter(board, "one_more"));
	meter_note(NULL, 1, false);
}

static void
quantiles_are_upper_bounds(void **state)
{
	struct meter *meter = board_meter(*state, "m");

	assert_int_equal(meter_quantile(meter, 0.5), 0);
	for (int i = 0; i < 98; i++)
		meter_note(meter, 20, false);
	meter_note(meter, 900, true);
	meter_note(meter, INT64_MAX, false);
	assert_int_equal(meter_quantile(meter, 0.5), 32);
	assert_int_equal(meter_quantile(meter, 0.99), 1024);
	assert_int_equal(meter->errors, 1);
}

static void
blocked_requests_are_known_and_the_oldest_gives_way(void **state)
{
	struct board *board = *state;

	assert_false(board_blocked(board, 5));
	board_block(board, 5);
	assert_true(board_blocked(board, 5));
	assert_false(board_blocked(board, 6));
	assert_false(board_blocked(board, 0));
	board->blocked[0].until_ms = board_now_ms() - 1;
	assert_false(board_blocked(board, 5));
	for (uint64_t i = 100; i < 100 + BOARD_BLOCKED; i++)
		board_block(board, i);
	for (uint64_t i = 100; i < 100 + BOARD_BLOCKED; i++)
		assert_true(board_blocked(board, i));
}

static void
plugins_are_kept_out_once_and_forgiven(void **state)
{
	struct board *board = *state;
	const char *plugin;

	assert_true(board_quarantine(board, "jobs", "failed", "没有通过自检。", 1));
	assert_false(board_quarantine(board, "jobs", "quarantined", "again", 1));
	assert_false(board_quarantine(board, "", "failed", "the core", 1));
	assert_true(board_is_quarantined(board, "jobs"));
	assert_true(board_quarantine(board, "needs", "quarantined", "crashes", 1));
	assert_ptr_equal(board_failed(board, &plugin), &board->verdicts[0]);
	assert_string_equal(plugin, "jobs");
	assert_true(board_forgive_failed(board));
	assert_false(board_forgive_failed(board));
	assert_true(board_is_quarantined(board, "needs"));
	assert_null(board_failed(board, &plugin));
	assert_true(board_quarantine(board, "jobs", "failed", "没有通过自检。", 2));
	assert_false(board_is_quarantined(board, ""));
	assert_false(board_is_quarantined(board, "job"));
	assert_string_equal(board->verdicts[0].state, "failed");
	assert_true(board_forgive(board, "jobs"));
	assert_false(board_forgive(board, "jobs"));
	assert_false(board_is_quarantined(board, "jobs"));
}

static void
a_request_that_was_ended_is_known_by_its_id(void **state)
{
	struct board *board = board_new();
	char id[20];

	(void)state;
	board_end_request(board, "", REQUEST_HUNG); /* stuck before it could be read */
	assert_false(board_request_ended(board, ""));
	board_end_request(board, "a1", REQUEST_CRASHED);
	assert_int_equal(board_request_ended(board, "a1"), REQUEST_CRASHED);
	assert_false(board_request_ended(board, "a2"));
	for (int i = 0; i < BOARD_ENDED; i++) {
		snprintf(id, sizeof(id), "b%d", i);
		board_end_request(board, id, REQUEST_HUNG);
	}
	assert_false(board_request_ended(board, "a1"));
	assert_int_equal(board_request_ended(board, "b0"), REQUEST_HUNG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(slots_are_claimed_once_and_given_back, fresh),
		cmocka_unit_test_setup(marks_nest_and_the_innermost_is_blamed, fresh),
		cmocka_unit_test(texts_are_cut_between_characters),
		cmocka_unit_test_setup(meters_of_many_processes_are_one, fresh),
		cmocka_unit_test_setup(the_meter_table_has_an_end, fresh),
		cmocka_unit_test_setup(quantiles_are_upper_bounds, fresh),
		cmocka_unit_test_setup(blocked_requests_are_known_and_the_oldest_gives_way, fresh),
		cmocka_unit_test_setup(plugins_are_kept_out_once_and_forgiven, fresh),
		cmocka_unit_test(a_request_that_was_ended_is_known_by_its_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
