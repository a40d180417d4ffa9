/*
 * message_pages.c - the in-box, what a person wants to be told by which way, and the link that ends
 * e-mails without signing in.
 *
 * Everything is keyed by the caller's own account; the token of an e-mail speaks for its account in
 * this one matter only.
 */
#include "work/messages.h"

#include <string.h>

#define PAGE_SIZE 20

static const char SQL_LIST[] = "SELECT id, title, text, link, LEFT(created, 16) AS created, held,"
			       " read_at IS NULL AS unread FROM messages WHERE account = ?"
			       " ORDER BY read_at IS NULL DESC, id DESC LIMIT ? OFFSET ?";
static const char SQL_UNREAD[] =
    "SELECT COUNT(*) AS n FROM messages WHERE account = ? AND read_at IS NULL";
static const char SQL_ONE[] = "SELECT link FROM messages WHERE id = ? AND account = ?";
static const char SQL_READ[] =
    "UPDATE messages SET read_at = COALESCE(read_at, NOW(3)) WHERE id = ? AND account = ?";
static const char SQL_READ_ALL[] =
    "UPDATE messages SET read_at = NOW(3) WHERE account = ? AND read_at IS NULL";
static const char SQL_PREFERENCES[] =
    "SELECT email, sms, quiet FROM message_preferences WHERE account = ?";
static const char SQL_PREFER[] =
    "INSERT INTO message_preferences (account, email, sms, quiet) VALUES (?, ?, ?, ?)"
    " ON DUPLICATE KEY UPDATE email = VALUES(email), sms = VALUES(sms), quiet = VALUES(quiet)";
static const char SQL_OFF[] =
    "INSERT INTO message_preferences (account, email, reason) VALUES (?, 0, ?)"
    " ON DUPLICATE KEY UPDATE email = 0, reason = VALUES(reason)";

const struct jy_field message_list_params[] = {
	{ "page", JY_INT, 1, 500, .label = "页" },
	{ 0 },
};
const struct jy_field message_id_params[] = {
	{ "id", JY_INT, 1, INT64_MAX, .label = "消息" },
	{ 0 },
};
const struct jy_field message_off_params[] = {
	{ "token", JY_CODE, 10, 60, .label = "链接" },
	{ 0 },
};

static const struct jy_field preference_fields[] = {
	{ "email", JY_BOOL, .label = "用电子邮件提醒我" },
	{ "sms", JY_BOOL, .label = "用短信提醒我" },
	{ "quiet", JY_BOOL, .label = "夜间不打扰",
	  .hint = "夜里的提醒推迟到早上。安全方面的紧急消息不受影响。" },
	{ 0 },
};
const struct jy_form message_preferences_form = {
	.name = "work.message_preferences",
	.title = "消息提醒设置",
	.intro = "消息总会出现在站内的收件箱。这里决定是否还用其他方式提醒您。",
	.fields = preference_fields,
	.submit = "保存",
};

static const struct jy_field off_fields[] = {
	{ "reason", JY_TEXT, 0, 200, .label = "原因（可不填）" },
	{ 0 },
};
const struct jy_form message_off_form = {
	.name = "work.message_off",
	.title = "不再接收邮件",
	.intro = "确认后，本系统不再给您的邮箱发送提醒。站内的消息不受影响，登录后可以重新打开。",
	.fields = off_fields,
	.submit = "不再发送邮件",
};

/* GET /messages - unread first, then by age. */
enum jy_status
messages_get(struct jy_ctx *cx, struct jy_view *out)
{
	int64_t account = jy_user(cx)->account, page = jy_param_int(cx, "page");
	json_t *rows, *unread, *model;
	bool more;
	enum jy_status s;

	if (page < 1)
		page = 1;
	s = jy_row(cx, &unread, SQL_UNREAD, jy_int(account));
	if (s == JY_OK)
		s = jy_rows(cx, &rows, SQL_LIST, jy_int(account), jy_int(PAGE_SIZE + 1),
			    jy_int((page - 1) * PAGE_SIZE));
	if (s != JY_OK)
		return s;
	more = json_array_size(rows) > PAGE_SIZE;
	if (more)
		json_array_remove(rows, PAGE_SIZE);
	model = json_pack("{s:s, s:O, s:I, s:b}", "title", "我的消息", "messages", rows, "unread",
			  (json_int_t)jy_json_int(unread, "n"), "any", json_array_size(rows) > 0);
	if (more)
		json_object_set_new(model, "next", json_integer(page + 1));
	if (page > 1)
		json_object_set_new(model, "previous", json_integer(page - 1));
	return jy_show(out, "core/messages", model);
}

