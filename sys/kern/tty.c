/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/tty.c: a terminal's life: made by a driver, opened, hung up; and
 * the thread that takes input from interrupts through the line discipline.
 */
#include "base/init.h"
#include "base/panic.h"
#include "base/slab.h"
#include "base/string.h"

#include "kern/tty_internal.h"

static struct tty *console_tty; /* [a] */

/* Terminals with raw input to look at. */
static struct spinlock work_lock = SPINLOCK_INIT(LR_TTYRING, "ttyd");
static struct list work = LIST_INIT(work);
static struct waitq work_wq = WAITQ_INIT(work_wq);

const struct ktermios tty_default_termios = {
	.c_iflag = ICRNL | IXON | IUTF8,
	.c_oflag = OPOST | ONLCR,
	.c_cflag = B38400 | CS8 | CREAD | HUPCL,
	.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE |
	    IEXTEN,
	.c_cc = { [VINTR] = 3, [VQUIT] = 28, [VERASE] = 127, [VKILL] = 21,
	    [VEOF] = 4, [VMIN] = 1, [VSTART] = 17, [VSTOP] = 19, [VSUSP] = 26,
	    [VREPRINT] = 18, [VDISCARD] = 15, [VWERASE] = 23, [VLNEXT] = 22 },
};

struct tty *
tty_create(const struct ttydriver *drv, void *priv, dev_t dev)
{
	struct tty *t = kzalloc(sizeof(*t));

	if (t == NULL)
		return NULL;
	mutex_init(&t->t_lock, LR_TTY, "tty");
	mutex_init(&t->t_wlock, LR_TTYWRITE, "tty write");
	spin_init(&t->t_rawlock, LR_TTYRING, "tty input");
	waitq_init(&t->t_readq);
	waitq_init(&t->t_writeq);
	waitq_init(&t->t_roomq);
	list_init(&t->t_work);
	t->t_drv = drv;
	t->t_priv = priv;
	t->t_dev = dev;
	t->t_ref = 1;
	t->t_ios = tty_default_termios;
	return t;
}

void
tty_ref(struct tty *t)
{
	atomic_add_relaxed(&t->t_ref, 1);
}

void
tty_unref(struct tty *t)
{
	if (atomic_sub(&t->t_ref, 1) == 0)
		kfree(t);
}

void *
tty_priv(struct tty *t)
{
	return t->t_priv;
}

dev_t
tty_dev(struct tty *t)
{
	return t->t_dev;
}

/* --- input from interrupts ----------------------------------------------- */

static void
work_add(struct tty *t)
{
	uint64_t irq = spin_lock_irq(&work_lock);

	if (!t->t_queued) {
		t->t_queued = true;
		tty_ref(t);
		list_add_tail(&work, &t->t_work);
	}
	spin_unlock_irq(&work_lock, irq);
	waitq_wake_all(&work_wq);
}

void
tty_input(struct tty *t, const char *s, size_t n)
{
	bool throttle = false;
	uint64_t irq = spin_lock_irq(&t->t_rawlock);

	/* What does not fit is lost, as on a line without flow control. */
	for (; n > 0 && t->t_raw_head - t->t_raw_tail < TTY_RAW_SIZE; n--)
		t->t_raw[t->t_raw_head++ % TTY_RAW_SIZE] = (uint8_t)*s++;
	if (t->t_raw_head - t->t_raw_tail >= TTY_RAW_HIGH && !t->t_throttled)
		throttle = t->t_throttled = true;
	spin_unlock_irq(&t->t_rawlock, irq);
	if (throttle && t->t_drv->td_throttle != NULL)
		t->t_drv->td_throttle(t, true);
	work_add(t);
}

void
tty_break(struct tty *t)
{
	uint64_t irq = spin_lock_irq(&t->t_rawlock);

	t->t_raw_break = true;
	spin_unlock_irq(&t->t_rawlock, irq);
	work_add(t);
}

static void
handle_break(struct tty *t)
{
	if (IFLAG(t, IGNBRK))
		return;
	if (IFLAG(t, BRKINT)) {
		tty_flush_input(t);
		mutex_unlock(&t->t_lock);
		tty_signal_fg(t, SIGINT);
		mutex_lock(&t->t_lock);
	} else {
		tty_receive(t, (const uint8_t *)"", 1);
	}
}

