/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/fd.c: file descriptor tables.
 *
 * Invariants: (1) a bit of ft_open is set for each descriptor in use or
 * reserved; a reserved one has no file yet. (2) no descriptor below ft_free is
 * free. (3) ft_cloexec is a subset of ft_open. (4) ft_size is a multiple
 * of 64.
 * Locks: ft_lock (spin, never held over anything that sleeps) for every
 * change. A thread whose table has one reference reads it without the lock:
 * nobody else can change it, and the thread itself does not while it reads.
 * Others (procfs, threads sharing it) hold a reference and take the lock.
 * Why: the owner of a POSIX lock is the table, as fork() makes a new one and
 * threads share it.
 */
#include "base/atomic.h"
#include "base/lock.h"
#include "base/slab.h"
#include "base/string.h"

#include <abi/errno.h>

#include "fs/file.h"
#include "fs/vnode.h"
#include "kern/fd.h"
#include "kern/proc.h"

#define FD_WORD	    64u
#define FD_INITIAL  64u

struct fdslots {
	struct file **fs_files;
	uint64_t *fs_open;
	uint64_t *fs_cloexec;
	uint32_t fs_size;
};

struct fdtable {
	uint32_t ft_ref; /* [a] */
	uint32_t ft_free;
	struct spinlock ft_lock;
	struct fdslots ft_s; /* [ft_lock] */
	/* The first slots, so that most tables are one piece of memory. */
	struct file *ft_first[FD_INITIAL];
	uint64_t ft_first_open, ft_first_cloexec;
};

#define ft_files   ft_s.fs_files
#define ft_open	   ft_s.fs_open
#define ft_cloexec ft_s.fs_cloexec
#define ft_size	   ft_s.fs_size

static inline bool
bit_test(const uint64_t *map, uint32_t n)
{
	return (map[n / FD_WORD] >> (n % FD_WORD)) & 1;
}

static inline void
bit_put(uint64_t *map, uint32_t n, bool on)
{
	uint64_t bit = UINT64_C(1) << (n % FD_WORD);

	if (on)
		map[n / FD_WORD] |= bit;
	else
		map[n / FD_WORD] &= ~bit;
}

static uint32_t
fd_limit(void)
{
	uint64_t lim;

	lim = atomic_load_relaxed(
	    &curproc()->p_rlimit[RLIMIT_NOFILE].rlim_cur);
	return (uint32_t)MIN(lim, OPEN_MAX_HARD);
}

/* --- life of a table ----------------------------------------------------- */

struct fdtable *
fdtable_create(void)
{
	struct fdtable *ft;

	ft = kzalloc(sizeof(*ft));
	if (ft == NULL)
		return NULL;
	ft->ft_ref = 1;
	spin_init(&ft->ft_lock, LR_FDTABLE, "fdtable");
	ft->ft_files = ft->ft_first;
	ft->ft_open = &ft->ft_first_open;
	ft->ft_cloexec = &ft->ft_first_cloexec;
	ft->ft_size = FD_INITIAL;
	return ft;
}

/* Slots for size descriptors in one piece of memory. */
static int
slots_alloc(struct fdslots *s, uint32_t size)
{
	uint8_t *p;

	p = kzalloc(size * sizeof(struct file *) + size / 4);
	if (p == NULL)
		return -ENOMEM;
	s->fs_files = (struct file **)(void *)p;
	s->fs_open = (uint64_t *)(void *)(p + size * sizeof(struct file *));
	s->fs_cloexec = s->fs_open + size / FD_WORD;
	s->fs_size = size;
	return 0;
}

static void
slots_free(struct fdtable *ft, struct fdslots *s)
{
	if (s->fs_files != ft->ft_first)
		kfree(s->fs_files);
}

/* Room for descriptor fd. Called and returns unlocked. */
static int
fdtable_grow(struct fdtable *ft, uint32_t fd)
{
	struct fdslots big, old;
	uint32_t size;

	for (size = FD_INITIAL; size <= fd; size *= 2)
		;
	if (slots_alloc(&big, size) != 0)
		return -ENOMEM;
	spin_lock(&ft->ft_lock);
	old = ft->ft_s;
	if (old.fs_size >= size) {
		old = big; /* another thread was faster */
	} else {
		memcpy(big.fs_files, old.fs_files,
		    old.fs_size * sizeof(struct file *));
		memcpy(big.fs_open, old.fs_open, old.fs_size / 8);
		memcpy(big.fs_cloexec, old.fs_cloexec, old.fs_size / 8);
		ft->ft_s = big;
	}
	spin_unlock(&ft->ft_lock);
	slots_free(ft, &old);
	return 0;
}

