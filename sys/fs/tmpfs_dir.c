/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/tmpfs_dir.c: directories in memory.
 *
 * Entries stand in two trees: by hash and name for looking up, and by the
 * order in which they were made for readdir. A place is never used twice, so
 * that a reader who comes back sees each entry that stayed exactly once.
 * Locks: the directory's vnode, as fs/vnode.h has it for each operation.
 */
#include "fs/tmpfs.h"

#include "base/clock.h"
#include "base/slab.h"
#include "base/string.h"
#include "base/thread.h"

#include "fs/vfs_internal.h"

#include <abi/errno.h>

#define PLACE_DOT    0
#define PLACE_DOTDOT 1

static uint32_t
name_hash(const char *name, size_t len)
{
	uint32_t h = 2166136261u;
	size_t i;

	for (i = 0; i < len; i++)
		h = (h ^ (uint8_t)name[i]) * 16777619u;
	return h;
}

static int
name_compare(uint32_t hash, const char *name, size_t len,
    const struct tmpent *te)
{
	if (hash != te->te_hash)
		return hash < te->te_hash ? -1 : 1;
	if (len != te->te_len)
		return len < te->te_len ? -1 : 1;
	return memcmp(name, te->te_name, len);
}

static int
ent_compare(const struct rbnode *a, const struct rbnode *b)
{
	const struct tmpent *x = rb_entry(a, struct tmpent, te_by_name);

	return name_compare(x->te_hash, x->te_name, x->te_len,
	    rb_entry(b, struct tmpent, te_by_name));
}

static int
place_compare(const struct rbnode *a, const struct rbnode *b)
{
	off_t x = rb_entry(a, struct tmpent, te_by_place)->te_place;
	off_t y = rb_entry(b, struct tmpent, te_by_place)->te_place;

	return x < y ? -1 : x > y;
}

static struct tmpent *
ent_find(struct tmpnode *dir, const char *name, size_t len)
{
	struct rbnode *n = dir->tn_names.rb_root;
	uint32_t hash = name_hash(name, len);

	while (n != NULL) {
		struct tmpent *te = rb_entry(n, struct tmpent, te_by_name);
		int c = name_compare(hash, name, len, te);

		if (c == 0)
			return te;
		n = c < 0 ? n->rb_left : n->rb_right;
	}
	return NULL;
}

/* The entry of name, which must stand for vp. */
static struct tmpent *
ent_find_node(struct tmpnode *dir, const char *name, size_t len,
    const struct vnode *vp)
{
	struct tmpent *te = ent_find(dir, name, len);

	return te != NULL && &te->te_node->tn_vnode == vp ? te : NULL;
}

static struct tmpent *
ent_alloc(const char *name, size_t len)
{
	struct tmpent *te = kmalloc(sizeof(*te) + len, 0);

	if (te == NULL)
		return NULL;
	te->te_hash = name_hash(name, len);
	te->te_len = (uint16_t)len;
	memcpy(te->te_name, name, len);
	return te;
}

/* Takes over the caller's reference of node. */
static void
ent_insert(struct tmpnode *dir, struct tmpent *te, struct tmpnode *node)
{
	te->te_node = node;
	te->te_place = dir->tn_next_place++;
	rb_insert_cmp(&dir->tn_names, &te->te_by_name, ent_compare);
	rb_insert_cmp(&dir->tn_places, &te->te_by_place, place_compare);
	dir->tn_entries++;
}

/* The reference of the node stays with the caller. */
static void
ent_remove(struct tmpnode *dir, struct tmpent *te)
{
	rb_remove(&dir->tn_names, &te->te_by_name);
	rb_remove(&dir->tn_places, &te->te_by_place);
	dir->tn_entries--;
	kfree(te);
}

static bool
is_dir(const struct tmpnode *tn)
{
	return tn->tn_vnode.v_type == VDIR;
}

static int
tmpfs_lookup(struct vnode *dvp, const char *name, size_t len,
    struct vnode **vpp)
{
	struct tmpnode *dir = tmpnode_of(dvp), *found;
	struct tmpent *te;

	if (len == 2 && name[0] == '.' && name[1] == '.') {
		found = dir->tn_parent;
	} else {
		te = ent_find(dir, name, len);
		found = te != NULL ? te->te_node : NULL;
	}
	if (found == NULL)
		return -ENOENT;
	vnode_ref(&found->tn_vnode);
	*vpp = &found->tn_vnode;
	return 0;
}

