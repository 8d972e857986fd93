/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/splice.c: sendfile, copy_file_range, splice, tee and vmsplice:
 * bytes from file to file without a visit to user space.
 *
 * All copy through a buffer of kernel memory. Nothing is taken out of a pipe
 * before it is where it should be: see pipe_peek_begin().
 */
#include "base/slab.h"

#include "fs/vnode.h"
#include "kern/filecall.h"
#include "kern/pipe.h"
#include "kern/syscall.h"

#define COPY_CHUNK (4 * PAGE_SIZE)

/* One end of a copy. */
struct copy_end {
	struct file *ce_file;
	off_t ce_off;	 /* used and advanced if ce_at */
	bool ce_at;
	vaddr_t ce_uoff; /* where the offset came from, 0: nowhere */
};

static ssize_t
end_read(struct copy_end *ce, void *buf, size_t n)
{
	struct iovec iov;
	struct uio uio;
	ssize_t got;

	uio_init_kernel(&uio, &iov, buf, n, ce->ce_off, false);
	got = rw_read(ce->ce_file, &uio, ce->ce_at);
	if (got > 0)
		ce->ce_off += got;
	return got;
}

static ssize_t
end_write(struct copy_end *ce, void *buf, size_t n)
{
	struct iovec iov;
	struct uio uio;
	ssize_t put;

	uio_init_kernel(&uio, &iov, buf, n, ce->ce_off, true);
	put = rw_write(ce->ce_file, &uio, ce->ce_at);
	if (put > 0)
		ce->ce_off += put;
	return put;
}

/* What was read and could not be written was not read. */
static void
end_unread(struct copy_end *ce, size_t n)
{
	struct file *fp = ce->ce_file;

	ce->ce_off -= (off_t)n;
	if (ce->ce_at)
		return;
	mutex_lock(&fp->f_lock);
	fp->f_offset -= (off_t)n;
	mutex_unlock(&fp->f_lock);
}

static ssize_t
copy_bytes(struct copy_end *in, struct copy_end *out, size_t count)
{
	size_t done = 0;
	ssize_t got = 0, put;
	void *buf;

	buf = kmalloc(COPY_CHUNK, 0);
	if (buf == NULL)
		return -ENOMEM;
	while (done < count) {
		got = end_read(in, buf, MIN(count - done, COPY_CHUNK));
		if (got <= 0)
			break;
		put = end_write(out, buf, (size_t)got);
		if (put < got)
			end_unread(in, (size_t)(got - MAX(put, 0)));
		if (put <= 0) {
			got = put;
			break;
		}
		done += (size_t)put;
		if (put < got || thread_signalled(curthread()))
			break;
		sched_point();
	}
	kfree(buf);
	return done != 0 ? (ssize_t)done : MIN(got, 0);
}

/* The offset of a call in user space: -EFAULT -EINVAL. */
static int
end_offset_in(struct copy_end *ce, vaddr_t uoff)
{
	ce->ce_uoff = uoff;
	ce->ce_at = uoff != 0;
	ce->ce_off = 0;
	if (uoff == 0)
		return 0;
	if (user_load64(uoff, (uint64_t *)&ce->ce_off) != 0)
		return -EFAULT;
	return ce->ce_off < 0 ? -EINVAL : 0;
}

static int
end_offset_out(const struct copy_end *ce)
{
	return ce->ce_uoff == 0 ? 0 :
	    user_store64(ce->ce_uoff, (uint64_t)ce->ce_off);
}

static inline bool
is_regular(const struct file *fp)
{
	return fp->f_vnode != NULL && fp->f_vnode->v_type == VREG;
}

/* --- sendfile ------------------------------------------------------------ */

