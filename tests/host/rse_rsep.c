/* SPDX-License-Identifier: MIT */
/*
 * tests/host/rse_rsep.c - RSEP: known answers, a bad network, every transport.
 */
#include <pthread.h>
#include <unistd.h>

#include "../../rse/core/sha256.h"
#include "../../rse/port/posix/node.h"
#include "rse_net.h"

#define PATIENT 40 /* ms: ten of them without a word, and a peer has left */

static int
hex_is(const uint8_t *p, size_t n, const char *hex)
{
	char text[3];
	size_t i;

	for (i = 0; i < n; i++) {
		snprintf(text, sizeof(text), "%02x", p[i]);
		if (memcmp(text, hex + 2 * i, 2) != 0)
			return 0;
	}
	return hex[2 * n] == '\0';
}

static int
sha_is(const char *text, size_t repeat, const char *hex)
{
	struct sha256 s;
	uint8_t out[SHA256_LEN];

	rse_sha256_init(&s);
	while (repeat-- > 0)
		rse_sha256_add(&s, text, strlen(text));
	rse_sha256_end(&s, out);
	return hex_is(out, sizeof(out), hex);
}

static int
hmac_is(const uint8_t *key, size_t klen, const char *data, const char *hex)
{
	struct hmac_key k;
	uint8_t out[SHA256_LEN];
	size_t half = strlen(data) / 2;

	rse_hmac_key(&k, key, klen);
	rse_hmac(&k, data, half, data + half, strlen(data) - half, out);
	return hex_is(out, sizeof(out), hex);
}

/* FIPS 180-4 examples and RFC 4231. */
static void
known(void)
{
	uint8_t key[131];

	ok(sha_is("", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca4"
	    "95991b7852b855"), "SHA-256 of nothing");
	ok(sha_is("abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9"
	    "cb410ff61f20015ad"), "SHA-256 of abc");
	ok(sha_is("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	    1, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419d"
	    "b06c1"), "SHA-256 of two blocks");
	ok(sha_is("aaaaaaaaaa", 100000, "cdc76e5c9914fb9281a1c7e284d73e67f18"
	    "09a48a497200e046d39ccc7112cd0"), "SHA-256 of a million a");
	memset(key, 0x0b, 20);
	ok(hmac_is(key, 20, "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881"
	    "dc200c9833da726e9376c2e32cff7"), "HMAC-SHA-256, RFC 4231 1");
	ok(hmac_is((const uint8_t *)"Jefe", 4, "what do ya want for nothing?",
	    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec384"
	    "3"), "HMAC-SHA-256, RFC 4231 2");
	memset(key, 0xaa, 131);
	ok(hmac_is(key, 131, "Test Using Larger Than Block-Size Key - Hash "
	    "Key First", "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c51405"
	    "46040f0ee37f54"), "HMAC-SHA-256, RFC 4231 6");
}

static void
header(void)
{
	struct rsep_header h = { RSEP_PROJECTION, 0x01020304, 1, 7,
		0x1122334455667788, 4208, 0xcafebabe01234567, 4, 5, 112 };
	struct rsep_header g;
	uint8_t p[RSEP_HEADER + 112] = { 0 };
	uint32_t i, bad = 0;

	rsep_header_encode(&h, p);
	ok(hex_is(p, RSEP_HEADER, "52534550010001000403020101000000070000000"
	    "000000088776655443322117010000067452301bebafeca0400050070000000"),
	    "the header's bytes");
	ok(rsep_header_decode(p, sizeof(p), &g) == RSE_OK && g.seq == h.seq &&
	    g.payload_hash == h.payload_hash && g.frag_index == 4 &&
	    g.timestamp == 7 && g.torus_id == h.torus_id, "and back");
	for (i = 0; i < sizeof(p); i++)
		bad += rsep_header_decode(p, i, &g) == RSE_OK;
	p[12] = 2;
	bad += rsep_header_decode(p, sizeof(p), &g) == RSE_OK;
	p[12] = 1;
	p[44] = 5;
	bad += rsep_header_decode(p, sizeof(p), &g) == RSE_OK;
	ok(bad == 0, "cut short or contradicting itself: refused");
}

