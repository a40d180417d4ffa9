/*
 * response.c - one status and one view become bytes, as HTML, JSON or XML.
 *
 * The body is made first, so that a template that fails can still become an honest error page; the
 * built-in page needs neither templates nor database. What depends on who asks is never stored
 * anywhere (no-store); only a visitor's view of a route with cache_s may be kept by others.
 */
#include "web/response.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "process/transport.h"
#include "web/guard.h"
#include "web/http_text.h"
#include "web/page.h"
#include "web/request.h"
#include "web/response_xml.h"
#include "web/templates.h"

#define BODY_MAX    ((size_t)32 * 1024 * 1024)
#define HEAD_MAX    ((size_t)64 * 1024)
#define RETRY_AFTER 5 /* seconds, where nobody said otherwise */

struct answer {
	struct jy_ctx *cx;
	struct jy_view *view;
	int http;
	const char *type, *etag;
	struct buf body;
	const void *bytes;
	size_t size;
};

static const struct {
	int http;
	const char *code, *title, *sentence;
} STANDARD[] = {
	{ 400, "request", "请求有误", "请求的写法不正确，请从页面上重新操作。" },
	{ 401, "sign_in", "需要登录", "请先登录，再继续操作。" },
	{ 403, "denied", "没有权限", "您的账号没有这项权限；如有需要，请联系本单位管理员。" },
	{ 404, "not_found", "没有找到",
	  "没有找到这个页面或内容：它可能已被删除，或不在您的权限范围内。请检查网址或返回首页。" },
	{ 405, "method", "不支持的操作", "这个地址不支持这种请求方式，请从页面上操作。" },
	{ 409, "conflict", "内容已有变化",
	  "这项内容已经存在，或刚被别人改过。请刷新页面，看过最新内容后再操作。" },
	{ 413, "too_large", "内容太大", "提交的内容太大，请缩小文件或分几次提交。" },
	{ 414, "url_too_long", "网址太长", "网址太长，请减少筛选条件。" },
	{ 422, "invalid", "内容需要修改", "提交的内容有误，请按提示修改后再提交。" },
	{ 429, "rate", "操作太频繁", "操作太频繁，请稍等片刻再试。" },
	{ 500, "failed", "系统出错",
	  "系统出现错误，错误已记录。请回到原来的页面看看操作是否完成，再决定是否重试。" },
	{ 503, "busy", "暂时不能使用", "系统暂时繁忙，请稍后再试。" },
	{ 504, "timeout", "处理超时",
	  "这一步超过了处理时限，已被中止。请先刷新页面看看结果，再决定是否重做；仍然不行请稍后再试"
	  "。" },
};

static size_t
standard(int http)
{
	size_t i, last = sizeof(STANDARD) / sizeof(STANDARD[0]);

	for (i = 0; i < last; i++)
		if (STANDARD[i].http == http)
			return i;
	return standard(http < 500 ? 400 : 500);
}

int
http_status(enum jy_status status)
{
	static const int https[] = { 200, 404, 422, 403, 409, 503, 500 };
	size_t i = (size_t)status;

	return i < sizeof(https) / sizeof(https[0]) ? https[i] : 500;
}

