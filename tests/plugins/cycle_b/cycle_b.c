/* cycle_b.c - needs cycle_a, which needs it. */
#include <jiye/plugin.h>

static const char *const needs[] = { "cycle_a", NULL };

JY_PLUGIN(.name = "cycle_b", .version = "1.0.0", .title = "需要别人", .requires = needs)
