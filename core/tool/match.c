/*
 * match.c - jiyectl match: the night's pushes, now.
 *
 * Matching is the jobs plugin's; the tool knows the name of its service and says in sentences what
 * the measures tell: how many have three, why others do not, and whether the load is even.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "data/db.h"
#include "tool/tool.h"

struct matching {
	json_t *args, *measures;
};

static enum jy_status
measure(void *arg, json_t *row)
{
	json_t *measures = arg;

	return json_array_append(measures, row) ? JY_FAILED : JY_OK;
}

/* Runs again from the last checkpoint after a lost connection, so old measures go first. */
static enum jy_status
match_work(struct jy_ctx *cx, void *arg)
{
	struct matching *m = arg;

	json_array_clear(m->measures);
	return jy_call(cx, "jobs.match", m->args, measure, m->measures);
}

static double
percent(int64_t part, int64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

static void
reasons_print(const json_t *row, int64_t people)
{
	json_t *value, *labels = json_object_get(row, "reason_labels");
	const char *key;

	json_object_foreach(json_object_get(row, "without_three"), key, value)
	{
		const char *label = json_string_value(json_object_get(labels, key));

		printf("  %s：%" PRId64 " 人（%.1f%%）\n", label ? label : key,
		       (int64_t)json_integer_value(value),
		       percent(json_integer_value(value), people));
	}
}

static void
educations_print(const json_t *row)
{
	static const char *const said[][2] = { { "college", "专科" },
					       { "bachelor", "本科" },
					       { "master", "硕士" },
					       { "doctor", "博士" },
					       { "other", "未知学历" } };
	const char *before = "  其中：";

	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		json_t *one = json_object_get(json_object_get(row, "by_education"), said[i][0]);
		int64_t people = jy_json_int(one, "people"), three = jy_json_int(one, "three");

		if (!people)
			continue;
		printf("%s%s %" PRId64 " 人里 %" PRId64 " 人（%.1f%%）", before, said[i][1], people,
		       three, percent(three, people));
		before = "，";
	}
	if (*before != ' ')
		printf("。\n");
}

static void
measures_print(const json_t *row)
{
	int64_t people = jy_json_int(row, "people"), three = jy_json_int(row, "with_three");
	int64_t vacancies = jy_json_int(row, "vacancies"), never = jy_json_int(row, "never_pushed");

	if (people == 0) {
		printf("没有需要推送的毕业生：每人都已有三个有效的岗位，或名册还是空的。\n");
		return;
	}
	printf("参加匹配的毕业生 %" PRId64 " 人，岗位 %" PRId64 " 个，招聘 %" PRId64 " 人。\n",
	       people, vacancies, jy_json_int(row, "places"));
	printf("得到三个岗位的 %" PRId64 " 人（%.1f%%）；两个 %" PRId64 " 人，一个 %" PRId64
	       " 人，没有 %" PRId64 " 人。\n",
	       three, percent(three, people), jy_json_int(row, "with_two"),
	       jy_json_int(row, "with_one"), jy_json_int(row, "with_none"));
	educations_print(row);
	if (three < people) {
		printf("没有得到三个的原因：\n");
		reasons_print(row, people);
	}
	printf("共推送 %" PRId64 " 次，平均分 %.1f；其中放宽到全省 %" PRId64
	       " 次，相近专业 %" PRId64 " 次。\n",
	       jy_json_int(row, "pushes"), json_real_value(json_object_get(row, "mean_score")),
	       jy_json_int(row, "relaxed_province"), jy_json_int(row, "relaxed_adjacent"));
	printf("用到岗位 %" PRId64 " 个，从未推送 %" PRId64
	       " 个（%.1f%%）；每个名额最多推给 %" PRId64 " 人，最热的 1%% 岗位占 %.1f%%。\n",
	       vacancies - never, never, percent(never, vacancies),
	       jy_json_int(row, "most_per_place"),
	       100 * json_real_value(json_object_get(row, "top_percent_share")));
	printf("批次 %" PRId64 "，随机种子 %" PRId64 "，用时 %.1f 秒，内存最多 %" PRId64 " MiB。\n",
	       jy_json_int(row, "batch"), jy_json_int(row, "seed"),
	       json_real_value(json_object_get(row, "seconds")), jy_json_int(row, "peak_mib"));
}

/* What the service understands of the options. */
static json_t *
arguments(struct tool *t)
{
	json_t *args = jy_own(t->cx, json_object());
	const char *unit = tool_option(t, "unit"), *seed = tool_option(t, "seed");

	if (unit)
		json_object_set_new(args, "region", json_string(unit));
	if (seed)
		json_object_set_new(args, "seed", json_integer(strtoll(seed, NULL, 10)));
	json_object_set_new(args, "dry_run", json_integer(tool_given(t, "dry-run")));
	return args;
}

static int
match(struct tool *t)
{
	struct rusage usage;
	struct matching m = { arguments(t), jy_own(t->cx, json_array()) };
	enum jy_status s;
	json_t *row;
	size_t i;
	const char *unit = tool_option(t, "unit");

	if (unit && strcmp(jy_code_name(t->cx, "units", unit), unit) == 0)
		return tool_fail(t, TOOL_USAGE, "没有代码为 %s 的市州。", unit);
	if (tool_given(t, "seed") && jy_json_int(m.args, "seed") < 1)
		return tool_fail(t, TOOL_USAGE, "--seed 要写大于 0 的整数。");
	if (!jy_provided(t->cx, "jobs.match"))
		return tool_fail(t, TOOL_NOT_FOUND,
				 "没有开启提供匹配的插件，请先运行 jiyectl plugin enable jobs。");
	t->cx->checkpoint = db_checkpoint;
	s = tool_change(t, match_work, &m);
	if (s == JY_NOT_FOUND)
		return tool_fail(t, TOOL_NOT_FOUND,
				 "没有正在进行的服务活动，请先在管理页面的“服务活动”里设为当前。");
	if (s != JY_OK)
		return tool_status(t, s, NULL);
	getrusage(RUSAGE_SELF, &usage);
	json_array_foreach(m.measures, i, row)
	    json_object_set_new(row, "peak_mib", json_integer(usage.ru_maxrss / 1024));
	if (t->json)
		return tool_done(t, json_incref(json_array_get(m.measures, 0)), " ");
	if (tool_given(t, "dry-run"))
		printf("试算，没有写入任何推送。\n");
	json_array_foreach(m.measures, i, row) measures_print(row);
	return TOOL_OK;
}

const struct command match_commands[] = {
	{ "match", "[--unit 市州代码] [--seed 数字] [--dry-run]", "unit= seed= dry-run", 0, 0,
	  NEEDS_PLUGINS, "现在就匹配并推送岗位，打印结果", match },
	{ 0 },
};
