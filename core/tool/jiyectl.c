/*
 * jiyectl.c - finds the command, reads its options, runs it.
 *
 * Commands are tables, one file a group. An option that the command does not know is refused rather
 * than ignored: a mistyped --yes must not look like a no.
 */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "tool/demo.h"
#include "tool/tool.h"

static const struct command *const groups[] = {
	system_commands,  doctor_commands, plugin_commands, account_commands, task_commands,
	setting_commands, match_commands,  file_commands,   feed_commands,    demo_commands,
};
#define GROUPS (sizeof(groups) / sizeof(groups[0]))

static void
help(FILE *into)
{
	fprintf(into, "用法：jiyectl [--conf 文件] [--json] 命令 …\n\n");
	for (size_t g = 0; g < GROUPS; g++)
		for (const struct command *c = groups[g]; c->name; c++) {
			fprintf(into, "  %s%s%s", c->name, c->args[0] ? " " : "", c->args);
			fprintf(into, "\n      %s\n", c->help);
		}
	fprintf(into, "\n退出码：0 完成，1 失败，2 用法或配置不对，3 被拒绝，4 没有找到。\n"
		      "会写入历史的命令可加 --why 原因；危险的命令要加 --yes。\n");
}

/* Does argv begin with the words of name? Returns how many, 0 if not. */
static int
words(const char *name, int argc, char **argv)
{
	int n = 0;

	while (*name) {
		size_t length = strcspn(name, " ");

		if (n == argc || strlen(argv[n]) != length || strncmp(argv[n], name, length))
			return 0;
		n++;
		name += length + (name[length] == ' ');
	}
	return n;
}

static const struct command *
command_find(int argc, char **argv, int *used)
{
	const struct command *best = NULL;

	*used = 0;
	for (size_t g = 0; g < GROUPS; g++)
		for (const struct command *c = groups[g]; c->name; c++) {
			int n = words(c->name, argc, argv);

			if (n > *used) {
				*used = n;
				best = c;
			}
		}
	return best;
}

/* -1: no such option; 0: a flag; 1: takes a value. */
static int
option_kind(const struct command *c, const char *name)
{
	const char *word = c->options ? c->options : "";
	size_t n = strlen(name);

	while (*word) {
		size_t length = strcspn(word, " =");
		bool value = word[length] == '=';

		if (length == n && !strncmp(word, name, n))
			return value;
		word += length + value;
		word += *word == ' ';
	}
	return -1;
}

/* One "--name value", "--name=value" or "--flag"; advances *i. */
static int
option_read(struct tool *t, int argc, char **argv, int *i)
{
	const char *equals = strchr(argv[*i], '=');
	const char *name = talloc_strndup(
	    NULL, argv[*i] + 2, equals ? (size_t)(equals - argv[*i] - 2) : strlen(argv[*i] + 2));
	int kind;

	if (!strcmp(name, "json")) {
		t->json = true;
		return TOOL_OK;
	}
	kind = !strcmp(name, "conf") ? 1 : option_kind(t->command, name);
	if (kind < 0 || t->options == TOOL_OPTIONS)
		return tool_fail(t, TOOL_USAGE, "命令 %s 没有选项 --%s，请看 jiyectl help。",
				 t->command->name, name);
	if (kind == 1 && !equals && *i + 1 == argc)
		return tool_fail(t, TOOL_USAGE, "选项 --%s 后面要写值。", name);
	t->names[t->options] = name;
	t->values[t->options++] = kind == 0 ? "" : equals ? equals + 1 : argv[++*i];
	if (!strcmp(name, "conf"))
		t->conf = t->values[t->options - 1];
	return TOOL_OK;
}

static int
arguments_read(struct tool *t, int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "--", 2) && argv[i][2]) {
			int code = option_read(t, argc, argv, &i);

			if (code)
				return code;
		} else if (t->count == TOOL_ARGS || t->count == t->command->max) {
			return tool_fail(t, TOOL_USAGE, "多余的参数“%s”。用法：jiyectl %s %s",
					 argv[i], t->command->name, t->command->args);
		} else {
			t->args[t->count++] = argv[i];
		}
	}
	if (t->count < t->command->min)
		return tool_fail(t, TOOL_USAGE, "缺少参数。用法：jiyectl %s %s", t->command->name,
				 t->command->args);
	return TOOL_OK;
}

/* --conf and --json may also stand before the command. Returns how many words they took. */
static int
leading(struct tool *t, int argc, char **argv)
{
	int i = 0;

	while (i < argc && !strncmp(argv[i], "--", 2)) {
		if (!strcmp(argv[i], "--json"))
			t->json = true;
		else if (!strcmp(argv[i], "--conf") && i + 1 < argc)
			t->conf = argv[++i];
		else if (!strncmp(argv[i], "--conf=", 7))
			t->conf = argv[i] + 7;
		else
			break;
		i++;
	}
	return i;
}

int
main(int argc, char **argv)
{
	static struct tool t;
	int used, code;

	setlocale(LC_CTYPE, "C.UTF-8"); /* widths of characters in tables */
	used = 1 + leading(&t, argc - 1, argv + 1);
	argc -= used;
	argv += used;
	if (argc == 0 || !strcmp(argv[0], "help") || !strcmp(argv[0], "--help")) {
		help(argc ? stdout : stderr);
		return argc ? TOOL_OK : TOOL_USAGE;
	}
	t.command = command_find(argc, argv, &used);
	if (!t.command)
		return tool_fail(&t, TOOL_USAGE, "没有命令“%s%s%s”，请看 jiyectl help。", argv[0],
				 argc > 1 ? " " : "", argc > 1 ? argv[1] : "");
	t.argc = argc - used;
	t.argv = argv + used;
	code = t.command->options && !strcmp(t.command->options, "*")
		   ? TOOL_OK
		   : arguments_read(&t, t.argc, t.argv);
	if (code == TOOL_OK)
		code = tool_prepare(&t, t.command->needs);
	return code == TOOL_OK ? t.command->run(&t) : code;
}
