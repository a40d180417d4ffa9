/*
 * crash.c - every way in which a plugin can hurt the process that runs it, one route each.
 *
 * /crash/segv, /crash/abort and /crash/hang take any query (?n=1) so that tests can make different
 * requests; /crash/leak maps 64 MiB at a time until the worker's limit; /crash/ok is its good page.
 */
#include <jiye/plugin.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct jy_field params[] = {
	{ "n", JY_INT, 0, 1000000, .label = "区分请求" },
	{ 0 },
};

/* Through a pointer that the compiler cannot look through, as a real fault is. */
static enum jy_status
segv(struct jy_ctx *cx, struct jy_view *out)
{
	volatile char *volatile nowhere = NULL;

	(void)cx, (void)out;
	*nowhere = 1;
	return JY_OK;
}

static enum jy_status
die(struct jy_ctx *cx, struct jy_view *out)
{
	(void)cx, (void)out;
	abort();
}

static enum jy_status
hang(struct jy_ctx *cx, struct jy_view *out)
{
	(void)cx, (void)out;
	while (getpid() > 0)
		usleep(100000);
	return JY_OK;
}

/* Memory that outlives the request: what a worker's address space limit is for. */
static enum jy_status
leak(struct jy_ctx *cx, struct jy_view *out)
{
	const size_t step = (size_t)64 * 1024 * 1024;

	(void)cx;
	for (int i = 0; i < 1000; i++) {
		void *kept = mmap(NULL, step, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		if (kept == MAP_FAILED)
			abort();
	}
	return jy_bytes_out(out, "text/plain", NULL, "kept", 4);
}

static enum jy_status
ok(struct jy_ctx *cx, struct jy_view *out)
{
	(void)cx;
	return jy_bytes_out(out, "text/plain; charset=utf-8", NULL, "ok\n", 3);
}

static const struct jy_route routes[] = {
	{ JY_GET, "/crash/ok", JY_ANYONE, params, ok },
	{ JY_GET, "/crash/segv", JY_ANYONE, params, segv },
	{ JY_GET, "/crash/abort", JY_ANYONE, params, die },
	{ JY_GET, "/crash/hang", JY_ANYONE, params, hang, .limit_s = 2 },
	{ JY_GET, "/crash/leak", JY_ANYONE, params, leak },
	{ 0 },
};

JY_PLUGIN(.name = "crash", .version = "1.0.0", .title = "崩溃示例", .routes = routes)
