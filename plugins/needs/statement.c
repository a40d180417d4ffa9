/*
 * statement.c - the short form: what a graduate needs, on one page (plan 1①, 1②).
 *
 * One submission keeps one row for each kind of need: a kind that is ticked is registered or
 * changed, a kind that is no longer ticked is withdrawn. Staff fill in the same form on behalf, and
 * the source is kept. The wishes of a kind are JSON in needs.detail; the matcher of the jobs reads
 * those of "job".
 */
#include "needs.h"

#include <string.h>

#define SQL_PERSON                                                                                 \
	"SELECT p.id, p.name, p.unit, p.university, u.name university_name, m.name major_name, "   \
	"p.cohort FROM people p LEFT JOIN universities u ON u.code = p.university "                \
	"LEFT JOIN majors m ON m.code = p.major WHERE p.id = ? AND "                               \
	"{scope unit=p.unit university=p.university person=p.id}"
#define SQL_STATED                                                                                 \
	"SELECT id, kind, detail, state, ver FROM needs WHERE person = ? AND campaign = ?"
#define SQL_REGISTER                                                                               \
	"INSERT INTO needs (person, campaign, kind, unit, university, detail, source, "            \
	"entered_by) "                                                                             \
	"VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
#define SQL_CHANGE                                                                                 \
	"UPDATE needs SET detail = ?, state = IF(state = 'withdrawn', 'open', state), source = "   \
	"?, "                                                                                      \
	"entered_by = ?, changed = NOW(3), ver = ver + 1 WHERE id = ?"

static const struct jy_choice stay_choices[] = {
	{ "yes", "愿意留在本省" },
	{ "maybe", "还没想好" },
	{ "no", "打算去外省" },
	{ 0 },
};
static const struct jy_choice type_choices[] = {
	{ "full", "全职" },
	{ "intern", "实习见习" },
	{ "research", "科研助理" },
	{ "grassroots", "基层服务" },
	{ 0 },
};
static const struct jy_choice guidance_choices[] = {
	{ "career", "职业选择" },
	{ "interview", "应聘技巧" },
	{ "mind", "求职心理" },
	{ 0 },
};
static const struct jy_choice training_choices[] = {
	{ "cloud", "云计算" },
	{ "bigdata", "大数据" },
	{ "iot", "物联网" },
	{ "smart", "智能制造" },
	{ "apprentice", "新型学徒制" },
	{ "other", "其他技能" },
	{ 0 },
};

static const struct jy_field fields[] = {
	{ "need_job", JY_BOOL, .label = "我想找工作，请为我推送三个岗位", .section = "找工作" },
	{ "stay", JY_CHOICE, .label = "留在本省的意愿", .choices = stay_choices },
	{ "units", JY_CHOICES, 0, 5, .label = "想去的市州", .reference = "units",
	  .hint = "最多选五个；不选表示都可以。" },
	{ "wish_jobs", JY_TEXT, 0, 60, .label = "想做的工作", .example = "会计、软件开发",
	  .hint = "最多写三种，用顿号分开。" },
	{ "types", JY_CHOICES, 0, 4, .label = "岗位类型", .choices = type_choices },
	{ "pay_min", JY_MONEY, 0, 10000000, .label = "期望月薪不低于（元）", .example = "4000" },
	{ "skills", JY_TEXT, 0, 120, .label = "掌握的技能", .example = "Excel、英语六级、驾照",
	  .hint = "用顿号分开。写了技能，推荐理由会更准确。" },
	{ "need_guidance", JY_BOOL, .label = "我需要就业指导", .section = "就业指导" },
	{ "guidance_topics", JY_CHOICES, 0, 3, .label = "想了解", .choices = guidance_choices },
	{ "need_startup", JY_BOOL, .label = "我想创业，需要创业培训和政策", .section = "创业服务" },
	{ "startup_idea", JY_LONG, 0, 300, .label = "创业想法",
	  .hint = "一两句话即可，可以不填。" },
	{ "need_training", JY_BOOL, .label = "我需要职业技能培训", .section = "技能培训" },
	{ "training_topics", JY_CHOICES, 0, 6, .label = "想学", .choices = training_choices },
	{ "consent", JY_BOOL, .flags = JY_REQUIRED, .section = "同意",
	  .label = "同意人社和教育部门为提供上述服务使用我填写的信息",
	  .hint = "只用于就业服务；随时可以在“我的需求”里撤回。" },
	{ 0 },
};

