/*
 * pages.c - how vacancies are found and read: the public list, an employer's own, the offices'
 * ledger, and the page of one vacancy with schema.org JobPosting as microdata.
 */
#include "jobs.h"

#include <string.h>

#define OPEN "v.state = 'published' AND v.expires >= CURDATE()"
#define SQL_DETAIL                                                                                 \
	"SELECT v.*, o.name employer, o.about employer_about, o.website, r.full_name "             \
	"region_name, "                                                                            \
	"oc.name occupation_name, v.expires < CURDATE() expired FROM jobs_vacancies v "            \
	"JOIN organisations o ON o.id = v.employer_id LEFT JOIN regions r ON r.code = v.region "   \
	"LEFT JOIN occupations oc ON oc.code = v.occupation WHERE v.id = ?"
#define SQL_PUBLIC   SQL_DETAIL " AND v.state = 'published'"
#define SQL_INTERNAL SQL_DETAIL " AND {scope unit=v.unit employer=v.employer_id}"
#define SQL_OPEN_COUNT                                                                             \
	"SELECT COUNT(*) vacancies, COALESCE(SUM(v.headcount), 0) places FROM jobs_vacancies v "   \
	"WHERE " OPEN

static char *
bind_like(struct jy_ctx *cx, const char *typed)
{
	char *pattern = jy_alloc(cx, strlen(typed) * 2 + 3), *to = pattern;

	*to++ = '%';
	for (; *typed; typed++) {
		if (strchr("%_\\", *typed))
			*to++ = '\\';
		*to++ = *typed;
	}
	*to = '%';
	return pattern;
}

#define COLUMN_ID                                                                                  \
	{                                                                                          \
		"id", "编号", "v.id", JY_INT, JY_DATA                                              \
	}
#define COLUMN_TITLE                                                                               \
	{                                                                                          \
		"title", "岗位", "v.title", JY_TEXT                                                \
	}
#define COLUMN_EMPLOYER                                                                            \
	{                                                                                          \
		"employer", "单位", "o.name", JY_TEXT                                              \
	}
#define COLUMN_REGION                                                                              \
	{                                                                                          \
		"region", "地点", "v.region", JY_CHOICE, .reference = "regions"                    \
	}
#define COLUMN_HEAD                                                                                \
	{                                                                                          \
		"headcount", "人数", "v.headcount", JY_INT                                         \
	}
#define COLUMN_EDUCATION                                                                           \
	{                                                                                          \
		"education", "学历", "v.education", JY_CHOICE, .labels = jobs_educations           \
	}
#define COLUMN_STATE                                                                               \
	{                                                                                          \
		"state", "状态", "v.state", JY_CHOICE, .labels = jobs_states                       \
	}
/* One column to read; the two numbers can be chosen beside it. */
#define PAY_SHORT                                                                                   \
	"IF(v.pay_text <> '', v.pay_text, IF(COALESCE(v.pay_max, 0) = 0, '面议', CONCAT_WS('-', " \
	"NULLIF(v.pay_min DIV 100, 0), IF(v.pay_max = v.pay_min, NULL, v.pay_max DIV 100))))"
#define FROM "jobs_vacancies v JOIN organisations o ON o.id = v.employer_id"

static const struct jy_column public_columns[] = {
	COLUMN_ID,
	COLUMN_TITLE,
	COLUMN_EMPLOYER,
	COLUMN_REGION,
	{ "pay", "月薪（元）", PAY_SHORT, JY_TEXT },
	{ "pay_min", "月薪从", "v.pay_min", JY_MONEY, JY_OPTIONAL },
	{ "pay_max", "月薪到", "v.pay_max", JY_MONEY, JY_OPTIONAL },
	COLUMN_EDUCATION,
	COLUMN_HEAD,
	{ "category", "类别", "v.category", JY_CHOICE, JY_OPTIONAL, .labels = jobs_categories },
	{ "published", "发布时间", "v.published_at", JY_DATETIME, JY_SORT },
	{ 0 },
};
static const struct jy_filter public_filters[] = {
	{ { "q", JY_TEXT, 1, 20, .label = "岗位名称", .example = "会计" },
	  "v.title LIKE ?",
	  bind_like },
	{ { "unit", JY_CHOICE, .label = "市州", .reference = "units" }, "v.unit = ?" },
	{ { "education", JY_CHOICE, .label = "我的学历", .choices = jobs_educations },
	  "v.education <= ?" },
	{ { "category", JY_CHOICE, .label = "类别", .choices = jobs_categories },
	  "v.category = ?" },
	{ { "type", JY_CHOICE, .label = "用工形式", .choices = jobs_types }, "v.type = ?" },
	{ { 0 } },
};
const struct jy_list jobs_public_list = {
	.name = "jobs.public",
	.title = "找岗位",
	.from = FROM,
	.where = OPEN,
	.key = "v.id",
	.columns = public_columns,
	.filters = public_filters,
	.sort = "-published",
	.link = "/jobs/:id",
	.empty = "没有符合条件的岗位。可以放宽条件，或登记需求，有合适的岗位会推送给您。",
};

