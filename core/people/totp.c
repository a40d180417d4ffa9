/*
 * totp.c - the second factor: RFC 6238, and the QR code by which an authenticator app learns it.
 *
 * SHA-1 and 30 seconds are what every app understands. The secret is kept sealed in accounts.totp
 * as base32 text; the last step used is stored beside it, so that a code seen by others is worth
 * nothing.
 */
#include "people/totp.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <qrencode.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/buf.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

int
totp_code(const unsigned char *secret, size_t n, int64_t step)
{
	unsigned char counter[8], mac[EVP_MAX_MD_SIZE];
	unsigned int size = 0, at;
	uint32_t value;
	int i;

	for (i = 7; i >= 0; i--, step >>= 8)
		counter[i] = (unsigned char)step;
	if (!HMAC(EVP_sha1(), secret, (int)n, counter, sizeof(counter), mac, &size) || size != 20)
		abort();
	at = mac[19] & 15U;
	value = ((uint32_t)mac[at] & 127U) << 24 | (uint32_t)mac[at + 1] << 16 |
		(uint32_t)mac[at + 2] << 8 | mac[at + 3];
	return (int)(value % 1000000);
}

int64_t
totp_match(const unsigned char secret[TOTP_SECRET], const char *typed, int64_t now, int64_t last)
{
	int64_t step = now / TOTP_STEP, found = 0, i;
	char right[8];

	if (strlen(typed) != 6)
		return 0;
	for (i = step - 1; i <= step + 1; i++) {
		snprintf(right, sizeof(right), "%06d", totp_code(secret, TOTP_SECRET, i));
		if (sodium_memcmp(right, typed, 6) == 0 && i > last && !found)
			found = i;
	}
	return found;
}

const char *
totp_base32(struct jy_ctx *cx, const unsigned char *secret, size_t n)
{
	char *text = jy_alloc(cx, (n * 8 + 4) / 5 + 1);
	size_t bit, k = 0;

	for (bit = 0; bit < n * 8; bit += 5) {
		unsigned two = (unsigned)secret[bit / 8] << 8;

		if (bit / 8 + 1 < n)
			two |= secret[bit / 8 + 1];
		text[k++] = alphabet[(two >> (11 - bit % 8)) & 31U];
	}
	return text;
}

bool
totp_unbase32(const char *text, unsigned char secret[TOTP_SECRET])
{
	unsigned window = 0;
	size_t bits = 0, n = 0;

	for (; *text; text++) {
		const char *p = strchr(alphabet, *text);

		if (!p || n == TOTP_SECRET)
			return false;
		window = (window << 5 | (unsigned)(p - alphabet)) & 0xFFFU;
		bits += 5;
		if (bits >= 8) {
			bits -= 8;
			secret[n++] = (unsigned char)(window >> bits);
		}
	}
	return n == TOTP_SECRET;
}

/* Percent-encodes for a URI component. */
static const char *
escaped(struct jy_ctx *cx, const char *text)
{
	char *out = jy_alloc(cx, strlen(text) * 3 + 1);
	size_t k = 0;

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		    strchr("-._~", c))
			out[k++] = (char)c;
		else
			k += (size_t)snprintf(out + k, 4, "%%%02X", c);
	}
	return out;
}

const char *
totp_uri(struct jy_ctx *cx, const unsigned char secret[TOTP_SECRET], const char *issuer,
	 const char *account)
{
	const char *by = escaped(cx, issuer);

	return jy_printf(
	    cx, "otpauth://totp/%s:%s?secret=%s&issuer=%s&algorithm=SHA1&digits=6&period=30", by,
	    escaped(cx, account), totp_base32(cx, secret, TOTP_SECRET), by);
}

const char *
totp_qr(struct jy_ctx *cx, const char *uri)
{
	QRcode *code = QRcode_encodeString8bit(uri, 0, QR_ECLEVEL_M);
	struct buf svg;
	size_t size;
	char *base64;
	int x, y;

	if (!code)
		return "";
	buf_init(&svg, cx, 256 * 1024);
	buf_printf(&svg,
		   "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"-4 -4 %d %d\" "
		   "shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M-4-4h%dv%dh-%dz\"/>"
		   "<path d=\"",
		   code->width + 8, code->width + 8, code->width + 8, code->width + 8,
		   code->width + 8);
	for (y = 0; y < code->width; y++)
		for (x = 0; x < code->width; x++)
			if (code->data[y * code->width + x] & 1)
				buf_printf(&svg, "M%d %dh1v1h-1z", x, y);
	buf_text(&svg, "\"/></svg>");
	QRcode_free(code);
	size = sodium_base64_ENCODED_LEN(svg.len, sodium_base64_VARIANT_ORIGINAL);
	base64 = jy_alloc(cx, size);
	sodium_bin2base64(base64, size, (unsigned char *)svg.data, svg.len,
			  sodium_base64_VARIANT_ORIGINAL);
	return jy_printf(cx, "data:image/svg+xml;base64,%s", base64);
}
