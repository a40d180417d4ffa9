/*
 * response_xml.c - the third dress of a model, beside HTML and JSON.
 *
 * Made by appending text, with characters dropped that XML 1.0 forbids, so that one odd record
 * never breaks a reader's whole document. Feeds with a schema of their own are written elsewhere.
 */
#include "web/response_xml.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#define DEPTH_MAX 32

/* U+FFFE and U+FFFF are the only multi-byte characters that XML 1.0 does not know. */
static bool
forbidden(const char *s)
{
	unsigned char c = (unsigned char)s[0];

	if (c < 0x20)
		return c != '\t' && c != '\n' && c != '\r';
	return memcmp(s, "\xef\xbf\xbe", 3) == 0 || memcmp(s, "\xef\xbf\xbf", 3) == 0;
}

static void
text_write(const char *s, struct buf *out)
{
	size_t n;

	while (*s) {
		n = strcspn(s,
			    "&<>\"\x01\x02\x03\x04\x05\x06\x07\x08\x0b\x0c\x0e\x0f\x10\x11\x12\x13"
			    "\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\xef");
		buf_add(out, s, n);
		s += n;
		if (!*s)
			return;
		if (*s == '&')
			buf_text(out, "&amp;");
		else if (*s == '<')
			buf_text(out, "&lt;");
		else if (*s == '>')
			buf_text(out, "&gt;");
		else if (*s == '"')
			buf_text(out, "&quot;");
		else if (*s == '\xef' && strlen(s) >= 3 && !forbidden(s))
			buf_add(out, s, 1);
		else if (*s == '\xef')
			s += strlen(s) >= 3 ? 2 : 0;
		s++;
	}
}

static bool
name_good(const char *name)
{
	size_t i;

	if (!isalpha((unsigned char)name[0]) && name[0] != '_')
		return false;
	for (i = 0; name[i]; i++)
		if (!isalnum((unsigned char)name[i]) && !strchr("_-.", name[i]))
			return false;
	return true;
}

static void value_write(const json_t *value, struct buf *out, int depth);

static void
element_write(const char *name, const json_t *value, struct buf *out, int depth)
{
	const char *tag = name_good(name) ? name : "entry";

	buf_printf(out, "<%s", tag);
	if (tag != name) {
		buf_text(out, " key=\"");
		text_write(name, out);
		buf_text(out, "\"");
	}
	buf_text(out, ">");
	value_write(value, out, depth + 1);
	buf_printf(out, "</%s>", tag);
}

static void
value_write(const json_t *value, struct buf *out, int depth)
{
	const char *key;
	json_t *item;
	size_t i;

	if (depth > DEPTH_MAX)
		return;
	if (json_is_object(value))
		json_object_foreach((json_t *)value, key, item)
		    element_write(key, item, out, depth);
	else if (json_is_array(value))
		json_array_foreach(value, i, item) element_write("item", item, out, depth);
	else if (json_is_string(value))
		text_write(json_string_value(value), out);
	else if (json_is_integer(value))
		buf_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_real(value))
		buf_printf(out, "%.15g", json_real_value(value));
	else if (json_is_boolean(value))
		buf_text(out, json_is_true(value) ? "true" : "false");
}

void
xml_write(const json_t *model, const char *root, struct buf *out)
{
	buf_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	element_write(root, model, out, 0);
	buf_text(out, "\n");
}
