/* test_router.c - which route answers which address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "plugin/plugins.h"
#include "web/router.h"

static enum jy_status
nothing(struct jy_ctx *cx, struct jy_view *out)
{
	(void)cx;
	(void)out;
	return JY_OK;
}

static const struct jy_field id_params[] = { { "id", JY_INT, 1, INT64_MAX, JY_REQUIRED }, { 0 } };
static const struct jy_route home_routes[] = {
	{ JY_GET, "/", JY_ANYONE, NULL, nothing },
	{ JY_POST, "/:plugin/flow/:noun/:id/:move", JY_STAFF, NULL, nothing },
	{ 0 },
};
static const struct jy_route job_routes[] = {
	{ JY_GET, "/jobs", JY_ANYONE, NULL, nothing },
	{ JY_GET, "/jobs/new", JY_EMPLOYER, NULL, nothing },
	{ JY_POST, "/jobs/new", JY_EMPLOYER, NULL, nothing },
	{ JY_GET, "/jobs/:id", JY_ANYONE, id_params, nothing, .cache_s = 5 },
	{ JY_POST, "/jobs/:vacancy/close", JY_EMPLOYER, NULL, nothing, .limit_s = 60 },
	{ JY_GET, "/jobs/new/preview", JY_EMPLOYER, NULL, nothing },
	{ JY_GET, "/jobs/:id/text", JY_ANYONE, NULL, nothing },
	{ JY_POST, "/jobs/search", JY_ANYONE, NULL, nothing },
	{ 0 },
};
static const struct jy_plugin home_table = { .name = "home", .routes = home_routes };
static const struct jy_plugin job_table = { .name = "jobs", .routes = job_routes };

static struct plugins *
plugins_make(TALLOC_CTX *owner, const struct jy_plugin *const *tables, size_t count)
{
	struct plugins *plugins = talloc_zero(owner, struct plugins);
	size_t i;

	plugins->items = talloc_array(plugins, struct plugin *, count);
	plugins->count = count;
	plugins->off = json_pack("{s:{s:s}}", "training", "title", "培训");
	for (i = 0; i < count; i++) {
		plugins->items[i] = talloc_zero(plugins, struct plugin);
		plugins->items[i]->table = tables[i];
		snprintf(plugins->items[i]->name, sizeof(plugins->items[i]->name), "%s",
			 tables[i]->name);
	}
	return plugins;
}

static struct router *
router_make(TALLOC_CTX *owner, struct plugins **plugins)
{
	static const struct jy_plugin *const tables[] = { &home_table, &job_table };
	const char *error = NULL;
	struct router *router;

	*plugins = plugins_make(owner, tables, 2);
	router = router_new(owner, *plugins, &error);
	assert_non_null(router);
	return router;
}

static void
routes_are_found(void **state)
{
	static const struct {
		int method;
		const char *path, *route; /* NULL: none */
		bool other;
		const char *name, *value; /* of the first parameter */
	} cases[] = {
		{ JY_GET, "/", "/", false, NULL, NULL },
		{ JY_POST, "/", NULL, true, NULL, NULL },
		{ JY_GET, "/jobs", "/jobs", false, NULL, NULL },
		{ JY_GET, "/jobs/new", "/jobs/new", false, NULL, NULL },
		{ JY_POST, "/jobs/new", "/jobs/new", false, NULL, NULL },
		{ JY_GET, "/jobs/12", "/jobs/:id", false, "id", "12" },
		{ JY_GET, "/jobs/search", "/jobs/:id", false, "id", "search" },
		{ JY_POST, "/jobs/search", "/jobs/search", false, NULL, NULL },
		{ JY_POST, "/jobs/12", NULL, true, NULL, NULL },
		{ JY_POST, "/jobs/12/close", "/jobs/:vacancy/close", false, "vacancy", "12" },
		{ JY_GET, "/jobs/12/close", NULL, true, NULL, NULL },
		{ JY_GET, "/jobs/new/preview", "/jobs/new/preview", false, NULL, NULL },
		{ JY_GET, "/jobs/new/text", "/jobs/:id/text", false, "id", "new" },
		{ JY_POST, "/jobs/flow/vacancy/3/publish", "/:plugin/flow/:noun/:id/:move", false,
		  "plugin", "jobs" },
		{ JY_GET, "/nothing", NULL, false, NULL, NULL },
		{ JY_GET, "/jobs/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", NULL, false, NULL,
		  NULL },
	};
	TALLOC_CTX *owner = talloc_new(NULL);
	struct plugins *plugins;
	struct router *router = router_make(owner, &plugins);
	struct match match;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		print_message("  %s\n", cases[i].path);
		assert_int_equal(router_find(router, owner, cases[i].method, cases[i].path, &match),
				 cases[i].route != NULL);
		assert_int_equal(match.other_method, cases[i].other);
		if (cases[i].route)
			assert_string_equal(match.route->path, cases[i].route);
		if (!cases[i].name)
			continue;
		assert_string_equal(match.names[0], cases[i].name);
		assert_string_equal(match.values[0], cases[i].value);
	}
	json_decref(plugins->off);
	talloc_free(owner);
}

