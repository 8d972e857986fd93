/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/vfs.h: mounts, names, and the operations on files by name that
 * system calls are made of.
 *
 * All return 0 or -Exxx. Paths are kernel strings. `at` is the directory a
 * relative path starts from.
 */
#ifndef FS_VFS_H
#define FS_VFS_H

#include "base/types.h"
#include "fs/cred.h"
#include "fs/file.h"
#include "fs/vnode.h"

struct bdev;
struct dentry;
struct mount;

/* A place in the tree of names: a dentry on a mount. Both referenced. */
struct path {
	struct mount *p_mount;
	struct dentry *p_dentry;
};

/* What a process brings to a lookup: fs/ does not know processes. */
struct lookup_ctx {
	const struct cred *lc_cred;
	struct path lc_root;
	struct path lc_cwd; /* or the directory of a dirfd */
	mode_t lc_umask;
};

struct statfs_info {
	uint64_t sf_type; /* Linux's magic: 0xEF53, 0x01021994, ... */
	uint64_t sf_bsize, sf_blocks, sf_bfree, sf_bavail;
	uint64_t sf_files, sf_ffree;
	uint64_t sf_fsid;
	uint32_t sf_namelen;
	uint32_t sf_flags; /* ST_ */
};

/* mount(2) flags a mount keeps. */
#define MNT_RDONLY  0x01
#define MNT_NOSUID  0x02
#define MNT_NODEV   0x04
#define MNT_NOEXEC  0x08
#define MNT_SYNC    0x10
#define MNT_REMOUNT 0x20
#define MNT_NOATIME 0x400
#define MNT_NODIRATIME 0x800
#define MNT_BIND    0x1000
#define MNT_MOVE    0x2000
#define MNT_RELATIME 0x200000

struct vfsops {
	const char *vo_name; /* "ext2" */
	bool vo_nodev;	     /* needs no device: /proc/filesystems */
	/* source: the device's path or any word; data: options text. Sets
	 * mnt_data, mnt_root. */
	int (*vo_mount)(struct mount *, const char *source, const char *data);
	/* Everything is written and no vnode is in use. */
	int (*vo_unmount)(struct mount *);
	/* rw <-> ro and options. */
	int (*vo_remount)(struct mount *, unsigned flags, const char *data);
	int (*vo_statfs)(struct mount *, struct statfs_info *);
	int (*vo_sync)(struct mount *, bool wait); /* after the page cache */
};

struct mount {
	struct list mnt_link;	      /* all, in mount order */
	const struct vfsops *mnt_ops; /* [I] */
	uint32_t mnt_flags;	      /* [MOUNT] MNT_ */
	uint32_t mnt_ref;	      /* [a] open files, cwds, submounts */
	uint32_t mnt_id;	      /* [I] */
	dev_t mnt_dev;		      /* [I] st_dev of its files */
	struct bdev *mnt_bdev;	      /* or NULL */
	struct vnode *mnt_root;	      /* [I] */
	struct dentry *mnt_root_dentry;
	struct path mnt_on;	      /* covered place; empty for the root */
	char *mnt_source;	      /* for /proc/mounts */
	char *mnt_options;	      /* the file system's own words */
	void *mnt_data;
	struct mutex mnt_rename;      /* directories moving */
	struct list mnt_vnodes;	      /* [VNODEHASH] */
	struct mount *mnt_super;      /* [I] itself, or what a bind shows */
	uint32_t mnt_users;	      /* [MOUNT] of a super: who shows it */
	struct mount *mnt_copy;	      /* [MOUNT] within a recursive bind */
	bool mnt_attached;	      /* [MOUNT] in the tree */
};

void vfs_init(void);
void vfs_register(const struct vfsops *);
/* Mounts the root file system; device by name. For boot. */
int vfs_mount_root(const char *device, const char *fstype, unsigned flags);
int vfs_mount(const struct lookup_ctx *, const char *source,
    const char *target, const char *fstype, unsigned flags,
    const char *data) __must_check;
int vfs_umount(const struct lookup_ctx *, const char *target, int flags)
    __must_check;
/* umount2(2). */
#define UMOUNT_FORCE	0x1
#define UMOUNT_DETACH	0x2
#define UMOUNT_EXPIRE	0x4
#define UMOUNT_NOFOLLOW 0x8

int vfs_sync(void);		   /* all; waits */
/* Forgets the names and vnodes nobody uses: drop_caches. May sleep. */
void vfs_drop_names(void);
int vfs_sync_mount(struct mount *) __must_check;
void vfs_shutdown(void);	   /* sync, all read-only: reboot */
int vfs_root_path(struct path *);  /* referenced */
/* Fills text as /proc/mounts; returns length wanted. */
size_t vfs_format_mounts(char *buf, size_t size, const struct path *root);
/* The same as /proc/PID/mountinfo. */
size_t vfs_format_mountinfo(char *buf, size_t size, const struct path *root);
size_t vfs_format_filesystems(char *buf, size_t size);

