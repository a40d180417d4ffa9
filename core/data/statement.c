/*
 * statement.c - prepared statements, kept by their text, and their rows as JSON.
 *
 * A statement is prepared once for each connection. Short values land in buffers that are bound
 * once; a longer one is fetched a second time into room of its own size. A statement with an open
 * cursor is busy: the same text, wanted again in between, is prepared a second time.
 */
#include "data/connection.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define BUFFER_MAX  512
#define COLUMN_MAX  ((unsigned long)64 * 1024 * 1024)
#define BINARY      63 /* the character set number of bytes */
#define CURSOR_ROWS 1000

static uint64_t
text_hash(const char *text)
{
	uint64_t hash = 14695981039346656037u; /* FNV-1a */

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 1099511628211u;
	return hash;
}

static void
statement_free(struct statement *st)
{
	if (st->handle)
		mysql_stmt_close(st->handle);
	talloc_free(st);
}

void
statements_clear(struct db *db)
{
	for (size_t i = 0; i < STATEMENTS_MAX; i++) {
		if (db->statements[i])
			statement_free(db->statements[i]);
		db->statements[i] = NULL;
	}
}

static bool
sql_reads(const char *sql)
{
	static const char *const words[] = { "SELECT", "WITH", "SHOW", "EXPLAIN", "DESCRIBE" };

	sql += strspn(sql, " \t\r\n(");
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strncasecmp(sql, words[i], strlen(words[i])) == 0)
			return true;
	return false;
}

static void
column_describe(struct column *column, TALLOC_CTX *owner, const MYSQL_FIELD *field)
{
	column->name = talloc_strdup(owner, field->name);
	column->is_unsigned = field->flags & UNSIGNED_FLAG;
	switch (field->type) {
	case MYSQL_TYPE_TINY:
	case MYSQL_TYPE_SHORT:
	case MYSQL_TYPE_INT24:
	case MYSQL_TYPE_LONG:
	case MYSQL_TYPE_LONGLONG:
	case MYSQL_TYPE_YEAR:
		column->kind = COLUMN_INT;
		return;
	case MYSQL_TYPE_FLOAT:
	case MYSQL_TYPE_DOUBLE:
		column->kind = COLUMN_REAL;
		return;
	case MYSQL_TYPE_DECIMAL:
	case MYSQL_TYPE_NEWDECIMAL:
		/* SUM of integers is a decimal without a fraction: an integer to everybody. */
		column->kind = field->decimals == 0 ? COLUMN_DECIMAL : COLUMN_TEXT;
		break;
	case MYSQL_TYPE_DATETIME:
	case MYSQL_TYPE_TIMESTAMP:
		column->kind = COLUMN_TIME;
		break;
	case MYSQL_TYPE_DATE:
	case MYSQL_TYPE_NEWDATE:
	case MYSQL_TYPE_TIME:
		column->kind = COLUMN_TEXT;
		break;
	default:
		column->kind = field->charsetnr == BINARY && field->type != MYSQL_TYPE_NULL
				   ? COLUMN_BYTES
				   : COLUMN_TEXT;
	}
	column->cap = field->length < BUFFER_MAX && field->length > 40 ? field->length : BUFFER_MAX;
	column->buffer = talloc_size(owner, column->cap);
	if (!column->buffer)
		abort();
}

static MYSQL_BIND
column_bind(struct column *column)
{
	MYSQL_BIND bind = { .length = &column->length,
			    .is_null = &column->null,
			    .error = &column->error };

	if (column->kind == COLUMN_INT) {
		bind.buffer_type = MYSQL_TYPE_LONGLONG;
		bind.buffer = &column->number;
		bind.is_unsigned = column->is_unsigned;
	} else if (column->kind == COLUMN_REAL) {
		bind.buffer_type = MYSQL_TYPE_DOUBLE;
		bind.buffer = &column->real;
	} else {
		bind.buffer_type =
		    column->kind == COLUMN_BYTES ? MYSQL_TYPE_BLOB : MYSQL_TYPE_STRING;
		bind.buffer = column->buffer;
		bind.buffer_length = column->cap;
	}
	return bind;
}

