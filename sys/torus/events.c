/* SPDX-License-Identifier: MIT */
/*
 * sys/torus/events.c: torusN/events, a stream of the events handled.
 *
 * Each reader has a ring. One that does not keep up loses events, and reads
 * `lost N` where they are missing: from the first loss on nothing is stored
 * until it has read all that came before. Without a reader the engine has no
 * hook and runs at full speed.
 *
 * Why readers are rationed: each costs the torus time at every event, and
 * everybody may read. So all have a right to some, and root to as many as it
 * wants: nobody can hide from it what a torus does.
 *
 * Locks: [l] to_lock, [r] er_lock, [o] er_out_lock (rank of a torus: user
 * memory is touched under it; it is never held with to_lock).
 */
#include "base/clock.h"
#include "base/kprintf.h"
#include "base/page.h"
#include "base/slab.h"

#include "torus/torus_internal.h"

#include <abi/errno.h>

#define RING_EVENTS 2048u /* a power of 2 */
#define READERS_MAX 16	  /* of one torus; root's do not count */
#define READERS_OF  4	  /* ... of one user */
#define LINES	    16	  /* formatted at a time */
#define LINE_MOST   80

struct events_reader {
	struct list er_link; /* [l] */
	struct torus *er_torus;
	uid_t er_user; /* [I] */
	bool er_root;  /* [I] root opened it */
	struct spinlock er_lock;
	uint32_t er_head, er_count; /* [r] */
	uint64_t er_lost;	    /* [r] */
	bool er_over;		    /* [r] the torus is gone */
	struct waitq er_wq;
	struct mutex er_out_lock;
	size_t er_at, er_len;		 /* [o] */
	char er_out[LINES * LINE_MOST];	 /* [o] lines not yet read */
	struct rse_event er_ring[RING_EVENTS]; /* [r] */
};

#define READER_SIZE page_round(sizeof(struct events_reader))

static void
reader_push(struct events_reader *er, const struct rse_event *e)
{
	bool first;

	spin_lock(&er->er_lock);
	first = er->er_count == 0 && er->er_lost == 0;
	if (er->er_lost != 0 || er->er_count == RING_EVENTS) {
		er->er_lost++;
	} else {
		er->er_ring[(er->er_head + er->er_count) %
		    RING_EVENTS] = *e;
		er->er_count++;
	}
	spin_unlock(&er->er_lock);
	if (first)
		waitq_wake_key(&er->er_wq, POLLIN | POLLRDNORM);
}

static void
events_handled(void *arg, const struct rse_event *e)
{
	struct torus *to = arg;
	struct events_reader *er;

	list_foreach(er, &to->to_readers, er_link)
		reader_push(er, e);
}

static uint64_t
events_clock(void *arg)
{
	return (uint64_t)clock_mono();
}

/* The engine's ways out of this torus: events only if somebody reads them. */
void
torus_events_hook(struct torus *to)
{
	struct rse_hooks hooks = {
		.arg = to,
		.publish = torus_publish,
		.nudge = torus_nudge,
		.migrate = torus_migrate,
		.resend = torus_resend,
		.clock = events_clock,
	};

	if (!list_empty(&to->to_readers))
		hooks.handled = events_handled;
	if (to->to_rse != NULL)
		rse_torus_hooks_set(to->to_rse, &hooks);
}

/* The torus is gone: its readers get what is left, then the end. */
void
torus_events_end(struct torus *to)
{
	struct events_reader *er, *next;

	list_foreach_safe(er, next, &to->to_readers, er_link) {
		list_del(&er->er_link);
		list_init(&er->er_link);
		spin_lock(&er->er_lock);
		er->er_over = true;
		spin_unlock(&er->er_lock);
		waitq_wake_key(&er->er_wq, POLLIN | POLLRDNORM | POLLHUP);
	}
}

/* er_out_lock held: format some events. False: there are none. */
static bool
reader_fill(struct events_reader *er)
{
	struct rse_event e;
	unsigned n;

	er->er_at = er->er_len = 0;
	for (n = 0; n < LINES; n++) {
		uint64_t lost = 0;

		spin_lock(&er->er_lock);
		if (er->er_count > 0) {
			e = er->er_ring[er->er_head];
			er->er_head = (er->er_head + 1) % RING_EVENTS;
			er->er_count--;
		} else {
			lost = er->er_lost;
			er->er_lost = 0;
			if (lost == 0)
				n = LINES;
		}
		spin_unlock(&er->er_lock);
		if (n == LINES)
			break;
		if (lost != 0)
			er->er_len += (size_t)ksnprintf(er->er_out +
			    er->er_len, LINE_MOST, "lost %lu\n", lost);
		else
			er->er_len += rse_event_format(&e, er->er_out +
			    er->er_len, LINE_MOST);
	}
	return er->er_len > 0;
}

