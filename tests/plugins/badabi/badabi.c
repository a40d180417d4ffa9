/* badabi.c - built for another major version of the contract: refused before its name is read. */
#include <jiye/plugin.h>

JY_EXPORT const struct jy_plugin *
jy_plugin(void)
{
	static const struct jy_plugin table = { .size = sizeof(table),
						.abi_major = JY_ABI_MAJOR + 1,
						.name = "badabi",
						.version = "1.0.0",
						.title = "旧接口" };
	return &table;
}
