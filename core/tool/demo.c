/*
 * demo.c - jiyectl demo: fills an empty installation so that every role has something to see.
 *
 * The running campaign is the class that graduates next, with the plan's days and months. People,
 * firms and numbers are invented; regions, universities, majors are the real reference data of the
 * province that the installation is set to. Plugins add their own through the service <name>.demo.
 */
#include "tool/demo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "data/db.h"
#include "data/settings.h"
#include "facility/fields.h"
#include "work/work.h"

#define PUSH_AT_ONCE 50000 /* people whom a start can wait for */

static const char SQL_CAMPAIGN[] =
    "INSERT INTO campaigns (cohort, name, starts, ends, liaison_due, report_due, current) "
    "VALUES (?, ?, ?, ?, ?, ?, 1)";
static const char SQL_ANYONE[] = "SELECT COUNT(*) n FROM people";
static const char SQL_UNIVERSITIES[] =
    "SELECT code, name, unit, level FROM universities WHERE unit IS NOT NULL ORDER BY code";
static const char SQL_UNITS[] =
    "SELECT u.code, u.name, COALESCE(r.code, CONCAT(LEFT(u.code, 4), '00')) AS region FROM units u "
    "LEFT JOIN regions r ON r.code = u.code ORDER BY u.sort, u.code";
uint64_t
demo_draw(struct demo *d, uint64_t below)
{
	uint64_t x = d->random += 0x9E3779B97F4A7C15u; /* splitmix64 */

	x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
	x = (x ^ x >> 27) * 0x94D049BB133111EBu;
	return below ? (x ^ x >> 31) % below : 0;
}

size_t
demo_skewed(struct demo *d, size_t count)
{
	double even = (double)demo_draw(d, 1000000) / 1000000;

	return (size_t)(even * even * (double)count);
}

static enum jy_status
make_campaign(struct jy_ctx *cx, void *arg)
{
	struct demo *d = arg;
	char starts[16], ends[16], liaison[16], report[16], name[80];
	enum jy_status s;

	snprintf(starts, sizeof(starts), "%d-03-01", d->cohort);
	snprintf(ends, sizeof(ends), "%d-07-31", d->cohort);
	snprintf(liaison, sizeof(liaison), "%d-03-08", d->cohort);
	snprintf(report, sizeof(report), "%d-06-25", d->cohort);
	snprintf(name, sizeof(name), "%d届“公共就业服务进校园”活动", d->cohort);
	s = jy_exec(cx, SQL_CAMPAIGN, jy_int(d->cohort), jy_text(name), jy_text(starts),
		    jy_text(ends), jy_text(liaison), jy_text(report));
	d->campaign = jy_last_id(cx);
	return s;
}

static enum jy_status
read_reference(struct demo *d)
{
	enum jy_status s = jy_rows(d->cx, &d->universities, SQL_UNIVERSITIES);

	if (s == JY_OK)
		s = jy_rows(d->cx, &d->units, SQL_UNITS);
	if (s == JY_OK)
		s = demo_majors_read(d);
	return s;
}

static enum jy_status
relax_second_factor(struct jy_ctx *cx, void *arg)
{
	const char *name = "accounts.second_factor", *error;
	enum jy_status s =
	    setting_store(cx, field_find(core_settings, name), name, "optional", &error);

	(void)arg;
	return s == JY_OK ? generation_bump(cx) : s; /* a running service hears of it */
}

struct plugin_demo {
	const char *service;
	json_t *args;
};

static enum jy_status
ignore_item(void *arg, json_t *item)
{
	(void)arg;
	(void)item;
	return JY_OK;
}

static enum jy_status
call_plugin(struct jy_ctx *cx, void *arg)
{
	struct plugin_demo *call = arg;

	return jy_call(cx, call->service, call->args, ignore_item, NULL);
}

/* What the plugins make and do: vacancies, then the first pushes. */
static int
plugins_part(struct demo *d)
{
	struct plugin_demo calls[] = {
		{ "jobs.demo", json_pack("{s:i, s:I}", "vacancies", d->vacancies, "seed",
					 (json_int_t)(d->random >> 1)) },
		{ "jobs.match", json_pack("{s:i}", "seed", 1) },
	};
	enum jy_status s;
	size_t i;

	for (i = 0; i < 2; i++) {
		jy_own(d->cx, calls[i].args);
		if (d->vacancies == 0) /* real ones will come: pushing waits for them */
			continue;
		if (i == 1 && d->graduates > PUSH_AT_ONCE) /* the night's task pushes to so many */
			continue;
		if (!jy_provided(d->cx, calls[i].service))
			continue;
		s = tool_change(d->t, call_plugin, &calls[i]);
		if (s != JY_OK)
			return tool_status(d->t, s, "插件没有生成演示数据，请看上面的原因。");
	}
	return TOOL_OK;
}

