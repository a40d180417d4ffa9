/*
 * test_match.c - the matcher without a database: hard filters, score, caps, three rounds,
 * diversity, and the fixed order of relaxations.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ctx.h"

#include "../match_score.c"

#include "../match_allot.c"

#define PEOPLE 6
#define JOBS   8

static struct core core;
static struct match m;
static struct opening jobs[JOBS];
static struct seeker people[PEOPLE];
static struct group group;

/* One group of computing bachelors; posts of distinct employers and occupations for any major. */
static int
setup(void **state)
{
	int i;

	(void)state;
	m = (struct match){ .cx = ctx_new(&core, NULL, "test"),
			    .openings = jobs,
			    .seekers = people,
			    .floor = 40,
			    .cap_percent = 200 };
	group = (struct group){
		.major = "080901", .code = "080901", .plain = "080901", .education = 2
	};
	for (i = 0; i < JOBS; i++)
		jobs[i] = (struct opening){ .id = 100 + i,
					    .employer = 1 + i,
					    .title = "程序员",
					    .region = "",
					    .occupation = "",
					    .education = 2,
					    .education_max = 4,
					    .places = 1 };
	for (i = 0; i < PEOPLE; i++)
		people[i] = (struct seeker){ .id = 1 + i,
					     .education = 2,
					     .major = "080901",
					     .random = (uint64_t)i,
					     .group = &group };
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	talloc_free(m.cx);
	return 0;
}

static void
run(int openings, int seekers, int64_t class_size)
{
	int i;

	m.opening_count = openings;
	m.seeker_count = seekers;
	m.people = class_size;
	m.places = 0;
	for (i = 0; i < openings; i++)
		m.places += jobs[i].places;
	m.room = NULL;
	match_reach(&m, &group);
	for (i = 0; i < seekers; i++) {
		people[i].kept = jy_alloc(m.cx, MATCH_KEEP * sizeof(struct candidate));
		match_candidates(&m, &people[i]);
	}
	match_allot(&m);
}

static int
fit(char level, const char *code, bool strict)
{
	struct major_rule rule = { .level = level };
	struct opening job = { .strict = strict };

	memcpy(rule.code, code, strlen(code));
	return match_rule_fit(&group, &job, &rule);
}

static void
majors_are_read_in_their_own_catalogue(void **state)
{
	(void)state;
	assert_int_equal(fit('b', "080901", true), 3);
	assert_int_equal(fit('b', "0809", true), 2);
	assert_int_equal(fit('a', "08", true), 1);
	assert_int_equal(fit('b', "0810", true), -2); /* what is law is not stretched */
	assert_int_equal(fit('b', "0810", false), -1);
	assert_int_equal(fit('b', "0301", false), -2);
	assert_int_equal(fit('g', "0809", true), -2); /* 0809 of graduates is electronics */
	assert_int_equal(fit('c', "0809", true), -2);
	assert_int_equal(fit('b', "", true), 0);
	assert_int_equal(fit('g', "", true), -2); /* any major, but of another education */
	group =
	    (struct group){ .major = "g0812", .code = "0812", .plain = "080901", .education = 3 };
	assert_int_equal(fit('g', "0812", true), 3);
	assert_int_equal(fit('g', "08", true), 1);
	assert_int_equal(fit('g', "0809", true), -2);
	assert_int_equal(fit('a', "0809", true), 2); /* any level: by the undergraduate namesake */
	assert_int_equal(fit('b', "0809", true), -2);
	group =
	    (struct group){ .major = "081903", .code = "08", .plain = "081903", .education = 3 };
	assert_int_equal(fit('g', "0812", true), -2); /* no namesake: the discipline alone */
	assert_int_equal(fit('g', "08", true), 1);
}

static void
education_has_both_ends(void **state)
{
	(void)state;
	jobs[0].education = 3;
	jobs[1].education = 1;
	jobs[1].education_max = 1;
	jobs[2].education_max = 2;
	run(3, 1, 1);
	assert_int_equal(group.count, 1);
	assert_int_equal(group.reach[0].opening, 2);
}

static void
wishes_are_hard_until_relaxed(void **state)
{
	static const int64_t had[] = { 100 };
	struct seeker *who = &people[0];
	struct opening *job = &jobs[0];

	(void)state;
	assert_true(match_allowed(who, job, 0, RELAX_NONE));
	who->units = 1 << 3;
	job->unit = 2;
	assert_false(match_allowed(who, job, 0, RELAX_NONE));
	assert_true(match_allowed(who, job, 0, RELAX_PROVINCE));
	job->unit = 3;
	assert_true(match_allowed(who, job, 0, RELAX_NONE));
	assert_false(match_allowed(who, job, -1, RELAX_PROVINCE));
	assert_true(match_allowed(who, job, -1, RELAX_ADJACENT));
	who->types = 1 << 1;
	assert_false(match_allowed(who, job, 0, RELAX_ADJACENT));
	who->types = 0;
	who->pay_min = 500000;
	assert_true(match_allowed(who, job, 0, RELAX_NONE)); /* negotiable */
	job->pay_max = 400000;
	assert_false(match_allowed(who, job, 0, RELAX_ADJACENT));
	who->pay_min = 0;
	who->had = had;
	who->had_count = 1;
	assert_false(match_allowed(who, job, 0, RELAX_ADJACENT)); /* never the same twice */
}

