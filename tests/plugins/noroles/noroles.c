/* noroles.c - a route that forgot to say who may use it. */
#include <jiye/plugin.h>

static enum jy_status
page(struct jy_ctx *cx, struct jy_view *out)
{
	(void)cx, (void)out;
	return JY_OK;
}

static const struct jy_route routes[] = {
	{ JY_GET, "/noroles", 0, NULL, page },
	{ 0 },
};

JY_PLUGIN(.name = "noroles", .version = "1.0.0", .title = "没有角色", .routes = routes)
