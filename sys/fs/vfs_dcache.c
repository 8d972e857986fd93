/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/vfs_dcache.c: the cache of names (see dentry.h).
 *
 * Locks: a chain's spin lock for finding; dcache_tree for the shape of the
 * tree, taken before a chain's. Finding takes one chain lock and no other and
 * never sleeps. What is unused stays; a sweep like a clock's hand over d_all
 * frees those not found since it passed last.
 */
#include "fs/vfs_internal.h"

#include "base/init.h"
#include "base/lock.h"
#include "base/page.h"
#include "base/panic.h"
#include "base/slab.h"
#include "base/string.h"
#include "base/thread.h"

#include <abi/errno.h>

#define CHAINS_MIN 1024u
#define CHAINS_MAX 65536u

struct chain {
	struct spinlock ch_lock;
	struct dentry *ch_first;
};

static struct chain *chains; /* [I] after boot */
static uint32_t chain_mask;
static uint64_t dentry_limit;
static uint64_t dentry_count; /* [tree] */
static struct spinlock dcache_tree = SPINLOCK_INIT(LR_DCACHETREE, "dcache");
static struct list dcache_all = LIST_INIT(dcache_all); /* [tree] */
static struct kmem_cache *dentry_cache;

static uint32_t
name_hash(const struct dentry *parent, const char *name, size_t len)
{
	uint64_t h = (uintptr_t)parent * UINT64_C(0x9e3779b97f4a7c15);
	size_t i;

	for (i = 0; i < len; i++)
		h = (h ^ (uint8_t)name[i]) * UINT64_C(0x100000001b3);
	return (uint32_t)(h ^ (h >> 32));
}

static inline struct chain *
chain_of(uint32_t hash)
{
	return &chains[hash & chain_mask];
}

/* The hash changes with a rename: look again once the chain is locked. */
static struct chain *
chain_lock(struct dentry *d)
{
	for (;;) {
		uint32_t hash = atomic_load_relaxed(&d->d_hash);
		struct chain *ch = chain_of(hash);

		spin_lock(&ch->ch_lock);
		if (likely(atomic_load_relaxed(&d->d_hash) == hash))
			return ch;
		spin_unlock(&ch->ch_lock);
	}
}

static struct dentry *
chain_find(struct chain *ch, uint32_t hash, struct dentry *parent,
    const char *name, size_t len)
{
	struct dentry *d;

	for (d = ch->ch_first; d != NULL; d = d->d_next) {
		if (d->d_hash == hash && d->d_parent == parent &&
		    d->d_namelen == len && memcmp(d->d_name, name, len) == 0)
			return d;
	}
	return NULL;
}

static void
chain_insert(struct chain *ch, struct dentry *d)
{
	d->d_next = ch->ch_first;
	ch->ch_first = d;
	d->d_flags &= ~D_UNHASHED;
}

static void
chain_remove(struct chain *ch, struct dentry *d)
{
	struct dentry **p;

	if (d->d_flags & D_UNHASHED)
		return;
	for (p = &ch->ch_first; *p != d; p = &(*p)->d_next)
		continue;
	*p = d->d_next;
	d->d_flags |= D_UNHASHED;
}

struct dentry *
dcache_find(struct dentry *parent, const char *name, size_t len)
{
	uint32_t hash = name_hash(parent, name, len);
	struct chain *ch = chain_of(hash);
	struct dentry *d;

	if (ch->ch_first == NULL)
		return NULL;
	spin_lock(&ch->ch_lock);
	d = chain_find(ch, hash, parent, name, len);
	if (d != NULL) {
		dentry_ref(d);
		if (d->d_used == 0)
			d->d_used = 1;
	}
	spin_unlock(&ch->ch_lock);
	return d;
}

static void
name_free(const char *name, const struct dentry *d)
{
	if (name != d->d_inline)
		kfree((void *)(uintptr_t)name);
}

static struct dentry *
dentry_alloc(const char *name, size_t len)
{
	struct dentry *d;

	d = kmem_cache_alloc(dentry_cache, KM_ZERO);
	if (d == NULL)
		return NULL;
	d->d_name = d->d_inline;
	if (len >= DENTRY_INLINE) {
		char *text = kmalloc(len + 1, 0);

		if (text == NULL) {
			kmem_cache_free(dentry_cache, d);
			return NULL;
		}
		text[len] = '\0';
		d->d_name = text;
	}
	memcpy((char *)(uintptr_t)d->d_name, name, len);
	d->d_namelen = len;
	d->d_flags = D_UNHASHED;
	d->d_ref = 1;
	d->d_used = 1;
	list_init(&d->d_alias);
	list_init(&d->d_children);
	list_init(&d->d_sibling);
	list_init(&d->d_all);
	return d;
}