/* A new node under a name. target: of a symbolic link, consumed. */
static int
dir_make(struct tmpnode *dir, const char *name, size_t len,
    const struct vattr *va, char *target, struct vnode **vpp)
{
	struct tmpent *te;
	struct tmpnode *tn;
	int error = -ENOENT;

	if (dir->tn_nlink == 0)
		goto fail;
	te = ent_alloc(name, len);
	error = -ENOMEM;
	if (te == NULL)
		goto fail;
	error = tmpnode_create(dir->tn_vnode.v_mount, va, &tn);
	if (error != 0) {
		kfree(te);
		goto fail;
	}
	tn->tn_target = target;
	if (is_dir(tn)) {
		tn->tn_parent = dir;
		dir->tn_nlink++;
	}
	vnode_ref(&tn->tn_vnode);
	ent_insert(dir, te, tn);
	tmpnode_changed(dir);
	*vpp = &tn->tn_vnode;
	return 0;
fail:
	kfree(target);
	return error;
}

static int
tmpfs_create(struct vnode *dvp, const char *name, size_t len,
    const struct vattr *va, struct vnode **vpp)
{
	return dir_make(tmpnode_of(dvp), name, len, va, NULL, vpp);
}

static int
tmpfs_symlink(struct vnode *dvp, const char *name, size_t len,
    const struct vattr *va, const char *target, struct vnode **vpp)
{
	char *copy = kstrdup(target);

	if (copy == NULL)
		return -ENOMEM;
	return dir_make(tmpnode_of(dvp), name, len, va, copy, vpp);
}

static int
tmpfs_link(struct vnode *dvp, const char *name, size_t len, struct vnode *vp)
{
	struct tmpnode *dir = tmpnode_of(dvp), *tn = tmpnode_of(vp);
	struct tmpent *te;
	int error;

	if (dir->tn_nlink == 0)
		return -ENOENT;
	te = ent_alloc(name, len);
	if (te == NULL)
		return -ENOMEM;
	error = tmpfs_name_add(tmpmount_of(dir));
	if (error != 0) {
		kfree(te);
		return error;
	}
	vnode_ref(vp);
	ent_insert(dir, te, tn);
	tn->tn_nlink++;
	tn->tn_ctime = clock_real();
	tmpnode_changed(dir);
	return 0;
}

/* tn has lost its name in dir, and with it a reference, which goes here. The
 * caller's keeps it alive. */
static void
node_unnamed(struct tmpnode *dir, struct tmpnode *tn)
{
	if (is_dir(tn)) {
		tn->tn_nlink = 0;
		tn->tn_parent = NULL;
		dir->tn_nlink--;
	} else if (--tn->tn_nlink > 0) {
		tmpfs_name_del(tmpmount_of(tn));
	}
	tn->tn_ctime = clock_real();
	vnode_unref(&tn->tn_vnode);
}

static int
tmpfs_remove(struct vnode *dvp, const char *name, size_t len,
    struct vnode *vp)
{
	struct tmpnode *dir = tmpnode_of(dvp), *tn = tmpnode_of(vp);
	struct tmpent *te = ent_find_node(dir, name, len, vp);

	if (te == NULL)
		return -ENOENT;
	if (tn->tn_entries != 0)
		return -ENOTEMPTY;
	ent_remove(dir, te);
	node_unnamed(dir, tn);
	tmpnode_changed(dir);
	return 0;
}

/* A directory went from one to another. */
static void
dir_moved(struct tmpnode *tn, struct tmpnode *from, struct tmpnode *to)
{
	if (!is_dir(tn) || from == to)
		return;
	tn->tn_parent = to;
	from->tn_nlink--;
	to->tn_nlink++;
}

static void
rename_exchange(struct tmpnode *fd, struct tmpent *fe, struct tmpnode *td,
    struct tmpent *te)
{
	struct tmpnode *f = fe->te_node, *t = te->te_node;

	fe->te_node = t;
	te->te_node = f;
	dir_moved(f, fd, td);
	dir_moved(t, td, fd);
	t->tn_ctime = clock_real();
}

static int
tmpfs_rename(struct vnode *fdvp, const char *fname, size_t flen,
    struct vnode *fvp, struct vnode *tdvp, const char *tname, size_t tlen,
    struct vnode *tvp, bool exchange)
{
	struct tmpnode *fd = tmpnode_of(fdvp), *td = tmpnode_of(tdvp);
	struct tmpnode *tn = tmpnode_of(fvp), *victim;
	struct tmpent *fe = ent_find_node(fd, fname, flen, fvp), *te = NULL;

