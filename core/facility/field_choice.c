/*
 * field_choice.c - one or several of a list: values of a table, or codes of a reference.
 *
 * A label or an exact name is accepted as well as the code, because files and people carry names.
 * A name that two places share is refused with the candidates, never guessed.
 */
#include "facility/field_types.h"

#include <string.h>

#include "facility/references.h"
#include "facility/text.h"

/* With an empty table the choices depend on rows: the form here, the right to choose in the
 * handler. */
static bool
choice_open(struct typed *t, const char *text, const char **value)
{
	static const char allowed[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:-";

	if (strspn(text, allowed) != strlen(text) || strlen(text) > 64)
		return typed_wrong(t, "%s请从给出的选项里选。", t->label);
	*value = text;
	return true;
}

static bool
choice_table(struct typed *t, const char *text, const char **value)
{
	const struct jy_choice *c = t->field->choices;
	char *labels = talloc_strdup(t->cx->pool, "");
	size_t listed = 0;

	if (!c || !c->value)
		return choice_open(t, text, value);
	for (const struct jy_choice *p = c; p->value; p++)
		if (!strcmp(p->value, text) || (p->label && !strcmp(p->label, text))) {
			*value = p->value;
			return true;
		}
	for (; c->value && listed < 8; c++, listed++)
		labels = talloc_asprintf_append(labels, "%s%s", listed ? "、" : "",
						c->label ? c->label : c->value);
	return typed_wrong(t, "%s请从给出的选项里选：%s%s。", t->label, labels,
			   c->value ? "等" : "");
}

static bool
choice_name(struct typed *t, const struct reference *r, const char *text, const char **value)
{
	const struct reference_item *found[3];
	size_t count = reference_named(r, text, found, 3);

	if (count == 1) {
		*value = found[0]->code;
		return true;
	}
	if (count > 1)
		return typed_wrong(t, "有 %zu 个“%s”，%s请填代码，例如 %s（%s）、%s（%s）。", count,
				   text, t->label, found[0]->code, found[0]->full, found[1]->code,
				   found[1]->full);
	return typed_wrong(t, "%s里没有“%s”，请填列表里的代码或完整名称。", t->label,
			   text_cut(t->cx->pool, text, 60));
}

/* A code, "code name" as the suggestions show it, or an exact name. */
static bool
choice_reference(struct typed *t, const char *text, const char **value)
{
	const struct reference_item *item;
	const struct reference *r;
	enum jy_status s = reference_get(t->cx, t->field->reference, &r);
	const char *code = text_cut(t->cx->pool, text, strcspn(text, " "));

	if (s == JY_BUSY && (!t->cx->core || !t->cx->core->db))
		return choice_open(t, code, value);
	if (s != JY_OK)
		return typed_wrong(t, "现在查不到%s的对照表，请稍后再试。", t->label);
	item = reference_find(r, code);
	if (item && !item->current)
		return typed_wrong(t, "%s的代码 %s 已经撤销，请改用现行代码。", t->label, code);
	if (item) {
		*value = item->code;
		return true;
	}
	return choice_name(t, r, text, value);
}

static bool
choice(struct typed *t, const char *typed, const char **value)
{
	const char *text = text_trim(t->cx->pool, text_plain(t->cx->pool, typed));

	if (t->field->reference)
		return choice_reference(t, text, value);
	/* Labels may themselves hold full-width brackets, so they are compared as typed. */
	return choice_table(t, text_trim(t->cx->pool, typed), value);
}

bool
typed_choice(struct typed *t)
{
	const char *value;

	if (!choice(t, t->text, &value))
		return false;
	t->out = json_string(value);
	return true;
}

static bool
chosen_already(const json_t *array, const char *value)
{
	size_t i;
	json_t *each;

	json_array_foreach(array, i, each) if (!strcmp(json_string_value(each), value)) return true;
	return false;
}

/* Commas and semicolons part the choices, in either width; labels may hold full-width brackets. */
static char *
commas(struct typed *t)
{
	char *s = talloc_strdup(t->cx->pool, t->text), *to = s;
	uint32_t c;

	for (const char *p = s; *p;) {
		size_t n = text_next(p, &c);

		if (c == ',' || c == ';' || c == 0xFF0C || c == 0xFF1B) {
			*to++ = ',';
		} else {
			memmove(to, p, n);
			to += n;
		}
		p += n;
	}
	*to = '\0';
	return s;
}

bool
typed_choices(struct typed *t)
{
	const struct jy_field *f = t->field;
	int64_t max = f->max ? f->max : 200;
	json_t *array = jy_own(t->cx, json_array());
	char *rest = commas(t), *part;

	while ((part = strsep(&rest, ",")) != NULL) {
		const char *value;

		if (text_blank(part))
			continue;
		if (!choice(t, part, &value))
			return false;
		if (!chosen_already(array, value))
			json_array_append_new(array, json_string(value));
		if ((int64_t)json_array_size(array) > max)
			return typed_wrong(t, "%s最多选 %" PRId64 " 项。", t->label, max);
	}
	if ((int64_t)json_array_size(array) < f->min)
		return typed_wrong(t, "%s至少要选 %" PRId64 " 项。", t->label, f->min);
	t->out = json_incref(array);
	return true;
}
