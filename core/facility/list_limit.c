/*
 * list_limit.c - how much of the lists one account may take, and what is kept of its searches.
 *
 * Whoever works with a list reads it slower than a program does. Pages of people are counted by
 * account, exports of every list too; a visitor, who has only public lists, by address. Where a
 * campus or office shares one, the burst is what keeps its people from each other's way.
 */
#include "facility/list_limit.h"

#include <string.h>

#include "facility/fields.h"
#include "people/ratelimit.h"
#include "web/request.h"
#include "web/response.h"

static const struct tier {
	const char *what;
	int burst;
	int64_t period_ms;
} pages = { "list.page", 300, 6000 }, exports = { "list.export", 30, 120000 },
  open_exports = { "list.open", 60, 10000 };

bool
list_personal(const struct jy_list *list)
{
	for (const struct jy_column *c = list->columns; c->name; c++)
		if (c->flags & (JY_PERSONAL | JY_MASKED))
			return true;
	return false;
}

enum jy_status
list_limit(struct jy_ctx *cx, struct jy_view *out, const struct jy_list *list, bool export)
{
	bool visitor = cx->user.account == 0;
	const struct tier *tier = !export ? &pages : visitor ? &open_exports : &exports;
	const char *who =
	    visitor ? cx->request->remote : jy_printf(cx, "%" PRId64, cx->user.account);
	int64_t wait;

	if (!export && !list_personal(list))
		return JY_OK;
	wait =
	    ratelimit(cx->core->board, tier->what, who, strlen(who), tier->burst, tier->period_ms);
	if (wait == 0)
		return JY_OK;
	wait = (wait + 999) / 1000;
	jy_log(cx, "list.limited", "%s of %s, wait %" PRId64 " s", tier->what, list->name, wait);
	out->retry_after = (int)wait;
	return refuse_http(out, 429, "list.rate",
			   "您在短时间内%s得太多，请 %" PRId64
			   " 秒后再试。请用筛选条件缩小范围，少取一些数据。",
			   export ? "导出" : "翻看名单", wait);
}

/* {"name":"张*","unit":"220100"} */
static json_t *
filters_used(struct jy_ctx *cx, const struct jy_list *list)
{
	json_t *used = json_object();

	for (const struct jy_filter *f = list->filters; f && f->field.name; f++) {
		const char *text = list_filter_text(cx, &f->field);
		struct jy_field masked = f->field;

		masked.flags |= JY_SEALED;
		if (text && (f->field.type == JY_TEXT || f->field.flags & JY_SEALED))
			text = field_show(cx, &masked, json_object_get(cx->params, f->field.name));
		if (text)
			json_object_set_new(used, f->field.name, json_string(text));
	}
	return used;
}

enum jy_status
list_record(struct jy_ctx *cx, const char *action, const struct list_state *state,
	    const char *format, int64_t rows)
{
	json_t *used = filters_used(cx, state->list);

	if (!format && json_object_size(used) == 0) {
		json_decref(used);
		return JY_OK; /* looking at one's list is no search */
	}
	return jy_audit(cx, action, state->list->name,
			json_pack("{s:s*, s:I, s:o, s:s}", "format", format, "rows",
				  (json_int_t)rows, "filters", used, "sort", state->sort_text));
}
