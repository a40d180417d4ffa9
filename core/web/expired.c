/*
 * expired.c - a form arrived too late: its session is over, or its token belongs to another one.
 *
 * Nothing was stored, and nothing that was typed may be lost. The page shows the values for copying
 * and holds them in a form of its own, which sends them again with the present token after signing
 * in; but only if the browser vouches that they came from a page of ours, or a foreign site could
 * have a visitor confirm what it made up. It shows only what the route's tables declare, and never
 * passwords or files.
 */
#include <string.h>

#include "facility/fields.h"
#include "web/guard.h"
#include "web/request.h"
#include "web/response.h"

static const struct jy_field *
declared(const struct jy_route *route, const char *name)
{
	const struct jy_field *field = route->form ? field_find(route->form->fields, name) : NULL;

	return field ? field : field_find(route->params, name);
}

/* The fields as {name,label,value}; left is set when one of them may not be shown again. */
static json_t *
typed_again(const struct jy_ctx *cx, bool *left)
{
	const struct pairs *fields = &cx->request->fields;
	const struct jy_field *field;
	json_t *typed = json_array();
	size_t i;

	*left = cx->request->upload_count > 0;
	for (i = 0; i < fields->count; i++) {
		field = declared(cx->route, fields->items[i].name);
		if (!field || fields->items[i].length == 0)
			continue;
		if (field->type == JY_PASSWORD || field->type == JY_FILE) {
			*left = true;
			continue;
		}
		json_array_append_new(typed,
				      json_pack("{s:s, s:s, s:s, s:b}", "name", field->name,
						"label", field->label ? field->label : field->name,
						"value", fields->items[i].value, "hidden",
						(field->flags & JY_HIDDEN) != 0));
	}
	return typed;
}

enum jy_status
expired_page(struct jy_ctx *cx, struct jy_view *view, int http)
{
	const struct request *r = cx->request;
	bool left;
	json_t *model, *typed = typed_again(cx, &left);

	model = json_pack(
	    "{s:s, s:s, s:s, s:b, s:b}", "title", "这份表单还没有保存", "sentence",
	    http == 401 ? "您的登录已经过期，刚才提交的内容没有保存。请登录后再提交。"
			: "这份表单的有效期已过，刚才提交的内容没有保存。请核对后再提交一次。",
	    "sign_in", "/account/sign-in", "signed_in", cx->session != NULL, "left", left);
	if (json_array_size(typed) && guard_same_site(cx)) {
		json_object_set_new(model, "action",
				    r->query[0] && utf8_valid(r->query, strlen(r->query))
					? json_sprintf("%s?%s", r->path, r->query)
					: json_string(r->path));
		json_object_set_new(model, "again", json_true());
	}
	json_object_set_new(model, "typed", typed);
	jy_show(view, "core/expired", model);
	view->status = http;
	view->code = http == 401 ? "sign_in" : "csrf";
	return JY_DENIED;
}