static const struct jy_column own_columns[] = {
	COLUMN_ID,
	COLUMN_TITLE,
	COLUMN_STATE,
	COLUMN_REGION,
	COLUMN_HEAD,
	{ "expires", "有效期至", "v.expires", JY_DATE },
	{ "changed", "更新时间", "v.changed", JY_DATETIME, JY_SORT },
	{ 0 },
};
static const struct jy_filter own_filters[] = {
	{ { "state", JY_CHOICE, .label = "状态", .choices = jobs_states }, "v.state = ?" },
	{ { 0 } },
};
const struct jy_list jobs_own_list = {
	.name = "jobs.own",
	.title = "我的岗位",
	.from = FROM,
	.where = "{scope employer=v.employer_id}",
	.key = "v.id",
	.columns = own_columns,
	.filters = own_filters,
	.sort = "-changed",
	.link = "/jobs/:id",
	.empty = "还没有发布过岗位。",
	.create = "/jobs/new",
	.create_label = "发布岗位",
};

static const struct jy_choice sources[] = {
	{ "self", "单位自助" },
	{ "window", "窗口" },
	{ "phone", "电话" },
	{ "visit", "走访" },
	{ "import", "文件导入" },
	{ "feed", "数据接口" },
	{ 0 },
};
static const struct jy_column staff_columns[] = {
	COLUMN_ID,
	COLUMN_TITLE,
	COLUMN_EMPLOYER,
	COLUMN_STATE,
	COLUMN_REGION,
	COLUMN_HEAD,
	COLUMN_EDUCATION,
	{ "source", "来源", "v.source", JY_CHOICE, .labels = sources },
	{ "collected", "采集时间", "v.collected_at", JY_DATETIME, JY_SORT | JY_OPTIONAL },
	{ "changed", "更新时间", "v.changed", JY_DATETIME, JY_SORT },
	{ "ver", "版本", "v.ver", JY_INT, JY_DATA },
	{ 0 },
};
static const struct jy_filter staff_filters[] = {
	{ { "q", JY_TEXT, 1, 20, .label = "岗位名称" }, "v.title LIKE ?", bind_like },
	{ { "employer", JY_TEXT, 1, 40, .label = "单位" }, "o.name LIKE ?", bind_like },
	{ { "state", JY_CHOICE, .label = "状态", .choices = jobs_states }, "v.state = ?" },
	{ { "source", JY_CHOICE, .label = "来源", .choices = sources }, "v.source = ?" },
	{ { "category", JY_CHOICE, .label = "类别", .choices = jobs_categories },
	  "v.category = ?" },
	{ { 0 } },
};
const struct jy_list jobs_staff_list = {
	.name = "jobs.staff",
	.title = "岗位台账",
	.from = FROM,
	.where = "{scope unit=v.unit}",
	.key = "v.id",
	.columns = staff_columns,
	.filters = staff_filters,
	.sort = "-changed",
	.link = "/jobs/:id",
	.empty = "还没有岗位。可以导入文件，或请单位自助发布。",
	.create = "/jobs/import/vacancies",
	.create_label = "导入岗位",
	.flow = &jobs_vacancy_flow,
};

/* GET /jobs */
enum jy_status
jobs_public_page(struct jy_ctx *cx, struct jy_view *out)
{
	return jy_list_page(cx, out, &jobs_public_list, JY_VALS(), NULL);
}

