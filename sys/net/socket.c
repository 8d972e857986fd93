/* SPDX-License-Identifier: MIT */
/*
 * sys/net/socket.c: what is the same for every family of sockets: the table
 * of families, the file, and the options of level SOL_SOCKET.
 */
#include "net/socket.h"

#include "base/atomic.h"
#include "base/clock.h"
#include "base/kprintf.h"
#include "base/slab.h"
#include "base/string.h"

#include <abi/errno.h>
#include <machine/usercopy.h>

#include "fs/vnode.h"

static const struct sockops *families[AF_MAX]; /* [I] after boot */
static void (*ucred_fn)(struct ucred *);       /* [I] after boot */

void
socket_family_register(const struct sockops *ops)
{
	families[ops->so_family] = ops;
}

void
socket_ucred_register(void (*fn)(struct ucred *))
{
	ucred_fn = fn;
}

void
socket_ucred_self(struct ucred *uc)
{
	if (ucred_fn != NULL)
		ucred_fn(uc);
	else
		memset(uc, 0, sizeof(*uc));
}

/* --- life ---------------------------------------------------------------- */

#define SOCKBUF_DEFAULT 212992u
#define SOCKBUF_MIN	4608u
#define SOCKBUF_MAX	425984u

void
socket_init(struct socket *so, const struct sockops *ops, int type, int proto)
{
	static uint64_t last_ino;

	so->so_ops = ops;
	so->so_type = type;
	so->so_proto = proto;
	so->so_sndbuf = so->so_rcvbuf = SOCKBUF_DEFAULT;
	so->so_sndtimeo = so->so_rcvtimeo = NSEC_NEVER;
	so->so_ino = atomic_add_relaxed(&last_ino, 1);
}

int
socket_create(int family, int type, int proto, struct socket **sop)
{
	if (family < 0 || family >= AF_MAX || families[family] == NULL)
		return -EAFNOSUPPORT;
	if (type < 0 || type > 10)
		return -EINVAL;
	return families[family]->so_create(type, proto, sop);
}

void
socket_release(struct socket *so)
{
	so->so_ops->so_release(so);
}

struct file *
socket_file(struct socket *so, unsigned flags, const struct cred *cr)
{
	struct file *fp;

	fp = file_alloc(&socket_fileops, so, O_RDWR | flags, cr);
	if (fp == NULL)
		socket_release(so);
	else
		so->so_file = fp;
	return fp;
}

int
socket_error_take(struct socket *so)
{
	if (atomic_load_relaxed(&so->so_error) == 0)
		return 0;
	return atomic_xchg(&so->so_error, 0);
}

struct sock_rights *
sock_rights_alloc(unsigned n)
{
	struct sock_rights *sr;

	sr = kzalloc(sizeof(*sr) + n * sizeof(sr->sr_files[0]));
	if (sr != NULL)
		list_init(&sr->sr_link);
	return sr;
}

void
sock_rights_free(struct sock_rights *sr)
{
	unsigned i;

	if (sr == NULL)
		return;
	for (i = 0; i < sr->sr_n; i++)
		file_unref(sr->sr_files[i]);
	kfree(sr);
}

/* --- as a file ----------------------------------------------------------- */

static int
sock_fo_read(struct file *fp, struct uio *uio)
{
	struct socket *so = fp->f_data;
	struct sockmsg sm = { .sm_uio = uio };
	ssize_t n;

	if ((fp->f_flags & O_NONBLOCK) != 0)
		sm.sm_flags = MSG_DONTWAIT;
	if (uio->uio_resid == 0 && so->so_type == SOCK_STREAM)
		return 0;
	n = so->so_ops->so_recv(so, &sm);
	sock_rights_free(sm.sm_rights); /* nobody asked for them */
	return n < 0 ? (int)n : 0;
}

static int
sock_fo_write(struct file *fp, struct uio *uio)
{
	struct socket *so = fp->f_data;
	struct sockmsg sm = { .sm_uio = uio };
	ssize_t n;

	if ((fp->f_flags & O_NONBLOCK) != 0)
		sm.sm_flags = MSG_DONTWAIT;
	socket_ucred_self(&sm.sm_cred);
	n = so->so_ops->so_send(so, &sm);
	return n < 0 ? (int)n : 0;
}

#define FIONREAD 0x541B
#define SIOCOUTQ 0x5411

