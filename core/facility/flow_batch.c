/*
 * flow_batch.c - one move for many ticked records: first what would happen, then doing it.
 *
 * The preview says for each record whether it will be moved or why not, and keeps the versions it
 * saw ("12.3" is record 12 at version 3). Each record is moved between savepoints, so that one that
 * is refused meanwhile leaves nothing behind and costs no other.
 */
#include "facility/flows.h"

#include <stdlib.h>
#include <string.h>

#include "data/db.h"
#include "facility/hooks.h"

static const struct jy_choice any[] = { { 0 } };

static const struct jy_field batch_fields[] = {
	{ "move", JY_CODE, 1, 30, JY_REQUIRED | JY_HIDDEN, .label = "操作" },
	{ "ids", JY_CHOICES, 0, FLOW_BATCH_MAX, JY_HIDDEN, .label = "记录", .choices = any },
	{ "reason", JY_CHOICE, .label = "理由", .choices = any },
	{ "note", JY_LONG, 0, FLOW_NOTE_MAX, .label = "说明" },
	{ "confirm", JY_BOOL, .flags = JY_HIDDEN, .label = "确认" },
	{ 0 },
};

struct batch {
	struct jy_ctx *cx;
	const struct jy_flow *flow;
	const struct jy_move *move;
	int64_t ids[FLOW_BATCH_MAX], vers[FLOW_BATCH_MAX];
	size_t count, done;
	json_t *rows; /* what the page says about each */
};

/* "12" or "12.3". */
static bool
batch_add(struct batch *b, const char *text)
{
	char *end;
	long long id = strtoll(text, &end, 10), ver = 0;

	if (*end == '.')
		ver = strtoll(end + 1, &end, 10);
	if (id <= 0 || ver < 0 || *end || b->count == FLOW_BATCH_MAX)
		return false;
	b->ids[b->count] = id;
	b->vers[b->count++] = ver;
	return true;
}

/* The ids as typed (text joined with ',') or as read (an array). */
static bool
batch_ids(struct batch *b, const json_t *ids)
{
	char *rest, *part;
	size_t i;
	json_t *each;

	json_array_foreach(ids, i, each) if (!batch_add(b, json_string_value(each))) return false;
	if (!json_is_string(ids))
		return true;
	rest = jy_printf(b->cx, "%s", json_string_value(ids));
	while ((part = strsep(&rest, ",")) != NULL)
		if (*part && !batch_add(b, part))
			return false;
	return true;
}

static enum jy_status
batch_open(struct jy_ctx *cx, const json_t *values, struct batch *b)
{
	*b = (struct batch){ .cx = cx, .rows = jy_own(cx, json_array()) };
	b->flow = flow_find(cx, jy_param_text(cx, "plugin"), jy_param_text(cx, "noun"));
	b->move = b->flow ? flow_move(b->flow, jy_json_text(values, "move")) : NULL;
	if (!b->move || !(b->move->flags & JY_BATCH))
		return JY_NOT_FOUND;
	return batch_ids(b, json_object_get(values, "ids")) ? JY_OK : JY_INVALID;
}

static void
row_add(struct batch *b, int64_t id, const struct flow_record *r, json_t *remarks, const char *why)
{
	json_array_append_new(
	    b->rows, json_pack("{s:I, s:o, s:s, s:s, s:b, s:s, s:O*}", "id", (json_int_t)id, "token",
			       json_sprintf("%" PRId64 ".%" PRId64, id, r ? r->ver : 0), "label",
			       r ? jy_json_text(r->row, "_label") : "", "state",
			       r ? r->state->label : "", "ok", !why, "why", why ? why : "", "remarks",
			       remarks));
	b->done += !why;
}

/* --- Before --- */

/* The first remark that will be in the move's way; NULL: none. */
static const char *
stopped(struct batch *b, const json_t *remarks)
{
	const json_t *remark;
	size_t i;

	json_array_foreach(remarks, i, remark) if (json_is_true(json_object_get(remark, "stop")))
		return jy_printf(b->cx, "不能办理：%s。", jy_json_text(remark, "text"));
	return NULL;
}

static enum jy_status
preview(struct batch *b)
{
	for (size_t i = 0; i < b->count; i++) {
		struct flow_no no = { 0 };
		struct flow_record r;
		json_t *remarks;
		enum jy_status s = flow_read(b->cx, b->flow, b->ids[i], false, &r);

		if (s == JY_NOT_FOUND) {
			row_add(b, b->ids[i], NULL, NULL, "没有这条记录，或它不在您的范围内。");
			continue;
		}
		if (s != JY_OK)
			return s;
		s = move_check(b->cx, b->flow, b->move, &r, b->vers[i], &no);
		if (flow_remarks(b->cx, b->flow, r.row, b->move->name, &remarks) != JY_OK)
			return JY_FAILED;
		row_add(b, b->ids[i], &r, remarks, s == JY_OK ? stopped(b, remarks) : no.sentence);
	}
	return JY_OK;
}

