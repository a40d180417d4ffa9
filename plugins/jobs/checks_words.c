/*
 * checks_words.c - fees, deposits and discrimination in a vacancy's own words.
 *
 * Read clause by clause, because a word says little without its neighbours: "不收取押金" and
 * "押金300元" share the word, an accountant "核对押金", and "女装" is no woman. Where the law lets
 * a public post ask for sex, age or household, the finding is a note.
 */
#include "checks.h"

#include <string.h>

#define QUOTE_CHARS 40

uint32_t
check_next(const char **at)
{
	const unsigned char *p = (const unsigned char *)*at;
	static const uint32_t masks[] = { 0x7f, 0x1f, 0x0f, 0x07 };
	size_t more = p[0] >= 0xf0 ? 3 : p[0] >= 0xe0 ? 2 : p[0] >= 0xc0 ? 1 : 0, i;
	uint32_t c = p[0] & masks[more];

	for (i = 1; i <= more; i++) {
		if ((p[i] & 0xc0) != 0x80) {
			*at += 1;
			return p[0];
		}
		c = c << 6 | (p[i] & 0x3f);
	}
	*at += more + 1;
	return more ? c : p[0];
}

static bool
blank(uint32_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == 0x3000 || c == 0xa0 || c == 0xfeff ||
	       (c >= 0x200b && c <= 0x200d) || c == 0x2060;
}

void
check_fold(const char *text, char *to)
{
	char *end = to + CHECKS_TEXT_MAX - 5;

	while (*text && to < end) {
		const char *from = text;
		uint32_t c = check_next(&text);

		if (c >= 0xff01 && c <= 0xff5e)
			c -= 0xfee0;
		if (blank(c))
			continue;
		if (c < 0x80) {
			*to++ = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
		} else {
			memcpy(to, from, (size_t)(text - from));
			to += text - from;
		}
	}
	*to = '\0';
}

/* --- Words in a clause --- */

static const char *
any_of(const char *clause, const char *const *words)
{
	const char *found;

	for (; *words; words++) {
		found = strstr(clause, *words);
		if (found)
			return found;
	}
	return NULL;
}

static bool
ends_with(const char *clause, const char *end, const char *const *words)
{
	size_t have = (size_t)(end - clause), n;

	for (; *words; words++) {
		n = strlen(*words);
		if (n <= have && memcmp(end - n, *words, n) == 0)
			return true;
	}
	return false;
}

static bool
starts_with(const char *at, const char *const *words)
{
	for (; *words; words++)
		if (strncmp(at, *words, strlen(*words)) == 0)
			return true;
	return false;
}

static void
found(struct checks *c, const char *code, enum check_severity severity, const char *text,
      const char *clause)
{
	char quote[QUOTE_CHARS * 4 + 1];
	const char *end = clause;
	int i;

	for (i = 0; *end && i < QUOTE_CHARS; i++)
		check_next(&end);
	memcpy(quote, clause, (size_t)(end - clause));
	quote[end - clause] = '\0';
	check_add(c, code, severity, text, quote);
}

/* --- Fees --- */

static const char *const fees[] = { "押金",   "保证金", "培训费", "服装费",   "工装费", "工服费",
				    "报名费", "资料费", "中介费", "介绍费",   "会员费", "建档费",
				    "办证费", "风险金", "定金",   "订金",     "入职费", "制卡费",
				    "教材费", "体检费", "考务费", "体检费用", "岗前费", NULL };
static const char *const tricks[] = { "培训贷", "贷款培训", "先交钱", "先交费",   "先付款",
				      "先缴费", "垫付资金", "刷单",   "入职贷款", NULL };
static const char *const refusals[] = {
	"不收",       "不需",     "不用交",   "不交",     "不必",     "无需",     "无须",
	"不向",       "免交",     "免缴",     "免收",     "全免",     "不得",     "严禁",
	"禁止",       "杜绝",     "拒绝",     "不以",     "不会",     "不要求",   "不扣",
	"不押",       "谨防",     "警惕",     "请勿",     "勿交",     "报销",     "公司承担",
	"单位承担",   "我司承担", "企业承担", "学校承担", "医院承担", "公司负责", "单位负责",
	"公司支付",   "单位支付", "公司出",   "绝不",     "从不",     "由公司",   "由单位",
	"由用人单位", "由企业",   "诈骗",     NULL
};
static const char *const direct_no[] = { "无", "零", "0", "免", "没有", "不设", "无任何", NULL };
static const char *const pays[] = { "交",   "缴",   "收取", "收到", "付", "扣", "自理",
				    "自费", "承担", "垫",   "元",   "块", NULL };
