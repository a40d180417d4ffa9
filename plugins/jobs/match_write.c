/*
 * match_write.c - the reasons of each push, the rows, the shortages and the measures of a batch.
 *
 * Reasons are facts that can be checked, with both sides said: what the person has or wishes, and
 * what the vacancy asks or offers (MATCHING 4.2, item 7). Rows go in by the thousand, as one JSON
 * value that the database unfolds.
 */
#include "match.h"

#include <string.h>

#define SQL_BATCH "INSERT INTO jobs_batches (campaign, region, seed, weights) VALUES (?, ?, ?, ?)"
#define SQL_PUSHES                                                                                 \
	"INSERT IGNORE INTO jobs_pushes (batch, person, vacancy, employer_id, place, score, "      \
	"relaxed, reasons) SELECT ?, t.person, t.vacancy, t.employer, t.place, t.score, "          \
	"t.relaxed, t.reasons FROM JSON_TABLE(?, '$[*]' COLUMNS (person BIGINT PATH '$[0]', "      \
	"vacancy BIGINT PATH '$[1]', employer BIGINT PATH '$[2]', place INT PATH '$[3]', "         \
	"score INT PATH '$[4]', relaxed VARCHAR(20) PATH '$[5]', reasons TEXT PATH '$[6]')) t"
#define SQL_SHORTAGES                                                                              \
	"INSERT INTO jobs_shortages (batch, unit, major, education, reason, people, missing) "     \
	"SELECT ?, p.unit, p.major, p.education, t.reason, COUNT(*), SUM(t.missing) "              \
	"FROM JSON_TABLE(?, '$[*]' COLUMNS (person BIGINT PATH '$[0]', "                           \
	"reason VARCHAR(20) PATH '$[1]', missing INT PATH '$[2]')) t JOIN people p "               \
	"ON p.id = t.person GROUP BY p.unit, p.major, p.education, t.reason "                      \
	"ON DUPLICATE KEY UPDATE people = people + VALUES(people), "                               \
	"missing = missing + VALUES(missing)"
#define SQL_FINISH "UPDATE jobs_batches SET measures = ?, finished = NOW(3) WHERE id = ?"
#define SQL_SERVED                                                                                 \
	"SELECT o.need, COUNT(*) pushes FROM orders o JOIN jobs_pushes p ON p.person = o.person "  \
	"WHERE o.responder = 'jobs' AND o.state IN ('open', 'accepted', 'returned') "              \
	"AND (? = 0 OR o.person = ?) AND o.need > ? GROUP BY o.need HAVING pushes >= 3 "           \
	"ORDER BY o.need LIMIT 2000"

#define ROWS_AT_ONCE 1000

static const char *const relaxed_names[] = { "", "province", "adjacent" };
static const char *const education_names[] = { "不限", "专科", "本科", "硕士", "博士" };

static void
say(json_t *list, const char *sentence)
{
	json_array_append_new(list, json_string(sentence));
}

/* Names a code in the catalogue that it is of: "计算机类（0809）". */
static const char *
catalogued(struct match *m, char level, const char *code)
{
	const char *key = level == 'g' && *code != 'g' ? jy_printf(m->cx, "g%s", code) : code;
	const char *name = jy_code_name(m->cx, "majors", key);

	return strcmp(name, key) == 0 ? code
				      : jy_printf(m->cx, "%s（%s）", name, code + (*code == 'g'));
}

/* The rule that the fit comes from; NULL: any major will do. */
static const struct major_rule *
rule_met(const struct seeker *who, const struct opening *job, int fit)
{
	int i;

	for (i = 0; i < job->major_count; i++)
		if (match_rule_fit(who->group, job, &job->majors[i]) == fit)
			return &job->majors[i];
	return NULL;
}

static void
say_major(struct match *m, const struct seeker *who, const struct opening *job, int fit,
	  json_t *list)
{
	const char *major = catalogued(m, 'a', who->major), *asked;
	const struct major_rule *rule = rule_met(who, job, fit);

	if (!rule || !*rule->code) {
		say(list, jy_printf(m->cx, "岗位不限专业，您的专业是%s。", major));
		return;
	}
	asked = catalogued(m, rule->level, rule->code);
	if (fit == -1)
		say(list,
		    jy_printf(m->cx,
			      "您的专业%s与岗位要求的%s相近，但不完全一致，投递前请向单位确认。",
			      major, asked));
	else
		say(list, jy_printf(m->cx, "岗位要求%s，您的专业是%s。", asked, major));
}

