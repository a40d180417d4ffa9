/*
 * roster.c - who graduates this year: the import of a university's list (plan 1②).
 *
 * A person is known by university and student number, and by resident ID where it is given: both
 * keys are unique, so that nobody is on the roster twice. Resident ID, phone and hardship are
 * sealed.
 */
#include "needs.h"

#include <string.h>

#define SQL_UNIVERSITY "SELECT unit FROM universities WHERE code = ? AND unit IS NOT NULL"
#define SQL_KNOWN                                                                                  \
	"SELECT id, uid, name, major, education, cohort, gender, email, phone_hash, "              \
	"resident_id_hash FROM people WHERE university = ? AND student_no = ?"
#define SQL_ADD                                                                                    \
	"INSERT INTO people (uid, name, gender, university, unit, student_no, major, education, "  \
	"cohort, email, phone, phone_hash, resident_id, resident_id_hash) "                        \
	"VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
#define SQL_CHANGE                                                                                 \
	"UPDATE people SET name = ?, gender = ?, major = ?, education = ?, cohort = ?, email = "   \
	"?, "                                                                                      \
	"phone = COALESCE(?, phone), phone_hash = COALESCE(?, phone_hash), "                       \
	"resident_id = COALESCE(?, resident_id), "                                                 \
	"resident_id_hash = COALESCE(?, resident_id_hash), ver = ver + 1 WHERE id = ?"

static const struct jy_choice genders[] = { { "m", "男" }, { "f", "女" }, { 0 } };
static const struct jy_choice educations[] = {
	{ "college", "专科" },
	{ "bachelor", "本科" },
	{ "master", "硕士" },
	{ "doctor", "博士" },
	{ 0 },
};

static const struct jy_field fields[] = {
	{ "university", JY_CHOICE, .flags = JY_REQUIRED, .label = "学校",
	  .reference = "universities", .example = "4122010183",
	  .hint = "学校名称或十位学校标识码" },
	{ "student_no", JY_CODE, 1, 30, JY_REQUIRED, .label = "学号" },
	{ "name", JY_TEXT, 1, 60, JY_REQUIRED, .label = "姓名" },
	{ "gender", JY_CHOICE, .label = "性别", .choices = genders },
	{ "major", JY_CHOICE, .flags = JY_REQUIRED, .label = "专业", .reference = "majors",
	  .example = "080901", .hint = "专业名称或六位专业代码" },
	{ "education", JY_CHOICE, .flags = JY_REQUIRED, .label = "学历", .choices = educations },
	{ "cohort", JY_INT, 2000, 2100, JY_REQUIRED, .label = "毕业年份", .example = "2027" },
	{ "phone", JY_PHONE, .flags = JY_SEALED, .label = "手机" },
	{ "email", JY_EMAIL, .label = "电子邮箱" },
	{ "resident_id", JY_RESIDENT_ID, .flags = JY_SEALED, .label = "身份证号" },
	{ 0 },
};

static enum jy_status
seal_text(struct jy_ctx *cx, const char *where, const char *uid, const char *text,
	  struct jy_val *sealed, struct jy_val *hash)
{
	*sealed = jy_null();
	*hash = jy_null();
	if (!*text)
		return JY_OK;
	*hash = jy_fingerprint(cx, where, text);
	return jy_seal(cx, where, uid, text, sealed);
}

static struct jy_val
optional(json_t *values, const char *name)
{
	const char *text = jy_json_text(values, name);

	return *text ? jy_text(text) : jy_null();
}

static enum jy_status
store(struct jy_ctx *cx, json_t *values, json_t *known, const char *unit)
{
	const char *uid = known ? jy_json_text(known, "uid") : jy_uid(cx);
	struct jy_val phone, phone_hash, id, id_hash;
	enum jy_status s;

	s = seal_text(cx, "people.phone", uid, jy_json_text(values, "phone"), &phone, &phone_hash);
	if (s == JY_OK)
		s = seal_text(cx, "people.resident_id", uid, jy_json_text(values, "resident_id"),
			      &id, &id_hash);
	if (s != JY_OK)
		return s;
	if (known)
		return jy_exec(cx, SQL_CHANGE, optional(values, "name"), optional(values, "gender"),
			       optional(values, "major"), optional(values, "education"),
			       jy_int(jy_json_int(values, "cohort")), optional(values, "email"),
			       phone, phone_hash, id, id_hash, jy_int(jy_json_int(known, "id")));
	return jy_exec(cx, SQL_ADD, jy_text(uid), optional(values, "name"),
		       optional(values, "gender"), optional(values, "university"), jy_text(unit),
		       optional(values, "student_no"), optional(values, "major"),
		       optional(values, "education"), jy_int(jy_json_int(values, "cohort")),
		       optional(values, "email"), phone, phone_hash, id, id_hash);
}

/* Sealed columns are compared by what was given: a row that gives them counts as a change. */
static bool
same(json_t *values, json_t *known)
{
	static const char *const columns[] = { "name", "major", "education", "gender", "email" };
	size_t i;

	for (i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		if (strcmp(jy_json_text(values, columns[i]), jy_json_text(known, columns[i])) != 0)
			return false;
	return jy_json_int(values, "cohort") == jy_json_int(known, "cohort") &&
	       !*jy_json_text(values, "phone") && !*jy_json_text(values, "resident_id");
}

static bool
outside_scope(struct jy_ctx *cx, const char *university, const char *unit)
{
	const struct jy_user *user = jy_user(cx);

	if (user->role == JY_UNIVERSITY && strcmp(user->university, university) != 0)
		return true;
	return user->role == JY_CITY && strcmp(user->unit, unit) != 0;
}

static enum jy_status
row(struct jy_ctx *cx, json_t *values)
{
	const char *university = jy_json_text(values, "university");
	json_t *school, *known = NULL;
	enum jy_status s = jy_row(cx, &school, SQL_UNIVERSITY, jy_text(university));

	if (s == JY_NOT_FOUND) {
		jy_field_error(cx, "university", "这所学校不在本省名单里，请核对学校标识码。");
		return JY_INVALID;
	}
	if (s != JY_OK)
		return s;
	if (outside_scope(cx, university, jy_json_text(school, "unit"))) {
		jy_field_error(cx, "university", "您只能导入本校（本市州）的毕业生。");
		return JY_INVALID;
	}
	s = jy_row(cx, &known, SQL_KNOWN, jy_text(university),
		   jy_text(jy_json_text(values, "student_no")));
	if (s != JY_OK && s != JY_NOT_FOUND)
		return s;
	if (s == JY_OK && same(values, known))
		return JY_CONFLICT;
	s = store(cx, values, s == JY_OK ? known : NULL, jy_json_text(school, "unit"));
	if (s == JY_CONFLICT) {
		jy_field_error(cx, "resident_id",
			       "这个身份证号已经登记在另一名毕业生名下，请核对。");
		return JY_INVALID;
	}
	return s;
}

const struct jy_transfer needs_roster = {
	.name = "needs.roster",
	.title = "导入毕业生名册",
	.roles = JY_STAFF,
	.fields = fields,
	.row = row,
};
