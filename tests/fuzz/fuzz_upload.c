/* fuzz_upload.c - the kind of an uploaded file: the first byte picks the name, the rest is content.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "data/file_kinds.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "a.docx", "a.xlsx", "a.pdf", "a.png", "a.csv", "a" };
	const char *type = NULL, *sentence = NULL;

	if (size == 0)
		return 0;
	if (file_kind(names[data[0] % 6], data + 1, size - 1, &type, &sentence) ? !type : !sentence)
		abort();
	return 0;
}
