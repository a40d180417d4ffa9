/*
 * order_pages.c - the office's queue of orders, one order with its person, and the graduate's
 * timeline of everything that was asked and answered.
 *
 * A telephone number is shown masked; showing it whole is a POST of its own and is audited.
 */
#include "work/orders.h"

#include <string.h>

#include "plugin/plugins.h"

#define OVERDUE "(o.due < NOW() AND o.state IN ('open', 'accepted', 'returned'))"

static const char SQL_ORDER[] =
    "SELECT o.id, o.need, o.person, o.responder, o.title, o.unit, o.university, o.owner,"
    " LEFT(o.due, 16) AS due, o.state, o.proof, o.link, o.ver, " OVERDUE " AS overdue,"
    " n.kind, n.state AS need_state, LEFT(n.created, 16) AS asked, p.uid, p.name AS person_name,"
    " p.phone, p.student_no, p.major, p.education, p.cohort, u.name AS university_name,"
    " m.name AS major_name, t.name AS unit_name, a.display_name AS owner_name"
    " FROM orders o JOIN needs n ON n.id = o.need JOIN people p ON p.id = o.person"
    " LEFT JOIN universities u ON u.code = o.university LEFT JOIN majors m ON m.code = p.major"
    " LEFT JOIN units t ON t.code = o.unit LEFT JOIN accounts a ON a.id = o.owner"
    " WHERE o.id = ? AND {scope unit=o.unit university=o.university}";
static const char SQL_OWN[] =
    "SELECT o.id FROM orders o WHERE o.id = ? AND {scope person=o.person}";
/* Who may take an order over: officers of its unit, people of its university. */
static const char SQL_OWNERS[] =
    "SELECT DISTINCT a.id, a.display_name AS name FROM accounts a"
    " JOIN account_roles r ON r.account = a.id WHERE a.state = 'active'"
    " AND ((r.role = 16 AND r.unit = ?) OR (r.role = 8 AND r.university = ?))"
    " ORDER BY a.display_name LIMIT 200";
static const char SQL_OWNER[] =
    "UPDATE orders SET owner = ?, changed = NOW(3), ver = ver + 1 WHERE id = ? AND ver = ?";
static const char SQL_HISTORY[] =
    "INSERT INTO flow_history (flow, record, move, from_state, to_state, account, role, reason,"
    " note) VALUES ('work.order', ?, 'hand_over', ?, ?, ?, ?, '', ?)";
static const char SQL_NEEDS[] =
    "SELECT n.id, n.kind, n.state, LEFT(n.created, 16) AS created FROM needs n"
    " WHERE n.person = ? AND {scope person=n.person} ORDER BY n.id DESC LIMIT 100";
static const char SQL_ORDERS[] =
    "SELECT o.id, o.need, o.responder, o.title, LEFT(o.due, 16) AS due, o.state, o.proof, o.link,"
    " o.ver, LEFT(o.changed, 16) AS changed, " OVERDUE " AS overdue FROM orders o"
    " WHERE o.person = ? AND {scope person=o.person} ORDER BY o.id LIMIT 500";
static const char SQL_TILE[] =
    "SELECT COUNT(*) AS waiting, COALESCE(SUM(o.due < NOW()), 0) AS overdue FROM orders o"
    " WHERE o.state IN ('open', 'accepted', 'returned')"
    " AND {scope unit=o.unit university=o.university}";
static const char SQL_TILE_OWN[] =
    "SELECT COUNT(*) AS orders, COALESCE(SUM(o.state = 'answered'), 0) AS answered FROM orders o"
    " WHERE o.state <> 'cancelled' AND {scope person=o.person}";

static const struct jy_choice yes_no[] = { { "1", "是" }, { "0", "否" }, { 0 } };

