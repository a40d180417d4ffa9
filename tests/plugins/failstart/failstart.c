/* failstart.c - says no when it is started. */
#include <jiye/plugin.h>

static enum jy_status
start(struct jy_ctx *cx)
{
	jy_log(cx, "failstart", "refuses to start on purpose");
	return JY_FAILED;
}

JY_PLUGIN(.name = "failstart", .version = "1.0.0", .title = "不能启动", .start = start)
