/*
 * file_kinds.c - a file is what its extension says only if its bytes agree.
 *
 * Office files are zip archives: their directory is read (never their content) to refuse bombs,
 * macros, encryption and names that climb out of a folder.
 */
#include "data/file_kinds.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#define ENTRIES_MAX  2000
#define UNPACKED_MAX ((uint64_t)100 * 1024 * 1024)
#define END_SIZE     22
#define ENTRY_SIZE   46
#define COMMENT_MAX  65535

struct zip {
	const unsigned char *bytes;
	size_t n;
	const char *part; /* the entry that makes it this kind of document */
	bool has_types, has_part;
	uint64_t unpacked;
};

static uint32_t
le(const unsigned char *p, int n)
{
	uint32_t value = 0;

	while (n-- > 0)
		value = value << 8 | p[n];
	return value;
}

static const unsigned char *
zip_end(const struct zip *zip)
{
	size_t stop = zip->n > END_SIZE + COMMENT_MAX ? zip->n - END_SIZE - COMMENT_MAX : 0;

	if (zip->n < END_SIZE)
		return NULL;
	for (size_t at = zip->n - END_SIZE + 1; at-- > stop;)
		if (memcmp(zip->bytes + at, "PK\5\6", 4) == 0)
			return zip->bytes + at;
	return NULL;
}

static bool
name_is(const unsigned char *name, size_t n, const char *wanted)
{
	return n == strlen(wanted) && memcmp(name, wanted, n) == 0;
}

static bool
name_holds(const unsigned char *name, size_t n, const char *part)
{
	size_t length = strlen(part);

	for (size_t i = 0; i + length <= n; i++)
		if (strncasecmp((const char *)name + i, part, length) == 0)
			return true;
	return false;
}

/* One entry of the directory; returns its size there, or 0 when it is refused. */
static size_t
zip_entry(struct zip *zip, const unsigned char *entry, size_t left)
{
	const unsigned char *name = entry + ENTRY_SIZE;
	size_t n, size;

	if (left < ENTRY_SIZE || memcmp(entry, "PK\1\2", 4) != 0)
		return 0;
	n = le(entry + 28, 2);
	size = ENTRY_SIZE + n + le(entry + 30, 2) + le(entry + 32, 2);
	if (size > left || (le(entry + 8, 2) & 1) || le(entry + 24, 4) == UINT32_MAX)
		return 0; /* cut, encrypted, or larger than 4 GiB */
	if (n == 0 || name[0] == '/' || name_holds(name, n, "..") || name_holds(name, n, "\\") ||
	    name_holds(name, n, "vbaproject"))
		return 0;
	zip->unpacked += le(entry + 24, 4);
	if (zip->unpacked > UNPACKED_MAX)
		return 0;
	zip->has_types = zip->has_types || name_is(name, n, "[Content_Types].xml");
	zip->has_part = zip->has_part || name_is(name, n, zip->part);
	return size;
}

static bool
zip_is(const unsigned char *bytes, size_t n, const char *part)
{
	struct zip zip = { .bytes = bytes, .n = n, .part = part };
	const unsigned char *end = zip_end(&zip);
	size_t at, stop, entries;

	if (n < 4 || memcmp(bytes, "PK\3\4", 4) != 0 || !end)
		return false;
	entries = le(end + 10, 2);
	at = le(end + 16, 4);
	stop = (size_t)(end - bytes);
	if (entries == 0 || entries > ENTRIES_MAX || at > stop)
		return false;
	while (entries-- > 0) {
		size_t size = zip_entry(&zip, bytes + at, stop - at);

		if (size == 0)
			return false;
		at += size;
	}
	return zip.has_types && zip.has_part;
}

static bool
is_docx(const unsigned char *bytes, size_t n)
{
	return zip_is(bytes, n, "word/document.xml");
}

static bool
is_xlsx(const unsigned char *bytes, size_t n)
{
	return zip_is(bytes, n, "xl/workbook.xml");
}

static bool
is_pdf(const unsigned char *bytes, size_t n)
{
	return n > 8 && memcmp(bytes, "%PDF-", 5) == 0;
}

static bool
is_jpeg(const unsigned char *bytes, size_t n)
{
	return n > 4 && memcmp(bytes, "\xff\xd8\xff", 3) == 0;
}

static bool
is_png(const unsigned char *bytes, size_t n)
{
	return n > 8 && memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) == 0;
}

/* Text in any encoding: no control characters but tab and line ends. */
static bool
is_text(const unsigned char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i] < 0x20 && bytes[i] != '\t' && bytes[i] != '\n' && bytes[i] != '\r')
			return false;
	return true;
}

static const struct kind {
	const char *extension, *type;
	bool (*is)(const unsigned char *bytes, size_t n);
} kinds[] = {
	{ "pdf", "application/pdf", is_pdf },
	{ "jpg", "image/jpeg", is_jpeg },
	{ "jpeg", "image/jpeg", is_jpeg },
	{ "png", "image/png", is_png },
	{ "docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	  is_docx },
	{ "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", is_xlsx },
	{ "csv", "text/csv; charset=utf-8", is_text },
	{ "tsv", "text/tab-separated-values; charset=utf-8", is_text },
	{ "txt", "text/plain; charset=utf-8", is_text },
};

bool
file_kind(const char *name, const unsigned char *bytes, size_t n, const char **type,
	  const char **sentence)
{
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcasecmp(dot + 1, kinds[i].extension) != 0)
			continue;
		if (!kinds[i].is(bytes, n)) {
			*sentence =
			    "文件内容与扩展名不符，或带有宏、加密、压缩炸弹。请重新导出后上传。";
			return false;
		}
		*type = kinds[i].type;
		return true;
	}
	*sentence = "只接受 pdf、jpg、png、docx、xlsx、csv、tsv、txt 文件，请转换后上传。";
	return false;
}
