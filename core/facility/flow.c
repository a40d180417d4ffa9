/*
 * flow.c - one move of one record: locked, checked, applied, written down and announced at once.
 *
 * The rules are the table's; this file only keeps them. SQL is joined from the table's constants,
 * values are bound. The record stays locked until the transaction ends, so two officers who press
 * at the same time are served one after the other, and the second one is told by whom and when.
 */
#include "facility/flows.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "facility/hooks.h"
#include "facility/links.h"
#include "facility/text.h"
#include "people/account.h"

#define SQL_MAX ((size_t)16 * 1024)
#define SQL_LAST                                                                                   \
	"SELECT h.account, h.role, h.move, h.from_state, h.to_state, h.reason, h.note, h.at, "     \
	"COALESCE(a.display_name, '') AS actor FROM flow_history h "                               \
	"LEFT JOIN accounts a ON a.id = h.account WHERE h.flow = ? AND h.record = ? "              \
	"ORDER BY h.id DESC LIMIT 1"
#define SQL_HISTORY                                                                                \
	"INSERT INTO flow_history (flow, record, move, from_state, to_state, account, role, "      \
	"reason, note) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"

/* --- The table --- */

const struct jy_flow *
flow_find(struct jy_ctx *cx, const char *plugin, const char *noun)
{
	const struct plugins *all = cx->core->plugins;
	const char *name = jy_printf(cx, "%s.%s", plugin, noun);

	for (size_t i = 0; i < all->count; i++) {
		const struct jy_flow *const *f = all->items[i]->table->flows;

		for (; f && *f; f++)
			if (!strcmp((*f)->name, name))
				return *f;
	}
	return NULL;
}

const struct jy_state *
flow_state(const struct jy_flow *flow, const char *name)
{
	for (const struct jy_state *s = flow->states; s->name; s++)
		if (!strcmp(s->name, name))
			return s;
	return NULL;
}

const struct jy_move *
flow_move(const struct jy_flow *flow, const char *name)
{
	for (const struct jy_move *m = flow->moves; m->name; m++)
		if (!strcmp(m->name, name))
			return m;
	return NULL;
}

bool
move_from(const struct jy_move *move, const char *state)
{
	size_t n = strlen(state);

	for (const char *p = move->from; p && *p; p += strspn(p, " ")) {
		size_t word = strcspn(p, " ");

		if (word == n && !strncmp(p, state, n))
			return true;
		p += word;
	}
	return false;
}

/* Tasks and commands act for nobody; a request always has a person behind it. */
static bool
is_system(const struct jy_ctx *cx)
{
	return !cx->request && cx->user.account == 0;
}

bool
move_allowed(const struct jy_ctx *cx, const struct jy_move *move)
{
	return is_system(cx) || (move->roles & cx->user.role);
}

bool
move_second(const struct jy_ctx *cx, const struct jy_move *move, const struct flow_record *record)
{
	return (move->flags & JY_SECOND_PERSON) && !is_system(cx) && record->last &&
	       jy_json_int(record->last, "account") == cx->user.account;
}

const char *
flow_path(struct jy_ctx *cx, const struct jy_flow *flow)
{
	size_t n = strcspn(flow->name, ".");

	return jy_printf(cx, "/%.*s/flow/%s", (int)n, flow->name,
			 flow->name[n] ? flow->name + n + 1 : "");
}

const char *
flow_link(struct jy_ctx *cx, const struct jy_flow *flow, const json_t *row)
{
	return flow->link ? link_fill(cx, flow->link, row)
			  : jy_printf(cx, "%s/queue", flow_path(cx, flow));
}

const char *
flow_actor(struct jy_ctx *cx, const json_t *history_row)
{
	int64_t account = jy_json_int(history_row, "account");
	enum jy_role role = (enum jy_role)jy_json_int(history_row, "role");
	const char *name = jy_json_text(history_row, "actor");

	if (account == 0)
		return "系统";
	if (*name && (cx->user.role & JY_STAFF || account == cx->user.account))
		return name;
	return account_role_label(role);
}

/* --- Reading --- */

enum jy_status
flow_read(struct jy_ctx *cx, const struct jy_flow *flow, int64_t id, bool lock,
	  struct flow_record *out)
{
	struct flow_record r = { 0 };
	struct buf sql;
	enum jy_status s;

