/* keyring.h - what keyring.c reads and seal.c uses; nobody else includes it. */
#ifndef CORE_KEYRING_H
#define CORE_KEYRING_H

#include <openssl/evp.h>
#include "base/seal.h"

#define KEYRING_MAX 64

enum suite { SUITE_SM = 1, SUITE_AES = 2 };

/* One line of the file, with the keys that are derived from it: no two uses share a key. */
struct key {
	uint32_t id;
	unsigned char master[32];
	unsigned char sm4[16], mac[32], aes[32];
};

struct keyring {
	enum suite suite;
	size_t count;
	struct key keys[KEYRING_MAX]; /* by id; the last one seals, all of them open */
	unsigned char hash_key[32];   /* of the first key: look-up hashes survive a rotation */
	EVP_CIPHER *sm4_ctr, *aes_gcm;
	EVP_MAC *hmac;
};

struct piece { /* a MAC's input in parts */
	const void *bytes;
	size_t n;
};
/* HMAC-SM3 over the pieces; each is preceded by its length, so that they cannot be shifted. */
void hmac_sm3(const struct keyring *keys, const unsigned char key[32], const struct piece *pieces,
	      size_t count, unsigned char out[32]);

#endif
