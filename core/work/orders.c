/*
 * orders.c - one need, many responses: orders are opened and answered by plugins, moved by people.
 *
 * A plugin's answer may be caused by anybody (an enrolment, a nightly match), so jy_order_answer
 * writes the move itself instead of asking for the caller's right to it. What follows from a move
 * (the need is served, somebody is told) happens after the commit, by the events.
 */
#include "work/orders.h"

#include <string.h>

#include "plugin/plugins.h"

#define LEFT_OPEN "('open', 'accepted', 'returned')"

static const char SQL_NEED[] =
    "SELECT person, unit, university FROM needs WHERE id = ? AND state <> 'withdrawn'";
static const char SQL_OPEN[] =
    "INSERT INTO orders (need, person, responder, title, unit, university, due)"
    " VALUES (?, ?, ?, ?, ?, ?, NOW(3) + INTERVAL ? HOUR)";
static const char SQL_BY_NEED[] =
    "SELECT id, need, person, unit, responder, state FROM orders WHERE need = ? AND responder = ?"
    " FOR UPDATE";
static const char SQL_REOPEN[] =
    "UPDATE orders SET state = 'open', due = NOW(3) + INTERVAL ? HOUR, changed = NOW(3),"
    " ver = ver + 1 WHERE id = ? AND state = 'cancelled'";
static const char SQL_ANSWER[] =
    "UPDATE orders SET state = 'answered', proof = LEFT(?, 500), link = ?, changed = NOW(3),"
    " ver = ver + 1 WHERE id = ?";
static const char SQL_PROOF[] = "UPDATE orders SET proof = LEFT(?, 500), link = '' WHERE id = ?";
static const char SQL_OWNER[] = "UPDATE orders SET owner = ? WHERE id = ?";
static const char SQL_HISTORY[] =
    "INSERT INTO flow_history (flow, record, move, from_state, to_state, account, role, reason,"
    " note) VALUES ('work.order', ?, ?, ?, ?, ?, ?, '', ?)";
static const char SQL_CHANGED[] =
    "SELECT o.id, o.need, o.title, o.state, o.proof, o.owner, a.id AS account FROM orders o"
    " LEFT JOIN accounts a ON a.person = o.person WHERE o.id = ?";
static const char SQL_SERVED[] =
    "UPDATE needs SET state = 'served', changed = NOW(3), ver = ver + 1 WHERE id = ?"
    " AND state = 'open' AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.need = needs.id"
    " AND o.state IN " LEFT_OPEN ") AND EXISTS (SELECT 1 FROM orders o"
    " WHERE o.need = needs.id AND o.state IN ('answered', 'confirmed'))";
static const char SQL_UNSERVED[] =
    "UPDATE needs SET state = 'open', changed = NOW(3), ver = ver + 1 WHERE id = ?"
    " AND state = 'served' AND EXISTS (SELECT 1 FROM orders o WHERE o.need = needs.id"
    " AND o.state = 'returned')";

const struct jy_choice order_states[] = {
	{ "open", "已派单" },
	{ "accepted", "办理中" },
	{ "answered", "已答复" },
	{ "confirmed", "本人已确认" },
	{ "returned", "退回重办" },
	{ "cancelled", "已取消" },
	{ 0 },
};
const struct jy_choice order_kinds[] = {
	{ "job", "找工作" },
	{ "guidance", "就业指导" },
	{ "startup", "创业服务" },
	{ "training", "技能培训" },
	{ 0 },
};

/* Whoever accepts it owns it. */
static enum jy_status
apply_accept(struct jy_ctx *cx, json_t *record, const char *reason, const char *note)
{
	(void)reason;
	(void)note;
	return jy_exec(cx, SQL_OWNER, jy_int(jy_user(cx)->account),
		       jy_int(jy_json_int(record, "id")));
}

static enum jy_status
apply_answer(struct jy_ctx *cx, json_t *record, const char *reason, const char *note)
{
	(void)reason;
	return jy_exec(cx, SQL_PROOF, jy_text(note), jy_int(jy_json_int(record, "id")));
}

