/*
 * meters.c - how far the service has come: who is on the roster, who stated a need, what was
 * answered, for each unit (the province) or university (a city, a university).
 *
 * Three grouped queries and one pass over their rows; every number leads to the list behind it.
 */
#include "work/orders.h"

#include <string.h>

#define PEOPLE(column, name)                                                                       \
	"SELECT " column " AS code, " name " AS name, COUNT(*) AS people FROM people p"            \
	" LEFT JOIN units t ON t.code = p.unit LEFT JOIN universities u ON u.code = p.university"  \
	" WHERE p.cohort = ? AND {scope unit=p.unit university=p.university}"                      \
	" GROUP BY 1, 2 ORDER BY people DESC, code LIMIT 500"
#define NEEDS(column)                                                                              \
	"SELECT " column " AS code, n.kind, COUNT(*) AS needs FROM needs n"                        \
	" WHERE n.campaign = ? AND n.state <> 'withdrawn'"                                         \
	" AND {scope unit=n.unit university=n.university} GROUP BY 1, 2"
#define STATED(column)                                                                             \
	"SELECT " column " AS code, COUNT(DISTINCT n.person) AS stated FROM needs n"               \
	" WHERE n.campaign = ? AND n.state <> 'withdrawn'"                                         \
	" AND {scope unit=n.unit university=n.university} GROUP BY 1"
#define ORDERS(column)                                                                             \
	"SELECT " column " AS code, n.kind,"                                                       \
	" SUM(o.state IN ('open', 'accepted', 'returned')) AS open,"                               \
	" SUM(o.due < NOW() AND o.state IN ('open', 'accepted', 'returned')) AS overdue,"          \
	" SUM(o.state = 'answered') AS answered, SUM(o.state = 'confirmed') AS confirmed"          \
	" FROM orders o JOIN needs n ON n.id = o.need WHERE n.campaign = ?"                        \
	" AND o.state <> 'cancelled' AND {scope unit=o.unit university=o.university} GROUP BY 1, " \
	"2"

struct grouping {
	const char *by, *people, *needs, *stated, *orders;
};
static const struct grouping groupings[] = {
	{ "unit", PEOPLE("p.unit", "t.name"), NEEDS("n.unit"), STATED("n.unit"), ORDERS("o.unit") },
	{ "university", PEOPLE("p.university", "u.name"), NEEDS("n.university"),
	  STATED("n.university"), ORDERS("o.university") },
};

static const struct jy_choice by_choices[] = {
	{ "unit", "按市州" },
	{ "university", "按学校" },
	{ 0 },
};
const struct jy_field meter_params[] = {
	{ "by", JY_CHOICE, .label = "分组", .choices = by_choices },
	{ 0 },
};

static const char *const numbers[] = { "needs", "open", "overdue", "answered", "confirmed" };

/* The row of one kind in the group of a code; NULL: nobody of the group is on the roster. */
static json_t *
cell_of(const json_t *groups, const char *code, const char *kind)
{
	json_t *cells = json_object_get(json_object_get(groups, code), "kinds"), *cell;
	size_t i;

	json_array_foreach(cells, i, cell)
	{
		if (strcmp(jy_json_text(cell, "kind"), kind) == 0)
			return cell;
	}
	return NULL;
}

static void
cells_fill(const json_t *groups, const json_t *rows)
{
	json_t *row, *cell;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		for (int total = 0; total < 2; total++) {
			cell = cell_of(groups, total ? "" : jy_json_text(row, "code"),
				       jy_json_text(row, "kind"));
			for (size_t k = 0; cell && k < sizeof(numbers) / sizeof(*numbers); k++)
				json_object_set_new(cell, numbers[k],
						    json_integer(jy_json_int(cell, numbers[k]) +
								 jy_json_int(row, numbers[k])));
		}
	}
}

