/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/epoll.c: waiting on an epoll instance.
 *
 * A wake-up of a watched file puts its item on ep_ready (once) and wakes one
 * waiter. The waiter takes items off, asks each file what is true, and tells
 * what is left of it after the mask. A level-triggered item that told
 * something goes back on the list and is asked again next time; an
 * edge-triggered one waits for the next wake-up.
 * Locks: ep_lock over a round, so files cannot go; ep_rlock (spin, with
 * interrupts off) for the list, which callbacks change meanwhile. An item is
 * off the list, and so can come back on it, before its file is asked: no
 * change is lost.
 */
#include "base/init.h"
#include "base/kprintf.h"
#include "base/slab.h"

#include "fs/vnode.h"
#include "kern/epoll_internal.h"
#include "kern/filecall.h"
#include "kern/poll.h"
#include "kern/syscall.h"

#define EP_MAX_EVENTS ((int)(INT32_MAX / sizeof(struct epoll_event)))

struct epoll *
file_epoll(const struct file *fp)
{
	return fp->f_ops == &epoll_fileops ? fp->f_data : NULL;
}

static inline bool
has_ready(const struct epoll *ep)
{
	return atomic_load_relaxed(&ep->ep_ready.l_next) != &ep->ep_ready;
}

static void
ready_put(struct epoll_item *ei)
{
	struct epoll *ep = ei->ei_ep;
	uint64_t irq;

	irq = spin_lock_irq(&ep->ep_rlock);
	if (!ei->ei_ready) {
		ei->ei_ready = true;
		list_add_tail(&ep->ep_ready, &ei->ei_rlink);
	}
	spin_unlock_irq(&ep->ep_rlock, irq);
}

void
epoll_item_ready(struct epoll_item *ei)
{
	struct epoll *ep = ei->ei_ep;

	ready_put(ei);
	if (waitq_has_sleepers(&ep->ep_waitq))
		waitq_wake_one(&ep->ep_waitq);
	if (waitq_has_sleepers(&ep->ep_pollq))
		waitq_wake_key(&ep->ep_pollq, POLLIN | POLLRDNORM);
}

/* ep_lock held: the first ready item, taken off; NULL: none, or the one that
 * is back at the head of the list after a whole round. */
static struct epoll_item *
ready_take(struct epoll *ep, const struct epoll_item *first_back)
{
	struct epoll_item *ei = NULL;
	uint64_t irq;

	irq = spin_lock_irq(&ep->ep_rlock);
	if (!list_empty(&ep->ep_ready)) {
		ei = list_first(&ep->ep_ready, struct epoll_item, ei_rlink);
		if (ei == first_back) {
			ei = NULL;
		} else {
			list_del(&ei->ei_rlink);
			ei->ei_ready = false;
		}
	}
	spin_unlock_irq(&ep->ep_rlock, irq);
	return ei;
}

/* --- epoll_wait ---------------------------------------------------------- */

/* One item to user space: 1, 0 (nothing is true any more), -EFAULT. */
static int
item_tell(struct epoll_item *ei, vaddr_t uevent)
{
	struct epoll_event ev;

	ev.events = file_poll(ei->ei_file, NULL) & ei->ei_events;
	if (ev.events == 0 || (ei->ei_events & ~EPOLL_PRIVATE) == 0)
		return 0;
	ev.data = ei->ei_data;
	if (copyout(&ev, uevent, sizeof(ev)) != 0)
		return -EFAULT;
	if ((ei->ei_events & EPOLLONESHOT) != 0)
		atomic_store(&ei->ei_events, ei->ei_events & EPOLL_PRIVATE);
	return 1;
}

/* A round over what is ready: events told, or -EFAULT. */
static int
epoll_round(struct epoll *ep, vaddr_t uevents, int max)
{
	struct epoll_item *ei, *first_back = NULL;
	int n = 0, told = 0;

	mutex_lock(&ep->ep_lock);
	while (n < max && (ei = ready_take(ep, first_back)) != NULL) {
		told = item_tell(ei, uevents +
		    (vaddr_t)n * sizeof(struct epoll_event));
		if (told < 0) {
			ready_put(ei);
			break;
		}
		n += told;
		if (told != 0 &&
		    (ei->ei_events & (EPOLLET | EPOLLONESHOT)) == 0) {
			ready_put(ei);
			if (first_back == NULL)
				first_back = ei;
		}
	}
	mutex_unlock(&ep->ep_lock);
	if (has_ready(ep) && waitq_has_sleepers(&ep->ep_waitq))
		waitq_wake_one(&ep->ep_waitq);
	return n != 0 ? n : MIN(told, 0);
}

static int
epoll_wait_on(struct epoll *ep, vaddr_t uevents, int max, nsec_t deadline)
{
	int n, error = 0;

	for (;;) {
		n = has_ready(ep) ? epoll_round(ep, uevents, max) : 0;
		if (n != 0 || deadline == 0 || error == -ETIMEDOUT)
			return n;
		if (error != 0)
			return -EINTR;
		error = WAIT_EVENT_STATE(&ep->ep_waitq, has_ready(ep),
		    TS_SLEEPING_INTR, deadline, true);
	}
}

