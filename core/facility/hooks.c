/*
 * hooks.c - whose code runs now: the context's plugin and the scoreboard's mark, put and taken
 * back.
 *
 * Routes of flows and imports belong to the core, but what they call belongs to the plugin whose
 * name begins the flow's or import's; when it is off, its facilities are off too.
 */
#include "facility/hooks.h"

#include <string.h>

#include "web/guard.h"
#include "web/response.h"

#define RETRY_OFF_S 60

void
hook_enter(struct hook *hook, struct jy_ctx *cx, struct plugin *plugin)
{
	*hook = (struct hook){ .cx = cx, .before = cx->plugin };
	cx->plugin = plugin;
	slot_enter(cx->core->slot, &hook->mark, plugin && !plugin->part ? plugin->name : "",
		   "handle");
}

void
hook_leave(struct hook *hook)
{
	slot_leave(hook->cx->core->slot, &hook->mark);
	hook->cx->plugin = hook->before;
}

struct plugin *
hook_owner(struct jy_ctx *cx, const char *name)
{
	size_t n = strcspn(name, ".");

	for (size_t i = 0; cx->core->plugins && i < cx->core->plugins->count; i++) {
		struct plugin *p = cx->core->plugins->items[i];

		if (strlen(p->name) == n && !strncmp(p->name, name, n))
			return p;
	}
	return NULL;
}

enum jy_status
hook_open(struct jy_ctx *cx, struct jy_view *out, const char *plugin)
{
	const struct plugin *p = hook_owner(cx, plugin);
	const json_t *off = json_object_get(cx->core->plugins->off, plugin);

	if (p && !plugin_off_here(cx, p))
		return JY_OK;
	if (!p && !off)
		return JY_NOT_FOUND;
	out->retry_after = RETRY_OFF_S;
	return refuse_http(out, 503, p ? "plugin.off_unit" : "plugin.off",
			   "“%s”现在没有开放，已有的数据都安全保存着，请稍后再来。",
			   p ? p->table->title : jy_json_text(off, "title"));
}
