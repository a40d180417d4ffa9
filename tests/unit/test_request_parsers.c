/*
 * test_request_parsers.c - what browsers, libraries and attackers send, and what we make of it.
 *
 * Each parser has a table of cases: input, and either what is read ("a=1|b=2") or the status of the
 * refusal. Inputs hold NUL bytes, so they carry their length.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "web/request.h"

#define BYTES(text) (text), sizeof(text) - 1

struct decode_case {
	const char *what, *text;
	size_t n;
	const char *read; /* NULL: refused */
	int status;
};

static const char *
pairs_text(TALLOC_CTX *owner, const struct pairs *pairs)
{
	struct buf out;
	size_t i;

	buf_init(&out, owner, 65536);
	buf_text(&out, "");
	for (i = 0; i < pairs->count; i++) {
		assert_int_equal(strlen(pairs->items[i].value), pairs->items[i].length);
		buf_printf(&out, "%s%s=%s", i ? "|" : "", pairs->items[i].name,
			   pairs->items[i].value);
	}
	return out.data;
}

/* --- urlencoded --- */

static const struct decode_case DECODE[] = {
	{ "nothing", BYTES(""), "", 0 },
	{ "one", BYTES("a=1"), "a=1", 0 },
	{ "two", BYTES("a=1&b=2"), "a=1|b=2", 0 },
	{ "no value", BYTES("a"), "a=", 0 },
	{ "empty value", BYTES("a="), "a=", 0 },
	{ "empty pieces", BYTES("&&a=1&&"), "a=1", 0 },
	{ "plus is a blank", BYTES("a=1+2"), "a=1 2", 0 },
	{ "escapes", BYTES("%61=%E7%AE%80+%41"), "a=简 A", 0 },
	{ "lower hex", BYTES("a=%e7%ae%80"), "a=简", 0 },
	{ "second equals", BYTES("a=b=c"), "a=b=c", 0 },
	{ "escaped separators", BYTES("a=%26%3D"), "a=&=", 0 },
	{ "doubled stay two", BYTES("a=1&a=2"), "a=1|a=2", 0 },
	{ "raw UTF-8", BYTES("a=吉林"), "a=吉林", 0 },
	{ "cut escape", BYTES("a=%4"), NULL, 400 },
	{ "lone percent", BYTES("a=100%"), NULL, 400 },
	{ "wrong hex", BYTES("a=%GG"), NULL, 400 },
	{ "escape over the edge", BYTES("a=%&b=41"), NULL, 400 },
	{ "no name", BYTES("=1"), NULL, 400 },
	{ "NUL in value", BYTES("a=%00"), NULL, 400 },
	{ "NUL in name", BYTES("a%00b=1"), NULL, 400 },
	{ "raw NUL", BYTES("a=\0b"), NULL, 400 },
	{ "GBK", BYTES("a=%BC%AA"), NULL, 400 },
	{ "overlong", BYTES("a=%C0%AF"), NULL, 400 },
	{ "surrogate", BYTES("a=%ED%A0%80"), NULL, 400 },
	{ "above Unicode", BYTES("a=%F4%90%80%80"), NULL, 400 },
	{ "cut sequence", BYTES("a=%E7%AE"), NULL, 400 },
	{ "long name", BYTES("aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff12345=1"),
	  NULL, 400 },
};

static void
urldecode_reads_or_refuses(void **state)
{
	const struct decode_case *c;
	struct pairs pairs;
	struct refusal no;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(DECODE) / sizeof(DECODE[0]); i++) {
		TALLOC_CTX *owner = talloc_new(NULL);

		c = &DECODE[i];
		no = (struct refusal){ 0 };
		print_message("  %s\n", c->what);
		assert_int_equal(form_urldecode(owner, c->text, c->n, &pairs, &no),
				 c->read != NULL);
		assert_int_equal(no.status, c->status);
		if (c->read)
			assert_string_equal(pairs_text(owner, &pairs), c->read);
		else
			assert_true(no.code && no.sentence);
		talloc_free(owner);
	}
}

