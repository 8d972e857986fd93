/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/proc_stat.c: /proc/PID/stat, statm and status: what ps and top
 * read, field for field as Linux writes them.
 *
 * What belongs to the process is copied under p_lock and proctree_lock first,
 * so that one text never mixes two moments more than those two locks do.
 */
#include "base/string.h"

#include <abi/errno.h>

#include "kern/fd.h"
#include "kern/proc_fs.h"
#include "kern/tty.h"

#define PF_EXITING    0x00000004u
#define PF_FORKNOEXEC 0x00000040u

/* A process, or one thread of it, at one moment. */
struct snapshot {
	pid_t sn_tid, sn_ppid, sn_pgid, sn_sid;
	int sn_tpgid;
	dev_t sn_tty;
	char sn_state;
	char sn_name[16];
	uint32_t sn_nlwps, sn_cpu, sn_flags;
	int32_t sn_nice;
	int sn_exit_signal;
	uint32_t sn_exit_status;
	sigset_t sn_pending, sn_shared, sn_blocked, sn_ignored, sn_caught;
	uint32_t sn_nsigq;
	uint64_t sn_sigmax, sn_rsslim, sn_cpumask;
	nsec_t sn_start;
	uint64_t sn_nvcsw, sn_nivcsw;
	mode_t sn_umask;
	struct usage sn_usage, sn_children;
	struct cred *sn_cred; /* referenced, or NULL */
	struct vmspace *sn_vm; /* referenced, or NULL */
};

char
procfs_state(const struct proc *p, const struct lwp *l)
{
	if (p->p_state == PS_ZOMBIE || l == NULL)
		return 'Z';
	switch (l->l_thread->td_state) {
	case TS_SLEEPING_INTR:
		return p->p_state == PS_STOPPED ? 'T' : 'S';
	case TS_SLEEPING:
		return 'D';
	case TS_STOPPED:
		return 'T';
	case TS_ZOMBIE:
		return 'X';
	default:
		return 'R';
	}
}

/* p_lock held. */
static void
snapshot_signals(struct snapshot *sn, struct proc *p, const struct lwp *l)
{
	struct sighand *sh = p->p_sighand;
	int i;

	sn->sn_shared = p->p_pending.sp_set;
	sn->sn_nsigq = p->p_nsigq;
	sn->sn_sigmax = p->p_rlimit[RLIMIT_SIGPENDING].rlim_cur;
	if (l != NULL) {
		sn->sn_pending = l->l_pending.sp_set;
		sn->sn_blocked = l->l_sigmask;
	}
	if (sh == NULL)
		return;
	spin_lock(&sh->sh_lock);
	for (i = 0; i < NSIG; i++) {
		if (sh->sh_act[i].sa_handler == SIG_IGN)
			sn->sn_ignored |= SIGBIT(i + 1);
		else if (sh->sh_act[i].sa_handler != SIG_DFL)
			sn->sn_caught |= SIGBIT(i + 1);
	}
	spin_unlock(&sh->sh_lock);
}

/* p_lock held. */
static void
snapshot_thread(struct snapshot *sn, const struct proc *p, struct lwp *l)
{
	const struct thread *td = l->l_thread;

	strlcpy(sn->sn_name, td->td_name, sizeof(sn->sn_name));
	sn->sn_nice = td->td_nice;
	sn->sn_cpu = td->td_cpu;
	sn->sn_cpumask = td->td_cpumask;
	sn->sn_nvcsw = td->td_nvcsw;
	sn->sn_nivcsw = td->td_nivcsw;
	sn->sn_cred = cred_ref(l->l_cred);
	/* One without descriptors is leaving and lets its context go. */
	if (l->l_fds != NULL)
		sn->sn_umask = l->l_fs->fx_umask;
}

/* p_lock held: the times of one thread. */
static void
snapshot_times(struct snapshot *sn, const struct lwp *l)
{
	memset(&sn->sn_usage, 0, sizeof(sn->sn_usage));
	usage_add_thread(&sn->sn_usage, l->l_thread);
}

static void
snapshot_family(struct snapshot *sn, struct proc *p)
{
	struct session *s;

	mutex_lock(&proctree_lock);
	sn->sn_children = p->p_cusage;
	sn->sn_tpgid = -1;
	if (p->p_pgrp != NULL) { /* not reaped */
		s = p->p_pgrp->pg_session;
		sn->sn_pgid = p->p_pgrp->pg_id;
		sn->sn_sid = s->s_sid;
		sn->sn_tty = tty_session_dev(s, &sn->sn_tpgid);
	}
	mutex_unlock(&proctree_lock);
}

