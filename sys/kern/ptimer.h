/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/ptimer.h: the timers of a process, between ptimer.c and the system
 * calls on them (itimer.c, posix_timer.c).
 */
#ifndef KERN_PTIMER_H
#define KERN_PTIMER_H

#include "base/clock.h"
#include "base/list.h"
#include "kern/proc_internal.h"

enum { ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF, ITIMER_COUNT };

#define PTIMER_USER 1000 /* pt_clock: the process's time in user mode */

struct ptimer {
	struct timer pt_timer;
	struct list pt_fired;
	struct list pt_link;	/* on pts_posix */
	struct list pt_real;	/* waits for a time by the real-time clock */
	struct proc *pt_proc;	/* [I] */
	int pt_clock, pt_signo; /* [I]; 0: no signal */
	pid_t pt_tid;		/* [I] SIGEV_THREAD_ID, or 0 */
	bool pt_posix;		/* [I] */
	bool pt_relative;	/* setting the clock does not move it */
	int32_t pt_id;		/* [I] */
	uint64_t pt_value;	/* [I] sigev_value */
	nsec_t pt_deadline;	/* by ptimer_now(); 0: disarmed */
	nsec_t pt_interval;
	int32_t pt_overrun;	/* [p] of the last signal delivered */
};

struct ptimers {
	struct ptimer pts_itimer[ITIMER_COUNT];
	struct list pts_posix; /* [ptimer_lock and p_lock] */
	int32_t pts_next_id;
	unsigned pts_count;
};

struct ptimers *ptimers_lock(void) __must_check;
void ptimers_unlock(void);
void ptimer_init(struct ptimer *, struct proc *, int clock, int signo);
void ptimer_start(struct ptimer *, nsec_t value, nsec_t interval,
    bool absolute);
void ptimer_disarm(struct ptimer *);
void ptimer_free(struct proc *, struct ptimer *);
nsec_t ptimer_now(const struct ptimer *);
nsec_t ptimer_left(const struct ptimer *);
/* The real-time clock was set. */
void ptimers_clock_set(void);

#endif
