/* list_export.h - a list as a file. */
#ifndef CORE_LIST_EXPORT_H
#define CORE_LIST_EXPORT_H

#include "base/buf.h"
#include "facility/list_query.h"

/* The shown columns of at most LIST_EXPORT_MAX rows; format is "csv" or "xlsx". */
enum jy_status list_export(struct jy_ctx *cx, struct jy_view *out, const struct list_state *state,
			   const struct jy_val *base, const char *format);
/* The text of a column's cell for people: labels, names, masks. */
const char *list_cell(struct jy_ctx *cx, const struct jy_column *column, const json_t *row);
/* Would a spreadsheet take this cell for a formula? */
bool csv_formula(const char *text);
/* One field of a CSV line, quoted where needed; text that a spreadsheet would run as a formula is
 * disarmed with an apostrophe. */
void csv_cell(struct buf *out, const char *text, bool number);

#endif
