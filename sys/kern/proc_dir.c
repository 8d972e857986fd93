/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/proc_dir.c: the folders of /proc that are processes and their
 * threads.
 *
 * A key holds when the process began, so that an open folder of one that has
 * gone never shows another with its number.
 * Locks: procfs_proc() takes proctree_lock only for other processes.
 */
#include "base/init.h"
#include "base/kprintf.h"
#include "base/string.h"

#include <abi/errno.h>

#include "kern/fd.h"
#include "kern/proc_fs.h"

static const struct procent pid_dir, task_dir;

/* --- finding things ----------------------------------------------------- */

static struct proc *
find_referenced(pid_t pid)
{
	struct lwp *l = curlwp();

	if (l != NULL && l->l_proc->p_pid == pid) {
		proc_ref(l->l_proc);
		return l->l_proc;
	}
	return proc_find(pid);
}

struct proc *
procfs_proc(const struct prockey *key)
{
	struct proc *p = find_referenced(key->pk_pid);

	if (p != NULL && p->p_start != key->pk_start) {
		proc_unref(p);
		p = NULL;
	}
	return p;
}

struct vmspace *
procfs_vm(struct proc *p)
{
	struct vmspace *vs;

	spin_lock(&p->p_lock);
	vs = p->p_vm;
	if (vs != NULL)
		vmspace_ref(vs);
	spin_unlock(&p->p_lock);
	return vs;
}

struct fdtable *
procfs_fds(struct proc *p)
{
	struct fdtable *ft;

	spin_lock(&p->p_lock);
	ft = p->p_fds;
	if (ft != NULL)
		fdtable_ref(ft);
	spin_unlock(&p->p_lock);
	return ft;
}

int
procfs_root_cwd(struct proc *p, struct path *root, struct path *cwd)
{
	struct fsctx *fx = NULL;
	struct lwp *l;

	/* A thread without descriptors is leaving and lets its context go. */
	spin_lock(&p->p_lock);
	list_foreach(l, &p->p_lwps, l_link) {
		if (l->l_fds != NULL) {
			fx = l->l_fs;
			fsctx_ref(fx);
			break;
		}
	}
	spin_unlock(&p->p_lock);
	if (fx == NULL)
		return -ESRCH;
	spin_lock(&fx->fx_lock);
	*root = fx->fx_root;
	*cwd = fx->fx_cwd;
	path_ref(root);
	path_ref(cwd);
	spin_unlock(&fx->fx_lock);
	fsctx_unref(fx);
	return 0;
}

struct cred *
procfs_cred(struct proc *p)
{
	struct cred *cr = NULL;
	struct lwp *l;

	spin_lock(&p->p_lock);
	l = proc_first_lwp(p);
	if (l != NULL)
		cr = cred_ref(l->l_cred);
	spin_unlock(&p->p_lock);
	return cr;
}

struct lwp *
procfs_lwp(struct proc *p, const struct prockey *key)
{
	struct lwp *l;

	if (key->pk_tid == 0)
		return proc_first_lwp(p);
	list_foreach(l, &p->p_lwps, l_link) {
		if (l->l_thread->td_tid == key->pk_tid)
			return l;
	}
	return NULL;
}

/* --- permissions -------------------------------------------------------- */

int
procfs_may_inspect(struct proc *p, const struct cred *cr)
{
	struct cred *t;
	bool ok;

	if (curlwp() != NULL && curproc() == p)
		return 0;
	t = procfs_cred(p);
	if (t == NULL)
		return -EACCES;
	ok = cred_capable(cr, CAP_SYS_PTRACE) ||
	    (cr->cr_fsuid == t->cr_uid && cr->cr_fsuid == t->cr_euid &&
		cr->cr_fsuid == t->cr_suid && cr->cr_fsgid == t->cr_gid &&
		cr->cr_fsgid == t->cr_egid && cr->cr_fsgid == t->cr_sgid &&
		p->p_dumpable == 1 &&
		(t->cr_cap_perm & ~cr->cr_cap_perm) == 0);
	cred_unref(t);
	return ok ? 0 : -EACCES;
}

int
procfs_access_inspect(const struct prockey *key, const struct cred *cr)
{
	struct proc *p = procfs_proc(key);
	int error;

	if (p == NULL)
		return -ESRCH;
	error = procfs_may_inspect(p, cr);
	proc_unref(p);
	return error;
}

/* For links, which are followed by the running thread. */
struct proc *
procfs_inspected(const struct prockey *key, int *error)
{
	struct proc *p = procfs_proc(key);

	*error = p == NULL ? -ENOENT :
			     procfs_may_inspect(p, curlwp()->l_cred);
	if (*error != 0 && p != NULL) {
		proc_unref(p);
		p = NULL;
	}
	return p;
}

