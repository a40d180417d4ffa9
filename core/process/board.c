/*
 * board.c - the scoreboard in shared memory.
 *
 * It is mapped before the first fork and never unmapped. Nothing here takes a lock, since its
 * holder may be killed at any moment: cells are claimed by compare-and-swap and texts have one
 * writer each.
 */
#include "process/board.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

struct board *
board_new(void)
{
	struct board *board =
	    mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (board == MAP_FAILED)
		return NULL;
	board->started_at = (int64_t)time(NULL);
	board_text(board->state, sizeof(board->state), "starting");
	return board;
}

int64_t
board_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void
board_text(char *into, size_t size, const char *text)
{
	size_t n = strnlen(text, size - 1);

	/* Chinese is cut between characters, so that the text stays valid. */
	if (text[n])
		while (n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80)
			n--;
	memmove(into, text, n);
	into[n] = '\0';
}

struct slot *
board_claim(struct board *board, enum slot_kind kind, uint64_t generation)
{
	for (size_t i = 0; i < BOARD_SLOTS; i++) {
		struct slot *slot = &board->slots[i];
		int free_kind = SLOT_FREE;

		if (!atomic_compare_exchange_strong(&slot->kind, &free_kind, kind))
			continue;
		slot->generation = generation;
		atomic_store(&slot->state, SLOT_STARTING);
		return slot;
	}
	return NULL;
}

void
board_release(struct slot *slot)
{
	memset(slot, 0, sizeof(*slot)); /* SLOT_FREE is 0 */
}

bool
board_blocked(struct board *board, uint64_t fingerprint)
{
	int64_t now;

	if (fingerprint == 0 || atomic_load(&board->blocked_count) == 0)
		return false;
	now = board_now_ms();
	for (size_t i = 0; i < BOARD_BLOCKED; i++)
		if (atomic_load(&board->blocked[i].fingerprint) == fingerprint &&
		    atomic_load(&board->blocked[i].until_ms) > now)
			return true;
	return false;
}

void
board_block(struct board *board, uint64_t fingerprint)
{
	struct blocked *oldest = &board->blocked[0];

	for (size_t i = 0; i < BOARD_BLOCKED; i++) {
		struct blocked *cell = &board->blocked[i];

		if (atomic_load(&cell->fingerprint) == fingerprint) {
			oldest = cell;
			break;
		}
		if (atomic_load(&cell->until_ms) < atomic_load(&oldest->until_ms))
			oldest = cell;
	}
	atomic_store(&oldest->until_ms, board_now_ms() + BLOCKED_MS);
	atomic_store(&oldest->fingerprint, fingerprint);
	atomic_fetch_add(&board->blocked_count, 1);
}

static uint64_t
request_key(const char *request)
{
	uint64_t key = 0xcbf29ce484222325ULL;

	for (; *request; request++)
		key = (key ^ (unsigned char)*request) * 0x100000001b3ULL;
	return key;
}

/* The lowest bit of the key says how it ended. */
void
board_end_request(struct board *board, const char *request, enum request_end how)
{
	if (request[0])
		atomic_store(&board->ended[atomic_fetch_add(&board->ended_count, 1) % BOARD_ENDED],
			     (request_key(request) & ~1ULL) | (how == REQUEST_CRASHED));
}

enum request_end
board_request_ended(const struct board *board, const char *request)
{
	uint64_t key, ended;

	if (!request[0] || atomic_load(&board->ended_count) == 0)
		return REQUEST_LIVES;
	key = request_key(request) & ~1ULL;
	for (size_t i = 0; i < BOARD_ENDED; i++) {
		ended = atomic_load(&board->ended[i]);
		if ((ended & ~1ULL) == key)
			return ended & 1 ? REQUEST_CRASHED : REQUEST_HUNG;
	}
	return REQUEST_LIVES;
}

bool
board_is_quarantined(const struct board *board, const char *plugin)
{
	for (size_t i = 0; i < BOARD_METERS; i++)
		if (strncmp(board->quarantined[i], plugin, sizeof(board->quarantined[i])) == 0)
			return plugin[0] != '\0';
	return false;
}

