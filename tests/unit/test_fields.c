/*
 * test_fields.c - every type of field: what is taken, what it becomes, what is refused and how.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "facility/fields.h"
#include "facility/id_rules.h"
#include "facility/text.h"

static struct core core;
static struct jy_ctx *cx;

static int
setup(void **state)
{
	(void)state;
	cx = ctx_new(&core, NULL, "test");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	talloc_free(cx);
	return 0;
}

/* The value as JSON text, or "! " and the sentence. */
static const char *
read_as(const struct jy_field *field, const char *typed)
{
	const char *error;
	json_t *value;
	char *text;

	if (!field_read(cx, field, typed, &value, &error))
		return jy_printf(cx, "! %s", error);
	text = json_dumps(value, JSON_ENCODE_ANY);
	json_decref(value);
	error = jy_printf(cx, "%s", text);
	free(text);
	return error;
}

#define reads(field, typed, wanted) assert_string_equal(read_as(field, typed), wanted)
static void
refuses(const struct jy_field *field, const char *typed, const char *part)
{
	const char *said = read_as(field, typed);

	if (said[0] != '!' || !strstr(said, part))
		fail_msg("\"%s\" gave \"%s\", not a refusal with \"%s\"", typed, said, part);
}

static void
integers(void **state)
{
	const struct jy_field plain = { "n", JY_INT, .label = "人数" };
	const struct jy_field few = { "n", JY_INT, 1, 30, JY_REQUIRED, .label = "人数" };

	(void)state;
	reads(&plain, "12", "12");
	reads(&plain, " －７ ", "-7");
	reads(&plain, "１２", "12");
	reads(&plain, "", "null");
	reads(&plain, NULL, "null");
	reads(&few, "　30　", "30");
	refuses(&few, "31", "要在 1 到 30 之间");
	refuses(&few, "", "请填写人数。");
	refuses(&few, "3.5", "要填整数");
	refuses(&plain, "9223372036854775808", "要填整数");
	refuses(&plain, "0x10", "要填整数");
	refuses(&plain, "\xff", "无法识别的字符");
}

static void
texts(void **state)
{
	const struct jy_field name = { "name", JY_TEXT, 2, 4, .label = "姓名" };
	const struct jy_field note = { "note", JY_LONG, .label = "说明" };
	const struct jy_field code = { "code", JY_CODE, 2, 8, .label = "编号" };
	const struct jy_field secret = { "p", JY_PASSWORD, .label = "密码" };

	(void)state;
	reads(&name, "  张三丰 ", "\"张三丰\"");
	refuses(&name, "张", "至少要 2 个字");
	refuses(&name, "一二三四五", "最多 4 个字，现在有 5 个");
	refuses(&name, "张\n三", "只能写一行");
	refuses(&name, "张\x01三", "控制字符");
	reads(&note, "一\r\n二\r三", "\"一\\n二\\n三\"");
	reads(&code, "ＡＢ-12", "\"AB-12\"");
	refuses(&code, "AB/12", "只能用字母");
	reads(&secret, " a b ", "\" a b \"");
}

static void
booleans(void **state)
{
	const struct jy_field yes = { "y", JY_BOOL, .label = "同意" };
	const struct jy_field must = { "y", JY_BOOL, .flags = JY_REQUIRED, .label = "同意" };

	(void)state;
	reads(&yes, "on", "true");
	reads(&yes, "是", "true");
	reads(&yes, "０", "false");
	reads(&yes, "", "null");
	refuses(&yes, "也许", "请填“是”或“否”");
	refuses(&must, "", "请勾选“同意”");
}

