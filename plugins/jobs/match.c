/*
 * match.c - one batch from reading to rows: the service jobs.match, the nightly task, and a person
 * who has just stated a need.
 */
#include "match.h"

#include <stdlib.h>
#include <string.h>

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

json_t *
match_measures(struct match *m)
{
	json_t *by_reason = json_object();
	int64_t pushes = 0, score = 0, three = 0, some = 0, used = 0, worst = 0;
	int i, k;

	for (i = 0; i < m->seeker_count; i++) {
		const struct seeker *who = &m->seekers[i];

		pushes += who->push_count;
		three += who->have + who->push_count >= MATCH_PUSHES;
		some += who->push_count > 0;
		for (k = 0; k < who->push_count; k++)
			score += who->pushes[k].score;
	}
	for (i = 0; i < m->opening_count; i++) {
		const struct opening *job = &m->openings[i];
		int64_t each = job->places ? job->taken / job->places : job->taken;

		used += job->taken > 0;
		if (each > worst)
			worst = each;
	}
	count_shortages(m, by_reason);
	return json_pack("{s:i, s:i, s:i, s:I, s:I, s:I, s:f, s:I, s:I, s:I, s:f, s:o}", "people",
			 m->seeker_count, "vacancies", m->opening_count, "places", m->places,
			 "with_three", (json_int_t)three, "with_some", (json_int_t)some, "pushes",
			 (json_int_t)pushes, "mean_score",
			 pushes ? (double)score / (double)pushes : 0.0, "distinct_vacancies",
			 (json_int_t)used, "never_pushed", (json_int_t)(m->opening_count - used),
			 "most_per_place", (json_int_t)worst, "top_percent_share",
			 (double)top_share(m, pushes) / 1000, "without_three", by_reason);
}

static enum jy_status
run(struct match *m)
{
	enum jy_status s;
	int i;

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
	json_t *measures;
	enum jy_status s;

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