static void
say_place(struct match *m, const struct seeker *who, const struct opening *job,
	  enum relaxed relaxed, json_t *list)
{
	if (relaxed == RELAX_PROVINCE || (relaxed == RELAX_ADJACENT && who->units &&
					  !(job->unit >= 0 && (who->units >> job->unit & 1))))
		say(list, jy_printf(m->cx, "您想去的市州暂时没有更合适的岗位，这个岗位在%s。",
				    job->region));
	else if (who->units)
		say(list, jy_printf(m->cx, "岗位在%s，是您想去的市州。", job->region));
	else if (job->unit == who->unit)
		say(list,
		    jy_printf(m->cx, "岗位在%s，与您的学校同在%s。", job->region, who->unit_name));
	else
		say(list, jy_printf(m->cx, "岗位在%s，您没有限定市州。", job->region));
}

static void
say_missing(struct match *m, const struct seeker *who, const struct opening *job, json_t *list)
{
	int i, k;

	if (job->skills.count && !who->skills.count) {
		say(list, "缺少：您没有填写技能，补充后推荐会更准确。");
		return;
	}
	for (i = 0; i < job->skills.count; i++) {
		for (k = 0; k < who->skills.count; k++)
			if (strstr(who->skills.word[k], job->skills.word[i]) ||
			    strstr(job->skills.word[i], who->skills.word[k]))
				break;
		if (k == who->skills.count) {
			say(list, jy_printf(m->cx, "缺少：岗位要求%s，您填写的技能里没有。",
					    job->skills.word[i]));
			return;
		}
	}
}

json_t *
match_reasons(struct match *m, const struct seeker *who, const struct opening *job,
	      enum relaxed relaxed)
{
	json_t *list = json_array();
	int i;

	for (i = 0; i < who->wishes.count; i++)
		if (strstr(job->title, who->wishes.word[i])) {
			say(list, jy_printf(m->cx, "您想做%s，岗位是%s。", who->wishes.word[i],
					    job->title));
			break;
		}
	say_major(m, who, job, match_fit(who, (int)(job - m->openings)), list);
	say_place(m, who, job, relaxed, list);
	if (who->pay_min && job->pay_max)
		say(list, jy_printf(m->cx, "薪酬%s，您期望不低于 %" PRId64 " 元/月。", job->pay,
				    who->pay_min / 100));
	else if (job->education)
		say(list,
		    jy_printf(m->cx, "学历要求%s%s，您是%s。", education_names[job->education],
			      job->education_max > job->education ? "及以上" : "",
			      education_names[who->education]));
	while (json_array_size(list) > 4)
		json_array_remove(list, 4);
	say_missing(m, who, job, list);
	return list;
}

static void
add_rows(struct match *m, const struct seeker *who, json_t *pushes, json_t *shortages)
{
	int i;

	for (i = 0; i < who->push_count; i++) {
		const struct push *push = &who->pushes[i];
		const struct opening *job = &m->openings[push->opening];
		json_t *reasons = match_reasons(m, who, job, push->relaxed);

		json_array_append_new(
		    pushes,
		    json_pack("[I, I, I, i, i, s, s]", (json_int_t)who->id, (json_int_t)job->id,
			      (json_int_t)job->employer, who->have + i + 1, push->score,
			      relaxed_names[push->relaxed], jy_json_dump(m->cx, reasons)));
		json_decref(reasons);
	}
	if (who->shortage)
		json_array_append_new(shortages,
				      json_pack("[I, s, i]", (json_int_t)who->id, who->shortage,
						MATCH_PUSHES - who->have - who->push_count));
}

