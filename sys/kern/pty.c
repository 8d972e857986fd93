/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/pty.c: pseudo terminals: /dev/ptmx and /dev/pts/N.
 *
 *	master write -> tty_receive() -> slave read
 *	slave write -> td_write() -> pt_out -> master read
 *
 * Each number has a slot that is made once and kept, so that the device below
 * /dev/pts never points to freed memory; the pair in it comes with an open of
 * ptmx and goes when both sides are closed.
 * Locks: pty_lock (mutex, rank DEVICE) guards the slots' pairs and their
 * counts; pt_lock (spin) the output ring.
 */
#include "base/init.h"
#include "base/kprintf.h"
#include "base/panic.h"
#include "base/slab.h"

#include <machine/usercopy.h>

#include "kern/tty_internal.h"

#define PTY_MAX	      1024
#define PTY_OUT_SIZE  4096
#define PTS_MAJOR     136
#define GID_TTY	      5

struct pty {
	unsigned pt_index;     /* [I] */
	struct tty *pt_tty;    /* [I] the slave */
	struct spinlock pt_lock;
	uint8_t pt_out[PTY_OUT_SIZE]; /* [pt_lock] */
	uint32_t pt_head, pt_tail;    /* [pt_lock] free-running */
	struct waitq pt_readq; /* masters that read */
	struct mutex pt_wlock; /* one master write at a time */
	bool pt_locked;	       /* [a] until unlockpt(3) */
	bool pt_master_open;   /* [pty_lock] */
	bool pt_slave_gone;    /* [a] opened before and closed by all */
	uint32_t pt_slaves;    /* [pty_lock] opens of the slave */
};

struct pty_slot {
	struct cdev ps_cdev;
	char ps_path[12];
	struct pty *ps_pty; /* [pty_lock] */
};

static struct mutex pty_lock;
static struct pty_slot *slots[PTY_MAX]; /* [pty_lock]; never freed */

/* --- the slave's driver -------------------------------------------------- */

static size_t
pty_td_write(struct tty *t, const char *s, size_t n)
{
	struct pty *pt = tty_priv(t);
	size_t done = 0;

	spin_lock(&pt->pt_lock);
	while (done < n && pt->pt_head - pt->pt_tail < PTY_OUT_SIZE)
		pt->pt_out[pt->pt_head++ % PTY_OUT_SIZE] = (uint8_t)s[done++];
	spin_unlock(&pt->pt_lock);
	if (done > 0)
		waitq_wake_key(&pt->pt_readq, POLLIN | POLLRDNORM);
	return done;
}

static size_t
pty_td_pending(struct tty *t)
{
	struct pty *pt = tty_priv(t);

	return atomic_load(&pt->pt_head) - atomic_load(&pt->pt_tail);
}

static size_t
pty_td_room(struct tty *t)
{
	return PTY_OUT_SIZE - pty_td_pending(t);
}

static void
pty_td_flush(struct tty *t)
{
	struct pty *pt = tty_priv(t);

	spin_lock(&pt->pt_lock);
	pt->pt_tail = pt->pt_head;
	spin_unlock(&pt->pt_lock);
	tty_output_ready(t);
}

static const struct ttydriver pty_driver = {
	.td_name = "pty",
	.td_write = pty_td_write,
	.td_room = pty_td_room,
	.td_flush_output = pty_td_flush,
};

/* --- pairs --------------------------------------------------------------- */

/* pty_lock held: frees the pair if neither side is open. */
static void
pair_release(struct pty_slot *ps)
{
	struct pty *pt = ps->ps_pty;

	if (pt->pt_master_open || pt->pt_slaves > 0)
		return;
	ps->ps_pty = NULL;
	tty_unref(pt->pt_tty);
	kfree(pt);
}

static struct pty *
pair_create(unsigned index)
{
	struct pty *pt = kzalloc(sizeof(*pt));

	if (pt == NULL)
		return NULL;
	pt->pt_index = index;
	pt->pt_tty = tty_create(&pty_driver, pt, makedev(PTS_MAJOR, index));
	if (pt->pt_tty == NULL) {
		kfree(pt);
		return NULL;
	}
	spin_init(&pt->pt_lock, LR_DRIVER, "pty");
	mutex_init(&pt->pt_wlock, LR_TTYWRITE, "pty master");
	waitq_init(&pt->pt_readq);
	pt->pt_locked = true;
	pt->pt_master_open = true;
	return pt;
}

static int pts_open(struct cdev_file *);
static void pts_close(struct cdev_file *);
static struct cdevops pts_cdevops;

