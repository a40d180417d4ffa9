/*
 * tool.c - what the commands of jiyectl share: options, sentences, tables, progress, the core.
 *
 * Output for programs is JSON on stdout and nothing else; everything for people that is not the
 * answer itself goes to stderr.
 */
#define _GNU_SOURCE /* wcswidth */
#include "tool/tool.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "base/config.h"
#include "base/log.h"
#include "data/db.h"
#include "plugin/load.h"

const char *
tool_option(const struct tool *t, const char *name)
{
	for (int i = 0; i < t->options; i++)
		if (!strcmp(t->names[i], name))
			return t->values[i];
	return NULL;
}

bool
tool_given(const struct tool *t, const char *name)
{
	return tool_option(t, name) != NULL;
}

const char *
tool_why(const struct tool *t)
{
	const char *why = tool_option(t, "why");

	return why && why[0] ? why : "通过 jiyectl 操作";
}

/* --- Sentences --- */

static const char *const codes[] = { "ok", "failed", "usage", "refused", "not_found" };

int
tool_fail(struct tool *t, enum tool_exit code, const char *fmt, ...)
{
	va_list ap;
	char *said;

	va_start(ap, fmt);
	said = talloc_vasprintf(NULL, fmt, ap);
	va_end(ap);
	if (!said)
		abort();
	fprintf(stderr, "jiyectl：%s\n", said);
	if (t->json) {
		json_t *error =
		    json_pack("{s:{s:s, s:s}}", "error", "code", codes[code], "message", said);

		json_dumpf(error, stdout, JSON_INDENT(1));
		putchar('\n');
		json_decref(error);
	}
	talloc_free(said);
	t->failed = code;
	return code;
}

int
tool_status(struct tool *t, enum jy_status s, const char *sentence)
{
	static const struct {
		enum tool_exit code;
		const char *sentence;
	} said[] = {
		[JY_OK] = { TOOL_OK, "" },
		[JY_NOT_FOUND] = { TOOL_NOT_FOUND, "没有找到，请核对名称。" },
		[JY_INVALID] = { TOOL_REFUSED, "内容不对，没有执行。" },
		[JY_DENIED] = { TOOL_REFUSED, "没有权限，没有执行。" },
		[JY_CONFLICT] = { TOOL_REFUSED, "与现有数据冲突，没有执行。" },
		[JY_BUSY] = { TOOL_FAILED, "数据库没有应答或所需的插件没有开启，请稍后再试。" },
		[JY_FAILED] = { TOOL_FAILED, "执行失败，原因见上面的记录。" },
	};

	if (s == JY_OK)
		return TOOL_OK;
	return tool_fail(t, said[s].code, "%s",
			 sentence && sentence[0] ? sentence : said[s].sentence);
}

bool
tool_confirm(struct tool *t, const char *question)
{
	char answer[16] = "";

	if (tool_given(t, "yes"))
		return true;
	if (!isatty(STDIN_FILENO)) {
		tool_fail(t, TOOL_REFUSED, "%s确定要做请加 --yes。", question);
		return false;
	}
	fprintf(stderr, "%s确定吗？输入 yes 继续：", question);
	if (fgets(answer, sizeof(answer), stdin) && !strcmp(answer, "yes\n"))
		return true;
	tool_fail(t, TOOL_REFUSED, "没有执行。");
	return false;
}

int
tool_done(struct tool *t, json_t *value, const char *fmt, ...)
{
	va_list ap;

	if (t->json) {
		json_dumpf(value, stdout, JSON_INDENT(1));
		putchar('\n');
	} else {
		va_start(ap, fmt);
		vprintf(fmt, ap);
		va_end(ap);
		putchar('\n');
	}
	json_decref(value);
	return TOOL_OK;
}

/* --- Tables --- */

/* Columns on a terminal; Chinese characters take two. */
static int
width(const char *text)
{
	wchar_t wide[512];
	size_t n = mbstowcs(wide, text, 512);
	int columns = n == (size_t)-1 ? -1 : wcswidth(wide, n < 512 ? n : 512);

	return columns < 0 ? (int)strlen(text) : columns;
}

