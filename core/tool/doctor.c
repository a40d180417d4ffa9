/*
 * doctor.c - jiyectl doctor: everything that has to be right, one line each, with what to do.
 *
 * Each check stands alone: a broken configuration must not hide that the disk is full as well. So
 * the command itself needs nothing and brings up what it can on its way.
 */
#include <dirent.h>
#include <stdarg.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/config.h"
#include "base/log.h"
#include "base/seal.h"
#include "data/audit.h"
#include "data/db.h"
#include "plugin/install.h"
#include "plugin/states.h"
#include "process/control.h"
#include "tool/tool.h"

#define SPACE_MIN    ((unsigned long long)1024 * 1024 * 1024)
#define AUDIT_LATEST 20000 /* all of them is what jiyectl audit verify is for */

static const char SQL_SERVER[] = "SELECT VERSION() version, @@innodb_snapshot_isolation isolation, "
				 "@@character_set_database charset";
static const char SQL_AUDIT_FROM[] = "SELECT id FROM audit ORDER BY id DESC LIMIT 1 OFFSET ?";
static const char SQL_APPLIED[] = "SELECT IFNULL(MAX(number), 0) n FROM schema_migrations "
				  "WHERE component = ? AND applied_at IS NOT NULL";

struct doctor {
	struct tool *t;
	json_t *findings;
	int wrong;
};

static void finding(struct doctor *d, bool ok, const char *what, const char *fmt, ...) JY_PRINTF(4);

static void
finding(struct doctor *d, bool ok, const char *what, const char *fmt, ...)
{
	va_list ap;
	char *said;

	va_start(ap, fmt);
	said = talloc_vasprintf(NULL, fmt, ap);
	va_end(ap);
	d->wrong += !ok;
	json_array_append_new(d->findings, json_pack("{s:s, s:b, s:s}", "check", what, "ok", ok,
						     "text", said ? said : ""));
	if (!d->t->json)
		printf("%s  %s：%s\n", ok ? "正常" : "不对", what, said ? said : "");
	talloc_free(said);
}

static void
check_space(struct doctor *d, const struct config *config)
{
	struct statvfs fs;
	unsigned long long left;

	if (statvfs(config->home, &fs)) {
		finding(d, false, "磁盘", "不能读取文件夹 %s，请建立它并检查权限。", config->home);
		return;
	}
	left = (unsigned long long)fs.f_bavail * fs.f_frsize;
	finding(d, left >= SPACE_MIN, "磁盘", "%s 还剩 %llu MiB%s", config->home, left >> 20,
		left >= SPACE_MIN ? "。" : "，请清理到 1024 MiB 以上。");
}

static void
check_keys(struct doctor *d, const struct config *config)
{
	const char *error = "";
	struct keyring *keys = keyring_read(d->t->cx, config->keys, config->suite, &error);

	if (keys)
		finding(d, true, "密钥", "%s 可用，当前第 %u 号。", config->keys,
			keyring_current(keys));
	else
		finding(d, false, "密钥", "%s", error);
	d->t->core.keys = keys;
}

/* What this node alone keeps out; the database does not know it. */
static void
check_kept_out(struct doctor *d, const json_t *said)
{
	size_t i;
	json_t *row;

	json_array_foreach(json_object_get(said, "kept_out"), i, row)
	    finding(d, false, "本机", "插件 %s 没有加载：%s", jy_json_text(row, "plugin"),
		    jy_json_text(row, "reason"));
}

static void
check_supervisor(struct doctor *d, const struct config *config)
{
	const char *error = "";
	json_t *said = NULL;
	bool refused;

	if (!control_call(config, "status", &said, &error)) {
		finding(d, false, "服务", "%s", error);
		return;
	}
	refused = jy_json_text(said, "refused")[0] &&
		  jy_json_int(said, "refused_generation") >= jy_json_int(said, "generation");
	finding(d, !refused, "服务", "状态 %s，第 %" PRId64 " 代，%zu 个工作进程%s%s",
		jy_json_text(said, "state"), jy_json_int(said, "generation"),
		json_array_size(json_object_get(said, "workers")),
		refused ? "；上次更换被拒绝：" : "。",
		refused ? jy_json_text(said, "refused") : "");
	check_kept_out(d, said);
	json_decref(said);
}

/* nginx comes by this address; that somebody accepts there is all that can be asked from outside.
 */
static void
check_socket(struct doctor *d, const struct config *config)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd;
	bool ok;

	if (strncmp(config->listen, "unix:", 5)) {
		finding(d, true, "监听", "地址 %s，由 nginx 从内网连接。", config->listen);
		return;
	}
	strncat(name.sun_path, config->listen + 5, sizeof(name.sun_path) - 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ok = fd >= 0 && connect(fd, (struct sockaddr *)&name, sizeof(name)) == 0;
	if (fd >= 0)
		close(fd);
	finding(d, ok, "监听", ok ? "%s 有人应答。" : "%s 没有应答，请启动 jiyed。", name.sun_path);
}

static void
check_nginx(struct doctor *d)
{
	static const char *const places[] = { "/usr/sbin/nginx", "/usr/local/sbin/nginx",
					      "/usr/bin/nginx", "/usr/local/nginx/sbin/nginx" };

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (access(places[i], X_OK) == 0) {
			finding(d, true, "nginx", "%s", places[i]);
			return;
		}
	finding(d, false, "nginx", "没有找到，请安装软件包 nginx-light。");
}

