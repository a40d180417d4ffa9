/*
 * checks.h - what can be said about a vacancy from its own words, before a person looks at it.
 *
 * Pure: a row in, findings out; no database. A finding is {"code", "severity", "label", "text",
 * "quote"}; severity is stop (cannot be approved), warn (the officer names it in the note) or note
 * (for the officer alone). At most one finding for each code.
 */
#ifndef JOBS_CHECKS_H
#define JOBS_CHECKS_H

#include "jobs.h"

#define CHECKS_TEXT_MAX (32 * 1024) /* bytes of one field that are looked at */

enum check_severity { CHECK_NOTE, CHECK_WARN, CHECK_STOP };

struct jobs_limits {
	int64_t wage_floor, pay_ceiling; /* fen a month */
};

struct checks {
	json_t *out;
	bool official; /* public and grassroots posts: some limits are law there */
	bool bodies;   /* public posts alone: sex may be asked where the law allows it */
};

/* Codes and labels of all rules, in the order of the review. */
extern const struct jy_choice jobs_check_labels[];

/* The row of a vacancy, with website (of the employer), copies and copy_of beside its columns. New
 * reference. */
json_t *jobs_checks(const json_t *row, const struct jobs_limits *limits);

/* Between the files: adds a finding, or raises the one with this code. quote may be NULL. */
void check_add(struct checks *c, const char *code, enum check_severity severity, const char *text,
	       const char *quote);
/* checks_words.c: fees, discrimination. text is one field as written. */
void check_words(struct checks *c, const char *text);
/* checks_contact.c: mail, messengers and phones; as_contact: the field is meant for them. */
void check_contact(struct checks *c, const char *text, const char *website, bool as_contact);
/* Full-width to half-width, lower case, without blanks; lines stay. to has CHECKS_TEXT_MAX bytes.
 */
void check_fold(const char *text, char *to);
/* One character of well-formed UTF-8, and the start of the next; broken bytes read as themselves.
 */
uint32_t check_next(const char **at);

#endif
