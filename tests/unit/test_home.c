/*
 * test_home.c - the first page: doors lead only where something is, a failing tile is left out, and
 * without the database the page still shows the way. The campaign is answered by the test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define jy_campaign test_campaign
#include "web/home.c"

static enum jy_status campaign_status;
static int tiles_run;

enum jy_status
test_campaign(struct jy_ctx *cx, json_t **out)
{
	if (campaign_status == JY_OK)
		*out = jy_own(cx, json_pack("{s:s, s:s, s:s}", "name", "2030届", "starts",
					    "2030-03-01", "ends", "2030-07-31"));
	return campaign_status;
}

static enum jy_status
tile_good(struct jy_ctx *cx, json_t *model)
{
	assert_string_equal(cx->plugin->name, "needs");
	tiles_run++;
	json_object_set_new(model, "value", json_integer(7));
	return JY_OK;
}

static enum jy_status
tile_bad(struct jy_ctx *cx, json_t *model)
{
	(void)cx;
	(void)model;
	tiles_run++;
	return JY_FAILED;
}

static enum jy_status
tile_silent(struct jy_ctx *cx, json_t *model)
{
	(void)cx;
	(void)model;
	tiles_run++;
	return JY_NOT_FOUND;
}

static enum jy_status
page(struct jy_ctx *cx, struct jy_view *out)
{
	(void)cx;
	(void)out;
	return JY_OK;
}

static const struct jy_field id_params[] = { { "id", JY_INT, 1, 9, .label = "编号" }, { 0 } };
static const struct jy_route needs_routes[] = {
	{ JY_GET, "/needs", JY_GRADUATE, NULL, page },
	{ JY_GET, "/needs/people", JY_UNIVERSITY, NULL, page },
	{ 0 },
};
static const struct jy_route jobs_routes[] = {
	{ JY_GET, "/jobs/:id", JY_ANYONE, id_params, page },
	{ 0 },
};
static const struct jy_tile tiles[] = {
	{ "bad", "坏的", JY_ANYONE, tile_bad },
	{ "good", "好的", JY_ANYONE, tile_good },
	{ "silent", "没有内容", JY_ANYONE, tile_silent },
	{ "staff", "别人的", JY_STAFF, tile_good },
	{ 0 },
};
static const struct jy_plugin needs_table = {
	.name = "needs", .title = "需求", .routes = needs_routes, .tiles = tiles
};
static const struct jy_plugin jobs_table = { .name = "jobs",
					     .title = "岗位",
					     .routes = jobs_routes };

/* The model of the first page for a caller of that role; hangs below owner. */
static json_t *
model_for(TALLOC_CTX *owner, enum jy_role role, json_t *units_off)
{
	struct plugins *plugins = talloc_zero(owner, struct plugins);
	struct plugin *items = talloc_zero_array(owner, struct plugin, 2);
	struct core *core = talloc_zero(owner, struct core);
	struct jy_ctx *cx = ctx_new(core, owner, "test");
	struct jy_view *view = view_new(cx);
	const char *error = NULL;

	items[0] =
	    (struct plugin){ .name = "needs", .table = &needs_table, .units_off = units_off };
	items[1] = (struct plugin){ .name = "jobs", .table = &jobs_table };
	plugins->items = talloc_array(owner, struct plugin *, 2);
	plugins->items[0] = &items[0];
	plugins->items[1] = &items[1];
	plugins->count = 2;
	plugins->off = json_object();
	core->plugins = plugins;
	core->router = router_new(owner, plugins, &error);
	assert_non_null(core->router);
	cx->user.role = role;
	cx->user.name = "林小满";
	cx->user.unit = "220100";
	tiles_run = 0;
	assert_int_equal(home(cx, view), JY_OK);
	json_decref(plugins->off);
	assert_string_equal(view->tmpl, "core/home");
	return view->model;
}

static const char *
link_of(const json_t *model, const char *list, size_t i)
{
	return jy_json_text(json_array_get(json_object_get(model, list), i), "link");
}

/* "/jobs" is not there and "/jobs/mine" is only "/jobs/:id": one door is left of three. */
static void
visitor(void **state)
{
	TALLOC_CTX *owner = talloc_new(NULL);
	json_t *model, *shown;

	(void)state;
	campaign_status = JY_OK;
	model = model_for(owner, JY_PUBLIC, NULL);
	shown = json_object_get(model, "tiles");
	assert_int_equal(json_array_size(json_object_get(model, "doors")), 1);
	assert_string_equal(link_of(model, "doors", 0), "/needs");
	assert_null(json_object_get(model, "greeting"));
	assert_string_equal(jy_json_text(json_object_get(model, "campaign"), "name"), "2030届");
	assert_int_equal(tiles_run, 3);
	assert_int_equal(json_array_size(shown), 1);
	assert_int_equal(jy_json_int(json_array_get(shown, 0), "value"), 7);
	assert_string_equal(jy_json_text(json_array_get(shown, 0), "label"), "好的");
	talloc_free(owner);
}

static void
signed_in(void **state)
{
	TALLOC_CTX *owner = talloc_new(NULL);
	json_t *model;

	(void)state;
	campaign_status = JY_NOT_FOUND;
	model = model_for(owner, JY_UNIVERSITY, NULL);
	assert_null(json_object_get(model, "campaign"));
	assert_null(json_object_get(model, "doors"));
	assert_int_equal(json_array_size(json_object_get(model, "steps")), 1);
	assert_string_equal(link_of(model, "steps", 0), "/needs/people");
	assert_int_equal(json_array_size(json_object_get(model, "tiles")), 2);
	talloc_free(owner);
}

static void
off_in_the_region(void **state)
{
	TALLOC_CTX *owner = talloc_new(NULL);
	json_t *units = json_pack("[s, s]", "220200", "220100"), *model;

	(void)state;
	campaign_status = JY_OK;
	model = model_for(owner, JY_GRADUATE, units);
	assert_int_equal(tiles_run, 0);
	assert_null(json_object_get(model, "greeting"));
	assert_null(json_object_get(model, "figures"));
	json_decref(units);
	talloc_free(owner);
}

static void
without_database(void **state)
{
	TALLOC_CTX *owner = talloc_new(NULL);
	json_t *model;

	(void)state;
	campaign_status = JY_BUSY;
	model = model_for(owner, JY_PUBLIC, NULL);
	assert_int_equal(tiles_run, 0);
	assert_int_equal(json_array_size(json_object_get(model, "doors")), 1);
	assert_int_equal(json_array_size(json_object_get(model, "tiles")), 0);
	talloc_free(owner);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(visitor),
		cmocka_unit_test(signed_in),
		cmocka_unit_test(off_in_the_region),
		cmocka_unit_test(without_database),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
