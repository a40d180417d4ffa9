/*
 * routes_json.c - the table of routes as JSON, for `jiyectl routes`, GET /api and the tests that
 * try every role on every route.
 */
#include <string.h>

#include "people/account.h"
#include "plugin/plugins.h"

#include "web/router.h"

static const char *const TYPES[] = {
	[JY_INT] = "int",       [JY_TEXT] = "text",
	[JY_LONG] = "long",     [JY_BOOL] = "bool",
	[JY_DATE] = "date",     [JY_DATETIME] = "datetime",
	[JY_CHOICE] = "choice", [JY_CHOICES] = "choices",
	[JY_PHONE] = "phone",   [JY_EMAIL] = "email",
	[JY_URL] = "url",       [JY_PASSWORD] = "password",
	[JY_MONEY] = "money",   [JY_RESIDENT_ID] = "resident_id",
	[JY_FILE] = "file",     [JY_CREDIT_CODE] = "credit_code",
	[JY_CODE] = "code",
};

static const char *
type_name(enum jy_type type)
{
	size_t i = (size_t)type;

	return i < sizeof(TYPES) / sizeof(TYPES[0]) && TYPES[i] ? TYPES[i] : "unknown";
}

static json_t *
field_entry(const struct jy_field *field)
{
	json_t *entry =
	    json_pack("{s:s, s:s, s:b}", "name", field->name, "type", type_name(field->type),
		      "required", (field->flags & JY_REQUIRED) != 0);
	const struct jy_choice *choice;
	json_t *choices;

	if (field->min || field->max) {
		json_object_set_new(entry, "min", json_integer(field->min));
		json_object_set_new(entry, "max", json_integer(field->max));
	}
	if (field->label)
		json_object_set_new(entry, "label", json_string(field->label));
	if (field->reference)
		json_object_set_new(entry, "reference", json_string(field->reference));
	if (field->choices) {
		choices = json_array();
		for (choice = field->choices; choice->value; choice++)
			json_array_append_new(choices, json_string(choice->value));
		json_object_set_new(entry, "choices", choices);
	}
	return entry;
}

static json_t *
fields_entry(const struct jy_field *fields)
{
	json_t *entries = json_array();

	for (; fields && fields->name; fields++)
		json_array_append_new(entries, field_entry(fields));
	return entries;
}

static json_t *
flags_entry(unsigned flags)
{
	json_t *names = json_array();

	if (flags & JY_REPEATABLE)
		json_array_append_new(names, json_string("repeatable"));
	if (flags & JY_LARGE)
		json_array_append_new(names, json_string("large"));
	if (flags & JY_KEYED)
		json_array_append_new(names, json_string("keyed"));
	return names;
}

static json_t *
roles_entry(unsigned roles)
{
	json_t *names = json_array();
	unsigned role;

	for (role = JY_PUBLIC; role <= JY_ADMIN; role <<= 1)
		if (roles & role)
			json_array_append_new(
			    names,
			    json_string(role == JY_PUBLIC ? "public" : account_role_name(role)));
	return names;
}

static json_t *
route_entry(const struct plugin *plugin, const struct jy_route *route)
{
	json_t *entry =
	    json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:i, s:i}", "method",
		      route->method == JY_POST ? "POST" : "GET", "path", route->path, "plugin",
		      plugin->name, "roles", roles_entry(route->roles), "params",
		      fields_entry(route->params), "flags", flags_entry(route->flags), "limit_s",
		      route->limit_s ? route->limit_s : ROUTE_LIMIT_S, "cache_s", route->cache_s);

	if (route->form)
		json_object_set_new(entry, "form",
				    json_pack("{s:s, s:s?, s:o}", "name", route->form->name,
					      "title", route->form->title, "fields",
					      fields_entry(route->form->fields)));
	return entry;
}

json_t *
router_json(const struct router *router)
{
	const struct plugins *plugins = router_plugins(router);
	json_t *routes = json_array();
	const struct jy_route *route;
	size_t i;

	for (i = 0; i < plugins->count; i++)
		for (route = plugins->items[i]->table->routes; route && route->path; route++)
			json_array_append_new(routes, route_entry(plugins->items[i], route));
	return routes;
}