static void
lossy(uint32_t percent, int keyed, uint64_t want)
{
	struct rsep_stats s;
	struct rse_stats t;
	struct net n;
	uint64_t bad = 0, violations = 0, resent = 0;
	char name[80];
	uint32_t i;
	int kept = 1;

	net_make(&n, percent, keyed ? net_key : NULL);
	net_epochs(&n, EPOCHS);
	while (!net_done(&n) && n.now < 2000000) {
		net_tick(&n, 1);
		kept &= world_conserved(&n.w, 0) && world_ledger(&n.w);
	}
	for (i = 0; i < 6; i++) {
		rsep_link_stats(n.link[i / 2][i % 2], &s);
		bad += s.bad_tag + s.bad_frame + s.bad_sender + s.bad_hash;
		resent += s.resent;
		rse_torus_stats(n.w.t[i / 2], &t);
		violations += t.violations;
	}
	snprintf(name, sizeof(name), "%u %% lost, doubled, late%s: "
	    "the same end", percent, keyed ? ", changed, with tags" : "");
	if (!ok(net_done(&n) && world_digest(&n.w) == want &&
	    violations == 0 && (percent < 5 || resent > 0) &&
	    (percent < 20 || !keyed || bad > 0) &&
	    world_conserved(&n.w, 0), name))
		printf("# ms %" PRIu64 " bad %" PRIu64 " resent %" PRIu64
		    " violations %" PRIu64 "\n", n.now, bad, resent,
		    violations);
	snprintf(name, sizeof(name), "I8 at %u %% of RSEP: after each "
	    "exchange", percent);
	ok(kept, name);
	ok(n.delivered == 2 * (uint64_t)(12 + 12 + 11) &&
	    (keyed == 0 || bad <= n.changed), "each projection once");
	net_free(&n);
}

/* Another key; and a tape of an earlier session played again. */
static void
forgers(void)
{
	static const uint8_t other[RSEP_KEY] = "another key";
	struct rsep_stats s;
	struct net n;
	uint32_t i;
	uint8_t *tape;
	size_t taped;
	uint64_t seen;

	net_make(&n, 0, net_key);
	net_link(&n, 1, 0, other, 5);
	n.tape = malloc(4000 * RSEP_FRAME_MAX);
	net_epochs(&n, EPOCHS);
	for (i = 0; i < 3000; i++)
		net_tick(&n, 1);
	rsep_link_stats(n.link[0][1], &s);
	ok(!rsep_link_up(n.link[0][1]) && s.bad_tag > 0 && s.taken == 0,
	    "without the key nothing is taken, and it is counted");
	net_link(&n, 1, 0, net_key, 5);
	for (i = 0; i < 60000 && !net_done(&n); i++)
		net_tick(&n, 1);
	ok(net_done(&n), "with the key it goes on");
	/* Torus 0 begins a new session; only the tape speaks to it. */
	tape = n.tape;
	taped = n.taped;
	n.tape = NULL;
	net_link(&n, 0, 0, net_key, 77);
	net_link(&n, 0, 1, net_key, 78);
	seen = n.delivered;
	for (i = 0; i < taped; i++) {
		const uint8_t *f = tape + i * RSEP_FRAME_MAX;

		rsep_link_input(n.link[0][f[8] == 1], f,
		    RSEP_HEADER + le32_get(f + 48) + RSEP_TAG, n.now);
	}
	rsep_link_stats(n.link[0][0], &s);
	ok(taped > 50 && n.delivered == seen && s.taken == 0 &&
	    !rsep_link_up(n.link[0][0]) && !rsep_link_up(n.link[0][1]),
	    "an earlier session played again: nothing is taken");
	free(tape);
	net_free(&n);
}

static void
partial(void)
{
	struct rsep_stats s;
	struct net n;
	uint8_t wire[200];
	uint32_t i;

	net_make(&n, 0, NULL);
	for (i = 0; i < 50; i++)
		net_tick(&n, 0);
	ok(rsep_link_up(n.link[0][1]) && rsep_link_up(n.link[1][0]),
	    "heartbeats bring links up");
	memset(wire, 1, sizeof(wire));
	rsep_link_publish(n.link[0][1], 9, 0, wire, n.now);
	ok(!rsep_link_clear(n.link[0][1]), "not acknowledged yet");
	n.n = 0; /* all that is under way is lost */
	rsep_link_stats(n.link[0][1], &s);
	for (i = 0; i < 19; i++)
		rsep_link_poll(n.link[0][1], n.now + i);
	rsep_link_stats(n.link[0][1], &s);
	ok(s.resent == 0, "not again before 20 ms");
	rsep_link_poll(n.link[0][1], n.now + 20);
	rsep_link_poll(n.link[0][1], n.now + 59);
	rsep_link_stats(n.link[0][1], &s);
	ok(s.resent == 1, "again after 20 ms");
	rsep_link_poll(n.link[0][1], n.now + 60);
	rsep_link_stats(n.link[0][1], &s);
	ok(s.resent == 2, "then after 40 ms more");
	net_free(&n);
}

