/*
 * ctx.c - the context of one piece of work, and the answers that handlers give.
 *
 * Everything that a handler makes hangs below the context: talloc memory directly, JSON values
 * through a small holder whose destructor drops the reference. So no handler frees anything.
 */
#include "ctx.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "base/log.h"
#include "plugin/plugins.h"
#include "web/request.h"

#define DOWNLOAD_MAX ((size_t)64 * 1024 * 1024)

struct jy_ctx *
ctx_new(struct core *core, TALLOC_CTX *parent, const char *id)
{
	struct jy_ctx *cx = talloc_zero(parent, struct jy_ctx);

	if (!cx)
		abort();
	cx->core = core;
	cx->pool = cx;
	cx->id = talloc_strdup(cx, id ? id : "-");
	cx->user = (struct jy_user){ .role = JY_PUBLIC, .name = "", .unit = "", .university = "" };
	cx->params = jy_own(cx, json_object());
	return cx;
}

void
ctx_as_system(struct jy_ctx *cx)
{
	cx->user =
	    (struct jy_user){ .role = JY_PROVINCE, .name = "系统", .unit = "", .university = "" };
	cx->may_write = true;
}

const struct jy_user *
jy_user(struct jy_ctx *cx)
{
	return &cx->user;
}

void *
jy_alloc(struct jy_ctx *cx, size_t size)
{
	void *made = talloc_zero_size(cx->pool, size ? size : 1);

	if (!made)
		abort();
	return made;
}

struct scratch {
	TALLOC_CTX *before;
};

void *
jy_scratch_begin(struct jy_ctx *cx)
{
	struct scratch *scratch = talloc(cx->pool, struct scratch);

	if (!scratch)
		abort();
	scratch->before = cx->pool;
	cx->pool = scratch;
	return scratch;
}

void
jy_scratch_end(struct jy_ctx *cx, void *begun)
{
	struct scratch *scratch = begun;

	cx->pool = scratch->before;
	talloc_free(scratch);
}

char *
jy_printf(struct jy_ctx *cx, const char *fmt, ...)
{
	va_list ap;
	char *made;

	va_start(ap, fmt);
	made = talloc_vasprintf(cx->pool, fmt, ap);
	va_end(ap);
	if (!made)
		abort();
	if (strstr(fmt, "%.")) /* may have cut within a character */
		utf8_mend(made);
	return made;
}

struct json_holder {
	json_t *json;
};

static int
json_drop(struct json_holder *holder)
{
	json_decref(holder->json);
	return 0;
}

json_t *
jy_own(struct jy_ctx *cx, json_t *made)
{
	struct json_holder *holder;

	if (!made)
		abort(); /* json_pack with a wrong format, invalid UTF-8, or no memory */
	holder = talloc(cx->pool, struct json_holder);
	if (!holder)
		abort();
	holder->json = made;
	talloc_set_destructor(holder, json_drop);
	return made;
}

const char *
jy_json_dump(struct jy_ctx *cx, const json_t *value)
{
	size_t n = json_dumpb(value, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY);
	char *text = jy_alloc(cx, n + 1);

	json_dumpb(value, text, n, JSON_COMPACT | JSON_ENCODE_ANY);
	return text;
}

json_t *
jy_json_load(struct jy_ctx *cx, const char *text)
{
	json_t *value = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	return jy_own(cx, value ? value : json_object());
}

int64_t
jy_json_int(const json_t *row, const char *key)
{
	const json_t *value = json_object_get(row, key);

	if (json_is_string(value))
		return strtoll(json_string_value(value), NULL, 10);
	if (json_is_true(value))
		return 1;
	return json_is_real(value) ? (int64_t)json_real_value(value) : json_integer_value(value);
}

const char *
jy_json_text(const json_t *row, const char *key)
{
	const char *text = json_string_value(json_object_get(row, key));

	return text ? text : "";
}

void
jy_log(struct jy_ctx *cx, const char *event, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = talloc_vasprintf(cx, fmt, ap);
	va_end(ap);
	log_json(LOG_NOTE, event,
		 json_pack("{s:s, s:s}", "request", cx->id, "text", text ? text : ""));
}

const char *
jy_feed_folder(struct jy_ctx *cx)
{
	return jy_printf(cx, "%s/feeds", cx->core->config->home);
}

const char *
jy_own_file(struct jy_ctx *cx, const char *name)
{
	if (!cx->plugin || !cx->plugin->dir)
		abort(); /* only a plugin has a folder of its own */
	return jy_printf(cx, "%s/%s", cx->plugin->dir, name);
}

const char *
jy_site_url(struct jy_ctx *cx)
{
	return cx->core->config->public_url;
}

/* --- Answers --- */

struct jy_view *
view_new(struct jy_ctx *cx)
{
	struct jy_view *view = talloc_zero(cx, struct jy_view);

	if (!view)
		abort();
	view->cx = cx;
	return view;
}

enum jy_status
jy_show(struct jy_view *out, const char *tmpl, json_t *model)
{
	out->kind = VIEW_SHOW;
	out->tmpl = tmpl;
	out->model = jy_own(out->cx, model);
	return JY_OK;
}

enum jy_status
jy_redirect(struct jy_view *out, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	out->location = talloc_vasprintf(out, fmt, ap);
	va_end(ap);
	if (!out->location)
		abort();
	out->kind = VIEW_REDIRECT;
	return JY_OK;
}

enum jy_status
jy_refuse(struct jy_view *out, enum jy_status s, const char *code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	out->sentence = talloc_vasprintf(out, fmt, ap);
	va_end(ap);
	if (!out->sentence)
		abort();
	utf8_mend(out->sentence);
	out->kind = VIEW_REFUSE;
	out->code = talloc_strdup(out, code);
	return s;
}

void
jy_notice(struct jy_view *out, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	out->notice = talloc_vasprintf(out, fmt, ap);
	va_end(ap);
	if (!out->notice)
		abort();
	utf8_mend(out->notice);
}

enum jy_status
jy_bytes_out(struct jy_view *out, const char *type, const char *name, const void *bytes, size_t n)
{
	if (n > DOWNLOAD_MAX) {
		jy_log(out->cx, "view.too_large", "%zu bytes of %s", n, type);
		return JY_FAILED;
	}
	out->kind = VIEW_BYTES;
	out->type = talloc_strdup(out, type);
	out->sentence = name ? talloc_strdup(out, name) : NULL;
	out->bytes = n ? talloc_memdup(out, bytes, n) : "";
	out->size = n;
	return JY_OK;
}

enum jy_status
jy_feed_out(struct jy_view *out, const char *file, const char *type)
{
	out->kind = VIEW_FEED;
	out->location = talloc_strdup(out, file);
	out->type = talloc_strdup(out, type);
	return JY_OK;
}
