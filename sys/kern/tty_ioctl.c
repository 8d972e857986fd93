/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/tty_ioctl.c: ioctl(2) on terminals, as in ioctl_tty(2).
 */
#include "base/string.h"

#include <machine/usercopy.h>

#include "kern/tty_internal.h"

struct termio { /* System V's, for TCGETA */
	uint16_t c_iflag, c_oflag, c_cflag, c_lflag;
	uint8_t c_line, c_cc[8];
};

struct ktermios2 {
	struct ktermios t2_ios;
	uint32_t t2_ispeed, t2_ospeed;
};

/* Baud rates by the code in c_cflag. */
static const uint32_t bauds[] = { 0, 50, 75, 110, 134, 150, 200, 300, 600,
	1200, 1800, 2400, 4800, 9600, 19200, 38400 };
static const uint32_t high_bauds[] = { 0, 57600, 115200, 230400, 460800,
	500000, 576000, 921600, 1000000, 1152000, 1500000, 2000000, 2500000,
	3000000, 3500000, 4000000 };

uint32_t
termios_baud(const struct ktermios *ios)
{
	uint32_t code = ios->c_cflag & CBAUD;

	return code & 0010000 ? high_bauds[code & 017] : bauds[code & 017];
}

/* t_lock held. A change of mode keeps the input that is there readable. */
static void
termios_set(struct tty *t, const struct ktermios *ios)
{
	bool was = LFLAG(t, ICANON);

	t->t_ios = *ios;
	if (was != LFLAG(t, ICANON)) {
		if (was) {
			t->t_canon = t->t_head;
		} else if (t->t_head != t->t_tail) {
			uint32_t last = t->t_head - 1;

			t->t_mark[last % TTY_IN_SIZE / 8] |=
			    (uint8_t)(1u << (last % 8));
			t->t_canon = t->t_head;
		}
		if (t->t_canon != t->t_tail)
			waitq_wake_key(&t->t_readq, POLLIN | POLLRDNORM);
	}
	if (!IFLAG(t, IXON) && t->t_stopped) {
		t->t_stopped = false;
		waitq_wake_key(&t->t_writeq, POLLOUT | POLLWRNORM);
	}
	if (t->t_drv->td_set_termios != NULL)
		t->t_drv->td_set_termios(t, ios);
}

/* wait: for output to drain; flush: input is dropped too. */
static int
change(struct tty *t, const struct ktermios *ios, bool wait, bool flush)
{
	int err = tty_check_job(t, SIGTTOU);

	if (err == 0 && wait)
		err = tty_drain(t);
	if (err != 0)
		return err;
	mutex_lock(&t->t_lock);
	if (flush)
		tty_flush_input(t);
	termios_set(t, ios);
	mutex_unlock(&t->t_lock);
	return 0;
}

static int
set_termios(struct tty *t, vaddr_t arg, bool wait, bool flush)
{
	struct ktermios ios;
	int err = copyin(arg, &ios, sizeof(ios));

	return err != 0 ? err : change(t, &ios, wait, flush);
}

static int
set_termio(struct tty *t, vaddr_t arg, bool wait, bool flush)
{
	struct ktermios ios = t->t_ios;
	struct termio io;
	int err = copyin(arg, &io, sizeof(io));

	if (err != 0)
		return err;
	ios.c_iflag = (ios.c_iflag & 0xffff0000) | io.c_iflag;
	ios.c_oflag = (ios.c_oflag & 0xffff0000) | io.c_oflag;
	ios.c_cflag = (ios.c_cflag & 0xffff0000) | io.c_cflag;
	ios.c_lflag = (ios.c_lflag & 0xffff0000) | io.c_lflag;
	memcpy(ios.c_cc, io.c_cc, sizeof(io.c_cc));
	return change(t, &ios, wait, flush);
}

static int
get_termio(struct tty *t, vaddr_t arg)
{
	struct termio io = {
		.c_iflag = (uint16_t)t->t_ios.c_iflag,
		.c_oflag = (uint16_t)t->t_ios.c_oflag,
		.c_cflag = (uint16_t)t->t_ios.c_cflag,
		.c_lflag = (uint16_t)t->t_ios.c_lflag,
		.c_line = t->t_ios.c_line,
	};

	memcpy(io.c_cc, t->t_ios.c_cc, sizeof(io.c_cc));
	return copyout(&io, arg, sizeof(io));
}

static int
get_termios2(struct tty *t, vaddr_t arg)
{
	struct ktermios2 ios2 = { .t2_ios = t->t_ios };

	ios2.t2_ispeed = ios2.t2_ospeed = termios_baud(&t->t_ios);
	return copyout(&ios2, arg, sizeof(ios2));
}

static int
set_termios2(struct tty *t, vaddr_t arg, bool wait, bool flush)
{
	struct ktermios2 ios2;
	int err = copyin(arg, &ios2, sizeof(ios2));

	return err != 0 ? err : change(t, &ios2.t2_ios, wait, flush);
}

static int
flush(struct tty *t, vaddr_t which)
{
	int err = tty_check_job(t, SIGTTOU);

	if (err != 0)
		return err;
	if (which > 2)
		return -EINVAL;
	mutex_lock(&t->t_lock);
	if (which != 1)
		tty_flush_input(t);
	if (which != 0 && t->t_drv->td_flush_output != NULL)
		t->t_drv->td_flush_output(t);
	mutex_unlock(&t->t_lock);
	return 0;
}

