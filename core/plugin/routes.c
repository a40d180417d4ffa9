/*
 * routes.c - are a plugin's routes and menu entries its own, and is every one of them guarded?
 *
 * Deny by default begins here: a route that names no role does not load, and one that is open to
 * everybody has to say so aloud with JY_PUBLIC.
 */
#include "plugin/checks.h"

#include <string.h>

#define PATH_MAX_CHARS 79 /* the board keeps a route in 80 bytes */
#define PARAMS_MAX     8

/* Is the first part of the path exactly the plugin's name? */
static bool
path_owned(const struct check *c, const char *path)
{
	size_t n = strlen(c->name);

	return path && path[0] == '/' && !strncmp(path + 1, c->name, n) &&
	       (path[1 + n] == '/' || path[1 + n] == '\0');
}

static bool
param_declared(const struct jy_route *r, const char *name, size_t n)
{
	for (const struct jy_field *f = r->params; f && f->name; f++)
		if (strlen(f->name) == n && !strncmp(f->name, name, n))
			return true;
	return false;
}

static bool
part_check(const struct check *c, const struct jy_route *r, const char *part, size_t n)
{
	static const char fixed[] = "abcdefghijklmnopqrstuvwxyz0123456789_-.";

	if (n == 0)
		return check_no(c, "地址“%s”里有空的部分。", r->path);
	if (part[0] == ':') {
		if (!param_declared(r, part + 1, n - 1))
			return check_no(c, "地址“%s”里的参数“%.*s”没有在 params 里声明。", r->path,
					(int)n, part);
		return true;
	}
	if (strspn(part, fixed) < n)
		return check_no(c, "地址“%s”只能用小写字母、数字、下划线、连字符和点。", r->path);
	return true;
}

static bool
path_check(const struct check *c, const struct jy_route *r)
{
	const char *part = r->path + 1;
	int params = 0;

	if (strlen(r->path) > PATH_MAX_CHARS)
		return check_no(c, "地址“%s”太长，最多 %d 个字符。", r->path, PATH_MAX_CHARS);
	for (;;) {
		size_t n = strcspn(part, "/");

		if (!part_check(c, r, part, n))
			return false;
		if (part[0] == ':' && ++params > PARAMS_MAX)
			return check_no(c, "地址“%s”的参数太多，最多 %d 个。", r->path, PARAMS_MAX);
		if (!part[n])
			return true;
		part += n + 1;
	}
}

/* Two paths have the same shape when they differ in the names of parameters only. */
static bool
same_shape(const char *a, const char *b)
{
	while (*a && *b) {
		if (*a == ':' && *b == ':') {
			a += strcspn(a, "/");
			b += strcspn(b, "/");
		} else if (*a++ != *b++) {
			return false;
		}
	}
	return *a == *b;
}

static bool
form_check(const struct check *c, const struct jy_route *r)
{
	size_t n = strlen(c->name);
	const char *tmpl = r->form ? r->form->tmpl : NULL;

	if (!r->form)
		return true;
	if (r->method != JY_POST)
		return check_no(c, "地址“%s”用 GET 却带有表单，请改为 POST。", r->path);
	if (!check_prefixed(c, "表单", r->form->name))
		return false;
	if (tmpl && strncmp(tmpl, "core/", 5) && (strncmp(tmpl, c->name, n) || tmpl[n] != '/'))
		return check_no(c, "表单“%s”的模板“%s”要以“%s/”开头。", r->form->name, tmpl,
				c->name);
	return check_fields(c, "表单", r->form->fields, true);
}

static bool
route_check(const struct check *c, const struct jy_route *r)
{
	if (!path_owned(c, r->path))
		return check_no(c, "地址“%s”不在自己的前缀下，要以“/%s”开头。", r->path, c->name);
	if (r->method != JY_GET && r->method != JY_POST)
		return check_no(c, "地址“%s”的方法要写 JY_GET 或 JY_POST。", r->path);
	if (!(r->roles & JY_ANYONE) || (r->roles & ~(unsigned)JY_ANYONE))
		return check_no(c, "地址“%s”没有写明哪些角色可以用；对所有人公开请写 JY_PUBLIC。",
				r->path);
	if (!r->handle)
		return check_no(c, "地址“%s”没有处理函数。", r->path);
	if (r->cache_s && (r->method != JY_GET || !(r->roles & JY_PUBLIC)))
		return check_no(c, "地址“%s”要缓存，但不是公开的 GET 页面。", r->path);
	return path_check(c, r) && check_fields(c, "地址", r->params, false) && form_check(c, r);
}

bool
check_routes(const struct check *c, const struct jy_plugin *table)
{
	for (const struct jy_route *r = table->routes; r && r->path; r++) {
		if (!route_check(c, r))
			return false;
		for (const struct jy_route *q = table->routes; q < r; q++)
			if (q->method == r->method && same_shape(q->path, r->path))
				return check_no(c, "地址“%s”和“%s”形状相同，请去掉一个。", q->path,
						r->path);
	}
	for (const struct jy_nav *n = table->nav; n && n->path; n++)
		if (!path_owned(c, n->path) || !n->label || !n->roles)
			return check_no(c, "菜单“%s”要指向自己的地址，并写明标签和角色。", n->path);
	return true;
}