struct fdtable *
fdtable_copy(struct fdtable *from)
{
	struct fdtable *ft;
	uint32_t w, fd;
	uint64_t left;

	ft = fdtable_create();
	if (ft == NULL)
		return NULL;
	spin_lock(&from->ft_lock);
	while (ft->ft_size < from->ft_size) {
		uint32_t size = from->ft_size;

		spin_unlock(&from->ft_lock);
		if (fdtable_grow(ft, size - 1) != 0) {
			kfree(ft);
			return NULL;
		}
		spin_lock(&from->ft_lock);
	}
	for (w = 0; w < from->ft_size / FD_WORD; w++) {
		for (left = from->ft_open[w]; left != 0; left &= left - 1) {
			fd = w * FD_WORD + (uint32_t)__builtin_ctzll(left);
			if (from->ft_files[fd] == NULL)
				continue;
			file_ref(from->ft_files[fd]);
			ft->ft_files[fd] = from->ft_files[fd];
			bit_put(ft->ft_open, fd, true);
		}
		ft->ft_cloexec[w] = from->ft_cloexec[w] & ft->ft_open[w];
	}
	spin_unlock(&from->ft_lock);
	return ft;
}

void
fdtable_ref(struct fdtable *ft)
{
	atomic_add(&ft->ft_ref, 1);
}

/* A descriptor of ft to fp has gone: POSIX locks go with any of them. */
static void
slot_release(struct fdtable *ft, struct file *fp)
{
	struct vnode *vp = fp->f_vnode;

	if (vp != NULL && !list_empty(&vp->v_flocks))
		vnode_unlock_owner(vp, ft);
	file_unref(fp);
}

void
fdtable_unref(struct fdtable *ft)
{
	uint32_t w, fd;
	uint64_t left;

	if (atomic_sub(&ft->ft_ref, 1) != 0)
		return;
	for (w = 0; w < ft->ft_size / FD_WORD; w++) {
		for (left = ft->ft_open[w]; left != 0; left &= left - 1) {
			fd = w * FD_WORD + (uint32_t)__builtin_ctzll(left);
			if (ft->ft_files[fd] != NULL)
				slot_release(ft, ft->ft_files[fd]);
		}
	}
	slots_free(ft, &ft->ft_s);
	kfree(ft);
}

/* --- from descriptor to file --------------------------------------------- */

/* The file in a slot, or NULL. */
static inline struct file *
slot_file(const struct fdtable *ft, int fd)
{
	if (unlikely((uint32_t)fd >= ft->ft_size))
		return NULL;
	return ft->ft_files[fd];
}

static inline int
slot_borrow(int fd, struct fdref *fr)
{
	struct fdtable *ft = curlwp()->l_fds;
	struct file *fp;

	if (likely(atomic_load_relaxed(&ft->ft_ref) == 1)) {
		fp = slot_file(ft, fd);
		fr->fr_counted = false;
	} else {
		spin_lock(&ft->ft_lock);
		fp = slot_file(ft, fd);
		if (fp != NULL)
			file_ref(fp);
		spin_unlock(&ft->ft_lock);
		fr->fr_counted = true;
	}
	fr->fr_file = fp;
	return likely(fp != NULL) ? 0 : -EBADF;
}

int
fd_borrow_path(int fd, struct fdref *fr)
{
	return slot_borrow(fd, fr);
}

int
fd_borrow(int fd, struct fdref *fr)
{
	int error;

	error = slot_borrow(fd, fr);
	if (unlikely(error != 0))
		return error;
	if (unlikely((fr->fr_file->f_flags & O_PATH) != 0)) {
		fd_return(fr);
		return -EBADF;
	}
	return 0;
}

void
fd_view(struct fdview *fv)
{
	struct fdtable *ft = curlwp()->l_fds;
	bool own = atomic_load_relaxed(&ft->ft_ref) == 1;

	fv->fv_files = own ? ft->ft_files : NULL;
	fv->fv_size = own ? ft->ft_size : 0;
}

