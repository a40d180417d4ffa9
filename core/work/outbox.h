/* outbox.h - e-mails and SMS as rows of `work`, sealed whole, sent after the commit of their cause.
 */
#ifndef CORE_OUTBOX_H
#define CORE_OUTBOX_H

#include "work/lease.h"

/* As outbox_push, not before delay_s seconds from now. */
JY_CHECKED enum jy_status outbox_put(struct jy_ctx *cx, const char *channel, const char *to,
				     const char *subject, const char *text, const char *once,
				     int64_t delay_s);
/* Sends a leased row and records what came of it. */
enum jy_status outbox_run(struct jy_ctx *cx, struct lease *lease);
/* What is inside a row's payload: {"to","subject","text"}, owned by cx. */
JY_CHECKED enum jy_status outbox_read(struct jy_ctx *cx, const char *payload, json_t **out);

/* delivery.c: one attempt over the network, at most DELIVERY_S seconds. id is the same at each
 * attempt, so that a receiver can drop doubles. */
#define DELIVERY_S 25
enum delivery_result { DELIVERY_SENT, DELIVERY_AGAIN, DELIVERY_REFUSED };
enum delivery_result deliver_email(struct jy_ctx *cx, int64_t id, const json_t *mail,
				   const char **result);
enum delivery_result deliver_sms(struct jy_ctx *cx, int64_t id, const json_t *sms,
				 const char **result);
/* base64, owned by cx; lines of 76 characters when folded. */
char *delivery_base64(struct jy_ctx *cx, const void *bytes, size_t n, bool folded);
/* The whole text of an e-mail, headers first; false: an address holds what no address may. */
bool delivery_mail_text(struct jy_ctx *cx, const char *from, int64_t id, const json_t *mail,
			const char **out);

#endif
