/*
 * import.c - vacancies from files (plan 8①): CSV of employers and agencies, and the tables in which
 * official recruitment is published.
 *
 * Those tables have no column for place, category or expiry, so what is missing is read from what
 * is there: the place from the employer's name, the category from its kind, the rest from sensible
 * defaults that the reviewing officer sees. Imported vacancies wait for review like any other.
 */
#include "jobs.h"

#include <string.h>

#define SQL_KNOWN                                                                                  \
	"SELECT id, title, majors, headcount FROM jobs_vacancies WHERE source = 'import' AND "     \
	"source_ref = ?"
/* Two statements, because an OR over both would read every organisation for every row. */
#define SQL_BY_CODE                                                                                \
	"SELECT id FROM organisations WHERE kind = 'employer' AND credit_code = ? ORDER BY id "    \
	"LIMIT 1"
#define SQL_BY_NAME                                                                                \
	"SELECT id FROM organisations WHERE kind = 'employer' AND name = ? ORDER BY id LIMIT 1"
#define SQL_ADD_EMPLOYER                                                                           \
	"INSERT INTO organisations (kind, name, credit_code, unit, region, state) "                \
	"VALUES ('employer', ?, ?, NULLIF(?, ''), ?, 'active')"
#define SQL_ADD                                                                                    \
	"INSERT INTO jobs_vacancies (employer_id, title, category, type, region, unit, "           \
	"headcount, "                                                                              \
	"education, education_max, majors, pay_min, pay_max, pay_months, pay_text, skills, "       \
	"description, contact, expires, source, source_ref, collector, state) VALUES (?, ?, ?, "   \
	"?, "                                                                                      \
	"?, NULLIF(?, ''), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, COALESCE(?, CURDATE() + INTERVAL 60 "  \
	"DAY), 'import', ?, ?, 'pending')"

static const struct jy_field fields[] = {
	{ "ref", JY_TEXT, 1, 60, JY_REQUIRED, .label = "岗位编号",
	  .hint = "来源自己的编号，重复导入时据此辨认" },
	{ "employer", JY_TEXT, 2, 100, JY_REQUIRED, .label = "单位名称" },
	{ "credit_code", JY_CREDIT_CODE, .label = "统一社会信用代码" },
	{ "title", JY_TEXT, 2, 80, JY_REQUIRED, .label = "岗位名称" },
	{ "headcount", JY_INT, 1, 9999, JY_REQUIRED, .label = "招聘人数" },
	{ "category", JY_CHOICE, .label = "岗位类别", .choices = jobs_categories },
	{ "type", JY_CHOICE, .label = "用工形式", .choices = jobs_types },
	{ "region", JY_CHOICE, .label = "工作地点", .reference = "regions" },
	{ "education", JY_TEXT, 0, 30, .label = "学历要求", .example = "本科及以上" },
	{ "majors", JY_LONG, 0, 4000, .label = "专业要求" },
	{ "pay", JY_TEXT, 0, 60, .label = "薪酬", .example = "5000-8000元/月" },
	{ "skills", JY_TEXT, 0, 200, .label = "技能要求" },
	{ "description", JY_LONG, 0, 4000, .label = "岗位说明" },
	{ "conditions", JY_LONG, 0, 1000, .label = "其他条件" },
	{ "remark", JY_LONG, 0, 1000, .label = "备注" },
	{ "contact", JY_TEXT, 0, 60, .label = "联系方式" },
	{ "expires", JY_DATE, .label = "有效期至" },
	{ 0 },
};

/* "本科及以上", "仅限硕士研究生", "大专或本科": the least and the most that is asked. */
static void
read_education(const char *text, int *least, int *most)
{
	static const struct {
		const char *word;
		int rank;
	} words[] = { { "专科", 1 }, { "大专", 1 },   { "高职", 1 }, { "本科", 2 },
		      { "硕士", 3 }, { "研究生", 3 }, { "博士", 4 } };
	size_t i;

	*least = 0;
	*most = 0;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!strstr(text, words[i].word) || (words[i].rank == 3 && strstr(text, "博士")))
			continue;
		if (!*least || words[i].rank < *least)
			*least = words[i].rank;
		if (words[i].rank > *most)
			*most = words[i].rank;
	}
	if (strstr(text, "以上") || !*most)
		*most = 4;
}

static const char *
guess_category(const char *employer)
{
	static const char *const offices[] = {
		"中共",   "委员会", "人民政府", "法院",   "检察院", "公安局", "税务局", "办公室",
		"管理局", "局（",   "学校",     "医院",   "中心",   "总队",   "支队",   "大队",
		"办事处", "办公厅", "监狱",     "戒毒",   "工会",   "党校",   "研究室", "（参公）",
		"联合会", "民主党", "管理所",   "司法所", "管教所", "看守所", "派出所", "管委会",
		"管理区", "人大常", "政协",     NULL
	};
	size_t i, n = strlen(employer);

	for (i = 0; offices[i]; i++)
		if (strstr(employer, offices[i]))
			return "public";
	return n > 3 && (strcmp(employer + n - 3, "局") == 0 || strcmp(employer + n - 3, "厅") == 0)
		   ? "public"
		   : "general";
}

