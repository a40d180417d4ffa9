/*
 * install.h - puts plugins in place.
 *
 * Installed plugins are immutable: <config->plugins>/<name>/<build>/ where build is the SHA-256 over
 * the names and contents of all its files, so that a changed template makes a new build as well. A
 * folder is written beside, synced and renamed; a file that a process may have mapped is never
 * written to. manifest.json, written at the installation, is what can be known without opening it.
 */
#ifndef CORE_INSTALL_H
#define CORE_INSTALL_H

#include "ctx.h"

struct install {
	char name[32];
	char build[65];
	bool fresh;   /* false: this very build was there already */
	bool chosen;  /* false: the plugin is on with another build; plugin_use_build takes this one */
};

/* Installs from a build folder: <folder>/<name>.so with templates/, sql/ and feeds/ beside it. The
 * plugin is tried in a child process first, so that a bad one harms nobody. Writes the row of
 * `plugins`, history and audit in a transaction of its own. A refused plugin is listed with the
 * reason (JY_INVALID). */
enum jy_status plugin_install(struct jy_ctx *cx, const char *folder, const char *why,
			      struct install *out, const char **error);
/* Is the installed build still what its name says? false with a sentence. */
bool plugin_intact(TALLOC_CTX *owner, const char *dir, const char *name, const char *build,
		   const char **error);
/* The folder of an installed build, owned by owner. */
const char *plugin_dir(TALLOC_CTX *owner, const struct config *config, const char *name,
		       const char *build);
/* Builds of a plugin that are in place here, as an array of texts. */
json_t *plugin_builds(struct jy_ctx *cx, const char *name);

#endif
