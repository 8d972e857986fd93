/* SPDX-License-Identifier: MIT */
/*
 * sys/torus/thread.c: the thread that runs a torus.
 *
 * It is made when the torus is first started and ends when the torus is gone.
 * It holds to_lock for one batch at a time and keeps no pointer into the torus
 * in between, so whoever holds the lock may take the torus away. Nothing to
 * do: it sleeps without a deadline, so an idle braid costs nothing.
 */
#include "base/clock.h"
#include "base/kprintf.h"
#include "base/thread.h"

#include "torus/torus_internal.h"

#define TORUS_NICE 5 /* people at a terminal come first */

/* Pace: an epoch that is over lets the next begin only when its time is up. */
static nsec_t
pace_due(struct torus *to)
{
	struct rse_stats s;
	nsec_t now;

	if (to->to_pace == 0)
		return 0;
	rse_torus_stats(to->to_rse, &s);
	if (s.epoch == to->to_epoch)
		return 0;
	to->to_epoch = s.epoch;
	now = clock_mono();
	to->to_due = MAX(to->to_due, now - (nsec_t)to->to_pace *
	    NSEC_PER_USEC) + (nsec_t)to->to_pace * NSEC_PER_USEC;
	return to->to_due > now ? to->to_due : 0;
}

/* Until when the torus may not go on; 0: it may now. */
static nsec_t
still_until(const struct torus *to)
{
	nsec_t until = to->to_hold;

	if (to->to_pace != 0)
		until = MAX(until, to->to_due);
	return until != 0 && clock_mono() < until ? until : 0;
}

bool
torus_turn(struct torus *to, nsec_t *due)
{
	struct rse_wait wait;
	nsec_t still;

	WAIT_EVENT(&to->to_wq, atomic_load(&to->to_callers) == 0);
	mutex_lock(&to->to_lock);
	if (to->to_rse == NULL) {
		to->to_thread = false;
		mutex_unlock(&to->to_lock);
		return false;
	}
	/* Before looking: what comes later wakes again. */
	(void)atomic_xchg(&to->to_wake, 0);
	torus_mail_take(to);
	*due = NSEC_NEVER;
	still = still_until(to);
	if (still != 0) {
		*due = still;
		mutex_unlock(&to->to_lock);
		return true;
	}
	switch (rse_step(to->to_rse, TORUS_BATCH, &wait)) {
	case RSE_STEP_RAN:
		*due = pace_due(to);
		break;
	case RSE_STEP_WAIT:
		*due = clock_mono() + NSEC_PER_MSEC *
		    (nsec_t)rse_torus_config(to->to_rse)->timeout;
		break;
	case RSE_STEP_FAULTED:
	case RSE_STEP_ASLEEP:
	case RSE_STEP_STALLED:
	case RSE_STEP_STOPPED:
	case RSE_STEP_DONE:
		break;
	}
	mutex_unlock(&to->to_lock);
	return true;
}

/*
 * The deadline passed: of a neighbour's projection, or only that of pace or
 * hold. While all are held nobody is late.
 */
void
torus_turn_late(struct torus *to)
{
	uint32_t peer_missed;
	bool held;

	mutex_lock(&to->to_lock);
	held = to->to_hold != 0;
	if (to->to_hold <= clock_mono())
		to->to_hold = 0;
	if (to->to_rse != NULL && !torus_mail_take(to) && !held) {
		peer_missed = rse_missed(to->to_rse);
		if (peer_missed == 3)
			klog(KLOG_WARNING, "torus%u: a neighbour has failed: "
			    "three projections in a row are missing\n",
			    to->to_id);
	}
	mutex_unlock(&to->to_lock);
}

static void
torus_main(void *arg)
{
	struct torus *to = arg;
	nsec_t due;

	thread_set_nice(curthread(), TORUS_NICE);
	while (torus_turn(to, &due)) {
		if (due == 0)
			sched_point();
		else if (WAIT_EVENT_UNTIL(&to->to_wq,
		    atomic_load(&to->to_wake) != 0, due) == -ETIMEDOUT)
			torus_turn_late(to);
	}
	thread_exit();
}

int
torus_thread_need(struct torus *to)
{
	struct thread *td;
	char name[16];

	if (to->to_thread)
		return 0;
	ksnprintf(name, sizeof(name), "torus%u", to->to_id);
	td = thread_create(name, torus_main, to);
	if (td == NULL)
		return -ENOMEM;
	to->to_thread = true;
	thread_run(td);
	return 0;
}
