/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/exec.c: execve(2) and execveat(2).
 *
 * The new image is built in a fresh address space while the old one runs on,
 * so every error up to exec_commit() leaves the caller as it was. After that
 * there is nothing to return to, and errors end the process.
 */
#include "base/kprintf.h"
#include "base/slab.h"
#include "base/string.h"
#include "base/thread.h"

#include <machine/frame.h>
#include <machine/md.h>

#include "kern/exec.h"
#include "kern/fd.h"
#include "kern/proc_internal.h"
#include "kern/syscall.h"

#define AT_SYMLINK_NOFOLLOW 0x100
#define AT_EMPTY_PATH	    0x1000
#define ADDR_NO_RANDOMIZE   0x0040000u
#define SCRIPT_DEPTH_MAX    5

static int
head_read(struct exec *x)
{
	ssize_t n = file_read_kernel(x->x_file, x->x_head, EXEC_HEAD_SIZE, 0);

	if (n < 0)
		return (int)n;
	x->x_headlen = (size_t)n;
	return 0;
}

/* The file that is executed; an earlier one (a script) is let go. */
int
exec_open(struct exec *x, const char *path)
{
	struct file *fp;
	int error = vfs_open_exec(&x->x_lookup, path, &fp);

	if (error != 0)
		return error;
	if (x->x_file != NULL)
		file_unref(x->x_file);
	x->x_file = fp;
	return head_read(x);
}

static int
exec_load(struct exec *x)
{
	int error = 0;

	for (int depth = 0; x->x_headlen >= 2 && x->x_head[0] == '#' &&
	     x->x_head[1] == '!'; depth++) {
		if (depth == SCRIPT_DEPTH_MAX)
			return -ELOOP;
		error = exec_script(x, depth == 0 ? x->x_path : NULL);
		if (error != 0)
			return error;
	}
	error = exec_cred(x);
	if (error != 0)
		return error;
	x->x_no_random = (curproc()->p_persona & ADDR_NO_RANDOMIZE) != 0 &&
	    !x->x_secure;
	x->x_vm = vmspace_create();
	if (x->x_vm == NULL)
		return -ENOMEM;
	error = exec_stack_map(x);
	if (error == 0)
		error = exec_elf_load(x);
	return error;
}

/* The rest of an executable stack, known only after the headers. */
static int
exec_stack_rights(struct exec *x)
{
	struct vm_area *a;

	if (!x->x_exec_stack)
		return 0;
	a = vm_area_find(x->x_vm, x->x_stack_top - 1);
	return vm_protect(x->x_vm, a->va_start, a->va_end - a->va_start,
	    PROT_READ | PROT_WRITE | PROT_EXEC);
}

static void
exec_set_name(struct thread *td, const char *path)
{
	const char *base = strrchr(path, '/');

	strlcpy(td->td_name, base != NULL ? base + 1 : path,
	    sizeof(td->td_name));
}

/* What a thread has that names the old image. */
static void
exec_reset_lwp(struct lwp *l)
{
	l->l_alt_sp = 0;
	l->l_alt_size = 0;
	l->l_alt_flags = SS_DISABLE;
	l->l_clear_tid = 0;
	l->l_robust = 0;
	l->l_rseq = 0;
	l->l_restart_fn = NULL;
}

/* Handlers of our own, even if they were shared. */
static int
exec_own_sighand(struct proc *p)
{
	struct sighand *old = p->p_sighand, *sh;

	if (atomic_load(&old->sh_ref) > 1) {
		sh = sighand_copy(old);
		if (sh == NULL)
			return -ENOMEM;
		spin_lock(&p->p_lock);
		p->p_sighand = sh;
		spin_unlock(&p->p_lock);
		sighand_unref(old);
	}
	return 0;
}

static void
exec_switch_vm(struct exec *x, struct proc *p)
{
	struct vmspace *vs = x->x_vm, *old;

	file_ref(x->x_file);
	vs->vs_exe = x->x_file;
	vs->vs_as_limit = proc_rlimit(p, RLIMIT_AS);
	vs->vs_data_limit = proc_rlimit(p, RLIMIT_DATA);
	spin_lock(&p->p_lock);
	old = p->p_vm;
	p->p_vm = vs;
	if (old != NULL && old->vs_peak_rss > p->p_self.ru_maxrss)
		p->p_self.ru_maxrss = old->vs_peak_rss;
	spin_unlock(&p->p_lock);
	(void)vmspace_switch(vs);
	proc_vfork_done(curlwp());
	if (old != NULL)
		vmspace_unref(old);
}

/*
 * The point of no return. *committed says whether it has been passed when an
 * error comes back.
 */
static int
exec_commit(struct exec *x, struct cred *cr, bool *committed)
{
	struct lwp *l = curlwp();
	struct proc *p = l->l_proc;
	struct trapframe *tf = thread_frame(l->l_thread);
	vaddr_t sp;
	int error;

	error = exec_own_sighand(p);
	if (error == 0)
		error = fd_unshare();
	if (error == 0)
		error = proc_single_thread();
	if (error != 0)
		return error;
	*committed = true;
	if (p->p_vm != NULL)
		futex_exit(l);
	exec_switch_vm(x, p);
	proc_timers_exit(p, true);
	exec_reset_lwp(l);
	sighand_reset_for_exec(p->p_sighand);
	/*
	 * A pipe that ends is how a parent learns of the exec: what it may
	 * ask for then is in place before.  Not so p_dumpable, which opens
	 * the descriptors to others.
	 */
	exec_set_name(l->l_thread, x->x_path);
	p->p_exit_signal = SIGCHLD;
	proc_flag_set(p, P_EXECED);
	fdtable_close_on_exec(l->l_fds);
	p->p_dumpable = !x->x_secure;
	p->p_membarrier = 0;
	if (cr != NULL) {
		cred_commit(cr);
		p->p_pdeath_sig = 0;
	}
	error = exec_stack_fill(x, &sp);
	if (error == 0)
		md_exec_frame(tf, x->x_entry, sp);
	return error;
}