static void
dentry_free(struct dentry *d)
{
	name_free(d->d_name, d);
	kmem_cache_free(dentry_cache, d);
}

/* d is D_DEAD: nobody finds or references it. Frees it and then each parent
 * that it was the last to hold. Returns how many. */
static uint64_t
dentry_kill(struct dentry *d)
{
	uint64_t n = 0;

	for (;;) {
		struct dentry *parent;
		struct vnode *vp = d->d_vnode;

		spin_lock(&dcache_tree);
		parent = d->d_parent;
		list_del(&d->d_sibling);
		list_del(&d->d_alias);
		list_del(&d->d_all);
		dentry_count--;
		spin_unlock(&dcache_tree);
		if (vp != NULL)
			vnode_unref(vp);
		n++;
		if (parent == d) {
			dentry_free(d);
			return n;
		}
		dentry_free(d);
		for (;;) {
			uint32_t ref = atomic_load_relaxed(&parent->d_ref);
			struct chain *ch;
			bool dead;

			if (ref > 1) {
				if (atomic_cas(&parent->d_ref, &ref, ref - 1))
					return n;
				continue;
			}
			ch = chain_lock(parent);
			dead = atomic_sub(&parent->d_ref, 1) == 0 &&
			    (parent->d_flags & D_UNHASHED);
			if (dead)
				parent->d_flags |= D_DEAD;
			spin_unlock(&ch->ch_lock);
			if (!dead)
				return n;
			break;
		}
		d = parent;
	}
}

void
dentry_unref(struct dentry *d)
{
	struct chain *ch;
	uint32_t ref = atomic_load_relaxed(&d->d_ref);
	bool dead;

	while (ref > 1) {
		if (atomic_cas(&d->d_ref, &ref, ref - 1))
			return;
	}
	ch = chain_lock(d);
	dead = atomic_sub(&d->d_ref, 1) == 0 && (d->d_flags & D_UNHASHED);
	if (dead)
		d->d_flags |= D_DEAD;
	spin_unlock(&ch->ch_lock);
	if (unlikely(dead))
		dentry_kill(d);
}

struct dentry *
dcache_root(struct vnode *vp)
{
	struct dentry *d = dentry_alloc("", 0);

	if (d == NULL)
		return NULL;
	d->d_flags |= D_ROOT;
	d->d_parent = d;
	d->d_vnode = vp;
	vnode_ref(vp);
	spin_lock(&dcache_tree);
	list_add_tail(&vp->v_dentries, &d->d_alias);
	dentry_count++;
	spin_unlock(&dcache_tree);
	return d;
}

struct dentry *
dcache_enter(struct dentry *parent, const char *name, size_t len,
    struct vnode *vp)
{
	uint32_t hash = name_hash(parent, name, len);
	struct chain *ch = chain_of(hash);
	struct dentry *d, *old;

	if (dentry_count > dentry_limit)
		dcache_shrink(64);
	d = dentry_alloc(name, len);
	if (d == NULL) {
		if (vp != NULL)
			vnode_unref(vp);
		return NULL;
	}
	d->d_hash = hash;
	d->d_vnode = vp;
	spin_lock(&dcache_tree);
	spin_lock(&ch->ch_lock);
	old = chain_find(ch, hash, parent, name, len);
	if (old != NULL) {
		dentry_ref(old);
	} else {
		dentry_ref(parent);
		d->d_parent = parent;
		chain_insert(ch, d);
	}
	spin_unlock(&ch->ch_lock);
	if (old == NULL) {
		list_add_tail(&parent->d_children, &d->d_sibling);
		list_add_tail(&dcache_all, &d->d_all);
		if (vp != NULL)
			list_add_tail(&vp->v_dentries, &d->d_alias);
		dentry_count++;
	}
	spin_unlock(&dcache_tree);
	if (old != NULL) {
		dentry_free(d);
		if (vp != NULL)
			vnode_unref(vp);
		return old;
	}
	return d;
}

