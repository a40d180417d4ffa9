/*
 * feed_encoding.c - which encoding a feed is in, whatever it says of itself.
 *
 * Order: byte order mark, HTTP, declaration, and over both of these the bytes: a declaration lies
 * more often than text that happens to be flawless UTF-8. gb2312 and gbk are read as GB18030, of
 * which they are parts. Anything else is refused: UTF-7 and EBCDIC are ways to smuggle markup.
 */
#define _GNU_SOURCE /* memmem */
#include "feed.h"

#include <string.h>
#include <strings.h>

#define LOOK 1024

static const struct {
	const char *name;
	enum feed_charset charset;
} charsets[] = {
	{ "utf-8", FEED_UTF8 },
	{ "utf8", FEED_UTF8 },
	{ "us-ascii", FEED_UTF8 },
	{ "ascii", FEED_UTF8 },
	{ "gb2312", FEED_GB18030 },
	{ "gb_2312-80", FEED_GB18030 },
	{ "gbk", FEED_GB18030 },
	{ "x-gbk", FEED_GB18030 },
	{ "cp936", FEED_GB18030 },
	{ "ms936", FEED_GB18030 },
	{ "gb18030", FEED_GB18030 },
	{ "gb18030-2022", FEED_GB18030 },
	{ "gb2312-80", FEED_GB18030 },
	{ "euc-cn", FEED_GB18030 },
	/* Without a mark these are the declaration of bytes that are no UTF-16: a lie to overlook.
	 */
	{ "utf-16", FEED_UNDECIDED },
	{ "utf-16le", FEED_UNDECIDED },
	{ "utf-16be", FEED_UNDECIDED },
};

enum feed_charset
feed_charset_named(const char *name, size_t n)
{
	if (n == 0)
		return FEED_UNDECIDED;
	for (size_t i = 0; i < sizeof(charsets) / sizeof(charsets[0]); i++)
		if (strlen(charsets[i].name) == n && !strncasecmp(charsets[i].name, name, n))
			return charsets[i].charset;
	return FEED_REFUSED;
}

enum feed_charset
feed_charset_marked(const char *bytes, size_t n, size_t *skip)
{
	static const struct {
		const char *bytes;
		size_t n, skip;
		enum feed_charset charset;
	} marks[] = {
		{ "\xff\xfe\0\0", 4, 0, FEED_REFUSED }, /* UTF-32 */
		{ "\0\0\xfe\xff", 4, 0, FEED_REFUSED },
		{ "\0\0\0<", 4, 0, FEED_REFUSED },
		{ "<\0\0\0", 4, 0, FEED_REFUSED },
		{ "\x4c\x6f\xa7\x94", 4, 0, FEED_REFUSED }, /* EBCDIC */
		{ "\xef\xbb\xbf", 3, 3, FEED_UTF8 },
		{ "\xff\xfe", 2, 2, FEED_UTF16LE },
		{ "\xfe\xff", 2, 2, FEED_UTF16BE },
		{ "<\0", 2, 0, FEED_UTF16LE },
		{ "\0<", 2, 0, FEED_UTF16BE },
	};

	*skip = 0;
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (n >= marks[i].n && !memcmp(bytes, marks[i].bytes, marks[i].n)) {
			*skip = marks[i].skip;
			return marks[i].charset;
		}
	return FEED_UNDECIDED;
}

enum feed_charset
feed_charset_declared(const char *bytes, size_t n)
{
	static const char word[] = "encoding";
	const char *at = bytes, *end = bytes + (n < LOOK ? n : LOOK), *stop;

	while (at < end && (strchr(" \t\r\n", *at) && *at))
		at++;
	if (end - at < 5 || memcmp(at, "<?xml", 5))
		return FEED_UNDECIDED;
	stop = memchr(at, '>', (size_t)(end - at));
	end = stop ? stop : end;
	at = memmem(at, (size_t)(end - at), word, sizeof(word) - 1);
	if (!at)
		return FEED_UNDECIDED;
	at += sizeof(word) - 1;
	while (at < end && strchr(" \t\r\n=\\\"'", *at) && *at) /* also quotes with a backslash */
		at++;
	stop = at;
	while (stop < end && !strchr(" \t\r\n\\\"'?", *stop))
		stop++;
	return feed_charset_named(at, (size_t)(stop - at));
}

int
feed_utf8(const unsigned char *b, size_t n)
{
	int want = *b < 0x80   ? 1
		   : *b < 0xC2 ? 0
		   : *b < 0xE0 ? 2
		   : *b < 0xF0 ? 3
		   : *b < 0xF5 ? 4
			       : 0;

	for (int i = 1; i < want; i++) {
		if ((size_t)i >= n)
			return -1;
		if ((b[i] & 0xC0) != 0x80)
			return 0;
		if (i == 1 && ((*b == 0xE0 && b[1] < 0xA0) || (*b == 0xED && b[1] > 0x9F) ||
			       (*b == 0xF0 && b[1] < 0x90) || (*b == 0xF4 && b[1] > 0x8F)))
			return 0;
	}
	return want;
}

/* Length of the GB18030 character at b, 0 if damaged, -1 if cut off. */
static int
gb18030(const unsigned char *b, size_t n)
{
	if (*b < 0x80)
		return 1;
	if (*b == 0x80 || *b == 0xFF)
		return 0;
	if (n < 2)
		return -1;
	if (b[1] >= 0x30 && b[1] <= 0x39) {
		if (n < 4)
			return -1;
		return b[2] >= 0x81 && b[2] <= 0xFE && b[3] >= 0x30 && b[3] <= 0x39 ? 4 : 0;
	}
	return b[1] >= 0x40 && b[1] != 0x7F && b[1] != 0xFF ? 2 : 0;
}

struct tally {
	size_t good, bad, wide; /* wide: three bytes and more */
};

static struct tally
tally(const char *bytes, size_t n, int (*length)(const unsigned char *, size_t))
{
	const unsigned char *b = (const unsigned char *)bytes, *end = b + n;
	struct tally t = { 0 };

	while (b < end) {
		int k = length(b, (size_t)(end - b));

		if (k < 0)
			break; /* cut off by the window, not damaged */
		t.good += k > 1;
		t.bad += k == 0;
		t.wide += k > 2;
		b += k ? k : 1;
	}
	return t;
}

enum feed_charset
feed_charset_judged(const char *bytes, size_t n, enum feed_charset told)
{
	struct tally utf8 = tally(bytes, n, feed_utf8), gb = tally(bytes, n, gb18030);

	/* Chinese in GB18030 hardly ever makes three-byte characters of UTF-8, and never only such.
	 */
	if (told == FEED_GB18030)
		return utf8.bad == 0 && utf8.wide > 0 && utf8.wide * 2 > utf8.good ? FEED_UTF8
										   : FEED_GB18030;
	if (utf8.bad == 0)
		return FEED_UTF8;
	if (told == FEED_REFUSED)
		return FEED_REFUSED;
	/* Some damaged bytes in good UTF-8, or not UTF-8 at all? */
	if (utf8.good >= 4 * utf8.bad || gb.bad * 4 > gb.good)
		return FEED_UTF8;
	return FEED_GB18030;
}
