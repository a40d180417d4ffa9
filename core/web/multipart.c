/*
 * multipart.c - multipart/form-data, as browsers and common libraries write it.
 *
 * Strict where two readings are possible (no preamble, one disposition a part, CRLF only, no nested
 * multipart), lenient where libraries differ harmlessly (quoted or bare parameters, filename*).
 * Files are not copied: an upload points into the body, which lives as long as the request.
 */
#define _GNU_SOURCE /* memmem */
#include "web/request.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HEADERS_MAX        4096 /* of one part */
#define BOUNDARY_MAX       70
#define FILENAME_MAX_BYTES 255

struct span {
	const char *s;
	size_t n;
};

struct part {
	const char *name, *filename, *type; /* filename NULL: a text field */
	size_t name_length;
	struct span content;
};

struct reader {
	TALLOC_CTX *owner;
	struct request *into;
	struct refusal *no;
	char mark[BOUNDARY_MAX + 5]; /* CR LF - - boundary */
	size_t mark_length;
};

static bool
malformed(struct reader *reader, const char *sentence)
{
	return refusal_set(reader->no, 400, "multipart", sentence);
}

/* --- Header values: token; name=token; name="quoted" --- */

static bool
span_is(struct span span, const char *text)
{
	return span.n == strlen(text) && strncasecmp(span.s, text, span.n) == 0;
}

static struct span
span_trim(struct span span)
{
	while (span.n > 0 && (span.s[0] == ' ' || span.s[0] == '\t')) {
		span.s++;
		span.n--;
	}
	while (span.n > 0 && (span.s[span.n - 1] == ' ' || span.s[span.n - 1] == '\t'))
		span.n--;
	return span;
}

/* Takes what stands before the first `stop`, and that character too. */
static struct span
span_until(struct span *rest, char stop)
{
	const char *at = memchr(rest->s, stop, rest->n);
	size_t n = at ? (size_t)(at - rest->s) : rest->n;
	struct span taken = { rest->s, n };

	rest->s += at ? n + 1 : n;
	rest->n -= at ? n + 1 : n;
	return taken;
}

/* A quoted value begins after its quote. Only \" and \\ are escapes: old browsers send C:\dir. */
static char *
quoted_take(TALLOC_CTX *owner, struct span *rest)
{
	char *text = talloc_array(owner, char, rest->n + 1), *to = text;

	if (!text)
		abort();
	for (; rest->n > 0; rest->s++, rest->n--) {
		if (rest->s[0] == '"') {
			rest->s++;
			rest->n--;
			*to = '\0';
			return strlen(text) == (size_t)(to - text) ? text : NULL;
		}
		if (rest->s[0] == '\\' && rest->n > 1 &&
		    (rest->s[1] == '"' || rest->s[1] == '\\')) {
			rest->s++;
			rest->n--;
		}
		*to++ = rest->s[0];
	}
	return NULL; /* no closing quote */
}

/* The next `; name=value`. *value stays NULL at the end; false when it is malformed. */
static bool
parameter_next(TALLOC_CTX *owner, struct span *rest, struct span *name, const char **value)
{
	struct span bare;

	*value = NULL;
	*rest = span_trim(*rest);
	if (rest->n == 0)
		return true;
	if (rest->s[0] == ';') {
		rest->s++;
		rest->n--;
		*rest = span_trim(*rest);
	}
	if (rest->n == 0)
		return true;
	if (!memchr(rest->s, '=', rest->n))
		return false;
	*name = span_trim(span_until(rest, '='));
	*rest = span_trim(*rest);
	if (rest->n > 0 && rest->s[0] == '"') {
		rest->s++;
		rest->n--;
		*value = quoted_take(owner, rest);
		*rest = span_trim(*rest);
		return *value && (rest->n == 0 || rest->s[0] == ';');
	}
	bare.s = rest->s;
	bare.n = rest->n;
	bare = span_until(&bare, ';');
	rest->s += bare.n;
	rest->n -= bare.n;
	bare = span_trim(bare);
	if (memchr(bare.s, '\0', bare.n))
		return false;
	*value = talloc_strndup(owner, bare.s, bare.n);
	return true;
}

/* --- The boundary --- */

static bool
boundary_good(const char *boundary)
{
	size_t n = strlen(boundary), i;

	if (n < 1 || n > BOUNDARY_MAX || boundary[n - 1] == ' ')
		return false;
	for (i = 0; i < n; i++)
		if (!isalnum((unsigned char)boundary[i]) && !strchr("'()+_,-./:=? ", boundary[i]))
			return false;
	return true;
}

