/*
 * files.c - uploaded files, sealed in the database in chunks, so that nodes and backups need
 * nothing else. A chunk belongs to its file and place; a file is only ever sent as an attachment.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/seal.h"
#include "data/db.h"
#include "data/file_kinds.h"
#include "web/request.h"

#define FILE_MAX   ((size_t)10 * 1024 * 1024)
#define CHUNK      ((size_t)256 * 1024)
#define NAME_BYTES 150 /* bytes, extension included */

static const char *
chunk_place(struct jy_ctx *cx, const char *uid, int64_t part)
{
	return jy_printf(cx, "file_chunks.data|%s:%" PRId64, uid, part);
}

/* The last part of what the browser called it, without control characters and quotes; a long name
 * loses its beginning, so that the extension stays. */
static const char *
name_clean(struct jy_ctx *cx, const char *name)
{
	char *clean = jy_alloc(cx, strlen(name) + 1), *to = clean;

	for (; *name; name++) {
		if (*name == '/' || *name == '\\')
			to = clean;
		else if ((unsigned char)*name >= 0x20 && *name != 0x7f && *name != '"')
			*to++ = *name;
	}
	*to = '\0';
	if (to - clean > NAME_BYTES) {
		clean = to - NAME_BYTES;
		while (((unsigned char)*clean & 0xc0) == 0x80)
			clean++;
	}
	return clean;
}

static enum jy_status
chunks_save(struct jy_ctx *cx, int64_t file, const char *uid, const struct upload *upload)
{
	for (size_t at = 0, part = 0; at < upload->size; at += CHUNK, part++) {
		size_t n = upload->size - at < CHUNK ? upload->size - at : CHUNK, sealed_n;
		unsigned char *sealed;
		enum jy_status s;

		if (!seal(cx->core->keys, cx, chunk_place(cx, uid, (int64_t)part),
			  (const char *)upload->bytes + at, n, &sealed, &sealed_n))
			return JY_FAILED;
		s = jy_exec(cx, "INSERT INTO file_chunks (file, part, data) VALUES (?, ?, ?)",
			    jy_int(file), jy_int((int64_t)part), jy_bytes(sealed, sealed_n));
		talloc_free(sealed);
		if (s != JY_OK)
			return s;
	}
	return JY_OK;
}

static enum jy_status
upload_save(struct jy_ctx *cx, const struct upload *upload, const char *type, const char *owner,
	    int64_t *file)
{
	const char *uid = jy_uid(cx);
	int64_t id;
	enum jy_status s =
	    jy_exec(cx,
		    "INSERT INTO files (uid, owner, name, type, size, account) VALUES "
		    "(?, ?, ?, ?, ?, ?)",
		    jy_text(uid), jy_text(owner), jy_text(name_clean(cx, upload->name)),
		    jy_text(type), jy_int((int64_t)upload->size), jy_int(cx->user.account));

	if (s != JY_OK)
		return s;
	id = jy_last_id(cx);
	s = chunks_save(cx, id, uid, upload);
	if (s == JY_OK)
		*file = id;
	return s;
}

enum jy_status
jy_file_save(struct jy_ctx *cx, const char *param, const char *owner, int64_t *file)
{
	json_t *value = json_object_get(cx->params, param);
	int64_t index = jy_json_int(value, "upload");
	const struct upload *upload;
	const char *type, *sentence;

	if (!value || json_is_null(value)) {
		*file = 0; /* optional and not sent */
		return JY_OK;
	}
	if (!cx->request || index < 0 || (size_t)index >= cx->request->upload_count) {
		jy_log(cx, "file.param", "%s is not an upload of this request", param);
		return JY_FAILED;
	}
	if (!cx->core->keys) {
		jy_log(cx, "file.no_keys", "this program was started without keys");
		return JY_FAILED;
	}
	upload = &cx->request->uploads[index];
	if (upload->size > FILE_MAX) {
		jy_field_error(cx, param, "文件最大 10 MiB，请压缩或拆分后上传。");
		return JY_INVALID;
	}
	if (!file_kind(upload->name, upload->bytes, upload->size, &type, &sentence)) {
		jy_field_error(cx, param, "%s", sentence);
		return JY_INVALID;
	}
	return upload_save(cx, upload, type, owner, file);
}

struct assembly { /* a file that is put together again */
	struct jy_ctx *cx;
	const char *uid;
	unsigned char *bytes;
	size_t size, have;
	int64_t part;
};

static enum jy_status
chunk_add(void *arg, json_t *row)
{
	struct assembly *a = arg;
	const char *base64 = jy_json_text(row, "data");
	size_t room = strlen(base64), n, plain_n;
	unsigned char *sealed = talloc_size(a->cx, room + 1), *plain;
	bool fine;

	if (!sealed)
		abort();
	fine = jy_json_int(row, "part") == a->part &&
	       sodium_base642bin(sealed, room, base64, room, NULL, &n, NULL,
				 sodium_base64_VARIANT_ORIGINAL) == 0 &&
	       unseal(a->cx->core->keys, sealed, chunk_place(a->cx, a->uid, a->part), sealed, n,
		      &plain, &plain_n, NULL) &&
	       plain_n <= a->size - a->have;
	if (fine) {
		memcpy(a->bytes + a->have, plain, plain_n);
		a->have += plain_n;
		a->part++;
	}
	talloc_free(sealed);
	return fine ? JY_OK : JY_FAILED;
}

enum jy_status
jy_file_out(struct jy_ctx *cx, struct jy_view *out, int64_t file)
{
	struct assembly a = { .cx = cx };
	json_t *row;
	enum jy_status s =
	    jy_row(cx, &row, "SELECT uid, name, type, size FROM files WHERE id = ?", jy_int(file));

	if (s != JY_OK)
		return s;
	if (!cx->core->keys)
		return JY_FAILED;
	a.uid = jy_json_text(row, "uid");
	a.size = (size_t)jy_json_int(row, "size");
	if (a.size > FILE_MAX)
		return JY_FAILED;
	a.bytes = jy_alloc(cx, a.size);
	s = jy_each(cx, "SELECT part, data FROM file_chunks WHERE file = ? ORDER BY part",
		    JY_VALS(jy_int(file)), chunk_add, &a);
	if (s == JY_OK && a.have != a.size)
		s = JY_FAILED;
	if (s == JY_FAILED)
		log_line(LOG_ERROR_, "file.damaged", "%s: file %" PRId64 ", part %" PRId64, cx->id,
			 file, a.part);
	if (s != JY_OK)
		return s;
	return jy_bytes_out(out, jy_json_text(row, "type"), jy_json_text(row, "name"), a.bytes,
			    a.size);
}
