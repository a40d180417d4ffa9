/*
 * test_seal.c - the key ring and sealed records: published vectors of SM3 and SM4, tampering, wrong
 * places, rotation, bad files.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/keyring.h"

static char folder[64], path[96];
static TALLOC_CTX *life;

static int
setup(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/jiye-seal-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/keys", folder);
	life = talloc_new(NULL);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	talloc_free(life);
	unlink(path);
	return rmdir(folder);
}

static struct keyring *
keys(const char *suite)
{
	const char *error = "";
	struct keyring *ring;

	if (access(path, F_OK) != 0)
		assert_true(keyring_make(path, &error));
	ring = keyring_read(life, path, suite, &error);
	if (!ring)
		print_error("%s\n", error);
	assert_non_null(ring);
	return ring;
}

static void
from_hex(const char *hex, unsigned char *out)
{
	for (size_t i = 0; hex[2 * i]; i++) {
		unsigned byte;

		assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
		out[i] = (unsigned char)byte;
	}
}

/* GB/T 32905: SM3("abc"); GB/T 32907: SM4 of its own key as text. */
static void
the_algorithms_are_the_standards(void **state)
{
	static const char sm3[] =
	    "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0";
	static const char sm4_key[] = "0123456789abcdeffedcba9876543210";
	static const char sm4_text[] = "681edf34d206965e86b3e94f536e4246";
	unsigned char digest[32], key[16], out[32];
	char hex[65];
	EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
	int n = 0;

	(void)state;
	assert_int_equal(EVP_Digest("abc", 3, digest, NULL, EVP_sm3(), NULL), 1);
	hex_encode(digest, 32, hex);
	assert_string_equal(hex, sm3);
	from_hex(sm4_key, key);
	assert_int_equal(EVP_EncryptInit_ex(cipher, EVP_sm4_ecb(), NULL, key, NULL), 1);
	EVP_CIPHER_CTX_set_padding(cipher, 0);
	assert_int_equal(EVP_EncryptUpdate(cipher, out, &n, key, 16), 1);
	hex_encode(out, 16, hex);
	assert_string_equal(hex, sm4_text);
	EVP_CIPHER_CTX_free(cipher);
}

/* What seal() writes, decrypted by hand: SM4-CTR of exactly the bytes given. */
static void
a_record_is_sm4_ctr(void **state)
{
	struct keyring *ring = keys("sm");
	unsigned char *record, plain[16];
	EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
	size_t n;
	int done = 0;

	(void)state;
	assert_true(seal(ring, life, "people.phone|a", "13800000000", 11, &record, &n));
	assert_int_equal(n, 6 + 16 + 11 + 32);
	assert_int_equal(record[0], 1);
	assert_int_equal(record[1], SUITE_SM);
	assert_int_equal(
	    EVP_DecryptInit_ex(cipher, EVP_sm4_ctr(), NULL, ring->keys[0].sm4, record + 6), 1);
	assert_int_equal(EVP_DecryptUpdate(cipher, plain, &done, record + 22, 11), 1);
	assert_memory_equal(plain, "13800000000", 11);
	EVP_CIPHER_CTX_free(cipher);
}

static void
round_trip(const char *suite)
{
	struct keyring *ring = keys(suite);
	unsigned char *record, *plain, *other;
	char text[300];
	size_t n, plain_n, other_n;
	uint32_t id;

	memset(text, 'x', sizeof(text));
	for (size_t length = 0; length < sizeof(text); length += 13) {
		assert_true(seal(ring, life, "a|1", text, length, &record, &n));
		assert_true(seal(ring, life, "a|1", text, length, &other, &other_n));
		assert_memory_not_equal(record + 6, other + 6, 16); /* a fresh IV each time */
		assert_true(unseal(ring, life, "a|1", record, n, &plain, &plain_n, &id));
		assert_int_equal(plain_n, length);
		assert_memory_equal(plain, text, length);
		assert_int_equal(plain[length], 0);
		assert_int_equal(id, 1);
		assert_false(unseal(ring, life, "a|2", record, n, &plain, &plain_n, NULL));
	}
	for (size_t i = 0; i < n; i++) { /* every byte counts */
		record[i] ^= 1;
		assert_false(unseal(ring, life, "a|1", record, n, &plain, &plain_n, NULL));
		record[i] ^= 1;
	}
	for (size_t cut = 0; cut < n; cut++)
		assert_false(unseal(ring, life, "a|1", record, cut, &plain, &plain_n, NULL));
}

