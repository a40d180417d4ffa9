/*
 * cookie.c - one cookie by its exact name out of the Cookie header.
 *
 * Only the few names that the core sets are ever asked for, so there is no table of all cookies.
 */
#include "web/request.h"

#include <stdlib.h>
#include <string.h>

const char *
request_cookie(const struct request *r, const char *name)
{
	size_t n = strlen(name), length;
	const char *s = r->cookie;
	char *value;

	while (s && *s) {
		s += strspn(s, " \t;");
		length = strcspn(s, ";");
		if (length > n && s[n] == '=' && memcmp(s, name, n) == 0) {
			s += n + 1;
			length -= n + 1;
			while (length > 0 && (s[length - 1] == ' ' || s[length - 1] == '\t'))
				length--;
			value = talloc_strndup(r, s, length);
			if (!value)
				abort();
			return value;
		}
		s += length;
	}
	return NULL;
}
