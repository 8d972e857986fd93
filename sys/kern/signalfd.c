/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/signalfd.c: signals that are read as records.
 *
 * A read takes signals of whoever reads, not of whoever made the file. Who
 * polls waits on the p_sigwq of his process.
 * Why sf_users: an epoll instance may keep its entry on that queue longer than
 * the process lives, so the file holds on to each process that ever polled it.
 */
#include "base/kprintf.h"
#include "base/slab.h"

#include "fs/vnode.h"
#include "kern/filecall.h"
#include "kern/syscall.h"

struct signalfd {
	sigset_t sf_mask;     /* [a] */
	struct mutex sf_lock;
	struct list sf_users; /* [sf_lock] */
	ino_t sf_ino;
};

struct sig_user {
	struct list su_link;
	struct proc *su_proc;
};

struct signalfd_siginfo { /* Linux's, 128 bytes */
	uint32_t ssi_signo;
	int32_t ssi_errno, ssi_code;
	uint32_t ssi_pid, ssi_uid;
	int32_t ssi_fd;
	uint32_t ssi_tid, ssi_band, ssi_overrun, ssi_trapno;
	int32_t ssi_status, ssi_int;
	uint64_t ssi_ptr, ssi_utime, ssi_stime, ssi_addr;
	uint16_t ssi_addr_lsb, ssi_pad0;
	int32_t ssi_syscall;
	uint64_t ssi_call_addr;
	uint32_t ssi_arch;
	uint8_t ssi_pad[28];
};

static bool
has_signal(const struct signalfd *sf)
{
	struct lwp *l = curlwp();

	return ((atomic_load_relaxed(&l->l_pending.sp_set) |
		    atomic_load_relaxed(&l->l_proc->p_pending.sp_set)) &
		   atomic_load_relaxed(&sf->sf_mask)) != 0;
}

static void
info_convert(const struct siginfo *si, struct signalfd_siginfo *ssi)
{
	memset(ssi, 0, sizeof(*ssi));
	ssi->ssi_signo = (uint32_t)si->si_signo;
	ssi->ssi_errno = si->si_errno;
	ssi->ssi_code = si->si_code;
	switch (si->si_signo) {
	case SIGSEGV:
	case SIGBUS:
	case SIGILL:
	case SIGFPE:
	case SIGTRAP:
		if (si->si_code > 0 && si->si_code < SI_KERNEL) {
			ssi->ssi_addr = si->si_u.fault.addr;
			ssi->ssi_addr_lsb = (uint16_t)si->si_u.fault.lsb;
			return;
		}
		break;
	case SIGCHLD:
		if (si->si_code > 0) {
			ssi->ssi_status = si->si_u.chld.status;
			ssi->ssi_utime = (uint64_t)si->si_u.chld.utime;
			ssi->ssi_stime = (uint64_t)si->si_u.chld.stime;
		}
		break;
	}
	if (si->si_code == SI_TIMER) {
		ssi->ssi_tid = (uint32_t)si->si_u.timer.tid;
		ssi->ssi_overrun = (uint32_t)si->si_u.timer.overrun;
		ssi->ssi_ptr = si->si_u.timer.value;
		ssi->ssi_int = (int32_t)si->si_u.timer.value;
		return;
	}
	ssi->ssi_pid = (uint32_t)si->si_u.rt.pid;
	ssi->ssi_uid = si->si_u.rt.uid;
	if (si->si_code < 0) { /* sigqueue: a value came along */
		ssi->ssi_ptr = si->si_u.rt.value;
		ssi->ssi_int = (int32_t)si->si_u.rt.value;
	}
}

static int
sig_fo_read(struct file *fp, struct uio *uio)
{
	struct signalfd *sf = fp->f_data;
	struct signalfd_siginfo ssi;
	struct siginfo si;
	bool any = false;
	int error;

	if (uio->uio_resid < sizeof(ssi))
		return -EINVAL;
	while (uio->uio_resid >= sizeof(ssi)) {
		if (signal_dequeue(sf->sf_mask, &si) == 0) {
			if (any)
				return 0;
			if ((fp->f_flags & O_NONBLOCK) != 0)
				return -EAGAIN;
			error = WAIT_EVENT_INTR(&curproc()->p_sigwq,
			    has_signal(sf));
			if (error != 0)
				return error;
			continue;
		}
		info_convert(&si, &ssi);
		error = uiomove(&ssi, sizeof(ssi), uio);
		if (error != 0)
			return error;
		any = true;
	}
	return 0;
}

