/* test_quarantine.c - when a plugin is switched off, and when only a request is blocked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "process/quarantine.h"

static struct quarantine q;

static int
usual(void **state)
{
	(void)state;
	quarantine_init(&q, (struct quarantine_rule){ 3, 60000, 2 });
	return 0;
}

#define NOTE(plugin, request, at, verdict)                                                         \
	assert_int_equal(quarantine_note(&q, plugin, request, at), verdict)

static void
three_crashes_of_two_requests(void **state)
{
	(void)state;
	NOTE("jobs", 1, 1000, VERDICT_NOTHING);
	NOTE("jobs", 1, 2000, VERDICT_NOTHING);
	NOTE("jobs", 2, 3000, VERDICT_OFF);
	NOTE("jobs", 3, 4000, VERDICT_NOTHING); /* it begins anew */
}

static void
one_request_alone_is_blocked_and_counts_no_more(void **state)
{
	(void)state;
	NOTE("jobs", 1, 1000, VERDICT_NOTHING);
	NOTE("jobs", 1, 1001, VERDICT_NOTHING);
	NOTE("jobs", 1, 1002, VERDICT_BLOCK);
	NOTE("jobs", 2, 1003, VERDICT_NOTHING);
	NOTE("jobs", 2, 1004, VERDICT_NOTHING);
	NOTE("jobs", 3, 1005, VERDICT_OFF);
}

static void
plugins_do_not_share_their_crashes(void **state)
{
	(void)state;
	NOTE("jobs", 1, 1000, VERDICT_NOTHING);
	NOTE("needs", 2, 1000, VERDICT_NOTHING);
	NOTE("jobs", 3, 1000, VERDICT_NOTHING);
	NOTE("needs", 4, 1000, VERDICT_NOTHING);
	NOTE("jobs", 5, 1000, VERDICT_OFF);
	NOTE("needs", 6, 1000, VERDICT_OFF);
}

static void
old_crashes_are_forgotten(void **state)
{
	(void)state;
	NOTE("jobs", 1, 1000, VERDICT_NOTHING);
	NOTE("jobs", 2, 2000, VERDICT_NOTHING);
	NOTE("jobs", 3, 61000, VERDICT_NOTHING);
	NOTE("jobs", 4, 61500, VERDICT_OFF); /* 2000, 61000, 61500 */
}

static void
work_without_a_request_always_counts_as_different(void **state)
{
	(void)state;
	NOTE("jobs", 0, 1000, VERDICT_NOTHING);
	NOTE("jobs", 0, 1001, VERDICT_NOTHING);
	NOTE("jobs", 0, 1002, VERDICT_OFF);
}

static void
the_ring_may_overflow(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 3 * QUARANTINE_EVENTS; i++)
		NOTE(i % 2 ? "a" : "b", 9, 1000 + (int64_t)i * 60000, VERDICT_NOTHING);
	NOTE("a_name_that_is_far_too_long_for_its_field", 1, 1, VERDICT_NOTHING);
}

static void
backtraces_name_the_innermost_plugin(void **state)
{
	char plugin[32];

	(void)state;
	blame_from_backtrace("signal 11\n/usr/bin/jiyed(+0x1)[0x1]\n"
			     "/srv/jiye/plugins/jobs/0a1b/jobs.so(+0x2)[0x2]\n"
			     "/srv/jiye/plugins/needs/0a1b/needs.so(+0x2)[0x2]\n",
			     "/srv/jiye/plugins", plugin);
	assert_string_equal(plugin, "jobs");
	blame_from_backtrace("/usr/bin/jiyed(+0x1)[0x1]\n", "/srv/jiye/plugins", plugin);
	assert_string_equal(plugin, "");
	blame_from_backtrace("/srv/jiye/plugins", "/srv/jiye/plugins", plugin);
	assert_string_equal(plugin, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(three_crashes_of_two_requests, usual),
		cmocka_unit_test_setup(one_request_alone_is_blocked_and_counts_no_more, usual),
		cmocka_unit_test_setup(plugins_do_not_share_their_crashes, usual),
		cmocka_unit_test_setup(old_crashes_are_forgotten, usual),
		cmocka_unit_test_setup(work_without_a_request_always_counts_as_different, usual),
		cmocka_unit_test_setup(the_ring_may_overflow, usual),
		cmocka_unit_test(backtraces_name_the_innermost_plugin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
