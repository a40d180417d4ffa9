/*
 * test_scope.c - {scope ...}: what each role gets, and that values land at their places. Random
 * statements check the rule that counts: as many `?` as values, each in its order, and never a
 * condition for a role that was not named.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/connection.h"

#define MARKER                                                                                     \
	"{scope unit=v.unit university=v.university employer=v.employer trainer=v.trainer "        \
	"partner=v.partner person=v.person}"

static TALLOC_CTX *life;
static const char *sql;
static const struct jy_val *vals;

static struct jy_user
user_of(enum jy_role role)
{
	return (struct jy_user){ .role = role,
				 .person = 7,
				 .organisation = 8,
				 .name = "",
				 .unit = "220100",
				 .university = "4122010183" };
}

static bool
expand(struct jy_user user, const char *text, const struct jy_val *bound)
{
	return scope_expand(life, &user, text, bound + 1, &sql, &vals);
}

static void
each_role_gets_its_rows(void **state)
{
	static const struct {
		enum jy_role role;
		const char *sql;
	} cases[] = {
		{ JY_PROVINCE, "SELECT 1 WHERE 1=1" },
		{ JY_CITY, "SELECT 1 WHERE v.unit = ?" },
		{ JY_UNIVERSITY, "SELECT 1 WHERE v.university = ?" },
		{ JY_EMPLOYER, "SELECT 1 WHERE v.employer = ?" },
		{ JY_TRAINER, "SELECT 1 WHERE v.trainer = ?" },
		{ JY_PARTNER, "SELECT 1 WHERE v.partner = ?" },
		{ JY_GRADUATE, "SELECT 1 WHERE v.person = ?" },
		{ JY_ADMIN, "SELECT 1 WHERE 0=1" },
		{ JY_PUBLIC, "SELECT 1 WHERE 0=1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(expand(user_of(cases[i].role), "SELECT 1 WHERE " MARKER, JY_VALS()));
		assert_string_equal(sql, cases[i].sql);
		assert_true((vals[0].kind != JY_V_EDGE) == (strchr(sql, '?') != NULL));
	}
	assert_true(expand(user_of(JY_CITY), MARKER, JY_VALS()));
	assert_string_equal(vals[0].s, "220100");
	assert_true(expand(user_of(JY_EMPLOYER), MARKER, JY_VALS()));
	assert_int_equal(vals[0].i, 8);
	assert_true(expand(user_of(JY_GRADUATE), MARKER, JY_VALS()));
	assert_int_equal(vals[0].i, 7);
}

static void
a_role_not_named_sees_nothing(void **state)
{
	(void)state;
	for (int role = JY_PUBLIC; role <= JY_ADMIN; role *= 2) {
		if (role == JY_PROVINCE || role == JY_CITY)
			continue;
		assert_true(expand(user_of(role), "{scope unit=v.unit}", JY_VALS()));
		assert_string_equal(sql, "0=1");
		assert_int_equal(vals[0].kind, JY_V_EDGE);
	}
}

static void
a_caller_without_the_value_sees_nothing(void **state)
{
	struct jy_user user = { .name = "", .unit = "", .university = "" };

	(void)state;
	for (int role = JY_GRADUATE; role <= JY_ADMIN; role *= 2) {
		user.role = role;
		if (role == JY_PROVINCE)
			continue;
		assert_true(expand(user, MARKER, JY_VALS()));
		assert_string_equal(sql, "0=1");
	}
	user = (struct jy_user){ .role = JY_CITY };
	assert_true(expand(user, MARKER, JY_VALS()));
	assert_string_equal(sql, "0=1");
}

static void
all_is_for_signed_roles_not_named(void **state)
{
	(void)state;
	assert_true(expand(user_of(JY_GRADUATE), "{scope unit=v.unit all=v.open}", JY_VALS()));
	assert_string_equal(sql, "(v.open) <> 0");
	assert_true(expand(user_of(JY_CITY), "{scope unit=v.unit all=v.open}", JY_VALS()));
	assert_string_equal(sql, "v.unit = ?");
	assert_true(expand(user_of(JY_ADMIN), "{scope unit=v.unit all=1}", JY_VALS()));
	assert_string_equal(sql, "0=1");
	assert_true(expand(user_of(JY_PUBLIC), "{scope unit=v.unit all=1}", JY_VALS()));
	assert_string_equal(sql, "0=1");
}

static void
values_keep_their_places(void **state)
{
	static const char text[] = "SELECT ?, '?{scope x}', \"?\", `?` /* ? {scope */ -- ? \n "
				   "WHERE a = ? AND {scope unit=a.u} AND b = ? AND "
				   "({scope unit=b.u}) LIMIT ?";

	(void)state;
	assert_true(
	    expand(user_of(JY_CITY), text, JY_VALS(jy_int(1), jy_int(2), jy_int(3), jy_int(4))));
	assert_non_null(strstr(sql, "'?{scope x}'"));
	assert_non_null(strstr(sql, "WHERE a = ? AND a.u = ? AND b = ? AND (b.u = ?) LIMIT ?"));
	assert_int_equal(vals[0].i, 1);
	assert_int_equal(vals[1].i, 2);
	assert_string_equal(vals[2].s, "220100");
	assert_int_equal(vals[3].i, 3);
	assert_string_equal(vals[4].s, "220100");
	assert_int_equal(vals[5].i, 4);
	assert_int_equal(vals[6].kind, JY_V_EDGE);
}

