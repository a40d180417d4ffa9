/* flows.h - what the files of the flow facility share; lists use flow_batch_model. */
#ifndef CORE_FLOWS_H
#define CORE_FLOWS_H

#include "ctx.h"

#define FLOW_BATCH_MAX 200
#define FLOW_NOTE_MAX  2000

/* One record as a flow sees it. */
struct flow_record {
	json_t *row; /* its columns and "_label" */
	const struct jy_state *state;
	int64_t ver;
	json_t *last; /* newest row of the history: account role move to_state at actor; or NULL */
};

/* "vacancy" of plugin "jobs" among all that is loaded; NULL if there is none. */
const struct jy_flow *flow_find(struct jy_ctx *cx, const char *plugin, const char *noun);
const struct jy_state *flow_state(const struct jy_flow *flow, const char *name);
const struct jy_move *flow_move(const struct jy_flow *flow, const char *name);
/* Reads a record in the caller's scope; lock: for the rest of the transaction. */
JY_CHECKED enum jy_status flow_read(struct jy_ctx *cx, const struct jy_flow *flow, int64_t id,
				    bool lock, struct flow_record *out);
bool move_from(const struct jy_move *move, const char *state);
/* Has the caller the role? The system may do every move. */
bool move_allowed(const struct jy_ctx *cx, const struct jy_move *move);
/* Must the move wait for somebody else, because the caller made the last one? */
bool move_second(const struct jy_ctx *cx, const struct jy_move *move,
		 const struct flow_record *record);
/* State, role, second person and version; refusals have a stable code and a sentence. */
struct flow_no {
	const char *code, *sentence;
};
JY_CHECKED enum jy_status move_check(struct jy_ctx *cx, const struct jy_flow *flow,
				     const struct jy_move *move, const struct flow_record *record,
				     int64_t ver, struct flow_no *no);
/* Who acted, as the caller may see it: names for the staff, else what they are. */
const char *flow_actor(struct jy_ctx *cx, const json_t *history_row);
/* {"action","queue","moves":[{"name","label"}]} of the caller's batch moves; NULL if none. */
json_t *flow_batch_model(struct jy_ctx *cx, const struct jy_flow *flow);
/* "/jobs/flow/vacancy" */
const char *flow_path(struct jy_ctx *cx, const struct jy_flow *flow);
/* The flow's remarks on a record, an array that belongs to cx; move NULL: in the queue. */
JY_CHECKED enum jy_status flow_remarks(struct jy_ctx *cx, const struct jy_flow *flow, json_t *row,
				       const char *move, json_t **out);
/* The page of a record: flow->link with the row's values, or its queue. */
const char *flow_link(struct jy_ctx *cx, const struct jy_flow *flow, const json_t *row);

/* flow_batch.c, flow_queue.c: handlers of part_flow. */
extern const struct jy_form flow_batch_form;
enum jy_status flow_batch(struct jy_ctx *cx, struct jy_view *out);
enum jy_status flow_queue(struct jy_ctx *cx, struct jy_view *out);

#endif
