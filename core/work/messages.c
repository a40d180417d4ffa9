/*
 * messages.c - a message to a person: always in the in-box, by e-mail and SMS where that is wanted.
 *
 * The cap counts a person's messages of seven days over all plugins; what is over it is held: it
 * stays in the in-box and the weekly digest points to it. The account's row is locked, so two
 * senders cannot both take the last place. Outbox rows share the caller's transaction.
 */
#include "work/messages.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "base/seal.h"
#include "data/db.h"
#include "work/outbox.h"
#include "work/work.h"

#define DIGEST_BATCH 200

static const char SQL_LOCK[] = "SELECT id FROM accounts WHERE id = ? FOR UPDATE";
static const char SQL_ACCOUNT[] =
    "SELECT a.uid, a.state, a.email, a.phone, COALESCE(p.push_off, 0) AS push_off,"
    " COALESCE(m.email, 1) AS by_email, COALESCE(m.sms, 1) AS by_sms,"
    " COALESCE(m.quiet, 1) AS quiet"
    " FROM accounts a LEFT JOIN people p ON p.id = a.person"
    " LEFT JOIN message_preferences m ON m.account = a.id WHERE a.id = ?";
/* Locking, so that it sees what others committed after this transaction's first look. */
static const char SQL_WEEK[] =
    "SELECT COUNT(*) AS n FROM messages WHERE account = ? AND held = 0 AND urgent = 0"
    " AND created > NOW(3) - INTERVAL 7 DAY FOR UPDATE";
static const char SQL_MESSAGE[] =
    "INSERT INTO messages (account, once, title, text, link, held, urgent)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)";
static const char SQL_DIGEST[] =
    "SELECT m.account, a.email, COUNT(*) AS n FROM messages m JOIN accounts a ON a.id = m.account"
    " LEFT JOIN message_preferences f ON f.account = a.id"
    " WHERE m.account > ? AND m.held = 1 AND m.read_at IS NULL AND a.state = 'active'"
    " AND m.created > NOW(3) - INTERVAL 7 DAY AND a.email IS NOT NULL"
    " AND COALESCE(f.email, 1) = 1 GROUP BY m.account, a.email ORDER BY m.account LIMIT 200";

static const char *
setting_or(const struct jy_ctx *cx, const char *name, const char *otherwise)
{
	const char *text = json_string_value(json_object_get(cx->core->settings, name));

	return text && *text ? text : otherwise;
}

static int
minute_of(const char *clock)
{
	int hour = 0, minute = 0;

	if (sscanf(clock, "%2d:%2d", &hour, &minute) != 2)
		return 0;
	return hour * 60 + minute;
}

int64_t
message_quiet(const char *now, const char *from, const char *to)
{
	int length = (minute_of(to) - minute_of(from) + 1440) % 1440;
	int since = (minute_of(now) - minute_of(from) + 1440) % 1440;

	return since < length ? (int64_t)(length - since) * 60 : 0;
}

const char *
message_token(struct jy_ctx *cx, int64_t account)
{
	char *id = jy_printf(cx, "%" PRId64, account), hex[65];
	unsigned char hash[32];

	keyed_hash(cx->core->keys, "message.off", id, strlen(id), hash);
	hex_encode(hash, 16, hex);
	return jy_printf(cx, "%s-%s", id, hex);
}

bool
message_token_read(struct jy_ctx *cx, const char *token, int64_t *account)
{
	int64_t id = strtoll(token, NULL, 10);
	const char *right = message_token(cx, id);

	if (id <= 0 || strlen(right) != strlen(token) ||
	    sodium_memcmp(right, token, strlen(right)) != 0)
		return false;
	*account = id;
	return true;
}

static enum jy_status
send_email(struct jy_ctx *cx, const struct jy_message *m, const char *to, int64_t delay)
{
	const char *url = cx->core->config->public_url;
	const char *text =
	    jy_printf(cx,
		      "%s\n\n%s%s\n\n--\n这封邮件由%s自动发出。不想再收到邮件："
		      "%s/messages/off/%s\n",
		      m->text, url, m->link && *m->link ? m->link : "/messages",
		      setting_or(cx, "site.name", "吉业"), url, message_token(cx, m->account));

	return outbox_put(cx, "email", to, m->title, text, NULL, delay);
}