/* Which fields make up the detail of which kind. */
static const struct kind {
	const char *name, *flag;
	const char *details[6];
} kinds[] = {
	{ "job", "need_job", { "stay", "units", "wish_jobs", "types", "pay_min", "skills" } },
	{ "guidance", "need_guidance", { "guidance_topics" } },
	{ "startup", "need_startup", { "startup_idea" } },
	{ "training", "need_training", { "training_topics" } },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static enum jy_status
check(struct jy_ctx *cx, json_t *values)
{
	size_t i, ticked = 0;

	for (i = 0; i < KINDS; i++)
		ticked += json_is_true(json_object_get(values, kinds[i].flag));
	if (ticked == 0)
		jy_field_error(cx, NULL, "请至少勾选一项需求：找工作、就业指导、创业或技能培训。");
	if (!json_is_true(json_object_get(values, "consent")))
		jy_field_error(cx, "consent", "需要您同意使用这些信息，我们才能提供服务。");
	return JY_OK;
}

/* Staff who fill it in on behalf see for whom. */
static enum jy_status
prepare(struct jy_ctx *cx, json_t *model)
{
	json_t *row, *form = json_object_get(model, "form");
	enum jy_status s;

	if (!(jy_user(cx)->role & JY_STAFF))
		return JY_OK;
	s = jy_row(cx, &row, SQL_PERSON, jy_int(jy_param_int(cx, "person")));
	if (s != JY_OK)
		return s;
	json_object_set_new(form, "title", json_string("代为登记需求"));
	json_object_set_new(
	    form, "intro",
	    json_string(jy_printf(cx, "毕业生：%s，%s，%s。请征得本人同意后填写。",
				  jy_json_text(row, "name"), jy_json_text(row, "university_name"),
				  jy_json_text(row, "major_name"))));
	return JY_OK;
}

const struct jy_form needs_statement = {
	.name = "needs.statement",
	.title = "说出我的需求",
	.intro = "填一次，各单位分头答复；以后随时可以修改。",
	.fields = fields,
	.submit = "提交需求",
	.check = check,
	.prepare = prepare,
};

const struct jy_field needs_person_params[] = {
	{ "person", JY_INT, 1, INT64_MAX, .label = "毕业生编号" },
	{ 0 },
};

static const char *
choice_label(struct jy_ctx *cx, const struct jy_field *field, const char *value)
{
	const struct jy_choice *choice;

	if (field->reference)
		return jy_code_name(cx, field->reference, value);
	for (choice = field->choices; choice && choice->value; choice++)
		if (strcmp(choice->value, value) == 0)
			return choice->label;
	return value;
}

static const char *
wish_text(struct jy_ctx *cx, const struct jy_field *field, const json_t *value)
{
	const char *text = "";
	json_t *item;
	size_t i;

	if (field->type == JY_MONEY)
		return jy_printf(cx, "%" PRId64 " 元", (int64_t)json_integer_value(value) / 100);
	if (json_is_string(value))
		return choice_label(cx, field, json_string_value(value));
	json_array_foreach(value, i, item) text = jy_printf(
	    cx, "%s%s%s", text, i ? "、" : "", choice_label(cx, field, json_string_value(item)));
	return text;
}

json_t *
needs_wishes(struct jy_ctx *cx, const char *detail)
{
	json_t *given = jy_json_load(cx, detail), *value, *wishes = jy_own(cx, json_array());
	const struct jy_field *field;

	for (field = fields; field->name; field++) {
		value = json_object_get(given, field->name);
		if (value && !json_is_null(value))
			json_array_append_new(wishes,
					      json_pack("{s:s, s:s}", "label", field->label, "text",
							wish_text(cx, field, value)));
	}
	return wishes;
}

/* Values for the form from the rows that the person already has. */
static enum jy_status
stated_values(struct jy_ctx *cx, int64_t person, json_t **out)
{
	json_t *campaign, *rows, *row, *values = json_object();
	enum jy_status s = jy_campaign(cx, &campaign);
	size_t i, k;

	jy_own(cx, values);
	if (s != JY_OK)
		return s;
	s = jy_rows(cx, &rows, SQL_STATED, jy_int(person), jy_int(jy_json_int(campaign, "id")));
	if (s != JY_OK)
		return s;
	if (json_array_size(rows) == 0)
		json_object_set_new(values, "need_job", json_true());
	json_array_foreach(rows, i, row)
	{
		json_t *detail;

		if (strcmp(jy_json_text(row, "state"), "withdrawn") == 0)
			continue;
		detail = jy_json_load(cx, jy_json_text(row, "detail"));
		json_object_update(values, detail);
		for (k = 0; k < KINDS; k++)
			if (strcmp(kinds[k].name, jy_json_text(row, "kind")) == 0)
				json_object_set_new(values, kinds[k].flag, json_true());
	}
	*out = json_incref(values);
	return JY_OK;
}

static enum jy_status
show_form(struct jy_ctx *cx, struct jy_view *out, int64_t person, const char *action)
{
	json_t *row, *values;
	enum jy_status s = jy_row(cx, &row, SQL_PERSON, jy_int(person));

	if (s != JY_OK)
		return s;
	s = stated_values(cx, person, &values);
	return s != JY_OK ? s : jy_form_page(cx, out, &needs_statement, action, values);
}

static const char *
detail_text(struct jy_ctx *cx, const struct kind *kind)
{
	json_t *detail = jy_own(cx, json_object()), *value;
	size_t i;

	for (i = 0; i < 6 && kind->details[i]; i++) {
		value = json_object_get(jy_params(cx), kind->details[i]);
		if (value && !json_is_null(value))
			json_object_set(detail, kind->details[i], value);
	}
	return jy_json_dump(cx, detail);
}

/* What is kept for every kind of one submission. */
struct statement {
	int64_t person, campaign;
	const char *unit, *university, *source;
};

static enum jy_status
register_kind(struct jy_ctx *cx, const struct statement *st, const struct kind *kind, json_t *old)
{
	const char *detail = detail_text(cx, kind);
	int64_t id = jy_json_int(old, "id");
	enum jy_status s;

	if (old && strcmp(jy_json_text(old, "detail"), detail) == 0 &&
	    strcmp(jy_json_text(old, "state"), "withdrawn") != 0)
		return JY_OK; /* nothing new to announce */
	if (old) {
		s = jy_exec(cx, SQL_CHANGE, jy_text(detail), jy_text(st->source),
			    jy_int(jy_user(cx)->account), jy_int(id));
	} else {
		s = jy_exec(cx, SQL_REGISTER, jy_int(st->person), jy_int(st->campaign),
			    jy_text(kind->name), jy_text(st->unit), jy_text(st->university),
			    jy_text(detail), jy_text(st->source), jy_int(jy_user(cx)->account));
		id = jy_last_id(cx);
		if (s == JY_OK)
			s = jy_flow_begin(cx, &needs_flow, id, "");
	}
	if (s != JY_OK)
		return s;
	return jy_emit(cx, "needs.registered",
		       json_pack("{s:I, s:I, s:s, s:s}", "need", (json_int_t)id, "person",
				 (json_int_t)st->person, "kind", kind->name, "unit", st->unit));
}

static enum jy_status
save_kinds(struct jy_ctx *cx, struct jy_view *out, const struct statement *st)
{
	json_t *rows, *row;
	enum jy_status s = jy_rows(cx, &rows, SQL_STATED, jy_int(st->person), jy_int(st->campaign));
	size_t i, k;

	for (k = 0; s == JY_OK && k < KINDS; k++) {
		json_t *old = NULL;

		json_array_foreach(rows, i, row) if (strcmp(jy_json_text(row, "kind"),
							    kinds[k].name) == 0) old = row;
		if (jy_param_bool(cx, kinds[k].flag))
			s = register_kind(cx, st, &kinds[k], old);
		else if (old && strcmp(jy_json_text(old, "state"), "open") == 0)
			s = jy_flow_move(cx, out, &needs_flow, jy_json_int(old, "id"), "withdraw",
					 0, "", "");
	}
	return s;
}

static enum jy_status
save(struct jy_ctx *cx, struct jy_view *out, int64_t person, const char *source)
{
	json_t *row, *campaign;
	struct statement st;
	enum jy_status s = jy_row(cx, &row, SQL_PERSON, jy_int(person));

	if (s == JY_OK)
		s = jy_campaign(cx, &campaign);
	if (s != JY_OK)
		return s;
	if (jy_json_int(row, "cohort") != jy_json_int(campaign, "cohort"))
		return jy_refuse(out, JY_CONFLICT, "needs.other_cohort",
				 "本次活动面向 %d 届毕业生，名册里登记的是 %d "
				 "届。如有差错，请联系学校就业部门。",
				 (int)jy_json_int(campaign, "cohort"),
				 (int)jy_json_int(row, "cohort"));
	st = (struct statement){ .person = person,
				 .campaign = jy_json_int(campaign, "id"),
				 .unit = jy_json_text(row, "unit"),
				 .university = jy_json_text(row, "university"),
				 .source = source };
	return save_kinds(cx, out, &st);
}

static enum jy_status
refuse_unlinked(struct jy_view *out)
{
	return jy_refuse(out, JY_CONFLICT, "needs.not_on_roster",
			 "您的账号还没有和毕业生名册对应起来。请在“我的账号”里完成身份核对，或联系"
			 "学校就业部门。");
}

/* GET /needs - the form, with what was stated before. */
enum jy_status
needs_form_own(struct jy_ctx *cx, struct jy_view *out)
{
	if (!jy_user(cx)->person)
		return refuse_unlinked(out);
	return show_form(cx, out, jy_user(cx)->person, NULL);
}

/* POST /needs */
enum jy_status
needs_save_own(struct jy_ctx *cx, struct jy_view *out)
{
	enum jy_status s;

	if (!jy_user(cx)->person)
		return refuse_unlinked(out);
	s = save(cx, out, jy_user(cx)->person, "self");
	if (s != JY_OK)
		return s;
	jy_notice(out, "需求已登记。各单位答复后，您会在这里看到。");
	return jy_redirect(out, "/work/timeline");
}

/* GET /needs/for/:person - staff fill it in on behalf (plan 1②). */
enum jy_status
needs_form_for(struct jy_ctx *cx, struct jy_view *out)
{
	int64_t person = jy_param_int(cx, "person");

	return show_form(cx, out, person, jy_printf(cx, "/needs/for/%" PRId64, person));
}

/* POST /needs/for/:person */
enum jy_status
needs_save_for(struct jy_ctx *cx, struct jy_view *out)
{
	int64_t person = jy_param_int(cx, "person");
	enum jy_status s = save(cx, out, person, "staff");

	if (s == JY_OK)
		s = jy_audit(cx, "needs.entered_for", jy_printf(cx, "person:%" PRId64, person),
			     NULL);
	if (s != JY_OK)
		return s;
	jy_notice(out, "已代为登记。");
	return jy_redirect(out, "/needs/people");
}