/* TCOOFF, TCOON, TCIOFF, TCION. */
static int
flow(struct tty *t, vaddr_t what)
{
	int err = tty_check_job(t, SIGTTOU);
	char c;

	if (err != 0)
		return err;
	if (what > 3)
		return -EINVAL;
	mutex_lock(&t->t_lock);
	if (what < 2) {
		t->t_stopped = what == 0;
	} else {
		c = (char)CC(t, what == 2 ? VSTOP : VSTART);
		if (c != NO_CHAR)
			(void)t->t_drv->td_write(t, &c, 1);
	}
	mutex_unlock(&t->t_lock);
	if (what == 1)
		tty_output_ready(t);
	return 0;
}

/* Puts a byte into the input as if it were typed. */
static int
simulate(struct tty *t, vaddr_t arg)
{
	uint8_t c;
	int err;

	if (!cred_capable(curlwp()->l_cred, CAP_SYS_ADMIN))
		return -EPERM;
	err = copyin(arg, &c, 1);
	if (err != 0)
		return err;
	mutex_lock(&t->t_lock);
	tty_receive(t, &c, 1);
	mutex_unlock(&t->t_lock);
	return 0;
}

static int
window(struct tty *t, unsigned long cmd, vaddr_t arg)
{
	struct winsize ws;
	int err;

	if (cmd == TIOCGWINSZ) {
		mutex_lock(&t->t_lock);
		ws = t->t_win;
		mutex_unlock(&t->t_lock);
		return copyout(&ws, arg, sizeof(ws));
	}
	err = copyin(arg, &ws, sizeof(ws));
	if (err == 0)
		tty_set_winsize(t, &ws);
	return err;
}

static int
exclusive(struct tty *t, unsigned long cmd, vaddr_t arg)
{
	if (cmd == TIOCGEXCL)
		return user_store32(arg, t->t_exclusive);
	mutex_lock(&t->t_lock);
	t->t_exclusive = cmd == TIOCEXCL;
	mutex_unlock(&t->t_lock);
	return 0;
}

static int
queue_sizes(struct tty *t, unsigned long cmd, vaddr_t arg)
{
	size_t n = 0;

	if (cmd == TIOCINQ) {
		mutex_lock(&t->t_lock);
		n = tty_input_ready(t);
		mutex_unlock(&t->t_lock);
	} else if (t->t_drv->td_pending != NULL) {
		n = t->t_drv->td_pending(t);
	}
	return user_store32(arg, (uint32_t)n);
}

static int
termios_ioctl(struct tty *t, unsigned long cmd, vaddr_t arg)
{
	switch (cmd) {
	case TCGETS:
		return copyout(&t->t_ios, arg, sizeof(t->t_ios));
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
		return set_termios(t, arg, cmd != TCSETS, cmd == TCSETSF);
	case TCGETA:
		return get_termio(t, arg);
	case TCSETA:
	case TCSETAW:
	case TCSETAF:
		return set_termio(t, arg, cmd != TCSETA, cmd == TCSETAF);
	case TCGETS2:
		return get_termios2(t, arg);
	default:
		return set_termios2(t, arg, cmd != TCSETS2, cmd == TCSETSF2);
	}
}

int
tty_ioctl(struct tty *t, unsigned long cmd, vaddr_t arg, bool master)
{
	int err;

	switch (cmd) {
	case TCGETS:
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
	case TCGETA:
	case TCSETA:
	case TCSETAW:
	case TCSETAF:
	case TCGETS2:
	case TCSETS2:
	case TCSETSW2:
	case TCSETSF2:
		return termios_ioctl(t, cmd, arg);
	case TIOCSCTTY:
	case TIOCNOTTY:
	case TIOCGPGRP:
	case TIOCSPGRP:
	case TIOCGSID:
		return tty_job_ioctl(t, cmd, arg);
	case TIOCGWINSZ:
	case TIOCSWINSZ:
		return window(t, cmd, arg);
	case TIOCEXCL:
	case TIOCNXCL:
	case TIOCGEXCL:
		return exclusive(t, cmd, arg);
	case TIOCINQ:
	case TIOCOUTQ:
		return queue_sizes(t, cmd, arg);
	case TCFLSH:
		return flush(t, arg);
	case TCXONC:
		return flow(t, arg);
	case TCSBRK:
	case TCSBRKP:
		err = tty_check_job(t, SIGTTOU);
		if (err == 0)
			err = tty_drain(t);
		if (err == 0 && (cmd == TCSBRKP || arg == 0) &&
		    t->t_drv->td_break != NULL)
			t->t_drv->td_break(t);
		return err;
	case TIOCSTI:
		return simulate(t, arg);
	case TIOCGETD:
		return user_store32(arg, 0);
	case TIOCSETD: {
		uint32_t ldisc;

		err = user_load32(arg, &ldisc);
		return err != 0 ? err : ldisc == 0 ? 0 : -EINVAL;
	}
	case TIOCMGET:
		if (master || t->t_drv->td_set_termios == NULL)
			return -ENOTTY;
		return user_store32(arg, TIOCM_DTR | TIOCM_RTS | TIOCM_CTS |
			TIOCM_CAR | TIOCM_DSR);
	case TIOCVHANGUP:
		if (!cred_capable(curlwp()->l_cred, CAP_SYS_ADMIN))
			return -EPERM;
		tty_hangup(t);
		return 0;
	default:
		return t->t_drv->td_ioctl == NULL ?
		    -ENOTTY : t->t_drv->td_ioctl(t, cmd, arg);
	}
}
