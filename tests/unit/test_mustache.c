/*
 * test_mustache.c - the template engine against its specification, its limits and its refusals.
 *
 * The table below is our own. The official cases are data of github.com/mustache/spec (MIT) that
 * the repository does not carry: put interpolation.json, sections.json, inverted.json,
 * comments.json, partials.json and delimiters.json into ../shared/reference/mustache-spec, or name
 * their folder in MUSTACHE_SPEC. Without them that test says that it was skipped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "web/templates.h"

struct shelf { /* the partials of one case, compiled when they are asked for */
	TALLOC_CTX *owner;
	json_t *texts, *compiled;
};

static const struct mustache *
shelf_find(void *arg, const char *name)
{
	struct shelf *shelf = arg;
	json_t *known = json_object_get(shelf->compiled, name);
	const char *text = json_string_value(json_object_get(shelf->texts, name)), *error = NULL;
	struct mustache *made;

	if (known)
		return (const struct mustache *)(uintptr_t)json_integer_value(known);
	if (!text)
		return NULL;
	made = mustache_compile(shelf->owner, text, strlen(text), true, &error);
	assert_non_null(made);
	json_object_set_new(shelf->compiled, name, json_integer((json_int_t)(uintptr_t)made));
	return made;
}

/* Renders text with data; partials may be NULL. The answer hangs below owner. */
static const char *
render(TALLOC_CTX *owner, const char *text, const json_t *data, json_t *partials, size_t max)
{
	struct shelf shelf = { owner, partials, json_object() };
	const char *error = NULL;
	struct mustache *m = mustache_compile(owner, text, strlen(text), true, &error);
	struct buf out;

	if (!m)
		fail_msg("%s: %s", text, error);
	buf_init(&out, owner, max);
	mustache_render(m, &data, 1, shelf_find, &shelf, &out);
	json_decref(shelf.compiled);
	return out.data ? out.data : "";
}

static const struct {
	const char *text, *data, *partials, *expected;
} cases[] = {
	/* values */
	{ "您好，{{name}}！", "{\"name\":\"小林\"}", NULL, "您好，小林！" },
	{ "{{a}}|{{{a}}}|{{&a}}|{{& a }}", "{\"a\":\"<b>&\\\"'\"}", NULL,
	  "&lt;b&gt;&amp;&quot;&#39;|<b>&\"'|<b>&\"'|<b>&\"'" },
	{ "{{i}} {{n}} {{r}} {{t}} {{f}} {{z}}",
	  "{\"i\":0,\"n\":-9223372036854775808,\"r\":1.21,\"t\":true,\"f\":false,\"z\":null}", NULL,
	  "0 -9223372036854775808 1.21 true false " },
	{ "[{{none}}][{{o}}][{{l}}]", "{\"o\":{\"a\":1},\"l\":[1]}", NULL, "[][][]" },
	{ "{{a.b.c}} {{a.x.c}} {{a.b.c.d}}", "{\"a\":{\"b\":{\"c\":\"深\"}}}", NULL, "深  " },
	{ "{{.}}", "\"整个\"", NULL, "整个" },
	{ "{{l.1}}{{l.2}}{{l.x}}{{l.1x}}{{#l.0}}有{{/l.0}}{{^m.0}}无{{/m.0}}",
	  "{\"l\":[1,2],\"m\":[]}", NULL, "2有无" },
	{ "  {{a}}\n", "{\"a\":\"x\"}", NULL, "  x\n" },
	/* sections */
	{ "{{#a}}有{{/a}}{{^a}}无{{/a}}", "{\"a\":true}", NULL, "有" },
	{ "{{#a}}有{{/a}}{{^a}}无{{/a}}", "{\"a\":\"\"}", NULL, "无" },
	{ "{{#a}}有{{/a}}{{^a}}无{{/a}}", "{\"a\":0}", NULL, "无" },
	{ "{{#a}}有{{/a}}{{^a}}无{{/a}}", "{\"a\":[]}", NULL, "无" },
	{ "{{#a}}有{{/a}}{{^a}}无{{/a}}", "{}", NULL, "无" },
	{ "{{#l}}{{n}},{{/l}}", "{\"l\":[{\"n\":1},{\"n\":2},{}],\"n\":\"外\"}", NULL, "1,2,外," },
	{ "{{#l}}({{#.}}{{.}}{{/.}}){{/l}}", "{\"l\":[[1,2],[3]]}", NULL, "(12)(3)" },
	{ "{{#a}}{{b.c}}{{/a}}", "{\"a\":{\"b\":{}},\"b\":{\"c\":\"不该出现\"}}", NULL, "" },
	{ "{{#a.b}}{{c}}{{/a.b}}", "{\"a\":{\"b\":{\"c\":1}}}", NULL, "1" },
	/* tags alone on their line */
	{ "a\n{{#s}}\nb\n{{/s}}\nc\n", "{\"s\":1}", NULL, "a\nb\nc\n" },
	{ "a\r\n  {{#s}}  \r\nb\r\n\t{{/s}}\r\nc", "{\"s\":1}", NULL, "a\r\nb\r\nc" },
	{ "{{#s}}\n{{/s}}\n\nx", "{\"s\":1}", NULL, "\nx" },
	{ " {{#s}}a{{/s}} \n", "{\"s\":1}", NULL, " a \n" },
	{ "  {{#s}}\n{{/s}}", "{\"s\":1}", NULL, "" },
	{ "a\n  {{! 说明\n两行 }}\nb", "{}", NULL, "a\nb" },
	{ "1{{! 说明 }}2", "{}", NULL, "12" },
	/* delimiters */
	{ "{{=<% %>=}}<% a %>{{a}}<%={{ }}=%>{{a}}", "{\"a\":1}", NULL, "1{{a}}1" },
	{ "{{=| |=}}\n|#s||a||/s|", "{\"s\":{\"a\":2}}", NULL, "2" },
	{ "{{=@   @=}}@{a}@", "{\"a\":\"<\"}", NULL, "<" },
	/* partials */
	{ "{{> p}}!", "{\"a\":1}", "{\"p\":\"[{{a}}]\"}", "[1]!" },
	{ "{{>none}}|", "{}", "{}", "|" },
	{ "{{=< >=}}<>p>", "{\"a\":1}", "{\"p\":\"{{a}}<a>\"}", "1<a>" },
	{ "<ul>\n  {{> p}}\n</ul>", "{\"a\":\"x\\ny\"}", "{\"p\":\"<li>{{{a}}}</li>\\n<hr>\\n\"}",
	  "<ul>\n  <li>x\ny</li>\n  <hr>\n</ul>" },
	{ " {{> p}}\n", "{\"s\":1}",
	  "{\"p\":\"{{#s}}\\na\\n{{/s}}\\n\\n{{s}}b\\n{{>q}}\\n\",\"q\":\"c\\n\"}",
	  " a\n \n 1b\n c\n" },
	{ "  {{> p}}\n", "{}", "{\"p\":\"  {{> q}}\\nz\",\"q\":\"x\\ny\\n\"}",
	  "    x\n    y\n  z" },
	{ "a {{> p}}\n", "{}", "{\"p\":\"x\\ny\"}", "a x\ny\n" },
	{ "{{> p}}", "{\"n\":[{\"n\":[{\"n\":[]}]}]}", "{\"p\":\"<{{#n}}{{> p}}{{/n}}>\"}",
	  "<<<>>>" },
};

