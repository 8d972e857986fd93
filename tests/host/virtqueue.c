/* SPDX-License-Identifier: MIT */
/*
 * tests/host/virtqueue.c: a split virtqueue against a device of our own, which
 * completes chains in any order, and one that writes nonsense.
 */
#include "base/page.h"

#include "dev/virtqueue.h"

#include <abi/errno.h>

#include <stdlib.h>

#include "fake/fake.h"
#include "fake/tap.h"

#define SIZE	 16
#define INDIRECT 8
#define F_NEXT	   1
#define F_WRITE	   2
#define F_INDIRECT 4

static struct virtqueue vq;
static struct page *queue_page;
static unsigned queue_order;

/* The device's side. */
static uint16_t seen;		 /* of the avail ring */
static uint16_t taken[SIZE];	 /* heads in hand */
static unsigned ntaken;

static void
fresh(unsigned indirect, bool event_idx)
{
	size_t bytes = virtqueue_bytes(SIZE, indirect);

	if (queue_page != NULL)
		page_free(queue_page, queue_order);
	for (queue_order = 0; (PAGE_SIZE << queue_order) < bytes;)
		queue_order++;
	queue_page = page_alloc(queue_order, PA_ZERO);
	virtqueue_init(&vq, page_to_virt(queue_page), SIZE, indirect,
	    event_idx);
	seen = 0;
	ntaken = 0;
}

/* Sum of lengths of the chain at head, as the device walks it. */
static uint32_t
chain_bytes(uint16_t head, unsigned *n)
{
	const struct vq_desc *d = &vq.vq_desc[head], *table = vq.vq_desc;
	uint32_t bytes = 0;
	bool writes = false;

	if (d->d_flags & F_INDIRECT) {
		CHECK(!(d->d_flags & F_NEXT));
		table = phys_to_virt(d->d_addr);
		d = table;
	}
	for (*n = 1;; (*n)++) {
		bytes += d->d_len;
		CHECK(!writes || (d->d_flags & F_WRITE));
		writes = (d->d_flags & F_WRITE) != 0;
		if (!(d->d_flags & F_NEXT))
			return bytes;
		d = &table[d->d_next];
	}
}

static void
device_take(void)
{
	while (seen != vq.vq_avail->a_idx) {
		CHECK(ntaken < SIZE);
		taken[ntaken++] = vq.vq_avail->a_ring[seen++ % SIZE];
	}
}

static void
device_complete(unsigned which)
{
	struct vq_used_elem *ue = &vq.vq_used->u_ring[vq.vq_used->u_idx % SIZE];
	unsigned n;

	ue->u_id = taken[which];
	ue->u_len = chain_bytes(taken[which], &n);
	taken[which] = taken[--ntaken];
	vq.vq_used->u_idx++;
}

static int
add(unsigned n, uint32_t len, void *cookie)
{
	struct vq_buf vb[SIZE];

	for (unsigned i = 0; i < n; i++)
		vb[i] = (struct vq_buf){ 0x1000 * (i + 1), len, i > 0 };
	return virtqueue_add(&vq, vb, n, cookie);
}

static void
churn(unsigned indirect, bool event_idx)
{
	uintptr_t next = 1, pending = 0;
	uint32_t lengths[64] = { 0 }, written;
	void *cookie;

	srand(1);
	fresh(indirect, event_idx);
	for (unsigned i = 0; i < 200000; i++) {
		unsigned n = 1 + (unsigned)rand() % 4;

		while (lengths[next % 64] != 0)
			next++;
		if (pending < 60 && rand() % 2 &&
		    add(n, (uint32_t)(next % 64 + 1),
			(void *)(next % 64 + 1)) == 0) {
			lengths[next % 64] = n * (uint32_t)(next % 64 + 1);
			pending++;
		}
		(void)virtqueue_kick_needed(&vq);
		device_take();
		if (ntaken > 0 && rand() % 3)
			device_complete((unsigned)rand() % ntaken);
		while ((cookie = virtqueue_get(&vq, &written)) != NULL) {
			uintptr_t c = (uintptr_t)cookie - 1;

			CHECK_EQ(written, lengths[c]);
			CHECK(lengths[c] != 0);
			lengths[c] = 0;
			pending--;
		}
		CHECK(vq.vq_nfree <= SIZE);
	}
	device_take();
	while (ntaken > 0)
		device_complete(0);
	while (virtqueue_get(&vq, NULL) != NULL)
		pending--;
	CHECK_EQ(pending, 0);
	CHECK_EQ(vq.vq_nfree, SIZE);
	CHECK(!vq.vq_broken);
}

static void
test_direct(void)
{
	churn(0, false);
}

static void
test_indirect(void)
{
	churn(INDIRECT, true);
}

static void
test_full(void)
{
	fresh(0, false);
	for (unsigned i = 0; i < SIZE / 4; i++)
		CHECK_EQ(add(4, 1, &vq), 0);
	CHECK_EQ(add(1, 1, &vq), -ENOSPC);
	fresh(INDIRECT, false);
	for (unsigned i = 0; i < SIZE; i++)
		CHECK_EQ(add(4, 1, &vq), 0);
	CHECK_EQ(add(4, 1, &vq), -ENOSPC);
}

/* The device is told once, until it asks again. */
static void
test_events(void)
{
	uint16_t *avail_event;

	fresh(INDIRECT, true);
	avail_event = (uint16_t *)&vq.vq_used->u_ring[SIZE];
	CHECK(!virtqueue_kick_needed(&vq));
	CHECK_EQ(add(1, 1, &vq), 0);
	CHECK(virtqueue_kick_needed(&vq));
	CHECK(!virtqueue_kick_needed(&vq));
	CHECK_EQ(add(1, 1, &vq), 0);
	CHECK(!virtqueue_kick_needed(&vq)); /* still asks for 0 */
	*avail_event = 2;
	CHECK_EQ(add(1, 1, &vq), 0);
	CHECK(virtqueue_kick_needed(&vq));
	CHECK(!virtqueue_arm(&vq));
	device_take();
	device_complete(0);
	CHECK(virtqueue_arm(&vq));
	fresh(INDIRECT, false);
	vq.vq_used->u_flags = 1;
	CHECK_EQ(add(1, 1, &vq), 0);
	CHECK(!virtqueue_kick_needed(&vq));
}

static void
test_broken(void)
{
	fresh(0, false);
	CHECK_EQ(add(1, 1, &vq), 0);
	(void)virtqueue_kick_needed(&vq);
	vq.vq_used->u_ring[0].u_id = 100000;
	vq.vq_used->u_idx = 1;
	CHECK(virtqueue_get(&vq, NULL) == NULL);
	CHECK(vq.vq_broken);
	fresh(0, false);
	vq.vq_used->u_ring[0].u_id = 3; /* a chain we never gave */
	vq.vq_used->u_idx = 1;
	CHECK(virtqueue_get(&vq, NULL) == NULL);
	CHECK(vq.vq_broken);
	CHECK(!virtqueue_arm(&vq));
}

int
main(void)
{
	fake_init(256);
	tap_run("chains in any order, direct", test_direct);
	tap_run("chains in any order, indirect, event index", test_indirect);
	tap_run("a full queue", test_full);
	tap_run("when the device wants to be told", test_events);
	tap_run("a device that writes nonsense", test_broken);
	page_free(queue_page, queue_order);
	return tap_end();
}
