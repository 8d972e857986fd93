/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/sys_fcntl.c: fcntl, advisory locks and the ioctls that every
 * descriptor has.
 */
#include "fs/vnode.h"
#include "kern/filecall.h"
#include "kern/memfd.h"
#include "kern/pipe.h"
#include "kern/syscall.h"

enum {
	F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETLK, F_SETLK,
	F_SETLKW, F_SETOWN, F_GETOWN, F_SETSIG, F_GETSIG,
	F_SETOWN_EX = 15, F_GETOWN_EX,
	F_OFD_GETLK = 36, F_OFD_SETLK, F_OFD_SETLKW,
	F_SETLEASE = 1024, F_GETLEASE, F_NOTIFY, F_DUPFD_CLOEXEC = 1030,
	F_SETPIPE_SZ, F_GETPIPE_SZ, F_ADD_SEALS, F_GET_SEALS,
};
#define FD_CLOEXEC 1

/* --- flags --------------------------------------------------------------- */

#define SETFL_MASK (O_APPEND | O_NONBLOCK | O_ASYNC | O_DIRECT | O_NOATIME)

long
file_setfl(struct file *fp, unsigned flags)
{
	struct vattr va;
	int error;

	if (((flags ^ fp->f_flags) & flags & O_NOATIME) != 0 &&
	    fp->f_vnode != NULL && fp->f_ops->fo_stat != NULL) {
		error = fp->f_ops->fo_stat(fp, &va);
		if (error != 0)
			return error;
		if (va.va_uid != curlwp()->l_cred->cr_fsuid &&
		    !cred_capable(curlwp()->l_cred, CAP_FOWNER))
			return -EPERM;
	}
	flags = (fp->f_flags & ~SETFL_MASK) | (flags & SETFL_MASK);
	atomic_store_relaxed(&fp->f_flags, flags);
	fp->f_cdev.cf_flags = flags;
	return 0;
}

/* --- locks --------------------------------------------------------------- */

struct linux_flock {
	int16_t l_type, l_whence;
	int64_t l_start, l_len;
	int32_t l_pid;
};

/* The range a struct flock means, as first and last byte. */
static int
flock_range(struct file *fp, const struct linux_flock *fl,
    struct flock_req *req)
{
	struct vattr va;
	off_t start;
	int error;

	switch (fl->l_whence) {
	case 0:
		start = 0;
		break;
	case 1:
		start = fp->f_offset;
		break;
	case 2:
		if (fp->f_ops->fo_stat == NULL)
			return -EINVAL;
		error = fp->f_ops->fo_stat(fp, &va);
		if (error != 0)
			return error;
		start = (off_t)va.va_size;
		break;
	default:
		return -EINVAL;
	}
	if (__builtin_add_overflow(start, fl->l_start, &start))
		return -EOVERFLOW;
	if (start < 0)
		return -EINVAL;
	req->fl_start = start;
	req->fl_end = INT64_MAX;
	if (fl->l_len > 0) {
		if (__builtin_add_overflow(start, fl->l_len - 1, &req->fl_end))
			return -EOVERFLOW;
	} else if (fl->l_len < 0) {
		if (start + fl->l_len < 0)
			return -EINVAL;
		req->fl_start = start + fl->l_len;
		req->fl_end = start - 1;
	}
	return 0;
}

static int
flock_req_make(struct file *fp, vaddr_t ufl, bool ofd, struct linux_flock *fl,
    struct flock_req *req)
{
	if (copyin(ufl, fl, sizeof(*fl)) != 0)
		return -EFAULT;
	if (fl->l_type < 0 || fl->l_type > 2 || (ofd && fl->l_pid != 0))
		return -EINVAL;
	if (fp->f_vnode == NULL)
		return -EBADF;
	req->fl_posix = true;
	req->fl_type = fl->l_type;
	req->fl_owner = ofd ? (const void *)fp : (const void *)curlwp()->l_fds;
	req->fl_pid = ofd ? -1 : curproc()->p_pid;
	req->fl_wait = false;
	return flock_range(fp, fl, req);
}

static long
fcntl_setlk(struct file *fp, vaddr_t ufl, bool ofd, bool wait)
{
	struct linux_flock fl;
	struct flock_req req;
	int error;

	error = flock_req_make(fp, ufl, ofd, &fl, &req);
	if (error != 0)
		return error;
	if ((fl.l_type == 0 && !file_readable(fp)) ||
	    (fl.l_type == 1 && !file_writable(fp)))
		return -EBADF;
	req.fl_wait = wait;
	return file_lock(fp, &req);
}

