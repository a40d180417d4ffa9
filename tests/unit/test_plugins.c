/* test_plugins.c - each bad plugin is refused with a sentence that names what differs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "plugin/checks.h"
#include "plugin/order.h"
#include "plugin/plugins.h"

/* Links the file of the core that the bad plugins call into. */
enum jy_status (*const contract)(struct jy_view *, const char *, json_t *) = jy_show;

static TALLOC_CTX *owner;

static int
begin(void **state)
{
	(void)state;
	owner = talloc_new(NULL);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	return talloc_free(owner);
}

static struct plugin *
open_bad(const char *name, const char **error)
{
	*error = NULL;
	return plugin_open(owner, talloc_asprintf(owner, "%s/%s", BAD_PLUGINS, name), NULL, error);
}

#define has(error, part)                                                                           \
	do {                                                                                       \
		assert_non_null(error);                                                            \
		if (!strstr(error, part))                                                          \
			fail_msg("“%s” does not say “%s”", error, part);                           \
	} while (0)

static void
refused_when_opened(void **state)
{
	static const struct {
		const char *name, *difference, *advice;
	} cases[] = {
		{ "badabi", "接口 2.0 构建，本系统的接口是 1.", "先升级系统" },
		{ "newabi", "接口 1.3 构建，本系统的接口是 1.0", "先升级系统" },
		{ "badname", "描述表里的名称是“goodname”", "改成一样" },
		{ "noroles", "“/noroles”没有写明哪些角色", "JY_PUBLIC" },
		{ "badprefix", "“/badprefixed”不在自己的前缀下", "“/badprefix”开头" },
		{ "not_there", "找不到", "重新安装" },
		{ "Bad-Name", "小写字母", "字母开头" },
		{ "admin", "由系统自己使用", "换一个名称" },
	};
	const char *error;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_null(open_bad(cases[i].name, &error));
		has(error, cases[i].name);
		has(error, cases[i].difference);
		has(error, cases[i].advice);
	}
}

static void
opened_though_bad_later(void **state)
{
	static const char *const names[] = { "rawtag",        "badpartial", "cycle_a",    "cycle_b",
					     "needs_missing", "failstart",  "crashstart", "crash" };
	const char *error;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct plugin *p = open_bad(names[i], &error);

		if (!p)
			fail_msg("%s", error);
		assert_string_equal(p->name, names[i]);
	}
}

static void
circle_and_missing(void **state)
{
	struct plugins *none = talloc_zero(owner, struct plugins);
	struct plugin *items[2], *sorted[2];
	char culprit[32];
	const char *error;

	(void)state;
	items[0] = open_bad("cycle_b", &error);
	items[1] = open_bad("cycle_a", &error);
	assert_false(plugins_order(none, items, 2, sorted, culprit, &error));
	has(error, "cycle_a → cycle_b → cycle_a");
	assert_string_equal(culprit, "cycle_a");
	items[0] = open_bad("needs_missing", &error);
	assert_false(plugins_order(none, items, 1, sorted, culprit, &error));
	has(error, "插件 needs_missing 需要插件 not_installed");
	assert_string_equal(culprit, "needs_missing");
}

/* --- Tables made here --- */

static enum jy_status
handle(struct jy_ctx *cx, struct jy_view *out)
{
	(void)cx, (void)out;
	return JY_OK;
}

static enum jy_status
serve(struct jy_ctx *cx, json_t *args, jy_each_fn each, void *arg)
{
	(void)cx, (void)args, (void)each, (void)arg;
	return JY_OK;
}

static const struct jy_plugin good = { .size = sizeof(good),
				       .abi_major = JY_ABI_MAJOR,
				       .name = "demo",
				       .version = "1.0.0",
				       .title = "例子" };

static void
said(const struct jy_plugin *table, const char *part)
{
	const char *error = NULL;

	assert_false(table_check(owner, "demo", table, &error));
	has(error, part);
}

static void
short_table_reads_as_zero(void **state)
{
	struct {
		char bytes[sizeof(struct jy_plugin)];
	} memory __attribute__((aligned(16)));
	struct jy_plugin old = good;
	const struct jy_plugin *copy;
	const char *error = NULL;

	(void)state;
	memset(&memory, 0xff, sizeof(memory)); /* what lies behind a short table is not ours */
	old.size = offsetof(struct jy_plugin, transfers);
	memcpy(&memory, &old, old.size);
	copy = table_copy(owner, "demo", (const struct jy_plugin *)(const void *)&memory, &error);
	assert_non_null(copy);
	assert_string_equal(copy->name, "demo");
	assert_null(copy->transfers);
	assert_null(copy->health);
	assert_true(table_check(owner, "demo", copy, &error));
	old.size = 16;
	assert_null(table_copy(owner, "demo", &old, &error));
	has(error, "描述表有 16 字节");
	old.size = sizeof(old) + 8;
	assert_null(table_copy(owner, "demo", &old, &error));
	has(error, "重新构建");
	assert_null(table_copy(owner, "demo", NULL, &error));
	has(error, "JY_PLUGIN");
}

