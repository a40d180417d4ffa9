/*
 * test_transfer.c - files into rows: mapping, bad rows, going on after a crash, 100,000 rows in
 * flat memory; then a list pages through what was imported.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <cmocka.h>

#include "base/buf.h"
#include "facility/list_export.h"
#include "facility/transfer.h"
#include "lib/facility.h"
#include "web/response.h"

static struct garden garden;
static int64_t fail_at, finished; /* name of the row at which the database "fails" */

static enum jy_status
plant_row(struct jy_ctx *cx, json_t *values)
{
	enum jy_status s;

	if (fail_at && fail_at == jy_json_int(values, "height"))
		return JY_FAILED;
	s = jy_exec(cx, "INSERT INTO plants (name, unit, height) VALUES (?, ?, ?)",
		    jy_text(jy_json_text(values, "name")), jy_text(jy_json_text(values, "unit")),
		    jy_int(jy_json_int(values, "height")));
	if (s == JY_OK && jy_json_int(values, "height") == 13) {
		jy_field_error(cx, "height", "高度不能是 13。"); /* after the INSERT: must go */
		return JY_INVALID;
	}
	return s;
}

static enum jy_status
plants_end(struct jy_ctx *cx)
{
	(void)cx;
	finished++;
	return JY_OK;
}

static const struct jy_field fields[] = {
	{ "name", JY_TEXT, 1, 60, JY_REQUIRED, .label = "名称", .example = "白桦" },
	{ "unit", JY_CODE, 6, 6, JY_REQUIRED, .label = "市州", .example = "220100" },
	{ "height", JY_INT, 0, 1000000, .label = "高度", .initial = "1" },
	{ 0 },
};
static const struct jy_transfer transfer = { .name = "garden.plants",
					     .title = "导入植物",
					     .roles = JY_CITY,
					     .fields = fields,
					     .row = plant_row,
					     .finish = plants_end };
static const struct jy_transfer *const transfers[] = { &transfer, NULL };
static const struct jy_plugin table = {
	.size = sizeof(table), .name = "garden", .title = "花园", .transfers = transfers
};

static int
group_setup(void **state)
{
	(void)state;
	garden_begin(&garden, &table);
	return 0;
}

static int
group_teardown(void **state)
{
	(void)state;
	garden_end(&garden);
	return 0;
}

struct file {
	const char *bytes, *mapping;
	size_t n;
	bool dry;
	struct transfer_counts counts;
};

static enum jy_status
file_work(struct jy_ctx *cx, void *arg)
{
	struct file *f = arg;

	f->counts = (struct transfer_counts){ 0 };
	return transfer_run_file(cx, &transfer, f->bytes, f->n, f->mapping, f->dry, &f->counts);
}

static enum jy_status
run(struct jy_ctx *cx, struct file *f, const char *text)
{
	f->bytes = text;
	f->n = strlen(text);
	cx->checkpoint = db_checkpoint;
	cx->request = NULL;
	fail_at = 0;
	return db_transaction(cx, file_work, f, NULL);
}

static int64_t
plants(struct jy_ctx *cx)
{
	json_t *row;

	assert_int_equal(jy_row(cx, &row, "SELECT COUNT(*) AS n FROM plants"), JY_OK);
	return jy_json_int(row, "n");
}

static int
setup(void **state)
{
	struct jy_ctx *cx = garden_caller(&garden, 21, JY_CITY, "220100");

	assert_int_equal(jy_exec(cx, "DELETE FROM plants"), JY_OK);
	*state = cx;
	return 0;
}

static int
teardown(void **state)
{
	talloc_free(*state);
	return 0;
}

static void
bad_rows_cost_no_other(void **state)
{
	struct jy_ctx *cx = *state;
	struct file f = { 0 };
	const json_t *first;

	finished = 0;
	assert_int_equal(
	    run(cx, &f,
		"市州,名称*,高度,颜色\n220100,白桦,12,白\n2201,红松,x,\n220100,白桦,1,\n"
		"220100,云杉,13,\n220200,黄杨,,\n220100,\"破\n"),
	    JY_OK);
	assert_int_equal(f.counts.total, 6);
	assert_int_equal(f.counts.good, 2);
	assert_int_equal(f.counts.unchanged, 1);
	assert_int_equal(f.counts.bad, 3);
	assert_int_equal(plants(cx), 2);
	assert_int_equal(finished, 1);
	first = json_array_get(f.counts.errors, 0);
	assert_int_equal(jy_json_int(first, "row"), 3);
	assert_int_equal(json_array_size(json_object_get(first, "reasons")), 2);
}

