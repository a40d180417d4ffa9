/* build.h - the files of a plugin: which they are, what they hash to, how they are copied. */
#ifndef CORE_BUILD_H
#define CORE_BUILD_H

#include <stdbool.h>
#include <talloc.h>

#define BUILD_FILES_MAX 500
#define BUILD_BYTES_MAX ((size_t)64 * 1024 * 1024)

struct build_files {
	char **paths; /* relative to dir, sorted; the .so is one of them */
	size_t count;
};

/* The .so and what lies in templates/, sql/ and feeds/, without hidden and temporary files. */
bool build_list(TALLOC_CTX *owner, const char *dir, const char *name, struct build_files *out,
		const char **error);
bool build_hash(TALLOC_CTX *owner, const char *dir, const struct build_files *files, char hex[65],
		const char **error);
/* Copies into an existing empty folder; every file and folder is synced. */
bool build_copy(TALLOC_CTX *owner, const char *dir, const struct build_files *files,
		const char *to, const char **error);
bool file_write(TALLOC_CTX *owner, const char *path, const void *bytes, size_t n,
		const char **error);
/* Removes a folder that build_copy left half done. */
void build_remove(TALLOC_CTX *owner, const char *dir);
bool folder_sync(const char *path);

#endif