static enum jy_status
flush(struct match *m, const char *sql, json_t *rows)
{
	enum jy_status s = JY_OK;

	if (json_array_size(rows) > 0)
		s = jy_exec(m->cx, sql, jy_int(m->batch), jy_text(jy_json_dump(m->cx, rows)));
	json_array_clear(rows);
	return s;
}

static enum jy_status
write_rows(struct match *m)
{
	json_t *pushes = jy_own(m->cx, json_array()), *shortages = jy_own(m->cx, json_array());
	void *scratch = jy_scratch_begin(m->cx);
	enum jy_status s = JY_OK;
	int i;

	for (i = 0; s == JY_OK && i < m->seeker_count; i++) {
		add_rows(m, &m->seekers[i], pushes, shortages);
		if (json_array_size(pushes) < ROWS_AT_ONCE && i + 1 < m->seeker_count)
			continue;
		s = flush(m, SQL_PUSHES, pushes);
		if (s == JY_OK)
			s = flush(m, SQL_SHORTAGES, shortages);
		jy_scratch_end(m->cx, scratch);
		scratch = jy_scratch_begin(m->cx);
		jy_progress(m->cx, i + 1, m->seeker_count, "保存推送");
	}
	jy_scratch_end(m->cx, scratch);
	return s;
}

/* Needs whose people now have three are answered. */
static enum jy_status
answer_some(struct match *m, int64_t *last, size_t *count)
{
	json_t *rows, *row;
	enum jy_status s =
	    jy_rows(m->cx, &rows, SQL_SERVED, jy_int(m->person), jy_int(m->person), jy_int(*last));
	size_t i;

	if (s != JY_OK)
		return s;
	json_array_foreach(rows, i, row)
	{
		*last = jy_json_int(row, "need");
		s = jy_order_answer(m->cx, *last, "jobs",
				    "已按您的意愿、专业和技能推送三个岗位，并写明理由。",
				    "/jobs/pushed");
		if (s != JY_OK && s != JY_CONFLICT)
			return s;
	}
	*count = json_array_size(rows);
	return JY_OK;
}

static enum jy_status
answer_orders(struct match *m)
{
	int64_t last = 0;
	size_t count;
	enum jy_status s;

	do {
		void *scratch = jy_scratch_begin(m->cx);

		s = answer_some(m, &last, &count);
		jy_scratch_end(m->cx, scratch);
	} while (s == JY_OK && count == 2000);
	return s;
}

static enum jy_status
tell_people(struct match *m)
{
	enum jy_status s = JY_OK;
	int i;

	for (i = 0; s == JY_OK && i < m->seeker_count; i++) {
		const struct seeker *who = &m->seekers[i];
		struct jy_message message = {
			.account = who->account,
			.key = jy_printf(m->cx, "jobs.batch:%" PRId64, m->batch),
			.title = "为您推送了新岗位",
			.text = jy_printf(m->cx, "新推送 %d 个岗位，每个都写明了推荐理由。",
					  who->push_count),
			.link = "/jobs/pushed",
		};

		if (!who->account || !who->push_count)
			continue;
		s = jy_notify(m->cx, &message);
		if (s == JY_CONFLICT)
			s = JY_OK;
	}
	return s;
}

enum jy_status
match_write(struct match *m)
{
	json_t *weights = json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:i}", "version", MATCH_VERSION,
				    "wish", W_WISH, "major", W_MAJOR, "skill", W_SKILL, "city",
				    W_CITY, "fit", W_FIT, "fresh", W_FRESH);
	enum jy_status s;

	jy_own(m->cx, weights);
	s = jy_exec(m->cx, SQL_BATCH, jy_int(jy_json_int(m->campaign, "id")), jy_text(m->region),
		    jy_int(m->seed), jy_text(jy_json_dump(m->cx, weights)));
	if (s != JY_OK)
		return s;
	m->batch = jy_last_id(m->cx);
	s = write_rows(m);
	if (s == JY_OK)
		s = answer_orders(m);
	if (s == JY_OK)
		s = tell_people(m);
	if (s != JY_OK)
		return s;
	return jy_exec(m->cx, SQL_FINISH,
		       jy_text(jy_json_dump(m->cx, jy_own(m->cx, match_measures(m)))),
		       jy_int(m->batch));
}
