/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/proc_misc.c: small files of a process: comm, limits, mounts,
 * mountinfo, wchan, oom_score and oom_score_adj.
 */
#include "base/kprintf.h"
#include "base/page.h"
#include "base/string.h"

#include <abi/errno.h>

#include "fs/vfs_internal.h"
#include "kern/proc_fs.h"

#define OOM_ADJ_MIN (-1000)
#define OOM_ADJ_MAX 1000

/* --- comm, wchan -------------------------------------------------------- */

int
proc_show_comm(struct proctext *pt, const struct prockey *key)
{
	struct proc *p = procfs_proc(key);
	char name[16] = "";
	struct lwp *l;

	if (p == NULL)
		return -ESRCH;
	spin_lock(&p->p_lock);
	l = procfs_lwp(p, key);
	if (l != NULL)
		strlcpy(name, l->l_thread->td_name, sizeof(name));
	spin_unlock(&p->p_lock);
	proc_unref(p);
	proc_printf(pt, "%s\n", name);
	return 0;
}

/* Threads name each other; nobody else does. */
int
proc_store_comm(const struct prockey *key, char *text, size_t n)
{
	struct proc *p = procfs_proc(key);
	struct lwp *l = NULL;
	char *end = strchr(text, '\n');

	if (p == NULL)
		return -ESRCH;
	if (end != NULL)
		*end = '\0';
	if (p == curproc()) {
		spin_lock(&p->p_lock);
		l = procfs_lwp(p, key);
		if (l != NULL)
			strlcpy(l->l_thread->td_name, text,
			    sizeof(l->l_thread->td_name));
		spin_unlock(&p->p_lock);
	}
	proc_unref(p);
	return l != NULL ? 0 : -EINVAL;
}

int
proc_show_wchan(struct proctext *pt, const struct prockey *key)
{
	struct proc *p = procfs_proc(key);
	const char *why = NULL;
	struct lwp *l;

	if (p == NULL)
		return -ESRCH;
	if (procfs_may_inspect(p, curlwp()->l_cred) == 0) {
		spin_lock(&p->p_lock);
		l = procfs_lwp(p, key);
		if (l != NULL && procfs_state(p, l) != 'R')
			why = l->l_thread->td_wmesg;
		spin_unlock(&p->p_lock);
	}
	proc_unref(p);
	proc_puts(pt, why != NULL ? why : "0");
	return 0;
}

/* --- limits ------------------------------------------------------------- */

static void
put_limit(struct proctext *pt, uint64_t v)
{
	if (v == RLIM_INFINITY)
		proc_printf(pt, "%-20s ", "unlimited");
	else
		proc_printf(pt, "%-20llu ", (unsigned long long)v);
}

int
proc_show_limits(struct proctext *pt, const struct prockey *key)
{
	static const struct {
		const char *name, *unit;
	} rows[RLIM_NLIMITS] = {
		[RLIMIT_CPU] = { "Max cpu time", "seconds" },
		[RLIMIT_FSIZE] = { "Max file size", "bytes" },
		[RLIMIT_DATA] = { "Max data size", "bytes" },
		[RLIMIT_STACK] = { "Max stack size", "bytes" },
		[RLIMIT_CORE] = { "Max core file size", "bytes" },
		[RLIMIT_RSS] = { "Max resident set", "bytes" },
		[RLIMIT_NPROC] = { "Max processes", "processes" },
		[RLIMIT_NOFILE] = { "Max open files", "files" },
		[RLIMIT_MEMLOCK] = { "Max locked memory", "bytes" },
		[RLIMIT_AS] = { "Max address space", "bytes" },
		[RLIMIT_LOCKS] = { "Max file locks", "locks" },
		[RLIMIT_SIGPENDING] = { "Max pending signals", "signals" },
		[RLIMIT_MSGQUEUE] = { "Max msgqueue size", "bytes" },
		[RLIMIT_NICE] = { "Max nice priority", "" },
		[RLIMIT_RTPRIO] = { "Max realtime priority", "" },
		[RLIMIT_RTTIME] = { "Max realtime timeout", "us" },
	};
	struct rlimit lim[RLIM_NLIMITS];
	struct proc *p = procfs_proc(key);
	unsigned i;

	if (p == NULL)
		return -ESRCH;
	spin_lock(&p->p_lock);
	memcpy(lim, p->p_rlimit, sizeof(lim));
	spin_unlock(&p->p_lock);
	proc_unref(p);
	proc_printf(pt, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit",
	    "Hard Limit", "Units");
	for (i = 0; i < nitems(rows); i++) {
		proc_printf(pt, "%-25s ", rows[i].name);
		put_limit(pt, lim[i].rlim_cur);
		put_limit(pt, lim[i].rlim_max);
		proc_printf(pt, "%-10s\n", rows[i].unit);
	}
	return 0;
}

