/*
 * codes.c - what a code means: its name, and the reporting unit of a region.
 *
 * Names come from the tables that a process keeps anyway. Units are looked up once for each region
 * and process; reference tables change only with a new generation, that is, with new processes.
 */
#include "data/connection.h"

#include <stdlib.h>
#include <string.h>

#include "facility/references.h"

const char *
jy_code_name(struct jy_ctx *cx, const char *reference, const char *code)
{
	return reference_name(cx, reference, code);
}

const char *
jy_unit_of(struct jy_ctx *cx, const char *region)
{
	struct db *db = cx->core->db;
	const char *known;
	json_t *row;
	enum jy_status s;

	if (!region || strlen(region) != 6 || !db)
		return "";
	if (!db->codes)
		db->codes = json_object();
	known = json_string_value(json_object_get(db->codes, region));
	if (known)
		return known;
	s = jy_row(cx, &row, "SELECT COALESCE(unit, '') unit FROM regions WHERE code = ?",
		   jy_text(region));
	if (s != JY_OK) /* an unknown code is not remembered: visitors could fill the memory */
		return "";
	json_object_set_new(db->codes, region, json_string(jy_json_text(row, "unit")));
	return json_string_value(json_object_get(db->codes, region));
}
