/*
 * demo_accounts.c - invented organisations, and one account for each role and several regions.
 *
 * Passwords are drawn anew each time and stand only in the file that the caller names.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/seal.h"
#include "data/db.h"
#include "people/account.h"
#include "tool/demo.h"

static const char *const firm_heads[] = { "示例", "样板", "虚构", "演示", "假想", "试用" };
static const char *const firm_names[] = { "北辰", "松江", "云岭", "长青", "启明", "金穗",
					  "海川", "同源", "博远", "宏图", "瑞丰", "天池" };
static const char *const firm_kinds[] = { "科技有限公司",     "机械制造有限公司",
					  "食品有限公司",     "商贸有限公司",
					  "医药有限公司",     "建筑工程有限公司",
					  "教育咨询有限公司", "物流有限公司" };

static const char SQL_OFFICE[] =
    "INSERT INTO organisations (kind, name, unit, region, state) VALUES (?, ?, ?, ?, 'active')";
static const char SQL_FIRST[] =
    "SELECT id, name FROM organisations WHERE kind = ? ORDER BY id LIMIT 1 OFFSET ?";
static const char SQL_GRADUATES[] =
    "SELECT p.id, p.name, u.name school FROM people p JOIN needs n ON n.person = p.id AND "
    "n.kind = 'job' JOIN universities u ON u.code = p.university LEFT JOIN accounts a "
    "ON a.person = p.id WHERE p.education = 'bachelor' AND a.id IS NULL ORDER BY p.id LIMIT 4";

/* GB 32100 with its check character: fictitious, but it passes every rule. */
static void
credit_code(const char *region, int number, char out[19])
{
	static const char letters[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
	static const int weights[] = { 1,  3,  9,  27, 19, 26, 16, 17, 20,
				       29, 25, 13, 8,  24, 10, 30, 28 };
	int i, sum = 0;

	snprintf(out, 19, "91%.6sMA%06dX", region, number % 1000000);
	out[16] = letters[number % 31];
	for (i = 0; i < 17; i++)
		sum += (int)(strchr(letters, out[i]) - letters) * weights[i];
	out[17] = letters[(31 - sum % 31) % 31];
	out[18] = '\0';
}

static enum jy_status
add_firms(struct jy_ctx *cx, struct demo *d)
{
	int i, count = d->vacancies / 3 + 12;
	struct buf rows;
	char code[19];

	buf_init(&rows, cx, (size_t)64 * 1024 * 1024);
	for (i = 0; i < count; i++) {
		json_t *unit = json_array_get(d->units, demo_skewed(d, json_array_size(d->units)));
		const char *region = jy_json_text(unit, "region");

		credit_code(region, i + 1, code);
		buf_printf(&rows, "employer\t%s%s%s（%d）\t%s\t%s\t%s\n",
			   firm_heads[demo_draw(d, 6)], firm_names[demo_draw(d, 12)],
			   firm_kinds[demo_draw(d, 8)], i + 1, code, jy_json_text(unit, "code"),
			   region);
	}
	return db_load(cx, "organisations", "kind, name, credit_code, unit, region", rows.data,
		       rows.len);
}

enum jy_status
demo_organisations(struct jy_ctx *cx, void *arg)
{
	struct demo *d = arg;
	enum jy_status s = JY_OK;
	json_t *unit;
	size_t i;

	json_array_foreach(d->units, i, unit)
	{
		const char *code = jy_json_text(unit, "code"), *name = jy_json_text(unit, "name");

		if (s == JY_OK)
			s = jy_exec(cx, SQL_OFFICE, jy_text("hr_office"),
				    jy_text(jy_printf(cx, "%s人力资源和社会保障局", name)),
				    jy_text(code), jy_text(code));
		if (s == JY_OK)
			s = jy_exec(cx, SQL_OFFICE, jy_text("edu_office"),
				    jy_text(jy_printf(cx, "%s教育局", name)), jy_text(code),
				    jy_text(code));
	}
	if (s == JY_OK)
		s = jy_exec(cx, SQL_OFFICE, jy_text("trainer"), jy_text("示例职业技能培训中心"),
			    jy_text(jy_json_text(json_array_get(d->units, 0), "code")), jy_null());
	if (s == JY_OK)
		s = jy_exec(cx, SQL_OFFICE, jy_text("partner"), jy_text("示例招聘网站"), jy_null(),
			    jy_null());
	return s == JY_OK ? add_firms(cx, d) : s;
}

/* One account to be made. */
struct wanted {
	struct demo *d;
	json_t *into;
	const char *name, *display, *place;
	int64_t person;
	struct account_role role;
};

static enum jy_status
make_account(struct jy_ctx *cx, void *arg)
{
	struct wanted *w = arg;
	char noise[25];
	unsigned char bytes[12];
	struct account_new fresh = { .name = w->name,
				     .display_name = w->display,
				     .person = w->person,
				     .staff = (w->role.role & (JY_STAFF | JY_ADMIN)) != 0 };
	const char *error = "";
	int64_t id;
	enum jy_status s;

	random_bytes(bytes, sizeof(bytes));
	hex_encode(bytes, sizeof(bytes), noise);
	fresh.password =
	    jy_printf(cx, "%.4s-%.4s-%.4s-%.4s", noise, noise + 4, noise + 8, noise + 12);
	s = account_create(cx, &fresh, &id, &error);
	if (s == JY_OK)
		s = account_grant(cx, id, &w->role, &error);
	if (s != JY_OK) {
		fprintf(stderr, "演示账号 %s 没有建立：%s\n", w->name, error);
		return s;
	}
	json_array_append_new(
	    w->into, json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", w->name, "password",
			       fresh.password, "role", account_role_label(w->role.role),
			       "role_code", account_role_name(w->role.role), "place", w->place));
	return JY_OK;
}

