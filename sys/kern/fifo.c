/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/fifo.c: pipe(2), its size, and pipes that have a name.
 *
 * A FIFO's pipe hangs on its vnode (v_pipe) from the first open to the last
 * close. Opening one end waits for the other: each open counts up pp_ropens
 * or pp_wopens, and a waiter goes on when that has moved, even if who came is
 * gone again.
 * Locks: fifo_lock guards v_pipe and pp_refs of FIFOs; it is taken before
 * pp_lock.
 */
#include "base/init.h"
#include "base/slab.h"

#include "kern/filecall.h"
#include "kern/pipe_internal.h"
#include "kern/syscall.h"

static struct mutex fifo_lock;

/* --- pipe(2) ------------------------------------------------------------- */

static int
pipe_files(unsigned flags, struct file *fp[2])
{
	const struct cred *cr = curlwp()->l_cred;
	struct pipe *pp;

	pp = pipe_create();
	if (pp == NULL)
		return -ENFILE;
	fp[0] = file_alloc(&pipe_fileops, pp, O_RDONLY | flags, cr);
	if (fp[0] == NULL) {
		pipe_destroy(pp);
		return -ENFILE;
	}
	pp->pp_refs = pp->pp_readers = 1;
	fp[1] = file_alloc(&pipe_fileops, pp, O_WRONLY | flags, cr);
	if (fp[1] == NULL) {
		file_unref(fp[0]); /* and the pipe with it */
		return -ENFILE;
	}
	pp->pp_refs = 2;
	pp->pp_writers = pp->pp_wopens = 1;
	return 0;
}

static long
do_pipe(vaddr_t ufds, unsigned flags)
{
	struct file *fp[2];
	int error;

	error = pipe_files(flags & O_NONBLOCK, fp);
	if (error != 0)
		return error;
	return fd_install_pair(fp, (flags & O_CLOEXEC) != 0, ufds);
}

long
sys_pipe(vaddr_t ufds)
{
	return do_pipe(ufds, 0);
}

/* Packet mode (O_DIRECT) is not offered. */
long
sys_pipe2(vaddr_t ufds, int flags)
{
	if ((flags & ~(O_CLOEXEC | O_NONBLOCK)) != 0)
		return -EINVAL;
	return do_pipe(ufds, (unsigned)flags);
}

/* --- F_SETPIPE_SZ -------------------------------------------------------- */

/* The smallest size the ring can have for want bytes. */
static uint64_t
size_round(uint64_t want)
{
	uint64_t size = PAGE_SIZE;

	while (size < want)
		size *= 2;
	return size;
}

/* pp_lock held: copies what the pipe holds to the beginning of a new ring. */
static int
ring_fill(struct pipe *pp, uint8_t **ring)
{
	uint64_t used = pp->pp_head - pp->pp_tail, done, at;
	struct page *pg;
	size_t n;

	for (done = 0; done < used; done += n) {
		if ((done & PAGE_MASK) == 0) {
			pg = page_alloc(0, 0);
			if (pg == NULL)
				return -ENOMEM;
			ring[done >> PAGE_SHIFT] = page_to_virt(pg);
		}
		at = (pp->pp_tail + done) & (pp->pp_size - 1);
		n = MIN(PAGE_SIZE - (at & PAGE_MASK),
		    PAGE_SIZE - (done & PAGE_MASK));
		n = MIN(n, used - done);
		memcpy(ring[done >> PAGE_SHIFT] + (done & PAGE_MASK),
		    pp->pp_ring[at >> PAGE_SHIFT] + (at & PAGE_MASK), n);
	}
	return 0;
}

static void
ring_drop(uint8_t **ring, uint64_t size)
{
	uint64_t i;

	for (i = 0; i < size / PAGE_SIZE; i++)
		if (ring[i] != NULL)
			page_unref(virt_to_page(ring[i]));
}

/* pp_lock held. -EBUSY: more is in the pipe than would fit. */
static int
ring_replace(struct pipe *pp, uint8_t **ring, uint32_t size)
{
	uint64_t used = pp->pp_head - pp->pp_tail;
	int error;

	if (pp->pp_peeking || used > size)
		return -EBUSY;
	error = ring_fill(pp, ring);
	if (error != 0)
		return error;
	ring_drop(pp->pp_ring, pp->pp_size);
	if (pp->pp_ring != pp->pp_first)
		kfree(pp->pp_ring);
	pp->pp_ring = ring;
	pp->pp_size = size;
	pp->pp_tail = 0;
	pp->pp_head = used;
	return 0;
}

