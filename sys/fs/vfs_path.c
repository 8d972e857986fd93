/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/vfs_path.c: places, and what they are called.
 */
#include "fs/vfs_internal.h"

#include "base/string.h"

#include <abi/errno.h>

void
path_ref(const struct path *p)
{
	mount_ref(p->p_mount);
	dentry_ref(p->p_dentry);
}

void
path_unref(struct path *p)
{
	struct mount *m = p->p_mount;
	struct dentry *d = p->p_dentry;

	p->p_mount = NULL;
	p->p_dentry = NULL;
	/* The dentry first: it belongs to what the mount keeps alive. */
	if (d != NULL)
		dentry_unref(d);
	if (m != NULL)
		mount_unref(m);
}

struct vnode *
path_vnode(const struct path *p)
{
	return p->p_dentry->d_vnode;
}

/* Puts text in front of what is at buf + *at. */
static bool
prepend(char *buf, size_t *at, const char *text, size_t n)
{
	if (*at < n)
		return false;
	*at -= n;
	memcpy(buf + *at, text, n);
	return true;
}

static bool
path_same(const struct path *a, const struct path *b)
{
	return a->p_mount == b->p_mount && a->p_dentry == b->p_dentry;
}

/*
 * One step up from p, which is consumed and replaced. The name of p goes in
 * front. 1: more to come, 0: at root or at the top, or -ERANGE.
 */
static int
format_up(struct path *p, const struct path *root, char *buf, size_t *at,
    bool *deleted)
{
	struct dentry *parent;
	struct path on;
	bool ok;

	if (root != NULL && path_same(p, root))
		return 0;
	if (p->p_dentry == p->p_mount->mnt_root_dentry) {
		if (!mount_covers(p->p_mount, &on))
			return 0;
		path_unref(p);
		*p = on;
		return 1;
	}
	parent = dcache_parent(p->p_dentry);
	if (parent == p->p_dentry) {
		dentry_unref(parent);
		return 0;
	}
	/* Names that are never cached are not gone for that. */
	if ((p->p_dentry->d_flags & D_UNHASHED) &&
	    !(parent->d_vnode->v_flags & VNF_NOCACHE))
		*deleted = true;
	ok = dentry_prepend_name(p->p_dentry, buf, at);
	dentry_unref(p->p_dentry);
	p->p_dentry = parent;
	return ok ? 1 : -ERANGE;
}

static ssize_t
format(const struct path *path, const struct path *root, char *buf,
    size_t size, bool del_ok, bool inside)
{
	static const char gone[] = " (deleted)";
	struct path p = *path;
	size_t at = size, end;
	bool deleted = false;
	int error;

	if (size < 2)
		return -ERANGE;
	buf[--at] = '\0';
	end = at;
	path_ref(&p);
	while ((error = format_up(&p, root, buf, &at, &deleted)) > 0)
		continue;
	if (inside && !path_same(&p, root))
		error = -ENOENT;
	path_unref(&p);
	if (error != 0)
		return error;
	if (at == end && !prepend(buf, &at, "/", 1))
		return -ERANGE;
	memmove(buf, buf + at, size - at);
	if (!deleted)
		return size - at;
	if (!del_ok)
		return -ENOENT;
	if (size - at + sizeof(gone) - 1 > size)
		return -ERANGE;
	memcpy(buf + (size - at) - 1, gone, sizeof(gone));
	return size - at + sizeof(gone) - 1;
}

ssize_t
dentry_format(struct dentry *d, const struct dentry *top, char *buf,
    size_t size)
{
	size_t at = size;
	bool fits = true;

	buf[--at] = '\0';
	dentry_ref(d);
	while (fits && d != top && !(d->d_flags & D_ROOT)) {
		struct dentry *up = dcache_parent(d);

		fits = dentry_prepend_name(d, buf, &at);
		dentry_unref(d);
		d = up;
	}
	dentry_unref(d);
	if (fits && at == size - 1)
		fits = prepend(buf, &at, "/", 1);
	if (!fits)
		return -ERANGE;
	memmove(buf, buf + at, size - at);
	return size - at;
}

ssize_t
path_format(const struct path *path, const struct path *root, char *buf,
    size_t size, bool del_ok)
{
	return format(path, root, buf, size, del_ok, false);
}

ssize_t
path_format_inside(const struct path *path, const struct path *root, char *buf,
    size_t size)
{
	return format(path, root, buf, size, false, root != NULL);
}
