/*
 * feed_decode.c - a stream of bytes as UTF-8, whatever its chunks are.
 *
 * Until the first byte that is not ASCII nothing has to be decided. Then a window is gathered,
 * judged once, and the rest of the stream is read so. Bytes that are no character become U+FFFD,
 * which later marks the item as mended: one damaged byte costs one character.
 */
#include "feed.h"

#include <errno.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd"

void
feed_decode_begin(struct feed_decoder *d, const char *http_charset)
{
	feed_decode_end(d);
	d->charset = FEED_UNDECIDED;
	d->told =
	    http_charset ? feed_charset_named(http_charset, strlen(http_charset)) : FEED_UNDECIDED;
	d->why = NULL;
	d->kept = 0;
	d->started = false;
}

void
feed_decode_end(struct feed_decoder *d)
{
	if (d->iconv)
		iconv_close(d->iconv);
	d->iconv = NULL;
}

static bool
refuse(struct feed_decoder *d, const char *why)
{
	d->charset = FEED_REFUSED;
	d->why = why;
	return false;
}

static bool
settle(struct feed_decoder *d, enum feed_charset charset)
{
	static const char *const from[] = {
		[FEED_GB18030] = "GB18030", [FEED_UTF16LE] = "UTF-16LE", [FEED_UTF16BE] = "UTF-16BE"
	};

	if (charset == FEED_REFUSED)
		return refuse(d, "encoding");
	d->charset = charset;
	if (charset == FEED_UTF8)
		return true;
	d->iconv = iconv_open("UTF-8", from[charset]);
	if (d->iconv != (iconv_t)-1)
		return true;
	d->iconv = NULL;
	return refuse(d, "encoding");
}

/* What the first bytes say. They must be there: kept is at least 1,024, or all there is. */
static bool
start(struct feed_decoder *d)
{
	enum feed_charset marked, declared;
	size_t skip;

	d->started = true;
	if (d->kept >= 2 && (!memcmp(d->hold, "\x1f\x8b", 2) || !memcmp(d->hold, "PK", 2)))
		return refuse(d, "packed");
	marked = feed_charset_marked(d->hold, d->kept, &skip);
	if (marked != FEED_UNDECIDED && !settle(d, marked))
		return false;
	d->kept -= skip;
	memmove(d->hold, d->hold + skip, d->kept);
	if (marked != FEED_UNDECIDED)
		return true;
	declared = feed_charset_declared(d->hold, d->kept);
	if (d->told == FEED_UNDECIDED || d->told == FEED_REFUSED)
		d->told = declared != FEED_UNDECIDED ? declared : d->told;
	return true;
}

/* Gives away what is whole in hold as UTF-8; the cut end stays. */
static void
utf8_out(struct feed_decoder *d, bool last)
{
	const unsigned char *b = (const unsigned char *)d->hold;
	size_t from = 0, at = 0;

	while (at < d->kept) {
		int k = b[at] < 0x80 ? 1 : feed_utf8(b + at, d->kept - at);

		if (k < 0 && !last)
			break;
		if (k > 0) {
			at += (size_t)k;
			continue;
		}
		d->out(d->arg, d->hold + from, at - from);
		d->out(d->arg, REPLACEMENT, 3);
		from = ++at;
	}
	d->out(d->arg, d->hold + from, at - from);
	d->kept -= at;
	memmove(d->hold, d->hold + at, d->kept);
}

static void
iconv_out(struct feed_decoder *d, bool last)
{
	char *in = d->hold, block[16384];
	size_t left = d->kept;

	while (left > 0) {
		char *to = block;
		size_t room = sizeof(block);
		size_t got = iconv(d->iconv, &in, &left, &to, &room);
		int error = errno;

		d->out(d->arg, block, (size_t)(to - block));
		if (got != (size_t)-1 || error == E2BIG)
			continue;
		if (error == EINVAL && !last)
			break;
		d->out(d->arg, REPLACEMENT, 3);
		iconv(d->iconv, NULL, NULL, NULL, NULL);
		in += d->charset == FEED_GB18030 || left < 2 ? 1 : 2;
		left -= d->charset == FEED_GB18030 || left < 2 ? 1 : 2;
	}
	memmove(d->hold, in, left);
	d->kept = left;
}

/* ASCII passes; from the first other byte on hold gathers a window, and is judged when it is full.
 */
static bool
undecided(struct feed_decoder *d, bool last)
{
	size_t plain = 0;

	while (plain < d->kept && (unsigned char)d->hold[plain] < 0x80)
		plain++;
	d->out(d->arg, d->hold, plain);
	d->kept -= plain;
	memmove(d->hold, d->hold + plain, d->kept);
	if (d->kept == 0 || (!last && d->kept < FEED_CHUNK))
		return true;
	return settle(d, feed_charset_judged(d->hold, d->kept, d->told));
}

bool
feed_decode(struct feed_decoder *d, const char *bytes, size_t n, bool last)
{
	do {
		size_t part = sizeof(d->hold) - d->kept;
		bool end;

		part = part < n ? part : n;
		memcpy(d->hold + d->kept, bytes, part);
		d->kept += part;
		bytes += part;
		n -= part;
		end = last && n == 0;
		if (d->charset == FEED_REFUSED)
			return false;
		if (!d->started && (d->kept >= 1024 || end) && !start(d))
			return false;
		if (d->started && d->charset == FEED_UNDECIDED && !undecided(d, end))
			return false;
		if (d->charset == FEED_UTF8)
			utf8_out(d, end);
		else if (d->charset != FEED_UNDECIDED && d->charset != FEED_REFUSED)
			iconv_out(d, end);
	} while (n > 0);
	return true;
}
