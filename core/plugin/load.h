/* load.h - the steps of a process's start; core_load (plugins.h) does them all. */
#ifndef CORE_LOAD_H
#define CORE_LOAD_H

#include "plugin/plugins.h"

/* Keys, database that answers, parts; no table is read. */
bool core_connect(struct core *core, const char **error);
/* Keys, database, with `migrate` the core's own migrations and reference data, settings. After it
 * core->plugins holds the parts alone: enough for tools that need no plugin's code. */
bool core_open(struct core *core, bool migrate, const char **error);
/* Where the core's own templates are: of a checkout, or of an installed system. */
const char *core_templates(TALLOC_CTX *owner, const struct config *config);

#endif
