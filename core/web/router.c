/*
 * router.c - all plugins' routes as one tree of path segments.
 *
 * Built once at a process's start. A node keeps its fixed children sorted, so a look-up is a binary
 * search a segment; a fixed segment wins over a parameter, and if it leads nowhere the parameter is
 * tried. Routes of the same shape may name their parameters differently, so names hang at the leaf.
 */
#include "web/router.h"

#include <stdlib.h>
#include <string.h>

#include "plugin/plugins.h"

#define SEGMENTS_MAX 16
#define PARAMS_MAX   8

struct leaf {
	const struct jy_route *route;
	struct plugin *plugin;
	const char *names[PARAMS_MAX];
	size_t count;
};
struct node {
	const char *text; /* fixed segment; NULL in a parameter's node */
	struct node **fixed;
	size_t fixed_count;
	struct node *param;
	struct leaf *leaves[2]; /* GET, POST */
};
struct router {
	struct node *root;
	const struct plugins *plugins;
};
struct segments {
	char *items[SEGMENTS_MAX];
	size_t count;
};

/* Cuts a copy of path at its slashes; false past the limit. "/" has no segments. */
static bool
segments_cut(TALLOC_CTX *owner, const char *path, struct segments *out)
{
	char *s = talloc_strdup(owner, path + 1);

	if (!s)
		abort();
	out->count = 0;
	while (*s) {
		if (out->count == SEGMENTS_MAX)
			return false;
		out->items[out->count++] = s;
		s += strcspn(s, "/");
		if (*s)
			*s++ = '\0';
	}
	return true;
}

/* Where text stands, or would stand, among the sorted fixed children. */
static size_t
fixed_place(const struct node *node, const char *text, bool *found)
{
	size_t low = 0, high = node->fixed_count, middle;
	int order;

	while (low < high) {
		middle = (low + high) / 2;
		order = strcmp(node->fixed[middle]->text, text);
		if (order == 0) {
			*found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*found = false;
	return low;
}

static struct node *
node_new(TALLOC_CTX *owner, const char *text)
{
	struct node *node = talloc_zero(owner, struct node);

	if (!node)
		abort();
	node->text = text;
	return node;
}

static struct node *
node_below(struct node *node, const char *text)
{
	bool found;
	size_t at;

	if (text[0] == ':') {
		if (!node->param)
			node->param = node_new(node, NULL);
		return node->param;
	}
	at = fixed_place(node, text, &found);
	if (found)
		return node->fixed[at];
	node->fixed = talloc_realloc(node, node->fixed, struct node *, node->fixed_count + 1);
	if (!node->fixed)
		abort();
	memmove(node->fixed + at + 1, node->fixed + at,
		(node->fixed_count - at) * sizeof(struct node *));
	node->fixed_count++;
	return node->fixed[at] = node_new(node, text);
}

static bool
route_add(struct router *router, struct plugin *plugin, const struct jy_route *route,
	  const char **error)
{
	struct leaf *leaf = talloc_zero(router, struct leaf), **place;
	struct node *node = router->root;
	struct segments segments;
	size_t i;

	if (!leaf)
		abort();
	*leaf = (struct leaf){ .route = route, .plugin = plugin };
	if (route->path[0] != '/' || !segments_cut(router, route->path, &segments)) {
		*error =
		    talloc_asprintf(router, "插件 %s 的路由 %s 无效：须以 / 开头，至多 %d 段。",
				    plugin->name, route->path, SEGMENTS_MAX);
		return false;
	}
	for (i = 0; i < segments.count; i++) {
		node = node_below(node, segments.items[i]);
		if (segments.items[i][0] != ':')
			continue;
		if (leaf->count == PARAMS_MAX) {
			*error = talloc_asprintf(router, "插件 %s 的路由 %s 的参数超过 %d 个。",
						 plugin->name, route->path, PARAMS_MAX);
			return false;
		}
		leaf->names[leaf->count++] = segments.items[i] + 1;
	}
	place = &node->leaves[route->method == JY_POST];
	if (*place) {
		*error = talloc_asprintf(
		    router, "插件 %s 的路由 %s 与插件 %s 的路由 %s 冲突，请改名。", plugin->name,
		    route->path, (*place)->plugin->name, (*place)->route->path);
		return false;
	}
	*place = leaf;
	return true;
}

struct router *
router_new(TALLOC_CTX *owner, const struct plugins *plugins, const char **error)
{
	struct router *router = talloc_zero(owner, struct router);
	const struct jy_route *route;
	size_t i;

	if (!router)
		abort();
	router->root = node_new(router, "");
	router->plugins = plugins;
	for (i = 0; i < plugins->count; i++)
		for (route = plugins->items[i]->table->routes; route && route->path; route++)
			if (!route_add(router, plugins->items[i], route, error)) {
				talloc_steal(owner, *error);
				talloc_free(router);
				return NULL;
			}
	return router;
}

/* --- Finding --- */

struct search {
	const struct segments *segments;
	int method; /* index into leaves */
	const char *values[PARAMS_MAX];
	bool other;
};

static const struct leaf *
leaf_find(struct search *search, const struct node *node, size_t depth, size_t params)
{
	const struct leaf *leaf;
	bool found;
	size_t at;

	if (depth == search->segments->count) {
		search->other |= node->leaves[!search->method] != NULL;
		return node->leaves[search->method];
	}
	at = fixed_place(node, search->segments->items[depth], &found);
	leaf = found ? leaf_find(search, node->fixed[at], depth + 1, params) : NULL;
	if (leaf || !node->param || params == PARAMS_MAX)
		return leaf;
	search->values[params] = search->segments->items[depth];
	return leaf_find(search, node->param, depth + 1, params + 1);
}

bool
router_find(const struct router *router, TALLOC_CTX *owner, int method, const char *path,
	    struct match *out)
{
	struct segments segments;
	struct search search = { .segments = &segments, .method = method == JY_POST };
	const struct leaf *leaf;
	void *off;

	memset(out, 0, sizeof(*out));
	if (path[0] != '/' || !segments_cut(owner, path, &segments))
		return false;
	off = segments.count ? json_object_iter_at(router->plugins->off, segments.items[0]) : NULL;
	if (off) {
		out->off = json_object_iter_key(off);
		return false;
	}
	leaf = leaf_find(&search, router->root, 0, 0);
	out->other_method = !leaf && search.other;
	if (!leaf)
		return false;
	out->route = leaf->route;
	out->plugin = leaf->plugin;
	out->count = leaf->count;
	memcpy(out->names, leaf->names, leaf->count * sizeof(out->names[0]));
	memcpy(out->values, search.values, leaf->count * sizeof(out->values[0]));
	return true;
}

const struct plugins *
router_plugins(const struct router *router)
{
	return router->plugins;
}
