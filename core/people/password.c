/*
 * password.c - Argon2id by libsodium, and what makes a password too weak.
 *
 * The hash carries its parameters, so raising them needs no migration: sign-in re-hashes. A failed
 * check computes both sets of parameters, so its time tells neither whether the account exists nor
 * whether it is a member of staff. Rules follow ASVS 6.2: length and known words, no composition.
 */
#include "people/password.h"

#include <ctype.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB        (1024UL * 1024UL)
#define WORD_MAX   20
#define LEFT_OVER  6 /* characters beside own words that do not make a password */
#define DECORATION 4 /* characters before or after a known word that do not make it better */

struct policy {
	unsigned long passes;
	size_t memory;
};
static const struct policy everybody = { 2, 19 * MIB };
static const struct policy staff_policy = { 3, 64 * MIB };

/* Sorted by bytes; one fixed width, so that the table needs no relocation in any process. */
static const char common[][WORD_MAX] = {
#include "people/common_passwords.txt"
};
static const char *const own_words[] = { "jilin", "jiye", "96885", "jiuye", "changchun", NULL };

static const struct policy *
policy_of(bool staff)
{
	return staff ? &staff_policy : &everybody;
}

const char *
password_hash(struct jy_ctx *cx, const char *password, bool staff)
{
	char *out = jy_alloc(cx, crypto_pwhash_STRBYTES);
	const struct policy *policy = policy_of(staff);

	if (crypto_pwhash_str_alg(out, password, strlen(password), policy->passes, policy->memory,
				  crypto_pwhash_ALG_ARGON2ID13) != 0)
		abort(); /* no memory: the worker is replaced */
	return out;
}

static bool
parameters(const char *hash, struct policy *out)
{
	unsigned long memory, passes;

	if (sscanf(hash, "$argon2id$v=19$m=%lu,t=%lu,", &memory, &passes) != 2)
		return false;
	*out = (struct policy){ passes, memory * 1024 };
	return true;
}

/* Spends what a check under this policy costs. */
static void
spend(const struct policy *policy, const char *password)
{
	static const unsigned char salt[crypto_pwhash_SALTBYTES] = { 0 };
	unsigned char out[32];

	if (crypto_pwhash(out, sizeof(out), password, strlen(password), salt, policy->passes,
			  policy->memory, crypto_pwhash_ALG_ARGON2ID13) != 0)
		abort();
}

bool
password_check(const char *hash, const char *password)
{
	struct policy made = { 0, 0 };

	if (hash && parameters(hash, &made) &&
	    crypto_pwhash_str_verify(hash, password, strlen(password)) == 0)
		return true;
	if (made.memory != everybody.memory)
		spend(&everybody, password);
	if (made.memory != staff_policy.memory)
		spend(&staff_policy, password);
	return false;
}

bool
password_outdated(const char *hash, bool staff)
{
	const struct policy *policy = policy_of(staff);
	struct policy made;

	return !parameters(hash, &made) || made.memory < policy->memory ||
	       made.passes < policy->passes;
}

static size_t
characters(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xC0) != 0x80;
	return n;
}

static int
compare_word(const void *key, const void *word)
{
	return strcmp(key, word);
}

static bool
is_common(const char *text)
{
	return *text && strlen(text) < WORD_MAX &&
	       bsearch(text, common, sizeof(common) / sizeof(common[0]), WORD_MAX, compare_word);
}

/* A known word before or after a number that many love ("woaini5201314", "123456abc"). */
static bool
is_loved_number(struct jy_ctx *cx, const char *low)
{
	static const char *const numbers[] = {
		"12345",   "54321",   "123456",  "654321",   "123123",    "123321",     "520520",
		"521521",  "111111",  "666666",  "888888",   "1234567",   "5201314",    "1314520",
		"7758521", "7758258", "@123456", "12345678", "123456789", "1234567890", NULL
	};
	size_t n = strlen(low), i;

	for (i = 0; numbers[i]; i++) {
		size_t k = strlen(numbers[i]);

		if (k >= n)
			continue;
		if (strcmp(low + n - k, numbers[i]) == 0 &&
		    is_common(jy_printf(cx, "%.*s", (int)(n - k), low)))
			return true;
		if (strncmp(low, numbers[i], k) == 0 && is_common(low + k))
			return true;
	}
	return false;
}

