/* SPDX-License-Identifier: MIT */
/*
 * sys/base/poll.h: readiness, asked by poll, select and epoll.
 *
 * A pollable thing has a waitq. Its poll function returns the events true now
 * and, if pt is not NULL, first calls poll_wait(pt, wq) for each queue whose
 * waitq_wake_key() announces a change.
 */
#ifndef BASE_POLL_H
#define BASE_POLL_H

#include "base/types.h"
#include "base/waitq.h"

#define POLLIN	   0x0001
#define POLLPRI	   0x0002
#define POLLOUT	   0x0004
#define POLLERR	   0x0008
#define POLLHUP	   0x0010
#define POLLNVAL   0x0020
#define POLLRDNORM 0x0040
#define POLLRDBAND 0x0080
#define POLLWRNORM 0x0100
#define POLLWRBAND 0x0200
#define POLLRDHUP  0x2000

struct polltable {
	void (*pt_add)(struct polltable *, struct waitq *);
	int pt_error; /* -ENOMEM if an entry could not be had */
};

static inline void
poll_wait(struct polltable *pt, struct waitq *wq)
{
	if (pt != NULL)
		pt->pt_add(pt, wq);
}

#endif
