/*
 * manifest.h - a plugin's table as JSON: what it declares, readable while it is off.
 *
 * Administrators see the rights that a plugin asks for before they switch it on, and its settings can
 * be filled in before, without any of its code running.
 */
#ifndef CORE_MANIFEST_H
#define CORE_MANIFEST_H

#include "ctx.h"

json_t *manifest_make(const struct jy_plugin *table); /* new reference */
/* manifest.json of an installed build; NULL when it is missing or damaged. Belongs to cx. */
json_t *manifest_read(struct jy_ctx *cx, const char *name, const char *build);
/* The settings of a manifest as a table, below cx. */
const struct jy_field *manifest_settings(struct jy_ctx *cx, const json_t *manifest);
bool manifest_requires(const json_t *manifest, const char *name);
/* "GRADUATE", ... for bits; Chinese labels for people. */
json_t *roles_json(unsigned roles);
const char *roles_label(struct jy_ctx *cx, unsigned roles);

#endif
