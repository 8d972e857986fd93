/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/vfs_mountcall.c: mount(2), umount2(2), and the list of mounts.
 */
#include "fs/vfs_internal.h"

#include "dev/bdev.h"

#include "base/kprintf.h"
#include "base/lock.h"
#include "base/slab.h"
#include "base/string.h"

#include <abi/errno.h>

#define MS_REC	       0x4000
#define MS_PROPAGATION 0x1e0000
#define MS_PRIVATE     0x40000
#define MNT_PER_MOUNT                                                        \
	(MNT_RDONLY | MNT_NOSUID | MNT_NODEV | MNT_NOEXEC | MNT_NOATIME |    \
	    MNT_NODIRATIME)

static bool
is_mount_root(const struct path *p)
{
	return p->p_dentry == p->p_mount->mnt_root_dentry;
}

/* A file that is open for writing, or unlinked and in use (a directory too),
 * needs a writable file system until it is closed. */
static int
vnode_wants_write(struct vnode *vp, void *arg)
{
	struct vattr va;
	bool busy;

	if (vp->v_type == VREG && atomic_load_relaxed(&vp->v_writers) != 0)
		return -EBUSY;
	rwlock_rdlock(&vp->v_lock);
	/* One reference is vnode_foreach()'s. */
	busy = VOP_GETATTR(vp, &va) == 0 && va.va_nlink == 0 &&
	    atomic_load_relaxed(&vp->v_ref) > 1;
	rwlock_unlock(&vp->v_lock);
	return busy ? -EBUSY : 0;
}

static int
super_remount(struct mount *super, unsigned flags, const char *data,
    bool force)
{
	unsigned keep = super->mnt_flags & ~(MNT_PER_MOUNT | MNT_SYNC);
	bool to_ro = (flags & MNT_RDONLY) && !(super->mnt_flags & MNT_RDONLY);
	int error;

	if (to_ro) {
		error = force ? 0 : vnode_foreach(super, vnode_wants_write,
					NULL);
		if (error == 0)
			error = vfs_sync_mount(super);
		if (error != 0 && !force)
			return error;
	}
	if (super->mnt_ops->vo_remount != NULL) {
		error = super->mnt_ops->vo_remount(super, flags, data);
		if (error != 0)
			return error;
	}
	super->mnt_flags = keep | (flags & (MNT_PER_MOUNT | MNT_SYNC));
	return 0;
}

static int
do_remount(const struct path *at, unsigned flags, const char *data)
{
	struct mount *m = at->p_mount;
	int error = 0;

	if (!is_mount_root(at))
		return -EINVAL;
	mutex_lock(&mount_lock);
	if (!(flags & MNT_BIND))
		error = super_remount(m->mnt_super, flags, data, false);
	if (error == 0 && ((flags & MNT_BIND) || m != m->mnt_super))
		m->mnt_flags = (m->mnt_flags & ~MNT_PER_MOUNT) |
		    (flags & MNT_PER_MOUNT);
	mutex_unlock(&mount_lock);
	return error;
}

static int
do_bind(const struct lookup_ctx *ctx, const char *source,
    const struct path *at, bool all)
{
	struct path from;
	int error;

	if (source == NULL || *source == '\0')
		return -EINVAL;
	error = vfs_lookup(ctx, source, 0, &from);
	if (error != 0)
		return error;
	mutex_lock(&mount_lock);
	error = mount_bind_tree(&from, at, all);
	mutex_unlock(&mount_lock);
	path_unref(&from);
	return error;
}