static void
urldecode_has_limits(void **state)
{
	TALLOC_CTX *owner = talloc_new(NULL);
	struct refusal no = { 0 };
	struct pairs pairs;
	struct buf many;
	char *big;
	int i;

	(void)state;
	buf_init(&many, owner, 1 << 20);
	for (i = 0; i < REQUEST_FIELDS_MAX; i++)
		buf_text(&many, "a=1&");
	assert_true(form_urldecode(owner, many.data, many.len, &pairs, &no));
	assert_int_equal(pairs.count, REQUEST_FIELDS_MAX);
	buf_text(&many, "a=1");
	assert_false(form_urldecode(owner, many.data, many.len, &pairs, &no));
	assert_int_equal(no.status, 400);
	big = talloc_array(owner, char, REQUEST_VALUE_MAX + 3);
	memset(big, 'x', REQUEST_VALUE_MAX + 3);
	memcpy(big, "a=", 2);
	assert_true(form_urldecode(owner, big, REQUEST_VALUE_MAX + 2, &pairs, &no));
	assert_false(form_urldecode(owner, big, REQUEST_VALUE_MAX + 3, &pairs, &no));
	assert_int_equal(no.status, 413);
	talloc_free(owner);
}

/* --- multipart --- */

#define TYPE        "multipart/form-data; boundary=XX"
#define FIELD(n)    "Content-Disposition: form-data; name=\"" n "\"\r\n"
#define FILE_(n, f) "Content-Disposition: form-data; name=\"" n "\"; filename=\"" f "\"\r\n"
#define ONE         "--XX\r\n" FIELD("a") "\r\n1\r\n--XX--\r\n"
#define B70         "0123456789012345678901234567890123456789012345678901234567890123456789"

struct multipart_case {
	const char *what, *type, *body;
	size_t n;
	const char *read; /* fields, then uploads as "@field:name:type:size"; NULL: refused */
};

