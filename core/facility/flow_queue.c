/*
 * flow_queue.c - what waits for the caller: records in states from which their role has a move.
 *
 * The overdue come first, then what will be overdue first. The page shows the head of the queue: it
 * is worked from the top, so there is nothing to leaf through.
 */
#include "facility/flows.h"

#include <string.h>

#include "base/buf.h"
#include "facility/hooks.h"

#define SQL_MAX    ((size_t)16 * 1024)
#define VALUES_MAX 96
#define ROWS_SHOWN 100

struct queue {
	struct jy_ctx *cx;
	const struct jy_flow *flow;
	const char *only; /* one state, or NULL */
	bool dated;       /* some state that waits for the caller has a deadline */
	struct buf sql;
	struct jy_val vals[VALUES_MAX + 2];
	size_t count;
};

static void
value(struct queue *q, struct jy_val val)
{
	if (q->count < VALUES_MAX)
		q->vals[++q->count] = val;
}

/* Does this state wait for the caller's role? */
static bool
waits(const struct queue *q, const struct jy_state *state)
{
	for (const struct jy_move *m = q->flow->moves; m->name; m++)
		if (move_allowed(q->cx, m) && move_from(m, state->name))
			return true;
	return false;
}

/* Where the flow sets deadlines, what has none can be moved (a published vacancy can be paused) but
 * does not wait to be: it is shown when its state is asked for. */
static bool
wanted(const struct queue *q, const struct jy_state *state)
{
	if (q->only)
		return waits(q, state) && !strcmp(q->only, state->name);
	return waits(q, state) && (state->deadline_hours > 0 || !q->dated);
}

static void
columns(struct queue *q)
{
	const char *alias = q->flow->alias;

	buf_text(&q->sql, "SELECT ");
	buf_text(&q->sql, alias);
	buf_text(&q->sql, ".*, ");
	buf_text(&q->sql, q->flow->label);
	buf_text(&q->sql, " AS _label, (SELECT MAX(h.at) FROM flow_history h WHERE h.flow = ? AND "
			  "h.record = ");
	value(q, jy_text(q->flow->name));
	buf_text(&q->sql, alias);
	buf_text(&q->sql, ".id) AS _since, CASE ");
	buf_text(&q->sql, alias);
	buf_text(&q->sql, ".state");
	for (const struct jy_state *s = q->flow->states; s->name; s++) {
		buf_text(&q->sql, " WHEN ? THEN ?");
		value(q, jy_text(s->name));
		value(q, jy_int(s->deadline_hours));
	}
	buf_text(&q->sql, " ELSE 0 END AS _hours FROM ");
	buf_text(&q->sql, q->flow->table);
	buf_text(&q->sql, " ");
	buf_text(&q->sql, alias);
}

/* False: no state waits for the caller. */
static bool
conditions(struct queue *q)
{
	const char *before = " WHERE ";
	bool any = false;

	buf_text(&q->sql, before);
	buf_text(&q->sql, q->flow->alias);
	buf_text(&q->sql, ".state IN (");
	for (const struct jy_state *s = q->flow->states; s->name; s++) {
		if (!wanted(q, s))
			continue;
		buf_text(&q->sql, any ? ", ?" : "?");
		value(q, jy_text(s->name));
		any = true;
	}
	buf_text(&q->sql, ") AND ");
	buf_text(&q->sql, q->flow->scope ? q->flow->scope : "1 = 1");
	return any;
}

static enum jy_status
queue_read(struct queue *q, json_t **rows)
{
	buf_init(&q->sql, q->cx->pool, SQL_MAX);
	buf_text(&q->sql,
		 "SELECT q.*, CAST(q._since + INTERVAL q._hours HOUR AS CHAR) AS _due, "
		 "(q._hours > 0 AND q._since + INTERVAL q._hours HOUR < NOW()) AS _overdue, "
		 "TIMESTAMPDIFF(MINUTE, q._since, NOW()) AS _waited FROM (");
	columns(q);
	if (!conditions(q))
		return JY_DENIED;
	buf_text(&q->sql, ") q ORDER BY _overdue DESC, q._hours = 0, "
			  "q._since + INTERVAL q._hours HOUR, q.id");
	buf_printf(&q->sql, " LIMIT %d", ROWS_SHOWN + 1);
	return jy_rows_v(q->cx, rows, q->sql.data, q->vals);
}

