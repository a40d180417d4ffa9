/*
 * install.c - puts a plugin in place: copy beside, try, name by content, sync, rename.
 *
 * Until the rename nothing of it can be seen, and after it nothing of it ever changes: a worker may
 * have the file mapped. The trial runs in a child process, so a plugin that crashes while it is
 * loaded is a sentence to the administrator and no more.
 */
#include "plugin/install.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/config.h"
#include "base/seal.h"
#include "data/db.h"
#include "plugin/build.h"
#include "plugin/checks.h"
#include "plugin/load.h"
#include "plugin/manifest.h"
#include "plugin/states.h"
#include "web/templates.h"

#define TRIAL_SECONDS 10

static const char SQL_NEW[] = "INSERT INTO plugins (name, version, title, build, state, "
			      "changed_by) VALUES (?, ?, ?, ?, 'found', ?)";
static const char SQL_NEWER[] =
    "UPDATE plugins SET version = ?, title = ?, previous_build = build, build = ?, "
    "state = IF(state = 'refused', 'found', state), reason = IF(state = 'found', '', reason), "
    "changed_by = ?, changed_at = NOW(3) WHERE name = ?";
static const char SQL_REFUSED[] =
    "INSERT INTO plugins (name, version, build, state, reason) VALUES (?, '', '', 'refused', ?) "
    "ON DUPLICATE KEY UPDATE reason = IF(state = 'refused', VALUES(reason), reason)";

const char *
plugin_dir(TALLOC_CTX *owner, const struct config *config, const char *name, const char *build)
{
	const char *dir = talloc_asprintf(owner, "%s/%s/%s", config->plugins, name, build);

	if (!dir)
		abort();
	return dir;
}

bool
plugin_intact(TALLOC_CTX *owner, const char *dir, const char *name, const char *build,
	      const char **error)
{
	struct check c = { owner, name, error };
	struct build_files files;
	char now[65];

	if (!build_list(owner, dir, name, &files, error) ||
	    !build_hash(owner, dir, &files, now, error))
		return false;
	if (strcmp(now, build))
		return check_no(&c, "安装好的文件被改动过（%s），请重新安装它。", dir);
	return true;
}

json_t *
plugin_builds(struct jy_ctx *cx, const char *name)
{
	json_t *builds = jy_own(cx, json_array());
	DIR *d = opendir(plugin_dir(cx, cx->core->config, name, ""));

	for (struct dirent *e; d && (e = readdir(d));)
		if (strlen(e->d_name) == 64)
			json_array_append_new(builds, json_string(e->d_name));
	if (d)
		closedir(d);
	return builds;
}

/* --- The trial, in the child --- */

static json_t *
trial(TALLOC_CTX *owner, const struct config *config, const char *dir)
{
	const char *error = "";
	struct plugin *p = plugin_open(owner, dir, NULL, &error);
	struct templates *templates = templates_new(owner);
	char *own = talloc_asprintf(owner, "%s/templates", dir);

	if (!p)
		return json_pack("{s:s}", "error", error);
	if (!templates_folder(templates, core_templates(owner, config), "core", true, &error) ||
	    (access(own, F_OK) == 0 && !templates_folder(templates, own, p->name, false, &error)) ||
	    !templates_check(templates, &error))
		return json_pack("{s:s}", "error", error);
	return manifest_make(p->table);
}

static void
trial_child(const struct config *config, const char *dir, int into)
{
	TALLOC_CTX *owner = talloc_new(NULL);
	char *text;
	FILE *f = fdopen(into, "w");

	alarm(TRIAL_SECONDS);
	text = json_dumps(trial(owner, config, dir), 0);
	if (!f || !text || fputs(text, f) < 0 || fclose(f))
		_exit(1);
	_exit(0); /* destructors of the plugin are not our business */
}

