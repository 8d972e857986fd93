/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/vfs_lookup.c: from a path to a place.
 *
 * The walk keeps one reference on the dentry it stands on; what it started
 * from is the caller's. A component that the dentry cache knows costs one
 * chain lock and no sleep; only then is the directory asked, with its vnode
 * locked shared. A link's text followed by what was left of the path becomes
 * the new path, so that the walk needs neither recursion nor a stack.
 */
#include "fs/vfs_internal.h"

#include "base/slab.h"
#include "base/string.h"

#include <abi/errno.h>

static void
nd_set_dentry(struct nameidata *nd, struct dentry *d)
{
	if (nd->nd_own_dentry)
		dentry_unref(nd->nd_dentry);
	nd->nd_dentry = d;
	nd->nd_own_dentry = true;
}

static void
nd_set_mount(struct nameidata *nd, struct mount *m)
{
	if (nd->nd_own_mount)
		mount_unref(nd->nd_mount);
	nd->nd_mount = m;
	nd->nd_own_mount = true;
}

/* At p, whose references the caller hands over. */
static void
nd_jump(struct nameidata *nd, struct path *p)
{
	nd_set_dentry(nd, p->p_dentry);
	nd_set_mount(nd, p->p_mount);
}

/* At the start of a path that begins with or without a slash. */
static void
nd_start(struct nameidata *nd, const struct path *at)
{
	if (nd->nd_own_dentry)
		dentry_unref(nd->nd_dentry);
	if (nd->nd_own_mount)
		mount_unref(nd->nd_mount);
	nd->nd_mount = at->p_mount;
	nd->nd_dentry = at->p_dentry;
	nd->nd_own_mount = nd->nd_own_dentry = false;
}

void
namei_release(struct nameidata *nd)
{
	if (nd->nd_own_dentry)
		dentry_unref(nd->nd_dentry);
	if (nd->nd_own_mount)
		mount_unref(nd->nd_mount);
	if (nd->nd_file != NULL)
		file_unref(nd->nd_file);
	kfree(nd->nd_buf);
	nd->nd_own_dentry = nd->nd_own_mount = false;
	nd->nd_file = NULL;
	nd->nd_buf = NULL;
}

void
namei_take(struct nameidata *nd, struct path *out)
{
	out->p_mount = nd->nd_mount;
	out->p_dentry = nd->nd_dentry;
	if (!nd->nd_own_mount)
		mount_ref(nd->nd_mount);
	if (!nd->nd_own_dentry)
		dentry_ref(nd->nd_dentry);
	nd->nd_own_mount = nd->nd_own_dentry = false;
}

static bool
at_root(const struct nameidata *nd)
{
	const struct path *root = &nd->nd_ctx->lc_root;

	return nd->nd_dentry == root->p_dentry && nd->nd_mount == root->p_mount;
}

void
namei_enter(struct nameidata *nd, struct dentry *d)
{
	nd_set_dentry(nd, d);
	while (unlikely(nd->nd_dentry->d_mounts != 0)) {
		struct mount *m = mount_on(nd->nd_mount, nd->nd_dentry);

		if (m == NULL)
			return;
		dentry_ref(m->mnt_root_dentry);
		nd_set_dentry(nd, m->mnt_root_dentry);
		nd_set_mount(nd, m);
	}
}

/* A directory moved elsewhere during the walk has a way up past the root. */
static int
nd_inside_check(struct nameidata *nd)
{
	struct path p = { nd->nd_mount, nd->nd_dentry };
	char *buf = kmalloc(PATH_MAX, 0);
	ssize_t n;

	if (buf == NULL)
		return -ENOMEM;
	n = path_format_inside(&p, &nd->nd_ctx->lc_root, buf, PATH_MAX);
	kfree(buf);
	return n == -ENOENT ? -EAGAIN : 0;
}

static int
nd_dotdot(struct nameidata *nd)
{
	struct path on;

	if (at_root(nd))
		return (nd->nd_resolve & RESOLVE_BENEATH) ? -EXDEV : 0;
	while (nd->nd_dentry == nd->nd_mount->mnt_root_dentry) {
		if (!mount_covers(nd->nd_mount, &on))
			return 0;
		nd_jump(nd, &on);
		if (at_root(nd))
			return 0;
	}
	namei_enter(nd, dcache_parent(nd->nd_dentry));
	return (nd->nd_resolve & RESOLVE_SCOPED) ? nd_inside_check(nd) : 0;
}

int
namei_resolve_check(const struct nameidata *nd)
{
	return (nd->nd_resolve & RESOLVE_NO_XDEV) &&
	    nd->nd_mount != nd->nd_from ? -EXDEV : 0;
}

