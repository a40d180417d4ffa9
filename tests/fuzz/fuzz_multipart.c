/* fuzz_multipart.c - the first line of the input is the Content-Type, the rest the body. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "web/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
fields_check(const struct request *r)
{
	size_t i;

	for (i = 0; i < r->fields.count; i++)
		if (strlen(r->fields.items[i].value) != r->fields.items[i].length ||
		    !r->fields.items[i].name[0])
			abort();
}

static void
uploads_check(const struct request *r, const char *body, size_t n)
{
	const struct upload *upload;
	const char *bytes;

	if (r->upload_count > REQUEST_FILES_MAX)
		abort();
	for (upload = r->uploads; upload < r->uploads + r->upload_count; upload++) {
		bytes = upload->bytes;
		if (bytes < body || bytes + upload->size > body + n || !upload->field[0] ||
		    strpbrk(upload->name, "/\\\r\n") ||
		    !utf8_valid(upload->name, strlen(upload->name)))
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char usual[] = "multipart/form-data; boundary=XX";
	const uint8_t *line = memchr(data, '\n', size);
	struct request *r = talloc_zero(NULL, struct request);
	struct refusal no = { 0 };
	size_t n = line ? (size_t)(line - data) : 0, rest = line ? size - n - 1 : size;
	const char *type = n ? talloc_strndup(r, (const char *)data, n) : usual;
	/* An exact copy, so that one byte too far is seen. */
	char *body = talloc_memdup(NULL, data + size - rest, rest);

	if (multipart_parse(r, type, body, rest, r, &no) == (no.status != 0))
		abort();
	fields_check(r);
	if (r->upload_count)
		uploads_check(r, body, rest);
	talloc_free(r);
	talloc_free(body);
	return 0;
}
