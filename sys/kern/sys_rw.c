/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/sys_rw.c: read, write and seek.
 *
 * Why: read(2) and write(2) are the shortest way there is: borrow the file,
 * one iovec on the stack, the file's own operation. The limits of a process
 * (RLIMIT_FSIZE) and the signals that go with errors are dealt with here, as
 * fs/ and net/ know no processes.
 */
#include "fs/vnode.h"
#include "kern/filecall.h"
#include "kern/syscall.h"
#include "net/socket.h"

#define SEEK_MAX 4 /* SEEK_HOLE */

/* --- limits and signals -------------------------------------------------- */

int
rw_check_fsize(uint64_t size)
{
	uint64_t limit;

	limit = atomic_load_relaxed(
	    &curproc()->p_rlimit[RLIMIT_FSIZE].rlim_cur);
	if (likely(size <= limit))
		return 0;
	signal_self(SIGXFSZ);
	return -EFBIG;
}

int
rw_limit(struct file *fp, off_t pos, size_t *n)
{
	uint64_t limit;

	limit = atomic_load_relaxed(
	    &curproc()->p_rlimit[RLIMIT_FSIZE].rlim_cur);
	if (likely(limit == RLIM_INFINITY) || fp->f_vnode == NULL ||
	    fp->f_vnode->v_type != VREG || *n == 0)
		return 0;
	if ((fp->f_flags & O_APPEND) != 0)
		pos = (off_t)fp->f_vnode->v_object.vo_size;
	if (pos < 0)
		return 0; /* -EINVAL comes from below */
	if ((uint64_t)pos >= limit)
		return rw_check_fsize((uint64_t)pos + 1);
	*n = MIN(*n, limit - (uint64_t)pos);
	return 0;
}

ssize_t
rw_read(struct file *fp, struct uio *uio, bool at)
{
	return at ? file_pread(fp, uio) : file_read(fp, uio);
}

ssize_t
rw_write(struct file *fp, struct uio *uio, bool at)
{
	ssize_t n;
	int error;

	error = rw_limit(fp, at ? uio->uio_offset : fp->f_offset,
	    &uio->uio_resid);
	if (unlikely(error != 0))
		return file_writable(fp) ? error : -EBADF;
	n = at ? file_pwrite(fp, uio) : file_write(fp, uio);
	if (unlikely(n == -EPIPE) && file_socket(fp) != NULL &&
	    file_socket(fp)->so_type == SOCK_STREAM)
		signal_self(SIGPIPE); /* a pipe does it itself */
	return n;
}

/* --- one buffer ---------------------------------------------------------- */

static inline int
buf_uio(struct uio *uio, struct iovec *iov, vaddr_t buf, size_t n, off_t off,
    bool write)
{
	if (unlikely((ssize_t)n < 0))
		return -EINVAL;
	if (unlikely(buf > USER_MAX || n > USER_MAX - buf))
		return -EFAULT;
	if (unlikely(n > MAX_RW_COUNT))
		n = MAX_RW_COUNT;
	uio_init_user(uio, iov, (void *)buf, n, off, write);
	return 0;
}

/*
 * The four calls: inline, so that each is made of what it needs and no more.
 */
static __always_inline long
rw_buf(int fd, vaddr_t buf, size_t n, off_t off, bool write, bool at)
{
	struct iovec iov;
	struct fdref fr;
	struct uio uio;
	ssize_t done;

	if (at && off < 0)
		return -EINVAL;
	done = fd_borrow(fd, &fr);
	if (unlikely(done != 0))
		return done;
	if (unlikely(!(write ? file_writable(fr.fr_file) :
	    file_readable(fr.fr_file))))
		done = -EBADF;
	else
		done = buf_uio(&uio, &iov, buf, n, off, write);
	if (likely(done == 0))
		done = write ? rw_write(fr.fr_file, &uio, at) :
		    rw_read(fr.fr_file, &uio, at);
	fd_return(&fr);
	return done;
}

long
sys_read(int fd, vaddr_t buf, size_t n)
{
	return rw_buf(fd, buf, n, 0, false, false);
}

long
sys_write(int fd, vaddr_t buf, size_t n)
{
	return rw_buf(fd, buf, n, 0, true, false);
}

long
sys_pread64(int fd, vaddr_t buf, size_t n, off_t off)
{
	return rw_buf(fd, buf, n, off, false, true);
}

long
sys_pwrite64(int fd, vaddr_t buf, size_t n, off_t off)
{
	return rw_buf(fd, buf, n, off, true, true);
}

