/*
 * test_reader.c - feeds as they come: honest, damaged, hostile, and cut at every byte.
 *
 * The feeds of this test are its own; where the real samples lie beside the checkout they are read
 * too. Limits of time and memory are those of the whole process.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "feed_files.h"
#include "base/buf.h"
#include "ctx.h"

#include <dirent.h>
#include <sys/resource.h>

static struct jy_ctx *cx;
static struct feed_reader *r;
static json_t *jobs, *reasons; /* of the last feed: jobs; "item field reason" of the refused */

static void
on_job(void *arg, json_t *job)
{
	(void)arg;
	if (json_array_size(jobs) < 100)
		json_array_append(jobs, job);
}

static void
on_refused(void *arg, int64_t item, int64_t line_number, const char *field, const char *why)
{
	(void)arg, (void)line_number;
	assert_true(*feed_reason_text(why) != '\0');
	if (json_array_size(reasons) < 100)
		json_array_append_new(
		    reasons, json_sprintf("%d %s %s", (int)item, field ? field : "-", why));
}

static int
setup(void **state)
{
	(void)state;
	cx = ctx_new(NULL, NULL, "test");
	r = feed_reader_new(cx);
	r->accept = on_job;
	r->refuse = on_refused;
	jobs = json_array();
	reasons = json_array();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	json_decref(jobs);
	json_decref(reasons);
	feed_reader_begin(r, NULL, NULL);
	talloc_free(cx);
	return 0;
}

static void
begin(void)
{
	json_array_clear(jobs);
	json_array_clear(reasons);
	feed_reader_begin(r, NULL, NULL);
}

/* Reads bytes in chunks and answers "state reason accepted/items". */
static const char *
read_cut(const char *bytes, size_t n, size_t chunk)
{
	begin();
	for (size_t at = 0; at < n; at += chunk)
		if (!feed_reader_push(r, bytes + at, n - at < chunk ? n - at : chunk))
			break;
	feed_reader_end(r);
	return jy_printf(cx, "%s %s %d/%d", r->state, r->reason ? r->reason : "-", (int)r->accepted,
			 (int)r->items);
}

static const char *
read_all(const char *bytes, size_t n)
{
	return read_cut(bytes, n, FEED_CHUNK);
}

#define reads(bytes, wanted) assert_string_equal(read_all(bytes, sizeof(bytes) - 1), wanted)

static const char *
of_job(size_t i, const char *field)
{
	return jy_json_text(json_array_get(jobs, i), field);
}

static const char *
reason(size_t i)
{
	const char *text = json_string_value(json_array_get(reasons, i));

	return text ? text : "";
}

#define JOB(id, title) "<job><id>" id "</id><title>" title "</title></job>"
#define FEED(items)    "<source>" items "</source>"

/* --- Encodings --- */

