/*
 * settle.c - what became of the changes: in service, refused by the probe, quarantined, due.
 *
 * The keeper calls these, because the supervisor has no database. One plugin's failure never holds
 * up another's change: whoever is to blame is taken out and a new generation is asked for.
 */
#include "plugin/states.h"

#include <string.h>

#include "base/log.h"
#include "data/db.h"
#include "plugin/manifest.h"

static const char SQL_UNSETTLED[] =
    "SELECT COUNT(*) n FROM plugins WHERE generation <= ? AND "
    "(state IN ('enabling', 'draining') OR state = 'on' AND build <> good_build)";
static const char SQL_SETTLE[] =
    "UPDATE plugins SET good_build = IF(state IN ('enabling', 'on'), build, good_build), "
    "reason = '', state = CASE state WHEN 'enabling' THEN 'on' WHEN 'draining' THEN 'disabled' "
    "ELSE state END WHERE generation <= ? AND "
    "(state IN ('enabling', 'draining') OR state = 'on' AND build <> good_build)";
static const char SQL_FAILED[] =
    "UPDATE plugins SET wanted = IF(state = 'enabling', 0, wanted), state = ?, reason = ?, "
    "previous_build = IF(previous_build = ?, '', previous_build), build = ?, version = ?, "
    "title = ? WHERE name = ?";
static const char SQL_QUARANTINED[] =
    "UPDATE plugins SET state = 'quarantined', reason = ? WHERE name = ? AND "
    "state IN ('on', 'enabling', 'draining')";
static const char SQL_DUE[] =
    "SELECT id, plugin, enable, account, why FROM plugin_schedule WHERE done IS NULL AND "
    "at <= NOW() ORDER BY at, id LIMIT 1 FOR UPDATE SKIP LOCKED";
static const char SQL_DONE[] = "UPDATE plugin_schedule SET done = NOW(3) WHERE id = ?";
static const char SQL_REASON[] = "UPDATE plugins SET reason = ? WHERE name = ?";

struct change {
	const char *name, *reason;
	int64_t generation;
	bool again, here;
};

static enum jy_status
settle(struct jy_ctx *cx, void *arg)
{
	const struct change *change = arg;

	return jy_exec(cx, SQL_SETTLE, jy_int(change->generation));
}

enum jy_status
plugins_settled(struct jy_ctx *cx, int64_t generation)
{
	struct change change = { .generation = generation };
	json_t *row;
	enum jy_status s = jy_row(cx, &row, SQL_UNSETTLED, jy_int(generation));

	if (s != JY_OK || jy_json_int(row, "n") == 0)
		return s;
	return db_transaction(cx, settle, &change, NULL);
}

static enum jy_status
fail(struct jy_ctx *cx, void *arg)
{
	const struct change *change = arg;
	const char *error = "", *build, *good, *reason = plugin_reason(cx, change->reason);
	json_t *row, *old = NULL;
	enum jy_status s = plugin_state(cx, change->name, &row, &error);

	if (s != JY_OK)
		return s == JY_NOT_FOUND ? JY_OK : s;
	if (strcmp(jy_json_text(row, "state"), "on") &&
	    strcmp(jy_json_text(row, "state"), "enabling"))
		return JY_OK; /* switched off meanwhile, which has bumped already */
	build = jy_json_text(row, "build");
	good = jy_json_text(row, "good_build");
	if (change->here && !strcmp(jy_json_text(row, "state"), "on") && !strcmp(build, good))
		return JY_OK; /* proved */
	if (!strcmp(jy_json_text(row, "state"), "on") && good[0] && strcmp(good, build)) {
		old = manifest_read(cx, change->name, good);
		reason = plugin_reason(
		    cx, jy_printf(cx, "升级没有成功，仍在使用原来的版本：%s", change->reason));
	}
	s = jy_exec(cx, SQL_FAILED, jy_text(old ? "on" : "failed"), jy_text(reason),
		    jy_text(old ? good : ""), jy_text(old ? good : build),
		    jy_text(jy_json_text(old ? old : row, "version")),
		    jy_text(jy_json_text(old ? old : row, "title")), jy_text(change->name));
	if (s == JY_OK)
		s = plugin_record(cx, change->name, "failed", "未能启用，原因见状态", &error);
	return s == JY_OK ? plugin_stamp(cx, change->name) : s;
}

enum jy_status
plugin_failed(struct jy_ctx *cx, const char *name, const char *reason)
{
	struct change change = { .name = name, .reason = reason };

	return db_transaction(cx, fail, &change, NULL);
}

enum jy_status
plugin_failed_here(struct jy_ctx *cx, const char *name, const char *reason)
{
	struct change change = { .name = name, .reason = reason, .here = true };

	return db_transaction(cx, fail, &change, NULL);
}

static enum jy_status
quarantine(struct jy_ctx *cx, void *arg)
{
	const struct change *change = arg;
	const char *error = "";
	enum jy_status s = jy_exec(cx, SQL_QUARANTINED, jy_text(plugin_reason(cx, change->reason)),
				   jy_text(change->name));

	if (s != JY_OK || !jy_changed(cx))
		return s; /* another node was faster, or it is off */
	s = plugin_record(cx, change->name, "quarantine", "连续崩溃，系统自动隔离", &error);
	return s == JY_OK ? plugin_stamp(cx, change->name) : s;
}

enum jy_status
plugin_quarantined(struct jy_ctx *cx, const char *name, const char *reason)
{
	struct change change = { .name = name, .reason = reason };

	return db_transaction(cx, quarantine, &change, NULL);
}

/* One due row; the person who planned it stands in the history. */
static enum jy_status
plan_step(struct jy_ctx *cx, void *arg)
{
	struct change *change = arg;
	const char *error = NULL, *name;
	int64_t account = cx->user.account;
	json_t *row;
	enum jy_status s = jy_row(cx, &row, SQL_DUE);

	change->again = s == JY_OK;
	if (s != JY_OK)
		return s == JY_NOT_FOUND ? JY_OK : s;
	name = jy_json_text(row, "plugin");
	cx->user.account = jy_json_int(row, "account");
	s = plugin_want(cx, name, jy_json_int(row, "enable"), jy_json_text(row, "why"), &error);
	cx->user.account = account;
	if (error) {
		log_line(LOG_WARN, "plugin.plan_refused", "%s: %s", name, error);
		s = jy_exec(
		    cx, SQL_REASON,
		    jy_text(plugin_reason(cx, jy_printf(cx, "按时间安排没有做成：%s", error))),
		    jy_text(name));
	}
	return s == JY_OK ? jy_exec(cx, SQL_DONE, jy_int(jy_json_int(row, "id"))) : s;
}

enum jy_status
plugins_planned(struct jy_ctx *cx)
{
	struct change change = { .again = true };
	enum jy_status s = JY_OK;

	for (int i = 0; i < PLUGINS_MAX && s == JY_OK && change.again; i++)
		s = db_transaction(cx, plan_step, &change, NULL);
	return s;
}
