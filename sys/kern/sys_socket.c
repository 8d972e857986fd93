/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/sys_socket.c: the socket calls but for sending and receiving
 * (sys_sockmsg.c).
 */
#include "base/init.h"

#include "kern/filecall.h"
#include "kern/sockcall.h"
#include "kern/syscall.h"

int
sock_borrow(int fd, struct fdref *fr, struct socket **so)
{
	int error;

	error = fd_borrow(fd, fr);
	if (error != 0)
		return error;
	*so = file_socket(fr->fr_file);
	if (*so == NULL) {
		fd_return(fr);
		return -ENOTSOCK;
	}
	return 0;
}

/* --- names --------------------------------------------------------------- */

int
sockname_copyin(vaddr_t uname, unsigned len, uint8_t *name)
{
	if (len > SOCKADDR_MAX)
		return -EINVAL;
	memset(name, 0, 2);
	return len == 0 ? 0 : copyin(uname, name, len);
}

int
sockname_copyout(const uint8_t *name, unsigned len, vaddr_t uname,
    vaddr_t ulen)
{
	uint32_t room;

	if (user_load32(ulen, &room) != 0)
		return -EFAULT;
	if ((int32_t)room < 0)
		return -EINVAL;
	if (MIN(room, len) != 0 && copyout(name, uname, MIN(room, len)) != 0)
		return -EFAULT;
	return user_store32(ulen, len);
}

/* --- making -------------------------------------------------------------- */

static int
type_split(int type, unsigned *flags)
{
	*flags = (unsigned)type & ~(unsigned)SOCK_TYPE_MASK;
	return (*flags & ~(unsigned)(SOCK_NONBLOCK | SOCK_CLOEXEC)) != 0 ?
	    -EINVAL : type & SOCK_TYPE_MASK;
}

long
sys_socket(int domain, int type, int proto)
{
	struct socket *so;
	unsigned flags;
	int error;

	type = type_split(type, &flags);
	if (type < 0)
		return type;
	error = socket_create(domain, type, proto, &so);
	if (error != 0)
		return error;
	return anon_install(socket_file(so, flags & O_NONBLOCK,
	    curlwp()->l_cred), (flags & O_CLOEXEC) != 0);
}

/* Two connected sockets as files. */
static int
pair_files(int domain, int type, int proto, unsigned flags,
    struct file *fp[2])
{
	const struct cred *cr = curlwp()->l_cred;
	struct socket *so[2];
	int error;

	error = socket_create(domain, type, proto, &so[0]);
	if (error != 0)
		return error;
	error = socket_create(domain, type, proto, &so[1]);
	if (error != 0) {
		socket_release(so[0]);
		return error;
	}
	error = so[0]->so_ops->so_pair == NULL ? -EOPNOTSUPP :
	    so[0]->so_ops->so_pair(so[0], so[1]);
	if (error != 0) {
		socket_release(so[0]);
		socket_release(so[1]);
		return error;
	}
	fp[0] = socket_file(so[0], flags & O_NONBLOCK, cr);
	if (fp[0] == NULL) {
		socket_release(so[1]);
		return -ENFILE;
	}
	fp[1] = socket_file(so[1], flags & O_NONBLOCK, cr);
	if (fp[1] == NULL) {
		file_unref(fp[0]);
		return -ENFILE;
	}
	return 0;
}

long
sys_socketpair(int domain, int type, int proto, vaddr_t ufds)
{
	struct file *fp[2];
	unsigned flags;
	int error;

	type = type_split(type, &flags);
	if (type < 0)
		return type;
	error = pair_files(domain, type, proto, flags, fp);
	if (error != 0)
		return error;
	return fd_install_pair(fp, (flags & O_CLOEXEC) != 0, ufds);
}

/* --- coming together ----------------------------------------------------- */

static long
name_call(int fd, vaddr_t uname, unsigned len, bool connect)
{
	uint8_t name[SOCKADDR_MAX];
	struct lookup_ctx lc;
	struct socket *so;
	struct fdref fr;
	int error;

	error = sock_borrow(fd, &fr, &so);
	if (error != 0)
		return error;
	error = sockname_copyin(uname, len, name);
	if (error == 0) {
		lookup_ctx_get(&lc);
		error = connect ? so->so_ops->so_connect(so, name, len, &lc,
		    (fr.fr_file->f_flags & O_NONBLOCK) != 0) :
		    so->so_ops->so_bind(so, name, len, &lc);
		lookup_ctx_put(&lc);
	}
	fd_return(&fr);
	return error;
}

long
sys_bind(int fd, vaddr_t uname, unsigned len)
{
	return name_call(fd, uname, len, false);
}

long
sys_connect(int fd, vaddr_t uname, unsigned len)
{
	return name_call(fd, uname, len, true);
}

long
sys_listen(int fd, int backlog)
{
	struct socket *so;
	struct fdref fr;
	int error;

	error = sock_borrow(fd, &fr, &so);
	if (error != 0)
		return error;
	error = so->so_ops->so_listen(so, backlog);
	fd_return(&fr);
	return error;
}

/* The descriptor is reserved first: a connection taken off the queue could not
 * be put back. */
