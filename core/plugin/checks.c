/*
 * checks.c - the table of a plugin, read with suspicion.
 *
 * Whoever wrote the plugin learns here, in one sentence, what differs and what to do, before any of
 * its code beyond jy_plugin() has run. The order matters: size and ABI decide what else may be
 * read.
 */
#include "plugin/checks.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* First parts of the core's own addresses, and prefixes of its own templates. */
static const char *const reserved[] = { "core",    "admin",   "account", "api",    "static",
					"feeds",   "healthz", "readyz",  "home",   "metrics",
					"session", "work",    "flow",    "import", "signin" };

bool
check_no(const struct check *c, const char *fmt, ...)
{
	va_list ap;
	char *said;

	va_start(ap, fmt);
	said = talloc_vasprintf(c->owner, fmt, ap);
	va_end(ap);
	*c->error = talloc_asprintf(c->owner, "插件 %s：%s", c->name, said ? said : "");
	talloc_free(said);
	return false;
}

bool
check_word(const char *text, size_t max)
{
	size_t n = text ? strlen(text) : 0;

	return n > 0 && n <= max && text[0] >= 'a' && text[0] <= 'z' &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_") == n;
}

bool
plugin_name_check(TALLOC_CTX *owner, const char *name, const char **error)
{
	struct check c = { owner, name, error };

	if (!check_word(name, 31) || !name[1])
		return check_no(&c, "名称只能用 2 至 31 个小写字母、数字和下划线，并以字母开头。");
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (!strcmp(name, reserved[i]))
			return check_no(&c, "这个名称由系统自己使用，请换一个名称。");
	return true;
}

const struct jy_plugin *
table_copy(TALLOC_CTX *owner, const char *name, const struct jy_plugin *theirs, const char **error)
{
	struct check c = { owner, name, error };
	struct jy_plugin *copy;

	if (!theirs) {
		check_no(&c, "jy_plugin() 没有返回描述表，请用 JY_PLUGIN(...) 定义它。");
		return NULL;
	}
	if (theirs->abi_major != JY_ABI_MAJOR || theirs->abi_minor > JY_ABI_MINOR) {
		check_no(&c, "它按接口 %d.%d 构建，本系统的接口是 %d.%d，%s。", theirs->abi_major,
			 theirs->abi_minor, JY_ABI_MAJOR, JY_ABI_MINOR,
			 theirs->abi_major < JY_ABI_MAJOR ? "请用本系统的头文件重新构建它"
							  : "请先升级系统，或改用较旧版本的插件");
		return NULL;
	}
	if (theirs->size < offsetof(struct jy_plugin, schema) || theirs->size > sizeof(*copy)) {
		check_no(&c,
			 "描述表有 %u 字节，接口 %d.%d 的描述表应为 %zu 至 %zu 字节，请用本系统"
			 "的头文件重新构建它。",
			 theirs->size, theirs->abi_major, theirs->abi_minor,
			 offsetof(struct jy_plugin, schema), sizeof(*copy));
		return NULL;
	}
	copy = talloc_zero(owner, struct jy_plugin);
	if (!copy)
		abort();
	memcpy(copy, theirs, theirs->size);
	return copy;
}

bool
check_prefixed(const struct check *c, const char *what, const char *name)
{
	size_t n = strlen(c->name);

	if (name && !strncmp(name, c->name, n) && name[n] == '.' && check_word(name + n + 1, 40))
		return true;
	return check_no(c, "%s“%s”要以“%s.”开头，其后只用小写字母、数字和下划线。", what,
			name ? name : "", c->name);
}

static bool
field_choices(const struct check *c, const char *where, const struct jy_field *f)
{
	static const char *const known[] = { "regions", "units",       "universities",
					     "majors",  "occupations", "industries" };

	if (f->reference) {
		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			if (!strcmp(f->reference, known[i]))
				return true;
		return check_no(c, "%s的字段“%s”引用了没有的对照表“%s”。", where, f->name,
				f->reference);
	}
	/* An empty table of choices is allowed: `prepare` of a form may fill it from rows. */
	if ((f->type == JY_CHOICE || f->type == JY_CHOICES) && !f->choices)
		return check_no(c, "%s的字段“%s”是选项，但没有给出 choices 或 reference。", where,
				f->name);
	return true;
}

bool
check_fields(const struct check *c, const char *where, const struct jy_field *fields, bool labels)
{
	for (const struct jy_field *f = fields; f && f->name; f++) {
		if (!check_word(f->name, 64))
			return check_no(c, "%s的字段名“%s”只能用小写字母、数字和下划线。", where,
					f->name);
		for (const struct jy_field *g = fields; g < f; g++)
			if (!strcmp(f->name, g->name))
				return check_no(c, "%s的字段“%s”出现了两次。", where, f->name);
		if (f->type < JY_INT || f->type > JY_CODE)
			return check_no(c, "%s的字段“%s”没有写明类型。", where, f->name);
		if (f->min > f->max)
			return check_no(c, "%s的字段“%s”的下限 %" PRId64 " 大于上限 %" PRId64 "。",
					where, f->name, f->min, f->max);
		if (labels && !f->label && !(f->flags & JY_HIDDEN))
			return check_no(c, "%s的字段“%s”缺少标签 label。", where, f->name);
		if (!field_choices(c, where, f))
			return false;
	}
	return true;
}

