/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/timerfd.c: timers that are read as files.
 *
 * The base timer runs in interrupt context: it counts an expiry, arms itself
 * for the next period and wakes. Expiries that passed meanwhile are counted
 * when the next one fires or somebody asks.
 * Locks: tf_lock (spin, interrupts off). timer_cancel() is called without it:
 * it waits for the function, which takes it. tf_ctl (mutex) keeps those who
 * set the timer apart.
 */
#include "base/clock.h"
#include "base/kprintf.h"
#include "base/slab.h"

#include "fs/vnode.h"
#include "kern/filecall.h"
#include "kern/syscall.h"

#define CLOCK_REALTIME	     0
#define CLOCK_MONOTONIC	     1
#define CLOCK_BOOTTIME	     7
#define CLOCK_REALTIME_ALARM 8
#define CLOCK_BOOTTIME_ALARM 9
#define TFD_TIMER_ABSTIME	1
#define TFD_TIMER_CANCEL_ON_SET 2

struct timerfd {
	struct mutex tf_ctl;
	struct spinlock tf_lock;
	struct timer tf_timer;
	nsec_t tf_next;	    /* [tf_lock] clock_mono(), NSEC_NEVER: disarmed */
	nsec_t tf_interval; /* [tf_lock] 0: once */
	uint64_t tf_ticks;  /* [tf_lock] expiries not yet read */
	nsec_t tf_offset;   /* [tf_ctl] real - mono when it was set */
	bool tf_cancel;	    /* [tf_ctl] setting the clock ends it */
	bool tf_real;	    /* [I] */
	struct waitq tf_waitq;
	ino_t tf_ino;
};

struct utimerspec { /* struct itimerspec */
	int64_t int_sec, int_nsec, val_sec, val_nsec;
};

/* tf_lock held: counts what has expired by now. */
static void
timer_catch_up(struct timerfd *tf, nsec_t now)
{
	uint64_t n;

	if (tf->tf_next > now)
		return;
	if (tf->tf_interval == 0) {
		tf->tf_ticks++;
		tf->tf_next = NSEC_NEVER;
		return;
	}
	n = (uint64_t)(now - tf->tf_next) / (uint64_t)tf->tf_interval + 1;
	tf->tf_ticks += n;
	tf->tf_next = span_add(tf->tf_next, (nsec_t)n * tf->tf_interval);
}

/* Interrupt context. */
static void
timer_fire(struct timer *tm)
{
	struct timerfd *tf = container_of(tm, struct timerfd, tf_timer);
	uint64_t irq;

	irq = spin_lock_irq(&tf->tf_lock);
	timer_catch_up(tf, clock_mono());
	if (tf->tf_next != NSEC_NEVER) /* under the lock: see timer_fo_close */
		timer_set(tm, tf->tf_next);
	spin_unlock_irq(&tf->tf_lock, irq);
	waitq_wake_key(&tf->tf_waitq, POLLIN | POLLRDNORM);
}

/* --- as a file ----------------------------------------------------------- */

static bool
timer_cancelled(const struct timerfd *tf)
{
	nsec_t off = clock_real() - clock_mono() - tf->tf_offset;

	return tf->tf_cancel && (off > NSEC_PER_MSEC || off < -NSEC_PER_MSEC);
}

static uint64_t
ticks_take(struct timerfd *tf)
{
	uint64_t n, irq;

	irq = spin_lock_irq(&tf->tf_lock);
	timer_catch_up(tf, clock_mono()); /* its CPU may be late */
	n = tf->tf_ticks;
	tf->tf_ticks = 0;
	spin_unlock_irq(&tf->tf_lock, irq);
	return n;
}

static int
timer_fo_read(struct file *fp, struct uio *uio)
{
	struct timerfd *tf = fp->f_data;
	uint64_t n;
	int error;

	if (uio->uio_resid < sizeof(n))
		return -EINVAL;
	while ((n = ticks_take(tf)) == 0) {
		if (timer_cancelled(tf)) {
			tf->tf_offset = clock_real() - clock_mono();
			return -ECANCELED;
		}
		if ((fp->f_flags & O_NONBLOCK) != 0)
			return -EAGAIN;
		error = WAIT_EVENT_INTR(&tf->tf_waitq,
		    atomic_load_relaxed(&tf->tf_ticks) != 0);
		if (error != 0)
			return error;
	}
	return uiomove(&n, sizeof(n), uio);
}

static unsigned
timer_fo_poll(struct file *fp, struct polltable *pt)
{
	struct timerfd *tf = fp->f_data;

	poll_wait(pt, &tf->tf_waitq);
	return atomic_load(&tf->tf_ticks) != 0 ? POLLIN | POLLRDNORM : 0;
}

static int
timer_fo_stat(struct file *fp, struct vattr *va)
{
	struct timerfd *tf = fp->f_data;

	anon_stat(va, 0600, tf->tf_ino, fp);
	return 0;
}

static void
timer_fo_close(struct file *fp)
{
	struct timerfd *tf = fp->f_data;
	uint64_t irq;

	irq = spin_lock_irq(&tf->tf_lock);
	tf->tf_next = NSEC_NEVER; /* so that it does not arm itself again */
	spin_unlock_irq(&tf->tf_lock, irq);
	(void)timer_cancel(&tf->tf_timer);
	kfree(tf);
}

static void
timer_fo_describe(struct file *fp, char *buf, size_t size)
{
	ksnprintf(buf, size, "anon_inode:[timerfd]");
}

