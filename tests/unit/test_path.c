/* test_path.c - which addresses are ours, and in which form they reach the router. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "web/request.h"

static void
paths_are_normalised_or_refused(void **state)
{
	static const struct {
		const char *raw, *path; /* NULL: refused */
	} cases[] = {
		{ "/", "/" },
		{ "/jobs", "/jobs" },
		{ "/jobs/", "/jobs" },
		{ "/jobs/12", "/jobs/12" },
		{ "/a%20b", "/a b" },
		{ "/%E5%90%89%E6%9E%97", "/吉林" },
		{ "/吉林", "/吉林" },
		{ "/...", "/..." },
		{ "/.well-known", "/.well-known" },
		{ "/a..b", "/a..b" },
		{ "", NULL },
		{ "jobs", NULL },
		{ "*", NULL },
		{ "http://x/", NULL },
		{ "//", NULL },
		{ "//x", NULL },
		{ "/a//b", NULL },
		{ "/a//", NULL },
		{ "/.", NULL },
		{ "/..", NULL },
		{ "/a/.", NULL },
		{ "/a/./b", NULL },
		{ "/a/../b", NULL },
		{ "/a/%2e%2e/b", NULL },
		{ "/a/..", NULL },
		{ "/a%2Fb", NULL },
		{ "/a%5Cb", NULL },
		{ "/a\\b", NULL },
		{ "/a%00", NULL },
		{ "/a%0A", NULL },
		{ "/a%7F", NULL },
		{ "/a%", NULL },
		{ "/a%4", NULL },
		{ "/a%zz", NULL },
		{ "/%BC%AA", NULL },
		{ "/%C0%AE%C0%AE", NULL },
	};
	TALLOC_CTX *owner = talloc_new(NULL);
	const char *path;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		print_message("  %s\n", cases[i].raw);
		assert_int_equal(path_normalise(owner, cases[i].raw, &path), cases[i].path != NULL);
		if (cases[i].path)
			assert_string_equal(path, cases[i].path);
	}
	talloc_free(owner);
}

static void
only_local_addresses_are_returned_to(void **state)
{
	static const char *const local[] = { "/", "/a", "/a?b=c&d=/e", "/a#b", "/吉林" };
	static const char *const foreign[] = { "",      "a",        "//x",       "/\\x",
					       "http:", "/a\r\nB:", "/a\\b",     "/\x7f",
					       "\\\\x", "/\t/x",    "https://x", "/\xff" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(local) / sizeof(local[0]); i++)
		assert_true(path_is_local(local[i]));
	for (i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		assert_false(path_is_local(foreign[i]));
	assert_false(path_is_local(NULL));
}

static void
utf8_is_strict(void **state)
{
	static const char *const good[] = { "", "a", "é", "简", "😀", "\xf4\x8f\xbf\xbf" };
	static const char *const bad[] = { "\x80",
					   "\xc0\xaf",
					   "\xc1\xbf",
					   "\xe0\x80\xaf",
					   "\xed\xa0\x80",
					   "\xf0\x80\x80\xaf",
					   "\xf4\x90\x80\x80",
					   "\xf5\x80\x80\x80",
					   "\xe7\xae",
					   "a\xff",
					   "\xe7\xae"
					   "a" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(utf8_valid(good[i], strlen(good[i])));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(utf8_valid(bad[i], strlen(bad[i])));
	assert_false(utf8_valid("a\0b", 3));
}

static void
cut_characters_are_dropped(void **state)
{
	static const char *const cases[][2] = {
		{ "", "" },
		{ "plain", "plain" },
		{ "简历", "简历" },
		{ "简\xe5\x8e”。", "简”。" },
		{ "\x86简\xff", "简" },
		{ "a\xed\xa0\x80z", "az" },
		{ "\xf0\x9f\x98", "" },
	};
	char text[40];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "%s", cases[i][0]);
		utf8_mend(text);
		assert_string_equal(text, cases[i][1]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_are_normalised_or_refused),
		cmocka_unit_test(only_local_addresses_are_returned_to),
		cmocka_unit_test(utf8_is_strict),
		cmocka_unit_test(cut_characters_are_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
