/*
 * wanted.c - the set of plugins that a process of a given generation loads.
 *
 * A worker that is born between a change and its probe must not load what has not been proved, nor
 * miss what is still being served: so the set is read as of the process's own generation.
 */
#include "plugin/states.h"

#include <stdlib.h>
#include <string.h>

#include "process/board.h"

static const char SQL_ALL[] =
    "SELECT name, title, state, reason, wanted, IF(generation <= ? OR good_build = '', build, "
    "good_build) build, (state = 'on' OR state = 'enabling' AND generation <= ? OR "
    "state = 'draining' AND generation > ?) AS loaded FROM plugins ORDER BY name";

/* What this node itself has found out since it started, before the database knows it. */
static const struct verdict *
verdict_of(const struct board *board, const char *name)
{
	if (!board || !board_is_quarantined(board, name))
		return NULL;
	for (size_t i = 0; i < BOARD_METERS; i++)
		if (!strcmp(board->quarantined[i], name))
			return &board->verdicts[i];
	return NULL;
}

static void
off_note(json_t *off, const json_t *row, const struct verdict *verdict)
{
	const char *title = jy_json_text(row, "title");

	json_object_set_new(
	    off, jy_json_text(row, "name"),
	    json_pack("{s:b, s:s, s:s, s:s}", "wanted", jy_json_int(row, "wanted") != 0, "title",
		      title[0] ? title : jy_json_text(row, "name"), "state",
		      verdict ? verdict->state : jy_json_text(row, "state"), "reason",
		      verdict ? verdict->reason : jy_json_text(row, "reason")));
}

enum jy_status
plugins_wanted(struct jy_ctx *cx, const struct board *board, int64_t generation,
	       struct plugin_choice **items, size_t *count, json_t **off)
{
	int64_t as_of = generation ? generation : INT64_MAX;
	json_t *rows, *row, *others = jy_own(cx, json_object());
	struct plugin_choice *made = jy_alloc(cx, PLUGINS_MAX * sizeof(*made));
	size_t i, n = 0;
	enum jy_status s = jy_rows(cx, &rows, SQL_ALL, jy_int(as_of), jy_int(as_of), jy_int(as_of));

	if (s != JY_OK)
		return s;
	json_array_foreach(rows, i, row)
	{
		const char *name = jy_json_text(row, "name");
		const struct verdict *verdict = verdict_of(board, name);

		if (verdict || !jy_json_int(row, "loaded") || n == PLUGINS_MAX) {
			off_note(others, row, verdict);
			continue;
		}
		board_text(made[n].name, sizeof(made[n].name), name);
		board_text(made[n].build, sizeof(made[n].build), jy_json_text(row, "build"));
		n++;
	}
	*items = made;
	*count = n;
	*off = others;
	return JY_OK;
}
