/*
 * feed.h - what the files of the incoming reader share.
 *
 * Bytes go one way: encoding and decode make UTF-8 of them, markup finds tags in it, cutter mends
 * them and cuts out one vacancy at a time, parse gives that one to libxml2 as a document of its
 * own, job maps it by the tables of profile. All memory is fixed at the start, whatever is sent.
 */
#ifndef EXCHANGE_FEED_H
#define EXCHANGE_FEED_H

#include <iconv.h>
#include <jiye/plugin.h>
#include <libxml/parser.h>

/* The limits of one feed; the file's own is a parameter. */
#define FEED_FILE_MAX   ((int64_t)64 * 1024 * 1024)
#define FEED_ITEM_MAX   ((size_t)256 * 1024)
#define FEED_TEXT_MAX   ((size_t)64 * 1024)
#define FEED_TAG_MAX    ((size_t)64 * 1024) /* between '<' and '>' */
#define FEED_DEPTH_MAX  16
#define FEED_ATTRS_MAX  64
#define FEED_NAME_MAX   200
#define FEED_NAMES_MAX  2048 /* different names in a feed */
#define FEED_ITEMS_MAX  500000
#define FEED_LEAVES_MAX 1024 /* elements and attributes of an item */
#define FEED_CHUNK      ((size_t)64 * 1024)
#define FEED_WINDOW     (2 * FEED_TAG_MAX + 4 * FEED_CHUNK)

/* What was mended in an item, as bits; names in feed_repairs. */
enum feed_repair {
	FEED_AMPERSAND = 1, /* a bare one, or an entity that nobody defined */
	FEED_ENTITY = 2,    /* an entity of HTML */
	FEED_CONTROL = 4,   /* characters that XML forbids */
	FEED_ENCODING = 8,  /* bytes that are no character */
	FEED_END_TAG = 16,  /* missing, stray, or of another spelling */
	FEED_ATTRIBUTE = 32,
	FEED_LESS = 64 /* a bare one */
};
extern const char *const feed_repairs[]; /* by bit; ends with NULL */

struct feed_span {
	const char *at;
	size_t n;
};

/* --- feed_encoding.c: which encoding the bytes are in --- */
enum feed_charset {
	FEED_UNDECIDED,
	FEED_UTF8,
	FEED_GB18030,
	FEED_UTF16LE,
	FEED_UTF16BE,
	FEED_REFUSED
};
/* The charset that a name stands for; gb2312 and gbk are read as GB18030. FEED_UNDECIDED: none was
 * named; FEED_REFUSED: one that is not read. */
enum feed_charset feed_charset_named(const char *name, size_t n);
/* By the first bytes (at most 1,024 are looked at): a byte order mark or the pattern of UTF-16.
 * skip is how many bytes the mark takes. */
enum feed_charset feed_charset_marked(const char *bytes, size_t n, size_t *skip);
/* What the XML declaration says, FEED_UNDECIDED without one. */
enum feed_charset feed_charset_declared(const char *bytes, size_t n);
/* By validity, told being what HTTP or the declaration said: bytes begin at the first one that is
 * not ASCII. */
enum feed_charset feed_charset_judged(const char *bytes, size_t n, enum feed_charset told);
/* Length of the UTF-8 character at bytes, 0 if damaged, -1 if cut off by n. */
int feed_utf8(const unsigned char *bytes, size_t n);

/* --- feed_decode.c: a stream of bytes as UTF-8 --- */
struct feed_decoder {
	enum feed_charset charset, told; /* charset: FEED_UNDECIDED until the first byte >= 0x80 */
	const char *why;                 /* set when refused: a stable word */
	iconv_t iconv;
	size_t kept;  /* in hold */
	bool started; /* the first bytes have been looked at */
	char hold[FEED_CHUNK + 1024];
	void (*out)(void *arg, const char *text, size_t n);
	void *arg;
};
void feed_decode_begin(struct feed_decoder *d, const char *http_charset);
/* false: refused, d->why says why. last: there are no more bytes. */
bool feed_decode(struct feed_decoder *d, const char *bytes, size_t n, bool last);
void feed_decode_end(struct feed_decoder *d);

/* --- feed_entities.c --- */
/* Reads "&...;" at text. XML's own five and legal numbers: how many bytes to copy as they are, and
 * value is empty. HTML's: their length, value is the character. 0: no entity; value as is. repair
 * says what was mended. */