static int
sock_fo_ioctl(struct file *fp, unsigned long cmd, vaddr_t arg)
{
	struct socket *so = fp->f_data;
	size_t n;

	switch (cmd) {
	case FIONREAD:
		if (so->so_ops->so_listening(so))
			return -EINVAL;
		n = so->so_ops->so_readable(so);
		break;
	case SIOCOUTQ:
		n = so->so_ops->so_unsent(so);
		break;
	default:
		return -ENOTTY;
	}
	return user_store32(arg, (uint32_t)n);
}

static unsigned
sock_fo_poll(struct file *fp, struct polltable *pt)
{
	struct socket *so = fp->f_data;

	return so->so_ops->so_poll(so, pt);
}

static int
sock_fo_stat(struct file *fp, struct vattr *va)
{
	struct socket *so = fp->f_data;

	memset(va, 0, sizeof(*va));
	va->va_type = VSOCK;
	va->va_mode = 0777;
	va->va_nlink = 1;
	va->va_uid = fp->f_cred->cr_fsuid;
	va->va_gid = fp->f_cred->cr_fsgid;
	va->va_dev = makedev(0, 2);
	va->va_ino = so->so_ino;
	va->va_blksize = PAGE_SIZE;
	va->va_atime = va->va_mtime = va->va_ctime = clock_real();
	va->va_btime = -1;
	return 0;
}

static void
sock_fo_close(struct file *fp)
{
	socket_release(fp->f_data);
}

static void
sock_fo_describe(struct file *fp, char *buf, size_t size)
{
	struct socket *so = fp->f_data;

	ksnprintf(buf, size, "socket:[%llu]", (unsigned long long)so->so_ino);
}

const struct fileops socket_fileops = {
	.fo_name = "socket",
	.fo_read = sock_fo_read,
	.fo_write = sock_fo_write,
	.fo_ioctl = sock_fo_ioctl,
	.fo_poll = sock_fo_poll,
	.fo_stat = sock_fo_stat,
	.fo_close = sock_fo_close,
	.fo_describe = sock_fo_describe,
};

/* --- SOL_SOCKET ---------------------------------------------------------- */

enum {
	SO_DEBUG = 1, SO_REUSEADDR, SO_TYPE, SO_ERROR, SO_DONTROUTE,
	SO_BROADCAST, SO_SNDBUF, SO_RCVBUF, SO_KEEPALIVE, SO_OOBINLINE,
	SO_NO_CHECK, SO_PRIORITY, SO_LINGER, SO_BSDCOMPAT, SO_REUSEPORT,
	SO_PASSCRED, SO_PEERCRED, SO_RCVLOWAT, SO_SNDLOWAT, SO_RCVTIMEO,
	SO_SNDTIMEO, SO_ACCEPTCONN = 30, SO_SNDBUFFORCE = 32,
	SO_RCVBUFFORCE = 33, SO_PROTOCOL = 38, SO_DOMAIN = 39,
};

struct sock_linger {
	int32_t on, seconds;
};
struct sock_timeval {
	int64_t sec, usec;
};

static unsigned
opt_put(void *value, unsigned room, const void *from, unsigned len)
{
	len = MIN(len, room);
	memcpy(value, from, len);
	return len;
}

static struct sock_timeval
timeo_show(nsec_t t)
{
	struct sock_timeval tv = { 0, 0 };

	if (t != NSEC_NEVER) {
		tv.sec = t / NSEC_PER_SEC;
		tv.usec = t % NSEC_PER_SEC / NSEC_PER_USEC;
	}
	return tv;
}

