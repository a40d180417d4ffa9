/* messages.h - the in-box, its preferences and the links that end e-mails. */
#ifndef CORE_MESSAGES_H
#define CORE_MESSAGES_H

#include "ctx.h"

#define QUIET_FROM "22:00" /* unless the settings push.quiet_from and push.quiet_to say otherwise  \
			    */
#define QUIET_TO "08:00"
#define WEEK_CAP 3 /* unless the setting push.week_cap says otherwise */

/* Seconds until the quiet hours end, 0 outside them. now "08:30" or "08:30:00"; from may be later
 * than to (over midnight); equal = there are none. */
int64_t message_quiet(const char *now, const char *from, const char *to);
/* "<account>-<hex>": proves that a link came from an e-mail to this account. */
const char *message_token(struct jy_ctx *cx, int64_t account);
bool message_token_read(struct jy_ctx *cx, const char *token, int64_t *account);
/* The weekly digest of held messages: run by the task work.digest. */
JY_CHECKED enum jy_status message_digest(struct jy_ctx *cx, json_t *args);

extern const struct jy_form message_preferences_form, message_off_form;
extern const struct jy_field message_list_params[], message_id_params[], message_off_params[];
enum jy_status messages_get(struct jy_ctx *cx, struct jy_view *out);
enum jy_status message_read_post(struct jy_ctx *cx, struct jy_view *out);
enum jy_status messages_read_all_post(struct jy_ctx *cx, struct jy_view *out);
enum jy_status message_preferences_get(struct jy_ctx *cx, struct jy_view *out);
enum jy_status message_preferences_post(struct jy_ctx *cx, struct jy_view *out);
enum jy_status message_off_get(struct jy_ctx *cx, struct jy_view *out);
enum jy_status message_off_post(struct jy_ctx *cx, struct jy_view *out);

#endif