static ssize_t
do_sendfile(struct copy_end *in, struct copy_end *out, size_t count)
{
	if (!file_readable(in->ce_file) || !file_writable(out->ce_file))
		return -EBADF;
	if (in->ce_file->f_vnode == NULL) {
		if (in->ce_at)
			return -ESPIPE;
		if (in->ce_file->f_ops->fo_mmap == NULL)
			return -EINVAL;
	} else if (in->ce_file->f_vnode->v_type != VREG &&
	    in->ce_file->f_vnode->v_type != VBLK) {
		/* A terminal's end of file must end a read: no loop on it. */
		return -EINVAL;
	}
	if ((out->ce_file->f_flags & O_APPEND) != 0)
		return -EINVAL;
	return copy_bytes(in, out, MIN(count, MAX_RW_COUNT));
}

long
sys_sendfile(int outfd, int infd, vaddr_t uoff, size_t count)
{
	struct copy_end in, out = { .ce_at = false };
	struct fdref fin, fout;
	ssize_t n;

	n = end_offset_in(&in, uoff);
	if (n != 0)
		return n;
	n = fd_borrow(infd, &fin);
	if (n != 0)
		return n;
	n = fd_borrow(outfd, &fout);
	if (n == 0) {
		in.ce_file = fin.fr_file;
		out.ce_file = fout.fr_file;
		n = do_sendfile(&in, &out, count);
		if (n >= 0 && end_offset_out(&in) != 0)
			n = -EFAULT;
		fd_return(&fout);
	}
	fd_return(&fin);
	return n;
}

/* --- copy_file_range ----------------------------------------------------- */

static int
range_check(struct copy_end *in, struct copy_end *out, size_t *count)
{
	struct file *fi = in->ce_file, *fo = out->ce_file;
	off_t oi = in->ce_at ? in->ce_off : fi->f_offset;
	off_t oo = out->ce_at ? out->ce_off : fo->f_offset;
	off_t end;

	if ((fi->f_vnode != NULL && fi->f_vnode->v_type == VDIR) ||
	    (fo->f_vnode != NULL && fo->f_vnode->v_type == VDIR))
		return -EISDIR;
	if (!is_regular(fi) || !is_regular(fo))
		return -EINVAL;
	if (!file_readable(fi) || !file_writable(fo) ||
	    (fo->f_flags & O_APPEND) != 0)
		return -EBADF;
	*count = MIN(*count, MAX_RW_COUNT);
	if (__builtin_add_overflow(oi, (off_t)*count, &end) ||
	    __builtin_add_overflow(oo, (off_t)*count, &end))
		return -EOVERFLOW;
	if (fi->f_vnode == fo->f_vnode && oi < oo + (off_t)*count &&
	    oo < oi + (off_t)*count)
		return -EINVAL;
	return 0;
}

long
sys_copy_file_range(int infd, vaddr_t uinoff, int outfd, vaddr_t uoutoff,
    size_t count, unsigned flags)
{
	struct copy_end in, out;
	struct fdref fin, fout;
	ssize_t n;

	n = fd_borrow(infd, &fin);
	if (n != 0)
		return n;
	n = fd_borrow(outfd, &fout);
	if (n != 0) {
		fd_return(&fin);
		return n;
	}
	in.ce_file = fin.fr_file;
	out.ce_file = fout.fr_file;
	n = end_offset_in(&in, uinoff);
	if (n == 0)
		n = end_offset_in(&out, uoutoff);
	if (n == 0)
		n = flags != 0 ? -EINVAL : range_check(&in, &out, &count);
	if (n == 0)
		n = copy_bytes(&in, &out, count);
	if (n >= 0 && (end_offset_out(&in) != 0 || end_offset_out(&out) != 0))
		n = -EFAULT;
	fd_return(&fout);
	fd_return(&fin);
	return n;
}

/* --- splice -------------------------------------------------------------- */

#define SPLICE_F_MOVE	  1
#define SPLICE_F_NONBLOCK 2
#define SPLICE_F_MORE	  4
#define SPLICE_F_GIFT	  8
#define SPLICE_F_ALL	  15