static void
dates(void **state)
{
	const struct jy_field day = { "d", JY_DATE, .label = "日期" };
	const struct jy_field then = { "t", JY_DATETIME, .label = "时间" };
	const struct jy_field year = { "d", JY_DATE, 20220101, 20221231, .label = "日期" };

	(void)state;
	reads(&day, "2022-06-25", "\"2022-06-25\"");
	reads(&day, "2022/6/5", "\"2022-06-05\"");
	reads(&day, "2022年6月25日", "\"2022-06-25\"");
	reads(&day, "20220625", "\"2022-06-25\"");
	reads(&day, "2024-02-29", "\"2024-02-29\"");
	refuses(&day, "2022-02-29", "不是真实存在的日期");
	refuses(&day, "2022-13-01", "不是真实存在的日期");
	refuses(&day, "22-06-25", "这样的日期");
	refuses(&day, "2022-06-25x", "这样的日期");
	refuses(&year, "2023-01-01", "要在 2022-01-01 到 2022-12-31 之间");
	reads(&then, "2022-06-25T08:00", "\"2022-06-25 08:00\"");
	reads(&then, "2022-06-25 8:5:59", "\"2022-06-25 08:05\"");
	reads(&then, "2022-06-25 08:00:00.000", "\"2022-06-25 08:00\"");
	refuses(&then, "2022-06-25", "日期和时间");
	refuses(&then, "2022-06-25 24:00", "日期和时间");
}

static void
contacts(void **state)
{
	const struct jy_field phone = { "p", JY_PHONE, .label = "手机" };
	const struct jy_field mail = { "m", JY_EMAIL, .label = "邮箱" };
	const struct jy_field web = { "w", JY_URL, .label = "网址" };

	(void)state;
	reads(&phone, "138-0000 0000", "\"13800000000\"");
	reads(&phone, "+86 13800000000", "\"13800000000\"");
	reads(&phone, "１３８００００００００", "\"13800000000\"");
	refuses(&phone, "12800000000", "11 位");
	refuses(&phone, "0431-12345678", "11 位");
	reads(&mail, "a.b+c@example.com", "\"a.b+c@example.com\"");
	refuses(&mail, "a@b", "邮箱地址");
	refuses(&mail, "a@@example.com", "邮箱地址");
	refuses(&mail, ".a@example.com", "邮箱地址");
	refuses(&mail, "a b@", "邮箱地址");
	reads(&web, "https://example.com/a?b=c", "\"https://example.com/a?b=c\"");
	refuses(&web, "ftp://example.com", "http://");
	refuses(&web, "javascript:alert(1)", "http://");
	refuses(&web, "https://bank.example@evil.example/", "http://");
	refuses(&web, "https:///x", "http://");
	refuses(&web, "https://a\"b", "http://");
}

static void
money(void **state)
{
	const struct jy_field pay = { "pay", JY_MONEY, .label = "月薪" };
	const struct jy_field low = { "pay", JY_MONEY, 100000, 200000, .label = "月薪" };

	(void)state;
	reads(&pay, "4500.50", "450050");
	reads(&pay, "4500.5", "450050");
	reads(&pay, "¥4,500 元", "450000");
	reads(&pay, "０.０１", "1");
	refuses(&pay, "4500.505", "小数点后两位");
	refuses(&pay, "-1", "要填金额");
	refuses(&pay, "4500块", "要填金额");
	refuses(&pay, "9999999999999", "要填金额");
	refuses(&low, "999.99", "要在 1000.00 元到 2000.00 元之间");
}

static const struct jy_choice kinds[] = { { "job", "岗位" }, { "train", "培训（免费）" }, { 0 } };

static void
choices(void **state)
{
	static const struct jy_choice none[] = { { 0 } };
	const struct jy_field one = { "k", JY_CHOICE, .label = "需求", .choices = kinds };
	const struct jy_field many = { "k", JY_CHOICES, 1, 2, .label = "需求", .choices = kinds };
	const struct jy_field open = { "k", JY_CHOICES, .label = "记录", .choices = none };
	const struct jy_field region = { "r", JY_CHOICE, .label = "地区", .reference = "regions" };

	(void)state;
	reads(&one, "job", "\"job\"");
	reads(&one, "培训（免费）", "\"train\"");
	refuses(&one, "x", "请从给出的选项里选：岗位、培训（免费）。");
	reads(&many, "job,train,job", "[\"job\", \"train\"]");
	reads(&many, "岗位；培训（免费）", "[\"job\", \"train\"]");
	refuses(&many, "job,y", "请从给出的选项里选");
	refuses(&many, " , ", "至少要选 1 项");
	reads(&many, "", "null");
	reads(&open, "12.3,4", "[\"12.3\", \"4\"]");
	refuses(&open, "a b", "请从给出的选项里选");
	reads(&region, "220100 吉林省长春市", "\"220100\""); /* no tables here: by form only */
	refuses(&region, "x'y", "选项");
}

