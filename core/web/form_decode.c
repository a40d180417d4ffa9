/*
 * form_decode.c - name=value pairs of queries and urlencoded bodies, and JSON bodies.
 *
 * The decoded text is never longer than what came, so each parse takes one piece of memory for all
 * its texts and one for its pairs. Nothing is guessed: a broken escape or text that is not UTF-8 is
 * refused with the reason.
 */
#include "web/request.h"

#include <stdlib.h>
#include <string.h>

bool
refusal_set(struct refusal *no, int status, const char *code, const char *sentence)
{
	*no = (struct refusal){ status, code, sentence };
	return false;
}

bool
pairs_add(TALLOC_CTX *owner, struct pairs *pairs, struct pair pair, struct refusal *no)
{
	if (pairs->count == REQUEST_FIELDS_MAX)
		return refusal_set(no, 400, "too_many_fields",
				   "一次提交的内容超过 1000 项，请分几次提交。");
	if (pairs->count % 16 == 0) {
		pairs->items = talloc_realloc(owner, pairs->items, struct pair, pairs->count + 16);
		if (!pairs->items)
			abort();
	}
	pairs->items[pairs->count++] = pair;
	return true;
}

/* Decodes n bytes at text to *to and moves it past the closing NUL. */
static bool
piece_decode(const char *text, size_t n, char **to, const char **start, size_t *length)
{
	char *s = *to;
	int byte;
	size_t i;

	for (i = 0; i < n; i++) {
		byte = (unsigned char)text[i];
		if (byte == '+')
			byte = ' ';
		if (byte == '%') {
			byte = percent_byte(text + i, n - i);
			if (byte < 0)
				return false;
			i += 2;
		}
		*s++ = (char)byte;
	}
	*s = '\0';
	*start = *to;
	*length = (size_t)(s - *to);
	*to = s + 1;
	return true;
}

bool
pair_check(const struct pair *pair, size_t name_length, struct refusal *no)
{
	if (name_length == 0 || name_length > REQUEST_NAME_MAX)
		return refusal_set(no, 400, "field_name",
				   "有一项内容的名称为空或过长，请从页面上的表单提交。");
	if (pair->length > REQUEST_VALUE_MAX)
		return refusal_set(no, 413, "field_too_large",
				   "有一项内容超过 64 KiB，请缩短后再提交。");
	if (!utf8_valid(pair->name, name_length) || !utf8_valid(pair->value, pair->length))
		return refusal_set(no, 400, "encoding",
				   "提交的文字不是有效的 UTF-8 编码，请改用 UTF-8 后再提交。");
	return true;
}

static bool
piece_add(TALLOC_CTX *owner, const char *piece, size_t n, char **room, struct pairs *out,
	  struct refusal *no)
{
	const char *equals = memchr(piece, '=', n);
	size_t named = equals ? (size_t)(equals - piece) : n, name_length;
	struct pair pair = { .value = "" };

	if (!piece_decode(piece, named, room, &pair.name, &name_length) ||
	    (equals && !piece_decode(equals + 1, n - named - 1, room, &pair.value, &pair.length)))
		return refusal_set(no, 400, "escape",
				   "地址或表单里有不完整的 % 转义，请检查链接是否复制完整。");
	return pair_check(&pair, name_length, no) && pairs_add(owner, out, pair, no);
}

bool
form_urldecode(TALLOC_CTX *owner, const char *text, size_t n, struct pairs *out, struct refusal *no)
{
	struct pairs found = { 0 };
	const char *end = text + n, *next;
	char *room;

	*out = found;
	if (n == 0)
		return true;
	/* A piece of k bytes takes at most k + 2: its '=' becomes one NUL, '&' or the end the
	 * other. */
	room = talloc_array(owner, char, n + 2);
	if (!room)
		abort();
	for (; text < end; text = next + 1) {
		next = memchr(text, '&', (size_t)(end - text));
		if (!next)
			next = end;
		if (next > text &&
		    !piece_add(owner, text, (size_t)(next - text), &room, &found, no))
			return false;
	}
	*out = found;
	return true;
}

/* Brackets open at once; jansson's own limit of 2,048 is far above what any form of ours needs. */
static bool
json_shallow(const char *text, size_t n)
{
	size_t i, depth = 0;
	bool quoted = false;

	for (i = 0; i < n; i++) {
		if (quoted) {
			if (text[i] == '\\')
				i++;
			else if (text[i] == '"')
				quoted = false;
		} else if (text[i] == '"') {
			quoted = true;
		} else if (text[i] == '{' || text[i] == '[') {
			if (++depth > REQUEST_JSON_DEPTH)
				return false;
		} else if ((text[i] == '}' || text[i] == ']') && depth > 0) {
			depth--;
		}
	}
	return true;
}

bool
json_body_parse(const char *text, size_t n, json_t **out, struct refusal *no)
{
	json_error_t error;
	json_t *body;

	if (!json_shallow(text, n))
		return refusal_set(no, 400, "json.depth",
				   "JSON 内容嵌套超过 16 层，请改成更平的结构。");
	body = json_loadb(text, n, JSON_REJECT_DUPLICATES, &error);
	if (!body)
		return refusal_set(no, 400, "json.syntax",
				   "JSON 内容有语法错误、重复的名称或无效的编码，请检查后再提交。");
	if (!json_is_object(body)) {
		json_decref(body);
		return refusal_set(no, 400, "json.object",
				   "JSON 内容必须是一个对象，例如 {\"name\": \"值\"}。");
	}
	*out = body;
	return true;
}
