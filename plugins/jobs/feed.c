/*
 * feed.c - the service jobs.published: every open vacancy, one object each, for whoever publishes
 * them elsewhere (plan 8①). Contacts of people are not in it.
 */
#include "jobs.h"

#define SQL_PUBLISHED                                                                              \
	"SELECT v.id, v.title, v.published_at published, v.changed, "                              \
	"DATE_FORMAT(v.expires, '%Y-%m-%d') expires, o.name employer, "                            \
	"COALESCE(o.credit_code, '') credit_code, v.region, "                                      \
	"COALESCE(city.name, r.name, '') city, COALESCE(p.name, '') province, v.headcount, "       \
	"v.education, v.majors, (SELECT GROUP_CONCAT(DISTINCT m.code ORDER BY m.code) "            \
	"FROM jobs_vacancy_majors m WHERE m.vacancy = v.id AND m.code <> '') codes, "              \
	"v.occupation, v.category, "                                                               \
	"v.type, v.pay_min, v.pay_max, v.pay_months, v.pay_text, v.description "                   \
	"FROM jobs_vacancies v JOIN organisations o ON o.id = v.employer_id "                      \
	"LEFT JOIN regions r ON r.code = v.region "                                                \
	"LEFT JOIN regions city ON city.code = CONCAT(LEFT(v.region, 4), '00') "                   \
	"LEFT JOIN regions p ON p.code = CONCAT(LEFT(v.region, 2), '0000') "                       \
	"WHERE v.state = 'published' AND v.expires >= CURDATE() AND v.id > ? "                     \
	"ORDER BY v.id LIMIT 1000"

struct sink {
	jy_each_fn each;
	void *arg;
	int64_t last, count;
	struct jy_ctx *cx;
};

static json_t *
split_codes(const char *codes)
{
	json_t *list = json_array();
	size_t n;

	for (; *codes; codes += n + (codes[n] == ',')) {
		n = 0;
		while (codes[n] && codes[n] != ',')
			n++;
		json_array_append_new(list, json_stringn(codes, n));
	}
	return list;
}

static enum jy_status
pass_on(void *arg, json_t *row)
{
	struct sink *sink = arg;

	json_object_set_new(row, "major_codes", split_codes(jy_json_text(row, "codes")));
	sink->last = jy_json_int(row, "id");
	sink->count++;
	return sink->each(sink->arg, row);
}

enum jy_status
jobs_published(struct jy_ctx *cx, json_t *args, jy_each_fn each, void *arg)
{
	struct sink sink = { .each = each, .arg = arg, .cx = cx };
	enum jy_status s = JY_OK;

	(void)args;
	do { /* pages by key: a list of any length in flat memory */
		sink.count = 0;
		s = jy_each(cx, SQL_PUBLISHED, JY_VALS(jy_int(sink.last)), pass_on, &sink);
	} while (s == JY_OK && sink.count == 1000);
	return s;
}