static void
model_put(struct batch *b, json_t *model, bool finished)
{
	const char *chosen = jy_json_text(json_object_get(model, "values"), "reason");
	json_t *reasons = json_array();

	for (const struct jy_choice *c = b->move->reasons; c && c->value; c++)
		json_array_append_new(reasons,
				      json_pack("{s:s, s:s, s:b}", "value", c->value, "label",
						c->label, "selected", !strcmp(c->value, chosen)));
	json_object_set_new(model, "title",
			    json_sprintf("%s：批量“%s”", b->flow->title, b->move->label));
	json_object_set_new(model, "batch",
			    json_pack("{s:s, s:s, s:s, s:O, s:I, s:I, s:b, s:b, s:b, s:b, s:o}",
				      "move", b->move->name, "label", b->move->label, "queue",
				      jy_printf(b->cx, "%s/queue", flow_path(b->cx, b->flow)),
				      "rows", b->rows, "ok_count", (json_int_t)b->done, "bad_count",
				      (json_int_t)(json_array_size(b->rows) - b->done), "finished",
				      finished, "needs_reason", (b->move->flags & JY_REASON) != 0,
				      "needs_note", (b->move->flags & JY_NOTE) != 0, "has_reasons",
				      b->move->reasons != NULL, "reasons", reasons));
}

/* Also after a refused confirmation: the preview again, with what was typed. */
static enum jy_status
batch_prepare(struct jy_ctx *cx, json_t *model)
{
	struct batch b;
	enum jy_status s = batch_open(cx, json_object_get(model, "values"), &b);

	if (s == JY_OK)
		s = preview(&b);
	if (s == JY_OK)
		model_put(&b, model, false);
	return s;
}

const struct jy_form flow_batch_form = {
	.name = "flow.batch",
	.title = "批量办理",
	.fields = batch_fields,
	.submit = "确定",
	.tmpl = "core/batch",
	.prepare = batch_prepare,
};

/* --- Doing --- */

static const char *
why_not(struct batch *b, const struct jy_view *said, enum jy_status s)
{
	const json_t *first = json_array_get(b->cx->errors, 0);

	if (said->sentence)
		return said->sentence;
	if (first)
		return jy_json_text(first, "message");
	return s == JY_NOT_FOUND ? "没有这条记录，或它不在您的范围内。"
				 : "没有办成，请打开这条记录单独办理。";
}

static enum jy_status
one(struct batch *b, size_t i)
{
	struct jy_ctx *cx = b->cx;
	struct jy_view *said = view_new(cx);
	struct flow_record r = { 0 };
	bool found = flow_read(cx, b->flow, b->ids[i], false, &r) == JY_OK;
	enum jy_status s = db_exec(cx, "SAVEPOINT one_move");

	if (s != JY_OK)
		return s;
	cx->errors = NULL;
	s = jy_flow_move(cx, said, b->flow, b->ids[i], b->move->name, b->vers[i],
			 jy_param_text(cx, "reason"), jy_param_text(cx, "note"));
	if (cx->retry || s == JY_BUSY || s == JY_FAILED)
		return s == JY_OK ? JY_BUSY : s;
	row_add(b, b->ids[i], found ? &r : NULL, NULL, s == JY_OK ? NULL : why_not(b, said, s));
	return s == JY_OK ? JY_OK : db_exec(cx, "ROLLBACK TO SAVEPOINT one_move");
}

static enum jy_status
confirmed(struct batch *b, struct jy_view *out)
{
	struct jy_ctx *cx = b->cx;
	const char *reason = jy_param_text(cx, "reason"), *note = jy_param_text(cx, "note");
	json_t *model = json_object();
	size_t refused;

	/* Once for all, so that a missing reason is asked for on the page and not 200 times. */
	if ((b->move->flags & JY_REASON) && !reason)
		jy_field_error(cx, "reason", "请选择“%s”的理由。", b->move->label);
	if ((b->move->flags & JY_NOTE) && !note)
		jy_field_error(cx, "note", "请写明“%s”的说明。", b->move->label);
	jy_own(cx, model);
	if (json_array_size(cx->errors) > 0)
		return jy_form_again(cx, out);
	for (size_t i = 0; i < b->count; i++) {
		enum jy_status s = one(b, i);

		if (s != JY_OK)
			return s;
	}
	cx->errors = NULL;
	refused = json_array_size(b->rows) - b->done;
	if (refused == 0) {
		jy_notice(out, "已对 %zu 条记录完成“%s”。", b->done, b->move->label);
		return jy_redirect(out, "%s/queue", flow_path(cx, b->flow));
	}
	model_put(b, model, true);
	return jy_show(out, "core/batch", json_incref(model));
}

/* POST /:plugin/flow/:noun/batch */
enum jy_status
flow_batch(struct jy_ctx *cx, struct jy_view *out)
{
	struct batch b;
	enum jy_status s = hook_open(cx, out, jy_param_text(cx, "plugin"));

	if (s == JY_OK)
		s = batch_open(cx, jy_params(cx), &b);
	if (s == JY_INVALID)
		return jy_refuse(out, s, "flow.batch", "记录的编号有误，请回到列表重新勾选。");
	if (s != JY_OK)
		return s;
	if (!move_allowed(cx, b.move))
		return jy_refuse(out, JY_DENIED, "flow.role", "您现在的身份不能“%s”。",
				 b.move->label);
	if (b.count == 0)
		return jy_refuse(out, JY_INVALID, "flow.batch",
				 "还没有勾选记录，请回到列表勾选后再操作。");
	if (jy_param_bool(cx, "confirm"))
		return confirmed(&b, out);
	return jy_form_page(cx, out, &flow_batch_form, NULL,
			    json_pack("{s:s, s:O}", "move", b.move->name, "ids",
				      json_object_get(jy_params(cx), "ids")));
}
