/*
 * fanout.c - one need, many responses (plan 9②).
 *
 * A registered need opens an order for the office of the university's city. A plugin that answers a
 * kind of need itself (the jobs) opens its own order beside it on the same event, so this one only
 * serves the kinds that people answer by hand.
 */
#include "needs.h"

#include <string.h>

#define SQL_CLOSE                                                                                  \
	"UPDATE orders SET state = 'cancelled', changed = NOW(3), ver = ver + 1 "                  \
	"WHERE need = ? AND state IN ('open', 'accepted', 'returned')"

static const struct {
	const char *kind, *title;
} by_hand[] = {
	{ "guidance", "安排就业指导（至少一次）" },
	{ "startup", "安排创业全链条培训并推送扶持政策" },
	{ "training", "安排技能培训（至少一次）" },
};

/* needs.registered {need, person, kind, unit} */
enum jy_status
needs_fan_out(struct jy_ctx *cx, int64_t event_id, json_t *payload)
{
	const char *kind = jy_json_text(payload, "kind");
	struct jy_order order = { .need = jy_json_int(payload, "need"),
				  .responder = "needs",
				  .unit = jy_json_text(payload, "unit"),
				  .due_hours = (int)jy_setting_int(cx, "needs.answer_hours") };
	int64_t id;
	size_t i;

	(void)event_id; /* jy_order_open is idempotent by need and responder */
	for (i = 0; i < sizeof(by_hand) / sizeof(by_hand[0]); i++) {
		if (strcmp(kind, by_hand[i].kind) != 0)
			continue;
		order.title = by_hand[i].title;
		return jy_order_open(cx, &order, &id);
	}
	return JY_OK;
}

/* needs.need_withdrawn {id}: what nobody has answered yet is no longer owed. */
enum jy_status
needs_close_orders(struct jy_ctx *cx, int64_t event_id, json_t *payload)
{
	(void)event_id;
	return jy_exec(cx, SQL_CLOSE, jy_int(jy_json_int(payload, "id")));
}
