/*
 * http_text.c - the small texts of HTTP, each made in one place so that no header can be forged.
 */
#define _GNU_SOURCE /* strcasestr */
#include "web/http_text.h"

#include <ctype.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ETAG_BYTES crypto_shorthash_siphashx24_BYTES

const char *
http_reason(int status)
{
	static const struct {
		int status;
		const char *reason;
	} reasons[] = {
		{ 200, "OK" },
		{ 303, "See Other" },
		{ 304, "Not Modified" },
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 409, "Conflict" },
		{ 413, "Content Too Large" },
		{ 414, "URI Too Long" },
		{ 415, "Unsupported Media Type" },
		{ 422, "Unprocessable Content" },
		{ 429, "Too Many Requests" },
		{ 500, "Internal Server Error" },
		{ 503, "Service Unavailable" },
		{ 504, "Gateway Timeout" },
	};
	size_t i;

	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return status < 400 ? "Done" : "Refused";
}

char *
http_etag(TALLOC_CTX *owner, const void *bytes, size_t n)
{
	/* A tag tells versions apart and guards nothing, so the key may be known. */
	static const unsigned char key[crypto_shorthash_siphashx24_KEYBYTES] = "jiye etag";
	unsigned char hash[ETAG_BYTES];
	char *etag = talloc_array(owner, char, 2 * ETAG_BYTES + 3);

	if (!etag)
		abort();
	crypto_shorthash_siphashx24(hash, bytes, n, key);
	etag[0] = '"';
	sodium_bin2hex(etag + 1, 2 * ETAG_BYTES + 1, hash, sizeof(hash));
	memcpy(etag + 1 + 2 * ETAG_BYTES, "\"", 2);
	return etag;
}

bool
http_etag_match(const char *if_none_match, const char *etag)
{
	size_t n = strlen(etag);
	const char *s = if_none_match;

	while (s && *s) {
		s += strspn(s, " \t,");
		if (*s == '*')
			return true;
		if (strncmp(s, "W/", 2) == 0)
			s += 2;
		if (strncmp(s, etag, n) == 0 && (!s[n] || strchr(" \t,", s[n])))
			return true;
		s += strcspn(s, ",");
	}
	return false;
}

/* Bytes that stand for themselves are the unreserved ones of RFC 3986 and those in `also`. */
static char *
percent_encode(TALLOC_CTX *owner, const char *text, const char *also)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t n = strlen(text), i, k = 0;
	char *out = talloc_array(owner, char, 3 * n + 1);
	unsigned char c;

	if (!out)
		abort();
	for (i = 0; i < n; i++) {
		c = (unsigned char)text[i];
		if (isalnum(c) || strchr("-._~", c) || strchr(also, c)) {
			out[k++] = (char)c;
			continue;
		}
		out[k++] = '%';
		out[k++] = digits[c >> 4];
		out[k++] = digits[c & 15];
	}
	out[k] = '\0';
	return out;
}

char *
http_disposition(TALLOC_CTX *owner, const char *name)
{
	char *plain = talloc_strdup(owner, name), *extended = percent_encode(owner, name, ""),
	     *made;
	char *s;

	if (!plain)
		abort();
	for (s = plain; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr("._- ", *s))
			*s = '_';
	made = talloc_asprintf(owner, "attachment; filename=\"%s\"; filename*=UTF-8''%s", plain,
			       extended);
	if (!made)
		abort();
	return made;
}

char *
http_location(TALLOC_CTX *owner, const char *address)
{
	return percent_encode(owner, address, "/?#[]@!$&'()*+,;=:%");
}

char *
http_escape(TALLOC_CTX *owner, const char *text)
{
	return percent_encode(owner, text, "/");
}

const char *
http_type(TALLOC_CTX *owner, const char *type)
{
	bool text = strncasecmp(type, "text/", 5) == 0 || strstr(type, "json") ||
		    strstr(type, "xml") || strstr(type, "javascript");
	char *made;

	if (strpbrk(type, "\r\n"))
		return "application/octet-stream";
	/* Office's workbooks have "openxml" in their type and are not text. */
	if (!text || strcasestr(type, "charset=") || strstr(type, "openxml"))
		return type;
	made = talloc_asprintf(owner, "%s; charset=utf-8", type);
	if (!made)
		abort();
	return made;
}
