/*
 * test_migrate.c - numbered files, their progress and their refusals; the reference tables of two
 * provinces; settings, the audit chain and sealed files on the core's own schema.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sys/stat.h>

#include "base/config.h"
#include "base/seal.h"
#include "data/audit.h"
#include "data/connection.h"
#include "data/migrate.h"
#include "data/settings.h"
#include "lib/mariadb.h"
#include "web/request.h"

static struct test_server server;
static struct config config;
static struct core core;
static struct jy_ctx *cx;
static char folder[300];
static const char *error;

static int
group_setup(void **state)
{
	char path[300];

	(void)state;
	test_server_new(&server);
	config = (struct config){ .db_socket = server.socket,
				  .db_host = "",
				  .db_user = "root",
				  .db_name = "jiye",
				  .node = "test",
				  .share = SOURCE_DIR };
	snprintf(path, sizeof(path), "%s/keys", server.folder);
	core.kind = CORE_TOOL;
	core.config = &config;
	core.db = db_new(NULL, &config);
	if (!keyring_make(path, &error))
		return -1;
	core.keys = keyring_read(core.db, path, "sm", &error);
	return core.keys ? 0 : -1;
}

static int
group_teardown(void **state)
{
	(void)state;
	json_decref(core.settings);
	talloc_free(core.db);
	test_server_end(&server);
	return 0;
}

static int
setup(void **state)
{
	(void)state;
	cx = ctx_new(&core, NULL, "test");
	ctx_as_system(cx);
	error = "";
	return db_script(cx, "DROP DATABASE jiye; CREATE DATABASE jiye; USE jiye", NULL) == JY_OK
		   ? 0
		   : -1;
}

static int
teardown(void **state)
{
	(void)state;
	talloc_free(cx);
	return 0;
}

static void
new_folder(void)
{
	snprintf(folder, sizeof(folder), "%s/sql-XXXXXX", server.folder);
	assert_non_null(mkdtemp(folder));
}

static void
put(const char *name, const char *text)
{
	char path[400];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (!text) {
		assert_int_equal(unlink(path), 0);
		return;
	}
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static int64_t
count(const char *sql)
{
	json_t *row;

	assert_int_equal(jy_row(cx, &row, sql), JY_OK);
	return jy_json_int(row, "n");
}

static int
migrated(int upto)
{
	int applied = -1;

	if (!migrate_folder(&core, "plug", folder, upto, &applied, &error))
		fail_msg("%s", error);
	return applied;
}

static void
refused(const char *why)
{
	int applied;

	if (migrate_folder(&core, "plug", folder, 0, &applied, &error))
		fail_msg("not refused: %s", why);
	if (!strstr(error, why))
		fail_msg("%s does not say %s", error, why);
}

static void
files_are_applied_once_in_order(void **state)
{
	(void)state;
	new_folder();
	put("001_first.sql",
	    "-- 先建表;\nCREATE TABLE a (s VARCHAR(20)); INSERT INTO a VALUES (';');");
	put("002_second.sql", "ALTER TABLE a ADD n INT NOT NULL DEFAULT 2");
	put("notes.txt", "not SQL");
	assert_int_equal(migrated(1), 1);
	assert_int_equal(count("SELECT COUNT(*) n FROM a WHERE s = ';'"), 1);
	assert_int_equal(migrated(0), 1);
	assert_int_equal(migrated(0), 0);
	assert_int_equal(count("SELECT SUM(n) n FROM a"), 2);
	assert_int_equal(count("SELECT COUNT(*) n FROM schema_migrations WHERE component = 'plug' "
			       "AND applied_at IS NOT NULL"),
			 2);
	/* Another component has numbers of its own. */
	put("001_first.sql", "CREATE TABLE b (n INT)");
	put("002_second.sql", NULL);
	assert_true(migrate_folder(&core, "other", folder, 0, NULL, &error));
}

static void
wrong_folders_are_refused(void **state)
{
	(void)state;
	new_folder();
	put("1_first.sql", "SELECT 1");
	refused("三位编号");
	put("1_first.sql", NULL);
	put("001_a.sql", "CREATE TABLE a (n INT)");
	put("003_c.sql", "CREATE TABLE c (n INT)");
	refused("缺少编号为 002");
	put("001_b.sql", "SELECT 1");
	put("003_c.sql", NULL);
	refused("编号与");
	put("001_b.sql", NULL);
	assert_int_equal(migrated(0), 1);
	put("001_a.sql", "CREATE TABLE a (n BIGINT)");
	refused("被改动过");
	put("001_a.sql", "CREATE TABLE a (n INT)");
	put("002_b.sql", "CREATE TABLE b (n INT)");
	assert_int_equal(migrated(0), 1);
	put("002_b.sql", NULL);
	refused("程序比数据库旧");
	snprintf(folder, sizeof(folder), "%s/none", server.folder);
	refused("打不开这个目录");
}

