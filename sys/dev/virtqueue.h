/* SPDX-License-Identifier: MIT */
/*
 * sys/dev/virtqueue.h: a split virtqueue: the ring between us and a device.
 *
 * Use: virtqueue_add() a chain of buffers with a cookie, as many as fit;
 * virtqueue_kick_needed() says whether the device must be told. When it
 * interrupts, virtqueue_get() gives the cookies of finished chains.
 * Invariants: (1) the device sees only vq_desc, vq_avail and vq_used; indices
 * it writes are checked before use: a broken device costs I/O errors, not
 * memory. (2) a chain of more than one buffer is one indirect descriptor if
 * the device can do that and the table was made, so that the ring holds
 * vq_size requests.
 * Locks: the owner's.
 */
#ifndef DEV_VIRTQUEUE_H
#define DEV_VIRTQUEUE_H

#include "base/types.h"

#define VQ_SIZE_MAX 256

struct vq_desc { /* as the device reads it */
	uint64_t d_addr;
	uint32_t d_len;
	uint16_t d_flags;
	uint16_t d_next;
};

struct vq_avail {
	uint16_t a_flags;
	uint16_t a_idx;
	uint16_t a_ring[]; /* then used_event */
};

struct vq_used_elem {
	uint32_t u_id;
	uint32_t u_len;
};

struct vq_used {
	uint16_t u_flags;
	uint16_t u_idx;
	struct vq_used_elem u_ring[]; /* then avail_event */
};

/* One buffer of a chain; those the device reads come before the others. */
struct vq_buf {
	paddr_t vb_addr;
	uint32_t vb_len;
	bool vb_write; /* the device writes it */
};

struct virtqueue {
	unsigned vq_size; /* [I] a power of two */
	bool vq_event_idx; /* [I] */
	unsigned vq_indirect_max; /* [I] of an indirect chain; 0: none */
	struct vq_desc *vq_desc;
	struct vq_avail *vq_avail;
	struct vq_used *vq_used;
	struct vq_desc *vq_tables; /* vq_size tables of vq_indirect_max */
	void **vq_cookies;	/* by first descriptor; NULL: not in use */
	uint16_t *vq_counts;	/* descriptors of the chain */
	unsigned vq_free_head;	/* free descriptors are chained by d_next */
	unsigned vq_nfree;
	uint16_t vq_avail_idx;	/* ours */
	uint16_t vq_kicked_idx; /* avail_idx when the device was last told */
	uint16_t vq_used_idx;	/* next we look at */
	bool vq_broken;		/* the device wrote nonsense */
};

/* Size of the memory virtqueue_init() lays out; page-aligned pieces. */
size_t virtqueue_bytes(unsigned size, unsigned indirect_max);
/* mem: zeroed, contiguous, page-aligned, in the direct map. */
void virtqueue_init(struct virtqueue *, void *mem, unsigned size,
    unsigned indirect_max, bool event_idx);
/* -ENOSPC: no room now. */
int virtqueue_add(struct virtqueue *, const struct vq_buf *, unsigned n,
    void *cookie) __must_check;
/* Publishes what was added; does the device want to be told? */
bool virtqueue_kick_needed(struct virtqueue *);
/* A finished chain's cookie, NULL: none left. */
void *virtqueue_get(struct virtqueue *, uint32_t *written);
/* Ask for an interrupt at the next completion; true: one is there already. */
bool virtqueue_arm(struct virtqueue *);

#endif