static void
encodings(void **state)
{
	(void)state;
	reads(FEED(JOB("1", "\xb2\xe2\xca\xd4")), "complete - 1/1"); /* GBK, undeclared */
	assert_string_equal(of_job(0, "title"), "测试");
	assert_string_equal(feed_reader_encoding(r), "GB18030");
	reads("<?xml version=\"1.0\" encoding=\"utf-8\"?>" FEED(JOB("1", "\xb2\xe2\xca\xd4")),
	      "complete - 1/1");
	assert_string_equal(of_job(0, "title"), "测试");
	/* The other lie, and a character of gb2312's label that only GBK has. */
	reads("<?xml version='1.0' encoding='gb2312'?>" FEED(JOB("1", "测试工程师")),
	      "complete - 1/1");
	assert_string_equal(of_job(0, "title"), "测试工程师");
	reads("<?xml version='1.0' encoding='gb2312'?>" FEED(JOB("1", "\x86\xb4\xe9"
								      "F")),
	      "complete - 1/1");
	assert_string_equal(of_job(0, "title"), "喆镕");
	reads("<?xml version='1.0' encoding='gb18030'?>" FEED(JOB("1", "\x82"
								       "\x30"
								       "\xb7"
								       "\x31")),
	      "complete - 1/1");
	assert_string_equal(of_job(0, "title"), "㛃");
	reads("\xff\xfe<\0a\0>\0<\0j\0o\0b\0>\0<\0i\0d\0>\0"
	      "1\0<\0/\0i\0d\0>\0<\0t\0i\0t\0l\0e\0>\0\x4b\x6d"
	      "<\0/\0t\0i\0t\0l\0e\0>\0<\0/\0j\0o\0b\0>\0<\0/\0a\0>\0",
	      "complete - 1/1");
	assert_string_equal(of_job(0, "title"), "测");
	reads("\xef\xbb\xbf\n<?xml version='1.0' encoding='gbk'?>" FEED(JOB("1", "测试")),
	      "complete - 1/1");
	assert_string_equal(of_job(0, "title"), "测试");
	reads("<?xml version='1.0' encoding='big5'?>" FEED(JOB("1", "\xb4\xfa\xb8\xd5")),
	      "refused encoding 0/0");
	reads("\x4c\x6f\xa7\x94\x93", "refused encoding 0/0");
	reads("\0\0\0<\0\0\0s", "refused encoding 0/0");
	reads("<?xml version='1.0' encoding='UTF-7'?>+ADw-source+AD4-", "refused not_xml 0/0");
}

static void
charset_of_http(void **state)
{
	static const char bytes[] = FEED(JOB("1", "\xd2\xbb\xd0\xa9")); /* GBK that is UTF-8 too */

	(void)state;
	begin();
	feed_reader_begin(r, NULL, "GBK");
	feed_reader_push(r, bytes, sizeof(bytes) - 1);
	feed_reader_end(r);
	assert_string_equal(of_job(0, "title"), "一些");
}

static void
damaged_bytes(void **state)
{
	(void)state;
	/* One bad byte in good UTF-8 costs one character of one item. */
	reads(FEED(JOB("1", "招聘语文\xe6老师") JOB("2", "数学老师")), "complete - 2/2");
	assert_string_equal(of_job(0, "title"), "招聘语文\xef\xbf\xbd老师");
	assert_string_equal(of_job(1, "title"), "数学老师");
	assert_true(json_array_size(json_object_get(json_array_get(jobs, 0), "repaired")) == 1);
	/* Cut in the middle of a character. */
	reads("<source>" JOB("1", "测试") "<job><id>2</id><title>测\xe8\xaf", "cut truncated 1/2");
	assert_string_equal(reason(0), "2 - item_cut");
	reads(FEED(JOB("1", "a\x01\x08z\xef\xbf\xbf")), "complete - 1/1");
	assert_string_equal(of_job(0, "title"), "az");
}

/* --- Damage --- */

static void
repairs_made(void **state)
{
	(void)state;
	reads(FEED(JOB("1", "A & B &nbsp;&eacute; &foo; &#11; &#x41; 5 < 6")), "complete - 1/1");
	assert_string_equal(of_job(0, "title"), "A & B é &foo; A 5 < 6");
	reads("<?xml version=\\\"1.0\\\" encoding=\\\"UTF-8\\\"?>" FEED(JOB("1", "t")),
	      "complete - 1/1");
	reads("\n\n<?xml version='1.0'?>" FEED(JOB("1", "t")), "complete - 1/1");
	reads("<rss xmlns:e='u'><item><e:id>1</id><Title>t</title><e:x/></ITEM></rss>",
	      "complete - 1/1");
	reads(FEED("<job><id>1</id><title>a<br>b</p></title></job>"), "complete - 1/1");
	assert_string_equal(of_job(0, "title"), "a b");
	reads(FEED("<job a=1 b a=2 c=\\\"x>y\\\"><id>1</id><title>t</title></job>"),
	      "complete - 1/1");
	reads(FEED(JOB("1", "<![CDATA[a]]]]><![CDATA[>b <i>c</i> &amp; d]]>")), "complete - 1/1");
	assert_string_equal(of_job(0, "title"), "a]]>b c & d");
	reads(FEED(JOB("1", "<![CDATA[a]]\x01><b>c]]>")), "complete - 1/1");
	assert_string_equal(of_job(0, "title"), "a]]> c");
	reads(FEED(JOB("1", "<![CDATA[</job><job>]]>t") JOB("2", "]]>u")), "complete - 2/2");
	assert_string_equal(of_job(1, "title"), "]]>u");
	reads(FEED("<job><id>1</id><title>t</title><description>&amp;lt;p&amp;gt;x &amp;amp; y"
		   "</description></job>"),
	      "complete - 1/1");
	assert_string_equal(of_job(0, "description"), "<p>x & y");
}

