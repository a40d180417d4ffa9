/* fuzz_json.c - JSON bodies, and what is accepted written as XML. */
#include <stdint.h>
#include <stdlib.h>

#include "tokens.h"
#include "web/request.h"
#include "web/response_xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const words[] = {
	"{",
	"}",
	"[",
	"]",
	":",
	",",
	"\"",
	"\"a\":",
	"\"b\":",
	"\"1 x\":",
	"\"<&>\"",
	"\\u0001",
	"\\ud83d\\ude00",
	"\\uffff",
	"\\\"",
	"true",
	"false",
	"null",
	"-1.5e9",
	"12",
	"\xe7\xae\x80",
	"\xef\xbf\xbf",
	"{\"a\":",
	"\"x\"",
};

static void
parse(TALLOC_CTX *owner, const char *text, size_t n)
{
	struct refusal no = { 0 };
	json_t *body = NULL;
	struct buf xml;

	if (json_body_parse(text, n, &body, &no) == (no.status != 0))
		abort();
	if (body) {
		buf_init(&xml, owner, 65536);
		xml_write(body, "answer", &xml);
		if (!xml.full && !utf8_valid(xml.data, xml.len))
			abort();
	}
	json_decref(body);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	TALLOC_CTX *owner = talloc_new(NULL);
	struct buf text;

	buf_init(&text, owner, 65536);
	if (size > 0 && data[0] % 4 == 0) {
		buf_add(&text, data + 1, size - 1);
	} else if (size > 0) { /* a member's value, or the text of a string */
		buf_text(&text, data[0] % 4 == 1 ? "{\"k\":" : "{\"k\":\"");
		tokens_expand(&text, words, sizeof(words) / sizeof(words[0]), data + 1, size - 1);
		buf_text(&text, data[0] % 4 == 1 ? "}" : "\"}");
	}
	parse(owner, text.data ? text.data : "", text.len);
	talloc_free(owner);
	return 0;
}
