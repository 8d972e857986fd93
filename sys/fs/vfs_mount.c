/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/vfs_mount.c: mounts: their tree and their life.
 *
 * A file system instance is a super: a mount whose mnt_super is itself. A bind
 * mount shows a part of a super's names elsewhere; the super lives, detached
 * perhaps, as long as a mount shows it (mnt_users).
 * Locks: mount_lock (mutex) for changes of the tree; mount_tree (spin), taken
 * within it, so that walks can look without sleeping.
 * Invariants: mnt_ref is 1 for being attached plus one for each path.
 */
#include "fs/vfs_internal.h"

#include "base/kprintf.h"
#include "base/lock.h"
#include "base/panic.h"
#include "base/slab.h"
#include "base/string.h"

#include <abi/errno.h>

struct mutex mount_lock;
struct list mount_list = LIST_INIT(mount_list);

static struct spinlock mount_tree = SPINLOCK_INIT(LR_MOUNTTREE, "mounts");
static struct list fs_types = LIST_INIT(fs_types);
static uint32_t mount_next_id = 1; /* [a] */
static uint32_t mount_next_dev = 1; /* [a] */

struct fs_type {
	struct list ft_link;
	const struct vfsops *ft_ops;
};

void
mount_list_init(void)
{
	mutex_init(&mount_lock, LR_MOUNT, "mounts");
}

void
vfs_register(const struct vfsops *ops)
{
	struct fs_type *ft = kzalloc(sizeof(*ft));

	KASSERT(ft != NULL);
	ft->ft_ops = ops;
	spin_lock(&mount_tree);
	list_add_tail(&fs_types, &ft->ft_link);
	spin_unlock(&mount_tree);
}

/* Types are never taken away: what was found stays. */
const struct vfsops *
vfs_find(const char *name)
{
	const struct vfsops *ops = NULL;
	struct fs_type *ft;

	spin_lock(&mount_tree);
	list_foreach(ft, &fs_types, ft_link) {
		if (strcmp(ft->ft_ops->vo_name, name) == 0) {
			ops = ft->ft_ops;
			break;
		}
	}
	spin_unlock(&mount_tree);
	return ops;
}

size_t
vfs_format_filesystems(char *buf, size_t size)
{
	struct fs_type *ft;
	size_t n = 0;

	spin_lock(&mount_tree);
	list_foreach(ft, &fs_types, ft_link)
		n += ksnprintf(n < size ? buf + n : NULL,
		    n < size ? size - n : 0, "%s\t%s\n",
		    ft->ft_ops->vo_nodev ? "nodev" : "", ft->ft_ops->vo_name);
	spin_unlock(&mount_tree);
	return n;
}

static void
mount_free(struct mount *m)
{
	kfree(m->mnt_source);
	kfree(m->mnt_options);
	kfree(m);
}

struct mount *
mount_create(const struct vfsops *ops, const char *source, unsigned flags)
{
	struct mount *m = kzalloc(sizeof(*m));

	if (m == NULL)
		return NULL;
	m->mnt_source = kstrdup(source);
	if (m->mnt_source == NULL) {
		kfree(m);
		return NULL;
	}
	list_init(&m->mnt_link);
	list_init(&m->mnt_vnodes);
	mutex_init(&m->mnt_rename, LR_RENAME, "rename");
	m->mnt_ops = ops;
	m->mnt_flags = flags & (MNT_RDONLY | MNT_NOSUID | MNT_NODEV |
	    MNT_NOEXEC | MNT_SYNC | MNT_NOATIME | MNT_NODIRATIME);
	m->mnt_ref = 1;
	m->mnt_id = atomic_add(&mount_next_id, 1);
	m->mnt_dev = makedev(0, atomic_add(&mount_next_dev, 1));
	m->mnt_super = m;
	m->mnt_users = 1;
	return m;
}

int
mount_start(struct mount *m, const char *source, const char *data)
{
	int error = m->mnt_ops->vo_mount(m, source, data);

	if (error == 0) {
		m->mnt_root->v_flags |= VNF_ROOT;
		m->mnt_root_dentry = dcache_root(m->mnt_root);
		if (m->mnt_root_dentry != NULL)
			return 0;
		vnode_unref(m->mnt_root);
		if (vnode_flush_mount(m) != 0)
			panic("vfs: vnodes in use in a failed mount");
		(void)m->mnt_ops->vo_unmount(m);
		error = -ENOMEM;
	}
	mount_free(m);
	return error;
}

struct mount *
mount_bind(struct mount *from, struct dentry *root)
{
	struct mount *m = mount_create(from->mnt_ops, from->mnt_source,
	    from->mnt_flags);

	if (m == NULL)
		return NULL;
	m->mnt_super = from->mnt_super;
	m->mnt_dev = from->mnt_dev;
	m->mnt_root = root->d_vnode;
	dentry_ref(root);
	m->mnt_root_dentry = root;
	m->mnt_super->mnt_users++;
	return m;
}

