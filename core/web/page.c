/*
 * page.c - what the layout needs around every page.
 *
 * A visitor's page must cost little, so the navigation of each role is sorted once a process and no
 * statement runs without a session. A page that may be kept by caches carries no token at all.
 */
#include "web/page.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "base/seal.h"
#include "people/account.h"
#include "people/session.h"
#include "plugin/plugins.h"
#include "web/guard.h"
#include "web/request.h"

#define NOTICE_COOKIE  "jiye_notice"
#define NOTICE_MAX     900 /* bytes of text; the cookie is a third longer */
#define NOTICE_SECONDS 60
#define NAV_MAX        200
#define ROLES          9

static const char SQL_UNREAD[] = "SELECT COUNT(*) AS n FROM (SELECT id FROM messages"
				 " WHERE account = ? AND read_at IS NULL LIMIT 100) m";

/* --- Navigation --- */

struct entry {
	const struct jy_nav *nav;
	const struct plugin *plugin;
	json_t *json;
};
struct menu {
	struct entry *entries;
	size_t count;
};

static int
entry_order(const void *a, const void *b)
{
	const struct entry *left = a, *right = b;

	if (left->nav->order != right->nav->order)
		return left->nav->order < right->nav->order ? -1 : 1;
	return strcmp(left->nav->path, right->nav->path);
}

static void
menu_make(const struct plugins *plugins, unsigned role, struct menu *menu)
{
	const struct jy_nav *nav;
	size_t i;

	menu->entries = talloc_array(plugins, struct entry, NAV_MAX);
	if (!menu->entries)
		abort();
	menu->count = 0;
	for (i = 0; i < plugins->count; i++)
		for (nav = plugins->items[i]->table->nav; nav && nav->path; nav++)
			if (nav->roles & role && menu->count < NAV_MAX)
				menu->entries[menu->count++] =
				    (struct entry){ nav, plugins->items[i],
						    json_pack("{s:s, s:s}", "path", nav->path,
							      "label", nav->label) };
	qsort(menu->entries, menu->count, sizeof(struct entry), entry_order);
}

/* One menu a role; a process loads one set of plugins in its life. */
static const struct menu *
menu_of(const struct plugins *plugins, unsigned role)
{
	static const struct plugins *made_for;
	static struct menu menus[ROLES];
	size_t i = (size_t)__builtin_ctz(role);

	if (made_for != plugins) {
		memset(menus, 0, sizeof(menus));
		made_for = plugins;
	}
	if (!menus[i].entries)
		menu_make(plugins, role, &menus[i]);
	return &menus[i];
}

/* The entry that the path lies under: the longest one wins. */
static const struct entry *
menu_active(const struct menu *menu, const char *path)
{
	const struct entry *best = NULL;
	size_t i, n, longest = 0;

	for (i = 0; i < menu->count; i++) {
		n = strlen(menu->entries[i].nav->path);
		if (n <= longest || strncmp(path, menu->entries[i].nav->path, n) != 0 ||
		    (path[n] != '\0' && path[n] != '/'))
			continue;
		best = &menu->entries[i];
		longest = n;
	}
	return best;
}

static json_t *
nav_json(struct jy_ctx *cx)
{
	const struct menu *menu = menu_of(cx->core->plugins, cx->user.role);
	const struct entry *active = menu_active(menu, cx->request ? cx->request->path : "");
	json_t *nav = json_array(), *item;
	size_t i;

	for (i = 0; i < menu->count; i++) {
		if (plugin_off_here(cx, menu->entries[i].plugin))
			continue;
		item = menu->entries[i].json;
		if (&menu->entries[i] != active) {
			json_array_append(nav, item);
			continue;
		}
		item = json_copy(item);
		json_object_set_new(item, "active", json_true());
		json_array_append_new(nav, item);
	}
	return nav;
}

/* --- The caller --- */

static const char *
place_of(struct jy_ctx *cx)
{
	if (cx->user.university[0])
		return jy_code_name(cx, "universities", cx->user.university);
	return cx->user.unit[0] ? jy_code_name(cx, "units", cx->user.unit) : "";
}

