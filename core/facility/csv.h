/* csv.h - reads tables of text: CSV and TSV as people and spreadsheets write them. */
#ifndef CORE_CSV_H
#define CORE_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <talloc.h>

#define CSV_COLUMNS_MAX 200
#define CSV_CELL_MAX    ((size_t)64 * 1024)
#define CSV_ROWS_MAX    1000000

struct csv {
	const char *text; /* UTF-8, borrowed or below the owner */
	size_t size, at;
	char separator;   /* ',' ';' or tab */
	int64_t rows;     /* read so far */
	int torn;         /* rows whose quotes do not match */
};
struct csv_row {
	int64_t number; /* 1 is the first row of the file */
	size_t count;
	const char **cells; /* trimmed, each below `owner` of csv_next */
	const char *error;  /* a sentence: the row cannot be read; cells are empty */
};

/* Takes UTF-8 (with or without mark), UTF-16 with mark or GB18030; finds the separator in the first row.
 * false with a sentence. UTF-8 bytes are borrowed, others converted below owner. */
bool csv_open(struct csv *csv, TALLOC_CTX *owner, const char *bytes, size_t n, const char **error);
/* The next row that is not blank; false at the end. */
bool csv_next(struct csv *csv, TALLOC_CTX *owner, struct csv_row *row);

#endif
