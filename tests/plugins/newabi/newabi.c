/* newabi.c - built for a newer minor version: its table is longer than ours. */
#include <jiye/plugin.h>

struct longer {
	struct jy_plugin table;
	const void *fields_to_come[4];
};

JY_EXPORT const struct jy_plugin *
jy_plugin(void)
{
	static const struct longer longer = {
		.table = { .size = sizeof(longer),
			   .abi_major = JY_ABI_MAJOR,
			   .abi_minor = JY_ABI_MINOR + 3,
			   .name = "newabi",
			   .version = "1.0.0",
			   .title = "新接口" },
	};
	return &longer.table;
}
