/*
 * match.c - one batch from reading to rows: the service jobs.match, the nightly task, and a person
 * who has just stated a need.
 */
#include "match.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static void
count_shortages(const struct match *m, json_t *by_reason)
{
	int i;

	for (i = 0; i < m->seeker_count; i++) {
		const char *reason = m->seekers[i].shortage;

		if (reason)
			json_object_set_new(by_reason, reason,
					    json_integer(jy_json_int(by_reason, reason) + 1));
	}
}

static int
more_first(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return x > y ? -1 : x < y;
}

/* Share of all pushes that the most pushed hundredth of the vacancies took, in thousandths. */
static int64_t
top_share(const struct match *m, int64_t pushes)
{
	int *taken = jy_alloc(m->cx, ((size_t)m->opening_count + 1) * sizeof(*taken)), i;
	int64_t top = 0;

	for (i = 0; i < m->opening_count; i++)
		taken[i] = m->openings[i].taken;
	qsort(taken, (size_t)m->opening_count, sizeof(*taken), more_first);
	for (i = 0; i < (m->opening_count + 99) / 100; i++)
		top += taken[i];
	return pushes ? top * 1000 / pushes : 0;
}

struct tally {
	int64_t have[MATCH_PUSHES + 1], relaxed[RELAX_STEPS], pushes, score, some;
	int64_t used, worst;
};

static struct tally
tally(const struct match *m)
{
	struct tally t = { 0 };
	int i, k;

	for (i = 0; i < m->seeker_count; i++) {
		const struct seeker *who = &m->seekers[i];
		int have = who->have + who->push_count;

		t.pushes += who->push_count;
		t.some += who->push_count > 0;
		t.have[have < MATCH_PUSHES ? have : MATCH_PUSHES]++;
		for (k = 0; k < who->push_count; k++) {
			t.score += who->pushes[k].score;
			t.relaxed[who->pushes[k].relaxed]++;
		}
	}
	for (i = 0; i < m->opening_count; i++) {
		const struct opening *job = &m->openings[i];
		int64_t taken = job->taken + job->before, places = job->places ? job->places : 1;

		t.used += taken > 0;
		if ((taken + places - 1) / places > t.worst)
			t.worst = (taken + places - 1) / places;
	}
	return t;
}

/* Why somebody has fewer than three, in words: the keys are stored, the words are for people. */
static json_t *
reason_labels(void)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s}", "education", "没有岗位要这个学历和专业",
			 "wishes", "有合适的岗位，但地点、用工形式或薪酬不合意愿，或已推送过",
			 "floor", "剩下的岗位都低于最低匹配分", "caps",
			 "合适的岗位都已达到推送上限", "diversity", "剩下的都是同一单位或同一职业");
}

/* Where shortage comes from is seen by education first: {"college": {"people", "three"}, ...}. */
static json_t *
by_education(const struct match *m)
{
	static const char *const names[] = { "other", "college", "bachelor", "master", "doctor" };
	int64_t people[5] = { 0 }, three[5] = { 0 };
	json_t *out = json_object();
	int i;

	for (i = 0; i < m->seeker_count; i++) {
		const struct seeker *who = &m->seekers[i];

		people[who->education]++;
		three[who->education] += who->have + who->push_count >= MATCH_PUSHES;
	}
	for (i = 0; i < 5; i++)
		if (people[i])
			json_object_set_new(out, names[i],
					    json_pack("{s:I, s:I}", "people", (json_int_t)people[i],
						      "three", (json_int_t)three[i]));
	return out;
}

json_t *
match_measures(struct match *m)
{
	json_t *by_reason = json_object(), *out;
	struct tally t = tally(m);

	count_shortages(m, by_reason);
	out = json_pack(
	    "{s:i, s:i, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:I, s:I, s:I, s:f, s:o, s:o}",
	    "people", m->seeker_count, "vacancies", m->opening_count, "places", m->places,
	    "with_three", (json_int_t)t.have[3], "with_two", (json_int_t)t.have[2], "with_one",
	    (json_int_t)t.have[1], "with_none", (json_int_t)t.have[0], "with_some",
	    (json_int_t)t.some, "pushes", (json_int_t)t.pushes, "mean_score",
	    t.pushes ? (double)t.score / (double)t.pushes : 0.0, "distinct_vacancies",
	    (json_int_t)t.used, "never_pushed", (json_int_t)(m->opening_count - t.used),
	    "most_per_place", (json_int_t)t.worst, "top_percent_share",
	    (double)top_share(m, t.pushes) / 1000, "without_three", by_reason, "reason_labels",
	    reason_labels());
	json_object_set_new(out, "by_education", by_education(m));
	json_object_set_new(out, "relaxed_province", json_integer(t.relaxed[RELAX_PROVINCE]));
	json_object_set_new(out, "relaxed_adjacent", json_integer(t.relaxed[RELAX_ADJACENT]));
	return out;
}

