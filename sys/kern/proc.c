/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/proc.c: the tables of processes and threads.
 *
 * Invariants:
 *  (1) A proc is on the hash and on proc_all from fork until it is reaped; an
 *	lwp is on the hash of its tid and on p_lwps until it exits.
 *  (2) A proc in the tables has one reference for being there.
 * Locks: proctree_lock for the tables; p_lock for p_lwps.
 */
#include "base/init.h"
#include "base/panic.h"
#include "base/slab.h"
#include "base/string.h"

#include "kern/fd.h"
#include "kern/proc_internal.h"

#define HASH_SIZE 512u
#define HASH(pid) ((unsigned)(pid) & (HASH_SIZE - 1))

struct mutex proctree_lock;
struct proc *initproc;

static struct list proc_all = LIST_INIT(proc_all);
static struct list proc_hash[HASH_SIZE];
static struct list lwp_hash[HASH_SIZE];
static unsigned nprocs, nlwps; /* [T] */
static struct kmem_cache *proc_cache, *lwp_cache;

static void
proc_tables_init(void)
{
	mutex_init(&proctree_lock, LR_PROCTREE, "proctree");
	for (unsigned i = 0; i < HASH_SIZE; i++) {
		list_init(&proc_hash[i]);
		list_init(&lwp_hash[i]);
	}
	proc_cache = kmem_cache_create("proc", sizeof(struct proc), 64);
	lwp_cache = kmem_cache_create("lwp", sizeof(struct lwp), 64);
	if (proc_cache == NULL || lwp_cache == NULL)
		panic("proc: no memory for caches");
}
INIT(INIT_SUBSYS, 10, proc_tables_init);

struct proc *
proc_create(void)
{
	struct proc *p = kmem_cache_alloc(proc_cache, KM_ZERO);

	if (p == NULL)
		return NULL;
	p->p_ref = 1;
	spin_init(&p->p_lock, LR_PROC, "proc");
	mutex_init(&p->p_exec_lock, LR_EXEC, "exec");
	list_init(&p->p_hash);
	list_init(&p->p_all);
	list_init(&p->p_children);
	list_init(&p->p_sibling);
	list_init(&p->p_pglink);
	list_init(&p->p_lwps);
	sigpend_init(&p->p_pending);
	waitq_init(&p->p_waitq);
	waitq_init(&p->p_stopq);
	waitq_init(&p->p_sigwq);
	p->p_exit_signal = SIGCHLD;
	p->p_dumpable = 1;
	p->p_start = clock_mono();
	return p;
}

void
proc_ref(struct proc *p)
{
	atomic_add_relaxed(&p->p_ref, 1);
}

void
proc_unref(struct proc *p)
{
	if (atomic_sub(&p->p_ref, 1) != 0)
		return;
	if (p->p_sighand != NULL)
		sighand_unref(p->p_sighand);
	kfree(p->p_exe_path);
	kmem_cache_free(proc_cache, p);
}

struct lwp *
lwp_create(struct proc *p)
{
	struct lwp *l = kmem_cache_alloc(lwp_cache, KM_ZERO);

	if (l == NULL)
		return NULL;
	l->l_proc = p;
	list_init(&l->l_link);
	list_init(&l->l_hash);
	sigpend_init(&l->l_pending);
	l->l_alt_flags = SS_DISABLE;
	l->l_timerslack = 50 * NSEC_PER_USEC;
	return l;
}

void
lwp_free(struct lwp *l)
{
	kmem_cache_free(lwp_cache, l);
}

void
proc_link(struct proc *p, struct proc *parent)
{
	list_add_tail(&proc_hash[HASH(p->p_pid)], &p->p_hash);
	list_add_tail(&proc_all, &p->p_all);
	p->p_parent = parent;
	p->p_ppid = parent != NULL ? parent->p_pid : 0;
	if (parent != NULL)
		list_add_tail(&parent->p_children, &p->p_sibling);
	nprocs++;
}

/* The caller drops the tables' reference. */
void
proc_unlink(struct proc *p)
{
	list_del(&p->p_hash);
	list_del(&p->p_all);
	list_del(&p->p_sibling);
	nprocs--;
}

void
lwp_hash_add(struct lwp *l)
{
	list_add_tail(&lwp_hash[HASH(l->l_thread->td_tid)], &l->l_hash);
	nlwps++;
}