static int
getopt_int(struct socket *so, int name, int32_t *v)
{
	switch (name) {
	case SO_TYPE:
		*v = so->so_type;
		return 0;
	case SO_DOMAIN:
		*v = so->so_ops->so_family;
		return 0;
	case SO_PROTOCOL:
		*v = so->so_proto;
		return 0;
	case SO_ERROR:
		*v = socket_error_take(so);
		return 0;
	case SO_SNDBUF:
		*v = (int32_t)so->so_sndbuf;
		return 0;
	case SO_RCVBUF:
		*v = (int32_t)so->so_rcvbuf;
		return 0;
	case SO_PASSCRED:
		*v = so->so_passcred;
		return 0;
	case SO_REUSEADDR:
		*v = so->so_reuseaddr;
		return 0;
	case SO_KEEPALIVE:
		*v = so->so_keepalive;
		return 0;
	case SO_BROADCAST:
		*v = so->so_broadcast;
		return 0;
	case SO_PRIORITY:
		*v = so->so_priority;
		return 0;
	case SO_ACCEPTCONN:
		*v = so->so_ops->so_listening(so);
		return 0;
	case SO_RCVLOWAT:
	case SO_SNDLOWAT:
		*v = 1;
		return 0;
	case SO_DEBUG:
	case SO_DONTROUTE:
	case SO_OOBINLINE:
	case SO_REUSEPORT:
		*v = 0;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

int
socket_getopt(struct socket *so, int name, void *value, unsigned *len)
{
	struct sock_linger lg;
	struct sock_timeval tv;
	struct ucred uc;
	int32_t v;
	int error;

	switch (name) {
	case SO_LINGER:
		lg.on = so->so_linger;
		lg.seconds = so->so_linger_time;
		*len = opt_put(value, *len, &lg, sizeof(lg));
		return 0;
	case SO_RCVTIMEO:
	case SO_SNDTIMEO:
		tv = timeo_show(name == SO_RCVTIMEO ? so->so_rcvtimeo :
		    so->so_sndtimeo);
		*len = opt_put(value, *len, &tv, sizeof(tv));
		return 0;
	case SO_PEERCRED:
		error = so->so_ops->so_peercred(so, &uc);
		*len = error != 0 ? 0 : opt_put(value, *len, &uc, sizeof(uc));
		return error;
	default:
		error = getopt_int(so, name, &v);
		if (error == 0)
			*len = opt_put(value, *len, &v, sizeof(v));
		return error;
	}
}

/* Linux doubles what is asked for, for its own book-keeping. */
static uint32_t
bufsize(int32_t want)
{
	uint64_t size = (uint64_t)(uint32_t)MAX(want, 0) * 2;

	return (uint32_t)MIN(MAX(size, SOCKBUF_MIN), SOCKBUF_MAX);
}

static int
setopt_timeo(nsec_t *timeo, const void *value, unsigned len)
{
	struct sock_timeval tv;
	nsec_t t;

	if (len < sizeof(tv))
		return -EINVAL;
	memcpy(&tv, value, sizeof(tv));
	if (tv.usec < 0 || tv.usec >= 1000000)
		return -EDOM;
	if (tv.sec < 0) {
		*timeo = 0;
		return 0;
	}
	if ((tv.sec == 0 && tv.usec == 0) ||
	    __builtin_mul_overflow(tv.sec, NSEC_PER_SEC, &t) ||
	    __builtin_add_overflow(t, tv.usec * NSEC_PER_USEC, &t))
		t = NSEC_NEVER;
	*timeo = t;
	return 0;
}

static int
setopt_int(struct socket *so, int name, int32_t v, const struct cred *cr)
{
	switch (name) {
	case SO_SNDBUFFORCE:
	case SO_RCVBUFFORCE:
		if (!cred_capable(cr, CAP_NET_ADMIN))
			return -EPERM;
		*(name == SO_SNDBUFFORCE ? &so->so_sndbuf : &so->so_rcvbuf) =
		    bufsize(v);
		return 0;
	case SO_SNDBUF:
		so->so_sndbuf = bufsize(v);
		return 0;
	case SO_RCVBUF:
		so->so_rcvbuf = bufsize(v);
		return 0;
	case SO_PASSCRED:
		so->so_passcred = v != 0;
		return 0;
	case SO_REUSEADDR:
		so->so_reuseaddr = v != 0;
		return 0;
	case SO_KEEPALIVE:
		so->so_keepalive = v != 0;
		return 0;
	case SO_BROADCAST:
		so->so_broadcast = v != 0;
		return 0;
	case SO_PRIORITY:
		if ((v < 0 || v > 6) && !cred_capable(cr, CAP_NET_ADMIN))
			return -EPERM;
		so->so_priority = v;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

int
socket_setopt(struct socket *so, int name, const void *value, unsigned len,
    const struct cred *cr)
{
	struct sock_linger lg;
	int32_t v;

	if (name == SO_RCVTIMEO)
		return setopt_timeo(&so->so_rcvtimeo, value, len);
	if (name == SO_SNDTIMEO)
		return setopt_timeo(&so->so_sndtimeo, value, len);
	if (len < sizeof(v))
		return -EINVAL;
	if (name == SO_LINGER) {
		if (len < sizeof(lg))
			return -EINVAL;
		memcpy(&lg, value, sizeof(lg));
		so->so_linger = lg.on != 0;
		so->so_linger_time = lg.seconds;
		return 0;
	}
	memcpy(&v, value, sizeof(v));
	return setopt_int(so, name, v, cr);
}
