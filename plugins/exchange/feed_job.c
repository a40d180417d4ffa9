/*
 * feed_job.c - what was parsed as a vacancy, by the tables of its format.
 *
 * Each field takes the text of the best ranked path that has one. Texts of one line lose markup,
 * double escaping and surplus blanks; a description stays as it is. A date or number that cannot be
 * read costs the field, which is listed under "unread", not the vacancy.
 */
#define _GNU_SOURCE /* memmem */
#include "feed.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum kind { LINE, LONG, DATE, NUMBER, LINK, JOINED, LIST };

static const struct field {
	const char *name;
	enum kind kind;
	size_t max; /* bytes */
} fields[] = {
	{ "id", LINE, 200 },
	{ "title", LINE, 900 },
	{ "url", LINK, 2000 },
	{ "company", LINE, 600 },
	{ "published", DATE, 64 },
	{ "changed", DATE, 64 },
	{ "expires", DATE, 64 },
	{ "starts", DATE, 64 },
	{ "place", LINE, 600 },
	{ "city", LINE, 300 },
	{ "province", LINE, 300 },
	{ "country", LINE, 100 },
	{ "postcode", LINE, 40 },
	{ "address", LINE, 600 },
	{ "region", LINE, 40 },
	{ "salary", LINE, 600 },
	{ "salary_min", LINE, 60 },
	{ "salary_max", LINE, 60 },
	{ "salary_currency", LINE, 20 },
	{ "salary_period", LINE, 60 },
	{ "salary_months", NUMBER, 20 },
	{ "description", LONG, FEED_TEXT_MAX },
	{ "requirements", LONG, FEED_TEXT_MAX },
	{ "education", LINE, 300 },
	{ "education_code", NUMBER, 20 },
	{ "experience", LINE, 300 },
	{ "jobtype", JOINED, 600 },
	{ "category", JOINED, 600 },
	{ "headcount", NUMBER, 20 },
	{ "credit_code", LINE, 60 },
	{ "occupation", LINE, 60 },
	{ "majors", LINE, 2000 },
	{ "major_codes", LIST, 2000 },
	{ "language", LINE, 40 },
	{ "status", LINE, 60 },
};
#define FIELDS (sizeof(fields) / sizeof(fields[0]))
enum { ID, TITLE, URL };

/* --- Which path means what --- */

static unsigned
hash(const char *text)
{
	unsigned h = 2166136261u;

	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * 16777619u;
	return h;
}

static void
map_add(struct feed_map *map, const struct feed_name *names, int *rank)
{
	for (; names && names->field; names++, (*rank)++) {
		unsigned at = hash(names->path) % FEED_MAP_ROOM;

		while (map->slot[at].name && (strcmp(map->slot[at].name->path, names->path) ||
					      strcmp(map->slot[at].name->field, names->field)))
			at = (at + 1) % FEED_MAP_ROOM;
		if (!map->slot[at].name) {
			map->slot[at].name = names;
			map->slot[at].rank = *rank;
		}
	}
}

void
feed_map_make(struct feed_map *map, const struct feed_format *format)
{
	int rank = 1;

	memset(map, 0, sizeof(*map));
	map_add(map, format->names, &rank);
	map_add(map, feed_common, &rank);
}

struct pick {
	int rank; /* 0 = none yet */
	size_t leaf;
};

static size_t
field_index(const char *name)
{
	size_t i = 0;

	while (i < FIELDS && strcmp(fields[i].name, name) != 0)
		i++;
	return i;
}

static const char *
path_of(const struct feed_leaves *l, size_t i)
{
	return l->paths + l->leaf[i].path;
}

/* Does the element hold others? Then its text is theirs run together. */
static bool
has_children(const struct feed_leaves *l, size_t i)
{
	const char *path = path_of(l, i);
	size_t n = strlen(path);

	return i + 1 < l->count && !strncmp(path_of(l, i + 1), path, n) &&
	       path_of(l, i + 1)[n] == '/';
}

static bool
is_blank(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strchr(" \t\r\n", text[i]) || !text[i])
			return false;
	return true;
}

