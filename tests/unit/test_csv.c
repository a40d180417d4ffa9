/*
 * test_csv.c - files as people and spreadsheets write them, and as nobody should.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "facility/csv.h"
#include "facility/list_export.h"

static TALLOC_CTX *owner;

static int
setup(void **state)
{
	(void)state;
	owner = talloc_new(NULL);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	talloc_free(owner);
	return 0;
}

/* All rows as "number:a|b|c", parted by blanks; a row that cannot be read as "number!". */
static const char *
flat(const char *bytes, size_t n)
{
	struct csv csv;
	struct csv_row row;
	const char *error;
	struct buf out;

	buf_init(&out, owner, 1 << 20);
	buf_text(&out, "");
	if (!csv_open(&csv, owner, bytes, n, &error))
		return "refused";
	while (csv_next(&csv, owner, &row)) {
		buf_printf(&out, "%s%d%s", out.len ? " " : "", (int)row.number,
			   row.error ? "!" : ":");
		for (size_t i = 0; i < row.count; i++)
			buf_printf(&out, "%s%s", i ? "|" : "", row.cells[i]);
	}
	return out.data;
}

#define reads(text, wanted) assert_string_equal(flat(text, sizeof(text) - 1), wanted)

static void
plain_files(void **state)
{
	(void)state;
	reads("a,b\n1,2\n", "1:a|b 2:1|2");
	reads("a,b\r\n1,2", "1:a|b 2:1|2");
	reads("a,b\n\n ,\n3,", "1:a|b 4:3|"); /* blank rows count, but are not read */
	reads("a\tb,c\td\n1\t2,3\t4", "1:a|b,c|d 2:1|2,3|4");
	reads("a;b;c\n1;2,5;3", "1:a|b|c 2:1|2,5|3");
	reads("", "");
	reads("\n\n", "");
}

static void
quotes(void **state)
{
	(void)state;
	reads("a,b\n\"1,\n2\",\"say \"\"hi\"\"\"\n", "1:a|b 2:1,\n2|say \"hi\"");
	reads("a,b\n\"x\"y,5\" pipe\n", "1:a|b 2:xy|5\" pipe");
	reads("a,b\n\"open,2\n3,4\n", "1:a|b 2! 3:3|4"); /* costs its own line only */
	reads("a\n\"\"\nb", "1:a 3:b");
}

static void
encodings(void **state)
{
	(void)state;
	reads("\xEF\xBB\xBF姓名,b\n", "1:姓名|b");
	reads("\xD0\xD5\xC3\xFB,\xB3\xA4\xB4\xBA\n", "1:姓名|长春"); /* GBK */
	reads("\x81\x39\xEE\x39,a\n", "1:㐀|a");                     /* GB18030, four bytes */
	reads("\xFF\xFE"
	      "a\0,\0"
	      "b\0\n\0",
	      "1:a|b"); /* UTF-16 */
	reads("a,b\n\xFF\xFF\xFF", "refused");
	reads("a,\0b\n", "refused");
	reads("PK\3\4xxxx", "refused");
}

static void
hostile_files(void **state)
{
	char *text = talloc_zero_size(owner, 3 * 100000 + 300000);
	const char *out;

	(void)state;
	for (size_t i = 0; i < 100000; i++)
		memcpy(text + i * 3, "\"a\n", 3);
	out = flat(text, 300001 - 2); /* an odd number of quotes */
	assert_true(strlen(out) < 2000000);
	memset(text, ',', 300);
	assert_string_equal(flat(text, 300), "1!");
	memset(text, 'x', 300000);
	assert_string_equal(flat(text, 300000), "1!");
}

static void
written_cells(void **state)
{
	static const char *const cells[][2] = {
		{ "a", "a" },
		{ "a,b", "\"a,b\"" },
		{ "say \"hi\"", "\"say \"\"hi\"\"\"" },
		{ "=1+1", "'=1+1" },
		{ "@x", "'@x" },
		{ "-5", "'-5" },
		{ "+1,2", "\"'+1,2\"" },
		{ "＝1+1", "'＝1+1" },
		{ "＋1", "'＋1" },
		{ "－1", "'－1" },
		{ "＠x", "'＠x" },
		{ " =1+1", "' =1+1" },
		{ "\n=1+1", "\"'\n=1+1\"" },
		{ "\xe3\x80\x80=1", "'\xe3\x80\x80=1" },
		{ "a=1", "a=1" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
		struct buf out;

		buf_init(&out, owner, 1000);
		buf_text(&out, "");
		csv_cell(&out, cells[i][0], false);
		assert_string_equal(out.data, cells[i][1]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(plain_files, setup, teardown),
		cmocka_unit_test_setup_teardown(quotes, setup, teardown),
		cmocka_unit_test_setup_teardown(encodings, setup, teardown),
		cmocka_unit_test_setup_teardown(hostile_files, setup, teardown),
		cmocka_unit_test_setup_teardown(written_cells, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
