/*
 * feed_reader.c - reads a feed as it comes and gives its vacancies away one by one.
 *
 * complete: the root was closed and the promised number came. cut: what was read is good, but
 * something is missing, so nothing may be closed by absence. refused: this is no feed, or one that
 * does harm. One reader serves many feeds; its memory is fixed but for the ids seen.
 */
#include "feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IDS_FIRST 1024

static void
decoded(void *arg, const char *text, size_t n)
{
	struct feed_reader *r = arg;

	if (!r->state && n > 0)
		feed_markup(&r->markup, text, n, false);
}

struct feed_reader *
feed_reader_new(struct jy_ctx *cx)
{
	struct feed_reader *r = jy_alloc(cx, sizeof(*r));

	r->cx = cx;
	r->bytes_max = FEED_FILE_MAX;
	r->ids_room = IDS_FIRST;
	r->ids = jy_alloc(cx, r->ids_room * sizeof(*r->ids));
	r->decoder.out = decoded;
	r->decoder.arg = r;
	r->markup.token = feed_cutter_token;
	r->markup.arg = r;
	return r;
}

void
feed_reader_begin(struct feed_reader *r, const char *profile, const char *http_charset)
{
	struct feed_cutter *c = &r->cutter;

	r->state = r->reason = NULL;
	r->bytes = r->items = r->accepted = r->refused = r->expected = 0;
	r->format = r->forced = NULL;
	r->ids_n = 0;
	memset(r->ids, 0, r->ids_room * sizeof(*r->ids));
	feed_decode_begin(&r->decoder, http_charset);
	r->markup.len = 0;
	r->markup.line = 1;
	r->markup.in = FEED_OUTSIDE;
	r->markup.stopped = false;
	c->in_item = c->root_seen = c->root_closed = false;
	c->item_n = c->raw_n = c->head_n = c->note_n = 0;
	c->wrappers = c->depth = c->deeper = 0;
	c->outside = 0;
	c->root[0] = '\0';
	feed_parse_end(&r->leaves);
	if (profile && *profile) {
		r->forced = feed_format_named(profile);
		if (!r->forced)
			feed_reader_refuse(r, "unknown_profile");
	}
}

bool
feed_reader_refuse(struct feed_reader *r, const char *reason)
{
	if (!r->state) {
		r->state = "refused";
		r->reason = reason;
		r->reason_line = r->markup.line;
	}
	return false;
}

bool
feed_reader_cut(struct feed_reader *r, const char *reason)
{
	if (!r->state) {
		r->state = "cut";
		r->reason = reason;
		r->reason_line = r->markup.line;
	}
	return false;
}

/* --- Items --- */

static uint64_t
id_hash(const char *text)
{
	uint64_t h = 14695981039346656037u;

	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * 1099511628211u;
	return h ? h : 1;
}

static void
id_put(uint64_t *ids, size_t room, uint64_t h)
{
	size_t at = h & (room - 1);

	while (ids[at])
		at = (at + 1) & (room - 1);
	ids[at] = h;
}

/* false: seen before in this feed. */
static bool
id_is_new(struct feed_reader *r, const char *id)
{
	uint64_t h = id_hash(id);
	size_t at = h & (r->ids_room - 1);

	while (r->ids[at] && r->ids[at] != h)
		at = (at + 1) & (r->ids_room - 1);
	if (r->ids[at])
		return false;
	if (++r->ids_n * 2 > r->ids_room) {
		uint64_t *wider = jy_alloc(r->cx, r->ids_room * 2 * sizeof(*wider));

		for (size_t i = 0; i < r->ids_room; i++)
			if (r->ids[i])
				id_put(wider, r->ids_room * 2, r->ids[i]);
		r->ids = wider;
		r->ids_room *= 2;
	}
	id_put(r->ids, r->ids_room, h);
	return true;
}

static json_t *
repairs(unsigned bits)
{
	json_t *list = json_array();

	for (int i = 0; feed_repairs[i]; i++)
		if (bits & 1u << i)
			json_array_append_new(list, json_string(feed_repairs[i]));
	return list;
}

