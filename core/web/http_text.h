/* http_text.h - the small texts of HTTP: reasons, entity tags, download names, escaped addresses. */
#ifndef CORE_HTTP_TEXT_H
#define CORE_HTTP_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <talloc.h>

const char *http_reason(int status); /* "Not Found" */
/* A strong tag with its quotes, from the bytes of the body. */
char *http_etag(TALLOC_CTX *owner, const void *bytes, size_t n);
/* Does If-None-Match name it? Weakened tags match too: nginx weakens when it compresses. */
bool http_etag_match(const char *if_none_match, const char *etag);
/* Content-Disposition of a download (RFC 6266), with a plain name for old programs. */
char *http_disposition(TALLOC_CTX *owner, const char *name);
/* The address with everything escaped that may not stand in a header; '%' is left alone. */
char *http_location(TALLOC_CTX *owner, const char *address);
/* text as the value of a query parameter. */
char *http_escape(TALLOC_CTX *owner, const char *text);
/* type, with "; charset=utf-8" where it is text without a charset. */
const char *http_type(TALLOC_CTX *owner, const char *type);

#endif