	if (tvp != NULL)
		te = ent_find_node(td, tname, tlen, tvp);
	if (fe == NULL || (tvp != NULL && te == NULL) || td->tn_nlink == 0)
		return -ENOENT;
	if (exchange) {
		rename_exchange(fd, fe, td, te);
	} else if (te != NULL) {
		victim = te->te_node;
		if (victim->tn_entries != 0)
			return -ENOTEMPTY;
		te->te_node = tn;
		ent_remove(fd, fe);
		node_unnamed(td, victim);
		dir_moved(tn, fd, td);
	} else {
		te = ent_alloc(tname, tlen);
		if (te == NULL)
			return -ENOMEM;
		ent_insert(td, te, tn);
		ent_remove(fd, fe);
		dir_moved(tn, fd, td);
	}
	tn->tn_ctime = clock_real();
	tmpnode_changed(fd);
	tmpnode_changed(td);
	return 0;
}

/* The first entry at or after place. */
static struct tmpent *
ent_at_or_after(struct tmpnode *dir, off_t place)
{
	struct rbnode *n = dir->tn_places.rb_root;
	struct tmpent *best = NULL;

	while (n != NULL) {
		struct tmpent *te = rb_entry(n, struct tmpent, te_by_place);

		if (te->te_place >= place) {
			best = te;
			n = n->rb_left;
		} else {
			n = n->rb_right;
		}
	}
	return best;
}

static int
tmpfs_readdir(struct vnode *dvp, off_t *cookie, struct dirsink *sink)
{
	struct tmpnode *dir = tmpnode_of(dvp);
	struct tmpent *te;
	struct rbnode *n;

	if (*cookie == PLACE_DOT) {
		if (sink->ds_emit(sink, ".", 1, dvp->v_ino, VDIR, 1) != 0)
			return 0;
		*cookie = 1;
	}
	if (*cookie == PLACE_DOTDOT) {
		ino_t ino = dir->tn_parent != NULL
		    ? dir->tn_parent->tn_vnode.v_ino : dvp->v_ino;

		if (sink->ds_emit(sink, "..", 2, ino, VDIR, 2) != 0)
			return 0;
		*cookie = 2;
	}
	te = ent_at_or_after(dir, *cookie);
	for (n = te != NULL ? &te->te_by_place : NULL; n != NULL;
	     n = rb_next(n)) {
		te = rb_entry(n, struct tmpent, te_by_place);
		if (sink->ds_emit(sink, te->te_name, te->te_len,
			te->te_node->tn_vnode.v_ino,
			te->te_node->tn_vnode.v_type, te->te_place + 1) != 0)
			return 0;
		*cookie = te->te_place + 1;
	}
	return 0;
}

static void
dir_empty(struct tmpnode *dir, struct list *doomed)
{
	struct rbnode *n;

	while ((n = rb_first(&dir->tn_names)) != NULL) {
		struct tmpent *te = rb_entry(n, struct tmpent, te_by_name);
		struct tmpnode *tn = te->te_node;

		ent_remove(dir, te);
		if (is_dir(tn))
			list_add_tail(doomed, &tn->tn_doomed);
		else
			node_unnamed(dir, tn);
		sched_point();
	}
}

/*
 * The file system ends: every name goes. No recursion, because nobody limits
 * how deep a tree is; a directory waits on root's list with the reference its
 * entry had.
 */
void
tmpfs_dir_doom(struct tmpnode *root)
{
	struct list *doomed = &root->tn_doomed;
	struct tmpnode *dir;

	dir_empty(root, doomed);
	while (!list_empty(doomed)) {
		dir = list_first(doomed, struct tmpnode, tn_doomed);
		list_del(&dir->tn_doomed);
		dir_empty(dir, doomed);
		vnode_unref(&dir->tn_vnode);
	}
}

const struct vnodeops tmpfs_dir_ops = {
	.vop_lookup = tmpfs_lookup,
	.vop_create = tmpfs_create,
	.vop_symlink = tmpfs_symlink,
	.vop_link = tmpfs_link,
	.vop_remove = tmpfs_remove,
	.vop_rename = tmpfs_rename,
	.vop_readdir = tmpfs_readdir,
	.vop_getattr = tmpfs_getattr,
	.vop_setattr = tmpfs_setattr,
	.vop_inactive = tmpfs_inactive,
	.vop_reclaim = tmpfs_reclaim,
};