/* One page out of a pipe; what is written is what leaves it. */
static ssize_t
pipe_to_end(struct pipe *pp, struct copy_end *out, struct pipe *opp,
    void *buf, size_t n, bool nonblock)
{
	struct iovec iov;
	struct uio uio;
	ssize_t got, put;
	int error;

	got = pipe_peek_begin(pp, buf, MIN(n, PAGE_SIZE), nonblock);
	if (got <= 0)
		return got;
	if (opp != NULL) {
		uio_init_kernel(&uio, &iov, buf, (size_t)got, 0, true);
		error = pipe_write_uio(opp, &uio, nonblock);
		put = got - (ssize_t)uio.uio_resid;
		if (put == 0)
			put = error;
	} else {
		put = end_write(out, buf, (size_t)got);
	}
	pipe_peek_end(pp, put > 0 ? (size_t)put : 0);
	return put;
}

static ssize_t
end_to_pipe(struct copy_end *in, struct pipe *pp, void *buf, size_t n,
    bool nonblock)
{
	struct iovec iov;
	struct uio uio;
	ssize_t room, got;
	int error;

	room = pipe_wait_room(pp, MIN(n, PAGE_SIZE), nonblock);
	if (room < 0)
		return room;
	if (room == 0) {
		signal_self(SIGPIPE);
		return -EPIPE;
	}
	got = end_read(in, buf, (size_t)room);
	if (got <= 0)
		return got;
	uio_init_kernel(&uio, &iov, buf, (size_t)got, 0, true);
	error = pipe_write_uio(pp, &uio, false);
	if (uio.uio_resid != 0 && is_regular(in->ce_file))
		end_unread(in, uio.uio_resid);
	got -= (ssize_t)uio.uio_resid;
	return got != 0 ? got : error;
}

/* The first round may wait; what follows takes only what is there. */
static ssize_t
splice_rounds(struct copy_end *in, struct copy_end *out, size_t len,
    bool nonblock)
{
	struct pipe *ip = file_pipe(in->ce_file), *op = file_pipe(out->ce_file);
	size_t done = 0;
	ssize_t n = 0;
	void *buf;

	buf = kmalloc(PAGE_SIZE, 0);
	if (buf == NULL)
		return -ENOMEM;
	while (done < len) {
		if (ip != NULL)
			n = pipe_to_end(ip, out, op, buf, len - done,
			    nonblock || done != 0);
		else
			n = end_to_pipe(in, op, buf, len - done,
			    nonblock || done != 0);
		if (n <= 0)
			break;
		done += (size_t)n;
		if (ip == NULL && !is_regular(in->ce_file))
			break; /* the next read might wait */
		sched_point();
	}
	kfree(buf);
	return done != 0 ? (ssize_t)done : n;
}

static ssize_t
do_splice(struct copy_end *in, struct copy_end *out, vaddr_t uinoff,
    vaddr_t uoutoff, size_t len, unsigned flags)
{
	struct pipe *ip = file_pipe(in->ce_file), *op = file_pipe(out->ce_file);
	ssize_t n;

	if (!file_readable(in->ce_file) || !file_writable(out->ce_file))
		return -EBADF;
	if (ip == NULL && op == NULL)
		return -EINVAL;
	if ((ip != NULL && uinoff != 0) || (op != NULL && uoutoff != 0))
		return -ESPIPE;
	if (ip == op)
		return -EINVAL;
	if (op == NULL && (out->ce_file->f_flags & O_APPEND) != 0)
		return -EINVAL;
	n = end_offset_in(in, uinoff);
	if (n == 0)
		n = end_offset_in(out, uoutoff);
	if (n == 0)
		n = splice_rounds(in, out, MIN(len, MAX_RW_COUNT),
		    (flags & SPLICE_F_NONBLOCK) != 0 ||
		    ((ip != NULL ? in : out)->ce_file->f_flags &
			O_NONBLOCK) != 0);
	if (n >= 0 && (end_offset_out(in) != 0 || end_offset_out(out) != 0))
		n = -EFAULT;
	return n;
}

/* Both files of a call, in this order. */
static int
borrow_two(int infd, int outfd, struct fdref *in, struct fdref *out)
{
	int error;

	error = fd_borrow(infd, in);
	if (error != 0)
		return error;
	error = fd_borrow(outfd, out);
	if (error != 0)
		fd_return(in);
	return error;
}