/* Up to n raw bytes; unthrottles the driver when the ring is low again. */
static size_t
pull_raw(struct tty *t, uint8_t *out, size_t n, bool *brk)
{
	bool unthrottle = false;
	size_t got = 0;
	uint64_t irq = spin_lock_irq(&t->t_rawlock);

	while (got < n && t->t_raw_tail != t->t_raw_head)
		out[got++] = t->t_raw[t->t_raw_tail++ % TTY_RAW_SIZE];
	*brk = t->t_raw_break;
	t->t_raw_break = false;
	if (t->t_throttled && t->t_raw_head - t->t_raw_tail <= TTY_RAW_LOW) {
		t->t_throttled = false;
		unthrottle = true;
	}
	spin_unlock_irq(&t->t_rawlock, irq);
	if (unthrottle && t->t_drv->td_throttle != NULL)
		t->t_drv->td_throttle(t, false);
	return got;
}

/*
 * Takes raw bytes in pieces, so that interrupts can go on adding, and only as
 * many as the discipline has room for: the rest waits until somebody reads.
 */
static void
take_raw(struct tty *t)
{
	uint8_t piece[128];
	size_t n;
	bool brk;

	do {
		mutex_lock(&t->t_lock);
		n = MIN(tty_input_room(t), sizeof(piece));
		n = pull_raw(t, piece, n, &brk);
		if (brk)
			handle_break(t);
		tty_receive(t, piece, n);
		mutex_unlock(&t->t_lock);
	} while (n > 0 || brk);
}

void
tty_input_resume(struct tty *t)
{
	if (atomic_load_relaxed(&t->t_raw_head) !=
	    atomic_load_relaxed(&t->t_raw_tail))
		work_add(t);
	waitq_wake_key(&t->t_roomq, POLLOUT | POLLWRNORM);
}

static void
ttyd(void *arg)
{
	for (;;) {
		struct tty *t;
		uint64_t irq;

		WAIT_EVENT(&work_wq, !list_empty(&work));
		irq = spin_lock_irq(&work_lock);
		t = list_first(&work, struct tty, t_work);
		list_del(&t->t_work);
		t->t_queued = false;
		spin_unlock_irq(&work_lock, irq);
		take_raw(t);
		tty_unref(t);
	}
}

static void
ttyd_start(void)
{
	(void)kthread_start("ttyd", ttyd, NULL);
}
INIT(INIT_DRIVER, 05, ttyd_start);

void
tty_output_ready(struct tty *t)
{
	waitq_wake_key(&t->t_writeq, POLLOUT | POLLWRNORM);
}

/* --- opening and closing ------------------------------------------------- */

int
tty_open_cdev(struct cdev_file *cf, struct tty *t)
{
	struct tty_open *to = kmalloc(sizeof(*to), 0);

	if (to == NULL)
		return -ENOMEM;
	mutex_lock(&t->t_lock);
	if (t->t_exclusive && t->t_nopen > 0 &&
	    !cred_capable(curlwp()->l_cred, CAP_SYS_ADMIN)) {
		mutex_unlock(&t->t_lock);
		kfree(to);
		return -EBUSY;
	}
	if (t->t_nopen++ == 0 && t->t_drv->td_open != NULL)
		t->t_drv->td_open(t);
	to->to_tty = t;
	to->to_hangups = t->t_hangups;
	mutex_unlock(&t->t_lock);
	tty_ref(t);
	cf->cf_data = to;
	if (!(cf->cf_flags & O_NOCTTY))
		tty_open_controlling(t);
	return 0;
}

static int
tty_cd_open(struct cdev_file *cf)
{
	return tty_open_cdev(cf, cf->cf_dev->cd_priv);
}

static void
tty_cd_close(struct cdev_file *cf)
{
	struct tty_open *to = cf->cf_data;
	struct tty *t = to->to_tty;

	mutex_lock(&t->t_lock);
	if (--t->t_nopen == 0) {
		t->t_exclusive = false;
		if (t->t_drv->td_hangup != NULL)
			t->t_drv->td_hangup(t);
	}
	mutex_unlock(&t->t_lock);
	kfree(to);
	tty_unref(t);
}

static int
tty_cd_read(struct cdev_file *cf, struct uio *uio)
{
	return tty_read_uio(cf->cf_data, uio, cf->cf_flags & O_NONBLOCK);
}

static int
tty_cd_write(struct cdev_file *cf, struct uio *uio)
{
	return tty_write_uio(cf->cf_data, uio, cf->cf_flags & O_NONBLOCK);
}

