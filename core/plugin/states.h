/*
 * states.h - which plugins are wanted, and every change of that.
 *
 * A row of `plugins` says what is wanted and from which generation on. A process of generation N
 * sees the wanted set as of N: what was asked for later has not been proved by a probe yet.
 *
 * - found, disabled: wanted on -> enabling: in service -> on
 * - on: wanted off -> draining: the last one has left -> disabled
 * - enabling, on: did not start -> failed; an upgrade goes back to the build that ran before
 * - on: crashed too often -> quarantined: cleared -> enabling, or disabled if nobody wants it
 *
 * Functions that change something want an open transaction (a POST handler has one); each writes
 * history and audit and bumps the generation. Refusals (JY_CONFLICT, JY_NOT_FOUND, JY_INVALID)
 * leave a sentence in *error, owned by cx.
 */
#ifndef CORE_STATES_H
#define CORE_STATES_H

#include "ctx.h"
#include "plugin/plugins.h"

struct board;

#define PLUGINS_MAX 64 /* as many as the board has meters */

/* One row of `plugins`; texts belong to the json row, which cx owns. JY_NOT_FOUND: see
 * *error. */
enum jy_status plugin_state(struct jy_ctx *cx, const char *name, json_t **row, const char **error);
/* All rows by name. */
enum jy_status plugin_states(struct jy_ctx *cx, json_t **rows);

enum jy_status plugin_want(struct jy_ctx *cx, const char *name, bool on, const char *why,
			   const char **error);
enum jy_status plugin_clear_quarantine(struct jy_ctx *cx, const char *name, const char *why,
				       const char **error);
/* Uses another installed build from the next generation on. build NULL: the previous one. */
enum jy_status plugin_use_build(struct jy_ctx *cx, const char *name, const char *build,
				const char *why, const char **error);
/* at is "YYYY-MM-DD HH:MM", Beijing time, in the future. */
enum jy_status plugin_plan(struct jy_ctx *cx, const char *name, bool on, const char *at,
			   const char *why, const char **error);
enum jy_status plugin_plan_cancel(struct jy_ctx *cx, const char *name, int64_t id,
				  const char **error);
/* Turns a plugin that is on off, or on again, for one reporting unit. */
enum jy_status plugin_unit(struct jy_ctx *cx, const char *name, const char *unit, bool on,
			   const char *why, const char **error);

/* Row of plugin_history and of the audit; why at most 300 characters (else
 * JY_INVALID). */
enum jy_status plugin_record(struct jy_ctx *cx, const char *name, const char *action,
			     const char *why, const char **error);
/* Fit for the column: at most 500 characters. */
const char *plugin_reason(struct jy_ctx *cx, const char *text);
/* Bumps the generation and notes on the row that its change holds from there on. */
enum jy_status plugin_stamp(struct jy_ctx *cx, const char *name);
/* Plugins that are wanted and need this one, as "a、b"; "" if none. */
enum jy_status plugin_dependents(struct jy_ctx *cx, const char *name, const char **names);

/* --- For the keeper, each in a transaction of its own ------------------------------------ */

/* Generation N is in service: enabling -> on, draining -> disabled, as far as N knows. */
enum jy_status plugins_settled(struct jy_ctx *cx, int64_t generation);
/* The probe of a generation blamed this plugin. Bumps, so that the other changes are not held up.
 * A failing upgrade falls back to the build that ran before and the plugin stays on. */
enum jy_status plugin_failed(struct jy_ctx *cx, const char *name, const char *reason);
/* The same at a node's cold start. What has been in service before stays wanted: then it is this
 * node's own trouble (a file that is missing here), and no reason to switch it off everywhere. */
enum jy_status plugin_failed_here(struct jy_ctx *cx, const char *name, const char *reason);
enum jy_status plugin_quarantined(struct jy_ctx *cx, const char *name, const char *reason);
/* Carries out what plugin_schedule says is due; a refusal is kept as the plugin's reason. */
enum jy_status plugins_planned(struct jy_ctx *cx);
/* --- For core_load ----------------------------------------------------------------------- */

/* What a process of this generation loads (0 = everything that is wanted), less the quarantined of
 * board (may be NULL). *off: name -> {wanted, title, state, reason} of all others; both belong to cx. */
enum jy_status plugins_wanted(struct jy_ctx *cx, const struct board *board, int64_t generation,
			      struct plugin_choice **items, size_t *count, json_t **off);

#endif
