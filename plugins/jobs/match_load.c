/*
 * match_load.c - reads vacancies and people into the matcher's arrays, by key in pages.
 *
 * Everybody on the roster of the running campaign's class takes part who did not opt out; who
 * stated wishes is matched by them, the others by major, education and the city of their
 * university.
 */
#include "match.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE      2000
#define SQL_UNITS "SELECT code FROM units ORDER BY sort, code LIMIT 64"
#define SQL_OPENINGS                                                                               \
	"SELECT v.id, v.employer_id, v.title, COALESCE(r.full_name, '') region, "                  \
	"COALESCE(v.unit, '') unit, v.occupation, v.headcount, v.education, v.education_max, "     \
	"v.pay_min, v.pay_max, v.pay_months, v.pay_text, v.skills, v.type, v.category, "           \
	"DATEDIFF(NOW(), v.published_at) age, (SELECT GROUP_CONCAT(LEFT(x.education, 1), "         \
	"x.code) FROM jobs_vacancy_majors x "                                                      \
	"WHERE x.vacancy = v.id) majors, (SELECT COUNT(*) FROM jobs_pushes p "                     \
	"WHERE p.vacancy = v.id) before_ FROM jobs_vacancies v LEFT JOIN regions r "               \
	"ON r.code = v.region WHERE v.state = 'published' AND v.expires >= CURDATE() + "           \
	"INTERVAL ? DAY AND v.id > ? AND NOT EXISTS (SELECT 1 FROM jobs_reports h WHERE "          \
	"h.vacancy = v.id AND h.state = 'open' AND h.halts = 1) ORDER BY v.id LIMIT 2000"
#define SQL_SEEKERS                                                                                \
	"SELECT p.id, p.name, p.major, p.unit, u.name unit_name, p.education, "                    \
	"COALESCE(n.detail, '') detail, COALESCE(n.id, 0) need, COALESCE(a.id, 0) account, "       \
	"(SELECT GROUP_CONCAT(x.vacancy) FROM jobs_pushes x WHERE x.person = p.id) had, "          \
	"(SELECT GROUP_CONCAT(x.employer_id) FROM jobs_pushes x WHERE x.person = p.id) met, "      \
	"(SELECT COUNT(*) FROM jobs_pushes x JOIN jobs_vacancies v ON v.id = x.vacancy "           \
	"WHERE x.person = p.id AND x.feedback NOT IN ('unsuitable', 'blocked') AND "               \
	"v.state = 'published' AND v.expires >= CURDATE()) have_ "                                 \
	"FROM people p LEFT JOIN units u ON u.code = p.unit LEFT JOIN needs n ON n.person = p.id " \
	"AND n.campaign = ? AND n.kind = 'job' AND n.state <> 'withdrawn' "                        \
	"LEFT JOIN accounts a ON a.person = p.id WHERE p.cohort = ? AND p.push_off = 0 AND "       \
	"(? = '' OR p.unit = ?) AND (? = 0 OR p.id = ?) AND p.id > ? ORDER BY p.id LIMIT 2000"

#define SQL_PEOPLE "SELECT COUNT(*) n FROM people WHERE cohort = ? AND push_off = 0"
/* A graduate discipline's undergraduate namesake, and the other way round ("法学（研究生）",
 * "法学", "土木类"). */
#define SQL_NAMESAKE                                                                               \
	"SELECT o.code FROM majors m LEFT JOIN majors c ON c.code = m.parent JOIN majors o "       \
	"ON o.education = ? AND (REPLACE(o.name, '（研究生）', '') IN "                       \
	"(REPLACE(m.name, '（研究生）', ''), REPLACE(c.name, '类', '')) "                    \
	"OR o.name = CONCAT(REPLACE(m.name, '（研究生）', ''), '类')) WHERE m.code = ? "     \
	"ORDER BY o.level DESC, REPLACE(o.name, '（研究生）', '') = "                         \
	"REPLACE(m.name, '（研究生）', '') DESC, o.code LIMIT 1"

static char *
copy(struct match *m, const char *text)
{
	return jy_printf(m->cx, "%s", text);
}

/* Words separated by blanks, commas or 、 in any width; at most MATCH_WORDS. */
static void
split_words(struct match *m, const char *text, struct words *out)
{
	static const char *const marks[] = { "、", "，", "；", ",", ";", " ", "　", "/", NULL };
	const char *end;
	size_t i, skip;

	for (out->count = 0; *text && out->count < MATCH_WORDS; text = end + skip) {
		end = text + strlen(text);
		skip = 0;
		for (i = 0; marks[i]; i++) {
			const char *found = strstr(text, marks[i]);

			if (found && found < end) {
				end = found;
				skip = strlen(marks[i]);
			}
		}
		if (end > text)
			out->word[out->count++] = jy_printf(m->cx, "%.*s", (int)(end - text), text);
	}
}

static int
index_of(const json_t *units, const char *code)
{
	const json_t *index = json_object_get(units, code);

	return index ? (int)json_integer_value(index) : -1;
}

