/*
 * pay.c - reads pay as Chinese vacancies write it.
 *
 * A number with 千, k, 万 or nothing, a second one after a dash, a period (月 by default, 年, 天 or
 * 日, 时), and how many months are paid. A unit behind the second number holds for the first as
 * well ("1-2万").
 */
#include "jobs.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define WORK_DAYS  21.75 /* paid days of a month by national rule */
#define WORK_HOURS 174.0 /* paid hours of a month */

static double
unit_at(const char **at)
{
	if (strncmp(*at, "千", 3) == 0 || **at == 'k' || **at == 'K') {
		*at += **at == 'k' || **at == 'K' ? 1 : 3;
		return 1000;
	}
	if (strncmp(*at, "万", 3) == 0 || **at == 'w' || **at == 'W') {
		*at += **at == 'w' || **at == 'W' ? 1 : 3;
		return 10000;
	}
	return 0;
}

static const char *
skip_dash(const char *at)
{
	static const char *const dashes[] = { "-", "~", "—", "–", "至", "到", "～", "－", NULL };
	size_t i;

	while (*at == ' ')
		at++;
	if (strncmp(at, "元", 3) == 0)
		at += 3;
	for (i = 0; dashes[i]; i++)
		if (strncmp(at, dashes[i], strlen(dashes[i])) == 0)
			return at + strlen(dashes[i]);
	return NULL;
}

/* Yuan of one period, per month. */
static double
period_factor(const char *rest)
{
	if (strstr(rest, "年") && !strstr(rest, "年终"))
		return 1.0 / 12;
	if (strstr(rest, "天") || strstr(rest, "日"))
		return WORK_DAYS;
	if (strstr(rest, "时"))
		return WORK_HOURS;
	return 1;
}

static int
months_of(const char *text)
{
	const char *mark = strstr(text, "薪");
	int months;

	if (!mark)
		return 12;
	while (mark > text && isdigit((unsigned char)mark[-1]))
		mark--;
	months = (int)strtol(mark, NULL, 10);
	return months >= 12 && months <= 24 ? months : 12;
}

bool
jobs_pay_read(const char *text, struct jobs_pay *out)
{
	const char *at = text + strcspn(text, "0123456789"), *next;
	double low, high, low_unit, high_unit = 0, factor;
	char *end;

	*out = (struct jobs_pay){ .months = 12 };
	if (strstr(text, "面议") || strstr(text, "面谈")) {
		out->negotiable = true;
		return true;
	}
	if (!*at || strstr(at, "次") || strstr(at, "单") || strstr(at, "件"))
		return false; /* paid by the piece: no sum of a month */
	low = high = strtod(at, &end);
	at = end;
	low_unit = unit_at(&at);
	next = skip_dash(at);
	if (next && isdigit((unsigned char)*next)) {
		high = strtod(next, &end);
		at = end;
		high_unit = unit_at(&at);
		if (!low_unit)
			low_unit = high_unit;
		if (!high_unit)
			high_unit = low_unit;
	} else {
		high_unit = low_unit;
	}
	factor = period_factor(at) * 100;
	out->low = (int64_t)(low * (low_unit ? low_unit : 1) * factor + 0.5);
	out->high = (int64_t)(high * (high_unit ? high_unit : 1) * factor + 0.5);
	out->months = months_of(text);
	if (strstr(text, "以下") && !next)
		out->low = 0;
	if (strstr(text, "以上") && !next)
		out->high = 0;
	return out->high >= out->low || out->high == 0;
}