int
fd_get_path(int fd, struct file **fpp)
{
	struct fdref fr;
	int error;

	error = fd_borrow_path(fd, &fr);
	if (error != 0)
		return error;
	if (!fr.fr_counted)
		file_ref(fr.fr_file);
	*fpp = fr.fr_file;
	return 0;
}

int
fd_get(int fd, struct file **fpp)
{
	int error;

	error = fd_get_path(fd, fpp);
	if (error == 0 && ((*fpp)->f_flags & O_PATH) != 0) {
		file_unref(*fpp);
		error = -EBADF;
	}
	return error;
}

void
fd_put(struct file *fp)
{
	file_unref(fp);
}

struct file *
fdtable_get(struct fdtable *ft, int fd)
{
	struct file *fp;

	spin_lock(&ft->ft_lock);
	fp = slot_file(ft, fd);
	if (fp != NULL)
		file_ref(fp);
	spin_unlock(&ft->ft_lock);
	return fp;
}

int
fdtable_next(struct fdtable *ft, int from)
{
	int fd;

	spin_lock(&ft->ft_lock);
	for (fd = MAX(from, 0); fd < (int)ft->ft_size; fd++)
		if (ft->ft_files[fd] != NULL)
			break;
	if (fd >= (int)ft->ft_size)
		fd = -1;
	spin_unlock(&ft->ft_lock);
	return fd;
}

uint32_t
fdtable_size(struct fdtable *ft)
{
	return atomic_load_relaxed(&ft->ft_size);
}

/* --- giving out descriptors ---------------------------------------------- */

/* The lowest descriptor >= min whose bit is clear; ft_size if all are set. */
static uint32_t
bitmap_find(const struct fdtable *ft, uint32_t min)
{
	uint32_t w = min / FD_WORD;
	uint64_t clear;

	if (min >= ft->ft_size)
		return min;
	clear = ~ft->ft_open[w] & (UINT64_MAX << (min % FD_WORD));
	while (clear == 0) {
		if (++w == ft->ft_size / FD_WORD)
			return ft->ft_size;
		clear = ~ft->ft_open[w];
	}
	return w * FD_WORD + (uint32_t)__builtin_ctzll(clear);
}

/* Takes the lowest free descriptor >= min; fp may be NULL: reserved. */
static int
slot_take(struct file *fp, int min, bool cloexec)
{
	struct fdtable *ft = curlwp()->l_fds;
	uint32_t fd, limit = fd_limit();

	spin_lock(&ft->ft_lock);
	for (;;) {
		fd = bitmap_find(ft, MAX((uint32_t)min, ft->ft_free));
		if (fd >= limit) {
			spin_unlock(&ft->ft_lock);
			return -EMFILE;
		}
		if (likely(fd < ft->ft_size))
			break;
		spin_unlock(&ft->ft_lock);
		if (fdtable_grow(ft, fd) != 0)
			return -ENOMEM;
		spin_lock(&ft->ft_lock);
	}
	if ((uint32_t)min <= ft->ft_free)
		ft->ft_free = fd + 1;
	bit_put(ft->ft_open, fd, true);
	bit_put(ft->ft_cloexec, fd, cloexec);
	ft->ft_files[fd] = fp;
	spin_unlock(&ft->ft_lock);
	return (int)fd;
}

int
fd_install(struct file *fp, int min, bool cloexec)
{
	return slot_take(fp, min, cloexec);
}

int
fd_reserve(int min, bool cloexec)
{
	return slot_take(NULL, min, cloexec);
}

void
fd_fill(int fd, struct file *fp)
{
	struct fdtable *ft = curlwp()->l_fds;

	spin_lock(&ft->ft_lock);
	ft->ft_files[fd] = fp;
	spin_unlock(&ft->ft_lock);
}

/* Frees a slot, the lock held; returns what was in it. */
static struct file *
slot_clear(struct fdtable *ft, uint32_t fd)
{
	struct file *fp = ft->ft_files[fd];

	ft->ft_files[fd] = NULL;
	bit_put(ft->ft_open, fd, false);
	bit_put(ft->ft_cloexec, fd, false);
	if (fd < ft->ft_free)
		ft->ft_free = fd;
	return fp;
}

void
fd_unreserve(int fd)
{
	struct fdtable *ft = curlwp()->l_fds;

	spin_lock(&ft->ft_lock);
	(void)slot_clear(ft, (uint32_t)fd);
	spin_unlock(&ft->ft_lock);
}

