/*
 * transfer_pages.c - the routes of every import: what to prepare, upload with preview, start.
 *
 * An upload is read and checked whole, but nothing of it is kept beyond the sealed file until the
 * person has seen the counts and starts it; then a task does the work.
 */
#include <string.h>

#include "facility/fields.h"
#include "facility/hooks.h"
#include "facility/transfer.h"
#include "people/ratelimit.h"
#include "web/request.h"
#include "web/response.h"
#include "work/work.h"

#define TASK         "import.run"
#define PREVIEW_KEPT 1000 /* bad rows kept before the start */

#define UPLOADS_AT_ONCE 30
#define UPLOAD_EVERY_MS (5 * 60 * 1000)

enum jy_status
transfer_open(struct jy_ctx *cx, struct jy_view *out, const struct jy_transfer **transfer)
{
	const char *plugin = jy_param_text(cx, "plugin");
	enum jy_status s = hook_open(cx, out, plugin);

	if (s != JY_OK)
		return s;
	*transfer = transfer_find(cx, jy_printf(cx, "%s.%s", plugin, jy_param_text(cx, "noun")));
	if (!*transfer)
		return JY_NOT_FOUND;
	if (!((*transfer)->roles & cx->user.role))
		return jy_refuse(out, JY_DENIED, "import.role", "您现在的身份不能导入“%s”。",
				 (*transfer)->title);
	return JY_OK;
}

enum jy_status
transfer_run_read(struct jy_ctx *cx, const struct jy_transfer *transfer, json_t **row)
{
	/* A run acts with the role it was uploaded in: who has lost it since must not start it. */
	return jy_row(
	    cx, row,
	    "SELECT * FROM transfer_runs WHERE id = ? AND name = ? AND account = ? AND role = ? "
	    "AND unit = ? AND university = ? AND organisation = ?",
	    jy_int(jy_param_int(cx, "id")), jy_text(transfer->name), jy_int(cx->user.account),
	    jy_int(cx->user.role), jy_text(cx->user.unit), jy_text(cx->user.university),
	    jy_int(cx->user.organisation));
}

/* --- The page --- */

static const char *
column_rule(struct jy_ctx *cx, const struct jy_field *f)
{
	char *out = jy_printf(cx, "%s", f->hint ? f->hint : "");

	if (*out || !f->choices)
		return out;
	for (const struct jy_choice *c = f->choices; c->value && strlen(out) < 200; c++)
		out = talloc_asprintf_append(out, "%s%s", *out ? "、" : "填：", c->label);
	return out;
}

static json_t *
columns_model(struct jy_ctx *cx, const struct jy_transfer *transfer)
{
	json_t *out = json_array();

	for (const struct jy_field *f = transfer->fields; f->name; f++)
		json_array_append_new(out, json_pack("{s:s, s:s, s:b, s:s, s:s}", "name", f->name,
						     "label", f->label ? f->label : f->name,
						     "required", (f->flags & JY_REQUIRED) != 0,
						     "rule", column_rule(cx, f), "example",
						     f->example ? f->example : ""));
	return out;
}

static const char *
state_label(const char *state)
{
	static const char *const labels[][2] = { { "preview", "待开始" },
						 { "waiting", "排队中" },
						 { "running", "正在导入" },
						 { "done", "已完成" },
						 { "failed", "没有完成" } };

	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		if (!strcmp(labels[i][0], state))
			return labels[i][1];
	return state;
}

static enum jy_status
runs_put(struct jy_ctx *cx, const struct jy_transfer *transfer, json_t *model)
{
	json_t *rows, *row;
	size_t i;
	enum jy_status s = jy_rows(
	    cx, &rows,
	    "SELECT id, file_name, state, good, unchanged, bad, created FROM "
	    "transfer_runs WHERE name = ? AND account = ? AND role = ? AND unit = ? AND "
	    "university = ? AND organisation = ? ORDER BY id DESC LIMIT 10",
	    jy_text(transfer->name), jy_int(cx->user.account), jy_int(cx->user.role),
	    jy_text(cx->user.unit), jy_text(cx->user.university), jy_int(cx->user.organisation));

	if (s != JY_OK)
		return s;
	json_array_foreach(rows, i, row)
	{
		json_object_set_new(row, "state_label",
				    json_string(state_label(jy_json_text(row, "state"))));
		json_object_set_new(row, "link",
				    json_sprintf("%s/%" PRId64, transfer_path(cx, transfer->name),
						 jy_json_int(row, "id")));
	}
	json_object_set(model, "runs", rows);
	json_object_set_new(model, "has_runs", json_boolean(json_array_size(rows) > 0));
	return JY_OK;
}

static enum jy_status
import_prepare(struct jy_ctx *cx, json_t *model)
{
	const char *name =
	    jy_printf(cx, "%s.%s", jy_param_text(cx, "plugin"), jy_param_text(cx, "noun"));
	const struct jy_transfer *transfer = transfer_find(cx, name);

	if (!transfer || !(transfer->roles & cx->user.role))
		return JY_NOT_FOUND;
	json_object_set_new(model, "title", json_string(transfer->title));
	json_object_set_new(json_object_get(model, "form"), "title", json_string(transfer->title));
	json_object_set_new(model, "columns", columns_model(cx, transfer));
	json_object_set_new(model, "template",
			    json_sprintf("%s/template", transfer_path(cx, name)));
	return runs_put(cx, transfer, model);
}