static void
columns_by_mapping(void **state)
{
	struct jy_ctx *cx = *state;
	struct file f = { .mapping = "name=树，height=#3, unit==220400" };

	assert_int_equal(run(cx, &f, "编号\t树\t米\n1\t白桦\t12\n"), JY_OK);
	assert_int_equal(f.counts.good, 1);
	f.mapping = "name=草";
	assert_int_equal(run(cx, &f, "编号,树,米\n1,白桦,12\n"), JY_INVALID);
	assert_non_null(strstr(f.counts.error, "没有“草”这一列"));
	f.mapping = "";
	assert_int_equal(run(cx, &f, "名称,米\n1,白桦,12\n"), JY_INVALID);
	assert_non_null(strstr(f.counts.error, "必填的列：市州"));
	assert_int_equal(run(cx, &f, "\n\n"), JY_INVALID);
	assert_int_equal(plants(cx), 1);
}

static void
a_dry_run_writes_nothing(void **state)
{
	struct jy_ctx *cx = *state;
	struct file f = { .dry = true };

	assert_int_equal(run(cx, &f, "名称,市州\n白桦,220100\n红松,22\n"), JY_OK);
	assert_int_equal(f.counts.good, 1);
	assert_int_equal(f.counts.bad, 1);
	assert_int_equal(plants(cx), 0);
}

static enum jy_status
stops(struct transfer_job *job, int64_t row)
{
	return row >= *(int64_t *)job->arg ? JY_BUSY : JY_OK;
}

static enum jy_status
job_work(struct jy_ctx *cx, void *arg)
{
	(void)cx;
	return transfer_rows(arg);
}

/* The loop goes on behind the last committed batch: no row is lost and none is done twice. */
static void
goes_on_after_a_stop(void **state)
{
	struct jy_ctx *cx = *state;
	struct transfer_source source;
	struct transfer_job job = { .cx = cx, .source = &source, .batch = stops };
	int64_t stop = 800;
	struct buf text;
	const char *error;

	buf_init(&text, cx, 1 << 20);
	buf_text(&text, "名称,市州,高度\n");
	for (int i = 0; i < 1200; i++)
		buf_printf(&text, "树%d,220100,20\n", i);
	cx->checkpoint = db_checkpoint;
	job.arg = &stop;
	assert_true(source_open(cx, &transfer, text.data, text.len, "", &source, &error));
	assert_int_equal(db_transaction(cx, job_work, &job, NULL), JY_BUSY);
	assert_int_equal(plants(cx), 500);
	stop = 999999;
	job = (struct transfer_job){
		.cx = cx, .source = &source, .batch = stops, .arg = &stop, .after = 501
	};
	assert_true(source_open(cx, &transfer, text.data, text.len, "", &source, &error));
	assert_int_equal(db_transaction(cx, job_work, &job, NULL), JY_OK);
	assert_int_equal(job.counts.good, 700);
	assert_int_equal(job.counts.unchanged, 0);
	assert_int_equal(plants(cx), 1200);
}