/* The job of the item in the cutter; NULL with what is wrong with it. */
static json_t *
item_read(struct feed_reader *r, const char **fault, const char **field)
{
	struct feed_cutter *c = &r->cutter;
	json_t *job;

	*field = NULL;
	*fault = c->fault;
	if (*fault)
		return NULL;
	if (!feed_parse(&r->leaves, (struct feed_span){ c->head, c->head_n }, c->wrappers,
			(struct feed_span){ c->item, c->item_n })) {
		*fault = r->leaves.fault;
		return NULL;
	}
	if (!r->format) {
		r->format =
		    r->forced ? r->forced : feed_format_of(c->root, c->item_name, &r->leaves);
		if (r->format)
			feed_map_make(&r->map, r->format);
	}
	if (!r->format) {
		*fault = "unknown_format";
		return NULL;
	}
	job = feed_job(r->cx, r->format, &r->map, &r->leaves, fault, field);
	if (job && !id_is_new(r, jy_json_text(job, "id"))) {
		json_decref(job);
		*fault = "duplicate";
		*field = "id";
		return NULL;
	}
	return job;
}

void
feed_reader_item(struct feed_reader *r)
{
	const char *fault = NULL, *field = NULL;
	void *scratch = NULL;
	json_t *job;

	if (r->items == FEED_ITEMS_MAX) {
		feed_reader_cut(r, "too_many_items");
		return;
	}
	r->items++;
	/* The table of ids grows in the reader's own memory, so the scratch begins after it may. */
	if (r->ids_n * 2 + 2 <= r->ids_room)
		scratch = jy_scratch_begin(r->cx);
	job = item_read(r, &fault, &field);
	if (job) {
		r->accepted++;
		json_object_set_new(job, "line", json_integer(r->cutter.item_line));
		if (r->cutter.repairs)
			json_object_set_new(job, "repaired", repairs(r->cutter.repairs));
		if (r->accept)
			r->accept(r->arg, job);
		json_decref(job);
	} else {
		r->refused++;
		if (r->refuse)
			r->refuse(r->arg, r->items, r->cutter.item_line, field, fault);
	}
	if (scratch)
		jy_scratch_end(r->cx, scratch);
	if (r->leaves.poisoned)
		feed_reader_refuse(r, "too_many_names");
}

void
feed_reader_note(struct feed_reader *r, const char *name, const char *text)
{
	char plain[64];
	size_t n = feed_path_name(plain, sizeof(plain), name, strlen(name));

	if (n > 0 && (!strcmp(plain, "expectedjobcount") || !strcmp(plain, "jobcount")))
		r->expected = strtoll(text, NULL, 10);
}

/* --- Bytes --- */

bool
feed_reader_push(struct feed_reader *r, const char *bytes, size_t n)
{
	if (r->state)
		return false;
	if (n == 0)
		return true;
	if ((int64_t)n > r->bytes_max - r->bytes)
		return feed_reader_cut(r, "file_too_large");
	r->bytes += (int64_t)n;
	if (!feed_decode(&r->decoder, bytes, n, false))
		return feed_reader_refuse(r, r->decoder.why);
	return !r->state;
}

void
feed_reader_end(struct feed_reader *r)
{
	struct feed_cutter *c = &r->cutter;

	if (!r->state && !feed_decode(&r->decoder, "", 0, true))
		feed_reader_refuse(r, r->decoder.why);
	if (!r->state)
		feed_markup(&r->markup, "", 0, true);
	feed_cutter_end(r);
	if (!r->state && !c->root_seen)
		feed_reader_refuse(r, r->bytes ? "not_xml" : "zero_bytes");
	if (!r->state && !c->root_closed)
		feed_reader_cut(r, "truncated");
	if (!r->state && r->expected > r->items)
		feed_reader_cut(r, "fewer_than_expected");
	if (!r->state) {
		r->state = "complete";
		r->reason = r->items ? NULL : "no_items";
		r->reason_line = r->markup.line;
	}
	feed_decode_end(&r->decoder);
	feed_parse_end(&r->leaves);
}

const char *
feed_reader_encoding(const struct feed_reader *r)
{
	static const char *const names[] = {
		[FEED_UNDECIDED] = "UTF-8",  [FEED_UTF8] = "UTF-8",
		[FEED_GB18030] = "GB18030",  [FEED_UTF16LE] = "UTF-16LE",
		[FEED_UTF16BE] = "UTF-16BE", [FEED_REFUSED] = ""
	};

	return names[r->decoder.charset];
}
