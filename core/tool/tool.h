/*
 * tool.h - jiyectl: the twin of every administration page on the command line.
 *
 * Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 refused, 4 not found. Every error
 * is a Chinese sentence on stderr; with --json also {"error": {"code", "message"}} on stdout.
 */
#ifndef CORE_TOOL_H
#define CORE_TOOL_H

#include "ctx.h"

enum tool_exit { TOOL_OK, TOOL_FAILED, TOOL_USAGE, TOOL_REFUSED, TOOL_NOT_FOUND };

/* How much of the core a command needs before it runs. */
enum tool_needs {
	NEEDS_NOTHING,  /* not even a configuration */
	NEEDS_CONFIG,   /* jiye.conf */
	NEEDS_DATABASE, /* keys, database, settings; no code of a plugin runs */
	NEEDS_PLUGINS   /* all that is on, started */
};

#define TOOL_ARGS    8
#define TOOL_OPTIONS 24

struct tool {
	struct core core;
	struct jy_ctx *cx; /* the system acts; request id "tool" */
	const struct command *command;
	const char *args[TOOL_ARGS + 1]; /* after the command's name; NULL at the end */
	int count;
	const char *names[TOOL_OPTIONS], *values[TOOL_OPTIONS];
	int options;
	const char *conf;
	bool json;
	enum tool_exit failed; /* what tool_fail last said */
	int argc; /* all of it after the command's name, as typed */
	char **argv;
};

struct command {
	const char *name;    /* "plugin enable" */
	const char *args;    /* "NAME" for the help */
	const char *options; /* "why= wait yes": a name with '=' takes a value; NULL = none, "*" = any */
	int min, max;        /* how many arguments */
	enum tool_needs needs;
	const char *help;
	int (*run)(struct tool *t);
};

/* Tables of the groups; each ends with name NULL. */
extern const struct command plugin_commands[], account_commands[], task_commands[],
    system_commands[], setting_commands[], match_commands[], file_commands[], doctor_commands[],
    feed_commands[];

const char *tool_option(const struct tool *t, const char *name); /* NULL: not given; "" for flags */
bool tool_given(const struct tool *t, const char *name);
/* The reason for history and audit: --why, else that it came from jiyectl. */
const char *tool_why(const struct tool *t);

/* Says the sentence and returns the exit code. */
int tool_fail(struct tool *t, enum tool_exit code, const char *fmt, ...) JY_PRINTF(3);
/* The same for a status of the core; sentence may be NULL or "". */
int tool_status(struct tool *t, enum jy_status s, const char *sentence);
/* Asks on a terminal; without one, only --yes will do. */
bool tool_confirm(struct tool *t, const char *question);

/* With --json prints the value (stolen), else the sentence. Returns TOOL_OK. */
int tool_done(struct tool *t, json_t *value, const char *fmt, ...) JY_PRINTF(3);
/* Rows as a table with headings, or as JSON. Borrowed. columns ends with key NULL. */
struct tool_column {
	const char *key, *heading;
};
int tool_table(struct tool *t, json_t *rows, const struct tool_column *columns);
/* A bar on stderr when that is a terminal; done at done == total. Fits cx->progress. */
void tool_progress(struct jy_ctx *cx, int64_t done, int64_t total, const char *what);

/* Runs work in a transaction of its own. */
typedef enum jy_status (*tool_work_fn)(struct jy_ctx *cx, void *arg);
enum jy_status tool_change(struct tool *t, tool_work_fn work, void *arg);
/* Audit of what the tool did, action "tool"; inside tool_change. detail is stolen. */
enum jy_status tool_audit(struct jy_ctx *cx, const char *object, const char *did, json_t *detail);

/* Brings the core up to what a command needs; the exit code, TOOL_OK if all is well. */
int tool_prepare(struct tool *t, enum tool_needs needs);

#endif