static const struct jy_state states[] = {
	{ "open", "已派单", 0, "warning" },
	{ "accepted", "办理中", 0, "info" },
	{ "answered", "已答复", 0, "primary" },
	{ "confirmed", "本人已确认", 0, "success" },
	{ "returned", "退回重办", 0, "danger" },
	{ "cancelled", "已取消", 0, "secondary" },
	{ 0 },
};
static const struct jy_choice cancel_reasons[] = {
	{ "employed", "本人已就业" },
	{ "given_up", "本人不再需要" },
	{ "unreachable", "多次联系不上" },
	{ "mistaken", "派单有误" },
	{ 0 },
};
static const struct jy_move moves[] = {
	{ "accept", "接单", "open returned", "accepted", JY_STAFF, JY_BATCH,
	  .event = "order_accepted", .apply = apply_accept },
	{ "answer", "答复（写明服务凭据）", "open accepted returned", "answered", JY_STAFF, JY_NOTE,
	  .event = "order_answered", .apply = apply_answer },
	{ "confirm", "确认已得到服务", "answered", "confirmed", JY_GRADUATE,
	  .event = "order_confirmed" },
	{ "return", "没有解决，退回", "answered", "returned", JY_GRADUATE, JY_NOTE,
	  .event = "order_returned" },
	{ "cancel", "取消", "open accepted returned", "cancelled", JY_STAFF, JY_REASON | JY_BATCH,
	  .reasons = cancel_reasons, .event = "order_cancelled" },
	{ 0 },
};
const struct jy_flow order_flow = {
	.name = "work.order",
	.title = "服务订单",
	.table = "orders",
	.alias = "o",
	.scope = "{scope unit=o.unit university=o.university person=o.person}",
	.label = "o.title",
	.link = "/work/orders/:id",
	.states = states,
	.moves = moves,
};

const char *
order_label(const struct jy_choice *choices, const char *value)
{
	for (; choices->value; choices++)
		if (strcmp(choices->value, value) == 0)
			return choices->label;
	return value;
}

const char *
order_responder(struct jy_ctx *cx, const char *responder)
{
	const struct plugin *plugin = plugins_find(cx->core->plugins, responder);
	const char *title;

	if (plugin && plugin->table->title)
		return plugin->table->title;
	title = jy_json_text(json_object_get(cx->core->plugins->off, responder), "title");
	return *title ? title : responder;
}

static enum jy_status
announce(struct jy_ctx *cx, const json_t *order, const char *event)
{
	return jy_emit(
	    cx, event,
	    json_pack("{s:I, s:I, s:I, s:s, s:s}", "id", (json_int_t)jy_json_int(order, "id"),
		      "need", (json_int_t)jy_json_int(order, "need"), "person",
		      (json_int_t)jy_json_int(order, "person"), "unit", jy_json_text(order, "unit"),
		      "responder", jy_json_text(order, "responder")));
}

static enum jy_status
history(struct jy_ctx *cx, const json_t *order, const char *move, const char *to, const char *note)
{
	const struct jy_user *user = jy_user(cx);

	return jy_exec(cx, SQL_HISTORY, jy_int(jy_json_int(order, "id")), jy_text(move),
		       jy_text(jy_json_text(order, "state")), jy_text(to), jy_int(user->account),
		       jy_int(user->role), jy_text(note));
}

/* A need that was withdrawn and stated again wakes its cancelled order. */
static enum jy_status
order_found(struct jy_ctx *cx, const struct jy_order *order, json_t *row)
{
	enum jy_status s;

	if (strcmp(jy_json_text(row, "state"), "cancelled") != 0)
		return JY_OK;
	s = jy_exec(cx, SQL_REOPEN, jy_int(order->due_hours), jy_int(jy_json_int(row, "id")));
	if (s == JY_OK)
		s = history(cx, row, "reopen", "open", "需求重新提出");
	return s == JY_OK ? announce(cx, row, "work.order_opened") : s;
}

