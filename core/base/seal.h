/*
 * seal.h - encryption of fields, keyed hashes, random numbers, behind one provider.
 *
 * Record: version | suite | key id | iv 16 | ciphertext | tag 32. Suite "sm" is SM4-CTR with HMAC-SM3
 * (encrypt then MAC, separate keys; GB/T 39786), "aes" is AES-256-GCM. The associated data are table,
 * column and the row's uid. The key ring is a file outside the database; old keys stay for reading.
 */
#ifndef CORE_SEAL_H
#define CORE_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <talloc.h>

struct keyring;

/* Reads the key ring; NULL with a sentence (missing, readable by others, damaged). */
struct keyring *keyring_read(TALLOC_CTX *owner, const char *path, const char *suite,
			     const char **error);
/* Makes a new file (mode 0600), or adds a new current key to an existing one (rotation). */
bool keyring_make(const char *path, const char **error);
bool keyring_rotate(const char *path, const char **error);
uint32_t keyring_current(const struct keyring *keys);

bool seal(const struct keyring *keys, TALLOC_CTX *owner, const char *aad, const void *plain,
	  size_t n, unsigned char **out, size_t *out_n);
/* false: damaged, moved to another place, or of an unknown key. key_id may be NULL. */
bool unseal(const struct keyring *keys, TALLOC_CTX *owner, const char *aad, const void *record,
	    size_t n, unsigned char **out, size_t *out_n, uint32_t *key_id);
/* Keyed hash for look-up columns, tokens and the audit chain; purpose separates uses. */
void keyed_hash(const struct keyring *keys, const char *purpose, const void *bytes, size_t n,
		unsigned char out[32]);
void random_bytes(void *into, size_t n); /* getrandom; never fails */
void hex_encode(const void *bytes, size_t n, char *out /* 2n+1 */);

#endif
