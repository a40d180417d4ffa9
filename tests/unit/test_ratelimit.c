/*
 * test_ratelimit.c - bursts, refill, taking back, many keys, and many processes at one cell.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "people/ratelimit.h"

static struct board *board;

static int64_t
one(const char *who, int burst, int64_t period_ms)
{
	return ratelimit(board, "test", who, strlen(who), burst, period_ms);
}

static void
a_burst_then_a_wait(void **state)
{
	int64_t wait;

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(one("a", 5, 10000), 0);
	wait = one("a", 5, 10000);
	assert_in_range(wait, 9000, 10000);
	assert_in_range(one("a", 5, 10000), 9000, wait); /* asking again does not make it longer */
	assert_int_equal(one("b", 5, 10000), 0);
	assert_int_equal(ratelimit(board, "other", "a", 1, 5, 10000), 0);
}

static void
it_refills(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(one("refill", 3, 50), 0);
	assert_true(one("refill", 3, 50) > 0);
	nanosleep(&(struct timespec){ .tv_nsec = 60 * 1000000 }, NULL);
	assert_int_equal(one("refill", 3, 50), 0);
	assert_true(one("refill", 3, 50) > 0);
}

static void
an_event_can_be_taken_back(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++) {
		assert_int_equal(one("good", 3, 60000), 0);
		ratelimit_return(board, "test", "good", 4, 60000);
	}
	ratelimit_return(board, "test", "never seen", 10, 60000);
	/* Taking back more than was counted gives no credit. */
	for (int i = 0; i < 10; i++)
		ratelimit_return(board, "test", "good", 4, 60000);
	for (int i = 0; i < 3; i++)
		assert_int_equal(one("good", 3, 60000), 0);
	assert_true(one("good", 3, 60000) > 0);
}

static void
no_board_no_limit(void **state)
{
	(void)state;
	assert_int_equal(ratelimit(NULL, "test", "x", 1, 1, 60000), 0);
	assert_int_equal(ratelimit(NULL, "test", "x", 1, 1, 60000), 0);
	ratelimit_return(NULL, "test", "x", 1, 60000);
}

static void
more_keys_than_cells_block_nobody(void **state)
{
	char who[32];

	(void)state;
	for (int i = 0; i < 3 * BOARD_LIMITS; i++) {
		snprintf(who, sizeof(who), "key %d", i);
		assert_int_equal(one(who, 1, 3600000), 0);
	}
	snprintf(who, sizeof(who), "key %d", 3 * BOARD_LIMITS - 1);
	assert_true(one(who, 1, 3600000) > 0);
}

static void
processes_share_one_count(void **state)
{
	_Atomic int *passed =
	    mmap(NULL, sizeof(*passed), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	(void)state;
	assert_ptr_not_equal(passed, MAP_FAILED);
	for (int p = 0; p < 4; p++)
		if (fork() == 0) {
			for (int i = 0; i < 2000; i++)
				if (one("shared", 1000, 3600000) == 0)
					atomic_fetch_add(passed, 1);
			_exit(0);
		}
	while (wait(NULL) > 0)
		;
	assert_int_equal(*passed, 1000);
	munmap((void *)passed, sizeof(*passed));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_burst_then_a_wait),
		cmocka_unit_test(it_refills),
		cmocka_unit_test(an_event_can_be_taken_back),
		cmocka_unit_test(no_board_no_limit),
		cmocka_unit_test(processes_share_one_count),
		cmocka_unit_test(more_keys_than_cells_block_nobody),
	};

	board = board_new();
	return board ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