static long
do_accept(struct socket *so, bool nonblock, vaddr_t uname, vaddr_t ulen,
    int flags)
{
	uint8_t name[SOCKADDR_MAX];
	struct socket *conn;
	struct file *fp;
	unsigned len;
	int error, fd;

	fd = fd_reserve(0, (flags & SOCK_CLOEXEC) != 0);
	if (fd < 0)
		return fd;
	error = so->so_ops->so_accept(so, &conn, nonblock);
	if (error != 0)
		goto out;
	fp = socket_file(conn, (unsigned)flags & O_NONBLOCK, curlwp()->l_cred);
	error = -ENFILE;
	if (fp == NULL)
		goto out;
	error = 0;
	if (uname != 0) {
		if (conn->so_ops->so_getname(conn, true, name, &len) != 0)
			error = -ECONNABORTED;
		else
			error = sockname_copyout(name, len, uname, ulen);
	}
	if (error == 0) {
		fd_fill(fd, fp);
		return fd;
	}
	file_unref(fp);
out:
	fd_unreserve(fd);
	return error;
}

long
sys_accept4(int fd, vaddr_t uname, vaddr_t ulen, int flags)
{
	struct socket *so;
	struct fdref fr;
	long result;

	if ((flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) != 0)
		return -EINVAL;
	result = sock_borrow(fd, &fr, &so);
	if (result != 0)
		return result;
	result = do_accept(so, (fr.fr_file->f_flags & O_NONBLOCK) != 0, uname,
	    ulen, flags);
	fd_return(&fr);
	return result;
}

long
sys_accept(int fd, vaddr_t uname, vaddr_t ulen)
{
	return sys_accept4(fd, uname, ulen, 0);
}

long
sys_shutdown(int fd, int how)
{
	struct socket *so;
	struct fdref fr;
	int error;

	error = sock_borrow(fd, &fr, &so);
	if (error != 0)
		return error;
	error = how < SHUT_RD || how > SHUT_RDWR ? -EINVAL :
	    so->so_ops->so_shutdown(so, how);
	fd_return(&fr);
	return error;
}

static long
do_getname(int fd, bool peer, vaddr_t uname, vaddr_t ulen)
{
	uint8_t name[SOCKADDR_MAX];
	struct socket *so;
	struct fdref fr;
	unsigned len;
	int error;

	error = sock_borrow(fd, &fr, &so);
	if (error != 0)
		return error;
	error = so->so_ops->so_getname(so, peer, name, &len);
	if (error == 0)
		error = sockname_copyout(name, len, uname, ulen);
	fd_return(&fr);
	return error;
}

long
sys_getsockname(int fd, vaddr_t uname, vaddr_t ulen)
{
	return do_getname(fd, false, uname, ulen);
}

long
sys_getpeername(int fd, vaddr_t uname, vaddr_t ulen)
{
	return do_getname(fd, true, uname, ulen);
}

/* --- options ------------------------------------------------------------- */

#define SOL_SOCKET   1
#define SOCKOPT_MAX  64

long
sys_setsockopt(int fd, int level, int name, vaddr_t uvalue, int len)
{
	uint8_t value[SOCKOPT_MAX];
	struct socket *so;
	struct fdref fr;
	int error;

	if (len < 0)
		return -EINVAL;
	error = sock_borrow(fd, &fr, &so);
	if (error != 0)
		return error;
	len = MIN(len, SOCKOPT_MAX);
	if (level != SOL_SOCKET)
		error = -EOPNOTSUPP;
	else if (len != 0 && copyin(uvalue, value, (size_t)len) != 0)
		error = -EFAULT;
	else
		error = socket_setopt(so, name, value, (unsigned)len,
		    curlwp()->l_cred);
	fd_return(&fr);
	return error;
}

long
sys_getsockopt(int fd, int level, int name, vaddr_t uvalue, vaddr_t ulen)
{
	uint8_t value[SOCKOPT_MAX];
	struct socket *so;
	struct fdref fr;
	uint32_t len;
	int error;

	error = sock_borrow(fd, &fr, &so);
	if (error != 0)
		return error;
	if (level != SOL_SOCKET) {
		error = -EOPNOTSUPP;
	} else if (user_load32(ulen, &len) != 0) {
		error = -EFAULT;
	} else if ((int32_t)len < 0) {
		error = -EINVAL;
	} else {
		len = MIN(len, SOCKOPT_MAX);
		error = socket_getopt(so, name, value, &len);
		if (error == 0 && len != 0)
			error = copyout(value, uvalue, len);
		if (error == 0)
			error = user_store32(ulen, len);
	}
	fd_return(&fr);
	return error;
}

/* --- who calls ----------------------------------------------------------- */

static void
ucred_self(struct ucred *uc)
{
	struct lwp *l = curlwp();

	uc->uc_pid = l->l_proc->p_pid;
	uc->uc_uid = l->l_cred->cr_euid;
	uc->uc_gid = l->l_cred->cr_egid;
}

static void
sys_socket_init(void)
{
	socket_ucred_register(ucred_self);
}
INIT(INIT_SUBSYS, 50, sys_socket_init);
