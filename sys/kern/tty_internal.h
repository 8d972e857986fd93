/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/tty_internal.h: a terminal from inside, shared by tty*.c and pty.c.
 *
 *	driver --tty_input()--> t_raw --ttyd--> tty_receive() --> t_in --> read
 *	                                            | echo
 *	driver <--td_write()--- tty_output_char() <-+------------------- write
 *
 * Bytes come in any context into t_raw; the thread "ttyd" (or, for ptys, the
 * writer of the other side) takes them through the line discipline, because
 * signals and echo may need to sleep.
 * Locks: [t] t_lock (mutex, rank TTY), [r] t_rawlock (spin, irq), [T]
 * proctree_lock, taken before t_lock, [w] t_wlock (mutex), which keeps the
 * bytes of one write together and is taken before t_lock.
 */
#ifndef KERN_TTY_INTERNAL_H
#define KERN_TTY_INTERNAL_H

#include "base/lock.h"
#include "base/types.h"
#include "base/waitq.h"

#include "kern/proc.h"
#include "kern/termios.h"
#include "kern/tty.h"

#define TTY_IN_SIZE  4096 /* N_TTY_BUF_SIZE of Linux: MAX_INPUT */
#define TTY_RAW_SIZE 4096
#define TTY_RAW_HIGH (TTY_RAW_SIZE - 512) /* throttle from here */
#define TTY_RAW_LOW  512
#define NO_CHAR	     '\0' /* _POSIX_VDISABLE */

struct tty {
	struct mutex t_lock;
	struct mutex t_wlock;
	struct spinlock t_rawlock;
	const struct ttydriver *t_drv; /* [I] */
	void *t_priv;		       /* [I] */
	dev_t t_dev;		       /* [I] */
	struct ktermios t_ios;	       /* [t] */
	struct winsize t_win;	       /* [t] */
	uint32_t t_ref;		       /* [a] driver, opens */
	uint32_t t_nopen;	       /* [t] */
	uint32_t t_hangups;	       /* [a] older opens are dead */
	bool t_exclusive;	       /* [t] TIOCEXCL */
	bool t_stopped;		       /* [t] output held: ^S or TCOOFF */
	bool t_lnext;		       /* [t] next byte is literal: ^V */
	bool t_eof_peer;	       /* [t] pty: the master has gone */
	unsigned t_column;	       /* [t] of the output */
	unsigned t_line_column;	       /* [t] where the typed line began */

	/* Input after the discipline: a ring of bytes; a set bit in t_mark
	 * says the byte ends a line. [t_tail, t_canon) are whole lines. */
	uint8_t t_in[TTY_IN_SIZE];		/* [t] */
	uint8_t t_mark[TTY_IN_SIZE / 8];	/* [t] */
	uint32_t t_head, t_canon, t_tail;	/* [t] free-running */
	struct waitq t_readq;	/* readers and polls */
	struct waitq t_writeq;	/* writers and polls */
	struct waitq t_roomq;	/* pty: masters that wait to put input in */

	uint8_t t_raw[TTY_RAW_SIZE]; /* [r] */
	uint32_t t_raw_head, t_raw_tail;
	bool t_raw_break;	     /* [r] */
	bool t_throttled;	     /* [r] */
	bool t_queued;		     /* [r] on ttyd's list */
	struct list t_work;	     /* ttyd's list */

	struct session *t_session;   /* [T] whose controlling terminal it is */
	pid_t t_fg_pgid;	     /* [T] foreground group, 0: none */
};

/* One open of a terminal (cf_data). */
struct tty_open {
	struct tty *to_tty;
	uint32_t to_hangups; /* generation it belongs to */
};

#define CC(t, i)   ((t)->t_ios.c_cc[i])
#define IFLAG(t, f) (((t)->t_ios.c_iflag & (f)) != 0)
#define OFLAG(t, f) (((t)->t_ios.c_oflag & (f)) != 0)
#define LFLAG(t, f) (((t)->t_ios.c_lflag & (f)) != 0)

extern const struct ktermios tty_default_termios;

/* tty.c */
void tty_ref(struct tty *);
void tty_unref(struct tty *);
void tty_hangup(struct tty *); /* proctree_lock and t_lock not held */
int tty_open_cdev(struct cdev_file *, struct tty *) __must_check;
/* tty_jobs.c: -ERESTARTSYS, -EIO or 0 when the caller may go on. */
int tty_check_job(struct tty *, int signo) __must_check;
int tty_make_controlling(struct tty *, bool steal) __must_check;
void tty_open_controlling(struct tty *);
int tty_job_ioctl(struct tty *, unsigned long, vaddr_t) __must_check;
void tty_signal_fg(struct tty *, int signo);
struct tty *tty_of_session_self(void); /* referenced, or NULL */

/* tty_input.c; t_lock held. */
void tty_receive(struct tty *, const uint8_t *, size_t);
void tty_flush_input(struct tty *);
/* Bytes tty_receive() can take without losing any. */
size_t tty_input_room(struct tty *);
/* Somebody read: what waits in t_raw or with a master can come in. */
void tty_input_resume(struct tty *);
/* tty_output.c; t_lock held. */
bool tty_output_char(struct tty *, uint8_t); /* false: no room, nothing done */
void tty_echo_char(struct tty *, uint8_t);
void tty_echo_raw(struct tty *, const char *, size_t);
int tty_write_uio(struct tty_open *, struct uio *, bool nonblock)
    __must_check;
int tty_drain(struct tty *) __must_check;
/* tty_read.c */
int tty_read_uio(struct tty_open *, struct uio *, bool nonblock)
    __must_check;
size_t tty_input_ready(struct tty *); /* bytes read(2) would give; t_lock */
/* tty_ioctl.c */
uint32_t termios_baud(const struct ktermios *);
int tty_ioctl(struct tty *, unsigned long, vaddr_t, bool master)
    __must_check;

static inline bool
tty_open_dead(const struct tty_open *to)
{
	return atomic_load(&to->to_tty->t_hangups) != to->to_hangups;
}

#endif
