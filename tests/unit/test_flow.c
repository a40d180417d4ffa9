/*
 * test_flow.c - the life of a record: who may move it, once, and what is written down about it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "facility/flows.h"
#include "lib/facility.h"

static struct garden garden;
static int applied;

static enum jy_status
publish(struct jy_ctx *cx, json_t *record, const char *reason, const char *note)
{
	(void)reason;
	applied++;
	assert_string_equal(cx->plugin->name, "garden");
	if (strcmp(note, "refuse") != 0)
		return JY_OK;
	/* Half of the work is done before the refusal: none of it may stay. */
	if (jy_exec(cx, "UPDATE plants SET height = 999 WHERE id = ?",
		    jy_int(jy_json_int(record, "id"))) != JY_OK)
		return JY_FAILED;
	jy_field_error(cx, "note", "今天不能公开。");
	return JY_INVALID;
}

static const struct jy_state states[] = {
	{ "draft", "草稿", 0, "secondary" },
	{ "submitted", "待审核", 24, "warning" },
	{ "published", "已公开", 0, "success" },
	{ "rejected", "已退回", 0, "danger" },
	{ 0 },
};
static const struct jy_choice reasons[] = { { "false", "内容不实" }, { "other", "其他" }, { 0 } };
static const struct jy_move moves[] = {
	{ "submit", "提交", "draft rejected", "submitted", JY_EMPLOYER | JY_CITY,
	  .event = "submitted" },
	{ "publish", "公开", "submitted", "published", JY_CITY | JY_PROVINCE,
	  JY_SECOND_PERSON | JY_BATCH, .event = "published", .apply = publish },
	{ "reject", "退回", "submitted", "rejected", JY_CITY, JY_REASON | JY_NOTE | JY_BATCH,
	  reasons },
	{ "close", "关闭", "published", "draft", 0 }, /* the system alone */
	{ 0 },
};
static const struct jy_flow flow = {
	.name = "garden.plant",
	.title = "植物审核",
	.table = "plants",
	.alias = "p",
	.scope = "{scope unit=p.unit all=1}",
	.label = "p.name",
	.link = "/garden/:id",
	.states = states,
	.moves = moves,
};
static const struct jy_flow *const flows[] = { &flow, NULL };
static const struct jy_plugin table = {
	.size = sizeof(table), .name = "garden", .title = "花园", .flows = flows
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

/* Work of one POST: committed when it answers JY_OK. */
struct post {
	const char *move, *reason, *note;
	int64_t id, ver;
	struct jy_view *view;
};

static enum jy_status
post_work(struct jy_ctx *cx, void *arg)
{
	struct post *p = arg;

	return jy_flow_move(cx, p->view, &flow, p->id, p->move, p->ver, p->reason, p->note);
}

static enum jy_status
move(int64_t account, enum jy_role role, const char *unit, struct post p)
{
	struct jy_ctx *cx = garden_caller(&garden, account, role, unit);
	enum jy_status s;

	p.view = view_new(cx);
	s = db_transaction(cx, post_work, &p, NULL);
	if (s != JY_OK && p.view->sentence)
		print_message("%s: %s\n", p.view->code, p.view->sentence);
	talloc_free(cx);
	return s;
}

static enum jy_status
plant_work(struct jy_ctx *cx, void *arg)
{
	int64_t *id = arg;
	enum jy_status s = jy_exec(cx, "INSERT INTO plants (name, unit) VALUES (?, '220100')",
				   jy_text(jy_uid(cx)));

	*id = jy_last_id(cx);
	return s == JY_OK ? jy_flow_begin(cx, &flow, *id, NULL) : s;
}

static int64_t
plant(int64_t account)
{
	struct jy_ctx *cx = garden_caller(&garden, account, JY_EMPLOYER, "");
	int64_t id;

	assert_int_equal(db_transaction(cx, plant_work, &id, NULL), JY_OK);
	talloc_free(cx);
	return id;
}

static const char *
one_text(struct jy_ctx *cx, const char *sql, int64_t id)
{
	json_t *row;

	return jy_row(cx, &row, sql, jy_int(id)) == JY_OK ? jy_json_text(row, "x") : "";
}

static void
assert_state(int64_t id, const char *wanted, int64_t ver)
{
	struct jy_ctx *cx = garden_caller(&garden, 1, JY_PROVINCE, "");
	json_t *row;

	assert_int_equal(
	    jy_row(cx, &row, "SELECT state, ver, height FROM plants WHERE id = ?", jy_int(id)),
	    JY_OK);
	assert_string_equal(jy_json_text(row, "state"), wanted);
	assert_int_equal(jy_json_int(row, "ver"), ver);
	assert_int_equal(jy_json_int(row, "height"), 0);
	talloc_free(cx);
}

static void
moves_and_remembers(void **state)
{
	int64_t id = plant(11);
	struct jy_ctx *cx;
	json_t *model;

	(void)state;
	applied = 0;
	assert_int_equal(move(11, JY_EMPLOYER, "", (struct post){ "submit", .id = id, .ver = 1 }),
			 JY_OK);
	assert_int_equal(
	    move(21, JY_CITY, "220100", (struct post){ "publish", .id = id, .ver = 2 }), JY_OK);
	assert_state(id, "published", 3);
	assert_int_equal(applied, 1);
	cx = garden_caller(&garden, 21, JY_CITY, "220100");
	assert_string_equal(one_text(cx,
				     "SELECT GROUP_CONCAT(move, '>', to_state ORDER BY id) AS x "
				     "FROM flow_history WHERE record = ?",
				     id),
			    "begin>draft,submit>submitted,publish>published");
	assert_string_equal(one_text(cx,
				     "SELECT GROUP_CONCAT(name ORDER BY id) AS x FROM events WHERE "
				     "JSON_VALUE(payload, '$.id') = ?",
				     id),
			    "garden.submitted,garden.published");
	model = jy_own(cx, json_object());
	assert_int_equal(jy_flow_model(cx, &flow, id, model), JY_OK);
	model = json_object_get(model, "flow");
	assert_string_equal(jy_json_text(model, "label"), "已公开");
	assert_int_equal(json_array_size(json_object_get(model, "history")), 3);
	assert_int_equal(json_array_size(json_object_get(model, "moves")), 0);
	talloc_free(cx);
}

static void
refuses_by_the_table(void **state)
{
	int64_t id = plant(11);

	(void)state;
	/* state, role, scope, version, unknown move */
	assert_int_equal(move(21, JY_CITY, "220100", (struct post){ "publish", .id = id }),
			 JY_CONFLICT);
	assert_int_equal(move(51, JY_TRAINER, "", (struct post){ "submit", .id = id }), JY_DENIED);
	assert_int_equal(move(21, JY_CITY, "220200", (struct post){ "submit", .id = id }),
			 JY_NOT_FOUND);
	assert_int_equal(move(11, JY_EMPLOYER, "", (struct post){ "submit", .id = id, .ver = 7 }),
			 JY_CONFLICT);
	assert_int_equal(move(11, JY_EMPLOYER, "", (struct post){ "explode", .id = id }),
			 JY_NOT_FOUND);
	assert_int_equal(move(1, JY_PROVINCE, "", (struct post){ "close", .id = id }), JY_DENIED);
	assert_state(id, "draft", 1);
	/* the one who submitted does not publish */
	assert_int_equal(move(21, JY_CITY, "220100", (struct post){ "submit", .id = id }), JY_OK);
	assert_int_equal(move(21, JY_CITY, "220100", (struct post){ "publish", .id = id }),
			 JY_DENIED);
	assert_state(id, "submitted", 2);
}

static void
wants_words(void **state)
{
	int64_t id = plant(11);

	(void)state;
	assert_int_equal(move(11, JY_EMPLOYER, "", (struct post){ "submit", .id = id }), JY_OK);
	assert_int_equal(move(21, JY_CITY, "220100", (struct post){ "reject", .id = id }),
			 JY_INVALID);
	assert_int_equal(
	    move(21, JY_CITY, "220100", (struct post){ "reject", "unknown", "看过了", .id = id }),
	    JY_INVALID);
	assert_int_equal(move(21, JY_CITY, "220100", (struct post){ "reject", "false", "　", id }),
			 JY_INVALID);
	assert_state(id, "submitted", 2);
	assert_int_equal(
	    move(21, JY_CITY, "220100", (struct post){ "reject", "false", "薪资不实", id }), JY_OK);
	assert_state(id, "rejected", 3);
}

static void
apply_may_refuse(void **state)
{
	int64_t id = plant(11);

	(void)state;
	assert_int_equal(move(11, JY_EMPLOYER, "", (struct post){ "submit", .id = id }), JY_OK);
	assert_int_equal(move(21, JY_CITY, "220100", (struct post){ "publish", "", "refuse", id }),
			 JY_INVALID);
	assert_state(id, "submitted", 2);
}

static enum jy_status
run_batch(struct jy_ctx *cx, void *arg)
{
	return flow_batch(cx, arg);
}

static struct jy_view *
batch(struct jy_ctx *cx, const char *name, bool confirm, json_t *ids)
{
	struct jy_view *view = view_new(cx);
	enum jy_status s;

	cx->params = jy_own(cx, json_pack("{s:s, s:s, s:s, s:o, s:n, s:n, s:b}", "plugin", "garden",
					  "noun", "plant", "move", name, "ids", ids, "reason",
					  "note", "confirm", confirm));
	cx->typed = cx->params;
	cx->form = &flow_batch_form;
	s = db_transaction(cx, run_batch, view, NULL);
	view->status = (int)s;
	return view;
}

static void
batches_preview_and_do(void **state)
{
	int64_t good = plant(11), draft = plant(11), own = plant(11);
	struct jy_ctx *cx = garden_caller(&garden, 21, JY_CITY, "220100");
	struct jy_view *view;
	const json_t *model;

	(void)state;
	assert_int_equal(move(11, JY_EMPLOYER, "", (struct post){ "submit", .id = good }), JY_OK);
	assert_int_equal(move(21, JY_CITY, "220100", (struct post){ "submit", .id = own }), JY_OK);
	view = batch(cx, "publish", false,
		     json_pack("[o, o, o, s]", json_sprintf("%" PRId64, good),
			       json_sprintf("%" PRId64, draft), json_sprintf("%" PRId64, own),
			       "99999"));
	assert_int_equal(view->status, JY_OK);
	model = json_object_get(view->model, "batch");
	assert_int_equal(jy_json_int(model, "ok_count"), 1);
	assert_int_equal(jy_json_int(model, "bad_count"), 3);
	assert_state(good, "submitted", 2); /* only looked at */
	view = batch(cx, "publish", true,
		     json_pack("[o, o]", json_sprintf("%" PRId64 ".2", good),
			       json_sprintf("%" PRId64 ".1", draft)));
	assert_int_equal(view->status, JY_OK);
	model = json_object_get(view->model, "batch");
	assert_int_equal(jy_json_int(model, "ok_count"), 1);
	assert_int_equal(jy_json_int(model, "bad_count"), 1);
	assert_state(good, "published", 3);
	assert_state(draft, "draft", 1);
	/* reject needs words: asked for once */
	view = batch(cx, "reject", true, json_pack("[o]", json_sprintf("%" PRId64 ".2", own)));
	assert_int_equal(view->status, JY_INVALID);
	talloc_free(cx);
}

static void
queue_shows_the_overdue_first(void **state)
{
	int64_t late = plant(11), fresh = plant(11);
	struct jy_ctx *cx;
	struct jy_view *view;
	const json_t *first;

	(void)state;
	assert_int_equal(move(11, JY_EMPLOYER, "", (struct post){ "submit", .id = fresh }), JY_OK);
	assert_int_equal(move(11, JY_EMPLOYER, "", (struct post){ "submit", .id = late }), JY_OK);
	cx = garden_caller(&garden, 1, JY_PROVINCE, "");
	assert_int_equal(
	    jy_exec(cx, "UPDATE flow_history SET at = NOW() - INTERVAL 3 DAY WHERE record = ?",
		    jy_int(late)),
	    JY_OK);
	talloc_free(cx);
	cx = garden_caller(&garden, 22, JY_CITY, "220100");
	view = view_new(cx);
	cx->params = jy_own(cx, json_pack("{s:s, s:s, s:s}", "plugin", "garden", "noun", "plant",
					  "state", "submitted"));
	assert_int_equal(flow_queue(cx, view), JY_OK);
	first = json_array_get(json_object_get(view->model, "rows"), 0);
	assert_int_equal(jy_json_int(first, "id"), late);
	assert_true(json_is_true(json_object_get(first, "overdue")));
	assert_string_equal(jy_json_text(first, "waited"), "3 天");
	talloc_free(cx);
	cx = garden_caller(&garden, 61, JY_PARTNER, "");
	view = view_new(cx);
	cx->params =
	    jy_own(cx, json_pack("{s:s, s:s, s:n}", "plugin", "garden", "noun", "plant", "state"));
	assert_int_equal(flow_queue(cx, view), JY_DENIED);
	talloc_free(cx);
}

/* The model as the partial shows it: a deadline, and moves with their words. */
static void
model_of_a_waiting_record(void **state)
{
	int64_t id = plant(11);
	struct jy_ctx *cx;
	json_t *model;
	const json_t *moved;

	(void)state;
	assert_int_equal(move(11, JY_EMPLOYER, "", (struct post){ "submit", .id = id }), JY_OK);
	cx = garden_caller(&garden, 21, JY_CITY, "220100");
	model = jy_own(cx, json_object());
	assert_int_equal(jy_flow_model(cx, &flow, id, model), JY_OK);
	model = json_object_get(model, "flow");
	assert_int_equal(strlen(jy_json_text(model, "due")), 16);
	assert_true(json_is_false(json_object_get(model, "overdue")));
	moved = json_array_get(json_object_get(model, "moves"), 1);
	assert_string_equal(jy_json_text(moved, "name"), "reject");
	assert_string_equal(jy_json_text(moved, "action"),
			    jy_printf(cx, "/garden/flow/plant/%" PRId64 "/reject", id));
	assert_int_equal(json_array_size(json_object_get(moved, "reasons")), 2);
	talloc_free(cx);
}

/* A flow's routes are the core's, but they are shut with the plugin they serve. */
static void
off_with_its_plugin(void **state)
{
	struct jy_ctx *cx = garden_caller(&garden, 21, JY_CITY, "220100");
	struct jy_view *view = view_new(cx);

	(void)state;
	garden.plugins.off = jy_own(cx, json_pack("{s:{s:s}}", "shed", "title", "棚子"));
	cx->params =
	    jy_own(cx, json_pack("{s:s, s:s, s:n}", "plugin", "shed", "noun", "plant", "state"));
	assert_int_equal(flow_queue(cx, view), JY_BUSY);
	assert_int_equal(view->status, 503);
	assert_true(view->retry_after > 0);
	garden.plugin.units_off = jy_own(cx, json_pack("[s]", "220100"));
	cx->params =
	    jy_own(cx, json_pack("{s:s, s:s, s:n}", "plugin", "garden", "noun", "plant", "state"));
	assert_int_equal(flow_queue(cx, view), JY_BUSY);
	assert_string_equal(view->code, "plugin.off_unit");
	garden.plugin.units_off = garden.plugins.off = NULL;
	talloc_free(cx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moves_and_remembers),
		cmocka_unit_test(refuses_by_the_table),
		cmocka_unit_test(wants_words),
		cmocka_unit_test(apply_may_refuse),
		cmocka_unit_test(batches_preview_and_do),
		cmocka_unit_test(queue_shows_the_overdue_first),
		cmocka_unit_test(model_of_a_waiting_record),
		cmocka_unit_test(off_with_its_plugin),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