	buf_init(&sql, cx->pool, SQL_MAX);
	buf_text(&sql, "SELECT ");
	buf_text(&sql, flow->alias);
	buf_text(&sql, ".*, ");
	buf_text(&sql, flow->label);
	buf_text(&sql, " AS _label FROM ");
	buf_text(&sql, flow->table);
	buf_text(&sql, " ");
	buf_text(&sql, flow->alias);
	buf_text(&sql, " WHERE ");
	buf_text(&sql, flow->alias);
	buf_text(&sql, ".id = ? AND ");
	buf_text(&sql, flow->scope ? flow->scope : "1 = 1");
	buf_text(&sql, lock ? " FOR UPDATE" : "");
	s = jy_row(cx, &r.row, sql.data, jy_int(id));
	if (s != JY_OK)
		return s;
	r.state = flow_state(flow, jy_json_text(r.row, "state"));
	r.ver = jy_json_int(r.row, "ver");
	if (!r.state) {
		jy_log(cx, "flow.state", "%s %" PRId64 " is in the unknown state \"%s\"",
		       flow->name, id, jy_json_text(r.row, "state"));
		return JY_FAILED;
	}
	s = jy_row(cx, &r.last, SQL_LAST, jy_text(flow->name), jy_int(id));
	if (s != JY_OK && s != JY_NOT_FOUND)
		return s;
	*out = r;
	return JY_OK;
}

/* --- Checking --- */

/* "现在是“待审核”（2022-06-25 08:00 由张三“提交”）" */
static const char *
state_now(struct jy_ctx *cx, const struct jy_flow *flow, const struct flow_record *r)
{
	const struct jy_move *move;

	if (!r->last)
		return jy_printf(cx, "现在是“%s”", r->state->label);
	move = flow_move(flow, jy_json_text(r->last, "move"));
	return jy_printf(cx, "现在是“%s”（%.16s 由%s%s%s%s）", r->state->label,
			 jy_json_text(r->last, "at"), flow_actor(cx, r->last), move ? "“" : "",
			 move ? move->label : "登记", move ? "”" : "");
}

enum jy_status
move_check(struct jy_ctx *cx, const struct jy_flow *flow, const struct jy_move *move,
	   const struct flow_record *record, int64_t ver, struct flow_no *no)
{
	if (!move_allowed(cx, move)) {
		no->code = "flow.role";
		no->sentence = jy_printf(cx, "您现在的身份不能“%s”。", move->label);
		return JY_DENIED;
	}
	if (!move_from(move, record->state->name)) {
		no->code = "flow.state";
		no->sentence = jy_printf(cx, "这条记录%s，不能“%s”。请看过最新内容后再操作。",
					 state_now(cx, flow, record), move->label);
		return JY_CONFLICT;
	}
	if (ver && ver != record->ver) {
		no->code = "flow.changed";
		no->sentence = jy_printf(
		    cx, "您打开页面之后，这条记录又有了变动，%s。请看过最新内容后再操作。",
		    state_now(cx, flow, record));
		return JY_CONFLICT;
	}
	if (move_second(cx, move, record)) {
		no->code = "flow.second_person";
		no->sentence =
		    jy_printf(cx, "上一步是您办的，“%s”要由另一位同事办理。", move->label);
		return JY_DENIED;
	}
	return JY_OK;
}

static bool
reason_known(const struct jy_move *move, const char *reason)
{
	for (const struct jy_choice *c = move->reasons; c && c->value; c++)
		if (!strcmp(c->value, reason))
			return true;
	return false;
}

static enum jy_status
words_check(struct jy_ctx *cx, const struct jy_move *move, const char *reason, const char *note)
{
	size_t before = json_array_size(cx->errors);

	if (*reason ? !reason_known(move, reason) : (move->flags & JY_REASON) != 0)
		jy_field_error(cx, "reason", "请选择“%s”的理由。", move->label);
	if ((move->flags & JY_NOTE) && text_blank(note))
		jy_field_error(cx, "note", "请写明“%s”的说明。", move->label);
	if (text_chars(note) > FLOW_NOTE_MAX)
		jy_field_error(cx, "note", "说明最多 %d 个字，请删短一些。", FLOW_NOTE_MAX);
	return json_array_size(cx->errors) == before ? JY_OK : JY_INVALID;
}

