/* badname.c - its table has another name than its folder. */
#include <jiye/plugin.h>

JY_PLUGIN(.name = "goodname", .version = "1.0.0", .title = "名称不同")
