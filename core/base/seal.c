/*
 * seal.c - sealing with SM4-CTR + HMAC-SM3 or AES-256-GCM, keyed hashes and random bytes.
 *
 * The header of a record (version, suite, key id) is authenticated together with the place where it
 * belongs, so a record that is moved to another row, or claims another key, does not open. Both
 * suites are always readable; the setting only decides what new records use. A failure of the
 * cryptographic library itself stops the process: going on would store plain or unreadable data.
 */
#include "base/seal.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/keyring.h"

#define VERSION   1
#define HEAD      6 /* version, suite, key id */
#define IV        16
#define SM_TAG    32
#define AES_TAG   16
#define PLAIN_MAX ((size_t)64 * 1024 * 1024)

static void
must(bool fine)
{
	if (!fine)
		abort();
}

void
hmac_sm3(const struct keyring *keys, const unsigned char key[32], const struct piece *pieces,
	 size_t count, unsigned char out[32])
{
	EVP_MAC_CTX *mac = EVP_MAC_CTX_new(keys->hmac);
	OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
								 (char[]){ "SM3" }, 0),
				OSSL_PARAM_construct_end() };
	size_t n = 0;

	must(mac && EVP_MAC_init(mac, key, 32, params) == 1);
	for (size_t i = 0; i < count; i++) {
		uint64_t size = pieces[i].n;
		unsigned char length[8];

		for (int k = 0; k < 8; k++)
			length[k] = (unsigned char)(size >> (56 - 8 * k));
		must(EVP_MAC_update(mac, length, sizeof(length)) == 1);
		must(EVP_MAC_update(mac, pieces[i].bytes, pieces[i].n) == 1);
	}
	must(EVP_MAC_final(mac, out, &n, 32) == 1 && n == 32);
	EVP_MAC_CTX_free(mac);
}

static const struct key *
key_find(const struct keyring *keys, uint32_t id)
{
	for (size_t i = 0; i < keys->count; i++)
		if (keys->keys[i].id == id)
			return &keys->keys[i];
	return NULL;
}

/* CTR is its own inverse: the same call seals and opens. */
static void
sm4_ctr(const struct keyring *keys, const struct key *key, const unsigned char *iv,
	const unsigned char *in, size_t n, unsigned char *out)
{
	EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
	int done = 0;

	must(cipher && EVP_EncryptInit_ex2(cipher, keys->sm4_ctr, key->sm4, iv, NULL) == 1);
	must(EVP_EncryptUpdate(cipher, out, &done, in, (int)n) == 1 && (size_t)done == n);
	EVP_CIPHER_CTX_free(cipher);
}

static void
sm_tag(const struct keyring *keys, const struct key *key, const char *aad,
       const unsigned char *record, size_t n, unsigned char tag[SM_TAG])
{
	struct piece pieces[] = { { aad, strlen(aad) }, { record, n } };

	hmac_sm3(keys, key->mac, pieces, 2, tag);
}

static EVP_CIPHER_CTX *
aes_begin(const struct keyring *keys, const struct key *key, const char *aad,
	  const unsigned char *record, int encrypt)
{
	EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
	int done = 0;

	must(cipher && EVP_CipherInit_ex2(cipher, keys->aes_gcm, NULL, NULL, encrypt, NULL) == 1);
	must(EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_IVLEN, IV, NULL) == 1);
	must(EVP_CipherInit_ex2(cipher, NULL, key->aes, record + HEAD, encrypt, NULL) == 1);
	must(EVP_CipherUpdate(cipher, NULL, &done, record, HEAD) == 1);
	must(EVP_CipherUpdate(cipher, NULL, &done, (const unsigned char *)aad, (int)strlen(aad)) ==
	     1);
	return cipher;
}

static void
aes_seal(const struct keyring *keys, const struct key *key, const char *aad, const void *plain,
	 size_t n, unsigned char *record)
{
	EVP_CIPHER_CTX *cipher = aes_begin(keys, key, aad, record, 1);
	unsigned char *text = record + HEAD + IV;
	int done = 0;

	must(EVP_EncryptUpdate(cipher, text, &done, plain, (int)n) == 1);
	must(EVP_EncryptFinal_ex(cipher, text + n, &done) == 1);
	must(EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, AES_TAG, text + n) == 1);
	EVP_CIPHER_CTX_free(cipher);
}

