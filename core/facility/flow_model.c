/*
 * flow_model.c - a record's state, what the caller may do next, and how it came here, for pages.
 */
#include "facility/flows.h"

#include <string.h>

#include "facility/hooks.h"

#define SQL_HISTORY                                                                                \
	"SELECT h.account, h.role, h.move, h.from_state, h.to_state, h.reason, h.note, h.at, "     \
	"COALESCE(a.display_name, '') AS actor FROM flow_history h "                               \
	"LEFT JOIN accounts a ON a.id = h.account WHERE h.flow = ? AND h.record = ? "              \
	"ORDER BY h.id DESC LIMIT 50"
#define SQL_DUE                                                                                    \
	"SELECT CAST(CAST(? AS DATETIME) + INTERVAL ? HOUR AS CHAR) AS due, "                      \
	"CAST(? AS DATETIME) + INTERVAL ? HOUR < NOW() AS overdue"

static json_t *
choices_json(const struct jy_choice *choices)
{
	json_t *out = json_array();

	for (const struct jy_choice *c = choices; c && c->value; c++)
		json_array_append_new(
		    out, json_pack("{s:s, s:s}", "value", c->value, "label", c->label));
	return out;
}

static json_t *
moves_model(struct jy_ctx *cx, const struct jy_flow *flow, int64_t id,
	    const struct flow_record *record)
{
	json_t *moves = json_array();

	for (const struct jy_move *m = flow->moves; m->name; m++) {
		bool words = m->flags & (JY_REASON | JY_NOTE) || m->reasons;

		if (!move_allowed(cx, m) || !move_from(m, record->state->name))
			continue;
		json_array_append_new(
		    moves,
		    json_pack("{s:s, s:s, s:o, s:b, s:b, s:b, s:b, s:b, s:o}", "name", m->name,
			      "label", m->label, "action",
			      json_sprintf("%s/%" PRId64 "/%s", flow_path(cx, flow), id, m->name),
			      "wait", move_second(cx, m, record), "words", words, "needs_reason",
			      (m->flags & JY_REASON) != 0, "needs_note", (m->flags & JY_NOTE) != 0,
			      "has_reasons", m->reasons != NULL, "reasons",
			      choices_json(m->reasons)));
	}
	return moves;
}

static const char *
reason_label(const struct jy_move *move, const char *reason)
{
	for (const struct jy_choice *c = move ? move->reasons : NULL; c && c->value; c++)
		if (!strcmp(c->value, reason))
			return c->label;
	return reason;
}

static json_t *
history_model(struct jy_ctx *cx, const struct jy_flow *flow, const json_t *rows)
{
	json_t *out = json_array(), *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		const struct jy_move *move = flow_move(flow, jy_json_text(row, "move"));
		const struct jy_state *to = flow_state(flow, jy_json_text(row, "to_state"));

		json_array_append_new(
		    out, json_pack("{s:o, s:s, s:s, s:s, s:s, s:s}", "at",
				   json_sprintf("%.16s", jy_json_text(row, "at")), "actor",
				   flow_actor(cx, row), "move", move ? move->label : "登记", "to",
				   to ? to->label : jy_json_text(row, "to_state"), "reason",
				   reason_label(move, jy_json_text(row, "reason")), "note",
				   jy_json_text(row, "note")));
	}
	return out;
}

/* due and overdue of a state with a deadline, from the time of the last move. */
static enum jy_status
due_put(struct jy_ctx *cx, const struct flow_record *r, json_t *flow)
{
	const char *since = r->last ? jy_json_text(r->last, "at") : "";
	int hours = r->state->deadline_hours;
	json_t *row;
	enum jy_status s;

	json_object_set_new(flow, "due", json_null());
	json_object_set_new(flow, "overdue", json_false());
	if (hours == 0 || !*since)
		return JY_OK;
	s = jy_row(cx, &row, SQL_DUE, jy_text(since), jy_int(hours), jy_text(since), jy_int(hours));
	if (s != JY_OK)
		return s;
	json_object_set_new(flow, "due", json_sprintf("%.16s", jy_json_text(row, "due")));
	json_object_set_new(flow, "overdue", json_boolean(jy_json_int(row, "overdue")));
	return JY_OK;
}

enum jy_status
jy_flow_model(struct jy_ctx *cx, const struct jy_flow *flow, int64_t id, json_t *model)
{
	struct flow_record record;
	json_t *rows, *out, *moves;
	enum jy_status s = flow_read(cx, flow, id, false, &record);

	if (s == JY_OK)
		s = jy_rows(cx, &rows, SQL_HISTORY, jy_text(flow->name), jy_int(id));
	if (s != JY_OK)
		return s;
	moves = moves_model(cx, flow, id, &record);
	out = json_pack("{s:s, s:s, s:s, s:I, s:b, s:o, s:o}", "state", record.state->name, "label",
			record.state->label, "tone",
			record.state->tone ? record.state->tone : "secondary", "ver",
			(json_int_t)record.ver, "has_moves", json_array_size(moves) > 0, "moves",
			moves, "history", history_model(cx, flow, rows));
	json_object_set_new(model, "flow", out);
	return due_put(cx, &record, out);
}

enum jy_status
flow_remarks(struct jy_ctx *cx, const struct jy_flow *flow, json_t *row, const char *move,
	     json_t **out)
{
	json_t *made = jy_own(cx, json_array());
	struct hook hook;
	enum jy_status s = JY_OK;

	if (flow->remarks) {
		hook_enter(&hook, cx, hook_owner(cx, flow->name));
		s = flow->remarks(cx, row, move, made);
		hook_leave(&hook);
	}
	if (s == JY_OK)
		*out = made;
	return s;
}

json_t *
flow_batch_model(struct jy_ctx *cx, const struct jy_flow *flow)
{
	json_t *moves = json_array();

	for (const struct jy_move *m = flow->moves; m->name; m++)
		if (m->flags & JY_BATCH && m->roles & cx->user.role)
			json_array_append_new(
			    moves, json_pack("{s:s, s:s}", "name", m->name, "label", m->label));
	if (json_array_size(moves) == 0) {
		json_decref(moves);
		return NULL;
	}
	return json_pack("{s:s, s:s, s:o}", "action",
			 jy_printf(cx, "%s/batch", flow_path(cx, flow)), "queue",
			 jy_printf(cx, "%s/queue", flow_path(cx, flow)), "moves", moves);
}
