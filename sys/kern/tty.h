/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/tty.h: terminals: line discipline between a driver and a file.
 *
 * Use: a driver (serial line, screen and keyboard, pty) fills a ttydriver,
 * calls tty_create(), and gives received bytes to tty_input() from any
 * context, interrupts included. tty_register_cdev() shows it in /dev.
 */
#ifndef KERN_TTY_H
#define KERN_TTY_H

#include "base/types.h"

#include "dev/cdev.h"

struct session;
struct tty;

#define NCCS 19
struct ktermios { /* Linux's kernel struct termios */
	uint32_t c_iflag, c_oflag, c_cflag, c_lflag;
	uint8_t c_line, c_cc[NCCS];
};

struct winsize {
	uint16_t ws_row, ws_col, ws_xpixel, ws_ypixel;
};

struct ttydriver {
	const char *td_name;
	/* Queue bytes for output; returns how many were taken (never sleeps).
	 * tty_output_ready() later says there is room again. */
	size_t (*td_write)(struct tty *, const char *, size_t);
	size_t (*td_room)(struct tty *);
	size_t (*td_pending)(struct tty *); /* not yet sent; NULL: 0 */
	void (*td_set_termios)(struct tty *, const struct ktermios *);
	void (*td_set_winsize)(struct tty *, const struct winsize *);
	void (*td_throttle)(struct tty *, bool on); /* input buffer full */
	void (*td_open)(struct tty *);	 /* first open; t_lock held */
	void (*td_hangup)(struct tty *); /* last close; t_lock held */
	void (*td_flush_output)(struct tty *);
	void (*td_break)(struct tty *); /* send one; may sleep */
	int (*td_ioctl)(struct tty *, unsigned long, vaddr_t); /* or NULL */
};

struct tty *tty_create(const struct ttydriver *, void *priv, dev_t)
    __must_check;
void *tty_priv(struct tty *);
dev_t tty_dev(struct tty *);
void tty_input(struct tty *, const char *, size_t);
void tty_break(struct tty *);
void tty_output_ready(struct tty *);
void tty_carrier_lost(struct tty *); /* hangs up: SIGHUP, EIO, EOF */
void tty_set_winsize(struct tty *, const struct winsize *); /* SIGWINCH */
extern const struct cdevops tty_cdevops; /* cd_priv: the tty */
/* Console tty that /dev/console opens: last registered, or by cmdline. */
void tty_set_console(struct tty *);
/* From exit and setsid (kern): the session loses its terminal. */
void tty_session_leave(struct session *, bool leader_exits);
/* For /proc/PID/stat: device number and foreground group. */
dev_t tty_session_dev(struct session *, int *fg_pgid);

#endif
