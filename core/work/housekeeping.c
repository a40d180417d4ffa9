/*
 * housekeeping.c - the core's own tasks: rows that have served their time are removed, and the
 * weekly digest of held messages is sent.
 *
 * Each kind of row states how long it is kept. Deletes run in small transactions along an index, so
 * they are short and can stop anywhere.
 */
#include "work/admin.h"

#include "data/audit.h"
#include "data/db.h"
#include "work/messages.h"

#define BATCH 2000

/* Kept: idempotency 72 h, sessions a day past their absolute end, codes a day, finished runs and
 * letters 7 days (their slots and doubles are long past), dead and dropped rows half a year, events
 * 30 days unless somebody still waits for one. */
static const char *const kept[] = {
	"DELETE FROM idempotency WHERE created < NOW(3) - INTERVAL 72 HOUR LIMIT 2000",
	"DELETE FROM sessions WHERE created < NOW(3) - INTERVAL 36 HOUR LIMIT 2000",
	"DELETE FROM one_time_codes WHERE expires < NOW(3) - INTERVAL 1 DAY LIMIT 2000",
	"DELETE FROM work WHERE state = 'done' AND not_before < NOW(3) - INTERVAL 7 DAY LIMIT 2000",
	"DELETE FROM work WHERE state = 'dropped' AND not_before < NOW(3) - INTERVAL 180 DAY"
	" LIMIT 2000",
	"DELETE FROM work WHERE state = 'dead' AND not_before < NOW(3) - INTERVAL 180 DAY LIMIT "
	"2000",
	"DELETE FROM events WHERE fanned_out = 1 AND created < NOW(3) - INTERVAL 30 DAY AND NOT"
	" EXISTS (SELECT 1 FROM work w WHERE w.kind = 'event' AND w.event = events.id"
	" AND w.state IN ('waiting', 'dead')) LIMIT 2000",
};

static enum jy_status
clean(struct jy_ctx *cx, const char *sql)
{
	enum jy_status s;
	int64_t gone;

	do {
		s = jy_exec(cx, sql);
		gone = jy_changed(cx);
		if (s == JY_OK)
			s = jy_checkpoint(cx);
	} while (s == JY_OK && gone == BATCH);
	return s;
}

enum jy_status
work_housekeeping(struct jy_ctx *cx, json_t *args)
{
	const size_t count = sizeof(kept) / sizeof(*kept);
	enum jy_status s = JY_OK;

	(void)args;
	for (size_t i = 0; i < count && s == JY_OK; i++) {
		jy_progress(cx, (int64_t)i, (int64_t)count, "清理过期记录");
		s = clean(cx, kept[i]);
	}
	return s;
}

static const char SQL_ADMINS[] =
    "SELECT DISTINCT r.account FROM account_roles r JOIN accounts a ON a.id = r.account"
    " WHERE r.role = 256 AND a.state = 'active' LIMIT 100";

static enum jy_status
administrators_tell(struct jy_ctx *cx, int64_t bad)
{
	struct jy_message message = {
		.key = jy_printf(cx, "audit:%" PRId64 ":%.10s", bad, jy_now(cx)),
		.title = "审计日志校验没有通过",
		.text = jy_printf(cx,
				  "第 %" PRId64 " 条记录与前后不衔接，可能被改动或删除。"
				  "请保留数据库现状并查明原因。",
				  bad),
		.link = "/admin/audit",
		.urgent = true,
	};
	json_t *rows, *row;
	size_t i;
	enum jy_status s = jy_rows(cx, &rows, SQL_ADMINS);

	if (s != JY_OK)
		return s;
	json_array_foreach(rows, i, row)
	{
		message.account = jy_json_int(row, "account");
		s = jy_notify(cx, &message);
		if (s != JY_OK && s != JY_CONFLICT)
			return s;
	}
	return jy_checkpoint(cx); /* the messages stay although the task answers a fault */
}

/* The check reads in a transaction of its own, so it gets a connection of its own. */
enum jy_status
work_audit_check(struct jy_ctx *cx, json_t *args)
{
	struct core aside = *cx->core;
	int64_t bad = 0;
	enum jy_status s;

	(void)args;
	aside.db = db_new(cx, cx->core->config);
	s = audit_verify(&aside, 0, &bad, NULL);
	talloc_free(aside.db);
	if (s != JY_INVALID)
		return s;
	s = administrators_tell(cx, bad);
	if (s != JY_OK)
		return s;
	jy_field_error(cx, NULL, "审计日志第 %" PRId64 " 条与前后不衔接，可能被改动或删除。", bad);
	return JY_INVALID;
}

/* Daily, but letters go out on Mondays only; a repeated run sends nothing twice. */
enum jy_status
work_digest(struct jy_ctx *cx, json_t *args)
{
	json_t *row;
	enum jy_status s = jy_row(cx, &row, "SELECT WEEKDAY(NOW()) AS day");

	if (s != JY_OK || jy_json_int(row, "day") != 0)
		return s;
	return message_digest(cx, args);
}
