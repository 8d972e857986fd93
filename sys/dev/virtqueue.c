/* SPDX-License-Identifier: MIT */
/*
 * sys/dev/virtqueue.c: split virtqueues (virtio 1.x, section 2.7).
 *
 * Barriers: the device is another agent on coherent memory, so x86 keeps our
 * stores in order and our loads in order; only "store the index, then load
 * whether the other side sleeps" needs a fence, on both paths.
 */
#include "base/atomic.h"
#include "base/page.h"
#include "base/string.h"

#include <abi/errno.h>
#include <machine/cpu.h>

#include "dev/virtqueue.h"

#define DESC_NEXT     1
#define DESC_WRITE    2
#define DESC_INDIRECT 4
#define USED_NO_NOTIFY 1
#define END	      0xffff /* of the chain of free descriptors */

static size_t
avail_offset(unsigned size)
{
	return size * sizeof(struct vq_desc);
}

static size_t
used_offset(unsigned size)
{
	return roundup2(avail_offset(size) + sizeof(struct vq_avail) +
		(size + 1) * sizeof(uint16_t), 64);
}

static size_t
tables_offset(unsigned size)
{
	return roundup2(used_offset(size) + sizeof(struct vq_used) +
		size * sizeof(struct vq_used_elem) + sizeof(uint16_t), 64);
}

static size_t
cookies_offset(unsigned size, unsigned indirect_max)
{
	return tables_offset(size) +
	    (size_t)size * indirect_max * sizeof(struct vq_desc);
}

size_t
virtqueue_bytes(unsigned size, unsigned indirect_max)
{
	return cookies_offset(size, indirect_max) +
	    size * (sizeof(void *) + sizeof(uint16_t));
}

void
virtqueue_init(struct virtqueue *vq, void *mem, unsigned size,
    unsigned indirect_max, bool event_idx)
{
	char *p = mem;

	memset(vq, 0, sizeof(*vq));
	vq->vq_size = size;
	vq->vq_event_idx = event_idx;
	vq->vq_indirect_max = indirect_max;
	vq->vq_desc = mem;
	vq->vq_avail = (void *)(p + avail_offset(size));
	vq->vq_used = (void *)(p + used_offset(size));
	vq->vq_tables = (void *)(p + tables_offset(size));
	vq->vq_cookies = (void *)(p + cookies_offset(size, indirect_max));
	vq->vq_counts = (void *)(vq->vq_cookies + size);
	vq->vq_nfree = size;
	for (unsigned i = 0; i < size; i++)
		vq->vq_desc[i].d_next = (uint16_t)(i + 1 < size ? i + 1 : END);
}

/* Event indices stand behind the rings of the other side. */
static uint16_t *
used_event(struct virtqueue *vq)
{
	return &vq->vq_avail->a_ring[vq->vq_size];
}

static const uint16_t *
avail_event(struct virtqueue *vq)
{
	return (const uint16_t *)&vq->vq_used->u_ring[vq->vq_size];
}

static void
desc_fill(struct vq_desc *d, const struct vq_buf *vb, bool more, unsigned next)
{
	d->d_addr = vb->vb_addr;
	d->d_len = vb->vb_len;
	d->d_flags = (uint16_t)((vb->vb_write ? DESC_WRITE : 0) |
	    (more ? DESC_NEXT : 0));
	d->d_next = (uint16_t)next;
}

static void
add_indirect(struct virtqueue *vq, const struct vq_buf *vb, unsigned n)
{
	unsigned head = vq->vq_free_head;
	struct vq_desc *d = &vq->vq_desc[head];
	struct vq_desc *table = vq->vq_tables + head * vq->vq_indirect_max;

	for (unsigned i = 0; i < n; i++)
		desc_fill(&table[i], &vb[i], i + 1 < n, i + 1);
	vq->vq_free_head = d->d_next;
	d->d_addr = virt_to_phys(table);
	d->d_len = (uint32_t)(n * sizeof(*table));
	d->d_flags = DESC_INDIRECT;
	vq->vq_nfree--;
	vq->vq_counts[head] = 1;
}

static void
add_direct(struct virtqueue *vq, const struct vq_buf *vb, unsigned n)
{
	unsigned head = vq->vq_free_head, at = head;

	for (unsigned i = 0; i < n; i++) {
		struct vq_desc *d = &vq->vq_desc[at];

		at = d->d_next;
		desc_fill(d, &vb[i], i + 1 < n, at);
	}
	vq->vq_free_head = at;
	vq->vq_nfree -= n;
	vq->vq_counts[head] = (uint16_t)n;
}

int
virtqueue_add(struct virtqueue *vq, const struct vq_buf *vb, unsigned n,
    void *cookie)
{
	bool indirect = n > 1 && n <= vq->vq_indirect_max;
	unsigned head = vq->vq_free_head;

	if (vq->vq_nfree < (indirect ? 1 : n))
		return -ENOSPC;
	if (indirect)
		add_indirect(vq, vb, n);
	else
		add_direct(vq, vb, n);
	vq->vq_cookies[head] = cookie;
	vq->vq_avail->a_ring[vq->vq_avail_idx & (vq->vq_size - 1)] =
	    (uint16_t)head;
	vq->vq_avail_idx++;
	return 0;
}

bool
virtqueue_kick_needed(struct virtqueue *vq)
{
	uint16_t new = vq->vq_avail_idx, old = vq->vq_kicked_idx;

	if (new == old)
		return false;
	atomic_store(&vq->vq_avail->a_idx, new); /* after the entries */
	vq->vq_kicked_idx = new;
	mb(); /* the device looks at the index after it asks to be told */
	if (vq->vq_event_idx) {
		uint16_t event = atomic_load_relaxed(avail_event(vq));

		return (uint16_t)(new - event - 1) < (uint16_t)(new - old);
	}
	return !(atomic_load_relaxed(&vq->vq_used->u_flags) & USED_NO_NOTIFY);
}

/* Puts the descriptors of a chain back. */
static void
chain_free(struct virtqueue *vq, unsigned head)
{
	unsigned n = vq->vq_counts[head], at = head;

	for (unsigned i = 1; i < n; i++)
		at = vq->vq_desc[at].d_next;
	vq->vq_desc[at].d_next = (uint16_t)vq->vq_free_head;
	vq->vq_free_head = head;
	vq->vq_nfree += n;
	vq->vq_cookies[head] = NULL;
}

void *
virtqueue_get(struct virtqueue *vq, uint32_t *written)
{
	const struct vq_used_elem *ue;
	uint32_t id;
	void *cookie;

	if (vq->vq_broken ||
	    atomic_load(&vq->vq_used->u_idx) == vq->vq_used_idx)
		return NULL;
	ue = &vq->vq_used->u_ring[vq->vq_used_idx & (vq->vq_size - 1)];
	id = atomic_load_relaxed(&ue->u_id);
	if (id >= vq->vq_size || vq->vq_cookies[id] == NULL) {
		vq->vq_broken = true;
		return NULL;
	}
	if (written != NULL)
		*written = atomic_load_relaxed(&ue->u_len);
	cookie = vq->vq_cookies[id];
	chain_free(vq, id);
	vq->vq_used_idx++;
	return cookie;
}

/* Without event indices the device interrupts for every completion. */
bool
virtqueue_arm(struct virtqueue *vq)
{
	if (vq->vq_event_idx) {
		atomic_store_relaxed(used_event(vq), vq->vq_used_idx);
		mb(); /* the device looks at this after it adds */
	}
	return !vq->vq_broken &&
	    atomic_load(&vq->vq_used->u_idx) != vq->vq_used_idx;
}
