/*
 * dispatch.c - the way of one request, step by step; each step may end it with a refusal.
 *
 * Everything made on the way hangs below one context and goes with it. A handler runs between the
 * marks of the scoreboard and, for a POST, inside a transaction that is run again as a whole after
 * a deadlock; the answer is sent only after the commit.
 */
#include "web/dispatch.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "data/db.h"
#include "facility/fields.h"
#include "people/account.h"
#include "people/session.h"
#include "plugin/plugins.h"
#include "process/board.h"
#include "web/guard.h"
#include "web/http_text.h"
#include "web/repeat.h"
#include "web/request.h"
#include "web/response.h"
#include "web/router.h"

#define GET_TRIES      3 /* a read whose connection broke may simply be read again */
#define RETRY_OFF_S    60
#define LINE_MAX_BYTES 600
#define ARENA_BYTES    65536 /* of most requests; the rest is allocated one by one */

struct way {
	struct jy_ctx *cx;
	struct jy_view *view;
	struct transport *t;
	struct match match;
	struct refusal no;
	struct repeat repeat;
	bool keyed; /* the POST has an idempotency row */
	bool moved; /* the guard sends the caller elsewhere */
	enum jy_status identified, handled;
};

static enum jy_status
refuse_early(struct way *w)
{
	return refuse_http(w->view, w->no.status, w->no.code, "%s", w->no.sentence);
}

static void
view_reset(struct jy_view *view)
{
	*view = (struct jy_view){ .cx = view->cx };
}

/* --- Marks for the supervisor --- */

/* FNV-1a: tells one request from another; nobody gains by a collision but the one who makes it. */
static uint64_t
fingerprint_add(uint64_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3ULL;
	return (hash ^ 0xff) * 0x100000001b3ULL;
}

static uint64_t
fingerprint(const struct request *r)
{
	uint64_t hash = 0xcbf29ce484222325ULL;

	hash = fingerprint_add(hash, r->method == JY_POST ? "POST" : "GET");
	hash = fingerprint_add(hash, r->path);
	return fingerprint_add(hash, r->query);
}

static void
slot_mark(struct way *w)
{
	struct slot *slot = w->cx->core->slot;
	const struct jy_route *route = w->match.route;

	if (!slot)
		return;
	board_text(slot->route, sizeof(slot->route), route->path);
	board_text(slot->request, sizeof(slot->request), w->cx->id);
	slot->fingerprint = fingerprint(w->cx->request);
	atomic_store(&slot->limit_ms, (route->limit_s ? route->limit_s : ROUTE_LIMIT_S) * 1000);
}

/* Another worker hung on this very request or crashed, and nginx asks again here. */
static enum request_end
ended_before(const struct way *w)
{
	const struct board *board = w->cx->core->board;

	return board ? board_request_ended(board, w->cx->id) : REQUEST_LIVES;
}

static bool
poisoned(const struct way *w)
{
	struct board *board = w->cx->core->board;

	return board && atomic_load(&board->blocked_count) > 0 &&
	       board_blocked(board, fingerprint(w->cx->request));
}

/* --- Route and guard --- */

static enum jy_status
refuse_off(struct way *w)
{
	const struct plugins *plugins = w->cx->core->plugins;
	const char *title = jy_json_text(json_object_get(plugins->off, w->match.off), "title");

	w->view->retry_after = RETRY_OFF_S;
	return refuse_http(w->view, 503, "plugin.off",
			   "“%s”现在没有开放，已有的数据都安全保存着，请稍后再来。",
			   title[0] ? title : w->match.off);
}

static enum jy_status
route(struct way *w)
{
	struct jy_ctx *cx = w->cx;
	const struct request *r = cx->request;
	enum request_end ended;

	if (router_find(cx->core->router, cx, r->method, r->path, &w->match)) {
		cx->route = w->match.route;
		cx->plugin = w->match.plugin;
		slot_mark(w);
		ended = ended_before(w);
		if (ended == REQUEST_HUNG)
			return refuse_http(w->view, 504, "timeout", NULL);
		if (ended == REQUEST_CRASHED)
			return refuse_http(
			    w->view, 500, "crashed",
			    "处理这个请求时程序出错，已经记录下来，其他页面不受影响。"
			    "请换一种方式操作，或稍后再试。");
		if (!poisoned(w))
			return JY_OK;
		return refuse_http(w->view, 503, "blocked",
				   "这个请求刚才使程序出错，已暂停处理，其他页面不受影响。"
				   "请换一种方式操作，或十分钟后再试。");
	}
	if (w->match.off)
		return refuse_off(w);
	if (!w->match.other_method)
		return JY_NOT_FOUND;
	view_header(w->view, "Allow: %s", r->method == JY_POST ? "GET, HEAD" : "POST");
	return refuse_http(w->view, 405, "method", "这个地址不支持这种请求方式，请从页面上操作。");
}

/* What every step before the body refuses is said without reading it, but for a form whose sender
 * is no longer signed in: what was typed comes back. */
static enum jy_status
keep_typed(struct way *w, enum jy_status s)
{
	const struct request *r = w->cx->request;

	if (r->method != JY_POST || w->view->status != 401 || r->json || r->xml)
		return s;
	if (!request_body(w->cx->request, w->t, REQUEST_BODY_MAX, &w->no))
		return s;
	return expired_page(w->cx, w->view, 401);
}

static enum jy_status
guard(struct way *w)
{
	bool open = w->match.route->roles & JY_PUBLIC;
	enum jy_status s;

	/* While the database is away, pages for everybody are still shown, as to a visitor. */
	if (w->identified != JY_OK && (!open || w->cx->request->method != JY_GET))
		return w->identified;
	s = guard_route(w->cx, &w->match, w->view);
	w->moved = w->view->kind == VIEW_REDIRECT;
	return s == JY_OK ? JY_OK : keep_typed(w, s);
}

