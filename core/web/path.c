/*
 * path.c - addresses and texts as bytes: is this UTF-8, is this a path that we serve?
 *
 * A path is refused rather than repaired where a repair could make two programs (nginx and us) see
 * two different paths: dot segments, doubled or encoded slashes, control characters. Only a slash
 * at the end is forgiven.
 */
#include "web/request.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Length of the sequence that begins at s, or 0. Refuses overlong forms, surrogates and NUL. */
static size_t
utf8_step(const unsigned char *s, size_t left)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t code;
	size_t n, i;

	if (s[0] < 0x80)
		return s[0] != 0;
	n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (s[0] < 0xc2 || s[0] > 0xf4 || n > left)
		return 0;
	code = s[0] & (0x7fU >> n);
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3f);
	}
	if (code < least[n] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	return n;
}

bool
utf8_valid(const char *text, size_t n)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t i = 0, step;

	while (i < n) {
		step = utf8_step(s + i, n - i);
		if (!step)
			return false;
		i += step;
	}
	return true;
}

void
utf8_mend(char *text)
{
	unsigned char *s = (unsigned char *)text, *to = s;
	size_t left = strlen(text), step;

	if (utf8_valid(text, left))
		return;
	for (; left > 0; s += step, left -= step) {
		step = utf8_step(s, left);
		memmove(to, s, step);
		to += step;
		step = step ? step : 1;
	}
	*to = '\0';
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int
percent_byte(const char *s, size_t left)
{
	int high, low;

	if (left < 3 || s[0] != '%')
		return -1;
	high = hex_digit(s[1]);
	low = hex_digit(s[2]);
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* Decodes raw into path; false when a character is one that no address of ours has. */
static bool
path_decode(const char *raw, size_t n, char *path, size_t *length)
{
	size_t i, k = 0;
	int byte;

	for (i = 0; i < n; i++) {
		byte = (unsigned char)raw[i];
		if (byte == '%') {
			byte = percent_byte(raw + i, n - i);
			if (byte < 0 || byte == '/')
				return false;
			i += 2;
		}
		if (byte < 0x20 || byte == 0x7f || byte == '\\')
			return false;
		path[k++] = (char)byte;
	}
	path[k] = '\0';
	*length = k;
	return true;
}

static bool
segments_plain(const char *path)
{
	const char *s;
	size_t n;

	for (s = path; *s; s += n) {
		n = strcspn(++s, "/");
		if (n == 0 && (*s || s == path + 1))
			return path[1] == '\0'; /* "//" inside; "/" alone is well */
		if ((n == 1 && s[0] == '.') || (n == 2 && s[0] == '.' && s[1] == '.'))
			return false;
	}
	return true;
}

bool
path_normalise(TALLOC_CTX *owner, const char *raw, const char **out)
{
	size_t n = strlen(raw), length;
	char *path;

	if (raw[0] != '/' || n > REQUEST_URL_MAX)
		return false;
	path = talloc_array(owner, char, n + 1);
	if (!path)
		abort();
	if (!path_decode(raw, n, path, &length) || !utf8_valid(path, length) ||
	    !segments_plain(path)) {
		talloc_free(path);
		return false;
	}
	if (length > 1 && path[length - 1] == '/')
		path[length - 1] = '\0';
	*out = path;
	return true;
}

bool
path_is_local(const char *path)
{
	const unsigned char *s;

	if (!path || path[0] != '/' || path[1] == '/' || path[1] == '\\')
		return false;
	for (s = (const unsigned char *)path; *s; s++)
		if (*s < 0x20 || *s == 0x7f || *s == '\\')
			return false;
	return utf8_valid(path, strlen(path));
}
