/* orders.h - the answer of one office to a need: its flow "work.order", its pages and meters. */
#ifndef CORE_ORDERS_H
#define CORE_ORDERS_H

#include "ctx.h"

/* The states as choices, for columns and filters. */
extern const struct jy_choice order_states[], order_kinds[];
extern const struct jy_flow order_flow;
extern const struct jy_list order_list;
extern const struct jy_form order_owner_form;
extern const struct jy_field order_params[], meter_params[];

/* What people call a responder: its plugin's title, or the name itself. */
const char *order_responder(struct jy_ctx *cx, const char *responder);
const char *order_label(const struct jy_choice *choices, const char *value);

/* Subscription to work.order_answered, _returned, _confirmed: settles the need and tells who waits.
 */
enum jy_status order_changed(struct jy_ctx *cx, int64_t event_id, json_t *payload);

enum jy_status orders_get(struct jy_ctx *cx, struct jy_view *out);
enum jy_status order_get(struct jy_ctx *cx, struct jy_view *out);
enum jy_status order_owner_post(struct jy_ctx *cx, struct jy_view *out);
enum jy_status order_contact_post(struct jy_ctx *cx, struct jy_view *out);
enum jy_status timeline_get(struct jy_ctx *cx, struct jy_view *out);
enum jy_status meters_get(struct jy_ctx *cx, struct jy_view *out);
enum jy_status order_tile(struct jy_ctx *cx, json_t *model);
enum jy_status timeline_tile(struct jy_ctx *cx, json_t *model);

#endif
