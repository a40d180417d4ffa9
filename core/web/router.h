/* router.h - finds the route of a method and path among all plugins' tables. */
#ifndef CORE_ROUTER_H
#define CORE_ROUTER_H

#include "ctx.h"

#define ROUTE_LIMIT_S 10 /* of a route that states none */

struct router;
struct plugins;

struct match {
	const struct jy_route *route;
	struct plugin *plugin;
	const char *values[8]; /* of path parameters, in the path's order; point into `path`'s copy */
	const char *names[8];
	size_t count;
	bool other_method; /* the path exists with another method: 405 */
	const char *off;   /* the path belongs to this plugin, which is off: 503; else NULL */
};

/* Refuses (NULL, sentence) two routes with the same method and shape. Fixed segments win over
 * parameters. Tables are borrowed for ever. */
struct router *router_new(TALLOC_CTX *owner, const struct plugins *plugins, const char **error);
bool router_find(const struct router *router, TALLOC_CTX *owner, int method, const char *path,
		 struct match *out);
const struct plugins *router_plugins(const struct router *router);
/* Every route as JSON: method, path, plugin, roles, params, form, flags (jiyectl routes). */
json_t *router_json(const struct router *router);

#endif
