/*
 * test_checks.c - phrases as vacancies write them, those that must be found and those that look
 * alike and must not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "../checks.c"
#include "../checks_contact.c"
#include "../checks_words.c"

static const struct jobs_limits limits = { .wage_floor = 154000, .pay_ceiling = 10000000 };

const char *
jobs_label(const struct jy_choice *choices, const char *value)
{
	for (; choices->value; choices++)
		if (strcmp(choices->value, value) == 0)
			return choices->label;
	return value;
}

static json_t *
vacancy(const char *category, const char *description)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:i, s:I, s:I, s:s}", "title", "会计", "category",
			 category, "type", "full", "region", "220102", "headcount", 2, "pay_min",
			 (json_int_t)400000, "pay_max", (json_int_t)600000, "description",
			 description);
}

/* The finding with this code: its severity, or "" where there is none. Takes the row. */
static const char *
severity_of(json_t *row, const char *code)
{
	static char severity[8];
	json_t *found = jobs_checks(row, &limits), *finding;
	size_t i;

	severity[0] = '\0';
	json_array_foreach(found, i, finding)
	{
		assert_true(*jy_json_text(finding, "label") && *jy_json_text(finding, "text"));
		if (strcmp(jy_json_text(finding, "code"), code) == 0)
			memcpy(severity, jy_json_text(finding, "severity"), 5);
	}
	json_decref(found);
	json_decref(row);
	return severity;
}

static const struct {
	const char *code, *text, *severity;
} phrases[] = {
	/* Fees and deposits. */
	{ "fee", "入职需缴纳服装费300元。", "stop" },
	{ "fee", "押金200元，离职时退还", "stop" },
	{ "fee", "办理入职时交保证金", "stop" },
	{ "fee", "培训费从第一个月工资里扣", "stop" },
	{ "fee", "需 交 押 金 五 百", "stop" },
	{ "fee", "先交钱后上岗", "stop" },
	{ "fee", "可提供培训贷，轻松入职", "stop" },
	{ "fee", "免费培训，另收取教材费", "stop" },
	{ "fee", "体检费自理", "warn" },
	{ "fee", "体检费用自理", "warn" },
	{ "fee", "工服费另说", "warn" },
	{ "fee", "不收取任何费用，不收押金", "" },
	{ "fee", "无押金、零培训费", "" },
	{ "fee", "绝不以任何名义收取保证金、服装费", "" },
	{ "fee", "体检费由公司承担", "" },
	{ "fee", "培训费全额报销", "" },
	{ "fee", "凡收取押金的均为诈骗", "" },
	{ "fee", "五险一金，双休，年底奖金", "" },
	{ "fee", "负责租户押金的收取与核对", "note" },
	{ "fee", "协助办理投标保证金", "note" },
	{ "papers", "入职须扣押身份证", "stop" },
	{ "papers", "不押证件", "" },
	{ "papers", "需携带身份证、毕业证", "" },
	/* Sex. */
	{ "sex", "限男性", "stop" },
	{ "sex", "限女性；中共党员", "stop" },
	{ "sex", "只招女生", "stop" },
	{ "sex", "仅限男生报名", "stop" },
	{ "sex", "性别：女", "stop" },
	{ "sex", "要求男性，能吃苦", "stop" },
	{ "sex", "女士优先", "stop" },
	{ "sex", "男生优先考虑", "stop" },
	{ "sex", "女，大专以上", "stop" },
	{ "sex", "女25-35岁", "stop" },
	{ "sex", "女性勿投", "stop" },
	{ "sex", "招女职工两名", "stop" },
	{ "sex", "适合男性", "warn" },
	{ "sex", "男女不限", "" },
	{ "sex", "不限男女，大专以上", "" },
	{ "sex", "性别不限", "" },
	{ "sex", "负责女装设计，男鞋打样", "" },
	{ "sex", "招聘女装销售", "" },
	{ "sex", "为女性提供健康咨询", "" },
	{ "sex", "女子监狱外聘医生", "" },
	{ "sex", "协助管理女生宿舍", "" },
	{ "sex", "维护妇女权益，联系妇联", "" },
	{ "sex", "男科门诊护士", "" },
	/* Marriage and children. */
	{ "family", "已婚已育优先", "stop" },
	{ "family", "要求未婚", "stop" },
	{ "family", "入职两年内不得怀孕", "stop" },
	{ "family", "婚育不限", "" },
	{ "family", "享受婚假、产假", "" },
	/* Household. */
	{ "household", "限本市户籍", "stop" },
	{ "household", "要求本地户口", "stop" },
	{ "household", "须具有长春户口", "stop" },
	{ "household", "外地勿扰", "stop" },
	{ "household", "仅限本地人", "stop" },
	{ "household", "本地人优先", "warn" },
	{ "household", "户籍不限", "" },
	{ "household", "协助办理户口迁入", "" },
	{ "household", "公司解决户口", "" },
	{ "household", "户籍窗口工作人员，本地办公", "" },
	{ "household", "入职带户口本复印件", "" },
	/* Age. */
	{ "age", "35岁以下", "warn" },
	{ "age", "年龄18-35周岁", "warn" },
	{ "age", "年龄在18至40岁之间", "warn" },
	{ "age", "不超过30周岁", "warn" },
	{ "age", "18周岁以上、38周岁以下", "warn" },
	{ "age", "三十五岁以下", "warn" },
	{ "age", "３５ 周 岁 以 下", "warn" },
	{ "age", "40岁（含）以下", "warn" },
	{ "age", "25岁以上", "warn" },
	{ "age", "95后优先", "warn" },
	{ "age", "55岁以下", "note" },
	{ "age", "年满18周岁以上", "" },
	{ "age", "年龄不限", "" },
	{ "age", "教3-6岁儿童画画", "" },
	{ "age", "照护60岁以上老人", "" },
	{ "age", "平均年龄28岁的团队", "" },
	{ "age", "团队以90后为主", "" },
	/* School and health. */
	{ "school", "限985、211院校毕业", "warn" },
	{ "school", "双一流高校毕业", "warn" },
	{ "school", "工号98511", "" },
	{ "health", "乙肝携带者勿投", "stop" },
	{ "health", "身体健康", "" },
	/* Ways of contact. */
	{ "messenger", "有意者加微信abc_12345", "warn" },
	{ "messenger", "vx：abc12345", "warn" },
	{ "messenger", "QQ 123456789", "warn" },
	{ "messenger", "微信同号13800000000", "warn" },
	{ "messenger", "加我微信详谈", "warn" },
	{ "messenger", "负责微信公众号运营", "" },
	{ "messenger", "熟悉微信小程序开发", "" },
	{ "messenger", "发送到hr@qq.com", "" },
	{ "mail", "简历发zhangsan@163.com", "note" },
	{ "mail", "简历发hr@firm-example.cn", "" },
	{ "phone_hidden", "一三八零零一二三四五六", "stop" },
	{ "phone_hidden", "①③⑧00123456", "stop" },
	{ "phone_hidden", "1 3 8 0 0 1 2 3 4 5 6", "stop" },
	{ "phone_hidden", "138oo123456", "stop" },
	{ "phone_hidden", "电话138-0012-3456", "" },
	{ "phone_text", "电话138-0012-3456", "note" },
	{ "phone_text", "注册资本13800000000元", "" },
	{ "phone_text", "统一代码91220101123456789X", "" },
	{ "phone_hidden", "一、二、三、四、五、六、七、八、九、十条职责", "" },
};

