/*
 * demo_people.c - invented graduates, what most of them need, and the orders that answer.
 *
 * Rows are made as tab-separated text and loaded in bulk, so that a whole province takes seconds.
 * Three in four have said what they need; the rest is there for the offices' survey.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/seal.h"
#include "data/db.h"
#include "tool/demo.h"

#define BLOCK    5000 /* people in one LOAD DATA */
#define TEXT_MAX ((size_t)8 * 1024 * 1024)

static const char *const surnames[] = { "王", "李", "张", "刘", "陈", "杨", "赵", "黄",
					"周", "吴", "徐", "孙", "朴", "金", "崔", "关" };
static const char *const given[] = { "示例", "样本", "晓示", "小例", "一凡", "子示",
				     "雨样", "晨示", "佳样", "思例", "欣样", "浩例" };
static const char *const wishes[] = { "会计", "软件", "教师", "工程师", "行政", "护士",
				      "设计", "销售", "法务", "数据",   "运营", "科员" };
static const char *const skills[] = { "Excel",     "英语六级", "驾照",       "Python", "CAD",
				      "Photoshop", "Java",     "教师资格证", "SQL" };

static const char SQL_NEEDS[] =
    "INSERT INTO needs (person, campaign, kind, unit, university, detail, source, entered_by, "
    "created, changed) SELECT p.id, ?, ?, p.unit, p.university, ?, "
    "IF(p.id % 5 = 0, 'staff', 'self'), 0, p.asked, p.asked FROM (SELECT *, "
    "NOW(3) - INTERVAL MOD(id, 7) * 1440 + MOD(id, 400) MINUTE AS asked FROM people) p "
    "WHERE p.cohort = ? AND MOD(CRC32(CONCAT(p.uid, ?)), 100) < ?";
static const char SQL_HISTORY[] =
    "INSERT INTO flow_history (flow, record, move, from_state, to_state, account, role, reason, "
    "note, at) SELECT 'needs.need', n.id, '', '', 'open', 0, 0, '', '', n.created FROM needs n "
    "WHERE n.campaign = ?";
static const char SQL_ORDERS[] =
    "INSERT INTO orders (need, person, responder, title, unit, university, created, changed, due) "
    "SELECT n.id, n.person, IF(n.kind = 'job', 'jobs', 'needs'), CASE n.kind "
    "WHEN 'job' THEN '推送三个岗位' WHEN 'guidance' THEN '安排就业指导（至少一次）' "
    "WHEN 'startup' THEN '安排创业全链条培训并推送扶持政策' ELSE '安排技能培训（至少一次）' END, "
    "n.unit, n.university, n.created, n.created, n.created + INTERVAL 5 DAY FROM needs n "
    "WHERE n.campaign = ?";

static const char *
pick(struct demo *d, const char *const *list, size_t count)
{
	return list[demo_draw(d, count)];
}
#define PICK(d, list) pick(d, list, sizeof(list) / sizeof(list[0]))

/* Masters and doctors come from universities; a college (学院) teaches bachelors. */
static const char *
education_of(struct demo *d, const char *level, const char *school)
{
	uint64_t draw = demo_draw(d, 100);

	if (strcmp(level, "专科") == 0)
		return "college";
	if (!strstr(school, "大学"))
		return "bachelor";
	return draw < 82 ? "bachelor" : draw < 97 ? "master" : "doctor";
}

static void
add_person(struct demo *d, struct buf *rows, int number)
{
	json_t *school =
	    json_array_get(d->universities, demo_skewed(d, json_array_size(d->universities)));
	const char *name = jy_json_text(school, "name");
	const char *education = education_of(d, jy_json_text(school, "level"), name);
	uint64_t uid[2] = { demo_draw(d, UINT64_MAX), demo_draw(d, UINT64_MAX) };
	char hex[33];

	hex_encode(uid, sizeof(uid), hex); /* drawn too, so that a seed makes the same needs */
	buf_printf(rows, "%s\t%s%s\t%s\t%s\t%s\t%d%07d\t%s\t%s\t%d\n", hex, PICK(d, surnames),
		   PICK(d, given), demo_draw(d, 2) ? "m" : "f", jy_json_text(school, "code"),
		   jy_json_text(school, "unit"), d->cohort - 4, number,
		   demo_major(d, name, education), education, d->cohort);
}

