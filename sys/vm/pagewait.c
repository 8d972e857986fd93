/* SPDX-License-Identifier: MIT */
/*
 * sys/vm/pagewait.c: waiting until the I/O of a page is through.
 *
 * PG_BUSY has no queue of its own in every struct page: pages share 64 queues
 * by their number, and a sleeper looks again when its queue is woken.
 */
#include "base/waitq.h"

#include "vm/vm_internal.h"

#define QUEUES 64u

static struct waitq queues[QUEUES];

void
page_wait_init(void)
{
	unsigned i;

	for (i = 0; i < QUEUES; i++)
		waitq_init(&queues[i]);
}

static struct waitq *
queue_of(const struct page *pg)
{
	return &queues[(uint64_t)(pg - pages) % QUEUES];
}

void
page_wait_unbusy(struct page *pg)
{
	WAIT_EVENT(queue_of(pg), (atomic_load(&pg->pg_flags) & PG_BUSY) == 0);
}

void
page_unbusy(struct page *pg, unsigned clear)
{
	struct waitq *wq = queue_of(pg);

	atomic_and(&pg->pg_flags, ~(PG_BUSY | clear));
	atomic_fence();
	if (waitq_has_sleepers(wq))
		waitq_wake_all(wq);
}
