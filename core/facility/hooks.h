/* hooks.h - facilities call functions of plugins' tables; so the blame goes where it belongs. */
#ifndef CORE_HOOKS_H
#define CORE_HOOKS_H

#include "plugin/plugins.h"
#include "process/board.h"

struct hook {
	struct jy_ctx *cx;
	struct plugin *before;
	struct mark mark;
};

/* Around a call into plugin (NULL or a part: the core itself). */
void hook_enter(struct hook *hook, struct jy_ctx *cx, struct plugin *plugin);
void hook_leave(struct hook *hook);

/* The plugin that a name such as "jobs.vacancy" belongs to by its prefix; NULL: none is on. */
struct plugin *hook_owner(struct jy_ctx *cx, const char *name);
/* May the caller use this plugin's facility now? A refusal in out: 404, or 503 while it is off. */
JY_CHECKED enum jy_status hook_open(struct jy_ctx *cx, struct jy_view *out, const char *plugin);

#endif
