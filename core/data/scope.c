/*
 * scope.c - {scope unit=v.unit person=v.person} becomes the condition of the caller's rows.
 *
 * Deny is the default at each step: a role that the marker does not name, a caller without the
 * value that would bind, administrators and visitors all get 0=1. The values of the caller enter
 * the list of bound values at the marker's place among the `?`, so the text depends on the role
 * alone and the statement stays in the cache.
 *
 * Names: unit university employer trainer partner person; "all=v.open" is a condition for every
 * signed-in role that is not named otherwise (all=1 shows it all rows).
 */
#include "data/connection.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define SQL_MAX     ((size_t)256 * 1024)
#define MARKER      "{scope"
#define DENIED      "0=1"
#define MARKERS_MAX 16

struct term { /* the user's name for a role's scope and the value it binds */
	enum jy_role role;
	const char *name;
	struct jy_val value;
	bool known; /* the caller has this value */
};

static struct term
term_of(const struct jy_user *user)
{
	struct term term = { .role = user->role };
	struct jy_val organisation = jy_int(user->organisation);

	switch (user->role) {
	case JY_CITY:
		term.name = "unit";
		term.value = jy_text(user->unit);
		term.known = user->unit && *user->unit;
		break;
	case JY_UNIVERSITY:
		term.name = "university";
		term.value = jy_text(user->university);
		term.known = user->university && *user->university;
		break;
	case JY_GRADUATE:
		term.name = "person";
		term.value = jy_int(user->person);
		term.known = user->person > 0;
		break;
	case JY_EMPLOYER:
	case JY_TRAINER:
	case JY_PARTNER:
		term.name = user->role == JY_EMPLOYER  ? "employer"
			    : user->role == JY_TRAINER ? "trainer"
						       : "partner";
		term.value = organisation;
		term.known = user->organisation > 0;
		break;
	default:
		break;
	}
	return term;
}

static bool
name_known(const char *name, size_t n)
{
	static const char *const names[] = { "unit",    "university", "employer", "trainer",
					     "partner", "person",     "all" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == n && memcmp(names[i], name, n) == 0)
			return true;
	return false;
}

/* Finds name's expression among the marker's terms; *end is set behind the closing brace. False:
 * malformed. The expression stays empty when the name is absent. */
static bool
marker_find(const char *p, const char *name, const char **expr, size_t *n, const char **end)
{
	*expr = NULL;
	for (int terms = 0;; terms++) {
		size_t key, length;

		p += strspn(p, " \t\r\n");
		if (*p == '}') {
			*end = p + 1;
			return terms > 0;
		}
		key = strcspn(p, "= }");
		if (p[key] != '=' || !name_known(p, key))
			return false;
		length = strcspn(p + key + 1, " \t\r\n}?'\"`;");
		if (length == 0 || !strchr(" \t\r\n}", p[key + 1 + length]) ||
		    p[key + 1 + length] == '\0')
			return false;
		if (name && strlen(name) == key && memcmp(p, name, key) == 0) {
			*expr = p + key + 1;
			*n = length;
		}
		p += key + 1 + length;
	}
}

/* Writes the condition; *bound says that the caller's value follows as a bound one. */
static bool
marker_expand(const struct jy_user *user, const struct term *term, const char *p, struct buf *out,
	      const char **end, bool *bound)
{
	const char *expr, *all;
	size_t n, all_n;

	*bound = false;
	if (*p != '}' && !strchr(" \t\r\n", *p))
		return false;
	if (!marker_find(p, term->name, &expr, &n, end) ||
	    !marker_find(p, "all", &all, &all_n, end))
		return false;
	if (user->role == JY_PROVINCE) {
		buf_text(out, "1=1");
	} else if (!term->name || (expr && !term->known)) {
		buf_text(out, DENIED);
	} else if (expr) {
		buf_add(out, expr, n);
		buf_text(out, " = ?");
		*bound = true;
	} else if (all) {
		buf_text(out, "(");
		buf_add(out, all, all_n);
		buf_text(out, ") <> 0");
	} else {
		buf_text(out, DENIED);
	}
	return true;
}

struct values { /* the bound values in the making */
	struct jy_val *items;
	size_t count, max;
};

static bool
value_add(struct values *values, struct jy_val value)
{
	if (values->count == values->max)
		return false;
	values->items[values->count++] = value;
	return true;
}

static bool
text_expand(const struct jy_user *user, const char *sql, const struct jy_val *vals, struct buf *out,
	    struct values *values)
{
	const struct term term = term_of(user);
	const char *p = sql;

	while (*p) {
		size_t skip = sql_skip(p);
		bool bound;

		if (skip > 0) {
			buf_add(out, p, skip);
			p += skip;
		} else if (strncmp(p, MARKER, strlen(MARKER)) == 0) {
			if (!marker_expand(user, &term, p + strlen(MARKER), out, &p, &bound) ||
			    (bound && !value_add(values, term.value)))
				return false;
		} else {
			if (*p == '?' && vals->kind != JY_V_EDGE && !value_add(values, *vals++))
				return false;
			buf_add(out, p++, 1);
		}
	}
	while (vals->kind != JY_V_EDGE)
		if (!value_add(values, *vals++)) /* too many: the statement's count will say so */
			return false;
	return !out->full;
}

bool
scope_expand(TALLOC_CTX *owner, const struct jy_user *user, const char *sql,
	     const struct jy_val *vals, const char **sql_out, const struct jy_val **vals_out)
{
	struct values values = { 0 };
	struct buf out;
	size_t n = 0;

	if (!strstr(sql, MARKER)) {
		*sql_out = sql;
		*vals_out = vals;
		return true;
	}
	while (vals[n].kind != JY_V_EDGE)
		n++;
	values.max = n + MARKERS_MAX;
	values.items = talloc_zero_array(owner, struct jy_val, values.max + 1);
	if (!values.items)
		abort();
	buf_init(&out, owner, SQL_MAX);
	if (!text_expand(user, sql, vals, &out, &values))
		return false;
	*sql_out = out.data;
	*vals_out = values.items;
	return true;
}
