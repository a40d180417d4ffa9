/*
 * feed_dates.c - dates as feeds write them, about twenty spellings, as ISO 8601.
 *
 * One reader with a cursor: an optional weekday (which may be wrong and is not believed), a date in
 * one of four orders, an optional time, an optional zone. Day stands before month where both could
 * be, as in every feed seen; CST is China's, as Java writes it on Chinese servers.
 */
#include "feed.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define BEIJING 480 /* minutes */

struct moment {
	int year, month, day, hour, minute, second;
	int zone; /* minutes east */
	bool timed;
};

static bool
word(const char **at, const char *what)
{
	size_t n = strlen(what);

	if (strncasecmp(*at, what, n))
		return false;
	*at += n;
	return true;
}

static void
blanks(const char **at)
{
	while (**at == ' ' || **at == '\t' || **at == '\n' || **at == '\r' || **at == ',')
		(*at)++;
}

/* At most max digits; -1: none. digits says how many. */
static int
number(const char **at, int max, int *digits)
{
	int value = 0;

	*digits = 0;
	while (*digits < max && isdigit((unsigned char)**at)) {
		value = value * 10 + *(*at)++ - '0';
		(*digits)++;
	}
	return *digits ? value : -1;
}

static int
month_name(const char **at)
{
	static const char *const names[] = { "jan", "feb", "mar", "apr", "may", "jun",
					     "jul", "aug", "sep", "oct", "nov", "dec" };

	for (int i = 0; i < 12; i++)
		if (word(at, names[i])) {
			while (isalpha((unsigned char)**at) || **at == '.')
				(*at)++;
			return i + 1;
		}
	return 0;
}

/* "Tue, ", "Tuesday ": letters that are no month. */
static void
weekday(const char **at)
{
	static const char *const days[] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };

	for (int i = 0; i < 7; i++)
		if (word(at, days[i])) {
			while (isalpha((unsigned char)**at))
				(*at)++;
			break;
		}
	blanks(at);
}

static bool
separator(const char **at)
{
	static const char *const signs[] = { "-", "/", ".", "年", "月", " ", "\xc2\xa0" };

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (word(at, signs[i])) {
			blanks(at);
			return true;
		}
	return false;
}

static int
full_year(int year, int digits)
{
	return digits == 2 ? 2000 + year : digits == 4 ? year : -1;
}

/* "8 March 2022", "08-Mar-22" behind the day; "8th" too. */
static bool
named_month(const char **at, struct moment *m)
{
	int digits;

	if (!word(at, "st") && !word(at, "nd") && !word(at, "rd"))
		word(at, "th");
	while (**at == ' ' || **at == '-' || **at == '.' || **at == ',' || **at == '/')
		(*at)++;
	m->month = month_name(at);
	if (!m->month)
		return false;
	while (**at == ' ' || **at == '-' || **at == ',' || **at == '/')
		(*at)++;
	m->year = number(at, 4, &digits);
	m->year = full_year(m->year, digits);
	return true;
}

/* "March 8, 2022", "Mar 08 09:30:00 CST 2022": the year may come after the time. */
static bool
month_first(const char **at, struct moment *m)
{
	int digits;
	const char *before;

	m->month = month_name(at);
	if (!m->month)
		return false;
	blanks(at);
	m->day = number(at, 2, &digits);
	if (!word(at, "st") && !word(at, "nd") && !word(at, "rd"))
		word(at, "th");
	blanks(at);
	before = *at;
	m->year = number(at, 4, &digits);
	if (digits != 4) {
		*at = before;
		m->year = 0;
	}
	return true;
}

static bool
date(const char **at, struct moment *m)
{
	int a, digits, later;

	weekday(at);
	if (isalpha((unsigned char)**at))
		return month_first(at, m);
	a = number(at, 4, &digits);
	if (digits == 4) {
		m->year = a;
		if (!separator(at))
			return false;
		m->month = number(at, 2, &digits);
		if (!separator(at))
			return false;
		m->day = number(at, 2, &digits);
		word(at, "日");
		word(at, "号");
		return true;
	}
	if (digits == 0 || digits > 2)
		return false;
	m->day = a;
	if (!**at || !strchr("-/.", **at) || !isdigit((unsigned char)(*at)[1]))
		return named_month(at, m);
	(*at)++;
	m->month = number(at, 2, &digits);
	if (!separator(at))
		return false;
	a = number(at, 4, &later);
	m->year = full_year(a, later);
	if (m->month > 12 && m->day <= 12) { /* month first, beyond doubt */
		a = m->day;
		m->day = m->month;
		m->month = a;
	}
	return true;
}