/* --- Moving --- */

struct step {
	struct jy_ctx *cx;
	const struct jy_flow *flow;
	const struct jy_move *move;
	int64_t id;
	const char *reason, *note;
	struct flow_record record;
};

static enum jy_status
step_write(struct step *p)
{
	const char *from = p->record.state->name;
	struct buf sql;
	enum jy_status s;

	buf_init(&sql, p->cx->pool, SQL_MAX);
	buf_text(&sql, "UPDATE ");
	buf_text(&sql, p->flow->table);
	buf_text(&sql, " SET state = ?, ver = ver + 1 WHERE id = ?");
	s = jy_exec(p->cx, sql.data, jy_text(p->move->to), jy_int(p->id));
	if (s != JY_OK)
		return s;
	return jy_exec(p->cx, SQL_HISTORY, jy_text(p->flow->name), jy_int(p->id),
		       jy_text(p->move->name), jy_text(from), jy_text(p->move->to),
		       jy_int(p->cx->user.account), jy_int(p->cx->user.role), jy_text(p->reason),
		       jy_text(p->note));
}

static enum jy_status
step_announce(struct step *p)
{
	size_t n = strcspn(p->flow->name, ".");

	if (!p->move->event)
		return JY_OK;
	return jy_emit(p->cx, jy_printf(p->cx, "%.*s.%s", (int)n, p->flow->name, p->move->event),
		       json_pack("{s:I, s:s, s:s, s:s, s:s}", "id", (json_int_t)p->id, "flow",
				 p->flow->name, "move", p->move->name, "from",
				 p->record.state->name, "to", p->move->to));
}

static enum jy_status
step_do(struct step *p)
{
	struct hook hook;
	enum jy_status s = JY_OK;

	hook_enter(&hook, p->cx, hook_owner(p->cx, p->flow->name));
	if (p->move->apply)
		s = p->move->apply(p->cx, p->record.row, p->reason, p->note);
	if (s == JY_OK)
		s = step_write(p);
	if (s == JY_OK)
		s = step_announce(p);
	hook_leave(&hook);
	return s;
}

/* Says why in the answer, where there is one that nobody has used. */
static enum jy_status
explain(struct jy_ctx *cx, struct jy_view *out, enum jy_status s, const struct flow_no *no)
{
	const json_t *last = json_array_get(cx->errors, json_array_size(cx->errors) - 1);

	if (!out || out->kind != VIEW_NONE)
		return s;
	if (no->sentence)
		return jy_refuse(out, s, no->code, "%s", no->sentence);
	if (s == JY_INVALID && last)
		return jy_refuse(out, s, "flow.invalid", "%s", jy_json_text(last, "message"));
	return s;
}

enum jy_status
jy_flow_move(struct jy_ctx *cx, struct jy_view *out, const struct jy_flow *flow, int64_t id,
	     const char *move, int64_t ver, const char *reason, const char *note)
{
	struct step p = { .cx = cx, .flow = flow, .id = id };
	struct flow_no no = { 0 };
	enum jy_status s;

	p.move = flow_move(flow, move);
	p.reason = reason ? reason : "";
	p.note = note ? note : "";
	if (!p.move)
		return JY_NOT_FOUND;
	s = flow_read(cx, flow, id, true, &p.record);
	if (s != JY_OK)
		return s;
	s = move_check(cx, flow, p.move, &p.record, ver, &no);
	if (s == JY_OK)
		s = words_check(cx, p.move, p.reason, p.note);
	if (s == JY_OK)
		s = step_do(&p);
	return s == JY_OK ? JY_OK : explain(cx, out, s, &no);
}

enum jy_status
jy_flow_begin(struct jy_ctx *cx, const struct jy_flow *flow, int64_t id, const char *note)
{
	return jy_exec(cx, SQL_HISTORY, jy_text(flow->name), jy_int(id), jy_text("begin"),
		       jy_text(""), jy_text(flow->states[0].name), jy_int(cx->user.account),
		       jy_int(cx->user.role), jy_text(""), jy_text(note ? note : ""));
}