int
fd_close(int fd)
{
	struct fdtable *ft = curlwp()->l_fds;
	struct file *fp;

	spin_lock(&ft->ft_lock);
	fp = slot_file(ft, fd);
	if (fp != NULL)
		(void)slot_clear(ft, (uint32_t)fd);
	spin_unlock(&ft->ft_lock);
	if (fp == NULL)
		return -EBADF;
	slot_release(ft, fp);
	return 0;
}

/* dup2: newfd becomes fp, of which a reference is taken. */
int
fd_dup_to(struct file *fp, int newfd, bool cloexec)
{
	struct fdtable *ft = curlwp()->l_fds;
	struct file *old;

	if (newfd < 0 || (uint32_t)newfd >= fd_limit())
		return -EBADF;
	if ((uint32_t)newfd >= fdtable_size(ft) &&
	    fdtable_grow(ft, (uint32_t)newfd) != 0)
		return -ENOMEM;
	spin_lock(&ft->ft_lock);
	old = ft->ft_files[newfd];
	if (old == NULL && bit_test(ft->ft_open, (uint32_t)newfd)) {
		spin_unlock(&ft->ft_lock); /* an open() is under way there */
		return -EBUSY;
	}
	file_ref(fp);
	ft->ft_files[newfd] = fp;
	bit_put(ft->ft_open, (uint32_t)newfd, true);
	bit_put(ft->ft_cloexec, (uint32_t)newfd, cloexec);
	spin_unlock(&ft->ft_lock);
	if (old != NULL)
		slot_release(ft, old);
	return newfd;
}

/* --- close-on-exec, ranges ----------------------------------------------- */

int
fd_cloexec_get(int fd)
{
	struct fdtable *ft = curlwp()->l_fds;
	int on;

	spin_lock(&ft->ft_lock);
	on = slot_file(ft, fd) == NULL ? -EBADF :
	    bit_test(ft->ft_cloexec, (uint32_t)fd);
	spin_unlock(&ft->ft_lock);
	return on;
}

int
fd_cloexec_set(int fd, bool on)
{
	struct fdtable *ft = curlwp()->l_fds;
	int error = -EBADF;

	spin_lock(&ft->ft_lock);
	if (slot_file(ft, fd) != NULL) {
		bit_put(ft->ft_cloexec, (uint32_t)fd, on);
		error = 0;
	}
	spin_unlock(&ft->ft_lock);
	return error;
}

void
fdtable_close_on_exec(struct fdtable *ft)
{
	struct file *fp;
	uint32_t w, fd;

	spin_lock(&ft->ft_lock);
	for (w = 0; w < ft->ft_size / FD_WORD; w++) {
		while (ft->ft_cloexec[w] != 0) {
			fd = w * FD_WORD +
			    (uint32_t)__builtin_ctzll(ft->ft_cloexec[w]);
			fp = slot_clear(ft, fd);
			if (fp == NULL)
				continue;
			spin_unlock(&ft->ft_lock);
			slot_release(ft, fp);
			spin_lock(&ft->ft_lock);
		}
	}
	spin_unlock(&ft->ft_lock);
}

void
fd_close_range(uint32_t first, uint32_t last, bool mark_only)
{
	struct fdtable *ft = curlwp()->l_fds;
	struct file *fp;
	uint32_t fd;

	spin_lock(&ft->ft_lock);
	for (fd = first; fd < ft->ft_size && fd <= last; fd++) {
		fp = ft->ft_files[fd];
		if (fp == NULL)
			continue;
		if (mark_only) {
			bit_put(ft->ft_cloexec, fd, true);
			continue;
		}
		(void)slot_clear(ft, fd);
		spin_unlock(&ft->ft_lock);
		slot_release(ft, fp);
		spin_lock(&ft->ft_lock);
	}
	spin_unlock(&ft->ft_lock);
}

int
fd_unshare(void)
{
	struct lwp *l = curlwp();
	struct fdtable *own, *old = l->l_fds;

	if (atomic_load(&old->ft_ref) == 1)
		return 0;
	own = fdtable_copy(old);
	if (own == NULL)
		return -ENOMEM;
	spin_lock(&l->l_proc->p_lock); /* /proc reads p_fds under it */
	l->l_fds = own;
	if (l->l_thread->td_tid == l->l_proc->p_pid)
		l->l_proc->p_fds = own;
	spin_unlock(&l->l_proc->p_lock);
	fdtable_unref(old);
	return 0;
}