/* Asks the file system and remembers what it says. */
static int
dentry_fetch(struct dentry *parent, const char *name, size_t len, bool locked,
    struct dentry **out)
{
	struct vnode *dvp = parent->d_vnode, *vp = NULL;
	int error;

	if (!locked)
		rwlock_rdlock(&dvp->v_lock);
	error = VOP_LOOKUP(dvp, name, len, &vp);
	if (error == -ENOENT)
		vp = NULL;
	if (error == 0 || error == -ENOENT) {
		*out = dcache_enter(parent, name, len, vp);
		error = *out != NULL ? 0 : -ENOMEM;
	}
	if (!locked)
		rwlock_unlock(&dvp->v_lock);
	/* What may change by itself is found once and forgotten. */
	if (error == 0 && (dvp->v_flags & VNF_NOCACHE))
		dcache_drop(*out);
	return error;
}

static int
dentry_get(struct dentry *parent, const char *name, size_t len, bool locked,
    struct dentry **out)
{
	if (unlikely(len > NAME_MAX))
		return -ENAMETOOLONG;
	*out = dcache_find(parent, name, len);
	if (likely(*out != NULL))
		return 0;
	return dentry_fetch(parent, name, len, locked, out);
}

int
namei_dentry(struct nameidata *nd, bool locked, struct dentry **out)
{
	return dentry_get(nd->nd_dentry, nd->nd_last, nd->nd_lastlen, locked,
	    out);
}

/* The text of a link and then what was left of the path. */
static int
link_expand(struct nameidata *nd, struct vnode *vp)
{
	size_t left = strlen(nd->nd_rest), n;
	struct iovec iov;
	struct uio uio;
	char *buf;
	int error;

	if (left + PATH_MAX > 4 * PATH_MAX)
		return -ENAMETOOLONG;
	buf = kmalloc(PATH_MAX + left + 2, 0);
	if (buf == NULL)
		return -ENOMEM;
	uio_init_kernel(&uio, &iov, buf, PATH_MAX, 0, false);
	rwlock_rdlock(&vp->v_lock);
	error = VOP_READLINK(vp, &uio);
	rwlock_unlock(&vp->v_lock);
	n = PATH_MAX - uio.uio_resid;
	if (error == 0 && n == 0)
		error = -ENOENT;
	if (error == 0 && n == PATH_MAX)
		error = -ENAMETOOLONG;
	if (error != 0) {
		kfree(buf);
		return error;
	}
	if (left != 0 || nd->nd_slash)
		buf[n++] = '/';
	memcpy(buf + n, nd->nd_rest, left + 1);
	kfree(nd->nd_buf);
	nd->nd_buf = buf;
	nd->nd_rest = buf;
	if (buf[0] == '/') {
		if (nd->nd_resolve & RESOLVE_BENEATH)
			return -EXDEV;
		nd_start(nd, &nd->nd_ctx->lc_root);
	}
	return 0;
}

int
namei_follow(struct nameidata *nd, struct dentry *link)
{
	struct vnode *vp = link->d_vnode;
	struct path to = { NULL, NULL };
	int error = -EOPNOTSUPP;

	if (++nd->nd_links > LINKS_MAX ||
	    (nd->nd_resolve & RESOLVE_NO_SYMLINKS)) {
		dentry_unref(link);
		return -ELOOP;
	}
	if (vp->v_ops->vop_follow != NULL)
		error = vp->v_ops->vop_follow(vp, &to, &nd->nd_file);
	if (error == -EOPNOTSUPP) {
		error = link_expand(nd, vp);
	} else if (error == 0) {
		if (nd->nd_file == NULL)
			nd_jump(nd, &to);
		if (nd->nd_resolve & RESOLVE_NO_MAGICLINKS)
			error = -ELOOP;
		else if (nd->nd_resolve & RESOLVE_SCOPED)
			error = -EXDEV;
		else if (nd->nd_file != NULL &&
		    (*nd->nd_rest != '\0' || nd->nd_slash))
			error = -ENOTDIR;
		nd->nd_last_type = LAST_DOT;
	}
	dentry_unref(link);
	return error;
}

/* Onto a component that is not the last one. */
static int
nd_step(struct nameidata *nd, const char *name, size_t len)
{
	struct dentry *d;
	int error;

	error = dentry_get(nd->nd_dentry, name, len, false, &d);
	if (unlikely(error != 0))
		return error;
	if (unlikely(d->d_vnode == NULL)) {
		dentry_unref(d);
		return -ENOENT;
	}
	if (unlikely(d->d_vnode->v_type == VLNK))
		return namei_follow(nd, d);
	namei_enter(nd, d);
	return 0;
}

