/* fuzz_router.c - the input is a request's method and path against a tree of all shapes of routes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/plugins.h"
#include "tokens.h"
#include "web/request.h"
#include "web/router.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct jy_route routes[] = {
	{ JY_GET, "/", JY_ANYONE },
	{ JY_GET, "/a", JY_ANYONE },
	{ JY_GET, "/a/b", JY_ANYONE },
	{ JY_POST, "/a/b", JY_ANYONE },
	{ JY_GET, "/a/:x", JY_ANYONE },
	{ JY_POST, "/a/:y/c", JY_ANYONE },
	{ JY_GET, "/a/b/d", JY_ANYONE },
	{ JY_GET, "/a/:x/e/:z", JY_ANYONE },
	{ JY_GET, "/:p/:q/:r/:s/:t/:u/:v/:w", JY_ANYONE },
	{ 0 },
};
static const struct jy_plugin table = { .name = "a", .routes = routes };

static struct router *
router_make(void)
{
	static struct plugin plugin = { .name = "a", .table = &table };
	static struct plugin *items[] = { &plugin };
	static struct plugins plugins = { .items = items, .count = 1 };
	const char *error;
	struct router *router;

	plugins.off = json_pack("{s:{}}", "off");
	router = router_new(NULL, &plugins, &error);
	if (!router)
		abort();
	return router;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct router *router;
	static const char *const words[] = { "/a", "/b", "/c",   "/d", "/e", "/off", "/x",
					     "/",  "//", "/%61", "a",  ":x", "/.",   "%2F" };
	TALLOC_CTX *owner;
	struct match match;
	struct buf text;
	const char *path;
	size_t i;

	if (!router)
		router = router_make();
	if (size < 1)
		return 0;
	owner = talloc_new(NULL);
	buf_init(&text, owner, 65536);
	buf_text(&text, "");
	tokens_expand(&text, words, sizeof(words) / sizeof(words[0]), data + 1, size - 1);
	path = talloc_strndup(owner, text.data, text.len);
	if (path_normalise(owner, path, &path) &&
	    router_find(router, owner, data[0] & 1 ? JY_POST : JY_GET, path, &match))
		for (i = 0; i < match.count; i++)
			if (!match.values[i][0] || strchr(match.values[i], '/'))
				abort();
	talloc_free(owner);
	return 0;
}
