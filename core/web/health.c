/*
 * health.c - the part that programs watch: is it alive, is it ready, how much does it do; and the
 * description of the JSON interface.
 *
 * /healthz touches no database, so that a database that is away never makes an orchestrator kill
 * healthy workers. Figures come from the scoreboard alone and are given to this machine only.
 */
#include "web/health.h"

#include <string.h>

#include "base/buf.h"
#include "ctx.h"
#include "data/db.h"
#include "people/account.h"
#include "plugin/plugins.h"
#include "web/request.h"
#include "web/response.h"
#include "web/router.h"

#define METRICS_MAX    ((size_t)1024 * 1024)
#define KEEPER_LATE_MS 15000

int64_t
health_in_flight(const struct board *board, const char *plugin)
{
	const struct slot *slot;
	int64_t n = 0;

	for (slot = board->slots; slot < board->slots + BOARD_SLOTS; slot++)
		if (atomic_load(&slot->kind) == SLOT_WEB &&
		    atomic_load(&slot->state) == SLOT_BUSY && strcmp(slot->plugin, plugin) == 0)
			n++;
	return n;
}

/* Programs on this machine, not visitors that come through a proxy on it. */
static bool
local(const struct jy_ctx *cx)
{
	const struct request *r = cx->request;

	return !r->forwarded && (strncmp(r->remote, "127.", 4) == 0 || !r->remote[0] ||
				 strcmp(r->remote, "::1") == 0);
}

static enum jy_status
alive(struct jy_ctx *cx, struct jy_view *out)
{
	(void)cx;
	return jy_bytes_out(out, "text/plain", NULL, "ok\n", 3);
}

static enum jy_status
ready(struct jy_ctx *cx, struct jy_view *out)
{
	struct core *core = cx->core;
	const struct board *board = core->board;
	const char *error = "";
	bool database = core->db && db_ping(core->db, &error) == JY_OK, keeper = true;
	bool current = true;

	if (board) {
		keeper = board_now_ms() - atomic_load(&board->keeper_beat_ms) < KEEPER_LATE_MS;
		current = atomic_load(&board->current_generation) == core->generation;
	}
	if (!database || !keeper)
		out->status = 503;
	return jy_show(out, NULL,
		       json_pack("{s:b, s:b, s:b, s:I, s:b, s:s}", "ready", database && keeper,
				 "database", database, "keeper", keeper, "generation",
				 (json_int_t)core->generation, "current", current, "state",
				 board ? board->state : "tool"));
}

/* --- Prometheus text --- */

static void
put_meter(struct buf *out, const struct board *board, const struct meter *meter)
{
	const char *name = meter->name;
	uint64_t below = 0;
	int i;

	buf_printf(out, "jiye_requests_total{plugin=\"%s\"} %" PRIu64 "\n", name,
		   atomic_load(&meter->requests));
	buf_printf(out, "jiye_request_errors_total{plugin=\"%s\"} %" PRIu64 "\n", name,
		   atomic_load(&meter->errors));
	buf_printf(out, "jiye_requests_in_flight{plugin=\"%s\"} %" PRId64 "\n", name,
		   health_in_flight(board, name));
	for (i = 0; i < METER_BUCKETS; i++) {
		below += atomic_load(&meter->buckets[i]);
		buf_printf(out,
			   "jiye_request_seconds_bucket{plugin=\"%s\",le=\"%.6g\"} %" PRIu64 "\n",
			   name, (double)(32ULL << i) / 1e6, below);
	}
	buf_printf(out, "jiye_request_seconds_bucket{plugin=\"%s\",le=\"+Inf\"} %" PRIu64 "\n",
		   name, below);
	buf_printf(out, "jiye_request_seconds_count{plugin=\"%s\"} %" PRIu64 "\n", name, below);
}

static void
put_meters(struct buf *out, const struct board *board)
{
	int i;

	buf_text(out, "# TYPE jiye_requests_total counter\n"
		      "# TYPE jiye_request_errors_total counter\n"
		      "# TYPE jiye_requests_in_flight gauge\n"
		      "# TYPE jiye_request_seconds histogram\n");
	for (i = 0; i < BOARD_METERS; i++)
		if (board->meters[i].name[0])
			put_meter(out, board, &board->meters[i]);
}

