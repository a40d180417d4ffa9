/*
 * jiye/form.h - forms as tables.
 *
 * One table reads the request, checks it, renders the page with its error summary, keeps what was
 * typed and describes the JSON interface. Name a form in a POST route and the core reads it before
 * the handler runs; when a value is wrong the core shows the form again (422) and the handler is
 * not called. Passwords and files are never shown again.
 */
#ifndef JIYE_FORM_H
#define JIYE_FORM_H

struct jy_form {
	const char *name;  /* "jobs.vacancy" */
	const char *title; /* page heading */
	const char *intro; /* one sentence under it, or NULL */
	const struct jy_field *fields;
	const char *submit;   /* label of the button */
	const char *tmpl;     /* NULL = core/form */
	/* Rules across fields: report with jy_field_error; values may be normalised in place. */
	enum jy_status (*check)(struct jy_ctx *cx, json_t *values);
	/* Adds to the page's model (choices that depend on rows, side texts). */
	enum jy_status (*prepare)(struct jy_ctx *cx, json_t *model);
};

/* The page of a form; values (stolen, may be NULL) are what it starts with. It posts to action, or
 * to its own address when action is NULL. */
JY_EXPORT enum jy_status jy_form_page(struct jy_ctx *cx, struct jy_view *out,
				      const struct jy_form *form, const char *action,
				      json_t *values);
/* Notes that a field is wrong. field NULL = the form as a whole. */
JY_EXPORT void jy_field_error(struct jy_ctx *cx, const char *field, const char *fmt, ...)
    JY_PRINTF(3);
/* From a POST handler: the form again, with the errors noted so far and what was typed. */
JY_EXPORT enum jy_status jy_form_again(struct jy_ctx *cx, struct jy_view *out);

#endif
