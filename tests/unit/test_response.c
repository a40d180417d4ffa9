/*
 * test_response.c - statuses and views as they leave us.
 *
 * Takes response.c in whole, with the transport replaced by a buffer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "process/transport.h"

static int sent_write(struct transport *t, const void *bytes, size_t n);
#define transport_write sent_write
#include "web/response.c"

#include "plugin/plugins.h"

static struct buf sent;
static struct core core;
static struct plugins plugins;
static struct request request;

static int
sent_write(struct transport *t, const void *bytes, size_t n)
{
	(void)t;
	buf_add(&sent, bytes, n);
	return 0;
}

static const struct jy_route cached = { JY_GET, "/hello", JY_ANYONE, .cache_s = 5 };

static struct jy_ctx *
cx_make(bool json, const struct jy_route *route)
{
	struct jy_ctx *cx = ctx_new(&core, NULL, "0123456789abcdef");

	request = (struct request){ .method = JY_GET, .json = json, .path = "/hello", .query = "" };
	request.remote = "127.0.0.1";
	cx->request = &request;
	cx->route = route;
	buf_init(&sent, cx, 1 << 20);
	return cx;
}

static void
send_view(struct jy_view *view, enum jy_status status, int expected)
{
	size_t bytes;

	assert_int_equal(response_send(view->cx, NULL, status, view, &bytes), expected);
	buf_add(&sent, "", 0);
}

static bool
has(const char *text)
{
	return strstr(sent.data, text) != NULL;
}

static void
model_is_the_json_answer(void **state)
{
	struct jy_ctx *cx = cx_make(true, NULL);
	struct jy_view *view = view_new(cx);

	(void)state;
	send_view(view, jy_show(view, "home", json_pack("{s:i}", "n", 1)), 200);
	assert_true(has("Status: 200 OK\r\n"));
	assert_true(has("Content-Type: application/json; charset=utf-8\r\n"));
	assert_true(has("Cache-Control: no-store\r\n"));
	assert_true(has("X-Content-Type-Options: nosniff\r\n"));
	assert_true(has("Content-Length: 7\r\n"));
	assert_true(has("\r\n\r\n{\"n\":1}"));
	talloc_free(cx);
}

static void
model_is_the_xml_answer(void **state)
{
	struct jy_ctx *cx = cx_make(false, NULL);
	struct jy_view *view = view_new(cx);

	(void)state;
	request.xml = true;
	send_view(view,
		  jy_show(view, "home",
			  json_pack("{s:[i,n], s:s, s:b}", "rows", 1, "1 a", "<&\x01\xef\xbf\xbf简",
				    "yes", 1)),
		  200);
	assert_true(has("Content-Type: application/xml; charset=utf-8\r\n"));
	assert_true(has("<rows><item>1</item><item></item></rows>"));
	assert_true(has("<entry key=\"1 a\">&lt;&amp;简</entry>"));
	assert_true(has("<yes>true</yes>"));
	talloc_free(cx);
}

static void
refusal_names_fields_in_json(void **state)
{
	struct jy_ctx *cx = cx_make(true, NULL);
	struct jy_view *view = view_new(cx);

	(void)state;
	cx->errors =
	    jy_own(cx, json_pack("[{s:s, s:s}]", "field", "name", "message", "请填写姓名。"));
	send_view(view, jy_refuse(view, JY_INVALID, "form.invalid", "请修改。"), 422);
	assert_true(has("{\"error\":{\"code\":\"form.invalid\",\"message\":\"请修改。\","
			"\"fields\":[{\"name\":\"name\",\"message\":\"请填写姓名。\"}]"));
	/* A form shown again is an error to a program, not a page's model. */
	cx->errors = NULL;
	buf_init(&sent, cx, 1 << 20);
	view = view_new(cx);
	jy_show(view, "core/form", json_pack("{s:s}", "secret", "of the page"));
	send_view(view, JY_INVALID, 422);
	assert_true(has("\"code\":\"invalid\""));
	assert_false(has("secret"));
	talloc_free(cx);
}

