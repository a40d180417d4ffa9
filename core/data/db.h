/*
 * db.h - MariaDB: one connection of the process, prepared statements kept by their text.
 *
 * Everything a plugin needs is in jiye/plugin.h; here is what only the core may do.
 */
#ifndef CORE_DB_H
#define CORE_DB_H

#include "ctx.h"

struct db;

/* Does not connect yet. Asserts innodb_snapshot_isolation=ON at the first connection. */
struct db *db_new(TALLOC_CTX *owner, const struct config *config);
/* JY_OK when the server answers; used by probes, /readyz and doctor. */
enum jy_status db_ping(struct db *db, const char **error);
const char *db_error(struct db *db); /* last error's number and text, for logs */

/* As jy_exec, but also in a GET: the core's own book-keeping (session seen, audit of a read). */
#define db_exec(cx, sql, ...) db_exec_v(cx, sql, JY_VALS(__VA_ARGS__))
JY_CHECKED enum jy_status db_exec_v(struct jy_ctx *cx, const char *sql, const struct jy_val *vals);
/* A statement that cannot be prepared or comes from a migration file: several, separated by ";". */
JY_CHECKED enum jy_status db_script(struct jy_ctx *cx, const char *sql, const char **error);
/* Streams a file of tab-separated rows into a table (LOAD DATA LOCAL INFILE from memory). columns
 * is "a,b,@c) SET d = UNHEX(@c" style text written by the core or a plugin, never data. */
JY_CHECKED enum jy_status db_load(struct jy_ctx *cx, const char *table, const char *columns,
				  const char *tsv, size_t n);

/* Runs work in a transaction; after a deadlock, failed certification or lost connection the whole is
 * run again (8 tries, jittered, within 8 s). Commits only on JY_OK. A commit whose outcome is unknown
 * is settled by the idempotency row when cx has one (settle_hash), else answered JY_BUSY. */
typedef enum jy_status (*db_work_fn)(struct jy_ctx *cx, void *arg);
JY_CHECKED enum jy_status db_transaction(struct jy_ctx *cx, db_work_fn work, void *arg,
					 const unsigned char *settle_hash);
/* The usual cx->checkpoint: commits what was done so far and begins the next transaction. */
JY_CHECKED enum jy_status db_checkpoint(struct jy_ctx *cx);

#endif