/* --- mounts ------------------------------------------------------------- */

static int
show_mounts(struct proctext *pt, const struct prockey *key,
    size_t (*format)(char *, size_t, const struct path *))
{
	struct proc *p = procfs_proc(key);
	struct path root, cwd;
	size_t want = 0, room;
	char *to;
	int error;

	if (p == NULL)
		return -ESRCH;
	error = procfs_root_cwd(p, &root, &cwd);
	proc_unref(p);
	if (error != 0)
		return -EINVAL;
	/* The list may grow between asking and writing. */
	do {
		room = want + 512;
		to = proc_reserve(pt, room);
		want = to != NULL ? format(to, room, &root) : 0;
	} while (want >= room);
	if (to != NULL)
		pt->pt_len += want;
	path_unref(&root);
	path_unref(&cwd);
	return 0;
}

int
proc_show_mounts(struct proctext *pt, const struct prockey *key)
{
	return show_mounts(pt, key, vfs_format_mounts);
}

int
proc_show_mountinfo(struct proctext *pt, const struct prockey *key)
{
	return show_mounts(pt, key, vfs_format_mountinfo);
}

/* --- memory shortage ---------------------------------------------------- */

/* What kern/oom.c weighs by, as thousandths of memory. */
int
proc_show_oom_score(struct proctext *pt, const struct prockey *key)
{
	struct proc *p = procfs_proc(key);
	struct page_stats ps;
	int64_t score = 0;

	if (p == NULL)
		return -ESRCH;
	page_stats_get(&ps);
	if (p->p_oom_adj > OOM_ADJ_MIN && !(p->p_flags & P_INIT)) {
		score = (int64_t)proc_rss(p);
		score += score * p->p_oom_adj / 1000;
		score = score * 1000 / (int64_t)MAX(ps.ps_total, 1);
	}
	proc_unref(p);
	proc_printf(pt, "%lld\n", (long long)score);
	return 0;
}

int
proc_show_oom_score_adj(struct proctext *pt, const struct prockey *key)
{
	struct proc *p = procfs_proc(key);

	if (p == NULL)
		return -ESRCH;
	proc_printf(pt, "%d\n", p->p_oom_adj);
	proc_unref(p);
	return 0;
}

int
proc_store_oom_score_adj(const struct prockey *key, char *text, size_t n)
{
	bool minus = text[0] == '-';
	const char *end;
	struct proc *p;
	uint64_t v;
	int adj, error = str_to_u64(text + minus, &end, 10, &v);

	if (error != 0 || (*end != '\0' && *end != '\n') || v > OOM_ADJ_MAX)
		return -EINVAL;
	adj = minus ? -(int)v : (int)v;
	p = procfs_proc(key);
	if (p == NULL)
		return -ESRCH;
	if (adj < p->p_oom_adj &&
	    !cred_capable(curlwp()->l_cred, CAP_SYS_RESOURCE))
		error = -EACCES;
	else
		p->p_oom_adj = adj;
	proc_unref(p);
	return error;
}