static int
do_move(const struct lookup_ctx *ctx, const char *source,
    const struct path *at)
{
	struct path from, old = { NULL, NULL };
	struct mount *m, *up;
	int error;

	if (source == NULL || *source == '\0')
		return -EINVAL;
	error = vfs_lookup(ctx, source, 0, &from);
	if (error != 0)
		return error;
	m = from.p_mount;
	mutex_lock(&mount_lock);
	error = -EINVAL;
	if (!is_mount_root(&from) || m->mnt_on.p_mount == NULL ||
	    !m->mnt_attached)
		goto out;
	for (up = at->p_mount; up != NULL; up = up->mnt_on.p_mount) {
		if (up == m) {
			error = -ELOOP;
			goto out;
		}
	}
	mount_detach(m, &old);
	error = mount_attach(m, at);
	if (error != 0) {
		/* The place it had cannot refuse it: it had it. */
		int back = mount_attach(m, &old);

		if (back != 0)
			klog(KLOG_ERR, "vfs: a mount has lost its place\n");
	}
out:
	mutex_unlock(&mount_lock);
	if (old.p_mount != NULL)
		path_unref(&old);
	path_unref(&from);
	return error;
}

/* The disk that a path leads to. */
static int
find_device(const struct lookup_ctx *ctx, const char *source,
    const char **device)
{
	struct bdev *bd;
	struct path p;
	int error;

	if (source == NULL || *source == '\0')
		return -EINVAL;
	error = vfs_lookup(ctx, source, 0, &p);
	if (error != 0)
		return error;
	bd = path_vnode(&p)->v_type == VBLK ?
	    bdev_find_dev(path_vnode(&p)->v_rdev) : NULL;
	if (bd != NULL)
		*device = bd->bd_name;
	else
		error = path_vnode(&p)->v_type == VBLK ? -ENXIO : -ENOTBLK;
	path_unref(&p);
	return error;
}

static int
do_new(const struct lookup_ctx *ctx, const char *source,
    const struct path *at, const char *fstype, unsigned flags,
    const char *data)
{
	const struct vfsops *ops = vfs_find(fstype);
	const char *device = source;
	struct mount *m;
	int error;

	if (ops == NULL)
		return -ENODEV;
	if (path_vnode(at)->v_type != VDIR)
		return -ENOTDIR;
	if (!ops->vo_nodev) {
		error = find_device(ctx, source, &device);
		if (error != 0)
			return error;
	}
	m = mount_create(ops, source != NULL ? source : "none", flags);
	if (m == NULL)
		return -ENOMEM;
	error = mount_start(m, device, data);
	if (error != 0)
		return error;
	mutex_lock(&mount_lock);
	error = mount_attach(m, at);
	mutex_unlock(&mount_lock);
	if (error != 0)
		mount_unref(m);
	return error;
}

int
vfs_mount(const struct lookup_ctx *ctx, const char *source,
    const char *target, const char *fstype, unsigned flags, const char *data)
{
	struct path at;
	int error;

	if (!cred_capable(ctx->lc_cred, CAP_SYS_ADMIN))
		return -EPERM;
	error = vfs_lookup(ctx, target, 0, &at);
	if (error != 0)
		return error;
	if (flags & MNT_REMOUNT)
		error = do_remount(&at, flags, data);
	else if (flags & MS_PROPAGATION) /* mounts here are all private */
		error = (flags & MS_PROPAGATION) == MS_PRIVATE ? 0 : -EINVAL;
	else if (flags & MNT_BIND)
		error = do_bind(ctx, source, &at, (flags & MS_REC) != 0);
	else if (flags & MNT_MOVE)
		error = do_move(ctx, source, &at);
	else
		error = do_new(ctx, source, &at, fstype, flags, data);
	path_unref(&at);
	return error;
}

int
vfs_mount_root(const char *device, const char *fstype, unsigned flags)
{
	const struct vfsops *ops = vfs_find(fstype);
	struct mount *m;
	int error;

	if (ops == NULL)
		return -ENODEV;
	m = mount_create(ops, device, flags);
	if (m == NULL)
		return -ENOMEM;
	error = mount_start(m, device, NULL);
	if (error != 0)
		return error;
	mutex_lock(&mount_lock);
	error = mount_attach(m, NULL);
	mutex_unlock(&mount_lock);
	return error;
}

