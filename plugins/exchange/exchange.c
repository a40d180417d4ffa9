/*
 * exchange.c - XML feeds for external recruitment sites (plan 8①, 9②).
 *
 * The complete list of published vacancies is a file: written when something changed, checked
 * against its schema, put in place by rename, and sent by nginx with ETag, 304, ranges and gzip.
 * Requests never build it. What is in it comes from whoever provides the service jobs.published.
 */
#include "exchange.h"
#include "feed.h"

#include <string.h>
#include <sys/stat.h>

#define SQL_DIRTY                                                                                  \
	"INSERT INTO exchange_feeds (name, dirty) VALUES (?, 1) ON DUPLICATE KEY UPDATE dirty = 1"
#define SQL_STATE                                                                                  \
	"SELECT dirty, written_at < NOW() - INTERVAL 1 DAY old FROM exchange_feeds WHERE name = ?"
#define SQL_WRITTEN                                                                                \
	"INSERT INTO exchange_feeds (name, dirty, written_at, items) VALUES (?, 0, NOW(3), ?) "    \
	"ON DUPLICATE KEY UPDATE dirty = 0, written_at = NOW(3), items = VALUES(items)"
#define SQL_PAGE                                                                                   \
	"SELECT name, dirty, LEFT(written_at, 16) written_at, items FROM exchange_feeds ORDER BY " \
	"name"

static bool
on_disk(struct jy_ctx *cx, const char *file)
{
	struct stat st;

	return stat(jy_printf(cx, "%s/%s", jy_feed_folder(cx), file), &st) == 0;
}

/* GET /exchange/feeds/:file - nginx knows it as /feeds/:file. */
static enum jy_status
feed(struct jy_ctx *cx, struct jy_view *out)
{
	const char *file = jy_param_text(cx, "file");
	bool list = strcmp(file, EXCHANGE_FEED) == 0;

	if (!list && strcmp(file, "jobs.xsd") != 0)
		return JY_NOT_FOUND;
	if (list && !jy_provided(cx, "jobs.published"))
		return jy_refuse(
		    out, JY_BUSY, "exchange.no_source",
		    "岗位功能暂时关闭，岗位清单暂停提供，请稍后再取。已有数据不会丢失。");
	if (!on_disk(cx, file))
		return jy_refuse(out, JY_BUSY, "exchange.not_yet",
				 "岗位清单正在生成，请一分钟后再取。");
	return jy_feed_out(out, file, "application/xml; charset=utf-8");
}

/* GET /exchange - what there is to fetch, for operators of other sites. */
static enum jy_status
about(struct jy_ctx *cx, struct jy_view *out)
{
	json_t *feeds;
	enum jy_status s = jy_rows(cx, &feeds, SQL_PAGE);

	if (s != JY_OK)
		return s;
	return jy_show(out, "exchange/about",
		       json_pack("{s:s, s:O, s:s, s:b}", "title", "数据接口", "feeds", feeds,
				 "site", jy_site_url(cx), "open",
				 jy_provided(cx, "jobs.published")));
}

static enum jy_status
mark_dirty(struct jy_ctx *cx, int64_t event_id, json_t *payload)
{
	(void)event_id;
	(void)payload;
	return jy_exec(cx, SQL_DIRTY, jy_text(EXCHANGE_FEED));
}

/* Task: writes the list when something changed, when it is a day old (vacancies expire), or when
 * this node has none. */
static enum jy_status
write_if_changed(struct jy_ctx *cx, json_t *args)
{
	json_t *state;
	int64_t items = 0;
	enum jy_status s;

	(void)args;
	if (!jy_provided(cx, "jobs.published"))
		return JY_OK;
	s = jy_row(cx, &state, SQL_STATE, jy_text(EXCHANGE_FEED));
	if (s != JY_OK && s != JY_NOT_FOUND)
		return s;
	if (s == JY_OK && !jy_json_int(state, "dirty") && !jy_json_int(state, "old") &&
	    on_disk(cx, EXCHANGE_FEED))
		return JY_OK;
	/* Clean before reading: a change that comes while we write marks the list dirty again. */
	s = jy_exec(cx, SQL_WRITTEN, jy_text(EXCHANGE_FEED), jy_int(0));
	if (s == JY_OK)
		s = jy_checkpoint(cx);
	if (s == JY_OK)
		s = exchange_write_feed(cx, &items);
	if (s != JY_OK) {
		enum jy_status again = jy_exec(cx, SQL_DIRTY, jy_text(EXCHANGE_FEED));

		if (again == JY_OK)
			again = jy_checkpoint(cx);
		return again == JY_OK ? s : again;
	}
	return jy_exec(cx, "UPDATE exchange_feeds SET items = ? WHERE name = ?", jy_int(items),
		       jy_text(EXCHANGE_FEED));
}

static enum jy_status
health(struct jy_ctx *cx)
{
	struct stat st;

	if (stat(jy_own_file(cx, "feeds/jobs.xsd"), &st) == 0)
		return JY_OK;
	jy_log(cx, "exchange.no_schema", "feeds/jobs.xsd is missing beside the plugin");
	return JY_FAILED;
}

static const struct jy_field file_params[] = {
	{ "file", JY_CODE, 1, 40, JY_REQUIRED, .label = "文件" },
	{ 0 },
};
static const struct jy_route routes[] = {
	{ JY_GET, "/exchange", JY_ANYONE, NULL, about, .cache_s = 5 },
	{ JY_GET, "/exchange/feeds/:file", JY_ANYONE, file_params, feed },
	{ 0 },
};
static const struct jy_field settings[] = {
	{ "publisher", JY_TEXT, 2, 60, .label = "发布单位", .initial = "公共就业服务进校园" },
	{ 0 },
};
static const struct jy_task tasks[] = {
	{ "write", "生成岗位清单", .every = 15, .limit_s = 300, .run = write_if_changed },
	{ 0 },
};
static const struct jy_subscription subscriptions[] = {
	{ "jobs.vacancy_published", mark_dirty },
	{ "jobs.vacancy_changed", mark_dirty },
	{ "jobs.vacancy_closed", mark_dirty },
	{ 0 },
};
static const struct jy_service services[] = {
	{ "exchange.check", feed_check },
	{ 0 },
};
static const struct jy_nav nav[] = {
	{ "/exchange", "数据接口", JY_ANYONE, 800 },
	{ 0 },
};

JY_PLUGIN(.name = "exchange", .version = "1.0.0", .title = "数据交换",
	  .summary = "向外部招聘网站提供岗位清单（XML），带 XSD、ETag 与压缩。", .schema = 1,
	  .settings = settings, .routes = routes, .tasks = tasks, .subscriptions = subscriptions,
	  .nav = nav, .services = services, .health = health)