struct dentry *
dcache_parent(struct dentry *d)
{
	struct dentry *parent;

	spin_lock(&dcache_tree);
	parent = d->d_parent;
	dentry_ref(parent);
	spin_unlock(&dcache_tree);
	return parent;
}

void
dcache_drop(struct dentry *d)
{
	struct chain *ch;

	/* The tree first: against a rename that moves d between chains. */
	spin_lock(&dcache_tree);
	ch = chain_of(d->d_hash);
	spin_lock(&ch->ch_lock);
	chain_remove(ch, d);
	spin_unlock(&ch->ch_lock);
	spin_unlock(&dcache_tree);
	if (!list_empty(&d->d_children))
		dcache_purge(d);
}

void
dcache_drop_name(struct dentry *parent, const char *name, size_t len)
{
	struct dentry *d = dcache_find(parent, name, len);

	if (d != NULL) {
		dcache_drop(d);
		dentry_unref(d);
	}
}

void
dcache_drop_vnode(struct vnode *vp)
{
	for (;;) {
		struct dentry *d, *found = NULL;

		spin_lock(&dcache_tree);
		list_foreach(d, &vp->v_dentries, d_alias) {
			struct chain *ch = chain_of(d->d_hash);

			spin_lock(&ch->ch_lock);
			if (!(d->d_flags & (D_UNHASHED | D_ROOT))) {
				dentry_ref(d);
				found = d;
			}
			spin_unlock(&ch->ch_lock);
			if (found != NULL)
				break;
		}
		spin_unlock(&dcache_tree);
		if (found == NULL)
			return;
		dcache_drop(found);
		dentry_unref(found);
	}
}

int
dentry_name_prepare(struct dentry_name *dn, struct dentry *parent,
    const char *name, size_t len)
{
	dn->dn_long = NULL;
	dn->dn_text = name;
	dn->dn_len = len;
	dn->dn_hash = name_hash(parent, name, len);
	if (len >= DENTRY_INLINE) {
		dn->dn_long = kmalloc(len + 1, 0);
		if (dn->dn_long == NULL)
			return -ENOMEM;
		memcpy(dn->dn_long, name, len);
		dn->dn_long[len] = '\0';
	}
	return 0;
}

void
dentry_name_release(struct dentry_name *dn)
{
	kfree(dn->dn_long);
	dn->dn_long = NULL;
}

/* Gives d the name; what it had long goes back into dn. Tree locked. */
static void
name_take(struct dentry *d, struct dentry_name *dn)
{
	char *old = NULL;

	if (d->d_name != d->d_inline)
		old = (char *)(uintptr_t)d->d_name;
	if (dn->dn_long != NULL) {
		d->d_name = dn->dn_long;
	} else {
		memcpy(d->d_inline, dn->dn_text, dn->dn_len);
		d->d_inline[dn->dn_len] = '\0';
		d->d_name = d->d_inline;
	}
	d->d_namelen = dn->dn_len;
	dn->dn_long = old;
}

static void
unhash_tree_locked(struct dentry *d)
{
	struct chain *ch = chain_of(d->d_hash);

	spin_lock(&ch->ch_lock);
	chain_remove(ch, d);
	spin_unlock(&ch->ch_lock);
}

static void
rehash_tree_locked(struct dentry *d, struct dentry *parent,
    struct dentry_name *dn)
{
	struct chain *ch = chain_of(dn->dn_hash);
	struct dentry *there;

	spin_lock(&ch->ch_lock);
	there = chain_find(ch, dn->dn_hash, parent, dn->dn_text, dn->dn_len);
	if (there != NULL)
		chain_remove(ch, there);
	name_take(d, dn);
	d->d_parent = parent;
	atomic_store(&d->d_hash, dn->dn_hash);
	chain_insert(ch, d);
	spin_unlock(&ch->ch_lock);
	list_del(&d->d_sibling);
	list_add_tail(&parent->d_children, &d->d_sibling);
}

void
dcache_move(struct dentry *d, struct dentry *parent, struct dentry_name *dn)
{
	struct dentry *old;

	dentry_ref(parent); /* as its child; the old parent loses one */
	spin_lock(&dcache_tree);
	old = d->d_parent;
	unhash_tree_locked(d);
	rehash_tree_locked(d, parent, dn);
	spin_unlock(&dcache_tree);
	dentry_unref(old);
}