static int
type_index(const char *type)
{
	int i;

	for (i = 0; jobs_types[i].value; i++)
		if (strcmp(jobs_types[i].value, type) == 0)
			return i;
	return 0;
}

/* "b0301,g03,a120203": first letter the level, then the code. */
static void
read_rules(struct match *m, const char *text, struct opening *job)
{
	struct major_rule *rules;
	int count = *text != '\0', i = 0;
	const char *at;
	size_t n;

	for (at = text; *at; at++)
		count += *at == ',';
	rules = jy_alloc(m->cx, (size_t)count * sizeof(*rules) + 1);
	for (at = text; *at && i < count; at += *at == ',') {
		rules[i].level = *at;
		at++;
		n = strcspn(at, ",");
		memcpy(rules[i].code, at, n < 6 ? n : 6);
		at += n;
		i++;
	}
	job->majors = rules;
	job->major_count = count;
}

struct reader {
	struct match *m;
	int64_t last;
	int room, page;
};

static void *
grown(struct match *m, void *old, int count, int *room, size_t size)
{
	void *bigger;

	if (count < *room)
		return old;
	*room = *room ? *room * 2 : 4096;
	bigger = jy_alloc(m->cx, (size_t)*room * size);
	if (old)
		memcpy(bigger, old, (size_t)count * size);
	return bigger;
}

static enum jy_status
add_opening(void *arg, json_t *row)
{
	struct reader *reader = arg;
	struct match *m = reader->m;
	struct opening *job;

	m->openings = grown(m, m->openings, m->opening_count, &reader->room, sizeof(*job));
	job = &m->openings[m->opening_count++];
	*job = (struct opening){
		.id = jy_json_int(row, "id"),
		.employer = jy_json_int(row, "employer_id"),
		.title = copy(m, jy_json_text(row, "title")),
		.region = copy(m, jy_json_text(row, "region")),
		.occupation = copy(m, jy_json_text(row, "occupation")),
		.pay = copy(m, jobs_pay_text(m->cx, row)),
		.unit = index_of(m->units, jy_json_text(row, "unit")),
		.education = (int)jy_json_int(row, "education"),
		.education_max = (int)jy_json_int(row, "education_max"),
		.pay_min = jy_json_int(row, "pay_min"),
		.pay_max = jy_json_int(row, "pay_max"),
		.type = type_index(jy_json_text(row, "type")),
		.strict = strcmp(jy_json_text(row, "category"), "public") == 0,
		.age_days = (int)jy_json_int(row, "age"),
		.places = (int)jy_json_int(row, "headcount"),
		.before = (int)jy_json_int(row, "before_"),
	};
	split_words(m, jy_json_text(row, "skills"), &job->skills);
	read_rules(m, jy_json_text(row, "majors"), job);
	m->places += job->places;
	reader->last = job->id;
	reader->page++;
	return JY_OK;
}

static void
read_wishes(struct match *m, const char *detail, struct seeker *who)
{
	json_t *wishes = jy_json_load(m->cx, detail), *item;
	size_t i;
	int unit;

	json_array_foreach(json_object_get(wishes, "units"), i, item)
	{
		unit = index_of(m->units, json_string_value(item));
		if (unit >= 0)
			who->units |= (uint64_t)1 << unit;
	}
	json_array_foreach(json_object_get(wishes, "types"), i, item) who->types |=
	    1 << type_index(json_string_value(item));
	who->pay_min = jy_json_int(wishes, "pay_min");
	split_words(m, jy_json_text(wishes, "wish_jobs"), &who->wishes);
	split_words(m, jy_json_text(wishes, "skills"), &who->skills);
}

/* "12,40,7" */
static const int64_t *
read_ids(struct match *m, const char *text, int *count)
{
	int64_t *ids = jy_alloc(m->cx, (strlen(text) / 2 + 1) * sizeof(*ids));
	char *end;

	for (*count = 0; *text; text = *end ? end + 1 : end)
		ids[(*count)++] = strtoll(text, &end, 10);
	return ids;
}

/* A fixed mix of seed and id: the same batch draws the same order again (splitmix64). */
static uint64_t
draw(uint64_t seed, uint64_t id)
{
	uint64_t x = seed + id * 0x9E3779B97F4A7C15u;

	x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
	x = (x ^ x >> 27) * 0x94D049BB133111EBu;
	return x ^ x >> 31;
}

