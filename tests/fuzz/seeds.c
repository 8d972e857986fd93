/* SPDX-License-Identifier: MIT */
/*
 * tests/fuzz/seeds.c - sound inputs for the fuzzers to begin with.
 *
 * Use: seeds DIRECTORY: writes DIRECTORY/TARGET/NAME.  They are made anew by
 * each `make fuzz`, so that they follow the formats; the corpora are what
 * fuzzing made of them.
 */
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rsep.h>

#include "../../rse/core/hash.h"
#include "small.h"

static const char *top;

static void
put(const char *target, const char *name, const void *data, size_t len)
{
	char path[1024];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", top, target);
	if (mkdir(path, 0777) != 0 && errno != EEXIST)
		goto bad;
	snprintf(path, sizeof(path), "%s/%s/%s", top, target, name);
	if ((f = fopen(path, "wb")) == NULL)
		goto bad;
	if (fwrite(data, 1, len, f) == len && fclose(f) == 0)
		return;
bad:
	perror(path);
	exit(1);
}

static void
torus_fill(struct rse_torus *t, uint32_t behaviour)
{
	struct rse_config c = *rse_torus_config(t);
	struct rse_event e = { .payload = 1 };
	uint32_t i;

	c.behaviour = behaviour;
	rse_torus_configure(t, &c);
	for (i = 0; i < 4; i++) {
		rse_spawn(t, i * 2, NULL);
		rse_edge(t, 4 + i, i, 3 + i, 0);
		rse_edge(t, i, 4 + i, 2, i % 2 ? RSE_PORTAL : 0);
		e.dst = e.src = 4 + i;
		e.time = i;
		rse_inject(t, &e);
	}
	rse_kill(t, 1);
}

static void
snapshots(void)
{
	static const char *const name[] = { "relay", "phold", "sir",
		"ising" };
	uint8_t buf[8192];
	size_t used;
	uint32_t i;

	put("rse_snapshot", "empty", "", 0);
	for (i = 0; i < 4; i++) {
		struct rse_torus *t = small_torus(1, 3);

		torus_fill(t, i);
		rse_torus_run(t, 11, RSE_FOREVER);
		if (rse_snapshot_save(t, buf, sizeof(buf), &used) != RSE_OK)
			abort();
		put("rse_snapshot", name[i], buf, used);
		free(t);
	}
}

static void
projections(void)
{
	static const char *const name[] = { "before", "itself", "after" };
	uint8_t wire[512];
	uint32_t id;

	for (id = 0; id < 3; id++) {
		struct rse_torus *t = small_torus(id, 3);

		torus_fill(t, RSE_RELAY);
		rse_torus_run(t, 20, RSE_FOREVER);
		if (rse_projection_extract(t, wire, sizeof(wire)) != RSE_OK)
			abort();
		put("rse_projection", name[id], wire,
		    rse_projection_size(rse_torus_config(t)));
		free(t);
	}
}

/* Length and frame, as rse_rsep.c takes them. */
static size_t
frame(uint8_t *to, const struct rsep_header *h, const uint8_t *body)
{
	size_t n = RSEP_HEADER + h->frag_len;

	to[0] = (uint8_t)n;
	to[1] = (uint8_t)(n >> 8);
	rsep_header_encode(h, to + 2);
	memcpy(to + 2 + RSEP_HEADER, body, h->frag_len);
	return 2 + n;
}

static void
frames(void)
{
	struct rsep_header h = { .type = RSEP_PROJECTION, .torus_id = 1,
		.phase = 1, .timestamp = 4, .seq = 2, .payload_len = 2500,
		.frag_count = 3 };
	struct rsep_heartbeat b = { .session = 9, .echo = 7, .want = 5 };
	uint8_t body[2500], buf[8192];
	size_t n = 0;
	uint32_t i;

	for (i = 0; i < sizeof(body); i++)
		body[i] = (uint8_t)(i * 7);
	h.payload_hash = rse_fnv1a(FNV_OFFSET, body, sizeof(body));
	for (i = 0; i < 3; i++) {
		h.frag_index = (uint16_t)i;
		h.frag_len = i < 2 ? 1024 : 452;
		n += frame(buf + n, &h, body + 1024 * i);
	}
	put("rse_rsep", "projection", buf, n);
	put("rse_rsep", "part", buf, n - 900);
	h = (struct rsep_header) { .type = RSEP_ACK, .torus_id = 1, .seq = 1,
		.payload_len = RSEP_ACK_LEN, .frag_count = 1,
		.frag_len = RSEP_ACK_LEN };
	h.payload_hash = rse_fnv1a(FNV_OFFSET, body, RSEP_ACK_LEN);
	n = frame(buf, &h, body);
	h.type = RSEP_HEARTBEAT;
	h.payload_len = h.frag_len = RSEP_BEAT_LEN;
	rsep_heartbeat_encode(&b, body);
	h.payload_hash = rse_fnv1a(FNV_OFFSET, body, RSEP_BEAT_LEN);
	n += frame(buf + n, &h, body);
	put("rse_rsep", "ack_heartbeat", buf, n);
	/* The ACK alone, as rse_tcp.c takes it: how to cut, then frames. */
	n = RSEP_HEADER + RSEP_ACK_LEN;
	memmove(buf + 1, buf + 2, n);
	buf[0] = 60;
	put("rse_tcp", "ack", buf, 1 + n);
	buf[0] = 5;
	put("rse_tcp", "tag_to_come", buf, 1 + n);
	memset(buf + 1 + n, 7, RSEP_TAG);
	put("rse_tcp", "tag", buf, 1 + n + RSEP_TAG);
}