static const struct fileops timerfd_fileops = {
	.fo_name = "timerfd",
	.fo_read = timer_fo_read,
	.fo_poll = timer_fo_poll,
	.fo_stat = timer_fo_stat,
	.fo_close = timer_fo_close,
	.fo_describe = timer_fo_describe,
};

/* --- the calls ----------------------------------------------------------- */

long
sys_timerfd_create(int clock, int flags)
{
	struct timerfd *tf;
	struct file *fp;

	if ((flags & ~(O_CLOEXEC | O_NONBLOCK)) != 0)
		return -EINVAL;
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_MONOTONIC:
	case CLOCK_BOOTTIME:
		break;
	case CLOCK_REALTIME_ALARM:
	case CLOCK_BOOTTIME_ALARM:
		return -EPERM; /* nothing here wakes a sleeping machine */
	default:
		return -EINVAL;
	}
	tf = kzalloc(sizeof(*tf));
	if (tf == NULL)
		return -ENOMEM;
	mutex_init(&tf->tf_ctl, LR_FILE, "timerfd");
	spin_init(&tf->tf_lock, LR_DRIVER, "timerfd");
	timer_init(&tf->tf_timer, timer_fire, tf);
	waitq_init(&tf->tf_waitq);
	tf->tf_next = NSEC_NEVER;
	tf->tf_real = clock == CLOCK_REALTIME;
	tf->tf_ino = anon_ino();
	fp = file_alloc(&timerfd_fileops, tf, O_RDWR |
	    ((unsigned)flags & O_NONBLOCK), curlwp()->l_cred);
	if (fp == NULL)
		kfree(tf);
	return anon_install(fp, (flags & O_CLOEXEC) != 0);
}

static void
spec_show(struct timerfd *tf, struct utimerspec *ts)
{
	nsec_t now = clock_mono(), left = 0;
	uint64_t irq;

	irq = spin_lock_irq(&tf->tf_lock);
	timer_catch_up(tf, now);
	if (tf->tf_next != NSEC_NEVER)
		left = tf->tf_next - now;
	ts->int_sec = tf->tf_interval / NSEC_PER_SEC;
	ts->int_nsec = tf->tf_interval % NSEC_PER_SEC;
	spin_unlock_irq(&tf->tf_lock, irq);
	ts->val_sec = left / NSEC_PER_SEC;
	ts->val_nsec = left % NSEC_PER_SEC;
}

static int
spec_ns(int64_t sec, int64_t ns, nsec_t *out)
{
	if (sec < 0 || ns < 0 || ns >= NSEC_PER_SEC)
		return -EINVAL;
	if (__builtin_mul_overflow(sec, NSEC_PER_SEC, out))
		*out = NSEC_NEVER;
	*out = span_add(*out, ns);
	return 0;
}

/* tf_ctl held. */
static void
timer_arm(struct timerfd *tf, int flags, nsec_t value, nsec_t interval)
{
	nsec_t next = NSEC_NEVER;
	uint64_t irq;

	irq = spin_lock_irq(&tf->tf_lock);
	tf->tf_next = NSEC_NEVER;
	spin_unlock_irq(&tf->tf_lock, irq);
	(void)timer_cancel(&tf->tf_timer);
	tf->tf_offset = clock_real() - clock_mono();
	tf->tf_cancel = tf->tf_real &&
	    (flags & TFD_TIMER_CANCEL_ON_SET) != 0 &&
	    (flags & TFD_TIMER_ABSTIME) != 0;
	if (value != 0) {
		if ((flags & TFD_TIMER_ABSTIME) == 0)
			next = span_add(clock_mono(), value);
		else
			next = tf->tf_real ? value - tf->tf_offset : value;
	}
	irq = spin_lock_irq(&tf->tf_lock);
	tf->tf_next = next;
	tf->tf_interval = interval;
	tf->tf_ticks = 0;
	spin_unlock_irq(&tf->tf_lock, irq);
	if (next != NSEC_NEVER)
		timer_set(&tf->tf_timer, next);
}

static int
timerfd_borrow(int fd, struct fdref *fr)
{
	int error;

	error = fd_borrow(fd, fr);
	if (error == 0 && fr->fr_file->f_ops != &timerfd_fileops) {
		fd_return(fr);
		error = -EINVAL;
	}
	return error;
}

long
sys_timerfd_settime(int fd, int flags, vaddr_t unew, vaddr_t uold)
{
	struct utimerspec ts, old;
	nsec_t value, interval;
	struct timerfd *tf;
	struct fdref fr;
	int error;

	if (copyin(unew, &ts, sizeof(ts)) != 0)
		return -EFAULT;
	if ((flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)) != 0 ||
	    spec_ns(ts.val_sec, ts.val_nsec, &value) != 0 ||
	    spec_ns(ts.int_sec, ts.int_nsec, &interval) != 0)
		return -EINVAL;
	error = timerfd_borrow(fd, &fr);
	if (error != 0)
		return error;
	tf = fr.fr_file->f_data;
	mutex_lock(&tf->tf_ctl);
	spec_show(tf, &old);
	timer_arm(tf, flags, value, interval);
	mutex_unlock(&tf->tf_ctl);
	fd_return(&fr);
	return uold == 0 ? 0 : copyout(&old, uold, sizeof(old));
}

long
sys_timerfd_gettime(int fd, vaddr_t ucur)
{
	struct utimerspec ts;
	struct fdref fr;
	int error;

	error = timerfd_borrow(fd, &fr);
	if (error != 0)
		return error;
	spec_show(fr.fr_file->f_data, &ts);
	fd_return(&fr);
	return copyout(&ts, ucur, sizeof(ts));
}
