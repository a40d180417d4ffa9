/*
 * test_session.c - sessions against a database: what the cookie is worth, when it stops, and what
 * ends it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "lib/people.h"
#include "people/account.h"
#include "people/session.h"

static int64_t account, graduate_role, city_role;

static int
setup(void **state)
{
	const char *error = NULL;
	const struct account_new fresh = { .name = "someone",
					   .display_name = "某人",
					   .person = 7,
					   .password = "bridge over the river" };
	json_t *roles;

	(void)state;
	json_object_clear(core.settings);
	json_object_set_new(core.settings, "accounts.second_factor", json_string("required"));
	if (!sql_run("DELETE FROM sessions; DELETE FROM account_roles; DELETE FROM accounts;"
		     "REPLACE INTO units VALUES ('220100', '长春市', 1)") ||
	    account_create(cx, &fresh, &account, &error) != JY_OK ||
	    account_grant(cx, account, &(struct account_role){ .role = JY_GRADUATE }, &error) !=
		JY_OK ||
	    account_grant(cx, account, &(struct account_role){ JY_CITY, "220100", NULL, 0 },
			  &error) != JY_OK ||
	    account_roles(cx, account, &roles) != JY_OK)
		return -1;
	city_role = jy_json_int(json_array_get(roles, 0), "id");
	graduate_role = jy_json_int(json_array_get(roles, 1), "id");
	return 0;
}

/* The cookie "jiye=..." that an answer sets, as a browser would send it back. */
static const char *
cookie_of(const struct jy_view *view)
{
	size_t i;
	json_t *line;

	json_array_foreach(view->headers, i, line)
	{
		const char *text = json_string_value(line);

		if (strncmp(text, "Set-Cookie: jiye=", 17) == 0)
			return talloc_strndup(cx, text + 12, strcspn(text + 12, ";"));
	}
	return NULL;
}

static const char *
open_session(int64_t role_id, bool second)
{
	struct jy_ctx *q = new_request(NULL);
	struct jy_view *view = view_new(q);

	assert_int_equal(session_open(q, view, account, role_id, second), JY_OK);
	return cookie_of(view);
}

static struct jy_ctx *
come_back(const char *cookie)
{
	struct jy_ctx *q = new_request(cookie);

	assert_int_equal(session_identify(q), JY_OK);
	return q;
}

static void
the_cookie_names_who_asks(void **state)
{
	const char *cookie = open_session(graduate_role, false);
	struct jy_ctx *q = come_back(cookie);

	(void)state;
	assert_int_equal(strlen(cookie), strlen("jiye=") + 43);
	assert_non_null(q->session);
	assert_int_equal(q->user.account, account);
	assert_int_equal(q->user.person, 7);
	assert_int_equal(q->user.role, JY_GRADUATE);
	assert_string_equal(q->user.name, "某人");
	assert_false(q->session->second_factor_due);
	/* Neither the token nor anything that it can be read from is stored. */
	assert_int_equal(sql_number("SELECT COUNT(*) AS n FROM sessions WHERE LENGTH(hash) = 32"),
			 1);
}

static void
strangers_stay_strangers(void **state)
{
	static const char *const cookies[] = {
		NULL,
		"",
		"jiye=",
		"jiye=short",
		"other=x",
		"jiye=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"jiye=' OR 1=1 --",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cookies) / sizeof(cookies[0]); i++) {
		struct jy_ctx *q = come_back(cookies[i]);

		assert_null(q->session);
		assert_int_equal(q->user.role, JY_PUBLIC);
	}
}

static void
staff_owe_a_second_factor(void **state)
{
	struct jy_ctx *q = come_back(open_session(city_role, false));

	(void)state;
	assert_true(q->session->second_factor_due);
	assert_string_equal(q->user.unit, "220100");
	assert_false(come_back(open_session(city_role, true))->session->second_factor_due);
	json_object_set_new(core.settings, "accounts.second_factor", json_string("optional"));
	assert_false(come_back(open_session(city_role, false))->session->second_factor_due);
	/* Who has one always needs it. */
	assert_true(sql_run("UPDATE accounts SET totp = 'x'"));
	assert_true(come_back(open_session(graduate_role, false))->session->second_factor_due);
}

