/* fuzz_cookie.c - a Cookie header, and an If-None-Match and addresses for headers of our own. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "web/http_text.h"
#include "web/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct request *r = talloc_zero(NULL, struct request);
	char *text = talloc_strndup(r, (const char *)data, size);
	const char *value;

	r->cookie = text;
	value = request_cookie(r, "a");
	if (value && strchr(value, ';'))
		abort();
	http_etag_match(text, "\"0123\"");
	if (strpbrk(http_location(r, text), "\r\n \"") || strpbrk(http_escape(r, text), "\r\n &"))
		abort();
	if (strpbrk(http_disposition(r, text), "\r\n") || strpbrk(http_type(r, text), "\r\n"))
		abort();
	talloc_free(r);
	return 0;
}
