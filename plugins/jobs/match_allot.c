/*
 * match_allot.c - who gets which: three rounds, everybody the first before anybody the second.
 *
 * In each round those with the fewest options choose first, then a stored random order. An opening
 * takes at most its cap. At most one push for each employer and two for each occupation. Who finds
 * nothing among the kept candidates looks through everything in reach again, and then the rules are
 * relaxed in a fixed order that the reasons name: any city of the province, then an adjacent major.
 */
#include "match.h"

#include <stdlib.h>
#include <string.h>

static bool
full(const struct opening *job)
{
	return job->taken + job->before >= job->cap;
}

static bool
diverse(const struct match *m, const struct seeker *who, const struct opening *job)
{
	int i, same = 0;

	for (i = 0; who->met && i < who->had_count; i++)
		if (who->met[i] == job->employer)
			return false;
	for (i = 0; i < who->push_count; i++) {
		const struct opening *other = &m->openings[who->pushes[i].opening];

		if (other->employer == job->employer)
			return false;
		same += *job->occupation && strcmp(other->occupation, job->occupation) == 0;
	}
	return same < 2;
}

static void
give(struct match *m, struct seeker *who, int opening, int score, enum relaxed relaxed)
{
	who->pushes[who->push_count++] =
	    (struct push){ .opening = opening, .score = score, .relaxed = relaxed };
	m->openings[opening].taken++;
}

static bool
from_kept(struct match *m, struct seeker *who)
{
	int i;

	for (i = 0; i < who->kept_count; i++) {
		int at = who->kept[i].opening;
		const struct opening *job = &m->openings[at];

		if (full(job) || !diverse(m, who, job))
			continue;
		give(m, who, at, match_score(who, job, match_fit(who, at)), RELAX_NONE);
		return true;
	}
	return false;
}

/* Best of everything in reach under a relaxation; *blocked tells what stood in the way. */
static bool
from_all(struct match *m, struct seeker *who, enum relaxed relaxed, const char **blocked)
{
	int i, score, worth, best = -1, best_worth = -1, best_score = 0;

	for (i = 0; i < who->group->count; i++) {
		const struct reach *reach = &who->group->reach[i];
		const struct opening *job = &m->openings[reach->opening];

		if (!match_allowed(who, job, reach->fit, relaxed))
			continue;
		score = match_score(who, job, reach->fit);
		if (score < m->floor) {
			*blocked = "floor";
			continue;
		}
		if (full(job) || !diverse(m, who, job)) {
			*blocked = full(job) ? "caps" : "diversity";
			continue;
		}
		worth = match_chance(job, score);
		if (worth > best_worth) {
			best = reach->opening;
			best_worth = worth;
			best_score = score;
		}
	}
	if (best >= 0)
		give(m, who, best, best_score, relaxed);
	return best >= 0;
}

static void
choose(struct match *m, struct seeker *who)
{
	const char *blocked = who->group->count ? "wishes" : "education";
	enum relaxed relaxed;

	if (from_kept(m, who))
		return;
	for (relaxed = RELAX_NONE; relaxed < RELAX_STEPS; relaxed++)
		if (from_all(m, who, relaxed, &blocked))
			return;
	who->shortage = blocked;
}

static int
fewest_first(const void *a, const void *b)
{
	const struct seeker *x = *(struct seeker *const *)a, *y = *(struct seeker *const *)b;

	if (x->options != y->options)
		return x->options < y->options ? -1 : 1;
	return x->random < y->random ? -1 : x->random > y->random;
}

/* Cap of an opening: its places times the mean need, times the setting (MATCHING 4.2, item 4). */
static void
set_caps(struct match *m)
{
	double need = m->places ? (double)MATCH_PUSHES * (double)m->people / m->places : 1;
	int i;

	if (need < 1)
		need = 1;
	for (i = 0; i < m->opening_count; i++) {
		double cap = m->openings[i].places * need * (double)m->cap_percent / 100;

		m->openings[i].cap = (int)cap + (cap > (int)cap);
	}
}

void
match_allot(struct match *m)
{
	struct seeker **order = jy_alloc(m->cx, ((size_t)m->seeker_count + 1) * sizeof(*order));
	int i, round;

	set_caps(m);
	for (i = 0; i < m->seeker_count; i++)
		order[i] = &m->seekers[i];
	qsort(order, (size_t)m->seeker_count, sizeof(*order), fewest_first);
	for (round = 0; round < MATCH_PUSHES; round++) {
		for (i = 0; i < m->seeker_count; i++)
			if (order[i]->have + order[i]->push_count <= round && !order[i]->shortage)
				choose(m, order[i]);
		jy_progress(m->cx, round + 1, MATCH_PUSHES, "分配");
	}
}
