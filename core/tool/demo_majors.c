/*
 * demo_majors.c - which major an invented graduate of a school has.
 *
 * Real rosters are far from even: a few classes (computing, accounting, languages, nursing) hold
 * most people, and a medical school teaches medicine. The weights are rough round numbers, good
 * enough that the matcher's shares mean something. Masters and doctors have graduate disciplines.
 */
#include <string.h>

#include "tool/demo.h"

#define LIST_MAX 1200

static const char SQL_MAJORS[] = "SELECT code, education FROM majors WHERE level = 3 OR (education "
				 "= 'vocational' AND level = 2) "
				 "ORDER BY code LIMIT 5000";

/* Weight by the longest beginning of the code that is listed; else 2. */
static const struct weight {
	const char *code;
	int weight;
} weights[] = {
	{ "0201", 8 },    { "0203", 16 },   { "0204", 10 },   { "0301", 6 },    { "030101", 60 },
	{ "0303", 6 },    { "0305", 6 },    { "0401", 12 },   { "0402", 8 },    { "0501", 10 },
	{ "050101", 50 }, { "050201", 50 }, { "0503", 12 },   { "0701", 10 },   { "0703", 10 },
	{ "0710", 8 },    { "0712", 8 },    { "0802", 14 },   { "0804", 8 },    { "0806", 20 },
	{ "0807", 14 },   { "0808", 20 },   { "0809", 12 },   { "080901", 70 }, { "080902", 50 },
	{ "080910", 20 }, { "0810", 14 },   { "0813", 10 },   { "0825", 10 },   { "0827", 10 },
	{ "0828", 12 },   { "0901", 8 },    { "0903", 8 },    { "100201", 60 }, { "1005", 12 },
	{ "1007", 14 },   { "1010", 10 },   { "101101", 50 }, { "1201", 12 },   { "120201", 20 },
	{ "120202", 20 }, { "120203", 70 }, { "120204", 50 }, { "120206", 20 }, { "1204", 10 },
	{ "1206", 14 },   { "1208", 16 },   { "1209", 10 },   { "1302", 10 },   { "1304", 10 },
	{ "1305", 16 },   { "41", 4 },      { "4103", 10 },   { "4405", 20 },   { "4601", 20 },
	{ "4603", 20 },   { "5102", 25 },   { "5202", 35 },   { "5201", 15 },   { "5203", 12 },
	{ "5303", 30 },   { "5306", 12 },   { "5307", 25 },   { "5308", 15 },   { "5401", 12 },
	{ "5701", 25 },   { "5702", 10 },   { "5002", 12 },   { "5804", 10 },   { "g0251", 10 },
	{ "g0351", 20 },  { "g0305", 8 },   { "g0451", 25 },  { "g0501", 8 },   { "g0551", 8 },
	{ "g0701", 8 },   { "g0812", 8 },   { "g0854", 25 },  { "g0855", 15 },  { "g0856", 12 },
	{ "g0857", 10 },  { "g0859", 12 },  { "g0951", 15 },  { "g1051", 25 },  { "g1057", 8 },
	{ "g1251", 15 },  { "g1252", 8 },   { "g1253", 10 },
};

/* What schools of a kind teach most: disciplines of both catalogues, and how many times as likely.
 */
static const struct kind {
	const char *words, *taught;
	int times;
} kinds[] = {
	{ "医 护理 卫生 药", "10 52", 40 },
	{ "师范 教育 幼儿", "04 05 07 13 57", 4 },
	{ "农 林业 牧", "09 41", 15 },
	{ "财 经贸 商 金融 会计 经济", "02 12 53", 6 },
	{ "政法 警察 司法 公安", "03 58", 20 },
	{ "艺术 音乐 美术 传媒 戏", "13 55 56", 12 },
	{ "体育", "0402 5703", 30 },
	{ "外国语 外语", "0502 5702", 15 },
	{ "工 科技 建筑 水利 交通 电力 航空 铁路 矿 信息 机电", "08 43 44 45 46 50 51", 4 },
	{ "", "", 1 },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

enum level { COLLEGE, BACHELOR, GRADUATE, LEVELS };

struct demo_majors {
	const char *codes[LEVELS][LIST_MAX];
	int count[LEVELS];
	int upto[KINDS][LEVELS][LIST_MAX]; /* sums of weights; made when first asked for */
};

enum jy_status
demo_majors_read(struct demo *d)
{
	json_t *rows, *row;
	enum jy_status s = jy_rows(d->cx, &rows, SQL_MAJORS);
	size_t i;

	if (s != JY_OK)
		return s;
	d->majors = jy_alloc(d->cx, sizeof(*d->majors));
	json_array_foreach(rows, i, row)
	{
		const char *education = jy_json_text(row, "education");
		enum level level = *education == 'v'   ? COLLEGE
				   : *education == 'b' ? BACHELOR
						       : GRADUATE;

		if (d->majors->count[level] < LIST_MAX)
			d->majors->codes[level][d->majors->count[level]++] =
			    jy_json_text(row, "code");
	}
	return JY_OK;
}

static int
base_weight(const char *code)
{
	size_t i, n, longest = 0;
	int weight = 2;

	for (i = 0; i < sizeof(weights) / sizeof(weights[0]); i++) {
		n = strlen(weights[i].code);
		if (n > longest && strncmp(weights[i].code, code, n) == 0) {
			longest = n;
			weight = weights[i].weight;
		}
	}
	/* Later numbers of a class are new majors and those that few schools may offer. */
	return longest < 6 && strlen(code) == 6 && code[4] != '0' ? (weight + 5) / 6 : weight;
}

/* Is one of the blank-separated words in (or, for codes, at the beginning of) text? */
static bool
any_word(const char *words, const char *text, bool at_start)
{
	char one[32];
	size_t n;

	for (; *words; words += n + (words[n] == ' ')) {
		const char *found;

		n = strcspn(words, " ");
		if (n >= sizeof(one))
			continue;
		memcpy(one, words, n);
		one[n] = '\0';
		found = strstr(text, one);
		if (found && (!at_start || found == text))
			return true;
	}
	return false;
}

static size_t
kind_of(const char *school)
{
	size_t i;

	for (i = 0; i + 1 < KINDS; i++)
		if (any_word(kinds[i].words, school, false))
			break;
	return i;
}

static void
sums_make(struct demo_majors *majors, size_t kind, enum level level)
{
	int i, sum = 0;

	for (i = 0; i < majors->count[level]; i++) {
		const char *code = majors->codes[level][i];
		bool taught = any_word(kinds[kind].taught, code + (*code == 'g'), true);

		sum += base_weight(code) * (taught ? kinds[kind].times : 1);
		majors->upto[kind][level][i] = sum;
	}
}

const char *
demo_major(struct demo *d, const char *school, const char *education)
{
	struct demo_majors *majors = d->majors;
	enum level level = strcmp(education, "college") == 0    ? COLLEGE
			   : strcmp(education, "bachelor") == 0 ? BACHELOR
								: GRADUATE;
	size_t kind = kind_of(school);
	int *upto = majors->upto[kind][level], low = 0, high = majors->count[level] - 1, drawn;

	if (high < 0)
		return "";
	if (upto[0] == 0)
		sums_make(majors, kind, level);
	drawn = (int)demo_draw(d, (uint64_t)upto[high]);
	while (low < high) {
		int middle = (low + high) / 2;

		if (upto[middle] <= drawn)
			low = middle + 1;
		else
			high = middle;
	}
	return majors->codes[level][low];
}
