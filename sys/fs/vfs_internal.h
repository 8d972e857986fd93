/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/vfs_internal.h: what the files of the VFS core share.
 */
#ifndef FS_VFS_INTERNAL_H
#define FS_VFS_INTERNAL_H

#include "fs/dentry.h"
#include "fs/vfs.h"

#define NAME_MAX  255
#define PATH_MAX  4096
#define LINKS_MAX 40 /* symbolic links followed in one walk */

/*
 * A walk along a path. It stops in front of the last component, whose
 * directory is nd_dentry. What the walk started from is borrowed from the
 * lookup_ctx, the rest is referenced (nd_own_).
 */
enum last_type { LAST_NORM, LAST_DOT, LAST_DOTDOT, LAST_ROOT };

struct nameidata {
	const struct lookup_ctx *nd_ctx;
	struct mount *nd_mount;
	struct dentry *nd_dentry;
	bool nd_own_mount, nd_own_dentry;
	bool nd_slash;		/* the last component has a slash behind it */
	uint8_t nd_last_type;
	uint8_t nd_resolve;	/* RESOLVE_ */
	unsigned nd_links;
	struct mount *nd_from;	/* where the walk began; compared only */
	char *nd_buf;		/* text of links, or NULL */
	const char *nd_rest;	/* not walked yet */
	const char *nd_last;
	size_t nd_lastlen;
	struct file *nd_file;	/* a magic link to a file without a name */
};

/* Walks to the directory of the last component. Release in any case. */
int namei_parent(struct nameidata *, const struct lookup_ctx *,
    const char *path) __must_check;
int namei_parent_within(struct nameidata *, const struct lookup_ctx *,
    const char *path, unsigned resolve) __must_check;
/* After a step onto the last component: -EXDEV if it was forbidden. */
int namei_resolve_check(const struct nameidata *) __must_check;
/* After nd_last turned out to be a link: goes on with its text. */
int namei_again(struct nameidata *) __must_check;
void namei_release(struct nameidata *);
/* Steps onto the last component. 0; 1: a link was followed, namei_again();
 * -ENOENT if there is no such name. */
int namei_last(struct nameidata *, bool follow) __must_check;
/* The dentry of the last component, positive or negative, without crossing
 * mounts. locked: the caller holds the directory's vnode. */
int namei_dentry(struct nameidata *, bool locked, struct dentry **)
    __must_check;
/* Takes link (a symlink in nd_dentry, consumed) as what comes next. */
int namei_follow(struct nameidata *, struct dentry *link) __must_check;
/* From d (consumed) to what is mounted on it. */
void namei_enter(struct nameidata *, struct dentry *d);
/* Hands the place out, referenced. */
void namei_take(struct nameidata *, struct path *);

/* Is it a directory that rmdir(2) took away? Names that are never cached are
 * not gone for that. */
static inline bool
dir_removed(const struct mount *m, const struct dentry *d)
{
	return (d->d_flags & D_UNHASHED) && d != m->mnt_root_dentry &&
	    !(d->d_vnode->v_flags & VNF_NOCACHE);
}

/* vfs_mount.c */
void mount_ref(struct mount *);
void mount_unref(struct mount *);
/* What is mounted on (m, d), referenced, or NULL. */
struct mount *mount_on(struct mount *, struct dentry *);
/* Where m is mounted, referenced; false at the top. */
bool mount_covers(struct mount *, struct path *);
int mount_writable(const struct mount *) __must_check; /* 0 or -EROFS */
void mount_list_init(void);
const struct vfsops *vfs_find(const char *fstype);
struct mount *mount_create(const struct vfsops *, const char *source,
    unsigned flags);
/* Makes a file system's root; on failure m is freed. */
int mount_start(struct mount *, const char *source, const char *data)
    __must_check;
int mount_attach(struct mount *, const struct path *on) __must_check;
void mount_detach(struct mount *, struct path *on);
struct mount *mount_bind(struct mount *, struct dentry *root) __must_check;
/* vfs_bind.c: mount_lock held in all. */
/* Shows from at a second place, with the mounts below it if all. */
int mount_bind_tree(const struct path *from, const struct path *at, bool all)
    __must_check;
/* Take one mount, or one and all below it, out of the tree; the lock is
 * released meanwhile. */
void mount_take_off(struct mount *);
void mount_tree_take_off(struct mount *);
/* Calls fn for every super that is alive, referenced, no lock held. */
int mount_foreach_super(int (*fn)(struct mount *, void *), void *arg);
extern struct mutex mount_lock;
extern struct list mount_list; /* [mount_lock] attached, in mount order */

/* vfs_path.c: the text of d seen from top, in one file system; -ERANGE. */
ssize_t dentry_format(struct dentry *d, const struct dentry *top, char *buf,
    size_t size) __must_check;

/* vfs_vnode.c */
void vnode_init_subsys(void);
/* Reclaims every unused vnode of m: -EBUSY if one is in use. */
int vnode_flush_mount(struct mount *) __must_check;
uint64_t vnode_shrink(uint64_t n);
/* Calls fn for every vnode of a super, referenced, no lock held. */
int vnode_foreach(struct mount *, int (*fn)(struct vnode *, void *),
    void *arg);

/* cred.c */
/* The sticky bit and write permission: may cr remove victim from dvp (both
 * locked or stable)? -EPERM, -EACCES. */
int vnode_may_delete(struct vnode *dvp, struct vnode *victim, bool dir,
    const struct cred *) __must_check;
bool vnode_owner_or_capable(struct vnode *, const struct cred *);
/* Mode and owner, cached. */
struct vnode_perm {
	mode_t vp_mode;
	uid_t vp_uid;
	gid_t vp_gid;
};
int vnode_perm_get(struct vnode *, struct vnode_perm *, bool locked)
    __must_check;
int vnode_access_unlocked(struct vnode *, int want, const struct cred *)
    __must_check;
/* Mode, owner and group of something new in dvp (setgid directories). */
int vnode_new_attr(struct vnode *dvp, enum vtype, mode_t,
    const struct lookup_ctx *, struct vattr *) __must_check;
/* Set-id bits that writing or truncating takes away. vp locked exclusively. */
int vnode_clear_suid(struct vnode *, const struct cred *) __must_check;

/* A new size, as truncate(2) gives it. vp locked exclusively. */
int vnode_resize(struct vnode *, uint64_t size, const struct cred *)
    __must_check;

/* file.c */
void file_init(void);
/* vfs_file.c */
/* -ETXTBSY: it is being executed, or written. */
int vnode_writer_add(struct vnode *, struct file *) __must_check;
int vnode_exec_add(struct vnode *, struct file *) __must_check;
int vnode_file_stat(struct file *, struct vattr *);
/* Where lseek(2) leads, in a file of that size. */
int seek_target(struct file *, off_t off, int whence, uint64_t size,
    off_t *result) __must_check;
void vnode_touch_atime(const struct path *);
/* spec.c */
int spec_open(struct vnode *, struct file *) __must_check;
int spec_sync(struct file *) __must_check;
/* vfs_sync.c */
nsec_t vfs_coarse_time(void);
/* Writes what a file system on the device, on the disk it is a part of, or on
 * a part of it still keeps. False: there is none. */
bool vfs_sync_device(struct bdev *);

#endif
