/* file_kinds.h - which files people may send: by extension and by content. */
#ifndef CORE_FILE_KINDS_H
#define CORE_FILE_KINDS_H

#include <stdbool.h>
#include <stddef.h>

/* type: what it is served as. false with a Chinese sentence. Nothing is unpacked or run. */
bool file_kind(const char *name, const unsigned char *bytes, size_t n, const char **type,
	       const char **sentence);

#endif
