/*
 * test_work.c - the arithmetic of the task worker: back-off, slots of schedules, quiet hours, the
 * text of an e-mail.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "process/board.h"
#include "work/lease.h"
#include "work/messages.h"
#include "work/outbox.h"
#include "work/tasks.h"
#include "work/work.h"

#define HOUR 3600
#define DAY  86400

static void
back_off_grows_to_its_cap(void **state)
{
	static const int64_t minutes[] = { 1, 5, 25, 125, 360, 360, 360, 360, 360, 360 };

	(void)state;
	for (int i = 0; i < 10; i++)
		assert_int_equal(lease_backoff(i + 1, 6 * HOUR), minutes[i] * 60);
	assert_int_equal(lease_backoff(1, 30), 30);
	assert_int_equal(lease_backoff(1000000, 6 * HOUR), 6 * HOUR);
}

static void
every_is_one_slot_for_each_period(void **state)
{
	const struct jy_task task = { .name = "t", .every = 60 };
	char one[40], other[40];

	(void)state;
	assert_true(schedule_slot(&task, 6000, one));
	assert_true(schedule_slot(&task, 6059, other));
	assert_string_equal(one, other);
	assert_true(schedule_slot(&task, 6060, other));
	assert_string_not_equal(one, other);
	assert_int_equal(schedule_next(&task, 6000), 6060);
	assert_int_equal(schedule_next(&task, 6059), 6060);
}

static void
daily_is_due_at_its_minute_and_caught_up_with(void **state)
{
	const struct jy_task task = { .name = "t", .at = "02:30" };
	const int64_t due = 20000 * (int64_t)DAY + 2 * HOUR + 1800; /* 2024-10-04 */
	char slot[40], late[40];

	(void)state;
	assert_false(schedule_slot(&task, due - 1, slot));
	assert_true(schedule_slot(&task, due, slot));
	assert_string_equal(slot, "s:2024-10-04 02:30");
	assert_true(schedule_slot(&task, due + SCHEDULE_LATE_S - 1, late));
	assert_string_equal(slot, late);
	assert_false(schedule_slot(&task, due + SCHEDULE_LATE_S, late));
	assert_int_equal(schedule_next(&task, due - 1), due);
	assert_int_equal(schedule_next(&task, due), due + DAY);
}

static void
catching_up_crosses_midnight(void **state)
{
	const struct jy_task task = { .name = "t", .at = "23:00" };
	char slot[40];

	(void)state;
	assert_true(schedule_slot(&task, 20000 * (int64_t)DAY + 2 * HOUR, slot));
	assert_string_equal(slot, "s:2024-10-03 23:00");
}

static void
on_demand_is_never_due(void **state)
{
	const struct jy_task none = { .name = "t" }, wrong = { .name = "t", .at = "25:00" };
	char slot[40];

	(void)state;
	assert_false(schedule_slot(&none, 1000000, slot));
	assert_int_equal(schedule_next(&none, 1000000), 0);
	assert_false(schedule_slot(&wrong, 1000000, slot));
}

static void
failing_schedules_are_tried_again_soon(void **state)
{
	const struct jy_task quick = { .every = 15 }, hourly = { .every = HOUR },
			     weekly = { .every = 7 * DAY }, daily = { .at = "02:30" };

	(void)state;
	assert_int_equal(schedule_cap(&quick), 1500);
	assert_int_equal(schedule_cap(&hourly), HOUR);
	assert_int_equal(schedule_cap(&weekly), 6 * HOUR);
	assert_int_equal(schedule_cap(&daily), 6 * HOUR);
}

static void
quiet_hours_end_in_the_morning(void **state)
{
	(void)state;
	assert_int_equal(message_quiet("21:59:59", "22:00", "08:00"), 0);
	assert_int_equal(message_quiet("22:00:00", "22:00", "08:00"), 10 * HOUR);
	assert_int_equal(message_quiet("07:59", "22:00", "08:00"), 60);
	assert_int_equal(message_quiet("08:00", "22:00", "08:00"), 0);
	assert_int_equal(message_quiet("13:00", "12:00", "14:00"), HOUR);
	assert_int_equal(message_quiet("13:00", "00:00", "00:00"), 0);
}