static const struct jy_column columns[] = {
	{ "id", "编号", "o.id", JY_INT, JY_DATA },
	{ "title", "事项", "o.title", JY_TEXT },
	{ "person_name", "毕业生", "p.name", JY_TEXT, JY_PERSONAL },
	{ "kind", "需求", "n.kind", JY_CHOICE, .labels = order_kinds },
	{ "university", "学校", "o.university", JY_CHOICE, .reference = "universities" },
	{ "unit", "市州", "o.unit", JY_CHOICE, JY_OPTIONAL, .reference = "units" },
	{ "responder", "答复方", "o.responder", JY_TEXT, JY_OPTIONAL },
	{ "owner_name", "经办人", "COALESCE(a.display_name, '')", JY_TEXT },
	{ "due", "截止", "o.due", JY_DATETIME, JY_SORT },
	{ "overdue", "超期", "IF(" OVERDUE ", '超期', '')", JY_TEXT },
	{ "state", "状态", "o.state", JY_CHOICE, .labels = order_states },
	{ "changed", "更新时间", "o.changed", JY_DATETIME, JY_SORT | JY_OPTIONAL },
	{ "ver", "版本", "o.ver", JY_INT, JY_DATA },
	{ 0 },
};
static const struct jy_filter filters[] = {
	{ { "state", JY_CHOICE, .label = "状态", .choices = order_states }, "o.state = ?" },
	{ { "overdue", JY_CHOICE, .label = "是否超期", .choices = yes_no }, OVERDUE " = ?" },
	{ { "kind", JY_CHOICE, .label = "需求", .choices = order_kinds }, "n.kind = ?" },
	{ { "responder", JY_CODE, 1, 32, .label = "答复方", .hint = "插件名，如 jobs" },
	  "o.responder = ?" },
	{ { "university", JY_CHOICE, .label = "学校", .reference = "universities" },
	  "o.university = ?" },
	{ { "unit", JY_CHOICE, .label = "市州", .reference = "units" }, "o.unit = ?" },
	{ { 0 } },
};
const struct jy_list order_list = {
	.name = "work.orders",
	.title = "服务订单",
	.from = "orders o JOIN needs n ON n.id = o.need JOIN people p ON p.id = o.person"
		" LEFT JOIN accounts a ON a.id = o.owner",
	.where = "n.campaign = ? AND {scope unit=o.unit university=o.university}",
	.key = "o.id",
	.columns = columns,
	.filters = filters,
	.sort = "due",
	.link = "/work/orders/:id",
	.empty = "没有符合条件的订单。毕业生登记需求后，订单会自动出现在这里。",
	.flow = &order_flow,
};
const struct jy_field order_params[] = {
	{ "id", JY_INT, 1, INT64_MAX, .label = "订单" },
	{ 0 },
};

static const struct jy_field owner_fields[] = {
	{ "owner", JY_INT, 1, INT64_MAX, JY_REQUIRED, "新的经办人" },
	{ "note", JY_TEXT, 0, 200, .label = "说明" },
	{ "ver", JY_INT, 1, INT32_MAX, JY_REQUIRED | JY_HIDDEN, "版本" },
	{ 0 },
};
const struct jy_form order_owner_form = {
	.name = "work.order_owner",
	.title = "转交经办人",
	.fields = owner_fields,
	.submit = "转交",
};

/* GET /work/orders */
enum jy_status
orders_get(struct jy_ctx *cx, struct jy_view *out)
{
	json_t *campaign;
	enum jy_status s = jy_campaign(cx, &campaign);

	if (s == JY_NOT_FOUND)
		return jy_refuse(out, JY_NOT_FOUND, "work.no_campaign",
				 "还没有正在进行的服务活动，请管理员在“服务活动”里设置。");
	if (s != JY_OK)
		return s;
	return jy_list_page(cx, out, &order_list, JY_VALS(jy_int(jy_json_int(campaign, "id"))),
			    NULL);
}

/* The person's number: masked, or whole and audited. Sealed bytes never reach the model. */
static enum jy_status
order_phone(struct jy_ctx *cx, json_t *order, bool whole)
{
	const char *sealed = jy_json_text(order, "phone"), *shown = "没有登记";
	char *phone;
	enum jy_status s = JY_OK;

	if (*sealed) {
		s = jy_unseal(cx, "people.phone", jy_json_text(order, "uid"), sealed, &phone);
		if (s != JY_OK)
			return s;
		shown = whole || strlen(phone) < 8
			    ? phone
			    : jy_printf(cx, "%.3s****%s", phone, phone + strlen(phone) - 4);
		if (whole)
			s = jy_audit(
			    cx, "people.phone_read",
			    jy_printf(cx, "person:%" PRId64, jy_json_int(order, "person")),
			    json_pack("{s:I}", "order", (json_int_t)jy_json_int(order, "id")));
	}
	json_object_set_new(order, "phone", json_string(shown));
	json_object_set_new(order, "phone_masked", json_boolean(*sealed && !whole));
	json_object_del(order, "uid");
	return s;
}