void path_ref(const struct path *);
void path_unref(struct path *);
struct vnode *path_vnode(const struct path *);
int vfs_writable(const struct path *) __must_check; /* 0 or -EROFS */
/* Absolute text of p as seen from root: length with NUL, -ERANGE,
 * -ENOENT (deleted; buf gets it with " (deleted)" if del_ok). */
ssize_t path_format(const struct path *p, const struct path *root, char *buf,
    size_t size, bool del_ok) __must_check;
/* The same, but -ENOENT for what is not below root. */
ssize_t path_format_inside(const struct path *p, const struct path *root,
    char *buf, size_t size) __must_check;

/* Flags of the *at calls, and of renameat2(2). */
#define AT_SYMLINK_NOFOLLOW 0x100
#define AT_REMOVEDIR	    0x200
#define AT_SYMLINK_FOLLOW   0x400
#define AT_EMPTY_PATH	    0x1000
#define RENAME_NOREPLACE    0x1
#define RENAME_EXCHANGE	    0x2

#define S_ISUID 04000
#define S_ISGID 02000
#define S_ISVTX 01000

#define LOOKUP_NOFOLLOW	 0x1 /* do not follow a final symlink */
#define LOOKUP_DIRECTORY 0x2 /* -ENOTDIR otherwise */
#define LOOKUP_EMPTY	 0x4 /* "" is the start itself */
int vfs_lookup(const struct lookup_ctx *, const char *path, unsigned flags,
    struct path *out) __must_check;

/* By name. Flags are Linux's (AT_, O_, RENAME_). */
int vfs_open(const struct lookup_ctx *, const char *path, unsigned oflags,
    mode_t mode, struct file **) __must_check;
/* openat2(2): what a walk must not do. Of SCOPED, lc_root is where it ends. */
#define RESOLVE_NO_XDEV	      0x01
#define RESOLVE_NO_MAGICLINKS 0x02
#define RESOLVE_NO_SYMLINKS   0x04
#define RESOLVE_BENEATH	      0x08
#define RESOLVE_IN_ROOT	      0x10
#define RESOLVE_SCOPED	      (RESOLVE_BENEATH | RESOLVE_IN_ROOT)
int vfs_open_within(const struct lookup_ctx *, const char *path,
    unsigned oflags, mode_t mode, unsigned resolve, struct file **)
    __must_check;
int vfs_open_path(const struct path *, unsigned oflags, const struct cred *,
    struct file **) __must_check;
int vfs_mknod(const struct lookup_ctx *, const char *, mode_t type_and_mode,
    dev_t) __must_check;
/* As vfs_mknod for a VSOCK, giving the vnode (bind of AF_UNIX). */
int vfs_mksock(const struct lookup_ctx *, const char *, mode_t,
    struct vnode **) __must_check;
int vfs_mkdir(const struct lookup_ctx *, const char *, mode_t) __must_check;
int vfs_unlink(const struct lookup_ctx *, const char *, bool dir) __must_check;
int vfs_symlink(const struct lookup_ctx *, const char *target,
    const char *path) __must_check;
int vfs_link(const struct lookup_ctx *from, const char *,
    const struct lookup_ctx *to, const char *, unsigned at_flags)
    __must_check;
int vfs_rename(const struct lookup_ctx *from, const char *,
    const struct lookup_ctx *to, const char *, unsigned flags) __must_check;
ssize_t vfs_readlink(const struct path *, struct uio *) __must_check;
/* By place. */
int vfs_getattr(const struct path *, struct vattr *) __must_check;
int vfs_chmod(const struct path *, mode_t, const struct cred *) __must_check;
int vfs_chown(const struct path *, uid_t, gid_t, const struct cred *)
    __must_check; /* -1: leave */
int vfs_truncate(const struct path *, off_t, const struct cred *)
    __must_check;
/* NSEC_NEVER: now; NSEC_NEVER-1: leave (UTIME_OMIT). */
int vfs_utimes(const struct path *, nsec_t atime, nsec_t mtime,
    const struct cred *) __must_check;
/* want: R_OK 4, W_OK 2, X_OK 1. Includes read-only and noexec mounts. */
int vfs_access(const struct path *, int want, const struct cred *)
    __must_check;
int vfs_statfs(const struct path *, struct statfs_info *) __must_check;
/* Permission bits alone, of a locked vnode. */
int vnode_access(struct vnode *, int want, const struct cred *) __must_check;
/* Executable for exec: regular, x bit, mount allows; counts v_execs. */
int vfs_open_exec(const struct lookup_ctx *, const char *path,
    struct file **) __must_check;
int vfs_open_exec_path(const struct path *, const struct cred *,
    struct file **) __must_check;

#endif
