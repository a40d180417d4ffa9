/*
 * plugins.h - loads plugins, checks their tables, holds what a process has loaded.
 *
 * The core's own pages are "parts": the same table, linked in, always on, and exempt from the prefix
 * rule. So there is one kind of route, task, subscription and service everywhere.
 */
#ifndef CORE_PLUGINS_H
#define CORE_PLUGINS_H

#include "ctx.h"

struct plugin {
	char name[32];
	const struct jy_plugin *table;
	const char *dir;   /* folder with templates/, sql/, feeds/; NULL for parts of the core */
	const char *build; /* sha256 of the file, hex */
	bool part;         /* of the core */
	struct meter *meter;
	bool *unit_off;    /* per-unit switch, indexes as units_off below */
	json_t *units_off; /* array of unit codes where it is off, or NULL */
};
struct plugins {
	struct plugin **items; /* parts first, then plugins in dependency order */
	size_t count;
	json_t *off; /* installed but not on: name -> {"title","state","reason"} */
};

/* An installed plugin: <config->plugins>/<name>/<build>/<name>.so with templates/ and sql/ beside it. */
struct plugin_choice {
	char name[32];
	char build[65];
};

/* Loads the parts only (safe mode, tests). */
struct plugins *plugins_core(TALLOC_CTX *owner);
/* Opens one file and checks ABI, size, name, prefixes, routes with roles, fields, templates and
 * schema number. NULL with a sentence that names the difference. Nothing is ever closed. */
struct plugin *plugin_open(TALLOC_CTX *owner, const char *dir, const char *build,
			   const char **error);
/* Adds plugins, sorted by `requires`; refuses missing and cyclic ones with a sentence and culprit. */
bool plugins_add(struct plugins *plugins, struct plugin **items, size_t count, char culprit[32],
		 const char **error);
const struct jy_service *plugins_service(const struct plugins *plugins, const char *name,
					 struct plugin **provider);
struct plugin *plugins_find(const struct plugins *plugins, const char *name);
/* The whole start of a process that runs plugins: settings, wanted set from the database less the
 * quarantined, open, order, templates, router, start hooks. Used by workers, probe and tools.
 * migrate: run pending migrations first (probe and jiyectl only). */
bool core_load(struct core *core, bool migrate, bool safe, char culprit[32], const char **error);

extern const struct jy_plugin part_home, part_account, part_admin, part_work, part_flow,
    part_transfer, part_health;

#endif
