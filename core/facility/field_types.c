/*
 * field_types.c - reads what was typed as integer, text, date, number of an identity, money ...
 *
 * Readers are generous in form (full-width digits, blanks and hyphens in telephone numbers, several
 * ways to write a date) and strict in content; each refusal is a sentence that says what to type.
 */
#include "facility/field_types.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "facility/id_rules.h"
#include "facility/references.h"
#include "facility/text.h"

bool
typed_wrong(struct typed *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	t->error = talloc_vasprintf(t->cx->pool, fmt, ap);
	va_end(ap);
	if (!t->error)
		abort();
	return false;
}

static bool
limited(const struct jy_field *f)
{
	return f->min != 0 || f->max != 0;
}

static bool
out_text(struct typed *t, const char *text)
{
	t->out = json_string(text);
	return t->out ? true : typed_wrong(t, "%s里有无法识别的字符，请重新输入。", t->label);
}

/* Without the characters of `drop`, in the plain forms of full-width characters. */
static char *
bare(struct typed *t, const char *drop)
{
	char *s = text_plain(t->cx->pool, t->text), *to = s;

	for (const char *p = s; *p; p++)
		if (!strchr(drop, *p))
			*to++ = *p;
	*to = '\0';
	return s;
}

static bool
type_int(struct typed *t)
{
	const struct jy_field *f = t->field;
	char *s = bare(t, " "), *end;
	long long value;

	errno = 0;
	value = strtoll(s, &end, 10);
	if (end == s || *end || errno)
		return typed_wrong(t, "%s要填整数，例如 %s。", t->label,
				   f->example ? f->example : "12");
	if (limited(f) && (value < f->min || value > f->max)) {
		if (f->max == INT64_MAX)
			return typed_wrong(t, "%s不能小于 %" PRId64 "。", t->label, f->min);
		return typed_wrong(t, "%s要在 %" PRId64 " 到 %" PRId64 " 之间。", t->label, f->min,
				   f->max);
	}
	t->out = json_integer(value);
	return true;
}

static bool
count_fits(struct typed *t, const char *text, int64_t type_max)
{
	const struct jy_field *f = t->field;
	int64_t min = limited(f) ? f->min : 0, max = limited(f) ? f->max : type_max;
	int64_t n = text_chars(text);

	if (n > max)
		return typed_wrong(t,
				   "%s最多 %" PRId64 " 个字，现在有 %" PRId64 " 个，请删短一些。",
				   t->label, max, n);
	if (n < min)
		return typed_wrong(t, "%s至少要 %" PRId64 " 个字，请再补充一些。", t->label, min);
	return true;
}

/* Control characters are never meant; line breaks only where several lines are. */
static bool
type_text(struct typed *t, bool lines, int64_t type_max)
{
	char *s = talloc_strdup(t->cx->pool, t->text), *to = s;

	if (!s)
		abort();
	for (const char *p = s; *p; p++) {
		if (*p == '\r' && lines) {
			if (p[1] != '\n')
				*to++ = '\n';
			continue;
		}
		if ((*p == '\n' || *p == '\r') && !lines)
			return typed_wrong(t, "%s只能写一行，请去掉换行。", t->label);
		if (((unsigned char)*p < 0x20 && *p != '\t' && *p != '\n') || *p == 0x7F ||
		    ((unsigned char)*p == 0xC2 && (unsigned char)p[1] < 0xA0))
			return typed_wrong(t, "%s里有看不见的控制字符，请删掉后重新输入。",
					   t->label);
		*to++ = *p == '\t' && !lines ? ' ' : *p;
	}
	*to = '\0';
	return count_fits(t, s, type_max) && out_text(t, s);
}

static bool
type_bool(struct typed *t)
{
	static const char *const yes[] = { "1", "true", "on", "yes", "是" };
	static const char *const no[] = { "0", "false", "off", "no", "否" };
	const char *s = text_plain(t->cx->pool, t->text);

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		if (!strcasecmp(s, yes[i])) {
			t->out = json_true();
			return true;
		}
		if (!strcasecmp(s, no[i])) {
			t->out = json_false();
			return true;
		}
	}
	return typed_wrong(t, "%s请填“是”或“否”。", t->label);
}

/* "2022-6-25", "2022/06/25", "2022.6.25", "2022年6月25日" or "20220625"; returns what follows. */
static const char *
date_scan(const char *s, int date[3])
{
	static const char *const marks[2][4] = { { "-", "/", ".", "年" }, { "-", "/", ".", "月" } };
	static const int width[3] = { 4, 2, 2 };
	bool tight = strspn(s, "0123456789") == 8;

	for (int part = 0; part < 3; part++) {
		int n = 0, value = 0;

		for (; n < width[part] && isdigit((unsigned char)*s); n++)
			value = value * 10 + (*s++ - '0');
		if (n == 0 || (part == 0 && n != 4))
			return NULL;
		date[part] = value;
		for (int i = 0; part < 2 && !tight; i++) {
			size_t k = i < 4 ? strlen(marks[part][i]) : 0;

			if (i == 4)
				return NULL;
			if (strncmp(s, marks[part][i], k))
				continue;
			s += k;
			break;
		}
	}
	return strncmp(s, "日", strlen("日")) ? s : s + strlen("日");
}