static void
exec_free(struct exec *x, bool committed)
{
	if (!committed && x->x_vm != NULL)
		vmspace_unref(x->x_vm);
	if (x->x_file != NULL)
		file_unref(x->x_file);
	exec_args_free(&x->x_args);
	kfree(x->x_path);
	lookup_ctx_put(&x->x_lookup);
	kfree(x);
}

/* x has its file and its arguments; it is consumed. */
static int
exec_run(struct exec *x)
{
	struct cred *cr = NULL;
	bool committed = false;
	int error;

	error = exec_load(x);
	if (error == 0)
		error = exec_stack_rights(x);
	if (error == 0 && x->x_new_cred) {
		cr = cred_prepare();
		if (cr == NULL) {
			error = -ENOMEM;
		} else {
			gid_t *groups = cr->cr_groups;

			*cr = x->x_cred;
			cr->cr_ref = 1;
			cr->cr_groups = groups;
		}
	}
	if (error == 0)
		error = exec_commit(x, cr, &committed);
	if (error != 0 && !committed && cr != NULL)
		cred_unref(cr);
	exec_free(x, committed);
	if (error != 0 && committed)
		proc_exit_group(SIGKILL);
	return error;
}

static struct exec *
exec_alloc(void)
{
	struct exec *x = kzalloc(sizeof(*x));

	if (x != NULL && exec_args_init(&x->x_args) != 0) {
		kfree(x);
		x = NULL;
	}
	return x;
}

/* "/dev/fd/N" or "/dev/fd/N/path", for what is not named from the cwd. */
static int
exec_name(struct exec *x, int dirfd, const char *path)
{
	size_t size = strlen(path) + 24;

	x->x_path = kmalloc(size, 0);
	if (x->x_path == NULL)
		return -ENOMEM;
	if (path[0] == '/' || dirfd == AT_FDCWD)
		strlcpy(x->x_path, path, size);
	else if (path[0] == '\0')
		ksnprintf(x->x_path, size, "/dev/fd/%d", dirfd);
	else
		ksnprintf(x->x_path, size, "/dev/fd/%d/%s", dirfd, path);
	return 0;
}

static int
exec_open_fd(struct exec *x, int fd)
{
	struct file *fp;
	struct path p;
	int error = fd_get_path(fd, &fp);

	if (error != 0)
		return error;
	p.p_mount = fp->f_path.ps_mount;
	p.p_dentry = fp->f_path.ps_dentry;
	if (p.p_dentry == NULL)
		error = -EACCES;
	else
		error = vfs_open_exec_path(&p, x->x_lookup.lc_cred,
		    &x->x_file);
	fd_put(fp);
	return error != 0 ? error : head_read(x);
}

/* Opens by name; a script's interpreter is then looked up from the cwd. */
static int
exec_open_at(struct exec *x, int dirfd, const char *path, int flags)
{
	struct lookup_ctx lc;
	struct path p;
	int error;

	if (path[0] == '\0' && (flags & AT_EMPTY_PATH))
		return exec_open_fd(x, dirfd);
	if (dirfd == AT_FDCWD && flags == 0)
		return exec_open(x, path);
	error = lookup_ctx_at(&lc, dirfd, path);
	if (error != 0)
		return error;
	error = vfs_lookup(&lc, path,
	    flags & AT_SYMLINK_NOFOLLOW ? LOOKUP_NOFOLLOW : 0, &p);
	if (error == 0) {
		if (path_vnode(&p)->v_type == VLNK)
			error = -ELOOP;
		else
			error = vfs_open_exec_path(&p, lc.lc_cred,
			    &x->x_file);
		path_unref(&p);
	}
	lookup_ctx_put(&lc);
	return error != 0 ? error : head_read(x);
}

static int
exec_user(int dirfd, vaddr_t upath, vaddr_t uargv, vaddr_t uenvp, int flags)
{
	struct exec *x;
	char *path;
	int error;

	error = path_copyin(upath, &path);
	if (error != 0)
		return error;
	x = exec_alloc();
	if (x == NULL) {
		kfree(path);
		return -ENOMEM;
	}
	lookup_ctx_get(&x->x_lookup);
	error = exec_open_at(x, dirfd, path, flags);
	if (error == 0)
		error = exec_name(x, dirfd, path);
	kfree(path);
	if (error == 0)
		error = exec_args_copyin(&x->x_args, uargv, uenvp);
	if (error != 0) {
		exec_free(x, false);
		return error;
	}
	return exec_run(x);
}

int
exec_kernel(const char *path, const char *const *argv,
    const char *const *envp)
{
	struct exec *x = exec_alloc();
	int error;

	if (x == NULL)
		return -ENOMEM;
	lookup_ctx_get(&x->x_lookup);
	error = exec_open(x, path);
	if (error == 0)
		error = exec_name(x, AT_FDCWD, path);
	if (error == 0)
		error = exec_args_copy(&x->x_args, argv, envp);
	if (error != 0) {
		exec_free(x, false);
		return error;
	}
	return exec_run(x);
}

long
sys_execve(vaddr_t path, vaddr_t argv, vaddr_t envp)
{
	return exec_user(AT_FDCWD, path, argv, envp, 0);
}

long
sys_execveat(int dirfd, vaddr_t path, vaddr_t argv, vaddr_t envp, int flags)
{
	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	return exec_user(dirfd, path, argv, envp, flags);
}
