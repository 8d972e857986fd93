/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/sys_sockmsg.c: send, receive, and the calls that do many at once.
 */
#include "kern/filecall.h"
#include "kern/sockcall.h"
#include "kern/syscall.h"

#define MMSG_MAX 1024u

struct linux_mmsghdr {
	struct linux_msghdr mm_hdr;
	uint32_t mm_len, mm_pad;
};

typedef ssize_t msg_fn(struct file *, vaddr_t umsg, unsigned flags);

static long
msg_call(int fd, vaddr_t umsg, unsigned flags, msg_fn *fn)
{
	struct socket *so;
	struct fdref fr;
	ssize_t n;

	n = sock_borrow(fd, &fr, &so);
	if (n != 0)
		return n;
	n = fn(fr.fr_file, umsg, flags);
	fd_return(&fr);
	return n;
}

/* --- sending ------------------------------------------------------------- */

/* sm_name and sm_uio are set; sends, with the signal that may go with it. */
static ssize_t
do_send(struct file *fp, struct sockmsg *sm)
{
	struct socket *so = file_socket(fp);
	struct lookup_ctx lc;
	ssize_t n;

	if ((fp->f_flags & O_NONBLOCK) != 0)
		sm->sm_flags |= MSG_DONTWAIT;
	if (sm->sm_namelen != 0) {
		lookup_ctx_get(&lc);
		sm->sm_lookup = &lc;
	}
	n = so->so_ops->so_send(so, sm);
	if (sm->sm_namelen != 0)
		lookup_ctx_put(&lc);
	sock_rights_free(sm->sm_rights); /* not taken: nothing was sent */
	if (n == -EPIPE && so->so_type == SOCK_STREAM &&
	    (sm->sm_flags & MSG_NOSIGNAL) == 0)
		signal_self(SIGPIPE);
	return n;
}

long
sys_sendto(int fd, vaddr_t buf, size_t len, unsigned flags, vaddr_t uname,
    unsigned namelen)
{
	uint8_t name[SOCKADDR_MAX] __attribute__((uninitialized));
	struct sockmsg sm = { .sm_flags = flags };
	struct socket *so;
	struct iovec iov;
	struct fdref fr;
	struct uio uio;
	ssize_t n;

	n = sock_borrow(fd, &fr, &so);
	if (n != 0)
		return n;
	if (uname != 0) {
		n = sockname_copyin(uname, namelen, name);
		sm.sm_name = name;
		sm.sm_namelen = namelen;
	}
	if (n == 0 && (buf > USER_MAX || len > USER_MAX - buf))
		n = -EFAULT;
	if (n == 0) {
		uio_init_user(&uio, &iov, (void *)buf, MIN(len, MAX_RW_COUNT),
		    0, true);
		sm.sm_uio = &uio;
		socket_ucred_self(&sm.sm_cred);
		n = do_send(fr.fr_file, &sm);
	}
	fd_return(&fr);
	return n;
}

static int
msghdr_copyin(vaddr_t umsg, struct linux_msghdr *mh)
{
	if (copyin(umsg, mh, sizeof(*mh)) != 0)
		return -EFAULT;
	if ((int32_t)mh->msg_namelen < 0)
		return -EINVAL;
	if (mh->msg_name == 0)
		mh->msg_namelen = 0;
	if (mh->msg_iovlen > IOV_MAX)
		return -EMSGSIZE;
	return 0;
}

static ssize_t
send_hdr(struct file *fp, vaddr_t umsg, unsigned flags)
{
	uint8_t name[SOCKADDR_MAX] __attribute__((uninitialized));
	struct sockmsg sm = { .sm_flags = flags };
	struct linux_msghdr mh;
	struct iovbuf ib;
	struct uio uio;
	ssize_t n;

	n = msghdr_copyin(umsg, &mh);
	if (n == 0 && mh.msg_namelen != 0) {
		mh.msg_namelen = MIN(mh.msg_namelen, SOCKADDR_MAX);
		n = sockname_copyin(mh.msg_name, mh.msg_namelen, name);
		sm.sm_name = name;
		sm.sm_namelen = mh.msg_namelen;
	}
	if (n == 0)
		n = iov_copyin(mh.msg_iov, mh.msg_iovlen, &ib, &uio, true);
	if (n != 0)
		return n;
	sm.sm_uio = &uio;
	socket_ucred_self(&sm.sm_cred);
	n = control_copyin(&mh, &sm);
	if (n == 0)
		n = do_send(fp, &sm);
	iov_free(&ib);
	return n;
}

long
sys_sendmsg(int fd, vaddr_t umsg, unsigned flags)
{
	return msg_call(fd, umsg, flags, send_hdr);
}

long
sys_sendmmsg(int fd, vaddr_t umsgs, unsigned count, unsigned flags)
{
	struct socket *so;
	struct fdref fr;
	unsigned i;
	ssize_t n;
	vaddr_t at;

	n = sock_borrow(fd, &fr, &so);
	if (n != 0)
		return n;
	count = MIN(count, MMSG_MAX);
	for (i = 0; i < count; i++) {
		at = umsgs + i * sizeof(struct linux_mmsghdr);
		n = send_hdr(fr.fr_file, at, flags);
		if (n >= 0)
			n = user_store32(at + offsetof(struct linux_mmsghdr,
			    mm_len), (uint32_t)n);
		if (n < 0)
			break;
	}
	fd_return(&fr);
	return i != 0 ? (long)i : n;
}

