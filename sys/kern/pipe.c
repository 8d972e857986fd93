/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/pipe.c: the bytes between the two ends of a pipe.
 *
 * A ring of pages that are allocated when a writer first gets to them and
 * stay until the pipe goes. When the last byte is read both positions go back
 * to 0, so small messages always use the same page.
 * Invariants: (1) 0 <= pp_head - pp_tail <= pp_size. (2) every page that holds
 * a byte of [pp_tail, pp_head) is allocated. (3) a write of up to PIPE_BUF
 * bytes goes in as a whole. (4) while pp_peeking, only its owner moves
 * pp_tail.
 * Locks: pp_lock for everything; conditions of sleepers look without it and
 * look again with it. Wake-ups come after it is released.
 * Why: readers and writers wait exclusively and pass the wake-up on if they
 * leave something for the next one, so a byte wakes one reader.
 */
#include "base/atomic.h"
#include "base/kprintf.h"
#include "base/slab.h"

#include "kern/filecall.h"
#include "kern/pipe_internal.h"
#include "kern/syscall.h"

static inline uint64_t
pipe_used(const struct pipe *pp)
{
	return atomic_load_relaxed(&pp->pp_head) -
	    atomic_load_relaxed(&pp->pp_tail);
}

static inline uint64_t
pipe_room(const struct pipe *pp)
{
	return atomic_load_relaxed(&pp->pp_size) - pipe_used(pp);
}

static inline bool
can_read(const struct pipe *pp)
{
	return (pipe_used(pp) != 0 ||
		   atomic_load_relaxed(&pp->pp_writers) == 0) &&
	    !atomic_load_relaxed(&pp->pp_peeking);
}

static inline bool
can_write(const struct pipe *pp, uint64_t need)
{
	return pipe_room(pp) >= need ||
	    atomic_load_relaxed(&pp->pp_readers) == 0;
}

struct pipe *
pipe_create(void)
{
	struct pipe *pp;

	pp = kzalloc(sizeof(*pp));
	if (pp == NULL)
		return NULL;
	mutex_init(&pp->pp_lock, LR_PIPE, "pipe");
	waitq_init(&pp->pp_rq);
	waitq_init(&pp->pp_wq);
	pp->pp_size = PIPE_SIZE;
	pp->pp_ring = pp->pp_first;
	pp->pp_ino = anon_ino();
	return pp;
}

static void
ring_free(struct pipe *pp)
{
	uint32_t i;

	for (i = 0; i < pp->pp_size / PAGE_SIZE; i++)
		if (pp->pp_ring[i] != NULL)
			page_unref(virt_to_page(pp->pp_ring[i]));
	if (pp->pp_ring != pp->pp_first)
		kfree(pp->pp_ring);
}

void
pipe_destroy(struct pipe *pp)
{
	ring_free(pp);
	kfree(pp);
}

/* The bytes at position pos: *run of them lie in one page. */
static inline uint8_t *
ring_at(const struct pipe *pp, uint64_t pos, size_t *run)
{
	uint64_t at = pos & (pp->pp_size - 1);

	*run = PAGE_SIZE - (at & PAGE_MASK);
	return pp->pp_ring[at >> PAGE_SHIFT] + (at & PAGE_MASK);
}

/* pp_lock held: the page of the next byte to write. -ENOMEM. */
static int
ring_page(struct pipe *pp)
{
	uint8_t **slot;
	struct page *pg;

	slot = &pp->pp_ring[(pp->pp_head & (pp->pp_size - 1)) >> PAGE_SHIFT];
	if (likely(*slot != NULL))
		return 0;
	pg = page_alloc(0, PA_ZERO); /* zeroed for slab_create()'s reason */
	if (pg == NULL)
		return -ENOMEM;
	*slot = page_to_virt(pg);
	return 0;
}

/* pp_lock held: n bytes have been read. */
static inline void
ring_consume(struct pipe *pp, size_t n)
{
	pp->pp_tail += n;
	if (pp->pp_tail == pp->pp_head)
		pp->pp_tail = pp->pp_head = 0;
}

/* --- reading ------------------------------------------------------------- */

/* After reading, pp_lock released: who can go on now? */
static inline void
read_wake(struct pipe *pp)
{
	if (pipe_room(pp) >= PIPE_BUF && waitq_has_sleepers(&pp->pp_wq))
		waitq_wake_one(&pp->pp_wq);
	if (unlikely(pipe_used(pp) != 0) && waitq_has_sleepers(&pp->pp_rq))
		waitq_wake_one(&pp->pp_rq);
}

