/*
 * load.c - the start of a process that runs plugins.
 *
 * Everything that can be wrong is found here, before a request is taken: a probe runs the same
 * steps as a worker and adds the self-tests. Each step answers with a sentence and, where one
 * plugin is to blame, its name. What is made here lives as long as the process and is never freed.
 */
#include "plugin/load.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/config.h"
#include "base/log.h"
#include "base/seal.h"
#include "data/db.h"
#include "data/migrate.h"
#include "data/settings.h"
#include "plugin/install.h"
#include "plugin/states.h"
#include "process/board.h"
#include "web/router.h"
#include "web/templates.h"

static const char SQL_UNITS_OFF[] = "SELECT plugin, unit FROM plugin_units_off ORDER BY 1, 2";

static TALLOC_CTX *life; /* of what the process keeps; reachable, so no leak */

struct loading {
	struct core *core;
	char *culprit; /* 32 bytes */
	const char **error;
};

static const struct jy_plugin *const parts[] = {
	&part_home, &part_account,  &part_admin,  &part_work,
	&part_flow, &part_transfer, &part_health,
};
#define PARTS (sizeof(parts) / sizeof(parts[0]))

struct plugins *
plugins_core(TALLOC_CTX *owner)
{
	struct plugins *made = talloc_zero(owner, struct plugins);

	if (!made)
		abort();
	made->off = json_object();
	made->items = talloc_array(made, struct plugin *, PARTS);
	if (!made->items || !made->off)
		abort();
	for (size_t i = 0; i < PARTS; i++) {
		struct plugin *p = talloc_zero(made, struct plugin);

		if (!p)
			abort();
		board_text(p->name, sizeof(p->name), parts[i]->name);
		p->table = parts[i];
		p->build = "";
		p->part = true;
		made->items[made->count++] = p;
	}
	return made;
}

const char *
core_templates(TALLOC_CTX *owner, const struct config *config)
{
	const char *path = talloc_asprintf(owner, "%s/core/templates", config->share);

	if (path && access(path, F_OK))
		path = talloc_asprintf(owner, "%s/templates", config->share);
	if (!path)
		abort();
	return path;
}

static const char *
database_error(struct core *core)
{
	return talloc_asprintf(life,
			       "数据库没有应答（%s），请检查它是否在运行、jiye.conf 的 [database] "
			       "是否正确、是否已经执行 jiyectl migrate。",
			       db_error(core->db));
}

bool
core_connect(struct core *core, const char **error)
{
	if (!life)
		life = talloc_new(NULL);
	if (!core->keys)
		core->keys = keyring_read(life, core->config->keys, core->config->suite, error);
	if (!core->keys)
		return false;
	if (!core->db)
		core->db = db_new(life, core->config);
	core->plugins = plugins_core(life);
	if (db_ping(core->db, error) == JY_OK)
		return true;
	/* Number 0 is a sentence of our own, which says all already. */
	*error = strncmp(*error, "0 ", 2) ? database_error(core) : *error + 2;
	return false;
}

bool
core_open(struct core *core, bool migrate, const char **error)
{
	int applied = 0;

	if (!core_connect(core, error))
		return false;
	if (migrate) {
		const char *sql = talloc_asprintf(life, "%s/sql", core->config->share);

		if (!migrate_folder(core, "core", sql, 0, &applied, error) ||
		    !reference_load(core, error))
			return false;
	}
	if (settings_load(core) == JY_OK)
		return true;
	*error = database_error(core);
	return false;
}

static bool
blame(struct loading *l, const char *name)
{
	board_text(l->culprit, 32, name);
	return false;
}

/* Only who proves a generation reads all files again; the others trust that it did. */
static bool
proving(const struct core *core)
{
	return core->kind == CORE_PROBE || core->kind == CORE_TOOL;
}

