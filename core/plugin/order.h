/* order.h - plugins after those that they need. */
#ifndef CORE_ORDER_H
#define CORE_ORDER_H

#include "plugin/plugins.h"

/* Fills sorted (room for count) so that each comes after its `requires`, by name where that leaves a
 * choice. Needs may also be met by what `plugins` already holds. false: *error is a sentence that
 * names what is missing or the whole circle, culprit the plugin to leave out. */
bool plugins_order(const struct plugins *plugins, struct plugin **items, size_t count,
		   struct plugin **sorted, char culprit[32], const char **error);

#endif
