/*
 * match_score.c - may this vacancy be pushed to this person, and how well does it fit?
 *
 * Hard filters first, then a score of named parts in whole points (MATCHING 4.2, weights in
 * match.h). A missing fact counts half, so that nobody is punished for a short form. The score is
 * multiplied by a chance: an opening that was pushed often already is worth less.
 */
#include "match.h"

#include <stdlib.h>
#include <string.h>

/* Does the rule speak of people with this education? */
static bool
level_fits(char level, int education)
{
	switch (level) {
	case 'c':
		return education == 1;
	case 'b':
		return education == 2;
	case 'g':
		return education >= 3;
	default:
		return true;
	}
}

int
match_rule_fit(const struct group *group, const struct opening *job, const struct major_rule *rule)
{
	const char *code = rule->level == 'a' ? group->plain : group->code;
	size_t digits = strlen(rule->code);

	if (!level_fits(rule->level, group->education))
		return -2;
	if (digits == 0)
		return 0;
	if (strncmp(rule->code, code, 2) != 0)
		return -2;
	if (strncmp(rule->code, code, digits) != 0)
		return job->strict ? -2 : -1;
	if (digits < 4)
		return 1;
	return digits == strlen(code) || digits >= 6 ? 3 : 2;
}

static int
major_fit(const struct group *group, const struct opening *job)
{
	int i, best = -2, fit;

	if (!job->major_count)
		return 0;
	for (i = 0; i < job->major_count; i++) {
		fit = match_rule_fit(group, job, &job->majors[i]);
		if (fit > best)
			best = fit;
	}
	return best;
}

void
match_reach(struct match *m, struct group *group)
{
	int i, fit, count = 0;

	if (!m->room)
		m->room = jy_alloc(m->cx, ((size_t)m->opening_count + 1) * sizeof(*m->room));
	for (i = 0; i < m->opening_count; i++) {
		const struct opening *job = &m->openings[i];

		if (group->education < job->education || group->education > job->education_max)
			continue;
		fit = major_fit(group, job);
		if (fit > -2)
			m->room[count++] = (struct reach){ .opening = i, .fit = fit };
	}
	group->count = count;
	group->reach = jy_alloc(m->cx, (size_t)count * sizeof(*group->reach));
	memcpy(group->reach, m->room, (size_t)count * sizeof(*group->reach));
}

int
match_fit(const struct seeker *who, int opening)
{
	int low = 0, high = who->group->count - 1, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (who->group->reach[middle].opening < opening)
			low = middle + 1;
		else
			high = middle;
	}
	return who->group->reach[low].fit;
}

static bool
had_before(const struct seeker *who, int64_t vacancy)
{
	int i;

	for (i = 0; i < who->had_count; i++)
		if (who->had[i] == vacancy)
			return true;
	return false;
}

bool
match_allowed(const struct seeker *who, const struct opening *job, int fit, enum relaxed relaxed)
{
	if (fit == -1 && relaxed < RELAX_ADJACENT)
		return false;
	if (who->types && !(who->types & 1 << job->type))
		return false;
	if (relaxed < RELAX_PROVINCE && who->units &&
	    (job->unit < 0 || !(who->units >> job->unit & 1)))
		return false;
	if (who->pay_min && job->pay_max && job->pay_max < who->pay_min)
		return false;
	return !had_before(who, job->id);
}

static bool
any_word_in(const struct words *words, const char *text)
{
	int i;

	for (i = 0; i < words->count; i++)
		if (strstr(text, words->word[i]))
			return true;
	return false;
}

static int
skill_points(const struct seeker *who, const struct opening *job)
{
	int i, k, matched = 0;

	if (!job->skills.count || !who->skills.count)
		return W_SKILL / 2;
	for (i = 0; i < job->skills.count; i++)
		for (k = 0; k < who->skills.count; k++)
			if (strstr(who->skills.word[k], job->skills.word[i]) ||
			    strstr(job->skills.word[i], who->skills.word[k])) {
				matched++;
				break;
			}
	return W_SKILL * matched / job->skills.count;
}

static int
city_points(const struct seeker *who, const struct opening *job)
{
	if (who->units)
		return job->unit >= 0 && (who->units >> job->unit & 1) ? W_CITY : 0;
	return job->unit == who->unit ? W_CITY * 4 / 5 : W_CITY / 2;
}

int
match_score(const struct seeker *who, const struct opening *job, int fit)
{
	static const int major_points[] = { W_MAJOR / 3, W_MAJOR / 2, W_MAJOR * 2 / 3,
					    W_MAJOR * 7 / 8, W_MAJOR };
	int score = major_points[fit + 1], age = job->age_days / 7;

	if (!who->wishes.count)
		score += W_WISH / 2;
	else if (any_word_in(&who->wishes, job->title))
		score += W_WISH;
	score += skill_points(who, job) + city_points(who, job);
	score += job->education == who->education ? 3 : 1;
	score += job->pay_max ? 2 : 1;
	return score + (age < W_FRESH ? W_FRESH - age : 0);
}

/* Hundredths of a point: earlier pushes for each place press the value down, never to nothing. */
int
match_chance(const struct opening *job, int score)
{
	return score * 100 * 20 / (20 + job->before / (job->places ? job->places : 1));
}

static int
better_first(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	return x->opening < y->opening ? -1 : x->opening > y->opening;
}

/* Keeps the best MATCH_KEEP by replacing the worst kept one; the list stays a heap, worst on top.
 */
static void
sift(struct candidate *heap, int count, int at)
{
	struct candidate held = heap[at];
	int child;

	while ((child = 2 * at + 1) < count) {
		if (child + 1 < count && better_first(&heap[child], &heap[child + 1]) < 0)
			child++;
		if (better_first(&held, &heap[child]) >= 0)
			break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = held;
}

static void
keep(struct seeker *who, struct candidate found)
{
	int at;

	if (who->kept_count < MATCH_KEEP) {
		who->kept[who->kept_count++] = found;
		if (who->kept_count == MATCH_KEEP)
			for (at = MATCH_KEEP / 2 - 1; at >= 0; at--)
				sift(who->kept, MATCH_KEEP, at);
	} else if (better_first(&found, &who->kept[0]) < 0) {
		who->kept[0] = found;
		sift(who->kept, MATCH_KEEP, 0);
	}
}

void
match_candidates(struct match *m, struct seeker *who)
{
	int i, score;

	who->kept_count = who->options = 0;
	for (i = 0; i < who->group->count; i++) {
		const struct reach *reach = &who->group->reach[i];
		const struct opening *job = &m->openings[reach->opening];

		if (!match_allowed(who, job, reach->fit, RELAX_NONE))
			continue;
		who->options++;
		score = match_score(who, job, reach->fit);
		if (score >= m->floor)
			keep(who, (struct candidate){ reach->opening, match_chance(job, score) });
	}
	qsort(who->kept, (size_t)who->kept_count, sizeof(*who->kept), better_first);
}