static void
built_in_page_needs_nothing(void **state)
{
	struct jy_ctx *cx = cx_make(false, NULL);
	struct jy_view *view = view_new(cx);

	(void)state;
	send_view(view, JY_BUSY, 503);
	assert_true(has("Status: 503 Service Unavailable\r\n"));
	assert_true(has("Retry-After: 5\r\n"));
	assert_true(has("<h1>暂时不能使用</h1>"));
	assert_true(has("0123456789abcdef"));
	buf_init(&sent, cx, 1 << 20);
	view = view_new(cx);
	send_view(view, jy_show(view, "no/such", json_object()), 500);
	assert_true(has("<h1>系统出错</h1>"));
	/* A handler that says nothing, or redirects abroad, is a fault. */
	view = view_new(cx);
	send_view(view, JY_OK, 500);
	view = view_new(cx);
	send_view(view, jy_redirect(view, "//elsewhere.example/"), 500);
	view = view_new(cx);
	send_view(view, jy_feed_out(view, "../keys", "application/xml"), 500);
	talloc_free(cx);
}

/* Nobody is told that nothing was saved where a commit may have happened. */
static void
an_unknown_outcome_is_not_denied(void **state)
{
	struct jy_ctx *cx = cx_make(true, NULL);
	struct jy_view *view = view_new(cx);

	(void)state;
	request.method = JY_POST;
	send_view(view, JY_BUSY, 503);
	assert_true(has("无法确认"));
	assert_true(has("Idempotency-Key"));
	assert_false(has("没有保存"));
	buf_init(&sent, cx, 1 << 20);
	view = view_new(cx);
	send_view(view, JY_FAILED, 500);
	assert_false(has("没有保存"));
	talloc_free(cx);
}

static void
tag_changes_with_the_body_and_answers_304(void **state)
{
	struct jy_ctx *cx = cx_make(true, &cached);
	struct jy_view *view = view_new(cx);
	char tag[64], *at;

	(void)state;
	send_view(view, jy_show(view, "home", json_pack("{s:i}", "n", 1)), 200);
	assert_true(has("Cache-Control: public, max-age=5, stale-while-revalidate=60\r\n"));
	assert_true(has("Vary: Accept, Cookie\r\n"));
	at = strstr(sent.data, "ETag: \"");
	assert_non_null(at);
	memcpy(tag, at + 6, 34);
	tag[34] = '\0';
	assert_int_equal(tag[33], '"');

	request.if_none_match = tag;
	buf_init(&sent, cx, 1 << 20);
	view = view_new(cx);
	send_view(view, jy_show(view, "home", json_pack("{s:i}", "n", 1)), 304);
	assert_true(has("Status: 304 Not Modified\r\n"));
	assert_true(has(tag));
	assert_false(has("{\"n\""));
	buf_init(&sent, cx, 1 << 20);
	view = view_new(cx);
	send_view(view, jy_show(view, "home", json_pack("{s:i}", "n", 2)), 200);
	talloc_free(cx);
}

static void
only_visitors_pages_may_be_kept(void **state)
{
	struct jy_ctx *cx = cx_make(true, &cached);
	struct jy_view *view = view_new(cx);

	(void)state;
	cx->user.role = JY_CITY;
	send_view(view, jy_show(view, "home", json_object()), 200);
	assert_true(has("Cache-Control: no-store\r\n"));
	assert_false(has("ETag"));
	cx->user.role = JY_PUBLIC;
	buf_init(&sent, cx, 1 << 20);
	view = view_new(cx);
	view_header(view, "Set-Cookie: a=1");
	send_view(view, jy_show(view, "home", json_object()), 200);
	assert_true(has("Cache-Control: no-store\r\n"));
	assert_true(has("Set-Cookie: a=1\r\n"));
	buf_init(&sent, cx, 1 << 20);
	view = view_new(cx);
	send_view(view, JY_NOT_FOUND, 404);
	assert_true(has("Cache-Control: no-store\r\n"));
	talloc_free(cx);
}