/* One run at a time, taken before the first read: two that cannot see each other's pushes would
 * give a person more than three. */
#define SQL_ONE_AT_A_TIME "SELECT id FROM campaigns WHERE current = 1 FOR UPDATE"

static enum jy_status
run(struct match *m)
{
	json_t *row;
	enum jy_status s = m->dry_run ? JY_OK : jy_row(m->cx, &row, SQL_ONE_AT_A_TIME);
	int i;

	if (s != JY_OK)
		return s;

	m->floor = jy_setting_int(m->cx, "jobs.floor");
	m->days_left = jy_setting_int(m->cx, "jobs.days_left");
	m->cap_percent = jy_setting_int(m->cx, "jobs.cap_percent");
	s = match_load(m);
	if (s != JY_OK)
		return s;
	for (i = 0; i < m->seeker_count; i++) {
		m->seekers[i].kept = jy_alloc(m->cx, MATCH_KEEP * sizeof(struct candidate));
		match_candidates(m, &m->seekers[i]);
		if (i % 1000 == 999)
			jy_progress(m->cx, i + 1, m->seeker_count, "计算匹配");
	}
	match_allot(m);
	return m->dry_run ? JY_OK : match_write(m);
}

/* Service jobs.match {region, dry_run, seed, person}: gives one item, the batch's measures. */
enum jy_status
jobs_match(struct jy_ctx *cx, json_t *args, jy_each_fn each, void *arg)
{
	struct match *m = jy_alloc(cx, sizeof(*m));
	struct timespec began, ended;
	json_t *measures;
	enum jy_status s;

	clock_gettime(CLOCK_MONOTONIC, &began);
	m->cx = cx;
	m->region = jy_json_text(args, "region");
	m->dry_run = jy_json_int(args, "dry_run") != 0;
	m->person = jy_json_int(args, "person");
	m->seed = jy_json_int(args, "seed");
	if (!m->seed)
		m->seed = (int64_t)(strtoull(jy_uid(cx) + 18, NULL, 16) >> 1);
	s = run(m);
	if (s != JY_OK)
		return s;
	measures = jy_own(cx, match_measures(m));
	json_object_set_new(measures, "batch", json_integer(m->batch));
	json_object_set_new(measures, "seed", json_integer(m->seed));
	clock_gettime(CLOCK_MONOTONIC, &ended);
	json_object_set_new(measures, "seconds",
			    json_real((double)(ended.tv_sec - began.tv_sec) +
				      (double)(ended.tv_nsec - began.tv_nsec) / 1e9));
	return each ? each(arg, measures) : JY_OK;
}

enum jy_status
jobs_match_nightly(struct jy_ctx *cx, json_t *args)
{
	return jobs_match(cx, args, NULL, NULL);
}

/* needs.registered {need, person, kind, unit}: opens the order and pushes at once. */
enum jy_status
jobs_need_registered(struct jy_ctx *cx, int64_t event_id, json_t *payload)
{
	struct jy_order order = { .need = jy_json_int(payload, "need"),
				  .responder = "jobs",
				  .title = "推送三个岗位",
				  .unit = jy_json_text(payload, "unit"),
				  .due_hours = (int)jy_setting_int(cx, "jobs.answer_hours") };
	json_t *args;
	int64_t id;
	enum jy_status s;

	(void)event_id;
	if (strcmp(jy_json_text(payload, "kind"), "job") != 0)
		return JY_OK;
	s = jy_order_open(cx, &order, &id);
	if (s != JY_OK)
		return s;
	args = json_pack("{s:I}", "person", (json_int_t)jy_json_int(payload, "person"));
	return jobs_match(cx, jy_own(cx, args), NULL, NULL);
}
