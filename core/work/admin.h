/* admin.h - what an operator sees of the queues and may do to them; pages and jiyectl share it. */
#ifndef CORE_WORK_ADMIN_H
#define CORE_WORK_ADMIN_H

#include "ctx.h"

/* Every task of what is loaded: name, title, plugin, schedule, next, last run and its state. */
JY_CHECKED enum jy_status work_tasks(struct jy_ctx *cx, json_t **out);
/* Rows of `work`, newest first, at most 200. kind, state, name: NULL = all. No payload. */
JY_CHECKED enum jy_status work_rows(struct jy_ctx *cx, const char *kind, const char *state,
				    const char *name, json_t **out);
/* How many rows there are of each kind and state. */
JY_CHECKED enum jy_status work_counts(struct jy_ctx *cx, json_t **out);
/* A dead row starts again with all its tries; a waiting one is tried at once. Audited.
 * JY_CONFLICT: done, dropped, or being worked on. */
JY_CHECKED enum jy_status work_retry(struct jy_ctx *cx, int64_t id, const char *why);
/* A dead or waiting row is given up; why is kept with it. Audited. JY_CONFLICT as above. */
JY_CHECKED enum jy_status work_drop(struct jy_ctx *cx, int64_t id, const char *why);

extern const struct jy_form work_drop_form;
extern const struct jy_field work_task_params[], work_row_params[], work_outbox_params[];
enum jy_status tasks_get(struct jy_ctx *cx, struct jy_view *out);
enum jy_status task_get(struct jy_ctx *cx, struct jy_view *out);
enum jy_status task_run_post(struct jy_ctx *cx, struct jy_view *out);
enum jy_status outbox_get(struct jy_ctx *cx, struct jy_view *out);
enum jy_status outbox_retry_post(struct jy_ctx *cx, struct jy_view *out);
enum jy_status outbox_drop_post(struct jy_ctx *cx, struct jy_view *out);
/* GET /outbox: the demonstration's letters, for a browser on this machine only. */
enum jy_status outbox_letters_get(struct jy_ctx *cx, struct jy_view *out);

/* Tasks of the core itself. */
enum jy_status work_housekeeping(struct jy_ctx *cx, json_t *args);
enum jy_status work_audit_check(struct jy_ctx *cx, json_t *args);
enum jy_status work_digest(struct jy_ctx *cx, json_t *args);

#endif
