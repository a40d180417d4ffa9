/* work.h - what the task worker does: fan out events, deliver them, run tasks, send the outbox.
 * Rows of `work` are leased with SKIP LOCKED, a random token and the database's clock. */
#ifndef CORE_WORK_H
#define CORE_WORK_H

#include "ctx.h"

/* One round: returns true if something was done (call again at once), false to sleep a second. */
bool work_round(struct core *core);
/* May the task worker of this slot take a task? Of several idle ones the first never may, so that
 * one is always free for events and letters; a single one must. */
struct board;
bool work_task_allowed(const struct board *board, const struct slot *own);
/* Puts a run of a task into the queue; once may be NULL. JY_CONFLICT: already waiting. */
enum jy_status work_queue_task(struct jy_ctx *cx, const char *task, json_t *args, const char *once);
/* Runs a task here and now (jiyectl). */
enum jy_status work_run_task(struct jy_ctx *cx, const char *task, json_t *args);
/* Queues an e-mail or SMS: channel "email" or "sms", to sealed in the payload. */
enum jy_status outbox_push(struct jy_ctx *cx, const char *channel, const char *to,
			   const char *subject, const char *text, const char *once);

#endif
