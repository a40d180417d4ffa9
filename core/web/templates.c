/*
 * templates.c - all templates of a process, by name: "core/layout", "jobs/list".
 *
 * They are read and compiled at start, so that a damaged template refuses the start (or the plugin
 * that brings it) and never a request. The list is kept sorted; partials are found in it by name.
 */
#include "web/templates.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEMPLATES_MAX     2000
#define TEMPLATE_FILE_MAX (256 * 1024)

struct entry {
	const char *name, *file;
	struct mustache *compiled;
};

struct templates {
	struct entry *entries; /* by name */
	size_t count, cap;
};

struct templates *
templates_new(TALLOC_CTX *owner)
{
	struct templates *t = talloc_zero(owner, struct templates);

	if (!t)
		abort();
	return t;
}

/* The place of name, or where it would be put in; *found says which. */
static size_t
entry_place(const struct templates *t, const char *name, bool *found)
{
	size_t low = 0, high = t->count;

	*found = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(name, t->entries[middle].name);

		if (order == 0) {
			*found = true;
			return middle;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static bool
entry_add(struct templates *t, struct entry entry, const char **error)
{
	bool found;
	size_t place = entry_place(t, entry.name, &found);

	if (found) {
		*error = talloc_asprintf(t, "%s：已经有同名的模板 %s。", entry.file, entry.name);
		return false;
	}
	if (t->count == TEMPLATES_MAX) {
		*error =
		    talloc_asprintf(t, "%s：模板太多，最多 %d 个。", entry.file, TEMPLATES_MAX);
		return false;
	}
	if (t->count == t->cap) {
		t->cap = t->cap ? t->cap * 2 : 64;
		t->entries = talloc_realloc(t, t->entries, struct entry, t->cap);
		if (!t->entries)
			abort();
	}
	memmove(&t->entries[place + 1], &t->entries[place],
		(t->count - place) * sizeof(*t->entries));
	t->entries[place] = entry;
	t->count++;
	return true;
}

static char *
file_read(TALLOC_CTX *owner, const char *path, size_t *n, const char **error)
{
	FILE *file = fopen(path, "re");
	char *text;

	if (!file) {
		*error = talloc_asprintf(owner, "%s：打不开（%s）。", path, strerror(errno));
		return NULL;
	}
	text = talloc_array(owner, char, TEMPLATE_FILE_MAX + 1);
	if (!text)
		abort();
	*n = fread(text, 1, TEMPLATE_FILE_MAX + 1, file);
	if (ferror(file) || *n > TEMPLATE_FILE_MAX) {
		*error = talloc_asprintf(owner, "%s：读不出来，或者超过 %d KiB。", path,
					 TEMPLATE_FILE_MAX / 1024);
		TALLOC_FREE(text);
	}
	fclose(file);
	return text;
}

static bool
file_add(struct templates *t, const char *path, const char *name, bool allow_raw,
	 const char **error)
{
	struct entry entry = { .name = name, .file = path };
	const char *wrong = NULL;
	size_t n = 0;
	char *text = file_read(t, path, &n, error);

	if (!text)
		return false;
	entry.compiled = mustache_compile(t, text, n, allow_raw, &wrong);
	talloc_free(text);
	if (!entry.compiled) {
		*error = talloc_asprintf(t, "%s，%s", path, wrong);
		return false;
	}
	return entry_add(t, entry, error);
}

bool
templates_folder(struct templates *templates, const char *folder, const char *prefix,
		 bool allow_raw, const char **error)
{
	static const char ending[] = ".mustache";
	struct dirent *item;
	bool fine = true;
	DIR *dir = opendir(folder);

	if (!dir) {
		*error = talloc_asprintf(templates, "%s：打不开模板文件夹（%s）。", folder,
					 strerror(errno));
		return false;
	}
	while (fine && (item = readdir(dir))) {
		size_t n = strlen(item->d_name), stem = n - (sizeof(ending) - 1);

		if (item->d_name[0] == '.' || n < sizeof(ending) ||
		    strcmp(item->d_name + stem, ending) != 0)
			continue;
		fine =
		    file_add(templates, talloc_asprintf(templates, "%s/%s", folder, item->d_name),
			     talloc_asprintf(templates, "%s/%.*s", prefix, (int)stem, item->d_name),
			     allow_raw, error);
	}
	closedir(dir);
	return fine;
}

bool
templates_check(struct templates *templates, const char **error)
{
	const char *name;
	int line;

	for (size_t i = 0; i < templates->count; i++) {
		const struct entry *entry = &templates->entries[i];

		for (size_t k = 0; (name = mustache_partial(entry->compiled, k, &line)); k++) {
			if (templates_find(templates, name))
				continue;
			*error = talloc_asprintf(templates, "%s，第 %d 行：没有叫 %s 的模板。",
						 entry->file, line, name);
			return false;
		}
	}
	return true;
}

const struct mustache *
templates_find(const struct templates *templates, const char *name)
{
	bool found;
	size_t place = entry_place(templates, name, &found);

	return found ? templates->entries[place].compiled : NULL;
}

static const struct mustache *
partial_find(void *arg, const char *name)
{
	return templates_find(arg, name);
}

bool
templates_render(const struct templates *templates, const char *name, const json_t *page,
		 const json_t *model, struct buf *out)
{
	const struct mustache *template = templates_find(templates, name);
	const json_t *stack[] = { page, model };

	if (!template)
		return false;
	/* The callback only reads; its argument is not const because callers may need it so. */
	mustache_render(template, stack, 2, partial_find, (void *)(uintptr_t)templates, out);
	return true;
}