/* A transport that loses, doubles and exchanges frames. */
struct bad_wire {
	struct rse_transport to;
	uint32_t percent;
	uint64_t seed; /* of its thread alone */
	uint32_t held_for;
	size_t held; /* bytes of a frame that comes after the next one */
	uint8_t frame[RSEP_FRAME_MAX];
	uint64_t lost;
};

static int
bad_luck(struct bad_wire *b)
{
	b->seed = mix64(b->seed + 1);
	return b->seed % 100 < b->percent;
}

static void
bad_send(void *arg, uint32_t to, const uint8_t *frame, size_t len)
{
	struct bad_wire *b = arg;

	if (bad_luck(b)) {
		b->lost++;
		return;
	}
	if (b->held == 0 && bad_luck(b)) {
		memcpy(b->frame, frame, len);
		b->held = len;
		b->held_for = to;
		return;
	}
	b->to.send(b->to.arg, to, frame, len);
	if (bad_luck(b))
		b->to.send(b->to.arg, to, frame, len);
	if (b->held != 0)
		b->to.send(b->to.arg, b->held_for, b->frame, b->held);
	b->held = 0;
}

static size_t
bad_receive(void *arg, uint8_t *frame, size_t room, int ms)
{
	struct bad_wire *b = arg;

	return b->to.receive(b->to.arg, frame, room, ms);
}

static void
bad_close(void *arg)
{
	struct bad_wire *b = arg;

	b->to.close(b->to.arg);
}

/* Three threads, each a torus with its own end. */
struct runner {
	pthread_t thread;
	struct bad_wire wire;
	struct rse_torus *torus;
	struct rse_channel channel;
	int result;
};

static void *
runner_main(void *arg)
{
	struct runner *r = arg;

	/* No limit of ours: tests/tap.sh ends what hangs. */
	r->result = rse_node_run(r->torus, &r->channel, 50, 3600 * 1000);
	return NULL;
}

static void
transported(const char *name, uint32_t percent, uint64_t want)
{
	const uint16_t port = 20000;
	uint32_t pid = (uint32_t)getpid();
	char address[20];
	const char *const here[3] = { address, address, address };
	struct rse_hub *hub = rse_hub_new(3);
	struct rse_transport tp;
	static struct runner r[3];
	struct rse_config c;
	struct world w;
	char text[80];
	uint64_t lost = 0;
	uint32_t i;
	size_t len;
	void *region;
	int good = 1;

	/* All of 127/8 is this host: another test has another address. */
	snprintf(address, sizeof(address), "127.%u.%u.%u",
	    1 + (pid >> 16) % 250, pid >> 8 & 255, pid & 255);
	world_make(&w, 3, RSE_POLICY_WAIT, 256);
	len = rsep_region_size(3,
	    (uint32_t)rse_projection_size(&w.config[0]));
	region = aligned_alloc(64, (len + 63) & ~(size_t)63);
	rsep_region_format(region, len, 3,
	    (uint32_t)rse_projection_size(&w.config[0]));
	for (i = 0; i < 3; i++) {
		c = *rse_torus_config(w.t[i]);
		c.timeout = PATIENT;
		rse_torus_configure(w.t[i], &c);
		r[i].torus = w.t[i];
		rse_epoch_limit(w.t[i], EPOCHS);
		if (strcmp(name, "shared memory") == 0) {
			good &= rse_shm_open(&r[i].channel, w.t[i], region,
			    len, 100 + i) == 0;
			continue;
		}
		if (strcmp(name, "memory") == 0)
			good &= rse_hub_open(&tp, hub, i) == 0;
		else if (strcmp(name, "UDP") == 0)
			good &= rse_udp_open(&tp, here, 3, i, port) == 0;
		else
			good &= rse_tcp_open(&tp, here, 3, i, port,
			    RSEP_TAG) == 0;
		r[i].wire = (struct bad_wire) { .to = tp, .percent = percent,
			.seed = 9 + i };
		tp = (struct rse_transport) { &r[i].wire, bad_send,
			bad_receive, bad_close };
		good = good && rse_frames_open(&r[i].channel, w.t[i], &tp,
		    net_key, 500 + i) == 0;
	}
	for (i = 0; i < 3 && good; i++)
		pthread_create(&r[i].thread, NULL, runner_main, &r[i]);
	for (i = 0; i < 3 && good; i++) {
		pthread_join(r[i].thread, NULL);
		r[i].channel.close(r[i].channel.arg);
	}
	for (i = 0; i < 3; i++)
		good = good && r[i].result == 0;
	for (i = 0; i < 3; i++)
		lost += r[i].wire.lost;
	snprintf(text, sizeof(text), "%s, %u %% lost, doubled, exchanged: "
	    "the same end", name, percent);
	if (!ok(good && world_digest(&w) == want && (percent < 5 || lost > 0),
	    percent == 0 ? name : text))
		printf("# %d %d %d, lost %" PRIu64 "\n", r[0].result,
		    r[1].result, r[2].result, lost);
	free(region);
	rse_hub_free(hub);
	world_free(&w);
}

