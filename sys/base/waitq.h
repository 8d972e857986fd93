/* SPDX-License-Identifier: MIT */
/*
 * sys/base/waitq.h: sleeping until something is so.
 *
 * Use: the sleeper writes WAIT_EVENT*(wq, condition); whoever makes the
 * condition true calls waitq_wake*() afterwards. The condition is evaluated
 * with the thread already marked as sleeping, so no wake-up is lost; it must
 * not itself sleep. A pollable thing calls waitq_wake_key() with the poll
 * events that became true: callbacks (poll, epoll) see the key.
 */
#ifndef BASE_WAITQ_H
#define BASE_WAITQ_H

#include "base/clock.h"
#include "base/list.h"
#include "base/lock.h"
#include "base/thread.h"
#include "base/types.h"

#include <abi/errno.h>

struct waitq {
	struct spinlock wq_lock;
	struct list wq_head; /* of wait_entry */
};

struct wait_entry {
	struct list we_link;
	struct waitq *we_wq;	   /* NULL: on none */
	struct thread *we_thread;  /* woken if we_func is NULL */
	/* Called with wq_lock held, interrupts off; may thread_wake(). */
	void (*we_func)(struct wait_entry *, unsigned key);
	void *we_arg;
	bool we_exclusive; /* waitq_wake_one() stops after one of these */
};

#define WAITQ_INIT(name)                                                     \
	{ SPINLOCK_INIT(LR_WAITQ, #name), LIST_INIT((name).wq_head) }

void waitq_init(struct waitq *);
void waitq_wake_one(struct waitq *); /* one exclusive sleeper, all others */
void waitq_wake_all(struct waitq *);
void waitq_wake_key(struct waitq *, unsigned key); /* all, with poll events */
bool waitq_has_sleepers(struct waitq *);

void wait_entry_init(struct wait_entry *);
void waitq_add(struct waitq *, struct wait_entry *);
void waitq_del(struct wait_entry *); /* also when it is on none */

/*
 * The pieces of WAIT_EVENT: mark this thread as sleeping (state TS_SLEEPING
 * or TS_SLEEPING_INTR), sleep until woken or until the deadline, mark it as
 * running again. thread_sleep() returns 0, -ETIMEDOUT or, in state
 * TS_SLEEPING_INTR with a signal pending, -ERESTARTSYS.
 */
void thread_prepare_sleep(enum thread_state);
int thread_sleep(nsec_t deadline);
void thread_finish_sleep(void);

#define WAIT_EVENT_STATE(wq, cond, state, deadline, exclusive)               \
	({                                                                   \
		struct wait_entry we_;                                       \
		int err_ = 0;                                                \
		if (!(cond)) {                                               \
			wait_entry_init(&we_);                               \
			we_.we_exclusive = (exclusive);                      \
			waitq_add((wq), &we_);                               \
			for (;;) {                                           \
				thread_prepare_sleep(state);                 \
				if (cond) {                                  \
					err_ = 0;                            \
					break;                               \
				}                                            \
				if (err_ != 0)                               \
					break;                               \
				err_ = thread_sleep(deadline);               \
			}                                                    \
			thread_finish_sleep();                               \
			waitq_del(&we_);                                     \
		}                                                            \
		err_;                                                        \
	})

/* Until cond. */
#define WAIT_EVENT(wq, cond)                                                 \
	((void)WAIT_EVENT_STATE(wq, cond, TS_SLEEPING, NSEC_NEVER, false))
/* 0 or -ERESTARTSYS. */
#define WAIT_EVENT_INTR(wq, cond)                                            \
	WAIT_EVENT_STATE(wq, cond, TS_SLEEPING_INTR, NSEC_NEVER, false)
/* 0, -ERESTARTSYS or -ETIMEDOUT; deadline is clock_mono() time. */
#define WAIT_EVENT_INTR_UNTIL(wq, cond, deadline)                            \
	WAIT_EVENT_STATE(wq, cond, TS_SLEEPING_INTR, deadline, false)
/* 0 or -ETIMEDOUT. */
#define WAIT_EVENT_UNTIL(wq, cond, deadline)                                 \
	WAIT_EVENT_STATE(wq, cond, TS_SLEEPING, deadline, false)
/* As WAIT_EVENT_INTR; waitq_wake_one() wakes only one such sleeper. */
#define WAIT_EVENT_INTR_EXCL(wq, cond)                                       \
	WAIT_EVENT_STATE(wq, cond, TS_SLEEPING_INTR, NSEC_NEVER, true)

/* Sleeps for a span; intr: 0 or -ERESTARTSYS. */
void thread_sleep_ns(nsec_t span);
int thread_sleep_until_intr(nsec_t deadline);

#endif