static long
fcntl_getlk(struct file *fp, vaddr_t ufl, bool ofd)
{
	struct linux_flock fl;
	struct flock_req req;
	int error;

	error = flock_req_make(fp, ufl, ofd, &fl, &req);
	if (error != 0)
		return error;
	if (fl.l_type == 2)
		return -EINVAL;
	error = file_lock_test(fp, &req);
	if (error != 0)
		return error;
	fl.l_type = (int16_t)req.fl_type;
	if (req.fl_type != 2) {
		fl.l_whence = 0;
		fl.l_start = req.fl_start;
		fl.l_len = req.fl_end == INT64_MAX ? 0 :
		    req.fl_end - req.fl_start + 1;
		fl.l_pid = req.fl_pid;
	}
	return copyout(&fl, ufl, sizeof(fl));
}

#define LOCK_SH 1
#define LOCK_EX 2
#define LOCK_NB 4
#define LOCK_UN 8

long
sys_flock(int fd, int op)
{
	struct flock_req req = { .fl_end = INT64_MAX };
	struct fdref fr;
	int error;

	switch (op & ~LOCK_NB) {
	case LOCK_SH:
		req.fl_type = 0;
		break;
	case LOCK_EX:
		req.fl_type = 1;
		break;
	case LOCK_UN:
		req.fl_type = 2;
		break;
	default:
		return -EINVAL;
	}
	error = fd_borrow(fd, &fr);
	if (error != 0)
		return error;
	req.fl_owner = fr.fr_file;
	req.fl_pid = curproc()->p_pid;
	req.fl_wait = (op & LOCK_NB) == 0;
	error = fr.fr_file->f_vnode == NULL ? -EBADF :
	    file_lock(fr.fr_file, &req);
	fd_return(&fr);
	return error;
}

/* --- owner --------------------------------------------------------------- */

struct f_owner_ex {
	int32_t type, pid;
};
#define F_OWNER_TID  0
#define F_OWNER_PID  1
#define F_OWNER_PGRP 2

static long
owner_set(struct file *fp, int32_t who)
{
	struct proc *p;
	bool found;

	if (who == INT32_MIN)
		return -EINVAL;
	if (who != 0) {
		if (who > 0) {
			p = proc_find(who);
			found = p != NULL;
			if (found)
				proc_unref(p);
		} else {
			mutex_lock(&proctree_lock);
			found = pgrp_find(-who) != NULL;
			mutex_unlock(&proctree_lock);
		}
		if (!found)
			return -ESRCH;
	}
	fp->f_owner = who;
	return 0;
}

static long
owner_set_ex(struct file *fp, vaddr_t uarg)
{
	struct f_owner_ex ex;

	if (copyin(uarg, &ex, sizeof(ex)) != 0)
		return -EFAULT;
	if (ex.type < F_OWNER_TID || ex.type > F_OWNER_PGRP || ex.pid < 0)
		return -EINVAL;
	return owner_set(fp, ex.type == F_OWNER_PGRP ? -ex.pid : ex.pid);
}

static long
owner_get_ex(struct file *fp, vaddr_t uarg)
{
	struct f_owner_ex ex;

	ex.type = fp->f_owner < 0 ? F_OWNER_PGRP : F_OWNER_PID;
	ex.pid = fp->f_owner < 0 ? -fp->f_owner : fp->f_owner;
	return copyout(&ex, uarg, sizeof(ex));
}

/* --- fcntl --------------------------------------------------------------- */

static long
fcntl_dupfd(struct file *fp, unsigned long min, bool cloexec)
{
	int fd;

	if (min >= atomic_load_relaxed(
		       &curproc()->p_rlimit[RLIMIT_NOFILE].rlim_cur) ||
	    min >= OPEN_MAX_HARD)
		return -EINVAL;
	file_ref(fp);
	fd = fd_install(fp, (int)min, cloexec);
	if (fd < 0)
		file_unref(fp);
	return fd;
}

