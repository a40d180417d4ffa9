/*
 * render.c - what a page's model and template cost: 20 rows, about 14 KB, with the layout and
 * without it.
 *
 *   render [ROUNDS]    prints bytes and microseconds a page
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "web/templates.h"

static const char list[] =
    "<h1>{{title}}</h1>\n<p role=\"status\">共 {{count}} 个岗位</p>\n<ul class=\"list-group\">\n"
    "{{#rows}}\n<li class=\"list-group-item\">\n"
    "<h2 class=\"h5\"><a href=\"/jobs/{{id}}\">{{title}}</a></h2>\n"
    "<p class=\"mb-1\">{{employer.name}} · {{city}}{{#district}} · {{district}}{{/district}}</p>\n"
    "<dl class=\"row mb-1\"><dt class=\"col-4\">月薪</dt><dd "
    "class=\"col-8\">{{pay_from}}-{{pay_to}} 元</dd>\n"
    "<dt class=\"col-4\">学历</dt><dd class=\"col-8\">{{education}}</dd>\n"
    "<dt class=\"col-4\">人数</dt><dd class=\"col-8\">{{places}}</dd></dl>\n"
    "{{#tags}}<span class=\"badge text-bg-info\">{{.}}</span> {{/tags}}\n"
    "<p class=\"text-secondary\">{{summary}}</p>\n"
    "<p><time datetime=\"{{published}}\">{{published}}</time></p>\n</li>\n"
    "{{/rows}}\n</ul>\n";

/* As the database layer makes a row: names without a check, texts with one. */
static void
column_add(json_t *row, const char *name, const char *text)
{
	json_object_set_new_nocheck(row, name, json_stringn(text, strlen(text)));
}

static json_t *
row_make(int i)
{
	json_t *row = json_object();

	json_object_set_new_nocheck(row, "id", json_integer(1000 + i));
	column_add(row, "title", "数据分析与测试工程师（应届）");
	column_add(row, "city", "长春市");
	column_add(row, "district", "净月区");
	json_object_set_new_nocheck(row, "pay_from", json_integer(5500));
	json_object_set_new_nocheck(row, "pay_to", json_integer(8500));
	column_add(row, "education", "本科及以上");
	json_object_set_new_nocheck(row, "places", json_integer(6));
	column_add(
	    row, "summary",
	    "负责测试数据的整理、分析与报告；专业不限，熟悉 C 语言 <或> SQL 的优先，有带教老师。");
	column_add(row, "published", "2022-06-25 08:00:00");
	/* What a handler adds to its rows. */
	json_object_set_new(row, "employer", json_pack("{s:s}", "name", "北方虚构科技有限公司"));
	json_object_set_new(row, "tags", json_pack("[s,s]", "五险一金", "提供宿舍"));
	return row;
}

static double
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static size_t
page_render(const struct templates *templates, const struct mustache *m, const json_t *page,
	    const json_t *model)
{
	TALLOC_CTX *owner = talloc_new(NULL);
	const json_t *stack[] = { page, model };
	struct buf inner, outer;
	json_t *content;
	size_t n;

	buf_init(&inner, owner, 1 << 20);
	mustache_render(m, stack, 2, NULL, NULL, &inner);
	n = inner.len;
	if (templates) {
		buf_init(&outer, owner, 1 << 20);
		content =
		    json_pack("{s:o}", "content", json_stringn_nocheck(inner.data, inner.len));
		templates_render(templates, "core/layout", page, content, &outer);
		json_decref(content);
		n = outer.len;
	}
	talloc_free(owner);
	return n;
}

static json_t *
model_make(void)
{
	json_t *rows = json_array();

	for (int i = 0; i < 20; i++)
		json_array_append_new(rows, row_make(i));
	return json_pack("{s:s, s:i, s:o}", "title", "岗位", "count", 7509, "rows", rows);
}

/* model NULL: it is made anew for each page, as a handler does. */
static void
measure(const char *what, int rounds, const struct templates *templates, const struct mustache *m,
	const json_t *page, const json_t *model)
{
	size_t bytes = 0;
	double start = now_us();

	for (int i = 0; i < rounds; i++) {
		json_t *made = model ? NULL : model_make();

		bytes = page_render(templates, m, page, model ? model : made);
		json_decref(made);
	}
	printf("%s: %zu bytes, %.1f us\n", what, bytes, (now_us() - start) / rounds);
}

int
main(int argc, char **argv)
{
	int rounds = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 20000;
	struct templates *templates = templates_new(NULL);
	const char *error = NULL;
	struct mustache *m = mustache_compile(NULL, list, strlen(list), false, &error);
	json_t *page = json_pack("{s:{s:s, s:s, s:[{s:s, s:s}, {s:s, s:s}]}}", "page", "site",
				 "就业服务", "title", "岗位", "nav", "path", "/jobs", "label",
				 "岗位", "path", "/needs", "label", "需求");

	if (!m ||
	    !templates_folder(templates, SOURCE_DIR "/core/templates", "core", true, &error)) {
		fprintf(stderr, "%s\n", error);
		return 1;
	}
	measure("template, 20 rows", rounds, NULL, m, page, model_make());
	measure("template in the layout", rounds, templates, m, page, model_make());
	measure("model and template in the layout", rounds, templates, m, page, NULL);
	return 0;
}