/* pp_lock held: moves what there is; progress shows in uio_resid. */
static int
ring_read(struct pipe *pp, struct uio *uio)
{
	size_t n, before;
	uint8_t *p;
	int error = 0;

	while (error == 0 && uio->uio_resid != 0 &&
	    pp->pp_tail != pp->pp_head) {
		p = ring_at(pp, pp->pp_tail, &n);
		n = MIN(MIN(n, uio->uio_resid), pp->pp_head - pp->pp_tail);
		before = uio->uio_resid;
		error = uiomove(p, n, uio);
		ring_consume(pp, before - uio->uio_resid);
	}
	return error;
}

/* Waits, and returns with pp_lock held if it is 0. */
static int
read_wait(struct pipe *pp, bool nonblock)
{
	int error;

	mutex_lock(&pp->pp_lock);
	while (!can_read(pp)) {
		mutex_unlock(&pp->pp_lock);
		if (nonblock)
			return -EAGAIN;
		error = WAIT_EVENT_INTR_EXCL(&pp->pp_rq, can_read(pp));
		if (error != 0) {
			read_wake(pp); /* a wake-up may have been ours */
			return error;
		}
		mutex_lock(&pp->pp_lock);
	}
	return 0;
}

int
pipe_read_uio(struct pipe *pp, struct uio *uio, bool nonblock)
{
	int error;

	if (uio->uio_resid == 0)
		return 0;
	error = read_wait(pp, nonblock);
	if (error != 0)
		return error;
	error = ring_read(pp, uio);
	mutex_unlock(&pp->pp_lock);
	read_wake(pp);
	return error;
}

ssize_t
pipe_peek_begin(struct pipe *pp, void *buf, size_t n, bool nonblock)
{
	uint64_t pos;
	size_t run, done;
	uint8_t *p;
	int error;

	error = read_wait(pp, nonblock);
	if (error != 0)
		return error;
	n = MIN(n, pp->pp_head - pp->pp_tail);
	for (done = 0, pos = pp->pp_tail; done < n; done += run, pos += run) {
		p = ring_at(pp, pos, &run);
		run = MIN(run, n - done);
		memcpy((uint8_t *)buf + done, p, run);
	}
	pp->pp_peeking = n != 0;
	mutex_unlock(&pp->pp_lock);
	return (ssize_t)n;
}

void
pipe_peek_end(struct pipe *pp, size_t consumed)
{
	mutex_lock(&pp->pp_lock);
	pp->pp_peeking = false;
	ring_consume(pp, consumed);
	mutex_unlock(&pp->pp_lock);
	read_wake(pp);
}

/* --- writing ------------------------------------------------------------- */

static inline void
write_wake(struct pipe *pp)
{
	if (waitq_has_sleepers(&pp->pp_rq))
		waitq_wake_one(&pp->pp_rq);
}

/* pp_lock held: as much as there is room for. */
static int
ring_write(struct pipe *pp, struct uio *uio)
{
	size_t n, before;
	uint8_t *p;
	int error = 0;

	while (error == 0 && uio->uio_resid != 0 && pipe_room(pp) != 0) {
		error = ring_page(pp);
		if (error != 0)
			break;
		p = ring_at(pp, pp->pp_head, &n);
		n = MIN(MIN(n, uio->uio_resid), pipe_room(pp));
		before = uio->uio_resid;
		error = uiomove(p, n, uio);
		pp->pp_head += before - uio->uio_resid;
	}
	return error;
}

/* The next writer's turn, if this one left room. */
static inline void
writers_pass_on(struct pipe *pp)
{
	if (pipe_room(pp) >= PIPE_BUF && waitq_has_sleepers(&pp->pp_wq))
		waitq_wake_one(&pp->pp_wq);
}

int
pipe_write_uio(struct pipe *pp, struct uio *uio, bool nonblock)
{
	uint64_t need;
	bool wrote;
	int error = 0;

	mutex_lock(&pp->pp_lock);
	while (uio->uio_resid != 0) {
		if (unlikely(pp->pp_readers == 0)) {
			error = -EPIPE;
			break;
		}
		need = MIN(uio->uio_resid, PIPE_BUF);
		if (pipe_room(pp) >= need ||
		    (nonblock && uio->uio_resid > PIPE_BUF &&
			pipe_room(pp) != 0)) {
			error = ring_write(pp, uio);
			if (error != 0 || uio->uio_resid == 0)
				break;
			need = MIN(uio->uio_resid, PIPE_BUF);
		}
		if (nonblock) {
			error = -EAGAIN;
			break;
		}
		wrote = pp->pp_head != pp->pp_tail;
		mutex_unlock(&pp->pp_lock);
		if (wrote)
			write_wake(pp);
		error = WAIT_EVENT_INTR_EXCL(&pp->pp_wq, can_write(pp, need));
		mutex_lock(&pp->pp_lock);
		if (error != 0)
			break;
	}
	mutex_unlock(&pp->pp_lock);
	write_wake(pp);
	writers_pass_on(pp);
	if (unlikely(error == -EPIPE))
		signal_self(SIGPIPE);
	return error;
}

