/* request.h - what a browser or program sent, within limits, before anybody interprets it. */
#ifndef CORE_REQUEST_H
#define CORE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <talloc.h>
#include <jansson.h>
#include <jiye/plugin.h>

#define REQUEST_URL_MAX    8192
#define REQUEST_BODY_MAX   (256 * 1024)
#define REQUEST_LARGE_MAX  (12 * 1024 * 1024)
#define REQUEST_FIELDS_MAX 1000
#define REQUEST_NAME_MAX   64
#define REQUEST_VALUE_MAX  (64 * 1024)
#define REQUEST_FILES_MAX  10
#define REQUEST_JSON_DEPTH 16

struct pair {
	const char *name, *value; /* valid UTF-8 without NUL */
	size_t length;
};
struct pairs {
	struct pair *items;
	size_t count;
};
struct upload {
	const char *field, *name, *type;
	const void *bytes;
	size_t size;
};

struct request {
	int method; /* JY_GET or JY_POST; HEAD is JY_GET with head set; 0 = another one */
	bool head, api /* began with /api */, json /* wants a JSON answer */, xml;
	const char *path;  /* decoded, begins with '/', without /api; no "//", "/./", "/../" */
	const char *query; /* raw */
	const char *id, *remote, *agent, *origin, *fetch_site, *host;
	const char *cookie, *type, *if_none_match, *key /* Idempotency-Key */, *token /* X-CSRF-Token */;
	const char *authorization, *referer;
	bool https, forwarded; /* forwarded: another proxy stands before ours */
	size_t length; /* CONTENT_LENGTH */
	struct pairs args;   /* of the query */
	struct pairs fields; /* of an urlencoded or multipart body */
	struct upload *uploads;
	size_t upload_count;
	json_t *body_json; /* object of a JSON body, or NULL */
	const char *body;  /* raw bytes of any other type */
	size_t body_size;
};

/* A refusal before there is a page: HTTP status, code and a Chinese sentence. status 0 = none. */
struct refusal {
	int status;
	const char *code, *sentence;
};

struct transport;
/* Reads the line and headers (not the body). */
struct request *request_new(TALLOC_CTX *owner, struct transport *t, struct refusal *no);
/* Reads and parses the body; the route's limit decides how much. */
bool request_body(struct request *r, struct transport *t, size_t max, struct refusal *no);
const char *request_cookie(const struct request *r, const char *name); /* NULL if absent */
/* One field of the body, urlencoded, multipart or text in a JSON object; NULL if absent. */
const char *request_field(const struct request *r, const char *name);

/* The parsers below are pure, for tests and fuzzing. Each answers false with a reason. */
bool form_urldecode(TALLOC_CTX *owner, const char *text, size_t n, struct pairs *out,
		    struct refusal *no);
bool multipart_parse(TALLOC_CTX *owner, const char *type, const char *body, size_t n,
		     struct request *into, struct refusal *no);
bool path_normalise(TALLOC_CTX *owner, const char *raw, const char **out);
bool utf8_valid(const char *text, size_t n); /* also refuses NUL */
/* Drops what is no character: "%.60s" cuts by bytes, and JSON takes no half of one. */
void utf8_mend(char *text);
/* An object of at most REQUEST_JSON_DEPTH levels without doubled names; *out is a new reference. */
bool json_body_parse(const char *text, size_t n, json_t **out, struct refusal *no);
/* "/..." on this site: no other host, no control characters. For redirects and return addresses. */
bool path_is_local(const char *path);

/* Shared by the parsers. percent_byte: the byte that "%XX" at s stands for, or -1. */
int percent_byte(const char *s, size_t left);
bool refusal_set(struct refusal *no, int status, const char *code, const char *sentence);
bool pair_check(const struct pair *pair, size_t name_length, struct refusal *no);
bool pairs_add(TALLOC_CTX *owner, struct pairs *pairs, struct pair pair, struct refusal *no);

#endif
