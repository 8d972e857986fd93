/* SPDX-License-Identifier: MIT */
/*
 * sys/torus/torus.c: the kernel's tori: building, ending, taking hold of one.
 *
 * Invariants: (1) to_rse is not NULL exactly while to_life is TORUS_LIVE, and
 * nobody keeps it past to_lock. (2) No thread holds two torus locks.
 *
 * Why callers are counted: the thread of a busy torus takes its lock again as
 * soon as it let go; it first lets those have a turn who are there already, and
 * no others, so that neither side can keep the other out.
 */
#include "base/kprintf.h"
#include "base/kva.h"
#include "base/page.h"
#include "base/string.h"
#include "base/thread.h"

#include "torus/torus.h"
#include "torus/torus_internal.h"

#include <abi/errno.h>

struct torus tori[TORI];
struct mutex torus_ctl_lock;
uint32_t torus_changes;
struct waitq torus_changed = WAITQ_INIT(torus_changed);

static bool braided = true; /* [c] */
static bool built;	    /* [a] none is absent any more */

/* The one place where errors of the engine become those of the kernel. */
int
torus_errno(int error)
{
	switch (error) {
	case RSE_OK:
		return 0;
	case RSE_EAGAIN:
		return -EAGAIN;
	case RSE_ENOSPC:
		return -ENOSPC;
	case RSE_ENOENT:
		return -ENOENT;
	case RSE_EEXIST:
		return -EEXIST;
	case RSE_EFANOUT:
		return -EOVERFLOW;
	case RSE_ECHECKSUM:
	case RSE_EDIGEST:
		return -EBADMSG;
	case RSE_ESTALE:
		return -ESTALE;
	case RSE_ESENDER:
		return -EPERM;
	case RSE_ENOTSUP:
		return -EOPNOTSUPP;
	case RSE_ECORRUPT:
		return -EIO;
	case RSE_EPEER:
		return -EHOSTDOWN;
	case RSE_EHISTORY:
		return -ENODATA;
	default:
		return -EINVAL;
	}
}

bool
torus_braided(void)
{
	return braided;
}

void
torus_enter(struct torus *to)
{
	(void)atomic_add(&to->to_came, 1);
	mutex_lock(&to->to_lock);
}

/* To be freed by whoever has to_lock, when it has let go. */
void
torus_discard(struct torus *to, void *mem, size_t size)
{
	struct torus_trash *tt;

	if (mem == NULL)
		return;
	for (tt = to->to_trash; tt < to->to_trash + TORUS_TRASH; tt++)
		if (tt->tt_mem == NULL) {
			*tt = (struct torus_trash){ mem, size };
			return;
		}
	kva_free(mem, size);
}

void
torus_unlock(struct torus *to)
{
	struct torus_trash trash[TORUS_TRASH];
	unsigned i;

	torus_pulse_set(to);
	memcpy(trash, to->to_trash, sizeof(trash));
	memset(to->to_trash, 0, sizeof(trash));
	mutex_unlock(&to->to_lock);
	for (i = 0; i < TORUS_TRASH; i++)
		if (trash[i].tt_mem != NULL)
			kva_free(trash[i].tt_mem, trash[i].tt_size);
}

void
torus_leave(struct torus *to)
{
	torus_unlock(to);
	if (atomic_add(&to->to_went, 1) == atomic_load(&to->to_before))
		waitq_wake_all(&to->to_wq);
}

/* The callers that had come when the torus's thread asked are through. */
bool
torus_callers_gone(struct torus *to)
{
	return (int32_t)(atomic_load(&to->to_went) -
	    atomic_load(&to->to_before)) >= 0;
}

void
torus_kick(struct torus *to)
{
	atomic_store(&to->to_wake, 1);
	waitq_wake_all(&to->to_wq);
}

void
torus_config_default(struct torus *to, struct rse_config *c)
{
	rse_config_default(c);
	c->id = to->to_id;
	c->count = braided ? TORI : 0;
}

/* Also when the life stays and only its quality changed. */
void
torus_life_set(struct torus *to, enum torus_life life)
{
	to->to_life = life;
	atomic_add(&torus_changes, 1);
	waitq_wake_key(&torus_changed, POLLIN | POLLRDNORM | POLLPRI);
}

/* A sign of life; one that is held or paced stands still on purpose. */
void
torus_pulse_set(struct torus *to)
{
	struct rse_pulse p = { .state = PULSE_NONE };

	if (to->to_rse != NULL) {
		rse_pulse(to->to_rse, &p);
		if (p.state != RSE_FAULTED &&
		    (to->to_hold != 0 || to->to_still))
			p.state = RSE_STOPPED;
	}
	atomic_store_relaxed(&to->to_progress, p.progress);
	atomic_store_relaxed(&to->to_waits_for, p.waits_for);
	atomic_store_relaxed(&to->to_state, p.state);
}

/* to_lock held: give the memory back. */
static void
torus_drop(struct torus *to)
{
	torus_recover_end(to);
	torus_mail_attach(to, NULL, 0);
	torus_discard(to, to->to_mem, to->to_size);
	to->to_mem = NULL;
	to->to_rse = NULL;
	to->to_keep = NULL;
	to->to_size = 0;
}

/*
 * More than half of what the kernel does not hold is not asked for. What is
 * free says little: caches fill it, and give it back.
 */
static bool
size_is_sane(size_t size)
{
	struct page_stats ps;

	page_stats_get(&ps);
	return size / PAGE_SIZE < (ps.ps_total - ps.ps_kernel) / 2;
}