static int
snapshot_take(struct snapshot *sn, struct proc *p, const struct prockey *key)
{
	struct lwp *l;

	memset(sn, 0, sizeof(*sn));
	proc_usage(p, &sn->sn_usage);
	snapshot_family(sn, p);
	sn->sn_tid = key->pk_tid != 0 ? key->pk_tid : p->p_pid;
	sn->sn_ppid = atomic_load_relaxed(&p->p_ppid);
	sn->sn_start = p->p_start;
	spin_lock(&p->p_lock);
	l = procfs_lwp(p, key);
	if (l == NULL && key->pk_tid != 0) {
		spin_unlock(&p->p_lock);
		return -ESRCH;
	}
	sn->sn_state = procfs_state(p, l);
	sn->sn_nlwps = p->p_nlwps;
	sn->sn_exit_signal = p->p_exit_signal;
	sn->sn_exit_status = p->p_exit_status;
	sn->sn_rsslim = p->p_rlimit[RLIMIT_RSS].rlim_cur;
	sn->sn_flags = ((p->p_flags & P_EXECED) ? 0 : PF_FORKNOEXEC) |
	    ((p->p_flags & P_EXITING) ? PF_EXITING : 0);
	snapshot_signals(sn, p, l);
	if (l != NULL)
		snapshot_thread(sn, p, l);
	if (key->pk_tid != 0)
		snapshot_times(sn, l);
	sn->sn_vm = p->p_vm;
	if (sn->sn_vm != NULL)
		vmspace_ref(sn->sn_vm);
	spin_unlock(&p->p_lock);
	return 0;
}

static void
snapshot_drop(struct snapshot *sn)
{
	if (sn->sn_cred != NULL)
		cred_unref(sn->sn_cred);
	if (sn->sn_vm != NULL)
		vmspace_unref(sn->sn_vm);
}

static long long
ticks(nsec_t t)
{
	return t / NSEC_PER_TICK;
}

/* Addresses are for those who may look into the process. */
static void
stat_addresses(struct proctext *pt, const struct vmspace *vs, bool may)
{
	if (vs == NULL || !may) {
		proc_printf(pt, " %d %d 0 0 0", vs != NULL, vs != NULL);
		return;
	}
	proc_printf(pt, " %llu %llu %llu 0 0",
	    (unsigned long long)vs->vs_code_start,
	    (unsigned long long)vs->vs_code_end,
	    (unsigned long long)vs->vs_stack_top);
}

static void
stat_data_addresses(struct proctext *pt, const struct vmspace *vs, bool may)
{
	static const struct vmspace none;

	if (vs == NULL || !may)
		vs = &none;
	proc_printf(pt, " %llu %llu %llu %llu %llu %llu %llu",
	    (unsigned long long)vs->vs_data_start,
	    (unsigned long long)vs->vs_data_end,
	    (unsigned long long)vs->vs_brk_start,
	    (unsigned long long)vs->vs_arg_start,
	    (unsigned long long)vs->vs_arg_end,
	    (unsigned long long)vs->vs_env_start,
	    (unsigned long long)vs->vs_env_end);
}

static void
stat_format(struct proctext *pt, const struct snapshot *sn, bool may)
{
	const struct usage *u = &sn->sn_usage, *c = &sn->sn_children;
	const struct vmspace *vs = sn->sn_vm;
	const unsigned long long low = 0x7fffffff;

	proc_printf(pt, "%d (%s) %c %d %d %d %d %d %u", sn->sn_tid,
	    sn->sn_name, sn->sn_state, sn->sn_ppid, sn->sn_pgid, sn->sn_sid,
	    (int)sn->sn_tty, sn->sn_tpgid, sn->sn_flags);
	proc_printf(pt, " %llu %llu %llu %llu %lld %lld %lld %lld",
	    (unsigned long long)u->ru_minflt, (unsigned long long)c->ru_minflt,
	    (unsigned long long)u->ru_majflt, (unsigned long long)c->ru_majflt,
	    ticks(u->ru_utime), ticks(u->ru_stime), ticks(c->ru_utime),
	    ticks(c->ru_stime));
	proc_printf(pt, " %d %d %u 0 %lld %llu %llu %llu", 20 + sn->sn_nice,
	    sn->sn_nice, sn->sn_nlwps, ticks(sn->sn_start),
	    (unsigned long long)(vs != NULL ? vs->vs_size : 0),
	    (unsigned long long)(vs != NULL ?
		    atomic_load_relaxed(&vs->vs_pmap.pm_resident) : 0),
	    (unsigned long long)sn->sn_rsslim);
	stat_addresses(pt, vs, may);
	proc_printf(pt, " %llu %llu %llu %llu 0 0 0 %d %u 0 0 0 0 0",
	    (unsigned long long)(sn->sn_pending | sn->sn_shared) & low,
	    (unsigned long long)sn->sn_blocked & low,
	    (unsigned long long)sn->sn_ignored & low,
	    (unsigned long long)sn->sn_caught & low, sn->sn_exit_signal,
	    sn->sn_cpu);
	stat_data_addresses(pt, vs, may);
	proc_printf(pt, " %u\n", may ? sn->sn_exit_status : 0);
}

