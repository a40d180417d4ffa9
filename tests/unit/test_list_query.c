/*
 * test_list_query.c - a list's address becomes one SELECT of constants and bound values.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "facility/list_query.h"

static struct core core;
static struct jy_ctx *cx;

static char *
prefix(struct jy_ctx *c, const char *typed)
{
	return typed[0] ? jy_printf(c, "%s%%", typed) : NULL;
}

static const struct jy_column columns[] = {
	{ "id", "编号", "p.id", JY_INT, JY_DATA },
	{ "name", "名称", "p.name", JY_TEXT, JY_SORT },
	{ "height", "高度", "p.height", JY_INT, JY_SORT },
	{ "note", "备注", "p.note", JY_TEXT, JY_OPTIONAL },
	{ "planted", "种植时间", "p.planted", JY_DATETIME, JY_SORT },
	{ 0 },
};
static const struct jy_filter filters[] = {
	{ { "name", JY_TEXT, .label = "名称" }, "p.name LIKE ?", prefix },
	{ { "kind", JY_CHOICES, .label = "种类" }, "p.kind IN (?) AND p.mark <> '?'" },
	{ { "tall", JY_BOOL, .label = "高" }, "(p.height > 100) = ?" },
	{ { 0 } },
};
static const struct jy_list list = {
	.name = "garden.plants",
	.title = "植物",
	.from = "plants p",
	.where = "p.cohort = ? AND {scope unit=p.unit}",
	.key = "p.id",
	.columns = columns,
	.filters = filters,
	.sort = "-planted",
	.link = "/garden/:id",
};

static int
setup(void **state)
{
	(void)state;
	cx = ctx_new(&core, NULL, "test");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	talloc_free(cx);
	return 0;
}

/* The state of an address given as JSON text; a refusal's sentence instead. */
static const char *
open_state(const char *incoming, struct list_state *st)
{
	const char *error = "";

	return list_state_read(cx, &list, jy_own(cx, json_loads(incoming, 0, NULL)), st, &error)
		   ? ""
		   : error;
}

static void
first_page(void **state)
{
	struct list_state st;
	struct list_sql sql;

	(void)state;
	assert_string_equal(open_state("{}", &st), "");
	sql = list_sql(cx, &st, LIST_PAGE, JY_VALS(jy_int(2022)));
	assert_string_equal(sql.text,
			    "SELECT p.id AS `id`, p.name AS `name`, p.height AS `height`, "
			    "p.planted AS `planted`, p.id AS `_key`, CAST(p.planted AS CHAR) AS "
			    "`_sort` FROM plants p WHERE (p.cohort = ? AND {scope unit=p.unit}) "
			    "ORDER BY p.planted DESC, p.id DESC LIMIT 21");
	assert_int_equal(sql.vals[1].i, 2022);
	assert_int_equal(sql.vals[2].kind, JY_V_EDGE);
}

static void
cursor_goes_back(void **state)
{
	json_t *row = jy_own(cx, json_pack("{s:i, s:s}", "_key", 7, "_sort", "2022-06-25"));
	struct list_state st;
	struct list_sql sql;
	const char *cursor;

	(void)state;
	assert_string_equal(open_state("{}", &st), "");
	cursor = list_cursor(cx, &st, row);
	assert_string_equal(open_state(jy_printf(cx, "{\"before\":\"%s\"}", cursor), &st), "");
	assert_true(st.back);
	sql = list_sql(cx, &st, LIST_PAGE, JY_VALS(jy_int(2022)));
	assert_non_null(strstr(sql.text, " AND p.planted >= ? AND (p.planted > ? OR p.id > ?) "
					 "ORDER BY p.planted ASC, p.id ASC LIMIT 21"));
	sql = list_sql(cx, &st, LIST_EXPORT, JY_VALS(jy_int(2022)));
	assert_non_null(strstr(sql.text, "ORDER BY p.planted DESC, p.id DESC LIMIT 50001"));
}

