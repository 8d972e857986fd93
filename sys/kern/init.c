/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/init.c: the first process.
 *
 * Process 1 is made by hand; from then on everything is forked. Its first
 * words come from the command line: `init=PATH`, and `strace` to have every
 * system call of every process in the log.
 */
#include "base/bootopt.h"
#include "base/kprintf.h"
#include "base/panic.h"
#include "base/thread.h"

#include <machine/md.h>

#include "fs/file.h"
#include "fs/vfs.h"
#include "kern/fd.h"
#include "kern/proc_internal.h"
#include "kern/syscall.h"

static const char *const init_paths[] = { "/sbin/init", "/etc/init",
	"/bin/init", "/bin/sh" };

static void
init_open_console(void)
{
	struct lookup_ctx lc;
	struct file *fp;
	int error;

	lookup_ctx_get(&lc);
	error = vfs_open(&lc, "/dev/console", O_RDWR | O_NOCTTY, 0, &fp);
	lookup_ctx_put(&lc);
	if (error != 0) {
		klog(KLOG_WARNING, "init: cannot open /dev/console: error %d\n",
		    -error);
		return;
	}
	for (int i = 0; i < 3; i++) {
		file_ref(fp);
		if (fd_install(fp, 0, false) < 0)
			file_unref(fp);
	}
	file_unref(fp);
}

static void
init_try(const char *path)
{
	const char *const argv[] = { path, NULL };
	const char *const envp[] = { "HOME=/", "TERM=linux",
		"PATH=/sbin:/usr/sbin:/bin:/usr/bin", NULL };
	int error = exec_kernel(path, argv, envp);

	if (error == 0)
		md_return_to_user();
	klog(error == -ENOENT ? KLOG_DEBUG : KLOG_ERR,
	    "init: cannot run %s: error %d\n", path, -error);
}

static void
init_start(void *arg)
{
	const char *path = boot_option("init");

	init_open_console();
	if (path != NULL && path[0] != '\0')
		init_try(path);
	for (unsigned i = 0; i < nitems(init_paths); i++)
		init_try(init_paths[i]);
	panic("no program to run as init; try init=PATH on the command line");
}

static struct proc *
init_proc(void)
{
	struct proc *p = proc_create();

	if (p == NULL)
		return NULL;
	p->p_sighand = sighand_create();
	rlimit_init(p->p_rlimit);
	p->p_flags = P_INIT;
	return p->p_sighand != NULL ? p : NULL;
}

static struct lwp *
init_lwp(struct proc *p)
{
	struct lwp *l = lwp_create(p);
	struct path root;

	if (l == NULL || vfs_root_path(&root) != 0)
		return NULL;
	l->l_cred = cred_ref(&cred_kernel);
	l->l_fs = fsctx_create(&root);
	path_unref(&root);
	l->l_fds = fdtable_create();
	l->l_thread = thread_create("init", init_start, NULL);
	if (l->l_fs == NULL || l->l_fds == NULL || l->l_thread == NULL ||
	    md_thread_init_user(l->l_thread, NULL) != 0)
		return NULL;
	l->l_thread->td_lwp = l;
	if (boot_option("strace") != NULL)
		l->l_thread->td_flags |= TDF_TRACE;
	return l;
}

void
proc_start_init(void)
{
	struct proc *p = init_proc();
	struct lwp *l = p != NULL ? init_lwp(p) : NULL;

	if (l == NULL)
		panic("no memory for the first process");
	mutex_lock(&proctree_lock);
	p->p_pid = pid_alloc();
	KASSERT(p->p_pid == 1);
	l->l_thread->td_tid = p->p_pid;
	list_add_tail(&p->p_lwps, &l->l_link);
	p->p_nlwps = 1;
	p->p_fds = l->l_fds;
	lwp_hash_add(l);
	proc_link(p, NULL);
	if (pgrp_enter_new(p, true) != 0)
		panic("no memory for the first process group");
	initproc = p;
	mutex_unlock(&proctree_lock);
	thread_run(l->l_thread);
}