static enum jy_status
add_seeker(void *arg, json_t *row)
{
	struct reader *reader = arg;
	struct match *m = reader->m;
	struct seeker *who;

	reader->last = jy_json_int(row, "id");
	reader->page++;
	if (jy_json_int(row, "have_") >= MATCH_PUSHES)
		return JY_OK; /* served: a second run pushes nothing twice */
	m->seekers = grown(m, m->seekers, m->seeker_count, &reader->room, sizeof(*who));
	who = &m->seekers[m->seeker_count++];
	*who = (struct seeker){
		.id = reader->last,
		.account = jy_json_int(row, "account"),
		.need = jy_json_int(row, "need"),
		.name = copy(m, jy_json_text(row, "name")),
		.unit_name = copy(m, jy_json_text(row, "unit_name")),
		.unit = index_of(m->units, jy_json_text(row, "unit")),
		.education = jobs_education_rank(jy_json_text(row, "education")),
		.have = (int)jy_json_int(row, "have_"),
		.random = draw((uint64_t)m->seed, (uint64_t)reader->last),
	};
	memcpy(who->major, jy_json_text(row, "major"), strnlen(jy_json_text(row, "major"), 8));
	read_wishes(m, jy_json_text(row, "detail"), who);
	who->had = read_ids(m, jy_json_text(row, "had"), &who->had_count);
	who->met = read_ids(m, jy_json_text(row, "met"), &who->had_count);
	return JY_OK;
}

static enum jy_status
load_openings(struct match *m)
{
	struct reader reader = { .m = m };
	enum jy_status s;

	do {
		reader.page = 0;
		s = jy_each(m->cx, SQL_OPENINGS, JY_VALS(jy_int(m->days_left), jy_int(reader.last)),
			    add_opening, &reader);
	} while (s == JY_OK && reader.page == PAGE);
	return s;
}

static enum jy_status
load_seekers(struct match *m)
{
	struct reader reader = { .m = m };
	enum jy_status s;

	do {
		reader.page = 0;
		s = jy_each(m->cx, SQL_SEEKERS,
			    JY_VALS(jy_int(jy_json_int(m->campaign, "id")),
				    jy_int(jy_json_int(m->campaign, "cohort")), jy_text(m->region),
				    jy_text(m->region), jy_int(m->person), jy_int(m->person),
				    jy_int(reader.last)),
			    add_seeker, &reader);
	} while (s == JY_OK && reader.page == PAGE);
	return s;
}

static void
code_copy(char out[9], const char *code)
{
	memset(out, 0, 9);
	memcpy(out, code, strnlen(code, 8));
}

/* Fills group->code and group->plain. Without a namesake only the discipline is compared. */
static enum jy_status
group_codes(struct match *m, struct group *group)
{
	bool discipline = group->major[0] == 'g';
	const char *own = group->major + discipline;
	json_t *row;
	enum jy_status s;

	code_copy(group->code, own);
	code_copy(group->plain, own);
	if (group->education < 3)
		return JY_OK;
	s = jy_row(m->cx, &row, SQL_NAMESAKE, jy_text(discipline ? "bachelor" : "graduate"),
		   jy_text(group->major));
	if (s == JY_OK)
		code_copy(discipline ? group->plain : group->code,
			  jy_json_text(row, "code") + !discipline);
	else if (s == JY_NOT_FOUND)
		code_copy(discipline ? group->plain : group->code, jy_printf(m->cx, "%.2s", own));
	return s == JY_NOT_FOUND ? JY_OK : s;
}

/* Majors and educations repeat: one group for each pair, found through an object by
 * "major/education". */
static enum jy_status
group_seekers(struct match *m)
{
	struct group **groups = jy_alloc(m->cx, ((size_t)m->seeker_count + 1) * sizeof(*groups));
	json_t *known = jy_own(m->cx, json_object()), *at;
	enum jy_status s = JY_OK;
	int i, count = 0;

	for (i = 0; s == JY_OK && i < m->seeker_count; i++) {
		struct seeker *who = &m->seekers[i];
		char key[16];

		snprintf(key, sizeof(key), "%s/%d", who->major, who->education);
		at = json_object_get(known, key);
		if (at) {
			who->group = groups[json_integer_value(at)];
			continue;
		}
		groups[count] = jy_alloc(m->cx, sizeof(**groups));
		code_copy(groups[count]->major, who->major);
		groups[count]->education = who->education;
		s = group_codes(m, groups[count]);
		match_reach(m, groups[count]);
		json_object_set_new(known, key, json_integer(count));
		who->group = groups[count++];
	}
	return s;
}

enum jy_status
match_load(struct match *m)
{
	json_t *rows, *row;
	enum jy_status s = jy_campaign(m->cx, &m->campaign);
	size_t i;

	if (s == JY_OK)
		s = jy_rows(m->cx, &rows, SQL_UNITS);
	if (s != JY_OK)
		return s;
	m->units = jy_own(m->cx, json_object());
	json_array_foreach(rows, i, row)
	    json_object_set_new(m->units, jy_json_text(row, "code"), json_integer((json_int_t)i));
	s = load_openings(m);
	jy_progress(m->cx, m->opening_count, m->opening_count, "读取岗位");
	if (s == JY_OK)
		s = jy_row(m->cx, &row, SQL_PEOPLE, jy_int(jy_json_int(m->campaign, "cohort")));
	if (s == JY_OK) {
		m->people = jy_json_int(row, "n");
		s = load_seekers(m);
	}
	if (s == JY_OK)
		s = group_seekers(m);
	jy_progress(m->cx, m->seeker_count, m->seeker_count, "读取毕业生");
	return s;
}
