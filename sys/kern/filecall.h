/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/filecall.h: what the file system calls share: names from user
 * space, the place a lookup starts from, vectors, results.
 *
 * Use: NAMED(nb) declares a name buffer; name_copyin() fills it, name_free()
 * ends it. at_begin() makes a lookup context, at_end() ends it: neither takes
 * references while the thread does not share its root and working directory.
 */
#ifndef KERN_FILECALL_H
#define KERN_FILECALL_H

#include "base/types.h"
#include "base/uio.h"

#include "fs/file.h"
#include "fs/vfs.h"
#include "kern/fd.h"

#define AT_SYMLINK_NOFOLLOW 0x100
#define AT_EACCESS	    0x200
#define AT_REMOVEDIR	    0x200
#define AT_SYMLINK_FOLLOW   0x400
#define AT_NO_AUTOMOUNT	    0x800
#define AT_EMPTY_PATH	    0x1000
#define AT_STATX_SYNC_TYPE  0x6000

#define S_IFMT	 0170000
#define S_IFSOCK 0140000
#define S_IFLNK	 0120000
#define S_IFREG	 0100000
#define S_IFBLK	 0060000
#define S_IFDIR	 0040000
#define S_IFCHR	 0020000
#define S_IFIFO	 0010000

#define IOV_MAX	     1024u
#define IOV_FAST     8u
#define MAX_RW_COUNT 0x7ffff000u

struct flock_req;
struct timespec;

/* A name from user space; short ones lie in nb_small. */
#define NAME_SMALL 256
struct namebuf {
	char *nb_name;
	char nb_small[NAME_SMALL];
};
/* Not zeroed by the compiler: it is on every path of open and stat. */
#define NAMED(nb) struct namebuf nb __attribute__((uninitialized))

/* -EFAULT -ENAMETOOLONG -ENOMEM -ENOENT (empty). */
int name_copyin(vaddr_t, struct namebuf *) __must_check;
/* The same, and an empty name is one. */
int name_copyin_empty(vaddr_t, struct namebuf *) __must_check;
void name_free(struct namebuf *);

struct at_ctx {
	struct lookup_ctx at_lc;
	struct fdref at_dir; /* fr_file NULL: none */
	bool at_counted;     /* at_lc holds references */
};
int at_begin(struct at_ctx *, int dirfd, const char *name) __must_check;
void at_end(struct at_ctx *);

/* name_copyin, at_begin and vfs_lookup in one: *out is referenced. flags:
 * LOOKUP_; with LOOKUP_EMPTY and an empty name, what dirfd is. */
int at_lookup(int dirfd, vaddr_t uname, unsigned flags, struct path *out)
    __must_check;
/* The place an open file was opened at, referenced; -EINVAL: none. */
int file_path(struct file *, struct path *) __must_check;

/* readv and friends: a vector from user space. */
struct iovbuf {
	struct iovec *ib_iov;
	struct iovec ib_fast[IOV_FAST];
};
/* Fills uio over the vector; -EINVAL -EFAULT -ENOMEM. */
int iov_copyin(vaddr_t uiov, unsigned long n, struct iovbuf *, struct uio *,
    bool write) __must_check;
void iov_free(struct iovbuf *);

/* Writing as write(2) does: RLIMIT_FSIZE, SIGXFSZ, SIGPIPE. at: pwrite. */
ssize_t rw_read(struct file *, struct uio *, bool at) __must_check;
ssize_t rw_write(struct file *, struct uio *, bool at) __must_check;
/* Checks a new size of a file against RLIMIT_FSIZE: 0 or -EFBIG. */
int rw_check_fsize(uint64_t size) __must_check;
/* What rw_check_fsize() lets a write of n bytes at pos have. */
int rw_limit(struct file *, off_t pos, size_t *n) __must_check;

/* An anonymous file (eventfd, epoll, ...) as a descriptor; consumes fp. */
int anon_install(struct file *fp, bool cloexec) __must_check;
/* Both files as descriptors, whose numbers go to ufds; consumes them. */
int fd_install_pair(struct file *fp[2], bool cloexec, vaddr_t ufds)
    __must_check;
/* struct vattr of a thing without a place in the tree of names. */
void anon_stat(struct vattr *, mode_t mode, ino_t, const struct file *);
ino_t anon_ino(void); /* a fresh number */

/* Sleeps: the deadline (clock_mono) of a struct timespec span in user
 * space; NULL: NSEC_NEVER. -EFAULT -EINVAL. */
int deadline_copyin(vaddr_t ts, nsec_t *deadline) __must_check;
/* The rest of a span back to user space; errors are not told. */
void deadline_copyout(vaddr_t ts, nsec_t deadline);
nsec_t deadline_of_ms(int ms); /* < 0: never, 0: 0 */
nsec_t span_add(nsec_t now, nsec_t span); /* saturates */
/* A signal mask for the length of a call; u may be 0. -EINVAL -EFAULT. */
int tempmask_copyin(vaddr_t u, size_t setsize) __must_check;

/* SIGPIPE or SIGXFSZ to the running thread. */
void signal_self(int signo);

/* F_SETFL (sys_fcntl.c). */
long file_setfl(struct file *, unsigned flags);

#endif