/* --- receiving ----------------------------------------------------------- */

static ssize_t
do_recv(struct file *fp, struct sockmsg *sm)
{
	struct socket *so = file_socket(fp);

	if ((fp->f_flags & O_NONBLOCK) != 0)
		sm->sm_flags |= MSG_DONTWAIT;
	if ((sm->sm_flags & MSG_ERRQUEUE) != 0)
		return -EAGAIN; /* nothing ever lies there */
	return so->so_ops->so_recv(so, sm);
}

long
sys_recvfrom(int fd, vaddr_t buf, size_t len, unsigned flags, vaddr_t uname,
    vaddr_t ulen)
{
	uint8_t name[SOCKADDR_MAX] __attribute__((uninitialized));
	struct sockmsg sm = { .sm_flags = flags };
	struct socket *so;
	struct iovec iov;
	struct fdref fr;
	struct uio uio;
	ssize_t n;
	int error;

	n = sock_borrow(fd, &fr, &so);
	if (n != 0)
		return n;
	n = -EFAULT;
	if (buf > USER_MAX || len > USER_MAX - buf)
		goto out;
	uio_init_user(&uio, &iov, (void *)buf, MIN(len, MAX_RW_COUNT), 0,
	    false);
	sm.sm_uio = &uio;
	sm.sm_name = uname != 0 ? name : NULL;
	n = do_recv(fr.fr_file, &sm);
	sock_rights_free(sm.sm_rights);
	if (n >= 0 && uname != 0) {
		error = sockname_copyout(name, sm.sm_namelen, uname, ulen);
		if (error != 0)
			n = error;
	}
out:
	fd_return(&fr);
	return n;
}

/* What came goes to the fields of the user's msghdr. */
static int
msghdr_copyout(vaddr_t umsg, struct linux_msghdr *mh, struct sockmsg *sm,
    bool cloexec)
{
	unsigned room = mh->msg_namelen;
	int error;

	error = control_copyout(mh, sm, cloexec);
	if (error != 0)
		return error;
	if (mh->msg_name != 0) {
		if (MIN(room, sm->sm_namelen) != 0 && copyout(sm->sm_name,
			mh->msg_name, MIN(room, sm->sm_namelen)) != 0)
			return -EFAULT;
		if (user_store32(umsg + offsetof(struct linux_msghdr,
			msg_namelen), sm->sm_namelen) != 0)
			return -EFAULT;
	}
	if (user_store64(umsg + offsetof(struct linux_msghdr, msg_controllen),
		mh->msg_controllen) != 0)
		return -EFAULT;
	return user_store32(umsg + offsetof(struct linux_msghdr, msg_flags),
	    sm->sm_oflags | (cloexec ? MSG_CMSG_CLOEXEC : 0));
}

static ssize_t
recv_hdr(struct file *fp, vaddr_t umsg, unsigned flags)
{
	uint8_t name[SOCKADDR_MAX] __attribute__((uninitialized));
	struct sockmsg sm = { .sm_flags = flags, .sm_name = name };
	struct linux_msghdr mh;
	struct iovbuf ib;
	struct uio uio;
	ssize_t n;
	int error;

	n = msghdr_copyin(umsg, &mh);
	if (n == 0)
		n = iov_copyin(mh.msg_iov, mh.msg_iovlen, &ib, &uio, false);
	if (n != 0)
		return n;
	sm.sm_uio = &uio;
	n = do_recv(fp, &sm);
	if (n >= 0) {
		error = msghdr_copyout(umsg, &mh, &sm,
		    (flags & MSG_CMSG_CLOEXEC) != 0);
		if (error != 0)
			n = error;
	}
	sock_rights_free(sm.sm_rights);
	iov_free(&ib);
	return n;
}

long
sys_recvmsg(int fd, vaddr_t umsg, unsigned flags)
{
	return msg_call(fd, umsg, flags, recv_hdr);
}

/* The time is looked at after each message, as on Linux. */
static long
recv_many(struct file *fp, vaddr_t umsgs, unsigned count, unsigned flags,
    nsec_t deadline)
{
	unsigned i = 0;
	vaddr_t at;
	ssize_t n;

	while (i < count) {
		at = umsgs + i * sizeof(struct linux_mmsghdr);
		n = recv_hdr(fp, at, flags & ~MSG_WAITFORONE);
		if (n >= 0)
			n = user_store32(at + offsetof(struct linux_mmsghdr,
			    mm_len), (uint32_t)n);
		if (n < 0)
			return i != 0 ? (long)i : n;
		i++;
		if ((flags & MSG_WAITFORONE) != 0)
			flags |= MSG_DONTWAIT;
		if (deadline != NSEC_NEVER && clock_mono() >= deadline)
			break;
	}
	return i;
}

long
sys_recvmmsg(int fd, vaddr_t umsgs, unsigned count, unsigned flags,
    vaddr_t uts)
{
	struct socket *so;
	struct fdref fr;
	nsec_t deadline;
	long n;

	n = deadline_copyin(uts, &deadline);
	if (n != 0)
		return n;
	n = sock_borrow(fd, &fr, &so);
	if (n != 0)
		return n;
	n = recv_many(fr.fr_file, umsgs, MIN(count, MMSG_MAX), flags,
	    deadline);
	deadline_copyout(uts, deadline);
	fd_return(&fr);
	return n;
}
