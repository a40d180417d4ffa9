/*
 * flow_pages.c - the routes that every flow has: one move, many moves, the queue.
 *
 * They are the core's, and any signed-in role may call them: who may make which move is the flow's
 * own table, checked for each record in the caller's scope.
 */
#include <string.h>

#include "facility/fields.h"
#include "facility/flows.h"
#include "facility/hooks.h"

static const struct jy_choice any[] = { { 0 } }; /* of the flow's table, known at the request */

static const struct jy_field move_fields[] = {
	{ "ver", JY_INT, 0, INT64_MAX, JY_HIDDEN, .label = "版本", .initial = "0" },
	{ "reason", JY_CHOICE, .label = "理由", .choices = any },
	{ "note", JY_LONG, 0, FLOW_NOTE_MAX, .label = "说明" },
	{ 0 },
};

/* GET-less page of one move: only seen when the reason or note was missing or wrong. */
static enum jy_status
move_prepare(struct jy_ctx *cx, json_t *model)
{
	const struct jy_flow *flow =
	    flow_find(cx, jy_param_text(cx, "plugin"), jy_param_text(cx, "noun"));
	const struct jy_move *move = flow ? flow_move(flow, jy_param_text(cx, "move")) : NULL;
	json_t *form = json_object_get(model, "form"), *field, *options = json_array();
	const char *chosen = jy_json_text(json_object_get(model, "values"), "reason");
	size_t i;

	if (!move) {
		json_decref(options);
		return JY_NOT_FOUND;
	}
	json_object_set_new(model, "title", json_string(move->label));
	json_object_set_new(form, "title", json_sprintf("%s：%s", flow->title, move->label));
	json_object_set_new(form, "submit", json_string(move->label));
	for (const struct jy_choice *c = move->reasons; c && c->value; c++)
		json_array_append_new(options,
				      json_pack("{s:s, s:s, s:b}", "value", c->value, "label",
						c->label, "selected", !strcmp(c->value, chosen)));
	json_array_foreach(json_object_get(form, "fields"), i, field)
	{
		bool reason = !strcmp(jy_json_text(field, "name"), "reason");
		unsigned flag = reason ? JY_REASON : JY_NOTE;

		json_object_set_new(field, "required", json_boolean(move->flags & flag));
		if (reason)
			json_object_set(field, "choices", options);
		if (reason && !move->reasons)
			json_object_set_new(field, "kind", json_pack("{s:b}", "hidden", 1));
	}
	json_decref(options);
	return JY_OK;
}

static const struct jy_form move_form = {
	.name = "flow.move",
	.title = "办理",
	.fields = move_fields,
	.submit = "确定",
	.prepare = move_prepare,
};

/* POST /:plugin/flow/:noun/:id/:move */
static enum jy_status
move_one(struct jy_ctx *cx, struct jy_view *out)
{
	const char *plugin = jy_param_text(cx, "plugin"), *reason = jy_param_text(cx, "reason");
	int64_t id = jy_param_int(cx, "id");
	const struct jy_flow *flow;
	const struct jy_move *move;
	struct flow_record after;
	enum jy_status s = hook_open(cx, out, plugin);

	if (s != JY_OK)
		return s;
	flow = flow_find(cx, plugin, jy_param_text(cx, "noun"));
	move = flow ? flow_move(flow, jy_param_text(cx, "move")) : NULL;
	if (!move)
		return JY_NOT_FOUND;
	s = jy_flow_move(cx, out, flow, id, move->name, jy_param_int(cx, "ver"), reason,
			 jy_param_text(cx, "note"));
	if (s == JY_INVALID && json_array_size(cx->errors) > 0)
		return jy_form_again(cx, out); /* what was typed stays */
	if (s != JY_OK)
		return s;
	jy_notice(out, "已完成“%s”。", move->label);
	/* A record that has left the caller's sight by this move has no page for them. */
	s = flow_read(cx, flow, id, false, &after);
	if (s == JY_NOT_FOUND)
		return jy_redirect(out, "%s/queue", flow_path(cx, flow));
	return s == JY_OK ? jy_redirect(out, "%s", flow_link(cx, flow, after.row)) : s;
}

static const struct jy_field one_params[] = {
	{ "plugin", JY_CODE, 1, 32, JY_REQUIRED },
	{ "noun", JY_CODE, 1, 40, JY_REQUIRED },
	{ "id", JY_INT, 1, INT64_MAX, JY_REQUIRED },
	{ "move", JY_CODE, 1, 30, JY_REQUIRED },
	{ 0 },
};
static const struct jy_field flow_params[] = {
	{ "plugin", JY_CODE, 1, 32, JY_REQUIRED },
	{ "noun", JY_CODE, 1, 40, JY_REQUIRED },
	{ 0 },
};
static const struct jy_field queue_params[] = {
	{ "plugin", JY_CODE, 1, 32, JY_REQUIRED },
	{ "noun", JY_CODE, 1, 40, JY_REQUIRED },
	{ "state", JY_CODE, 1, 20, .label = "状态" },
	{ 0 },
};
static const struct jy_route routes[] = {
	{ JY_POST, "/:plugin/flow/:noun/:id/:move", JY_SIGNED, one_params, move_one, &move_form },
	{ JY_POST, "/:plugin/flow/:noun/batch", JY_SIGNED, flow_params, flow_batch,
	  &flow_batch_form, .limit_s = 60 },
	{ JY_GET, "/:plugin/flow/:noun/queue", JY_SIGNED, queue_params, flow_queue },
	{ 0 },
};

const struct jy_plugin part_flow = { .size = sizeof(struct jy_plugin),
				     .abi_major = JY_ABI_MAJOR,
				     .abi_minor = JY_ABI_MINOR,
				     .name = "flow",
				     .version = "1",
				     .title = "办理流程",
				     .routes = routes };
