/* connection.h - what the files of core/data share about the one connection; nobody else includes
 * it. */
#ifndef CORE_DATA_CONNECTION_H
#define CORE_DATA_CONNECTION_H

#include <mysql.h>
#include "base/config.h"
#include "data/db.h"

#define STATEMENTS_MAX 200  /* prepared at once; the least recently used makes room */
#define VALUES_MAX     2000 /* `?` in one statement */

struct column {
	const char *name;
	enum {
		COLUMN_INT,
		COLUMN_REAL,
		COLUMN_DECIMAL,
		COLUMN_TIME,
		COLUMN_TEXT,
		COLUMN_BYTES
	} kind;
	bool is_unsigned;
	int64_t number;
	double real;
	char *buffer;
	unsigned long cap, length;
	my_bool null, error;
};

struct statement {
	char *sql;
	uint64_t hash, used;
	MYSQL_STMT *handle;
	struct column *columns;
	unsigned column_count, value_count;
	bool reads;  /* cannot change anything */
	bool busy;   /* a cursor is open on it */
	bool failed; /* its last use ended in an error: the library's handle is not trusted again */
};

struct db {
	const struct config *config;
	MYSQL *conn;  /* NULL: not connected */
	bool patient; /* tasks and tools: long statements allowed */
	bool in_transaction;
	uint64_t epoch;    /* counts connections lost: handles of an older one are gone */
	int64_t failed_at; /* when connecting failed last, board clock; 0 = did not */
	bool away;         /* logged already */
	unsigned code;
	char error[600];
	struct statement *statements[STATEMENTS_MAX];
	uint64_t uses;
	int64_t clock_read, clock_offset; /* the server's clock against ours, in ms */
	const char *load;                 /* db_load's bytes while it runs */
	size_t load_left;
	json_t *codes;   /* codes.c */
	int audit_chain; /* audit.c: the chain that this transaction writes to; -1 = none yet */
};

int64_t db_monotonic_ms(void);
/* Connected, or JY_BUSY with cx->retry. */
enum jy_status db_ready(struct jy_ctx *cx);
/* Notes an error of the connection or (handle not NULL) of a statement, answers its status, sets
 * cx->retry, logs what is a fault, and gives up a connection that is lost. */
enum jy_status db_fault(struct jy_ctx *cx, MYSQL_STMT *handle, const char *sql);
bool db_is_lost(unsigned code);
void db_drop(struct db *db);
/* A statement without values and result, as text: BEGIN, COMMIT, DDL. */
enum jy_status db_simple(struct jy_ctx *cx, const char *sql);

/* sealed.c: the database's clock. */
int64_t db_clock_ms(struct jy_ctx *cx);

/* statement.c */
enum jy_status statement_get(struct jy_ctx *cx, const char *sql, struct statement **out);
enum jy_status statement_execute(struct jy_ctx *cx, struct statement *st, const struct jy_val *vals,
				 bool cursor);
/* JY_OK with a new reference, JY_NOT_FOUND at the end, else a fault. */
enum jy_status statement_fetch(struct jy_ctx *cx, struct statement *st, json_t **row);
void statement_done(struct statement *st);
void statements_clear(struct db *db);

/* scope.c: false when a marker is malformed. vals are without the edge at their start. */
bool scope_expand(TALLOC_CTX *owner, const struct jy_user *user, const char *sql,
		  const struct jy_val *vals, const char **sql_out, const struct jy_val **vals_out);

/* script.c: the next statement of a text; false at its end. *at moves behind it. */
bool script_next(const char **at, const char **start, size_t *n);
/* Length of a quoted text or comment that begins at p, or 0. */
size_t sql_skip(const char *p);

#endif