static bool
columns_bind(struct statement *st)
{
	MYSQL_RES *meta = mysql_stmt_result_metadata(st->handle);
	MYSQL_BIND *binds;
	bool fine;

	if (!meta)
		return mysql_stmt_field_count(st->handle) == 0;
	st->column_count = mysql_num_fields(meta);
	st->columns = talloc_zero_array(st, struct column, st->column_count);
	binds = talloc_array(st, MYSQL_BIND, st->column_count);
	if (!st->columns || !binds)
		abort();
	for (unsigned i = 0; i < st->column_count; i++) {
		column_describe(&st->columns[i], st->columns, mysql_fetch_field_direct(meta, i));
		binds[i] = column_bind(&st->columns[i]);
	}
	fine = mysql_stmt_bind_result(st->handle, binds) == 0;
	talloc_free(binds);
	mysql_free_result(meta);
	return fine;
}

static struct statement **
statement_slot(struct db *db)
{
	struct statement **oldest = NULL;

	for (size_t i = 0; i < STATEMENTS_MAX; i++) {
		struct statement **slot = &db->statements[i];

		if (!*slot)
			return slot;
		if ((*slot)->failed && !(*slot)->busy) {
			oldest = slot;
			break;
		}
		if (!(*slot)->busy && (!oldest || (*slot)->used < (*oldest)->used))
			oldest = slot;
	}
	if (!oldest)
		abort(); /* 200 nested cursors: a recursion without end */
	statement_free(*oldest);
	*oldest = NULL;
	return oldest;
}

static struct statement *
statement_cached(struct db *db, const char *sql, uint64_t hash)
{
	for (size_t i = 0; i < STATEMENTS_MAX; i++) {
		struct statement *st = db->statements[i];

		if (st && st->hash == hash && !st->busy && !st->failed && strcmp(st->sql, sql) == 0)
			return st;
	}
	return NULL;
}

enum jy_status
statement_get(struct jy_ctx *cx, const char *sql, struct statement **out)
{
	struct db *db = cx->core->db;
	uint64_t hash = text_hash(sql);
	struct statement *st = statement_cached(db, sql, hash);
	struct statement **slot;

	if (!st) {
		enum jy_status s;

		slot = statement_slot(db);
		st = talloc_zero(db, struct statement);
		if (!st)
			abort();
		st->sql = talloc_strdup(st, sql);
		st->hash = hash;
		st->reads = sql_reads(sql);
		st->handle = mysql_stmt_init(db->conn);
		if (!st->handle || !st->sql)
			abort();
		if (mysql_stmt_prepare(st->handle, sql, strlen(sql)) != 0 || !columns_bind(st)) {
			/* Freed first: a lost connection is closed within db_fault. */
			*slot = st;
			s = db_fault(cx, st->handle, sql);
			if (*slot == st) {
				*slot = NULL;
				statement_free(st);
			}
			return s;
		}
		st->value_count = (unsigned)mysql_stmt_param_count(st->handle);
		*slot = st;
	}
	st->used = ++db->uses;
	*out = st;
	return JY_OK;
}

static MYSQL_BIND
value_bind(const struct jy_val *val)
{
	MYSQL_BIND bind = { .buffer_type = MYSQL_TYPE_NULL };

	switch (val->kind) {
	case JY_V_INT:
		bind.buffer_type = MYSQL_TYPE_LONGLONG;
		bind.buffer = (void *)&val->i;
		break;
	case JY_V_REAL:
		bind.buffer_type = MYSQL_TYPE_DOUBLE;
		bind.buffer = (void *)&val->d;
		break;
	case JY_V_TEXT:
		if (!val->s)
			break;
		bind.buffer_type = MYSQL_TYPE_STRING;
		bind.buffer = (void *)val->s;
		bind.buffer_length = strlen(val->s);
		break;
	case JY_V_BYTES:
		bind.buffer_type = MYSQL_TYPE_BLOB;
		bind.buffer = (void *)val->s;
		bind.buffer_length = val->n;
		break;
	case JY_V_EDGE:
	case JY_V_NULL:
		break;
	}
	return bind;
}

static enum jy_status
values_bind(struct jy_ctx *cx, struct statement *st, const struct jy_val *vals)
{
	MYSQL_BIND *binds;
	unsigned n = 0;
	bool fine;

	while (vals[n].kind != JY_V_EDGE && n <= VALUES_MAX)
		n++;
	if (n != st->value_count) {
		jy_log(cx, "db.values", "%u values for %u places in: %.600s", n, st->value_count,
		       st->sql);
		return JY_FAILED;
	}
	if (n == 0)
		return JY_OK;
	binds = talloc_array(cx, MYSQL_BIND, n);
	if (!binds)
		abort();
	for (unsigned i = 0; i < n; i++)
		binds[i] = value_bind(&vals[i]);
	fine = mysql_stmt_bind_param(st->handle, binds) == 0;
	talloc_free(binds); /* the library has copied them; the values stay the caller's */
	return fine ? JY_OK : db_fault(cx, st->handle, st->sql);
}