static void
idle_and_old_sessions_end(void **state)
{
	const char *one = open_session(graduate_role, false);

	(void)state;
	assert_true(sql_run("UPDATE sessions SET seen = NOW(3) - INTERVAL 29 MINUTE"));
	assert_non_null(come_back(one)->session);
	/* Coming back counted as being seen. */
	assert_int_equal(
	    sql_number("SELECT TIMESTAMPDIFF(SECOND, seen, NOW(3)) < 5 AS n FROM sessions"), 1);
	assert_true(sql_run("UPDATE sessions SET seen = NOW(3) - INTERVAL 31 MINUTE"));
	assert_null(come_back(one)->session);
	assert_int_equal(sql_number("SELECT COUNT(*) AS n FROM sessions"), 0);

	one = open_session(city_role, true);
	assert_true(sql_run("UPDATE sessions SET seen = NOW(3) - INTERVAL 16 MINUTE"));
	assert_null(come_back(one)->session);

	one = open_session(graduate_role, false);
	assert_true(sql_run("UPDATE sessions SET created = NOW(3) - INTERVAL 719 MINUTE"));
	assert_non_null(come_back(one)->session);
	assert_true(sql_run("UPDATE sessions SET created = NOW(3) - INTERVAL 721 MINUTE"));
	assert_null(come_back(one)->session);
}

static void
seen_is_written_at_most_once_a_minute(void **state)
{
	const char *one = open_session(graduate_role, false);

	(void)state;
	assert_true(sql_run("UPDATE sessions SET seen = NOW(3) - INTERVAL 50 SECOND"));
	assert_non_null(come_back(one)->session);
	assert_int_equal(sql_number("SELECT TIMESTAMPDIFF(SECOND, seen, NOW(3)) >= 50 AS n"
				    " FROM sessions"),
			 1);
}

static void
a_change_of_rights_makes_a_new_session(void **state)
{
	const char *old = open_session(graduate_role, false), *fresh;
	struct jy_ctx *q = come_back(old);
	struct jy_view *view = view_new(q);

	(void)state;
	assert_int_equal(session_open(q, view, account, city_role, true), JY_OK);
	fresh = cookie_of(view);
	assert_string_not_equal(old, fresh);
	assert_int_equal(q->user.role, JY_CITY);
	assert_null(come_back(old)->session);
	assert_non_null(come_back(fresh)->session);
}

static void
a_handler_that_runs_twice_leaves_one_session(void **state)
{
	const char *old = open_session(graduate_role, false);
	struct jy_ctx *q = come_back(old);
	struct jy_view *view = view_new(q);
	size_t cookies = 0, i;
	json_t *line;

	(void)state;
	assert_int_equal(session_open(q, view, account, city_role, true), JY_OK);
	/* The first run was rolled back: the old row is there again, the new one is not. */
	assert_true(sql_run("DELETE FROM sessions"));
	old = open_session(graduate_role, false);
	q->request = new_request(old)->request;
	assert_int_equal(session_open(q, view, account, city_role, true), JY_OK);
	assert_int_equal(sql_number("SELECT COUNT(*) AS n FROM sessions"), 1);
	json_array_foreach(view->headers, i, line) cookies +=
	    strncmp(json_string_value(line), "Set-Cookie: jiye=", 17) == 0;
	assert_int_equal(cookies, 1);
}

static void
ending(void **state)
{
	const char *one = open_session(graduate_role, false);
	const char *two = open_session(graduate_role, false);
	const char *three = open_session(graduate_role, false);
	struct jy_ctx *q = come_back(one);
	struct jy_view *view = view_new(q);

	(void)state;
	assert_int_equal(session_end(q, view), JY_OK);
	assert_null(q->session);
	assert_null(come_back(one)->session);
	assert_non_null(come_back(two)->session);
	q = come_back(two);
	assert_int_equal(session_end_others(q), JY_OK);
	assert_non_null(come_back(two)->session);
	assert_null(come_back(three)->session);
	assert_int_equal(session_end_all(cx, account), JY_OK);
	assert_null(come_back(two)->session);
}