static void
a_failed_file_goes_on_where_it_stopped(void **state)
{
	(void)state;
	new_folder();
	put("001_a.sql",
	    "CREATE TABLE a (n INT); INSERT INTO a VALUES (1); CREATE TABEL b (n INT); "
	    "INSERT INTO a VALUES (2)");
	refused("第 3 条语句");
	assert_int_equal(count("SELECT COUNT(*) n FROM a"), 1);
	assert_int_equal(count("SELECT done_statements n FROM schema_migrations"), 2);
	put("001_a.sql",
	    "CREATE TABLE a (n INT); INSERT INTO a VALUES (9); CREATE TABLE b (n INT); "
	    "INSERT INTO a VALUES (2)");
	refused("前 2 条语句已经执行");
	put("001_a.sql",
	    "CREATE TABLE a (n INT); INSERT INTO a VALUES (1); CREATE TABLE b (n INT); "
	    "INSERT INTO a VALUES (2)");
	assert_int_equal(migrated(0), 1);
	assert_int_equal(count("SELECT SUM(n) n FROM a"), 3);
	assert_int_equal(migrated(0), 0);
}

static void
one_migrates_at_a_time(void **state)
{
	(void)state;
	new_folder();
	put("001_a.sql", "CREATE TABLE a (n INT)");
	assert_int_equal(migrated(0), 1);
	/* The lease of a process of this machine that is gone is taken over at once. */
	assert_int_equal(db_exec(cx, "UPDATE schema_lock SET holder = 'test:999999999', "
				     "until = NOW(3) + INTERVAL 15 MINUTE"),
			 JY_OK);
	put("002_b.sql", "CREATE TABLE b (n INT)");
	assert_int_equal(migrated(0), 1);
	/* Two at once: each file is applied by one of them. */
	put("003_c.sql", "CREATE TABLE c (n INT); INSERT INTO c SELECT SLEEP(1); INSERT INTO c "
			 "VALUES (1)");
	fflush(NULL);
	if (fork() == 0) {
		struct core other = core;
		int applied;

		other.db = db_new(NULL, &config);
		_exit(migrate_folder(&other, "plug", folder, 0, &applied, &error) ? applied : 99);
	}
	nanosleep(&(struct timespec){ .tv_nsec = 200000000 }, NULL);
	{
		int status, mine = migrated(0);

		assert_true(wait(&status) > 0);
		assert_int_equal(mine + WEXITSTATUS(status), 1);
	}
	assert_int_equal(count("SELECT COUNT(*) n FROM c"), 2);
}

/* --- The core's own schema --- */

static void
core_schema(void)
{
	if (!migrate_folder(&core, "core", SOURCE_DIR "/sql", 0, NULL, &error) ||
	    !reference_load(&core, &error))
		fail_msg("%s", error);
}

static const char *
text(const char *sql)
{
	json_t *row;

	assert_int_equal(jy_row(cx, &row, sql), JY_OK);
	return jy_json_text(row, "t");
}

