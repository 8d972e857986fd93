/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/pipe_internal.h: struct pipe, shared by pipe.c and fifo.c.
 */
#ifndef KERN_PIPE_INTERNAL_H
#define KERN_PIPE_INTERNAL_H

#include "base/lock.h"
#include "base/page.h"
#include "base/poll.h"
#include "base/waitq.h"

#include "fs/file.h"
#include "fs/vnode.h"
#include "kern/pipe.h"

#define PIPE_PAGES (PIPE_SIZE / PAGE_SIZE)

struct pipe {
	struct mutex pp_lock;
	uint64_t pp_head; /* [pp_lock] bytes ever written since empty */
	uint64_t pp_tail; /* [pp_lock] bytes read */
	uint32_t pp_size; /* [pp_lock] bytes, a power of two of pages */
	uint32_t pp_readers, pp_writers; /* [pp_lock] open files */
	uint32_t pp_ropens, pp_wopens;	 /* [pp_lock] opens ever: FIFOs */
	uint32_t pp_refs;    /* FIFOs [fifo_lock]; pipe(2): [pp_lock] */
	bool pp_peeking;     /* [pp_lock] a splice holds the reading side */
	struct waitq pp_rq;  /* waits for bytes, or for writers */
	struct waitq pp_wq;  /* waits for room, or for readers */
	uint8_t **pp_ring;   /* [pp_lock] pages, NULL: not yet needed */
	uint8_t *pp_first[PIPE_PAGES]; /* the ring of the usual size */
	ino_t pp_ino;	     /* [I] */
};

struct pipe *pipe_create(void) __must_check;
void pipe_destroy(struct pipe *);
/* One end less of each kind that fp has; wakes the other side. */
void pipe_ends_drop(struct pipe *, const struct file *);
unsigned pipe_poll_events(struct pipe *, const struct file *,
    struct polltable *);
int pipe_fo_read(struct file *, struct uio *);
int pipe_fo_write(struct file *, struct uio *);
int pipe_fo_ioctl(struct file *, unsigned long, vaddr_t);
unsigned pipe_fo_poll(struct file *, struct polltable *);
extern const struct fileops fifo_fileops;
extern const struct fileops pipe_fileops;

#endif
