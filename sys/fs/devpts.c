/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/devpts.c: the terminals of the system as a folder: ptmx and numbers.
 *
 * Nothing is kept here: a name is there while the device "pts/N" is
 * registered, and mode and owner are the device's, so that all mounts show the
 * same. gid= and mode= are for terminals that come after the mount.
 * Locks: devpts_lock for the defaults.
 */
#include "base/clock.h"
#include "base/init.h"
#include "base/kprintf.h"
#include "base/panic.h"
#include "base/slab.h"
#include "base/string.h"

#include "dev/cdev.h"
#include "fs/devfs.h"
#include "fs/vfs_internal.h"

#include <abi/errno.h>

#define DEVPTS_MAGIC 0x1cd1u
#define PTS_MAX	     1024
#define INO_ROOT     1
#define INO_PTMX     2
#define INO_PTS	     3 /* and the number */

struct devpts {
	mode_t dp_ptmxmode;
	nsec_t dp_mounted;
};

static struct spinlock devpts_lock = SPINLOCK_INIT(LR_DRIVER, "devpts");
static struct {
	mode_t mode;
	gid_t gid;
	bool set;
} devpts_default; /* [devpts_lock] */

static const struct vnodeops devpts_dir_ops, devpts_node_ops;

void
devpts_adopt(struct cdev *c)
{
	uint64_t flags = spin_lock_irq(&devpts_lock);

	if (devpts_default.set) {
		c->cd_mode = devpts_default.mode;
		c->cd_gid = devpts_default.gid;
	}
	spin_unlock_irq(&devpts_lock, flags);
}

/* --- names -------------------------------------------------------------- */

struct pts_search {
	const char *ps_number; /* by name, or NULL: */
	long ps_least;	       /* the lowest number from this on */
	long ps_found;
	struct cdev *ps_cdev;
};

static int
pts_try(struct cdev *c, void *arg)
{
	struct pts_search *ps = arg;
	const char *digits = c->cd_path + strlen(DEVPTS_PREFIX), *end;
	uint64_t n;

	if (strncmp(c->cd_path, DEVPTS_PREFIX, strlen(DEVPTS_PREFIX)) != 0 ||
	    str_to_u64(digits, &end, 10, &n) != 0 || n >= PTS_MAX)
		return 0;
	if (ps->ps_number != NULL) {
		if (strcmp(digits, ps->ps_number) != 0)
			return 0;
		ps->ps_cdev = c;
		ps->ps_found = (long)n;
		return 1;
	}
	if ((long)n >= ps->ps_least &&
	    (ps->ps_cdev == NULL || (long)n < ps->ps_found)) {
		ps->ps_cdev = c;
		ps->ps_found = (long)n;
	}
	return 0;
}

/* The device a node stands for; NULL: it has gone. */
static struct cdev *
node_cdev(const struct vnode *vp)
{
	return cdev_find(vp->v_rdev);
}

static int
node_get(struct mount *m, ino_t ino, dev_t rdev, struct vnode **vpp)
{
	struct vnode *vp = vnode_hash_find(m, ino), *there;

	if (vp == NULL) {
		vp = kzalloc(sizeof(*vp));
		if (vp == NULL)
			return -ENOMEM;
		vnode_init(vp, m, VCHR, &devpts_node_ops, ino);
		vp->v_rdev = rdev;
		vp->v_flags |= VNF_NOCACHE;
		there = vnode_hash_insert(vp);
		if (there != vp) {
			vnode_unref(vp);
			vp = there;
		}
	}
	*vpp = vp;
	return 0;
}

static int
devpts_lookup(struct vnode *dvp, const char *name, size_t len,
    struct vnode **vpp)
{
	char number[8];
	struct pts_search ps = { .ps_number = number };