static bool
boundary_read(struct reader *reader, const char *type)
{
	struct span rest = { type, strlen(type) }, name;
	const char *value, *boundary = NULL;

	if (!span_is(span_trim(span_until(&rest, ';')), "multipart/form-data"))
		return malformed(reader, "表单的类型不是 multipart/form-data，请从页面上提交。");
	for (;;) {
		if (!parameter_next(reader->owner, &rest, &name, &value))
			return malformed(reader, "表单类型的写法不正确，请从页面上重新提交。");
		if (!value)
			break;
		if (!span_is(name, "boundary"))
			continue;
		if (boundary)
			return malformed(reader,
					 "表单写了两个分隔标记（boundary），请从页面上重新提交。");
		boundary = value;
	}
	if (!boundary || !boundary_good(boundary))
		return malformed(reader,
				 "表单缺少有效的分隔标记（boundary），请从页面上重新提交。");
	reader->mark_length = strlen(boundary) + 4;
	memcpy(reader->mark, "\r\n--", 4);
	memcpy(reader->mark + 4, boundary, reader->mark_length - 4);
	return true;
}

/* --- One part's headers --- */

/* What a browser percent-encodes in a name: quote, CR and LF. Line ends become a blank. */
static void
name_restore(char *name)
{
	char *to = name;
	size_t left = strlen(name);
	int byte;

	for (; *name; name++, left--) {
		byte = percent_byte(name, left);
		if (byte == '"' || byte == '\r' || byte == '\n') {
			*to++ = byte == '"' ? '"' : ' ';
			name += 2;
			left -= 2;
		} else {
			*to++ = *name;
		}
	}
	*to = '\0';
}

/* The last part of a path, without control characters, cut to 255 bytes at a character's edge. */
static const char *
filename_clean(char *name)
{
	char *s, *base = name;

	for (s = name; *s; s++) {
		if (*s == '/' || *s == '\\')
			base = s + 1;
		else if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = '_';
	}
	if (strlen(base) > FILENAME_MAX_BYTES) {
		s = base + FILENAME_MAX_BYTES;
		while (((unsigned char)*s & 0xc0) == 0x80)
			s--;
		*s = '\0';
	}
	return base;
}

/* filename*=UTF-8''%E7%AE%80 (RFC 8187), decoded in place. */
static char *
extended_decode(char *value)
{
	char *quote = strchr(value, '\''), *s, *to;
	int byte;

	if (!quote || (quote - value) != 5 || strncasecmp(value, "utf-8", 5) != 0)
		return NULL;
	s = strchr(quote + 1, '\'');
	if (!s)
		return NULL;
	for (to = ++s, quote = s; *quote; quote++) {
		byte = (unsigned char)*quote;
		if (byte == '%') {
			byte = percent_byte(quote, strlen(quote));
			if (byte <= 0)
				return NULL;
			quote += 2;
		}
		*to++ = (char)byte;
	}
	*to = '\0';
	return s;
}

/* Puts one parameter of the disposition into part; false when it may not stand there. */
static bool
disposition_take(struct part *part, struct span name, char *value, bool *extended)
{
	if (span_is(name, "name")) {
		if (part->name)
			return false;
		name_restore(value);
		part->name = value;
		part->name_length = strlen(value);
	} else if (span_is(name, "filename*")) {
		value = extended_decode(value);
		if (!value || *extended)
			return false;
		*extended = true;
		part->filename = filename_clean(value);
	} else if (span_is(name, "filename") && !*extended) {
		if (part->filename)
			return false;
		name_restore(value);
		part->filename = filename_clean(value);
	}
	return true;
}

static bool
disposition_read(struct reader *reader, struct part *part, struct span value)
{
	struct span name;
	const char *text;
	bool extended = false;

	if (part->name)
		return malformed(reader, "表单的一个部分写了两次 Content-Disposition。");
	if (!span_is(span_trim(span_until(&value, ';')), "form-data"))
		return malformed(reader, "表单的一个部分不是 form-data，请从页面上重新提交。");
	for (;;) {
		if (!parameter_next(reader->owner, &value, &name, &text))
			return malformed(reader,
					 "表单的一个部分的名称写法不正确，请从页面上重新提交。");
		if (!text)
			return part->name || malformed(reader, "表单的一个部分没有名称。");
		if (!disposition_take(part, name, (char *)text, &extended))
			return malformed(reader, "表单的一个部分的名称或文件名无效或重复。");
	}
}

static bool
encoding_plain(struct span value)
{
	return span_is(value, "binary") || span_is(value, "8bit") || span_is(value, "7bit");
}

static bool
header_read(struct reader *reader, struct part *part, struct span line)
{
	struct span name, value = line;

	if (!memchr(line.s, ':', line.n))
		return malformed(reader, "表单的一个部分的头部写法不正确。");
	name = span_until(&value, ':');
	value = span_trim(value);
	if (span_is(name, "Content-Disposition"))
		return disposition_read(reader, part, value);
	if (span_is(name, "Content-Transfer-Encoding") && !encoding_plain(value))
		return malformed(reader, "表单的一个部分使用了不支持的传输编码。");
	if (span_is(name, "Content-Type")) {
		if (value.n >= 10 && strncasecmp(value.s, "multipart/", 10) == 0)
			return malformed(reader, "表单里不能再嵌套 multipart，请逐个文件提交。");
		if (!utf8_valid(value.s, value.n) || value.n > 200)
			return malformed(reader, "表单的一个部分的类型写法不正确。");
		part->type = talloc_strndup(reader->owner, value.s, value.n);
	}
	return true;
}

