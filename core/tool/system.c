/*
 * system.c - jiyectl migrate, keys, routes, status, roll, stop, audit verify.
 *
 * status, roll and stop talk to the supervisor over its control socket and need no database: they
 * must work when everything else does not.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/config.h"
#include "base/seal.h"
#include "data/audit.h"
#include "data/db.h"
#include "data/migrate.h"
#include "data/reseal.h"
#include "data/settings.h"
#include "plugin/install.h"
#include "plugin/load.h"
#include "plugin/setting_fields.h"
#include "plugin/states.h"
#include "process/control.h"
#include "tool/tool.h"
#include "web/router.h"

struct province {
	const char *code, *error;
};

static enum jy_status
province_set(struct jy_ctx *cx, void *arg)
{
	struct province *p = arg;

	return setting_change(cx, setting_field(cx, "site.province"), p->code,
			      "jiyectl migrate --province", &p->error);
}

/* The province decides which reporting units the reference data yield, so it comes before them. */
static int
province_choose(struct tool *t, const char *code)
{
	struct province p = { .code = code, .error = "" };
	const char *now = json_string_value(json_object_get(t->core.settings, "site.province"));
	enum jy_status s;

	if (now && !strcmp(now, code))
		return TOOL_OK;
	s = tool_change(t, province_set, &p);
	if (s == JY_OK)
		s = settings_load(&t->core);
	return tool_status(t, s, p.error);
}

/* Their SQL only: no code of a plugin runs, so a broken one cannot stop the others' update. */
static int
migrate_plugins(struct tool *t, int *applied)
{
	struct plugin_choice *items;
	size_t count;
	json_t *off;
	enum jy_status s = plugins_wanted(t->cx, NULL, 0, &items, &count, &off);

	if (s != JY_OK)
		return tool_status(t, s, NULL);
	for (size_t i = 0; i < count; i++) {
		const char *error = "",
			   *dir = plugin_dir(t->cx, t->core.config, items[i].name, items[i].build);
		const char *sql = jy_printf(t->cx, "%s/sql", dir);
		int done = 0;

		if (access(sql, F_OK))
			continue;
		tool_progress(t->cx, (int64_t)i, (int64_t)count, items[i].name);
		if (!migrate_folder(&t->core, items[i].name, sql, 0, &done, &error))
			return tool_fail(t, TOOL_FAILED, "插件 %s：%s", items[i].name, error);
		*applied += done;
	}
	tool_progress(t->cx, (int64_t)count, (int64_t)count, "插件");
	return TOOL_OK;
}

static int
migrate(struct tool *t)
{
	const char *error = "", *province = tool_option(t, "province");
	const char *sql = jy_printf(t->cx, "%s/sql", t->core.config->share);
	int applied = 0, code = TOOL_OK;

	if (!core_connect(&t->core, &error))
		return tool_fail(t, t->core.keys ? TOOL_FAILED : TOOL_USAGE, "%s", error);
	if (!migrate_folder(&t->core, "core", sql, 0, &applied, &error))
		return tool_fail(t, TOOL_FAILED, "%s", error);
	if (settings_load(&t->core) != JY_OK)
		return tool_fail(t, TOOL_FAILED, "%s", db_error(t->core.db));
	if (province)
		code = province_choose(t, province);
	if (code)
		return code;
	if (!reference_load(&t->core, &error))
		return tool_fail(t, TOOL_FAILED, "%s", error);
	code = migrate_plugins(t, &applied);
	if (code)
		return code;
	return tool_done(t, json_pack("{s:i}", "applied", applied),
			 "数据库结构和参考数据已是最新（这次执行了 %d 个脚本）。", applied);
}

static int
keys_make(struct tool *t)
{
	const char *error = "";

	if (!keyring_make(t->core.config->keys, &error))
		return tool_fail(t, TOOL_REFUSED, "%s", error);
	return tool_done(t, json_pack("{s:s}", "file", t->core.config->keys),
			 "密钥已生成：%s。请另外备份，丢失后加密的内容无法恢复。",
			 t->core.config->keys);
}

static int
keys_rotate(struct tool *t)
{
	const char *error = "";

	if (!tool_confirm(t, "这会加入一把新密钥，之后的内容都用它加密；旧密钥仍用来读取。"))
		return TOOL_REFUSED;
	if (!keyring_rotate(t->core.config->keys, &error))
		return tool_fail(t, TOOL_REFUSED, "%s", error);
	return tool_done(t, json_pack("{s:s}", "file", t->core.config->keys),
			 "新密钥已加入：%s。请备份，复制到每个节点，执行 jiyectl roll，再用 "
			 "jiyectl keys reseal 把旧内容改用新密钥加密。",
			 t->core.config->keys);
}

static enum jy_status
reseal_work(struct jy_ctx *cx, void *arg)
{
	return reseal_all(cx, arg);
}

static int
keys_reseal(struct tool *t)
{
	struct reseal_counts counts = { 0 };
	enum jy_status s;

	t->cx->checkpoint = db_checkpoint;
	s = tool_change(t, reseal_work, &counts);
	if (s != JY_OK)
		return tool_status(t, s, NULL);
	if (counts.unreadable)
		return tool_fail(t, TOOL_FAILED,
				 "已重新加密 %" PRId64 " 项，另有 %" PRId64
				 " 项读不出（见上面的记录），原样保留。请找回它们的密钥后重试。",
				 counts.done, counts.unreadable);
	return tool_done(t, json_pack("{s:I}", "resealed", (json_int_t)counts.done),
			 "已用当前密钥重新加密 %" PRId64 " 项，其余的早已是当前密钥。",
			 counts.done);
}