static void
own_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		TALLOC_CTX *owner = talloc_new(NULL);
		json_t *data = json_loads(cases[i].data, JSON_DECODE_ANY, NULL);
		json_t *partials =
		    cases[i].partials ? json_loads(cases[i].partials, 0, NULL) : NULL;

		assert_non_null(data);
		assert_string_equal(render(owner, cases[i].text, data, partials, 1 << 16),
				    cases[i].expected);
		json_decref(data);
		json_decref(partials);
		talloc_free(owner);
	}
}

static int
official_file(const char *folder, const char *file, int *wrong)
{
	TALLOC_CTX *owner = talloc_new(NULL);
	json_t *spec = json_load_file(talloc_asprintf(owner, "%s/%s.json", folder, file), 0, NULL);
	json_t *test;
	size_t i;
	int done = 0;

	assert_non_null(spec);
	json_array_foreach(json_object_get(spec, "tests"), i, test)
	{
		const char *expected = json_string_value(json_object_get(test, "expected"));
		const char *got = render(
		    owner, json_string_value(json_object_get(test, "template")),
		    json_object_get(test, "data"), json_object_get(test, "partials"), 1 << 16);

		done++;
		if (strcmp(expected, got) == 0)
			continue;
		print_error("%s: %s\n  expected %s\n  got      %s\n", file,
			    json_string_value(json_object_get(test, "name")), expected, got);
		(*wrong)++;
	}
	json_decref(spec);
	talloc_free(owner);
	return done;
}

static void
official_cases(void **state)
{
	static const char *const files[] = { "interpolation", "sections", "inverted",
					     "comments",      "partials", "delimiters" };
	const char *folder = getenv("MUSTACHE_SPEC");
	int done = 0, wrong = 0;

	(void)state;
	if (!folder)
		folder = SOURCE_DIR "/../shared/reference/mustache-spec";
	if (access(folder, R_OK) != 0) {
		print_message("no official cases in %s\n", folder);
		skip();
	}
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		done += official_file(folder, files[i], &wrong);
	print_message("official cases: %d of %d pass\n", done - wrong, done);
	assert_int_equal(wrong, 0);
}