static bool
reader_ready(struct events_reader *er)
{
	bool ready;

	spin_lock(&er->er_lock);
	ready = er->er_count > 0 || er->er_lost > 0 || er->er_over;
	spin_unlock(&er->er_lock);
	return ready;
}

static bool
reader_over(struct events_reader *er)
{
	bool over;

	spin_lock(&er->er_lock);
	over = er->er_over && er->er_count == 0 && er->er_lost == 0;
	spin_unlock(&er->er_lock);
	return over;
}

/* May there be one more? to_lock held. */
static int
reader_admit(const struct torus *to, const struct events_reader *er)
{
	const struct events_reader *other;
	unsigned all = 0, same = 0;

	if (to->to_rse == NULL)
		return -ENXIO;
	if (er->er_root)
		return 0;
	list_foreach(other, &to->to_readers, er_link) {
		all += !other->er_root;
		same += !other->er_root && other->er_user == er->er_user;
	}
	return same >= READERS_OF ? -EDQUOT : all >= READERS_MAX ? -EBUSY : 0;
}

static struct events_reader *
reader_make(struct torus *to)
{
	struct events_reader *er = torus_room_take(READER_SIZE);

	if (er == NULL)
		return NULL;
	er->er_torus = to;
	er->er_user = torus_user();
	er->er_root = torus_privileged();
	list_init(&er->er_link);
	spin_init(&er->er_lock, LR_DRIVER, "events");
	waitq_init(&er->er_wq);
	mutex_init(&er->er_out_lock, LR_TORUS, "events out");
	return er;
}

static int
events_open(struct cdev_file *cf)
{
	struct torus *to = torus_of(cf);
	struct events_reader *er;
	int error;

	if ((error = torus_build_all()) != 0)
		return error;
	er = reader_make(to);
	if (er == NULL)
		return -ENOMEM;
	torus_enter(to);
	error = reader_admit(to, er);
	if (error == 0) {
		list_add_tail(&to->to_readers, &er->er_link);
		torus_events_hook(to);
	}
	torus_leave(to);
	if (error != 0)
		torus_room_give(er, READER_SIZE);
	else
		cf->cf_data = er;
	return error;
}

static void
events_close(struct cdev_file *cf)
{
	struct events_reader *er = cf->cf_data;
	struct torus *to = er->er_torus;

	torus_enter(to);
	list_del(&er->er_link);
	torus_events_hook(to);
	torus_leave(to);
	torus_room_give(er, READER_SIZE);
}

static int
events_read(struct cdev_file *cf, struct uio *uio)
{
	struct events_reader *er = cf->cf_data;
	size_t before = uio->uio_resid, n;
	int error = 0;

	if (before == 0)
		return 0;
	for (;;) {
		mutex_lock(&er->er_out_lock);
		while (uio->uio_resid > 0 && error == 0 &&
		    (er->er_at < er->er_len || reader_fill(er))) {
			n = MIN(er->er_len - er->er_at, uio->uio_resid);
			error = uiomove(er->er_out + er->er_at, n, uio);
			if (error == 0)
				er->er_at += n;
		}
		mutex_unlock(&er->er_out_lock);
		if (uio->uio_resid != before || error != 0)
			return error;
		if (reader_over(er))
			return 0;
		if (cf->cf_flags & TORUS_NONBLOCK)
			return -EAGAIN;
		error = WAIT_EVENT_INTR(&er->er_wq, reader_ready(er));
		if (error != 0)
			return error;
	}
}

static unsigned
events_poll(struct cdev_file *cf, struct polltable *pt)
{
	struct events_reader *er = cf->cf_data;
	unsigned events = 0;

	poll_wait(pt, &er->er_wq);
	/* A reader of the same descriptor may be at it: a hint is enough. */
	if (atomic_load_relaxed(&er->er_at) <
	    atomic_load_relaxed(&er->er_len) || reader_ready(er))
		events = POLLIN | POLLRDNORM;
	if (reader_over(er))
		events |= POLLHUP;
	return events;
}

const struct cdevops torus_events_ops = {
	.cd_open = events_open,
	.cd_close = events_close,
	.cd_read = events_read,
	.cd_poll = events_poll,
};
