/*
 * schema_lease.c - one migration at a time over all nodes, by a row with an end date.
 *
 * Not GET_LOCK and not a row lock: both are local to one node of a cluster, and DDL would release
 * the second. A holder that died on this machine is recognised by its process id; one on another
 * machine is waited out.
 */
#include "data/schema_lease.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/config.h"

#define WAIT_S 60

const char *
schema_lease_holder(struct jy_ctx *cx)
{
	return jy_printf(cx, "%s:%ld", cx->core->config->node ? cx->core->config->node : "-",
			 (long)getpid());
}

enum jy_status
schema_lease_renew(struct jy_ctx *cx)
{
	const char *me = schema_lease_holder(cx);
	enum jy_status s =
	    db_exec(cx,
		    "UPDATE schema_lock SET holder = ?, until = NOW(3) + INTERVAL 15 MINUTE "
		    "WHERE one = 1 AND (holder = ? OR until < NOW(3))",
		    jy_text(me), jy_text(me));

	return s != JY_OK ? s : cx->changed == 1 ? JY_OK : JY_CONFLICT;
}

void
schema_lease_end(struct jy_ctx *cx)
{
	enum jy_status s =
	    db_exec(cx, "UPDATE schema_lock SET until = '2000-01-01' WHERE holder = ?",
		    jy_text(schema_lease_holder(cx)));

	if (s != JY_OK)
		jy_log(cx, "migrate.lease", "not given back; it ends by itself");
}

/* A process of this machine that no longer runs. */
static bool
holder_is_dead(struct jy_ctx *cx, const char *holder)
{
	const char *node = cx->core->config->node ? cx->core->config->node : "-";
	size_t n = strlen(node);
	long pid;

	if (strncmp(holder, node, n) != 0 || holder[n] != ':')
		return false;
	pid = strtol(holder + n + 1, NULL, 10);
	return pid > 1 && kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

enum jy_status
schema_lease_take(struct jy_ctx *cx, const char **error)
{
	json_t *row;
	enum jy_status s;

	for (int i = 0;; i++) {
		s = schema_lease_renew(cx);
		if (s != JY_CONFLICT)
			return s;
		s = jy_row(cx, &row, "SELECT holder, until FROM schema_lock WHERE one = 1");
		if (s != JY_OK)
			return s;
		if (holder_is_dead(cx, jy_json_text(row, "holder"))) {
			s = db_exec(cx,
				    "UPDATE schema_lock SET until = '2000-01-01' WHERE holder = ?",
				    jy_text(jy_json_text(row, "holder")));
			if (s != JY_OK)
				return s;
		} else if (i == WAIT_S) {
			*error = jy_printf(cx,
					   "%s 正在升级数据库结构。请等它完成后重试；如果那台机器"
					   "已经停了，%s 之后会自动放行。",
					   jy_json_text(row, "holder"), jy_json_text(row, "until"));
			return JY_CONFLICT;
		} else {
			nanosleep(&(struct timespec){ .tv_sec = 1 }, NULL);
		}
	}
}