static const char *
cell(TALLOC_CTX *owner, const json_t *row, const char *key)
{
	const json_t *value = json_object_get(row, key);

	switch (value ? json_typeof(value) : JSON_NULL) {
	case JSON_STRING:
		return json_string_value(value);
	case JSON_INTEGER:
		return talloc_asprintf(owner, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	case JSON_TRUE:
		return "是";
	case JSON_FALSE:
		return "否";
	default:
		return "";
	}
}

int
tool_table(struct tool *t, json_t *rows, const struct tool_column *columns)
{
	TALLOC_CTX *owner = talloc_new(t->cx);
	int widths[16] = { 0 }, n = 0;
	size_t i;
	json_t *row;

	if (t->json) {
		talloc_free(owner);
		return tool_done(t, json_incref(rows), " ");
	}
	for (; columns[n].key && n < 16; n++)
		widths[n] = width(columns[n].heading);
	json_array_foreach(rows, i, row) for (int k = 0; k < n; k++)
	{
		int wide = width(cell(owner, row, columns[k].key));

		widths[k] = wide > widths[k] ? wide : widths[k];
	}
	for (size_t line = 0; line <= json_array_size(rows); line++) {
		row = line ? json_array_get(rows, line - 1) : NULL;
		for (int k = 0; k < n; k++) {
			const char *text =
			    row ? cell(owner, row, columns[k].key) : columns[k].heading;

			printf("%s%*s", text, k + 1 < n ? widths[k] - width(text) + 2 : 0, "");
		}
		putchar('\n');
	}
	talloc_free(owner);
	return TOOL_OK;
}

void
tool_progress(struct jy_ctx *cx, int64_t done, int64_t total, const char *what)
{
	static const char bar[] = "##############################";
	int share = total > 0 ? (int)(done * 30 / total) : 0;

	(void)cx;
	if (!isatty(STDERR_FILENO))
		return;
	share = share > 30 ? 30 : share;
	fprintf(stderr, "\r\033[K%s [%.*s%*s] %" PRId64 "/%" PRId64 "%s", what ? what : "", share,
		bar, 30 - share, "", done, total, total > 0 && done >= total ? "\n" : "");
	fflush(stderr);
}

/* --- The core --- */

enum jy_status
tool_change(struct tool *t, tool_work_fn work, void *arg)
{
	return db_transaction(t->cx, work, arg, NULL);
}

enum jy_status
tool_audit(struct jy_ctx *cx, const char *object, const char *did, json_t *detail)
{
	if (!detail)
		detail = json_object();
	json_object_set_new(detail, "did", json_string(did));
	return jy_audit(cx, "tool", object, detail);
}

static int
prepare_plugins(struct tool *t)
{
	const char *error = "";
	char culprit[32];

	if (core_load(&t->core, false, false, culprit, &error))
		return TOOL_OK;
	return tool_fail(t, TOOL_FAILED, "%s", error);
}

int
tool_prepare(struct tool *t, enum tool_needs needs)
{
	const char *error = "";

	if (needs == NEEDS_NOTHING)
		return TOOL_OK;
	t->core.kind = CORE_TOOL;
	t->core.config = config_read(t->conf, &error);
	if (!t->core.config)
		return tool_fail(t, TOOL_USAGE, "%s", error);
	log_up_to(LOG_WARN);
	log_open("-"); /* what goes wrong belongs before the eyes of who asked */
	t->cx = ctx_new(&t->core, NULL, "tool");
	ctx_as_system(t->cx);
	t->cx->progress = tool_progress;
	if (needs == NEEDS_PLUGINS)
		return prepare_plugins(t);
	if (needs == NEEDS_DATABASE && !core_open(&t->core, false, &error))
		return tool_fail(t, t->core.keys ? TOOL_FAILED : TOOL_USAGE, "%s", error);
	return TOOL_OK;
}
