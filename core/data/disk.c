/*
 * disk.c - reads files that the installation itself brings: migrations and reference tables.
 */
#include "data/disk.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/seal.h"

char *
disk_read(TALLOC_CTX *owner, const char *path, size_t max, size_t *n, const char **error)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	const char *wrong = NULL;

	if (!file) {
		*error = talloc_asprintf(owner, "%s：打不开（%s）。请检查安装是否完整。", path,
					 strerror(errno));
		return NULL;
	}
	text = talloc_size(owner, max + 2);
	if (!text)
		abort();
	*n = fread(text, 1, max + 1, file);
	if (ferror(file))
		wrong = "读到一半出错，请检查磁盘";
	else if (*n > max)
		wrong = "太大，不像是本系统的文件";
	else if (memchr(text, '\0', *n))
		wrong = "不是文本文件";
	fclose(file);
	if (wrong) {
		*error = talloc_asprintf(owner, "%s：%s。", path, wrong);
		talloc_free(text);
		return NULL;
	}
	text[*n] = '\0';
	return talloc_realloc(owner, text, char, *n + 1);
}

void
disk_checksum(const void *bytes, size_t n, char out[65])
{
	unsigned char digest[32];

	if (!EVP_Digest(bytes, n, digest, NULL, EVP_sha256(), NULL))
		abort();
	hex_encode(digest, sizeof(digest), out);
}
