/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/poll.h: waiting for several files at once, as poll and select do.
 */
#ifndef KERN_POLL_H
#define KERN_POLL_H

#include "base/poll.h"
#include "base/types.h"

#include "fs/file.h"

struct thread;

#define POLL_FAST 6 /* entries that need no memory of their own */

struct poll_entry {
	struct wait_entry pe_wait;
	struct poll_waiter *pe_owner;
	unsigned pe_events; /* what it wants to hear of */
};

struct poll_chunk {
	struct poll_chunk *pc_next;
	unsigned pc_used;
	struct poll_entry pc_entries[];
};

/* A thread that polls. pw_pt must be first: pt_add gets it. */
struct poll_waiter {
	struct polltable pw_pt;
	struct thread *pw_thread;
	uint32_t pw_woken;   /* [a] since pw_woken was last cleared */
	unsigned pw_events;  /* for entries made now */
	unsigned pw_used;
	struct poll_chunk *pw_chunks;
	struct poll_entry pw_fast[POLL_FAST];
};

void poll_waiter_init(struct poll_waiter *);
void poll_waiter_end(struct poll_waiter *);
/* Until something wakes it: 0, -ETIMEDOUT, -ERESTARTSYS. */
int poll_waiter_sleep(struct poll_waiter *, nsec_t deadline) __must_check;
/* What is true of fp now; with pt, waits for more. */
static inline unsigned
file_poll(struct file *fp, struct polltable *pt)
{
	if (unlikely(fp->f_ops->fo_poll == NULL))
		return POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
	return fp->f_ops->fo_poll(fp, pt);
}

#endif