long
sys_splice(int infd, vaddr_t uinoff, int outfd, vaddr_t uoutoff, size_t len,
    unsigned flags)
{
	struct copy_end in, out;
	struct fdref fin, fout;
	ssize_t n;

	if (len == 0)
		return 0;
	if ((flags & ~SPLICE_F_ALL) != 0)
		return -EINVAL;
	n = borrow_two(infd, outfd, &fin, &fout);
	if (n != 0)
		return n;
	in.ce_file = fin.fr_file;
	out.ce_file = fout.fr_file;
	n = do_splice(&in, &out, uinoff, uoutoff, len, flags);
	fd_return(&fout);
	fd_return(&fin);
	return n;
}

/* --- tee and vmsplice ---------------------------------------------------- */

/* A page at most: more would need a second look at a place in the pipe. */
static ssize_t
do_tee(struct pipe *ip, struct pipe *op, size_t len, bool nonblock)
{
	struct iovec iov;
	struct uio uio;
	ssize_t n;
	void *buf;
	int error;

	buf = kmalloc(PAGE_SIZE, 0);
	if (buf == NULL)
		return -ENOMEM;
	n = pipe_wait_room(op, MIN(len, PAGE_SIZE), nonblock);
	if (n == 0) {
		signal_self(SIGPIPE);
		n = -EPIPE;
	}
	if (n > 0)
		n = pipe_peek_begin(ip, buf, MIN((size_t)n, PAGE_SIZE),
		    nonblock);
	if (n > 0) {
		pipe_peek_end(ip, 0);
		uio_init_kernel(&uio, &iov, buf, (size_t)n, 0, true);
		error = pipe_write_uio(op, &uio, nonblock);
		n -= (ssize_t)uio.uio_resid;
		if (n == 0)
			n = error;
	}
	kfree(buf);
	return n;
}

long
sys_tee(int infd, int outfd, size_t len, unsigned flags)
{
	struct fdref fin, fout;
	struct pipe *ip, *op;
	ssize_t n;

	if ((flags & ~SPLICE_F_ALL) != 0)
		return -EINVAL;
	if (len == 0)
		return 0;
	n = borrow_two(infd, outfd, &fin, &fout);
	if (n != 0)
		return n;
	ip = file_pipe(fin.fr_file);
	op = file_pipe(fout.fr_file);
	if (!file_readable(fin.fr_file) || !file_writable(fout.fr_file))
		n = -EBADF;
	else if (ip == NULL || op == NULL || ip == op)
		n = -EINVAL;
	else
		n = do_tee(ip, op, len, (flags & SPLICE_F_NONBLOCK) != 0 ||
		    ((fin.fr_file->f_flags | fout.fr_file->f_flags) &
			O_NONBLOCK) != 0);
	fd_return(&fout);
	fd_return(&fin);
	return n;
}

/* The pages are copied, which a gift allows too. */
long
sys_vmsplice(int fd, vaddr_t uiov, size_t n, unsigned flags)
{
	struct iovbuf ib;
	struct fdref fr;
	struct pipe *pp;
	struct uio uio;
	ssize_t done;
	size_t resid;
	bool nonblock;

	if ((flags & ~SPLICE_F_ALL) != 0)
		return -EINVAL;
	done = fd_borrow(fd, &fr);
	if (done != 0)
		return done;
	pp = file_pipe(fr.fr_file);
	done = -EBADF;
	if (pp == NULL)
		goto out;
	done = iov_copyin(uiov, n, &ib, &uio, file_writable(fr.fr_file));
	if (done != 0)
		goto out;
	resid = uio.uio_resid;
	nonblock = (flags & SPLICE_F_NONBLOCK) != 0 ||
	    (fr.fr_file->f_flags & O_NONBLOCK) != 0;
	done = uio.uio_write ? pipe_write_uio(pp, &uio, nonblock) :
	    pipe_read_uio(pp, &uio, nonblock);
	if (uio.uio_resid != resid)
		done = (ssize_t)(resid - uio.uio_resid);
	iov_free(&ib);
out:
	fd_return(&fr);
	return done;
}