static const struct multipart_case MULTIPART[] = {
	{ "one field", TYPE, BYTES(ONE), "a=1" },
	{ "quoted boundary", "multipart/form-data; boundary=\"XX\"", BYTES(ONE), "a=1" },
	{ "boundary with blanks", "multipart/form-data; boundary=\"X X\"",
	  BYTES("--X X\r\n" FIELD("a") "\r\n1\r\n--X X--"), "a=1" },
	{ "case of the type", "Multipart/Form-Data; Boundary=XX", BYTES(ONE), "a=1" },
	{ "charset beside", "multipart/form-data; charset=utf-8; boundary=XX", BYTES(ONE), "a=1" },
	{ "longest boundary", "multipart/form-data; boundary=" B70,
	  BYTES("--" B70 "\r\n" FIELD("a") "\r\n1\r\n--" B70 "--\r\n"), "a=1" },
	{ "boundary one too long", "multipart/form-data; boundary=" B70 "1",
	  BYTES("--" B70 "1\r\n" FIELD("a") "\r\n1\r\n--" B70 "1--\r\n"), NULL },
	{ "no boundary", "multipart/form-data", BYTES(ONE), NULL },
	{ "empty boundary", "multipart/form-data; boundary=", BYTES(ONE), NULL },
	{ "empty quoted boundary", "multipart/form-data; boundary=\"\"", BYTES(ONE), NULL },
	{ "open quote", "multipart/form-data; boundary=\"XX", BYTES(ONE), NULL },
	{ "two boundaries", TYPE "; boundary=YY", BYTES(ONE), NULL },
	{ "boundary with a bad character", "multipart/form-data; boundary=X{X", BYTES("--X{X--"),
	  NULL },
	{ "boundary ends in a blank", "multipart/form-data; boundary=\"XX \"", BYTES("--XX --"),
	  NULL },
	{ "another multipart", "multipart/mixed; boundary=XX", BYTES(ONE), NULL },
	{ "parameter without value", "multipart/form-data; boundary", BYTES(ONE), NULL },
	{ "no parts", TYPE, BYTES("--XX--\r\n"), "" },
	{ "no parts, no line end", TYPE, BYTES("--XX--"), "" },
	{ "empty body", TYPE, BYTES(""), NULL },
	{ "two dashes only", TYPE, BYTES("--"), NULL },
	{ "boundary only", TYPE, BYTES("--XX"), NULL },
	{ "preamble", TYPE, BYTES("hello\r\n" ONE), NULL },
	{ "line end before", TYPE, BYTES("\r\n" ONE), NULL },
	{ "epilogue", TYPE, BYTES(ONE "more"), NULL },
	{ "no end", TYPE, BYTES("--XX\r\n" FIELD("a") "\r\n1"), NULL },
	{ "end cut", TYPE, BYTES("--XX\r\n" FIELD("a") "\r\n1\r\n--XX"), NULL },
	{ "end half", TYPE, BYTES("--XX\r\n" FIELD("a") "\r\n1\r\n--XX-"), NULL },
	{ "headers only", TYPE, BYTES("--XX\r\n" FIELD("a")), NULL },
	{ "LF instead of CRLF", TYPE,
	  BYTES("--XX\nContent-Disposition: form-data; name=\"a\"\n\n1\n--XX--\n"), NULL },
	{ "LF after the boundary", TYPE, BYTES("--XX\n" FIELD("a") "\r\n1\r\n--XX--"), NULL },
	{ "blank after the boundary", TYPE, BYTES("--XX \r\n" FIELD("a") "\r\n1\r\n--XX--"), NULL },
	{ "empty value", TYPE, BYTES("--XX\r\n" FIELD("a") "\r\n\r\n--XX--\r\n"), "a=" },
	{ "value without its line end", TYPE, BYTES("--XX\r\n" FIELD("a") "\r\n--XX--\r\n"), "a=" },
	{ "two fields", TYPE,
	  BYTES("--XX\r\n" FIELD("a") "\r\n1\r\n--XX\r\n" FIELD("b") "\r\n2\r\n--XX--\r\n"),
	  "a=1|b=2" },
	{ "value holds line ends", TYPE, BYTES("--XX\r\n" FIELD("a") "\r\n1\r\n2\r\n\r\n--XX--"),
	  "a=1\r\n2\r\n" },
	{ "value holds dashes", TYPE, BYTES("--XX\r\n" FIELD("a") "\r\n--X\r\n--\r\n--XX--"),
	  "a=--X\r\n--" },
	{ "boundary within a line", TYPE, BYTES("--XX\r\n" FIELD("a") "\r\n1--XX2\r\n--XX--"),
	  "a=1--XX2" },
	{ "boundary as a prefix", TYPE, BYTES("--XX\r\n" FIELD("a") "\r\n1\r\n--XXY\r\n--XX--"),
	  NULL },
	{ "Chinese", TYPE, BYTES("--XX\r\n" FIELD("姓名") "\r\n简历\r\n--XX--"), "姓名=简历" },
	{ "value in GBK", TYPE, BYTES("--XX\r\n" FIELD("a") "\r\n\xbc\xaa\r\n--XX--"), NULL },
	{ "name in GBK", TYPE, BYTES("--XX\r\n" FIELD("\xbc\xaa") "\r\n1\r\n--XX--"), NULL },
	{ "NUL in value", TYPE, BYTES("--XX\r\n" FIELD("a") "\r\n1\0002\r\n--XX--"), NULL },
	{ "NUL in name", TYPE, BYTES("--XX\r\n" FIELD("a\0b") "\r\n1\r\n--XX--"), NULL },
	{ "NUL in a bare name", TYPE,
	  BYTES("--XX\r\nContent-Disposition: form-data; name=a\0b\r\n\r\n1\r\n--XX--"), NULL },
	{ "empty name", TYPE, BYTES("--XX\r\n" FIELD("") "\r\n1\r\n--XX--"), NULL },
	{ "bare name", TYPE,
	  BYTES("--XX\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--XX--"), "a=1" },
	{ "no name", TYPE, BYTES("--XX\r\nContent-Disposition: form-data\r\n\r\n1\r\n--XX--"),
	  NULL },
	{ "two names", TYPE,
	  BYTES("--XX\r\nContent-Disposition: form-data; name=a; name=b\r\n\r\n1\r\n--XX--"),
	  NULL },
	{ "no disposition", TYPE, BYTES("--XX\r\nX-A: b\r\n\r\n1\r\n--XX--"), NULL },
	{ "no headers", TYPE, BYTES("--XX\r\n\r\n1\r\n--XX--"), NULL },
	{ "two dispositions", TYPE, BYTES("--XX\r\n" FIELD("a") FIELD("b") "\r\n1\r\n--XX--"),
	  NULL },
	{ "attachment", TYPE,
	  BYTES("--XX\r\nContent-Disposition: attachment; name=a\r\n\r\n1\r\n--XX--"), NULL },
	{ "open quote in name", TYPE,
	  BYTES("--XX\r\nContent-Disposition: form-data; name=\"a\r\n\r\n1\r\n--XX--"), NULL },
	{ "text after a quote", TYPE,
	  BYTES("--XX\r\nContent-Disposition: form-data; name=\"a\"b\r\n\r\n1\r\n--XX--"), NULL },
	{ "header without colon", TYPE, BYTES("--XX\r\nhello\r\n" FIELD("a") "\r\n1\r\n--XX--"),
	  NULL },
	{ "header in capitals", TYPE,
	  BYTES("--XX\r\nCONTENT-DISPOSITION: FORM-DATA; NAME=\"a\"\r\n\r\n1\r\n--XX--"), "a=1" },
	{ "other headers", TYPE, BYTES("--XX\r\n" FIELD("a") "X-A: b\r\n\r\n1\r\n--XX--"), "a=1" },
	{ "binary encoding", TYPE,
	  BYTES("--XX\r\n" FIELD("a") "Content-Transfer-Encoding: binary\r\n\r\n1\r\n--XX--"),
	  "a=1" },
	{ "base64 encoding", TYPE,
	  BYTES("--XX\r\n" FIELD("a") "Content-Transfer-Encoding: base64\r\n\r\nMQ==\r\n--XX--"),
	  NULL },
	{ "nested multipart", TYPE,
	  BYTES("--XX\r\n" FIELD("a") "Content-Type: multipart/mixed; boundary=YY\r\n\r\n"
				      "--YY--\r\n--XX--"),
	  NULL },
	{ "file", TYPE,
	  BYTES("--XX\r\n" FILE_("f", "简历.pdf") "Content-Type: application/pdf\r\n\r\n%PDF\r\n"
						  "--XX--"),
	  "@f:简历.pdf:application/pdf:4" },
	{ "file without type", TYPE, BYTES("--XX\r\n" FILE_("f", "a.bin") "\r\n\0\1\r\n--XX--"),
	  "@f:a.bin:application/octet-stream:2" },
	{ "empty file", TYPE, BYTES("--XX\r\n" FILE_("f", "a.txt") "\r\n\r\n--XX--"),
	  "@f:a.txt:application/octet-stream:0" },
	{ "no file chosen", TYPE, BYTES("--XX\r\n" FILE_("f", "") "\r\n\r\n--XX--"), "" },
	{ "file with a path", TYPE, BYTES("--XX\r\n" FILE_("f", "../../etc/x") "\r\n1\r\n--XX--"),
	  "@f:x:application/octet-stream:1" },
	{ "file with a Windows path", TYPE,
	  BYTES("--XX\r\n" FILE_("f", "C:\\dir\\x.txt") "\r\n1\r\n--XX--"),
	  "@f:x.txt:application/octet-stream:1" },
	{ "escaped quote", TYPE, BYTES("--XX\r\n" FILE_("f", "a\\\"b.txt") "\r\n1\r\n--XX--"),
	  "@f:a\"b.txt:application/octet-stream:1" },
	{ "percent quote", TYPE, BYTES("--XX\r\n" FILE_("f", "a%22b.txt") "\r\n1\r\n--XX--"),
	  "@f:a\"b.txt:application/octet-stream:1" },
	{ "percent line end", TYPE, BYTES("--XX\r\n" FILE_("f", "a%0D%0Ab") "\r\n1\r\n--XX--"),
	  "@f:a  b:application/octet-stream:1" },
	{ "control in the file name", TYPE, BYTES("--XX\r\n" FILE_("f", "a\tb") "\r\n1\r\n--XX--"),
	  "@f:a_b:application/octet-stream:1" },
	{ "file name in GBK", TYPE, BYTES("--XX\r\n" FILE_("f", "\xbc\xaa") "\r\n1\r\n--XX--"),
	  NULL },
	{ "NUL in the file name", TYPE, BYTES("--XX\r\n" FILE_("f", "a\0b") "\r\n1\r\n--XX--"),
	  NULL },
	{ "filename*", TYPE,
	  BYTES("--XX\r\nContent-Disposition: form-data; name=\"f\"; "
		"filename*=UTF-8''%E7%AE%80.txt\r\n\r\n1\r\n--XX--"),
	  "@f:简.txt:application/octet-stream:1" },
	{ "filename* wins before", TYPE,
	  BYTES("--XX\r\nContent-Disposition: form-data; name=\"f\"; filename*=utf-8'zh'b; "
		"filename=\"a\"\r\n\r\n1\r\n--XX--"),
	  "@f:b:application/octet-stream:1" },
	{ "filename* wins after", TYPE,
	  BYTES("--XX\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a\"; "
		"filename*=utf-8''b\r\n\r\n1\r\n--XX--"),
	  "@f:b:application/octet-stream:1" },
	{ "filename* in another charset", TYPE,
	  BYTES("--XX\r\nContent-Disposition: form-data; name=\"f\"; "
		"filename*=GBK''%BC%AA\r\n\r\n1\r\n--XX--"),
	  NULL },
	{ "filename* with NUL", TYPE,
	  BYTES("--XX\r\nContent-Disposition: form-data; name=\"f\"; "
		"filename*=utf-8''a%00b\r\n\r\n1\r\n--XX--"),
	  NULL },
	{ "filename* without quotes", TYPE,
	  BYTES("--XX\r\nContent-Disposition: form-data; name=\"f\"; filename*=a\r\n\r\n1\r\n"
		"--XX--"),
	  NULL },
	{ "two file names", TYPE,
	  BYTES("--XX\r\nContent-Disposition: form-data; name=\"f\"; filename=a; "
		"filename=b\r\n\r\n1\r\n--XX--"),
	  NULL },
};