void
dcache_exchange(struct dentry *a, struct dentry *b, struct dentry_name *an,
    struct dentry_name *bn)
{
	struct dentry *pa, *pb;

	spin_lock(&dcache_tree);
	pa = a->d_parent;
	pb = b->d_parent;
	unhash_tree_locked(a);
	unhash_tree_locked(b);
	/* The references on the parents change owners with the names. */
	rehash_tree_locked(a, pb, bn);
	rehash_tree_locked(b, pa, an);
	spin_unlock(&dcache_tree);
}

bool
dentry_is_above(struct dentry *a, struct dentry *d)
{
	bool above = false;

	spin_lock(&dcache_tree);
	for (;;) {
		if (d == a ||
		    (d->d_vnode != NULL && d->d_vnode == a->d_vnode)) {
			above = true;
			break;
		}
		if (d->d_parent == d)
			break;
		d = d->d_parent;
	}
	spin_unlock(&dcache_tree);
	return above;
}

bool
dentry_prepend_name(struct dentry *d, char *buf, size_t *at)
{
	bool ok = false;

	spin_lock(&dcache_tree);
	if (*at >= d->d_namelen + 1u) {
		*at -= d->d_namelen;
		memcpy(buf + *at, d->d_name, d->d_namelen);
		buf[--*at] = '/';
		ok = true;
	}
	spin_unlock(&dcache_tree);
	return ok;
}

/* Tree locked. Takes d out if it is unused; then dentry_kill() it. */
static bool
dentry_seize(struct dentry *d)
{
	struct chain *ch = chain_of(d->d_hash);
	bool ok = false;

	spin_lock(&ch->ch_lock);
	if (atomic_load_relaxed(&d->d_ref) == 0 && !(d->d_flags & D_DEAD)) {
		chain_remove(ch, d);
		d->d_flags |= D_DEAD;
		ok = true;
	}
	spin_unlock(&ch->ch_lock);
	return ok;
}

/* The first unused dentry below root without children; tree locked. */
static struct dentry *
purge_next(struct dentry *root)
{
	struct dentry *d = root;
	struct list *link = root->d_children.l_next;

	for (;;) {
		struct dentry *c;

		if (link == &d->d_children) {
			if (d == root)
				return NULL;
			link = d->d_sibling.l_next;
			d = d->d_parent;
			continue;
		}
		c = list_entry(link, struct dentry, d_sibling);
		if (!list_empty(&c->d_children)) {
			d = c;
			link = c->d_children.l_next;
			continue;
		}
		if (dentry_seize(c))
			return c;
		link = link->l_next;
	}
}

void
dcache_purge(struct dentry *root)
{
	for (;;) {
		struct dentry *d;

		spin_lock(&dcache_tree);
		d = purge_next(root);
		spin_unlock(&dcache_tree);
		if (d == NULL)
			return;
		dentry_kill(d);
		sched_point();
	}
}

uint64_t
dcache_shrink(uint64_t want)
{
	uint64_t freed = 0, look = dentry_count * 2;

	while (freed < want && look-- > 0) {
		struct dentry *d;
		bool got = false;

		spin_lock(&dcache_tree);
		if (list_empty(&dcache_all)) {
			spin_unlock(&dcache_tree);
			break;
		}
		d = list_first(&dcache_all, struct dentry, d_all);
		list_del(&d->d_all);
		list_add_tail(&dcache_all, &d->d_all);
		if (atomic_load_relaxed(&d->d_ref) == 0) {
			if (d->d_used != 0)
				d->d_used = 0;
			else
				got = dentry_seize(d);
		}
		spin_unlock(&dcache_tree);
		if (got)
			freed += dentry_kill(d);
	}
	return freed;
}

void
dcache_init(void)
{
	struct page_stats ps;
	uint32_t n = CHAINS_MIN, i;

	page_stats_get(&ps);
	dentry_limit = MAX(ps.ps_total, 2048);
	while (n < CHAINS_MAX && n < dentry_limit / 2)
		n *= 2;
	chains = kmalloc(n * sizeof(*chains), 0);
	KASSERT(chains != NULL);
	for (i = 0; i < n; i++) {
		spin_init(&chains[i].ch_lock, LR_DCACHE, "dentries");
		chains[i].ch_first = NULL;
	}
	chain_mask = n - 1;
	dentry_cache = kmem_cache_create("dentry", sizeof(struct dentry), 8);
}