/* Classifies a component; LAST_ROOT for an empty one. */
static uint8_t
component_type(const char *name, size_t len)
{
	if (len == 0)
		return LAST_ROOT;
	if (name[0] != '.' || len > 2)
		return LAST_NORM;
	if (len == 1)
		return LAST_DOT;
	return name[1] == '.' ? LAST_DOTDOT : LAST_NORM;
}

static int
nd_search_check(struct nameidata *nd)
{
	struct vnode *vp = nd->nd_dentry->d_vnode;

	if (unlikely(vp->v_type != VDIR))
		return -ENOTDIR;
	return vnode_access_unlocked(vp, 1, nd->nd_ctx->lc_cred);
}

int
namei_again(struct nameidata *nd)
{
	for (;;) {
		const char *name = nd->nd_rest, *end;
		int error;

		while (*name == '/')
			name++;
		for (end = name; *end != '\0' && *end != '/'; end++)
			continue;
		nd->nd_rest = end;
		while (*nd->nd_rest == '/')
			nd->nd_rest++;
		nd->nd_last = name;
		nd->nd_lastlen = end - name;
		nd->nd_slash = *end == '/';
		nd->nd_last_type = component_type(name, end - name);
		if (nd->nd_last_type == LAST_ROOT)
			return 0;
		error = nd_search_check(nd);
		if (unlikely(error != 0))
			return error;
		if (*nd->nd_rest == '\0')
			return 0;
		if (nd->nd_last_type == LAST_NORM)
			error = nd_step(nd, name, end - name);
		else if (nd->nd_last_type == LAST_DOTDOT)
			error = nd_dotdot(nd);
		if (error == 0 && unlikely(nd->nd_resolve != 0))
			error = namei_resolve_check(nd);
		if (unlikely(error != 0))
			return error;
	}
}

int
namei_parent_within(struct nameidata *nd, const struct lookup_ctx *ctx,
    const char *path, unsigned resolve)
{
	memset(nd, 0, sizeof(*nd));
	nd->nd_ctx = ctx;
	nd->nd_resolve = resolve;
	if (*path == '\0')
		return -ENOENT;
	if (*path == '/' && (resolve & RESOLVE_BENEATH))
		return -EXDEV;
	nd_start(nd, *path == '/' ? &ctx->lc_root : &ctx->lc_cwd);
	nd->nd_from = nd->nd_mount;
	nd->nd_rest = path;
	return namei_again(nd);
}

int
namei_parent(struct nameidata *nd, const struct lookup_ctx *ctx,
    const char *path)
{
	return namei_parent_within(nd, ctx, path, 0);
}

int
namei_last(struct nameidata *nd, bool follow)
{
	struct dentry *d;
	int error;

	if (nd->nd_last_type == LAST_DOTDOT)
		return nd_dotdot(nd);
	if (nd->nd_last_type != LAST_NORM)
		return 0;
	error = namei_dentry(nd, false, &d);
	if (error != 0)
		return error;
	if (d->d_vnode == NULL) {
		dentry_unref(d);
		return -ENOENT;
	}
	if (d->d_vnode->v_type == VLNK && (follow || nd->nd_slash)) {
		error = namei_follow(nd, d);
		if (error != 0)
			return error;
		/* A magic link has arrived where it leads. */
		return nd->nd_last_type == LAST_DOT ? 0 : 1;
	}
	namei_enter(nd, d);
	if (nd->nd_slash && nd->nd_dentry->d_vnode->v_type != VDIR)
		return -ENOTDIR;
	return 0;
}

int
vfs_lookup(const struct lookup_ctx *ctx, const char *path, unsigned flags,
    struct path *out)
{
	struct nameidata nd;
	int error;

	if (*path == '\0' && (flags & LOOKUP_EMPTY)) {
		*out = ctx->lc_cwd;
		path_ref(out);
		return 0;
	}
	error = namei_parent(&nd, ctx, path);
	while (error == 0) {
		error = namei_last(&nd, !(flags & LOOKUP_NOFOLLOW));
		if (error != 1)
			break;
		error = namei_again(&nd);
	}
	if (error == 0 && nd.nd_file != NULL)
		error = -ENXIO;
	if (error == 0 && (flags & LOOKUP_DIRECTORY) &&
	    nd.nd_dentry->d_vnode->v_type != VDIR)
		error = -ENOTDIR;
	if (error == 0)
		namei_take(&nd, out);
	namei_release(&nd);
	return error;
}