int
proc_show_stat(struct proctext *pt, const struct prockey *key)
{
	struct proc *p = procfs_proc(key);
	struct snapshot sn;
	bool may;
	int error;

	if (p == NULL)
		return -ESRCH;
	error = snapshot_take(&sn, p, key);
	may = procfs_may_inspect(p, curlwp()->l_cred) == 0;
	proc_unref(p);
	if (error != 0)
		return error;
	stat_format(pt, &sn, may);
	snapshot_drop(&sn);
	return 0;
}

int
proc_show_statm(struct proctext *pt, const struct prockey *key)
{
	struct proc *p = procfs_proc(key);
	struct proc_rss rss = { 0, 0, 0 };
	uint64_t size = 0, text = 0, data = 0;
	struct vmspace *vs;

	if (p == NULL)
		return -ESRCH;
	vs = procfs_vm(p);
	proc_unref(p);
	if (vs != NULL) {
		proc_rss_count(vs, &rss);
		size = vs->vs_size >> PAGE_SHIFT;
		text = (page_round(vs->vs_code_end) -
		    page_trunc(vs->vs_code_start)) >> PAGE_SHIFT;
		data = size - text;
		vmspace_unref(vs);
	}
	proc_printf(pt, "%llu %llu %llu %llu 0 %llu 0\n",
	    (unsigned long long)size,
	    (unsigned long long)(rss.pr_anon + rss.pr_file + rss.pr_shmem),
	    (unsigned long long)(rss.pr_file + rss.pr_shmem),
	    (unsigned long long)text, (unsigned long long)data);
	return 0;
}

/* --- status ------------------------------------------------------------- */

static void
kib(struct proctext *pt, const char *name, uint64_t bytes)
{
	proc_printf(pt, "%s:\t%8llu kB\n", name,
	    (unsigned long long)(bytes / 1024));
}

static const char *
state_word(char c)
{
	switch (c) {
	case 'R':
		return "R (running)";
	case 'S':
		return "S (sleeping)";
	case 'D':
		return "D (disk sleep)";
	case 'T':
		return "T (stopped)";
	case 'X':
		return "X (dead)";
	default:
		return "Z (zombie)";
	}
}

static void
status_ids(struct proctext *pt, const struct proc *p, const struct cred *cr)
{
	if (cr == NULL) {
		proc_printf(pt, "Uid:\t%u\t%u\t%u\t%u\n", p->p_uid, p->p_uid,
		    p->p_suid, p->p_uid);
		return;
	}
	proc_printf(pt, "Uid:\t%u\t%u\t%u\t%u\n", cr->cr_uid, cr->cr_euid,
	    cr->cr_suid, cr->cr_fsuid);
	proc_printf(pt, "Gid:\t%u\t%u\t%u\t%u\n", cr->cr_gid, cr->cr_egid,
	    cr->cr_sgid, cr->cr_fsgid);
}

static void
status_groups(struct proctext *pt, const struct cred *cr)
{
	uint32_t i;

	proc_puts(pt, "Groups:\t");
	for (i = 0; cr != NULL && i < cr->cr_ngroups; i++)
		proc_printf(pt, "%u ", cr->cr_groups[i]);
	proc_puts(pt, "\n");
}

static uint64_t
stack_size(struct vmspace *vs)
{
	struct vm_area *a;
	uint64_t n = 0;

	rwlock_rdlock(&vs->vs_lock);
	for (a = vm_area_first(vs); a != NULL; a = vm_area_next(a)) {
		if (a->va_flags & VA_STACK)
			n += a->va_end - a->va_start;
	}
	rwlock_unlock(&vs->vs_lock);
	return n;
}

static void
status_memory(struct proctext *pt, struct vmspace *vs)
{
	uint64_t stack, text;
	struct proc_rss rss;

	proc_rss_count(vs, &rss);
	stack = stack_size(vs);
	text = page_round(vs->vs_code_end) - page_trunc(vs->vs_code_start);
	kib(pt, "VmSize", vs->vs_size);
	kib(pt, "VmLck", vs->vs_locked);
	kib(pt, "VmHWM", MAX(vs->vs_peak_rss,
		atomic_load_relaxed(&vs->vs_pmap.pm_resident)) << PAGE_SHIFT);
	kib(pt, "VmRSS", (rss.pr_anon + rss.pr_file + rss.pr_shmem) <<
		PAGE_SHIFT);
	kib(pt, "RssAnon", rss.pr_anon << PAGE_SHIFT);
	kib(pt, "RssFile", rss.pr_file << PAGE_SHIFT);
	kib(pt, "RssShmem", rss.pr_shmem << PAGE_SHIFT);
	kib(pt, "VmStk", stack);
	kib(pt, "VmExe", text);
	kib(pt, "VmPTE",
	    atomic_load_relaxed(&vs->vs_pmap.pm_tables) << PAGE_SHIFT);
	kib(pt, "VmSwap", 0);
}

