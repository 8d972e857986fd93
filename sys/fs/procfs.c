/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/procfs.c: mounting /proc, its tables, and its nodes.
 *
 * A node exists while somebody uses it; looking a name up makes one. Its
 * number is computed from what it stands for, so it is the same each time.
 * Names that belong to a process are not cached: they go by themselves.
 */
#include "fs/procfs_internal.h"

#include "base/clock.h"
#include "base/init.h"
#include "base/kprintf.h"
#include "base/panic.h"
#include "base/random.h"
#include "base/slab.h"
#include "base/string.h"

#include <abi/errno.h>

#define PROC_MAGIC 0x9fa0u
#define INO_ROOT   1

struct proctable {
	struct list tb_link;
	const char *tb_folder;
	const struct procent *tb_ents;
};

static struct list tables = LIST_INIT(tables); /* grows at boot only */
static uint64_t number_secret;
static struct kmem_cache *node_cache;

struct procent procfs_root = {
	.pe_name = "",
	.pe_type = VDIR,
	.pe_mode = 0555,
};

/* --- tables ------------------------------------------------------------- */

void
procfs_register(const char *folder, const struct procent *ents)
{
	struct proctable *tb = kzalloc(sizeof(*tb));

	KASSERT(tb != NULL);
	tb->tb_folder = folder;
	tb->tb_ents = ents;
	list_add_tail(&tables, &tb->tb_link);
}

void
procfs_register_dynamic(const struct procent *pe)
{
	procfs_root.pe_lookup = pe->pe_lookup;
	procfs_root.pe_next = pe->pe_next;
}

const struct procent *
procfs_table_entry(const struct procent *dir, unsigned i)
{
	const struct procent *pe;
	struct proctable *tb;

	for (pe = dir->pe_table; pe != NULL && pe->pe_name != NULL; pe++) {
		if (i-- == 0)
			return pe;
	}
	list_foreach(tb, &tables, tb_link) {
		if (strcmp(tb->tb_folder, dir->pe_name) != 0)
			continue;
		for (pe = tb->tb_ents; pe->pe_name != NULL; pe++) {
			if (i-- == 0)
				return pe;
		}
	}
	return NULL;
}

/* --- nodes -------------------------------------------------------------- */

static uint64_t
mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ (h >> 29);
}

/* Addresses of tables do not show: a secret goes in, 48 bits come out. */
ino_t
procnode_number(const struct procent *pe, const struct prockey *key)
{
	uint64_t h = number_secret;

	if (pe == &procfs_root)
		return INO_ROOT;
	h = mix(h, (uintptr_t)pe);
	h = mix(h, ((uint64_t)(uint32_t)key->pk_pid << 32) |
		(uint32_t)key->pk_tid);
	h = mix(h, (uint32_t)key->pk_fd);
	h = mix(h, (uint64_t)key->pk_start);
	return (h >> 16) + INO_ROOT + 1;
}

int
procnode_create(struct mount *m, const struct procent *pe,
    const struct prockey *key, ino_t parent, struct vnode **vpp)
{
	const struct vnodeops *ops = pe->pe_type == VDIR ? &procfs_dir_ops :
	    pe->pe_type == VLNK ? &procfs_link_ops : &procfs_file_ops;
	struct procnode *pn = kmem_cache_alloc(node_cache, KM_ZERO);
	struct vnode *vp;

	if (pn == NULL)
		return -ENOMEM;
	vp = &pn->pn_vnode;
	pn->pn_ent = pe;
	pn->pn_key = *key;
	pn->pn_parent = parent;
	vnode_init(vp, m, pe->pe_type, ops, procnode_number(pe, key));
	/* Before all others: a folder of processes is searched under it. */
	rwlock_init(&vp->v_lock, LR_NONE, "procfs");
	if (pe->pe_lookup != NULL || key->pk_pid != 0)
		vp->v_flags |= VNF_NOCACHE;
	*vpp = vp;
	return 0;
}

void
procfs_reclaim(struct vnode *vp)
{
	kmem_cache_free(node_cache, procnode_of(vp));
}

int
procfs_getattr(struct vnode *vp, struct vattr *va)
{
	const struct procnode *pn = procnode_of(vp);
	const struct procent *pe = pn->pn_ent;

	memset(va, 0, sizeof(*va));
	va->va_type = vp->v_type;
	va->va_mode = pe->pe_mode;
	va->va_nlink = vp->v_type == VDIR ? 2 : 1;
	va->va_dev = vp->v_mount->mnt_dev;
	va->va_ino = vp->v_ino;
	va->va_blksize = 1024;
	va->va_atime = va->va_mtime = va->va_ctime = clock_real();
	va->va_btime = -1;
	return pe->pe_attr != NULL ? pe->pe_attr(&pn->pn_key, va) : 0;
}

/* --- mounting ----------------------------------------------------------- */

static int
procfs_mount(struct mount *m, const char *source, const char *data)
{
	return procnode_create(m, &procfs_root, &PROC_NOKEY, INO_ROOT,
	    &m->mnt_root);
}

static int
procfs_unmount(struct mount *m)
{
	return 0;
}

static int
procfs_statfs(struct mount *m, struct statfs_info *sf)
{
	sf->sf_type = PROC_MAGIC;
	sf->sf_bsize = PAGE_SIZE;
	sf->sf_fsid = m->mnt_dev;
	sf->sf_namelen = NAME_MAX;
	return 0;
}

static const struct vfsops procfs_vfsops = {
	.vo_name = "proc",
	.vo_nodev = true,
	.vo_mount = procfs_mount,
	.vo_unmount = procfs_unmount,
	.vo_statfs = procfs_statfs,
};

static void
procfs_init(void)
{
	random_bytes(&number_secret, sizeof(number_secret));
	node_cache = kmem_cache_create("procfs_node", sizeof(struct procnode),
	    8);
	KASSERT(node_cache != NULL);
	vfs_register(&procfs_vfsops);
}
INIT(INIT_SUBSYS, 43, procfs_init);
