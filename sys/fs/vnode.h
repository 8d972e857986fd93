/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/vnode.h: files as the kernel holds them, and what a file system must
 * be able to do with one.
 *
 * Use: call the VOP_*() wrappers; they assert the lock and supply the default
 * error for an operation a file system does not have.
 * Locks: v_lock (rwlock). "S": the caller holds it shared or exclusively,
 * "X": exclusively, "-": not at all. v_ref counts users; at 0 the vnode goes to
 * a free list and may be reclaimed by vop_reclaim.
 */
#ifndef FS_VNODE_H
#define FS_VNODE_H

#include "base/list.h"
#include "base/lock.h"
#include "base/poll.h"
#include "base/types.h"
#include "base/uio.h"

#include "vm/object.h"

struct cred;
struct file;
struct mount;
struct path;
struct vnode;

enum vtype { VNON, VREG, VDIR, VBLK, VCHR, VLNK, VSOCK, VFIFO };

/* struct stat's facts. Times in ns since 1970. */
struct vattr {
	enum vtype va_type;
	mode_t va_mode; /* permission bits, set-id, sticky: 07777 */
	uint32_t va_nlink;
	uid_t va_uid;
	gid_t va_gid;
	dev_t va_dev;
	dev_t va_rdev;
	ino_t va_ino;
	uint64_t va_size;   /* bytes */
	uint64_t va_blocks; /* of 512 bytes */
	uint32_t va_blksize;
	nsec_t va_atime, va_mtime, va_ctime, va_btime; /* btime -1: unknown */
};

/* Which of vattr VOP_SETATTR takes. */
#define VSA_MODE  0x01
#define VSA_UID	  0x02
#define VSA_GID	  0x04
#define VSA_SIZE  0x08
#define VSA_ATIME 0x10
#define VSA_MTIME 0x20
#define VSA_CTIME 0x40

/* One directory entry goes out; non-zero: the buffer is full, stop. */
struct dirsink {
	int (*ds_emit)(struct dirsink *, const char *name, size_t namelen,
	    ino_t, enum vtype, off_t next_cookie);
};

struct vnodeops {
	/* X or S on dvp. Finds name (no slashes, never "." or ".."; those the
	 * caller does, but ".." comes here for the parent within the same file
	 * system); *vpp is referenced, unlocked. -ENOENT. */
	int (*vop_lookup)(struct vnode *dvp, const char *name, size_t len,
	    struct vnode **vpp);
	/* X on dvp. The name does not exist (the caller looked, under the same
	 * lock). va: type, mode, uid, gid, rdev. */
	int (*vop_create)(struct vnode *dvp, const char *name, size_t len,
	    const struct vattr *va, struct vnode **vpp); /* any type but VLNK */
	int (*vop_symlink)(struct vnode *dvp, const char *name, size_t len,
	    const struct vattr *va, const char *target, struct vnode **vpp);
	/* X on dvp and vp. */
	int (*vop_link)(struct vnode *dvp, const char *name, size_t len,
	    struct vnode *vp);
	/* X on dvp and vp: unlink or rmdir by v_type. -ENOTEMPTY. */
	int (*vop_remove)(struct vnode *dvp, const char *name, size_t len,
	    struct vnode *vp);
	/* X on all that are given (fdvp may equal tdvp; tvp NULL: no target).
	 * The caller checked types, permissions and loops; the mount's rename
	 * lock is held. exchange: RENAME_EXCHANGE. */
	int (*vop_rename)(struct vnode *fdvp, const char *fname, size_t flen,
	    struct vnode *fvp, struct vnode *tdvp, const char *tname,
	    size_t tlen, struct vnode *tvp, bool exchange);
	/* S. Emits from *cookie (0: start), updates *cookie. */
	int (*vop_readdir)(struct vnode *, off_t *cookie, struct dirsink *);
	int (*vop_readlink)(struct vnode *, struct uio *);	   /* S */
	/* -: a link that is no text (/proc/PID/fd/N): the place it stands for
	 * into *out, or for a file without a name the file into *fpp, both
	 * referenced. NULL, or -EOPNOTSUPP: follow the text. */
	int (*vop_follow)(struct vnode *, struct path *out,
	    struct file **fpp);
	int (*vop_getattr)(struct vnode *, struct vattr *);	   /* S */
	int (*vop_setattr)(struct vnode *, const struct vattr *,
	    unsigned which);					   /* X */
	/* -: called once for each open file, with its flags; may replace
	 * fp->f_ops and fp->f_data (devices, fifos). */
	int (*vop_open)(struct vnode *, struct file *);
	void (*vop_close)(struct vnode *, struct file *);
	/* Regular files. NULL: the generic page cache way (v_object). S / X.
	 * O_APPEND is already applied to uio_offset. */
	int (*vop_read)(struct vnode *, struct uio *, struct file *);
	int (*vop_write)(struct vnode *, struct uio *, struct file *);
	/* X. fallocate(2): allocate, or punch with FALLOC_FL bits. */
	int (*vop_allocate)(struct vnode *, int mode, uint64_t off,
	    uint64_t len);
	/* S. SEEK_DATA / SEEK_HOLE. */
	int (*vop_seek)(struct vnode *, off_t *off, bool hole);
	int (*vop_fsync)(struct vnode *, bool data_only);	   /* S */
	/* -: the last user lets go. Delete the file here if it has no links,
	 * and vnode_hash_remove() it before its number is free again. */
	void (*vop_inactive)(struct vnode *);
	/* -: it leaves the cache (at once if it is in no hash): free v_data and
	 * the vnode; vm_object_destroy() if there is an object. Dirty pages
	 * were written before. */
	void (*vop_reclaim)(struct vnode *);
};