void
lwp_hash_del(struct lwp *l)
{
	list_del(&l->l_hash);
	nlwps--;
}

struct proc *
proc_find_locked(pid_t pid)
{
	struct proc *p;

	list_foreach(p, &proc_hash[HASH(pid)], p_hash)
		if (p->p_pid == pid)
			return p;
	return NULL;
}

struct proc *
proc_find(pid_t pid)
{
	struct proc *p;

	mutex_lock(&proctree_lock);
	p = proc_find_locked(pid);
	if (p != NULL)
		proc_ref(p);
	mutex_unlock(&proctree_lock);
	return p;
}

struct lwp *
lwp_find(pid_t tid)
{
	struct lwp *l;

	list_foreach(l, &lwp_hash[HASH(tid)], l_hash)
		if (l->l_thread->td_tid == tid)
			return l;
	return NULL;
}

struct lwp *
proc_first_lwp(struct proc *p)
{
	if (list_empty(&p->p_lwps))
		return NULL;
	return list_first(&p->p_lwps, struct lwp, l_link);
}

int
proc_foreach(int (*fn)(struct proc *, void *), void *arg)
{
	struct proc *p, *next;
	int error;

	list_foreach_safe(p, next, &proc_all, p_all) {
		error = fn(p, arg);
		if (error != 0)
			return error;
	}
	return 0;
}

unsigned
proc_count(void)
{
	return atomic_load_relaxed(&nprocs);
}

unsigned
lwp_count(void)
{
	return atomic_load_relaxed(&nlwps);
}

void
proc_flag_set(struct proc *p, uint32_t flag)
{
	atomic_or(&p->p_flags, flag);
}

void
proc_flag_clear(struct proc *p, uint32_t flag)
{
	atomic_and(&p->p_flags, ~flag);
}

nsec_t
thread_user_time(const struct thread *td)
{
	return td->td_utime;
}

/* What it ran, less what of that was in user mode. */
nsec_t
thread_sys_time(const struct thread *td)
{
	nsec_t run = td->td_runtime;

	if (td == curthread())
		run += clock_mono() - td->td_switched;
	return MAX(run - td->td_utime, 0);
}

void
usage_add(struct usage *to, const struct usage *u)
{
	to->ru_utime += u->ru_utime;
	to->ru_stime += u->ru_stime;
	to->ru_minflt += u->ru_minflt;
	to->ru_majflt += u->ru_majflt;
	to->ru_nvcsw += u->ru_nvcsw;
	to->ru_nivcsw += u->ru_nivcsw;
	to->ru_inblock += u->ru_inblock;
	to->ru_oublock += u->ru_oublock;
	to->ru_maxrss = MAX(to->ru_maxrss, u->ru_maxrss);
}

void
usage_add_thread(struct usage *to, const struct thread *td)
{
	to->ru_utime += thread_user_time(td);
	to->ru_stime += thread_sys_time(td);
	to->ru_nvcsw += td->td_nvcsw;
	to->ru_nivcsw += td->td_nivcsw;
}

/* p's own: threads that have gone and those that live. */
void
proc_usage(struct proc *p, struct usage *out)
{
	struct vmspace *vs;
	struct lwp *l;

	spin_lock(&p->p_lock);
	*out = p->p_self;
	list_foreach(l, &p->p_lwps, l_link)
		usage_add_thread(out, l->l_thread);
	vs = p->p_vm;
	if (vs != NULL) {
		out->ru_minflt += vs->vs_min_flt;
		out->ru_majflt += vs->vs_maj_flt;
		out->ru_maxrss = MAX(out->ru_maxrss,
		    MAX(vs->vs_peak_rss, vs->vs_pmap.pm_resident));
	}
	spin_unlock(&p->p_lock);
}

uint64_t
proc_rlimit(struct proc *p, enum rlimit_id which)
{
	return atomic_load_relaxed(&p->p_rlimit[which].rlim_cur);
}

uint64_t
proc_rss(struct proc *p)
{
	uint64_t pages = 0;

	spin_lock(&p->p_lock);
	if (p->p_vm != NULL)
		pages = atomic_load_relaxed(&p->p_vm->vs_pmap.pm_resident);
	spin_unlock(&p->p_lock);
	return pages;
}
