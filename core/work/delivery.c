/*
 * delivery.c - one letter over the network by libcurl: SMTP for e-mail, a gateway's URL for SMS.
 *
 * Short time limits, no redirects, only the protocols of the purpose. Results name the kind of
 * fault and the answer's number, never the recipient: administrators read them.
 */
#include "work/outbox.h"

#include <curl/curl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/config.h"

#define MAIL_MAX   65536
#define ANSWER_MAX 4096

char *
delivery_base64(struct jy_ctx *cx, const void *bytes, size_t n, bool folded)
{
	size_t room = sodium_base64_encoded_len(n, sodium_base64_VARIANT_ORIGINAL);
	char *flat = jy_alloc(cx, room);
	struct buf lines;

	sodium_bin2base64(flat, room, bytes, n, sodium_base64_VARIANT_ORIGINAL);
	if (!folded)
		return flat;
	buf_init(&lines, cx, MAIL_MAX);
	for (size_t at = 0, len = strlen(flat); at < len; at += 76) {
		buf_add(&lines, flat + at, len - at < 76 ? len - at : 76);
		buf_text(&lines, "\r\n");
	}
	return lines.data ? lines.data : flat;
}

/* An encoded word may be 75 characters long; a word ends only between characters of UTF-8. */
static void
mail_subject(struct jy_ctx *cx, struct buf *out, const char *subject)
{
	size_t len = strlen(subject), at = 0, n;

	buf_text(out, "Subject:");
	while (at < len) {
		n = len - at < 42 ? len - at : 42;
		while (n > 1 && at + n < len && ((unsigned char)subject[at + n] & 0xc0) == 0x80)
			n--;
		buf_printf(out, " =?UTF-8?B?%s?=\r\n", delivery_base64(cx, subject + at, n, false));
		at += n;
	}
	if (len == 0)
		buf_text(out, "\r\n");
}

bool
delivery_mail_text(struct jy_ctx *cx, const char *from, int64_t id, const json_t *mail,
		   const char **out)
{
	const char *to = jy_json_text(mail, "to"), *text = jy_json_text(mail, "text");
	const char *at = strrchr(from, '@');
	time_t now = time(NULL);
	char date[64];
	struct tm tm;
	struct buf buf;

	if (strpbrk(to, "\r\n<>, ") || strpbrk(from, "\r\n<>, ") || !strchr(to, '@'))
		return false;
	gmtime_r(&now, &tm);
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S +0000", &tm);
	buf_init(&buf, cx, MAIL_MAX);
	buf_printf(&buf, "Date: %s\r\nFrom: <%s>\r\nTo: <%s>\r\n", date, from, to);
	buf_printf(&buf, "Message-ID: <jiye.%" PRId64 "@%s>\r\n", id, at ? at + 1 : "localhost");
	mail_subject(cx, &buf, jy_json_text(mail, "subject"));
	buf_text(&buf,
		 "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
		 "Content-Transfer-Encoding: base64\r\nAuto-Submitted: auto-generated\r\n\r\n");
	buf_text(&buf, delivery_base64(cx, text, strlen(text), true));
	if (buf.full)
		return false;
	*out = buf.data;
	return true;
}

struct upload_state {
	const char *text;
	size_t left;
};

static size_t
upload_more(char *into, size_t size, size_t n, void *arg)
{
	struct upload_state *state = arg;
	size_t take = size * n < state->left ? size * n : state->left;

	memcpy(into, state->text, take);
	state->text += take;
	state->left -= take;
	return take;
}

static size_t
answer_drop(char *bytes, size_t size, size_t n, void *arg)
{
	size_t *total = arg;

	(void)bytes;
	*total += size * n;
	return *total > ANSWER_MAX ? 0 : size * n;
}

static CURL *
curl_begin(const char *url, const char *protocols)
{
	CURL *curl = curl_easy_init();

	if (!curl)
		abort();
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, protocols);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, 5L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)DELIVERY_S);
	return curl;
}

/* Numbers from 500 (SMTP) or 400 (HTTP) up say: not this letter, do not try again. */
static enum delivery_result
curl_result(struct jy_ctx *cx, CURL *curl, CURLcode code, bool smtp, const char **result)
{
	long number = 0;

	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &number);
	if (code == CURLE_OK && (smtp || (number >= 200 && number < 300))) {
		*result = jy_printf(cx, "已发送（%ld）", number);
		return DELIVERY_SENT;
	}
	if (code != CURLE_OK && number < 400)
		*result = jy_printf(cx, "没有连上或没有答复：%s", curl_easy_strerror(code));
	else
		*result = jy_printf(cx, "对方答复 %ld", number);
	if (smtp)
		return number >= 500 && number < 600 ? DELIVERY_REFUSED : DELIVERY_AGAIN;
	return number >= 400 && number < 500 && number != 401 && number != 403 && number != 408 &&
		       number != 429
		   ? DELIVERY_REFUSED
		   : DELIVERY_AGAIN;
}

enum delivery_result
deliver_email(struct jy_ctx *cx, int64_t id, const json_t *mail, const char **result)
{
	const struct config *config = cx->core->config;
	struct upload_state state = { 0 };
	struct curl_slist *to;
	enum delivery_result sent;
	CURL *curl;

	if (!delivery_mail_text(cx, config->smtp_from, id, mail, &state.text)) {
		*result = "邮件地址不合格式";
		return DELIVERY_REFUSED;
	}
	state.left = strlen(state.text);
	curl = curl_begin(config->smtp_url, "smtp,smtps");
	to = curl_slist_append(NULL, jy_printf(cx, "<%s>", jy_json_text(mail, "to")));
	curl_easy_setopt(curl, CURLOPT_MAIL_FROM, jy_printf(cx, "<%s>", config->smtp_from));
	curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to);
	curl_easy_setopt(curl, CURLOPT_USE_SSL, (long)CURLUSESSL_TRY);
	curl_easy_setopt(curl, CURLOPT_READFUNCTION, upload_more);
	curl_easy_setopt(curl, CURLOPT_READDATA, &state);
	curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
	sent = curl_result(cx, curl, curl_easy_perform(curl), true, result);
	curl_slist_free_all(to);
	curl_easy_cleanup(curl);
	return sent;
}

enum delivery_result
deliver_sms(struct jy_ctx *cx, int64_t id, const json_t *sms, const char **result)
{
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
	CURL *curl = curl_begin(cx->core->config->sms_gateway, "http,https");
	json_t *body =
	    jy_own(cx, json_pack("{s:s, s:s, s:s}", "id", jy_printf(cx, "jiye.%" PRId64, id), "to",
				 jy_json_text(sms, "to"), "text", jy_json_text(sms, "text")));
	char *text = json_dumps(body, JSON_COMPACT);
	enum delivery_result sent;
	size_t answered = 0;

	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, text);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, answer_drop);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answered);
	sent = curl_result(cx, curl, curl_easy_perform(curl), false, result);
	curl_slist_free_all(headers);
	curl_easy_cleanup(curl);
	free(text);
	return sent;
}
