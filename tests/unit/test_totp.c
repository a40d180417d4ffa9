/*
 * test_totp.c - the second factor against RFC 4226 and RFC 6238, its window, and its secret as
 * text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "people/totp.h"

static const unsigned char secret[] = "12345678901234567890"; /* of both RFCs */
static struct jy_ctx *cx;

static void
counters_of_rfc_4226(void **state)
{
	static const int codes[] = { 755224, 287082, 359152, 969429, 338314,
				     254676, 287922, 162583, 399871, 520489 };

	(void)state;
	for (int i = 0; i < 10; i++)
		assert_int_equal(totp_code(secret, TOTP_SECRET, i), codes[i]);
}

static void
times_of_rfc_6238(void **state)
{
	/* The RFC prints eight digits; six are their end. */
	static const struct {
		int64_t at;
		int code;
	} known[] = { { 59, 94287082 % 1000000 },         { 1111111109, 7081804 % 1000000 },
		      { 1111111111, 14050471 % 1000000 }, { 1234567890, 89005924 % 1000000 },
		      { 2000000000, 69279037 % 1000000 }, { 20000000000, 65353130 % 1000000 } };

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		assert_int_equal(totp_code(secret, TOTP_SECRET, known[i].at / TOTP_STEP),
				 known[i].code);
}

static void
one_step_either_way_and_each_once(void **state)
{
	const int64_t now = 1234567890, step = now / TOTP_STEP;
	char code[8];

	(void)state;
	for (int64_t i = -2; i <= 2; i++) {
		snprintf(code, sizeof(code), "%06d", totp_code(secret, TOTP_SECRET, step + i));
		assert_int_equal(totp_match(secret, code, now, 0),
				 i >= -1 && i <= 1 ? step + i : 0);
		assert_int_equal(totp_match(secret, code, now, step + i), 0);
	}
	assert_int_equal(totp_match(secret, "", now, 0), 0);
	assert_int_equal(totp_match(secret, "5924", now, 0), 0);
	assert_int_equal(totp_match(secret, "0059240", now, 0), 0);
}

static void
base32_there_and_back(void **state)
{
	unsigned char back[TOTP_SECRET];
	const char *text = totp_base32(cx, secret, TOTP_SECRET);

	(void)state;
	assert_string_equal(text, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
	assert_true(totp_unbase32(text, back));
	assert_memory_equal(back, secret, TOTP_SECRET);
	assert_false(totp_unbase32("GEZDGNBV", back));
	assert_false(totp_unbase32("gezdgnbvgy3tqojqgezdgnbvgy3tqojq", back));
	assert_false(totp_unbase32("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZD", back));
}

static void
the_address_names_everything(void **state)
{
	const char *uri = totp_uri(cx, secret, "就业 & co", "li.si");

	(void)state;
	assert_string_equal(uri, "otpauth://totp/%E5%B0%B1%E4%B8%9A%20%26%20co:li.si?secret="
				 "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=%E5%B0%B1%E4%B8%9A%20%26"
				 "%20co&algorithm=SHA1&digits=6&period=30");
	assert_int_equal(strncmp(totp_qr(cx, uri), "data:image/svg+xml;base64,PHN2ZyB4", 34), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counters_of_rfc_4226),
		cmocka_unit_test(times_of_rfc_6238),
		cmocka_unit_test(one_step_either_way_and_each_once),
		cmocka_unit_test(base32_there_and_back),
		cmocka_unit_test(the_address_names_everything),
	};
	int failed;

	cx = ctx_new(NULL, NULL, "test");
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	talloc_free(cx);
	return failed;
}