static void
phrases_are_judged_in_their_context(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
		const char *severity =
		    severity_of(vacancy("general", phrases[i].text), phrases[i].code);

		if (strcmp(severity, phrases[i].severity) != 0)
			print_error("%s: %s is \"%s\", not \"%s\"\n", phrases[i].text,
				    phrases[i].code, severity, phrases[i].severity);
	}
	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++)
		assert_string_equal(
		    severity_of(vacancy("general", phrases[i].text), phrases[i].code),
		    phrases[i].severity);
}

static void
what_the_law_lets_public_posts_ask_is_a_note(void **state)
{
	(void)state;
	assert_string_equal(severity_of(vacancy("public", "限男性；中共党员"), "sex"), "note");
	assert_string_equal(severity_of(vacancy("public", "18周岁以上、38周岁以下"), "age"),
			    "note");
	assert_string_equal(severity_of(vacancy("public", "限本省户籍"), "household"), "note");
	assert_string_equal(severity_of(vacancy("public", "体检费用由考生自理"), "fee"), "note");
	assert_string_equal(severity_of(vacancy("grassroots", "30周岁以下"), "age"), "note");
	assert_string_equal(severity_of(vacancy("grassroots", "限女性"), "sex"), "stop");
	assert_string_equal(severity_of(vacancy("public", "入职交押金"), "fee"), "stop");
}

static json_t *
paid(int low, int high, const char *type)
{
	json_t *row = vacancy("general", "整理资料。");

	json_object_set_new(row, "pay_min", low ? json_integer(low * 100) : json_null());
	json_object_set_new(row, "pay_max", high ? json_integer(high * 100) : json_null());
	json_object_set_new(row, "type", json_string(type));
	return row;
}

