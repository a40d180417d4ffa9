/* fuzz_feed.c - any bytes as an incoming feed: encodings, damage, markup, dates. What comes out
 * must be UTF-8 that XML allows, with an id and a title, and must not depend on how the bytes were
 * cut. */
#include "../../plugins/exchange/tests/feed_files.h"

#include "base/buf.h"
#include "ctx.h"
#include "tokens.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const words[] = {
	"<source>",
	"</source>",
	"<job>",
	"</job>",
	"<title>",
	"</title>",
	"<referencenumber>",
	"</referencenumber>",
	"<date>2022-03-08 09:30</date>",
	"<![CDATA[",
	"]]>",
	"<!--",
	"-->",
	"&nbsp;",
	"&amp;",
	"&x;",
	"&#11;",
	"<rss xmlns:dc=\"http://purl.org/dc/elements/1.1/\">",
	"<item>",
	"</ITEM>",
	"<a href='x' b=\\\"1\\\" c>",
	"<br>",
	"\xb2\xe2\xca\xd4",
	"\xe6\xb5\x8b\xe8\xaf\x95",
	"<dc:date>",
	"<id>1</id>",
	"<title>t</title>",
	"<description>",
	"<job id=\"7\" x=\"&lt;&#38;&#60;\">",
	"<?xml version='1.0' encoding='gbk'?>",
	"\xef\xbb\xbf",
	"<category domain=\"Location\" x=\"1\">",
};

struct seen {
	int64_t jobs, refused;
	uint64_t sum;
};

static void
on_job(void *arg, json_t *job)
{
	struct seen *seen = arg;
	char *text = json_dumps(job, JSON_COMPACT);

	if (!text || !*jy_json_text(job, "id") || !*jy_json_text(job, "title"))
		abort();
	for (const char *at = jy_json_text(job, "title"); *at; at++)
		if ((unsigned char)*at < 0x20)
			abort();
	seen->jobs++;
	seen->sum = seen->sum * 31 + id_hash(text);
	free(text);
}

static void
on_refused(void *arg, int64_t item, int64_t line_number, const char *field, const char *why)
{
	struct seen *seen = arg;

	(void)field;
	if (item < 1 || line_number < 1 || !*feed_reason_text(why))
		abort();
	seen->refused++;
}

static void
read_feed(struct feed_reader *r, struct seen *seen, const char *bytes, size_t n, size_t chunk)
{
	*seen = (struct seen){ 0 };
	r->arg = seen;
	feed_reader_begin(r, NULL, NULL);
	for (size_t at = 0; at < n; at += chunk)
		if (!feed_reader_push(r, bytes + at, n - at < chunk ? n - at : chunk))
			break;
	feed_reader_end(r);
	if (!r->state || r->accepted != seen->jobs || r->refused != seen->refused ||
	    r->items != r->accepted + r->refused)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct jy_ctx *cx;
	static struct feed_reader *r;
	struct seen whole, parts;
	char date_text[64], out[32];
	struct buf text;

	if (!cx) {
		cx = ctx_new(NULL, NULL, "fuzz");
		r = feed_reader_new(cx);
		r->accept = on_job;
		r->refuse = on_refused;
	}
	if (size == 0)
		return 0;
	buf_init(&text, cx, 1 << 20);
	if (data[0] % 4)
		tokens_expand(&text, words, sizeof(words) / sizeof(words[0]), data + 1, size - 1);
	else
		buf_add(&text, data + 1, size - 1);
	buf_text(&text, "");
	read_feed(r, &whole, text.data, text.len, text.len + 1);
	read_feed(r, &parts, text.data, text.len, 1 + data[0] % 61);
	if (whole.jobs != parts.jobs || whole.refused != parts.refused || whole.sum != parts.sum)
		abort();
	snprintf(date_text, sizeof(date_text), "%.*s", (int)(size < 60 ? size : 60),
		 (const char *)data);
	if (feed_date(date_text, out) && strlen(out) != 10 && strlen(out) != 25)
		abort();
	talloc_free(text.data);
	return 0;
}