enum jy_status
refuse_http(struct jy_view *view, int status, const char *code, const char *fmt, ...)
{
	static const enum jy_status statuses[] = { JY_NOT_FOUND, JY_INVALID, JY_DENIED,
						   JY_CONFLICT,  JY_BUSY,    JY_FAILED };
	va_list ap;
	size_t i;

	va_start(ap, fmt);
	view->sentence = fmt ? talloc_vasprintf(view, fmt, ap) : NULL;
	va_end(ap);
	if (fmt && !view->sentence)
		abort();
	if (fmt)
		utf8_mend(view->sentence);
	view->kind = VIEW_REFUSE;
	view->code = code;
	view->status = status;
	for (i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (http_status(statuses[i]) == status)
			return statuses[i];
	return status < 500 ? JY_INVALID : JY_FAILED;
}

void
view_header(struct jy_view *view, const char *fmt, ...)
{
	va_list ap;
	char *line;

	va_start(ap, fmt);
	line = talloc_vasprintf(view, fmt, ap);
	va_end(ap);
	if (!line)
		abort();
	if (strpbrk(line, "\r\n"))
		return;
	if (!view->headers)
		view->headers = jy_own(view->cx, json_array());
	json_array_append_new(view->headers, json_string(line));
}

/* --- Bodies --- */

static void
body_take(struct answer *a, const char *type, const void *bytes, size_t n)
{
	a->type = type;
	a->bytes = bytes;
	a->size = n;
}

/* Last resort: needs nothing that could be missing. */
static void
body_builtin(struct answer *a)
{
	struct buf *out = &a->body;
	size_t i = standard(a->http);

	buf_init(out, a->cx, BODY_MAX);
	buf_printf(out,
		   "<!DOCTYPE html>\n<html lang=\"zh-CN\"><head><meta charset=\"utf-8\">"
		   "<meta name=\"viewport\" content=\"width=device-width\"><title>%s</title></head>"
		   "<body><h1>%s</h1><p>%s</p><p>请求编号：%s</p>"
		   "<p><a href=\"/\">返回首页</a></p></body></html>\n",
		   STANDARD[i].title, STANDARD[i].title, STANDARD[i].sentence, a->cx->id);
	body_take(a, "text/html; charset=utf-8", out->data, out->len);
}

static int
dump_add(const char *bytes, size_t n, void *arg)
{
	buf_add(arg, bytes, n);
	return 0;
}

static void
body_data(struct answer *a, const json_t *model, const char *root)
{
	const struct request *r = a->cx->request;

	buf_init(&a->body, a->cx, BODY_MAX);
	if (r && r->xml)
		xml_write(model, root, &a->body);
	else if (json_dump_callback(model, dump_add, &a->body, JSON_COMPACT))
		a->body.full = true;
	body_take(
	    a, r && r->xml ? "application/xml; charset=utf-8" : "application/json; charset=utf-8",
	    a->body.data, a->body.len);
	if (!a->body.full)
		return;
	log_line(LOG_ERROR_, "response.data", "%s: answer over %zu bytes", a->cx->id, BODY_MAX);
	a->http = 500;
	body_builtin(a);
}

static bool
html_render(struct answer *a, const char *tmpl, const json_t *model)
{
	const struct templates *templates = a->cx->core->templates;
	struct buf inner;
	json_t *page, *outer;

	if (!templates)
		return false;
	page = page_model(a->cx, a->view, jy_json_text(model, "title"));
	buf_init(&inner, a->cx, BODY_MAX);
	buf_init(&a->body, a->cx, BODY_MAX);
	if (!templates_render(templates, tmpl, page, model, &inner) || inner.full)
		return false;
	outer = jy_own(a->cx, json_object());
	json_object_set_new(outer, "content",
			    json_stringn_nocheck(inner.data ? inner.data : "", inner.len));
	return templates_render(templates, "core/layout", page, outer, &a->body) && !a->body.full;
}

static void
body_html(struct answer *a, const char *tmpl, const json_t *model)
{
	if (html_render(a, tmpl, model)) {
		body_take(a, "text/html; charset=utf-8", a->body.data, a->body.len);
		return;
	}
	log_line(LOG_ERROR_, "response.render", "%s: template %s %s", a->cx->id, tmpl,
		 a->cx->core->templates && templates_find(a->cx->core->templates, tmpl)
		     ? "made more than the limit, or the layout is missing"
		     : "is missing");
	if (a->http < 400)
		a->http = 500;
	body_builtin(a);
}

static bool
wants_data(const struct answer *a)
{
	const struct request *r = a->cx->request;

	return r && (r->json || r->xml);
}

/* {"field","message"} as noted becomes {"name","message"} as documented. */
static json_t *
field_errors(const struct answer *a)
{
	json_t *fields = json_array(), *error;
	size_t i;

	json_array_foreach(a->cx->errors, i, error) json_array_append_new(
	    fields, json_pack("{s:s, s:s}", "name", jy_json_text(error, "field"), "message",
			      jy_json_text(error, "message")));
	return fields;
}

/* A commit whose answer was lost may have happened: only its idempotency row knows. */
static const char *
standard_sentence(const struct answer *a)
{
	const struct request *r = a->cx->request;

	if (a->http == 503 && r && r->method == JY_POST)
		return "系统暂时繁忙，无法确认这次操作是否完成。请稍后把同一份表单再提交一次"
		       "（程序请用同一个 Idempotency-Key），已经完成的不会重复登记。";
	return STANDARD[standard(a->http)].sentence;
}

/* The address to try again, where trying again can help. */
static void
add_again(const struct answer *a, json_t *model)
{
	const struct request *r = a->cx->request;

	if (!r || r->method != JY_GET || a->http < 500)
		return;
	json_object_set_new(model, "again",
			    r->query[0] && utf8_valid(r->query, strlen(r->query))
				? json_sprintf("%s?%s", r->path, r->query)
				: json_string(r->path));
}

/* The record or list where a change was refused: it shows what there is now. */
static void
add_back(const struct answer *a, json_t *model)
{
	const struct request *r = a->cx->request;
	const char *back =
	    r && r->method == JY_POST && a->http < 500 ? guard_came_from(a->cx) : NULL;

	json_object_set_new(model, "back", back ? json_string(back) : json_null());
}

static void
body_refusal(struct answer *a)
{
	size_t i = standard(a->http);
	const char *code = a->view->code ? a->view->code : STANDARD[i].code;
	const char *sentence =
	    a->view->sentence && a->view->kind == VIEW_REFUSE ? a->view->sentence : NULL;
	json_t *model;

	if (!sentence)
		sentence = standard_sentence(a);
	if (wants_data(a)) {
		model = json_pack("{s:{s:s, s:s, s:o, s:s}}", "error", "code", code, "message",
				  sentence, "fields", field_errors(a), "request", a->cx->id);
		body_data(a, jy_own(a->cx, model), "answer");
		return;
	}
	model = json_pack("{s:s, s:i, s:s, s:s, s:s}", "title", STANDARD[i].title, "status",
			  a->http, "code", code, "sentence", sentence, "request", a->cx->id);
	add_again(a, model);
	add_back(a, model);
	body_html(a, strncmp(code, "plugin.off", 10) == 0 ? "core/off" : "core/error",
		  jy_own(a->cx, model));
}

/* Local addresses only; anything else is a handler's fault and must not leave the site. */
static void
body_redirect(struct answer *a)
{
	struct jy_view *view = a->view;
	json_t *model;

	if (!path_is_local(view->location)) {
		log_line(LOG_ERROR_, "response.location", "%s: not a local address", a->cx->id);
		a->http = 500;
		body_refusal(a);
		return;
	}
	view->location = http_location(view, view->location);
	if (wants_data(a)) {
		a->http = 200;
		model =
		    json_pack("{s:s, s:s*}", "location", view->location, "notice", view->notice);
		body_data(a, jy_own(a->cx, model), "answer");
		return;
	}
	a->http = 303;
	view_header(view, "Location: %s", view->location);
	page_notice_keep(a->cx, view);
	body_take(a, "text/html; charset=utf-8", "", 0);
}

static bool
feed_name_good(const char *file)
{
	return file[0] != '/' && !strstr(file, "..") &&
	       file[strspn(file, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				 "._-/")] == '\0';
}

static void
body_feed(struct answer *a)
{
	struct jy_view *view = a->view;

	if (!feed_name_good(view->location)) {
		log_line(LOG_ERROR_, "response.feed", "%s: feed name not plain", a->cx->id);
		a->http = 500;
		body_refusal(a);
		return;
	}
	view_header(view, "X-Accel-Redirect: /_feeds/%s", view->location);
	body_take(a, http_type(view, view->type), "", 0);
}

static void
body_make(struct answer *a, enum jy_status status)
{
	struct jy_view *view = a->view;

	a->http = view->status ? view->status : http_status(status);
	view->status = a->http; /* the page around it must know, too */
	if (view->kind == VIEW_SHOW && (!view->tmpl || (wants_data(a) && a->http < 400)))
		body_data(a, view->model, "answer");
	else if (view->kind == VIEW_SHOW && !wants_data(a))
		body_html(a, view->tmpl, view->model);
	else if (view->kind == VIEW_REDIRECT && status == JY_OK)
		body_redirect(a);
	else if (view->kind == VIEW_BYTES && status == JY_OK)
		body_take(a, http_type(view, view->type), view->bytes, view->size);
	else if (view->kind == VIEW_FEED && status == JY_OK)
		body_feed(a);
	else {
		if (a->http < 400)
			a->http = 500; /* nothing said, or said against its own status */
		body_refusal(a);
	}
}

/* --- Headers --- */

/* May others keep it? Only what every visitor would be shown alike. */
static bool
shareable(const struct answer *a)
{
	const struct jy_ctx *cx = a->cx;

	return a->http == 200 && cx->route && cx->route->method == JY_GET &&
	       cx->route->cache_s > 0 && cx->user.role == JY_PUBLIC && !cx->session &&
	       !json_array_size(a->view->headers);
}

static void
head_cache(struct answer *a, struct buf *head)
{
	const struct jy_ctx *cx = a->cx;
	bool feed = a->view->kind == VIEW_FEED && a->http == 200;

	if (!feed && !shareable(a)) {
		buf_text(head, "Cache-Control: no-store\r\n");
		return;
	}
	buf_printf(head, "Cache-Control: public, max-age=%d, stale-while-revalidate=60\r\n",
		   cx->route->cache_s ? cx->route->cache_s : 60);
	if (feed)
		return; /* nginx answers with the file's own tag and date */
	a->etag = http_etag(a->view, a->bytes, a->size);
	buf_text(head, "Vary: Accept, Cookie\r\nETag: ");
	buf_text(head, a->etag);
	buf_text(head, "\r\n");
	if (http_etag_match(cx->request->if_none_match, a->etag))
		a->http = 304;
}

static void
head_make(struct answer *a, struct buf *head)
{
	struct buf rest;
	size_t i;
	json_t *line;

	buf_init(&rest, a->cx, HEAD_MAX);
	head_cache(a, &rest); /* may turn 200 into 304 */
	buf_printf(head, "Status: %d %s\r\nX-Content-Type-Options: nosniff\r\n", a->http,
		   http_reason(a->http));
	if (a->http != 304 && a->view->kind == VIEW_FEED)
		buf_printf(head, "Content-Type: %s\r\n", a->type);
	else if (a->http != 304)
		buf_printf(head, "Content-Type: %s\r\nContent-Length: %zu\r\n", a->type, a->size);
	if (a->view->kind == VIEW_BYTES && a->view->sentence && a->http == 200)
		buf_printf(head, "Content-Disposition: %s\r\n",
			   http_disposition(a->view, a->view->sentence));
	if (a->http == 503 || a->http == 429)
		buf_printf(head, "Retry-After: %d\r\n",
			   a->view->retry_after ? a->view->retry_after : RETRY_AFTER);
	json_array_foreach(a->view->headers, i, line)
	    buf_printf(head, "%s\r\n", json_string_value(line));
	buf_add(head, rest.data, rest.len);
	buf_text(head, "\r\n");
}

int
response_send(struct jy_ctx *cx, struct transport *t, enum jy_status status, struct jy_view *view,
	      size_t *bytes)
{
	struct answer a = { .cx = cx, .view = view };
	struct buf head;

	body_make(&a, status);
	buf_init(&head, cx, HEAD_MAX);
	head_make(&a, &head);
	if (a.http == 304 || (cx->request && cx->request->head))
		a.size = 0;
	*bytes = a.size;
	/* A peer that is gone is no fault of ours; its request is done either way. */
	if (transport_write(t, head.data, head.len) == 0 && a.size)
		transport_write(t, a.bytes, a.size);
	return a.http;
}
