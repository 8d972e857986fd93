/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/vfs_bind.c: trees of mounts: binding them elsewhere, taking them off.
 *
 * Locks: mount_lock is held by the callers of everything here.
 */
#include "fs/vfs_internal.h"

#include "base/lock.h"

#include <abi/errno.h>

/* A mount that hangs below top, or NULL. */
static struct mount *
mount_below(struct mount *top)
{
	struct mount *m, *up;

	list_foreach(m, &mount_list, mnt_link) {
		for (up = m->mnt_on.p_mount; up != NULL;
		     up = up->mnt_on.p_mount) {
			if (up == top)
				return m;
		}
	}
	return NULL;
}

void
mount_take_off(struct mount *m)
{
	struct path on;

	mount_detach(m, &on);
	mutex_unlock(&mount_lock);
	path_unref(&on);
	mount_unref(m);
	mutex_lock(&mount_lock);
}

void
mount_tree_take_off(struct mount *m)
{
	struct mount *sub;

	mount_ref(m);
	while ((sub = mount_below(m)) != NULL)
		mount_take_off(sub);
	/* While the lock was released somebody else may have done it. */
	if (m->mnt_attached)
		mount_take_off(m);
	mutex_unlock(&mount_lock);
	mount_unref(m);
	mutex_lock(&mount_lock);
}

static bool
dentry_is_below(struct dentry *d, struct dentry *top)
{
	bool below;

	dentry_ref(d);
	while (d != top && !(d->d_flags & D_ROOT)) {
		struct dentry *up = dcache_parent(d);

		dentry_unref(d);
		d = up;
	}
	below = d == top;
	dentry_unref(d);
	return below;
}

/* Shows what is at from at the place at too. */
static int
bind_one(const struct path *from, const struct path *at, struct mount **out)
{
	struct mount *m = mount_bind(from->p_mount, from->p_dentry);
	int error;

	if (m == NULL)
		return -ENOMEM;
	error = mount_attach(m, at);
	if (error == 0) {
		*out = m;
		return 0;
	}
	mutex_unlock(&mount_lock);
	mount_unref(m);
	mutex_lock(&mount_lock);
	return error;
}

/* Copies what is mounted right on a mount that has a copy; how many, or an
 * error. The copies follow end in the list. */
static int
bind_layer(const struct path *from, struct mount *end)
{
	struct mount *m;
	int n = 0;

	list_foreach(m, &mount_list, mnt_link) {
		struct path root = { m, m->mnt_root_dentry }, place = m->mnt_on;
		int error;

		if (m == end)
			break;
		if (m->mnt_copy != NULL || place.p_mount == NULL ||
		    place.p_mount->mnt_copy == NULL)
			continue;
		if (place.p_mount == from->p_mount &&
		    !dentry_is_below(place.p_dentry, from->p_dentry))
			continue;
		place.p_mount = place.p_mount->mnt_copy;
		error = bind_one(&root, &place, &m->mnt_copy);
		if (error != 0)
			return error;
		n++;
	}
	return n;
}

int
mount_bind_tree(const struct path *from, const struct path *at, bool all)
{
	struct mount *top, *m;
	int error = bind_one(from, at, &top);

	if (error != 0 || !all)
		return error;
	/* A mount that was moved stands behind those it carries: layers. */
	from->p_mount->mnt_copy = top;
	do
		error = bind_layer(from, top);
	while (error > 0);
	list_foreach(m, &mount_list, mnt_link)
		m->mnt_copy = NULL;
	from->p_mount->mnt_copy = NULL;
	if (error != 0)
		mount_tree_take_off(top);
	return error;
}
