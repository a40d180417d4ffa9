/*
 * feed_tag.c - one start tag, read as a person would read it.
 *
 * Values without quotes, without a value, quoted behind a backslash, given twice: each is mended
 * and noted. Nothing is copied; the spans point into the text that was given.
 */
#include "feed.h"

#include <string.h>

static bool
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool
name_byte(unsigned char c, bool first)
{
	bool letter = (c | 32) >= 'a' && (c | 32) <= 'z';

	if (letter || c == '_' || c == ':' || c >= 0x80)
		return true;
	return !first && ((c >= '0' && c <= '9') || c == '-' || c == '.');
}

bool
feed_name_ok(struct feed_span name)
{
	for (size_t i = 0; i < name.n; i++)
		if (!name_byte((unsigned char)name.at[i], i == 0))
			return false;
	return name.n > 0;
}

struct feed_span
feed_local(struct feed_span name)
{
	const char *colon = memchr(name.at, ':', name.n);

	if (!colon || colon == name.at + name.n - 1)
		return name;
	return (struct feed_span){ colon + 1, name.n - 1 - (size_t)(colon - name.at) };
}

static struct feed_span
name_read(const char **at, const char *end)
{
	struct feed_span name = { *at, 0 };

	while (*at < end && name_byte((unsigned char)**at, name.n == 0)) {
		(*at)++;
		name.n++;
	}
	return name;
}

/* Behind '='. */
static struct feed_span
value_read(struct feed_tag *tag, const char **at, const char *end)
{
	struct feed_span value;
	const char *close = NULL;
	bool slash = *at < end && **at == '\\';

	if (slash)
		(*at)++;
	if (*at < end && (**at == '"' || **at == '\''))
		close = memchr(*at + 1, **at, (size_t)(end - *at - 1));
	if (slash || !close)
		tag->repair |= FEED_ATTRIBUTE;
	if (close) {
		value = (struct feed_span){ *at + 1, (size_t)(close - *at - 1) };
		if (slash && value.n && value.at[value.n - 1] == '\\')
			value.n--;
		*at = close + 1;
		return value;
	}
	value = (struct feed_span){ *at, 0 };
	while (*at < end && !blank(**at)) {
		(*at)++;
		value.n++;
	}
	return value;
}

static void
keep(struct feed_tag *tag, struct feed_attr attr)
{
	for (size_t i = 0; i < tag->count; i++)
		if (tag->attrs[i].name.n == attr.name.n &&
		    !memcmp(tag->attrs[i].name.at, attr.name.at, attr.name.n)) {
			tag->repair |= FEED_ATTRIBUTE;
			return; /* the first one counts */
		}
	if (tag->count == FEED_ATTRS_MAX)
		tag->too_many = true;
	else
		tag->attrs[tag->count++] = attr;
}

void
feed_tag_read(struct feed_tag *tag, const char *text, size_t n)
{
	const char *at = text, *end = text + n;

	tag->count = 0;
	tag->repair = 0;
	tag->too_many = false;
	tag->empty = n > 1 && end[-1] == '/';
	end -= tag->empty;
	tag->name = name_read(&at, end);
	while (at < end && !tag->too_many) {
		struct feed_attr attr;

		while (at < end && blank(*at))
			at++;
		attr.name = name_read(&at, end);
		if (attr.name.n == 0) {
			if (at < end) { /* a stray sign */
				tag->repair |= FEED_ATTRIBUTE;
				at++;
			}
			continue;
		}
		while (at < end && blank(*at))
			at++;
		attr.value = attr.name;
		if (at < end && *at == '=') {
			at++;
			while (at < end && blank(*at))
				at++;
			attr.value = value_read(tag, &at, end);
		} else {
			tag->repair |= FEED_ATTRIBUTE;
		}
		keep(tag, attr);
	}
}
