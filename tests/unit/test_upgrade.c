/*
 * test_upgrade.c - an installation of any age gets the same schema as a new one: the core and every
 * plugin are brought up to each older number first, then to the newest.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>

#include "base/config.h"
#include "data/db.h"
#include "data/migrate.h"
#include "lib/mariadb.h"

#define SQL_SCHEMA                                                                                 \
	"SELECT table_name AS t, column_name AS c, column_type AS y, is_nullable AS n, "           \
	"column_default AS d, column_key AS k FROM information_schema.columns "                    \
	"WHERE table_schema = 'jiye' ORDER BY table_name, ordinal_position"

static struct test_server server;
static struct config config;
static struct core core;

static int
group_setup(void **state)
{
	(void)state;
	test_server_new(&server);
	config = (struct config){ .db_socket = server.socket,
				  .db_host = "",
				  .db_user = "root",
				  .db_name = "jiye",
				  .node = "test",
				  .share = SOURCE_DIR };
	core = (struct core){ .kind = CORE_TOOL, .config = &config, .db = db_new(NULL, &config) };
	return 0;
}

static int
group_teardown(void **state)
{
	(void)state;
	talloc_free(core.db);
	test_server_end(&server);
	return 0;
}

static void
migrate(const char *component, const char *folder, int upto)
{
	const char *error = "";
	int applied;

	if (!migrate_folder(&core, component, folder, upto, &applied, &error))
		fail_msg("%s: %s", component, error);
}

/* The schema after stopping at `first` on the way (0 = straight to the newest). */
static json_t *
schema(struct jy_ctx *cx, const char *component, const char *folder, int first)
{
	json_t *rows;

	assert_int_equal(db_script(cx, "DROP DATABASE jiye; CREATE DATABASE jiye; USE jiye", NULL),
			 JY_OK);
	if (strcmp(component, "core") != 0) /* plugins stand on the core's tables */
		migrate("core", SOURCE_DIR "/sql", 0);
	if (first)
		migrate(component, folder, first);
	migrate(component, folder, 0);
	assert_int_equal(jy_rows(cx, &rows, SQL_SCHEMA), JY_OK);
	return rows;
}

/* The highest number of a folder; 0 = it has no migrations. */
static int
newest(const char *folder)
{
	struct dirent *entry;
	DIR *dir = opendir(folder);
	int highest = 0;

	while (dir && (entry = readdir(dir))) {
		int number = (int)strtol(entry->d_name, NULL, 10);

		if (strstr(entry->d_name, ".sql") && number > highest)
			highest = number;
	}
	if (dir)
		closedir(dir);
	return highest;
}

static int
upgrades(const char *component, const char *folder)
{
	struct jy_ctx *cx = ctx_new(&core, NULL, "test");
	int last = newest(folder), number;
	json_t *fresh;

	ctx_as_system(cx);
	fresh = schema(cx, component, folder, 0);
	for (number = 1; number < last; number++)
		if (!json_equal(fresh, schema(cx, component, folder, number)))
			fail_msg("%s: upgraded from %d it is not what a new one is", component,
				 number);
	talloc_free(cx);
	return last;
}

static void
the_core_upgrades_from_every_number(void **state)
{
	(void)state;
	assert_true(upgrades("core", SOURCE_DIR "/sql") >= 3);
}

static void
plugins_upgrade_from_every_number(void **state)
{
	struct dirent *entry;
	DIR *dir = opendir(SOURCE_DIR "/plugins");
	char folder[600];
	int with_tables = 0;

	(void)state;
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		snprintf(folder, sizeof(folder), SOURCE_DIR "/plugins/%s/sql", entry->d_name);
		if (entry->d_name[0] != '.' && newest(folder) > 0) {
			upgrades(entry->d_name, folder);
			with_tables++;
		}
	}
	closedir(dir);
	assert_true(with_tables >= 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_core_upgrades_from_every_number),
		cmocka_unit_test(plugins_upgrade_from_every_number),
	};

	return cmocka_run_group_tests_name("upgrade", tests, group_setup, group_teardown);
}