	if (len == 2 && name[0] == '.' && name[1] == '.') {
		vnode_ref(dvp);
		*vpp = dvp;
		return 0;
	}
	if (len == 4 && memcmp(name, "ptmx", 4) == 0)
		return node_get(dvp->v_mount, INO_PTMX, makedev(5, 2), vpp);
	if (len >= sizeof(number))
		return -ENOENT;
	memcpy(number, name, len);
	number[len] = '\0';
	if (cdev_foreach(pts_try, &ps) == 0)
		return -ENOENT;
	return node_get(dvp->v_mount, INO_PTS + (ino_t)ps.ps_found,
	    ps.ps_cdev->cd_dev, vpp);
}

/* Positions: "." 0, ".." 1, ptmx 2, N at N + 3. */
static int
devpts_readdir(struct vnode *dvp, off_t *cookie, struct dirsink *sink)
{
	static const char *const fixed[] = { ".", "..", "ptmx" };
	char number[8];

	while (*cookie < (off_t)nitems(fixed)) {
		bool node = *cookie == 2;

		if (sink->ds_emit(sink, fixed[*cookie],
			strlen(fixed[*cookie]), node ? INO_PTMX : INO_ROOT,
			node ? VCHR : VDIR, *cookie + 1) != 0)
			return 0;
		++*cookie;
	}
	for (;;) {
		struct pts_search ps = { .ps_least = *cookie - 3 };

		(void)cdev_foreach(pts_try, &ps);
		if (ps.ps_cdev == NULL)
			return 0;
		ksnprintf(number, sizeof(number), "%ld", ps.ps_found);
		if (sink->ds_emit(sink, number, strlen(number),
			INO_PTS + (ino_t)ps.ps_found, VCHR,
			ps.ps_found + 4) != 0)
			return 0;
		*cookie = ps.ps_found + 4;
	}
}

/* --- attributes --------------------------------------------------------- */

static int
devpts_getattr(struct vnode *vp, struct vattr *va)
{
	const struct devpts *dp = vp->v_mount->mnt_data;
	const struct cdev *c;

	memset(va, 0, sizeof(*va));
	va->va_type = vp->v_type;
	va->va_dev = vp->v_mount->mnt_dev;
	va->va_rdev = vp->v_rdev;
	va->va_ino = vp->v_ino;
	va->va_blksize = 1024;
	va->va_atime = va->va_mtime = va->va_ctime = va->va_btime =
	    dp->dp_mounted;
	if (vp->v_type == VDIR) {
		va->va_mode = 0755;
		va->va_nlink = 2;
	} else if (vp->v_ino == INO_PTMX) {
		va->va_mode = dp->dp_ptmxmode;
		va->va_nlink = 1;
	} else if ((c = node_cdev(vp)) != NULL) {
		va->va_mode = c->cd_mode;
		va->va_uid = c->cd_uid;
		va->va_gid = c->cd_gid;
		va->va_nlink = 1;
	}
	return 0;
}

static int
devpts_setattr(struct vnode *vp, const struct vattr *va, unsigned which)
{
	struct devpts *dp = vp->v_mount->mnt_data;
	struct cdev *c;

	if (vp->v_ino == INO_PTMX) {
		if (which & (VSA_UID | VSA_GID))
			return -EPERM;
		if (which & VSA_MODE)
			dp->dp_ptmxmode = va->va_mode & 0777;
		return 0;
	}
	c = node_cdev(vp);
	if (c == NULL)
		return -EIO;
	if (which & VSA_MODE)
		c->cd_mode = va->va_mode & 07777;
	if (which & VSA_UID)
		c->cd_uid = va->va_uid;
	if (which & VSA_GID)
		c->cd_gid = va->va_gid;
	return 0;
}

static void
devpts_reclaim(struct vnode *vp)
{
	kfree(vp);
}

static const struct vnodeops devpts_dir_ops = {
	.vop_lookup = devpts_lookup,
	.vop_readdir = devpts_readdir,
	.vop_getattr = devpts_getattr,
	.vop_reclaim = devpts_reclaim,
};

static const struct vnodeops devpts_node_ops = {
	.vop_getattr = devpts_getattr,
	.vop_setattr = devpts_setattr,
	.vop_reclaim = devpts_reclaim,
};

/* --- mounting ----------------------------------------------------------- */

