/*
 * places.c - the place that an employer's name tells: "叶县人力资源和社会保障局",
 * "信阳强制隔离戒毒所".
 *
 * The province's regions are read once for each process (they change with a release only). A county
 * counts more than its city; a county's name that several cities have (鼓楼区) counts only with its
 * city beside it; a city is also known without its 市.
 */
#include "jobs.h"

#include <string.h>

#define PLACES_MAX  500
#define PLACE_BYTES 64

#define SQL_PLACES                                                                                 \
	"SELECT r.code, r.name, COALESCE(p.name, '') city, r.level = 2 OR r.unit = r.code own "    \
	"FROM regions r LEFT JOIN regions p ON p.code = r.parent AND p.level = 2 AND "             \
	"p.kind <> 'virtual' WHERE r.abolished = 0 AND r.level > 1 AND r.kind <> 'virtual' AND "   \
	"LEFT(r.code, 2) = ? ORDER BY r.code LIMIT 500"

static struct place {
	char code[7], name[PLACE_BYTES], city[PLACE_BYTES], stem[PLACE_BYTES]; /* stem: "" = none */
} places[PLACES_MAX];
static size_t place_count;

static void
text_copy(char *to, const char *from, size_t n)
{
	n = n < PLACE_BYTES - 1 ? n : PLACE_BYTES - 1;
	memcpy(to, from, n);
	to[n] = '\0';
}

/* "信阳市" without its last character, if two are left. */
static void
stem_copy(char *to, const char *name)
{
	size_t n = strlen(name);

	if (n >= 9)
		text_copy(to, name, n - 3);
}

static enum jy_status
places_read(struct jy_ctx *cx)
{
	json_t *rows, *row;
	enum jy_status s =
	    jy_rows(cx, &rows, SQL_PLACES, jy_text(jy_setting_text(cx, "site.province")));
	size_t i;

	if (s != JY_OK)
		return s;
	json_array_foreach(rows, i, row)
	{
		struct place *place = &places[i];
		const char *name = jy_json_text(row, "name"), *city = jy_json_text(row, "city");

		*place = (struct place){ 0 };
		memcpy(place->code, jy_json_text(row, "code"), 6);
		text_copy(place->name, name, strlen(name));
		stem_copy(place->city, city);
		if (jy_json_int(row, "own"))
			stem_copy(place->stem, name);
	}
	place_count = json_array_size(rows);
	return JY_OK;
}

/* How surely the text names the place; 0 = not at all. */
static size_t
sureness(const struct place *place, const char *text)
{
	bool county = strcmp(place->code + 4, "00") != 0;

	if (strstr(text, place->name))
		return (county ? 200 : 100) + strlen(place->name) +
		       (*place->city && strstr(text, place->city) ? 300 : 0);
	return *place->stem && strstr(text, place->stem) ? strlen(place->stem) : 0;
}

enum jy_status
jobs_place_read(struct jy_ctx *cx, const char *text, const char **code)
{
	size_t i, best = 0, sure;
	enum jy_status s = place_count ? JY_OK : places_read(cx);
	bool twice = false;

	if (s != JY_OK)
		return s;
	*code = NULL;
	for (i = 0; i < place_count; i++) {
		sure = sureness(&places[i], text);
		/* The same county name in two cities, and no city beside it: neither. */
		if (sure && sure == best && sure > 200 && sure < 300)
			twice = true;
		if (sure <= best)
			continue;
		best = sure;
		twice = false;
		*code = places[i].code;
	}
	if (twice)
		*code = NULL;
	return *code ? JY_OK : JY_NOT_FOUND;
}