static struct plugin *
open_one(struct loading *l, const struct plugin_choice *choice)
{
	const char *dir = plugin_dir(life, l->core->config, choice->name, choice->build);
	struct plugin *p = NULL;
	struct mark mark;

	slot_enter(l->core->slot, &mark, choice->name, "load");
	if (!proving(l->core) || plugin_intact(life, dir, choice->name, choice->build, l->error))
		p = plugin_open(life, dir, choice->build, l->error);
	slot_leave(l->core->slot, &mark);
	if (!p) {
		blame(l, choice->name);
		return NULL;
	}
	p->meter = l->core->board ? board_meter(l->core->board, p->name) : NULL;
	return p;
}

/* The name of a need of p that this node or an administrator's decision has taken away. */
static const char *
need_held(const json_t *off, const struct plugin *p)
{
	for (const char *const *need = p->table->requires; need && *need; need++) {
		const char *state = jy_json_text(json_object_get(off, *need), "state");

		if (!strcmp(state, "quarantined") || !strcmp(state, "failed"))
			return *need;
	}
	return NULL;
}

/* One that fell out takes those with it that cannot do without, and nobody else. */
static size_t
drop_held(json_t *off, struct plugin **items, size_t count)
{
	for (size_t i = 0; i < count;) {
		const char *need = need_held(off, items[i]);

		if (!need) {
			i++;
			continue;
		}
		json_object_set_new(off, items[i]->name,
				    json_pack("{s:b, s:s, s:s, s:s+}", "wanted", 1, "title",
					      items[i]->table->title, "state",
					      jy_json_text(json_object_get(off, need), "state"),
					      "reason", "等待它所需要的插件恢复：", need));
		memmove(items + i, items + i + 1, (count - i - 1) * sizeof(*items));
		count--;
		i = 0; /* it may be needed by one that was looked at already */
	}
	return count;
}

static bool
load_units_off(struct loading *l, struct jy_ctx *cx)
{
	json_t *rows, *row;
	size_t i;

	if (jy_rows(cx, &rows, SQL_UNITS_OFF) != JY_OK)
		return false;
	json_array_foreach(rows, i, row)
	{
		struct plugin *p = plugins_find(l->core->plugins, jy_json_text(row, "plugin"));

		if (!p)
			continue;
		if (!p->units_off)
			p->units_off = json_array();
		json_array_append(p->units_off, json_object_get(row, "unit"));
	}
	return true;
}

/* With the database away too, the folders of the installed ones are all that is known. */
static void
leave_folders(struct core *core)
{
	DIR *dir = opendir(core->config->plugins);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		json_object_set_new(core->plugins->off, entry->d_name,
				    json_pack("{s:s, s:s, s:s}", "title", entry->d_name, "state",
					      "on", "reason", "数据库没有应答，稍后自动恢复。"));
	}
	if (dir)
		closedir(dir);
}

/* Safe mode: none is loaded, and their addresses say so rather than being unknown. */
static void
leave_all(struct core *core, struct jy_ctx *cx)
{
	json_t *rows, *row;
	size_t i;

	if (plugin_states(cx, &rows) != JY_OK) {
		leave_folders(core);
		return;
	}
	json_array_foreach(rows, i, row)
	{
		json_object_set_new(core->plugins->off, jy_json_text(row, "name"),
				    json_pack("{s:b, s:s, s:s, s:s}", "wanted",
					      jy_json_int(row, "wanted") != 0, "title",
					      jy_json_text(row, "title"), "state",
					      jy_json_text(row, "state"), "reason",
					      "系统正在安全模式下运行，所有插件都没有加载。"));
	}
}

static bool
load_plugins(struct loading *l, struct jy_ctx *cx)
{
	struct core *core = l->core;
	struct plugin_choice *choices;
	struct plugin **items;
	size_t count;
	json_t *off;

	if (plugins_wanted(cx, core->board, (int64_t)core->generation, &choices, &count, &off) !=
	    JY_OK) {
		*l->error = database_error(core);
		return false;
	}
	items = talloc_array(life, struct plugin *, count + 1);
	if (!items)
		abort();
	for (size_t i = 0; i < count; i++) {
		items[i] = open_one(l, &choices[i]);
		if (!items[i])
			return false;
	}
	count = drop_held(off, items, count);
	json_object_update(core->plugins->off, off);
	if (!plugins_add(core->plugins, items, count, l->culprit, l->error))
		return false;
	if (load_units_off(l, cx) && settings_load(core) == JY_OK)
		return true;
	*l->error = database_error(core);
	return false;
}

