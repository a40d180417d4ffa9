/*
 * test_accounts.c - accounts, roles, second factors, one-time codes and the registration of a
 * graduate, against a database.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <time.h>

#include "lib/people.h"
#include "people/accounts.h"
#include "people/codes.h"
#include "people/password.h"
#include "people/totp.h"

static const char *error;

static int
setup(void **state)
{
	(void)state;
	error = NULL;
	return sql_run(
		   "DELETE FROM sessions; DELETE FROM account_roles; DELETE FROM accounts;"
		   "DELETE FROM one_time_codes; DELETE FROM people; DELETE FROM work;"
		   "DELETE FROM organisations; REPLACE INTO units VALUES ('220100', '长春市', 1);"
		   "REPLACE INTO universities VALUES ('4122010183', '某大学', '220000', '220100',"
		   " '220100', '省', '本科')")
		   ? 0
		   : -1;
}

static int64_t
make(const char *name, const char *phone, const char *email)
{
	const struct account_new fresh = { .name = name,
					   .display_name = "某人",
					   .phone = phone,
					   .email = email,
					   .password = "bridge over the river" };
	int64_t id = 0;

	assert_int_equal(account_create(cx, &fresh, &id, &error), JY_OK);
	return id;
}

static void
found_by_name_phone_and_email(void **state)
{
	int64_t id = make("Li.Si", "13800001234", "Li@Example.com");
	static const char *const ways[] = { "li.si",          "LI.SI",
					    "13800001234",    "+86 138-0000-1234",
					    "li@example.com", "LI@EXAMPLE.COM" };
	json_t *row;
	const char *phone;

	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		assert_int_equal(account_find(cx, ways[i], &row), JY_OK);
		assert_int_equal(jy_json_int(row, "id"), id);
	}
	assert_int_equal(account_find(cx, "13800001235", &row), JY_NOT_FOUND);
	assert_int_equal(account_find(cx, "' OR 1=1 --", &row), JY_NOT_FOUND);
	assert_int_equal(account_phone(cx, id, &phone), JY_OK);
	assert_string_equal(phone, "13800001234");
	assert_string_equal(account_phone_masked(cx, phone), "138****1234");
	assert_int_equal(sql_number("SELECT COUNT(*) AS n FROM accounts WHERE phone LIKE '%1380%'"),
			 0);
}

static void
names_phones_and_emails_are_unique(void **state)
{
	struct account_new fresh = { .name = "LISI",
				     .display_name = "又一人",
				     .password = "bridge over the river" };
	int64_t id = 0;

	(void)state;
	make("lisi", "13800001234", "li@example.com");
	assert_int_equal(account_create(cx, &fresh, &id, &error), JY_CONFLICT);
	assert_non_null(error);
	fresh.name = "other";
	fresh.phone = "13800001234";
	assert_int_equal(account_create(cx, &fresh, &id, &error), JY_CONFLICT);
	assert_int_equal(id, 0);
	for (size_t i = 0; i < 5; i++) {
		static const char *const bad[] = { "1abc", "ab", "a b", "13800001234", "李四" };

		fresh.name = bad[i];
		assert_int_equal(account_create(cx, &fresh, &id, &error), JY_INVALID);
	}
	fresh.name = "third";
	fresh.phone = NULL;
	fresh.password = "password1";
	assert_int_equal(account_create(cx, &fresh, &id, &error), JY_INVALID);
}

static void
roles_need_their_scope(void **state)
{
	int64_t id = make("officer", NULL, NULL), organisation;
	json_t *roles;

	(void)state;
	assert_true(sql_run("INSERT INTO organisations (kind, name, unit) VALUES"
			    " ('employer', '某公司', '220100')"));
	organisation = sql_number("SELECT id AS n FROM organisations");
	const struct {
		struct account_role role;
		enum jy_status answer;
	} cases[] = {
		{ { JY_CITY, NULL, NULL, 0 }, JY_INVALID },
		{ { JY_CITY, "999999", NULL, 0 }, JY_INVALID },
		{ { JY_CITY, "220100", NULL, 0 }, JY_OK },
		{ { JY_CITY, "220100", NULL, 0 }, JY_CONFLICT },
		{ { JY_UNIVERSITY, NULL, NULL, 0 }, JY_INVALID },
		{ { JY_UNIVERSITY, NULL, "4122010183", 0 }, JY_OK },
		{ { JY_EMPLOYER, NULL, NULL, organisation + 1 }, JY_INVALID },
		{ { JY_EMPLOYER, NULL, NULL, organisation }, JY_OK },
		{ { JY_GRADUATE, NULL, NULL, 0 }, JY_INVALID }, /* linked to nobody */
		{ { JY_PROVINCE, "220100", "4122010183", organisation }, JY_OK },
		{ { JY_PUBLIC, NULL, NULL, 0 }, JY_INVALID },
		{ { 0, NULL, NULL, 0 }, JY_INVALID },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(account_grant(cx, id, &cases[i].role, &error), cases[i].answer);
	assert_int_equal(account_roles(cx, id, &roles), JY_OK);
	assert_int_equal(json_array_size(roles), 4);
	/* What a role is not limited to is not kept with it; what follows is. */
	assert_int_equal(sql_number("SELECT COUNT(*) AS n FROM account_roles WHERE role = 32 AND"
				    " unit = '' AND university = '' AND organisation = 0"),
			 1);
	assert_int_equal(
	    sql_number("SELECT COUNT(*) AS n FROM account_roles WHERE role IN (4, 8) AND"
		       " unit = '220100'"),
	    2);
}

