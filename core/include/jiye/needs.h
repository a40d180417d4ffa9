/*
 * jiye/needs.h - needs, orders and people: the core's tables through which the activities meet.
 *
 * A need is what a graduate asked for (one row for each kind and campaign); an order is one office's
 * answer to it, with owner, due date, state and proof (plan 9②: one need, many responses).
 */
#ifndef JIYE_NEEDS_H
#define JIYE_NEEDS_H

/* Opens an order of plugin `responder` ("jobs") for a need, once: a second call finds the first.
 * due_hours counts from now. unit: the reporting unit that answers. */
struct jy_order {
	int64_t need;
	const char *responder, *title, *unit;
	int due_hours;
};
JY_EXPORT JY_CHECKED enum jy_status jy_order_open(struct jy_ctx *cx, const struct jy_order *order,
						  int64_t *id);
/* Records that the order has been answered; proof is a sentence with a link ("/jobs/..."). The
 * graduate sees it in the timeline and can confirm it or send it back. JY_CONFLICT: already. */
JY_EXPORT JY_CHECKED enum jy_status jy_order_answer(struct jy_ctx *cx, int64_t need,
						    const char *responder, const char *proof,
						    const char *link);
/* The running campaign (its id, "cohort" year, dates, targets, deadlines), borrowed from cx. */
JY_EXPORT JY_CHECKED enum jy_status jy_campaign(struct jy_ctx *cx, json_t **out);
/* Name of a code in a reference table ("regions", "220100"), or the code itself. */
JY_EXPORT const char *jy_code_name(struct jy_ctx *cx, const char *reference, const char *code);
/* The reporting unit that a region belongs to, or "" if it is outside the province. */
JY_EXPORT const char *jy_unit_of(struct jy_ctx *cx, const char *region);

#endif
