/*
 * ratelimit.c - limits without locks in shared memory, by the generic cell rate algorithm.
 *
 * A cell holds the time at which its bucket would be empty again (its theoretical arrival time).
 * Any worker may update it by compare-and-swap; nobody waits. A key lives in one of 8 neighbouring
 * cells; when all are taken by others, the one that runs out soonest gives way, so the table never
 * grows and an attacker with many keys can only shorten memory, never block anybody.
 */
#include "people/ratelimit.h"

#include <sodium.h>

#define PROBES 8

static uint64_t
key_of(const char *what, const void *who, size_t n)
{
	/* Fixed per binary, not secret: a chosen collision would only slow down its maker. */
	static const unsigned char salt[crypto_shorthash_KEYBYTES] = "jiye-ratelimit0";
	unsigned char joined[sizeof(uint64_t) * 2], out[crypto_shorthash_BYTES];
	uint64_t key;

	crypto_shorthash(joined, (const unsigned char *)what, __builtin_strlen(what), salt);
	crypto_shorthash(joined + sizeof(uint64_t), who, n, salt);
	crypto_shorthash(out, joined, sizeof(joined), salt);
	__builtin_memcpy(&key, out, sizeof(key));
	return key ? key : 1;
}

/* The key's own cell, or the neighbour that can best be spared. */
static struct limit_cell *
cell_choose(struct board *board, uint64_t key, int64_t now)
{
	struct limit_cell *best = NULL;
	int64_t best_tat = INT64_MAX;
	size_t i;

	for (i = 0; i < PROBES; i++) {
		struct limit_cell *cell = &board->limits[(key + i) % BOARD_LIMITS];
		uint64_t seen = atomic_load(&cell->key);
		int64_t tat = atomic_load(&cell->tat_ms);

		if (seen == key)
			return cell;
		if (seen == 0 || tat <= now)
			tat = 0;
		if (tat < best_tat) {
			best = cell;
			best_tat = tat;
		}
	}
	return best;
}

static struct limit_cell *
cell_of(struct board *board, uint64_t key, int64_t now)
{
	struct limit_cell *cell;
	uint64_t seen;
	int64_t tat;
	int tries;

	for (tries = 0; tries < 4; tries++) {
		cell = cell_choose(board, key, now);
		seen = atomic_load(&cell->key);
		tat = atomic_load(&cell->tat_ms);
		if (seen == key)
			break;
		if (!atomic_compare_exchange_strong(&cell->key, &seen, key))
			continue; /* another process was faster: look again */
		/* Unless somebody has counted the new key already. */
		atomic_compare_exchange_strong(&cell->tat_ms, &tat, 0);
		break;
	}
	return cell;
}

int64_t
ratelimit(struct board *board, const char *what, const void *who, size_t n, int burst,
	  int64_t period_ms)
{
	struct limit_cell *cell;
	int64_t now, tat, next, wait;

	if (!board)
		return 0;
	now = board_now_ms();
	cell = cell_of(board, key_of(what, who, n), now);
	tat = atomic_load(&cell->tat_ms);
	do {
		next = (tat > now ? tat : now) + period_ms;
		wait = next - now - burst * period_ms;
		if (wait > 0)
			return wait;
	} while (!atomic_compare_exchange_weak(&cell->tat_ms, &tat, next));
	return 0;
}

void
ratelimit_return(struct board *board, const char *what, const void *who, size_t n,
		 int64_t period_ms)
{
	uint64_t key = key_of(what, who, n);
	size_t i;

	for (i = 0; board && i < PROBES; i++) {
		struct limit_cell *cell = &board->limits[(key + i) % BOARD_LIMITS];

		if (atomic_load(&cell->key) == key) {
			atomic_fetch_sub(&cell->tat_ms, period_ms);
			return;
		}
	}
}
