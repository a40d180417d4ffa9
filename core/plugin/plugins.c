/*
 * plugins.c - opens plugins and holds what a process has loaded.
 *
 * dlopen is local and immediate: plugins cannot see each other, and a missing symbol is found here
 * rather than in a handler. Nothing is ever closed: a plugin may have left destructors, threads or
 * callbacks behind, and a process that loaded it lives only as long as its generation anyway.
 */
#include "plugin/plugins.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plugin/checks.h"
#include "plugin/order.h"

/* The plugin's name by its place: <name>/<build>/ when installed, <name>/ in a build folder. */
static bool
name_of(TALLOC_CTX *owner, const char *dir, const char *build, char name[32], const char **error)
{
	char *path = talloc_strdup(owner, dir);
	size_t n;
	const char *base;

	if (!path)
		abort();
	for (int up = build && build[0] ? 1 : 0; up >= 0; up--) {
		n = strlen(path);
		while (n > 1 && path[n - 1] == '/')
			path[--n] = '\0';
		base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
		if (up && base > path)
			path[base - path - 1] = '\0';
	}
	if (!plugin_name_check(owner, base, error))
		return false;
	memcpy(name, base, strlen(base) + 1);
	talloc_free(path);
	return true;
}

static const struct jy_plugin *
table_open(TALLOC_CTX *owner, const char *dir, const char *name, const char **error)
{
	struct check c = { owner, name, error };
	char *file = talloc_asprintf(owner, "%s/%s.so", dir, name);
	const struct jy_plugin *(*entry)(void);
	void *handle;

	if (access(file, R_OK)) {
		check_no(&c, "找不到或不能读取文件 %s，请重新安装它。", file);
		return NULL;
	}
	handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);
	if (!handle) {
		check_no(&c, "文件不能加载（%s），请用本系统的头文件重新构建它。", dlerror());
		return NULL;
	}
	*(void **)&entry = dlsym(handle, "jy_plugin");
	if (!entry) {
		check_no(&c, "文件里没有入口 jy_plugin，请用 JY_PLUGIN(...) 定义它。");
		return NULL;
	}
	talloc_free(file);
	return table_copy(owner, name, entry(), error);
}

struct plugin *
plugin_open(TALLOC_CTX *owner, const char *dir, const char *build, const char **error)
{
	struct plugin *p = talloc_zero(owner, struct plugin);

	if (!p)
		abort();
	if (!name_of(owner, dir, build, p->name, error))
		return NULL;
	p->table = table_open(p, dir, p->name, error);
	if (!p->table || !table_check(owner, p->name, p->table, error) ||
	    !schema_check(owner, p->table, dir, error))
		return NULL;
	p->dir = talloc_strdup(p, dir);
	p->build = talloc_strdup(p, build ? build : "");
	return p;
}

struct plugin *
plugins_find(const struct plugins *plugins, const char *name)
{
	for (size_t i = 0; i < plugins->count; i++)
		if (!strcmp(plugins->items[i]->name, name))
			return plugins->items[i];
	return NULL;
}

const struct jy_service *
plugins_service(const struct plugins *plugins, const char *name, struct plugin **provider)
{
	for (size_t i = 0; i < plugins->count; i++) {
		const struct jy_service *s = plugins->items[i]->table->services;

		for (; s && s->name; s++)
			if (!strcmp(s->name, name)) {
				*provider = plugins->items[i];
				return s;
			}
	}
	return NULL;
}

bool
plugins_add(struct plugins *plugins, struct plugin **items, size_t count, char culprit[32],
	    const char **error)
{
	struct plugin **sorted = talloc_array(plugins, struct plugin *, count + 1);

	if (!sorted)
		abort();
	for (size_t i = 0; i < count; i++) {
		bool twice = plugins_find(plugins, items[i]->name) != NULL;

		for (size_t k = 0; k < i; k++)
			twice |= !strcmp(items[k]->name, items[i]->name);
		if (!twice)
			continue;
		memcpy(culprit, items[i]->name, 32);
		*error = talloc_asprintf(plugins, "插件 %s：这个名称已经被占用，请换一个名称。",
					 items[i]->name);
		return false;
	}
	if (!plugins_order(plugins, items, count, sorted, culprit, error))
		return false;
	plugins->items =
	    talloc_realloc(plugins, plugins->items, struct plugin *, plugins->count + count + 1);
	if (!plugins->items)
		abort();
	memcpy(plugins->items + plugins->count, sorted, count * sizeof(*sorted));
	plugins->count += count;
	talloc_free(sorted);
	return true;
}