static void
add_user(struct jy_ctx *cx, json_t *page, bool ask)
{
	const char *role = account_role_name(cx->user.role);
	json_t *user, *row;

	user = json_pack("{s:s, s:s, s:s, s:s, s:b}", "name", cx->user.name, "role", role,
			 "role_label", account_role_label(cx->user.role), "place",
			 ask ? place_of(cx) : "", role, 1);
	json_object_set_new(page, "user", user);
	if (ask && jy_row(cx, &row, SQL_UNREAD, jy_int(cx->user.account)) == JY_OK &&
	    jy_json_int(row, "n") > 0)
		json_object_set(page, "unread", json_object_get(row, "n"));
}

static void
add_tokens(struct jy_ctx *cx, struct jy_view *view, json_t *page)
{
	const char *csrf = NULL;
	unsigned char bytes[16];
	char key[33];

	if (cx->session)
		csrf = cx->session->csrf;
	else if (cx->route && !cx->route->cache_s && view->kind == VIEW_SHOW)
		csrf = session_token(cx, view);
	if (!csrf)
		return;
	random_bytes(bytes, sizeof(bytes));
	hex_encode(bytes, sizeof(bytes), key);
	json_object_set_new(page, "csrf", json_string(csrf));
	json_object_set_new(page, "key", json_string(key));
}

/* --- Notices --- */

void
page_notice_keep(struct jy_ctx *cx, struct jy_view *view)
{
	char text[sodium_base64_ENCODED_LEN(NOTICE_MAX, sodium_base64_VARIANT_URLSAFE_NO_PADDING)];
	size_t n;

	if (!view->notice)
		return;
	n = strnlen(view->notice, NOTICE_MAX);
	while (n > 0 && ((unsigned char)view->notice[n] & 0xc0) == 0x80)
		n--; /* never cut within a character */
	sodium_bin2base64(text, sizeof(text), (const unsigned char *)view->notice, n,
			  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	session_cookie(cx, view, NOTICE_COOKIE, text, NOTICE_SECONDS);
}

static void
add_notice(struct jy_ctx *cx, struct jy_view *view, json_t *page)
{
	const char *cookie = session_cookie_read(cx, NOTICE_COOKIE);
	unsigned char text[NOTICE_MAX];
	size_t n;

	if (view->notice)
		json_object_set_new(page, "notice", json_string(view->notice));
	if (!cookie)
		return;
	session_cookie(cx, view, NOTICE_COOKIE, "", 0);
	if (!view->notice &&
	    sodium_base642bin(text, sizeof(text), cookie, strlen(cookie), NULL, &n, NULL,
			      sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0 &&
	    utf8_valid((const char *)text, n))
		json_object_set_new(page, "notice", json_stringn((const char *)text, n));
}

/* --- The page --- */

static void
add_address(struct jy_ctx *cx, json_t *page)
{
	const struct request *r = cx->request;

	json_object_set_new(page, "path", json_string(r->path));
	json_object_set_new(page, "api",
			    r->query[0] && utf8_valid(r->query, strlen(r->query))
				? json_sprintf("/api%s?%s", r->path, r->query)
				: json_sprintf("/api%s", r->path));
}

json_t *
page_model(struct jy_ctx *cx, struct jy_view *view, const char *title)
{
	struct core *core = cx->core;
	const char *site = jy_json_text(core->settings, "site.name");
	json_t *page =
	    json_pack("{s:s, s:s, s:b, s:I}", "site", site[0] ? site : "就业服务平台", "title",
		      title, "demonstration", core->config && core->config->demonstration,
		      "generation", (json_int_t)core->generation);
	/* While the database is away, its error page must not wait for it once more. */
	bool ask = view->status < 500;

	if (core->plugins)
		json_object_set_new(page, "nav", nav_json(cx));
	if (cx->request) {
		add_address(cx, page);
		add_notice(cx, view, page);
	}
	if (cx->session)
		add_user(cx, page, ask);
	add_tokens(cx, view, page);
	return jy_own(cx, json_pack("{s:o}", "page", page));
}
