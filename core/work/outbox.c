/*
 * outbox.c - queues e-mails and SMS in the transaction of their cause, and sends leased ones.
 *
 * Recipient, subject and text are sealed together: the table, its backups and its dead letters show
 * nobody's address or code. Sending happens outside any transaction; a worker that dies between
 * sending and recording sends again, with the same id (at least once).
 */
#include "work/outbox.h"

#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "data/db.h"
#include "work/tasks.h"
#include "work/work.h"

#define TEXT_MAX 20000

/* INSERT IGNORE: the same `once` again is no second letter. */
static const char SQL_PUSH[] =
    "INSERT IGNORE INTO work (kind, name, dedupe, payload, not_before, result)"
    " VALUES ('outbox', ?, ?, ?, NOW(3) + INTERVAL ? SECOND, ?)";
static const char SQL_LATE[] =
    "SELECT created < NOW(3) - INTERVAL 48 HOUR AS late FROM work WHERE id = ?";

static bool
configured(const struct jy_ctx *cx, const char *channel)
{
	const struct config *config = cx->core->config;
	const char *url = strcmp(channel, "sms") == 0 ? config->sms_gateway : config->smtp_url;

	return url && *url;
}

static const char *
waiting_sentence(const char *channel)
{
	return strcmp(channel, "sms") == 0
		   ? "没有配置短信网关（jiye.conf 的 [delivery] sms_gateway），配置后发送"
		   : "没有配置邮件服务器（jiye.conf 的 [delivery] smtp_url），配置后发送";
}

enum jy_status
outbox_put(struct jy_ctx *cx, const char *channel, const char *to, const char *subject,
	   const char *text, const char *once, int64_t delay_s)
{
	int64_t last_id = cx->last_id, changed = cx->changed;
	const char *uid = jy_uid(cx), *result = "", *payload;
	struct jy_val sealed;
	char *plain;
	enum jy_status s;

	if (strlen(text) > TEXT_MAX) {
		jy_log(cx, "outbox.refused", "a text of %zu bytes", strlen(text));
		return JY_FAILED;
	}
	plain = json_dumps(jy_own(cx, json_pack("{s:s, s:s, s:s}", "to", to, "subject",
						subject ? subject : "", "text", text)),
			   JSON_COMPACT);
	if (!plain)
		abort();
	s = jy_seal(cx, "work.payload", uid, plain, &sealed);
	free(plain);
	if (s != JY_OK)
		return s;
	payload = jy_printf(cx, "{\"uid\":\"%s\",\"sealed\":\"%s\"}", uid,
			    delivery_base64(cx, sealed.s, sealed.n, false));
	if (!configured(cx, channel) && !cx->core->config->demonstration)
		result = waiting_sentence(channel);
	s = db_exec(cx, SQL_PUSH, jy_text(channel), jy_text(once), jy_text(payload),
		    jy_int(delay_s), jy_text(result));
	cx->last_id = last_id;
	cx->changed = changed;
	return s;
}

enum jy_status
outbox_push(struct jy_ctx *cx, const char *channel, const char *to, const char *subject,
	    const char *text, const char *once)
{
	return outbox_put(cx, channel, to, subject, text, once, 0);
}

enum jy_status
outbox_read(struct jy_ctx *cx, const char *payload, json_t **out)
{
	json_t *outer = json_loads(payload, 0, NULL), *inner;
	char *plain;
	enum jy_status s;

	if (!outer)
		return JY_INVALID;
	jy_own(cx, outer);
	s = jy_unseal(cx, "work.payload", jy_json_text(outer, "uid"), jy_json_text(outer, "sealed"),
		      &plain);
	if (s != JY_OK)
		return s;
	inner = json_loads(plain, 0, NULL);
	if (!inner)
		return JY_INVALID;
	*out = jy_own(cx, inner);
	return JY_OK;
}

struct record {
	struct lease *lease;
	const char *result;
};

static enum jy_status
record_work(struct jy_ctx *cx, void *arg)
{
	struct record *record = arg;

	return lease_finish(cx, record->lease, record->result);
}

static enum jy_status
record_done(struct jy_ctx *cx, struct lease *lease, const char *result)
{
	struct record record = { lease, result };

	return db_transaction(cx, record_work, &record, NULL);
}

static enum jy_status
send_one(struct jy_ctx *cx, struct lease *lease)
{
	const char *result = "";
	enum delivery_result sent;
	json_t *letter;

	if (outbox_read(cx, lease->payload, &letter) != JY_OK) {
		lease_fail(cx, lease, 0, true, "内容无法解密：密钥缺失或数据已损坏");
		return JY_FAILED;
	}
	work_mark(cx->core, lease->name, lease->id, DELIVERY_S + 20);
	sent = strcmp(lease->name, "sms") == 0 ? deliver_sms(cx, lease->id, letter, &result)
					       : deliver_email(cx, lease->id, letter, &result);
	work_mark(cx->core, "", 0, 0);
	if (sent == DELIVERY_SENT)
		return record_done(cx, lease, result);
	lease_fail(cx, lease, SCHEDULE_LATE_S, sent == DELIVERY_REFUSED, result);
	return JY_BUSY;
}

enum jy_status
outbox_run(struct jy_ctx *cx, struct lease *lease)
{
	json_t *row;
	enum jy_status s = jy_row(cx, &row, SQL_LATE, jy_int(lease->id));

	if (s != JY_OK)
		return s; /* the lease runs out and the row is due again */
	if (!configured(cx, lease->name) && cx->core->config->demonstration)
		return record_done(cx, lease, "演示环境：只在本机的 /outbox 页面显示");
	if (jy_json_int(row, "late")) {
		lease_fail(cx, lease, 0, true, "超过 48 小时没有送出，内容已经过时");
		return JY_CONFLICT;
	}
	if (!configured(cx, lease->name)) {
		lease_postpone(cx, lease, 3600, waiting_sentence(lease->name));
		return JY_BUSY;
	}
	return send_one(cx, lease);
}
