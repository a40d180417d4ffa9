/* jobs.h - what the files of the plugin share. */
#ifndef JOBS_H
#define JOBS_H

#include <jiye/plugin.h>

/* words.c: choices and labels that several files need. */
extern const struct jy_choice jobs_categories[], jobs_types[], jobs_educations[], jobs_states[];
const char *jobs_label(const struct jy_choice *choices, const char *value);
/* "5000-8000元/月·13薪" or "面议", from fen a month. */
const char *jobs_pay_text(struct jy_ctx *cx, json_t *vacancy);
/* 0 any, 1 college ... 4 doctor, from the code of a person's education. */
int jobs_education_rank(const char *education);

/* majors.c: requirement phrases of official posts ("本科：法学（0301）；研究生：法学（03）"). */
struct jobs_major {
	const char *education; /* college bachelor graduate any */
	const char *code;      /* 2, 4 or 6 digits; "" any major of this education */
};
/* Codes named in the phrase, in order, without doubles; at most JOBS_MAJORS_MAX. "" and 不限 =
 * none. */
#define JOBS_MAJORS_MAX 200
size_t jobs_majors_read(struct jy_ctx *cx, const char *phrase, struct jobs_major *out);
enum jy_status jobs_majors_store(struct jy_ctx *cx, int64_t vacancy, const char *phrase);

/* pay.c: the common Chinese spellings of pay ("8千-1.1万·13薪", "10-20万/年", "150-200/天",
 * "面议"). */
struct jobs_pay {
	int64_t low, high; /* fen a month; 0 = not given */
	int months;
	bool negotiable;
};
bool jobs_pay_read(const char *text, struct jobs_pay *out); /* false: not understood */

/* vacancy.c: the vacancy, its form and its life. */
extern const struct jy_form jobs_vacancy_form;
extern const struct jy_flow jobs_vacancy_flow;
enum jy_status jobs_post_page(struct jy_ctx *cx, struct jy_view *out);
enum jy_status jobs_post(struct jy_ctx *cx, struct jy_view *out);
enum jy_status jobs_edit_page(struct jy_ctx *cx, struct jy_view *out);
enum jy_status jobs_edit(struct jy_ctx *cx, struct jy_view *out);
/* A message to each account of the vacancy's employer, once for each version of the vacancy. */
enum jy_status jobs_tell_employer(struct jy_ctx *cx, json_t *vacancy, const char *title,
				  const char *text);

/* review.c: the checks of checks.h in the vacancy's life. */
extern const struct jy_form jobs_checked_form;
enum jy_status jobs_checked(struct jy_ctx *cx, struct jy_view *out);
/* Adds "checks" to the model of the page; officers get the form with ticks instead of the button. */
enum jy_status jobs_review_model(struct jy_ctx *cx, json_t *row, json_t *model);
/* JY_INVALID with the reasons: something stops the approval, or the note does not name what was to
 * be verified. */
enum jy_status jobs_review_allow(struct jy_ctx *cx, json_t *record, const char *note);
enum jy_status jobs_review_remarks(struct jy_ctx *cx, json_t *record, const char *move,
				   json_t *out);

/* reports.c: what visitors report and how it is handled. */
extern const struct jy_form jobs_report_form;
extern const struct jy_flow jobs_report_flow;
extern const struct jy_list jobs_reports_list;
enum jy_status jobs_report_page(struct jy_ctx *cx, struct jy_view *out);
enum jy_status jobs_report(struct jy_ctx *cx, struct jy_view *out);
enum jy_status jobs_reports_page(struct jy_ctx *cx, struct jy_view *out);
enum jy_status jobs_report_detail(struct jy_ctx *cx, struct jy_view *out);

/* outcomes.c: before and after the end of a vacancy. */
extern const struct jy_form jobs_outcome_form;
extern const struct jy_list jobs_outcomes_list;
enum jy_status jobs_remind(struct jy_ctx *cx, json_t *args);
enum jy_status jobs_outcome_page(struct jy_ctx *cx, struct jy_view *out);
enum jy_status jobs_outcome(struct jy_ctx *cx, struct jy_view *out);
enum jy_status jobs_outcomes_page(struct jy_ctx *cx, struct jy_view *out);
enum jy_status jobs_tile_outcomes(struct jy_ctx *cx, json_t *model);

/* pages.c: lists and the detail page. */
extern const struct jy_list jobs_public_list, jobs_own_list, jobs_staff_list;
enum jy_status jobs_public_page(struct jy_ctx *cx, struct jy_view *out);
enum jy_status jobs_own_page(struct jy_ctx *cx, struct jy_view *out);
enum jy_status jobs_staff_page(struct jy_ctx *cx, struct jy_view *out);
enum jy_status jobs_detail_page(struct jy_ctx *cx, struct jy_view *out);
enum jy_status jobs_tile_open(struct jy_ctx *cx, json_t *model);

/* places.c: the region of the province that a name tells; JY_NOT_FOUND: none. *code lives as long as
 * the process. */
enum jy_status jobs_place_read(struct jy_ctx *cx, const char *text, const char **code);

/* import.c: vacancies from files. */
extern const struct jy_transfer jobs_vacancies_import;

/* feed.c: the service jobs.published. */
enum jy_status jobs_published(struct jy_ctx *cx, json_t *args, jy_each_fn each, void *arg);

/* demo.c: the service jobs.demo. */
enum jy_status jobs_demo(struct jy_ctx *cx, json_t *args, jy_each_fn each, void *arg);

/* expiry.c: what the clock closes. */
enum jy_status jobs_expire(struct jy_ctx *cx, json_t *args);

/* match.c, push.c, pushed.c: three jobs for each graduate. */
enum jy_status jobs_match(struct jy_ctx *cx, json_t *args, jy_each_fn each, void *arg);
enum jy_status jobs_match_nightly(struct jy_ctx *cx, json_t *args);
enum jy_status jobs_need_registered(struct jy_ctx *cx, int64_t event_id, json_t *payload);
enum jy_status jobs_pushed_page(struct jy_ctx *cx, struct jy_view *out);
enum jy_status jobs_feedback(struct jy_ctx *cx, struct jy_view *out);
enum jy_status jobs_batches_page(struct jy_ctx *cx, struct jy_view *out);
enum jy_status jobs_tile_pushed(struct jy_ctx *cx, json_t *model);
extern const struct jy_form jobs_feedback_form;
extern const struct jy_list jobs_batches_list;

#endif
