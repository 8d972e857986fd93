/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/filecall.c: names, lookup contexts, vectors and deadlines of the
 * file system calls.
 *
 * Why: open and stat are called more often than anything but read and write.
 * A name of up to 255 bytes stays on the stack, and while a thread shares its
 * fsctx with nobody, nobody can change its root and working directory under
 * it, so a lookup borrows both without counting.
 */
#include "base/clock.h"
#include "base/slab.h"
#include "base/string.h"

#include <abi/errno.h>

#include "fs/vnode.h"
#include "kern/filecall.h"
#include "kern/syscall.h"

/* --- names --------------------------------------------------------------- */

int
name_copyin_empty(vaddr_t uaddr, struct namebuf *nb)
{
	ssize_t len;

	nb->nb_name = nb->nb_small;
	len = copyinstr(uaddr, nb->nb_small, sizeof(nb->nb_small));
	if (likely(len >= 0))
		return 0;
	if (len != -ENAMETOOLONG)
		return (int)len;
	return path_copyin(uaddr, &nb->nb_name);
}

int
name_copyin(vaddr_t uaddr, struct namebuf *nb)
{
	int error;

	error = name_copyin_empty(uaddr, nb);
	if (likely(error == 0) && unlikely(nb->nb_name[0] == '\0'))
		error = -ENOENT;
	return error;
}

void
name_free(struct namebuf *nb)
{
	if (unlikely(nb->nb_name != nb->nb_small))
		kfree(nb->nb_name);
}

int
path_copyin(vaddr_t uaddr, char **out)
{
	ssize_t len;
	char *buf;

	*out = NULL;
	buf = kmalloc(PATH_MAX, 0);
	if (buf == NULL)
		return -ENOMEM;
	len = copyinstr(uaddr, buf, PATH_MAX);
	if (len < 0) {
		kfree(buf);
		return (int)len;
	}
	*out = buf;
	return 0;
}

/* --- where lookups start ------------------------------------------------- */

static int
dir_of_fd(int dirfd, struct fdref *fr, struct path *out)
{
	struct file *fp;
	int error;

	error = fd_borrow_path(dirfd, fr);
	if (error != 0)
		return error;
	fp = fr->fr_file;
	if (fp->f_path.ps_dentry == NULL || fp->f_vnode == NULL) {
		fd_return(fr);
		return -ENOTDIR;
	}
	out->p_mount = fp->f_path.ps_mount;
	out->p_dentry = fp->f_path.ps_dentry;
	return 0;
}

int
at_begin(struct at_ctx *at, int dirfd, const char *name)
{
	struct lwp *l = curlwp();
	struct fsctx *fx = l->l_fs;
	int error;

	at->at_dir.fr_file = NULL;
	at->at_counted = atomic_load_relaxed(&fx->fx_ref) != 1;
	if (unlikely(at->at_counted))
		return lookup_ctx_at(&at->at_lc, dirfd, name);
	at->at_lc.lc_cred = l->l_cred;
	at->at_lc.lc_root = fx->fx_root;
	at->at_lc.lc_umask = fx->fx_umask;
	at->at_lc.lc_cwd = fx->fx_cwd;
	if (likely(dirfd == AT_FDCWD) || name[0] == '/')
		return 0;
	error = dir_of_fd(dirfd, &at->at_dir, &at->at_lc.lc_cwd);
	if (error != 0)
		return error;
	if (name[0] != '\0' && at->at_dir.fr_file->f_vnode->v_type != VDIR) {
		fd_return(&at->at_dir);
		return -ENOTDIR;
	}
	return 0;
}

/* The counted way, for callers that keep the context over anything. */
int
lookup_ctx_at(struct lookup_ctx *lc, int dirfd, const char *name)
{
	struct path dir;
	struct fdref fr;
	int error;

	if (dirfd == AT_FDCWD || name[0] == '/') {
		lookup_ctx_get(lc);
		return 0;
	}
	error = dir_of_fd(dirfd, &fr, &dir);
	if (error != 0)
		return error;
	if (name[0] != '\0' && fr.fr_file->f_vnode->v_type != VDIR) {
		fd_return(&fr);
		return -ENOTDIR;
	}
	lookup_ctx_get(lc);
	path_ref(&dir);
	path_unref(&lc->lc_cwd);
	lc->lc_cwd = dir;
	fd_return(&fr);
	return 0;
}

