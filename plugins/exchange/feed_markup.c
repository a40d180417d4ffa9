/*
 * feed_markup.c - finds tags and text in UTF-8, wherever the chunks are cut.
 *
 * It knows only where things begin and end, so nothing can be expanded here. A window holds what is
 * not finished yet: at most one tag. A tag that meets another '<' was never closed: it ends at its
 * first '>', or its '<' was meant as text. Comments and instructions are skipped without being
 * kept.
 */
#define _GNU_SOURCE /* memmem, memrchr */
#include "feed.h"

#include <string.h>

#define ENTITY_HELD 12 /* text is not given away within an entity */

static void
give(struct feed_markup *m, enum feed_token token, const char *text, size_t n)
{
	if (n == 0 && (token == FEED_TEXT || token == FEED_CDATA))
		return;
	if (!m->token(m->arg, token, text, n))
		m->stopped = true;
	for (const char *at = text; (at = memchr(at, '\n', n - (size_t)(at - text))); at++)
		m->line++;
}

static void
count_lines(struct feed_markup *m, const char *text, size_t n)
{
	for (const char *at = text; (at = memchr(at, '\n', n - (size_t)(at - text))); at++)
		m->line++;
}

/* Up to the closing words of a section. Returns the bytes used; sets m->in when it is over. */
static size_t
section(struct feed_markup *m, const char *text, size_t n, bool last)
{
	static const char *const ends[] = {
		[FEED_IN_CDATA] = "]]>", [FEED_IN_COMMENT] = "-->", [FEED_IN_PI] = "?>"
	};
	const char *word = ends[m->in], *end = memmem(text, n, word, strlen(word));
	size_t take = end ? (size_t)(end - text) : n, hold = last ? 0 : strlen(word) - 1;

	if (!end)
		take = take > hold ? take - hold : 0;
	if (m->in == FEED_IN_CDATA) {
		/* Between characters, so that nobody sees half of one. */
		while (!end && !last && take > 0 && ((unsigned char)text[take] & 0xC0) == 0x80)
			take--;
		give(m, FEED_CDATA, text, take);
	} else {
		count_lines(m, text, take);
	}
	if (!end)
		return take;
	m->in = FEED_OUTSIDE;
	return take + strlen(word);
}

static size_t
text_run(struct feed_markup *m, const char *text, size_t n, bool last)
{
	const char *less = memchr(text, '<', n);
	size_t take = less ? (size_t)(less - text) : n;

	if (!less && !last) {
		const char *amp = memrchr(text, '&', take);
		size_t part = 0;

		if (amp && take - (size_t)(amp - text) < ENTITY_HELD)
			take = (size_t)(amp - text);
		while (part < 3 && take > part &&
		       ((unsigned char)text[take - part - 1] & 0xC0) == 0x80)
			part++;
		if (take > part && (unsigned char)text[take - part - 1] >= 0xC0)
			take -= part + 1; /* the last character is held: it may be cut */
	}
	give(m, FEED_TEXT, text, take);
	return take;
}

/* Where the tag at text ends: its '>', 0 if that has not come yet, -1 if the '<' is text. */
static ptrdiff_t
tag_end(const char *text, size_t n, bool last)
{
	char quote = 0;
	bool value = false; /* behind '=': a quote opens a value, elsewhere it is a letter */
	ptrdiff_t first = -1;

	for (size_t i = 1; i < n; i++) {
		char c = text[i];

		if (c == '>' && first < 0)
			first = (ptrdiff_t)i;
		if (c == '>' && !quote)
			return (ptrdiff_t)i;
		if (c == '<')
			return first; /* a quote that never closed, or no tag at all */
		if (quote ? c == quote : value && (c == '"' || c == '\''))
			quote = quote ? 0 : c;
		if (c == '=')
			value = !quote;
		else if (value && (!strchr(" \t\r\n\\", c) || !c))
			value = false;
	}
	if (n > FEED_TAG_MAX)
		return -2;
	return last ? first : 0;
}

static size_t
tag(struct feed_markup *m, const char *text, size_t n, bool last)
{
	struct feed_span name;
	ptrdiff_t end;
	size_t slash;

	slash = n > 1 && text[1] == '/';
	if (n < 2 + slash)
		end = last ? -1 : 0;
	else {
		name = (struct feed_span){ text + 1 + slash, 1 };
		end = feed_name_ok(name) ? tag_end(text, n, last) : -1;
	}
	if (end == 0)
		return 0;
	if (end == -2) {
		give(m, FEED_TAG_TOO_LONG, text, 0);
		return n;
	}
	if (end < 0) {
		give(m, FEED_TEXT, text, 1);
		return 1;
	}
	give(m, slash ? FEED_END : FEED_START, text + 1 + slash, (size_t)end - 1 - slash);
	return (size_t)end + 1;
}

static bool
begins(const char *text, size_t n, const char *word, bool *maybe)
{
	size_t k = strlen(word);

	if (n < k && !strncasecmp(text, word, n))
		*maybe = true;
	return n >= k && !strncasecmp(text, word, k);
}

/* "<!..." and "<?...": opens a section. 0: more bytes are needed. */
static size_t
special(struct feed_markup *m, const char *text, size_t n, bool last)
{
	bool maybe = false;

	if (begins(text, n, "<![CDATA[", &maybe)) {
		m->in = FEED_IN_CDATA;
		return 9;
	}
	if (begins(text, n, "<!--", &maybe)) {
		m->in = FEED_IN_COMMENT;
		return 4;
	}
	if (begins(text, n, "<!DOCTYPE", &maybe) || begins(text, n, "<!ENTITY", &maybe)) {
		give(m, FEED_DOCTYPE, text, n < 64 ? n : 64);
		return n;
	}
	if (n > 1 && text[1] == '?') {
		m->in = FEED_IN_PI;
		return 2;
	}
	if (maybe && !last)
		return 0;
	give(m, FEED_TEXT, text, 1);
	return 1;
}

static size_t
step(struct feed_markup *m, const char *text, size_t n, bool last)
{
	if (m->in != FEED_OUTSIDE)
		return section(m, text, n, last);
	if (text[0] != '<')
		return text_run(m, text, n, last);
	if (n > 1 && (text[1] == '!' || text[1] == '?'))
		return special(m, text, n, last);
	return tag(m, text, n, last);
}

static void
run(struct feed_markup *m, bool last)
{
	size_t at = 0;

	while (at < m->len && !m->stopped) {
		size_t used = step(m, m->window + at, m->len - at, last);

		if (used == 0)
			break;
		at += used;
	}
	if (m->stopped)
		at = m->len;
	m->len -= at;
	memmove(m->window, m->window + at, m->len);
}

void
feed_markup(struct feed_markup *m, const char *text, size_t n, bool last)
{
	do {
		size_t part = sizeof(m->window) - m->len;

		part = part < n ? part : n;
		memcpy(m->window + m->len, text, part);
		m->len += part;
		text += part;
		n -= part;
		run(m, last && n == 0);
	} while (n > 0 && !m->stopped);
}