size_t feed_entity(const char *text, size_t n, char value[8], unsigned *repair);
/* Decodes entities once, in place of the copy; returns the new length (never longer). */
size_t feed_unescape(char *text, size_t n);

/* --- feed_markup.c: tags and text --- */
enum feed_token { FEED_TEXT, FEED_CDATA, FEED_START, FEED_END, FEED_DOCTYPE, FEED_TAG_TOO_LONG };
/* FEED_START, FEED_END: what stands between '<' and '>', without the slash before a name. FEED_TEXT
 * never begins or ends inside an entity. false stops the reading. */
typedef bool (*feed_token_fn)(void *arg, enum feed_token token, const char *text, size_t n);
struct feed_markup {
	char window[FEED_WINDOW];
	size_t len;
	int64_t line; /* of the token being given */
	enum { FEED_OUTSIDE, FEED_IN_CDATA, FEED_IN_COMMENT, FEED_IN_PI } in;
	bool stopped;
	feed_token_fn token;
	void *arg;
};
void feed_markup(struct feed_markup *m, const char *text, size_t n, bool last);

/* --- feed_tag.c: one start tag, read tolerantly --- */
struct feed_attr {
	struct feed_span name, value; /* value as written, entities and all */
};
struct feed_tag {
	struct feed_span name;
	struct feed_attr attrs[FEED_ATTRS_MAX];
	size_t count;
	bool empty, too_many;
	unsigned repair;
};
void feed_tag_read(struct feed_tag *tag, const char *text, size_t n);
/* A name that XML allows (bytes past ASCII are taken for letters). */
bool feed_name_ok(struct feed_span name);
struct feed_span feed_local(struct feed_span name); /* without its prefix */

/* --- feed_profile.c: formats as data --- */
struct feed_name { /* ends with field NULL */
	const char *field, *path;
};
struct feed_format { /* ends with name NULL */
	const char *name, *root, *item;
	const char
	    *marker; /* paths parted by '|', one of which the first item must have; or NULL */
	const struct feed_name *names; /* tried before the common ones; may be NULL */
	bool link_is_id;               /* a vacancy without an id is known by its address */
};
extern const struct feed_format feed_formats[];
extern const struct feed_name feed_common[];
/* Is this element a vacancy? root and name are local names. */
bool feed_item_at(const char *root, const char *name, int depth, const struct feed_format *forced);
const struct feed_format *feed_format_named(const char *name);
const char *feed_namespace(const char *uri); /* "dc:" and the like, "" for all others */
/* A name as paths spell it: lower case, without '-' and '_'. Returns its length. */
size_t feed_path_name(char *to, size_t max, const char *name, size_t n);

/* --- feed_parse.c: one vacancy through libxml2 --- */
struct feed_leaf {
	uint32_t path, text, n; /* path: offset into paths */
};
struct feed_leaves {
	struct feed_leaf leaf[FEED_LEAVES_MAX];
	size_t count;
	char paths[128 * 1024], text[FEED_ITEM_MAX + 16];
	size_t paths_n, text_n, values_at; /* values of attributes fill text from its end */
	const char *fault;                 /* stable word, or NULL */
	/* while parsing */
	xmlParserCtxtPtr parser;
	struct {
		size_t path_n, leaf, twin; /* twin: 0 = none, else its leaf and one */
	} open[FEED_DEPTH_MAX + 2];
	int depth; /* 0 at the item itself; below that in the wrapper */
	char path[1024];
	bool poisoned; /* too many names: the feed is refused */
};
/* item is a document once it stands in its wrappers: start tags "<w ...>" that carry the namespaces
 * of its ancestors. */
bool feed_parse(struct feed_leaves *leaves, struct feed_span head, int wrappers,
		struct feed_span item);
void feed_parse_end(struct feed_leaves *leaves);

/* --- feed_dates.c --- */
/* Any spelling as ISO 8601: "2022-03-08" when there is no time, else "2022-03-08T09:30:00+08:00",
 * moved to Beijing time; without a zone it is Beijing time already. Day before month where both
 * could be. false: not a date. */
bool feed_date(const char *text, char out[32]);

/* --- feed_job.c: what was parsed as a vacancy --- */
#define FEED_MAP_ROOM 1024
struct feed_map { /* the paths of a format, by hash */
	struct {
		const struct feed_name *name;
		int rank; /* lower is preferred */
	} slot[FEED_MAP_ROOM];
};
void feed_map_make(struct feed_map *map, const struct feed_format *format);
/* Which format this is, by its root, its item's name and the first item. */
const struct feed_format *feed_format_of(const char *root, const char *item,
					 const struct feed_leaves *leaves);
