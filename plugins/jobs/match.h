/*
 * match.h - the matcher's picture of people and vacancies, and its steps.
 *
 * load (match_load.c) -> candidates (match_score.c) -> allotment in three rounds (match_allot.c) ->
 * reasons and rows (match_write.c). match.c leads. Everything lives in one batch, freed with cx.
 */
#ifndef JOBS_MATCH_H
#define JOBS_MATCH_H

#include "jobs.h"

#define MATCH_KEEP                                                                                 \
	48 /* best candidates kept for each person; all are looked at again if needed              \
	    */
#define MATCH_PUSHES  3
#define MATCH_WORDS   4
#define MATCH_VERSION 1 /* of the weights below */

/* Weights of the score's parts, 100 in all (MATCHING 4.2). Half is neutral where a fact is missing.
 */
enum { W_WISH = 25, W_MAJOR = 30, W_SKILL = 20, W_CITY = 15, W_FIT = 5, W_FRESH = 5 };

enum relaxed { RELAX_NONE, RELAX_PROVINCE, RELAX_ADJACENT, RELAX_STEPS };

struct words {
	const char *word[MATCH_WORDS];
	int count;
};

struct opening {
	int64_t id, employer;
	const char *title, *region, *occupation, *pay;
	struct words skills;
	int unit; /* index of the reporting unit, -1 outside the province */
	int education, education_max;
	int64_t pay_min, pay_max;
	int type, age_days, places;
	const struct major_rule *majors; /* sorted as read; NULL = any */
	int major_count;
	bool strict;            /* a public post: its majors are law, none is near enough */
	int cap, taken, before; /* pushes allowed, made in this batch, made earlier */
};
struct major_rule {
	char level; /* a any, c college, b bachelor, g graduate */
	char code[7];
};

struct seeker {
	int64_t id, account, need;
	const char *name, *unit_name;
	char major[9];
	int unit, education;
	uint64_t units; /* wished units as bits; 0 = any */
	int types;      /* wished types as bits; 0 = any */
	int64_t pay_min;
	struct words wishes, skills;
	const int64_t *had;  /* vacancies pushed before */
	const int64_t *met;  /* their employers, as many */
	int had_count, have; /* of them still good */
	uint64_t random;
	int options; /* openings that pass the hard filters */
	const struct group *group;
	struct candidate *kept; /* best first */
	int kept_count;
	struct push {
		int opening, score;
		enum relaxed relaxed;
	} pushes[MATCH_PUSHES];
	int push_count;
	const char *shortage; /* why fewer than three; NULL = none */
};

/* People with one major and education may be pushed the same vacancies: found once for all of them.
 */
struct group {
	char major[9];
	/* What rules are compared with: those for the group's own level, and those for any level. A
	 * graduate discipline ("g0812") and an undergraduate major meet by their names. */
	char code[9], plain[9];
	int education, count;
	struct reach {
		int opening;
		int fit; /* 3 major named, 2 its class, 1 its discipline, 0 any, -1 adjacent only */
	} * reach;
};

struct candidate {
	int opening;
	int score; /* 0..100, after pressure in hundredths: 0..10000 */
};

struct match {
	struct jy_ctx *cx;
	json_t *campaign;
	int64_t batch, seed, person; /* person != 0: this one only */
	const char *region;
	bool dry_run;
	int64_t floor, days_left, cap_percent;
	struct opening *openings;
	struct seeker *seekers;
	int opening_count, seeker_count, places;
	int64_t people;     /* of the class, served ones too: caps are the same in every run */
	json_t *units;      /* code -> index */
	struct reach *room; /* as long as openings, while a group is filled */
};

/* Reads both sides. JY_NOT_FOUND: no campaign. */
enum jy_status match_load(struct match *m);
/* 3 to -1 as in struct reach, -2: the rule says nothing for this group. */
int match_rule_fit(const struct group *group, const struct opening *job,
		   const struct major_rule *rule);
/* Fills group->reach by education and major. */
void match_reach(struct match *m, struct group *group);
/* The remaining hard filters under a relaxation. */
bool match_allowed(const struct seeker *who, const struct opening *job, int fit,
		   enum relaxed relaxed);
int match_score(const struct seeker *who, const struct opening *job, int fit);
/* Hundredths of a point: what the score is worth after earlier pushes of the same opening. */
int match_chance(const struct opening *job, int score);
void match_candidates(struct match *m, struct seeker *who);
void match_allot(struct match *m);
/* 2 to 4 checkable sentences with both sides of the fact, and one that names what is missing. */
json_t *match_reasons(struct match *m, const struct seeker *who, const struct opening *job,
		      enum relaxed relaxed);
enum jy_status match_write(struct match *m);
json_t *match_measures(struct match *m); /* new reference */
int match_fit(const struct seeker *who, int opening);

#endif