ssize_t
pipe_wait_room(struct pipe *pp, size_t n, bool nonblock)
{
	uint64_t need = MIN(n, PIPE_BUF), room;
	int error;

	for (;;) {
		if (atomic_load_relaxed(&pp->pp_readers) == 0)
			return 0;
		room = pipe_room(pp);
		if (room >= need)
			return (ssize_t)MIN(room, n);
		if (nonblock)
			return -EAGAIN;
		error = WAIT_EVENT_INTR_EXCL(&pp->pp_wq, can_write(pp, need));
		if (error != 0) {
			writers_pass_on(pp);
			return error;
		}
	}
}

/* --- as a file ----------------------------------------------------------- */

int
pipe_fo_read(struct file *fp, struct uio *uio)
{
	return pipe_read_uio(fp->f_data, uio, (fp->f_flags & O_NONBLOCK) != 0);
}

int
pipe_fo_write(struct file *fp, struct uio *uio)
{
	return pipe_write_uio(fp->f_data, uio,
	    (fp->f_flags & O_NONBLOCK) != 0);
}

#define FIONREAD 0x541B

int
pipe_fo_ioctl(struct file *fp, unsigned long cmd, vaddr_t arg)
{
	if (cmd != FIONREAD)
		return -ENOTTY;
	return user_store32(arg, (uint32_t)pipe_used(fp->f_data));
}

/* Hang-up is for readers that have had a writer: f_offset holds how many had
 * come before a FIFO was opened (fifo.c), for pipe(2) 0. */
unsigned
pipe_fo_poll(struct file *fp, struct polltable *pt)
{
	struct pipe *pp = fp->f_data;
	unsigned events = 0;

	if (file_readable(fp)) {
		poll_wait(pt, &pp->pp_rq);
		if (pipe_used(pp) != 0)
			events |= POLLIN | POLLRDNORM;
		if (atomic_load_relaxed(&pp->pp_writers) == 0 &&
		    pp->pp_wopens != (uint32_t)fp->f_offset)
			events |= POLLHUP;
	}
	if (file_writable(fp)) {
		poll_wait(pt, &pp->pp_wq);
		if (pipe_room(pp) >= PIPE_BUF)
			events |= POLLOUT | POLLWRNORM;
		if (atomic_load_relaxed(&pp->pp_readers) == 0)
			events |= POLLERR;
	}
	return events;
}

static int
pipe_fo_stat(struct file *fp, struct vattr *va)
{
	struct pipe *pp = fp->f_data;

	anon_stat(va, S_IFIFO | 0600, pp->pp_ino, fp);
	return 0;
}

static void
pipe_fo_describe(struct file *fp, char *buf, size_t size)
{
	struct pipe *pp = fp->f_data;

	ksnprintf(buf, size, "pipe:[%llu]", (unsigned long long)pp->pp_ino);
}

void
pipe_ends_drop(struct pipe *pp, const struct file *fp)
{
	bool last_reader = false, last_writer = false;

	mutex_lock(&pp->pp_lock);
	if (file_readable(fp))
		last_reader = --pp->pp_readers == 0;
	if (file_writable(fp))
		last_writer = --pp->pp_writers == 0;
	mutex_unlock(&pp->pp_lock);
	if (last_writer)
		waitq_wake_key(&pp->pp_rq, POLLIN | POLLRDNORM | POLLHUP);
	if (last_reader)
		waitq_wake_key(&pp->pp_wq, POLLOUT | POLLWRNORM | POLLERR);
}

static void
pipe_fo_close(struct file *fp)
{
	struct pipe *pp = fp->f_data;
	bool gone;

	pipe_ends_drop(pp, fp);
	mutex_lock(&pp->pp_lock);
	gone = --pp->pp_refs == 0;
	mutex_unlock(&pp->pp_lock);
	if (gone)
		pipe_destroy(pp);
}

const struct fileops pipe_fileops = {
	.fo_name = "pipe",
	.fo_read = pipe_fo_read,
	.fo_write = pipe_fo_write,
	.fo_ioctl = pipe_fo_ioctl,
	.fo_poll = pipe_fo_poll,
	.fo_stat = pipe_fo_stat,
	.fo_close = pipe_fo_close,
	.fo_describe = pipe_fo_describe,
};

struct pipe *
file_pipe(const struct file *fp)
{
	if (fp->f_ops == &pipe_fileops || fp->f_ops == &fifo_fileops)
		return fp->f_data;
	return NULL;
}
