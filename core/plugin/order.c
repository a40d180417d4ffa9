/*
 * order.c - sorts plugins by what they need.
 *
 * Sets are small (at most 64), so the plain method is the clear one: again and again take the first
 * by name whose needs have all been taken. What is left over at the end goes round in a circle.
 */
#include "plugin/order.h"

#include <stdlib.h>
#include <string.h>

static struct plugin *
named(struct plugin **items, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (items[i] && !strcmp(items[i]->name, name))
			return items[i];
	return NULL;
}

static bool
missing_check(const struct plugins *plugins, struct plugin **items, size_t count, char culprit[32],
	      const char **error)
{
	for (size_t i = 0; i < count; i++) {
		const char *const *need = items[i]->table->requires;

		for (; need && *need; need++) {
			if (named(items, count, *need) || plugins_find(plugins, *need))
				continue;
			memcpy(culprit, items[i]->name, 32);
			*error = talloc_asprintf(plugins,
						 "插件 %s 需要插件 %s，但 %s 没有安装或没有开启，"
						 "请先安装并开启 %s。",
						 items[i]->name, *need, *need, *need);
			return false;
		}
	}
	return true;
}

/* Are all needs of p met by what is no longer waiting? */
static bool
ready(struct plugin **waiting, size_t count, const struct plugin *p)
{
	const char *const *need = p->table->requires;

	for (; need && *need; need++)
		if (named(waiting, count, *need))
			return false;
	return true;
}

/* Follows needs among those that wait until a name comes back. */
static void
circle_tell(const struct plugins *plugins, struct plugin **waiting, size_t count, char culprit[32],
	    const char **error)
{
	struct plugin *seen[64], *at = NULL;
	size_t n = 0, start = 0;
	char *told;

	for (size_t i = 0; i < count && !at; i++)
		at = waiting[i];
	while (n < 64) {
		const char *const *need = at->table->requires;

		for (start = 0; start < n && seen[start] != at; start++)
			;
		if (start < n)
			break;
		seen[n++] = at;
		while (!named(waiting, count, *need))
			need++; /* it waits, so one of its needs waits */
		at = named(waiting, count, *need);
	}
	memcpy(culprit, at->name, 32);
	told = talloc_strdup(plugins, "");
	for (size_t i = start; i < n; i++)
		told = talloc_asprintf_append(told, "%s → ", seen[i]->name);
	*error = talloc_asprintf(
	    plugins, "插件互相需要，成了一个环：%s%s，请改掉其中一个的 requires。", told, at->name);
	talloc_free(told);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp((*(struct plugin *const *)a)->name, (*(struct plugin *const *)b)->name);
}

bool
plugins_order(const struct plugins *plugins, struct plugin **items, size_t count,
	      struct plugin **sorted, char culprit[32], const char **error)
{
	struct plugin **waiting = talloc_array(NULL, struct plugin *, count + 1);
	size_t done = 0;

	if (!waiting)
		abort();
	memcpy(waiting, items, count * sizeof(*waiting));
	qsort(waiting, count, sizeof(*waiting), by_name);
	if (!missing_check(plugins, waiting, count, culprit, error)) {
		talloc_free(waiting);
		return false;
	}
	while (done < count) {
		size_t i = 0;

		while (i < count && (!waiting[i] || !ready(waiting, count, waiting[i])))
			i++;
		if (i == count)
			break;
		sorted[done++] = waiting[i];
		waiting[i] = NULL;
	}
	if (done < count)
		circle_tell(plugins, waiting, count, culprit, error);
	talloc_free(waiting);
	return done == count;
}
