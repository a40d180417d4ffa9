/*
 * facility.h - for tests of lists, flows and imports: a private database with the core's tables, a
 * table "plants" of an invented plugin "garden", and contexts of different callers.
 */
#ifndef TESTS_FACILITY_H
#define TESTS_FACILITY_H

#include "base/config.h"
#include "base/seal.h"
#include "data/connection.h"
#include "data/db.h"
#include "lib/mariadb.h"
#include "plugin/plugins.h"
#include "web/request.h"

#define GARDEN_SQL                                                                                 \
	"CREATE TABLE plants (id BIGINT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(60) NOT NULL, "   \
	"unit CHAR(6) NOT NULL, height INT NOT NULL DEFAULT 0, kind VARCHAR(20) NOT NULL DEFAULT " \
	"'tree', planted DATETIME(3) NOT NULL DEFAULT NOW(3), state VARCHAR(20) NOT NULL DEFAULT " \
	"'draft', ver INT NOT NULL DEFAULT 1, UNIQUE KEY plants_name (name))"

struct garden {
	struct test_server server;
	struct config config;
	struct core core;
	struct plugins plugins;
	struct plugin plugin, *items[1];
	struct request request;
};

static inline char *
garden_file(TALLOC_CTX *owner, const char *path)
{
	FILE *f = fopen(path, "rb");
	char *text;
	size_t n;

	if (!f)
		exit(1);
	text = talloc_zero_size(owner, 1 << 20);
	n = fread(text, 1, (1 << 20) - 1, f);
	text[n] = '\0';
	fclose(f);
	return text;
}

static inline void
garden_begin(struct garden *g, const struct jy_plugin *table)
{
	struct jy_ctx *cx;
	const char *error = "";
	char path[320];

	test_server_new(&g->server);
	g->config = (struct config){ .db_socket = g->server.socket,
				     .db_host = "",
				     .db_user = "root",
				     .db_name = "jiye",
				     .public_url = "http://localhost" };
	g->plugin = (struct plugin){ .name = "garden", .table = table };
	g->items[0] = &g->plugin;
	g->plugins = (struct plugins){ .items = g->items, .count = 1 };
	g->core = (struct core){ .kind = CORE_WEB, .config = &g->config, .plugins = &g->plugins };
	g->core.db = db_new(NULL, &g->config);
	snprintf(path, sizeof(path), "%s/keys", g->server.folder);
	if (!keyring_make(path, &error))
		exit(1);
	g->core.keys = keyring_read(NULL, path, "sm", &error);
	cx = ctx_new(&g->core, NULL, "setup");
	ctx_as_system(cx);
	if (db_script(cx, garden_file(cx, SOURCE_DIR "/sql/001_core.sql"), &error) != JY_OK ||
	    db_script(cx, GARDEN_SQL, &error) != JY_OK) {
		fprintf(stderr, "%s\n", error);
		exit(1);
	}
	talloc_free(cx);
}

static inline void
garden_end(struct garden *g)
{
	talloc_free(g->core.db);
	talloc_free(g->core.keys);
	test_server_end(&g->server);
}

/* A request of account in role; unit limits a city officer. */
static inline struct jy_ctx *
garden_caller(struct garden *g, int64_t account, enum jy_role role, const char *unit)
{
	struct jy_ctx *cx = ctx_new(&g->core, NULL, "test");

	g->request = (struct request){ .method = JY_POST, .path = "/garden", .query = "" };
	cx->request = &g->request;
	cx->user = (struct jy_user){
		.account = account, .role = role, .unit = unit, .university = "", .name = "测试"
	};
	cx->may_write = true;
	return cx;
}

#endif