/* The file holds passwords: readable by its owner alone, complete or not there. */
static bool
save_accounts(const char *path, const json_t *accounts)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	bool ok;

	if (fd < 0)
		return false;
	ok = json_dumpfd(accounts, fd, JSON_INDENT(2)) == 0 && fsync(fd) == 0;
	return close(fd) == 0 && ok;
}

static int
show_accounts(struct tool *t, const char *path)
{
	static const struct tool_column columns[] = { { "role", "角色" },
						      { "place", "范围" },
						      { "name", "登录名" },
						      { "password", "口令" },
						      { NULL, NULL } };
	json_t *accounts = json_load_file(path, 0, NULL);

	if (!json_is_array(accounts))
		return tool_fail(t, TOOL_NOT_FOUND, "读不出演示账号文件 %s。", path);
	return tool_table(t, jy_own(t->cx, accounts), columns);
}

static int
sizes(struct tool *t, struct demo *d)
{
	const char *size = tool_option(t, "size"), *count = tool_option(t, "graduates");

	d->graduates = 2000;
	if (size && strcmp(size, "city") == 0)
		d->graduates = 20000;
	else if (size && strcmp(size, "province") == 0)
		d->graduates = 220000;
	else if (size && strcmp(size, "small") != 0)
		return tool_fail(t, TOOL_USAGE, "规模请写 small、city 或 province。");
	if (count)
		d->graduates = (int)strtol(count, NULL, 10);
	if (d->graduates < 1 || d->graduates > 2000000)
		return tool_fail(t, TOOL_USAGE, "毕业生人数请写 1 到 2000000 之间的数字。");
	d->vacancies = d->graduates / 7 + 50;
	if (tool_option(t, "vacancies"))
		d->vacancies = (int)strtol(tool_option(t, "vacancies"), NULL, 10);
	if (d->vacancies < 0 || d->vacancies > 500000)
		return tool_fail(t, TOOL_USAGE, "岗位数请写 0 到 500000 之间的数字。");
	return TOOL_OK;
}

static int
class_of(void)
{
	time_t now = time(NULL) + 8 * 3600;
	struct tm tm;

	gmtime_r(&now, &tm);
	return tm.tm_year + 1900 + (tm.tm_mon >= 7); /* from August on: next summer's */
}

static int
fill(struct tool *t, struct demo *d)
{
	json_t *accounts = NULL;
	enum jy_status s = read_reference(d);

	if (s == JY_OK && json_array_size(d->universities) == 0)
		return tool_fail(t, TOOL_REFUSED, "没有本省的学校数据，请先运行 jiyectl migrate。");
	if (s == JY_OK)
		s = tool_change(t, make_campaign, d);
	if (s == JY_OK)
		s = tool_change(t, relax_second_factor, d);
	if (s == JY_OK)
		s = tool_change(t, demo_organisations, d);
	if (s == JY_OK)
		s = tool_change(t, demo_people, d);
	if (s == JY_OK && tool_given(t, "accounts"))
		s = demo_accounts(d->cx, d, &accounts);
	if (s != JY_OK)
		return tool_status(t, s, "演示数据没有生成完整，请清空后重试。");
	if (accounts && !save_accounts(tool_option(t, "accounts"), accounts))
		return tool_fail(t, TOOL_FAILED, "不能写 %s：%s。", tool_option(t, "accounts"),
				 strerror(errno));
	return plugins_part(d);
}

static int
demo(struct tool *t)
{
	struct demo d = { .t = t, .cx = t->cx, .cohort = class_of(), .random = 20220303 };
	json_t *row;
	int code = sizes(t, &d);

	if (tool_given(t, "show"))
		return show_accounts(t, tool_option(t, "show"));
	if (code != TOOL_OK)
		return code;
	if (jy_row(t->cx, &row, SQL_ANYONE) == JY_OK && jy_json_int(row, "n") > 0)
		return tool_fail(t, TOOL_REFUSED, "这里已经有毕业生数据，不再生成演示数据。");
	if (tool_option(t, "seed"))
		d.random = strtoull(tool_option(t, "seed"), NULL, 10);
	d.province = jy_setting_text(t->cx, "site.province");
	code = fill(t, &d);
	if (code != TOOL_OK)
		return code;
	return tool_done(t,
			 json_pack("{s:i, s:i, s:i}", "graduates", d.graduates, "vacancies",
				   d.vacancies, "cohort", d.cohort),
			 "演示数据已生成：%d 名毕业生，%d 个岗位，%d 届。", d.graduates,
			 d.vacancies, d.cohort);
}

const struct command demo_commands[] = {
	{ "demo", "", "size= graduates= vacancies= accounts= show= seed= why= yes", 0, 0,
	  NEEDS_PLUGINS,
	  "生成演示数据：--size small|city|province 或 --graduates N，--accounts 文件，--show 文件",
	  demo },
	{ 0 },
};