/* POST /messages/:id/read - marks one as read and goes where it points. */
enum jy_status
message_read_post(struct jy_ctx *cx, struct jy_view *out)
{
	struct jy_val id = jy_int(jy_param_int(cx, "id")), account = jy_int(jy_user(cx)->account);
	json_t *row;
	enum jy_status s = jy_row(cx, &row, SQL_ONE, id, account);

	if (s == JY_OK)
		s = jy_exec(cx, SQL_READ, id, account);
	if (s != JY_OK)
		return s;
	return jy_redirect(out, "%s",
			   *jy_json_text(row, "link") ? jy_json_text(row, "link") : "/messages");
}

/* POST /messages/read-all */
enum jy_status
messages_read_all_post(struct jy_ctx *cx, struct jy_view *out)
{
	enum jy_status s = jy_exec(cx, SQL_READ_ALL, jy_int(jy_user(cx)->account));

	if (s != JY_OK)
		return s;
	jy_notice(out, "全部消息已标为已读。");
	return jy_redirect(out, "/messages");
}

/* GET /messages/preferences */
enum jy_status
message_preferences_get(struct jy_ctx *cx, struct jy_view *out)
{
	json_t *row, *values;
	enum jy_status s = jy_row(cx, &row, SQL_PREFERENCES, jy_int(jy_user(cx)->account));

	if (s != JY_OK && s != JY_NOT_FOUND)
		return s;
	values = json_pack("{s:b, s:b, s:b}", "email", s != JY_OK || jy_json_int(row, "email"),
			   "sms", s != JY_OK || jy_json_int(row, "sms"), "quiet",
			   s != JY_OK || jy_json_int(row, "quiet"));
	return jy_form_page(cx, out, &message_preferences_form, NULL, values);
}

/* POST /messages/preferences */
enum jy_status
message_preferences_post(struct jy_ctx *cx, struct jy_view *out)
{
	enum jy_status s = jy_exec(
	    cx, SQL_PREFER, jy_int(jy_user(cx)->account), jy_int(jy_param_bool(cx, "email")),
	    jy_int(jy_param_bool(cx, "sms")), jy_int(jy_param_bool(cx, "quiet")));

	if (s != JY_OK)
		return s;
	jy_notice(out, "提醒设置已保存。");
	return jy_redirect(out, "/messages/preferences");
}

/* GET /messages/off/:token - from an e-mail; a GET changes nothing, so one button is left. */
enum jy_status
message_off_get(struct jy_ctx *cx, struct jy_view *out)
{
	int64_t account;

	if (!message_token_read(cx, jy_param_text(cx, "token"), &account))
		return jy_refuse(out, JY_NOT_FOUND, "messages.link",
				 "这个链接不完整。请从邮件里完整地复制，或登录后在“消息”里设置。");
	return jy_form_page(cx, out, &message_off_form, NULL, NULL);
}

/* POST /messages/off/:token */
enum jy_status
message_off_post(struct jy_ctx *cx, struct jy_view *out)
{
	const char *reason = jy_param_text(cx, "reason");
	int64_t account;
	enum jy_status s;

	if (!message_token_read(cx, jy_param_text(cx, "token"), &account))
		return JY_NOT_FOUND;
	s = jy_exec(cx, SQL_OFF, jy_int(account), jy_text(reason ? reason : ""));
	if (s != JY_OK)
		return s;
	jy_notice(out, "已经停止发送邮件。");
	return jy_redirect(out, "/");
}