static void
a_province_decides_the_units(void **state)
{
	(void)state;
	core_schema();
	assert_int_equal(count("SELECT COUNT(*) n FROM units"), 11);
	assert_string_equal(jy_unit_of(cx, "220104"), "220100");
	assert_string_equal(jy_unit_of(cx, "220581"), "220581");
	assert_string_equal(jy_unit_of(cx, "220523"), "220500");
	assert_string_equal(jy_unit_of(cx, "220381"), "220100"); /* an old code that moved */
	assert_string_equal(jy_unit_of(cx, "410100"), "");
	assert_string_equal(jy_unit_of(cx, "999999"), "");
	assert_string_equal(text("SELECT unit t FROM universities WHERE code = '4122010183'"),
			    "220100");
	assert_int_equal(count("SELECT COUNT(*) n FROM universities"), 2919);
	assert_int_equal(count("SELECT COUNT(*) n FROM universities WHERE unit IS NOT NULL"), 68);
	assert_int_equal(count("SELECT COUNT(*) n FROM regions"), 7042);
	assert_int_equal(count("SELECT COUNT(*) n FROM majors WHERE level = 3 AND education = "
			       "'bachelor'"),
			 884);
	assert_int_equal(count("SELECT COUNT(*) n FROM regions r LEFT JOIN regions p ON p.code = "
			       "r.parent WHERE r.parent IS NOT NULL AND p.code IS NULL AND "
			       "r.parent <> '830000'"),
			 0);
	/* The same installation as another province, and as a municipality. */
	assert_int_equal(jy_exec(cx, "REPLACE INTO settings (name, value) VALUES ('site.province', "
				     "'41')"),
			 JY_OK);
	core_schema();
	assert_int_equal(count("SELECT COUNT(*) n FROM units"), 18);
	assert_int_equal(count("SELECT COUNT(*) n FROM units WHERE code = '419001'"), 1);
	assert_int_equal(count("SELECT COUNT(*) n FROM universities WHERE unit IS NOT NULL AND "
			       "province = '220000'"),
			 0);
	assert_int_equal(jy_exec(cx, "UPDATE settings SET value = '11' WHERE name = "
				     "'site.province'"),
			 JY_OK);
	core_schema();
	assert_int_equal(count("SELECT COUNT(*) n FROM units"), 16);
	assert_int_equal(jy_exec(cx, "UPDATE settings SET value = '22' WHERE name = "
				     "'site.province'"),
			 JY_OK);
	core_schema();
	assert_int_equal(count("SELECT COUNT(*) n FROM units"), 11);
}

static const struct jy_field *
core_field(const char *name)
{
	for (const struct jy_field *f = core_settings; f->name; f++)
		if (strcmp(f->name, name) == 0)
			return f;
	return NULL;
}

static void
settings_are_checked_and_kept(void **state)
{
	static const struct jy_field secret = {
		.name = "key", .type = JY_TEXT, .max = 40, .flags = JY_SEALED, .label = "密钥"
	};
	static const struct jy_field fields[] = { { .name = "cap",
						    .type = JY_INT,
						    .min = 1,
						    .max = 5,
						    .label = "上限",
						    .flags = JY_REQUIRED },
						  { 0 } };
	static const struct jy_plugin plugin = { .name = "plug", .settings = fields };
	const char *why = "";

	(void)state;
	core_schema();
	assert_int_equal(settings_load(&core), JY_OK);
	assert_string_equal(jy_setting_text(cx, "site.province"), "22");
	assert_int_equal(jy_setting_int(cx, "push.week_cap"), 5);
	assert_string_equal(jy_setting_text(cx, "no.such"), "");
	assert_int_equal(
	    setting_store(cx, core_field("push.week_cap"), "push.week_cap", "many", &why),
	    JY_INVALID);
	assert_true(strlen(why) > 0);
	assert_int_equal(
	    setting_store(cx, core_field("push.week_cap"), "push.week_cap", " 7 ", &why), JY_OK);
	assert_int_equal(generation_bump(cx), JY_OK);
	assert_int_equal(settings_load(&core), JY_OK);
	assert_int_equal(jy_setting_int(cx, "push.week_cap"), 7);
	assert_int_equal(count("SELECT generation n FROM cluster"), 2);
	assert_int_equal(setting_store(cx, &secret, "plug.key", "geheim", &why), JY_OK);
	assert_int_equal(count("SELECT COUNT(*) n FROM settings WHERE value LIKE '%geheim%'"), 0);
	/* A required one that is missing keeps its plugin off, with its name. */
	assert_false(settings_check(&core, &plugin, &error));
	assert_non_null(strstr(error, "plug.cap"));
	assert_int_equal(setting_store(cx, &fields[0], "plug.cap", "3", &why), JY_OK);
	assert_true(settings_check(&core, &plugin, &error));
	assert_int_equal(jy_exec(cx, "UPDATE settings SET value = '9' WHERE name = 'plug.cap'"),
			 JY_OK);
	assert_false(settings_check(&core, &plugin, &error));
}

static enum jy_status
audit_twice(struct jy_ctx *x, void *arg)
{
	enum jy_status s = jy_audit(x, "test.first", "a:1", json_pack("{s:s}", "why", "试"));

	(void)arg;
	return s == JY_OK ? jy_audit(x, "test.second", NULL, NULL) : s;
}

