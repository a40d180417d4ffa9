/*
 * keyring.c - the file of keys: reading, making, rotating.
 *
 * A line is "id hexkey created". Sub-keys for each use are derived here once, by HMAC-SM3 with the
 * use's name. The file lives outside the database and its backups, is 0600, and is replaced by
 * rename, so that a crash leaves the old one or the new one. The key ring wipes itself when freed.
 */
#include "base/keyring.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FILE_MAX 16384

static char *
sentence(TALLOC_CTX *owner, const char *path, const char *text)
{
	char *made = talloc_asprintf(owner, "密钥文件 %s：%s", path, text);

	if (!made)
		abort();
	return made;
}

static int
keyring_wipe(struct keyring *keys)
{
	EVP_CIPHER_free(keys->sm4_ctr);
	EVP_CIPHER_free(keys->aes_gcm);
	EVP_MAC_free(keys->hmac);
	OPENSSL_cleanse(keys, sizeof(*keys));
	return 0;
}

static bool
hex_decode(const char *hex, unsigned char *out, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned byte;
		char pair[3] = { hex[2 * i], hex[2 * i + 1], '\0' };

		if (strspn(pair, "0123456789abcdef") != 2 || sscanf(pair, "%2x", &byte) != 1)
			return false;
		out[i] = (unsigned char)byte;
	}
	return true;
}

static void
derive(const struct keyring *keys, const unsigned char master[32], const char *use,
       unsigned char *out, size_t n)
{
	struct piece pieces[] = { { "jiye", 4 }, { use, strlen(use) } };
	unsigned char made[32];

	hmac_sm3(keys, master, pieces, 2, made);
	memcpy(out, made, n);
	OPENSSL_cleanse(made, sizeof(made));
}

static bool
key_line(struct keyring *keys, const char *line)
{
	struct key *key = &keys->keys[keys->count];
	char hex[66]; /* one more than a key: a longer one is seen */
	uint32_t id;

	if (sscanf(line, "%" SCNu32 " %65[0-9a-f]", &id, hex) != 2 || strlen(hex) != 64)
		return false;
	if (keys->count == KEYRING_MAX || id == 0)
		return false;
	if (keys->count > 0 && id <= keys->keys[keys->count - 1].id)
		return false;
	key->id = id;
	if (!hex_decode(hex, key->master, 32))
		return false;
	OPENSSL_cleanse(hex, sizeof(hex));
	derive(keys, key->master, "sm4-ctr", key->sm4, sizeof(key->sm4));
	derive(keys, key->master, "hmac-sm3", key->mac, sizeof(key->mac));
	derive(keys, key->master, "aes-256-gcm", key->aes, sizeof(key->aes));
	if (keys->count++ == 0)
		derive(keys, key->master, "hash", keys->hash_key, sizeof(keys->hash_key));
	return true;
}

/* The file's text into a buffer of FILE_MAX, or a sentence. */
static const char *
file_text(const char *path, char *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	ssize_t n = -1;

	if (fd < 0)
		return errno == ENOENT
			   ? "没有这个文件。请运行 jiyectl keys make 生成，或从备份恢复。"
			   : "打不开。请检查路径和权限（不能是符号链接）。";
	if (fstat(fd, &st) == 0 && (st.st_mode & 077) != 0) {
		close(fd);
		return "别的用户也能读。请运行 chmod 600 后再启动。";
	}
	n = read(fd, text, FILE_MAX - 1);
	close(fd);
	if (n <= 0 || n == FILE_MAX - 1)
		return "是空的或者太大。请从备份恢复。";
	text[n] = '\0';
	return NULL;
}

static bool
keyring_parse(struct keyring *keys, char *text)
{
	char *rest = text, *line;

	while ((line = strsep(&rest, "\n")) != NULL)
		if (*line && *line != '#' && !key_line(keys, line))
			return false;
	return keys->count > 0;
}