static const struct {
	const char *text, *says;
	bool raw;
} refusals[] = {
	{ "a\nb {{{x}}}", "第 2 行", false },
	{ "\n\n{{& x}}", "第 3 行", false },
	{ "{{#a}}\n{{/b}}", "第 2 行：这里关闭“b”", true },
	{ "x\n{{#a}}\n", "第 2 行：打开的“a”没有关闭", true },
	{ "{{/a}}", "没有打开过", true },
	{ "{{a", "没有结束", true },
	{ "{{{a}}", "没有结束", true },
	{ "{{}}", "没有名称", true },
	{ "{{ if x }}", "不能这样写", true },
	{ "{{<parent}}{{/parent}}", "不能这样写", true },
	{ "{{> *name}}", "不能这样写", true },
	{ "{{a..b}}", "多余的点", true },
	{ "{{a.}}", "多余的点", true },
	{ "{{a.b.c.d.e.f.g.h.i}}", "层数太多", true },
	{ "{{=<%=}}", "定界符", true },
	{ "{{=a b c=}}", "定界符", true },
	{ "{{=123456789 x=}}", "定界符", true },
};

static void
refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		TALLOC_CTX *owner = talloc_new(NULL);
		const char *error = NULL;

		assert_null(mustache_compile(owner, refusals[i].text, strlen(refusals[i].text),
					     refusals[i].raw, &error));
		if (!error || !strstr(error, refusals[i].says))
			fail_msg("%s: %s", refusals[i].text, error);
		talloc_free(owner);
	}
}

/* A template that includes itself, an endless list and a deep nesting all come to an end. */
static void
limits(void **state)
{
	TALLOC_CTX *owner = talloc_new(NULL);
	json_t *partials = json_pack("{s:s}", "p", "x{{> p}}");
	json_t *data = json_pack("{s:[i,i,i,i]}", "l", 1, 2, 3, 4);
	const char *error = NULL, *got;
	char *deep = talloc_strdup(owner, "");

	(void)state;
	got = render(owner, "{{> p}}", data, partials, 1 << 16);
	assert_true(strlen(got) > 1 && strlen(got) < 100);
	got = render(owner, "{{#l}}一二三四五{{/l}}", data, NULL, 32);
	assert_true(strlen(got) <= 32);
	for (int i = 0; i < 40; i++)
		deep = talloc_asprintf_append(deep, "{{#l}}");
	assert_null(mustache_compile(owner, deep, strlen(deep), true, &error));
	assert_non_null(strstr(error, "嵌套太深"));
	json_decref(partials);
	json_decref(data);
	talloc_free(owner);
}

static void
put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* A folder of templates: names, the page below the model, an unknown partial refused by file and
 * line. */
static void
folders(void **state)
{
	TALLOC_CTX *owner = talloc_new(NULL);
	struct templates *t = templates_new(owner);
	char folder[] = "/tmp/test_mustache.XXXXXX";
	json_t *page = json_pack("{s:{s:s}, s:s}", "page", "site", "站点", "title", "外");
	json_t *model = json_pack("{s:s}", "title", "内");
	const char *error = NULL, *one, *two;
	struct buf out;

	(void)state;
	assert_non_null(mkdtemp(folder));
	one = talloc_asprintf(owner, "%s/one.mustache", folder);
	two = talloc_asprintf(owner, "%s/two.mustache", folder);
	put(one, "{{title}}·{{page.site}}{{> x/two}}");
	put(two, "！");
	assert_true(templates_folder(t, folder, "x", false, &error));
	assert_true(templates_check(t, &error));
	assert_non_null(templates_find(t, "x/one"));
	assert_null(templates_find(t, "x/on"));
	buf_init(&out, owner, 1000);
	assert_true(templates_render(t, "x/one", page, model, &out));
	assert_string_equal(out.data, "内·站点！");
	assert_false(templates_render(t, "x/three", page, model, &out));
	assert_false(templates_folder(t, folder, "x", false, &error));
	assert_non_null(strstr(error, "同名"));

	put(two, "\n{{> x/absent}}");
	t = templates_new(owner);
	assert_true(templates_folder(t, folder, "x", false, &error));
	assert_false(templates_check(t, &error));
	assert_non_null(strstr(error, "two.mustache，第 2 行：没有叫 x/absent 的模板"));
	put(one, "{{{raw}}}");
	assert_false(templates_folder(templates_new(owner), folder, "x", false, &error));
	assert_non_null(strstr(error, "one.mustache，第 1 行"));
	assert_false(templates_folder(t, "/nonexistent", "x", false, &error));
	unlink(one);
	unlink(two);
	rmdir(folder);
	json_decref(page);
	json_decref(model);
	talloc_free(owner);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_cases), cmocka_unit_test(official_cases),
		cmocka_unit_test(refuses),   cmocka_unit_test(limits),
		cmocka_unit_test(folders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