static void
picks_make(const struct feed_map *map, const struct feed_leaves *l, struct pick *picks)
{
	for (size_t i = 0; i < l->count; i++) {
		const char *path = path_of(l, i);
		unsigned at = hash(path) % FEED_MAP_ROOM;

		if (is_blank(l->text + l->leaf[i].text, l->leaf[i].n))
			continue;
		for (; map->slot[at].name; at = (at + 1) % FEED_MAP_ROOM) {
			size_t f;

			if (strcmp(map->slot[at].name->path, path) != 0)
				continue;
			f = field_index(map->slot[at].name->field);
			if (f == FIELDS ||
			    (f != TITLE && fields[f].kind != LONG && has_children(l, i)))
				continue;
			if (!picks[f].rank || map->slot[at].rank < picks[f].rank)
				picks[f] = (struct pick){ map->slot[at].rank, i };
		}
	}
}

/* --- Texts --- */

/* Takes out "<...>" where it is markup, not a comparison. */
static size_t
strip_tags(char *text, size_t n)
{
	size_t to = 0;

	for (size_t i = 0; i < n; i++) {
		const char *end;

		if (text[i] == '<' && i + 1 < n &&
		    (isalpha((unsigned char)text[i + 1]) || text[i + 1] == '/') &&
		    (end = memchr(text + i, '>', n - i))) {
			i = (size_t)(end - text);
			text[to++] = ' ';
		} else {
			text[to++] = text[i];
		}
	}
	return to;
}

/* Bytes of a blank or invisible character at text, 0 if it is neither. */
static size_t
blank_at(const char *text, bool *invisible)
{
	static const char *const wide[] = { "\xc2\xa0", "\xe3\x80\x80", NULL };
	static const char *const unseen[] = { "\xe2\x80\x8b", "\xef\xbb\xbf", "\xc2\xad", NULL };

	*invisible = false;
	if (*text && (unsigned char)*text <= ' ')
		return 1;
	for (int i = 0; wide[i]; i++)
		if (!strncmp(text, wide[i], strlen(wide[i])))
			return strlen(wide[i]);
	*invisible = true;
	for (int i = 0; unseen[i]; i++)
		if (!strncmp(text, unseen[i], strlen(unseen[i])))
			return strlen(unseen[i]);
	return 0;
}

static void
squeeze(char *text)
{
	char *to = text, *begin = text;
	bool gap = false, invisible;

	while (*text) {
		size_t k = blank_at(text, &invisible);

		if (k) {
			gap = gap || !invisible;
			text += k;
			continue;
		}
		if (gap && to > begin)
			*to++ = ' ';
		gap = false;
		*to++ = *text++;
	}
	*to = '\0';
}

static char *
line(struct jy_ctx *cx, const struct feed_leaves *l, size_t leaf)
{
	size_t n = l->leaf[leaf].n;
	char *text = jy_alloc(cx, n + 1);

	memcpy(text, l->text + l->leaf[leaf].text, n);
	n = strip_tags(text, n);
	n = feed_unescape(text, n);
	text[n] = '\0';
	squeeze(text);
	n = strlen(text);
	if (n > 11 && !strncmp(text, "![CDATA[", 8) && !strcmp(text + n - 2, "]]")) {
		text[n - 2] = '\0'; /* a CDATA section whose "<" was lost */
		text += 8;
	}
	return text;
}

/* A description: as it came, but for blanks around it and HTML that was escaped twice. */
static char *
long_text(struct jy_ctx *cx, const struct feed_leaves *l, size_t leaf)
{
	size_t n = l->leaf[leaf].n, skip = 0;
	char *text = jy_alloc(cx, n + 1), *escaped;

	memcpy(text, l->text + l->leaf[leaf].text, n);
	escaped = memmem(text, n, "&lt;", 4);
	if (escaped && !memchr(text, '<', n) && strstr(escaped, "&gt;"))
		n = feed_unescape(text, n);
	while (n > 0 && strchr(" \t\r\n", text[n - 1]))
		n--;
	text[n] = '\0';
	while (text[skip] && strchr(" \t\r\n", text[skip]))
		skip++;
	return text + skip;
}

/* The address itself, or the first one within (an anchor in HTML). */
static const char *
link_in(struct jy_ctx *cx, const struct feed_leaves *l, size_t leaf)
{
	char *text = jy_alloc(cx, l->leaf[leaf].n + 1), *at, *end;

	memcpy(text, l->text + l->leaf[leaf].text, l->leaf[leaf].n);
	text[feed_unescape(text, l->leaf[leaf].n)] = '\0';
	squeeze(text);
	at = strcasestr(text, "http://");
	end = strcasestr(text, "https://");
	at = !at || (end && end < at) ? end : at;
	if (!at)
		return NULL;
	at[strcspn(at, " \"'<>")] = '\0';
	return at;
}

