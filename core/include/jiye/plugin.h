/*
 * jiye/plugin.h - the contract between the core and a plugin.
 *
 * A plugin exports one function, jy_plugin(), which returns one constant table. The core reads the
 * table; a plugin registers nothing. This header is append-only: the core checks `size` before it
 * reads a field, so a plugin that was built against an older minor version goes on loading.
 *
 * Change log
 *   1.0  first contract
 */
#ifndef JIYE_PLUGIN_H
#define JIYE_PLUGIN_H

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include <jiye/field.h>

#define JY_ABI_MAJOR 1
#define JY_ABI_MINOR 0
#define JY_EXPORT    __attribute__((visibility("default")))
#define JY_CHECKED   __attribute__((warn_unused_result))
#define JY_PRINTF(f) __attribute__((format(printf, f, (f) + 1)))

/* What every call answers. Only the core turns a status into a page. */
enum jy_status {
	JY_OK,
	JY_NOT_FOUND, /* 404: no such row, or not in the caller's scope */
	JY_INVALID,   /* 422: what was sent is wrong; field errors say how */
	JY_DENIED,    /* 403 */
	JY_CONFLICT,  /* 409: unique key, version, or state says no */
	JY_BUSY,      /* 503: try again (database away, plugin off) */
	JY_FAILED     /* 500: a fault, already logged by whoever met it */
};

enum jy_role {
	JY_PUBLIC = 1, /* nobody has signed in; said aloud on every public route */
	JY_GRADUATE = 2,
	JY_EMPLOYER = 4,
	JY_UNIVERSITY = 8,
	JY_CITY = 16, /* officer of a reporting unit (市州 and equals) */
	JY_PROVINCE = 32,
	JY_TRAINER = 64, /* training body */
	JY_PARTNER = 128, /* operator of an external recruitment site */
	JY_ADMIN = 256, /* runs the system; sees no personal data */
	JY_STAFF = JY_UNIVERSITY | JY_CITY | JY_PROVINCE,
	JY_SIGNED = 510,
	JY_ANYONE = 511
};

struct jy_ctx;  /* one request, task run or command; owns all memory made for it */
struct jy_view; /* the answer in the making */

/* Who acts. role is exactly one bit; strings are "" and ids 0 where they do not apply. */
struct jy_user {
	int64_t account, person, organisation;
	enum jy_role role;
	const char *name;
	const char *unit;       /* reporting unit, 6-digit code */
	const char *university; /* 10-digit school code */
};
JY_EXPORT const struct jy_user *jy_user(struct jy_ctx *cx); /* never NULL */

/* Typed values of the request: path, query and form fields together. Asking for a name that the
 * route does not declare is a programming error and stops the worker. An absent optional value
 * reads as 0, false or NULL. */
JY_EXPORT int64_t jy_param_int(struct jy_ctx *cx, const char *name);
JY_EXPORT bool jy_param_bool(struct jy_ctx *cx, const char *name);
JY_EXPORT const char *jy_param_text(struct jy_ctx *cx, const char *name);
JY_EXPORT json_t *jy_params(struct jy_ctx *cx); /* borrowed object of all of them */

/* --- Database ----------------------------------------------------------------------------
 * SQL is a constant with `?` for values. `{scope unit=v.unit employer=v.employer_id}` becomes the
 * condition that keeps rows to the caller's scope: the province sees all; a city, university,
 * employer (organisation), trainer, partner or graduate (person) the rows whose named column is
 * theirs; a role that the marker does not name sees none. The core opens and commits transactions
 * and runs the handler again after a deadlock. Rows are JSON objects by column name: integers as
 * integers, decimals and dates as text, NULL as null; they belong to cx. (Times come in whole seconds,
 * CAST(x AS CHAR) keeps the fraction; decimals without one, as sums of integers, are integers; bytes
 * are base64.) `{scope unit=v.unit all=v.open}`: roles not named otherwise see rows where v.open <> 0.
 * Errors: JY_NOT_FOUND no row; JY_CONFLICT unique or foreign key; JY_BUSY; JY_FAILED. */
#define jy_row(cx, out, sql, ...)  jy_row_v(cx, out, sql, JY_VALS(__VA_ARGS__))
#define jy_rows(cx, out, sql, ...) jy_rows_v(cx, out, sql, JY_VALS(__VA_ARGS__))
#define jy_exec(cx, sql, ...)      jy_exec_v(cx, sql, JY_VALS(__VA_ARGS__))
typedef enum jy_status (*jy_each_fn)(void *arg, json_t *row); /* row is borrowed */
JY_EXPORT JY_CHECKED enum jy_status jy_row_v(struct jy_ctx *cx, json_t **out, const char *sql,
					     const struct jy_val *vals);
JY_EXPORT JY_CHECKED enum jy_status jy_rows_v(struct jy_ctx *cx, json_t **out, const char *sql,
					      const struct jy_val *vals); /* at most 10,000 */
