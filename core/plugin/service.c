/*
 * service.c - how plugins meet without linking to each other: named services of those that are on.
 *
 * The provider's code runs under its own mark in the scoreboard, so that a crash is blamed on the
 * provider and not on the plugin that asked.
 */
#include "ctx.h"
#include "plugin/plugins.h"
#include "process/board.h"

bool
jy_provided(struct jy_ctx *cx, const char *service)
{
	struct plugin *provider;

	return plugins_service(cx->core->plugins, service, &provider) != NULL;
}

enum jy_status
jy_call(struct jy_ctx *cx, const char *service, json_t *args, jy_each_fn each, void *arg)
{
	struct plugin *provider, *caller = cx->plugin;
	const struct jy_service *s = plugins_service(cx->core->plugins, service, &provider);
	struct mark mark;
	enum jy_status status;

	if (!s)
		return JY_BUSY; /* off now, perhaps on again later */
	slot_enter(cx->core->slot, &mark, provider->name, "service");
	cx->plugin = provider;
	status = s->run(cx, args, each, arg);
	cx->plugin = caller;
	slot_leave(cx->core->slot, &mark);
	return status;
}
