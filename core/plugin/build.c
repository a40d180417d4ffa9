/*
 * build.c - the files of a plugin on the disk.
 *
 * A build is named by what is in it, so two builds with the same name are the same, and a damaged
 * one is found out. Everything is synced before the rename that makes it visible.
 */
#include "plugin/build.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const folders[] = { "feeds", "sql", "templates" };
#define FOLDERS (sizeof(folders) / sizeof(folders[0]))

static bool
path_add(TALLOC_CTX *owner, struct build_files *files, const char *folder, const char *name)
{
	if (files->count == BUILD_FILES_MAX)
		return false;
	files->paths[files->count] =
	    folder ? talloc_asprintf(owner, "%s/%s", folder, name) : talloc_strdup(owner, name);
	if (!files->paths[files->count++])
		abort();
	return true;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool
folder_list(TALLOC_CTX *owner, const char *dir, const char *folder, struct build_files *out,
	    const char **error)
{
	char *path = talloc_asprintf(owner, "%s/%s", dir, folder);
	DIR *d = opendir(path);
	bool ok = true;

	for (struct dirent *e; ok && d && (e = readdir(d));) {
		struct stat st;
		size_t n = strlen(e->d_name);

		if (e->d_name[0] == '.' || e->d_name[n - 1] == '~' ||
		    fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISREG(st.st_mode))
			continue;
		ok = path_add(owner, out, folder, e->d_name);
	}
	if (d)
		closedir(d);
	if (!ok)
		*error = talloc_asprintf(owner, "文件夹 %s 里的文件太多，一个插件最多 %d 个文件。",
					 path, BUILD_FILES_MAX);
	talloc_free(path);
	return ok;
}

bool
build_list(TALLOC_CTX *owner, const char *dir, const char *name, struct build_files *out,
	   const char **error)
{
	char *so = talloc_asprintf(owner, "%s.so", name);
	char *path = talloc_asprintf(owner, "%s/%s", dir, so);
	bool there = access(path, R_OK) == 0;

	out->paths = talloc_zero_array(owner, char *, BUILD_FILES_MAX);
	out->count = 0;
	if (!out->paths)
		abort();
	if (!there)
		*error =
		    talloc_asprintf(owner, "找不到或不能读取文件 %s，请先构建这个插件。", path);
	talloc_free(path);
	if (!there || !path_add(owner, out, NULL, so))
		return false;
	for (size_t i = 0; i < FOLDERS; i++)
		if (!folder_list(owner, dir, folders[i], out, error))
			return false;
	qsort(out->paths, out->count, sizeof(*out->paths), by_text);
	return true;
}

/* The whole file below owner; NULL with a sentence. */
static char *
file_bytes(TALLOC_CTX *owner, const char *path, size_t *n, const char **error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *bytes = NULL;
	ssize_t got = -1;

	if (fd >= 0 && fstat(fd, &st) == 0 && (size_t)st.st_size <= BUILD_BYTES_MAX) {
		bytes = talloc_size(owner, (size_t)st.st_size + 1);
		if (!bytes)
			abort();
		got = read(fd, bytes, (size_t)st.st_size);
	}
	if (fd >= 0)
		close(fd);
	if (got < 0 || got != st.st_size) {
		*error = talloc_asprintf(owner, "不能读取文件 %s（%s），请检查权限和大小。", path,
					 strerror(errno));
		return NULL;
	}
	*n = (size_t)got;
	return bytes;
}

bool
build_hash(TALLOC_CTX *owner, const char *dir, const struct build_files *files, char hex[65],
	   const char **error)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	unsigned char digest[32];
	bool ok = md && EVP_DigestInit_ex(md, EVP_sha256(), NULL);

	for (size_t i = 0; ok && i < files->count; i++) {
		char *path = talloc_asprintf(owner, "%s/%s", dir, files->paths[i]);
		size_t n = 0;
		char *bytes = file_bytes(owner, path, &n, error);
		uint64_t size = n;

		/* Name with its NUL, then the size: no two lists of files read alike. */
		ok = bytes && EVP_DigestUpdate(md, files->paths[i], strlen(files->paths[i]) + 1) &&
		     EVP_DigestUpdate(md, &size, sizeof(size)) && EVP_DigestUpdate(md, bytes, n);
		talloc_free(bytes);
		talloc_free(path);
	}
	if (ok && EVP_DigestFinal_ex(md, digest, NULL))
		for (size_t i = 0; i < sizeof(digest); i++) {
			hex[2 * i] = "0123456789abcdef"[digest[i] >> 4];
			hex[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
		}
	hex[64] = '\0';
	EVP_MD_CTX_free(md);
	return ok;
}

bool
folder_sync(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	return ok;
}

bool
file_write(TALLOC_CTX *owner, const char *path, const void *bytes, size_t n, const char **error)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	bool ok = fd >= 0;

	for (size_t done = 0; ok && done < n;) {
		ssize_t k = write(fd, (const char *)bytes + done, n - done);

		ok = k > 0;
		done += ok ? (size_t)k : 0;
	}
	ok = ok && fsync(fd) == 0;
	if (!ok)
		*error = talloc_asprintf(owner, "不能写入文件 %s（%s），请检查权限和剩余空间。",
					 path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return ok;
}

bool
build_copy(TALLOC_CTX *owner, const char *dir, const struct build_files *files, const char *to,
	   const char **error)
{
	bool ok = true;

	for (size_t i = 0; ok && i < files->count; i++) {
		char *from = talloc_asprintf(owner, "%s/%s", dir, files->paths[i]);
		char *into = talloc_asprintf(owner, "%s/%s", to, files->paths[i]);
		char *slash = strchr(into + strlen(to) + 1, '/');
		size_t n = 0;
		char *bytes = file_bytes(owner, from, &n, error);

		if (slash) {
			*slash = '\0';
			mkdir(into, 0755); /* there already after its first file */
			*slash = '/';
		}
		ok = bytes && file_write(owner, into, bytes, n, error);
		talloc_free(bytes);
		talloc_free(from);
		talloc_free(into);
	}
	for (size_t i = 0; ok && i < FOLDERS; i++) {
		char *path = talloc_asprintf(owner, "%s/%s", to, folders[i]);

		ok = access(path, F_OK) || folder_sync(path);
		talloc_free(path);
	}
	return ok && folder_sync(to);
}

static void
files_remove(TALLOC_CTX *owner, const char *dir)
{
	DIR *d = opendir(dir);

	for (struct dirent *e; d && (e = readdir(d));) {
		char *path = talloc_asprintf(owner, "%s/%s", dir, e->d_name);

		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			unlink(path); /* a folder stays for its own turn */
		talloc_free(path);
	}
	if (d)
		closedir(d);
}

void
build_remove(TALLOC_CTX *owner, const char *dir)
{
	for (size_t i = 0; i < FOLDERS; i++) {
		char *path = talloc_asprintf(owner, "%s/%s", dir, folders[i]);

		files_remove(owner, path);
		rmdir(path);
		talloc_free(path);
	}
	files_remove(owner, dir);
	rmdir(dir);
}