static const char *const duties[] = { "负责",   "协助", "核算", "对账", "催缴", "催收", "投标",
				      "客户",   "租户", "租客", "业主", "学员", "住户", "供应商",
				      "统计",   "核对", "审核", "做账", "账务", "履约", "质量",
				      "工程款", "退还", "家长", NULL };
static const char *const papers[] = { "扣押身份证", "抵押身份证", "押身份证",   "扣押证件",
				      "押证件",     "抵押证件",   "身份证抵押", "扣押毕业证",
				      "押毕业证",   "毕业证抵押", "扣身份证",   NULL };

static void
read_fees(struct checks *c, const char *clause)
{
	static const char *const exams[] = { "体检费", "报名费", "考务费", NULL };
	static const char *const health[] = { "体检费", NULL };
	static const char *const returned[] = { "离职", "退工", NULL };
	const char *word = any_of(clause, fees);
	bool refused = any_of(clause, refusals) != NULL;

	if (!refused && any_of(clause, papers))
		found(c, "papers", CHECK_STOP, "不得扣押求职者的身份证和其他证件，请删去。",
		      clause);
	if (!refused && any_of(clause, tricks))
		found(c, "fee", CHECK_STOP, "不得让求职者先交钱、贷款或垫资，请删去。", clause);
	if (!word || refused || ends_with(clause, word, direct_no))
		return;
	if (c->official && any_of(clause, exams))
		found(c, "fee", CHECK_NOTE, "公开招录的报名、体检费用按规定收取，请核对标准。",
		      clause);
	else if (any_of(clause, duties) && !any_of(clause, returned))
		found(c, "fee", CHECK_NOTE, "工作内容提到费用，看来不是向求职者收的。", clause);
	else if (any_of(clause, health) || !any_of(clause, pays))
		found(c, "fee", CHECK_WARN,
		      "提到费用或押金。应聘和入职不得收费，请写明由单位承担，或删去。", clause);
	else
		found(c, "fee", CHECK_STOP, "不得向求职者收取押金、保证金或其他费用，请删去。",
		      clause);
}

/* --- Sex, marriage, children --- */

static const char *const sexes_free[] = { "男女不限", "不限男女", "性别不限", "不限性别",
					  "男女均可", "男女皆可", "男女都可", "无性别要求",
					  "男女兼收", NULL };
static const char *const before_sex[] = {
	"限",       "限招",   "只招",      "只要",  "仅招", "仅要", "要求", "性别:", "性别",
	"性别要求", "性别为", "须为",      "不要",  "不招", "谢绝", "拒绝", "须",    "需",
	"需要",     "要求为", "性别要求:", "要求:", "招聘", "招",   "急招", "诚聘",  NULL
};
static const char *const things[] = { "装", "鞋", "包", "裤",   "童", "款", "表", "袜", "科",
				      "团", "女", "男", "朋友", "主", "宾", "子", NULL };

/* "男" or "女" at `at`: is it a person that is asked for? */
static bool
asks_sex(const char *clause, const char *at)
{
	static const char *const persons[] = { "性", "生", "士", NULL };
	static const char *const after[] = { "优先", "勿扰", "勿投", "者优先", "为佳",
					     "一名", "一人", "1名",  "1人",    NULL };
	static const char *const dorms[] = { "宿舍", "用品", "服", "健康", "寝室", "监", NULL };
	const char *next = at + strlen("男");
	bool person = starts_with(next, persons), plain = !starts_with(next, things);

	if (person)
		next += strlen("性");
	if (starts_with(next, dorms))
		return false;
	if (starts_with(next, after) && (person || plain))
		return true;
	/* "女25-35岁" is a limit, "女3号厂房" is not. */
	if (at == clause && strstr(next, "岁") && next[0] >= '1' && next[0] <= '9')
		return true;
	if (at == clause && !*next)
		return true; /* the clause says nothing else: "男性" */
	return ends_with(clause, at, before_sex) && (person || plain);
}