static enum jy_status
one(struct wanted *w)
{
	return tool_change(w->d->t, make_account, w);
}

static enum jy_status
offices(struct demo *d, json_t *into)
{
	struct wanted w = { d, into, "admin", "演示管理员", "系统", 0, { .role = JY_ADMIN } };
	enum jy_status s = one(&w);
	size_t i;

	w = (struct wanted){ d, into, "province", "演示省级", "全省", 0, { .role = JY_PROVINCE } };
	if (s == JY_OK)
		s = one(&w);
	for (i = 0; s == JY_OK && i < 3 && i < json_array_size(d->units); i++) {
		json_t *unit = json_array_get(d->units, i);
		json_t *school = json_array_get(d->universities, i * 2);

		w = (struct wanted){ .d = d, .into = into, .display = "演示市州" };
		w.name = jy_printf(d->cx, "city%zu", i + 1);
		w.place = jy_json_text(unit, "name");
		w.role =
		    (struct account_role){ .role = JY_CITY, .unit = jy_json_text(unit, "code") };
		s = one(&w);
		w.name = jy_printf(d->cx, "school%zu", i + 1);
		w.display = "演示学校";
		w.place = jy_json_text(school, "name");
		w.role = (struct account_role){ .role = JY_UNIVERSITY,
						.university = jy_json_text(school, "code") };
		if (s == JY_OK && i < 2)
			s = one(&w);
	}
	return s;
}

static enum jy_status
organisations(struct demo *d, json_t *into)
{
	static const struct {
		const char *name, *display, *kind;
		int offset;
		enum jy_role role;
	} list[] = {
		{ "firm1", "演示单位", "employer", 0, JY_EMPLOYER },
		{ "firm2", "演示单位", "employer", 1, JY_EMPLOYER },
		{ "trainer", "演示培训", "trainer", 0, JY_TRAINER },
		{ "partner", "演示网站", "partner", 0, JY_PARTNER },
	};
	enum jy_status s = JY_OK;
	size_t i;

	for (i = 0; s == JY_OK && i < sizeof(list) / sizeof(list[0]); i++) {
		struct wanted w = { .d = d, .into = into, .name = list[i].name };
		json_t *row;

		s = jy_row(d->cx, &row, SQL_FIRST, jy_text(list[i].kind), jy_int(list[i].offset));
		if (s != JY_OK)
			return s;
		w.display = list[i].display;
		w.place = jy_json_text(row, "name");
		w.role = (struct account_role){ .role = list[i].role,
						.organisation = jy_json_int(row, "id") };
		s = one(&w);
	}
	return s;
}

static enum jy_status
graduates(struct demo *d, json_t *into)
{
	json_t *rows, *row;
	enum jy_status s = jy_rows(d->cx, &rows, SQL_GRADUATES);
	size_t i;

	if (s != JY_OK)
		return s;
	json_array_foreach(rows, i, row)
	{
		struct wanted w = { .d = d, .into = into };

		w.name = jy_printf(d->cx, "student%zu", i + 1);
		w.display = jy_json_text(row, "name");
		w.place = jy_json_text(row, "school");
		w.person = jy_json_int(row, "id");
		w.role = (struct account_role){ .role = JY_GRADUATE };
		s = one(&w);
		if (s != JY_OK)
			return s;
	}
	return JY_OK;
}

enum jy_status
demo_accounts(struct jy_ctx *cx, struct demo *d, json_t **accounts)
{
	json_t *into = jy_own(cx, json_array());
	enum jy_status s = offices(d, into);

	if (s == JY_OK)
		s = organisations(d, into);
	if (s == JY_OK)
		s = graduates(d, into);
	*accounts = into;
	return s;
}
