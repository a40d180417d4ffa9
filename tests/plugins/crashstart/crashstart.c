/* crashstart.c - dies when it is started: the probe's child dies, nobody else. */
#include <jiye/plugin.h>
#include <signal.h>

static enum jy_status
start(struct jy_ctx *cx)
{
	(void)cx;
	raise(SIGSEGV);
	return JY_OK;
}

JY_PLUGIN(.name = "crashstart", .version = "1.0.0", .title = "启动时崩溃", .start = start)