static void
read_sex(struct checks *c, const char *clause)
{
	static const char *const words[] = { "男", "女" };
	enum check_severity severity = c->bodies ? CHECK_NOTE : CHECK_STOP;
	const char *at;
	size_t i;

	if (any_of(clause, sexes_free))
		return;
	for (i = 0; i < 2; i++)
		for (at = strstr(clause, words[i]); at; at = strstr(at + 3, words[i]))
			if (asks_sex(clause, at))
				found(c, "sex", severity,
				      c->bodies ? "限定性别。请核对是否属于法律法规允许的岗位。"
						: "不得限定性别或者性别优先，请删去。",
				      clause);
	if (strstr(clause, "适合男性") || strstr(clause, "适合女性"))
		found(c, "sex", c->bodies ? CHECK_NOTE : CHECK_WARN,
		      "“适合某一性别”容易被理解为限定性别，请改写为工作条件。", clause);
}

static void
read_family(struct checks *c, const char *clause)
{
	static const char *const states[] = { "未婚", "已婚", "已育", "未育", "婚育", NULL };
	static const char *const limits[] = { "优先", "限", "仅",   "只", "要求",
					      "必须", "须", "为佳", "者", NULL };
	static const char *const bans[] = { "不得怀孕", "不得生育", "不能怀孕", "不得结婚", NULL };
	static const char *const free_words[] = { "不限", "不问", "不考虑", NULL };

	if (any_of(clause, bans) ||
	    (any_of(clause, states) && any_of(clause, limits) && !any_of(clause, free_words)))
		found(c, "family", CHECK_STOP, "不得以婚姻、生育状况作为录用条件，请删去。",
		      clause);
}

/* --- Household, school, health --- */

static void
read_household(struct checks *c, const char *clause)
{
	static const char *const words[] = { "户籍", "户口", NULL };
	static const char *const helps[] = { "不限",   "解决",     "落户",     "迁",
					     "办理",   "管理",     "民警",     "提供",
					     "户口本", "户籍业务", "户籍窗口", NULL };
	static const char *const limits[] = { "本地", "本市", "本省", "本县", "本区", "当地",
					      "限",   "仅",   "须",   "需",   "必须", "要求",
					      "具有", "优先", "只招", NULL };
	static const char *const strangers[] = { "外地勿扰",   "外地人勿扰", "不招外地", "不要外地",
						 "外地户口勿", "限本地人",   "只招本地", "仅限本地",
						 "只要本地",   NULL };

	if (any_of(clause, strangers) ||
	    (any_of(clause, words) && any_of(clause, limits) && !any_of(clause, helps)))
		found(c, "household", c->official ? CHECK_NOTE : CHECK_STOP,
		      c->official ? "限定户籍。请核对招录公告是否允许。"
				  : "不得限定户籍或者只招本地人，请删去。",
		      clause);
	else if (strstr(clause, "本地人优先") || strstr(clause, "当地人优先"))
		found(c, "household", c->official ? CHECK_NOTE : CHECK_WARN,
		      "“本地人优先”容易成为户籍限制，请改写为能否到岗。", clause);
}

static void
read_school(struct checks *c, const char *clause)
{
	static const char *const marks[] = { "985", "211", "双一流", NULL };
	static const char *const schools[] = {
		"院校", "高校", "大学", "毕业", "学校", "本科", NULL
	};
	static const char *const illness[] = { "乙肝", "澳抗", "大三阳", "小三阳", NULL };

	if (any_of(clause, marks) && any_of(clause, schools))
		found(c, "school", CHECK_WARN,
		      "面向毕业生的招聘不宜限定名校，请改为学历和能力要求。", clause);
	if (any_of(clause, illness))
		found(c, "health", CHECK_STOP, "不得以乙肝等检查结果限制录用，请删去。", clause);
}

/* --- Age --- */

/* The figures that end just before `end`; -1: none. *start is their first byte. */
static int
figures_before(const char *clause, const char *end, const char **start)
{
	int value = 0, scale = 1;

	for (*start = end; *start > clause && (*start)[-1] >= '0' && (*start)[-1] <= '9';) {
		*start -= 1;
		if (scale > 1000)
			return -1;
		value += (**start - '0') * scale;
		scale *= 10;
	}
	return *start < end ? value : -1;
}

