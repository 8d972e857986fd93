/* SPDX-License-Identifier: MIT */
/*
 * tests/host/rse_snapshot.c - snapshots and journals: the torus part of I9.
 *
 * A small run is killed at every event index: the snapshot before it, with
 * the journal, gives the digest of the undisturbed run.
 */
#include "../../rse/core/hash.h"
#include "rse_tap.h"

#define RUN   300u
#define EVERY 37u

static struct rse_torus *
make(void **mem, uint32_t seed)
{
	struct rse_config c;
	struct rse_torus *t;
	uint32_t i;

	rse_config_default(&c);
	c.dim[0] = c.dim[1] = c.dim[2] = 4;
	c.events = c.limit = 128;
	c.ring = 16;
	c.seed = seed;
	c.behaviour = RSE_PHOLD;
	t = torus_new(&c, mem);
	for (i = 0; i < 20; i++) {
		if (i % 2 == 0)
			rse_spawn(t, i, NULL);
		rse_edge(t, i, (i * 7 + 3) % 64, 1 + i * i * 50, 0);
	}
	rse_spawn(t, 0, NULL);
	rse_kill(t, 3);
	for (i = 0; i < 12; i++)
		put(t, i * 1000, i, 0, (int32_t)i - 5);
	return t;
}

/* An injection at fixed event counts, as a program would make them. */
static void
outside(struct rse_torus *t, uint64_t processed)
{
	if (processed % 11 == 4)
		put(t, rse_torus_now(t), processed % 64, 1, 3);
	if (processed % 50 == 7)
		put(t, rse_torus_now(t) + 999999, 5, 5, -3);
}

static int
killed_at(uint64_t when, uint64_t want, uint8_t *buf, size_t len)
{
	struct rse_journal_entry copy[256];
	const struct rse_journal_entry *j;
	struct rse_torus *t, *u;
	size_t used = 0;
	uint64_t i, d;
	uint32_t n;
	void *mt, *mu;
	int good = 1;

	t = make(&mt, 5);
	for (i = 0; i < when; i++) {
		if (i % EVERY == 0)
			good &= rse_snapshot_save(t, buf, len, &used) ==
			    RSE_OK;
		outside(t, i);
		rse_torus_run(t, 1, RSE_FOREVER);
	}
	d = rse_torus_digest(t);
	n = rse_torus_journal(t, &j);
	memcpy(copy, j, n * sizeof(*j));
	free(mt);
	u = make(&mu, 5);
	if (when > 0) {
		good &= rse_snapshot_load(u, buf, used) == RSE_OK;
		good &= rse_journal_replay(u, copy, n, when) == RSE_OK;
		good &= rse_torus_digest(u) == d;
	}
	for (i = when; i < RUN; i++) {
		outside(u, i);
		rse_torus_run(u, 1, RSE_FOREVER);
	}
	good &= rse_torus_digest(u) == want;
	free(mu);
	return good;
}

static void
refusals(uint8_t *buf, size_t len)
{
	struct rse_torus *t;
	size_t used, i;
	uint64_t d;
	uint32_t taken = 0;
	void *mem;

	t = make(&mem, 9);
	rse_torus_run(t, 100, RSE_FOREVER);
	ok(rse_snapshot_save(t, buf, 10, &used) == RSE_ESHORT,
	    "too small a buffer is refused");
	rse_snapshot_save(t, buf, len, &used);
	d = rse_torus_digest(t);
	ok(rse_snapshot_load(t, buf, used) == RSE_OK &&
	    rse_torus_digest(t) == d, "a snapshot loads into its own torus");
	rse_torus_run(t, 50, RSE_FOREVER);
	d = rse_torus_digest(t);
	for (i = 0; i < used; i++) {
		buf[i] ^= 0x10;
		taken += rse_snapshot_load(t, buf, used) == RSE_OK;
		buf[i] ^= 0x10;
		if (i % 7 == 0)
			taken += rse_snapshot_load(t, buf, i) == RSE_OK;
	}
	ok(taken == 0 && rse_torus_digest(t) == d,
	    "damaged or cut short: refused, nothing changed");
	buf[0] ^= 1;
	ok(rse_snapshot_load(t, buf, used) == RSE_EMAGIC, "reason: magic");
	buf[0] ^= 1;
	buf[8] ^= 2;
	ok(rse_snapshot_load(t, buf, used) == RSE_EVERSION,
	    "reason: version");
	buf[8] ^= 2;
	buf[99] ^= 2;
	ok(rse_snapshot_load(t, buf, used) == RSE_ECHECKSUM, "reason: CRC");
	free(mem);
}

