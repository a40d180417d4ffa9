/*
 * config.c - reads jiye.conf with libinih.
 *
 * One table names every key with its type, limits, default and what a person should write; a key
 * that is not in it is refused, so that a slip of the pen never passes as a default. The values
 * live as long as the process. Relative paths are meant below home, home itself beside the file.
 */
#include "base/config.h"

#include <errno.h>
#include <ini.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

enum key_kind { KEY_TEXT, KEY_PATH, KEY_NUMBER, KEY_FLAG };

struct key {
	const char *section, *name;
	enum key_kind kind;
	size_t offset;
	long min, max;       /* of a number */
	const char *initial; /* NULL: made up afterwards */
	const char *write;   /* what to write, for the sentence of a refusal */
};

#define AT(field) offsetof(struct config, field)

static const struct key keys[] = {
	{ "jiye", "home", KEY_TEXT, AT(home), 0, 0, NULL, "一个文件夹" },
	{ "jiye", "share", KEY_PATH, AT(share), 0, 0, "/usr/share/jiye",
	  "模板和 SQL 所在的文件夹" },
	{ "jiye", "plugins", KEY_PATH, AT(plugins), 0, 0, "plugins", "插件所在的文件夹" },
	{ "jiye", "node", KEY_TEXT, AT(node), 0, 0, NULL, "本机的名字，最多 60 个字符" },
	{ "jiye", "public_url", KEY_TEXT, AT(public_url), 0, 0, "http://127.0.0.1:8080",
	  "以 http:// 或 https:// 开头、末尾没有斜线的网址" },
	{ "jiye", "demonstration", KEY_FLAG, AT(demonstration), 0, 0, "no", "yes 或 no" },
	{ "web", "listen", KEY_TEXT, AT(listen), 0, 0, NULL,
	  "unix:/路径 或 地址:端口，例如 127.0.0.1:9000" },
	{ "web", "workers", KEY_NUMBER, AT(workers), 0, 44, "0", "0 到 44 的整数（0 为自动）" },
	{ "web", "recycle", KEY_NUMBER, AT(recycle), 10, 10000000, "50000",
	  "10 到 10000000 的整数" },
	{ "web", "memory_mib", KEY_NUMBER, AT(memory_mib), 0, 65536, "512",
	  "0（不限）或 128 到 65536 的整数" },
	{ "web", "secure_cookies", KEY_FLAG, AT(secure_cookies), 0, 0, NULL, "yes 或 no" },
	{ "task", "workers", KEY_NUMBER, AT(task_workers), 1, 16, "2", "1 到 16 的整数" },
	{ "task", "role", KEY_TEXT, AT(role), 0, 0, "all", "web、task 或 all" },
	{ "database", "socket", KEY_PATH, AT(db_socket), 0, 0, "", "MariaDB 的套接字路径" },
	{ "database", "host", KEY_TEXT, AT(db_host), 0, 0, "", "数据库的地址" },
	{ "database", "port", KEY_NUMBER, AT(db_port), 1, 65535, "3306", "1 到 65535 的整数" },
	{ "database", "user", KEY_TEXT, AT(db_user), 0, 0, "jiye", "数据库的用户名" },
	{ "database", "password", KEY_TEXT, AT(db_password), 0, 0, "", "数据库的密码" },
	{ "database", "name", KEY_TEXT, AT(db_name), 0, 0, "jiye", "数据库的名字" },
	{ "security", "keys", KEY_PATH, AT(keys), 0, 0, "keys", "密钥环文件的路径" },
	{ "security", "suite", KEY_TEXT, AT(suite), 0, 0, "sm", "sm 或 aes" },
	{ "quarantine", "crashes", KEY_NUMBER, AT(crashes), 2, 100, "3", "2 到 100 的整数" },
	{ "quarantine", "seconds", KEY_NUMBER, AT(crash_seconds), 1, 3600, "60",
	  "1 到 3600 的整数" },
	{ "quarantine", "requests", KEY_NUMBER, AT(crash_requests), 1, 100, "2",
	  "1 到 100 的整数" },
	{ "log", "file", KEY_TEXT, AT(log), 0, 0, "-", "日志文件的路径，或 -（标准错误）" },
	{ "delivery", "sms_gateway", KEY_TEXT, AT(sms_gateway), 0, 0, "", "短信网关的网址" },
	{ "delivery", "smtp_url", KEY_TEXT, AT(smtp_url), 0, 0, "",
	  "smtp:// 或 smtps:// 开头的网址" },
	{ "delivery", "smtp_from", KEY_TEXT, AT(smtp_from), 0, 0, "", "发件人的邮箱地址" },
};
#define KEYS (sizeof(keys) / sizeof(keys[0]))

struct reading {
	struct config *config;
	FILE *in;
	int line;
	bool seen[KEYS];
	char error[1200]; /* the first one */
};

static char error_text[1400]; /* one configuration is read at a time; returned to the caller */

static void __attribute__((format(printf, 2, 3))) complain(struct reading *r, const char *fmt, ...)
{
	va_list ap;

	if (r->error[0])
		return;
	va_start(ap, fmt);
	vsnprintf(r->error, sizeof(r->error), fmt, ap);
	va_end(ap);
}