static struct pty_slot *
slot_create(unsigned index)
{
	struct pty_slot *ps = kzalloc(sizeof(*ps));

	if (ps == NULL)
		return NULL;
	ksnprintf(ps->ps_path, sizeof(ps->ps_path), "pts/%u", index);
	ps->ps_cdev.cd_path = ps->ps_path;
	ps->ps_cdev.cd_dev = makedev(PTS_MAJOR, index);
	ps->ps_cdev.cd_gid = GID_TTY;
	ps->ps_cdev.cd_mode = 0620;
	ps->ps_cdev.cd_ops = &pts_cdevops;
	ps->ps_cdev.cd_priv = ps;
	return ps;
}

/* pty_lock held: the lowest slot with no pair, with a new one in it. */
static int
pair_install(struct pty_slot **out)
{
	unsigned i = 0;
	struct pty_slot *ps;

	while (i < PTY_MAX && slots[i] != NULL && slots[i]->ps_pty != NULL)
		i++;
	if (i == PTY_MAX)
		return -ENOSPC;
	if (slots[i] == NULL)
		slots[i] = slot_create(i);
	ps = slots[i];
	if (ps == NULL)
		return -ENOMEM;
	ps->ps_pty = pair_create(i);
	if (ps->ps_pty == NULL)
		return -ENOMEM;
	ps->ps_cdev.cd_uid = curlwp()->l_cred->cr_euid;
	*out = ps;
	return 0;
}

/* --- /dev/pts/N ---------------------------------------------------------- */

static int
pts_open(struct cdev_file *cf)
{
	struct pty_slot *ps = cf->cf_dev->cd_priv;
	struct pty *pt;
	int err = -EIO;

	mutex_lock(&pty_lock);
	pt = ps->ps_pty;
	if (pt != NULL && pt->pt_master_open && !atomic_load(&pt->pt_locked)) {
		pt->pt_slaves++;
		atomic_store(&pt->pt_slave_gone, false);
		err = 0;
	}
	mutex_unlock(&pty_lock);
	if (err != 0)
		return err;
	err = tty_open_cdev(cf, pt->pt_tty);
	if (err != 0) {
		mutex_lock(&pty_lock);
		pt->pt_slaves--;
		pair_release(ps);
		mutex_unlock(&pty_lock);
	}
	return err;
}

static void
pts_close(struct cdev_file *cf)
{
	struct pty_slot *ps = cf->cf_dev->cd_priv;
	struct pty *pt = ps->ps_pty;

	tty_cdevops.cd_close(cf);
	mutex_lock(&pty_lock);
	if (--pt->pt_slaves == 0) {
		atomic_store(&pt->pt_slave_gone, true);
		waitq_wake_key(&pt->pt_readq, POLLIN | POLLHUP);
	}
	pair_release(ps);
	mutex_unlock(&pty_lock);
}

/* --- /dev/ptmx ----------------------------------------------------------- */

static int
ptmx_open(struct cdev_file *cf)
{
	struct pty_slot *ps;
	int err;

	mutex_lock(&pty_lock);
	err = pair_install(&ps);
	if (err == 0) {
		cf->cf_data = ps;
		err = cdev_register(&ps->ps_cdev);
		if (err != 0) {
			ps->ps_pty->pt_master_open = false;
			pair_release(ps);
		}
	}
	mutex_unlock(&pty_lock);
	return err;
}

static void
ptmx_close(struct cdev_file *cf)
{
	struct pty_slot *ps = cf->cf_data;
	struct tty *t = ps->ps_pty->pt_tty;

	cdev_unregister(&ps->ps_cdev);
	atomic_store(&t->t_eof_peer, true);
	tty_carrier_lost(t);
	mutex_lock(&pty_lock);
	ps->ps_pty->pt_master_open = false;
	pair_release(ps);
	mutex_unlock(&pty_lock);
}

static bool
out_empty(struct pty *pt)
{
	return atomic_load(&pt->pt_head) == atomic_load(&pt->pt_tail);
}

static int
ptmx_read(struct cdev_file *cf, struct uio *uio)
{
	struct pty *pt = ((struct pty_slot *)cf->cf_data)->ps_pty;
	uint8_t piece[256];
	size_t total = 0;

	while (uio->uio_resid > 0) {
		size_t n = 0, max = MIN(uio->uio_resid, sizeof(piece));
		int err;

		spin_lock(&pt->pt_lock);
		while (n < max && pt->pt_tail != pt->pt_head)
			piece[n++] = pt->pt_out[pt->pt_tail++ % PTY_OUT_SIZE];
		spin_unlock(&pt->pt_lock);
		if (n > 0) {
			tty_output_ready(pt->pt_tty);
			total += n;
			err = uiomove(piece, n, uio);
			if (err != 0)
				return err;
			continue;
		}
		if (total > 0)
			break;
		if (atomic_load(&pt->pt_slave_gone))
			return -EIO;
		if (cf->cf_flags & O_NONBLOCK)
			return -EAGAIN;
		err = WAIT_EVENT_INTR(&pt->pt_readq, !out_empty(pt) ||
			atomic_load(&pt->pt_slave_gone));
		if (err != 0)
			return err;
	}
	return 0;
}