static bool
check_database(struct doctor *d)
{
	const char *error = "";
	json_t *row;
	bool isolated, ours;

	d->t->core.db = db_new(d->t->cx, d->t->core.config);
	if (db_ping(d->t->core.db, &error) != JY_OK) {
		ours = !strncmp(error, "0 ", 2); /* a whole sentence */
		finding(d, false, "数据库", "%s%s", error + (ours ? 2 : 0),
			ours ? "" : "。请检查它是否在运行、jiye.conf 的 [database] 是否正确。");
		return false;
	}
	if (jy_row(d->t->cx, &row, SQL_SERVER) != JY_OK) {
		finding(d, false, "数据库", "%s", db_error(d->t->core.db));
		return false;
	}
	isolated = jy_json_int(row, "isolation") == 1;
	finding(d, isolated, "数据库", "%s，innodb_snapshot_isolation=%s%s",
		jy_json_text(row, "version"), isolated ? "ON" : "OFF",
		isolated ? "。" : "，请在数据库配置里改为 ON 再重启数据库。");
	return true;
}

static int
highest(const char *folder)
{
	DIR *dir = opendir(folder);
	int most = 0;

	for (struct dirent *e; dir && (e = readdir(dir));) {
		size_t n = strlen(e->d_name);
		long number = strtol(e->d_name, NULL, 10);

		if (n > 4 && !strcmp(e->d_name + n - 4, ".sql") && number > most)
			most = (int)number;
	}
	if (dir)
		closedir(dir);
	return most;
}

/* 0 pending scripts is well; without the table everything is pending. */
static int
pending(struct doctor *d, const char *component, const char *folder)
{
	json_t *row;
	enum jy_status s = jy_row(d->t->cx, &row, SQL_APPLIED, jy_text(component));

	return highest(folder) - (s == JY_OK ? (int)jy_json_int(row, "n") : 0);
}

static void
check_migrations(struct doctor *d, const struct plugin_choice *items, size_t count)
{
	struct tool *t = d->t;
	int waiting = pending(d, "core", jy_printf(t->cx, "%s/sql", t->core.config->share));

	for (size_t i = 0; i < count; i++) {
		const char *dir = plugin_dir(t->cx, t->core.config, items[i].name, items[i].build);

		waiting += pending(d, items[i].name, jy_printf(t->cx, "%s/sql", dir));
	}
	if (waiting)
		finding(d, false, "数据库结构", "还有 %d 个脚本没有执行，请运行 jiyectl migrate。",
			waiting);
	else
		finding(d, true, "数据库结构", "已是最新。");
}

static void
check_plugins(struct doctor *d, const struct plugin_choice *items, size_t count, json_t *off)
{
	struct tool *t = d->t;
	const char *name;
	json_t *row;

	for (size_t i = 0; i < count; i++) {
		const char *error = "",
			   *dir = plugin_dir(t->cx, t->core.config, items[i].name, items[i].build);

		if (plugin_intact(t->cx, dir, items[i].name, items[i].build, &error))
			finding(d, true, "插件", "%s 的文件完好。", items[i].name);
		else
			finding(d, false, "插件", "%s", error);
	}
	json_object_foreach(off, name, row)
	{
		const char *state = jy_json_text(row, "state");

		if (!strcmp(state, "quarantined") || !strcmp(state, "failed"))
			finding(d, false, "插件", "%s 的状态是 %s：%s", name, state,
				jy_json_text(row, "reason"));
	}
}

static void
check_audit(struct doctor *d)
{
	int64_t bad = 0, checked = 0, from = 0;
	json_t *row;
	enum jy_status s;

	if (!d->t->core.keys)
		return; /* said already, and without them nothing can be recomputed */
	s = jy_row(d->t->cx, &row, SQL_AUDIT_FROM, jy_int(AUDIT_LATEST));
	if (s == JY_OK)
		from = jy_json_int(row, "id");
	if (s == JY_OK || s == JY_NOT_FOUND)
		s = audit_verify(&d->t->core, from, &bad, &checked);
	if (s == JY_OK)
		finding(d, true, "审计日志", "最近 %" PRId64 " 条首尾相接。", checked);
	else if (s == JY_INVALID)
		finding(d, false, "审计日志",
			"从第 %" PRId64 " 条起对不上，可能被改动过，请保留数据库并查明原因。", bad);
	else
		finding(d, false, "审计日志", "不能校验：%s", db_error(d->t->core.db));
}

static int
doctor(struct tool *t)
{
	struct doctor d = { .t = t, .findings = json_array() };
	const char *error = "";
	struct plugin_choice *items = NULL;
	size_t count = 0;
	json_t *off = NULL;

	t->core.kind = CORE_TOOL;
	t->cx = ctx_new(&t->core, NULL, "tool");
	ctx_as_system(t->cx);
	t->core.config = config_read(t->conf, &error);
	if (!t->core.config) {
		finding(&d, false, "配置", "%s", error);
	} else {
		finding(&d, true, "配置", "%s", t->core.config->file);
		log_open("/dev/null"); /* each line below says it itself */
		check_space(&d, t->core.config);
		check_keys(&d, t->core.config);
		check_supervisor(&d, t->core.config);
		check_socket(&d, t->core.config);
		check_nginx(&d);
		if (check_database(&d)) {
			if (plugins_wanted(t->cx, NULL, 0, &items, &count, &off) != JY_OK)
				count = 0;
			check_migrations(&d, items, count);
			check_plugins(&d, items, count, off);
			check_audit(&d);
		}
	}
	if (t->json)
		tool_done(t, json_incref(d.findings), " ");
	json_decref(d.findings);
	return d.wrong ? TOOL_FAILED : TOOL_OK;
}

const struct command doctor_commands[] = {
	{ "doctor", "", NULL, 0, 0, NEEDS_NOTHING, "逐项检查配置、密钥、数据库、插件和服务",
	  doctor },
	{ 0 },
};