static void
filters_are_bound(void **state)
{
	struct list_state st;
	struct list_sql sql;

	(void)state;
	cx->params = jy_own(cx, json_pack("{s:s, s:[s, s], s:b}", "name", "白%' OR 1=1", "kind",
					  "tree", "bush", "tall", 0));
	assert_string_equal(open_state("{\"sort\":\"name\"}", &st), "");
	sql = list_sql(cx, &st, LIST_COUNT, JY_VALS(jy_int(2022)));
	assert_string_equal(
	    sql.text, "SELECT COUNT(*) AS n FROM (SELECT 1 AS one FROM plants p WHERE "
		      "(p.cohort = ? AND {scope unit=p.unit}) AND (p.name LIKE ?) AND (p.kind "
		      "IN (?, ?) AND p.mark <> '?') AND ((p.height > 100) = ?) LIMIT 1001) AS "
		      "counted");
	assert_string_equal(sql.vals[2].s, "白%' OR 1=1%");
	assert_string_equal(sql.vals[3].s, "tree");
	assert_string_equal(sql.vals[4].s, "bush");
	assert_int_equal(sql.vals[5].kind, JY_V_INT);
	assert_int_equal(sql.vals[6].kind, JY_V_EDGE);
}

static void
cursor_goes_on(void **state)
{
	json_t *row =
	    jy_own(cx, json_pack("{s:i, s:s}", "_key", 7, "_sort", "2022-06-25 08:00:00.123"));
	struct list_state st;
	struct list_sql sql;
	const char *after;

	(void)state;
	assert_string_equal(open_state("{}", &st), "");
	after = list_cursor(cx, &st, row);
	assert_string_equal(open_state(jy_printf(cx, "{\"after\":\"%s\"}", after), &st), "");
	sql = list_sql(cx, &st, LIST_PAGE, JY_VALS(jy_int(2022)));
	assert_non_null(strstr(sql.text, " AND p.planted <= ? AND (p.planted < ? OR p.id < ?) "
					 "ORDER BY p.planted DESC, p.id DESC LIMIT 21"));
	assert_string_equal(sql.vals[2].s, "2022-06-25 08:00:00.123");
	assert_string_equal(sql.vals[3].s, "2022-06-25 08:00:00.123");
	assert_int_equal(sql.vals[4].i, 7);
	/* The same cursor under another order would show the wrong rows. */
	assert_non_null(
	    strstr(open_state(jy_printf(cx, "{\"after\":\"%s\",\"sort\":\"name\"}", after), &st),
		   "和现在的排序不符"));
}

static void
wrong_addresses(void **state)
{
	static const char *const wrong[] = {
		"{\"sort\":\"note\"}",       "{\"sort\":\"-id\"}",
		"{\"sort\":\"name; DROP\"}", "{\"columns\":\"name,secret\"}",
		"{\"columns\":\"id\"}",      "{\"after\":\"!!!\"}",
		"{\"after\":\"e30\"}",       "{\"after\":\"eyJrIjoxfQ\"}",
		"{\"after\":\"bnVsbA\"}",
	};
	struct list_state st;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (!*open_state(wrong[i], &st))
			fail_msg("%s was taken", wrong[i]);
}

static void
address_holds_the_state(void **state)
{
	struct list_state st;

	(void)state;
	cx->params = jy_own(cx, json_pack("{s:s, s:[s, s], s:b}", "name", "长 春&", "kind", "tree",
					  "bush", "tall", 1));
	assert_string_equal(
	    open_state("{\"sort\":\"height\",\"columns\":[\"name\",\"note\"]}", &st), "");
	assert_string_equal(list_address(cx, &st, NULL, st.sort_text, "after=x"),
			    "?name=%E9%95%BF%20%E6%98%A5%26&kind=tree&kind=bush&tall=1&sort=height&"
			    "columns=name,note&after=x");
	assert_string_equal(list_address(cx, &st, "kind", "-planted", ""),
			    "?name=%E9%95%BF%20%E6%98%A5%26&tall=1&columns=name,note");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(first_page, setup, teardown),
		cmocka_unit_test_setup_teardown(filters_are_bound, setup, teardown),
		cmocka_unit_test_setup_teardown(cursor_goes_on, setup, teardown),
		cmocka_unit_test_setup_teardown(cursor_goes_back, setup, teardown),
		cmocka_unit_test_setup_teardown(wrong_addresses, setup, teardown),
		cmocka_unit_test_setup_teardown(address_holds_the_state, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
