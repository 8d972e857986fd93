/* SPDX-License-Identifier: MIT */
/*
 * rse/port/posix/node.h - one torus of a braid, its neighbours elsewhere.
 *
 * Use: make a channel (rse_frames_open over a transport, or rse_shm_open
 * over a region), then rse_node_run until the epoch limit of the torus.
 *
 * Locks: none.  A channel and its torus belong to the thread that runs them.
 */
#ifndef RSE_PORT_NODE_H
#define RSE_PORT_NODE_H

#include <stddef.h>

#include <rsep.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Datagrams, whole or not at all.  `to` is a torus number. */
struct rse_transport {
	void *arg;
	void (*send)(void *arg, uint32_t to, const uint8_t *, size_t);
	/* One frame, waiting at most `ms`; 0 if there was none. */
	size_t (*receive)(void *arg, uint8_t *, size_t, int ms);
	void (*close)(void *arg);
};

/* In one process: `hub` connects n ends. */
struct rse_hub;
struct rse_hub *rse_hub_new(uint32_t n);
void rse_hub_free(struct rse_hub *);
int rse_hub_open(struct rse_transport *, struct rse_hub *, uint32_t self);
/* Torus i at address[i] ("127.0.0.1"), port + i.  0, or -1 with errno. */
int rse_udp_open(struct rse_transport *, const char *const *address,
    uint32_t n, uint32_t self, uint16_t port);
/* `tag`: bytes behind each payload, RSEP_TAG for links with a key. */
int rse_tcp_open(struct rse_transport *, const char *const *address,
    uint32_t n, uint32_t self, uint16_t port, uint32_t tag);

struct rse_latency {
	uint64_t *ns; /* room for `cap`, publish to both ACKs */
	uint32_t cap, n;
};

struct rse_channel {
	void *arg;
	struct rse_torus *torus;
	struct rse_latency latency;
	void (*publish)(void *arg, uint64_t seq, const uint8_t *wire);
	void (*resend)(void *arg, uint32_t to, uint64_t seq,
	    const uint8_t *wire);
	void (*nudge)(void *arg, uint32_t peer, uint64_t epoch);
	/* Take what came, waiting at most `ms`.  True if anything did. */
	int (*receive)(void *arg, int ms);
	/* Tell who listens how we are. */
	void (*beat)(void *arg);
	/* The last pulse of `peer` since the last call; 0 if none came. */
	int (*pulse)(void *arg, uint32_t peer, struct rse_pulse *);
	int (*clear)(void *arg); /* all is acknowledged */
	void (*close)(void *arg);
};

int rse_frames_open(struct rse_channel *, struct rse_torus *,
    const struct rse_transport *, const uint8_t *key, uint64_t session);
/* Counts of the link to the previous (0) or next (1) torus. */
void rse_frames_stats(const struct rse_channel *, int side,
    struct rsep_stats *);
int rse_shm_open(struct rse_channel *, struct rse_torus *, void *mem,
    size_t len, uint64_t nonce);

/*
 * Run until the epoch limit and until the neighbours have acknowledged all,
 * or `ms` milliseconds have passed.  0, or -1 (errno ETIMEDOUT, EIO if the
 * torus is faulted).
 */
int rse_node_run(struct rse_torus *, struct rse_channel *, uint64_t batch,
    uint64_t ms);

/* Nanoseconds of a clock that does not go back. */
uint64_t rse_clock_ns(void);

#ifdef __cplusplus
}
#endif

#endif