static const char *
request_text(TALLOC_CTX *owner, const struct request *r)
{
	struct buf out;
	size_t i;

	buf_init(&out, owner, 65536);
	buf_text(&out, pairs_text(owner, &r->fields));
	for (i = 0; i < r->upload_count; i++)
		buf_printf(&out, "@%s:%s:%s:%zu", r->uploads[i].field, r->uploads[i].name,
			   r->uploads[i].type, r->uploads[i].size);
	return out.data;
}

static void
multipart_reads_or_refuses(void **state)
{
	const struct multipart_case *c;
	struct refusal no;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(MULTIPART) / sizeof(MULTIPART[0]); i++) {
		struct request *r = talloc_zero(NULL, struct request);
		char *body = talloc_memdup(r, MULTIPART[i].body, MULTIPART[i].n + 1);

		c = &MULTIPART[i];
		no = (struct refusal){ 0 };
		print_message("  %s\n", c->what);
		assert_int_equal(multipart_parse(r, c->type, body, c->n, r, &no), c->read != NULL);
		assert_int_equal(no.status, c->read ? 0 : 400);
		if (c->read)
			assert_string_equal(request_text(r, r), c->read);
		else
			assert_true(no.code && no.sentence);
		talloc_free(r);
	}
}

static int
multipart_many(const char *part, int count)
{
	struct request *r = talloc_zero(NULL, struct request);
	struct refusal no = { 0 };
	struct buf body;
	int i;

	buf_init(&body, r, 16 << 20);
	for (i = 0; i < count; i++)
		buf_text(&body, part);
	buf_text(&body, "--XX--\r\n");
	multipart_parse(r, TYPE, body.data, body.len, r, &no);
	talloc_free(r);
	return no.status;
}