static long
peak_kib(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

static void
a_hundred_thousand_rows(void **state)
{
	struct jy_ctx *cx = *state;
	struct file f = { 0 };
	struct buf text;
	long before;

	buf_init(&text, cx, 10 << 20);
	buf_text(&text, "名称,市州,高度\r\n");
	for (int i = 0; i < 100000; i++)
		buf_printf(&text, "一棵有名字的树%d,%s,%d\r\n", i, i % 10 ? "220100" : "x", i);
	before = peak_kib();
	assert_int_equal(run(cx, &f, text.data), JY_OK);
	assert_int_equal(f.counts.total, 100000);
	assert_int_equal(f.counts.bad, 10001); /* and the height of 13 */
	assert_int_equal(json_array_size(f.counts.errors), TRANSFER_BAD_KEPT);
	assert_int_equal(plants(cx), 89999);
	print_message("memory grew by %ld KiB\n", peak_kib() - before);
#ifndef __SANITIZE_ADDRESS__ /* which keeps what was freed */
	assert_true(peak_kib() - before < 16 * 1024);
#endif
}

/* --- A list over them --- */

static const struct jy_column columns[] = {
	{ "id", "编号", "p.id", JY_INT, JY_DATA },
	{ "name", "名称", "p.name", JY_TEXT, JY_SORT },
	{ "secret", "种植人", "CONCAT('张', p.name)", JY_TEXT, JY_MASKED },
	{ "height", "高度", "p.height DIV 100", JY_INT, JY_SORT },
	{ "planted", "时间", "p.planted", JY_DATETIME, JY_SORT },
	{ 0 },
};
static const struct jy_filter filters[] = {
	{ { "min", JY_INT, .label = "至少" }, "p.height >= ?" },
	{ { 0 } },
};
static const struct jy_list list = { .name = "garden.plants",
				     .title = "植物",
				     .from = "plants p",
				     .where = "{scope unit=p.unit}",
				     .key = "p.id",
				     .columns = columns,
				     .filters = filters,
				     .sort = "-height",
				     .page_size = 7,
				     .link = "/garden/:id" };

static void
many_plants(struct jy_ctx *cx, int count)
{
	struct file f = { 0 };
	struct buf text;

	buf_init(&text, cx, 1 << 20);
	buf_text(&text, "名称,市州,高度\n");
	for (int i = 0; i < count; i++)
		buf_printf(&text, "=树%d,%s,%d\n", i, i % 5 ? "220100" : "220200", 1000 + i);
	assert_int_equal(run(cx, &f, text.data), JY_OK);
	cx->request = &garden.request;
	cx->may_write = false;
}

/* One page; the next address' cursor, or NULL. */
static const json_t *
page(struct jy_ctx *cx, const char *sort, const char *after)
{
	struct pair pairs[2] = { { "sort", sort, strlen(sort) },
				 { "after", after, strlen(after) } };
	struct jy_view *view = view_new(cx);

	garden.request.args = (struct pairs){ pairs, *after ? 2 : 1 };
	assert_int_equal(jy_list_page(cx, view, &list, JY_VALS(), NULL), JY_OK);
	return view->model;
}

static void
pages_hold_each_row_once(void **state)
{
	static const char *const sorts[] = { "-height", "height", "name", "-planted" };
	struct jy_ctx *cx = *state;

	many_plants(cx, 300);
	garden.request.json = true;
	for (size_t i = 0; i < 4; i++) {
		json_t *seen = jy_own(cx, json_object()), *row;
		const char *after = "", *next;
		size_t k;

		do {
			const json_t *model = page(cx, sorts[i], after);

			assert_int_equal(jy_json_int(model, "count"), 240);
			json_array_foreach(json_object_get(model, "rows"), k, row)
			{
				assert_null(json_object_get(seen, jy_json_text(row, "name")));
				json_object_set_new(seen, jy_json_text(row, "name"), json_true());
				assert_memory_equal(jy_json_text(row, "secret"), "张**", 5);
			}
			next = strstr(jy_json_text(model, "next"), "after=");
			after = next ? next + strlen("after=") : NULL;
		} while (after);
		assert_int_equal(json_object_size(seen),
				 240); /* the other city's are out of sight */
	}
	garden.request.json = false;
}

static void
exports_are_files(void **state)
{
	struct jy_ctx *cx = *state;
	struct pair format = { "format", "csv", 3 };
	struct jy_view *view = view_new(cx);
	const char *bytes;

	many_plants(cx, 30);
	cx->params = jy_own(cx, json_pack("{s:i}", "min", 1028));
	garden.request.args = (struct pairs){ &format, 1 };
	assert_int_equal(jy_list_page(cx, view, &list, JY_VALS(), NULL), JY_OK);
	bytes = view->bytes;
	assert_int_equal(view->kind, VIEW_BYTES);
	assert_memory_equal(bytes, "\xEF\xBB\xBF", 3);
	assert_non_null(strstr(bytes, "名称,种植人,高度,时间\r\n'=树29,张****,10,20"));
	assert_int_equal(view->size, strlen(bytes));
	format = (struct pair){ "format", "xlsx", 4 };
	view = view_new(cx);
	assert_int_equal(jy_list_page(cx, view, &list, JY_VALS(), NULL), JY_OK);
	assert_memory_equal(view->bytes, "PK\3\4", 4);
	format = (struct pair){ "format", "exe", 3 };
	view = view_new(cx);
	assert_int_equal(jy_list_page(cx, view, &list, JY_VALS(), NULL), JY_INVALID);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(bad_rows_cost_no_other, setup, teardown),
		cmocka_unit_test_setup_teardown(columns_by_mapping, setup, teardown),
		cmocka_unit_test_setup_teardown(a_dry_run_writes_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(goes_on_after_a_stop, setup, teardown),
		cmocka_unit_test_setup_teardown(a_hundred_thousand_rows, setup, teardown),
		cmocka_unit_test_setup_teardown(pages_hold_each_row_once, setup, teardown),
		cmocka_unit_test_setup_teardown(exports_are_files, setup, teardown),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
