/*
 * request.c - what came over the wire as a struct request: limits first, meaning later.
 *
 * Header texts are borrowed from the transport, which keeps them until the answer is finished. A
 * request that is refused here still has an id and knows which kind of answer its sender reads.
 */
#include "web/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/seal.h"
#include "process/transport.h"

#define API_PREFIX   "/api"
#define API_LENGTH   4
#define LENGTH_LIMIT ((size_t)1 << 40) /* above any body; keeps the arithmetic safe */

/* --- Headers --- */

static const char *
param(struct transport *t, const char *name)
{
	const char *value = transport_param(t, name);

	return value && value[0] ? value : NULL;
}

static bool
id_good(const char *id)
{
	size_t n = id ? strspn(id, "0123456789abcdefABCDEF-") : 0;

	return n >= 8 && n < 40 && id[n] == '\0';
}

/* nginx gives the same id to the same request when it is tried again at another worker. */
static const char *
request_id(struct request *r, struct transport *t)
{
	const char *id = param(t, "REQUEST_ID");
	unsigned char bytes[16];
	char *made;

	if (id_good(id))
		return id;
	made = talloc_array(r, char, 33);
	if (!made)
		abort();
	random_bytes(bytes, sizeof(bytes));
	hex_encode(bytes, sizeof(bytes), made);
	return made;
}

static bool
type_is(const char *type, const char *wanted)
{
	size_t n = strlen(wanted);

	return type && strncasecmp(type, wanted, n) == 0 && (!type[n] || strchr("; \t", type[n]));
}

/* Browsers always name text/html; a program that names JSON or XML alone wants that. */
static void
answer_kind(struct request *r, const char *accept)
{
	bool html = accept && strstr(accept, "text/html");

	if (accept && !html) {
		r->json = strstr(accept, "application/json") != NULL;
		r->xml =
		    !r->json && (strstr(accept, "application/xml") || strstr(accept, "text/xml"));
	}
	if (!html && !r->xml && type_is(r->type, "application/json"))
		r->json = true;
}

static const char *
text_or_empty(const char *text)
{
	return text && utf8_valid(text, strlen(text)) ? text : "";
}

static void
headers_take(struct request *r, struct transport *t)
{
	const char *https = param(t, "HTTPS"), *method = param(t, "REQUEST_METHOD");

	r->id = request_id(r, t);
	r->head = method && strcmp(method, "HEAD") == 0;
	if (r->head || (method && strcmp(method, "GET") == 0))
		r->method = JY_GET;
	else if (method && strcmp(method, "POST") == 0)
		r->method = JY_POST;
	r->path = "/";
	r->query = "";
	r->remote = text_or_empty(param(t, "REMOTE_ADDR"));
	r->agent = text_or_empty(param(t, "HTTP_USER_AGENT"));
	r->origin = param(t, "HTTP_ORIGIN");
	r->fetch_site = param(t, "HTTP_SEC_FETCH_SITE");
	r->host = param(t, "HTTP_HOST");
	r->cookie = param(t, "HTTP_COOKIE");
	r->type = param(t, "CONTENT_TYPE");
	r->if_none_match = param(t, "HTTP_IF_NONE_MATCH");
	r->key = param(t, "HTTP_IDEMPOTENCY_KEY");
	r->token = param(t, "HTTP_X_CSRF_TOKEN");
	r->authorization = param(t, "HTTP_AUTHORIZATION");
	r->referer = param(t, "HTTP_REFERER");
	r->forwarded = param(t, "HTTP_X_FORWARDED_FOR") != NULL;
	r->https = https && strcasecmp(https, "off") != 0;
	answer_kind(r, param(t, "HTTP_ACCEPT"));
}

/* --- The address --- */

/* "/api/jobs" is "/jobs" answered as JSON; "/api" itself is a page of its own. */
static void
api_strip(struct request *r)
{
	if (strncmp(r->path, API_PREFIX, API_LENGTH) != 0 ||
	    (r->path[API_LENGTH] != '/' && r->path[API_LENGTH] != '\0'))
		return;
	r->api = true;
	r->json = true;
	r->xml = false;
	if (r->path[API_LENGTH] == '/')
		r->path += API_LENGTH;
}