static void
downloads_have_a_safe_name(void **state)
{
	struct jy_ctx *cx = cx_make(false, NULL);
	struct jy_view *view = view_new(cx);

	(void)state;
	send_view(view, jy_bytes_out(view, "text/csv", "名单\"\r\nX: y.csv", "a,b", 3), 200);
	assert_true(has("Content-Type: text/csv; charset=utf-8\r\n"));
	assert_true(has("Content-Disposition: attachment; filename=\"_________X_ y.csv\"; "
			"filename*=UTF-8''%E5%90%8D%E5%8D%95%22%0D%0AX%3A%20y.csv\r\n"));
	assert_true(has("\r\n\r\na,b"));
	buf_init(&sent, cx, 1 << 20);
	view = view_new(cx);
	request.head = true;
	send_view(view, jy_bytes_out(view, "image/png", NULL, "png", 3), 200);
	assert_true(has("Content-Length: 3\r\n"));
	assert_false(has("Content-Disposition"));
	assert_string_equal(sent.data + sent.len - 4, "\r\n\r\n");
	talloc_free(cx);
}

static void
redirects_stay_here(void **state)
{
	struct jy_ctx *cx = cx_make(true, NULL);
	struct jy_view *view = view_new(cx);

	(void)state;
	jy_notice(view, "已保存。");
	send_view(view, jy_redirect(view, "/jobs?q=吉林 \"a\""), 200);
	assert_true(has("{\"location\":\"/jobs?q=%E5%90%89%E6%9E%97%20%22a%22\","
			"\"notice\":\"已保存。\"}"));
	request.json = false;
	buf_init(&sent, cx, 1 << 20);
	view = view_new(cx);
	send_view(view, jy_redirect(view, "/jobs/%d", 7), 303);
	assert_true(has("Location: /jobs/7\r\n"));
	/* Headers cannot be forged through an address or a header's text. */
	view = view_new(cx);
	send_view(view, jy_redirect(view, "/jobs\r\nX: y"), 500);
	view_header(view, "X-A: b\r\nX-C: d");
	assert_int_equal(json_array_size(view->headers), 0);
	talloc_free(cx);
}

static void
feeds_are_sent_by_nginx(void **state)
{
	struct jy_ctx *cx = cx_make(false, &cached);
	struct jy_view *view = view_new(cx);

	(void)state;
	send_view(view, jy_feed_out(view, "jobs.xml", "application/xml"), 200);
	assert_true(has("X-Accel-Redirect: /_feeds/jobs.xml\r\n"));
	assert_true(has("Content-Type: application/xml; charset=utf-8\r\n"));
	assert_true(has("Cache-Control: public, max-age=5"));
	assert_false(has("Content-Length"));
	assert_false(has("ETag"));
	talloc_free(cx);
}

static void
tags_match_as_browsers_send_them(void **state)
{
	(void)state;
	assert_true(http_etag_match("\"a\"", "\"a\""));
	assert_true(http_etag_match("W/\"a\"", "\"a\""));
	assert_true(http_etag_match("\"b\", \"a\"", "\"a\""));
	assert_true(http_etag_match("*", "\"a\""));
	assert_false(http_etag_match("\"b\"", "\"a\""));
	assert_false(http_etag_match("\"a\"b", "\"a\""));
	assert_false(http_etag_match("", "\"a\""));
	assert_false(http_etag_match(NULL, "\"a\""));
}

static int
start(void **state)
{
	(void)state;
	core.settings = json_object();
	plugins.off = json_object();
	core.plugins = &plugins;
	return 0;
}

static int
end(void **state)
{
	(void)state;
	json_decref(core.settings);
	json_decref(plugins.off);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(model_is_the_json_answer),
		cmocka_unit_test(model_is_the_xml_answer),
		cmocka_unit_test(refusal_names_fields_in_json),
		cmocka_unit_test(built_in_page_needs_nothing),
		cmocka_unit_test(an_unknown_outcome_is_not_denied),
		cmocka_unit_test(tag_changes_with_the_body_and_answers_304),
		cmocka_unit_test(only_visitors_pages_may_be_kept),
		cmocka_unit_test(downloads_have_a_safe_name),
		cmocka_unit_test(redirects_stay_here),
		cmocka_unit_test(feeds_are_sent_by_nginx),
		cmocka_unit_test(tags_match_as_browsers_send_them),
	};

	return cmocka_run_group_tests(tests, start, end);
}
