/* cycle_a.c - needs cycle_b, which needs it. */
#include <jiye/plugin.h>

static const char *const needs[] = { "cycle_b", NULL };

JY_PLUGIN(.name = "cycle_a", .version = "1.0.0", .title = "需要别人", .requires = needs)
