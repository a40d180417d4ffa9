/* fuzz_json.c - JSON bodies, and what is accepted written as XML. */
#include <stdint.h>
#include <stdlib.h>

#include "base/buf.h"
#include "web/request.h"
#include "web/response_xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	TALLOC_CTX *owner = talloc_new(NULL);
	struct refusal no = { 0 };
	json_t *body = NULL;
	struct buf xml;

	if (json_body_parse((const char *)data, size, &body, &no) == (no.status != 0))
		abort();
	if (body) {
		buf_init(&xml, owner, 65536);
		xml_write(body, "answer", &xml);
		if (!xml.full && !utf8_valid(xml.data, xml.len))
			abort();
	}
	json_decref(body);
	talloc_free(owner);
	return 0;
}