/* What needs more of the file than that it is one (not of O_PATH files). */
static long
fcntl_io(struct file *fp, int cmd, unsigned long arg)
{
	switch (cmd) {
	case F_SETFL:
		return file_setfl(fp, (unsigned)arg);
	case F_GETLK:
	case F_OFD_GETLK:
		return fcntl_getlk(fp, arg, cmd == F_OFD_GETLK);
	case F_SETLK:
	case F_SETLKW:
		return fcntl_setlk(fp, arg, false, cmd == F_SETLKW);
	case F_OFD_SETLK:
	case F_OFD_SETLKW:
		return fcntl_setlk(fp, arg, true, cmd == F_OFD_SETLKW);
	case F_SETOWN:
		return owner_set(fp, (int32_t)arg);
	case F_GETOWN:
		return fp->f_owner;
	case F_SETOWN_EX:
		return owner_set_ex(fp, arg);
	case F_GETOWN_EX:
		return owner_get_ex(fp, arg);
	case F_SETSIG:
		if (arg > NSIG)
			return -EINVAL;
		fp->f_sig = (int32_t)arg;
		return 0;
	case F_GETSIG:
		return fp->f_sig;
	case F_SETPIPE_SZ:
	case F_GETPIPE_SZ:
		return pipe_fcntl(fp, cmd == F_SETPIPE_SZ, arg);
	case F_ADD_SEALS:
	case F_GET_SEALS:
		return memfd_fcntl(fp, cmd == F_ADD_SEALS, arg);
	default:
		return -EINVAL;
	}
}

long
sys_fcntl(int fd, int cmd, unsigned long arg)
{
	struct fdref fr;
	long result;

	if (cmd == F_GETFD) {
		result = fd_cloexec_get(fd);
		return result;
	}
	if (cmd == F_SETFD)
		return fd_cloexec_set(fd, (arg & FD_CLOEXEC) != 0);
	result = fd_borrow_path(fd, &fr);
	if (result != 0)
		return result;
	if (cmd == F_DUPFD || cmd == F_DUPFD_CLOEXEC)
		result = fcntl_dupfd(fr.fr_file, arg, cmd == F_DUPFD_CLOEXEC);
	else if (cmd == F_GETFL)
		result = fr.fr_file->f_flags;
	else if ((fr.fr_file->f_flags & O_PATH) != 0)
		result = -EBADF;
	else
		result = fcntl_io(fr.fr_file, cmd, arg);
	fd_return(&fr);
	return result;
}

/* --- ioctl --------------------------------------------------------------- */

#define FIONREAD  0x541B
#define FIONBIO	  0x5421
#define FIONCLEX  0x5450
#define FIOCLEX	  0x5451
#define FIOASYNC  0x5452
#define FIOQSIZE  0x5460
#define FIGETBSZ  0x2

static long
ioctl_setflag(struct file *fp, vaddr_t arg, unsigned flag)
{
	uint32_t on;

	if (user_load32(arg, &on) != 0)
		return -EFAULT;
	return file_setfl(fp, on != 0 ? fp->f_flags | flag :
	    fp->f_flags & ~flag);
}

/* FIONREAD of a regular file: what is left of it. */
static long
ioctl_vnode(struct file *fp, unsigned long cmd, vaddr_t arg)
{
	struct vattr va;
	int error;

	error = fp->f_ops->fo_stat(fp, &va);
	if (error != 0)
		return error;
	switch (cmd) {
	case FIONREAD:
		return user_store32(arg, (uint32_t)(int32_t)
		    ((off_t)va.va_size - fp->f_offset));
	case FIOQSIZE:
		return user_store64(arg, va.va_size);
	default: /* FIGETBSZ */
		return user_store32(arg, va.va_blksize);
	}
}

long
sys_ioctl(int fd, unsigned long cmd, vaddr_t arg)
{
	struct fdref fr;
	struct file *fp;
	long result;

	cmd = (uint32_t)cmd;
	result = fd_borrow(fd, &fr);
	if (result != 0)
		return result;
	fp = fr.fr_file;
	switch (cmd) {
	case FIOCLEX:
	case FIONCLEX:
		result = fd_cloexec_set(fd, cmd == FIOCLEX);
		break;
	case FIONBIO:
		result = ioctl_setflag(fp, arg, O_NONBLOCK);
		break;
	case FIOASYNC:
		result = ioctl_setflag(fp, arg, O_ASYNC);
		break;
	case FIONREAD:
	case FIOQSIZE:
	case FIGETBSZ:
		if (fp->f_vnode != NULL && fp->f_vnode->v_type == VREG &&
		    fp->f_ops->fo_stat != NULL) {
			result = ioctl_vnode(fp, cmd, arg);
			break;
		}
		/* FALLTHROUGH */
	default:
		result = fp->f_ops->fo_ioctl == NULL ? -ENOTTY :
		    fp->f_ops->fo_ioctl(fp, cmd, arg);
	}
	fd_return(&fr);
	return result;
}