/* The running process will not be freed before the file is. */
static int
user_hold(struct signalfd *sf)
{
	struct sig_user *su;
	int error = 0;

	mutex_lock(&sf->sf_lock);
	list_foreach(su, &sf->sf_users, su_link)
		if (su->su_proc == curproc())
			goto out;
	su = kmalloc(sizeof(*su), 0);
	if (su == NULL) {
		error = -ENOMEM;
		goto out;
	}
	su->su_proc = curproc();
	proc_ref(su->su_proc);
	list_add_tail(&sf->sf_users, &su->su_link);
out:
	mutex_unlock(&sf->sf_lock);
	return error;
}

static unsigned
sig_fo_poll(struct file *fp, struct polltable *pt)
{
	struct signalfd *sf = fp->f_data;

	if (pt != NULL) {
		if (user_hold(sf) != 0)
			pt->pt_error = -ENOMEM;
		else
			poll_wait(pt, &curproc()->p_sigwq);
	}
	return has_signal(sf) ? POLLIN | POLLRDNORM : 0;
}

static int
sig_fo_stat(struct file *fp, struct vattr *va)
{
	struct signalfd *sf = fp->f_data;

	anon_stat(va, 0600, sf->sf_ino, fp);
	return 0;
}

static void
sig_fo_close(struct file *fp)
{
	struct signalfd *sf = fp->f_data;
	struct sig_user *su;

	while (!list_empty(&sf->sf_users)) {
		su = list_first(&sf->sf_users, struct sig_user, su_link);
		list_del(&su->su_link);
		proc_unref(su->su_proc);
		kfree(su);
	}
	kfree(sf);
}

static void
sig_fo_describe(struct file *fp, char *buf, size_t size)
{
	ksnprintf(buf, size, "anon_inode:[signalfd]");
}

static const struct fileops signalfd_fileops = {
	.fo_name = "signalfd",
	.fo_read = sig_fo_read,
	.fo_poll = sig_fo_poll,
	.fo_stat = sig_fo_stat,
	.fo_close = sig_fo_close,
	.fo_describe = sig_fo_describe,
};

static long
signalfd_change(int fd, sigset_t mask)
{
	struct signalfd *sf;
	struct fdref fr;
	int error;

	error = fd_borrow(fd, &fr);
	if (error != 0)
		return error;
	if (fr.fr_file->f_ops != &signalfd_fileops) {
		fd_return(&fr);
		return -EINVAL;
	}
	sf = fr.fr_file->f_data;
	atomic_store(&sf->sf_mask, mask);
	waitq_wake_all(&curproc()->p_sigwq);
	fd_return(&fr);
	return fd;
}

long
sys_signalfd4(int fd, vaddr_t umask, size_t setsize, int flags)
{
	struct signalfd *sf;
	struct file *fp;
	sigset_t mask;

	if (setsize != sizeof(mask) ||
	    (flags & ~(O_CLOEXEC | O_NONBLOCK)) != 0)
		return -EINVAL;
	if (copyin(umask, &mask, sizeof(mask)) != 0)
		return -EFAULT;
	mask &= ~(SIGBIT(SIGKILL) | SIGBIT(SIGSTOP));
	if (fd != -1)
		return signalfd_change(fd, mask);
	sf = kzalloc(sizeof(*sf));
	if (sf == NULL)
		return -ENOMEM;
	sf->sf_mask = mask;
	mutex_init(&sf->sf_lock, LR_SOCKET, "signalfd");
	list_init(&sf->sf_users);
	sf->sf_ino = anon_ino();
	fp = file_alloc(&signalfd_fileops, sf, O_RDWR |
	    ((unsigned)flags & O_NONBLOCK), curlwp()->l_cred);
	if (fp == NULL)
		kfree(sf);
	return anon_install(fp, (flags & O_CLOEXEC) != 0);
}

long
sys_signalfd(int fd, vaddr_t umask, size_t setsize)
{
	return sys_signalfd4(fd, umask, setsize, 0);
}