/* --- vectors ------------------------------------------------------------- */

#define RWF_HIPRI  0x01
#define RWF_DSYNC  0x02
#define RWF_SYNC   0x04
#define RWF_NOWAIT 0x08
#define RWF_APPEND 0x10

struct rwv {
	bool write;
	bool at;
	off_t off;
	int flags; /* RWF_ */
};

/* After RWF_DSYNC and RWF_SYNC the data are on the disk. */
static int
rwv_sync(struct file *fp, int flags)
{
	int error;

	if (fp->f_vnode == NULL || (flags & (RWF_DSYNC | RWF_SYNC)) == 0)
		return 0;
	error = file_sync(fp, (flags & RWF_SYNC) == 0);
	return error == -EINVAL ? 0 : error;
}

static long
do_rwv(int fd, vaddr_t uiov, int iovcnt, const struct rwv *rw)
{
	struct iovbuf ib;
	struct fdref fr;
	struct uio uio;
	ssize_t done;
	int error;

	if (rw->at && rw->off < 0)
		return -EINVAL;
	done = fd_borrow(fd, &fr);
	if (done != 0)
		return done;
	done = -EBADF;
	if (!(rw->write ? file_writable : file_readable)(fr.fr_file))
		goto out;
	done = iov_copyin(uiov, (unsigned long)(long)iovcnt, &ib, &uio,
	    rw->write);
	if (done != 0)
		goto out;
	uio.uio_offset = rw->off;
	done = rw->write ? rw_write(fr.fr_file, &uio, rw->at) :
	    rw_read(fr.fr_file, &uio, rw->at);
	iov_free(&ib);
	if (rw->write && done > 0) {
		error = rwv_sync(fr.fr_file, rw->flags);
		if (error != 0)
			done = error;
	}
out:
	fd_return(&fr);
	return done;
}

long
sys_readv(int fd, vaddr_t iov, int iovcnt)
{
	return do_rwv(fd, iov, iovcnt, &(struct rwv){ .write = false });
}

long
sys_writev(int fd, vaddr_t iov, int iovcnt)
{
	return do_rwv(fd, iov, iovcnt, &(struct rwv){ .write = true });
}

long
sys_preadv(int fd, vaddr_t iov, int iovcnt, unsigned long lo, unsigned long hi)
{
	return do_rwv(fd, iov, iovcnt,
	    &(struct rwv){ .at = true, .off = (off_t)lo });
}

long
sys_pwritev(int fd, vaddr_t iov, int iovcnt, unsigned long lo,
    unsigned long hi)
{
	return do_rwv(fd, iov, iovcnt,
	    &(struct rwv){ .write = true, .at = true, .off = (off_t)lo });
}

/* Offset -1 is the file's own. NOWAIT and APPEND would need the file system's
 * help for each call: EOPNOTSUPP is what it says without. */
static long
do_rwv2(int fd, vaddr_t iov, int iovcnt, off_t off, int flags, bool write)
{
	struct rwv rw = { .write = write, .at = off != -1, .off = off,
		.flags = flags };

	if ((flags & ~(RWF_HIPRI | RWF_DSYNC | RWF_SYNC)) != 0)
		return -EOPNOTSUPP;
	if (off == -1)
		rw.off = 0;
	return do_rwv(fd, iov, iovcnt, &rw);
}

long
sys_preadv2(int fd, vaddr_t iov, int iovcnt, unsigned long lo,
    unsigned long hi, int flags)
{
	return do_rwv2(fd, iov, iovcnt, (off_t)lo, flags, false);
}

long
sys_pwritev2(int fd, vaddr_t iov, int iovcnt, unsigned long lo,
    unsigned long hi, int flags)
{
	return do_rwv2(fd, iov, iovcnt, (off_t)lo, flags, true);
}

/* --- seeking ------------------------------------------------------------- */

long
sys_lseek(int fd, off_t off, int whence)
{
	struct fdref fr;
	off_t result = 0;
	int error;

	error = fd_borrow(fd, &fr);
	if (unlikely(error != 0))
		return error;
	if (whence < 0 || whence > SEEK_MAX)
		error = -EINVAL;
	else if (fr.fr_file->f_ops->fo_seek == NULL)
		error = -ESPIPE;
	else
		error = fr.fr_file->f_ops->fo_seek(fr.fr_file, off, whence,
		    &result);
	fd_return(&fr);
	return error != 0 ? error : result;
}
