/*
 * reseal.c - walks the sealed columns and seals by the current key what an older one has sealed, so
 * that an old key can be taken out of the ring.
 *
 * One table says where sealed values are and which record each belongs to. The first bytes of a
 * record name its suite and key, so the database finds the old ones by itself. Letters on their way
 * (work.payload) are not listed: they are sent or dropped within days.
 */
#include "data/reseal.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/seal.h"
#include "data/db.h"

#define HEAD 6 /* version, suite, key id */

/* select: values head, k1, k2 (the last key seen); columns k1, k2, place (the row's part of the
 * associated data), data. update: values new, k1, k2, old. */
static const struct sealed_column {
	const char *where, *title, *select, *update;
} columns[] = {
#define BY_UID(table, column, said)                                                                \
	{                                                                                          \
		table "." column, said,                                                            \
		    "SELECT id k1, 0 k2, uid place, " column " data FROM " table " WHERE " column  \
		    " <> '' AND LEFT(" column                                                      \
		    ", 6) <> ? AND id > ? AND ? = 0 ORDER BY id LIMIT 500",                        \
		    "UPDATE " table " SET " column " = ? WHERE id = ? AND ? = 0 AND " column       \
		    " = ?"                                                                         \
	}
	BY_UID("people", "resident_id", "毕业生证件号码"),
	BY_UID("people", "phone", "毕业生手机号"),
	BY_UID("people", "hardship", "毕业生困难类型"),
	BY_UID("accounts", "phone", "账号手机号"),
	BY_UID("accounts", "totp", "账号动态口令"),
#undef BY_UID
	{ "file_chunks.data", "文件",
	  "SELECT c.file k1, c.part k2, CONCAT(f.uid, ':', c.part) place, c.data FROM file_chunks "
	  "c "
	  "JOIN files f ON f.id = c.file WHERE LEFT(c.data, 6) <> ? AND (c.file, c.part) > (?, ?) "
	  "ORDER BY c.file, c.part LIMIT 16",
	  "UPDATE file_chunks SET data = ? WHERE file = ? AND part = ? AND data = ?" },
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static const char SQL_SETTINGS[] = "SELECT name, value FROM settings WHERE value LIKE 'sealed:%'";
static const char SQL_SETTING[] = "UPDATE settings SET value = ? WHERE name = ? AND value = ?";

struct walk {
	struct jy_ctx *cx;
	struct reseal_counts counts;
	unsigned char head[HEAD]; /* of what the current key seals */
};

static unsigned char *
bytes_of(struct jy_ctx *cx, const char *base64, size_t *n)
{
	size_t room = strlen(base64);
	unsigned char *bytes = jy_alloc(cx, room + 1);

	if (sodium_base642bin(bytes, room, base64, room, NULL, n, NULL,
			      sodium_base64_VARIANT_ORIGINAL) != 0)
		*n = 0;
	return bytes;
}

/* false: it cannot be read; that is said and counted, and the others go on. */
static bool
again(struct walk *w, const char *where, const char *place, const unsigned char *old, size_t n,
      unsigned char **fresh, size_t *fresh_n)
{
	const struct keyring *keys = w->cx->core->keys;
	const char *aad = jy_printf(w->cx, "%s|%s", where, place);
	unsigned char *plain;
	size_t plain_n;

	if (unseal(keys, w->cx->pool, aad, old, n, &plain, &plain_n, NULL) &&
	    seal(keys, w->cx->pool, aad, plain, plain_n, fresh, fresh_n))
		return true;
	log_line(LOG_ERROR_, "seal.unreadable", "%s: %s of %s", w->cx->id, where, place);
	w->counts.unreadable++;
	return false;
}

static enum jy_status
row_again(struct walk *w, const struct sealed_column *column, const json_t *row)
{
	size_t old_n, fresh_n;
	unsigned char *old = bytes_of(w->cx, jy_json_text(row, "data"), &old_n), *fresh;
	enum jy_status s;

	if (!again(w, column->where, jy_json_text(row, "place"), old, old_n, &fresh, &fresh_n))
		return JY_OK;
	s = jy_exec(w->cx, column->update, jy_bytes(fresh, fresh_n), jy_int(jy_json_int(row, "k1")),
		    jy_int(jy_json_int(row, "k2")), jy_bytes(old, old_n));
	if (s == JY_OK)
		w->counts.done += jy_changed(w->cx);
	return s;
}

static enum jy_status
column_again(struct walk *w, const struct sealed_column *column)
{
	int64_t k1 = 0, k2 = 0; /* ids begin at 1 */
	enum jy_status s;
	size_t i, count;

	do {
		void *scratch = jy_scratch_begin(w->cx);
		json_t *rows, *row;

		count = 0;
		s = jy_rows(w->cx, &rows, column->select, jy_bytes(w->head, HEAD), jy_int(k1),
			    jy_int(k2));
		if (s == JY_OK) {
			count = json_array_size(rows);
			json_array_foreach(rows, i, row)
			{
				k1 = jy_json_int(row, "k1");
				k2 = jy_json_int(row, "k2");
				s = row_again(w, column, row);
				if (s != JY_OK)
					break;
			}
		}
		jy_scratch_end(w->cx, scratch);
		if (s == JY_OK)
			s = jy_checkpoint(w->cx);
	} while (s == JY_OK && count > 0);
	return s;
}

static enum jy_status
setting_again(struct walk *w, const char *name, const char *value)
{
	size_t old_n, fresh_n, room;
	unsigned char *old = bytes_of(w->cx, value + strlen("sealed:"), &old_n), *fresh;
	char *text;
	enum jy_status s;

	if (old_n >= HEAD && memcmp(old, w->head, HEAD) == 0)
		return JY_OK;
	if (!again(w, "settings.value", name, old, old_n, &fresh, &fresh_n))
		return JY_OK;
	room = sodium_base64_encoded_len(fresh_n, sodium_base64_VARIANT_ORIGINAL);
	text = jy_alloc(w->cx, room);
	sodium_bin2base64(text, room, fresh, fresh_n, sodium_base64_VARIANT_ORIGINAL);
	s = jy_exec(w->cx, SQL_SETTING, jy_text(jy_printf(w->cx, "sealed:%s", text)), jy_text(name),
		    jy_text(value));
	if (s == JY_OK)
		w->counts.done += jy_changed(w->cx);
	return s;
}

static enum jy_status
settings_again(struct walk *w)
{
	json_t *rows, *row;
	enum jy_status s = jy_rows(w->cx, &rows, SQL_SETTINGS);
	size_t i;

	if (s != JY_OK)
		return s;
	json_array_foreach(rows, i, row)
	{
		s = setting_again(w, jy_json_text(row, "name"), jy_json_text(row, "value"));
		if (s != JY_OK)
			return s;
	}
	return jy_checkpoint(w->cx);
}

enum jy_status
reseal_all(struct jy_ctx *cx, struct reseal_counts *out)
{
	struct walk w = { .cx = cx };
	unsigned char *sample;
	enum jy_status s = JY_OK;
	size_t i, n;

	if (!cx->core->keys || !seal(cx->core->keys, cx, "head", "", 0, &sample, &n))
		return JY_FAILED;
	memcpy(w.head, sample, HEAD);
	for (i = 0; s == JY_OK && i < COLUMNS; i++) {
		jy_progress(cx, (int64_t)i, (int64_t)COLUMNS + 1, columns[i].title);
		s = column_again(&w, &columns[i]);
	}
	if (s == JY_OK)
		s = settings_again(&w);
	*out = w.counts;
	return s;
}