/* Nothing shows this file system any more. */
static void
super_stop(struct mount *m)
{
	int error;

	dcache_purge(m->mnt_root_dentry);
	error = vfs_sync_mount(m);
	dentry_unref(m->mnt_root_dentry);
	vnode_unref(m->mnt_root);
	if (vnode_flush_mount(m) != 0)
		panic("vfs: vnodes of %s in use at its end", m->mnt_source);
	if (m->mnt_ops->vo_unmount(m) != 0 || error != 0)
		klog(KLOG_ERR, "vfs: %s was not unmounted cleanly\n",
		    m->mnt_source);
	mount_free(m);
}

static void
mount_end(struct mount *m)
{
	struct mount *super = m->mnt_super;
	bool last;

	if (m != super) {
		dentry_unref(m->mnt_root_dentry);
		mount_free(m);
	}
	mutex_lock(&mount_lock);
	last = --super->mnt_users == 0;
	mutex_unlock(&mount_lock);
	if (last)
		super_stop(super);
}

void
mount_ref(struct mount *m)
{
	atomic_add_relaxed(&m->mnt_ref, 1);
}

void
mount_unref(struct mount *m)
{
	if (atomic_sub(&m->mnt_ref, 1) == 0)
		mount_end(m);
}

struct mount *
mount_on(struct mount *under, struct dentry *d)
{
	struct mount *m, *found = NULL;

	/* From the back: what was mounted last on a place covers it. */
	spin_lock(&mount_tree);
	for (struct list *l = mount_list.l_prev; l != &mount_list;
	     l = l->l_prev) {
		m = list_entry(l, struct mount, mnt_link);
		if (m->mnt_on.p_dentry == d && m->mnt_on.p_mount == under) {
			mount_ref(m);
			found = m;
			break;
		}
	}
	spin_unlock(&mount_tree);
	return found;
}

bool
mount_covers(struct mount *m, struct path *on)
{
	bool ok = false;

	spin_lock(&mount_tree);
	if (m->mnt_on.p_mount != NULL) {
		*on = m->mnt_on;
		path_ref(on);
		ok = true;
	}
	spin_unlock(&mount_tree);
	return ok;
}

/* mount_lock held. on NULL: the root of all. */
int
mount_attach(struct mount *m, const struct path *on)
{
	if (on != NULL) {
		if (!on->p_mount->mnt_attached ||
		    (on->p_dentry->d_flags & D_UNHASHED &&
			on->p_dentry != on->p_mount->mnt_root_dentry))
			return -ENOENT;
		if ((m->mnt_root->v_type == VDIR) !=
		    (path_vnode(on)->v_type == VDIR))
			return -ENOTDIR;
		path_ref(on);
		on->p_dentry->d_mounts++;
	}
	spin_lock(&mount_tree);
	if (on != NULL)
		m->mnt_on = *on;
	m->mnt_attached = true;
	list_add_tail(&mount_list, &m->mnt_link);
	spin_unlock(&mount_tree);
	return 0;
}

/* mount_lock held; the caller then drops the reference of being attached,
 * with the lock released, and *on, the place that was covered. */
void
mount_detach(struct mount *m, struct path *on)
{
	spin_lock(&mount_tree);
	list_del(&m->mnt_link);
	m->mnt_attached = false;
	*on = m->mnt_on;
	m->mnt_on.p_mount = NULL;
	m->mnt_on.p_dentry = NULL;
	spin_unlock(&mount_tree);
	if (on->p_dentry != NULL)
		on->p_dentry->d_mounts--;
}

int
mount_writable(const struct mount *m)
{
	return ((m->mnt_flags | m->mnt_super->mnt_flags) & MNT_RDONLY) ? -EROFS
								       : 0;
}

int
vfs_writable(const struct path *p)
{
	return mount_writable(p->p_mount);
}

int
mount_foreach_super(int (*fn)(struct mount *, void *), void *arg)
{
	struct mount *m, *prev = NULL;
	struct list *l;
	int error = 0;

	/* Supers whose own place is gone are reached through their binds. */
	mutex_lock(&mount_lock);
	for (l = mount_list.l_next; error == 0 && l != &mount_list;) {
		m = list_entry(l, struct mount, mnt_link);
		mount_ref(m);
		mutex_unlock(&mount_lock);
		if (prev != NULL)
			mount_unref(prev);
		error = fn(m->mnt_super, arg);
		prev = m;
		mutex_lock(&mount_lock);
		/* Detached meanwhile: enough for this time. */
		l = m->mnt_attached ? m->mnt_link.l_next : &mount_list;
	}
	mutex_unlock(&mount_lock);
	if (prev != NULL)
		mount_unref(prev);
	return error;
}

int
vfs_root_path(struct path *out)
{
	struct mount *m;
	int error = -ENOENT;

	spin_lock(&mount_tree);
	if (!list_empty(&mount_list)) {
		m = list_first(&mount_list, struct mount, mnt_link);
		out->p_mount = m;
		out->p_dentry = m->mnt_root_dentry;
		path_ref(out);
		error = 0;
	}
	spin_unlock(&mount_tree);
	return error;
}