static bool
address_read(struct request *r, struct transport *t, struct refusal *no)
{
	const char *uri = param(t, "REQUEST_URI"), *question;
	char *raw;

	if (!uri || strlen(uri) > REQUEST_URL_MAX)
		return refusal_set(no, uri ? 414 : 400, uri ? "url_too_long" : "path",
				   uri ? "网址超过 8 KiB，请减少筛选条件，或改用表单提交。"
				       : "请求没有网址，请从页面上的链接进入。");
	question = strchr(uri, '?');
	raw = talloc_strndup(r, uri, question ? (size_t)(question - uri) : strlen(uri));
	if (!raw)
		abort();
	if (!path_normalise(r, raw, &r->path)) {
		r->path = "/";
		return refusal_set(no, 400, "path",
				   "网址的写法不正确（含有多余的斜杠、点或无效的编码），"
				   "请检查链接是否复制完整。");
	}
	api_strip(r);
	r->query = question ? question + 1 : "";
	return form_urldecode(r, r->query, strlen(r->query), &r->args, no);
}

static bool
length_read(struct request *r, struct transport *t, struct refusal *no)
{
	const char *s = param(t, "CONTENT_LENGTH");

	for (; s && *s; s++) {
		if (*s < '0' || *s > '9' || r->length > LENGTH_LIMIT)
			return refusal_set(no, 400, "length",
					   "请求的长度（Content-Length）无效，请重新提交。");
		r->length = r->length * 10 + (size_t)(*s - '0');
	}
	return true;
}

struct request *
request_new(TALLOC_CTX *owner, struct transport *t, struct refusal *no)
{
	struct request *r = talloc_zero(owner, struct request);

	if (!r)
		abort();
	*no = (struct refusal){ 0 };
	headers_take(r, t);
	if (!address_read(r, t, no) || !length_read(r, t, no))
		return r;
	if (!r->method)
		refusal_set(no, 405, "method",
			    "本系统只接受 GET、HEAD 和 POST 请求，请从页面上操作。");
	return r;
}

/* --- The body --- */

static bool
body_fill(struct request *r, struct transport *t, char *body, struct refusal *no)
{
	size_t have = 0;
	ssize_t n;
	char more;

	while (have < r->length) {
		n = transport_read(t, body + have, r->length - have);
		if (n <= 0)
			break;
		have += (size_t)n;
	}
	/* Fewer bytes than announced is a cut form, more is a sender that we do not understand. */
	if (have != r->length || transport_read(t, &more, 1) != 0)
		return refusal_set(no, 400, "body_cut",
				   "内容没有传输完整，没有保存，请检查网络后重新提交。");
	return true;
}

static int
body_json_drop(struct request *r)
{
	json_decref(r->body_json);
	return 0;
}

static bool
body_parse(struct request *r, const char *body, struct refusal *no)
{
	if (type_is(r->type, "application/x-www-form-urlencoded"))
		return form_urldecode(r, body, r->length, &r->fields, no);
	if (type_is(r->type, "multipart/form-data"))
		return multipart_parse(r, r->type, body, r->length, r, no);
	if (type_is(r->type, "application/json")) {
		talloc_set_destructor(r, body_json_drop);
		return json_body_parse(body, r->length, &r->body_json, no);
	}
	r->body = body;
	r->body_size = r->length;
	return true;
}

bool
request_body(struct request *r, struct transport *t, size_t max, struct refusal *no)
{
	char *body, *sentence;

	*no = (struct refusal){ 0 };
	if (r->length > max) {
		sentence = talloc_asprintf(r, "提交的内容超过 %zu KiB，请缩小文件或分几次提交。",
					   max / 1024);
		return refusal_set(no, 413, "too_large", sentence ? sentence : "提交的内容太大。");
	}
	body = talloc_array(r, char, r->length + 1);
	if (!body)
		abort();
	body[r->length] = '\0';
	if (!body_fill(r, t, body, no))
		return false;
	return r->length == 0 || body_parse(r, body, no);
}

const char *
request_field(const struct request *r, const char *name)
{
	size_t i;

	for (i = 0; i < r->fields.count; i++)
		if (strcmp(r->fields.items[i].name, name) == 0)
			return r->fields.items[i].value;
	return json_string_value(json_object_get(r->body_json, name));
}
