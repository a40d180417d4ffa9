/*
 * ledger.c - what the offices see: the ledger of needs (plan 1③), the roster with who has not been
 * asked yet, and the progress by university (plan 1②).
 */
#include "needs.h"

#define FROM_NEEDS                                                                                 \
	"needs n JOIN people p ON p.id = n.person LEFT JOIN universities u ON u.code = "           \
	"n.university LEFT JOIN majors m ON m.code = p.major"
#define SQL_COVERAGE                                                                               \
	"SELECT u.code, u.name, r.name unit_name, COUNT(*) people, SUM(x.n IS NOT NULL) stated, "  \
	"SUM(p.contact_state = 'unreachable') unreachable FROM people p "                          \
	"JOIN universities u ON u.code = p.university LEFT JOIN units r ON r.code = p.unit "       \
	"LEFT JOIN (SELECT person, COUNT(*) n FROM needs WHERE campaign = ? "                      \
	"AND state <> 'withdrawn' GROUP BY person) x ON x.person = p.id "                          \
	"WHERE p.cohort = ? AND {scope unit=p.unit university=p.university} "                      \
	"GROUP BY u.code, u.name, r.name ORDER BY AVG(x.n IS NOT NULL), people DESC"
#define SQL_TILE                                                                                   \
	"SELECT COUNT(*) people, COALESCE(SUM(EXISTS(SELECT 1 FROM needs n WHERE n.person = p.id " \
	"AND n.campaign = ? AND n.state <> 'withdrawn')), 0) stated FROM people p "                \
	"WHERE p.cohort = ? AND {scope unit=p.unit university=p.university}"

static const struct jy_choice states[] = {
	{ "open", "待服务" },
	{ "served", "已服务" },
	{ "withdrawn", "已撤回" },
	{ 0 },
};
static const struct jy_choice sources[] = {
	{ "self", "本人" },
	{ "staff", "代填" },
	{ "import", "导入" },
	{ 0 },
};
static const struct jy_choice asked[] = { { "1", "已登记" }, { "0", "未登记" }, { 0 } };

static const struct jy_column ledger_columns[] = {
	{ "id", "编号", "n.id", JY_INT, JY_DATA },
	{ "person_name", "姓名", "p.name", JY_TEXT, JY_PERSONAL },
	{ "kind", "需求", "n.kind", JY_CHOICE, .labels = needs_kinds },
	{ "university_name", "学校", "u.name", JY_TEXT },
	{ "major_name", "专业", "m.name", JY_TEXT },
	{ "unit", "市州", "n.unit", JY_CHOICE, JY_OPTIONAL, .reference = "units" },
	{ "state", "状态", "n.state", JY_CHOICE, .labels = states },
	{ "source", "来源", "n.source", JY_CHOICE, JY_OPTIONAL, .labels = sources },
	{ "changed", "更新时间", "n.changed", JY_DATETIME, JY_SORT },
	{ "ver", "版本", "n.ver", JY_INT, JY_DATA },
	{ 0 },
};
static const struct jy_filter ledger_filters[] = {
	{ { "kind", JY_CHOICE, .label = "需求", .choices = needs_kinds }, "n.kind = ?" },
	{ { "state", JY_CHOICE, .label = "状态", .choices = states }, "n.state = ?" },
	{ { "university", JY_CHOICE, .label = "学校", .reference = "universities" },
	  "n.university = ?" },
	{ { "unit", JY_CHOICE, .label = "市州", .reference = "units" }, "n.unit = ?" },
	{ { 0 } },
};
const struct jy_list needs_ledger = {
	.name = "needs.ledger",
	.title = "需求台账",
	.from = FROM_NEEDS,
	.where = "n.campaign = ? AND {scope unit=n.unit university=n.university}",
	.key = "n.id",
	.columns = ledger_columns,
	.filters = ledger_filters,
	.sort = "-changed",
	.link = "/needs/:id",
	.empty = "还没有登记的需求。可以先在“毕业生名册”里代为登记，或请学校通知毕业生填写。",
	.flow = &needs_flow,
};