void
at_end(struct at_ctx *at)
{
	if (unlikely(at->at_counted))
		lookup_ctx_put(&at->at_lc);
	if (unlikely(at->at_dir.fr_file != NULL))
		fd_return(&at->at_dir);
}

int
file_path(struct file *fp, struct path *out)
{
	if (fp->f_path.ps_dentry == NULL)
		return -EINVAL;
	out->p_mount = fp->f_path.ps_mount;
	out->p_dentry = fp->f_path.ps_dentry;
	path_ref(out);
	return 0;
}

/* An empty name with AT_EMPTY_PATH: what dirfd is, whatever it is. */
static int
lookup_empty(int dirfd, struct path *out)
{
	struct at_ctx at;
	struct fdref fr;
	int error;

	if (dirfd == AT_FDCWD) {
		error = at_begin(&at, dirfd, "");
		if (error != 0)
			return error;
		*out = at.at_lc.lc_cwd;
		path_ref(out);
		at_end(&at);
		return 0;
	}
	error = fd_borrow_path(dirfd, &fr);
	if (error != 0)
		return error;
	error = file_path(fr.fr_file, out);
	fd_return(&fr);
	return error;
}

int
at_lookup(int dirfd, vaddr_t uname, unsigned flags, struct path *out)
{
	NAMED(nb);
	struct at_ctx at;
	int error;

	error = name_copyin_empty(uname, &nb);
	if (error != 0)
		return error;
	if (nb.nb_name[0] == '\0') {
		error = -ENOENT;
		if ((flags & LOOKUP_EMPTY) != 0)
			error = lookup_empty(dirfd, out);
		goto out;
	}
	error = at_begin(&at, dirfd, nb.nb_name);
	if (error != 0)
		goto out;
	error = vfs_lookup(&at.at_lc, nb.nb_name, flags & ~LOOKUP_EMPTY, out);
	at_end(&at);
out:
	name_free(&nb);
	return error;
}

/* --- vectors ------------------------------------------------------------- */

int
iov_copyin(vaddr_t uiov, unsigned long n, struct iovbuf *ib, struct uio *uio,
    bool write)
{
	size_t total = 0, len;
	unsigned long i;
	int error;

	ib->ib_iov = ib->ib_fast;
	if (n > IOV_MAX)
		return -EINVAL;
	if (n > IOV_FAST) {
		ib->ib_iov = kmalloc(n * sizeof(struct iovec), 0);
		if (ib->ib_iov == NULL)
			return -ENOMEM;
	}
	error = n == 0 ? 0 : copyin(uiov, ib->ib_iov, n * sizeof(struct iovec));
	for (i = 0; error == 0 && i < n; i++) {
		len = ib->ib_iov[i].iov_len;
		if ((ssize_t)len < 0)
			error = -EINVAL;
		else if ((vaddr_t)ib->ib_iov[i].iov_base > USER_MAX ||
		    (len != 0 && len >
			USER_MAX - (vaddr_t)ib->ib_iov[i].iov_base))
			error = -EFAULT;
		if (len > MAX_RW_COUNT - total)
			ib->ib_iov[i].iov_len = len = MAX_RW_COUNT - total;
		total += len;
	}
	if (error != 0) {
		iov_free(ib);
		return error;
	}
	uio->uio_iov = ib->ib_iov;
	uio->uio_iovcnt = (unsigned)n;
	uio->uio_iovoff = 0;
	uio->uio_resid = total;
	uio->uio_offset = 0;
	uio->uio_user = true;
	uio->uio_write = write;
	return 0;
}

void
iov_free(struct iovbuf *ib)
{
	if (ib->ib_iov != ib->ib_fast)
		kfree(ib->ib_iov);
}

/* --- two files at once ---------------------------------------------------- */