static void
multipart_has_limits(void **state)
{
	struct request *r = talloc_zero(NULL, struct request);
	struct refusal no = { 0 };
	struct buf body;
	int i;

	(void)state;
	assert_int_equal(multipart_many("--XX\r\n" FIELD("a") "\r\n1\r\n", 1000), 0);
	assert_int_equal(multipart_many("--XX\r\n" FIELD("a") "\r\n1\r\n", 10000), 400);
	assert_int_equal(multipart_many("--XX\r\n" FILE_("a", "b") "\r\n1\r\n", 10), 0);
	assert_int_equal(multipart_many("--XX\r\n" FILE_("a", "b") "\r\n1\r\n", 11), 400);
	buf_init(&body, r, 1 << 20);
	buf_text(&body, "--XX\r\n" FIELD("a") "X-Long: ");
	for (i = 0; i < 5000; i++)
		buf_text(&body, "x");
	buf_text(&body, "\r\n\r\n1\r\n--XX--");
	assert_false(multipart_parse(r, TYPE, body.data, body.len, r, &no));
	assert_int_equal(no.status, 400);
	talloc_free(r);
}

/* A long file name is cut at a character's edge. */
static void
long_file_name_is_cut(void **state)
{
	struct request *r = talloc_zero(NULL, struct request);
	struct refusal no = { 0 };
	struct buf body;
	size_t n;
	int i;

	(void)state;
	buf_init(&body, r, 1 << 20);
	buf_text(&body, "--XX\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a");
	for (i = 0; i < 200; i++)
		buf_text(&body, "简");
	buf_text(&body, "\"\r\n\r\n1\r\n--XX--");
	assert_true(multipart_parse(r, TYPE, body.data, body.len, r, &no));
	n = strlen(r->uploads[0].name);
	assert_in_range(n, 250, 255);
	assert_true(utf8_valid(r->uploads[0].name, n));
	talloc_free(r);
}