static const char *
mail_of(struct jy_ctx *cx, const char *to, const char *subject)
{
	const char *text = NULL;
	json_t *mail =
	    jy_own(cx, json_pack("{s:s, s:s, s:s}", "to", to, "subject", subject, "text", "您好"));

	return delivery_mail_text(cx, "jiye@example.org", 7, mail, &text) ? text : NULL;
}

static void
mail_keeps_its_form(void **state)
{
	struct jy_ctx *cx = ctx_new(NULL, NULL, "test");
	const char *text = mail_of(
		       cx, "a@example.org",
		       "一个很长的标题，长到必须分成几个编码词，而且不能在一个汉字的中间断开"
		       "\r\nBcc: b@example.org"),
		   *line, *end;

	(void)state;
	assert_non_null(text);
	for (line = text; (end = strstr(line, "\r\n")); line = end + 2)
		assert_true(end - line <= 78);
	assert_null(strstr(text, "Bcc"));
	assert_non_null(strstr(text, "Message-ID: <jiye.7@example.org>\r\n"));
	assert_non_null(strstr(text, "\r\n\r\n5oKo5aW9\r\n"));
	talloc_free(cx);
}

static void
mail_refuses_addresses_that_carry_more(void **state)
{
	struct jy_ctx *cx = ctx_new(NULL, NULL, "test");

	(void)state;
	assert_null(mail_of(cx, "a@example.org\r\nBcc: b@example.org", "x"));
	assert_null(mail_of(cx, "a@example.org> <b@example.org", "x"));
	assert_null(mail_of(cx, "nobody", "x"));
	assert_non_null(mail_of(cx, "a@example.org", ""));
	talloc_free(cx);
}

static struct slot *
idle_worker(struct board *board)
{
	struct slot *slot = board_claim(board, SLOT_TASK, 1);

	atomic_store(&slot->state, SLOT_IDLE);
	return slot;
}

static void
one_worker_stays_free_of_tasks(void **state)
{
	struct board *board = board_new();
	struct slot *web = board_claim(board, SLOT_WEB, 1), *a = idle_worker(board), *b, *c;
	struct mark mark;

	(void)state;
	assert_true(work_task_allowed(NULL, NULL)); /* jiyectl, beside no supervisor */
	assert_true(work_task_allowed(board, a));   /* alone it must do everything */
	b = idle_worker(board);
	assert_false(work_task_allowed(board, a)); /* both ask before either has begun */
	assert_true(work_task_allowed(board, b));
	atomic_store(&b->in_task, 1);
	slot_enter(b, &mark, "jobs", "service"); /* a task that calls a service is still a task */
	assert_false(work_task_allowed(board, a));
	c = idle_worker(board);
	assert_false(work_task_allowed(board, a));
	assert_true(work_task_allowed(board, c));
	atomic_store(&a->drain, 1); /* who leaves is not free for anything */
	assert_false(work_task_allowed(board, c));
	atomic_store(&b->drain, 1);
	assert_true(work_task_allowed(board, c));
	atomic_store(&web->state, SLOT_IDLE);
	assert_true(work_task_allowed(board, c));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(back_off_grows_to_its_cap),
		cmocka_unit_test(every_is_one_slot_for_each_period),
		cmocka_unit_test(daily_is_due_at_its_minute_and_caught_up_with),
		cmocka_unit_test(catching_up_crosses_midnight),
		cmocka_unit_test(on_demand_is_never_due),
		cmocka_unit_test(failing_schedules_are_tried_again_soon),
		cmocka_unit_test(quiet_hours_end_in_the_morning),
		cmocka_unit_test(mail_keeps_its_form),
		cmocka_unit_test(mail_refuses_addresses_that_carry_more),
		cmocka_unit_test(one_worker_stays_free_of_tasks),
	};

	return cmocka_run_group_tests_name("work", tests, NULL, NULL);
}