/* Each plugin's templates may use the core's, its own and those of plugins before it; checking
 * after each folder tells whose partial is unknown. */
static bool
load_templates(struct loading *l)
{
	struct core *core = l->core;

	core->templates = templates_new(life);
	if (!templates_folder(core->templates, core_templates(life, core->config), "core", true,
			      l->error) ||
	    !templates_check(core->templates, l->error))
		return false;
	for (size_t i = 0; i < core->plugins->count; i++) {
		struct plugin *p = core->plugins->items[i];
		const char *dir = p->dir ? talloc_asprintf(life, "%s/templates", p->dir) : NULL;

		if (!dir || access(dir, F_OK))
			continue;
		if (!templates_folder(core->templates, dir, p->name, false, l->error) ||
		    !templates_check(core->templates, l->error))
			return blame(l, p->name);
	}
	return true;
}

/* Settings and schema of one plugin. */
static bool
load_data(struct loading *l, const struct plugin *p, bool migrate)
{
	int applied = 0;

	if (!settings_check(l->core, p->table, l->error))
		return blame(l, p->name);
	if (!migrate || p->table->schema == 0)
		return true;
	if (migrate_folder(l->core, p->name, talloc_asprintf(life, "%s/sql", p->dir), 0, &applied,
			   l->error))
		return true;
	return blame(l, p->name);
}

/* Calls start or health of one plugin, which may read the database but not write. */
static bool
call_hook(struct loading *l, struct plugin *p, const char *hook,
	  enum jy_status (*run)(struct jy_ctx *cx))
{
	struct jy_ctx *cx;
	struct mark mark;
	enum jy_status s;

	if (!run)
		return true;
	cx = ctx_new(l->core, life, hook);
	ctx_as_system(cx);
	cx->may_write = false;
	cx->plugin = p;
	slot_enter(l->core->slot, &mark, p->name, hook);
	s = run(cx);
	slot_leave(l->core->slot, &mark);
	talloc_free(cx);
	if (s == JY_OK)
		return true;
	*l->error = talloc_asprintf(
	    life, "插件 %s 的%s没有通过（%s），请查看日志里紧挨着的记录，改好后再启用。", p->name,
	    strcmp(hook, "start") ? "自检" : "启动", strcmp(hook, "start") ? "health" : "start");
	log_line(LOG_WARN, "plugin.hook_failed", "%s %s answered %d", p->name, hook, (int)s);
	return blame(l, p->name);
}

static bool
start_plugins(struct loading *l, bool migrate)
{
	struct plugins *plugins = l->core->plugins;

	for (size_t i = 0; i < plugins->count; i++) {
		struct plugin *p = plugins->items[i];

		if (!p->part && !load_data(l, p, migrate))
			return false;
		if (!call_hook(l, p, "start", p->table->start))
			return false;
		if (l->core->kind == CORE_PROBE && !call_hook(l, p, "health", p->table->health))
			return false;
	}
	return true;
}

bool
core_load(struct core *core, bool migrate, bool safe, char culprit[32], const char **error)
{
	struct loading l = { core, culprit, error };
	struct jy_ctx *cx;
	bool ok;

	culprit[0] = '\0';
	if (!core_open(core, migrate, error)) {
		/* Without a database the core's own pages can still say so. */
		if (!safe || !core->plugins)
			return false;
		settings_load(core);
	}
	cx = ctx_new(core, life, "load");
	ctx_as_system(cx);
	if (safe)
		leave_all(core, cx);
	ok = (safe || load_plugins(&l, cx)) && load_templates(&l);
	talloc_free(cx);
	if (!ok)
		return false;
	core->router = router_new(life, core->plugins, error);
	return core->router && start_plugins(&l, migrate);
}
