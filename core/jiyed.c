/*
 * jiyed.c - the daemon's command line. Everything else is in process/supervisor.c.
 *
 * Exit codes: 0 stopped or configuration good, 1 failed, 2 wrong usage or configuration, 3 the
 * address or the home is in use.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <talloc.h>

#include "base/config.h"
#include "base/seal.h"
#include "process/supervisor.h"

enum { EXIT_USAGE = 2 };

static const char help[] =
    "用法：jiyed [选项]\n"
    "  --conf 文件   配置文件（默认：环境变量 JIYE_CONF，其次 $JIYE_HOME/jiye.conf，\n"
    "                再其次 /etc/jiye/jiye.conf）\n"
    "  --role 角色   web 只应答网页，task 只做后台任务，all 两者都做（默认按配置）\n"
    "  --safe        安全模式：不装载任何插件，登录和管理仍然可用\n"
    "  --check       只检查配置，不启动\n"
    "  --version     版本\n"
    "  --help        本说明\n"
    "停止用 SIGTERM 或 Ctrl-C（等手头的请求完成），SIGHUP 重新打开日志并换上新的工作进程。\n"
    "退出码：0 正常，1 出错，2 用法或配置不对，3 地址或文件夹已被占用。\n";

struct arguments {
	const char *conf;
	struct supervisor_options options;
	bool check;
};

/* -1: go on; otherwise the exit code. */
static int
read_arguments(int argc, char **argv, struct arguments *a)
{
	static const struct option known[] = { { "conf", required_argument, NULL, 'c' },
					       { "role", required_argument, NULL, 'r' },
					       { "safe", no_argument, NULL, 's' },
					       { "check", no_argument, NULL, 'k' },
					       { "version", no_argument, NULL, 'v' },
					       { "help", no_argument, NULL, 'h' },
					       { 0 } };
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":", known, NULL)) != -1) {
		switch (option) {
		case 'c':
			a->conf = optarg;
			break;
		case 'r':
			a->options.role = optarg;
			break;
		case 's':
			a->options.safe = true;
			break;
		case 'k':
			a->check = true;
			break;
		case 'v':
			printf("jiyed %s\n", JIYE_VERSION);
			return 0;
		case 'h':
			fputs(help, stdout);
			return 0;
		default:
			fprintf(stderr, "jiyed：%s %s。请看 jiyed --help。\n",
				option == ':' ? "这个选项后面要有值：" : "没有这个选项：",
				argv[optind - 1]);
			return EXIT_USAGE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "jiyed：看不懂“%s”。请看 jiyed --help。\n", argv[optind]);
		return EXIT_USAGE;
	}
	return -1;
}

static bool
keys_are_good(const struct config *config)
{
	const char *error = "";
	struct keyring *keys = keyring_read(NULL, config->keys, config->suite, &error);

	if (!keys) {
		fprintf(stderr, "jiyed：%s\n", error);
		return false;
	}
	talloc_free(keys);
	return true;
}

static bool
role_is_good(const char *role)
{
	if (strcmp(role, "web") == 0 || strcmp(role, "task") == 0 || strcmp(role, "all") == 0)
		return true;
	fprintf(stderr, "jiyed：--role 不能是“%s”。请写 web、task 或 all。\n", role);
	return false;
}

int
main(int argc, char **argv)
{
	struct arguments a = { 0 };
	const struct config *config;
	const char *error = "";
	int code = read_arguments(argc, argv, &a);

	if (code >= 0)
		return code;
	config = config_read(a.conf, &error);
	if (!config) {
		fprintf(stderr, "jiyed：%s\n", error);
		return EXIT_USAGE;
	}
	if (!a.options.role)
		a.options.role = config->role;
	if (!role_is_good(a.options.role) || !keys_are_good(config))
		return EXIT_USAGE;
	if (a.check) {
		printf("配置没有问题：%s\n", config->file);
		return 0;
	}
	return supervisor_run(config, &a.options);
}
