/*
 * feed.c - jiyectl feed check: what would be read in a feed, without storing anything.
 *
 * Reading is the exchange plugin's; the tool knows only the name of its service and prints what it
 * reports. Its exit code is 3 when the feed as a whole is refused.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool/tool.h"

#define SAID_MAX 20 /* jobs and refused items that are said to a person */

static enum jy_status
report_keep(void *arg, json_t *row)
{
	*(json_t **)arg = row;
	return JY_OK;
}

static const char *
state_text(const char *state)
{
	return !strcmp(state, "complete") ? "完整" : !strcmp(state, "cut") ? "不完整" : "拒收";
}

static void
jobs_print(const json_t *jobs)
{
	json_t *job;
	size_t i;

	json_array_foreach(jobs, i, job)
	{
		if (i == SAID_MAX) {
			printf("  …\n");
			break;
		}
		printf("  %s  %s  %s\n", jy_json_text(job, "id"), jy_json_text(job, "title"),
		       jy_json_text(job, "company"));
	}
}

static void
refused_print(const json_t *refused)
{
	json_t *item;
	size_t i;

	if (json_array_size(refused) > 0)
		printf("没有收下的岗位：\n");
	json_array_foreach(refused, i, item)
	{
		const char *field = jy_json_text(item, "field");

		if (i == SAID_MAX) {
			printf("  …\n");
			break;
		}
		printf("  第 %" PRId64 " 个，第 %" PRId64 " 行%s%s：%s\n",
		       jy_json_int(item, "item"), jy_json_int(item, "line"), *field ? "，" : "",
		       field, jy_json_text(item, "message"));
	}
}

static void
report_print(const json_t *report)
{
	const char *format = jy_json_text(report, "format"), *why = jy_json_text(report, "message");

	printf("状态：%s%s%s\n", state_text(jy_json_text(report, "state")), *why ? "。" : "", why);
	printf("格式：%s，编码：%s\n", *format ? format : "未知", jy_json_text(report, "encoding"));
	printf("岗位：%" PRId64 " 个，可以收下 %" PRId64 " 个\n", jy_json_int(report, "items"),
	       jy_json_int(report, "accepted"));
	jobs_print(json_object_get(report, "jobs"));
	refused_print(json_object_get(report, "refused"));
	printf("用时：处理器 %" PRId64 " 毫秒，内存峰值 %" PRId64 " KiB\n",
	       jy_json_int(report, "cpu_ms"), jy_json_int(report, "peak_kib"));
}

static int
check(struct tool *t)
{
	const char *profile = tool_option(t, "profile"), *charset = tool_option(t, "charset");
	const char *max = tool_option(t, "max-mib");
	json_t *args, *report = NULL;
	enum jy_status s;
	bool refused;

	if (access(t->args[0], R_OK) != 0)
		return tool_fail(t, TOOL_NOT_FOUND, "不能读取文件 %s，请核对路径。", t->args[0]);
	if (!jy_provided(t->cx, "exchange.check"))
		return tool_fail(
		    t, TOOL_NOT_FOUND,
		    "没有开启提供读取的插件，请先运行 jiyectl plugin enable exchange。");
	args = jy_own(t->cx, json_pack("{s:s, s:s, s:s, s:I}", "file", t->args[0], "profile",
				       profile ? profile : "", "charset", charset ? charset : "",
				       "max_mib", (json_int_t)(max ? strtoll(max, NULL, 10) : 0)));
	s = jy_call(t->cx, "exchange.check", args, report_keep, &report);
	if (s != JY_OK || !report)
		return tool_status(t, s == JY_OK ? JY_FAILED : s, NULL);
	refused = !strcmp(jy_json_text(report, "state"), "refused");
	if (t->json)
		tool_done(t, json_incref(report), " ");
	else
		report_print(report);
	return refused ? TOOL_REFUSED : TOOL_OK;
}

const struct command feed_commands[] = {
	{ "feed check", "文件 [--profile 格式] [--charset 编码] [--max-mib 大小]",
	  "profile= charset= max-mib=", 1, 1, NEEDS_PLUGINS,
	  "试读一份外来的岗位清单（XML），不保存，报告每个岗位的结果", check },
	{ 0 },
};
