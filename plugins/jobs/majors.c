/*
 * majors.c - reads the majors that a requirement phrase names.
 *
 * Official posts write them by education level:
 * "本科：哲学（01），马克思主义理论类（0305）；研究生：应用经济学 （0202，仅限金融学）". Two digits
 * are a discipline, four a class, six (with a flag such as K or T) a major; a level may ask for no
 * major while another does (code ""). A phrase without codes is looked up by name; what is in no
 * table is left to the officer.
 */
#include "jobs.h"

#include <ctype.h>
#include <string.h>

#define SQL_BY_NAME "SELECT code FROM majors WHERE name = ? ORDER BY level DESC LIMIT 1"
#define SQL_CLEAR   "DELETE FROM jobs_vacancy_majors WHERE vacancy = ?"
#define SQL_ADD                                                                                    \
	"INSERT IGNORE INTO jobs_vacancy_majors (vacancy, education, code) SELECT ?, "             \
	"t.education, "                                                                            \
	"t.code FROM JSON_TABLE(?, '$[*]' COLUMNS (education VARCHAR(12) PATH '$[0]', "            \
	"code VARCHAR(8) PATH '$[1]')) t"

static const struct {
	const char *words, *education;
} levels[] = {
	{ "研究生：", "graduate" }, { "研究生:", "graduate" }, { "硕士：", "graduate" },
	{ "博士：", "graduate" },   { "本科：", "bachelor" },  { "本科:", "bachelor" },
	{ "大专：", "college" },    { "专科：", "college" },   { "高职：", "college" },
	{ "不限学历：", "any" },
};

static const char *
level_here(const char *at, const char **education)
{
	size_t i;

	for (i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (strncmp(at, levels[i].words, strlen(levels[i].words)) == 0) {
			*education = levels[i].education;
			return at + strlen(levels[i].words);
		}
	return NULL;
}

/* Digits of a code at `at`: 2, 4 or 6 of them, else 0. */
static size_t
code_length(const char *at)
{
	size_t n = strspn(at, "0123456789");

	return n == 2 || n == 4 || n == 6 || n == 7 ? (n == 7 ? 6 : n) : 0;
}

static size_t
add(struct jobs_major *out, size_t count, const char *education, const char *code)
{
	size_t i;

	if (count >= JOBS_MAJORS_MAX)
		return count;
	for (i = 0; i < count; i++)
		if (strcmp(out[i].code, code) == 0 && strcmp(out[i].education, education) == 0)
			return count;
	out[count] = (struct jobs_major){ .education = education, .code = code };
	return count + 1;
}

static size_t
read_codes(struct jy_ctx *cx, const char *phrase, struct jobs_major *out)
{
	const char *education = "any", *at = phrase, *after;
	size_t count = 0, n;

	while (*at) {
		after = level_here(at, &education);
		if (after) {
			at = after;
		} else if (strncmp(at, "不限", strlen("不限")) == 0 && strcmp(education, "any")) {
			/* "本科：法学（0301）；研究生：不限专业" */
			count = add(out, count, education, "");
			at += strlen("不限");
		} else if (isdigit((unsigned char)*at)) {
			n = code_length(at);
			if (n)
				count =
				    add(out, count, education, jy_printf(cx, "%.*s", (int)n, at));
			at += strspn(at, "0123456789");
		} else {
			at++;
		}
	}
	return count;
}

/* "会计学、财务管理": names alone, separated as people separate them. */
static size_t
read_names(struct jy_ctx *cx, const char *phrase, struct jobs_major *out)
{
	static const char *const marks[] = { "、", "，", "；", ",", ";", " ", "或", "\n", NULL };
	const char *at = phrase, *end;
	size_t count = 0, i, skip;
	json_t *row;

	while (*at) {
		end = at + strlen(at);
		skip = 0;
		for (i = 0; marks[i]; i++) {
			const char *found = strstr(at, marks[i]);

			if (found && found < end) {
				end = found;
				skip = strlen(marks[i]);
			}
		}
		if (end > at &&
		    jy_row(cx, &row, SQL_BY_NAME,
			   jy_text(jy_printf(cx, "%.*s", (int)(end - at), at))) == JY_OK)
			count = add(out, count, "any", jy_json_text(row, "code"));
		at = end + skip;
	}
	return count;
}

size_t
jobs_majors_read(struct jy_ctx *cx, const char *phrase, struct jobs_major *out)
{
	size_t count;

	if (!phrase[strcspn(phrase, "0123456789")] && strstr(phrase, "不限"))
		return 0;
	count = read_codes(cx, phrase, out);
	return count ? count : read_names(cx, phrase, out);
}

enum jy_status
jobs_majors_store(struct jy_ctx *cx, int64_t vacancy, const char *phrase)
{
	struct jobs_major *majors = jy_alloc(cx, JOBS_MAJORS_MAX * sizeof(*majors));
	size_t count = jobs_majors_read(cx, phrase, majors), i;
	json_t *rows = jy_own(cx, json_array());
	enum jy_status s = jy_exec(cx, SQL_CLEAR, jy_int(vacancy));

	for (i = 0; i < count; i++)
		json_array_append_new(rows,
				      json_pack("[s, s]", majors[i].education, majors[i].code));
	if (s != JY_OK || count == 0)
		return s;
	return jy_exec(cx, SQL_ADD, jy_int(vacancy), jy_text(jy_json_dump(cx, rows)));
}
