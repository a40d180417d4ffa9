/* tokens.h - lets a fuzzer write in the words of a format: a byte below the table's size stands for
 * a word, any other for itself. So deep code is reached without seeds, whoever runs the target. */
#ifndef FUZZ_TOKENS_H
#define FUZZ_TOKENS_H

#include <stdint.h>
#include "base/buf.h"

static inline void
tokens_expand(struct buf *out, const char *const *words, size_t count, const uint8_t *data,
	      size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (data[i] < count)
			buf_text(out, words[data[i]]);
		else
			buf_add(out, data + i, 1);
}

#endif
