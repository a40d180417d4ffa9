/*
 * checks_contact.c - ways to lead an applicant away from where anybody can look: private mail,
 * private messengers, telephone numbers that are written so that no machine should find them.
 */
#include "checks.h"

#include <string.h>

#define PHONE_DIGITS 11
#define GAP_MAX      2 /* blanks and marks between two digits of one number */

/* --- Mail --- */

static const char *const free_mail[] = { "qq.com",      "163.com",     "126.com",    "foxmail.com",
					 "sina.com",    "sina.cn",     "sohu.com",   "gmail.com",
					 "outlook.com", "hotmail.com", "yeah.net",   "139.com",
					 "189.cn",      "aliyun.com",  "icloud.com", "tom.com",
					 "vip.qq.com",  "live.com",    "21cn.com",   NULL };

static size_t
domain_length(const char *at)
{
	size_t n = strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789.-");

	while (n > 0 && (at[n - 1] == '.' || at[n - 1] == '-'))
		n--;
	return n;
}

/* Is the domain the website's, or above or below it? "hr.firm.cn" fits "https://www.firm.cn/". */
static bool
of_website(const char *domain, size_t n, const char *website)
{
	char folded[CHECKS_TEXT_MAX];
	const char *host = folded;
	size_t m, less;

	check_fold(website, folded);
	if (strstr(host, "://"))
		host = strstr(host, "://") + 3;
	if (strncmp(host, "www.", 4) == 0)
		host += 4;
	m = domain_length(host);
	less = n < m ? n : m;
	return less > 0 && memcmp(domain + n - less, host + m - less, less) == 0 &&
	       (n == m || (n > m ? domain[n - m - 1] : host[m - n - 1]) == '.');
}

static void
read_mail(struct checks *c, const char *text, const char *website)
{
	const char *at;
	size_t n, i;
	bool is_free;

	for (at = strchr(text, '@'); at; at = strchr(at + 1, '@')) {
		char quote[80] = "";

		n = domain_length(at + 1);
		if (n < 4 || n >= sizeof(quote) - 1 || !memchr(at + 1, '.', n))
			continue;
		memcpy(quote, at, n + 1);
		quote[n + 1] = '\0';
		for (i = 0, is_free = false; free_mail[i]; i++)
			is_free = is_free || (strlen(free_mail[i]) == n &&
					      memcmp(at + 1, free_mail[i], n) == 0);
		if (*website ? of_website(at + 1, n, website) : !is_free)
			continue;
		check_add(c, "mail", *website ? CHECK_WARN : CHECK_NOTE,
			  *website ? "邮箱不在本单位网站的域名下，请改用单位邮箱，或说明原因。"
				   : "使用个人邮箱，请核对是不是单位的联系人。",
			  quote);
	}
}

/* --- Messengers --- */

/* A name of its own, or part of another word ("微信公众号", "微信小程序运营")? */
static const char *
account_after(const char *at)
{
	static const char *const links[] = { "号", "同号", "联系", "添加", "是", "为",
					     ":",  "(",    "群",   "加",   NULL };
	size_t i;

	for (i = 0; links[i];) {
		size_t n = strlen(links[i]);

		if (strncmp(at, links[i], n) == 0) {
			at += n;
			i = 0;
		} else {
			i++;
		}
	}
	return at;
}

static void
read_messengers(struct checks *c, const char *text)
{
	static const char *const names[] = { "微信",     "v信",    "威信", "薇信",   "weixin",
					     "wechat",   "vx",     "加v",  "加我v",  "qq",
					     "扣扣",     "企鹅号", "蝙蝠", "纸飞机", "telegram",
					     "whatsapp", NULL };
	static const char *const asks[] = { "加微信", "加我微信", "加vx", "加v信", "加qq", NULL };
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";
	const char *at, *account;
	size_t i;

	for (i = 0; names[i]; i++)
		for (at = strstr(text, names[i]); at; at = strstr(at + 1, names[i])) {
			account = account_after(at + strlen(names[i]));
			if (*account != '.' && strspn(account, letters) >= 5)
				check_add(c, "messenger", CHECK_WARN,
					  "留了私人聊天号，请改留单位的公开电话或邮箱。", names[i]);
		}
	for (i = 0; asks[i]; i++)
		if (strstr(text, asks[i]))
			check_add(c, "messenger", CHECK_WARN,
				  "要求加私人聊天号，请改留单位的公开电话或邮箱。", asks[i]);
}