static void
others_survive(void **state)
{
	(void)state;
	reads(FEED("<job><id>1</id><title>never closed" JOB("2", "b") JOB("3", "c")),
	      "complete - 2/3");
	assert_string_equal(reason(0), "1 - item_unclosed");
	reads(FEED("<job><id>1</id><title>a</title>" JOB("2", "b")), "complete - 2/2");
	reads(FEED(JOB("1", "a") "<job><id>2</id><title>b"), "complete - 1/2");
	reads(FEED(JOB("1", "a") JOB("1", "b") JOB("", "c") JOB("4", "")), "complete - 1/4");
	assert_string_equal(reason(0), "2 id duplicate");
	assert_string_equal(reason(1), "3 id missing");
	assert_string_equal(reason(2), "4 title missing");
	reads(FEED("<job><a\xc3\x97"
		   "b/><id>1</id><title>t</title></job>" JOB("2", "b")),
	      "complete - 1/2");
	assert_string_equal(reason(0), "1 - not_well_formed");
	reads("<source>" JOB("1", "a"), "cut truncated 1/1");
	reads(FEED(JOB("1", "a")) FEED(JOB("2", "b")), "cut after_root 1/1");
	reads(FEED("<expectedJobCount>2</expectedJobCount>" JOB("1", "a")),
	      "cut fewer_than_expected 1/1");
	reads("<rss><channel><item><title>t</title><link>http://a/1</link></item></channel></rss>",
	      "complete - 1/1");
	assert_string_equal(of_job(0, "id"), "http://a/1");
}

static void
no_feeds(void **state)
{
	(void)state;
	reads("", "refused zero_bytes 0/0");
	reads(" \n ", "refused not_xml 0/0");
	reads("{\"error\": 1}", "refused not_xml 0/0");
	reads("<!DOCTYPE html><html><body>404</body></html>", "refused html 0/0");
	reads("<html><body>sign in</body></html>", "refused html 0/0");
	reads("\x1f\x8b\x08\0\0", "refused packed 0/0");
	reads(FEED(""), "complete no_items 0/0");
	begin();
	feed_reader_begin(r, "nobody", NULL);
	assert_string_equal(r->reason, "unknown_profile");
}

/* --- Attacks --- */

static void
entities_refused(void **state)
{
	(void)state;
	reads("<!DOCTYPE s [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>" FEED(JOB("1", "&x;")),
	      "refused doctype 0/0");
	reads("<!DOCTYPE s SYSTEM 'http://127.0.0.1/x.dtd'>" FEED(JOB("1", "t")),
	      "refused doctype 0/0");
	reads("<!DOCTYPE s PUBLIC 'a' 'b'>" FEED(""), "refused doctype 0/0");
	reads("<!doctype s [<!ENTITY % p '<!ENTITY a \"b\">'> %p;]>" FEED(""),
	      "refused doctype 0/0");
	reads("<!DOCTYPE s [<!ATTLIST job a CDATA 'aaaa'>]>" FEED(""), "refused doctype 0/0");
	reads(FEED("<!DOCTYPE s [<!ENTITY x 'y'>]>" JOB("1", "&x;")), "refused doctype 0/0");
	reads(FEED("<job><!ENTITY x 'y'><id>1</id></job>"), "refused doctype 0/0");
	reads("\xff\xfe<\0!\0D\0O\0C\0T\0Y\0P\0E\0 \0s\0>\0", "refused doctype 0/0");
	reads("<?xml-stylesheet href='file:///etc/passwd'?>"
	      "<source xmlns:xi='http://www.w3.org/2001/XInclude' "
	      "xsi:schemaLocation='http://127.0.0.1/x'>"
	      "<job><id>1</id><title><xi:include href='file:///etc/passwd' "
	      "parse='text'/>t</title></job>"
	      "</source>",
	      "complete - 1/1");
	assert_string_equal(of_job(0, "title"), "t");
}