enum jy_status
statement_execute(struct jy_ctx *cx, struct statement *st, const struct jy_val *vals, bool cursor)
{
	struct db *db = cx->core->db;
	unsigned long type = cursor ? CURSOR_TYPE_READ_ONLY : CURSOR_TYPE_NO_CURSOR;
	unsigned long rows = CURSOR_ROWS;
	enum jy_status s = values_bind(cx, st, vals);

	if (s != JY_OK)
		return s;
	mysql_stmt_attr_set(st->handle, STMT_ATTR_CURSOR_TYPE, &type);
	mysql_stmt_attr_set(st->handle, STMT_ATTR_PREFETCH_ROWS, &rows);
	if (mysql_stmt_execute(st->handle) != 0) {
		st->failed = true;
		return db_fault(cx, st->handle, st->sql);
	}
	if (mysql_stmt_field_count(st->handle) != st->column_count) {
		/* The table was altered meanwhile: this connection's picture of it is old. */
		db_drop(db);
		cx->retry = true;
		return JY_BUSY;
	}
	/* Statements for which the server opens no cursor (SHOW) are taken over whole. */
	if (cursor && !(db->conn->server_status & SERVER_STATUS_CURSOR_EXISTS) &&
	    mysql_stmt_store_result(st->handle) != 0) {
		st->failed = true;
		return db_fault(cx, st->handle, st->sql);
	}
	st->busy = cursor;
	return JY_OK;
}

static json_t *
bytes_json(const char *bytes, size_t n)
{
	size_t room = 4 * ((n + 2) / 3) + 1;
	char *text = talloc_size(NULL, room);
	json_t *made;

	if (!text)
		abort();
	EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)bytes, (int)n);
	made = json_string_nocheck(text);
	talloc_free(text);
	return made;
}

static json_t *
column_text(const struct column *column, const char *bytes, size_t n)
{
	char *end, digits[32];
	long long number;

	if (column->kind == COLUMN_BYTES)
		return bytes_json(bytes, n);
	if (column->kind == COLUMN_TIME && n > 19)
		n = 19; /* whole seconds; CAST(x AS CHAR) keeps the fraction */
	if (column->kind == COLUMN_DECIMAL && n < 19) {
		memcpy(digits, bytes, n);
		digits[n] = '\0';
		number = strtoll(digits, &end, 10);
		if (n > 0 && *end == '\0')
			return json_integer(number);
	}
	return json_stringn(bytes, n);
}

static json_t *
column_json(struct statement *st, unsigned i)
{
	struct column *column = &st->columns[i];
	MYSQL_BIND bind;
	char *room;
	json_t *made = NULL;

	if (column->null)
		return json_null();
	if (column->kind == COLUMN_INT)
		return json_integer(column->number);
	if (column->kind == COLUMN_REAL)
		return json_real(column->real);
	if (column->length <= column->cap)
		return column_text(column, column->buffer, column->length);
	if (column->length > COLUMN_MAX)
		return NULL;
	room = talloc_size(NULL, column->length);
	if (!room)
		abort();
	bind = column_bind(column);
	bind.buffer = room;
	bind.buffer_length = column->length;
	if (mysql_stmt_fetch_column(st->handle, &bind, i, 0) == 0)
		made = column_text(column, room, column->length);
	talloc_free(room);
	return made;
}

enum jy_status
statement_fetch(struct jy_ctx *cx, struct statement *st, json_t **row)
{
	int result = mysql_stmt_fetch(st->handle);
	json_t *made;

	if (result == MYSQL_NO_DATA)
		return JY_NOT_FOUND;
	if (result != 0 && result != MYSQL_DATA_TRUNCATED) {
		st->failed = true;
		return db_fault(cx, st->handle, st->sql);
	}
	made = json_object();
	for (unsigned i = 0; i < st->column_count; i++) {
		json_t *value = column_json(st, i);

		if (!value || json_object_set_new_nocheck(made, st->columns[i].name, value) != 0) {
			jy_log(cx, "db.column", "%s cannot be read in: %.600s", st->columns[i].name,
			       st->sql);
			json_decref(made);
			return JY_FAILED;
		}
	}
	*row = made;
	return JY_OK;
}

void
statement_done(struct statement *st)
{
	mysql_stmt_free_result(st->handle);
	st->busy = false;
}
