/* badprefix.c - its name is a beginning of its path, but not the path's first part. */
#include <jiye/plugin.h>

static enum jy_status
page(struct jy_ctx *cx, struct jy_view *out)
{
	(void)cx, (void)out;
	return JY_OK;
}

static const struct jy_route routes[] = {
	{ JY_GET, "/badprefixed", JY_PUBLIC, NULL, page },
	{ 0 },
};

JY_PLUGIN(.name = "badprefix", .version = "1.0.0", .title = "越界的地址", .routes = routes)