static void
clock_read(const char **at, struct moment *m)
{
	const char *before = *at;
	bool afternoon = false, morning = false;
	int digits;

	if (**at == 'T' || **at == 't')
		(*at)++;
	blanks(at);
	morning = word(at, "上午");
	afternoon = !morning && word(at, "下午");
	m->hour = number(at, 2, &digits);
	if (m->hour < 0 ||
	    (!word(at, ":") && !word(at, "时") && !word(at, "点") && !word(at, "："))) {
		*at = before;
		m->hour = 0;
		return;
	}
	m->timed = true;
	m->minute = number(at, 2, &digits);
	m->minute = m->minute < 0 ? 0 : m->minute;
	word(at, "分");
	if (word(at, ":"))
		m->second = number(at, 2, &digits);
	else if (isdigit((unsigned char)**at))
		m->second = number(at, 2, &digits);
	word(at, "秒");
	if (**at == '.' || **at == ',')
		for ((*at)++; isdigit((unsigned char)**at);)
			(*at)++;
	blanks(at);
	afternoon = word(at, "pm") || afternoon;
	morning = (!afternoon && word(at, "am")) || morning;
	if (afternoon && m->hour < 12)
		m->hour += 12;
	if (morning && m->hour == 12)
		m->hour = 0;
}

/* "+0100", "+01:00", "+01". */
static bool
offset(const char **at, struct moment *m)
{
	int sign = **at == '-' ? -1 : 1, hours, minutes = 0, digits;

	(*at)++;
	hours = number(at, 2, &digits);
	if (hours < 0 || hours > 14)
		return false;
	word(at, ":");
	if (isdigit((unsigned char)**at))
		minutes = number(at, 2, &digits);
	m->zone = sign * (hours * 60 + minutes);
	return minutes < 60;
}

static bool
zone(const char **at, struct moment *m)
{
	static const struct {
		const char *name;
		int minutes;
	} names[] = {
		{ "GMT", 0 },    { "UTC", 0 },    { "UT", 0 },     { "CST", BEIJING },
		{ "CEST", 120 }, { "CET", 60 },   { "BST", 60 },   { "EST", -300 },
		{ "EDT", -240 }, { "CDT", -300 }, { "MST", -420 }, { "MDT", -360 },
		{ "PST", -480 }, { "PDT", -420 }, { "JST", 540 },  { "KST", 540 },
		{ "Z", 0 },
	};

	blanks(at);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (word(at, names[i].name)) {
			m->zone = names[i].minutes;
			break;
		}
	if ((**at == '+' || **at == '-') && isdigit((unsigned char)(*at)[1]) && !offset(at, m))
		return false;
	blanks(at);
	if (**at == '[' || **at == '(') /* "[Asia/Shanghai]", "(CST)" */
		*at += strlen(*at);
	return true;
}

static bool
write_out(const struct moment *m, char out[32])
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (m->year % 4 == 0 && m->year % 100 != 0) || m->year % 400 == 0;
	struct tm tm = { 0 };
	time_t t;

	if (m->year < 1970 || m->year > 2200 || m->month < 1 || m->month > 12 || m->day < 1 ||
	    m->day > days[m->month - 1] + (m->month == 2 && leap) || m->hour < 0 || m->hour > 24 ||
	    m->minute < 0 || m->minute > 59 || m->second < 0 || m->second > 60)
		return false;
	if (!m->timed) {
		snprintf(out, 32, "%04d-%02d-%02d", m->year, m->month, m->day);
		return true;
	}
	tm = (struct tm){ .tm_year = m->year - 1900,
			  .tm_mon = m->month - 1,
			  .tm_mday = m->day,
			  .tm_hour = m->hour,
			  .tm_min = m->minute,
			  .tm_sec = m->second };
	t = timegm(&tm) + (BEIJING - m->zone) * 60;
	gmtime_r(&t, &tm);
	strftime(out, 32, "%Y-%m-%dT%H:%M:%S+08:00", &tm);
	return true;
}

/* Nothing but digits: seconds or milliseconds since 1970, or a date written close. */
static bool
digits_only(const char *text, size_t n, char out[32])
{
	struct moment m = { .zone = BEIJING };
	int got;

	if (n == 10 || n == 13) {
		int64_t t = strtoll(text, NULL, 10) / (n == 13 ? 1000 : 1);

		struct tm tm;

		t += BEIJING * 60;
		gmtime_r(&(time_t){ t }, &tm);
		strftime(out, 32, "%Y-%m-%dT%H:%M:%S+08:00", &tm);
		return true;
	}
	if (n != 8 && n != 12 && n != 14)
		return false;
	m.year = number(&text, 4, &got);
	m.month = number(&text, 2, &got);
	m.day = number(&text, 2, &got);
	m.timed = n > 8;
	if (n > 8) {
		m.hour = number(&text, 2, &got);
		m.minute = number(&text, 2, &got);
		m.second = n == 14 ? number(&text, 2, &got) : 0;
	}
	return write_out(&m, out);
}

bool
feed_date(const char *text, char out[32])
{
	struct moment m = { .zone = BEIJING };
	size_t plain;
	int digits;

	blanks(&text);
	plain = strspn(text, "0123456789");
	if (plain >= 8 && strspn(text + plain, " \t\r\n") == strlen(text + plain))
		return digits_only(text, plain, out);
	if (!date(&text, &m))
		return false;
	clock_read(&text, &m);
	if (!zone(&text, &m))
		return false;
	if (m.year == 0) { /* "Tue Mar 08 09:30:00 CST 2022" */
		m.year = number(&text, 4, &digits);
		blanks(&text);
	}
	return *text == '\0' && write_out(&m, out);
}
