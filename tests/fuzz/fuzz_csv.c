/* fuzz_csv.c - any bytes as an uploaded table: encodings, quotes, separators. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "facility/csv.h"
#include "facility/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	TALLOC_CTX *owner = talloc_new(NULL);
	struct csv_row row;
	struct csv csv;
	const char *error;
	int64_t last = 0;

	if (csv_open(&csv, owner, (const char *)data, size, &error)) {
		while (csv_next(&csv, owner, &row)) {
			if (row.number <= last || (row.error && row.count))
				abort();
			last = row.number;
			for (size_t i = 0; i < row.count; i++)
				if (text_chars(row.cells[i]) < 0)
					abort(); /* what is let through is UTF-8 */
		}
	}
	talloc_free(owner);
	return 0;
}
