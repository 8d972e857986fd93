/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/eventfd.c: a counter to wait for.
 *
 * Locks: ev_lock (spin) for the counter; user memory is touched without it.
 */
#include "base/kprintf.h"
#include "base/slab.h"

#include "fs/vnode.h"
#include "kern/filecall.h"
#include "kern/syscall.h"

#define EFD_SEMAPHORE 1
#define EV_MAX	      (UINT64_MAX - 1)

struct eventfd {
	struct spinlock ev_lock;
	uint64_t ev_count; /* [ev_lock] */
	bool ev_semaphore; /* [I] */
	struct waitq ev_rq, ev_wq;
	ino_t ev_ino;
};

/* Takes what a read gives; 0: nothing is there. */
static uint64_t
event_take(struct eventfd *ev)
{
	uint64_t v;

	spin_lock(&ev->ev_lock);
	v = ev->ev_semaphore ? ev->ev_count != 0 : ev->ev_count;
	ev->ev_count -= v;
	spin_unlock(&ev->ev_lock);
	if (v != 0 && waitq_has_sleepers(&ev->ev_wq))
		waitq_wake_key(&ev->ev_wq, POLLOUT | POLLWRNORM);
	return v;
}

static bool
event_add(struct eventfd *ev, uint64_t v)
{
	bool fits;

	spin_lock(&ev->ev_lock);
	fits = v <= EV_MAX - ev->ev_count;
	if (fits)
		ev->ev_count += v;
	spin_unlock(&ev->ev_lock);
	if (fits && v != 0 && waitq_has_sleepers(&ev->ev_rq))
		waitq_wake_key(&ev->ev_rq, POLLIN | POLLRDNORM);
	return fits;
}

static int
event_fo_read(struct file *fp, struct uio *uio)
{
	struct eventfd *ev = fp->f_data;
	uint64_t v;
	int error;

	if (uio->uio_resid < sizeof(v))
		return -EINVAL;
	while ((v = event_take(ev)) == 0) {
		if ((fp->f_flags & O_NONBLOCK) != 0)
			return -EAGAIN;
		error = WAIT_EVENT_INTR(&ev->ev_rq,
		    atomic_load_relaxed(&ev->ev_count) != 0);
		if (error != 0)
			return error;
	}
	return uiomove(&v, sizeof(v), uio);
}

static int
event_fo_write(struct file *fp, struct uio *uio)
{
	struct eventfd *ev = fp->f_data;
	uint64_t v;
	int error;

	if (uio->uio_resid < sizeof(v))
		return -EINVAL;
	error = uiomove(&v, sizeof(v), uio);
	if (error == 0 && v == UINT64_MAX)
		error = -EINVAL;
	while (error == 0 && !event_add(ev, v)) {
		if ((fp->f_flags & O_NONBLOCK) != 0)
			error = -EAGAIN;
		else
			error = WAIT_EVENT_INTR(&ev->ev_wq, v <= EV_MAX -
			    atomic_load_relaxed(&ev->ev_count));
	}
	if (error != 0)
		uio->uio_resid += sizeof(v); /* not written after all */
	return error;
}

static unsigned
event_fo_poll(struct file *fp, struct polltable *pt)
{
	struct eventfd *ev = fp->f_data;
	unsigned events = 0;
	uint64_t count;

	poll_wait(pt, &ev->ev_rq);
	poll_wait(pt, &ev->ev_wq);
	count = atomic_load(&ev->ev_count);
	if (count != 0)
		events |= POLLIN | POLLRDNORM;
	if (count < EV_MAX)
		events |= POLLOUT | POLLWRNORM;
	return events;
}

static int
event_fo_stat(struct file *fp, struct vattr *va)
{
	struct eventfd *ev = fp->f_data;

	anon_stat(va, 0600, ev->ev_ino, fp);
	return 0;
}

static void
event_fo_close(struct file *fp)
{
	kfree(fp->f_data);
}

static void
event_fo_describe(struct file *fp, char *buf, size_t size)
{
	ksnprintf(buf, size, "anon_inode:[eventfd]");
}

static const struct fileops eventfd_fileops = {
	.fo_name = "eventfd",
	.fo_read = event_fo_read,
	.fo_write = event_fo_write,
	.fo_poll = event_fo_poll,
	.fo_stat = event_fo_stat,
	.fo_close = event_fo_close,
	.fo_describe = event_fo_describe,
};

long
sys_eventfd2(unsigned initval, int flags)
{
	struct eventfd *ev;
	struct file *fp;

	if ((flags & ~(O_CLOEXEC | O_NONBLOCK | EFD_SEMAPHORE)) != 0)
		return -EINVAL;
	ev = kzalloc(sizeof(*ev));
	if (ev == NULL)
		return -ENOMEM;
	spin_init(&ev->ev_lock, LR_WAITQ, "eventfd");
	waitq_init(&ev->ev_rq);
	waitq_init(&ev->ev_wq);
	ev->ev_count = initval;
	ev->ev_semaphore = (flags & EFD_SEMAPHORE) != 0;
	ev->ev_ino = anon_ino();
	fp = file_alloc(&eventfd_fileops, ev, O_RDWR |
	    ((unsigned)flags & O_NONBLOCK), curlwp()->l_cred);
	if (fp == NULL)
		kfree(ev);
	return anon_install(fp, (flags & O_CLOEXEC) != 0);
}

long
sys_eventfd(unsigned initval)
{
	return sys_eventfd2(initval, 0);
}
