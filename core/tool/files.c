/*
 * files.c - jiyectl import and export: the tables of the plugins' imports and lists, without a
 * page.
 *
 * A file is read whole: it has to be decoded and checked from its beginning anyway, and its size
 * has a maximum. Exports show what the province sees; masked columns stay masked.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/db.h"
#include "facility/fields.h"
#include "facility/list_export.h"
#include "facility/transfer.h"
#include "plugin/plugins.h"
#include "tool/tool.h"

#define FILE_MAX    ((size_t)256 * 1024 * 1024)
#define ERRORS_SAID 10

struct import {
	const struct jy_transfer *transfer;
	const char *bytes, *map;
	size_t n;
	bool dry;
	struct transfer_counts counts;
};

static char *
file_read(struct tool *t, const char *path, size_t *n)
{
	FILE *f = fopen(path, "rb");
	char *bytes = NULL;
	long size = -1;

	if (f && !fseek(f, 0, SEEK_END))
		size = ftell(f);
	if (size >= 0 && (size_t)size <= FILE_MAX) {
		rewind(f);
		bytes = talloc_size(t->cx, (size_t)size + 1);
		*n = bytes ? fread(bytes, 1, (size_t)size, f) : 0;
	}
	if (!bytes)
		tool_fail(t, f ? TOOL_REFUSED : TOOL_NOT_FOUND,
			  "不能读取文件 %s（%s），请核对路径；文件最大 256 MiB。", path,
			  f ? "太大或不是普通文件" : strerror(errno));
	if (f)
		fclose(f);
	return bytes;
}

static enum jy_status
import_work(struct jy_ctx *cx, void *arg)
{
	struct import *i = arg;

	return transfer_run_file(cx, i->transfer, i->bytes, i->n, i->map, i->dry, &i->counts);
}

/* What is wrong with which row, for the one who repairs the file. */
static bool
errors_write(struct tool *t, const json_t *errors, const char *path)
{
	FILE *f = fopen(path, "w");
	size_t i, k;
	json_t *row, *reason;

	if (!f) {
		tool_fail(t, TOOL_FAILED, "不能写入文件 %s（%s），请检查权限。", path,
			  strerror(errno));
		return false;
	}
	json_array_foreach(errors, i, row)
	{
		fprintf(f, "%" PRId64 "\t", jy_json_int(row, "row"));
		json_array_foreach(json_object_get(row, "reasons"), k, reason)
		    fprintf(f, "%s%s", k ? "；" : "",
			    json_is_string(reason) ? json_string_value(reason)
						   : jy_json_text(reason, "message"));
		fputc('\n', f);
	}
	return fclose(f) == 0;
}

static void
errors_say(const json_t *errors)
{
	size_t i, k;
	json_t *row, *reason;

	json_array_foreach(errors, i, row)
	{
		if (i == ERRORS_SAID) {
			fprintf(stderr, "……其余的用 --errors 文件 全部写出。\n");
			return;
		}
		fprintf(stderr, "第 %" PRId64 " 行：", jy_json_int(row, "row"));
		json_array_foreach(json_object_get(row, "reasons"), k, reason)
		    fprintf(stderr, "%s%s", k ? "；" : "",
			    json_is_string(reason) ? json_string_value(reason)
						   : jy_json_text(reason, "message"));
		fputc('\n', stderr);
	}
}

/* "jobs.vacancies", or "vacancies" as long as only one plugin has it. */
static const struct jy_transfer *
import_find(struct tool *t, const char *name)
{
	const struct jy_transfer *found = strchr(name, '.') ? transfer_find(t->cx, name) : NULL;

	for (size_t i = 0; !strchr(name, '.') && i < t->core.plugins->count; i++) {
		const struct jy_plugin *table = t->core.plugins->items[i]->table;

		for (const struct jy_transfer *const *x = table->transfers; x && *x; x++) {
			if (strcmp(strchr((*x)->name, '.') + 1, name))
				continue;
			if (found) {
				tool_fail(t, TOOL_USAGE, "“%s”有两个：%s 和 %s，请写全名。", name,
					  found->name, (*x)->name);
				return NULL;
			}
			found = *x;
		}
	}
	if (!found)
		tool_fail(t, TOOL_NOT_FOUND, "没有名为“%s”的导入，或者它的插件没有开启。", name);
	return found;
}

static int
import(struct tool *t)
{
	const char *map = tool_option(t, "map"), *errors = tool_option(t, "errors");
	struct import i = { .map = map ? map : "", .dry = tool_given(t, "dry-run") };
	enum jy_status s;

	i.transfer = import_find(t, t->args[0]);
	if (!i.transfer)
		return t->failed;
	i.bytes = file_read(t, t->args[1], &i.n);
	if (!i.bytes)
		return t->failed;
	t->cx->checkpoint = db_checkpoint;
	s = tool_change(t, import_work, &i);
	if (s != JY_OK)
		return tool_status(t, s, i.counts.error);
	if (errors && !errors_write(t, i.counts.errors, errors))
		return TOOL_FAILED;
	if (!errors && !t->json)
		errors_say(i.counts.errors);
	tool_done(t,
		  json_pack("{s:I, s:I, s:I, s:I, s:b, s:O?}", "total", (json_int_t)i.counts.total,
			    "good", (json_int_t)i.counts.good, "unchanged",
			    (json_int_t)i.counts.unchanged, "bad", (json_int_t)i.counts.bad, "dry",
			    i.dry, "errors", i.counts.errors),
		  "共 %" PRId64 " 行：%s %" PRId64 "，没有变化 %" PRId64 "，有错 %" PRId64 "。",
		  i.counts.total, i.dry ? "可以导入" : "已导入", i.counts.good, i.counts.unchanged,
		  i.counts.bad);
	return i.counts.bad && !i.counts.good && !i.counts.unchanged ? TOOL_REFUSED : TOOL_OK;
}