/* The engine's memory, then the keep's, then projections under way to it. */
int
torus_body_make(struct torus_body *tb, const struct rse_config *c)
{
	size_t engine = rse_torus_size(c), keep = rse_keep_size(c);
	uint32_t at = 0;
	uint8_t *mem;
	int error;

	*tb = (struct torus_body){ .tb_wires = engine + keep };
	if (engine == 0)
		return -EINVAL;
	tb->tb_size = page_round(engine + keep +
	    MAIL_WIRES * rse_projection_size(c));
	mem = size_is_sane(tb->tb_size + rse_store_size(c)) ?
	    kva_alloc(tb->tb_size) : NULL;
	if (mem == NULL)
		return -ENOMEM;
	tb->tb_mem = mem;
	while ((error = rse_torus_create_step(mem, engine, c, &tb->tb_rse,
	    &at)) > 0)
		sched_point();
	if (error == RSE_OK && keep != 0)
		error = rse_keep_create(mem + engine, keep, c, &tb->tb_keep);
	if (error != RSE_OK)
		torus_body_free(tb);
	return torus_errno(error);
}

void
torus_body_free(struct torus_body *tb)
{
	if (tb->tb_mem != NULL)
		kva_free(tb->tb_mem, tb->tb_size);
	if (tb->tb_store_mem != NULL)
		kva_free(tb->tb_store_mem, tb->tb_store_size);
	tb->tb_mem = tb->tb_store_mem = NULL;
}

/* With an empty store, for one that begins anew. */
int
torus_body_anew(struct torus_body *tb, const struct rse_config *c)
{
	int error = torus_body_make(tb, c);

	if (error != 0)
		return error;
	error = torus_store_alloc(tb, c);
	if (error != 0)
		torus_body_free(tb);
	return error;
}

/* The body is the torus's from now on. */
void
torus_adopt(struct torus *to, struct torus_body *tb)
{
	const struct rse_config *c = rse_torus_config(tb->tb_rse);

	to->to_mem = tb->tb_mem;
	to->to_size = tb->tb_size;
	to->to_rse = tb->tb_rse;
	to->to_keep = tb->tb_keep;
	to->to_epoch = 0;
	to->to_due = 0;
	to->to_late = to->to_still = to->to_faulted = false;
	to->to_waits = 0;
	torus_mail_attach(to, (uint8_t *)tb->tb_mem + tb->tb_wires,
	    rse_projection_size(c));
	torus_events_hook(to);
	torus_life_set(to, TORUS_LIVE);
}

/* The body in place of what is there. */
void
torus_replace(struct torus *to, struct torus_body *tb,
    const struct rse_config *c)
{
	torus_drop(to);
	torus_store_take(to, tb);
	to->to_config = *c;
	to->to_run_ns = to->to_wait_ns = 0;
	to->to_result = RESULT_NONE;
	torus_adopt(to, tb);
	torus_store_attach(to);
	rse_orders_get(to->to_rse, &to->to_orders);
}

/* An empty torus in place of what is there. */
int
torus_rebuild(struct torus *to, const struct rse_config *c)
{
	struct torus_body tb;
	int error = torus_body_anew(&tb, c);

	if (error == 0)
		torus_replace(to, &tb, c);
	return error;
}

/* Nothing of the torus stays but its store and its neighbours' word. */
void
torus_end(struct torus *to)
{
	torus_drop(to);
	torus_events_end(to);
	torus_life_set(to, TORUS_DEAD);
}

int
torus_build_all(void)
{
	struct rse_config c;
	struct torus *to;
	int error = 0;

	if (atomic_load(&built))
		return 0;
	for (to = tori; to < tori + TORI && error == 0; to++) {
		torus_enter(to);
		if (to->to_life == TORUS_ABSENT) {
			torus_config_default(to, &c);
			error = torus_rebuild(to, &c);
		}
		torus_leave(to);
	}
	if (error == 0)
		atomic_store(&built, true);
	return error;
}

static bool
torus_is_idle(struct torus *to)
{
	bool idle;

	torus_enter(to);
	idle = to->to_rse == NULL || rse_torus_state(to->to_rse) ==
	    RSE_STOPPED || rse_torus_state(to->to_rse) == RSE_FAULTED;
	torus_leave(to);
	return idle;
}

/* ctl lock held, so nobody starts one meanwhile. */
int
torus_braid_set(bool on)
{
	bool was = braided;
	struct rse_config c;
	struct torus *to;
	int error = 0;

	for (to = tori; to < tori + TORI; to++)
		if (!torus_is_idle(to))
			return -EBUSY;
	braided = on;
	for (to = tori; to < tori + TORI && error == 0; to++) {
		torus_enter(to);
		torus_config_default(to, &c);
		error = torus_rebuild(to, &c);
		torus_leave(to);
	}
	if (error == 0)
		return 0;
	/* Those already replaced are empty: as they are, but alike. */
	braided = was;
	while (to-- > tori) {
		torus_enter(to);
		torus_config_default(to, &c);
		if (torus_rebuild(to, &c) != 0)
			torus_end(to);
		torus_leave(to);
	}
	return error;
}

void
torus_text_add(struct torus_text *tt, const char *fmt, ...)
{
	size_t at = MIN(tt->tt_len, tt->tt_room);
	va_list ap;

	va_start(ap, fmt);
	tt->tt_len += (size_t)kvsnprintf(tt->tt_buf + at, tt->tt_room - at,
	    fmt, ap);
	va_end(ap);
}