static void
a_disabled_account_and_a_taken_role_end_it(void **state)
{
	const char *error = NULL, *one = open_session(graduate_role, false);

	(void)state;
	assert_int_equal(account_disable(cx, account, &error), JY_OK);
	assert_null(come_back(one)->session);
	assert_int_equal(account_enable(cx, account, &error), JY_OK);
	one = open_session(city_role, true);
	assert_int_equal(account_revoke(cx, account, city_role, &error), JY_OK);
	assert_null(come_back(one)->session);
}

static void
twenty_sessions_are_enough(void **state)
{
	const char *first = open_session(graduate_role, false);

	(void)state;
	assert_true(sql_run("UPDATE sessions SET seen = NOW(3) - INTERVAL 10 MINUTE"));
	for (int i = 0; i < 25; i++)
		open_session(graduate_role, false);
	assert_true(sql_number("SELECT COUNT(*) AS n FROM sessions") <= 20);
	assert_null(come_back(first)->session);
}

static void
form_tokens(void **state)
{
	struct jy_ctx *q = new_request(NULL), *other;
	struct jy_view *view = view_new(q);
	const char *token = session_token(q, view), *line, *cookie;

	(void)state;
	assert_int_equal(strlen(token), 43);
	assert_string_equal(session_token(q, view), token); /* both forms of a page */
	assert_int_equal(json_array_size(view->headers), 1);
	line = json_string_value(json_array_get(view->headers, 0));
	assert_int_equal(strncmp(line, "Set-Cookie: jiye_form=", 22), 0);
	cookie = talloc_strndup(cx, line + 12, strcspn(line + 12, ";"));
	other = new_request(cookie);
	assert_true(session_token_ok(other, token));
	assert_false(session_token_ok(other, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
	assert_false(session_token_ok(other, NULL));
	assert_false(session_token_ok(new_request(NULL), token));
	/* Signed in, only the session's own token counts. */
	q = come_back(open_session(graduate_role, false));
	assert_true(session_token_ok(q, q->session->csrf));
	assert_false(session_token_ok(q, token));
}

static void
cookies_bound_to_the_host(void **state)
{
	struct jy_ctx *q = new_request(NULL);
	struct jy_view *view = view_new(q);

	(void)state;
	config.secure_cookies = true;
	session_cookie(q, view, "jiye", "x", -1);
	assert_string_equal(json_string_value(json_array_get(view->headers, 0)),
			    "Set-Cookie: __Host-jiye=x; Path=/; HttpOnly; SameSite=Lax; Secure");
	assert_null(session_cookie_read(new_request("jiye=y"), "jiye"));
	assert_string_equal(session_cookie_read(new_request("__Host-jiye=y"), "jiye"), "y");
	config.secure_cookies = false;
}

static void
without_a_database_nobody_is_let_in(void **state)
{
	const char *one = open_session(graduate_role, false);

	(void)state;
	test_server_kill(&server);
	assert_int_equal(session_identify(new_request(one)), JY_BUSY);
	assert_int_equal(session_identify(new_request(NULL)), JY_OK);
	test_server_up(&server, "ON");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_cookie_names_who_asks, setup),
		cmocka_unit_test_setup(strangers_stay_strangers, setup),
		cmocka_unit_test_setup(staff_owe_a_second_factor, setup),
		cmocka_unit_test_setup(idle_and_old_sessions_end, setup),
		cmocka_unit_test_setup(seen_is_written_at_most_once_a_minute, setup),
		cmocka_unit_test_setup(a_change_of_rights_makes_a_new_session, setup),
		cmocka_unit_test_setup(a_handler_that_runs_twice_leaves_one_session, setup),
		cmocka_unit_test_setup(ending, setup),
		cmocka_unit_test_setup(a_disabled_account_and_a_taken_role_end_it, setup),
		cmocka_unit_test_setup(twenty_sessions_are_enough, setup),
		cmocka_unit_test_setup(form_tokens, setup),
		cmocka_unit_test_setup(cookies_bound_to_the_host, setup),
		cmocka_unit_test_setup(without_a_database_nobody_is_let_in, setup),
	};

	return cmocka_run_group_tests(tests, people_setup, people_teardown);
}