/* An input as a list of steps, each some bytes. */
struct steps {
	uint8_t b[512];
	size_t n;
};

static void
add(struct steps *s, const char *hex)
{
	unsigned v;
	int used;

	for (; sscanf(hex, " %2x%n", &v, &used) == 1; hex += used)
		s->b[s->n++] = (uint8_t)v;
}

/* Two ends that greet each other and publish; one starts anew; a liar. */
static void
links(void)
{
	struct steps s = { .n = 0 };
	int i;

	for (i = 0; i < 2; i++) {
		s.n = 0;
		add(&s, i ? "01" : "00");
		add(&s, "06 32 00 00 00 00 00 00"); /* the link comes up */
		add(&s, "08 00 00 00 00 88 00 00 00 00"); /* both publish */
		if (i) {
			add(&s, "0f 00 00 00 08 0a 0c 00"); /* heartbeat */
			add(&s, "0e 00 00 05 05 06"); /* ACK */
			add(&s, "0d 00 00 03 0d 01 00 03 0d 02 00 03");
			add(&s, "0c 02 00 10 07"); /* sent, changed */
		}
		add(&s, "8b 06 32 00 00 00 00 00 00 8a 05 00 00");
		add(&s, "03 02 03 03 03 04 04 09"); /* the old ones again */
		add(&s, "88 06 20 00 00 00 05 00 06 64 00 00 00");
		put("rse_link", i ? "liar" : "honest", s.b, s.n);
	}
}

/* Neighbours that do what they should, for some epochs. */
static void
peers(void)
{
	struct steps s = { .n = 0 };
	int i;

	for (i = 0; i < 2; i++) {
		s.n = 0;
		add(&s, i ? "12" : "01");
		add(&s, "82 00 00 01 00 02 00 00 01 00 05");
		while (s.n < 400) {
			add(&s, "86 00 03 09 0b 00 05 01 02 03 04 0e");
			add(&s, "05 00 63 00 63 03 05 01 83 05 01 05");
			add(&s, "06 00 03 0a 0b 00 05 01 02 03 04 0e");
			add(&s, "05 00 62 00 62 01 0a");
		}
		put("rse_peer", i ? "adaptive" : "continue", s.b, s.n);
	}
}

static void
regions(void)
{
	size_t len = rsep_region_size(3, 160);
	uint8_t *mem = aligned_alloc(64, (len + 63) & ~(size_t)63);
	uint8_t wire[160] = { 1, 2, 3 };
	struct rse_pulse pulse = { 5, RSE_WAITING, 0 };
	uint64_t want[2] = { 3, 4 };
	struct rsep_seat seat;
	uint32_t i;

	rsep_region_format(mem, len, 3, 160);
	put("rse_region", "formatted", mem, len);
	for (i = 0; i < 3; i++) {
		rsep_seat_join(&seat, mem, len, i, 3, 160, 9 + i);
		rsep_seat_publish(&seat, 1 + i, wire);
		rsep_seat_beat(&seat, want, &pulse);
	}
	put("rse_region", "published", mem, len);
	/* What the target lays over the slots. */
	put("rse_region", "slots", mem + 64, len - 64);
	free(mem);
}

static void
texts(void)
{
	static const char ctl[] = "spawn 0 0 0\nspawn 1 2 1\nkill 1\n"
	    "edge 0 0 0 1 0 0 5\nedge 0 1 0 2 1 0 3 portal\n"
	    "inject 0 0 0 1\ninject 1 0 0 -4 99\n"
	    "config limit=9 seed=7 behaviour=phold mean=50\n"
	    "start\nstep 5\nstop\nmigrate 2 1\nrestore /x\nreset\n";
	static const char one[] = "# one\ntorus 4 4 4 32\nring 10 5 1\n"
	    "config digest=1\nrun 100 500\nexpect processed 100\n"
	    "expect digest 0123456789abcdef\n";
	static const char three[] = "torus 3 2 2\nbraid 3\n"
	    "config interval=50\nlattice 3 2 2 4\nedge 0 1 1 2 1 1 3 portal\n"
	    "on 1\ninject 0 1 1 2\ngrid 2 2 3\nspawn 1 1 1\nepochs 9\n"
	    "expect time 9\n";

	put("rse_ctl", "all", ctl, sizeof(ctl) - 1);
	put("rse_setup", "ctl", ctl, sizeof(ctl) - 1);
	put("rse_setup", "one", one, sizeof(one) - 1);
	put("rse_setup", "three", three, sizeof(three) - 1);
}

int
main(int argc, char **argv)
{
	static const uint8_t changes[] = { 1, 0, 9, 0, 1, 2, 30, 0, 7, 4, 80,
		0, 3, 5, 90, 0, 4, 6, 9, 0, 1, 7, 10, 0, 2 };

	if (argc != 2 || (mkdir(argv[1], 0777) != 0 && errno != EEXIST)) {
		fprintf(stderr, "usage: seeds directory\n");
		return 1;
	}
	top = argv[1];
	snapshots();
	projections();
	frames();
	links();
	peers();
	regions();
	texts();
	put("rse_store", "none", changes, 0);
	put("rse_store", "raw", changes + 1, 24);
	put("rse_store", "mended", changes, sizeof(changes));
	put("rse_resume", "sound", "\2", 1);
	put("rse_resume", "mended", "\3\x40\2\1\x41\0\2", 7);
	return 0;
}