/* "3 天 4 小时": the two largest parts are enough to see what is urgent. */
static const char *
waited(struct jy_ctx *cx, const json_t *row)
{
	int64_t minutes = jy_json_int(row, "_waited");

	if (json_is_null(json_object_get(row, "_since")))
		return "";
	if (minutes < 60)
		return jy_printf(cx, "%" PRId64 " 分钟", minutes < 0 ? 0 : minutes);
	if (minutes < 48 * 60)
		return jy_printf(cx, "%" PRId64 " 小时", minutes / 60);
	return jy_printf(cx, "%" PRId64 " 天", minutes / (24 * 60));
}

static json_t *
row_model(struct queue *q, const json_t *row, json_t *remarks)
{
	const struct jy_state *state = flow_state(q->flow, jy_json_text(row, "state"));
	bool due = jy_json_int(row, "_hours") > 0 && *jy_json_text(row, "_due");

	return json_pack(
	    "{s:I, s:o, s:s, s:s, s:s, s:s, s:s, s:o, s:b, s:O}", "id",
	    (json_int_t)jy_json_int(row, "id"), "token",
	    json_sprintf("%" PRId64 ".%" PRId64, jy_json_int(row, "id"), jy_json_int(row, "ver")),
	    "label", jy_json_text(row, "_label"), "state", state->label, "tone",
	    state->tone ? state->tone : "secondary", "waited", waited(q->cx, row), "link",
	    q->flow->link ? flow_link(q->cx, q->flow, row) : "", "due",
	    due ? json_sprintf("%.16s", jy_json_text(row, "_due")) : json_null(), "overdue",
	    jy_json_int(row, "_overdue") != 0, "remarks", remarks);
}

static json_t *
states_model(struct queue *q)
{
	json_t *out = json_array();

	for (const struct jy_state *s = q->flow->states; s->name; s++)
		if (waits(q, s))
			json_array_append_new(out, json_pack("{s:s, s:s, s:b}", "name", s->name,
							     "label", s->label, "chosen",
							     q->only && !strcmp(q->only, s->name)));
	return out;
}

static enum jy_status
queue_show(struct queue *q, struct jy_view *out, const json_t *rows)
{
	json_t *shown = jy_own(q->cx, json_array()), *row, *model, *batch, *states, *remarks;
	size_t i, overdue = 0;
	enum jy_status s;

	json_array_foreach(rows, i, row)
	{
		if (i == ROWS_SHOWN)
			break;
		overdue += jy_json_int(row, "_overdue") != 0;
		s = flow_remarks(q->cx, q->flow, row, NULL, &remarks);
		if (s != JY_OK)
			return s;
		json_array_append_new(shown, row_model(q, row, remarks));
	}
	states = states_model(q);
	model = json_pack("{s:s, s:s, s:i, s:i, s:b, s:b, s:b, s:b, s:o, s:O}", "title",
			  jy_printf(q->cx, "待办：%s", q->flow->title), "path",
			  jy_printf(q->cx, "%s/queue", flow_path(q->cx, q->flow)), "count",
			  (int)json_array_size(shown), "overdue_count", (int)overdue, "more",
			  json_array_size(rows) > ROWS_SHOWN, "all", q->only == NULL, "has_rows",
			  json_array_size(shown) > 0, "several_states", json_array_size(states) > 1,
			  "states", states, "rows", shown);
	batch = flow_batch_model(q->cx, q->flow);
	if (batch)
		json_object_set_new(model, "batch", batch);
	return jy_show(out, "core/queue", model);
}

/* GET /:plugin/flow/:noun/queue */
enum jy_status
flow_queue(struct jy_ctx *cx, struct jy_view *out)
{
	const char *plugin = jy_param_text(cx, "plugin");
	struct queue *q = jy_alloc(cx, sizeof(*q));
	json_t *rows;
	enum jy_status s = hook_open(cx, out, plugin);

	if (s != JY_OK)
		return s;
	q->cx = cx;
	q->only = jy_param_text(cx, "state");
	q->flow = flow_find(cx, plugin, jy_param_text(cx, "noun"));
	if (!q->flow || (q->only && !flow_state(q->flow, q->only)))
		return JY_NOT_FOUND;
	for (const struct jy_state *state = q->flow->states; state->name; state++)
		q->dated |= state->deadline_hours > 0 && waits(q, state);
	s = queue_read(q, &rows);
	if (s == JY_DENIED)
		return jy_refuse(out, s, "flow.role", "“%s”没有要由您现在的身份办理的事项。",
				 q->flow->title);
	return s == JY_OK ? queue_show(q, out, rows) : s;
}