static void
status_caps(struct proctext *pt, const struct cred *cr)
{
	proc_printf(pt, "CapInh:\t%016llx\nCapPrm:\t%016llx\n"
			"CapEff:\t%016llx\n",
	    (unsigned long long)cr->cr_cap_inh,
	    (unsigned long long)cr->cr_cap_perm,
	    (unsigned long long)cr->cr_cap_eff);
	proc_printf(pt, "CapBnd:\t%016llx\nCapAmb:\t%016llx\n"
			"NoNewPrivs:\t%d\nSeccomp:\t0\n",
	    (unsigned long long)cr->cr_cap_bset,
	    (unsigned long long)cr->cr_cap_amb, cr->cr_no_new_privs);
}

static void
status_cpus(struct proctext *pt, uint64_t mask)
{
	unsigned i, j;
	const char *sep = "";

	if (ncpus < 64)
		mask &= (UINT64_C(1) << ncpus) - 1;
	proc_printf(pt, "Cpus_allowed:\t%llx\nCpus_allowed_list:\t",
	    (unsigned long long)mask);
	for (i = 0; i < ncpus; i = j) {
		for (j = i; j < ncpus && ((mask >> j) & 1); j++)
			continue;
		if (j == i) {
			j++;
			continue;
		}
		proc_printf(pt, "%s%u", sep, i);
		if (j - i > 1)
			proc_printf(pt, "-%u", j - 1);
		sep = ",";
	}
	proc_puts(pt, "\n");
}

static void
status_signals(struct proctext *pt, const struct snapshot *sn)
{
	proc_printf(pt, "Threads:\t%u\nSigQ:\t%u/%llu\n",
	    MAX(sn->sn_nlwps, 1u), sn->sn_nsigq,
	    (unsigned long long)sn->sn_sigmax);
	proc_printf(pt, "SigPnd:\t%016llx\nShdPnd:\t%016llx\n",
	    (unsigned long long)sn->sn_pending,
	    (unsigned long long)sn->sn_shared);
	proc_printf(pt,
	    "SigBlk:\t%016llx\nSigIgn:\t%016llx\nSigCgt:\t%016llx\n",
	    (unsigned long long)sn->sn_blocked,
	    (unsigned long long)sn->sn_ignored,
	    (unsigned long long)sn->sn_caught);
}

static uint32_t
fd_table_size(struct proc *p)
{
	struct fdtable *ft = procfs_fds(p);
	uint32_t n = 0;

	if (ft != NULL) {
		n = fdtable_size(ft);
		fdtable_unref(ft);
	}
	return n;
}

int
proc_show_status(struct proctext *pt, const struct prockey *key)
{
	struct proc *p = procfs_proc(key);
	struct snapshot sn;
	int error;

	if (p == NULL)
		return -ESRCH;
	error = snapshot_take(&sn, p, key);
	if (error != 0) {
		proc_unref(p);
		return error;
	}
	proc_printf(pt, "Name:\t%s\nUmask:\t%04o\nState:\t%s\n", sn.sn_name,
	    sn.sn_umask, state_word(sn.sn_state));
	proc_printf(pt, "Tgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\n"
			"TracerPid:\t0\n", p->p_pid, sn.sn_tid, sn.sn_ppid);
	status_ids(pt, p, sn.sn_cred);
	proc_printf(pt, "FDSize:\t%u\n", fd_table_size(p));
	status_groups(pt, sn.sn_cred);
	proc_printf(pt, "NStgid:\t%d\nNSpid:\t%d\nNSpgid:\t%d\nNSsid:\t%d\n",
	    p->p_pid, sn.sn_tid, sn.sn_pgid, sn.sn_sid);
	if (sn.sn_vm != NULL)
		status_memory(pt, sn.sn_vm);
	status_signals(pt, &sn);
	if (sn.sn_cred != NULL)
		status_caps(pt, sn.sn_cred);
	status_cpus(pt, sn.sn_cpumask);
	proc_printf(pt, "voluntary_ctxt_switches:\t%llu\n"
			"nonvoluntary_ctxt_switches:\t%llu\n",
	    (unsigned long long)sn.sn_nvcsw, (unsigned long long)sn.sn_nivcsw);
	snapshot_drop(&sn);
	proc_unref(p);
	return 0;
}