/* --- Telephone numbers --- */

/* 0-9, or -1. *plain stays only for figures as everybody types them. */
static int
digit_of(uint32_t c, bool inside, bool *plain)
{
	static const uint32_t characters[][3] = {
		{ 0x96f6, 0x3007, 0x25cb }, /* 零〇○ */
		{ 0x4e00, 0x58f9, 0x5e7a }, /* 一壹幺 */
		{ 0x4e8c, 0x8d30, 0x8cb3 }, /* 二贰貳 */
		{ 0x4e09, 0x53c1, 0x53c4 }, /* 三叁叄 */
		{ 0x56db, 0x8086, 0x8086 }, /* 四肆 */
		{ 0x4e94, 0x4f0d, 0x4f0d }, /* 五伍 */
		{ 0x516d, 0x9646, 0x9678 }, /* 六陆陸 */
		{ 0x4e03, 0x67d2, 0x67d2 }, /* 七柒 */
		{ 0x516b, 0x634c, 0x634c }, /* 八捌 */
		{ 0x4e5d, 0x7396, 0x7396 }, /* 九玖 */
	};
	int i, k;

	if ((c >= '0' && c <= '9') || (c >= 0xff10 && c <= 0xff19))
		return (int)(c >= 0xff10 ? c - 0xff10 : c - '0');
	*plain = false;
	if (c >= 0x2460 && c <= 0x2468)
		return (int)(c - 0x2460) + 1; /* ① */
	if (c >= 0x2776 && c <= 0x277e)
		return (int)(c - 0x2776) + 1; /* ❶ */
	if (c == 0x24ea)
		return 0;
	for (i = 0; i < 10; i++)
		for (k = 0; k < 3; k++)
			if (characters[i][k] == c)
				return i;
	if (inside && (c == 'o' || c == 'O'))
		return 0;
	return inside && (c == 'l' || c == 'I') ? 1 : -1;
}

static bool
is_gap(uint32_t c)
{
	return c == ' ' || c == '-' || c == '.' || c == '*' || c == '_' || c == '/' ||
	       c == 0x3000 || c == 0xb7 || c == 0x2014 || c == 0x2013 || c == 0x3001 ||
	       c == 0x20e3 || c == 0xfe0f || c == 0x200b;
}

/* Digits from `at` on that belong together; *end is where they end. */
static int
read_number(const char *at, int *digits, int *gaps, bool *plain, const char **end)
{
	int count = 0, gap = 0, digit;

	*gaps = 0;
	*plain = true;
	for (*end = at; *at;) {
		bool still = *plain;
		uint32_t c = check_next(&at);

		digit = digit_of(c, count > 0, &still);
		if (digit >= 0) {
			*gaps += gap > 0;
			*plain = still;
			gap = 0;
			if (count < PHONE_DIGITS)
				digits[count] = digit;
			count++;
			*end = at;
		} else if (!is_gap(c) || count == 0 || ++gap > GAP_MAX) {
			break;
		}
	}
	return count;
}

static void
read_phones(struct checks *c, const char *text, bool as_contact)
{
	int digits[PHONE_DIGITS], gaps, count;
	const char *at = text, *end;
	bool plain;

	while (*at) {
		count = read_number(at, digits, &gaps, &plain, &end);
		/* 138-0000-0000 is plain, 1 3 8 0 ... is not. */
		if (count == PHONE_DIGITS && digits[0] == 1 && digits[1] >= 3 &&
		    strncmp(end, "元", 3) != 0 && strncmp(end, "万", 3) != 0) {
			if (!plain || gaps > 3)
				check_add(
				    c, "phone_hidden", CHECK_STOP,
				    "电话号码用变形的写法隐藏，请用普通数字写在“联系方式”里。",
				    NULL);
			else if (!as_contact)
				check_add(
				    c, "phone_text", CHECK_NOTE,
				    "正文里有电话号码，应写在“联系方式”里，请核对是不是单位的。",
				    NULL);
		}
		if (count > 0)
			at = end;
		else
			check_next(&at);
	}
}

void
check_contact(struct checks *c, const char *text, const char *website, bool as_contact)
{
	char folded[CHECKS_TEXT_MAX];

	check_fold(text, folded);
	read_mail(c, folded, website);
	read_messengers(c, folded);
	read_phones(c, text, as_contact);
}