static int
do_epoll_wait(int epfd, vaddr_t uevents, int max, nsec_t deadline)
{
	struct fdref fr;
	int n;

	if (max <= 0 || max > EP_MAX_EVENTS)
		return -EINVAL;
	if (uevents > USER_MAX || (uint64_t)max * sizeof(struct epoll_event) >
	    USER_MAX - uevents)
		return -EFAULT;
	n = fd_borrow(epfd, &fr);
	if (n != 0)
		return n;
	n = -EINVAL;
	if (file_epoll(fr.fr_file) != NULL)
		n = epoll_wait_on(fr.fr_file->f_data, uevents, max, deadline);
	fd_return(&fr);
	return n;
}

long
sys_epoll_wait(int epfd, vaddr_t uevents, int max, int timeout_ms)
{
	return do_epoll_wait(epfd, uevents, max, deadline_of_ms(timeout_ms));
}

long
sys_epoll_pwait(int epfd, vaddr_t uevents, int max, int timeout_ms,
    vaddr_t umask, size_t setsize)
{
	int error;

	error = tempmask_copyin(umask, setsize);
	if (error != 0)
		return error;
	return do_epoll_wait(epfd, uevents, max, deadline_of_ms(timeout_ms));
}

long
sys_epoll_pwait2(int epfd, vaddr_t uevents, int max, vaddr_t uts,
    vaddr_t umask, size_t setsize)
{
	nsec_t deadline;
	int error;

	error = deadline_copyin(uts, &deadline);
	if (error == 0)
		error = tempmask_copyin(umask, setsize);
	if (error != 0)
		return error;
	return do_epoll_wait(epfd, uevents, max, deadline);
}

/* --- as a file ----------------------------------------------------------- */

/* Readable if an item is ready and something of it is still true. */
static unsigned
epoll_fo_poll(struct file *fp, struct polltable *pt)
{
	struct epoll *ep = fp->f_data;
	struct epoll_item *ei;
	unsigned events = 0;

	poll_wait(pt, &ep->ep_pollq);
	if (!has_ready(ep))
		return 0;
	mutex_lock(&ep->ep_lock);
	while (events == 0 && (ei = ready_take(ep, NULL)) != NULL) {
		if ((file_poll(ei->ei_file, NULL) & ei->ei_events) != 0) {
			ready_put(ei);
			events = POLLIN | POLLRDNORM;
		}
	}
	mutex_unlock(&ep->ep_lock);
	return events;
}

static int
epoll_fo_stat(struct file *fp, struct vattr *va)
{
	struct epoll *ep = fp->f_data;

	anon_stat(va, 0600, ep->ep_ino, fp);
	return 0;
}

static void
epoll_fo_close(struct file *fp)
{
	struct epoll *ep = fp->f_data;
	struct rbnode *n;

	mutex_lock(&epoll_links);
	mutex_lock(&ep->ep_lock);
	while ((n = rb_first(&ep->ep_items)) != NULL)
		epoll_item_free(rb_entry(n, struct epoll_item, ei_node));
	mutex_unlock(&ep->ep_lock);
	mutex_unlock(&epoll_links);
	kfree(ep);
}

static void
epoll_fo_describe(struct file *fp, char *buf, size_t size)
{
	ksnprintf(buf, size, "anon_inode:[eventpoll]");
}

const struct fileops epoll_fileops = {
	.fo_name = "eventpoll",
	.fo_poll = epoll_fo_poll,
	.fo_stat = epoll_fo_stat,
	.fo_close = epoll_fo_close,
	.fo_describe = epoll_fo_describe,
};

long
sys_epoll_create1(int flags)
{
	struct epoll *ep;
	struct file *fp;

	if ((flags & ~O_CLOEXEC) != 0)
		return -EINVAL;
	ep = kzalloc(sizeof(*ep));
	if (ep == NULL)
		return -ENOMEM;
	mutex_init(&ep->ep_lock, LR_EPOLL, "epoll");
	spin_init(&ep->ep_rlock, LR_WAITQ2, "epoll ready");
	list_init(&ep->ep_ready);
	waitq_init(&ep->ep_waitq);
	waitq_init(&ep->ep_pollq);
	/* Woken from callbacks of other queues, to any depth. */
	spin_init(&ep->ep_waitq.wq_lock, LR_WAITQ2, "epoll waiters");
	spin_init(&ep->ep_pollq.wq_lock, LR_NONE, "epoll pollers");
	ep->ep_ino = anon_ino();
	fp = file_alloc(&epoll_fileops, ep, O_RDWR, curlwp()->l_cred);
	if (fp == NULL) {
		kfree(ep);
		return -ENOMEM;
	}
	ep->ep_file = fp;
	return anon_install(fp, (flags & O_CLOEXEC) != 0);
}

long
sys_epoll_create(int size)
{
	return size <= 0 ? -EINVAL : sys_epoll_create1(0);
}