static int
routes(struct tool *t)
{
	static const struct tool_column columns[] = {
		{ "method", "方法" },
		{ "path", "地址" },
		{ "plugin", "插件" },
		{ "role_names", "角色" },
		{ 0 },
	};
	json_t *rows = jy_own(t->cx, router_json(t->core.router)), *row, *role;
	size_t i, k;

	if (t->json)
		return tool_done(t, json_incref(rows), " ");
	json_array_foreach(rows, i, row)
	{
		const char *names = "";

		json_array_foreach(json_object_get(row, "roles"), k, role) names =
		    jy_printf(t->cx, "%s%s%s", names, names[0] ? " " : "", json_string_value(role));
		json_object_set_new(row, "role_names", json_string(names));
	}
	return tool_table(t, rows, columns);
}

/* One word to the supervisor; TOOL_FAILED when it is not there. */
static int
tell(struct tool *t, const char *word, json_t **answer)
{
	const char *error = "";

	if (!control_call(t->core.config, word, answer, &error))
		return tool_fail(t, TOOL_FAILED, "%s", error);
	jy_own(t->cx, *answer);
	return TOOL_OK;
}

/* Lines under the first one: what a new generation waits for, and what is kept out here. */
static const char *
status_more(struct tool *t, const json_t *said)
{
	const char *delayed = jy_json_text(said, "delayed"), *text = "";
	json_t *row;
	size_t i;

	if (delayed[0])
		text = jy_printf(t->cx, "\n新的一代还在等待：%s", delayed);
	json_array_foreach(json_object_get(said, "kept_out"), i, row)
	{
		text = jy_printf(t->cx, "%s\n插件 %s 在本机没有加载：%s", text,
				 jy_json_text(row, "plugin"), jy_json_text(row, "reason"));
	}
	return text;
}

static int
status(struct tool *t)
{
	json_t *said;
	int code = tell(t, "status", &said);
	bool refused;

	if (code)
		return code;
	refused = jy_json_text(said, "refused")[0] &&
		  jy_json_int(said, "refused_generation") >= jy_json_int(said, "generation");
	return tool_done(t, json_incref(said),
			 "%s：%s，第 %" PRId64 " 代，%zu 个工作进程，运行 %" PRId64 " 秒%s%s%s",
			 jy_json_text(said, "node"), jy_json_text(said, "state"),
			 jy_json_int(said, "generation"),
			 json_array_size(json_object_get(said, "workers")),
			 jy_json_int(said, "uptime"), refused ? "\n上次更换被拒绝：" : "",
			 refused ? jy_json_text(said, "refused") : "", status_more(t, said));
}

static int
roll(struct tool *t)
{
	json_t *said;
	int code = tell(t, "roll", &said);

	return code ? code : tool_done(t, json_incref(said), "正在换上新一代工作进程。");
}

static int
stop(struct tool *t)
{
	json_t *said;
	int code;

	if (!tool_confirm(t, "这会停止本机的服务。"))
		return TOOL_REFUSED;
	code = tell(t, "stop", &said);
	return code ? code : tool_done(t, json_incref(said), "正在停止：先做完手上的请求。");
}

static int
audit_check(struct tool *t)
{
	int64_t bad = 0, checked = 0;
	enum jy_status s = audit_verify(&t->core, 0, &bad, &checked);

	if (s == JY_INVALID)
		return tool_fail(
		    t, TOOL_REFUSED,
		    "审计日志被改动过：从第 %" PRId64 " 条起对不上，请保留数据库并查明原因。", bad);
	if (s != JY_OK)
		return tool_status(t, s, NULL);
	return tool_done(t, json_pack("{s:I}", "checked", (json_int_t)checked),
			 "审计日志完好，共 %" PRId64 " 条。", checked);
}

const struct command system_commands[] = {
	{ "migrate", "[--province 两位代码]", "province=", 0, 0, NEEDS_CONFIG,
	  "更新数据库结构和参考数据", migrate },
	{ "status", "", NULL, 0, 0, NEEDS_CONFIG, "服务在做什么", status },
	{ "roll", "", NULL, 0, 0, NEEDS_CONFIG, "换上新一代工作进程，不丢请求", roll },
	{ "stop", "--yes", "yes", 0, 0, NEEDS_CONFIG, "停止服务", stop },
	{ "routes", "", NULL, 0, 0, NEEDS_PLUGINS, "列出全部地址和可用的角色", routes },
	{ "audit verify", "", NULL, 0, 0, NEEDS_DATABASE, "校验审计日志没有被改动", audit_check },
	{ "keys make", "", NULL, 0, 0, NEEDS_CONFIG, "生成密钥文件", keys_make },
	{ "keys rotate", "--yes", "yes", 0, 0, NEEDS_CONFIG, "加入一把新密钥", keys_rotate },
	{ "keys reseal", "", NULL, 0, 0, NEEDS_DATABASE, "把旧密钥加密的内容改用当前密钥",
	  keys_reseal },
	{ 0 },
};
