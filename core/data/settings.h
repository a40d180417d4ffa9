/* settings.h - names and values that administrators change while it runs.
 * The core's own settings are tables of struct jy_field too ("site.province"); plugins' are prefixed
 * with their name. A change is checked by the table and starts a new generation. core->settings holds
 * canonical text: 1 or 0 for JY_BOOL, fen for JY_MONEY. */
#ifndef CORE_SETTINGS_H
#define CORE_SETTINGS_H

#include "ctx.h"

extern const struct jy_field core_settings[]; /* site.name site.province accounts.* push.week_cap ... */

/* Reads all into core->settings (defaults under what is stored). */
enum jy_status settings_load(struct core *core);
/* Checks typed against the field (of a plugin or the core) and stores it as typed; sealed if the field
 * is a password or JY_SEALED. JY_INVALID with a sentence in error. The caller writes the audit entry
 * and bumps the generation with generation_bump. */
enum jy_status setting_store(struct jy_ctx *cx, const struct jy_field *field, const char *name,
			     const char *typed, const char **error);
enum jy_status generation_bump(struct jy_ctx *cx);
/* Makes sure that every plugin of the set has valid settings; false names name and what is wrong. */
bool settings_check(struct core *core, const struct jy_plugin *table, const char **error);

#endif
