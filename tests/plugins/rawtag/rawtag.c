/* rawtag.c - fine but for its template. */
#include <jiye/plugin.h>

static enum jy_status
page(struct jy_ctx *cx, struct jy_view *out)
{
	(void)cx;
	return jy_show(out, "rawtag/page", json_pack("{s:s}", "title", "模板"));
}

static const struct jy_route routes[] = {
	{ JY_GET, "/rawtag", JY_PUBLIC, NULL, page },
	{ 0 },
};

JY_PLUGIN(.name = "rawtag", .version = "1.0.0", .title = "模板不对", .routes = routes)
