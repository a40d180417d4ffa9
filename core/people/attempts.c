/*
 * attempts.c - how often somebody may be wrong: a delay that grows, never a lock.
 *
 * An attempt is counted before its outcome is known, so parallel guesses gain nothing, and taken
 * back when it was right. A browser that has signed in before proves it with a cookie and is
 * counted by itself: a stranger who guesses at an account slows down strangers, not its owner.
 * Addresses come last and are generous, because a whole campus may sit behind one.
 */
#include "people/accounts.h"

#include <sodium.h>
#include <string.h>
#include "base/seal.h"
#include "people/ratelimit.h"
#include "people/session.h"
#include "web/request.h"

#define DEVICE_SECONDS (180 * 24 * 3600)
#define NONCE_CHARS    22 /* base64url of 16 bytes */
#define MAC_CHARS      43

static const struct tier {
	int burst;
	int64_t period_ms;
} tiers[] = { { 5, 10 * 1000 }, { 10, 60 * 1000 }, { 20, 300 * 1000 } };
#define TIERS (sizeof(tiers) / sizeof(tiers[0]))
static const struct tier address_tier = { 300, 200 }, everybody_tier = { 1000, 50 };

static const char *
device_mac(struct jy_ctx *cx, int64_t account, const char *nonce)
{
	const char *text = jy_printf(cx, "%" PRId64 "|%.*s", account, NONCE_CHARS, nonce);
	char *out = jy_alloc(cx, MAC_CHARS + 1);
	unsigned char mac[32];

	keyed_hash(cx->core->keys, "device", text, strlen(text), mac);
	sodium_bin2base64(out, MAC_CHARS + 1, mac, sizeof(mac),
			  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	return out;
}

/* The nonce of a browser that this account has signed in with, or NULL. */
static const char *
device_known(struct jy_ctx *cx, int64_t account)
{
	const char *cookie = session_cookie_read(cx, "jiye_device");

	if (!account || !cookie || strlen(cookie) != NONCE_CHARS + 1 + MAC_CHARS)
		return NULL;
	if (sodium_memcmp(cookie + NONCE_CHARS + 1, device_mac(cx, account, cookie), MAC_CHARS))
		return NULL;
	return jy_printf(cx, "%.*s", NONCE_CHARS, cookie);
}

void
device_remember(struct jy_ctx *cx, struct jy_view *view, int64_t account)
{
	unsigned char raw[16];
	char nonce[NONCE_CHARS + 1];

	if (device_known(cx, account))
		return;
	random_bytes(raw, sizeof(raw));
	sodium_bin2base64(nonce, sizeof(nonce), raw, sizeof(raw),
			  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	session_cookie(cx, view, "jiye_device",
		       jy_printf(cx, "%s.%s", nonce, device_mac(cx, account, nonce)),
		       DEVICE_SECONDS);
}

struct keys {
	const char *own, *address; /* address NULL: not counted */
};

static struct keys
keys_of(struct jy_ctx *cx, const struct attempt *attempt)
{
	const char *device = device_known(cx, attempt->account);
	struct keys keys = { NULL, NULL };

	if (!device)
		keys.address = cx->request && cx->request->remote ? cx->request->remote : "";
	if (attempt->account)
		keys.own = jy_printf(cx, "%s|%" PRId64 "|%s", attempt->what, attempt->account,
				     device ? device : "");
	else
		keys.own = jy_printf(cx, "%s|?%s", attempt->what, attempt->who);
	return keys;
}

static int64_t
count(struct board *board, const char *what, const char *key, const struct tier *tier)
{
	return ratelimit(board, what, key, strlen(key), tier->burst, tier->period_ms);
}

int64_t
attempt_count(struct jy_ctx *cx, const struct attempt *attempt)
{
	static const char *const names[TIERS] = { "own.0", "own.1", "own.2" };
	struct keys keys = keys_of(cx, attempt);
	int64_t wait = 0;
	size_t i;

	for (i = 0; i < TIERS && wait == 0; i++)
		wait = count(cx->core->board, names[i], keys.own, &tiers[i]);
	if (wait == 0 && keys.address)
		wait = count(cx->core->board, "address", keys.address, &address_tier);
	if (wait == 0 && keys.address)
		wait = count(cx->core->board, "everybody", "", &everybody_tier);
	if (wait > 0)
		jy_log(cx, "attempt.slowed", "%s account=%" PRId64 " wait_ms=%" PRId64,
		       attempt->what, attempt->account, wait);
	return (wait + 999) / 1000;
}

void
attempt_forgive(struct jy_ctx *cx, const struct attempt *attempt)
{
	static const char *const names[TIERS] = { "own.0", "own.1", "own.2" };
	struct keys keys = keys_of(cx, attempt);
	struct board *board = cx->core->board;
	size_t i;

	for (i = 0; i < TIERS; i++)
		ratelimit_return(board, names[i], keys.own, strlen(keys.own), tiers[i].period_ms);
	if (!keys.address)
		return;
	ratelimit_return(board, "address", keys.address, strlen(keys.address),
			 address_tier.period_ms);
	ratelimit_return(board, "everybody", "", 0, everybody_tier.period_ms);
}
