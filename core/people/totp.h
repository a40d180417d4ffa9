/* totp.h - time-based one-time passwords: RFC 6238 with SHA-1, 30 s steps, six digits. */
#ifndef CORE_TOTP_H
#define CORE_TOTP_H

#include "ctx.h"

#define TOTP_SECRET 20 /* bytes */
#define TOTP_STEP   30 /* seconds */

/* The code of one time step, 0 .. 999999. */
int totp_code(const unsigned char *secret, size_t n, int64_t step);
/* Finds the step (this one, the one before or after) whose code was typed, newer than `last`: each
 * step counts once. 0: none. now is Unix seconds. */
int64_t totp_match(const unsigned char secret[TOTP_SECRET], const char *typed, int64_t now,
		   int64_t last);
const char *totp_base32(struct jy_ctx *cx, const unsigned char *secret, size_t n);
bool totp_unbase32(const char *text, unsigned char secret[TOTP_SECRET]);
/* otpauth://totp/... for an authenticator app; the same as a QR code, an SVG image in a data URI.
 */
const char *totp_uri(struct jy_ctx *cx, const unsigned char secret[TOTP_SECRET], const char *issuer,
		     const char *account);
const char *totp_qr(struct jy_ctx *cx, const char *uri);

#endif