static enum jy_status
order_insert(struct jy_ctx *cx, const struct jy_order *order)
{
	const char *unit = order->unit ? order->unit : "";
	json_t *need;
	enum jy_status s = jy_row(cx, &need, SQL_NEED, jy_int(order->need));

	if (s != JY_OK)
		return s; /* no such need, or withdrawn */
	return jy_exec(cx, SQL_OPEN, jy_int(order->need), jy_int(jy_json_int(need, "person")),
		       jy_text(order->responder), jy_text(order->title),
		       jy_text(*unit ? unit : jy_json_text(need, "unit")),
		       jy_text(jy_json_text(need, "university")), jy_int(order->due_hours));
}

enum jy_status
jy_order_open(struct jy_ctx *cx, const struct jy_order *order, int64_t *id)
{
	struct jy_val need = jy_int(order->need), responder = jy_text(order->responder);
	json_t *row;
	enum jy_status s = order_insert(cx, order);
	bool fresh = s == JY_OK;

	if (s != JY_OK && s != JY_CONFLICT)
		return s;
	s = jy_row(cx, &row, SQL_BY_NEED, need, responder);
	if (s == JY_OK && fresh)
		s = jy_flow_begin(cx, &order_flow, jy_json_int(row, "id"), "");
	if (s == JY_OK)
		s = fresh ? announce(cx, row, "work.order_opened") : order_found(cx, order, row);
	if (s == JY_OK)
		*id = jy_json_int(row, "id");
	return s;
}

enum jy_status
jy_order_answer(struct jy_ctx *cx, int64_t need, const char *responder, const char *proof,
		const char *link)
{
	json_t *row;
	const char *state;
	enum jy_status s = jy_row(cx, &row, SQL_BY_NEED, jy_int(need), jy_text(responder));

	if (s != JY_OK)
		return s;
	state = jy_json_text(row, "state");
	if (strcmp(state, "answered") == 0 || strcmp(state, "confirmed") == 0 ||
	    strcmp(state, "cancelled") == 0)
		return JY_CONFLICT;
	s = jy_exec(cx, SQL_ANSWER, jy_text(proof), jy_text(link ? link : ""),
		    jy_int(jy_json_int(row, "id")));
	if (s == JY_OK)
		s = history(cx, row, "answer", "answered", proof);
	return s == JY_OK ? announce(cx, row, "work.order_answered") : s;
}

static enum jy_status
tell(struct jy_ctx *cx, const json_t *order, int64_t event_id)
{
	bool back = strcmp(jy_json_text(order, "state"), "returned") == 0;
	int64_t account = jy_json_int(order, back ? "owner" : "account");
	int64_t id = jy_json_int(order, "id");
	struct jy_message message = {
		.account = account,
		.key = jy_printf(cx, "order:%" PRId64 ":%" PRId64, id, event_id),
		.title = back ? "一件服务被本人退回重办" : "您的需求有答复了",
		.text = jy_printf(cx, "%s：%s", jy_json_text(order, "title"),
				  back ? "本人认为没有解决，请查看说明并重新办理。"
				       : jy_json_text(order, "proof")),
		.link = back ? jy_printf(cx, "/work/orders/%" PRId64, id) : "/work/timeline",
	};
	enum jy_status s;

	if (!account)
		return JY_OK; /* no account yet, or nobody owns the order */
	s = jy_notify(cx, &message);
	return s == JY_CONFLICT || s == JY_NOT_FOUND ? JY_OK : s;
}

enum jy_status
order_changed(struct jy_ctx *cx, int64_t event_id, json_t *payload)
{
	json_t *order;
	const char *state;
	enum jy_status s = jy_row(cx, &order, SQL_CHANGED, jy_int(jy_json_int(payload, "id")));

	if (s != JY_OK)
		return s == JY_NOT_FOUND ? JY_OK : s;
	s = jy_exec(cx, SQL_SERVED, jy_int(jy_json_int(order, "need")));
	if (s == JY_OK)
		s = jy_exec(cx, SQL_UNSERVED, jy_int(jy_json_int(order, "need")));
	state = jy_json_text(order, "state");
	if (s != JY_OK || (strcmp(state, "answered") != 0 && strcmp(state, "returned") != 0))
		return s;
	return tell(cx, order, event_id);
}