static bool
date_fits(struct typed *t, const int date[3])
{
	const struct jy_field *f = t->field;
	int64_t n = (int64_t)date[0] * 10000 + date[1] * 100 + date[2];

	if (!date_real(date[0], date[1], date[2]) || date[0] < 1900 || date[0] > 2100)
		return typed_wrong(t, "%s不是真实存在的日期，请检查年月日。", t->label);
	if (limited(f) && (n < f->min || n > f->max))
		return typed_wrong(t, "%s要在 %04d-%02d-%02d 到 %04d-%02d-%02d 之间。", t->label,
				   (int)(f->min / 10000), (int)(f->min / 100 % 100),
				   (int)(f->min % 100), (int)(f->max / 10000),
				   (int)(f->max / 100 % 100), (int)(f->max % 100));
	return true;
}

static bool
type_date(struct typed *t)
{
	int d[3];
	const char *rest = date_scan(bare(t, " "), d);

	if (!rest || *rest)
		return typed_wrong(t, "%s请写成 2022-06-25 这样的日期。", t->label);
	if (!date_fits(t, d))
		return false;
	t->out = json_sprintf("%04d-%02d-%02d", d[0], d[1], d[2]);
	return true;
}

static bool
type_datetime(struct typed *t)
{
	int d[3], hour = -1, minute = -1, second = 0, used = 0;
	const char *rest = date_scan(text_plain(t->cx->pool, t->text), d);

	while (rest && (*rest == ' ' || *rest == 'T'))
		rest++;
	if (rest && sscanf(rest, "%2d:%2d%n:%2d%n", &hour, &minute, &used, &second, &used) >= 2)
		rest += used;
	if (!rest || (*rest && *rest != '.') || hour < 0 || hour > 23 || minute < 0 ||
	    minute > 59 || second < 0 || second > 59)
		return typed_wrong(t, "%s请写成 2022-06-25 08:00 这样的日期和时间。", t->label);
	if (!date_fits(t, d))
		return false;
	t->out = json_sprintf("%04d-%02d-%02d %02d:%02d", d[0], d[1], d[2], hour, minute);
	return true;
}

static bool
type_phone(struct typed *t)
{
	const char *s = bare(t, " -()");

	if (!strncmp(s, "+86", 3))
		s += 3;
	else if (!strncmp(s, "86", 2) && strlen(s) == 13)
		s += 2;
	if (strlen(s) != 11 || strspn(s, "0123456789") != 11 || s[0] != '1' || s[1] < '3')
		return typed_wrong(t, "%s要填 11 位大陆手机号码，例如 13800000000。", t->label);
	return out_text(t, s);
}

