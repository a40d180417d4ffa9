/*
 * test_pay.c - pay as Chinese vacancies write it, in fen a month.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../pay.c"

static void
pay_is_read_as_written(void **state)
{
	static const struct {
		const char *text;
		int64_t low, high;
		int months;
	} cases[] = {
		{ "8千-1.1万·13薪", 800000, 1100000, 13 },
		{ "1-2万/月", 1000000, 2000000, 12 },
		{ "10k-20k", 1000000, 2000000, 12 },
		{ "10K～20K·15薪", 1000000, 2000000, 15 },
		{ "20-30万/年", 1666667, 2500000, 12 },
		{ "150-200/天", 326250, 435000, 12 },
		{ "20元/小时", 348000, 348000, 12 },
		{ "5000-8000元/月", 500000, 800000, 12 },
		{ "5000元至8000元", 500000, 800000, 12 },
		{ "4500", 450000, 450000, 12 },
		{ "1万以上", 1000000, 0, 12 },
		{ "2千以下", 0, 200000, 12 },
		{ "月薪6000元，年终奖另计", 600000, 600000, 12 },
	};
	struct jobs_pay pay;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (!jobs_pay_read(cases[i].text, &pay) || pay.low != cases[i].low ||
		    pay.high != cases[i].high || pay.months != cases[i].months || pay.negotiable)
			fail_msg("%s: %" PRId64 " %" PRId64 " %d", cases[i].text, pay.low, pay.high,
				 pay.months);
	}
}

static void
what_is_no_monthly_sum_is_not_guessed(void **state)
{
	static const char *const none[] = { "",       "按公司规定", "200元/次",
					    "3元/件", "5元/单",     "2万-1万" };
	struct jobs_pay pay;

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		if (jobs_pay_read(none[i], &pay))
			fail_msg("%s was understood", none[i]);
	assert_true(jobs_pay_read("面议", &pay));
	assert_true(pay.negotiable);
	assert_int_equal(pay.low, 0);
	assert_true(jobs_pay_read("薪资面谈", &pay));
	assert_true(pay.negotiable);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pay_is_read_as_written),
		cmocka_unit_test(what_is_no_monthly_sum_is_not_guessed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