/* "password" as it is, and with a few digits or signs around it ("password12", "2022password!"). */
static bool
is_decorated_common(struct jy_ctx *cx, const char *low)
{
	size_t n = strlen(low), head = 0, tail = 0;

	if (is_common(low) || is_loved_number(cx, low))
		return true;
	while (head < n && !isalpha((unsigned char)low[head]))
		head++;
	while (tail < n - head && !isalpha((unsigned char)low[n - 1 - tail]))
		tail++;
	return head <= DECORATION && tail <= DECORATION &&
	       is_common(jy_printf(cx, "%.*s", (int)(n - head - tail), low + head));
}

/* Dates, phone and QQ numbers: whoever knows the person knows them. */
static bool
is_short_number(const char *low)
{
	return strlen(low) < 12 && low[strspn(low, "0123456789")] == 0;
}

/* Every step from one character to the next is the same ("11111111", "12345678", "hgfedcba"), or a
 * short piece is repeated ("abcabcabc"). */
static bool
is_regular(const char *low)
{
	size_t n = strlen(low), i, period;

	for (i = 2; i < n && low[i] - low[i - 1] == low[1] - low[0]; i++)
		;
	if (i == n && abs(low[1] - low[0]) <= 1)
		return true;
	for (period = 1; period <= 4 && period * 2 <= n; period++) {
		for (i = period; i < n && low[i] == low[i - period]; i++)
			;
		if (i == n)
			return true;
	}
	return false;
}

/* A run along the keyboard's rows or columns, forwards or backwards, over the whole password. */
static bool
is_keyboard_walk(const char *low)
{
	static const char *const runs[] = { "1234567890-=",
					    "qwertyuiop[]",
					    "asdfghjkl;'",
					    "zxcvbnm,./",
					    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.",
					    "q1w2e3r4t5y6u7i8o9p0",
					    "1q2w3e4r5t6y7u8i9o0p",
					    "qazwsxedcrfvtgbyhnujmikolp",
					    NULL };
	size_t n = strlen(low), at = 0;
	int i;

	while (at < n) { /* pieces of at least 4 characters, each a run */
		size_t best = 0;

		for (i = 0; runs[i]; i++) {
			const char *p = strchr(runs[i], low[at]);
			size_t forward = 0, backward = 0;

			if (!p)
				continue;
			while (p[forward] && p[forward] == low[at + forward])
				forward++;
			while (backward <= (size_t)(p - runs[i]) && low[at + backward] &&
			       *(p - backward) == low[at + backward])
				backward++;
			best = forward > best ? forward : best;
			best = backward > best ? backward : best;
		}
		if (best < 4 && !(at > 0 && best == n - at))
			return false;
		at += best;
	}
	return n > 0;
}

/* Takes every occurrence of a word out; short words would hit by chance. */
static void
cut_word(char *low, const char *word)
{
	size_t n = strlen(word), i;
	char *small = talloc_strdup(low, word), *at;

	if (!small)
		abort();
	for (i = 0; i < n; i++)
		small[i] = (char)tolower((unsigned char)small[i]);
	while (n >= 4 && (at = strstr(low, small)))
		memmove(at, at + n, strlen(at + n) + 1);
	talloc_free(small);
}

/* Without the words that anybody would try first, hardly anything is left. */
static bool
is_own(struct jy_ctx *cx, const char *low, const char *const *own)
{
	char *left = jy_printf(cx, "%s", low);
	size_t i;

	for (i = 0; own && own[i]; i++)
		cut_word(left, own[i]);
	for (i = 0; own_words[i]; i++)
		cut_word(left, own_words[i]);
	return strlen(left) < strlen(low) && strlen(left) <= LEFT_OVER;
}

const char *
password_refused(struct jy_ctx *cx, const char *password, bool staff, const char *const *own)
{
	size_t least = staff ? 12 : 8, i;
	char *low;

	if (characters(password) < least)
		return jy_printf(cx, "密码至少要 %zu 个字符，请换一个更长的密码。", least);
	if (strlen(password) > PASSWORD_MAX)
		return "密码太长，请控制在 300 个字符以内。";
	low = jy_printf(cx, "%s", password);
	for (i = 0; low[i]; i++)
		low[i] = (char)tolower((unsigned char)low[i]);
	if (is_short_number(low))
		return "只有数字的密码容易被猜到，请加上字母，或改用更长的一句话。";
	if (is_decorated_common(cx, low) || is_regular(low) || is_keyboard_walk(low))
		return "这个密码太常见，容易被猜到，请换一个别人想不到的密码。";
	if (is_own(cx, low, own))
		return "密码里主要是您的姓名、登录名、手机号、生日或本系统的名称，请换一个。";
	return NULL;
}