static void
the_score_is_the_sum_of_its_parts(void **state)
{
	struct seeker *who = &people[0];
	struct opening *job = &jobs[0];
	int neutral = match_score(who, job, 0);

	(void)state;
	who->wishes = (struct words){ { "程序" }, 1 };
	who->skills = job->skills = (struct words){ { "SQL" }, 1 };
	who->units = 1;
	job->pay_max = 1;
	assert_int_equal(match_score(who, job, 3), 100);
	assert_true(neutral > 30 && neutral < 70);
	assert_true(match_score(who, job, 3) > match_score(who, job, 2));
	assert_true(match_score(who, job, 2) > match_score(who, job, 1));
	assert_true(match_score(who, job, 1) > match_score(who, job, 0));
	assert_true(match_score(who, job, 0) > match_score(who, job, -1));
	job->age_days = 300;
	assert_int_equal(match_score(who, job, 3), 95);
	who->wishes = (struct words){ { "教师" }, 1 };
	assert_int_equal(match_score(who, job, 3), 70);
	job->before = 20;
	assert_int_equal(match_chance(job, 80), 4000); /* 20 pushes a place halve the worth */
}

static void
everybody_has_the_first_before_anybody_the_second(void **state)
{
	int i;

	(void)state;
	run(4, 4, 4); /* need 3 a place, cap 6: plenty; all have three */
	for (i = 0; i < 4; i++)
		assert_int_equal(people[i].push_count, 3);
	teardown(NULL);
	setup(NULL);
	m.cap_percent = 100;
	jobs[0].cap = 0;
	run(1, 4, 1); /* one place, cap 3, four people: three have one, none has two */
	for (i = 0; i < 3; i++)
		assert_int_equal(people[i].push_count, 1);
	assert_int_equal(people[3].push_count, 0);
	assert_string_equal(people[3].shortage, "caps");
	assert_string_equal(people[0].shortage, "caps"); /* its one post is full: nothing is left */
}

static void
a_cap_counts_what_was_pushed_before(void **state)
{
	(void)state;
	jobs[0].before = 5;
	run(1, 2, 2); /* cap = 1 place * 6 * 200 % = 12 */
	assert_int_equal(jobs[0].cap, 12);
	assert_int_equal(jobs[0].taken, 2);
	teardown(NULL);
	setup(NULL);
	jobs[0].before = 11;
	run(1, 2, 2);
	assert_int_equal(jobs[0].taken, 1);
}

static void
pushes_of_one_person_differ(void **state)
{
	static const int64_t met[] = { 1 };
	int i;

	(void)state;
	for (i = 0; i < 4; i++)
		jobs[i].employer = 1;
	run(4, 1, 100);
	assert_int_equal(people[0].push_count, 1); /* one for each employer */
	assert_string_equal(people[0].shortage, "diversity");
	teardown(NULL);
	setup(NULL);
	for (i = 0; i < 4; i++)
		jobs[i].occupation = "4-04-05-01";
	run(4, 1, 100);
	assert_int_equal(people[0].push_count, 2); /* two for each occupation */
	teardown(NULL);
	setup(NULL);
	people[0].had = people[0].met = met;
	people[0].had_count = 1;
	run(2, 1, 100);
	assert_int_equal(people[0].push_count, 1); /* an earlier run's employer is not met again */
	assert_int_equal(people[0].pushes[0].opening, 1);
}

static void
who_has_fewest_options_chooses_first(void **state)
{
	int i;

	(void)state;
	m.cap_percent = 100;
	for (i = 0; i < 3; i++)
		jobs[i].unit = i;
	people[1].units = 1; /* only the first will do */
	people[1].random = 99;
	jobs[0].before = 8; /* need (3 * 3) / 3 places = 3: room only in the others */
	run(3, 2, 3);
	assert_int_equal(people[1].pushes[0].relaxed, RELAX_PROVINCE);
	assert_int_not_equal(people[1].pushes[0].opening, 0);
	assert_int_equal(people[0].push_count, 2);
}

static void
relaxation_names_its_step(void **state)
{
	static const struct major_rule near_[] = { { 'b', "0810" } };

	(void)state;
	jobs[0].majors = near_;
	jobs[0].major_count = 1;
	run(1, 1, 1);
	assert_int_equal(people[0].push_count, 1);
	assert_int_equal(people[0].pushes[0].relaxed, RELAX_ADJACENT);
	teardown(NULL);
	setup(NULL);
	jobs[0].majors = near_;
	jobs[0].major_count = 1;
	jobs[0].strict = true;
	run(1, 1, 1);
	assert_int_equal(people[0].push_count, 0);
	assert_string_equal(people[0].shortage, "education");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(majors_are_read_in_their_own_catalogue),
		TEST(education_has_both_ends),
		TEST(wishes_are_hard_until_relaxed),
		TEST(the_score_is_the_sum_of_its_parts),
		TEST(everybody_has_the_first_before_anybody_the_second),
		TEST(a_cap_counts_what_was_pushed_before),
		TEST(pushes_of_one_person_differ),
		TEST(who_has_fewest_options_chooses_first),
		TEST(relaxation_names_its_step),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