static void
the_last_administrator_stays(void **state)
{
	const struct account_role admin = { .role = JY_ADMIN };
	int64_t one = make("one", NULL, NULL), two = make("two", NULL, NULL), role;

	(void)state;
	assert_int_equal(account_grant(cx, one, &admin, &error), JY_OK);
	assert_int_equal(account_disable(cx, one, &error), JY_CONFLICT);
	assert_non_null(strstr(error, "最后一个"));
	assert_int_equal(account_grant(cx, two, &admin, &error), JY_OK);
	assert_int_equal(account_disable(cx, one, &error), JY_OK);
	assert_int_equal(account_disable(cx, two, &error), JY_CONFLICT);
	role =
	    sql_number("SELECT r.id AS n FROM account_roles r JOIN accounts a ON a.id = r.account"
		       " WHERE a.name = 'two'");
	assert_int_equal(account_revoke(cx, two, role, &error), JY_CONFLICT);
	assert_int_equal(account_enable(cx, one, &error), JY_OK);
	assert_int_equal(account_revoke(cx, two, role, &error), JY_OK);
	assert_int_equal(account_disable(cx, two, &error), JY_OK);
	assert_int_equal(account_disable(cx, 999999, &error), JY_NOT_FOUND);
}

static void
passwords_follow_the_role(void **state)
{
	int64_t id = make("worker", NULL, NULL);
	json_t *row;

	(void)state;
	assert_int_equal(account_set_password(cx, id, "Qm4z!vLp", &error), JY_OK);
	assert_int_equal(
	    account_grant(cx, id, &(struct account_role){ .role = JY_PROVINCE }, &error), JY_OK);
	assert_int_equal(account_set_password(cx, id, "Qm4z!vLp", &error), JY_INVALID);
	assert_int_equal(account_set_password(cx, id, "worker-2022!", &error), JY_INVALID);
	assert_int_equal(account_set_password(cx, id, "Qm4z!vLp-rain", &error), JY_OK);
	assert_int_equal(account_by_id(cx, id, &row), JY_OK);
	assert_true(password_check(jy_json_text(row, "password"), "Qm4z!vLp-rain"));
	assert_false(password_outdated(jy_json_text(row, "password"), true));
}

static void
a_step_counts_once(void **state)
{
	unsigned char secret[TOTP_SECRET] = "ABCDEFGHIJKLMNOPQRS";
	int64_t id = make("careful", NULL, NULL);
	const char *code;

	(void)state;
	assert_int_equal(account_use_totp(cx, id, "123456"), JY_NOT_FOUND);
	assert_int_equal(account_set_totp(cx, id, secret), JY_OK);
	assert_int_equal(account_totp_code(cx, id, &code), JY_OK);
	assert_int_equal(totp_code(secret, TOTP_SECRET, time(NULL) / TOTP_STEP) ==
				 (int)strtol(code, NULL, 10) ||
			     time(NULL) % TOTP_STEP == 0,
			 1);
	assert_int_equal(account_use_totp(cx, id, "12345"), JY_INVALID);
	assert_int_equal(account_use_totp(cx, id, code), JY_OK);
	assert_int_equal(account_use_totp(cx, id, code), JY_INVALID);
	assert_int_equal(account_set_totp(cx, id, NULL), JY_OK);
	assert_int_equal(account_use_totp(cx, id, code), JY_NOT_FOUND);
}

