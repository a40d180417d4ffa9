/* migrate.h - numbered SQL files, each applied once, with its checksum recorded. */
#ifndef CORE_MIGRATE_H
#define CORE_MIGRATE_H

#include "ctx.h"

/* Applies the pending NNN_*.sql of folder for component ("core" or a plugin's name), in order, one
 * at a time across nodes. Refuses changed, missing and newer-than-known files with a sentence. upto 0
 * = all. applied counts what was done. */
bool migrate_folder(struct core *core, const char *component, const char *folder, int upto,
		    int *applied, const char **error);
/* Loads the TSV files of sql/reference into the reference tables when their checksum changed; the reporting
 * units follow from the province setting. */
bool reference_load(struct core *core, const char **error);

#endif