static bool
check_requires(const struct check *c, const struct jy_plugin *t)
{
	for (const char *const *need = t->requires; need && *need; need++) {
		if (!strcmp(*need, c->name))
			return check_no(c, "requires 里写了它自己，请去掉。");
		if (!check_word(*need, 31))
			return check_no(c, "requires 里的“%s”不是插件名。", *need);
	}
	return true;
}

static bool
state_known(const struct jy_flow *flow, const char *word, size_t n)
{
	for (const struct jy_state *s = flow->states; s && s->name; s++)
		if (strlen(s->name) == n && !strncmp(s->name, word, n))
			return true;
	return false;
}

static bool
check_moves(const struct check *c, const struct jy_flow *flow)
{
	for (const struct jy_move *m = flow->moves; m && m->name; m++) {
		const char *word = m->from ? m->from : "";

		if (!m->roles)
			return check_no(c, "流程“%s”的动作“%s”没有写明哪些角色可以做。", flow->name,
					m->name);
		if (!m->to || !state_known(flow, m->to, strlen(m->to)))
			return check_no(c, "流程“%s”的动作“%s”指向没有的状态“%s”。", flow->name,
					m->name, m->to ? m->to : "");
		while (*word) {
			size_t n = strcspn(word, " ");

			if (n && !state_known(flow, word, n))
				return check_no(c, "流程“%s”的动作“%s”来自没有的状态“%.*s”。",
						flow->name, m->name, (int)n, word);
			word += n + (word[n] == ' ');
		}
	}
	return true;
}

static bool
check_flows(const struct check *c, const struct jy_plugin *t)
{
	size_t n = strlen(c->name);

	for (const struct jy_flow *const *f = t->flows; f && *f; f++) {
		if (!check_prefixed(c, "流程", (*f)->name))
			return false;
		if (!(*f)->states || !(*f)->states->name)
			return check_no(c, "流程“%s”没有状态。", (*f)->name);
		if (!(*f)->table || strncmp((*f)->table, c->name, n) ||
		    ((*f)->table[n] != '_' && (*f)->table[n] != '\0'))
			return check_no(c, "流程“%s”的数据表“%s”要以“%s_”开头。", (*f)->name,
					(*f)->table ? (*f)->table : "", c->name);
		if (!check_moves(c, *f))
			return false;
	}
	return true;
}

static bool
check_transfers(const struct check *c, const struct jy_plugin *t)
{
	for (const struct jy_transfer *const *x = t->transfers; x && *x; x++) {
		if (!check_prefixed(c, "导入", (*x)->name))
			return false;
		if (!(*x)->roles || !(*x)->fields || !(*x)->row)
			return check_no(c, "导入“%s”缺少角色、字段或处理函数。", (*x)->name);
		if (!check_fields(c, "导入", (*x)->fields, true))
			return false;
	}
	return true;
}

static bool
check_hooks(const struct check *c, const struct jy_plugin *t)
{
	for (const struct jy_task *k = t->tasks; k && k->name; k++) {
		if (!check_word(k->name, 40))
			return check_no(c, "任务名“%s”只用小写字母、数字和下划线，不带前缀。",
					k->name);
		if (!k->run || k->every < 0)
			return check_no(c, "任务“%s”缺少处理函数，或间隔是负数。", k->name);
	}
	for (const struct jy_subscription *s = t->subscriptions; s && s->event; s++)
		if (!strchr(s->event, '.') || !s->run)
			return check_no(c, "订阅“%s”应为“来源.事件”，并带有处理函数。", s->event);
	for (const struct jy_service *s = t->services; s && s->name; s++) {
		if (!check_prefixed(c, "服务", s->name))
			return false;
		if (!s->run)
			return check_no(c, "服务“%s”缺少处理函数。", s->name);
	}
	for (const struct jy_tile *k = t->tiles; k && k->name; k++)
		if (!k->run || !k->roles)
			return check_no(c, "首页卡片“%s”缺少角色或处理函数。", k->name);
	return true;
}

bool
table_check(TALLOC_CTX *owner, const char *name, const struct jy_plugin *table, const char **error)
{
	struct check c = { owner, name, error };

	if (!table->name || strcmp(table->name, name))
		return check_no(&c, "描述表里的名称是“%s”，与文件夹和文件名不同，请改成一样。",
				table->name ? table->name : "");
	if (!table->version || !table->version[0] || strlen(table->version) > 20 || !table->title ||
	    !table->title[0])
		return check_no(&c, "描述表缺少版本号（最多 20 个字符）或标题。");
	return check_requires(&c, table) && check_fields(&c, "设置", table->settings, true) &&
	       check_routes(&c, table) && check_hooks(&c, table) && check_flows(&c, table) &&
	       check_transfers(&c, table);
}

bool
schema_check(TALLOC_CTX *owner, const struct jy_plugin *table, const char *dir, const char **error)
{
	struct check c = { owner, table->name, error };
	char *folder = talloc_asprintf(owner, "%s/sql", dir);
	DIR *d = opendir(folder);
	long highest = 0;

	talloc_free(folder);
	for (struct dirent *e; d && (e = readdir(d));) {
		long number = strtol(e->d_name, NULL, 10);
		size_t n = strlen(e->d_name);

		if (n > 4 && !strcmp(e->d_name + n - 4, ".sql") && number > highest)
			highest = number;
	}
	if (d)
		closedir(d);
	if (highest != table->schema)
		return check_no(
		    &c, "描述表说数据库脚本到第 %d 号，sql 文件夹里最高是第 %ld 号，请改成一致。",
		    table->schema, highest);
	return true;
}