static bool
aes_open(const struct keyring *keys, const struct key *key, const char *aad,
	 const unsigned char *record, size_t n, unsigned char *plain)
{
	EVP_CIPHER_CTX *cipher = aes_begin(keys, key, aad, record, 0);
	const unsigned char *text = record + HEAD + IV;
	unsigned char tag[AES_TAG];
	int done = 0;
	bool fine;

	memcpy(tag, text + n, AES_TAG);
	must(EVP_DecryptUpdate(cipher, plain, &done, text, (int)n) == 1);
	must(EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, AES_TAG, tag) == 1);
	fine = EVP_DecryptFinal_ex(cipher, plain + n, &done) == 1;
	EVP_CIPHER_CTX_free(cipher);
	return fine;
}

bool
seal(const struct keyring *keys, TALLOC_CTX *owner, const char *aad, const void *plain, size_t n,
     unsigned char **out, size_t *out_n)
{
	const struct key *key = &keys->keys[keys->count - 1];
	size_t tag = keys->suite == SUITE_SM ? SM_TAG : AES_TAG;
	unsigned char *record;

	if (n > PLAIN_MAX)
		return false;
	record = talloc_size(owner, HEAD + IV + n + tag);
	must(record != NULL);
	record[0] = VERSION;
	record[1] = (unsigned char)keys->suite;
	for (int i = 0; i < 4; i++)
		record[2 + i] = (unsigned char)(key->id >> (24 - 8 * i));
	random_bytes(record + HEAD, IV);
	if (keys->suite == SUITE_SM) {
		sm4_ctr(keys, key, record + HEAD, plain, n, record + HEAD + IV);
		sm_tag(keys, key, aad, record, HEAD + IV + n, record + HEAD + IV + n);
	} else {
		aes_seal(keys, key, aad, plain, n, record);
	}
	*out = record;
	*out_n = HEAD + IV + n + tag;
	return true;
}

static bool
sm_open(const struct keyring *keys, const struct key *key, const char *aad,
	const unsigned char *record, size_t n, unsigned char *plain)
{
	unsigned char tag[SM_TAG];

	sm_tag(keys, key, aad, record, HEAD + IV + n, tag);
	if (CRYPTO_memcmp(tag, record + HEAD + IV + n, SM_TAG) != 0)
		return false;
	sm4_ctr(keys, key, record + HEAD, record + HEAD + IV, n, plain);
	return true;
}

bool
unseal(const struct keyring *keys, TALLOC_CTX *owner, const char *aad, const void *sealed, size_t n,
       unsigned char **out, size_t *out_n, uint32_t *key_id)
{
	const unsigned char *record = sealed;
	const struct key *key;
	unsigned char *plain;
	size_t tag;
	bool fine;

	if (n < HEAD || record[0] != VERSION || (record[1] != SUITE_SM && record[1] != SUITE_AES))
		return false;
	tag = record[1] == SUITE_SM ? SM_TAG : AES_TAG;
	if (n < HEAD + IV + tag || n > PLAIN_MAX)
		return false;
	key = key_find(keys, (uint32_t)record[2] << 24 | (uint32_t)record[3] << 16 |
				 (uint32_t)record[4] << 8 | record[5]);
	if (!key)
		return false;
	n -= HEAD + IV + tag;
	plain = talloc_size(owner, n + 1); /* the NUL is for callers that sealed a text */
	must(plain != NULL);
	fine = record[1] == SUITE_SM ? sm_open(keys, key, aad, record, n, plain)
				     : aes_open(keys, key, aad, record, n, plain);
	if (!fine) {
		talloc_free(plain);
		return false;
	}
	plain[n] = '\0';
	*out = plain;
	*out_n = n;
	if (key_id)
		*key_id = key->id;
	return true;
}

void
keyed_hash(const struct keyring *keys, const char *purpose, const void *bytes, size_t n,
	   unsigned char out[32])
{
	struct piece pieces[] = { { purpose, strlen(purpose) }, { bytes, n } };

	hmac_sm3(keys, keys->hash_key, pieces, 2, out);
}

void
random_bytes(void *into, size_t n)
{
	unsigned char *at = into;

	while (n > 0) {
		ssize_t got = getrandom(at, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		must(got > 0);
		at += got;
		n -= (size_t)got;
	}
}

void
hex_encode(const void *bytes, size_t n, char *out)
{
	const unsigned char *from = bytes;

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = "0123456789abcdef"[from[i] >> 4];
		out[2 * i + 1] = "0123456789abcdef"[from[i] & 15];
	}
	out[2 * n] = '\0';
}
