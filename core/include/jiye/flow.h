/*
 * jiye/flow.h - the life of a record as a table of states and transitions.
 *
 * The table's record needs columns id, state, ver and a scope condition. Every move is written to
 * flow_history with actor and reason in the same transaction, and emits <plugin>.<event>. The core
 * serves for each flow, named "jobs.vacancy", the routes
 *   POST /jobs/flow/vacancy/:id/:move   (fields ver, reason, note)
 *   POST /jobs/flow/vacancy/batch       (fields move, ids, reason, note, confirm: preview first)
 *   GET  /jobs/flow/vacancy/queue       (records waiting for the caller, overdue first)
 */
#ifndef JIYE_FLOW_H
#define JIYE_FLOW_H

struct jy_state { /* ends with name NULL */
	const char *name, *label;
	int deadline_hours; /* waiting longer is overdue; 0 = none */
	const char *tone;   /* Bootstrap colour: secondary warning success danger info */
};

enum jy_move_flag {
	JY_SECOND_PERSON = 1, /* not the one who made the last move */
	JY_REASON = 2,        /* a reason code is required */
	JY_NOTE = 4,          /* a note is required */
	JY_BATCH = 8          /* may be done to many at once */
};

struct jy_move { /* ends with name NULL */
	const char *name, *label;
	const char *from; /* state names separated by blanks */
	const char *to;
	unsigned roles;
	unsigned flags;
	const struct jy_choice *reasons;
	const char *event; /* "vacancy_published"; NULL = none */
	/* May refuse (jy_field_error + JY_INVALID) or do the move's further work. record is the
	 * row before the move; note and reason as given, maybe "". */
	enum jy_status (*apply)(struct jy_ctx *cx, json_t *record, const char *reason,
				const char *note);
};

struct jy_flow {
	const char *name;  /* "jobs.vacancy" */
	const char *title;
	const char *table; /* "jobs_vacancies" */
	const char *alias; /* alias used by `scope`, "v" */
	const char *scope; /* "{scope unit=v.unit employer=v.employer_id}" */
	const char *label; /* SQL expression that names a record in queues, "v.title" */
	const char *link;  /* "/jobs/:id" */
	const struct jy_state *states;
	const struct jy_move *moves;
	/* What stands beside a record in the queue (move NULL) and in the preview of a batch move, or
	 * NULL: appends {"tone", "text", "stop"} to out; stop: the move would be refused for it. */
	enum jy_status (*remarks)(struct jy_ctx *cx, json_t *record, const char *move, json_t *out);
};

/* Moves one record for the caller. ver 0 = do not check (tasks). JY_CONFLICT: another person was
 * faster, or the state does not allow it; out (may be NULL in tasks) then holds the sentence. */
JY_EXPORT JY_CHECKED enum jy_status jy_flow_move(struct jy_ctx *cx, struct jy_view *out,
						 const struct jy_flow *flow, int64_t id,
						 const char *move, int64_t ver, const char *reason,
						 const char *note);
/* Adds to model: "flow": {state, label, tone, due, overdue, ver, moves: [...], history: [...]}. Show
 * it with the partial core/flow. */
JY_EXPORT JY_CHECKED enum jy_status jy_flow_model(struct jy_ctx *cx, const struct jy_flow *flow,
						  int64_t id, json_t *model);
/* The first state's row in the history; call it after the INSERT of the record. */
JY_EXPORT JY_CHECKED enum jy_status jy_flow_begin(struct jy_ctx *cx, const struct jy_flow *flow,
						  int64_t id, const char *note);

#endif