static int
do_umount(struct path *at, int flags)
{
	struct mount *m = at->p_mount;
	int error = 0;

	if (!(flags & UMOUNT_DETACH))
		error = vfs_sync_mount(m->mnt_super);
	mutex_lock(&mount_lock);
	if (m->mnt_on.p_mount == NULL) {
		error = m->mnt_attached ? -EBUSY : -EINVAL;
	} else if (flags & UMOUNT_DETACH) {
		mount_tree_take_off(m);
		error = 0;
	} else if (atomic_load(&m->mnt_ref) != 2) {
		error = -EBUSY; /* attached, and this path */
	} else {
		mount_take_off(m);
	}
	mutex_unlock(&mount_lock);
	return error;
}

int
vfs_umount(const struct lookup_ctx *ctx, const char *target, int flags)
{
	struct path at;
	int error;

	if (flags & ~(UMOUNT_FORCE | UMOUNT_DETACH | UMOUNT_NOFOLLOW))
		return -EINVAL;
	if (!cred_capable(ctx->lc_cred, CAP_SYS_ADMIN))
		return -EPERM;
	error = vfs_lookup(ctx, target,
	    (flags & UMOUNT_NOFOLLOW) ? LOOKUP_NOFOLLOW : 0, &at);
	if (error != 0)
		return error;
	error = is_mount_root(&at) ? do_umount(&at, flags) : -EINVAL;
	path_unref(&at);
	return error;
}

static int
shutdown_one(struct mount *super, void *arg)
{
	if (super->mnt_flags & MNT_RDONLY)
		return 0;
	if (super_remount(super, super->mnt_flags | MNT_RDONLY, NULL, true) !=
	    0)
		klog(KLOG_ERR, "vfs: %s may not be whole\n",
		    super->mnt_source);
	return 0;
}

void
vfs_shutdown(void)
{
	(void)vfs_sync();
	(void)mount_foreach_super(shutdown_one, NULL);
}

/* Octal for what separates fields in /proc/mounts. */
static size_t
put_escaped(char *buf, size_t size, size_t n, const char *s)
{
	for (; *s != '\0'; s++) {
		bool esc = *s == ' ' || *s == '\t' || *s == '\n' || *s == '\\';

		n += ksnprintf(n < size ? buf + n : NULL,
		    n < size ? size - n : 0, esc ? "\\%03o" : "%c",
		    (unsigned char)*s);
	}
	return n;
}

static size_t
put_mount(char *buf, size_t size, size_t n, struct mount *m, const char *where)
{
	unsigned f = m->mnt_flags | m->mnt_super->mnt_flags;
	const char *opt = m->mnt_super->mnt_options;

	n = put_escaped(buf, size, n, m->mnt_source);
	n += ksnprintf(n < size ? buf + n : NULL, n < size ? size - n : 0, " ");
	n = put_escaped(buf, size, n, where);
	n += ksnprintf(n < size ? buf + n : NULL, n < size ? size - n : 0,
	    " %s %s%s%s%s%s%s%s%s%s 0 0\n", m->mnt_ops->vo_name,
	    (f & MNT_RDONLY) ? "ro" : "rw", (f & MNT_NOSUID) ? ",nosuid" : "",
	    (f & MNT_NODEV) ? ",nodev" : "", (f & MNT_NOEXEC) ? ",noexec" : "",
	    (f & MNT_SYNC) ? ",sync" : "",
	    (f & MNT_NOATIME) ? ",noatime" : ",relatime",
	    (f & MNT_NODIRATIME) ? ",nodiratime" : "", opt != NULL ? "," : "",
	    opt != NULL ? opt : "");
	return n;
}

size_t
vfs_format_mounts(char *buf, size_t size, const struct path *root)
{
	char *where = kmalloc(PATH_MAX, 0);
	struct mount *m;
	size_t n = 0;

	if (where == NULL)
		return 0;
	mutex_lock(&mount_lock);
	list_foreach(m, &mount_list, mnt_link) {
		struct path p = { m, m->mnt_root_dentry };

		/* Outside this root: not for these eyes. */
		if (path_format_inside(&p, root, where, PATH_MAX) > 0)
			n = put_mount(buf, size, n, m, where);
	}
	mutex_unlock(&mount_lock);
	kfree(where);
	return n;
}