/* The same for 三十五 or 十八. */
static int
characters_before(const char *clause, const char *end, const char **start)
{
	static const char digits[] = "一二三四五六七八九";
	int value = 0, scale = 1;
	bool ten = false;

	for (*start = end; *start - clause >= 3; *start -= 3) {
		const char *digit;

		if (memcmp(*start - 3, "十", 3) == 0) {
			ten = true;
			scale = 10;
			continue;
		}
		for (digit = digits; *digit && memcmp(*start - 3, digit, 3) != 0; digit += 3)
			;
		if (!*digit || scale > 10)
			break;
		value += ((int)(digit - digits) / 3 + 1) * scale;
		scale *= ten ? 10 : 100;
	}
	if (ten && value < 10)
		value += 10;
	return *start < end ? value : -1;
}

static int
number_before(const char *clause, const char *end, const char **start)
{
	int value = figures_before(clause, end, start);

	return value >= 0 ? value : characters_before(clause, end, start);
}

/* One "岁" of a clause: -1 no limit, else the upper limit; *lower is the lower one. */
static int
age_limit(const char *clause, const char *at, int *lower)
{
	static const char *const under[] = { "以下",     "以内",     "之内",     "及以下",
					     "(含)以下", "(含以下)", "(含)以内", "前",
					     "内",       "之前",     NULL };
	static const char *const over[] = { "以上", "及以上", "(含)以上", NULL };
	static const char *const most[] = {
		"不超过", "不大于", "小于", "低于", "不高于", "限", NULL
	};
	static const char *const spans[] = { "-", "~", "—", "–", "至", "到", "－", NULL };
	static const char *const year[] = { "周岁", NULL };
	static const char *const full[] = { "周", NULL };
	const char *end = at, *start, *from;
	const char *next = at + strlen("岁");
	int value, least;

	if (ends_with(clause, end, full))
		end -= strlen("周");
	value = number_before(clause, end, &start);
	*lower = 0;
	if (value < 0)
		return -1;
	from = start;
	if (ends_with(clause, from, year) || ends_with(clause, from, spans)) {
		from -= from[-1] & 0x80 ? 3 : 1;
		while (ends_with(clause, from, (const char *const[]){ "周", "岁", NULL }))
			from -= 3;
		least = number_before(clause, from, &start);
		*lower = least > 0 ? least : 0;
		return value;
	}
	if (starts_with(next, over)) {
		*lower = value;
		return 0;
	}
	return starts_with(next, under) || ends_with(clause, start, most) ? value : -1;
}

static void
read_age(struct checks *c, const char *clause)
{
	static const char *const served[] = { "老人", "老年",   "患者", "客户", "儿童", "幼儿",
					      "学生", "青少年", "人群", "孩子", "婴",   NULL };
	static const char *const born[] = { "80后", "85后", "90后", "95后", "00后", NULL };
	static const char *const limits[] = { "优先", "限", "要求", "仅", "只", "招", NULL };
	const char *at;
	int upper, lower;

	if (any_of(clause, served))
		return;
	for (at = strstr(clause, "岁"); at; at = strstr(at + 3, "岁")) {
		upper = age_limit(clause, at, &lower);
		if (upper < 0 || (upper > 0 && upper <= 18) || (!upper && lower <= 18))
			continue;
		if (c->official || upper >= 50)
			found(c, "age", CHECK_NOTE,
			      c->official ? "限定年龄。请核对招录公告。"
					  : "年龄上限接近退休年龄，请核对是否必要。",
			      clause);
		else
			found(c, "age", CHECK_WARN,
			      "限定年龄。没有法律规定或工作必需的理由，请删去。", clause);
	}
	if (any_of(clause, born) && any_of(clause, limits))
		found(c, "age", CHECK_WARN, "以出生年代限定年龄，请删去。", clause);
}

/* --- All of it, clause by clause --- */

static void
read_clause(struct checks *c, const char *clause)
{
	read_fees(c, clause);
	read_sex(c, clause);
	read_family(c, clause);
	read_household(c, clause);
	read_school(c, clause);
	read_age(c, clause);
}

void
check_words(struct checks *c, const char *text)
{
	char folded[CHECKS_TEXT_MAX], *clause = folded, *at = folded;
	size_t mark;
	char kept;

	for (check_fold(text, folded);; at++) {
		mark = strncmp(at, "。", 3) == 0 ? 3 : strchr(",;!?\n", *at) ? 1 : 0;
		if (!mark)
			continue;
		kept = *at;
		*at = '\0';
		if (*clause)
			read_clause(c, clause);
		if (!kept)
			return;
		at += mark - 1;
		clause = at + 1;
	}
}
