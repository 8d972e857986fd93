/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/fd.h: file descriptor tables.
 *
 * Locks: the table is read without a lock by its threads while it is not
 * shared; ft_lock otherwise (see kern/fd.c).
 */
#ifndef KERN_FD_H
#define KERN_FD_H

#include "base/types.h"
#include "fs/file.h"

#define OPEN_MAX_DEFAULT 1024u
#define OPEN_MAX_HARD	 1048576u

struct fdtable;

struct fdtable *fdtable_create(void) __must_check;
struct fdtable *fdtable_copy(struct fdtable *) __must_check;
void fdtable_ref(struct fdtable *);
void fdtable_unref(struct fdtable *); /* closes all at the last */
void fdtable_close_on_exec(struct fdtable *);

/* A descriptor of the running thread as a file, referenced: fd_put() it.
 * -EBADF. fd_get_path also gives O_PATH ones. */
int fd_get(int fd, struct file **) __must_check;
int fd_get_path(int fd, struct file **) __must_check;
void fd_put(struct file *);
/*
 * The same for the length of one system call: while the table belongs to this
 * thread alone nobody can close the descriptor under it, so no reference is
 * taken. fd_return() what fd_borrow*() gave.
 */
struct fdref {
	struct file *fr_file;
	bool fr_counted; /* a reference was taken */
};
int fd_borrow(int fd, struct fdref *) __must_check;
int fd_borrow_path(int fd, struct fdref *) __must_check; /* O_PATH too */
static inline void
fd_return(struct fdref *fr)
{
	if (fr->fr_counted)
		file_unref(fr->fr_file);
}
/*
 * fd_borrow() for calls that ask for many: the slots of a table that belongs
 * to this thread alone, good until the call opens or closes something. Of a
 * shared table it shows none, and each is borrowed by itself.
 */
struct fdview {
	struct file **fv_files;
	uint32_t fv_size;
};
void fd_view(struct fdview *);
static inline int
fd_view_borrow(const struct fdview *fv, int fd, struct fdref *fr)
{
	struct file *fp;

	if (likely((uint32_t)fd < fv->fv_size)) {
		fp = fv->fv_files[fd];
		if (likely(fp != NULL && (fp->f_flags & O_PATH) == 0)) {
			fr->fr_file = fp;
			fr->fr_counted = false;
			return 0;
		}
	}
	return fd_borrow(fd, fr);
}
/* Lowest free descriptor >= min gets fp (the reference is taken over on
 * success). -EMFILE -ENOMEM. */
int fd_install(struct file *fp, int min, bool cloexec) __must_check;
/* In two steps, for calls that return two. */
int fd_reserve(int min, bool cloexec) __must_check;
void fd_fill(int fd, struct file *);
void fd_unreserve(int fd);
int fd_close(int fd) __must_check;
int fd_dup_to(struct file *, int newfd, bool cloexec) __must_check;
/* Of another process for /proc/PID/fd; referenced or NULL. */
struct file *fdtable_get(struct fdtable *, int fd);
int fdtable_next(struct fdtable *, int from); /* used one >= from, or -1 */
uint32_t fdtable_size(struct fdtable *);
/* FD_CLOEXEC of a descriptor of the running thread. -EBADF. */
int fd_cloexec_get(int fd) __must_check;
int fd_cloexec_set(int fd, bool on) __must_check;
/* close_range(2): close, or mark, all from first to last. */
void fd_close_range(uint32_t first, uint32_t last, bool mark_only);
/* A table of its own for the running thread (CLOSE_RANGE_UNSHARE). */
int fd_unshare(void) __must_check;

#endif
