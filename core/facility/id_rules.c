/*
 * id_rules.c - resident ID numbers (GB 11643) and unified social credit codes (GB 32100).
 *
 * Pure functions over text, so that the standards' own examples can be their tests.
 */
#include "facility/id_rules.h"

#include <string.h>
#include <time.h>

bool
date_real(int year, int month, int day)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1)
		return false;
	return day <= days[month - 1] + (month == 2 && leap);
}

/* Digits only, so the callers check the shape first. */
static int
number(const char *s, int n)
{
	int value = 0;

	while (n-- > 0)
		value = value * 10 + (*s++ - '0');
	return value;
}

static int
today(void)
{
	time_t now = time(NULL) + 8 * 3600; /* Beijing */
	struct tm tm;

	gmtime_r(&now, &tm);
	return (tm.tm_year + 1900) * 10000 + (tm.tm_mon + 1) * 100 + tm.tm_mday;
}

static bool
province_exists(int two)
{
	static const char known[] =
	    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 "
	    "50 51 52 53 54 61 62 63 64 65 71 81 82 83";

	for (const char *p = known; *p; p += p[2] ? 3 : 2)
		if (number(p, 2) == two)
			return true;
	return false;
}

enum id_fault
resident_id_check(const char *id)
{
	static const int weights[] = { 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2 };
	int sum = 0, year, month, day;

	if (strlen(id) != 18 || strspn(id, "0123456789") < 17 || !strchr("0123456789X", id[17]))
		return ID_SHAPE;
	for (int i = 0; i < 17; i++)
		sum += (id[i] - '0') * weights[i];
	if (!province_exists(number(id, 2)))
		return ID_REGION;
	year = number(id + 6, 4);
	month = number(id + 10, 2);
	day = number(id + 12, 2);
	if (year < 1850 || !date_real(year, month, day) ||
	    year * 10000 + month * 100 + day > today())
		return ID_DATE;
	return id[17] == "10X98765432"[sum % 11] ? ID_OK : ID_CHECK;
}

enum id_fault
credit_code_check(const char *code)
{
	static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
	int sum = 0, weight = 1;

	if (strlen(code) != 18 || strspn(code, alphabet) != 18 ||
	    strspn(code + 2, "0123456789") < 6)
		return ID_SHAPE;
	for (int i = 0; i < 17; i++) {
		sum += (int)(strchr(alphabet, code[i]) - alphabet) * weight;
		weight = weight * 3 % 31;
	}
	return code[17] == alphabet[(31 - sum % 31) % 31] ? ID_OK : ID_CHECK;
}
