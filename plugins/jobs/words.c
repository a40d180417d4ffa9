/*
 * words.c - the plan's categories and other choices, and how pay is written.
 */
#include "jobs.h"

#include <string.h>

const struct jy_choice jobs_categories[] = {
	/* plan 8① */
	{ "key", "重点企业" },         { "major_project", "重大项目" },
	{ "specialised", "专精特新" }, { "public", "机关事业" },
	{ "grassroots", "基层服务" },  { "special_task", "重大专项" },
	{ "research", "科研助理" },    { "intern", "实习见习" },
	{ "general", "其他企业" },     { 0 },
};
const struct jy_choice jobs_types[] = {
	{ "full", "全职" },
	{ "intern", "实习见习" },
	{ "research", "科研助理" },
	{ "grassroots", "基层服务" },
	{ 0 },
};
const struct jy_choice jobs_educations[] = {
	{ "0", "不限" }, { "1", "专科" }, { "2", "本科" }, { "3", "硕士" }, { "4", "博士" }, { 0 },
};
const struct jy_choice jobs_states[] = {
	{ "draft", "草稿" },
	{ "pending", "待审核" },
	{ "published", "已发布" },
	{ "declined", "未通过" },
	{ "paused", "已暂停" },
	{ "closed", "已关闭" },
	{ 0 },
};

const char *
jobs_label(const struct jy_choice *choices, const char *value)
{
	for (; choices->value; choices++)
		if (strcmp(choices->value, value) == 0)
			return choices->label;
	return value;
}

int
jobs_education_rank(const char *education)
{
	static const char *const codes[] = { "any", "college", "bachelor", "master", "doctor" };
	int i;

	for (i = 1; i < 5; i++)
		if (strcmp(codes[i], education) == 0)
			return i;
	return 0;
}

const char *
jobs_pay_text(struct jy_ctx *cx, json_t *vacancy)
{
	int64_t low = jy_json_int(vacancy, "pay_min") / 100;
	int64_t high = jy_json_int(vacancy, "pay_max") / 100;
	int64_t months = jy_json_int(vacancy, "pay_months");
	const char *span;

	if (*jy_json_text(vacancy, "pay_text"))
		return jy_json_text(vacancy, "pay_text");
	if (!low && !high)
		return "面议";
	if (low == high)
		span = jy_printf(cx, "%" PRId64 " 元/月", low);
	else
		span = jy_printf(cx, "%" PRId64 "-%" PRId64 " 元/月", low, high);
	return months > 12 ? jy_printf(cx, "%s·%" PRId64 "薪", span, months) : span;
}