struct vnode {
	struct rwlock v_lock;
	uint32_t v_ref;	   /* [a] */
	uint8_t v_type;	   /* [I] enum vtype */
	uint32_t v_flags;  /* [a] VF_ */
	const struct vnodeops *v_ops; /* [I] */
	struct mount *v_mount;	      /* [I] */
	void *v_data;		      /* the file system's */
	ino_t v_ino;		      /* [I] */
	dev_t v_rdev;		      /* [I] devices */
	struct vm_object v_object;    /* VREG and VBLK */
	struct list v_hash;	      /* by mount and number */
	struct list v_free;	      /* when v_ref is 0 */
	struct list v_dentries;	      /* [DCACHETREE] dentry.d_alias: names */
	struct list v_mntlink;	      /* all vnodes of the mount */
	void *v_pipe;		      /* VFIFO: kern */
	void *v_socket;		      /* VSOCK: net */
	struct list v_flocks;	      /* flock and fcntl locks */
	uint32_t v_writers;	      /* [a] open for writing: ETXTBSY */
	uint32_t v_execs;	      /* [a] being executed */
	/* Mode and owner as vnode_access() saw them last, so that walking a
	 * path asks no file system. Odd v_perm_seq: changing; 0: unknown. */
	uint32_t v_perm_seq;
	mode_t v_perm_mode;
	uid_t v_perm_uid;
	gid_t v_perm_gid;
	nsec_t v_atime_fresh; /* [a] until then relatime has nothing to do */
};

#define VNF_ROOT   0x1 /* of its mount */
#define VNF_DEAD   0x2
#define VNF_NOCACHE 0x4 /* names, modes and owners are not cached (procfs) */
#define VNF_HASHED 0x8	/* [VNODEHASH] vnode_hash_find() finds it */

/* vfs_vnode.c: life */
void vnode_init(struct vnode *, struct mount *, enum vtype,
    const struct vnodeops *, ino_t);
void vnode_ref(struct vnode *);
void vnode_unref(struct vnode *); /* may sleep */
/* A cache of vnodes by (mount, ino): found and referenced, or NULL. */
struct vnode *vnode_hash_find(struct mount *, ino_t);
/* Insert; if another got there first that one is returned, referenced. */
struct vnode *vnode_hash_insert(struct vnode *);
void vnode_hash_remove(struct vnode *);
/* What areas hold (va_file, vs_exe) are struct files. */
extern const struct vm_file_ops vnode_file_ops;
/* op_hold and op_drop for objects whose vo_owner is the vnode. */
void vnode_object_hold(struct vm_object *);
void vnode_object_drop(struct vm_object *);
/* A file system changed mode or owner by itself (not through VOP_SETATTR). */
void vnode_perm_forget(struct vnode *);

enum vtype vtype_of_mode(mode_t);
mode_t mode_of_vtype(enum vtype); /* S_IFREG ... */

/* Wrappers (vfs_vops.c). */
int VOP_LOOKUP(struct vnode *, const char *, size_t, struct vnode **);
int VOP_CREATE(struct vnode *, const char *, size_t, const struct vattr *,
    struct vnode **);
int VOP_SYMLINK(struct vnode *, const char *, size_t, const struct vattr *,
    const char *, struct vnode **);
int VOP_LINK(struct vnode *, const char *, size_t, struct vnode *);
int VOP_REMOVE(struct vnode *, const char *, size_t, struct vnode *);
int VOP_RENAME(struct vnode *, const char *, size_t, struct vnode *,
    struct vnode *, const char *, size_t, struct vnode *, bool);
int VOP_READDIR(struct vnode *, off_t *, struct dirsink *);
int VOP_READLINK(struct vnode *, struct uio *);
int VOP_GETATTR(struct vnode *, struct vattr *);
int VOP_SETATTR(struct vnode *, const struct vattr *, unsigned);
int VOP_READ(struct vnode *, struct uio *, struct file *);
int VOP_WRITE(struct vnode *, struct uio *, struct file *);
int VOP_ALLOCATE(struct vnode *, int, uint64_t, uint64_t);
int VOP_SEEK(struct vnode *, off_t *, bool);
int VOP_FSYNC(struct vnode *, bool);

#endif
