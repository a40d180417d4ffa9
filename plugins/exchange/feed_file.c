/*
 * feed_file.c - the complete list as a file, never half of one.
 *
 * Written beside the old one, counted, checked against the schema with a streaming reader, packed,
 * and renamed. expectedJobCount stands at the head so that a reader sees a cut copy; as the number
 * is known only at the end, it is written with a fixed width and filled in afterwards.
 */
#include "exchange.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <libxml/xmlreader.h>
#include <libxml/xmlschemas.h>
#include <zlib.h>

#define COUNT_MARK  "<expectedJobCount>"
#define COUNT_WIDTH 8
#define ITEMS_MAX   500000

struct feed {
	struct jy_ctx *cx;
	xmlTextWriterPtr writer;
	int64_t items;
};

static enum jy_status
add_item(void *arg, json_t *item)
{
	struct feed *feed = arg;
	void *scratch = jy_scratch_begin(feed->cx);
	bool ok = feed->items < ITEMS_MAX && exchange_item(feed->cx, feed->writer, item);

	jy_scratch_end(feed->cx, scratch);
	if (!ok) {
		jy_log(feed->cx, "exchange.write", "item %" PRId64 " could not be written",
		       feed->items);
		return JY_FAILED;
	}
	feed->items++;
	return JY_OK;
}

static bool
head(struct feed *feed)
{
	xmlTextWriterPtr w = feed->writer;
	char now[40];
	time_t t = time(NULL);
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(now, sizeof(now), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return xmlTextWriterStartDocument(w, NULL, "UTF-8", NULL) >= 0 &&
	       xmlTextWriterStartElement(w, BAD_CAST "source") >= 0 &&
	       xmlTextWriterWriteElement(
		   w, BAD_CAST "publisher",
		   BAD_CAST exchange_clean(feed->cx,
					   jy_setting_text(feed->cx, "exchange.publisher"))) >= 0 &&
	       xmlTextWriterWriteElement(w, BAD_CAST "publisherurl",
					 BAD_CAST jy_site_url(feed->cx)) >= 0 &&
	       xmlTextWriterWriteElement(w, BAD_CAST "lastBuildDate", BAD_CAST now) >= 0 &&
	       xmlTextWriterWriteElement(w, BAD_CAST "expectedJobCount", BAD_CAST "00000000") >=
		   0 &&
	       xmlTextWriterWriteString(w, BAD_CAST "\n") >= 0;
}

static enum jy_status
write_items(struct jy_ctx *cx, const char *path, int64_t *items)
{
	struct feed feed = { .cx = cx, .writer = xmlNewTextWriterFilename(path, 0) };
	enum jy_status s = JY_FAILED;

	if (!feed.writer) {
		jy_log(cx, "exchange.open", "%s cannot be written", path);
		return JY_FAILED;
	}
	if (head(&feed))
		s = jy_call(cx, "jobs.published", NULL, add_item, &feed);
	if (s == JY_OK && xmlTextWriterEndDocument(feed.writer) < 0)
		s = JY_FAILED;
	xmlFreeTextWriter(feed.writer);
	*items = feed.items;
	return s;
}

static bool
fill_count(const char *path, int64_t items)
{
	char start[2048], digits[COUNT_WIDTH + 1], *mark;
	FILE *file = fopen(path, "r+");
	size_t n;
	bool ok = false;

	if (!file)
		return false;
	n = fread(start, 1, sizeof(start) - 1, file);
	start[n] = '\0';
	mark = strstr(start, COUNT_MARK);
	snprintf(digits, sizeof(digits), "%0*d", COUNT_WIDTH, (int)items);
	if (mark && fseek(file, mark - start + (long)strlen(COUNT_MARK), SEEK_SET) == 0)
		ok = fwrite(digits, 1, COUNT_WIDTH, file) == COUNT_WIDTH && fflush(file) == 0 &&
		     fsync(fileno(file)) == 0;
	return fclose(file) == 0 && ok;
}

static bool
valid(struct jy_ctx *cx, const char *path)
{
	xmlTextReaderPtr reader = xmlReaderForFile(path, NULL, XML_PARSE_NONET);
	int got = 1;
	bool ok = false;

	if (reader && xmlTextReaderSchemaValidate(reader, jy_own_file(cx, "feeds/jobs.xsd")) == 0) {
		while (got == 1)
			got = xmlTextReaderRead(reader);
		ok = got == 0 && xmlTextReaderIsValid(reader) == 1;
	}
	if (reader)
		xmlFreeTextReader(reader);
	return ok;
}

static bool
copy_file(const char *from, const char *to, bool pack)
{
	char block[65536];
	FILE *in = fopen(from, "r");
	gzFile out = in ? gzopen(to, pack ? "wb6" : "wbT") : NULL;
	size_t n;
	bool ok = in && out;

	while (ok && (n = fread(block, 1, sizeof(block), in)) > 0)
		ok = gzwrite(out, block, (unsigned)n) == (int)n;
	if (out)
		ok = gzclose(out) == Z_OK && ok;
	if (in)
		fclose(in);
	return ok;
}

/* nginx's gzip_static wants both files with one time, or caches mix them up. */
static bool
put_in_place(struct jy_ctx *cx, const char *fresh, const char *packed)
{
	const char *folder = jy_feed_folder(cx);
	struct timespec times[2];
	struct stat st;

	if (stat(fresh, &st) != 0)
		return false;
	times[0] = times[1] = st.st_mtim;
	return utimensat(AT_FDCWD, packed, times, 0) == 0 &&
	       rename(packed, jy_printf(cx, "%s/" EXCHANGE_FEED ".gz", folder)) == 0 &&
	       rename(fresh, jy_printf(cx, "%s/" EXCHANGE_FEED, folder)) == 0;
}

enum jy_status
exchange_write_feed(struct jy_ctx *cx, int64_t *items)
{
	const char *folder = jy_feed_folder(cx), *uid = jy_uid(cx);
	const char *fresh = jy_printf(cx, "%s/.%s.xml", folder, uid);
	const char *packed = jy_printf(cx, "%s/.%s.gz", folder, uid);
	const char *schema = jy_printf(cx, "%s/.%s.xsd", folder, uid);
	const char *fault = NULL;
	enum jy_status s = write_items(cx, fresh, items);

	if (s != JY_OK)
		fault = "the source could not be read";
	else if (!fill_count(fresh, *items))
		fault = "the count could not be filled in";
	else if (!valid(cx, fresh))
		fault = "the new list does not satisfy its schema";
	else if (!copy_file(fresh, packed, true) ||
		 !copy_file(jy_own_file(cx, "feeds/jobs.xsd"), schema, false) ||
		 rename(schema, jy_printf(cx, "%s/jobs.xsd", folder)) != 0 ||
		 !put_in_place(cx, fresh, packed))
		fault = "the new list could not be put in place";
	if (!fault)
		return JY_OK;
	jy_log(cx, "exchange.kept_old", "%s; the old list stays", fault);
	unlink(fresh);
	unlink(packed);
	unlink(schema);
	return s == JY_OK ? JY_FAILED : s;
}