static char *
copy(struct reading *r, const char *text)
{
	char *made = talloc_strdup(r->config, text);

	if (!made)
		abort();
	return made;
}

static bool
read_flag(const char *value, bool *out)
{
	static const char *const yes[] = { "yes", "true", "on", "1", "是" };
	static const char *const no[] = { "no", "false", "off", "0", "否" };

	for (size_t i = 0; i < 5; i++) {
		if (strcmp(value, yes[i]) == 0 || strcmp(value, no[i]) == 0) {
			*out = strcmp(value, yes[i]) == 0;
			return true;
		}
	}
	return false;
}

static bool
read_number(const struct key *key, const char *value, int *out)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(value, &end, 10);
	if (errno || end == value || *end || n < key->min || n > key->max)
		return false;
	*out = (int)n;
	return true;
}

static bool
store(struct reading *r, const struct key *key, const char *value)
{
	char *field = (char *)r->config + key->offset;
	char *made;

	switch (key->kind) {
	case KEY_NUMBER:
		return read_number(key, value, (int *)(void *)field);
	case KEY_FLAG:
		return read_flag(value, (bool *)(void *)field);
	default:
		made = copy(r, value);
		memcpy(field, &made, sizeof(made));
		return true;
	}
}

/* libinih calls this for each "name = value". */
static int
on_value(void *arg, const char *section, const char *name, const char *value)
{
	struct reading *r = arg;
	bool known_section = false;

	for (size_t i = 0; i < KEYS; i++) {
		const struct key *key = &keys[i];

		if (strcmp(section, key->section) != 0)
			continue;
		known_section = true;
		if (strcmp(name, key->name) != 0)
			continue;
		if (r->seen[i])
			complain(r, "第 %d 行：[%s] 的 %s 写了两次。请只留一行。", r->line, section,
				 name);
		r->seen[i] = true;
		if (!store(r, key, value))
			complain(r, "第 %d 行：[%s] 的 %s 不能是“%s”。请写%s。", r->line, section,
				 name, value, key->write);
		return 1;
	}
	if (known_section)
		complain(r, "第 %d 行：[%s] 里没有“%s”这一项。请对照 conf/jiye.conf 改名或删去。",
			 r->line, section, name);
	else
		complain(r, "第 %d 行：没有 [%s] 这一节（%s）。请对照 conf/jiye.conf 改正。",
			 r->line, section, name);
	return 1;
}

/* A line that libinih would silently split in two is refused here. */
static char *
next_line(char *into, int size, void *arg)
{
	struct reading *r = arg;
	size_t n;

	if (!fgets(into, size, r->in))
		return NULL;
	r->line++;
	n = strlen(into);
	if (n + 1 == (size_t)size && into[n - 1] != '\n')
		complain(r, "第 %d 行超过 %d 个字节。请写短一些。", r->line, size - 2);
	return into;
}

static void
defaults(struct reading *r)
{
	for (size_t i = 0; i < KEYS; i++)
		if (keys[i].initial)
			store(r, &keys[i], keys[i].initial);
}

static const char *
below(struct reading *r, const char *folder, const char *path)
{
	char *made;

	if (path[0] == '/' || path[0] == '\0')
		return path;
	made = talloc_asprintf(r->config, "%s/%s", folder, path);
	if (!made)
		abort();
	return made;
}

static const char *
folder_of(struct reading *r, const char *file)
{
	char real[PATH_MAX], *slash;

	if (!realpath(file, real))
		return ".";
	slash = strrchr(real, '/');
	*(slash == real ? slash + 1 : slash) = '\0';
	return copy(r, real);
}

static void
resolve_paths(struct reading *r)
{
	struct config *c = r->config;
	const char *beside = folder_of(r, c->file);
	const char *env = getenv("JIYE_HOME");
	char host[61] = "";

	if (!c->home)
		c->home = env && env[0] ? copy(r, env) : beside;
	c->home = below(r, beside, c->home);
	c->share = below(r, c->home, c->share);
	c->plugins = below(r, c->home, c->plugins);
	c->keys = below(r, c->home, c->keys);
	c->db_socket = below(r, c->home, c->db_socket);
	if (strcmp(c->log, "-") != 0)
		c->log = below(r, c->home, c->log);
	if (!c->listen)
		c->listen = talloc_asprintf(c, "unix:%s/run/jiyed.sock", c->home);
	else if (strncmp(c->listen, "unix:", 5) == 0)
		c->listen = talloc_asprintf(c, "unix:%s", below(r, c->home, c->listen + 5));
	if (!c->listen)
		abort();
	if (!c->node) {
		if (gethostname(host, sizeof(host) - 1) != 0 || !host[0])
			snprintf(host, sizeof(host), "node");
		c->node = copy(r, host);
	}
}

static bool
was_written(const struct reading *r, const char *section, const char *name)
{
	for (size_t i = 0; i < KEYS; i++)
		if (strcmp(keys[i].section, section) == 0 && strcmp(keys[i].name, name) == 0)
			return r->seen[i];
	return false;
}