static enum jy_status
order_show(struct jy_ctx *cx, struct jy_view *out, bool whole)
{
	int64_t id = jy_param_int(cx, "id");
	json_t *order, *owners, *model;
	enum jy_status s = jy_row(cx, &order, SQL_ORDER, jy_int(id));

	if (s == JY_OK)
		s = order_phone(cx, order, whole);
	if (s == JY_OK)
		s = jy_rows(cx, &owners, SQL_OWNERS, jy_text(jy_json_text(order, "unit")),
			    jy_text(jy_json_text(order, "university")));
	if (s != JY_OK)
		return s;
	json_object_set_new(order, "kind_label",
			    json_string(order_label(order_kinds, jy_json_text(order, "kind"))));
	json_object_set_new(order, "responder_label",
			    json_string(order_responder(cx, jy_json_text(order, "responder"))));
	model = json_pack("{s:s, s:O, s:O}", "title", jy_json_text(order, "title"), "order", order,
			  "owners", owners);
	if (plugins_find(cx->core->plugins, "needs"))
		json_object_set_new(model, "need_link",
				    json_sprintf("/needs/%" PRId64, jy_json_int(order, "need")));
	s = jy_show(out, "core/work_order", model);
	return s == JY_OK ? jy_flow_model(cx, &order_flow, id, model) : s;
}

/* GET /work/orders/:id - a graduate who moved an own order comes back to the timeline. */
enum jy_status
order_get(struct jy_ctx *cx, struct jy_view *out)
{
	json_t *own;
	enum jy_status s;

	if (jy_user(cx)->role == JY_GRADUATE) {
		s = jy_row(cx, &own, SQL_OWN, jy_int(jy_param_int(cx, "id")));
		return s == JY_OK ? jy_redirect(out, "/work/timeline") : s;
	}
	return order_show(cx, out, false);
}

/* POST /work/orders/:id/contact - shows the number whole, and says so in the audit. */
enum jy_status
order_contact_post(struct jy_ctx *cx, struct jy_view *out)
{
	return order_show(cx, out, true);
}

static bool
owner_listed(const json_t *owners, int64_t account)
{
	json_t *owner;
	size_t i;

	json_array_foreach(owners, i, owner)
	{
		if (jy_json_int(owner, "id") == account)
			return true;
	}
	return false;
}

static enum jy_status
owner_tell(struct jy_ctx *cx, const json_t *order, int64_t account)
{
	int64_t id = jy_json_int(order, "id");
	struct jy_message message = {
		.account = account,
		.key = jy_printf(cx, "order:%" PRId64 ":owner:%" PRId64, id,
				 jy_json_int(order, "ver")),
		.title = "一件服务转交给您",
		.text = jy_json_text(order, "title"),
		.link = jy_printf(cx, "/work/orders/%" PRId64, id),
	};
	enum jy_status s = jy_notify(cx, &message);

	return s == JY_CONFLICT ? JY_OK : s;
}

/* POST /work/orders/:id/owner - hands an order over; its state stays. */
enum jy_status
order_owner_post(struct jy_ctx *cx, struct jy_view *out)
{
	int64_t id = jy_param_int(cx, "id"), owner = jy_param_int(cx, "owner");
	const char *note = jy_param_text(cx, "note");
	json_t *order, *owners;
	struct jy_val state;
	enum jy_status s = jy_row(cx, &order, SQL_ORDER, jy_int(id));

	if (s == JY_OK)
		s = jy_rows(cx, &owners, SQL_OWNERS, jy_text(jy_json_text(order, "unit")),
			    jy_text(jy_json_text(order, "university")));
	if (s != JY_OK)
		return s;
	if (!owner_listed(owners, owner)) {
		jy_field_error(cx, "owner", "这个账号不是该单位或学校的经办人，请从名单里选择。");
		return jy_form_again(cx, out);
	}
	s = jy_exec(cx, SQL_OWNER, jy_int(owner), jy_int(id), jy_int(jy_param_int(cx, "ver")));
	if (s == JY_OK && jy_changed(cx) == 0)
		return jy_refuse(out, JY_CONFLICT, "work.order_changed",
				 "这件订单刚刚被别人改动。请返回查看最新状态后再转交。");
	state = jy_text(jy_json_text(order, "state"));
	if (s == JY_OK)
		s = jy_exec(cx, SQL_HISTORY, jy_int(id), state, state, jy_int(jy_user(cx)->account),
			    jy_int(jy_user(cx)->role), jy_text(note ? note : ""));
	if (s == JY_OK)
		s = owner_tell(cx, order, owner);
	if (s != JY_OK)
		return s;
	jy_notice(out, "已转交。");
	return jy_redirect(out, "/work/orders/%" PRId64, id);
}