static void
pay_has_a_floor_a_ceiling_and_a_spread(void **state)
{
	(void)state;
	assert_string_equal(severity_of(paid(4000, 6000, "full"), "pay_low"), "");
	assert_string_equal(severity_of(paid(1000, 1500, "full"), "pay_low"), "stop");
	assert_string_equal(severity_of(paid(0, 1500, "full"), "pay_low"), "stop");
	assert_string_equal(severity_of(paid(1500, 3000, "full"), "pay_low"), "warn");
	assert_string_equal(severity_of(paid(1000, 1500, "intern"), "pay_low"), "note");
	assert_string_equal(severity_of(paid(1540, 1540, "full"), "pay_low"), "");
	assert_string_equal(severity_of(paid(100000, 150000, "full"), "pay_high"), "warn");
	assert_string_equal(severity_of(paid(80000, 100000, "full"), "pay_high"), "");
	assert_string_equal(severity_of(paid(3000, 9000, "full"), "pay_spread"), "");
	assert_string_equal(severity_of(paid(3000, 9100, "full"), "pay_spread"), "warn");
	assert_string_equal(severity_of(paid(0, 0, "full"), "pay_missing"), "warn");
}

static void
the_four_facts_must_be_there(void **state)
{
	static const char *const texts[] = { "title", "category", "region", NULL };
	size_t i;
	json_t *row;

	(void)state;
	for (i = 0; texts[i]; i++) {
		row = vacancy("general", "整理资料。");
		json_object_set_new(row, texts[i], json_string(""));
		assert_string_equal(severity_of(row, "facts"), "stop");
	}
	row = vacancy("general", "整理资料。");
	json_object_set_new(row, "headcount", json_integer(0));
	assert_string_equal(severity_of(row, "facts"), "stop");
	assert_string_equal(severity_of(vacancy("general", "整理资料。"), "facts"), "");
}

static void
mail_belongs_to_the_employers_domain(void **state)
{
	static const struct {
		const char *website, *text, *severity;
	} cases[] = {
		{ "https://www.firm.cn/about", "hr@firm.cn", "" },
		{ "http://firm.cn", "hr@mail.firm.cn", "" },
		{ "www.firm.cn", "hr@otherfirm.cn", "warn" },
		{ "https://firm.cn", "hr@qq.com", "warn" },
		{ "", "hr@qq.com", "note" },
		{ "", "hr@firm.cn", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *row = vacancy("general", "整理资料。");

		json_object_set_new(row, "website", json_string(cases[i].website));
		json_object_set_new(row, "contact", json_string(cases[i].text));
		assert_string_equal(severity_of(row, "mail"), cases[i].severity);
	}
}

static void
copies_and_plain_texts(void **state)
{
	json_t *row = vacancy("general", "整理资料，接听电话，双休。"), *found;

	(void)state;
	found = jobs_checks(row, &limits);
	assert_int_equal(json_array_size(found), 0);
	json_decref(found);
	json_object_set_new(row, "copies", json_integer(1));
	assert_string_equal(severity_of(row, "copied"), "warn");
}

/* Whatever bytes come, nothing is read beyond them. */
static void
broken_and_long_texts_do_no_harm(void **state)
{
	static const char *const broken[] = { "\xe7",     "\xe7\x94", "限\xe7", "岁",   "35岁",
					      "\xf0\x9f", "-岁以下",  "至岁",   "周岁", "@",
					      "@.",       "@a.b",     NULL };
	static char text[60001];
	size_t i;

	(void)state;
	for (i = 0; broken[i]; i++)
		severity_of(vacancy("general", "x"), "fee");
	for (i = 0; broken[i]; i++) {
		struct checks c = { .out = json_array() };

		check_words(&c, broken[i]);
		check_contact(&c, broken[i], "", false);
		json_decref(c.out);
	}
	memset(text, '1', 60000);
	severity_of(vacancy("general", text), "fee");
	for (i = 0; i + 3 <= 60000; i += 3)
		memcpy(text + i, "限", 3);
	severity_of(vacancy("general", text), "fee");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(phrases_are_judged_in_their_context),
		cmocka_unit_test(what_the_law_lets_public_posts_ask_is_a_note),
		cmocka_unit_test(pay_has_a_floor_a_ceiling_and_a_spread),
		cmocka_unit_test(the_four_facts_must_be_there),
		cmocka_unit_test(mail_belongs_to_the_employers_domain),
		cmocka_unit_test(copies_and_plain_texts),
		cmocka_unit_test(broken_and_long_texts_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