JY_EXPORT JY_CHECKED enum jy_status jy_exec_v(struct jy_ctx *cx, const char *sql,
					      const struct jy_val *vals); /* refused in a GET */
JY_EXPORT JY_CHECKED enum jy_status jy_each(struct jy_ctx *cx, const char *sql,
					    const struct jy_val *vals, jy_each_fn each, void *arg);
JY_EXPORT int64_t jy_last_id(struct jy_ctx *cx); /* of the last INSERT */
JY_EXPORT int64_t jy_changed(struct jy_ctx *cx); /* rows matched by the last jy_exec */
/* Tasks and commands only: ends the transaction so far and begins the next one. */
JY_EXPORT JY_CHECKED enum jy_status jy_checkpoint(struct jy_ctx *cx);

/* --- Memory and JSON --------------------------------------------------------------------- */
JY_EXPORT void *jy_alloc(struct jy_ctx *cx, size_t size); /* zeroed; freed with cx; never NULL */
/* What is made between begin and end goes at the end: for each item of a long loop. They nest. */
JY_EXPORT void *jy_scratch_begin(struct jy_ctx *cx);
JY_EXPORT void jy_scratch_end(struct jy_ctx *cx, void *begun);
JY_EXPORT char *jy_printf(struct jy_ctx *cx, const char *fmt, ...) JY_PRINTF(2);
JY_EXPORT json_t *jy_own(struct jy_ctx *cx, json_t *made); /* cx drops it at its end */
JY_EXPORT const char *jy_json_dump(struct jy_ctx *cx, const json_t *value); /* compact text */
JY_EXPORT json_t *jy_json_load(struct jy_ctx *cx, const char *text); /* {} when it is no JSON */
JY_EXPORT int64_t jy_json_int(const json_t *row, const char *key);
JY_EXPORT const char *jy_json_text(const json_t *row, const char *key); /* "" if absent */
JY_EXPORT const char *jy_now(struct jy_ctx *cx); /* "2022-06-25 08:00:00", the database's clock */
JY_EXPORT void jy_log(struct jy_ctx *cx, const char *event, const char *fmt, ...) JY_PRINTF(3);

/* --- Answers ----------------------------------------------------------------------------- */
/* template "jobs/list" = plugins/jobs/templates/list.mustache. model is stolen; its "title" is the
 * page's title. The same model is the JSON answer. */
JY_EXPORT enum jy_status jy_show(struct jy_view *out, const char *tmpl, json_t *model);
JY_EXPORT enum jy_status jy_redirect(struct jy_view *out, const char *fmt, ...) JY_PRINTF(2);
/* code is stable ("jobs.closed"); the sentence says what was wrong and what to do. Returns s. */
JY_EXPORT enum jy_status jy_refuse(struct jy_view *out, enum jy_status s, const char *code,
				   const char *fmt, ...) JY_PRINTF(4);
JY_EXPORT void jy_notice(struct jy_view *out, const char *fmt, ...) JY_PRINTF(2); /* next page */
/* name NULL = shown in place, else downloaded under that name. bytes are copied. */
JY_EXPORT enum jy_status jy_bytes_out(struct jy_view *out, const char *type, const char *name,
				      const void *bytes, size_t n);
/* A file below the home's public feeds folder, sent by nginx with ETag, 304, ranges and gzip. */
JY_EXPORT enum jy_status jy_feed_out(struct jy_view *out, const char *file, const char *type);

/* --- Effects: each in the transaction of its cause ---------------------------------------- */
JY_EXPORT JY_CHECKED enum jy_status jy_emit(struct jy_ctx *cx, const char *event, json_t *payload);
JY_EXPORT JY_CHECKED enum jy_status jy_audit(struct jy_ctx *cx, const char *action,
					     const char *object, json_t *detail); /* both steal */
/* A message to a person's in-box (and by their channels), counted against the weekly cap; key makes
 * it once only. JY_CONFLICT: already sent. urgent passes the cap. */
struct jy_message {
	int64_t account;
	const char *key, *title, *text, *link;
	bool urgent;
};
JY_EXPORT JY_CHECKED enum jy_status jy_notify(struct jy_ctx *cx, const struct jy_message *message);
/* Sealed fields: where is "people.phone"; row is the record's uid, so that a sealed value cannot be
 * moved to another row. fingerprint is 32 bytes for a unique look-up column. */
JY_EXPORT JY_CHECKED enum jy_status jy_seal(struct jy_ctx *cx, const char *where, const char *row,
					    const char *text, struct jy_val *sealed);
JY_EXPORT JY_CHECKED enum jy_status jy_unseal(struct jy_ctx *cx, const char *where,
					      const char *row, const char *base64, char **text);
JY_EXPORT struct jy_val jy_fingerprint(struct jy_ctx *cx, const char *where, const char *text);
JY_EXPORT const char *jy_uid(struct jy_ctx *cx); /* new random 32 hex digits */
JY_EXPORT JY_CHECKED enum jy_status jy_file_save(struct jy_ctx *cx, const char *param,
						 const char *owner, int64_t *file);
