/*
 * checks.c - the rules of the review (plan 8③) over one vacancy: the four facts, pay, copied text;
 * the words are read by checks_words.c and checks_contact.c.
 */
#include "checks.h"

#include <string.h>

#define SPREAD_MAX 3 /* 4000-12000 is an offer, 3000-30000 is bait */

const struct jy_choice jobs_check_labels[] = {
	{ "facts", "四项信息不全" },
	{ "pay_low", "薪酬低于最低工资" },
	{ "pay_high", "薪酬过高" },
	{ "pay_spread", "薪酬差距过大" },
	{ "pay_missing", "未写薪酬" },
	{ "fee", "收费或押金" },
	{ "papers", "扣押证件" },
	{ "sex", "性别限制" },
	{ "family", "婚育限制" },
	{ "household", "户籍限制" },
	{ "age", "年龄限制" },
	{ "health", "健康歧视" },
	{ "school", "院校限制" },
	{ "mail", "非单位邮箱" },
	{ "messenger", "私人聊天号" },
	{ "phone_hidden", "变形电话号码" },
	{ "phone_text", "正文有电话号码" },
	{ "copied", "说明与别家雷同" },
	{ 0 },
};
static const char *const severities[] = { "note", "warn", "stop" };

static int
rank_of(const char *severity)
{
	int i;

	for (i = 0; i < CHECK_STOP; i++)
		if (strcmp(severities[i], severity) == 0)
			return i;
	return CHECK_STOP;
}

void
check_add(struct checks *c, const char *code, enum check_severity severity, const char *text,
	  const char *quote)
{
	json_t *finding;
	size_t i;

	json_array_foreach(c->out, i, finding)
	{
		if (strcmp(jy_json_text(finding, "code"), code) != 0)
			continue;
		if (rank_of(jy_json_text(finding, "severity")) >= (int)severity)
			return;
		json_array_remove(c->out, i);
		break;
	}
	json_array_append_new(c->out, json_pack("{s:s, s:s, s:s, s:s, s:s}", "code", code,
						"severity", severities[severity], "label",
						jobs_label(jobs_check_labels, code), "text", text,
						"quote", quote ? quote : ""));
}

/* Demand, category, place; pay has rules of its own. */
static void
check_facts(struct checks *c, const json_t *row)
{
	if (jy_json_int(row, "headcount") < 1 || !*jy_json_text(row, "title"))
		check_add(c, "facts", CHECK_STOP, "没有写清招什么岗位、招几个人，请补上。", NULL);
	else if (!*jy_json_text(row, "category"))
		check_add(c, "facts", CHECK_STOP, "没有选岗位类别，请补上。", NULL);
	else if (!*jy_json_text(row, "region"))
		check_add(c, "facts", CHECK_STOP, "没有选工作地点，请补上。", NULL);
}

static void
check_pay(struct checks *c, const json_t *row, const struct jobs_limits *limits)
{
	int64_t low = jy_json_int(row, "pay_min"), high = jy_json_int(row, "pay_max");
	/* The minimum wage binds employment, not an internship. */
	bool employed = strcmp(jy_json_text(row, "type"), "intern") != 0;

	if (!low && !high) {
		bool ruled = c->official || *jy_json_text(row, "pay_text");

		check_add(c, "pay_missing", ruled ? CHECK_NOTE : CHECK_WARN,
			  c->official ? "没有写薪酬；公开招录的岗位按国家规定执行。"
				      : "没有写每月多少钱，毕业生难以判断，请写上月薪范围。",
			  jy_json_text(row, "pay_text"));
		return;
	}
	if ((high ? high : low) < limits->wage_floor)
		check_add(c, "pay_low", employed ? CHECK_STOP : CHECK_NOTE,
			  "月薪低于全省最低一档的最低工资标准，请核对数字和单位。", NULL);
	else if (low && low < limits->wage_floor)
		check_add(c, "pay_low", employed ? CHECK_WARN : CHECK_NOTE,
			  "月薪下限低于全省最低一档的最低工资标准，请核对。", NULL);
	if ((high ? high : low) > limits->pay_ceiling)
		check_add(c, "pay_high", CHECK_WARN,
			  "月薪高得不寻常，请核对是不是把年薪写成了月薪。", NULL);
	if (low && high > low * SPREAD_MAX)
		check_add(c, "pay_spread", CHECK_WARN,
			  "最高月薪超过最低月薪的三倍，请写实际能拿到的范围。", NULL);
}

static void
check_copied(struct checks *c, const json_t *row)
{
	if (jy_json_int(row, "copies") > 0)
		check_add(c, "copied", c->official ? CHECK_NOTE : CHECK_WARN,
			  "岗位说明和另一家单位的一字不差，请按本单位的实际情况写。",
			  jy_json_text(row, "copy_of"));
}

/* In the order of jobs_check_labels, whatever was found first. */
static json_t *
in_order(json_t *found)
{
	json_t *out = json_array(), *finding;
	const struct jy_choice *label;
	size_t i;

	for (label = jobs_check_labels; label->value; label++)
		json_array_foreach(
		    found, i, finding) if (strcmp(jy_json_text(finding, "code"), label->value) == 0)
		    json_array_append(out, finding);
	json_decref(found);
	return out;
}

json_t *
jobs_checks(const json_t *row, const struct jobs_limits *limits)
{
	static const char *const texts[] = { "title", "skills", "majors", "description", NULL };
	const char *category = jy_json_text(row, "category");
	struct checks c = { .out = json_array(), .bodies = strcmp(category, "public") == 0 };
	size_t i;

	c.official = c.bodies || strcmp(category, "grassroots") == 0;
	check_facts(&c, row);
	check_pay(&c, row, limits);
	for (i = 0; texts[i]; i++) {
		check_words(&c, jy_json_text(row, texts[i]));
		check_contact(&c, jy_json_text(row, texts[i]), jy_json_text(row, "website"), false);
	}
	check_contact(&c, jy_json_text(row, "contact"), jy_json_text(row, "website"), true);
	check_copied(&c, row);
	return in_order(c.out);
}