static void
malformed_markers_are_refused(void **state)
{
	static const char *const bad[] = {
		"{scope}",          "{scope }",           "{scope unit}",
		"{scope unit=}",    "{scope unit=v.unit", "{scope city=v.unit}",
		"{scope unit=?}",   "{scopeunit=v.unit}", "{scope unit='x'}",
		"{scope unit=a;b}", "{scope admin=v.a}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		for (int role = JY_PUBLIC; role <= JY_ADMIN; role *= 2)
			assert_false(expand(user_of(role), bad[i], JY_VALS()));
}

/* --- Random statements --- */

static unsigned seed = 20220625;

static unsigned
pick(unsigned n)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 16) % n;
}

static size_t
places(const char *text)
{
	size_t n = 0;

	while (*text) {
		size_t skip = sql_skip(text);

		n += skip == 0 && *text == '?';
		text += skip ? skip : 1;
	}
	return n;
}

static void
random_statements_stay_right(void **state)
{
	static const char *const names[] = { "unit",    "university", "employer",
					     "trainer", "partner",    "person" };
	static const enum jy_role owner[] = { JY_CITY,    JY_UNIVERSITY, JY_EMPLOYER,
					      JY_TRAINER, JY_PARTNER,    JY_GRADUATE };

	(void)state;
	for (int round = 0; round < 20000; round++) {
		char text[1200] = "";
		struct jy_val bound[12] = { 0 };
		size_t used = 0, n = 0, own = 0, expected = 0;
		unsigned named = 0;
		enum jy_role role = 1u << pick(9);

		for (unsigned part = 0, parts = 1 + pick(6); part < parts; part++) {
			unsigned what = pick(4);

			if (what == 0) {
				used += snprintf(text + used, sizeof(text) - used, "'? it''s' ");
			} else if (what < 3) {
				bound[1 + n] = jy_int((int64_t)n);
				n++;
				used += snprintf(text + used, sizeof(text) - used, "a = ? ");
			} else {
				unsigned mask = 1 + pick(63);

				used += snprintf(text + used, sizeof(text) - used, "{scope");
				for (unsigned i = 0; i < 6; i++)
					if (mask & 1u << i) {
						used += snprintf(text + used, sizeof(text) - used,
								 " %s=t.%s", names[i], names[i]);
						named += owner[i] == role;
					}
				used += snprintf(text + used, sizeof(text) - used, "} ");
			}
		}
		assert_true(expand(user_of(role), text, bound));
		assert_null(strstr(sql, "{scope"));
		for (size_t i = 0; vals[i].kind != JY_V_EDGE; i++) {
			bool mine = vals[i].kind == JY_V_TEXT || vals[i].i == 7 || vals[i].i == 8;

			own += mine;
			if (!mine)
				assert_int_equal(vals[i].i, expected++);
		}
		assert_int_equal(own, named);
		assert_int_equal(expected, n);
		assert_int_equal(places(sql), n + named);
		if (role == JY_ADMIN || role == JY_PUBLIC)
			assert_null(strstr(sql, "t."));
		if (round % 1000 == 0) {
			talloc_free(life);
			life = talloc_new(NULL);
		}
	}
}

static int
setup(void **state)
{
	(void)state;
	life = talloc_new(NULL);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	return talloc_free(life);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_role_gets_its_rows),
		TEST(a_role_not_named_sees_nothing),
		TEST(a_caller_without_the_value_sees_nothing),
		TEST(all_is_for_signed_roles_not_named),
		TEST(values_keep_their_places),
		TEST(malformed_markers_are_refused),
		TEST(random_statements_stay_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