struct keyring *
keyring_read(TALLOC_CTX *owner, const char *path, const char *suite, const char **error)
{
	char text[FILE_MAX];
	const char *wrong = file_text(path, text);
	struct keyring *keys;

	if (wrong) {
		*error = sentence(owner, path, wrong);
		return NULL;
	}
	keys = talloc_zero(owner, struct keyring);
	if (!keys)
		abort();
	talloc_set_destructor(keys, keyring_wipe);
	keys->suite = suite && strcmp(suite, "aes") == 0 ? SUITE_AES : SUITE_SM;
	keys->sm4_ctr = EVP_CIPHER_fetch(NULL, "SM4-CTR", NULL);
	keys->aes_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	keys->hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	if (!keys->sm4_ctr || !keys->aes_gcm || !keys->hmac)
		wrong = "这台机器的 OpenSSL 没有 SM4 或 SM3。请安装发行版自带的 OpenSSL 3。";
	else if (!keyring_parse(keys, text))
		wrong = "内容损坏（每行应为“编号 64 位十六进制 日期”，编号递增）。请从备份恢复。";
	OPENSSL_cleanse(text, sizeof(text));
	if (wrong) {
		*error = sentence(owner, path, wrong);
		talloc_free(keys);
		return NULL;
	}
	return keys;
}

uint32_t
keyring_current(const struct keyring *keys)
{
	return keys->keys[keys->count - 1].id;
}

static size_t
new_line(uint32_t id, char *out, size_t max)
{
	unsigned char key[32];
	char hex[65], date[16];
	time_t now = time(NULL);
	struct tm tm;
	int n;

	random_bytes(key, sizeof(key));
	hex_encode(key, sizeof(key), hex);
	strftime(date, sizeof(date), "%Y-%m-%d", localtime_r(&now, &tm));
	n = snprintf(out, max, "%" PRIu32 " %s %s\n", id, hex, date);
	OPENSSL_cleanse(key, sizeof(key));
	OPENSSL_cleanse(hex, sizeof(hex));
	return n > 0 && (size_t)n < max ? (size_t)n : 0;
}

static bool
write_synced(int fd, const char *text, size_t n)
{
	ssize_t put = write(fd, text, n);
	bool fine = put == (ssize_t)n && fsync(fd) == 0;

	return close(fd) == 0 && fine;
}

bool
keyring_make(const char *path, const char **error)
{
	char text[160];
	size_t n = new_line(1, text, sizeof(text));
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool fine;

	if (fd < 0) {
		*error = sentence(NULL, path,
				  errno == EEXIST ? "已经存在，不会覆盖：覆盖后旧数据无法解密。要换"
						    "钥请用 jiyectl keys rotate。"
						  : "写不了。请检查目录和权限。");
		return false;
	}
	fine = write_synced(fd, text, n);
	OPENSSL_cleanse(text, sizeof(text));
	if (!fine) {
		unlink(path);
		*error = sentence(NULL, path, "没有写完（磁盘满？）。请腾出空间后重试。");
	}
	return fine;
}

bool
keyring_rotate(const char *path, const char **error)
{
	struct keyring *keys = keyring_read(NULL, path, "sm", error);
	char *next, text[FILE_MAX];
	size_t n;
	int fd;
	bool fine = false;

	if (!keys)
		return false;
	if (keys->count == KEYRING_MAX || file_text(path, text)) {
		*error = sentence(NULL, path, "钥匙太多或读不了，不能再加。");
		talloc_free(keys);
		return false;
	}
	n = strlen(text);
	if (text[n - 1] != '\n')
		text[n++] = '\n';
	next = talloc_asprintf(keys, "%s.new", path);
	n += new_line(keyring_current(keys) + 1, text + n, sizeof(text) - n);
	fd = next ? open(next, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
	if (fd >= 0)
		fine = write_synced(fd, text, n) && rename(next, path) == 0;
	if (!fine)
		*error = sentence(NULL, path, "新文件写不了（同目录里若有 .new 文件请先删除）。");
	OPENSSL_cleanse(text, sizeof(text));
	talloc_free(keys);
	return fine;
}