static void
the_audit_chain_shows_every_change(void **state)
{
	static const char *const damage[] = {
		"UPDATE audit SET object = 'b:1' WHERE id = ?",
		"UPDATE audit SET account = account + 1 WHERE id = ?",
		"UPDATE audit SET at = at + INTERVAL 1 SECOND WHERE id = ?",
		"UPDATE audit SET detail = '{}' WHERE id = ?",
		"DELETE FROM audit WHERE id = ?",
		"UPDATE audit_head SET id = id - 64 WHERE id >= ?",
	};
	int64_t bad = 0, checked = 0, first, middle;

	(void)state;
	core_schema();
	for (int i = 0; i < 150; i++)
		assert_int_equal(db_transaction(cx, audit_twice, NULL, NULL), JY_OK);
	cx->may_write = false; /* a read that is recorded, in a GET */
	assert_int_equal(jy_audit(cx, "test.read", "person:1", NULL), JY_OK);
	cx->may_write = true;
	assert_int_equal(audit_verify(&core, 0, &bad, &checked), JY_OK);
	assert_int_equal(checked, 301);
	first = count("SELECT MIN(id) n FROM audit WHERE detail <> '{}'");
	middle = count("SELECT id n FROM audit ORDER BY id LIMIT 100, 1");
	assert_int_equal(audit_verify(&core, middle, &bad, &checked), JY_OK);
	assert_int_equal(checked, 201);
	/* The database itself refuses; only who may drop its triggers gets further. */
	assert_int_equal(jy_exec_v(cx, damage[0], JY_VALS(jy_int(first))), JY_FAILED);
	assert_int_equal(jy_exec_v(cx, damage[4], JY_VALS(jy_int(first))), JY_FAILED);
	assert_int_equal(audit_verify(&core, 0, &bad, NULL), JY_OK);
	assert_int_equal(
	    db_script(cx, "DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete", NULL),
	    JY_OK);
	for (size_t i = 0; i < sizeof(damage) / sizeof(damage[0]); i++) {
		assert_int_equal(db_script(cx,
					   "CREATE OR REPLACE TABLE keep AS SELECT * FROM audit; "
					   "CREATE OR REPLACE TABLE ends AS SELECT * FROM "
					   "audit_head",
					   NULL),
				 JY_OK);
		assert_int_equal(jy_exec_v(cx, damage[i], JY_VALS(jy_int(first))), JY_OK);
		bad = 0;
		assert_int_equal(audit_verify(&core, 0, &bad, NULL), JY_INVALID);
		assert_true(bad >= first);
		assert_int_equal(db_script(cx,
					   "REPLACE INTO audit SELECT * FROM keep; REPLACE INTO "
					   "audit_head SELECT * FROM ends",
					   NULL),
				 JY_OK);
	}
	assert_int_equal(audit_verify(&core, 0, &bad, NULL), JY_OK);
	/* The newest entry of a chain, removed. */
	assert_int_equal(
	    jy_exec(cx, "DELETE FROM audit WHERE id = (SELECT MAX(id) FROM audit_head)"), JY_OK);
	assert_int_equal(audit_verify(&core, 0, &bad, NULL), JY_INVALID);
}

static enum jy_status
audit_busily(struct jy_ctx *x, void *arg)
{
	json_t *row;
	enum jy_status s = jy_row(x, &row, "SELECT COUNT(*) n FROM audit");

	return s == JY_OK ? audit_twice(x, arg) : s;
}