static const char *
another(const char *code)
{
	return strcmp(code, "000000") ? "000000" : "000001";
}

static void
codes_are_few_short_and_single(void **state)
{
	const char *code, *older;

	(void)state;
	assert_int_equal(code_use(cx, 1, "reset", NULL, "123456"), JY_NOT_FOUND);
	assert_int_equal(code_make(cx, 1, "reset", NULL, &older), JY_OK);
	assert_int_equal(code_make(cx, 1, "reset", NULL, &code), JY_OK);
	if (strcmp(code, older)) /* only the newest works */
		assert_int_equal(code_use(cx, 1, "reset", NULL, older), JY_INVALID);
	assert_int_equal(code_use(cx, 2, "reset", NULL, code), JY_NOT_FOUND);
	assert_int_equal(code_use(cx, 1, "phone", NULL, code), JY_NOT_FOUND);
	assert_int_equal(code_use(cx, 1, "reset", "13800001234", code), JY_INVALID);
	assert_int_equal(code_use(cx, 1, "reset", NULL, code), JY_OK);
	assert_int_equal(code_use(cx, 1, "reset", NULL, code), JY_NOT_FOUND);

	assert_int_equal(code_make(cx, 1, "reset", NULL, &code), JY_OK);
	for (int i = 0; i < 5; i++)
		assert_int_equal(code_use(cx, 1, "reset", NULL, another(code)), JY_INVALID);
	assert_int_equal(code_use(cx, 1, "reset", NULL, code), JY_NOT_FOUND);

	assert_int_equal(code_make(cx, 1, "reset", NULL, &code), JY_OK);
	assert_true(sql_run("UPDATE one_time_codes SET expires = expires - INTERVAL 31 MINUTE"
			    " WHERE used IS NULL"));
	assert_int_equal(code_use(cx, 1, "reset", NULL, code), JY_NOT_FOUND);
	assert_int_equal(code_make(cx, 1, "reset", NULL, &code), JY_OK);
	assert_int_equal(code_make(cx, 1, "reset", NULL, &code), JY_CONFLICT); /* five an hour */
	assert_int_equal(code_make(cx, 2, "reset", NULL, &code), JY_OK);
}

static void
links_work_once(void **state)
{
	const char *token, *link;
	int64_t account = 0;

	(void)state;
	assert_int_equal(link_make(cx, 5, "reset", &token), JY_OK);
	assert_int_equal(strlen(token), 43);
	assert_int_equal(link_find(cx, "other", token, &account), JY_NOT_FOUND);
	assert_int_equal(link_find(cx, "reset", token, &account), JY_OK);
	assert_int_equal(link_use(cx, "reset", token, &account), JY_OK);
	assert_int_equal(account, 5);
	assert_int_equal(link_use(cx, "reset", token, &account), JY_NOT_FOUND);
	assert_int_equal(account_reset_link(cx, 5, &link), JY_OK);
	assert_int_equal(strncmp(link, "http://test/account/reset/", 26), 0);
	assert_true(sql_run("UPDATE one_time_codes SET expires = NOW(3) - INTERVAL 1 SECOND"));
	assert_int_equal(link_find(cx, "reset", link + 26, &account), JY_NOT_FOUND);
}

/* The roster has one graduate, whose ID ends in 12345X. */
static void
enrol_one(void)
{
	const char *uid = jy_uid(cx);
	struct jy_val id, phone;

	assert_int_equal(jy_seal(cx, "people.resident_id", uid, "22010420000101345X", &id), JY_OK);
	assert_int_equal(jy_seal(cx, "people.phone", uid, "13900005678", &phone), JY_OK);
	assert_int_equal(
	    jy_exec(cx,
		    "INSERT INTO people (uid, name, resident_id, phone, university, unit,"
		    " student_no, major, education, cohort) VALUES"
		    " (?, '王小明', ?, ?, '4122010183', '220100', 's1', '080901',"
		    " 'bachelor', 2022)",
		    jy_text(uid), id, phone),
	    JY_OK);
}