static void
put_workers(struct buf *out, const struct board *board)
{
	static const char *const kinds[] = { "free", "web", "task", "keeper", "probe" };
	static const char *const states[] = { "starting", "idle", "busy", "leaving" };
	int counts[5][4] = { { 0 } }, kind, state, i;

	for (i = 0; i < BOARD_SLOTS; i++) {
		kind = atomic_load(&board->slots[i].kind);
		state = atomic_load(&board->slots[i].state);
		if (kind > SLOT_FREE && kind <= SLOT_PROBE && state >= 0 && state <= SLOT_LEAVING)
			counts[kind][state]++;
	}
	buf_text(out, "# TYPE jiye_workers gauge\n");
	for (kind = SLOT_WEB; kind <= SLOT_PROBE; kind++)
		for (state = 0; state <= SLOT_LEAVING; state++)
			buf_printf(out, "jiye_workers{kind=\"%s\",state=\"%s\"} %d\n", kinds[kind],
				   states[state], counts[kind][state]);
}

static void
put_board(struct buf *out, const struct board *board)
{
	int64_t now = board_now_ms();

	buf_printf(out,
		   "# TYPE jiye_crashes_total counter\njiye_crashes_total %" PRIu64 "\n"
		   "# TYPE jiye_generation gauge\njiye_generation %" PRIu64 "\n"
		   "# TYPE jiye_database_up gauge\njiye_database_up %d\n"
		   "# TYPE jiye_keeper_beat_age_seconds gauge\n"
		   "jiye_keeper_beat_age_seconds %.3f\n"
		   "# TYPE jiye_start_time_seconds gauge\njiye_start_time_seconds %" PRId64 "\n",
		   atomic_load(&board->crash_count), atomic_load(&board->current_generation),
		   atomic_load(&board->database_up),
		   (double)(now - atomic_load(&board->keeper_beat_ms)) / 1000, board->started_at);
}

static enum jy_status
metrics(struct jy_ctx *cx, struct jy_view *out)
{
	const struct board *board = cx->core->board;
	struct buf text;

	if (!local(cx))
		return refuse_http(out, 403, "local_only",
				   "监控数据只能在服务器本机读取，请联系系统管理员。");
	if (!board)
		return JY_BUSY;
	buf_init(&text, cx, METRICS_MAX);
	put_meters(&text, board);
	put_workers(&text, board);
	put_board(&text, board);
	return jy_bytes_out(out, "text/plain; version=0.0.4; charset=utf-8", NULL, text.data,
			    text.len);
}

/* --- GET /api: what the caller may use --- */

static bool
lists(const json_t *names, const char *name)
{
	size_t i;
	json_t *item;

	json_array_foreach(names, i,
			   item) if (strcmp(json_string_value(item), name) == 0) return true;
	return false;
}

static enum jy_status
interface(struct jy_ctx *cx, struct jy_view *out)
{
	json_t *all = jy_own(cx, router_json(cx->core->router)), *usable = json_array(), *route;
	const char *role = cx->user.role == JY_PUBLIC ? "public" : account_role_name(cx->user.role);
	size_t i;

	json_array_foreach(all, i, route) if (lists(json_object_get(route, "roles"), role))
	    json_array_append(usable, route);
	return jy_show(
	    out, NULL,
	    json_pack("{s:s, s:s, s:s, s:o}", "about",
		      "在任何路径前加 /api，或发送 Accept: application/json，"
		      "即得到同一内容的 JSON。提交时用 X-CSRF-Token 和 Idempotency-Key。",
		      "sign_in", "POST /api/session", "role", role, "routes", usable));
}

static const struct jy_route routes[] = {
	{ JY_GET, "/healthz", JY_ANYONE, NULL, alive },
	{ JY_GET, "/readyz", JY_ANYONE, NULL, ready },
	{ JY_GET, "/metrics", JY_ANYONE, NULL, metrics },
	{ JY_GET, "/api", JY_ANYONE, NULL, interface },
	{ 0 },
};

const struct jy_plugin part_health = {
	.size = sizeof(struct jy_plugin),
	.abi_major = JY_ABI_MAJOR,
	.abi_minor = JY_ABI_MINOR,
	.name = "health",
	.version = "1.0.0",
	.title = "运行状态",
	.summary = "供监控程序读取的运行状态，以及接口说明。",
	.routes = routes,
};