static void
many_writers_share_the_chains(void **state)
{
	int64_t bad, checked;

	(void)state;
	core_schema();
	fflush(NULL);
	for (int child = 0; child < 4; child++) {
		if (fork() != 0)
			continue;
		core.db = db_new(NULL, &config);
		for (int i = 0; i < 50; i++)
			if (db_transaction(cx, audit_busily, NULL, NULL) != JY_OK)
				_exit(1);
		_exit(0);
	}
	for (int child = 0; child < 4; child++) {
		int status;

		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	assert_int_equal(audit_verify(&core, 0, &bad, &checked), JY_OK);
	assert_int_equal(checked, 400);
}

static void
sealed_values_stay_with_their_row(void **state)
{
	struct jy_val sealed, hash;
	json_t *row;
	char *plain = NULL;
	const char *uid = jy_uid(cx), *now;

	(void)state;
	core_schema();
	assert_int_equal(strlen(uid), 32);
	assert_string_not_equal(uid, jy_uid(cx));
	assert_int_equal(jy_seal(cx, "accounts.phone", uid, "13800000000", &sealed), JY_OK);
	hash = jy_fingerprint(cx, "accounts.phone", "13800000000");
	assert_int_equal(jy_exec(cx,
				 "INSERT INTO accounts (uid, name, display_name, phone, "
				 "phone_hash) VALUES (?, 'a', 'a', ?, ?)",
				 jy_text(uid), sealed, hash),
			 JY_OK);
	assert_int_equal(jy_row(cx, &row, "SELECT phone FROM accounts WHERE phone_hash = ?",
				jy_fingerprint(cx, "accounts.phone", "13800000000")),
			 JY_OK);
	assert_int_equal(jy_unseal(cx, "accounts.phone", uid, jy_json_text(row, "phone"), &plain),
			 JY_OK);
	assert_string_equal(plain, "13800000000");
	assert_int_equal(
	    jy_unseal(cx, "accounts.phone", jy_uid(cx), jy_json_text(row, "phone"), &plain),
	    JY_FAILED);
	assert_int_equal(jy_unseal(cx, "people.phone", uid, jy_json_text(row, "phone"), &plain),
			 JY_FAILED);
	assert_int_equal(jy_seal(cx, "accounts.phone", uid, NULL, &sealed), JY_OK);
	assert_int_equal(sealed.kind, JY_V_NULL);
	now = jy_now(cx);
	assert_int_equal(strlen(now), 19);
	assert_int_equal(
	    jy_row(cx, &row, "SELECT ABS(TIMESTAMPDIFF(SECOND, ?, NOW())) n", jy_text(now)), JY_OK);
	assert_true(jy_json_int(row, "n") <= 1);
}

static void
files_come_back_whole(void **state)
{
	static unsigned char bytes[600000];
	struct upload upload = { "licence", "C:\\x\\执照\".PDF", "application/x", bytes,
				 sizeof(bytes) };
	struct request request = { .uploads = &upload, .upload_count = 1 };
	struct jy_view *view = view_new(cx);
	int64_t file = 0, none = 1;

	(void)state;
	core_schema();
	random_bytes(bytes, sizeof(bytes));
	memcpy(bytes, "%PDF-1.7", 8);
	cx->request = &request;
	json_object_set_new(cx->params, "licence", json_pack("{s:i}", "upload", 0));
	json_object_set_new(cx->params, "other", json_null());
	assert_int_equal(jy_file_save(cx, "other", "test:1", &none), JY_OK);
	assert_int_equal(none, 0);
	assert_int_equal(jy_file_save(cx, "licence", "test:1", &file), JY_OK);
	assert_int_equal(count("SELECT COUNT(*) n FROM file_chunks"), 3);
	assert_int_equal(jy_file_out(cx, view, file), JY_OK);
	assert_int_equal(view->size, sizeof(bytes));
	assert_memory_equal(view->bytes, bytes, sizeof(bytes));
	assert_string_equal(view->type, "application/pdf");
	assert_string_equal(view->sentence, "执照.PDF");
	assert_int_equal(jy_file_out(cx, view, file + 1), JY_NOT_FOUND);
	/* Chunks exchanged, cut or lost are noticed. */
	assert_int_equal(jy_exec(cx, "UPDATE file_chunks SET part = 5 - part WHERE part = 2"),
			 JY_OK);
	assert_int_equal(jy_file_out(cx, view, file), JY_FAILED);
	assert_int_equal(jy_exec(cx, "DELETE FROM file_chunks WHERE part = 3"), JY_OK);
	assert_int_equal(jy_file_out(cx, view, file), JY_FAILED);
	/* Content that is not what the name says. */
	upload.name = "photo.png";
	assert_int_equal(jy_file_save(cx, "licence", "test:1", &file), JY_INVALID);
	upload.name = "run.exe";
	assert_int_equal(jy_file_save(cx, "licence", "test:1", &file), JY_INVALID);
	assert_int_equal(json_array_size(cx->errors), 2);
	cx->request = NULL;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(files_are_applied_once_in_order),        TEST(wrong_folders_are_refused),
		TEST(a_failed_file_goes_on_where_it_stopped), TEST(one_migrates_at_a_time),
		TEST(a_province_decides_the_units),           TEST(settings_are_checked_and_kept),
		TEST(the_audit_chain_shows_every_change),     TEST(many_writers_share_the_chains),
		TEST(sealed_values_stay_with_their_row),      TEST(files_come_back_whole),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