/* Waits until the slave's discipline has room, then how much; or an error. */
static ssize_t
input_room(struct tty *t, bool nonblock)
{
	for (;;) {
		size_t room;
		int err;

		mutex_lock(&t->t_lock);
		room = tty_input_room(t);
		mutex_unlock(&t->t_lock);
		if (room > 0)
			return (ssize_t)room;
		if (nonblock)
			return -EAGAIN;
		err = WAIT_EVENT_INTR(&t->t_roomq,
		    atomic_load(&t->t_head) - atomic_load(&t->t_tail) <
			TTY_IN_SIZE - 1);
		if (err != 0)
			return err;
	}
}

static int
ptmx_write_locked(struct tty *t, struct uio *uio, bool nonblock)
{
	uint8_t piece[256];

	while (uio->uio_resid > 0) {
		ssize_t room = input_room(t, nonblock);
		size_t n;
		int err;

		if (room < 0)
			return (int)room;
		n = MIN(MIN(uio->uio_resid, sizeof(piece)), (size_t)room);
		err = uiomove(piece, n, uio);
		if (err != 0)
			return err;
		mutex_lock(&t->t_lock);
		tty_receive(t, piece, n);
		mutex_unlock(&t->t_lock);
	}
	return 0;
}

static int
ptmx_write(struct cdev_file *cf, struct uio *uio)
{
	struct pty *pt = ((struct pty_slot *)cf->cf_data)->ps_pty;
	size_t want = uio->uio_resid;
	int err;

	mutex_lock(&pt->pt_wlock);
	err = ptmx_write_locked(pt->pt_tty, uio, cf->cf_flags & O_NONBLOCK);
	mutex_unlock(&pt->pt_wlock);
	return uio->uio_resid < want ? 0 : err;
}

static int
ptmx_ioctl(struct cdev_file *cf, unsigned long cmd, vaddr_t arg)
{
	struct pty *pt = ((struct pty_slot *)cf->cf_data)->ps_pty;
	uint32_t v;
	int err;

	switch (cmd) {
	case TIOCGPTN:
		return user_store32(arg, pt->pt_index);
	case TIOCSPTLCK:
		err = user_load32(arg, &v);
		if (err == 0)
			atomic_store(&pt->pt_locked, v != 0);
		return err;
	case TIOCGPTLCK:
		return user_store32(arg, pt->pt_locked);
	case TIOCGPGRP:
		return user_store32(arg, (uint32_t)pt->pt_tty->t_fg_pgid);
	case TIOCINQ:
		return user_store32(arg, (uint32_t)pty_td_pending(pt->pt_tty));
	default:
		return tty_ioctl(pt->pt_tty, cmd, arg, true);
	}
}

static unsigned
ptmx_poll(struct cdev_file *cf, struct polltable *ptb)
{
	struct pty *pt = ((struct pty_slot *)cf->cf_data)->ps_pty;
	struct tty *t = pt->pt_tty;
	unsigned events = 0;

	poll_wait(ptb, &pt->pt_readq);
	poll_wait(ptb, &t->t_roomq);
	if (!out_empty(pt))
		events |= POLLIN | POLLRDNORM;
	if (atomic_load(&pt->pt_slave_gone))
		events |= POLLHUP;
	mutex_lock(&t->t_lock);
	if (tty_input_room(t) > 0)
		events |= POLLOUT | POLLWRNORM;
	mutex_unlock(&t->t_lock);
	return events;
}

static const struct cdevops ptmx_cdevops = {
	.cd_open = ptmx_open,
	.cd_close = ptmx_close,
	.cd_read = ptmx_read,
	.cd_write = ptmx_write,
	.cd_ioctl = ptmx_ioctl,
	.cd_poll = ptmx_poll,
};

static struct cdev ptmx_cdev = {
	.cd_path = "ptmx",
	.cd_mode = 0666,
	.cd_gid = GID_TTY,
	.cd_ops = &ptmx_cdevops,
};

static void
pty_init(void)
{
	mutex_init(&pty_lock, LR_DEVICE, "ptys");
	pts_cdevops = tty_cdevops;
	pts_cdevops.cd_open = pts_open;
	pts_cdevops.cd_close = pts_close;
	ptmx_cdev.cd_dev = makedev(5, 2);
	if (cdev_register(&ptmx_cdev) != 0)
		panic("cannot register /dev/ptmx");
}
INIT(INIT_DRIVER, 07, pty_init);
