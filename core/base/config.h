/* config.h - jiye.conf: read once by the process that starts the others. */
#ifndef CORE_CONFIG_H
#define CORE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

struct config {
	const char *file;   /* where it was read from */
	const char *home;   /* [jiye] home: data of this installation */
	const char *share;  /* [jiye] share: templates, static, sql, reference of the core */
	const char *plugins;/* [jiye] plugins: folder of installed plugins, default home/plugins */
	const char *node;   /* [jiye] node, default the host's name */
	const char *public_url; /* [jiye] public_url, "http://127.0.0.1:8080" without a slash */
	bool demonstration; /* [jiye] demonstration: shows sent codes on a local page */
	const char *listen; /* [web] "unix:/path" or "127.0.0.1:9000" */
	int workers;        /* [web] 0 = twice the processors, at least 4 */
	int recycle;        /* [web] requests after which a worker is replaced */
	int memory_mib;     /* [web] address space of a worker; 0 = no limit */
	bool secure_cookies;/* [web] __Host- and Secure */
	int task_workers;   /* [task] */
	const char *role;   /* web task all */
	const char *db_socket, *db_host, *db_user, *db_password, *db_name; /* [database] */
	int db_port;
	const char *keys;   /* [security] file of the key ring, mode 0600 */
	const char *suite;  /* [security] "sm" (SM4-CTR + HMAC-SM3) or "aes" */
	const char *log;    /* [log] file, or "-" for stderr */
	int crashes, crash_seconds, crash_requests; /* [quarantine] 3 in 60 s from 2 requests */
	const char *sms_gateway, *smtp_url, *smtp_from; /* [delivery] URLs; empty = kept in the outbox */
};

/* Reads path (NULL: $JIYE_CONF, then $JIYE_HOME/jiye.conf, then /etc/jiye/jiye.conf). On failure returns NULL and a sentence that
 * names file, section, key and what to write instead. The result lives as long as the process. */
const struct config *config_read(const char *path, const char **error);

#endif