static const struct jy_field upload_fields[] = {
	{ "file", JY_FILE, 0, 10 * 1024 * 1024, JY_REQUIRED, .label = "文件",
	  .hint = "CSV 或 TSV 文件，UTF-8 或 GB18030 编码，最大 10 MiB，第一行是列名。" },
	{ "mapping", JY_LONG, 0, 2000, .label = "列的对应关系",
	  .hint =
	      "列名和模板不同时填写：“字段=列名”，用逗号或换行分开；“字段==文字”让每一行都取这个"
	      "文字。" },
	{ 0 },
};
static const struct jy_form upload_form = {
	.name = "import.upload",
	.title = "导入",
	.fields = upload_fields,
	.submit = "上传并预览",
	.tmpl = "core/import",
	.prepare = import_prepare,
};

/* GET /:plugin/import/:noun */
static enum jy_status
import_page(struct jy_ctx *cx, struct jy_view *out)
{
	const struct jy_transfer *transfer;
	enum jy_status s = transfer_open(cx, out, &transfer);

	return s == JY_OK ? jy_form_page(cx, out, &upload_form, NULL, NULL) : s;
}

/* --- Upload --- */

static enum jy_status
run_insert(struct jy_ctx *cx, const struct jy_transfer *transfer, int64_t file,
	   const struct transfer_counts *counts)
{
	const json_t *upload = json_object_get(jy_params(cx), "file");
	const char *mapping = jy_param_text(cx, "mapping");
	const struct jy_user *user = jy_user(cx);

	return jy_exec(cx,
		       "INSERT INTO transfer_runs (name, account, role, unit, university, "
		       "organisation, file, file_name, mapping, total, good, bad) VALUES "
		       "(?, ?, ?, ?, ?, ?, ?, LEFT(?, 160), ?, ?, ?, ?)",
		       jy_text(transfer->name), jy_int(user->account), jy_int(user->role),
		       jy_text(user->unit), jy_text(user->university), jy_int(user->organisation),
		       jy_int(file), jy_text(jy_json_text(upload, "name")),
		       jy_text(mapping ? mapping : ""), jy_int(counts->total), jy_int(counts->good),
		       jy_int(counts->bad));
}

static enum jy_status
preview_keep(struct jy_ctx *cx, int64_t run, const json_t *errors)
{
	enum jy_status s = JY_OK;
	size_t i;
	json_t *each;

	json_array_foreach(errors, i, each)
	{
		char *reasons;

		if (i == PREVIEW_KEPT || s != JY_OK)
			break;
		reasons = json_dumps(json_object_get(each, "reasons"), JSON_COMPACT);
		s = jy_exec(cx,
			    "INSERT INTO transfer_errors (run, row_no, reasons, line) "
			    "VALUES (?, ?, ?, '')",
			    jy_int(run), jy_int(jy_json_int(each, "row")), jy_text(reasons));
		free(reasons);
	}
	return s;
}

static enum jy_status
uploaded(struct jy_ctx *cx, struct jy_view *out, const struct jy_transfer *transfer, int64_t file)
{
	const json_t *param = json_object_get(jy_params(cx), "file");
	const struct upload *upload = &cx->request->uploads[jy_json_int(param, "upload")];
	struct transfer_counts counts = { 0 };
	int64_t run;
	enum jy_status s = transfer_run_file(cx, transfer, upload->bytes, upload->size,
					     jy_param_text(cx, "mapping"), true, &counts);

	if (s == JY_INVALID && counts.error) {
		jy_field_error(cx, "file", "%s", counts.error);
		return jy_form_again(cx, out);
	}
	if (s == JY_OK && counts.total == 0) {
		jy_field_error(cx, "file", "文件里只有列名，没有数据行，请检查后再上传。");
		return jy_form_again(cx, out);
	}
	if (s == JY_OK)
		s = run_insert(cx, transfer, file, &counts);
	run = jy_last_id(cx);
	if (s == JY_OK)
		s = preview_keep(cx, run, counts.errors);
	if (s != JY_OK)
		return s;
	return jy_redirect(out, "%s/%" PRId64, transfer_path(cx, transfer->name), run);
}

/* Each upload is kept for weeks, so that one account could fill the disk. */
static enum jy_status
upload_limit(struct jy_ctx *cx, struct jy_view *out)
{
	int64_t wait = ratelimit(cx->core->board, "import", &cx->user.account,
				 sizeof(cx->user.account), UPLOADS_AT_ONCE, UPLOAD_EVERY_MS);

	if (wait == 0)
		return JY_OK;
	out->retry_after = (int)((wait + 999) / 1000);
	return refuse_http(out, 429, "import.rate", "上传得太多，请 %d 秒后再传下一个文件。",
			   out->retry_after);
}