static bool
is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool
listen_is_well_formed(const char *listen)
{
	const char *colon = strrchr(listen, ':');
	char *end;
	long port;

	if (strncmp(listen, "unix:", 5) == 0)
		return listen[5] == '/';
	if (!colon || colon == listen)
		return false;
	port = strtol(colon + 1, &end, 10);
	return end != colon + 1 && !*end && port >= 1 && port <= 65535;
}

static bool
url_is_well_formed(const char *url)
{
	size_t n = strlen(url);

	return (strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0) && n > 8 &&
	       url[n - 1] != '/';
}

static bool
one_of(const char *value, const char *const *choices)
{
	for (; *choices; choices++)
		if (strcmp(value, *choices) == 0)
			return true;
	return false;
}

static void
check_paths(struct reading *r)
{
	struct config *c = r->config;
	struct stat st;

	if (!is_folder(c->home))
		complain(r, "[jiye] 的 home 是 %s，但没有这个文件夹。请建立它，或写上正确的路径。",
			 c->home);
	if (!is_folder(c->share))
		complain(r,
			 "[jiye] 的 share 是 %s，但没有这个文件夹。请写上模板和 SQL 所在的文件夹。",
			 c->share);
	if (c->db_password[0] && stat(c->file, &st) == 0 && (st.st_mode & 0007))
		complain(r, "[database] 里写有密码，但人人都能读这个文件。请执行 chmod o-rwx %s。",
			 c->file);
}

static void
check_values(struct reading *r)
{
	static const char *const roles[] = { "web", "task", "all", NULL };
	static const char *const suites[] = { "sm", "aes", NULL };
	struct config *c = r->config;

	if (!listen_is_well_formed(c->listen))
		complain(r,
			 "[web] 的 listen 不能是“%s”。请写 unix:/路径 或 地址:端口，例如 "
			 "127.0.0.1:9000。",
			 c->listen);
	if (!url_is_well_formed(c->public_url))
		complain(r,
			 "[jiye] 的 public_url 不能是“%s”。请写以 http:// 或 https:// "
			 "开头、末尾没有斜线的网址。",
			 c->public_url);
	if (!one_of(c->role, roles))
		complain(r, "[task] 的 role 不能是“%s”。请写 web、task 或 all。", c->role);
	if (!one_of(c->suite, suites))
		complain(r, "[security] 的 suite 不能是“%s”。请写 sm 或 aes。", c->suite);
	if (c->memory_mib > 0 && c->memory_mib < 128)
		complain(r, "[web] 的 memory_mib 不能是 %d。请写 0（不限）或 128 到 65536 的整数。",
			 c->memory_mib);
	if (strlen(c->node) > 60 || !c->node[0])
		complain(r, "[jiye] 的 node 太长或是空的。请写本机的名字，最多 60 个字符。");
	if (!c->db_socket[0] && !c->db_host[0])
		c->db_socket = "/run/mysqld/mysqld.sock";
}

static void
automatic(struct reading *r)
{
	struct config *c = r->config;
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	if (c->workers == 0)
		c->workers = processors > 22 ? 44 : processors > 2 ? (int)processors * 2 : 4;
	if (!was_written(r, "web", "secure_cookies"))
		c->secure_cookies = strncmp(c->public_url, "https://", 8) == 0;
}

static const char *
find_file(TALLOC_CTX *owner, const char *path)
{
	const char *env = getenv("JIYE_CONF");
	const char *home = getenv("JIYE_HOME");

	if (path)
		return talloc_strdup(owner, path);
	if (env && env[0])
		return talloc_strdup(owner, env);
	if (home && home[0])
		return talloc_asprintf(owner, "%s/jiye.conf", home);
	return talloc_strdup(owner, "/etc/jiye/jiye.conf");
}

const struct config *
config_read(const char *path, const char **error)
{
	static char none[] = "";
	struct reading r = { .config = talloc_zero(NULL, struct config) };
	int bad_line;

	if (!r.config)
		abort();
	r.config->file = find_file(r.config, path);
	r.in = fopen(r.config->file, "re");
	if (!r.in) {
		snprintf(error_text, sizeof(error_text),
			 "读不到配置文件 %s：%s。请用 --conf 指明它，或设置环境变量 JIYE_CONF。",
			 r.config->file, strerror(errno));
		goto refused;
	}
	defaults(&r);
	ini_inline_comment_prefixes = none; /* or a password would end at its " ;" */
	bad_line = ini_parse_stream(next_line, &r, on_value, &r);
	fclose(r.in);
	if (bad_line != 0)
		complain(&r, "第 %d 行看不懂。请写成 [节] 或 名字 = 值，注释以 # 开头。", bad_line);
	resolve_paths(&r);
	check_values(&r);
	check_paths(&r);
	if (r.error[0]) {
		snprintf(error_text, sizeof(error_text), "配置文件 %s %s", r.config->file, r.error);
		goto refused;
	}
	automatic(&r);
	return r.config;
refused:
	talloc_free(r.config);
	*error = error_text;
	return NULL;
}