/* Reads the header lines at *rest up to the blank line. */
static bool
headers_read(struct reader *reader, struct part *part, struct span *rest)
{
	const char *start = rest->s, *end;
	struct span line;

	for (;;) {
		end = memmem(rest->s, rest->n < HEADERS_MAX ? rest->n : HEADERS_MAX, "\r\n", 2);
		if (!end || end - start > HEADERS_MAX)
			return malformed(reader, "表单的一个部分的头部没有结束或超过 4 KiB。");
		line = (struct span){ rest->s, (size_t)(end - rest->s) };
		rest->s = end + 2;
		rest->n -= line.n + 2;
		if (line.n == 0)
			break;
		if (!header_read(reader, part, line))
			return false;
	}
	return part->name || malformed(reader, "表单的一个部分没有名称。");
}

/* --- Parts --- */

static bool
upload_add(struct reader *reader, const struct part *part)
{
	struct request *into = reader->into;

	if (part->content.n == 0 && part->filename[0] == '\0')
		return true; /* a file field that was left empty */
	if (into->upload_count == REQUEST_FILES_MAX)
		return refusal_set(reader->no, 400, "too_many_files",
				   "一次最多上传 10 个文件，请分几次上传。");
	if (!into->uploads)
		into->uploads = talloc_array(reader->owner, struct upload, REQUEST_FILES_MAX);
	if (!into->uploads)
		abort();
	into->uploads[into->upload_count++] = (struct upload){
		.field = part->name,
		.name = part->filename,
		.type = part->type ? part->type : "application/octet-stream",
		.bytes = part->content.s,
		.size = part->content.n,
	};
	return true;
}

static bool
part_store(struct reader *reader, const struct part *part)
{
	struct pair pair = { .name = part->name, .value = "" };

	if (part->filename) {
		if (!pair_check(&pair, part->name_length, reader->no))
			return false;
		if (!utf8_valid(part->filename, strlen(part->filename)))
			return malformed(reader, "文件名不是有效的 UTF-8 编码，请改名后再上传。");
		return upload_add(reader, part);
	}
	pair.length = part->content.n;
	pair.value = part->content.s;
	if (!pair_check(&pair, part->name_length, reader->no))
		return false;
	pair.value = talloc_strndup(reader->owner, part->content.s, part->content.n);
	if (!pair.value)
		abort();
	return pairs_add(reader->owner, &reader->into->fields, pair, reader->no);
}

/* rest begins after a boundary: its line's end, then a part up to the next boundary. */
static bool
part_read(struct reader *reader, struct span *rest)
{
	struct part part = { 0 };
	const char *end;

	if (rest->n < 2 || memcmp(rest->s, "\r\n", 2) != 0)
		return malformed(reader, "表单的分隔行写法不正确，请从页面上重新提交。");
	rest->s += 2;
	rest->n -= 2;
	if (!headers_read(reader, &part, rest))
		return false;
	/* An empty content: the blank line's own CR LF also begins the boundary's line. */
	end = memmem(rest->s - 2, rest->n + 2, reader->mark, reader->mark_length);
	if (!end)
		return malformed(reader, "表单没有传完整（缺少结束标记），请重新提交。");
	part.content.s = rest->s;
	part.content.n = end < rest->s ? 0 : (size_t)(end - rest->s);
	end += reader->mark_length;
	rest->n -= (size_t)(end - rest->s);
	rest->s = end;
	return part_store(reader, &part);
}

bool
multipart_parse(TALLOC_CTX *owner, const char *type, const char *body, size_t n,
		struct request *into, struct refusal *no)
{
	struct reader reader = { .owner = owner, .into = into, .no = no };
	struct span rest = { body, n };

	if (!boundary_read(&reader, type))
		return false;
	if (n < reader.mark_length - 2 ||
	    memcmp(body, reader.mark + 2, reader.mark_length - 2) != 0)
		return malformed(&reader, "表单不是以分隔标记开始的，请从页面上重新提交。");
	rest.s += reader.mark_length - 2;
	rest.n -= reader.mark_length - 2;
	while (rest.n < 2 || memcmp(rest.s, "--", 2) != 0)
		if (!part_read(&reader, &rest))
			return false;
	if (rest.n != 2 && (rest.n != 4 || memcmp(rest.s, "--\r\n", 4) != 0))
		return malformed(&reader, "表单在结束标记之后还有内容，请从页面上重新提交。");
	return true;
}
