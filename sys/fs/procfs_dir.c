/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/procfs_dir.c: folders of /proc.
 *
 * Positions of readdir: 0 ".", 1 "..", from 2 on the entries of the tables,
 * from POS_DYNAMIC on what the folder's own function lists, by its numbers.
 */
#include "fs/procfs_internal.h"

#include "base/string.h"

#include <abi/errno.h>

#define POS_TABLE   2
#define POS_DYNAMIC 0x10000

static const struct procent *
table_find(const struct procent *dir, const char *name, size_t len)
{
	const struct procent *pe;
	unsigned i;

	for (i = 0; (pe = procfs_table_entry(dir, i)) != NULL; i++) {
		if (strncmp(pe->pe_name, name, len) == 0 &&
		    pe->pe_name[len] == '\0')
			return pe;
	}
	return NULL;
}

static int
procfs_lookup(struct vnode *dvp, const char *name, size_t len,
    struct vnode **vpp)
{
	struct procnode *dir = procnode_of(dvp);
	const struct procent *pe = table_find(dir->pn_ent, name, len);
	struct procchild pc = { .pc_ent = pe, .pc_key = dir->pn_key };
	struct vattr va;
	int error = 0;

	if (pe == NULL && dir->pn_ent->pe_lookup != NULL)
		error = dir->pn_ent->pe_lookup(&dir->pn_key, name, len, &pc);
	else if (pe == NULL)
		error = -ENOENT;
	else if (dir->pn_key.pk_pid != 0 && pe->pe_attr != NULL)
		/* What belongs to a process goes with it. */
		error = pe->pe_attr(&pc.pc_key, &va) != 0 ? -ENOENT : 0;
	if (error != 0)
		return error;
	return procnode_create(dvp->v_mount, pc.pc_ent, &pc.pc_key,
	    dvp->v_ino, vpp);
}

static int
procfs_readdir(struct vnode *dvp, off_t *cookie, struct dirsink *sink)
{
	struct procnode *dir = procnode_of(dvp);
	const struct procent *pe;
	struct procchild pc;
	uint64_t pos;

	if (*cookie < 0)
		return -EINVAL;
	for (; *cookie < POS_TABLE; ++*cookie) {
		bool up = *cookie == 1;

		if (sink->ds_emit(sink, "..", up ? 2 : 1,
			up ? dir->pn_parent : dvp->v_ino, VDIR,
			*cookie + 1) != 0)
			return 0;
	}
	while (*cookie < POS_DYNAMIC) {
		pe = procfs_table_entry(dir->pn_ent, *cookie - POS_TABLE);
		if (pe == NULL) {
			*cookie = POS_DYNAMIC;
			break;
		}
		if (sink->ds_emit(sink, pe->pe_name, strlen(pe->pe_name),
			procnode_number(pe, &dir->pn_key), pe->pe_type,
			*cookie + 1) != 0)
			return 0;
		++*cookie;
	}
	if (dir->pn_ent->pe_next == NULL)
		return 0;
	for (pos = *cookie - POS_DYNAMIC;; pos++) {
		pc.pc_key = dir->pn_key;
		if (!dir->pn_ent->pe_next(&dir->pn_key, &pos, &pc))
			return 0;
		if (sink->ds_emit(sink, pc.pc_name, strlen(pc.pc_name),
			procnode_number(pc.pc_ent, &pc.pc_key),
			pc.pc_ent->pe_type, pos + POS_DYNAMIC + 1) != 0)
			return 0;
		*cookie = pos + POS_DYNAMIC + 1;
	}
}

/* Nothing can be made here: the errno is that of a name that is not there. */
static int
procfs_create(struct vnode *dvp, const char *name, size_t len,
    const struct vattr *va, struct vnode **vpp)
{
	return -ENOENT;
}

static int
procfs_symlink(struct vnode *dvp, const char *name, size_t len,
    const struct vattr *va, const char *target, struct vnode **vpp)
{
	return -ENOENT;
}

/* Reading a folder asks the system's tables under the file's lock, which is
 * therefore before all others, like the folder's; nobody else has it yet. */
static int
procfs_open(struct vnode *vp, struct file *fp)
{
	mutex_init(&fp->f_lock, LR_NONE, "proc folder");
	return 0;
}

const struct vnodeops procfs_dir_ops = {
	.vop_lookup = procfs_lookup,
	.vop_create = procfs_create,
	.vop_symlink = procfs_symlink,
	.vop_readdir = procfs_readdir,
	.vop_getattr = procfs_getattr,
	.vop_open = procfs_open,
	.vop_reclaim = procfs_reclaim,
};