/* POST /:plugin/import/:noun */
static enum jy_status
import_upload(struct jy_ctx *cx, struct jy_view *out)
{
	const struct jy_transfer *transfer;
	int64_t file;
	enum jy_status s = transfer_open(cx, out, &transfer);

	if (s == JY_OK)
		s = upload_limit(cx, out);
	if (s != JY_OK)
		return s;
	s = jy_file_save(cx, "file", jy_printf(cx, "import:%s", transfer->name), &file);
	if (s == JY_INVALID)
		return jy_form_again(cx, out);
	return s == JY_OK ? uploaded(cx, out, transfer, file) : s;
}

/* --- Start --- */

/* A run may be started once; one that failed goes on behind its last row. */
static enum jy_status
run_start(struct jy_ctx *cx, const json_t *row)
{
	struct jy_val id = jy_int(jy_json_int(row, "id"));
	bool fresh = !strcmp(jy_json_text(row, "state"), "preview");
	enum jy_status s;

	s = jy_exec(cx,
		    "UPDATE transfer_runs SET state = 'waiting', finished = NULL WHERE id = ? AND "
		    "state IN ('preview', 'failed')",
		    id);
	if (s == JY_OK && jy_changed(cx) == 0)
		return JY_CONFLICT;
	if (s == JY_OK && fresh) /* the counts were the preview's */
		s = jy_exec(
		    cx,
		    "UPDATE transfer_runs SET good = 0, unchanged = 0, bad = 0, next_row = 0 "
		    "WHERE id = ?",
		    id);
	if (s == JY_OK && fresh)
		s = jy_exec(cx, "DELETE FROM transfer_errors WHERE run = ?", id);
	if (s != JY_OK)
		return s;
	return work_queue_task(
	    cx, TASK, json_pack("{s:I}", "run", (json_int_t)jy_json_int(row, "id")), jy_uid(cx));
}

/* POST /:plugin/import/:noun/:id/start */
static enum jy_status
import_start(struct jy_ctx *cx, struct jy_view *out)
{
	const struct jy_transfer *transfer;
	json_t *row;
	enum jy_status s = transfer_open(cx, out, &transfer);

	if (s == JY_OK)
		s = transfer_run_read(cx, transfer, &row);
	if (s != JY_OK)
		return s;
	if (json_is_null(json_object_get(row, "file")))
		return jy_refuse(out, JY_CONFLICT, "import.gone",
				 "这个文件已经超过保存期限，请重新上传。");
	s = run_start(cx, row);
	if (s == JY_CONFLICT)
		return jy_refuse(out, s, "import.started",
				 "这次导入已经开始，请刷新页面查看进度。");
	if (s == JY_OK)
		s = jy_audit(cx, "import.start", transfer->name,
			     json_pack("{s:I, s:I}", "run", (json_int_t)jy_json_int(row, "id"),
				       "rows", (json_int_t)jy_json_int(row, "total")));
	if (s != JY_OK)
		return s;
	return jy_redirect(out, "%s/%" PRId64, transfer_path(cx, transfer->name),
			   jy_json_int(row, "id"));
}

#define ADDRESS                                                                                    \
	{ "plugin", JY_CODE, 1, 32, JY_REQUIRED },                                                 \
	{                                                                                          \
		"noun", JY_CODE, 1, 40, JY_REQUIRED                                                \
	}
static const struct jy_field noun_params[] = { ADDRESS, { 0 } };
static const struct jy_field run_params[] = {
	ADDRESS,
	{ "id", JY_INT, 1, INT64_MAX, JY_REQUIRED },
	{ 0 },
};
static const struct jy_route routes[] = {
	{ JY_GET, "/:plugin/import/:noun", JY_SIGNED, noun_params, import_page },
	{ JY_POST, "/:plugin/import/:noun", JY_SIGNED, noun_params, import_upload, &upload_form,
	  JY_LARGE, .limit_s = 60 },
	{ JY_GET, "/:plugin/import/:noun/template", JY_SIGNED, noun_params, transfer_template },
	{ JY_GET, "/:plugin/import/:noun/:id", JY_SIGNED, run_params, transfer_run_page },
	{ JY_POST, "/:plugin/import/:noun/:id/start", JY_SIGNED, run_params, import_start },
	{ JY_GET, "/:plugin/import/:noun/:id/errors", JY_SIGNED, run_params, transfer_errors_out,
	  .limit_s = 60 },
	{ 0 },
};
static const struct jy_task tasks[] = {
	{ "run", "导入文件", .limit_s = 60, .run = transfer_task },
	{ "clean", "清理过期的导入文件", .at = "03:40", .run = transfer_clean },
	{ 0 },
};

const struct jy_plugin part_transfer = { .size = sizeof(struct jy_plugin),
					 .abi_major = JY_ABI_MAJOR,
					 .abi_minor = JY_ABI_MINOR,
					 .name = "import",
					 .version = "1",
					 .title = "导入",
					 .routes = routes,
					 .tasks = tasks };