/* --- cookies and JSON --- */

static void
cookies_are_found_by_exact_name(void **state)
{
	static const struct {
		const char *header, *value;
	} cases[] = {
		{ "a=1", "1" },       { "b=2; a=1", "1" },
		{ "ba=2; a=1", "1" }, { "a=1; a=2", "1" },
		{ "a=", "" },         { "b=a=1", NULL },
		{ "", NULL },         { "a", NULL },
		{ "a ;a=3", "3" },    { " ;; a=x=y ; b", "x=y" },
		{ "aa=1", NULL },     { "A=1", NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct request *r = talloc_zero(NULL, struct request);
		const char *value;

		r->cookie = cases[i].header;
		value = request_cookie(r, "a");
		if (cases[i].value)
			assert_string_equal(value, cases[i].value);
		else
			assert_null(value);
		r->cookie = NULL;
		assert_null(request_cookie(r, "a"));
		talloc_free(r);
	}
}

static void
json_bodies_are_flat_objects(void **state)
{
	static const struct {
		const char *text, *code; /* NULL: read */
	} cases[] = {
		{ "{}", NULL },
		{ "{\"a\": 1, \"b\": [\"[[[[[[[[[[[[[[[[[[[[\"]}", NULL },
		{ "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}}}}}", NULL },
		{ "[]", "json.object" },
		{ "1", "json.syntax" },
		{ "", "json.syntax" },
		{ "{\"a\":1,\"a\":2}", "json.syntax" },
		{ "{\"a\":\"\\u0000\"}", "json.syntax" },
		{ "{\"a\":\"\xbc\xaa\"}", "json.syntax" },
		{ "{} x", "json.syntax" },
		{ "{\"a\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}", "json.depth" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct refusal no = { 0 };
		json_t *body = NULL;
		bool read = json_body_parse(cases[i].text, strlen(cases[i].text), &body, &no);

		assert_int_equal(read, !cases[i].code);
		if (cases[i].code)
			assert_string_equal(no.code, cases[i].code);
		json_decref(body);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(urldecode_reads_or_refuses),
		cmocka_unit_test(urldecode_has_limits),
		cmocka_unit_test(multipart_reads_or_refuses),
		cmocka_unit_test(multipart_has_limits),
		cmocka_unit_test(long_file_name_is_cut),
		cmocka_unit_test(cookies_are_found_by_exact_name),
		cmocka_unit_test(json_bodies_are_flat_objects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