/* GB 11643: examples of the standard, and invented ones with right digits. */
static void
resident_ids(void **state)
{
	const struct jy_field id = { "id", JY_RESIDENT_ID, .label = "身份证号" };

	(void)state;
	reads(&id, "11010519491231002x", "\"11010519491231002X\"");
	reads(&id, "440524188001010014", "\"440524188001010014\"");
	reads(&id, "220102200001010012", "\"220102200001010012\"");
	reads(&id, "220184200012310285", "\"220184200012310285\"");
	reads(&id, "222401199911300015", "\"222401199911300015\"");
	reads(&id, "２２０１０２ 20000101 0012", "\"220102200001010012\"");
	refuses(&id, "220102200001010013", "校验码不对");
	refuses(&id, "220102200002300011", "出生日期不存在");
	refuses(&id, "990102200001010010", "地区代码");
	refuses(&id, "22010220000101001", "18 位");
	refuses(&id, "110105491231002", "18 位");
	assert_int_equal(resident_id_check("22010229990101001X"), ID_DATE); /* not born yet */
}

static void
credit_codes(void **state)
{
	static const char *const right[] = { "91350100M000100Y43", "91220100MA00000152",
					     "12220100MA00000232", "51220100MA00000156",
					     "92220100MA0000023R" };
	const struct jy_field code = { "c", JY_CREDIT_CODE, .label = "信用代码" };

	(void)state;
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++)
		assert_int_equal(credit_code_check(right[i]), ID_OK);
	reads(&code, "91350100m000100y43", "\"91350100M000100Y43\"");
	refuses(&code, "91350100M000100Y44", "校验码不对");
	refuses(&code, "91350100M000100I43", "18 位");
	refuses(&code, "9135", "18 位");
}

static void
shown_values(void **state)
{
	const struct jy_field pay = { "pay", JY_MONEY };
	const struct jy_field kind = { "k", JY_CHOICES, .choices = kinds };
	const struct jy_field id = { "i", JY_RESIDENT_ID, .flags = JY_SEALED };
	const struct jy_field phone = { "p", JY_PHONE, .flags = JY_SEALED };
	const struct jy_field name = { "n", JY_TEXT, .flags = JY_SEALED };
	const struct jy_field mail = { "m", JY_EMAIL, .flags = JY_SEALED };

	(void)state;
	assert_string_equal(field_show(cx, &pay, jy_own(cx, json_integer(450050))), "4500.50");
	assert_string_equal(field_show(cx, &pay, jy_own(cx, json_integer(450000))), "4500");
	assert_string_equal(field_show(cx, &kind, jy_own(cx, json_pack("[s, s]", "job", "train"))),
			    "岗位、培训（免费）");
	assert_string_equal(field_show(cx, &id, jy_own(cx, json_string("220102200001010012"))),
			    "2201***********012");
	assert_string_equal(field_show(cx, &phone, jy_own(cx, json_string("13800001234"))),
			    "138****1234");
	assert_string_equal(field_show(cx, &name, jy_own(cx, json_string("张三丰"))), "张**");
	assert_string_equal(field_show(cx, &name, jy_own(cx, json_string("张"))), "*");
	assert_string_equal(field_show(cx, &mail, jy_own(cx, json_string("abc@example.com"))),
			    "a**@example.com");
	assert_string_equal(field_show(cx, &name, json_null()), "");
}

