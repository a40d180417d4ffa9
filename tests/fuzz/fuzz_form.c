/* fuzz_form.c - queries and urlencoded bodies, and paths: what is accepted keeps its promises. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "web/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
path_check(TALLOC_CTX *owner, const char *raw)
{
	const char *path;

	if (!path_normalise(owner, raw, &path))
		return;
	if (path[0] != '/' || strstr(path, "//") || strstr(path, "/../") ||
	    !utf8_valid(path, strlen(path)))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	TALLOC_CTX *owner = talloc_new(NULL);
	struct pairs pairs;
	struct refusal no = { 0 };
	bool read = form_urldecode(owner, (const char *)data, size, &pairs, &no);
	size_t i;

	if (read == (no.status != 0))
		abort();
	for (i = 0; read && i < pairs.count; i++)
		if (strlen(pairs.items[i].value) != pairs.items[i].length ||
		    !utf8_valid(pairs.items[i].value, pairs.items[i].length) ||
		    !pairs.items[i].name[0])
			abort();
	path_check(owner, talloc_strndup(owner, (const char *)data, size));
	talloc_free(owner);
	return 0;
}