/* Neighbours of a braid in all places of a snapshot, its CRC as it should. */
static void
strange_neighbours(void)
{
	struct rse_torus *t;
	struct rse_config c;
	uint8_t *buf;
	uint32_t tried = 0, taken = 0;
	size_t at, used, len;
	uint64_t d;
	void *mem;

	rse_config_default(&c);
	c.dim[0] = c.dim[1] = c.dim[2] = 4;
	c.id = 4;
	c.count = 6;
	t = torus_new(&c, &mem);
	len = rse_snapshot_max(&c);
	buf = malloc(len);
	rse_snapshot_save(t, buf, len, &used);
	d = rse_torus_digest(t);
	for (at = RSE_SNAPSHOT_HEAD; at + 4 <= RSE_SNAPSHOT_HEAD + 1024;
	    at += 4) {
		if (le32_get(buf + at) != 3 && le32_get(buf + at) != 5)
			continue;
		buf[at] ^= 0x70;
		le32_put(buf + 12, rse_crc32c(0, buf + 16, used - 16));
		taken += rse_snapshot_load(t, buf, used) == RSE_OK;
		buf[at] ^= 0x70;
		tried++;
	}
	if (!ok(tried >= 2 && taken == 0 && rse_torus_digest(t) == d,
	    "other neighbours than its own: refused"))
		printf("# %u of %u\n", taken, tried);
	free(buf);
	free(mem);
}

/* RFC 3720, B.4, and any way to cut a buffer in two. */
static void
checksum(void)
{
	static const char digits[] = "123456789";
	uint8_t v[64];
	uint32_t i, whole, good = 1;

	for (i = 0; i < 32; i++)
		v[i] = (uint8_t)i;
	ok(rse_crc32c(0, (const uint8_t *)digits, 9) == 0xe3069283 &&
	    rse_crc32c(0, v, 32) == 0x46dd794e, "CRC32C known answers");
	for (i = 32; i < 64; i++)
		v[i] = (uint8_t)(i * i * 7);
	whole = rse_crc32c(0, v, 64);
	for (i = 0; i <= 64; i++)
		good &= rse_crc32c(rse_crc32c(0, v, i), v + i, 64 - i) ==
		    whole;
	ok(good, "CRC32C of two parts");
}

/* Words of a nibble and of one to four bytes: each way through is taken. */
static void
fnv(void)
{
	static const uint32_t mask[] = { 0, 0xf, 0xff, 0xff, 0xff, 0xff,
		0xffff, 0xffffff, 0xffffffff };
	static const uint32_t masks[] = { 2, 6, 9 };
	uint8_t v[256];
	uint64_t seed = 3, h;
	uint32_t round, i, from, len, good = 1;

	ok(rse_fnv1a(FNV_OFFSET, (const uint8_t *)"foobar", 6) ==
	    UINT64_C(0x85944171f73967e8), "FNV-1a known answer");
	for (round = 0; round < 20000; round++) {
		for (i = 0; i < sizeof(v); i += 4) {
			seed = mix64(seed + i);
			le32_put(v + i, (uint32_t)(seed >> 32) &
			    mask[seed % masks[round % 3]]);
		}
		from = (uint32_t)(seed >> 8) % 16;
		len = (uint32_t)(seed >> 16) % (sizeof(v) - 16);
		for (h = seed, i = 0; i < len; i++)
			h = (h ^ v[from + i]) * FNV_PRIME;
		good &= rse_fnv1a(seed, v + from, len) == h;
	}
	ok(good, "FNV-1a of any words is that of the bytes");
}

int
main(void)
{
	struct rse_torus *t;
	size_t len;
	uint64_t i, want;
	uint32_t bad = 0;
	uint8_t *buf;
	void *mem;

	t = make(&mem, 5);
	len = rse_snapshot_max(rse_torus_config(t));
	buf = malloc(len);
	for (i = 0; i < RUN; i++) {
		outside(t, i);
		rse_torus_run(t, 1, RSE_FOREVER);
	}
	want = rse_torus_digest(t);
	free(mem);
	for (i = 0; i <= RUN; i++)
		bad += !killed_at(i, want, buf, len);
	if (!ok(bad == 0, "I9 killed at every event, recovered exactly"))
		printf("# %u of %u\n", bad, RUN + 1);
	refusals(buf, len);
	strange_neighbours();
	checksum();
	fnv();
	free(buf);
	return tap_done();
}
