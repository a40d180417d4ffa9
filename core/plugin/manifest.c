/*
 * manifest.c - what a plugin declares, written down beside its file when it is installed.
 *
 * The JSON is ours: it was made by manifest_make from a table that passed the checks, and its
 * folder is never written to again. So reading it back trusts its shape, not its presence.
 */
#include "plugin/manifest.h"

#include <string.h>

#include "plugin/install.h"

#define SETTINGS_MAX 200

static const struct {
	unsigned bit;
	const char *name, *label;
} roles[] = {
	{ JY_PUBLIC, "PUBLIC", "所有人" },       { JY_GRADUATE, "GRADUATE", "毕业生" },
	{ JY_EMPLOYER, "EMPLOYER", "用人单位" }, { JY_UNIVERSITY, "UNIVERSITY", "高校" },
	{ JY_CITY, "CITY", "市州人社" },         { JY_PROVINCE, "PROVINCE", "省级人社" },
	{ JY_TRAINER, "TRAINER", "培训机构" },   { JY_PARTNER, "PARTNER", "合作网站" },
	{ JY_ADMIN, "ADMIN", "系统管理员" },
};
#define ROLES (sizeof(roles) / sizeof(roles[0]))

json_t *
roles_json(unsigned bits)
{
	json_t *names = json_array();

	for (size_t i = 0; i < ROLES; i++)
		if (bits & roles[i].bit)
			json_array_append_new(names, json_string(roles[i].name));
	return names;
}

const char *
roles_label(struct jy_ctx *cx, unsigned bits)
{
	const char *text = "";

	if ((bits & JY_ANYONE) == JY_ANYONE)
		return "所有人";
	for (size_t i = 0; i < ROLES; i++)
		if (bits & roles[i].bit)
			text = jy_printf(cx, "%s%s%s", text, text[0] ? "、" : "", roles[i].label);
	return text;
}

static json_t *
choices_make(const struct jy_choice *choices)
{
	json_t *made = json_array();

	for (; choices && choices->value; choices++)
		json_array_append_new(made, json_pack("[s, s]", choices->value,
						      choices->label ? choices->label : ""));
	return made;
}

static json_t *
fields_make(const struct jy_field *f)
{
	json_t *made = json_array();

	for (; f && f->name; f++)
		json_array_append_new(
		    made,
		    json_pack("{s:s, s:i, s:I, s:I, s:i, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*, s:o}",
			      "name", f->name, "type", f->type, "min", (json_int_t)f->min, "max",
			      (json_int_t)f->max, "flags", (int)f->flags, "label", f->label, "hint",
			      f->hint, "example", f->example, "reference", f->reference, "initial",
			      f->initial, "section", f->section, "choices",
			      choices_make(f->choices)));
	return made;
}

static json_t *
routes_make(const struct jy_plugin *t)
{
	json_t *made = json_array();

	for (const struct jy_route *r = t->routes; r && r->path; r++)
		json_array_append_new(made, json_pack("{s:s, s:s, s:i}", "method",
						      r->method == JY_GET ? "GET" : "POST", "path",
						      r->path, "roles", (int)r->roles));
	return made;
}

/* Names of everything else that the plugin takes part in, for the page of its rights. */
static json_t *
names_make(const struct jy_plugin *t)
{
	json_t *tasks = json_array(), *events = json_array(), *services = json_array(),
	       *flows = json_array(), *transfers = json_array();

	for (const struct jy_task *k = t->tasks; k && k->name; k++)
		json_array_append_new(tasks, json_string(k->title ? k->title : k->name));
	for (const struct jy_subscription *s = t->subscriptions; s && s->event; s++)
		json_array_append_new(events, json_string(s->event));
	for (const struct jy_service *s = t->services; s && s->name; s++)
		json_array_append_new(services, json_string(s->name));
	for (const struct jy_flow *const *f = t->flows; f && *f; f++)
		json_array_append_new(flows, json_string((*f)->title ? (*f)->title : (*f)->name));
	for (const struct jy_transfer *const *x = t->transfers; x && *x; x++)
		json_array_append_new(transfers,
				      json_string((*x)->title ? (*x)->title : (*x)->name));
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "tasks", tasks, "events", events, "services",
			 services, "flows", flows, "transfers", transfers);
}

json_t *
manifest_make(const struct jy_plugin *table)
{
	json_t *requires = json_array();

	for (const char *const *need = table->requires; need && *need; need++)
		json_array_append_new(requires, json_string(*need));
	return json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:o, s:o, s:o, s:o}", "name",
			 table->name, "version", table->version, "title", table->title, "summary",
			 table->summary ? table->summary : "", "schema", table->schema, "abi_major",
			 table->abi_major, "abi_minor", table->abi_minor, "requires", requires,
			 "settings", fields_make(table->settings), "routes", routes_make(table),
			 "declares", names_make(table));
}

json_t *
manifest_read(struct jy_ctx *cx, const char *name, const char *build)
{
	const char *dir = plugin_dir(cx, cx->core->config, name, build);
	json_t *made = json_load_file(jy_printf(cx, "%s/manifest.json", dir), 0, NULL);

	return made ? jy_own(cx, made) : NULL;
}

static const char *
text_or_null(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static const struct jy_choice *
choices_read(struct jy_ctx *cx, const json_t *list)
{
	size_t n = json_array_size(list), i;
	struct jy_choice *made = jy_alloc(cx, (n + 1) * sizeof(*made));
	json_t *pair;

	json_array_foreach(list, i, pair)
	{
		made[i].value = json_string_value(json_array_get(pair, 0));
		made[i].label = json_string_value(json_array_get(pair, 1));
	}
	return n ? made : NULL;
}

const struct jy_field *
manifest_settings(struct jy_ctx *cx, const json_t *manifest)
{
	const json_t *list = json_object_get(manifest, "settings");
	struct jy_field *made = jy_alloc(cx, (SETTINGS_MAX + 1) * sizeof(*made));
	size_t i;
	json_t *f;

	json_array_foreach(list, i, f)
	{
		if (i == SETTINGS_MAX)
			break;
		made[i] = (struct jy_field){
			.name = text_or_null(f, "name"),
			.type = (enum jy_type)jy_json_int(f, "type"),
			.min = jy_json_int(f, "min"),
			.max = jy_json_int(f, "max"),
			.flags = (unsigned)jy_json_int(f, "flags"),
			.label = text_or_null(f, "label"),
			.hint = text_or_null(f, "hint"),
			.example = text_or_null(f, "example"),
			.choices = choices_read(cx, json_object_get(f, "choices")),
			.reference = text_or_null(f, "reference"),
			.initial = text_or_null(f, "initial"),
			.section = text_or_null(f, "section"),
		};
	}
	return made;
}

bool
manifest_requires(const json_t *manifest, const char *name)
{
	size_t i;
	json_t *need;

	json_array_foreach(json_object_get(manifest, "requires"), i, need)
	{
		if (!strcmp(json_string_value(need), name))
			return true;
	}
	return false;
}