/* GET /jobs/mine */
enum jy_status
jobs_own_page(struct jy_ctx *cx, struct jy_view *out)
{
	return jy_list_page(cx, out, &jobs_own_list, JY_VALS(), NULL);
}

/* GET /jobs/all */
enum jy_status
jobs_staff_page(struct jy_ctx *cx, struct jy_view *out)
{
	return jy_list_page(cx, out, &jobs_staff_list, JY_VALS(), NULL);
}

/* Labels and ready texts beside the row's own columns. */
static void
add_texts(struct jy_ctx *cx, json_t *row)
{
	static const char *const dates[] = { "published_at", "expires", NULL };
	const char *education = jy_printf(cx, "%" PRId64, jy_json_int(row, "education"));
	size_t i;

	json_object_set_new(row, "pay", json_string(jobs_pay_text(cx, row)));
	json_object_set_new(row, "pay_given", json_boolean(jy_json_int(row, "pay_max") > 0));
	json_object_set_new(row, "pay_min_yuan", json_integer(jy_json_int(row, "pay_min") / 100));
	json_object_set_new(row, "pay_max_yuan", json_integer(jy_json_int(row, "pay_max") / 100));
	json_object_set_new(row, "education_label",
			    json_string(jobs_label(jobs_educations, education)));
	json_object_set_new(
	    row, "category_label",
	    json_string(jobs_label(jobs_categories, jy_json_text(row, "category"))));
	json_object_set_new(row, "type_label",
			    json_string(jobs_label(jobs_types, jy_json_text(row, "type"))));
	json_object_set_new(
	    row, "majors_text",
	    json_string(*jy_json_text(row, "majors") ? jy_json_text(row, "majors") : "不限专业"));
	for (i = 0; dates[i]; i++)
		json_object_set_new(
		    row, jy_printf(cx, "%s_day", dates[i]),
		    json_string(jy_printf(cx, "%.10s", jy_json_text(row, dates[i]))));
}

static enum jy_status
find(struct jy_ctx *cx, int64_t id, json_t **row, bool *internal)
{
	enum jy_role role = jy_user(cx)->role;
	enum jy_status s;

	*internal = false;
	if (role & (JY_EMPLOYER | JY_CITY | JY_PROVINCE)) {
		s = jy_row(cx, row, SQL_INTERNAL, jy_int(id));
		*internal = s == JY_OK;
		if (s != JY_NOT_FOUND)
			return s;
	}
	return jy_row(cx, row, SQL_PUBLIC, jy_int(id));
}

/* GET /jobs/:id - for everybody while it is published; for its employer and offices always. */
enum jy_status
jobs_detail_page(struct jy_ctx *cx, struct jy_view *out)
{
	int64_t id = jy_param_int(cx, "id");
	json_t *row, *model;
	bool internal;
	enum jy_status s = find(cx, id, &row, &internal);

	if (s == JY_NOT_FOUND)
		return jy_refuse(out, s, "jobs.not_found",
				 "没有这个岗位，或者它已经关闭。可以回到“找岗位”看看其他岗位。");
	if (s != JY_OK)
		return s;
	add_texts(cx, row);
	model = json_pack("{s:s, s:O, s:b, s:b, s:b}", "title", jy_json_text(row, "title"), "job", row,
			  "internal", internal, "published",
			  strcmp(jy_json_text(row, "state"), "published") == 0, "mine",
			  jy_user(cx)->role == JY_EMPLOYER && internal &&
			      strcmp(jy_json_text(row, "state"), "closed") != 0);
	s = jy_show(out, "jobs/detail", model);
	if (s == JY_OK && internal)
		s = jy_flow_model(cx, &jobs_vacancy_flow, id, model);
	return s == JY_OK && internal ? jobs_review_model(cx, row, model) : s;
}

enum jy_status
jobs_tile_open(struct jy_ctx *cx, json_t *model)
{
	json_t *row;
	enum jy_status s = jy_row(cx, &row, SQL_OPEN_COUNT);

	if (s != JY_OK)
		return s;
	json_object_set(model, "value", json_object_get(row, "vacancies"));
	json_object_set_new(
	    model, "text",
	    json_string(jy_printf(cx, "共招 %" PRId64 " 人", jy_json_int(row, "places"))));
	json_object_set_new(model, "link", json_string("/jobs"));
	return JY_OK;
}
