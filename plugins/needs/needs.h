/* needs.h - what the files of the plugin share. */
#ifndef NEEDS_H
#define NEEDS_H

#include <jiye/plugin.h>

/* statement.c: the short form, by the graduate or by staff on behalf. */
extern const struct jy_form needs_statement;
extern const struct jy_field needs_person_params[];
/* What a need's detail says, for people: [{"label","text"}]; belongs to cx. */
json_t *needs_wishes(struct jy_ctx *cx, const char *detail);
enum jy_status needs_form_own(struct jy_ctx *cx, struct jy_view *out);
enum jy_status needs_save_own(struct jy_ctx *cx, struct jy_view *out);
enum jy_status needs_form_for(struct jy_ctx *cx, struct jy_view *out);
enum jy_status needs_save_for(struct jy_ctx *cx, struct jy_view *out);

/* ledger.c: lists for the offices. */
extern const struct jy_list needs_ledger, needs_people;
enum jy_status needs_ledger_page(struct jy_ctx *cx, struct jy_view *out);
enum jy_status needs_people_page(struct jy_ctx *cx, struct jy_view *out);
enum jy_status needs_coverage_page(struct jy_ctx *cx, struct jy_view *out);
enum jy_status needs_tile_coverage(struct jy_ctx *cx, json_t *model);

/* need.c: the life of one need, and its page. */
extern const struct jy_flow needs_flow;
extern const struct jy_choice needs_kinds[];
enum jy_status needs_need_page(struct jy_ctx *cx, struct jy_view *out);

/* fanout.c: one need, many responses. */
enum jy_status needs_fan_out(struct jy_ctx *cx, int64_t event_id, json_t *payload);
enum jy_status needs_close_orders(struct jy_ctx *cx, int64_t event_id, json_t *payload);

/* roster.c: who graduates this year. */
extern const struct jy_transfer needs_roster;

#endif
