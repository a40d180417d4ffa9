/* core.h - what one process has: made once at its start, never freed, passed down explicitly.
 * The supervisor has only config, log and board; a worker, probe or tool has everything. */
#ifndef CORE_CORE_H
#define CORE_CORE_H

#include <stdint.h>
#include <sys/types.h>
#include <talloc.h>
#include <jansson.h>

struct config;
struct board;
struct slot;
struct db;
struct plugins;
struct router;
struct templates;
struct keyring;

enum core_kind { CORE_WEB, CORE_TASK, CORE_KEEPER, CORE_PROBE, CORE_TOOL };

struct core {
	enum core_kind kind;
	const struct config *config;
	struct board *board;   /* shared memory; NULL in a tool that runs beside no supervisor */
	struct slot *slot;     /* this process's line in it, or NULL */
	struct keyring *keys;  /* seal.h */
	struct db *db;         /* db.h: one connection, opened at first use */
	json_t *settings;      /* settings.h: name -> text, as of this process's start */
	struct plugins *plugins;     /* plugins.h: the core's parts and the plugins that are on */
	struct templates *templates; /* templates.h */
	struct router *router;       /* router.h */
	uint64_t generation;
};

#endif