static long
pipe_resize(struct pipe *pp, uint64_t want)
{
	uint8_t **ring;
	uint64_t size;
	int error;

	if (want > UINT64_C(1) << 31)
		return -EINVAL;
	size = size_round(want);
	if (size > PIPE_SIZE_MAX &&
	    !cred_capable(curlwp()->l_cred, CAP_SYS_RESOURCE))
		return -EPERM;
	ring = kzalloc(size / PAGE_SIZE * sizeof(*ring));
	if (ring == NULL)
		return -ENOMEM;
	mutex_lock(&pp->pp_lock);
	error = ring_replace(pp, ring, (uint32_t)size);
	mutex_unlock(&pp->pp_lock);
	if (error != 0) {
		ring_drop(ring, size);
		kfree(ring);
		return error;
	}
	waitq_wake_key(&pp->pp_wq, POLLOUT | POLLWRNORM);
	return (long)size;
}

long
pipe_fcntl(struct file *fp, bool set, unsigned long size)
{
	struct pipe *pp = file_pipe(fp);

	if (pp == NULL)
		return -EBADF;
	return set ? pipe_resize(pp, size) : (long)pp->pp_size;
}

/* --- FIFOs --------------------------------------------------------------- */

/* The pipe of a FIFO with one more reference. */
static struct pipe *
fifo_get(struct vnode *vp)
{
	struct pipe *pp;

	mutex_lock(&fifo_lock);
	pp = vp->v_pipe;
	if (pp == NULL)
		vp->v_pipe = pp = pipe_create();
	if (pp != NULL)
		pp->pp_refs++;
	mutex_unlock(&fifo_lock);
	return pp;
}

static void
fifo_put(struct vnode *vp, struct pipe *pp)
{
	bool gone;

	mutex_lock(&fifo_lock);
	gone = --pp->pp_refs == 0;
	if (gone)
		vp->v_pipe = NULL;
	mutex_unlock(&fifo_lock);
	if (gone)
		pipe_destroy(pp);
}

/*
 * Is nobody at the other end, and is that to be waited for? pp_lock held:
 * without it who is there may write, close and be gone before we look.
 */
static bool
fifo_is_alone(const struct pipe *pp, const struct file *fp)
{
	if (file_readable(fp) && file_writable(fp))
		return false;
	if (file_readable(fp))
		return pp->pp_writers == 0 && (fp->f_flags & O_NONBLOCK) == 0;
	return pp->pp_readers == 0;
}

/* Until the other end was opened once more than our open has seen. */
static int
fifo_wait_other(struct pipe *pp, const struct file *fp)
{
	uint32_t seen = (uint32_t)fp->f_offset;

	if (file_readable(fp))
		return WAIT_EVENT_INTR(&pp->pp_rq,
		    atomic_load(&pp->pp_wopens) != seen);
	return WAIT_EVENT_INTR(&pp->pp_wq,
	    atomic_load(&pp->pp_ropens) != seen);
}

static int
fifo_open(struct vnode *vp, struct file *fp)
{
	struct pipe *pp;
	bool alone;
	int error = 0;

	pp = fifo_get(vp);
	if (pp == NULL)
		return -ENOMEM;
	mutex_lock(&pp->pp_lock);
	alone = fifo_is_alone(pp, fp);
	if (!file_readable(fp) && (fp->f_flags & O_NONBLOCK) != 0 &&
	    pp->pp_readers == 0)
		error = -ENXIO;
	if (error == 0) {
		fp->f_offset = file_readable(fp) ? pp->pp_wopens :
		    pp->pp_ropens;
		if (file_readable(fp)) {
			pp->pp_readers++;
			pp->pp_ropens++;
		}
		if (file_writable(fp)) {
			pp->pp_writers++;
			pp->pp_wopens++;
		}
	}
	mutex_unlock(&pp->pp_lock);
	if (error == 0) {
		waitq_wake_all(&pp->pp_rq);
		waitq_wake_all(&pp->pp_wq);
		if (alone)
			error = fifo_wait_other(pp, fp);
		if (error != 0)
			pipe_ends_drop(pp, fp);
	}
	if (error != 0) {
		fifo_put(vp, pp);
		return error;
	}
	fp->f_data = pp;
	fp->f_ops = &fifo_fileops;
	return 0;
}

static void
fifo_fo_close(struct file *fp)
{
	pipe_ends_drop(fp->f_data, fp);
	fifo_put(fp->f_vnode, fp->f_data);
}

static int
fifo_fo_stat(struct file *fp, struct vattr *va)
{
	return vnode_fileops.fo_stat(fp, va);
}

const struct fileops fifo_fileops = {
	.fo_name = "fifo",
	.fo_read = pipe_fo_read,
	.fo_write = pipe_fo_write,
	.fo_ioctl = pipe_fo_ioctl,
	.fo_poll = pipe_fo_poll,
	.fo_stat = fifo_fo_stat,
	.fo_close = fifo_fo_close,
};

static void
fifo_init(void)
{
	mutex_init(&fifo_lock, LR_FILE, "fifo");
	fifo_open_register(fifo_open);
}
INIT(INIT_SUBSYS, 50, fifo_init);