/* The trial's folder is gone when a person reads this, so paths are told within the plugin. */
static const char *
sentence_of(struct jy_ctx *cx, const char *name, const char *dir, const char *said)
{
	size_t n = strlen(dir);

	if (!strncmp(said, dir, n) && said[n] == '/')
		return jy_printf(cx, "插件 %s：%s", name, said + n + 1);
	return jy_printf(cx, "%s", said);
}

/* The manifest, or NULL with a sentence. */
static json_t *
trial_run(struct jy_ctx *cx, const char *name, const char *dir, const char **error)
{
	struct check c = { cx, name, error };
	int ends[2], status = 0;
	json_t *said = NULL;
	pid_t child;
	FILE *f;

	if (pipe(ends)) {
		check_no(&c, "不能试加载（%s），请稍后再试。", strerror(errno));
		return NULL;
	}
	child = fork();
	if (child == 0) {
		close(ends[0]);
		trial_child(cx->core->config, dir, ends[1]);
	}
	close(ends[1]);
	f = fdopen(ends[0], "r");
	if (f && child > 0)
		said = json_loadf(f, JSON_DISABLE_EOF_CHECK, NULL);
	if (f)
		fclose(f);
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (child < 0 || WIFSIGNALED(status)) {
		check_no(&c, "试加载时%s，请改好后再安装。",
			 child < 0                     ? "不能建立子进程"
			 : WTERMSIG(status) == SIGALRM ? "超过了 10 秒"
						       : strsignal(WTERMSIG(status)));
		json_decref(said);
		return NULL;
	}
	if (!said || json_object_get(said, "error")) {
		*error = said ? sentence_of(cx, name, dir, jy_json_text(said, "error"))
			      : "试加载没有结果，请再试一次。";
		json_decref(said);
		return NULL;
	}
	return jy_own(cx, said);
}

/* --- Into place --- */

/* Copies to <plugins>/.new-<random>/<name>, which has the shape of a build folder. */
static const char *
stage(struct jy_ctx *cx, const char *folder, const char *name, const char **error)
{
	const struct config *config = cx->core->config;
	struct build_files files;
	unsigned char noise[8];
	char hex[17], *top, *to;

	if (!build_list(cx, folder, name, &files, error))
		return NULL;
	random_bytes(noise, sizeof(noise));
	hex_encode(noise, sizeof(noise), hex);
	top = jy_printf(cx, "%s/.new-%s", config->plugins, hex);
	to = jy_printf(cx, "%s/%s", top, name);
	mkdir(config->plugins, 0755); /* the first plugin of this home */
	if (mkdir(top, 0755) || mkdir(to, 0755)) {
		*error = jy_printf(cx, "不能建立文件夹 %s（%s），请检查权限和剩余空间。", to,
				   strerror(errno));
		return NULL;
	}
	if (build_copy(cx, folder, &files, to, error))
		return to;
	build_remove(cx, to);
	rmdir(top);
	return NULL;
}

/* A damaged build makes room by being renamed too: whoever has it mapped keeps its files. */
static bool
put_aside(struct jy_ctx *cx, const char *dir, const char *name)
{
	const char *aside =
	    jy_printf(cx, "%s/.bad-%s-%ld", cx->core->config->plugins, name, (long)getpid());

	if (rename(dir, aside))
		return false;
	build_remove(cx, aside);
	return true;
}

static bool
place(struct jy_ctx *cx, const char *staged, struct install *out, const char **error)
{
	const char *dir = plugin_dir(cx, cx->core->config, out->name, out->build);
	const char *parent = jy_printf(cx, "%s/%s", cx->core->config->plugins, out->name);
	const char *damage;

	mkdir(parent, 0755); /* there already from the second build on */
	if (access(dir, F_OK) == 0) {
		if (plugin_intact(cx, dir, out->name, out->build, &damage))
			return true; /* the very same build */
		if (!put_aside(cx, dir, out->name)) {
			*error = jy_printf(cx, "%s文件夹不能换掉（%s），请检查权限。", damage,
					   strerror(errno));
			return false;
		}
	}
	out->fresh = rename(staged, dir) == 0;
	if (out->fresh)
		return folder_sync(parent) && folder_sync(cx->core->config->plugins);
	*error = jy_printf(cx, "不能把插件放到 %s（%s），请检查权限。", dir, strerror(errno));
	return false;
}