static enum jy_status
load_people(struct jy_ctx *cx, struct demo *d)
{
	enum jy_status s = JY_OK;
	int i = 0;

	while (s == JY_OK && i < d->graduates) {
		struct buf rows;
		int end = i + BLOCK < d->graduates ? i + BLOCK : d->graduates;

		buf_init(&rows, cx, TEXT_MAX);
		for (; i < end; i++)
			add_person(d, &rows, i + 1);
		s = db_load(cx, "people",
			    "uid, name, gender, university, unit, student_no, major, education, "
			    "cohort",
			    rows.data, rows.len);
		talloc_free(rows.data);
		jy_progress(cx, i, d->graduates, "毕业生");
	}
	return s;
}

/* One of several wishes of a kind; each goes to its share of the people. */
static const char *
job_detail(struct demo *d)
{
	json_t *units = json_array(), *detail;
	size_t i, wanted = demo_draw(d, 3);

	for (i = 0; i < wanted; i++)
		json_array_append(
		    units, json_object_get(
			       json_array_get(d->units, demo_skewed(d, json_array_size(d->units))),
			       "code"));
	detail = json_pack(
	    "{s:s, s:o, s:s, s:s, s:i}", "stay", demo_draw(d, 4) ? "yes" : "maybe", "units", units,
	    "wish_jobs", demo_draw(d, 3) ? PICK(d, wishes) : "", "skills",
	    demo_draw(d, 2) ? jy_printf(d->cx, "%s、%s", PICK(d, skills), PICK(d, skills)) : "",
	    "pay_min", demo_draw(d, 3) ? (int)(2500 + 500 * demo_draw(d, 6)) * 100 : 0);
	return jy_json_dump(d->cx, jy_own(d->cx, detail));
}

/* Adds the needs of a kind for `share` percent; slice tells draws of one kind apart. */
static enum jy_status
add_needs(struct jy_ctx *cx, struct demo *d, const char *kind, const char *detail,
	  const char *slice, int share)
{
	return jy_exec(cx, SQL_NEEDS, jy_int(d->campaign), jy_text(kind), jy_text(detail),
		       jy_int(d->cohort), jy_text(slice), jy_int(share));
}

static const char SQL_JOB_NEEDS[] =
    "INSERT IGNORE INTO needs (person, campaign, kind, unit, university, detail, source, "
    "entered_by) SELECT p.id, ?, 'job', p.unit, p.university, ?, 'self', 0 FROM people p "
    "WHERE p.cohort = ? AND MOD(CRC32(CONCAT(p.uid, 'job')), 133) = ?";

enum jy_status
demo_people(struct jy_ctx *cx, void *arg)
{
	struct demo *d = arg;
	enum jy_status s = load_people(cx, d);
	int slice;

	for (slice = 0; s == JY_OK && slice < 100; slice++) /* 100 of 133: three in four */
		s = jy_exec(cx, SQL_JOB_NEEDS, jy_int(d->campaign), jy_text(job_detail(d)),
			    jy_int(d->cohort), jy_int(slice));
	if (s == JY_OK)
		s = add_needs(cx, d, "guidance", "{\"guidance_topics\":[\"interview\"]}", "guide",
			      30);
	if (s == JY_OK)
		s = add_needs(cx, d, "training", "{\"training_topics\":[\"bigdata\"]}", "train",
			      20);
	if (s == JY_OK)
		s = add_needs(cx, d, "startup", "{\"startup_idea\":\"校园周边服务\"}", "start", 5);
	if (s == JY_OK)
		s = jy_exec(cx, SQL_HISTORY, jy_int(d->campaign));
	return s == JY_OK ? jy_exec(cx, SQL_ORDERS, jy_int(d->campaign)) : s;
}