static enum jy_status
body(struct way *w)
{
	struct jy_ctx *cx = w->cx;
	size_t max = cx->route->flags & JY_LARGE ? REQUEST_LARGE_MAX : REQUEST_BODY_MAX;

	if (cx->request->method == JY_GET)
		return JY_OK;
	if (!request_body(cx->request, w->t, max, &w->no))
		return refuse_early(w);
	return guard_post(cx, w->view);
}

/* --- The handler --- */

static enum jy_status
handle(struct way *w)
{
	struct slot *slot = w->cx->core->slot;
	const struct plugin *plugin = w->match.plugin;
	struct mark mark;
	enum jy_status s;

	slot_enter(slot, &mark, plugin->part ? "" : plugin->name, "handle");
	s = w->cx->route->handle(w->cx, w->view);
	slot_leave(slot, &mark);
	if (s != JY_OK || w->view->kind != VIEW_NONE)
		return s;
	log_line(LOG_ERROR_, "handler.silent", "%s: %s said nothing", w->cx->id,
		 w->cx->route->path);
	return JY_FAILED;
}

static enum jy_status
read_page(struct way *w)
{
	enum jy_status s = JY_BUSY;
	int i;

	for (i = 0; i < GET_TRIES; i++) {
		w->cx->retry = false;
		s = handle(w);
		if (s != JY_BUSY || !w->cx->retry)
			break;
		view_reset(w->view);
	}
	return s;
}

/* One try of a POST; db_transaction calls it again after a deadlock. */
static enum jy_status
write_work(struct jy_ctx *cx, void *arg)
{
	struct way *w = arg;
	bool done = false;

	view_reset(w->view);
	w->handled = w->keyed ? repeat_begin(cx, &w->repeat, w->view, &done) : JY_OK;
	if (w->handled == JY_OK && !done) {
		w->handled = handle(w);
		if (w->handled == JY_OK && w->keyed)
			w->handled = repeat_end(cx, &w->repeat, w->view);
	}
	return w->handled;
}

static enum jy_status
write_page(struct way *w)
{
	struct jy_ctx *cx = w->cx;
	enum jy_status s;

	w->keyed = !(cx->route->flags & JY_REPEATABLE);
	if (w->keyed)
		repeat_make(cx, &w->repeat);
	cx->may_write = true;
	s = db_transaction(cx, write_work, w, w->keyed ? w->repeat.hash : NULL);
	cx->may_write = false;
	if (s != w->handled)
		view_reset(w->view); /* not committed: what the handler said is not true */
	return s;
}

static enum jy_status
read_and_handle(struct way *w)
{
	enum jy_status s = params_read(w->cx, &w->match, w->view);

	if (s != JY_OK)
		return s;
	return w->cx->request->method == JY_POST ? write_page(w) : read_page(w);
}

static enum jy_status
travel(struct way *w)
{
	static enum jy_status (*const steps[])(struct way *) = { route, guard, body,
								 read_and_handle };
	enum jy_status s = JY_OK;
	size_t i;

	if (w->no.status == 405)
		view_header(w->view, "Allow: GET, HEAD, POST");
	if (w->no.status)
		return refuse_early(w);
	w->identified = session_identify(w->cx);
	w->cx->retry = false;
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]) && s == JY_OK; i++)
		s = steps[i](w);
	return w->moved ? JY_OK : s;
}

/* --- Around it --- */

static int64_t
now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Nothing here comes from outside but the id, which is hex: so it needs no escaping. */
static void
note(const struct way *w, int http, size_t bytes, int64_t us)
{
	const struct jy_ctx *cx = w->cx;
	const struct request *r = cx->request;
	const char *method = r->method == JY_POST ? "POST" : r->method == JY_GET ? "GET" : "other";
	char members[LINE_MAX_BYTES];

	snprintf(members, sizeof(members),
		 "\"request\":\"%s\",\"method\":\"%s\",\"route\":\"%s\",\"status\":%d,"
		 "\"us\":%" PRId64 ",\"bytes\":%zu,\"plugin\":\"%s\",\"role\":\"%s\","
		 "\"account\":%" PRId64,
		 cx->id, r->head ? "HEAD" : method, w->match.route ? w->match.route->path : "-",
		 http, us, bytes, w->match.plugin ? w->match.plugin->name : "",
		 cx->session ? account_role_name(cx->user.role) : "public", cx->user.account);
	log_members(LOG_NOTE, "request", members);
}

/* Memory that one request after the other lives in. Sanitizers must see each piece by itself. */
static TALLOC_CTX *
arena(void)
{
#ifndef __SANITIZE_ADDRESS__
	static TALLOC_CTX *pool;

	if (!pool)
		pool = talloc_pool(NULL, ARENA_BYTES);
	return pool;
#else
	return NULL;
#endif
}

void
dispatch(struct core *core, struct transport *t)
{
	int64_t start = now_us(), us;
	struct way w = { .cx = ctx_new(core, arena(), NULL), .t = t, .identified = JY_OK };
	struct meter *meter;
	size_t bytes = 0;
	enum jy_status s;
	int http;

	w.view = view_new(w.cx);
	w.cx->request = request_new(w.cx, t, &w.no);
	w.cx->id = w.cx->request->id;
	s = travel(&w);
	http = response_send(w.cx, t, s, w.view, &bytes);
	us = now_us() - start;
	meter = w.match.plugin ? w.match.plugin->meter : NULL;
	if (meter)
		meter_note(meter, us, http >= 500);
	note(&w, http, bytes, us);
	talloc_free(w.cx);
}
