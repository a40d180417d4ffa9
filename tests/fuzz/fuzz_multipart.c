/* fuzz_multipart.c - the first byte says what the rest is: a body, a type line with a body, or a
 * body in words. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tokens.h"
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

static const char usual[] = "multipart/form-data; boundary=XX";

static void
parse(const char *type, const char *bytes, size_t n)
{
	struct request *r = talloc_zero(NULL, struct request);
	struct refusal no = { 0 };
	/* An exact copy, so that one byte too far is seen. */
	char *body = talloc_memdup(NULL, bytes, n);

	if (multipart_parse(r, type, body, n, r, &no) == (no.status != 0))
		abort();
	fields_check(r);
	if (r->upload_count)
		uploads_check(r, body, n);
	talloc_free(r);
	talloc_free(body);
}

/* The first line is the type, the rest the body. */
static void
parse_typed(TALLOC_CTX *owner, const char *text, size_t n)
{
	const char *line = memchr(text, '\n', n);
	size_t taken = line ? (size_t)(line - text) + 1 : 0;

	if (line)
		parse(talloc_strndup(owner, text, taken - 1), text + taken, n - taken);
}

static const char *const words[] = {
	"--XX\r\n",
	"\r\n--XX\r\n",
	"\r\n--XX--",
	"\r\n",
	"\r\n\r\n",
	"Content-Disposition: form-data; ",
	"name=\"a\"",
	"name=b",
	"; ",
	"filename=\"",
	"filename*=",
	"UTF-8''",
	"\"",
	"\\\"",
	"%22",
	"%0D%0A",
	"%E7%AE%80",
	"Content-Type: ",
	"text/plain",
	"multipart/mixed",
	"Content-Transfer-Encoding: ",
	"binary",
	"C:\\dir\\x",
	"../x",
	"filename=\"f.txt\"\r\n\r\n",
	"name=\"a\"\r\n\r\n",
	"\xe7\xae\x80",
	"\xff",
};

/* A body in the format's own words. */
static void
parse_words(TALLOC_CTX *owner, const uint8_t *data, size_t n)
{
	struct buf body;

	buf_init(&body, owner, 65536);
	buf_text(&body, "--XX\r\n");
	tokens_expand(&body, words, sizeof(words) / sizeof(words[0]), data, n);
	buf_text(&body, "\r\n--XX--\r\n");
	parse(usual, body.data, body.len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	TALLOC_CTX *owner = talloc_new(NULL);
	const char *text = (const char *)data + 1;

	if (size > 0 && data[0] % 4 == 0)
		parse(usual, text, size - 1);
	else if (size > 0 && data[0] % 4 == 1)
		parse_typed(owner, text, size - 1);
	else if (size > 0)
		parse_words(owner, data + 1, size - 1);
	talloc_free(owner);
	return 0;
}
