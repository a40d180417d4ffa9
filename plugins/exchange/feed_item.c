/*
 * feed_item.c - one vacancy as an element of the complete list.
 *
 * The names are those of the Indeed-style feed, so that any importer of job feeds can read it; what
 * that format has no place for (headcount, codes, pay in numbers) follows in elements of our own,
 * described in feeds/jobs.xsd. Values that people wrote stand in CDATA.
 */
#include "exchange.h"

#include <string.h>

static const char *const educations[] = { "不限", "专科", "本科", "硕士", "博士" };

static bool
allowed(unsigned c)
{
	if (c < 0x20)
		return c == '\t' || c == '\n' || c == '\r';
	return !(c >= 0xD800 && c <= 0xDFFF) && c != 0xFFFE && c != 0xFFFF;
}

/* Length and value of the character at text, which is valid UTF-8 (the core checked it on the way
 * in; a damaged byte counts as one forbidden character). */
static int
next_char(const unsigned char *text, unsigned *c)
{
	int n = *text < 0x80 ? 1 : *text < 0xE0 ? 2 : *text < 0xF0 ? 3 : 4, i;

	*c = n == 1 ? *text : *text & (0xFF >> (n + 1));
	for (i = 1; i < n; i++) {
		if ((text[i] & 0xC0) != 0x80) {
			*c = 0;
			return i;
		}
		*c = *c << 6 | (text[i] & 0x3F);
	}
	return n;
}

const char *
exchange_clean(struct jy_ctx *cx, const char *text)
{
	char *clean = jy_alloc(cx, strlen(text) + 1), *to = clean;
	unsigned c;
	int n;

	for (; *text; text += n) {
		n = next_char((const unsigned char *)text, &c);
		if (!allowed(c))
			continue;
		memcpy(to, text, (size_t)n);
		to += n;
	}
	return clean;
}

/* "]]>" ends a CDATA section wherever it stands, so it is split over two. */
static bool
cdata(struct jy_ctx *cx, xmlTextWriterPtr w, const char *name, const char *text)
{
	const char *clean = exchange_clean(cx, text), *end;
	bool ok = xmlTextWriterStartElement(w, BAD_CAST name) >= 0;

	while (ok && (end = strstr(clean, "]]>"))) {
		ok = xmlTextWriterWriteFormatCDATA(w, "%.*s", (int)(end - clean) + 2, clean) >= 0;
		clean = end + 2;
	}
	return ok && xmlTextWriterWriteCDATA(w, BAD_CAST clean) >= 0 &&
	       xmlTextWriterEndElement(w) >= 0;
}

static bool
plain(xmlTextWriterPtr w, const char *name, const char *text)
{
	return !*text || xmlTextWriterWriteElement(w, BAD_CAST name, BAD_CAST text) >= 0;
}

static bool
number(struct jy_ctx *cx, xmlTextWriterPtr w, const char *name, const json_t *value, int64_t unit)
{
	if (!json_is_integer(value))
		return true;
	return plain(w, name, jy_printf(cx, "%" PRId64, (int64_t)json_integer_value(value) / unit));
}

/* "2022-06-25 08:00:00.000", Beijing time, as ISO 8601. */
static const char *
instant(struct jy_ctx *cx, const char *text)
{
	if (strlen(text) < 19)
		return "";
	return jy_printf(cx, "%.10sT%.8s+08:00", text, text + 11);
}

static const char *
pay_text(struct jy_ctx *cx, json_t *item)
{
	int64_t low = jy_json_int(item, "pay_min"), high = jy_json_int(item, "pay_max");

	if (*jy_json_text(item, "pay_text"))
		return jy_json_text(item, "pay_text");
	if (!low && !high)
		return "面议";
	return jy_printf(cx, "%" PRId64 "-%" PRId64 "元/月", low / 100, high / 100);
}

static bool
majors(xmlTextWriterPtr w, json_t *item)
{
	json_t *codes = json_object_get(item, "major_codes"), *code;
	bool ok = true;
	size_t i;

	if (json_array_size(codes) == 0)
		return true;
	ok = xmlTextWriterStartElement(w, BAD_CAST "majors") >= 0;
	json_array_foreach(codes, i, code) ok = ok && plain(w, "code", json_string_value(code));
	return ok && xmlTextWriterEndElement(w) >= 0;
}

static bool
indeed_part(struct jy_ctx *cx, xmlTextWriterPtr w, json_t *item)
{
	int64_t education = jy_json_int(item, "education");

	return cdata(cx, w, "title", jy_json_text(item, "title")) &&
	       plain(w, "date", instant(cx, jy_json_text(item, "published"))) &&
	       plain(w, "referencenumber", jy_printf(cx, "%" PRId64, jy_json_int(item, "id"))) &&
	       plain(w, "url",
		     jy_printf(cx, "%s/jobs/%" PRId64, jy_site_url(cx), jy_json_int(item, "id"))) &&
	       cdata(cx, w, "company", jy_json_text(item, "employer")) &&
	       cdata(cx, w, "city", jy_json_text(item, "city")) &&
	       cdata(cx, w, "state", jy_json_text(item, "province")) && plain(w, "country", "CN") &&
	       cdata(cx, w, "description", jy_json_text(item, "description")) &&
	       cdata(cx, w, "salary", pay_text(cx, item)) &&
	       plain(w, "education",
		     educations[education >= 0 && education <= 4 ? education : 0]) &&
	       plain(w, "jobtype", jy_json_text(item, "type")) &&
	       plain(w, "category", jy_json_text(item, "category")) &&
	       plain(w, "expirationdate", jy_json_text(item, "expires")) &&
	       plain(w, "lastactivitydate", instant(cx, jy_json_text(item, "changed")));
}

static bool
own_part(struct jy_ctx *cx, xmlTextWriterPtr w, json_t *item)
{
	return number(cx, w, "headcount", json_object_get(item, "headcount"), 1) &&
	       number(cx, w, "educationcode", json_object_get(item, "education"), 1) &&
	       majors(w, item) && cdata(cx, w, "majortext", jy_json_text(item, "majors")) &&
	       plain(w, "regioncode", jy_json_text(item, "region")) &&
	       plain(w, "occupationcode", jy_json_text(item, "occupation")) &&
	       plain(w, "creditcode", jy_json_text(item, "credit_code")) &&
	       number(cx, w, "salarymin", json_object_get(item, "pay_min"), 100) &&
	       number(cx, w, "salarymax", json_object_get(item, "pay_max"), 100) &&
	       number(cx, w, "salarymonths", json_object_get(item, "pay_months"), 1);
}

bool
exchange_item(struct jy_ctx *cx, xmlTextWriterPtr w, json_t *item)
{
	return xmlTextWriterStartElement(w, BAD_CAST "job") >= 0 && indeed_part(cx, w, item) &&
	       own_part(cx, w, item) && xmlTextWriterEndElement(w) >= 0 &&
	       xmlTextWriterWriteString(w, BAD_CAST "\n") >= 0;
}
