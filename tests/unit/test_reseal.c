/*
 * test_reseal.c - after a rotation everything that was sealed before is sealed by the new key, in
 * its own place, and the old key is needed no more.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <unistd.h>

#include "base/config.h"
#include "base/seal.h"
#include "data/connection.h"
#include "data/migrate.h"
#include "data/reseal.h"
#include "data/settings.h"
#include "lib/mariadb.h"

#define PEOPLE 1200 /* more than two batches */

static struct test_server server;
static struct config config;
static struct core core;
static struct jy_ctx *cx;
static char path[300];

static void
keys_open(void)
{
	const char *error = "";

	core.keys = keyring_read(core.db, path, "sm", &error);
	assert_non_null(core.keys);
}

static int
group_setup(void **state)
{
	const char *error = "";

	(void)state;
	test_server_new(&server);
	snprintf(path, sizeof(path), "%s/keys", server.folder);
	config = (struct config){ .db_socket = server.socket,
				  .db_host = "",
				  .db_user = "root",
				  .db_name = "jiye",
				  .node = "test",
				  .share = SOURCE_DIR };
	core = (struct core){ .kind = CORE_TOOL, .config = &config, .db = db_new(NULL, &config) };
	cx = ctx_new(&core, NULL, "test");
	ctx_as_system(cx);
	cx->checkpoint = db_checkpoint;
	assert_true(keyring_make(path, &error));
	keys_open();
	if (!migrate_folder(&core, "core", SOURCE_DIR "/sql", 0, NULL, &error))
		fail_msg("%s", error);
	return settings_load(&core) != JY_OK;
}

static int
group_teardown(void **state)
{
	(void)state;
	talloc_free(cx);
	json_decref(core.settings);
	talloc_free(core.db);
	test_server_end(&server);
	return 0;
}

static int64_t
count(const char *sql)
{
	json_t *row;

	assert_int_equal(jy_row(cx, &row, sql), JY_OK);
	return jy_json_int(row, "n");
}

static enum jy_status
people_make(struct jy_ctx *x, void *arg)
{
	enum jy_status s = JY_OK;

	(void)arg;
	for (int i = 0; s == JY_OK && i < PEOPLE; i++) {
		const char *uid = jy_uid(x);
		struct jy_val phone, hardship = jy_bytes("", 0);

		s = jy_seal(x, "people.phone", uid, jy_printf(x, "1380000%04d", i), &phone);
		if (s == JY_OK && i % 3 == 0)
			s = jy_seal(x, "people.hardship", uid, "示例", &hardship);
		if (s == JY_OK)
			s = jy_exec(
			    x,
			    "INSERT INTO people (uid, name, phone, hardship, university, "
			    "unit, student_no, major, education, cohort) VALUES (?, '示例', "
			    "?, ?, '4122010183', '220100', ?, '080901', 'bachelor', 2022)",
			    jy_text(uid), phone, hardship, jy_text(jy_printf(x, "%d", i)));
	}
	return s;
}

static void
others_make(void)
{
	struct jy_field secret = { "key", JY_PASSWORD, .label = "密钥" };
	struct jy_val totp;
	const char *why = "";
	unsigned char *chunk;
	size_t n;

	assert_int_equal(jy_seal(cx, "accounts.totp", "u1", "JBSWY3DPEHPK3PXP", &totp), JY_OK);
	assert_int_equal(jy_exec(cx,
				 "INSERT INTO accounts (uid, name, display_name, totp) VALUES "
				 "('u1', 'a', 'a', ?)",
				 totp),
			 JY_OK);
	assert_int_equal(jy_exec(cx,
				 "INSERT INTO files (id, uid, owner, name, type, size, account) "
				 "VALUES (1, 'f1', 'x', 'x', 'x', 6, 1)"),
			 JY_OK);
	for (int part = 0; part < 2; part++) {
		const char *aad = jy_printf(cx, "file_chunks.data|f1:%d", part);

		assert_true(seal(core.keys, cx, aad, "a\0b", 3, &chunk, &n));
		assert_int_equal(jy_exec(cx, "INSERT INTO file_chunks VALUES (1, ?, ?)",
					 jy_int(part), jy_bytes(chunk, n)),
				 JY_OK);
	}
	assert_int_equal(setting_store(cx, &secret, "plug.key", "geheim", &why), JY_OK);
}

static enum jy_status
run(struct jy_ctx *x, void *arg)
{
	return reseal_all(x, arg);
}

static void
everything_moves_to_the_new_key(void **state)
{
	struct reseal_counts first = { 0 }, second = { 0 };
	const char *error = "";
	json_t *row;
	char *text;

	(void)state;
	assert_int_equal(db_transaction(cx, people_make, NULL, NULL), JY_OK);
	others_make();
	assert_int_equal(db_transaction(cx, run, &first, NULL), JY_OK);
	assert_int_equal(first.done, 0); /* all by the current key */
	assert_true(keyring_rotate(path, &error));
	keys_open();
	assert_int_equal(jy_exec(cx, "UPDATE people SET phone = 'damaged record' WHERE id = 7"),
			 JY_OK);
	assert_int_equal(db_transaction(cx, run, &first, NULL), JY_OK);
	assert_int_equal(first.done, PEOPLE - 1 + PEOPLE / 3 + 1 + 2 + 1);
	assert_int_equal(first.unreadable, 1);
	assert_int_equal(count("SELECT COUNT(DISTINCT LEFT(phone, 6)) n FROM people"), 2);
	assert_int_equal(count("SELECT COUNT(*) n FROM people WHERE hardship = ''"),
			 PEOPLE - PEOPLE / 3);
	assert_int_equal(jy_row(cx, &row, "SELECT uid, phone FROM people WHERE id = 900"), JY_OK);
	assert_int_equal(jy_unseal(cx, "people.phone", jy_json_text(row, "uid"),
				   jy_json_text(row, "phone"), &text),
			 JY_OK);
	assert_int_equal(strlen(text), 11);
	assert_int_equal(jy_exec(cx, "DELETE FROM people WHERE id = 7"), JY_OK);
	assert_int_equal(db_transaction(cx, run, &second, NULL), JY_OK);
	assert_int_equal(second.done, 0);
	assert_int_equal(second.unreadable, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_moves_to_the_new_key),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
