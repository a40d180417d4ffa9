/* needs_missing.c - needs not_installed, which nobody has installed. */
#include <jiye/plugin.h>

static const char *const needs[] = { "not_installed", NULL };

JY_PLUGIN(.name = "needs_missing", .version = "1.0.0", .title = "需要别人", .requires = needs)
