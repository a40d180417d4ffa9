/*
 * review.c - the checks of a vacancy where people meet them: on its page, beside it in the queue
 * and the batch, and in the way of an approval (plan 8③).
 *
 * What is certain stops the approval; what is doubtful must be named by the officer in the note, so
 * that the history shows who looked at it.
 */
#include "checks.h"

#include <string.h>

#define SQL_BESIDE                                                                                 \
	"SELECT o.website, COALESCE((SELECT MIN(w.id) FROM jobs_vacancies w WHERE "                \
	"w.text_mark = v.text_mark AND w.employer_id <> v.employer_id AND w.state <> 'draft'), "   \
	"0) copy FROM jobs_vacancies v JOIN organisations o ON o.id = v.employer_id WHERE v.id = " \
	"?"
#define SQL_OTHER                                                                                  \
	"SELECT o.name, v.title FROM jobs_vacancies v JOIN organisations o "                       \
	"ON o.id = v.employer_id WHERE v.id = ?"

static enum jy_status
findings_of(struct jy_ctx *cx, json_t *record, json_t **out)
{
	struct jobs_limits limits = { .wage_floor = jy_setting_int(cx, "jobs.wage_floor") * 100,
				      .pay_ceiling = jy_setting_int(cx, "jobs.pay_ceiling") * 100 };
	json_t *beside, *other, *row = jy_own(cx, json_copy(record));
	int64_t copy;
	enum jy_status s = jy_row(cx, &beside, SQL_BESIDE, jy_int(jy_json_int(record, "id")));

	if (s != JY_OK)
		return s;
	copy = jy_json_int(beside, "copy");
	json_object_set(row, "website", json_object_get(beside, "website"));
	json_object_set_new(row, "copies", json_integer(copy > 0));
	if (copy) {
		s = jy_row(cx, &other, SQL_OTHER, jy_int(copy));
		if (s != JY_OK)
			return s;
		json_object_set_new(row, "copy_of",
				    json_sprintf("%s“%s”（编号 %" PRId64 "）",
						 jy_json_text(other, "name"),
						 jy_json_text(other, "title"), copy));
	}
	*out = jy_own(cx, jobs_checks(row, &limits));
	return JY_OK;
}

static bool
is(const json_t *finding, const char *severity)
{
	return strcmp(jy_json_text(finding, "severity"), severity) == 0;
}

/* Notes are for officers; whose text it is that somebody copied, too. */
static json_t *
shown(struct jy_ctx *cx, json_t *findings)
{
	bool officer = (jy_user(cx)->role & (JY_CITY | JY_PROVINCE)) != 0;
	json_t *out = json_array(), *finding, *item;
	size_t i;

	json_array_foreach(findings, i, finding)
	{
		bool stop = is(finding, "stop"), warn = is(finding, "warn");
		bool copied = strcmp(jy_json_text(finding, "code"), "copied") == 0;

		if (!officer && !stop && !warn)
			continue;
		item = json_copy(finding);
		if (!officer && copied)
			json_object_set_new(item, "quote", json_string(""));
		json_object_set_new(item, "tone",
				    json_string(stop   ? "danger"
						: warn ? "warning"
						       : "secondary"));
		json_object_set_new(item, "word",
				    json_string(stop   ? "须改正"
						: warn ? "须核实"
						       : "提示"));
		json_array_append_new(out, item);
	}
	return out;
}

/* The plain button cannot name what was looked at: the form with the ticks stands in its place. */
static void
drop_approve(json_t *moves)
{
	json_t *move;
	size_t i;

	json_array_foreach(moves, i, move) if (strcmp(jy_json_text(move, "name"), "approve") == 0)
	{
		json_array_remove(moves, i);
		return;
	}
}

