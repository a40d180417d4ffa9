/*
 * repeat.c - idempotency rows, written in the transaction of what they stand for.
 *
 * The key is the form's _key, a program's Idempotency-Key, or nginx's request id, which is the same
 * when nginx tries a request again at another worker. The real address is part of the hash: one
 * page has one key, but may hold a form for each of its records. A body is compared by its meaning,
 * as a browser writes the same form with another multipart boundary the second time.
 */
#include "web/repeat.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "data/db.h"
#include "people/session.h"
#include "web/request.h"
#include "web/response.h"

#define KEY_MAX      200
#define LOCATION_MAX 300 /* of the column */

static const char SQL_BEGIN[] = "INSERT INTO idempotency (hash, body) VALUES (?, ?)";
static const char SQL_FIRST[] = "SELECT status, location, body = ? AS same FROM idempotency"
				" WHERE hash = ?";
static const char SQL_END[] = "UPDATE idempotency SET status = ?, location = ? WHERE hash = ?";

/* Length and bytes, so that "ab"+"c" and "a"+"bc" differ. */
static void
add(crypto_generichash_state *state, const void *bytes, size_t n)
{
	uint64_t length = n;

	crypto_generichash_update(state, (const unsigned char *)&length, sizeof(length));
	crypto_generichash_update(state, bytes, n);
}

static void
add_text(crypto_generichash_state *state, const char *text)
{
	add(state, text ? text : "", text ? strlen(text) : 0);
}

static void
body_hash(const struct request *r, unsigned char out[32])
{
	crypto_generichash_state state;
	const char *name;
	char *json;
	size_t i;

	crypto_generichash_init(&state, NULL, 0, 32);
	for (i = 0; i < r->fields.count; i++) {
		name = r->fields.items[i].name;
		if (strcmp(name, "_csrf") == 0 || strcmp(name, "_key") == 0)
			continue;
		add_text(&state, name);
		add(&state, r->fields.items[i].value, r->fields.items[i].length);
	}
	for (i = 0; i < r->upload_count; i++) {
		add_text(&state, r->uploads[i].field);
		add_text(&state, r->uploads[i].name);
		add(&state, r->uploads[i].bytes, r->uploads[i].size);
	}
	if (r->body_json) {
		json = json_dumps(r->body_json, JSON_COMPACT | JSON_SORT_KEYS);
		add_text(&state, json);
		free(json);
	}
	add(&state, r->body ? r->body : "", r->body_size);
	crypto_generichash_final(&state, out, 32);
}

static const char *
key_of(const struct request *r)
{
	const char *key = request_field(r, "_key");

	if (!key || !key[0])
		key = r->key;
	return key && key[0] && strlen(key) <= KEY_MAX ? key : r->id;
}

void
repeat_make(struct jy_ctx *cx, struct repeat *repeat)
{
	const struct request *r = cx->request;
	crypto_generichash_state state;

	crypto_generichash_init(&state, NULL, 0, sizeof(repeat->hash));
	add_text(&state, key_of(r));
	add(&state, cx->session ? cx->session->hash : (const unsigned char *)"",
	    cx->session ? sizeof(cx->session->hash) : 0);
	/* Visitors have no session, but each browser has a token of its own. */
	add_text(&state, cx->session ? "" : session_cookie_read(cx, "jiye_form"));
	add_text(&state, r->authorization);
	add_text(&state, r->path);
	add_text(&state, r->query);
	crypto_generichash_final(&state, repeat->hash, sizeof(repeat->hash));
	body_hash(r, repeat->body);
}

static enum jy_status
answer_again(struct jy_ctx *cx, const json_t *first, struct jy_view *view)
{
	const char *location = jy_json_text(first, "location");

	if (jy_json_int(first, "same") != 1)
		return refuse_http(view, 422, "repeat.other",
				   "这份表单已经提交过，内容与这次不同，这次没有执行。"
				   "请刷新页面，看过最新内容后再操作。");
	if (location[0]) {
		jy_notice(view, "刚才的提交已经成功，没有重复执行。");
		return jy_redirect(view, "%s", location);
	}
	if (!cx->request->json && !cx->request->xml) {
		jy_notice(view, "刚才的提交已经成功，没有重复执行。");
		return jy_redirect(view, "/");
	}
	return jy_show(view, NULL, json_pack("{s:b}", "repeated", 1));
}

enum jy_status
repeat_begin(struct jy_ctx *cx, const struct repeat *repeat, struct jy_view *view, bool *done)
{
	enum jy_status s = db_exec(cx, SQL_BEGIN, jy_bytes(repeat->hash, sizeof(repeat->hash)),
				   jy_bytes(repeat->body, sizeof(repeat->body)));
	json_t *first;

	*done = s == JY_CONFLICT;
	if (s != JY_CONFLICT)
		return s;
	s = jy_row(cx, &first, SQL_FIRST, jy_bytes(repeat->body, sizeof(repeat->body)),
		   jy_bytes(repeat->hash, sizeof(repeat->hash)));
	if (s == JY_NOT_FOUND) {
		/* It was rolled back between the two statements: begin again. */
		cx->retry = true;
		return JY_BUSY;
	}
	return s == JY_OK ? answer_again(cx, first, view) : s;
}

enum jy_status
repeat_end(struct jy_ctx *cx, const struct repeat *repeat, const struct jy_view *view)
{
	bool moved = view->kind == VIEW_REDIRECT && strlen(view->location) < LOCATION_MAX;

	return db_exec(cx, SQL_END, jy_int(view->kind == VIEW_REDIRECT ? 303 : 200),
		       jy_text(moved ? view->location : ""),
		       jy_bytes(repeat->hash, sizeof(repeat->hash)));
}