static bool
name_and_place(struct jy_ctx *cx, const char *staged, json_t *manifest, struct install *out,
	       const char **error)
{
	struct build_files files;
	char *text = json_dumps(manifest, JSON_INDENT(1));
	bool ok =
	    text && build_list(cx, staged, out->name, &files, error) &&
	    build_hash(cx, staged, &files, out->build, error) &&
	    file_write(cx, jy_printf(cx, "%s/manifest.json", staged), text, strlen(text), error) &&
	    place(cx, staged, out, error);

	free(text);
	return ok;
}

/* --- Into the table --- */

struct registration {
	struct install *install;
	const json_t *manifest;
	const char *why, *refused;
	const char **error;
};

static enum jy_status
registered(struct jy_ctx *cx, void *arg)
{
	struct registration *r = arg;
	struct install *i = r->install;
	const char *version = jy_json_text(r->manifest, "version");
	const char *title = jy_json_text(r->manifest, "title"), *unused = "", *state;
	json_t *row;
	enum jy_status s = plugin_state(cx, i->name, &row, &unused);

	i->chosen = true;
	if (s == JY_NOT_FOUND) {
		s = jy_exec(cx, SQL_NEW, jy_text(i->name), jy_text(version), jy_text(title),
			    jy_text(i->build), jy_int(cx->user.account));
	} else if (s == JY_OK) {
		state = jy_json_text(row, "state");
		if (!strcmp(jy_json_text(row, "build"), i->build))
			return JY_OK;
		i->chosen =
		    strcmp(state, "on") && strcmp(state, "enabling") && strcmp(state, "draining");
		if (i->chosen)
			s = jy_exec(cx, SQL_NEWER, jy_text(version), jy_text(title),
				    jy_text(i->build), jy_int(cx->user.account), jy_text(i->name));
	}
	return s == JY_OK ? plugin_record(cx, i->name, "install", r->why, r->error) : s;
}

static enum jy_status
refused(struct jy_ctx *cx, void *arg)
{
	struct registration *r = arg;

	return jy_exec(cx, SQL_REFUSED, jy_text(r->install->name),
		       jy_text(plugin_reason(cx, r->refused)));
}

/* The last part of the folder's path, without a slash at its end. */
static bool
folder_name(struct jy_ctx *cx, const char *folder, char name[32], const char **error)
{
	char *path = jy_printf(cx, "%s", folder);
	size_t n = strlen(path);
	const char *base;

	while (n > 1 && path[n - 1] == '/')
		path[--n] = '\0';
	base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	if (!plugin_name_check(cx, base, error))
		return false;
	memcpy(name, base, strlen(base) + 1);
	return true;
}

enum jy_status
plugin_install(struct jy_ctx *cx, const char *folder, const char *why, struct install *out,
	       const char **error)
{
	struct registration r = { .install = out, .why = why, .error = error };
	json_t *manifest;
	const char *staged;
	bool ok;

	*out = (struct install){ 0 };
	if (!folder_name(cx, folder, out->name, error))
		return JY_INVALID;
	staged = stage(cx, folder, out->name, error);
	if (!staged)
		return JY_INVALID;
	manifest = trial_run(cx, out->name, staged, error);
	ok = manifest && name_and_place(cx, staged, manifest, out, error);
	if (!ok || !out->fresh)
		build_remove(cx, staged);
	rmdir(jy_printf(cx, "%.*s", (int)(strlen(staged) - strlen(out->name) - 1), staged));
	if (!ok) {
		r.refused = *error;
		return db_transaction(cx, refused, &r, NULL) == JY_BUSY ? JY_BUSY : JY_INVALID;
	}
	r.manifest = manifest;
	return db_transaction(cx, registered, &r, NULL);
}
