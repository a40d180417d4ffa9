/*
 * guard.c - may this caller do this? Everything that is not said aloud in a route's table is no.
 *
 * Before the body: second factor, role, per-unit switch. After it: is a POST really from one of our
 * own pages? The token is bound to the session; Origin and Sec-Fetch-Site stop foreign pages even
 * before it is looked at. Partners' keyed routes carry no cookie, so they need no token.
 */
#include "web/guard.h"

#include <sodium.h>
#include <string.h>
#include <strings.h>

#include "base/config.h"
#include "people/account.h"
#include "people/session.h"
#include "plugin/plugins.h"
#include "web/http_text.h"
#include "web/request.h"
#include "web/response.h"

#define CAME_FROM_MAX 2000

bool
plugin_off_here(const struct jy_ctx *cx, const struct plugin *plugin)
{
	size_t i;
	json_t *unit;

	if (!plugin->units_off || !cx->user.unit[0])
		return false;
	json_array_foreach(plugin->units_off, i, unit) if (strcmp(json_string_value(unit),
								  cx->user.unit) == 0) return true;
	return false;
}

static bool
wants_data(const struct jy_ctx *cx)
{
	return cx->request->json || cx->request->xml;
}

static bool
path_below(const char *path, const char *top)
{
	size_t n = strlen(top);

	return strncmp(path, top, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

static enum jy_status
need_second(struct jy_ctx *cx, struct jy_view *view)
{
	const char *path = cx->request->path;

	if (!cx->session->second_factor_due || path_below(path, "/account/second") ||
	    path_below(path, "/account/sign-out") || path_below(path, "/session"))
		return JY_OK;
	if (wants_data(cx))
		return refuse_http(view, 403, "second_factor",
				   "请先完成第二步验证（/account/second），再继续操作。");
	jy_redirect(view, "/account/second");
	return JY_CONFLICT;
}

/* A page is asked for again after signing in; a form is kept on the page instead. */
static enum jy_status
need_sign_in(struct jy_ctx *cx, struct jy_view *view)
{
	const struct request *r = cx->request;
	char *next;

	if (wants_data(cx) || r->method != JY_GET)
		return refuse_http(view, 401, "sign_in", "请先登录，再继续操作。");
	next =
	    r->query[0] ? jy_printf(cx, "%s?%s", r->path, r->query) : jy_printf(cx, "%s", r->path);
	jy_redirect(view, "/account/sign-in?next=%s", http_escape(cx, next));
	return JY_CONFLICT;
}

enum jy_status
guard_route(struct jy_ctx *cx, const struct match *match, struct jy_view *view)
{
	enum jy_status s;

	if (cx->session) {
		s = need_second(cx, view);
		if (s != JY_OK)
			return s;
	}
	if (!(match->route->roles & cx->user.role)) {
		if (cx->user.role == JY_PUBLIC)
			return need_sign_in(cx, view);
		return refuse_http(view, 403, "role",
				   "您现在的身份是“%s”，不能使用这个页面。如果您还有别的身份，"
				   "请在“我的账户”里切换。",
				   account_role_label(cx->user.role));
	}
	if (plugin_off_here(cx, match->plugin)) {
		view->retry_after = 3600;
		return refuse_http(view, 503, "plugin.off_unit", "“%s”在您所在的地区暂未开放。",
				   match->plugin->table->title);
	}
	return JY_OK;
}

/* --- Forms of our own only --- */

/* Does an Origin like "https://host:port" name this host? */
static bool
origin_ours(const struct jy_ctx *cx)
{
	const char *origin = cx->request->origin, *host = strstr(origin, "://");
	const char *ours = cx->core->config ? cx->core->config->public_url : NULL;

	if (!host)
		return false;
	return (cx->request->host && strcasecmp(host + 3, cx->request->host) == 0) ||
	       (ours && strcasecmp(origin, ours) == 0);
}

const char *
guard_came_from(const struct jy_ctx *cx)
{
	const char *referer = cx->request->referer, *host = referer ? strstr(referer, "://") : NULL;
	const char *ours = cx->core->config ? cx->core->config->public_url : NULL, *path;
	size_t n = ours ? strlen(ours) : 0;

	if (!host)
		return NULL;
	path = strchr(host + 3, '/');
	if (!path || strlen(path) > CAME_FROM_MAX || !path_is_local(path))
		return NULL;
	if (n == (size_t)(path - referer) && strncasecmp(referer, ours, n) == 0)
		return path;
	host += 3;
	n = (size_t)(path - host);
	return cx->request->host && strlen(cx->request->host) == n &&
		       strncasecmp(host, cx->request->host, n) == 0
		   ? path
		   : NULL;
}

bool
guard_same_site(const struct jy_ctx *cx)
{
	const struct request *r = cx->request;

	if (r->fetch_site)
		return strcmp(r->fetch_site, "same-origin") == 0;
	return r->origin && origin_ours(cx);
}

/* Browsers send "null" from pages that hide their address; then the token alone decides. */
static bool
page_ours(const struct jy_ctx *cx)
{
	const struct request *r = cx->request;

	if (r->fetch_site && strcmp(r->fetch_site, "cross-site") == 0)
		return false;
	return !r->origin || strcmp(r->origin, "null") == 0 || origin_ours(cx);
}

static bool
token_ours(struct jy_ctx *cx)
{
	const char *token =
	    cx->request->token ? cx->request->token : request_field(cx->request, "_csrf");
	size_t n = token ? strlen(token) : 0;

	if (!n)
		return false;
	if (!cx->session)
		return session_token_ok(cx, token);
	return n == strlen(cx->session->csrf) && sodium_memcmp(token, cx->session->csrf, n) == 0;
}

enum jy_status
guard_post(struct jy_ctx *cx, struct jy_view *view)
{
	bool keyed = cx->route->flags & JY_KEYED;

	/* A keyed route may sign somebody in, so that foreign pages are kept from it, too; programs
	 * send no Origin. */
	if (!page_ours(cx) || (keyed && cx->request->origin && !origin_ours(cx)))
		return refuse_http(view, 403, "cross_site",
				   "这次提交来自别的网站，没有执行。请打开本站的页面操作。");
	if (keyed || token_ours(cx))
		return JY_OK;
	if (wants_data(cx))
		return refuse_http(view, 403, "csrf",
				   "缺少有效的 X-CSRF-Token，请登录后用返回的令牌再试。");
	return expired_page(cx, view, 403);
}