bool
board_quarantine(struct board *board, const char *plugin, const char *state, const char *reason,
		 uint64_t generation)
{
	if (!plugin[0] || board_is_quarantined(board, plugin))
		return false;
	for (size_t i = 0; i < BOARD_METERS; i++) {
		struct verdict *verdict = &board->verdicts[i];

		if (board->quarantined[i][0])
			continue;
		board_text(verdict->state, sizeof(verdict->state), state);
		board_text(verdict->reason, sizeof(verdict->reason), reason);
		verdict->generation = generation;
		atomic_store(&verdict->stored, 0);
		/* The name comes last: whoever sees it sees the reason too. */
		atomic_thread_fence(memory_order_seq_cst);
		board_text(board->quarantined[i], sizeof(board->quarantined[i]), plugin);
		return true;
	}
	return false;
}

bool
board_forgive(struct board *board, const char *plugin)
{
	for (size_t i = 0; i < BOARD_METERS; i++) {
		if (!plugin[0] || strcmp(board->quarantined[i], plugin) != 0)
			continue;
		board->quarantined[i][0] = '\0';
		return true;
	}
	return false;
}

const struct verdict *
board_failed(const struct board *board, const char **plugin)
{
	for (size_t i = 0; i < BOARD_METERS; i++) {
		if (!board->quarantined[i][0] || strcmp(board->verdicts[i].state, "failed") != 0)
			continue;
		*plugin = board->quarantined[i];
		return &board->verdicts[i];
	}
	return NULL;
}

bool
board_forgive_failed(struct board *board)
{
	const char *plugin;
	bool any = false;

	while (board_failed(board, &plugin))
		any |= board_forgive(board, plugin);
	return any;
}

/* Another process is writing the name; if it died at that, the cell is lost, which is harmless. */
static bool
meter_is(struct meter *meter, const char *name)
{
	for (int tries = 0; atomic_load(&meter->taken) == 1 && tries < 1000; tries++)
		sched_yield();
	return atomic_load(&meter->taken) == 2 && strcmp(meter->name, name) == 0;
}

struct meter *
board_meter(struct board *board, const char *name)
{
	for (size_t i = 0; i < BOARD_METERS; i++) {
		struct meter *meter = &board->meters[i];
		int taken = 0;

		if (atomic_compare_exchange_strong(&meter->taken, &taken, 1)) {
			board_text(meter->name, sizeof(meter->name), name);
			atomic_store(&meter->taken, 2);
			return meter;
		}
		if (meter_is(meter, name))
			return meter;
	}
	return NULL;
}

void
meter_note(struct meter *meter, int64_t microseconds, bool error)
{
	int bucket = 0;

	if (!meter)
		return;
	while (bucket < METER_BUCKETS - 1 && microseconds >= ((int64_t)32 << bucket))
		bucket++;
	atomic_fetch_add(&meter->requests, 1);
	if (error)
		atomic_fetch_add(&meter->errors, 1);
	atomic_fetch_add(&meter->buckets[bucket], 1);
}

int64_t
meter_quantile(const struct meter *meter, double share)
{
	uint64_t counts[METER_BUCKETS], total = 0, sum = 0;

	for (int i = 0; i < METER_BUCKETS; i++) {
		counts[i] = atomic_load(&meter->buckets[i]);
		total += counts[i];
	}
	for (int i = 0; i < METER_BUCKETS; i++) {
		sum += counts[i];
		if (total > 0 && (double)sum >= share * (double)total)
			return (int64_t)32 << i;
	}
	return 0;
}

void
slot_enter(struct slot *slot, struct mark *saved, const char *plugin, const char *hook)
{
	if (!slot)
		return;
	memcpy(saved->plugin, slot->plugin, sizeof(saved->plugin));
	memcpy(saved->hook, slot->hook, sizeof(saved->hook));
	board_text(slot->plugin, sizeof(slot->plugin), plugin);
	board_text(slot->hook, sizeof(slot->hook), hook);
	atomic_store(&slot->hook_since_ms, board_now_ms());
}

void
slot_leave(struct slot *slot, const struct mark *saved)
{
	if (!slot)
		return;
	memcpy(slot->plugin, saved->plugin, sizeof(slot->plugin));
	memcpy(slot->hook, saved->hook, sizeof(slot->hook));
	atomic_store(&slot->hook_since_ms, saved->plugin[0] ? board_now_ms() : 0);
}
