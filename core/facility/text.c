/*
 * text.c - small rules about text that people type.
 *
 * People here type with input methods that give full-width digits and blanks; limits are meant in
 * characters, not bytes. Everything that is made hangs below the owner that was passed.
 */
#include "facility/text.h"

#include <stdlib.h>
#include <string.h>

size_t
text_next(const char *s, uint32_t *character)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)s;
	size_t n = p[0] < 0x80 ? 1 : p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : p[0] >= 0xC2 ? 2 : 0;
	uint32_t c;

	if (p[0] == 0 || n == 0 || p[0] > 0xF4)
		return 0;
	c = n == 1 ? p[0] : p[0] & (0x7Fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xC0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3F);
	}
	if (c < least[n] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
		return 0;
	*character = c;
	return n;
}

int64_t
text_chars(const char *s)
{
	int64_t count = 0;
	uint32_t c;

	for (size_t n; *s; s += n, count++) {
		n = text_next(s, &c);
		if (n == 0)
			return -1;
	}
	return count;
}

/* Marks that turn the order of what is read, join nothing visible, or are no characters at all.
 * Joiners stay: emoji of several parts need them. */
static bool
invisible(uint32_t c)
{
	static const uint32_t ranges[][2] = {
		{ 0xAD, 0xAD },     { 0x61C, 0x61C },   { 0x180E, 0x180E },   { 0x200B, 0x200B },
		{ 0x200E, 0x200F }, { 0x202A, 0x202E }, { 0x2060, 0x206F },   { 0xFDD0, 0xFDEF },
		{ 0xFEFF, 0xFEFF }, { 0xFFF9, 0xFFFB }, { 0xE0000, 0xE007F },
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (c >= ranges[i][0] && c <= ranges[i][1])
			return true;
	return (c & 0xFFFE) == 0xFFFE;
}

char *
text_visible(TALLOC_CTX *owner, const char *s)
{
	char *out = talloc_array(owner, char, strlen(s) + 1), *to = out;
	uint32_t c = 0;

	if (!out)
		abort();
	for (size_t n; *s; s += n) {
		n = text_next(s, &c);
		if (n == 0) {
			n = 1;
			c = '?';
		}
		if (invisible(c))
			continue;
		if (c == 0x2028 || c == 0x2029) {
			*to++ = '\n';
			continue;
		}
		memcpy(to, s, n);
		to += n;
	}
	*to = '\0';
	return out;
}

static bool
blank(uint32_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xA0 || c == 0x3000 || c == 0xFEFF ||
	       c == 0x200B;
}

char *
text_trim(TALLOC_CTX *owner, const char *s)
{
	const char *from = NULL, *to = s;
	uint32_t c = 0;
	char *out;

	for (size_t n; *s; s += n) {
		n = text_next(s, &c);
		if (n == 0) { /* not UTF-8: kept, so that the reader can say so */
			n = 1;
			c = '?';
		}
		if (blank(c))
			continue;
		if (!from)
			from = s;
		to = s + n;
	}
	out = from ? talloc_strndup(owner, from, (size_t)(to - from)) : talloc_strdup(owner, "");
	if (!out)
		abort();
	return out;
}

bool
text_blank(const char *s)
{
	uint32_t c;

	for (size_t n; *s; s += n) {
		n = text_next(s, &c);
		if (n == 0 || !blank(c))
			return false;
	}
	return true;
}

char *
text_plain(TALLOC_CTX *owner, const char *s)
{
	char *out = talloc_array(owner, char, strlen(s) + 1), *to = out;
	uint32_t c;

	if (!out)
		abort();
	while (*s) {
		size_t n = text_next(s, &c);

		if (n == 3 && c >= 0xFF01 && c <= 0xFF5E) {
			*to++ = (char)(c - 0xFEE0);
		} else if (n > 1 && blank(c)) {
			*to++ = ' ';
		} else {
			n = n ? n : 1;
			memcpy(to, s, n);
			to += n;
		}
		s += n;
	}
	*to = '\0';
	return out;
}

char *
text_cut(TALLOC_CTX *owner, const char *s, size_t max)
{
	size_t n = strlen(s);
	char *out;

	if (n > max)
		for (n = max; n > 0 && ((unsigned char)s[n] & 0xC0) == 0x80;)
			n--;
	out = talloc_strndup(owner, s, n);
	if (!out)
		abort();
	return out;
}

char *
text_mask(TALLOC_CTX *owner, const char *s, size_t head, size_t tail)
{
	int64_t chars = text_chars(s);
	size_t total = chars > 0 ? (size_t)chars : 0, i = 0;
	char *out = talloc_array(owner, char, strlen(s) + 4), *to = out;
	uint32_t c;

	if (!out)
		abort();
	if (head + tail >= total) { /* nothing would be hidden: show one character at most */
		head = total > 1 ? 1 : 0;
		tail = 0;
	}
	for (size_t n; total && *s; s += n, i++) {
		n = text_next(s, &c);
		if (i < head || i >= total - tail) {
			memcpy(to, s, n);
			to += n;
		} else {
			*to++ = '*';
		}
	}
	*to = '\0';
	return out;
}
