/* campaigns.h - the class of a year with its dates, targets and deadlines. */
#ifndef CORE_CAMPAIGNS_H
#define CORE_CAMPAIGNS_H

#include "ctx.h"

extern const struct jy_form campaign_form;
extern const struct jy_field campaign_params[];
enum jy_status campaigns_get(struct jy_ctx *cx, struct jy_view *out);
enum jy_status campaign_new_get(struct jy_ctx *cx, struct jy_view *out);
enum jy_status campaign_new_post(struct jy_ctx *cx, struct jy_view *out);
enum jy_status campaign_get(struct jy_ctx *cx, struct jy_view *out);
enum jy_status campaign_post(struct jy_ctx *cx, struct jy_view *out);
enum jy_status campaign_current_post(struct jy_ctx *cx, struct jy_view *out);

#endif