enum jy_status
jobs_review_model(struct jy_ctx *cx, json_t *row, json_t *model)
{
	bool officer = (jy_user(cx)->role & (JY_CITY | JY_PROVINCE)) != 0;
	bool pending = strcmp(jy_json_text(row, "state"), "pending") == 0;
	json_t *findings, *finding, *warns = json_array();
	bool stop = false;
	size_t i;
	enum jy_status s = findings_of(cx, row, &findings);

	jy_own(cx, warns);
	if (s != JY_OK)
		return s;
	json_array_foreach(findings, i, finding)
	{
		stop = stop || is(finding, "stop");
		if (is(finding, "warn"))
			json_array_append(warns, finding);
	}
	if (officer && pending && (stop || json_array_size(warns) > 0))
		drop_approve(json_object_get(json_object_get(model, "flow"), "moves"));
	findings = shown(cx, findings);
	json_object_set_new(model, "checks",
			    json_pack("{s:b, s:o, s:b, s:b, s:b, s:O}", "any",
				      json_array_size(findings) > 0, "items", findings, "officer",
				      officer, "stop", officer && pending && stop, "tick",
				      officer && pending && !stop && json_array_size(warns) > 0,
				      "warns", warns));
	return JY_OK;
}

enum jy_status
jobs_review_allow(struct jy_ctx *cx, json_t *record, const char *note)
{
	const char *title = jy_json_text(record, "title"), *missing = "";
	json_t *findings, *finding;
	size_t i;
	enum jy_status s = findings_of(cx, record, &findings);

	if (s != JY_OK)
		return s;
	json_array_foreach(findings, i, finding)
	{
		const char *label = jy_json_text(finding, "label");

		if (is(finding, "stop")) {
			jy_field_error(cx, NULL, "岗位“%s”不能发布：%s。%s请退回，由单位改正。",
				       title, label, jy_json_text(finding, "text"));
			return JY_INVALID;
		}
		if (is(finding, "warn") && !strstr(note, label))
			missing = jy_printf(cx, "%s%s%s", missing, *missing ? "、" : "", label);
	}
	if (!*missing)
		return JY_OK;
	jy_field_error(cx, "note",
		       "岗位“%s”有要核实的问题。核实后在说明里写明“已核实：%s”，再通过。", title,
		       missing);
	return JY_INVALID;
}

enum jy_status
jobs_review_remarks(struct jy_ctx *cx, json_t *record, const char *move, json_t *out)
{
	bool approving = !move || strcmp(move, "approve") == 0;
	json_t *findings, *finding;
	size_t i;
	enum jy_status s = findings_of(cx, record, &findings);

	if (s != JY_OK)
		return s;
	findings = jy_own(cx, shown(cx, findings));
	json_array_foreach(findings, i, finding) json_array_append_new(
	    out,
	    json_pack("{s:s, s:s, s:b}", "tone", jy_json_text(finding, "tone"), "text",
		      jy_json_text(finding, "label"), "stop", approving && is(finding, "stop")));
	return JY_OK;
}

/* --- POST /jobs/:id/checked - approval with what was verified, ticked --- */

static const struct jy_field checked_fields[] = {
	{ "ticked", JY_CHOICES, 0, 20, .label = "已核实", .choices = jobs_check_labels },
	{ "note", JY_LONG, 0, 500, .label = "说明",
	  .hint = "怎么核实的，例如：已与单位电话确认。" },
	{ "ver", JY_INT, 0, INT32_MAX, JY_HIDDEN, .label = "版本" },
	{ 0 },
};
const struct jy_form jobs_checked_form = {
	.name = "jobs.checked",
	.title = "核实后通过",
	.intro = "逐项勾选已经核实的问题；没有勾选的，岗位不能通过。",
	.fields = checked_fields,
	.submit = "核实后通过并发布",
};

enum jy_status
jobs_checked(struct jy_ctx *cx, struct jy_view *out)
{
	int64_t id = jy_param_int(cx, "id");
	const char *labels = "";
	json_t *code;
	size_t i;
	enum jy_status s;

	json_array_foreach(json_object_get(jy_params(cx), "ticked"), i, code) labels =
	    jy_printf(cx, "%s%s%s", labels, *labels ? "、" : "已核实：",
		      jobs_label(jobs_check_labels, json_string_value(code)));
	s = jy_flow_move(cx, out, &jobs_vacancy_flow, id, "approve", jy_param_int(cx, "ver"), "",
			 jy_printf(cx, "%s%s%s", labels, *labels ? "。" : "",
				   jy_json_text(jy_params(cx), "note")));
	if (s != JY_OK)
		return s;
	jy_notice(out, "已核实并发布。");
	return jy_redirect(out, "/jobs/%" PRId64, id);
}