int
fd_install_pair(struct file *fp[2], bool cloexec, vaddr_t ufds)
{
	int32_t fd[2] = { -1, -1 };
	int error;

	fd[0] = fd_reserve(0, cloexec);
	if (fd[0] >= 0)
		fd[1] = fd_reserve(0, cloexec);
	error = MIN(fd[0], 0);
	if (error == 0)
		error = MIN(fd[1], 0);
	if (error == 0 && copyout(fd, ufds, sizeof(fd)) != 0)
		error = -EFAULT;
	if (error == 0) {
		fd_fill(fd[0], fp[0]);
		fd_fill(fd[1], fp[1]);
		return 0;
	}
	if (fd[0] >= 0)
		fd_unreserve(fd[0]);
	if (fd[1] >= 0)
		fd_unreserve(fd[1]);
	file_unref(fp[0]);
	file_unref(fp[1]);
	return error;
}

/* --- anonymous files ----------------------------------------------------- */

int
anon_install(struct file *fp, bool cloexec)
{
	int fd;

	if (fp == NULL)
		return -ENOMEM;
	fd = fd_install(fp, 0, cloexec);
	if (fd < 0)
		file_unref(fp);
	return fd;
}

ino_t
anon_ino(void)
{
	static uint64_t last;

	return atomic_add_relaxed(&last, 1);
}

void
anon_stat(struct vattr *va, mode_t mode, ino_t ino, const struct file *fp)
{
	nsec_t now = clock_real();

	memset(va, 0, sizeof(*va));
	va->va_type = vtype_of_mode(mode);
	va->va_mode = mode & 07777;
	va->va_nlink = 1;
	va->va_uid = fp->f_cred->cr_fsuid;
	va->va_gid = fp->f_cred->cr_fsgid;
	va->va_dev = makedev(0, 1);
	va->va_ino = ino;
	va->va_blksize = PAGE_SIZE;
	va->va_atime = va->va_mtime = va->va_ctime = now;
	va->va_btime = -1;
}

/* --- time ---------------------------------------------------------------- */

struct uts { /* struct timespec */
	int64_t tv_sec, tv_nsec;
};

nsec_t
span_add(nsec_t now, nsec_t span)
{
	nsec_t sum;

	return __builtin_add_overflow(now, span, &sum) ? NSEC_NEVER : sum;
}

int
deadline_copyin(vaddr_t uts, nsec_t *deadline)
{
	struct uts ts;
	nsec_t span;

	*deadline = NSEC_NEVER;
	if (uts == 0)
		return 0;
	if (copyin(uts, &ts, sizeof(ts)) != 0)
		return -EFAULT;
	if (ts.tv_sec < 0 || ts.tv_nsec < 0 || ts.tv_nsec >= NSEC_PER_SEC)
		return -EINVAL;
	if (__builtin_mul_overflow(ts.tv_sec, NSEC_PER_SEC, &span))
		return 0;
	span = span_add(span, ts.tv_nsec);
	*deadline = span == 0 ? 0 : span_add(clock_mono(), span);
	return 0;
}

void
deadline_copyout(vaddr_t uts, nsec_t deadline)
{
	struct uts ts;
	nsec_t left;

	if (uts == 0 || deadline == NSEC_NEVER)
		return;
	left = deadline == 0 ? 0 : MAX(deadline - clock_mono(), 0);
	ts.tv_sec = left / NSEC_PER_SEC;
	ts.tv_nsec = left % NSEC_PER_SEC;
	if (copyout(&ts, uts, sizeof(ts)) != 0)
		return; /* the span may lie in read-only memory */
}

nsec_t
deadline_of_ms(int ms)
{
	if (ms < 0)
		return NSEC_NEVER;
	if (ms == 0)
		return 0;
	return span_add(clock_mono(), ms * NSEC_PER_MSEC);
}

int
tempmask_copyin(vaddr_t u, size_t setsize)
{
	sigset_t set;

	if (u == 0)
		return 0;
	if (setsize != sizeof(set))
		return -EINVAL;
	if (copyin(u, &set, sizeof(set)) != 0)
		return -EFAULT;
	signal_set_temp_mask(set & ~(SIGBIT(SIGKILL) | SIGBIT(SIGSTOP)));
	return 0;
}

/* --- signals ------------------------------------------------------------- */

void
signal_self(int signo)
{
	struct siginfo si;

	memset(&si, 0, sizeof(si));
	si.si_signo = signo;
	si.si_code = SI_USER;
	si.si_u.rt.pid = curproc()->p_pid;
	si.si_u.rt.uid = curlwp()->l_cred->cr_uid;
	signal_lwp_info(curlwp(), &si);
}