static const struct jy_column people_columns[] = {
	{ "id", "编号", "p.id", JY_INT, JY_DATA },
	{ "name", "姓名", "p.name", JY_TEXT, JY_PERSONAL },
	{ "student_no", "学号", "p.student_no", JY_TEXT, JY_SORT },
	{ "university_name", "学校", "u.name", JY_TEXT },
	{ "major_name", "专业", "m.name", JY_TEXT },
	{ "unit", "市州", "p.unit", JY_CHOICE, JY_OPTIONAL, .reference = "units" },
	{ "needs", "已登记需求",
	  "(SELECT COUNT(*) FROM needs n WHERE n.person = p.id AND "
	  "n.state <> 'withdrawn')",
	  JY_INT },
	{ 0 },
};
static const struct jy_filter people_filters[] = {
	{ { "name", JY_TEXT, 1, 20, .label = "姓名" }, "p.name = ?" },
	{ { "asked", JY_CHOICE, .label = "需求登记", .choices = asked },
	  "EXISTS(SELECT 1 FROM needs n WHERE n.person = p.id AND n.state <> 'withdrawn') = ?" },
	{ { "university", JY_CHOICE, .label = "学校", .reference = "universities" },
	  "p.university = ?" },
	{ { "major", JY_CHOICE, .label = "专业", .reference = "majors" }, "p.major = ?" },
	{ { 0 } },
};
const struct jy_list needs_people = {
	.name = "needs.people",
	.title = "毕业生名册",
	.from = "people p LEFT JOIN universities u ON u.code = p.university "
		"LEFT JOIN majors m ON m.code = p.major",
	.where = "p.cohort = ? AND {scope unit=p.unit university=p.university}",
	.key = "p.id",
	.columns = people_columns,
	.filters = people_filters,
	.sort = "student_no",
	.link = "/needs/for/:id",
	.empty = "名册里还没有符合条件的毕业生。",
	.create = "/needs/import/roster",
	.create_label = "导入名册",
};

/* GET /needs/ledger */
enum jy_status
needs_ledger_page(struct jy_ctx *cx, struct jy_view *out)
{
	json_t *campaign;
	enum jy_status s = jy_campaign(cx, &campaign);

	if (s != JY_OK)
		return s;
	return jy_list_page(cx, out, &needs_ledger, JY_VALS(jy_int(jy_json_int(campaign, "id"))),
			    NULL);
}

/* GET /needs/people */
enum jy_status
needs_people_page(struct jy_ctx *cx, struct jy_view *out)
{
	json_t *campaign;
	enum jy_status s = jy_campaign(cx, &campaign);

	if (s != JY_OK)
		return s;
	return jy_list_page(cx, out, &needs_people,
			    JY_VALS(jy_int(jy_json_int(campaign, "cohort"))), NULL);
}

static void
add_share(json_t *row)
{
	int64_t people = jy_json_int(row, "people"), stated = jy_json_int(row, "stated");

	json_object_set_new(row, "share", json_integer(people ? stated * 100 / people : 0));
	json_object_set_new(row, "missing", json_integer(people - stated));
}

/* GET /needs/coverage - how far the survey has come, worst first. */
enum jy_status
needs_coverage_page(struct jy_ctx *cx, struct jy_view *out)
{
	json_t *campaign, *rows, *row, *total;
	int64_t people = 0, stated = 0;
	enum jy_status s = jy_campaign(cx, &campaign);
	size_t i;

	if (s == JY_OK)
		s = jy_rows(cx, &rows, SQL_COVERAGE, jy_int(jy_json_int(campaign, "id")),
			    jy_int(jy_json_int(campaign, "cohort")));
	if (s != JY_OK)
		return s;
	json_array_foreach(rows, i, row)
	{
		add_share(row);
		people += jy_json_int(row, "people");
		stated += jy_json_int(row, "stated");
	}
	total = json_pack("{s:I, s:I}", "people", (json_int_t)people, "stated", (json_int_t)stated);
	add_share(total);
	return jy_show(out, "needs/coverage",
		       json_pack("{s:s, s:O, s:b, s:o, s:O}", "title", "摸底进度", "rows", rows,
				 "any", json_array_size(rows) > 0, "total", total, "campaign",
				 campaign));
}

enum jy_status
needs_tile_coverage(struct jy_ctx *cx, json_t *model)
{
	json_t *campaign, *row;
	enum jy_status s = jy_campaign(cx, &campaign);

	if (s == JY_OK)
		s = jy_row(cx, &row, SQL_TILE, jy_int(jy_json_int(campaign, "id")),
			   jy_int(jy_json_int(campaign, "cohort")));
	if (s != JY_OK)
		return s;
	add_share(row);
	json_object_update(model, row);
	json_object_set_new(model, "value",
			    json_string(jy_printf(cx, "%" PRId64 "%%", jy_json_int(row, "share"))));
	json_object_set_new(
	    model, "text",
	    json_string(jy_printf(cx, "%" PRId64 " / %" PRId64 " 人", jy_json_int(row, "stated"),
				  jy_json_int(row, "people"))));
	json_object_set_new(model, "link", json_string("/needs/coverage"));
	return JY_OK;
}