/* Whose the files of a process are: root's if it may not be looked into. */
int
procfs_pid_attr(const struct prockey *key, struct vattr *va)
{
	struct proc *p = procfs_proc(key);
	struct cred *cr;
	int error = 0;

	if (p == NULL)
		return -ESRCH;
	cr = procfs_cred(p);
	if (key->pk_tid != 0) {
		spin_lock(&p->p_lock);
		if (procfs_lwp(p, key) == NULL)
			error = -ESRCH;
		spin_unlock(&p->p_lock);
	}
	/* Folders that anybody may read show who runs it in any case. */
	if (p->p_dumpable == 1 || va->va_mode == 0555) {
		va->va_uid = cr != NULL ? cr->cr_euid : p->p_uid;
		va->va_gid = cr != NULL ? cr->cr_egid : 0;
	}
	if (cr != NULL)
		cred_unref(cr);
	proc_unref(p);
	return error;
}

/* --- numbers as names --------------------------------------------------- */

bool
procfs_number_parse(const char *name, size_t len, int32_t *out)
{
	int64_t n = 0;
	size_t i;

	if (len == 0 || len > 10 || (name[0] == '0' && len > 1))
		return false;
	for (i = 0; i < len; i++) {
		if (name[i] < '0' || name[i] > '9')
			return false;
		n = n * 10 + (name[i] - '0');
	}
	*out = (int32_t)n;
	return n <= INT32_MAX;
}

void
procfs_child_name(struct procchild *pc, const struct procent *pe, uint64_t n)
{
	pc->pc_ent = pe;
	ksnprintf(pc->pc_name, sizeof(pc->pc_name), "%llu",
	    (unsigned long long)n);
}

static void
child_of_proc(struct procchild *pc, const struct proc *p)
{
	pc->pc_key = PROC_NOKEY;
	pc->pc_key.pk_pid = p->p_pid;
	pc->pc_key.pk_start = p->p_start;
}

static int
pids_lookup(const struct prockey *key, const char *name, size_t len,
    struct procchild *pc)
{
	struct proc *p = NULL;
	struct lwp *l;
	pid_t pid;

	if (!procfs_number_parse(name, len, &pid) || pid == 0)
		return -ENOENT;
	p = find_referenced(pid);
	if (p == NULL) {
		/* Not listed, but /proc/TID is there, as on Linux. */
		mutex_lock(&proctree_lock);
		l = lwp_find(pid);
		if (l != NULL) {
			p = l->l_proc;
			proc_ref(p);
		}
		mutex_unlock(&proctree_lock);
	}
	if (p == NULL)
		return -ENOENT;
	pc->pc_ent = &pid_dir;
	child_of_proc(pc, p);
	proc_unref(p);
	return 0;
}

struct pid_search {
	pid_t ps_least;
	struct proc *ps_best;
};

static int
pid_consider(struct proc *p, void *arg)
{
	struct pid_search *ps = arg;

	if (p->p_pid >= ps->ps_least &&
	    (ps->ps_best == NULL || p->p_pid < ps->ps_best->p_pid))
		ps->ps_best = p;
	return 0;
}

/* Most processes follow each other closely: try a few numbers first. */
static struct proc *
pid_at_or_after(pid_t pid)
{
	struct pid_search ps = { .ps_least = pid };
	struct proc *p;
	pid_t end = pid + 32;

	for (; pid < end; pid++) {
		p = proc_find_locked(pid);
		if (p != NULL)
			return p;
	}
	(void)proc_foreach(pid_consider, &ps);
	return ps.ps_best;
}

static bool
pids_next(const struct prockey *key, uint64_t *pos, struct procchild *pc)
{
	struct proc *p;

	if (*pos >= PID_MAX)
		return false;
	mutex_lock(&proctree_lock);
	p = pid_at_or_after((pid_t)*pos);
	if (p != NULL) {
		*pos = (uint64_t)p->p_pid;
		procfs_child_name(pc, &pid_dir, *pos);
		child_of_proc(pc, p);
	}
	mutex_unlock(&proctree_lock);
	return p != NULL;
}

static int
proc_tasks_lookup(const struct prockey *key, const char *name, size_t len,
    struct procchild *pc)
{
	struct proc *p = procfs_proc(key);
	int error = -ENOENT;

	if (p == NULL)
		return -ENOENT;
	pc->pc_ent = &task_dir;
	if (procfs_number_parse(name, len, &pc->pc_key.pk_tid) &&
	    pc->pc_key.pk_tid != 0) {
		spin_lock(&p->p_lock);
		if (procfs_lwp(p, &pc->pc_key) != NULL)
			error = 0;
		spin_unlock(&p->p_lock);
	}
	proc_unref(p);
	return error;
}

static bool
proc_tasks_next(const struct prockey *key, uint64_t *pos, struct procchild *pc)
{
	struct proc *p = procfs_proc(key);
	uint64_t best = UINT64_MAX;
	struct lwp *l;

	if (p == NULL)
		return false;
	spin_lock(&p->p_lock);
	list_foreach(l, &p->p_lwps, l_link) {
		uint64_t tid = (uint64_t)l->l_thread->td_tid;

		if (tid >= *pos && tid < best)
			best = tid;
	}
	spin_unlock(&p->p_lock);
	proc_unref(p);
	if (best == UINT64_MAX)
		return false;
	*pos = best;
	procfs_child_name(pc, &task_dir, best);
	pc->pc_key.pk_tid = (pid_t)best;
	return true;
}