static void
utf8_edges(void **state)
{
	uint32_t c;

	(void)state;
	assert_int_equal(text_next("\xC0\x80", &c), 0);         /* overlong */
	assert_int_equal(text_next("\xED\xA0\x80", &c), 0);     /* surrogate */
	assert_int_equal(text_next("\xF4\x90\x80\x80", &c), 0); /* past the end of Unicode */
	assert_int_equal(text_next("\xE4\xBD", &c), 0);         /* cut */
	assert_int_equal(text_chars("长a𠀀"), 3);
	assert_string_equal(text_cut(cx, "长春市", 7), "长春");
	assert_string_equal(text_trim(cx, "\xEF\xBB\xBF　 a b 　"), "a b");
}

/* What is declared as absent reads as nothing; what was never declared would stop the worker. */
static void
parameters(void **state)
{
	(void)state;
	cx->params =
	    jy_own(cx, json_pack("{s:i, s:n, s:b, s:s}", "n", 7, "none", "yes", 1, "t", "text"));
	assert_int_equal(jy_param_int(cx, "n"), 7);
	assert_string_equal(jy_param_text(cx, "n"), "7");
	assert_int_equal(jy_param_int(cx, "none"), 0);
	assert_null(jy_param_text(cx, "none"));
	assert_false(jy_param_bool(cx, "none"));
	assert_true(jy_param_bool(cx, "yes"));
	assert_string_equal(jy_param_text(cx, "t"), "text");
}

static void
described_for_programs(void **state)
{
	const struct jy_field field = { "kind",          JY_CHOICE,        .flags = JY_REQUIRED,
					.label = "需求", .hint = "选一项", .choices = kinds };
	json_t *o = jy_own(cx, field_json(cx, &field, jy_own(cx, json_string("job"))));
	const json_t *first = json_array_get(json_object_get(o, "choices"), 0);

	(void)state;
	assert_string_equal(jy_json_text(o, "type"), "choice");
	assert_true(json_is_true(json_object_get(o, "required")));
	assert_string_equal(jy_json_text(o, "described"), "f-kind-hint");
	assert_true(json_is_true(json_object_get(first, "selected")));
	assert_true(json_is_true(json_object_get(json_object_get(o, "kind"), "select")));
}

static void
nobody_sees_what_is_dropped(void **state)
{
	static const char *const cases[][2] = {
		{ "张三", "张三" },
		{ "\xe2\x80\xae张\xe2\x80\x8b三\xef\xbb\xbf", "张三" },
		{ "a\xe2\x81\xa6"
		  "b\xc2\xad"
		  "c",
		  "abc" },
		{ "x\xef\xbf\xbfy\xf0\x9f\xbf\xbez", "xyz" },
		{ "一\xe2\x80\xa8二", "一\n二" },
		{ "👨‍👩‍👧", "👨‍👩‍👧" },
	};
	TALLOC_CTX *owner = talloc_new(NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(text_visible(owner, cases[i][0]), cases[i][1]);
	talloc_free(owner);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(integers, setup, teardown),
		cmocka_unit_test_setup_teardown(texts, setup, teardown),
		cmocka_unit_test_setup_teardown(booleans, setup, teardown),
		cmocka_unit_test_setup_teardown(dates, setup, teardown),
		cmocka_unit_test_setup_teardown(contacts, setup, teardown),
		cmocka_unit_test_setup_teardown(money, setup, teardown),
		cmocka_unit_test_setup_teardown(choices, setup, teardown),
		cmocka_unit_test_setup_teardown(resident_ids, setup, teardown),
		cmocka_unit_test_setup_teardown(credit_codes, setup, teardown),
		cmocka_unit_test(nobody_sees_what_is_dropped),
		cmocka_unit_test_setup_teardown(shown_values, setup, teardown),
		cmocka_unit_test_setup_teardown(utf8_edges, setup, teardown),
		cmocka_unit_test_setup_teardown(parameters, setup, teardown),
		cmocka_unit_test_setup_teardown(described_for_programs, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