static void
routes_refused(void **state)
{
	static const struct jy_field id[] = { { "id", JY_INT }, { 0 } };
	static const struct jy_form form = { .name = "demo.form" };
	static const struct jy_form foreign = { .name = "other.form" };
	const struct {
		struct jy_route route;
		const char *part;
	} cases[] = {
		{ { JY_GET, "/other", JY_PUBLIC, NULL, handle }, "“/demo”开头" },
		{ { JY_GET, "demo", JY_PUBLIC, NULL, handle }, "“/demo”开头" },
		{ { 3, "/demo", JY_PUBLIC, NULL, handle }, "JY_GET 或 JY_POST" },
		{ { JY_GET, "/demo", 0, NULL, handle }, "哪些角色" },
		{ { JY_GET, "/demo", 1 << 20, NULL, handle }, "哪些角色" },
		{ { JY_GET, "/demo", JY_PUBLIC, NULL, NULL }, "没有处理函数" },
		{ { JY_GET, "/demo/:id", JY_PUBLIC, NULL, handle }, "没有在 params 里声明" },
		{ { JY_GET, "/demo//x", JY_PUBLIC, NULL, handle }, "空的部分" },
		{ { JY_GET, "/demo/", JY_PUBLIC, NULL, handle }, "空的部分" },
		{ { JY_GET, "/demo/中", JY_PUBLIC, NULL, handle }, "小写字母" },
		{ { JY_GET, "/demo", JY_PUBLIC, NULL, handle, &form }, "请改为 POST" },
		{ { JY_POST, "/demo", JY_PUBLIC, NULL, handle, &foreign }, "“demo.”开头" },
		{ { JY_GET, "/demo/:id", JY_ADMIN, id, handle, .cache_s = 5 }, "不是公开" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct jy_route routes[] = { cases[i].route, { 0 } };
		struct jy_plugin table = good;

		table.routes = routes;
		said(&table, cases[i].part);
	}
}

static void
same_shape_refused(void **state)
{
	static const struct jy_field params[] = { { "id", JY_INT }, { "name", JY_TEXT }, { 0 } };
	static const struct jy_route twice[] = {
		{ JY_GET, "/demo/:id/x", JY_ANYONE, params, handle },
		{ JY_POST, "/demo/:id/x", JY_ANYONE, params, handle },
		{ JY_GET, "/demo/:name/x", JY_ANYONE, params, handle },
		{ 0 },
	};
	static const struct jy_route fine[] = {
		{ JY_GET, "/demo", JY_ANYONE, NULL, handle, .cache_s = 5 },
		{ JY_GET, "/demo/:id", JY_ANYONE, params, handle },
		{ JY_GET, "/demo/new", JY_ANYONE, params, handle },
		{ JY_POST, "/demo/:id", JY_ANYONE, params, handle },
		{ 0 },
	};
	struct jy_plugin table = good;
	const char *error = NULL;

	(void)state;
	table.routes = twice;
	said(&table, "形状相同");
	table.routes = fine;
	assert_true(table_check(owner, "demo", &table, &error));
}

static void
names_refused(void **state)
{
	static const struct jy_field no_label[] = { { "cap", JY_INT }, { 0 } };
	static const struct jy_field doubled[] = { { "cap", JY_INT, .label = "上限" },
						   { "cap", JY_INT, .label = "上限" },
						   { 0 } };
	static const struct jy_field no_choice[] = { { "kind", JY_CHOICE, .label = "类" }, { 0 } };
	static const struct jy_field order[] = { { "cap", JY_INT, 5, 1, .label = "上限" }, { 0 } };
	static const struct jy_service services[] = { { "other.list", serve }, { 0 } };
	static const struct jy_nav nav[] = { { "/", "首页", JY_ADMIN, 1 }, { 0 } };
	static const char *const self[] = { "demo", NULL };
	struct jy_plugin table = good;

	(void)state;
	table.settings = no_label;
	said(&table, "缺少标签");
	table.settings = doubled;
	said(&table, "出现了两次");
	table.settings = no_choice;
	said(&table, "choices 或 reference");
	table.settings = order;
	said(&table, "下限 5 大于上限 1");
	table = good;
	table.services = services;
	said(&table, "“demo.”开头");
	table = good;
	table.nav = nav;
	said(&table, "指向自己的地址");
	table = good;
	table.requires = self;
	said(&table, "它自己");
	table = good;
	table.version = "";
	said(&table, "版本号");
}

static void
flows_refused(void **state)
{
	static const struct jy_state states[] = { { "open", "开" }, { "shut", "关" }, { 0 } };
	static const struct jy_move lost[] = { { "close", "关", "open ajar", "shut", JY_CITY },
					       { 0 } };
	static const struct jy_move open_to_all[] = { { "close", "关", "open", "shut" }, { 0 } };
	struct jy_flow flow = {
		.name = "demo.thing", .table = "demo_things", .states = states, .moves = lost
	};
	const struct jy_flow *const flows[] = { &flow, NULL };
	struct jy_plugin table = good;
	const char *error = NULL;

	(void)state;
	table.flows = flows;
	said(&table, "没有的状态“ajar”");
	flow.moves = open_to_all;
	said(&table, "哪些角色");
	flow.moves = NULL;
	assert_true(table_check(owner, "demo", &table, &error));
	flow.table = "people";
	said(&table, "“demo_”开头");
	flow.name = "thing";
	said(&table, "“demo.”开头");
}

static void
schema_compared(void **state)
{
	struct jy_plugin table = good;
	const char *error = NULL;

	(void)state;
	table.schema = 2;
	assert_false(schema_check(owner, &table, BAD_PLUGINS "/crash", &error));
	has(error, "第 2 号");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(refused_when_opened, begin, end),
		cmocka_unit_test_setup_teardown(opened_though_bad_later, begin, end),
		cmocka_unit_test_setup_teardown(circle_and_missing, begin, end),
		cmocka_unit_test_setup_teardown(short_table_reads_as_zero, begin, end),
		cmocka_unit_test_setup_teardown(routes_refused, begin, end),
		cmocka_unit_test_setup_teardown(same_shape_refused, begin, end),
		cmocka_unit_test_setup_teardown(names_refused, begin, end),
		cmocka_unit_test_setup_teardown(flows_refused, begin, end),
		cmocka_unit_test_setup_teardown(schema_compared, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
