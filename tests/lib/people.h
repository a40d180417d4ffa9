/* people.h - a core with a private database, keys and one request, for the tests of core/people. */
#ifndef TESTS_PEOPLE_H
#define TESTS_PEOPLE_H

#include "base/config.h"
#include "base/seal.h"
#include "data/db.h"
#include "lib/mariadb.h"
#include "plugin/plugins.h"
#include "process/board.h"
#include "web/request.h"

static struct test_server server;
static struct config config;
static struct core core;
static struct jy_ctx *cx;

/* A fresh context as for one request that brings this cookie (NULL: none). */
static inline struct jy_ctx *
new_request(const char *cookie)
{
	struct jy_ctx *made = ctx_new(&core, cx, "test");
	struct request *request = talloc_zero(made, struct request);

	*request = (struct request){ .method = JY_POST,
				     .cookie = cookie,
				     .remote = "10.1.2.3",
				     .agent = "Mozilla/5.0 (Windows NT 10.0) Firefox/120.0",
				     .path = "/",
				     .query = "",
				     .json = true };
	made->request = request;
	made->may_write = true;
	return made;
}

static inline int64_t
sql_number(const char *sql)
{
	json_t *row;

	return jy_row(cx, &row, sql) == JY_OK ? jy_json_int(row, "n") : -1;
}

static inline bool
sql_run(const char *sql)
{
	const char *error = "";
	bool good = db_script(cx, sql, &error) == JY_OK;

	if (!good)
		fprintf(stderr, "%s\n", error);
	return good;
}

static inline int
people_setup(void **state)
{
	char *sql = NULL, keys[320];
	size_t n = 0;
	const char *error = "";
	FILE *file = fopen(SOURCE_DIR "/sql/001_core.sql", "r");
	bool good;

	(void)state;
	test_server_new(&server);
	snprintf(keys, sizeof(keys), "%s/keys", server.folder);
	config = (struct config){ .db_socket = server.socket,
				  .db_host = "",
				  .db_user = "root",
				  .db_name = "jiye",
				  .public_url = "http://test" };
	core = (struct core){ .kind = CORE_TASK,
			      .config = &config,
			      .db = db_new(NULL, &config),
			      .settings = json_pack("{s:s}", "site.name", "测试") };
	if (keyring_make(keys, &error))
		core.keys = keyring_read(NULL, keys, "aes", &error);
	cx = ctx_new(&core, NULL, "test");
	ctx_as_system(cx);
	good = core.keys && file && getdelim(&sql, &n, 0, file) > 0 && sql_run(sql);
	if (!good)
		fprintf(stderr, "%s\n", error);
	if (file)
		fclose(file);
	free(sql);
	return good ? 0 : -1;
}

static inline int
people_teardown(void **state)
{
	(void)state;
	talloc_free(cx);
	talloc_free(core.db);
	talloc_free(core.keys);
	json_decref(core.settings);
	test_server_end(&server);
	return 0;
}

#endif