/* --- Export --- */

/* A list whose condition waits for values is a handler's own; it cannot stand alone. */
static bool
stands_alone(const struct jy_list *list)
{
	return list && (!list->where || !strchr(list->where, '?'));
}

static const struct jy_list *
list_find(struct tool *t, const char *name, json_t *names)
{
	for (size_t i = 0; i < t->core.plugins->count; i++) {
		const struct jy_route *r = t->core.plugins->items[i]->table->routes;

		for (; r && r->path; r++) {
			if (!stands_alone(r->list))
				continue;
			if (name && !strcmp(r->list->name, name))
				return r->list;
			if (names)
				json_array_append_new(names,
						      json_pack("{s:s, s:s}", "name", r->list->name,
								"title", r->list->title));
		}
	}
	return NULL;
}

/* --filter "name=value,name=value", each by the list's own table. */
static bool
filters_read(struct tool *t, const struct jy_list *list)
{
	char *rest =
	    jy_printf(t->cx, "%s", tool_given(t, "filter") ? tool_option(t, "filter") : "");
	char *one;

	for (const struct jy_filter *f = list->filters; f && f->field.name; f++)
		json_object_set_new(t->cx->params, f->field.name, json_null());
	while ((one = strsep(&rest, ",")) != NULL) {
		char *value = strchr(one, '=');
		const char *error = "没有这个筛选条件。";
		const struct jy_filter *f = list->filters;
		json_t *read;

		if (!*one)
			continue;
		if (value)
			*value++ = '\0';
		while (f && f->field.name && strcmp(f->field.name, one))
			f++;
		if (!f || !f->field.name || !value ||
		    !field_read(t->cx, &f->field, value, &read, &error)) {
			tool_fail(t, TOOL_USAGE, "筛选“%s”：%s", one, error);
			return false;
		}
		json_object_set_new(t->cx->params, f->field.name, read);
	}
	return true;
}

static int
bytes_write(struct tool *t, const struct jy_view *view, const char *path)
{
	FILE *f = path ? fopen(path, "wb") : stdout;
	bool ok = f && fwrite(view->bytes, 1, view->size, f) == view->size;

	if (f && path)
		ok = fclose(f) == 0 && ok;
	if (!ok)
		return tool_fail(t, TOOL_FAILED, "没有写完 %s（%s），请检查权限和剩余空间。",
				 path ? path : "标准输出", strerror(errno));
	if (path)
		fprintf(stderr, "已写入 %s，%zu 字节。\n", path, view->size);
	return TOOL_OK;
}

static int export(struct tool *t)
{
	static const struct tool_column columns[] = { { "name", "名称" },
						      { "title", "标题" },
						      { 0 } };
	const char *format = tool_option(t, "format"), *error = "";
	struct jy_view *view = view_new(t->cx);
	json_t *names = jy_own(t->cx, json_array());
	const struct jy_list *list = list_find(t, t->args[0], t->args[0] ? NULL : names);
	struct list_state state;
	enum jy_status s;

	if (!t->args[0])
		return tool_table(t, names, columns);
	if (!list)
		return tool_fail(t, TOOL_NOT_FOUND,
				 "没有名为“%s”的列表；不带名称运行 jiyectl export 可以看到全部。",
				 t->args[0]);
	format = format ? format : "csv";
	if (strcmp(format, "csv") && strcmp(format, "xlsx"))
		return tool_fail(t, TOOL_USAGE, "--format 要写 csv 或 xlsx。");
	if (!filters_read(t, list))
		return TOOL_USAGE;
	if (!list_state_read(t->cx, list, jy_own(t->cx, json_object()), &state, &error))
		return tool_fail(t, TOOL_FAILED, "%s", error);
	s = list_export(t->cx, view, &state, JY_VALS(), format);
	if (s != JY_OK || view->kind != VIEW_BYTES)
		return tool_status(t, s == JY_OK ? JY_FAILED : s, view->sentence);
	return bytes_write(t, view, tool_option(t, "out"));
}

const struct command file_commands[] = {
	{ "import", "导入名 文件 [--map 字段=列,…] [--dry-run]", "map= errors= dry-run", 2, 2,
	  NEEDS_PLUGINS, "导入 CSV 或 TSV 文件；--errors 文件 写出有错的行", import },
	{ "export", "[列表名] [--format csv|xlsx] [--out 文件]", "format= out= filter=", 0, 1,
	  NEEDS_PLUGINS, "导出一个列表；不带名称时列出全部列表", export },
	{ 0 },
};
