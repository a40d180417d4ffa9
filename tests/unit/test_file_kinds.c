/*
 * test_file_kinds.c - what people may upload: extension and content together, archives by their
 * directory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "data/file_kinds.h"

static unsigned char zip[300000];
static size_t used, directory, entries;

static void
le(size_t at, uint64_t value, int n)
{
	for (int i = 0; i < n; i++)
		zip[at + (size_t)i] = (unsigned char)(value >> (8 * i));
}

static void
zip_begin(void)
{
	memset(zip, 0, sizeof(zip));
	memcpy(zip, "PK\3\4", 4);
	used = directory = 40;
	entries = 0;
}

static void
zip_add(const char *name, uint32_t unpacked, unsigned flags)
{
	memcpy(zip + used, "PK\1\2", 4);
	le(used + 8, flags, 2);
	le(used + 24, unpacked, 4);
	le(used + 28, strlen(name), 2);
	memcpy(zip + used + 46, name, strlen(name));
	used += 46 + strlen(name);
	entries++;
}

static void
zip_close(void)
{
	memcpy(zip + used, "PK\5\6", 4);
	le(used + 8, entries, 2);
	le(used + 10, entries, 2);
	le(used + 12, used - directory, 4);
	le(used + 16, directory, 4);
	used += 22;
}

static bool
accepted(const char *name, const void *bytes, size_t n)
{
	const char *type = NULL, *sentence = NULL;
	unsigned char *exact = malloc(n + 1); /* so that a read too far is seen */
	bool fine;

	assert_non_null(exact);
	memcpy(exact + 1, bytes, n);
	fine = file_kind(name, exact + 1, n, &type, &sentence);
	free(exact);
	assert_true(fine ? type != NULL : sentence != NULL);
	return fine;
}

static void
document(const char *extra, uint32_t unpacked, unsigned flags)
{
	zip_begin();
	zip_add("[Content_Types].xml", 1000, 0);
	zip_add("word/document.xml", 5000, 0);
	if (extra)
		zip_add(extra, unpacked, flags);
	zip_close();
}

static void
content_must_agree_with_the_name(void **state)
{
	(void)state;
	assert_true(accepted("a.pdf", "%PDF-1.7\n", 9));
	assert_true(accepted("A.JPG", "\xff\xd8\xff\xe0....", 8));
	assert_true(accepted("a.png", "\x89PNG\r\n\x1a\n0", 9));
	assert_true(accepted("a.csv", "name,phone\r\n\xe7\x94\xb2,1\n", 17));
	assert_false(accepted("a.png", "%PDF-1.7\n", 9));
	assert_false(accepted("a.pdf", "", 0));
	assert_false(accepted("a.txt", "a\0b", 3));
	assert_false(accepted("a.html", "<html>", 6));
	assert_false(accepted("a.pdf.exe", "%PDF-1.7\n", 9));
	assert_false(accepted("pdf", "%PDF-1.7\n", 9));
}

static void
documents_are_read_by_their_directory(void **state)
{
	(void)state;
	document(NULL, 0, 0);
	assert_true(accepted("a.docx", zip, used));
	assert_false(accepted("a.xlsx", zip, used)); /* it is a text, not a workbook */
	for (size_t cut = 0; cut < used; cut++)
		assert_false(accepted("a.docx", zip, cut));
	document("word/media/image1.png", 50 * 1024 * 1024, 0);
	assert_true(accepted("a.docx", zip, used));
	document("word/vbaProject.bin", 10, 0);
	assert_false(accepted("a.docx", zip, used));
	document("../../etc/passwd", 10, 0);
	assert_false(accepted("a.docx", zip, used));
	document("secret.xml", 10, 1); /* encrypted */
	assert_false(accepted("a.docx", zip, used));
	document("bomb.xml", 200 * 1024 * 1024, 0);
	assert_false(accepted("a.docx", zip, used));
	document("bomb.xml", UINT32_MAX, 0);
	assert_false(accepted("a.docx", zip, used));
	document(NULL, 0, 0);
	le(used - 22 + 16, used, 4); /* the directory would lie behind its own end */
	assert_false(accepted("a.docx", zip, used));
	zip_begin();
	for (int i = 0; i < 2001; i++)
		zip_add("word/document.xml", 1, 0);
	zip_close();
	assert_false(accepted("a.docx", zip, used));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(content_must_agree_with_the_name),
		cmocka_unit_test(documents_are_read_by_their_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
