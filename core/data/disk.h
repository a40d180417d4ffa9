/* disk.h - whole small files, and the checksum that says whether one has changed. */
#ifndef CORE_DATA_DISK_H
#define CORE_DATA_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <talloc.h>

/* The file's bytes with a NUL behind them; NULL with a sentence (owned by owner) when it cannot be
 * read, is larger than max, or holds a NUL. */
char *disk_read(TALLOC_CTX *owner, const char *path, size_t max, size_t *n, const char **error);
/* SHA-256 in hex. */
void disk_checksum(const void *bytes, size_t n, char out[65]);

#endif