static int
tty_cd_ioctl(struct cdev_file *cf, unsigned long cmd, vaddr_t arg)
{
	struct tty_open *to = cf->cf_data;

	if (tty_open_dead(to))
		return -EIO;
	return tty_ioctl(to->to_tty, cmd, arg, false);
}

static unsigned
tty_cd_poll(struct cdev_file *cf, struct polltable *pt)
{
	struct tty_open *to = cf->cf_data;
	struct tty *t = to->to_tty;
	unsigned events = 0;

	poll_wait(pt, &t->t_readq);
	poll_wait(pt, &t->t_writeq);
	if (tty_open_dead(to))
		return POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDNORM |
		    POLLWRNORM;
	mutex_lock(&t->t_lock);
	if (tty_input_ready(t) > 0)
		events |= POLLIN | POLLRDNORM;
	if (t->t_eof_peer)
		events |= POLLHUP | POLLIN | POLLRDNORM;
	if (!t->t_stopped && t->t_drv->td_room(t) > 0)
		events |= POLLOUT | POLLWRNORM;
	mutex_unlock(&t->t_lock);
	return events;
}

const struct cdevops tty_cdevops = {
	.cd_open = tty_cd_open,
	.cd_close = tty_cd_close,
	.cd_read = tty_cd_read,
	.cd_write = tty_cd_write,
	.cd_ioctl = tty_cd_ioctl,
	.cd_poll = tty_cd_poll,
};

/*
 * Every open there is becomes dead: reads give end of file, writes EIO; the
 * next open starts afresh.
 */
void
tty_hangup(struct tty *t)
{
	mutex_lock(&t->t_lock);
	atomic_add(&t->t_hangups, 1);
	tty_flush_input(t);
	t->t_ios = tty_default_termios;
	t->t_stopped = false;
	mutex_unlock(&t->t_lock);
	waitq_wake_key(&t->t_readq, POLLIN | POLLHUP);
	waitq_wake_key(&t->t_writeq, POLLOUT | POLLHUP);
}

void
tty_set_winsize(struct tty *t, const struct winsize *ws)
{
	bool changed;

	mutex_lock(&t->t_lock);
	changed = memcmp(&t->t_win, ws, sizeof(*ws)) != 0;
	t->t_win = *ws;
	if (changed && t->t_drv->td_set_winsize != NULL)
		t->t_drv->td_set_winsize(t, ws);
	mutex_unlock(&t->t_lock);
	if (changed)
		tty_signal_fg(t, SIGWINCH);
}

/* --- /dev/tty and /dev/console ------------------------------------------- */

void
tty_set_console(struct tty *t)
{
	atomic_store(&console_tty, t);
}

static int
console_open(struct cdev_file *cf)
{
	struct tty *t = atomic_load(&console_tty);

	if (t == NULL)
		return -ENXIO;
	/* Opening the console never makes it anybody's controlling terminal:
	 * init opens it before there are sessions to speak of. */
	cf->cf_flags |= O_NOCTTY;
	return tty_open_cdev(cf, t);
}

static int
self_open(struct cdev_file *cf)
{
	struct tty *t = tty_of_session_self();
	int err;

	if (t == NULL)
		return -ENXIO;
	cf->cf_flags |= O_NOCTTY;
	err = tty_open_cdev(cf, t);
	tty_unref(t);
	return err;
}

static const struct cdevops console_cdevops = {
	.cd_open = console_open,
	.cd_close = tty_cd_close,
	.cd_read = tty_cd_read,
	.cd_write = tty_cd_write,
	.cd_ioctl = tty_cd_ioctl,
	.cd_poll = tty_cd_poll,
};

static const struct cdevops self_cdevops = {
	.cd_open = self_open,
	.cd_close = tty_cd_close,
	.cd_read = tty_cd_read,
	.cd_write = tty_cd_write,
	.cd_ioctl = tty_cd_ioctl,
	.cd_poll = tty_cd_poll,
};

static struct cdev tty_cdevs[] = {
	{ .cd_path = "tty", .cd_mode = 0666, .cd_gid = 5,
	    .cd_ops = &self_cdevops },
	{ .cd_path = "console", .cd_mode = 0600, .cd_ops = &console_cdevops },
};

static void
tty_devices(void)
{
	for (unsigned i = 0; i < nitems(tty_cdevs); i++) {
		tty_cdevs[i].cd_dev = makedev(5, i);
		if (cdev_register(&tty_cdevs[i]) != 0)
			panic("cannot register /dev/%s", tty_cdevs[i].cd_path);
	}
}
INIT(INIT_DRIVER, 06, tty_devices);