static bool
type_email(struct typed *t)
{
	static const char local[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    ".!#$%&'*+/=?^_`{|}~-";
	const char *s = bare(t, " "), *at = strchr(s, '@'), *domain = at ? at + 1 : "";
	const char *dot = strrchr(domain, '.');
	size_t n = strlen(s);

	if (n > 120 || !at || at == s || at - s > 64 || strspn(s, local) != (size_t)(at - s) ||
	    !dot || dot == domain || !dot[1] || strstr(s, "..") || *s == '.' || at[-1] == '.' ||
	    strspn(domain, local) != strlen(domain) || strpbrk(domain, "!#$%&'*+/=?^_`{|}~"))
		return typed_wrong(t, "%s要写成 name@example.com 这样的邮箱地址。", t->label);
	return out_text(t, s);
}

static bool
type_url(struct typed *t)
{
	const char *s = t->text, *host = NULL;
	size_t n;

	if (!strncasecmp(s, "https://", 8))
		host = s + 8;
	else if (!strncasecmp(s, "http://", 7))
		host = s + 7;
	n = host ? strcspn(host, "/?#") : 0;
	for (const char *p = s; *p; p++)
		if ((unsigned char)*p <= 0x20 || *p == 0x7F || strchr("<>\"\\", *p))
			n = 0;
	/* A name before the host ("https://bank.cn@elsewhere") only ever misleads. */
	if (n == 0 || n > 255 || memchr(host, '@', n) || host[0] == '.' || host[0] == ':')
		return typed_wrong(t, "%s要写成以 http:// 或 https:// 开头的网址。", t->label);
	return count_fits(t, s, 200) && out_text(t, s);
}

static bool
type_code(struct typed *t)
{
	static const char allowed[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
	const char *s = bare(t, " ");

	if (strspn(s, allowed) != strlen(s))
		return typed_wrong(t, "%s只能用字母、数字、下划线、点和连字符。", t->label);
	return count_fits(t, s, 64) && out_text(t, s);
}

static bool
resident_region(struct typed *t, const char *id)
{
	const struct reference *regions;
	char code[7] = "";

	memcpy(code, id, 6);
	/* 81, 82 and 83 stand for the residence permits of Hong Kong, Macao and Taiwan. */
	if (!strcmp(code, "810000") || !strcmp(code, "820000") || !strcmp(code, "830000"))
		return true;
	if (reference_get(t->cx, "regions", &regions) != JY_OK || regions->count == 0)
		return true; /* no table here: the province was checked */
	return reference_find(regions, code) != NULL;
}

static bool
type_resident_id(struct typed *t)
{
	char *s = bare(t, " ");
	enum id_fault fault;

	for (char *p = s; *p; p++)
		*p = (char)toupper((unsigned char)*p);
	fault = resident_id_check(s);
	if (fault == ID_SHAPE)
		return typed_wrong(t, "%s要填 18 位，前 17 位是数字，最后一位是数字或 X。",
				   t->label);
	if (fault == ID_REGION || !resident_region(t, s))
		return typed_wrong(t, "%s前 6 位不是有效的地区代码，请对照证件检查。", t->label);
	if (fault == ID_DATE)
		return typed_wrong(t, "%s里的出生日期不存在，请对照证件检查第 7 到 14 位。",
				   t->label);
	if (fault == ID_CHECK)
		return typed_wrong(t, "%s的校验码不对，可能有一位输错了，请对照证件检查。",
				   t->label);
	return out_text(t, s);
}

static bool
type_credit_code(struct typed *t)
{
	char *s = bare(t, " -");
	enum id_fault fault;

	for (char *p = s; *p; p++)
		*p = (char)toupper((unsigned char)*p);
	fault = credit_code_check(s);
	if (fault == ID_SHAPE)
		return typed_wrong(
		    t, "%s要填 18 位统一社会信用代码（数字和大写字母，没有 I、O、S、V、Z）。",
		    t->label);
	if (fault != ID_OK)
		return typed_wrong(t, "%s的校验码不对，可能有一位输错了，请对照营业执照检查。",
				   t->label);
	return out_text(t, s);
}

static bool
type_money(struct typed *t)
{
	const struct jy_field *f = t->field;
	const char *s = bare(t, " ,"), *p = s;
	int64_t fen = 0;
	int decimals = 0;

	p += strncmp(p, "¥", strlen("¥")) ? 0 : strlen("¥");
	if (!isdigit((unsigned char)*p) || strspn(p, "0123456789") > 12)
		return typed_wrong(t, "%s要填金额（元），例如 4500 或 4500.50。", t->label);
	for (; isdigit((unsigned char)*p); p++)
		fen = fen * 10 + (*p - '0');
	if (*p == '.')
		for (p++; isdigit((unsigned char)*p) && decimals < 2; p++, decimals++)
			fen = fen * 10 + (*p - '0');
	for (; decimals < 2; decimals++)
		fen *= 10;
	if (isdigit((unsigned char)*p))
		return typed_wrong(t, "%s最多写到分，也就是小数点后两位。", t->label);
	if (*p && strcmp(p, "元"))
		return typed_wrong(t, "%s要填金额（元），例如 4500 或 4500.50。", t->label);
	if (limited(f) && (fen < f->min || fen > f->max))
		return typed_wrong(t, "%s要在 %" PRId64 ".%02d 元到 %" PRId64 ".%02d 元之间。",
				   t->label, f->min / 100, (int)(f->min % 100), f->max / 100,
				   (int)(f->max % 100));
	t->out = json_integer(fen);
	return true;
}

bool
typed_read(struct typed *t)
{
	switch (t->field->type) {
	case JY_INT:
		return type_int(t);
	case JY_TEXT:
		return type_text(t, false, 200);
	case JY_LONG:
		return type_text(t, true, 5000);
	case JY_PASSWORD:
		return count_fits(t, t->text, 256) && out_text(t, t->text);
	case JY_BOOL:
		return type_bool(t);
	case JY_DATE:
		return type_date(t);
	case JY_DATETIME:
		return type_datetime(t);
	case JY_CHOICE:
		return typed_choice(t);
	case JY_CHOICES:
		return typed_choices(t);
	case JY_PHONE:
		return type_phone(t);
	case JY_EMAIL:
		return type_email(t);
	case JY_URL:
		return type_url(t);
	case JY_RESIDENT_ID:
		return type_resident_id(t);
	case JY_CREDIT_CODE:
		return type_credit_code(t);
	case JY_MONEY:
		return type_money(t);
	case JY_CODE:
		return type_code(t);
	case JY_FILE:
		return typed_wrong(t, "%s要作为文件上传，请用网页表单选择文件。", t->label);
	}
	return typed_wrong(t, "%s没有可用的类型。", t->label);
}
