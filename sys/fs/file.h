/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/file.h: open files. A descriptor table (kern) holds references to
 * these; dup and fork share them.
 */
#ifndef FS_FILE_H
#define FS_FILE_H

#include "base/lock.h"
#include "base/poll.h"
#include "base/types.h"
#include "base/uio.h"

#include "dev/cdev.h"
#include "fs/cred.h"

/* Linux x86_64. */
#define O_ACCMODE   00000003
#define O_RDONLY    00000000
#define O_WRONLY    00000001
#define O_RDWR	    00000002
#define O_CREAT	    00000100
#define O_EXCL	    00000200
#define O_NOCTTY    00000400
#define O_TRUNC	    00001000
#define O_APPEND    00002000
#define O_NONBLOCK  00004000
#define O_DSYNC	    00010000
#define O_ASYNC	    00020000
#define O_DIRECT    00040000
#define O_LARGEFILE 00100000
#define O_DIRECTORY 00200000
#define O_NOFOLLOW  00400000
#define O_NOATIME   01000000
#define O_CLOEXEC   02000000
#define O_SYNC	    04010000
#define O_PATH	    010000000
#define O_TMPFILE   020200000

struct file;
struct vattr;

struct fileops {
	const char *fo_name; /* "vnode", "pipe", "socket": for /proc/PID/fd */
	int (*fo_read)(struct file *, struct uio *);	     /* [EINVAL] */
	int (*fo_write)(struct file *, struct uio *);	     /* [EINVAL] */
	int (*fo_ioctl)(struct file *, unsigned long cmd, vaddr_t arg);
							     /* [ENOTTY] */
	unsigned (*fo_poll)(struct file *, struct polltable *);
	int (*fo_stat)(struct file *, struct vattr *);
	int (*fo_seek)(struct file *, off_t off, int whence, off_t *result);
							     /* [ESPIPE] */
	int (*fo_mmap)(struct file *, uint64_t off, uint64_t len,
	    unsigned prot, struct cdev_map *);		     /* [ENODEV] */
	int (*fo_truncate)(struct file *, off_t);	     /* [EINVAL] */
	void (*fo_close)(struct file *); /* last reference */
	/* Text for /proc/PID/fd links: "pipe:[123]"; NULL: from fp's path. */
	void (*fo_describe)(struct file *, char *buf, size_t size);
	bool fo_positioned; /* read and write use and advance f_offset */
};

struct path_storage { /* a struct path; see fs/vfs.h */
	struct mount *ps_mount;
	struct dentry *ps_dentry;
};

struct file {
	uint32_t f_ref;	  /* [a] */
	uint32_t f_flags; /* [a] O_ flags as F_GETFL shows them */
	const struct fileops *f_ops; /* [I] after open */
	void *f_data;		     /* the ops' own */
	struct vnode *f_vnode;	     /* [I] or NULL; kept by f_path if that is
				      * set, otherwise referenced */
	struct path_storage f_path;  /* [I] how it was opened; referenced */
	struct mutex f_lock;	     /* f_offset */
	off_t f_offset;		     /* [f_lock] */
	const struct cred *f_cred;   /* [I] of the opener, referenced */
	struct cdev_file f_cdev;     /* devices */
	void *f_epoll;		     /* [EPOLL] registrations on this file */
	int32_t f_owner;	     /* F_SETOWN */
	int32_t f_sig;
	uint32_t f_ra_state;	     /* POSIX_FADV_ */
	bool f_counted_writer;	     /* v_writers was raised */
	bool f_counted_exec;	     /* v_execs was raised */
	bool f_exclusive;	     /* O_EXCL: a device's claim is its own */
	bool f_opened;		     /* vop_open was called: vop_close is due */
};

struct file *file_alloc(const struct fileops *, void *data, unsigned flags,
    const struct cred *) __must_check; /* one reference; NULL: no memory */
static inline void
file_ref(struct file *fp)
{
	atomic_add_relaxed(&fp->f_ref, 1);
}
void file_unref(struct file *); /* closes at the last; may sleep */

static inline bool
file_readable(const struct file *fp)
{
	return (fp->f_flags & (O_WRONLY | O_PATH)) == 0;
}

static inline bool
file_writable(const struct file *fp)
{
	return (fp->f_flags & O_ACCMODE) != O_RDONLY &&
	    (fp->f_flags & O_PATH) == 0;
}

/* With the checks of read(2) and the offset handled; count or error. */
ssize_t file_read(struct file *, struct uio *) __must_check;
ssize_t file_write(struct file *, struct uio *) __must_check;
ssize_t file_pread(struct file *, struct uio *) __must_check;
ssize_t file_pwrite(struct file *, struct uio *) __must_check;
/* Kernel memory, at an offset, for exec and others. */
ssize_t file_read_kernel(struct file *, void *buf, size_t n, off_t off)
    __must_check;

/* fo_seek of a file that is that long and has no holes. */
int file_seek_sized(struct file *, off_t off, int whence, uint64_t size,
    off_t *result) __must_check;

uint64_t file_count(void); /* open files in the system */

/*
 * Hooks of the layers above, set at boot. fifo_open: called for each open of
 * a VFIFO after permissions were checked; it sets f_ops and f_data, may sleep
 * until the other end comes, and its error is open's. epoll_release: called
 * by file_unref() at the last reference, before fo_close, if f_epoll is set.
 */
void fifo_open_register(int (*fn)(struct vnode *, struct file *));
void file_epoll_register(void (*fn)(struct file *));

extern const struct fileops vnode_fileops; /* regular files and directories */
extern const struct fileops path_fileops;  /* O_PATH */
/* getdents(2): emits entries from f_offset on, which it advances. */
struct dirsink;
int file_readdir(struct file *, struct dirsink *) __must_check;
int file_sync(struct file *, bool data_only) __must_check;
int file_allocate(struct file *, int mode, off_t off, off_t len) __must_check;

/* Advisory locks (fs/flock.c). owner: the file for flock, the process for
 * fcntl. Both sleep interruptibly. */
struct flock_req {
	bool fl_posix;	  /* fcntl kind */
	int fl_type;	  /* F_RDLCK 0, F_WRLCK 1, F_UNLCK 2 */
	off_t fl_start, fl_end; /* inclusive; end INT64_MAX: to EOF */
	const void *fl_owner;
	pid_t fl_pid;
	bool fl_wait;
};
int file_lock(struct file *, const struct flock_req *) __must_check;
/* F_GETLK: the first lock in the way into req, or fl_type F_UNLCK. */
int file_lock_test(struct file *, struct flock_req *) __must_check;
void vnode_unlock_owner(struct vnode *, const void *owner);

#endif