static json_t *
timeline_need(struct jy_ctx *cx, json_t *need, const json_t *orders)
{
	json_t *mine = json_array(), *order;
	size_t i;

	json_array_foreach(orders, i, order)
	{
		const char *state = jy_json_text(order, "state");

		if (jy_json_int(order, "need") != jy_json_int(need, "id"))
			continue;
		json_object_set_new(order, "state_label",
				    json_string(order_label(order_states, state)));
		json_object_set_new(
		    order, "responder_label",
		    json_string(order_responder(cx, jy_json_text(order, "responder"))));
		json_object_set_new(order, "answered",
				    json_boolean(strcmp(state, "answered") == 0));
		json_array_append(mine, order);
	}
	json_object_set_new(need, "kind_label",
			    json_string(order_label(order_kinds, jy_json_text(need, "kind"))));
	json_object_set_new(need, "withdrawn",
			    json_boolean(strcmp(jy_json_text(need, "state"), "withdrawn") == 0));
	json_object_set_new(need, "any", json_boolean(json_array_size(mine) > 0));
	json_object_set_new(need, "orders", mine);
	return need;
}

/* GET /work/timeline - a graduate's needs, and under each who answers it until when, with what. */
enum jy_status
timeline_get(struct jy_ctx *cx, struct jy_view *out)
{
	struct jy_val person = jy_int(jy_user(cx)->person);
	json_t *needs, *orders, *need;
	size_t i;
	enum jy_status s = jy_rows(cx, &needs, SQL_NEEDS, person);

	if (s == JY_OK)
		s = jy_rows(cx, &orders, SQL_ORDERS, person);
	if (s != JY_OK)
		return s;
	json_array_foreach(needs, i, need)
	{
		timeline_need(cx, need, orders);
	}
	return jy_show(out, "core/work_timeline",
		       json_pack("{s:s, s:O, s:b, s:b}", "title", "我的服务进度", "needs", needs,
				 "any", json_array_size(needs) > 0, "can_state",
				 plugins_find(cx->core->plugins, "needs") != NULL));
}

/* The office's tile: what waits, what is late. */
enum jy_status
order_tile(struct jy_ctx *cx, json_t *model)
{
	json_t *row;
	int64_t overdue;
	enum jy_status s = jy_row(cx, &row, SQL_TILE);

	if (s != JY_OK)
		return s;
	overdue = jy_json_int(row, "overdue");
	json_object_set_new(model, "value", json_integer(jy_json_int(row, "waiting")));
	if (overdue)
		json_object_set_new(model, "text", json_sprintf("其中超期 %" PRId64, overdue));
	json_object_set_new(model, "link",
			    json_string(overdue ? "/work/orders?overdue=1" : "/work/orders"));
	return JY_OK;
}

/* The graduate's tile: answers that wait for a confirmation. */
enum jy_status
timeline_tile(struct jy_ctx *cx, json_t *model)
{
	json_t *row;
	int64_t answered;
	enum jy_status s = jy_row(cx, &row, SQL_TILE_OWN);

	if (s != JY_OK)
		return s;
	answered = jy_json_int(row, "answered");
	json_object_set_new(model, "value", json_integer(jy_json_int(row, "orders")));
	if (answered)
		json_object_set_new(model, "text",
				    json_sprintf("%" PRId64 " 项答复等您确认", answered));
	json_object_set_new(model, "link", json_string("/work/timeline"));
	return JY_OK;
}
