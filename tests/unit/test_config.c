/* test_config.c - every refusal names the file, the place and what to write instead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

#include "base/config.h"

static char folder[64], file[96];

static int
make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/jiye-config-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(file, sizeof(file), "%s/jiye.conf", folder);
	unsetenv("JIYE_HOME");
	unsetenv("JIYE_CONF");
	return 0;
}

static int
remove_folder(void **state)
{
	(void)state;
	unlink(file);
	rmdir(folder);
	return 0;
}

static void
write_file(const char *text)
{
	FILE *out = fopen(file, "w");

	assert_non_null(out);
	fputs(text, out);
	fclose(out);
	chmod(file, 0600);
}

static void
good_values_and_defaults(void **state)
{
	const struct config *c;
	const char *error = NULL;
	char path[160];

	(void)state;
	write_file(
	    "# comment\n[jiye]\nshare = /tmp\nnode = n1\npublic_url = https://jy.example.cn\n"
	    "[web]\nworkers = 6\n[database]\nsocket = run/db.sock\npassword = a ;b # c\n");
	c = config_read(file, &error);
	if (!c)
		fail_msg("%s", error);
	assert_string_equal(c->home, folder);
	assert_string_equal(c->node, "n1");
	assert_int_equal(c->workers, 6);
	assert_int_equal(c->recycle, 50000);
	assert_int_equal(c->crashes, 3);
	assert_true(c->secure_cookies);
	assert_false(c->demonstration);
	assert_string_equal(c->role, "all");
	assert_string_equal(c->log, "-");
	assert_string_equal(c->db_password, "a ;b # c");
	snprintf(path, sizeof(path), "%s/run/db.sock", folder);
	assert_string_equal(c->db_socket, path);
	snprintf(path, sizeof(path), "unix:%s/run/jiyed.sock", folder);
	assert_string_equal(c->listen, path);
	talloc_free((void *)(uintptr_t)c);
}

static void
the_environment_names_file_and_home(void **state)
{
	const struct config *c;
	const char *error = NULL;

	(void)state;
	write_file("[jiye]\nshare = /tmp\n[web]\nworkers = 0\n");
	setenv("JIYE_HOME", folder, 1);
	c = config_read(NULL, &error);
	assert_non_null(c);
	assert_true(c->workers >= 4);
	assert_int_equal(c->task_workers, 2);
	assert_false(c->secure_cookies);
	talloc_free((void *)(uintptr_t)c);
	setenv("JIYE_CONF", file, 1);
	setenv("JIYE_HOME", "/nowhere", 1);
	assert_null(config_read(NULL, &error));
	assert_non_null(strstr(error, "/nowhere"));
}

static void
the_sample_is_complete_and_good(void **state)
{
	char command[600];
	const struct config *c;
	const char *error = NULL;

	(void)state;
	snprintf(command, sizeof(command),
		 "sed -e 's|@HOME@|%s|g;s|@SHARE@|%s|g;s|@PORT@|8080|g;s|@PASSWORD@|x|g;"
		 "s|^#demo ||;s|^#\\([a-z_]* = \\)|\\1|' %s/conf/jiye.conf >%s && chmod 600 %s",
		 folder, SOURCE_DIR, SOURCE_DIR, file, file);
	assert_int_equal(system(command), 0);
	c = config_read(file, &error);
	if (!c)
		fail_msg("%s", error);
	assert_true(c->demonstration);
	talloc_free((void *)(uintptr_t)c);
}

struct bad {
	const char *text;
	const char *says[3];
};

static const struct bad bads[] = {
	{ "[web]\nworkers = many\n", { "第 2 行", "[web]", "0 到 44" } },
	{ "[web]\nworkers = 45\n", { "workers", "45" } },
	{ "[web]\nworkers = 4 4\n", { "workers", "4 4" } },
	{ "[web]\nworkers =\n", { "workers", "整数" } },
	{ "[web]\nwokers = 4\n", { "第 2 行", "wokers", "conf/jiye.conf" } },
	{ "[wed]\nworkers = 4\n", { "[wed]" } },
	{ "workers = 4\n", { "[]" } },
	{ "[web]\nworkers = 4\nworkers = 5\n", { "第 3 行", "两次" } },
	{ "[web]\nnonsense\n", { "第 2 行", "看不懂" } },
	{ "[web]\nmemory_mib = 64\n", { "memory_mib", "128" } },
	{ "[web]\nsecure_cookies = perhaps\n", { "secure_cookies", "yes" } },
	{ "[web]\nlisten = 9000\n", { "listen", "127.0.0.1:9000" } },
	{ "[web]\nlisten = 127.0.0.1:99999\n", { "listen", "99999" } },
	{ "[jiye]\npublic_url = jy.example.cn\n", { "public_url", "http://" } },
	{ "[jiye]\npublic_url = http://jy.example.cn/\n", { "public_url", "斜线" } },
	{ "[jiye]\nhome = /nowhere/at/all\n", { "home", "/nowhere/at/all" } },
	{ "[task]\nrole = boss\n", { "role", "boss" } },
	{ "[security]\nsuite = des\n", { "suite", "sm" } },
};

static void
bad_values_are_refused_with_a_sentence(void **state)
{
	const char *error;

	(void)state;
	for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		char text[400];

		snprintf(text, sizeof(text), "%s%s", bads[i].text,
			 strstr(bads[i].text, "[jiye]") ? "share = /tmp\n"
							: "[jiye]\nshare = /tmp\n");
		write_file(text);
		error = NULL;
		if (config_read(file, &error))
			fail_msg("accepted: %s", bads[i].text);
		assert_non_null(strstr(error, file));
		for (size_t k = 0; k < 3 && bads[i].says[k]; k++)
			if (!strstr(error, bads[i].says[k]))
				fail_msg("“%s” lacks “%s”", error, bads[i].says[k]);
	}
}

static void
lines_are_not_split_in_silence(void **state)
{
	char text[1200] = "[jiye]\nshare = /tmp\nnode = ";
	const char *error = NULL;
	size_t n = strlen(text);

	(void)state;
	memset(text + n, 'x', 900);
	memcpy(text + n + 900, "\n", 2);
	write_file(text);
	assert_null(config_read(file, &error));
	assert_non_null(strstr(error, "第 3 行超过"));
}

static void
a_password_is_not_for_everybody(void **state)
{
	const char *error = NULL;

	(void)state;
	write_file("[jiye]\nshare = /tmp\n[database]\npassword = secret\n");
	chmod(file, 0644);
	assert_null(config_read(file, &error));
	assert_non_null(strstr(error, "chmod o-rwx"));
	assert_null(strstr(error, "secret"));
}

static void
a_missing_file_is_named(void **state)
{
	const char *error = NULL;

	(void)state;
	assert_null(config_read("/nowhere/jiye.conf", &error));
	assert_non_null(strstr(error, "/nowhere/jiye.conf"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(good_values_and_defaults, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(the_environment_names_file_and_home, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(the_sample_is_complete_and_good, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(bad_values_are_refused_with_a_sentence, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(lines_are_not_split_in_silence, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(a_password_is_not_for_everybody, make_folder,
						remove_folder),
		cmocka_unit_test(a_missing_file_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