/* --- Values --- */

static json_t *
several(struct jy_ctx *cx, const struct feed_leaves *l, size_t first, size_t max)
{
	json_t *list = json_array();

	for (size_t i = first; i < l->count && json_array_size(list) < 64; i++)
		if (!strcmp(path_of(l, i), path_of(l, first)) && l->leaf[i].n <= max &&
		    !is_blank(l->text + l->leaf[i].text, l->leaf[i].n))
			json_array_append_new(list, json_string(line(cx, l, i)));
	return list;
}

static json_t *
joined(struct jy_ctx *cx, const struct feed_leaves *l, size_t first, size_t max)
{
	json_t *list = several(cx, l, first, max), *value;
	const char *text = "";
	size_t i;

	json_array_foreach(list, i, value) text =
	    jy_printf(cx, "%s%s%s", text, *text ? ", " : "", json_string_value(value));
	json_decref(list);
	return json_string(text);
}

/* The value of a field, NULL if what stands there is none. */
static json_t *
value_of(struct jy_ctx *cx, const struct field *f, const struct feed_leaves *l, size_t leaf)
{
	const char *text;
	char date[32], *end;
	long long number;

	switch (f->kind) {
	case LONG:
		return json_string(long_text(cx, l, leaf));
	case DATE:
		return feed_date(line(cx, l, leaf), date) ? json_string(date) : NULL;
	case NUMBER:
		text = line(cx, l, leaf);
		number = strtoll(text, &end, 10);
		return end > text && number >= 0 && number < 100000000 ? json_integer(number)
								       : NULL;
	case LINK:
		text = link_in(cx, l, leaf);
		return text ? json_string(text) : NULL;
	case JOINED:
		return joined(cx, l, leaf, f->max);
	case LIST:
		return several(cx, l, leaf, f->max);
	default:
		text = line(cx, l, leaf);
		return *text ? json_string(text) : NULL;
	}
}

static void
unread(struct jy_ctx *cx, json_t *job, const struct field *f, const struct feed_leaves *l,
       size_t leaf)
{
	json_t *all = json_object_get(job, "unread");
	const char *text = l->leaf[leaf].n <= 200 ? line(cx, l, leaf) : "";

	if (!*text && l->leaf[leaf].n <= 200)
		return;
	if (!all) {
		all = json_object();
		json_object_set_new(job, "unread", all);
	}
	json_object_set_new(all, f->name, json_string(text));
}

json_t *
feed_job(struct jy_ctx *cx, const struct feed_format *format, const struct feed_map *map,
	 const struct feed_leaves *leaves, const char **fault, const char **field)
{
	struct pick picks[FIELDS] = { { 0 } };
	json_t *job = json_object();

	picks_make(map, leaves, picks);
	*fault = *field = NULL;
	for (size_t f = 0; f < FIELDS && !*fault; f++) {
		json_t *value = NULL;
		size_t leaf = picks[f].leaf;

		if (!picks[f].rank)
			continue;
		if (leaves->leaf[leaf].n <= fields[f].max + 1024 * (fields[f].kind != LONG))
			value = value_of(cx, &fields[f], leaves, leaf);
		if (value && json_string_length(value) <= fields[f].max) {
			json_object_set_new(job, fields[f].name, value);
			continue;
		}
		json_decref(value);
		if (leaves->leaf[leaf].n > fields[f].max &&
		    (f <= TITLE || fields[f].kind == LONG)) {
			*fault = "text_too_long";
			*field = fields[f].name;
		} else {
			unread(cx, job, &fields[f], leaves, leaf);
		}
	}
	if (!*fault && format->link_is_id && !json_object_get(job, "id") &&
	    json_object_get(job, "url"))
		json_object_set(job, "id", json_object_get(job, "url"));
	for (size_t f = ID; f <= TITLE && !*fault; f++)
		if (!json_object_get(job, fields[f].name)) {
			*fault = "missing";
			*field = fields[f].name;
		}
	if (!*fault)
		return job;
	json_decref(job);
	return NULL;
}