JY_EXPORT JY_CHECKED enum jy_status jy_file_out(struct jy_ctx *cx, struct jy_view *out,
						int64_t file); /* caller has checked the right */
JY_EXPORT const char *jy_setting_text(struct jy_ctx *cx, const char *name); /* "jobs.cap" */
JY_EXPORT int64_t jy_setting_int(struct jy_ctx *cx, const char *name);
/* Where nginx reads public feeds on this node, and a data file of the calling plugin's own folder
 * ("feeds/jobs.xsd"). Both paths belong to cx. */
JY_EXPORT const char *jy_feed_folder(struct jy_ctx *cx);
JY_EXPORT const char *jy_own_file(struct jy_ctx *cx, const char *name);
JY_EXPORT const char *jy_site_url(struct jy_ctx *cx); /* "https://..." without a slash at the end */
JY_EXPORT void jy_progress(struct jy_ctx *cx, int64_t done, int64_t total, const char *what);
/* Calls another plugin's service: JY_BUSY if nobody that is on provides it. args is borrowed. */
JY_EXPORT JY_CHECKED enum jy_status jy_call(struct jy_ctx *cx, const char *service, json_t *args,
					    jy_each_fn each, void *arg);
JY_EXPORT bool jy_provided(struct jy_ctx *cx, const char *service);

#include <jiye/form.h>
#include <jiye/list.h>
#include <jiye/flow.h>
#include <jiye/transfer.h>
#include <jiye/needs.h>

/* --- The table --------------------------------------------------------------------------- */
enum jy_method { JY_GET = 1, JY_POST = 2 };
enum jy_route_flag {
	JY_REPEATABLE = 1, /* a POST without effect worth an idempotency row (sign-in, search) */
	JY_LARGE = 2,      /* body up to 12 MiB instead of 256 KiB */
	JY_KEYED = 4       /* partner POST by key, without cookie and CSRF token */
};
struct jy_route {
	enum jy_method method;
	const char *path; /* "/jobs/:id/close", begins with the plugin's name */
	unsigned roles;   /* 0 is refused at load */
	const struct jy_field *params; /* path and query */
	enum jy_status (*handle)(struct jy_ctx *cx, struct jy_view *out);
	const struct jy_form *form; /* POST: the body; read and checked before handle */
	unsigned flags;
	int limit_s; /* 0 = 10 s */
	int cache_s; /* public pages only: seconds in nginx's cache */
	const struct jy_list *list; /* the handler calls jy_list_page: its filters, sort, after, columns */
};
struct jy_task { /* every: seconds; at: "02:30" daily; both empty = only on demand */
	const char *name, *title;
	int every;
	const char *at;
	int limit_s;
	enum jy_status (*run)(struct jy_ctx *cx, json_t *args);
};
struct jy_subscription { /* runs after the commit, at least once, in a transaction of its own */
	const char *event;
	enum jy_status (*run)(struct jy_ctx *cx, int64_t event_id, json_t *payload);
};
struct jy_nav {
	const char *path, *label;
	unsigned roles;
	int order;
};
struct jy_tile { /* run fills {"value","label","link"} or more for its template */
	const char *name, *label;
	unsigned roles;
	enum jy_status (*run)(struct jy_ctx *cx, json_t *model);
};
struct jy_service {
	const char *name; /* "jobs.published" */
	enum jy_status (*run)(struct jy_ctx *cx, json_t *args, jy_each_fn each, void *arg);
};
struct jy_plugin {
	uint32_t size;
	uint16_t abi_major, abi_minor;
	const char *name, *version, *title, *summary;
	int schema;                    /* highest number in sql/ */
	const char *const *requires;   /* plugin names, ends with NULL */
	const struct jy_field *settings;
	const struct jy_route *routes;
	const struct jy_task *tasks;
	const struct jy_subscription *subscriptions;
	const struct jy_nav *nav;
	const struct jy_tile *tiles;
	const struct jy_service *services;
	const struct jy_transfer *const *transfers;    /* ends with NULL */
	const struct jy_flow *const *flows;            /* ends with NULL */
	enum jy_status (*start)(struct jy_ctx *cx);    /* may fail; then stop is not called */
	void (*stop)(void);
	enum jy_status (*health)(struct jy_ctx *cx);   /* the self-test of a new generation */
};
#define JY_PLUGIN(...)                                                                             \
	JY_EXPORT const struct jy_plugin *jy_plugin(void)                                          \
	{                                                                                          \
		static const struct jy_plugin table = { .size = sizeof(table),                     \
							.abi_major = JY_ABI_MAJOR,                 \
							.abi_minor = JY_ABI_MINOR,                 \
							__VA_ARGS__ };                             \
		return &table;                                                                     \
	}
JY_EXPORT const struct jy_plugin *jy_plugin(void);

#endif
