/* fuzz_sql.c - splitting scripts and expanding scope markers: no byte is lost, none read behind. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "data/connection.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct jy_user city = { .role = JY_CITY, .unit = "220100" };
	TALLOC_CTX *life = talloc_new(NULL);
	char *text = talloc_strndup(life, (const char *)data, size);
	const char *at = text, *start, *sql;
	const struct jy_val *vals;
	size_t n;

	while (script_next(&at, &start, &n))
		if (n == 0 || start + n > text + strlen(text) || at < start + n)
			abort();
	if (scope_expand(life, &city, text, JY_VALS(jy_int(1)) + 1, &sql, &vals) &&
	    strlen(sql) > strlen(text) + 64)
		abort();
	talloc_free(life);
	return 0;
}