static enum jy_status
place_of(struct jy_ctx *cx, json_t *values, const char **region)
{
	enum jy_status s;

	*region = jy_json_text(values, "region");
	if (**region)
		return JY_OK;
	s = jobs_place_read(cx, jy_json_text(values, "employer"), region);
	if (s == JY_NOT_FOUND) /* a provincial office: its seat is the capital */
		*region = jy_printf(cx, "%s0100", jy_setting_text(cx, "site.province"));
	return s == JY_NOT_FOUND ? JY_OK : s;
}

static enum jy_status
employer_of(struct jy_ctx *cx, json_t *values, const char *region, int64_t *id)
{
	const char *code = jy_json_text(values, "credit_code"),
		   *name = jy_json_text(values, "employer");
	struct jy_val bound = *code ? jy_text(code) : jy_null();
	json_t *row;
	enum jy_status s = *code ? jy_row(cx, &row, SQL_BY_CODE, bound)
				 : jy_row(cx, &row, SQL_BY_NAME, jy_text(name));

	if (s == JY_OK)
		*id = jy_json_int(row, "id");
	if (s != JY_NOT_FOUND)
		return s;
	s = jy_exec(cx, SQL_ADD_EMPLOYER, jy_text(name), bound, jy_text(jy_unit_of(cx, region)),
		    jy_text(region));
	*id = jy_last_id(cx);
	return s;
}

static const char *
description_of(struct jy_ctx *cx, json_t *values)
{
	static const char *const parts[][2] = { { "description", "" },
						{ "conditions", "其他条件：" },
						{ "remark", "备注：" } };
	const char *text = "";
	size_t i;

	for (i = 0; i < 3; i++) {
		const char *part = jy_json_text(values, parts[i][0]);

		if (*part && strcmp(part, "无") != 0 && strcmp(part, "无要求") != 0)
			text =
			    jy_printf(cx, "%s%s%s%s", text, *text ? "\n" : "", parts[i][1], part);
	}
	return *text ? text : "详见招聘公告。";
}

static enum jy_status
add(struct jy_ctx *cx, json_t *values, const char *region, int64_t employer)
{
	struct jobs_pay pay = { .negotiable = true, .months = 12 };
	const char *paid = jy_json_text(values, "pay"),
		   *category = jy_json_text(values, "category");
	const char *type = jy_json_text(values, "type"), *expires = jy_json_text(values, "expires");
	bool understood = *paid && jobs_pay_read(paid, &pay) && !pay.negotiable;
	int least, most;
	int64_t id;
	enum jy_status s;

	read_education(jy_json_text(values, "education"), &least, &most);
	s = jy_exec(
	    cx, SQL_ADD, jy_int(employer), jy_text(jy_json_text(values, "title")),
	    jy_text(*category ? category : guess_category(jy_json_text(values, "employer"))),
	    jy_text(*type ? type : "full"), jy_text(region), jy_text(jy_unit_of(cx, region)),
	    jy_int(jy_json_int(values, "headcount")), jy_int(least), jy_int(most),
	    jy_text(jy_json_text(values, "majors")),
	    understood && pay.low ? jy_int(pay.low) : jy_null(),
	    understood && pay.high ? jy_int(pay.high) : jy_null(), jy_int(pay.months),
	    jy_text(paid), jy_text(jy_json_text(values, "skills")),
	    jy_text(description_of(cx, values)), jy_text(jy_json_text(values, "contact")),
	    *expires ? jy_text(expires) : jy_null(), jy_text(jy_json_text(values, "ref")),
	    jy_int(jy_user(cx)->account));
	if (s != JY_OK)
		return s;
	id = jy_last_id(cx);
	s = jobs_majors_store(cx, id, jy_json_text(values, "majors"));
	return s == JY_OK ? jy_flow_begin(cx, &jobs_vacancy_flow, id, "文件导入") : s;
}

static enum jy_status
row(struct jy_ctx *cx, json_t *values)
{
	const char *region = "";
	json_t *known;
	int64_t employer = 0;
	enum jy_status s = jy_row(cx, &known, SQL_KNOWN, jy_text(jy_json_text(values, "ref")));

	if (s == JY_OK)
		return JY_CONFLICT; /* already here; changes go through its own page */
	if (s != JY_NOT_FOUND)
		return s;
	s = place_of(cx, values, &region);
	if (s == JY_OK && jy_user(cx)->role == JY_CITY &&
	    strcmp(jy_unit_of(cx, region), jy_user(cx)->unit) != 0) {
		jy_field_error(cx, "region", "工作地点不在本市州，请由所在市州导入。");
		return JY_INVALID;
	}
	if (s == JY_OK)
		s = employer_of(cx, values, region, &employer);
	return s == JY_OK ? add(cx, values, region, employer) : s;
}

const struct jy_transfer jobs_vacancies_import = {
	.name = "jobs.vacancies",
	.title = "导入岗位",
	.roles = JY_CITY | JY_PROVINCE,
	.fields = fields,
	.row = row,
};
