/*
 * test_majors.c - requirement phrases of official posts; the database is a double that knows two
 * names and remembers what is stored.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "ctx.h"
#include "jobs.h"

static enum jy_status row_double(struct jy_ctx *cx, json_t **out, const char *sql,
				 const struct jy_val *vals);
static enum jy_status exec_double(struct jy_ctx *cx, const char *sql, const struct jy_val *vals);
#define jy_row_v  row_double
#define jy_exec_v exec_double
#include "../majors.c"

static struct core core;
static struct jy_ctx *cx;
static struct jobs_major found[JOBS_MAJORS_MAX];
static const char *stored;

static enum jy_status
row_double(struct jy_ctx *x, json_t **out, const char *sql, const struct jy_val *vals)
{
	const char *code = strcmp(vals[1].s, "会计学") == 0     ? "120203"
			   : strcmp(vals[1].s, "财务管理") == 0 ? "120204"
								: NULL;

	(void)sql;
	if (!code)
		return JY_NOT_FOUND;
	*out = jy_own(x, json_pack("{s:s}", "code", code));
	return JY_OK;
}

static enum jy_status
exec_double(struct jy_ctx *x, const char *sql, const struct jy_val *vals)
{
	(void)x;
	if (strncmp(sql, "INSERT", 6) == 0)
		stored = vals[2].s;
	return JY_OK;
}

static int
setup(void **state)
{
	(void)state;
	cx = ctx_new(&core, NULL, "test");
	stored = NULL;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	talloc_free(cx);
	return 0;
}

static void
is(const char *phrase, const char *wanted)
{
	size_t count = jobs_majors_read(cx, phrase, found), i;
	const char *text = "";

	for (i = 0; i < count; i++)
		text = jy_printf(cx, "%s%s%c%s", text, i ? " " : "", found[i].education[0],
				 found[i].code);
	if (strcmp(text, wanted) != 0)
		fail_msg("%s\nread as %s\nnot as  %s", phrase, text, wanted);
}

static void
codes_belong_to_their_level(void **state)
{
	(void)state;
	is("本科：哲学（01），马克思主义理论类（0305），汉语言文学（050101）；"
	   "研究生：应用经济学（0202，仅限金融学）",
	   "b01 b0305 b050101 g0202");
	is("专科：财务会计类（5303）；本科：会计学（120203K）；研究生：会计（1253）",
	   "c5303 b120203 g1253");
	is("本科:法学(0301)；硕士：法律（0351），法律（0351）；博士：法学（0301）",
	   "b0301 g0351 g0301");
	is("计算机类（0809）", "a0809");
	is("本科：法学（0301）；研究生：不限专业", "b0301 g");
	is("大专：不限专业；本科：法学（0301）", "c b0301");
}

static void
what_names_no_major_asks_for_none(void **state)
{
	(void)state;
	is("", "");
	is("不限", "");
	is("不限专业", "");
	is("详见公告", "");
	is("咨询电话12345，3年经验", ""); /* neither five digits nor one are a code */
}

static void
names_alone_are_looked_up(void **state)
{
	(void)state;
	is("会计学、财务管理，会计学；无此专业", "a120203 a120204");
	is("财务管理或会计学", "a120204 a120203");
}

static void
there_is_a_maximum(void **state)
{
	char *phrase = jy_printf(cx, "本科：");
	int i;

	(void)state;
	for (i = 0; i < 300; i++)
		phrase = jy_printf(cx, "%s%06d，", phrase, 100000 + i);
	assert_int_equal(jobs_majors_read(cx, phrase, found), JOBS_MAJORS_MAX);
}

static void
what_is_read_is_stored_at_once(void **state)
{
	(void)state;
	assert_int_equal(jobs_majors_store(cx, 7, "本科：法学（0301）；研究生：法学（03）"), JY_OK);
	assert_string_equal(stored, "[[\"bachelor\",\"0301\"],[\"graduate\",\"03\"]]");
	stored = NULL;
	assert_int_equal(jobs_majors_store(cx, 7, "不限专业"), JY_OK);
	assert_null(stored);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(codes_belong_to_their_level),    TEST(what_names_no_major_asks_for_none),
		TEST(names_alone_are_looked_up),      TEST(there_is_a_maximum),
		TEST(what_is_read_is_stored_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