/* --- links -------------------------------------------------------------- */

static ssize_t
self_readlink(const struct prockey *key, char *buf, size_t size)
{
	return ksnprintf(buf, size, "%d", curproc()->p_pid);
}

static ssize_t
thread_self_readlink(const struct prockey *key, char *buf, size_t size)
{
	return ksnprintf(buf, size, "%d/task/%d", curproc()->p_pid,
	    curthread()->td_tid);
}

/* --- tables ------------------------------------------------------------- */

#define FILE_ROW(name, mode, show)                                           \
	{ .pe_name = name, .pe_type = VREG, .pe_mode = mode, .pe_show = show, \
		.pe_attr = procfs_pid_attr }
#define SECRET_ROW(name, mode, show)                                         \
	{ .pe_name = name, .pe_type = VREG, .pe_mode = mode, .pe_show = show, \
		.pe_attr = procfs_pid_attr, .pe_access = procfs_access_inspect }
#define LINK_ROW(name, word)                                                 \
	{ .pe_name = name, .pe_type = VLNK, .pe_mode = 0777,                 \
		.pe_readlink = proc_##word##_readlink,                       \
		.pe_follow = proc_##word##_follow,                           \
		.pe_attr = procfs_pid_attr }
#define DIR_ROW(name, mode, word)                                            \
	{ .pe_name = name, .pe_type = VDIR, .pe_mode = mode,                 \
		.pe_lookup = proc_##word##_lookup,                           \
		.pe_next = proc_##word##_next,                               \
		.pe_attr = procfs_pid_attr }
/* What a process and each of its threads have. */
#define COMMON_ROWS                                                          \
	FILE_ROW("stat", 0444, proc_show_stat),                              \
	FILE_ROW("statm", 0444, proc_show_statm),                            \
	FILE_ROW("status", 0444, proc_show_status),                          \
	FILE_ROW("cmdline", 0444, proc_show_cmdline),                        \
	{ .pe_name = "comm", .pe_type = VREG, .pe_mode = 0644,               \
		.pe_show = proc_show_comm, .pe_store = proc_store_comm,      \
		.pe_attr = procfs_pid_attr },                                \
	SECRET_ROW("environ", 0400, proc_show_environ),                      \
	SECRET_ROW("maps", 0444, proc_show_maps),                            \
	SECRET_ROW("smaps", 0444, proc_show_smaps),                          \
	{ .pe_name = "mem", .pe_type = VREG, .pe_mode = 0600,                \
		.pe_fops = &proc_mem_fileops, .pe_attr = procfs_pid_attr,    \
		.pe_access = procfs_access_inspect },                        \
	LINK_ROW("exe", exe),                                                \
	LINK_ROW("cwd", cwd),                                                \
	LINK_ROW("root", root),                                              \
	DIR_ROW("fd", 0500, fds),                                            \
	DIR_ROW("fdinfo", 0555, fdinfo),                                     \
	FILE_ROW("limits", 0444, proc_show_limits),                          \
	FILE_ROW("mounts", 0444, proc_show_mounts),                          \
	FILE_ROW("mountinfo", 0444, proc_show_mountinfo),                    \
	FILE_ROW("wchan", 0444, proc_show_wchan),                            \
	FILE_ROW("oom_score", 0444, proc_show_oom_score),                    \
	{ .pe_name = "oom_score_adj", .pe_type = VREG, .pe_mode = 0644,      \
		.pe_show = proc_show_oom_score_adj,                          \
		.pe_store = proc_store_oom_score_adj,                        \
		.pe_attr = procfs_pid_attr }

static const struct procent task_table[] = {
	COMMON_ROWS,
	{ .pe_name = NULL },
};

static const struct procent pid_table[] = {
	COMMON_ROWS,
	DIR_ROW("task", 0555, tasks),
	{ .pe_name = NULL },
};

static const struct procent pid_dir = {
	.pe_name = "PID",
	.pe_type = VDIR,
	.pe_mode = 0555,
	.pe_table = pid_table,
	.pe_attr = procfs_pid_attr,
};

static const struct procent task_dir = {
	.pe_name = "TID",
	.pe_type = VDIR,
	.pe_mode = 0555,
	.pe_table = task_table,
	.pe_attr = procfs_pid_attr,
};

static const struct procent pids = {
	.pe_lookup = pids_lookup,
	.pe_next = pids_next,
};

static const struct procent top_table[] = {
	{ .pe_name = "self", .pe_type = VLNK, .pe_mode = 0777,
		.pe_readlink = self_readlink },
	{ .pe_name = "thread-self", .pe_type = VLNK, .pe_mode = 0777,
		.pe_readlink = thread_self_readlink },
	{ .pe_name = NULL },
};

static void
proc_dir_init(void)
{
	procfs_register("", top_table);
	procfs_register_dynamic(&pids);
}
INIT(INIT_SUBSYS, 50, proc_dir_init);