static double
cpu_ms(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000 +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1000;
}

static double used_ms; /* by the reader alone, in the last flood */

static bool
timed_push(const char *bytes, size_t n)
{
	double begun = cpu_ms();
	bool more = feed_reader_push(r, bytes, n);

	used_ms += cpu_ms() - begun;
	return more;
}

/* Gives head, then `times` the part made by printf with a counter, then tail. */
static void
flood(const char *head, const char *part, int times, const char *tail)
{
	size_t room = 1 << 16, n = 0;
	char *block = talloc_size(cx, room);

	begin();
	used_ms = 0;
	timed_push(head, strlen(head));
	for (int i = 0; i < times; i++) {
		if (room - n < 4096) {
			if (!timed_push(block, n))
				break;
			n = 0;
		}
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		n += (size_t)snprintf(block + n, room - n, part, i, i);
#pragma GCC diagnostic pop
	}
	timed_push(block, n);
	timed_push(tail, strlen(tail));
	feed_reader_end(r);
	talloc_free(block);
}

static void
floods(void **state)
{
	static const struct {
		const char *head, *part;
		int times;
		const char *tail, *wanted, *item;
	} cases[] = {
		{ "<source><job ", "a%d='1' ", 1000000, "><id>1</id></job></source>", NULL, NULL },
		{ "<source ", "a%d='1' ", 1000000, "></source>", "tag_too_long", NULL },
		{ "<source ", "xmlns:n%d='u%d' ", 300, "></source>", "too_many_attributes", NULL },
		{ "<source>", "<job><id>%d</id><title>t</title><n%d/></job>", 1000000, "",
		  "too_many_names", NULL },
		{ "<source>", "<n%d>%d", 1000000, "", "too_deep", NULL },
		{ "<source>", "<n%d/>", 1000000, "</source>", "no_vacancies", NULL },
		{ "<source><job><id>1</id><title>t</title>", "<d%d>", 1000000, "", NULL,
		  "too_deep" },
		{ "<source><job><id>1</id><title>t</title>", "<d/>%d", 500000, "</job></source>",
		  NULL, "item_too_large" },
		{ "<source><job><id>1</id><title>t</title>", "<d/>%.0d", 5000, "</job></source>",
		  NULL, "too_many_elements" },
		{ "<source><job><id>1</id><title>t</title><description>", "%d aaaaaaaa", 10000,
		  "</description></job></source>", NULL, "text_too_long" },
		{ "<source><job><id>1</id><title>", "%d aaaaaaaa", 1000, "</title></job></source>",
		  NULL, "text_too_long" },
		{ "<source><!-- ", "%d aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 300000,
		  "--><job><id>1</id><title>t</title></job></source>", NULL, NULL },
		{ "<source>", "<%.0d", 1000000, "", "truncated", NULL },
		{ "<source><job><id>1</id><title>t</title>", "&#38;&a%d;", 500000,
		  "</job></source>", NULL, "item_too_large" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		flood(cases[i].head, cases[i].part, cases[i].times, cases[i].tail);
		if (cases[i].wanted && (!r->reason || strcmp(r->reason, cases[i].wanted) != 0))
			fail_msg("flood %zu: %s", i, r->reason ? r->reason : "-");
		if (cases[i].item && !strstr(reason(0), cases[i].item))
			fail_msg("flood %zu: item %s", i, reason(0));
#if !defined(__SANITIZE_ADDRESS__)
		if (used_ms > 100)
			fail_msg("flood %zu took %.0f ms", i, used_ms);
#endif
	}
}

static void
one_hundred_thousand(void **state)
{
	char *part = talloc_size(cx, 2600);
	struct rusage before, after;
	size_t n = (size_t)snprintf(part, 2600,
				    "<job><id>%%d</id><title>岗位 %%d</title>"
				    "<date>2022-03-08 09:30:00</date><description><![CDATA[");

	(void)state;
	while (n < 2200)
		n += (size_t)snprintf(part + n, 2600 - n, "<p>负责后端开发，本科及以上。</p>");
	snprintf(part + n, 2600 - n, "]]></description></job>\n");
	getrusage(RUSAGE_SELF, &before);
	r->bytes_max = (int64_t)1 << 30;
	flood("<source>\n", part, 100000, "</source>\n");
	r->bytes_max = FEED_FILE_MAX;
	getrusage(RUSAGE_SELF, &after);
	assert_string_equal(r->state, "complete");
	assert_int_equal(r->accepted, 100000);
#if !defined(__SANITIZE_ADDRESS__)
	print_message("# FIGURE %d MiB in %.0f ms, %ld KiB more\n", (int)(n * 100000 >> 20),
		      used_ms, after.ru_maxrss - before.ru_maxrss);
	assert_true(after.ru_maxrss - before.ru_maxrss < 64 * 1024);
#endif
}

static void
past_the_file_limit(void **state)
{
	(void)state;
	r->bytes_max = 60;
	reads(FEED(JOB("1", "aaaaaaaaaaaaaaa") JOB("2", "bbbbbbbbbbbbbbbbbbb")),
	      "cut file_too_large 0/0");
	r->bytes_max = FEED_FILE_MAX;
}

/* --- The samples --- */

static char *
file_read(const char *path, size_t *n)
{
	FILE *f = fopen(path, "rb");
	char *bytes = talloc_size(cx, 1 << 17);

	*n = 0;
	if (!f)
		return NULL;
	*n = fread(bytes, 1, 1 << 17, f);
	fclose(f);
	return bytes;
}

static void
samples_cut_anywhere(void **state)
{
	static const char *const folders[] = { SOURCE_DIR "/../shared/samples/feeds",
					       SOURCE_DIR "/../shared/samples/feeds-hostile" };

	(void)state;
	for (int k = 0; k < 2; k++) {
		DIR *folder = opendir(folders[k]);
		struct dirent *entry;

		while (folder && (entry = readdir(folder))) {
			static const size_t chunks[] = { 1, 2, 3, 7, 64, 1000 };
			char *name = jy_printf(cx, "%s/%s", folders[k], entry->d_name);
			const char *whole;
			size_t n;
			char *bytes = file_read(name, &n);
			const char *said;

			if (!bytes || !strstr(entry->d_name, ".xml"))
				continue;
			said = read_all(bytes, n);
			whole = jy_json_dump(cx, jobs);
			for (size_t i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++) {
				const char *parts;

				assert_string_equal(read_cut(bytes, n, chunks[i]), said);
				parts = jy_json_dump(cx, jobs);
				assert_string_equal(parts, whole);
			}
			for (size_t cut = 0; cut < n; cut += 1 + n / 300)
				assert_non_null(read_all(bytes, cut)); /* whatever is left of it */
			talloc_free(bytes);
		}
		if (folder)
			closedir(folder);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encodings),
		cmocka_unit_test(charset_of_http),
		cmocka_unit_test(damaged_bytes),
		cmocka_unit_test(repairs_made),
		cmocka_unit_test(others_survive),
		cmocka_unit_test(no_feeds),
		cmocka_unit_test(entities_refused),
		cmocka_unit_test(floods),
		cmocka_unit_test(one_hundred_thousand),
		cmocka_unit_test(past_the_file_limit),
		cmocka_unit_test(samples_cut_anywhere),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