static enum jy_status
send_sms(struct jy_ctx *cx, const struct jy_message *m, const json_t *account, int64_t delay)
{
	char *phone;
	enum jy_status s = jy_unseal(cx, "accounts.phone", jy_json_text(account, "uid"),
				     jy_json_text(account, "phone"), &phone);

	if (s != JY_OK)
		return s;
	return outbox_put(cx, "sms", phone, "",
			  jy_printf(cx, "【%s】%s %s%s", setting_or(cx, "site.name", "吉业"),
				    m->title, cx->core->config->public_url,
				    m->link && *m->link ? m->link : "/messages"),
			  NULL, delay);
}

static enum jy_status
send_out(struct jy_ctx *cx, const struct jy_message *m, const json_t *account)
{
	int64_t delay = 0;
	enum jy_status s = JY_OK;

	if (!m->urgent && jy_json_int(account, "quiet"))
		delay =
		    message_quiet(jy_now(cx) + 11, setting_or(cx, "push.quiet_from", QUIET_FROM),
				  setting_or(cx, "push.quiet_to", QUIET_TO));
	if (*jy_json_text(account, "email") && jy_json_int(account, "by_email"))
		s = send_email(cx, m, jy_json_text(account, "email"), delay);
	if (s == JY_OK && *jy_json_text(account, "phone") && jy_json_int(account, "by_sms"))
		s = send_sms(cx, m, account, delay);
	return s;
}

static enum jy_status
notify(struct jy_ctx *cx, const struct jy_message *m)
{
	const char *cap = setting_or(cx, "push.week_cap", "");
	int64_t week_cap = *cap ? strtoll(cap, NULL, 10) : WEEK_CAP;
	json_t *account, *week;
	bool held;
	enum jy_status s = jy_row(cx, &account, SQL_LOCK, jy_int(m->account));

	if (s == JY_OK)
		s = jy_row(cx, &week, SQL_WEEK, jy_int(m->account));
	if (s == JY_OK)
		s = jy_row(cx, &account, SQL_ACCOUNT, jy_int(m->account));
	if (s != JY_OK)
		return s;
	held =
	    !m->urgent && (jy_json_int(week, "n") >= week_cap || jy_json_int(account, "push_off"));
	s = jy_exec(cx, SQL_MESSAGE, jy_int(m->account), jy_text(m->key), jy_text(m->title),
		    jy_text(m->text), jy_text(m->link ? m->link : ""), jy_int(held),
		    jy_int(m->urgent));
	if (s != JY_OK || held || strcmp(jy_json_text(account, "state"), "active") != 0)
		return s;
	return send_out(cx, m, account);
}

enum jy_status
jy_notify(struct jy_ctx *cx, const struct jy_message *message)
{
	int64_t last_id = cx->last_id, changed = cx->changed;
	enum jy_status s;

	if (message->link && *message->link &&
	    (message->link[0] != '/' || message->link[1] == '/')) {
		jy_log(cx, "message.refused", "a link must be a path of this site");
		return JY_FAILED;
	}
	s = notify(cx, message);
	cx->last_id = last_id;
	cx->changed = changed;
	return s;
}

static enum jy_status
digest_one(struct jy_ctx *cx, const json_t *row)
{
	const char *url = cx->core->config->public_url;
	int64_t account = jy_json_int(row, "account");
	const char *text =
	    jy_printf(cx,
		      "您有 %" PRId64 " 条没有单独提醒的消息，请登录后查看：%s/messages\n\n"
		      "不想再收到邮件：%s/messages/off/%s\n",
		      jy_json_int(row, "n"), url, url, message_token(cx, account));

	return outbox_push(cx, "email", jy_json_text(row, "email"), "本周还有未读的消息", text,
			   jy_printf(cx, "digest:%" PRId64 ":%.10s", account, jy_now(cx)));
}

static enum jy_status
digest_batch(struct jy_ctx *cx, int64_t *after, size_t *count)
{
	json_t *rows, *row;
	size_t i;
	enum jy_status s = jy_rows(cx, &rows, SQL_DIGEST, jy_int(*after));

	if (s != JY_OK)
		return s;
	json_array_foreach(rows, i, row)
	{
		*after = jy_json_int(row, "account");
		s = digest_one(cx, row);
		if (s != JY_OK)
			return s;
	}
	*count = json_array_size(rows);
	return jy_checkpoint(cx);
}

enum jy_status
message_digest(struct jy_ctx *cx, json_t *args)
{
	int64_t after = 0;
	size_t count;
	enum jy_status s;

	(void)args;
	do {
		void *scratch = jy_scratch_begin(cx);

		s = digest_batch(cx, &after, &count);
		jy_scratch_end(cx, scratch);
	} while (s == JY_OK && count == DIGEST_BATCH);
	return s;
}
