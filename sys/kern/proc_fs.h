/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/proc_fs.h: what the files that fill /proc share: proc_dir.c, the
 * folders of processes; proc_links.c, what leads out of them; proc_stat.c,
 * proc_maps.c, proc_misc.c, their files; proc_system.c, proc_memory.c,
 * proc_devices.c, proc_sysctl.c, proc_log.c, the system's.
 */
#ifndef KERN_PROC_FS_H
#define KERN_PROC_FS_H

#include "fs/procfs.h"
#include "kern/proc_internal.h"

#define TICKS_PER_SEC 100 /* USER_HZ, the unit of times in /proc */
#define NSEC_PER_TICK (NSEC_PER_SEC / TICKS_PER_SEC)

/* The process a file is about, referenced; NULL: it has gone. */
struct proc *procfs_proc(const struct prockey *) __must_check;
/* Its address space, referenced, or NULL. */
struct vmspace *procfs_vm(struct proc *) __must_check;
/* Its descriptors, referenced, or NULL. */
struct fdtable *procfs_fds(struct proc *) __must_check;
/* Where its names start; references are the caller's. -ESRCH. */
int procfs_root_cwd(struct proc *, struct path *root, struct path *cwd)
    __must_check;
/* Whose its first thread is, referenced; NULL: it has no thread. */
struct cred *procfs_cred(struct proc *) __must_check;
/* May cr look into p as a debugger would? 0 or -EACCES. */
int procfs_may_inspect(struct proc *, const struct cred *cr);
/* pe_access with that rule. */
int procfs_access_inspect(const struct prockey *, const struct cred *);
/* p_lock held: the thread of the key, or the first. NULL: gone. */
struct lwp *procfs_lwp(struct proc *, const struct prockey *);
/* 'R', 'S', ... of a thread. p_lock held. */
char procfs_state(const struct proc *, const struct lwp *);

/* For files about what the running thread may look into; referenced. */
struct proc *procfs_inspected(const struct prockey *, int *error) __must_check;
/* pe_attr: whose the files of a process are. */
int procfs_pid_attr(const struct prockey *, struct vattr *);
bool procfs_number_parse(const char *name, size_t len, int32_t *out)
    __must_check;
void procfs_child_name(struct procchild *, const struct procent *, uint64_t n);

/* proc_links.c */
#define PROC_LINK(word)                                                      \
	ssize_t proc_##word##_readlink(const struct prockey *, char *,       \
	    size_t);                                                         \
	int proc_##word##_follow(const struct prockey *, struct path *,      \
	    struct file **)
#define PROC_DIR(word)                                                       \
	int proc_##word##_lookup(const struct prockey *, const char *,       \
	    size_t, struct procchild *);                                     \
	bool proc_##word##_next(const struct prockey *, uint64_t *,          \
	    struct procchild *)
PROC_LINK(exe);
PROC_LINK(root);
PROC_LINK(cwd);
PROC_DIR(fds);
PROC_DIR(fdinfo);

/* Rows of tables that other files fill. */
#define PROC_SHOW(fn) int fn(struct proctext *, const struct prockey *)
PROC_SHOW(proc_show_stat);
PROC_SHOW(proc_show_statm);
PROC_SHOW(proc_show_status);
PROC_SHOW(proc_show_maps);
PROC_SHOW(proc_show_smaps);
PROC_SHOW(proc_show_cmdline);
PROC_SHOW(proc_show_environ);
PROC_SHOW(proc_show_comm);
PROC_SHOW(proc_show_limits);
PROC_SHOW(proc_show_mounts);
PROC_SHOW(proc_show_mountinfo);
PROC_SHOW(proc_show_oom_score);
PROC_SHOW(proc_show_oom_score_adj);
PROC_SHOW(proc_show_wchan);
PROC_SHOW(proc_show_fdinfo);
int proc_store_comm(const struct prockey *, char *, size_t);
int proc_store_oom_score_adj(const struct prockey *, char *, size_t);
extern const struct fileops proc_mem_fileops;

/* Pages a vmspace has, by kind. */
struct proc_rss {
	uint64_t pr_anon, pr_file, pr_shmem;
};
void proc_rss_count(struct vmspace *, struct proc_rss *);

#endif
