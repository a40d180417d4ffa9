/*
 * ledger.c - a well-behaved plugin for the fault tests: every accepted POST leaves exactly one row, so
 * that lost and doubled writes can be counted from outside.
 */
#include <jiye/plugin.h>

#define SQL_ADD   "INSERT INTO ledger_rows (mark) VALUES (?)"
#define SQL_COUNT "SELECT COUNT(*) n FROM ledger_rows"

/* GET /ledger */
static enum jy_status
count(struct jy_ctx *cx, struct jy_view *out)
{
	json_t *row;
	enum jy_status s = jy_row(cx, &row, SQL_COUNT);

	if (s != JY_OK)
		return s;
	return jy_show(out, "ledger/count",
		       json_pack("{s:s, s:I}", "title", "记账", "n", (json_int_t)jy_json_int(row, "n")));
}

/* POST /ledger */
static enum jy_status
add(struct jy_ctx *cx, struct jy_view *out)
{
	enum jy_status s = jy_exec(cx, SQL_ADD, jy_text(jy_param_text(cx, "mark")));

	return s == JY_OK ? jy_redirect(out, "/ledger") : s;
}

static const struct jy_field fields[] = {
	{ "mark", JY_CODE, 1, 60, JY_REQUIRED, .label = "记号" },
	{ 0 },
};
static const struct jy_form form = { .name = "ledger.add",
				     .title = "记一笔",
				     .fields = fields,
				     .submit = "记" };
static const struct jy_route routes[] = {
	{ JY_GET, "/ledger", JY_ANYONE, NULL, count },
	{ JY_POST, "/ledger", JY_SIGNED, NULL, add, &form },
	{ 0 },
};

JY_PLUGIN(.name = "ledger", .version = "1.0.0", .title = "记账（测试）", .summary = "故障测试用。",
	  .schema = 1, .routes = routes)