static json_t *
group_new(const char *by, const char *code, const char *name, int64_t people)
{
	json_t *cells = json_array();
	const char *amp = *code ? "&" : "", *eq = *code ? "=" : "";

	for (const struct jy_choice *kind = order_kinds; kind->value; kind++)
		json_array_append_new(
		    cells, json_pack("{s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:o}", "kind",
				     kind->value, "label", kind->label, "needs", 0, "open", 0,
				     "overdue", 0, "answered", 0, "confirmed", 0, "link",
				     json_sprintf("/work/orders?kind=%s%s%s%s%s", kind->value, amp,
						  *code ? by : "", eq, code)));
	return json_pack("{s:s, s:s, s:I, s:i, s:i, s:o}", "code", code, "name", name, "people",
			 (json_int_t)people, "stated", 0, "percent", 0, "kinds", cells);
}

static void
stated_add(json_t *group, int64_t stated)
{
	int64_t all = jy_json_int(group, "stated") + stated, people = jy_json_int(group, "people");

	if (!group)
		return;
	json_object_set_new(group, "stated", json_integer(all));
	json_object_set_new(group, "percent", json_integer(people ? all * 100 / people : 0));
}

/* The groups by code, and "" = all together. */
static json_t *
groups_new(struct jy_ctx *cx, const char *by, const json_t *people, json_t *order)
{
	json_t *groups = jy_own(cx, json_object()), *row;
	int64_t all = 0;
	size_t i;

	json_array_foreach(people, i, row)
	{
		const char *code = jy_json_text(row, "code"), *name = jy_json_text(row, "name");
		json_t *group =
		    group_new(by, code, *name ? name : code, jy_json_int(row, "people"));

		all += jy_json_int(row, "people");
		json_object_set_new(groups, code, group);
		json_array_append(order, group);
	}
	json_object_set_new(groups, "", group_new(by, "", "合计", all));
	return groups;
}

static enum jy_status
meters_read(struct jy_ctx *cx, const struct grouping *g, const json_t *campaign, json_t *list,
	    json_t **total)
{
	struct jy_val id = jy_int(jy_json_int(campaign, "id"));
	json_t *people, *needs, *stated, *orders, *groups, *row;
	size_t i;
	enum jy_status s = jy_rows(cx, &people, g->people, jy_int(jy_json_int(campaign, "cohort")));

	if (s == JY_OK)
		s = jy_rows(cx, &needs, g->needs, id);
	if (s == JY_OK)
		s = jy_rows(cx, &stated, g->stated, id);
	if (s == JY_OK)
		s = jy_rows(cx, &orders, g->orders, id);
	if (s != JY_OK)
		return s;
	groups = groups_new(cx, g->by, people, list);
	cells_fill(groups, needs);
	cells_fill(groups, orders);
	json_array_foreach(stated, i, row)
	{
		stated_add(json_object_get(groups, jy_json_text(row, "code")),
			   jy_json_int(row, "stated"));
		stated_add(json_object_get(groups, ""), jy_json_int(row, "stated"));
	}
	*total = json_object_get(groups, "");
	return JY_OK;
}

/* GET /work/meters */
enum jy_status
meters_get(struct jy_ctx *cx, struct jy_view *out)
{
	const char *by = jy_param_text(cx, "by");
	bool units = by ? strcmp(by, "unit") == 0 : jy_user(cx)->role == JY_PROVINCE;
	json_t *campaign, *list = jy_own(cx, json_array()), *total;
	enum jy_status s = jy_campaign(cx, &campaign);

	if (s == JY_NOT_FOUND)
		return jy_refuse(out, JY_NOT_FOUND, "work.no_campaign",
				 "还没有正在进行的服务活动，请管理员在“服务活动”里设置。");
	if (s == JY_OK)
		s = meters_read(cx, &groupings[units ? 0 : 1], campaign, list, &total);
	if (s != JY_OK)
		return s;
	return jy_show(out, "core/work_meters",
		       json_pack("{s:s, s:O, s:O, s:O, s:b, s:b}", "title", "服务进度", "campaign",
				 campaign, "groups", list, "total", total, "by_unit", units, "any",
				 json_array_size(list) > 0));
}