/* The job (new), or NULL with a stable word and the field it is about. */
json_t *feed_job(struct jy_ctx *cx, const struct feed_format *format, const struct feed_map *map,
		 const struct feed_leaves *leaves, const char **fault, const char **field);

/* --- feed_cutter.c: mends tags, cuts items --- */
struct feed_cutter {
	char item[5 * FEED_ITEM_MAX / 2]; /* the item, mended: escapes make it longer */
	size_t item_n, raw_n;
	int64_t item_line;
	unsigned repairs;
	const char *fault; /* of the item */
	bool in_item, root_seen, root_closed;
	char head[8192]; /* the wrappers */
	size_t head_n;
	int wrappers;
	char root[FEED_NAME_MAX + 1], item_name[FEED_NAME_MAX + 1];
	struct {
		char name[FEED_NAME_MAX + 1];
		size_t head_n; /* before it was opened */
	} open[FEED_DEPTH_MAX + 2];
	int depth, item_depth; /* how many are open; open[item_depth] is the item */
	int deeper;            /* levels past FEED_DEPTH_MAX, of which no names are kept */
	int64_t outside;       /* elements met outside items */
	char note[256];        /* text of the element that is open outside items */
	size_t note_n;
	struct feed_tag tag;
};

/* --- feed_reader.c --- */
struct feed_reader {
	struct jy_ctx *cx;
	struct feed_decoder decoder;
	struct feed_markup markup;
	struct feed_cutter cutter;
	struct feed_leaves leaves;
	struct feed_map map;
	const struct feed_format *forced, *format;
	const char *state, *reason; /* complete cut refused; a stable word or NULL */
	int64_t reason_line;
	int64_t bytes, bytes_max, items, accepted, refused, expected;
	uint64_t *ids; /* hashes of the ids seen, open addressing; 0 = free */
	size_t ids_n, ids_room;
	/* Borrowed job, and why an item was refused. */
	void (*accept)(void *arg, json_t *job);
	void (*refuse)(void *arg, int64_t item, int64_t line, const char *field, const char *why);
	void *arg;
};
struct feed_reader *feed_reader_new(struct jy_ctx *cx);
/* Begins a feed; profile (a format's name) and charset (of HTTP) may be NULL. */
void feed_reader_begin(struct feed_reader *r, const char *profile, const char *http_charset);
/* false: refused, reading on is of no use. */
bool feed_reader_push(struct feed_reader *r, const char *bytes, size_t n);
void feed_reader_end(struct feed_reader *r); /* sets state and reason */
const char *feed_reader_encoding(const struct feed_reader *r);

/* feed_mend.c: adds to the item of a cutter; the first thing that does not fit sets its fault. */
void feed_add_start(struct feed_cutter *c, const struct feed_tag *tag, bool empty);
void feed_add_end(struct feed_cutter *c, struct feed_span name);
void feed_add_text(struct feed_cutter *c, const char *text, size_t n, bool cdata);
/* A wrapper with the namespaces of an element outside items. false: too many of them. */
bool feed_add_wrapper(struct feed_cutter *c, const struct feed_tag *tag);
void feed_close_wrapper(struct feed_cutter *c, size_t head_n);

/* What the cutter tells the reader. Refusing and cutting answer false: stop. */
void feed_reader_item(struct feed_reader *r);
void feed_reader_note(struct feed_reader *r, const char *name, const char *text);
bool feed_reader_refuse(struct feed_reader *r, const char *reason);
bool feed_reader_cut(struct feed_reader *r, const char *reason);
bool feed_cutter_token(void *reader, enum feed_token token, const char *text, size_t n);
/* At the end of the bytes: an open item is given away as cut. */
void feed_cutter_end(struct feed_reader *r);

/* --- feed_check.c: service exchange.check {file, profile, charset, max_mib} --- */
/* Reads the file in a child with limits, stores nothing and gives one object: format, encoding,
 * state, reason, message, items, accepted, refused [{item, line, field, reason, message}], jobs,
 * left_off {jobs, refused} (what a report has no room for), cpu_ms, peak_kib. */
enum jy_status feed_check(struct jy_ctx *cx, json_t *args, jy_each_fn each, void *arg);

/* --- feed_reasons.c --- */
const char *feed_reason_text(const char *reason); /* the sentence for a stable word */

#endif