static void
a_plugin_that_is_off_is_named(void **state)
{
	TALLOC_CTX *owner = talloc_new(NULL);
	struct plugins *plugins;
	struct router *router = router_make(owner, &plugins);
	struct match match;

	(void)state;
	assert_false(router_find(router, owner, JY_GET, "/training/9", &match));
	assert_string_equal(match.off, "training");
	assert_false(router_find(router, owner, JY_POST, "/training/flow/a/1/b", &match));
	assert_string_equal(match.off, "training");
	assert_false(router_find(router, owner, JY_GET, "/trainings", &match));
	assert_null(match.off);
	json_decref(plugins->off);
	talloc_free(owner);
}

static void
same_shape_is_refused(void **state)
{
	static const struct jy_route other_routes[] = {
		{ JY_GET, "/jobs/:number", JY_ANYONE, NULL, nothing },
		{ 0 },
	};
	static const struct jy_plugin other = { .name = "other", .routes = other_routes };
	static const struct jy_plugin *const tables[] = { &job_table, &other };
	TALLOC_CTX *owner = talloc_new(NULL);
	struct plugins *plugins = plugins_make(owner, tables, 2);
	const char *error = NULL;

	(void)state;
	assert_null(router_new(owner, plugins, &error));
	assert_non_null(strstr(error, "/jobs/:number"));
	assert_non_null(strstr(error, "jobs"));
	json_decref(plugins->off);
	talloc_free(owner);
}

static void
the_table_is_described(void **state)
{
	TALLOC_CTX *owner = talloc_new(NULL);
	struct plugins *plugins;
	struct router *router = router_make(owner, &plugins);
	json_t *routes = router_json(router), *route, *param;

	(void)state;
	assert_int_equal(json_array_size(routes), 10);
	route = json_array_get(routes, 5);
	assert_string_equal(json_string_value(json_object_get(route, "path")), "/jobs/:id");
	assert_string_equal(json_string_value(json_object_get(route, "method")), "GET");
	assert_int_equal(json_integer_value(json_object_get(route, "cache_s")), 5);
	assert_int_equal(json_integer_value(json_object_get(route, "limit_s")), ROUTE_LIMIT_S);
	assert_int_equal(json_array_size(json_object_get(route, "roles")), 9);
	param = json_array_get(json_object_get(route, "params"), 0);
	assert_string_equal(json_string_value(json_object_get(param, "type")), "int");
	assert_true(json_is_true(json_object_get(param, "required")));
	assert_int_equal(json_integer_value(json_object_get(param, "min")), 1);
	json_decref(routes);
	json_decref(plugins->off);
	talloc_free(owner);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(routes_are_found),
		cmocka_unit_test(a_plugin_that_is_off_is_named),
		cmocka_unit_test(same_shape_is_refused),
		cmocka_unit_test(the_table_is_described),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
