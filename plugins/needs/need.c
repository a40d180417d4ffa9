/*
 * need.c - the life of one need, and the page that shows it with the orders that answer it.
 */
#include "needs.h"

#include <string.h>

#define SQL_NEED                                                                                   \
	"SELECT n.id, n.person, n.kind, n.detail, n.state, n.source, LEFT(n.created, 16) "         \
	"created, LEFT(n.changed, 16) changed, n.ver, "                                            \
	"p.name person_name, u.name university_name, r.name unit_name FROM needs n "               \
	"JOIN people p ON p.id = n.person LEFT JOIN universities u ON u.code = n.university "      \
	"LEFT JOIN units r ON r.code = n.unit WHERE n.id = ? AND "                                 \
	"{scope unit=n.unit university=n.university person=n.person}"
#define SQL_ORDERS                                                                                 \
	"SELECT id, responder, title, state, LEFT(due, 16) due, due < NOW() AND "                  \
	"state IN ('open', 'accepted', 'returned') overdue, proof, link FROM orders WHERE need = " \
	"? ORDER BY id"

static const struct jy_state states[] = {
	{ "open", "待服务", 0, "warning" },
	{ "served", "已服务", 0, "success" },
	{ "withdrawn", "已撤回", 0, "secondary" },
	{ 0 },
};

static const struct jy_move moves[] = {
	{ "withdraw", "撤回需求", "open served", "withdrawn", JY_GRADUATE | JY_STAFF,
	  .event = "need_withdrawn" },
	{ "serve", "标记为已服务", "open", "served", JY_STAFF, JY_NOTE | JY_BATCH },
	{ 0 },
};

const struct jy_flow needs_flow = {
	.name = "needs.need",
	.title = "需求",
	.table = "needs",
	.alias = "n",
	.scope = "{scope unit=n.unit university=n.university person=n.person}",
	.label = "CONCAT((SELECT p.name FROM people p WHERE p.id = n.person), ' · ', "
		 "ELT(FIELD(n.kind, 'job', 'guidance', 'startup', 'training'), "
		 "'找工作', '就业指导', '创业服务', '技能培训'))",
	.link = "/needs/:id",
	.states = states,
	.moves = moves,
};

const struct jy_choice needs_kinds[] = {
	{ "job", "找工作" },
	{ "guidance", "就业指导" },
	{ "startup", "创业服务" },
	{ "training", "技能培训" },
	{ 0 },
};

static const struct jy_choice order_states[] = {
	{ "open", "已派单" },
	{ "accepted", "办理中" },
	{ "answered", "已答复" },
	{ "confirmed", "本人已确认" },
	{ "returned", "退回重办" },
	{ "cancelled", "已取消" },
	{ 0 },
};

static const char *
label_of(const struct jy_choice *choices, const char *value)
{
	for (; choices->value; choices++)
		if (strcmp(choices->value, value) == 0)
			return choices->label;
	return value;
}

/* GET /needs/:id - one need: what was asked, who answers, until when. */
enum jy_status
needs_need_page(struct jy_ctx *cx, struct jy_view *out)
{
	int64_t id = jy_param_int(cx, "id");
	json_t *need, *orders, *order, *wishes, *model;
	enum jy_status s = jy_row(cx, &need, SQL_NEED, jy_int(id));
	size_t i;

	if (s == JY_OK)
		s = jy_rows(cx, &orders, SQL_ORDERS, jy_int(id));
	if (s != JY_OK)
		return s;
	json_array_foreach(orders, i, order)
	    json_object_set_new(order, "state_label",
				json_string(label_of(order_states, jy_json_text(order, "state"))));
	json_object_set_new(need, "kind_label",
			    json_string(label_of(needs_kinds, jy_json_text(need, "kind"))));
	wishes = needs_wishes(cx, jy_json_text(need, "detail"));
	model = json_pack("{s:s, s:O, s:O, s:b, s:O, s:b}", "title", "需求详情", "need", need,
			  "orders", orders, "any_orders", json_array_size(orders) > 0, "wishes",
			  wishes, "any_wishes", json_array_size(wishes) > 0);
	s = jy_show(out, "needs/need", model);
	return s != JY_OK ? s : jy_flow_model(cx, &needs_flow, id, model);
}