/* One of "gid=5", "mode=620", "ptmxmode=666", "newinstance". */
static int
parse_option(const char *s, size_t len, mode_t *mode, gid_t *gid,
    mode_t *ptmxmode)
{
	const struct {
		const char *name;
		unsigned base;
		uint32_t *to;
	} known[] = {
		{ "mode=", 8, mode },
		{ "gid=", 10, gid },
		{ "ptmxmode=", 8, ptmxmode },
	};
	const char *end;
	uint64_t n;
	unsigned i;

	if (len == 0 || (len == 11 && memcmp(s, "newinstance", 11) == 0))
		return 0;
	for (i = 0; i < nitems(known); i++) {
		size_t k = strlen(known[i].name);

		if (len <= k || memcmp(s, known[i].name, k) != 0)
			continue;
		if (str_to_u64(s + k, &end, known[i].base, &n) != 0 ||
		    end != s + len || n > UINT32_MAX)
			return -EINVAL;
		*known[i].to = known[i].base == 8 ? n & 0777 : n;
		return 0;
	}
	return -EINVAL;
}

static int
devpts_configure(struct mount *m, const char *data)
{
	struct devpts *dp = m->mnt_data;
	mode_t mode = 0600, ptmxmode = dp->dp_ptmxmode;
	gid_t gid = 0;
	char text[64], *words;
	uint64_t flags;
	int error = 0;

	while (data != NULL && *data != '\0' && error == 0) {
		const char *comma = strchr(data, ',');
		size_t len = comma != NULL ? (size_t)(comma - data)
					   : strlen(data);

		error = parse_option(data, len, &mode, &gid, &ptmxmode);
		data += len + (comma != NULL);
	}
	if (error != 0)
		return error;
	ksnprintf(text, sizeof(text), "gid=%u,mode=%o,ptmxmode=%03o", gid,
	    mode, ptmxmode);
	words = kstrdup(text);
	if (words == NULL)
		return -ENOMEM;
	kfree(m->mnt_options);
	m->mnt_options = words;
	dp->dp_ptmxmode = ptmxmode;
	flags = spin_lock_irq(&devpts_lock);
	devpts_default.mode = mode;
	devpts_default.gid = gid;
	devpts_default.set = true;
	spin_unlock_irq(&devpts_lock, flags);
	return 0;
}

static int
devpts_mount(struct mount *m, const char *source, const char *data)
{
	struct devpts *dp = kzalloc(sizeof(*dp));
	struct vnode *root;
	int error;

	if (dp == NULL)
		return -ENOMEM;
	dp->dp_mounted = clock_real();
	m->mnt_data = dp;
	error = devpts_configure(m, data);
	root = error == 0 ? kzalloc(sizeof(*root)) : NULL;
	if (root == NULL) {
		m->mnt_data = NULL;
		kfree(dp);
		return error != 0 ? error : -ENOMEM;
	}
	vnode_init(root, m, VDIR, &devpts_dir_ops, INO_ROOT);
	root->v_flags |= VNF_NOCACHE;
	m->mnt_root = root;
	return 0;
}

static int
devpts_unmount(struct mount *m)
{
	kfree(m->mnt_data);
	return 0;
}

static int
devpts_remount(struct mount *m, unsigned mflags, const char *data)
{
	return data != NULL && *data != '\0' ? devpts_configure(m, data) : 0;
}

static int
devpts_statfs(struct mount *m, struct statfs_info *sf)
{
	sf->sf_type = DEVPTS_MAGIC;
	sf->sf_bsize = PAGE_SIZE;
	sf->sf_fsid = m->mnt_dev;
	sf->sf_namelen = NAME_MAX;
	return 0;
}

static const struct vfsops devpts_vfsops = {
	.vo_name = "devpts",
	.vo_nodev = true,
	.vo_mount = devpts_mount,
	.vo_unmount = devpts_unmount,
	.vo_remount = devpts_remount,
	.vo_statfs = devpts_statfs,
};

static void
devpts_init(void)
{
	vfs_register(&devpts_vfsops);
}
INIT(INIT_SUBSYS, 42, devpts_init);