static enum jy_status
try_register(const char *name, const char *number, const char *tail, const char *code,
	     const char *account, json_t **errors)
{
	struct jy_ctx *q = new_request(NULL);
	enum jy_status s;

	q->params = jy_own(q, json_pack("{s:s, s:s, s:s, s:s?, s:s?, s:s, s:s?}", "name", name,
					"university", "4122010183", "student_no", number,
					"resident_tail", tail, "code", code, "password",
					"kettle on the green hill", "account", account));
	q->typed = jy_own(q, json_object());
	q->form = &register_form;
	s = register_post(q, view_new(q));
	*errors = q->errors;
	return s;
}

static void
a_graduate_registers_with_the_end_of_the_id(void **state)
{
	json_t *errors;

	(void)state;
	enrol_one();
	/* One sentence for every mismatch; JY_OK, because wrong tries of codes are kept. */
	assert_int_equal(try_register("王小红", "s1", "01345X", NULL, NULL, &errors), JY_OK);
	assert_int_equal(json_array_size(errors), 1);
	assert_int_equal(try_register("王小明", "s2", "01345X", NULL, NULL, &errors), JY_OK);
	assert_int_equal(json_array_size(errors), 1);
	assert_int_equal(try_register("王小明", "s1", "013450", NULL, NULL, &errors), JY_OK);
	assert_int_equal(json_array_size(errors), 1);
	assert_int_equal(try_register("王小明", "s1", NULL, NULL, NULL, &errors), JY_INVALID);
	assert_int_equal(sql_number("SELECT COUNT(*) AS n FROM accounts"), 0);

	assert_int_equal(try_register("王小明", "s1", "01345x", NULL, "xiaoming", &errors), JY_OK);
	assert_null(errors);
	assert_int_equal(sql_number("SELECT COUNT(*) AS n FROM accounts a JOIN people p ON p.id ="
				    " a.person WHERE a.name = 'xiaoming' AND a.phone IS NULL"),
			 1);
	assert_int_equal(
	    sql_number("SELECT COUNT(*) AS n FROM sessions s JOIN account_roles r ON r.id"
		       " = s.role_id WHERE r.role = 2"),
	    1);
	assert_int_equal(try_register("王小明", "s1", "01345X", NULL, "again", &errors),
			 JY_INVALID);
}

static void
a_graduate_registers_with_a_code(void **state)
{
	const char *code;
	json_t *errors;

	(void)state;
	enrol_one();
	assert_int_equal(
	    code_make(cx, sql_number("SELECT id AS n FROM people"), "register", NULL, &code),
	    JY_OK);
	assert_int_equal(try_register("王小明", "s1", NULL, another(code), NULL, &errors), JY_OK);
	assert_int_equal(sql_number("SELECT tries AS n FROM one_time_codes"), 1);
	assert_int_equal(try_register("王小明", "s1", NULL, code, NULL, &errors), JY_OK);
	assert_null(errors);
	/* The number was proved, so it is bound. */
	assert_int_equal(
	    sql_number("SELECT COUNT(*) AS n FROM accounts WHERE phone_hash IS NOT NULL"), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(found_by_name_phone_and_email, setup),
		cmocka_unit_test_setup(names_phones_and_emails_are_unique, setup),
		cmocka_unit_test_setup(roles_need_their_scope, setup),
		cmocka_unit_test_setup(the_last_administrator_stays, setup),
		cmocka_unit_test_setup(passwords_follow_the_role, setup),
		cmocka_unit_test_setup(a_step_counts_once, setup),
		cmocka_unit_test_setup(codes_are_few_short_and_single, setup),
		cmocka_unit_test_setup(links_work_once, setup),
		cmocka_unit_test_setup(a_graduate_registers_with_the_end_of_the_id, setup),
		cmocka_unit_test_setup(a_graduate_registers_with_a_code, setup),
	};

	return cmocka_run_group_tests(tests, people_setup, people_teardown);
}
