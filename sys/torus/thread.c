/* SPDX-License-Identifier: MIT */
/*
 * sys/torus/thread.c: the thread that runs a torus.
 *
 * It is made when the torus is first started and ends when the torus is gone.
 * It holds to_lock for one batch at a time and keeps no pointer into the torus
 * in between, so whoever holds the lock may take the torus away. Nothing to
 * do: it sleeps without a deadline, so an idle braid costs nothing.
 *
 * Why a batch is measured: between two batches it looks at its mail, so a
 * neighbour's question waits no longer than one; that must be well below
 * ack_timeout, whatever an event costs here.
 */
#include "base/clock.h"
#include "base/kprintf.h"
#include "base/thread.h"

#include "torus/torus_internal.h"

#define TORUS_NICE  5 /* people at a terminal come first */
#define BATCH_TIME  NSEC_PER_MSEC
#define BATCH_FIRST 1024
#define BATCH_LEAST 16
#define BATCH_MOST  (UINT64_C(1) << 20)

/* Pace: an epoch that is over lets the next begin only when its time is up. */
static void
pace_take(struct torus *to, nsec_t now)
{
	nsec_t pace = (nsec_t)to->to_pace * NSEC_PER_USEC;
	struct rse_stats s;

	if (pace == 0)
		return;
	rse_torus_stats(to->to_rse, &s);
	if (s.epoch == to->to_epoch)
		return;
	to->to_epoch = s.epoch;
	to->to_due = MAX(to->to_due, now - pace) + pace;
}

/* Until when the torus may not go on; 0: it may now. */
static nsec_t
still_until(struct torus *to)
{
	nsec_t until = MAX(to->to_hold, to->to_pace != 0 ? to->to_due : 0);

	if (until == 0 || clock_mono() < until)
		return until;
	to->to_hold = 0;
	return 0;
}

/* How many events fit into the time a batch may take. */
static void
batch_adapt(struct torus *to, uint64_t events, nsec_t took)
{
	nsec_t most = (nsec_t)rse_torus_config(to->to_rse)->timeout *
	    NSEC_PER_MSEC / 8;
	uint64_t fit;

	if (took <= 0 || (events < to->to_batch / 4 && took < BATCH_TIME))
		return; /* too little to tell */
	fit = events * (uint64_t)MIN(BATCH_TIME, most) / (uint64_t)took;
	fit = MIN(fit, 2 * to->to_batch); /* one surprise is enough */
	to->to_batch = MAX(MIN(fit, BATCH_MOST), BATCH_LEAST);
}

/* The torus is faulted: its own failure, for rsed to see to. */
static void
fault_tell(struct torus *to)
{
	struct rse_stats s;

	if (to->to_faulted)
		return;
	to->to_faulted = true;
	rse_torus_stats(to->to_rse, &s);
	klog(KLOG_ERR, "torus%u: faulted: %s\n", to->to_id,
	    rse_error_name(s.error));
	torus_life_set(to, TORUS_LIVE);
}

/* One step; returns when the next is due at last. */
static nsec_t
turn_run(struct torus *to)
{
	struct rse_torus *t = to->to_rse;
	struct rse_pulse before, after;
	struct rse_wait wait;
	nsec_t began = clock_mono(), now, due = NSEC_NEVER;
	enum rse_step r;

	rse_pulse(t, &before);
	torus_mail_take(to);
	r = rse_step(t, to->to_batch, &wait);
	now = clock_mono();
	rse_pulse(t, &after);
	batch_adapt(to, after.progress - before.progress, now - began);
	to->to_run_ns += (uint64_t)(now - began);
	if (to->to_waits != 0)
		to->to_wait_ns += (uint64_t)(began - to->to_waits);
	to->to_waits = r == RSE_STEP_WAIT ? now : 0;
	to->to_late = false;
	switch (r) {
	case RSE_STEP_RAN:
		pace_take(to, now);
		due = to->to_due > now ? to->to_due : 0;
		to->to_still = due != 0;
		break;
	case RSE_STEP_WAIT:
		to->to_late = true;
		due = now + NSEC_PER_MSEC *
		    (nsec_t)rse_torus_config(t)->timeout;
		break;
	case RSE_STEP_FAULTED:
		fault_tell(to);
		break;
	case RSE_STEP_ASLEEP:
	case RSE_STEP_STALLED:
	case RSE_STEP_STOPPED:
	case RSE_STEP_DONE:
		break;
	}
	return due;
}

/* False: the thread is to end. Otherwise *due: when to call again at last. */
bool
torus_turn(struct torus *to, nsec_t *due)
{
	bool on = true;

	atomic_store(&to->to_before, atomic_load(&to->to_came));
	WAIT_EVENT(&to->to_wq, torus_callers_gone(to));
	mutex_lock(&to->to_lock);
	/* Before looking: what comes later wakes again. */
	if (atomic_load_relaxed(&to->to_wake) != 0)
		(void)atomic_xchg(&to->to_wake, 0);
	*due = 0;
	if (to->to_life == TORUS_RECOVERING) {
		torus_recover_turn(to);
	} else if (to->to_rse == NULL) {
		on = false;
	} else {
		*due = still_until(to);
		to->to_still = *due != 0;
		if (!to->to_still) {
			*due = turn_run(to);
		} else {
			torus_mail_take(to);
			to->to_late = false;
		}
	}
	if (!on) {
		atomic_store(&to->to_thread, false);
		waitq_wake_all(&to->to_wq);
	}
	torus_unlock(to);
	return on;
}

/*
 * The deadline passed. If it was a neighbour's projection that is late, the
 * engine judges by the neighbour's pulse.
 */
void
torus_turn_late(struct torus *to)
{
	struct rse_pulse p;
	struct torus *peer;

	mutex_lock(&to->to_lock);
	if (to->to_rse != NULL && to->to_late && !torus_mail_take(to)) {
		rse_pulse(to->to_rse, &p);
		peer = &tori[p.waits_for % TORI];
		p.progress = atomic_load_relaxed(&peer->to_progress);
		p.waits_for = atomic_load_relaxed(&peer->to_waits_for);
		p.state = atomic_load_relaxed(&peer->to_state);
		if (rse_deadline(to->to_rse, p.state == PULSE_NONE ? NULL :
		    &p) == RSE_FAILED_AT)
			klog(KLOG_WARNING, "torus%u: torus%u has failed: "
			    "three projections in a row are missing\n",
			    to->to_id, peer->to_id);
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
	to->to_batch = BATCH_FIRST;
	thread_run(td);
	return 0;
}