static void
region(void)
{
	static uint8_t mem[8192] __attribute__((aligned(64)));
	struct rsep_seat a, b, late;
	struct rse_pulse pulse = { 5, RSE_WAITING, 1 }, got;
	uint64_t want[2] = { 0, 8 }, seq, seen;
	uint8_t wire[160], copy[160], *slot;
	size_t n = rsep_region_size(3, 160);

	memset(wire, 7, sizeof(wire));
	ok(rsep_seat_join(&a, mem, n, 0, 3, 160, 11) == RSE_EMAGIC &&
	    rsep_region_format(mem, n, 3, 160) == RSE_OK &&
	    rsep_seat_join(&a, mem, n, 0, 3, 164, 11) != RSE_OK &&
	    rsep_seat_join(&a, mem, n, 0, 3, 160, 11) == RSE_OK,
	    "region: joined only if it fits");
	rsep_seat_publish(&a, 1, wire);
	ok(rsep_seat_join(&b, mem, n, 1, 3, 160, 22) == RSE_OK &&
	    rsep_seat_take(&b, 0, &seq, copy) == 0 &&
	    rsep_seat_look(&b, 0, &seen, &got) == 0,
	    "region: what stood there before is no peer");
	rsep_seat_beat(&a, want, &pulse);
	ok(rsep_seat_take(&b, 0, &seq, copy) == 1 && seq == 1 &&
	    memcmp(wire, copy, sizeof(wire)) == 0 &&
	    rsep_seat_look(&b, 0, &seen, &got) && seen == 8 &&
	    got.progress == 5 && got.waits_for == 1,
	    "region: what moves is one");
	ok(rsep_seat_acked(&a, 1, 1) && !rsep_seat_acked(&a, 1, 2) &&
	    !rsep_seat_acked(&a, 0, 1) &&
	    rsep_seat_take(&b, 0, &seq, copy) == 0,
	    "region: acknowledged, and taken once");
	slot = mem + 64;
	slot[8] |= 1;
	rsep_seat_publish(&a, 2, wire);
	ok(rsep_seat_take(&b, 0, &seq, copy) == 0 && b.torn == 1,
	    "region: one being written is not taken");
	slot[8] ^= 1;
	slot[24] ^= 4;
	ok(rsep_seat_take(&b, 0, &seq, copy) == 0 && b.bad == 1,
	    "region: a length is not believed");
	slot[24] ^= 4;
	slot[192 + 30] ^= 1;
	ok(rsep_seat_take(&b, 0, &seq, copy) == 0 && b.bad == 2,
	    "region: nor content without its hash");
	slot[192 + 30] ^= 1;
	ok(rsep_seat_take(&b, 0, &seq, copy) == 1 && seq == 2,
	    "region: the true one is taken");
	ok(rsep_seat_join(&late, mem, n, 0, 3, 160, 12) == RSE_OK &&
	    !rsep_seat_acked(&late, 1, 1),
	    "region: an ACK names the nonce of the run");
}

int
main(void)
{
	static const uint32_t percent[] = { 0, 1, 5, 10, 20, 50 };
	uint64_t want = net_reference();
	uint32_t i;

	known();
	header();
	for (i = 0; i < 6; i++)
		lossy(percent[i], 1, want);
	lossy(30, 0, want);
	forgers();
	partial();
	region();
	for (i = 0; i < 6; i++) {
		transported("memory", percent[i], want);
		transported("UDP", percent[i], want);
	}
	transported("TCP", 0, want);
	transported("shared memory", 0, want);
	return tap_done();
}