static void
sm_records_open_only_where_they_belong(void **state)
{
	(void)state;
	round_trip("sm");
}

static void
aes_records_open_only_where_they_belong(void **state)
{
	(void)state;
	round_trip("aes");
}

static void
both_suites_stay_readable(void **state)
{
	struct keyring *sm = keys("sm"), *aes = keys("aes");
	unsigned char *record, *plain;
	size_t n, plain_n;

	(void)state;
	assert_true(seal(sm, life, "a", "text", 4, &record, &n));
	assert_true(unseal(aes, life, "a", record, n, &plain, &plain_n, NULL));
	assert_true(seal(aes, life, "a", "text", 4, &record, &n));
	assert_int_equal(record[1], SUITE_AES);
	assert_true(unseal(sm, life, "a", record, n, &plain, &plain_n, NULL));
}

static void
rotation_keeps_the_old(void **state)
{
	struct keyring *before = keys("sm"), *after;
	const char *error = "";
	unsigned char *old, *fresh, *plain, hash[32], again[32];
	size_t old_n, fresh_n, n;
	uint32_t id;
	struct stat st;

	(void)state;
	assert_true(seal(before, life, "a", "old", 3, &old, &old_n));
	keyed_hash(before, "phone", "138", 3, hash);
	assert_true(keyring_rotate(path, &error));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	after = keys("sm");
	assert_int_equal(keyring_current(after), 2);
	assert_true(unseal(after, life, "a", old, old_n, &plain, &n, &id));
	assert_int_equal(id, 1);
	assert_true(seal(after, life, "a", "new", 3, &fresh, &fresh_n));
	assert_true(unseal(after, life, "a", fresh, fresh_n, &plain, &n, &id));
	assert_int_equal(id, 2);
	assert_false(unseal(before, life, "a", fresh, fresh_n, &plain, &n, NULL));
	keyed_hash(after, "phone", "138", 3, again);
	assert_memory_equal(hash, again, 32); /* look-ups go on */
}

static void
hashes_are_keyed_and_separate(void **state)
{
	struct keyring *ring = keys("sm"), *other;
	unsigned char a[32], b[32];
	const char *error = "";

	(void)state;
	keyed_hash(ring, "phone", "138", 3, a);
	keyed_hash(ring, "phone", "139", 3, b);
	assert_memory_not_equal(a, b, 32);
	keyed_hash(ring, "phone1", "38", 2, b); /* the same bytes, split elsewhere */
	assert_memory_not_equal(a, b, 32);
	unlink(path);
	assert_true(keyring_make(path, &error));
	other = keys("sm");
	keyed_hash(other, "phone", "138", 3, b);
	assert_memory_not_equal(a, b, 32);
}

static void
write_file(const char *text, mode_t mode)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	assert_int_equal(chmod(path, mode), 0);
}

static void
refused(const char *why)
{
	const char *error = "";

	if (keyring_read(life, path, "sm", &error))
		fail_msg("not refused: %s", why);
	assert_non_null(strstr(error, path));
	assert_non_null(strstr(error, why));
}

#define KEY "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static void
bad_files_are_refused(void **state)
{
	const char *error = "";

	(void)state;
	refused("没有这个文件");
	write_file("1 " KEY " 2022-01-01\n", 0644);
	refused("chmod 600");
	write_file("", 0600);
	refused("备份");
	write_file("1 " KEY "0 2022-01-01\n", 0600); /* one digit too many */
	refused("损坏");
	write_file("1 zz\n", 0600);
	refused("损坏");
	write_file("2 " KEY " x\n1 " KEY " x\n", 0600);
	refused("损坏");
	write_file("1 " KEY " 2022-01-01\n", 0600);
	assert_non_null(keyring_read(life, path, "sm", &error));
	assert_false(keyring_make(path, &error)); /* never over an old one */
	assert_non_null(strstr(error, "已经存在"));
	talloc_free((void *)(uintptr_t)error);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_algorithms_are_the_standards),
		TEST(a_record_is_sm4_ctr),
		TEST(sm_records_open_only_where_they_belong),
		TEST(aes_records_open_only_where_they_belong),
		TEST(both_suites_stay_readable),
		TEST(rotation_keeps_the_old),
		TEST(hashes_are_keyed_and_separate),
		TEST(bad_files_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
