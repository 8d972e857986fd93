/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/devfs.c: /dev: a tmpfs in which the kernel makes and removes the
 * nodes of its devices; user space may do there what it may on a tmpfs.
 *
 * There is one, which the kernel mounts at boot and keeps; it can be shown
 * elsewhere with a bind mount. Nodes are made by the calls mknod(2) and
 * unlink(2) are made of, so that the cache of names is always right.
 * Terminals below pts/ are devpts's (fs/devpts.c).
 * Locks: devfs_lock orders what the listeners do; rank EXEC, because names
 * are walked under it.
 */
#include "base/init.h"
#include "base/kprintf.h"
#include "base/string.h"

#include "dev/bdev.h"
#include "dev/cdev.h"
#include "fs/devfs.h"
#include "fs/tmpfs.h"
#include "fs/vfs_internal.h"

#include <abi/errno.h>

#define DEVFS_TYPE "devtmpfs" /* as Linux calls it */
#define DEVNAME_MAX 64
#define GID_DISK    6

static struct mutex devfs_lock;
static struct path devfs_root; /* [devfs_lock] set once */
static bool devfs_mounted;     /* the one instance is made */

/* Names start at the root of the device file system. */
static struct lookup_ctx
devfs_ctx(void)
{
	return (struct lookup_ctx){
		.lc_cred = &cred_kernel,
		.lc_root = devfs_root,
		.lc_cwd = devfs_root,
	};
}

/* The folders of "torus0/ctl". */
static int
folders_make(const struct lookup_ctx *ctx, const char *path)
{
	char dir[DEVNAME_MAX];
	const char *slash;
	int error;

	for (slash = strchr(path, '/'); slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		size_t n = slash - path;

		memcpy(dir, path, n);
		dir[n] = '\0';
		error = vfs_mkdir(ctx, dir, 0755);
		if (error != 0 && error != -EEXIST)
			return error;
	}
	return 0;
}

static int
node_make(const char *path, mode_t mode, dev_t dev, uid_t uid, gid_t gid)
{
	struct lookup_ctx ctx = devfs_ctx();
	struct path p;
	int error;

	if (strlen(path) >= DEVNAME_MAX)
		return -ENAMETOOLONG;
	error = folders_make(&ctx, path);
	if (error == 0)
		error = vfs_mknod(&ctx, path, mode, dev);
	if (error != 0 || (uid == 0 && gid == 0))
		return error;
	error = vfs_lookup(&ctx, path, LOOKUP_NOFOLLOW, &p);
	if (error == 0) {
		error = vfs_chown(&p, uid, gid, &cred_kernel);
		path_unref(&p);
	}
	return error;
}

/* Only what still is the device's node; and folders that are empty now. */
static void
node_remove(const char *path, enum vtype type, dev_t dev)
{
	struct lookup_ctx ctx = devfs_ctx();
	char dir[DEVNAME_MAX];
	struct path p;
	char *slash;
	bool ours;

	if (vfs_lookup(&ctx, path, LOOKUP_NOFOLLOW, &p) != 0)
		return;
	ours = path_vnode(&p)->v_type == type &&
	    path_vnode(&p)->v_rdev == dev;
	path_unref(&p);
	if (!ours || vfs_unlink(&ctx, path, false) != 0)
		return;
	strlcpy(dir, path, sizeof(dir));
	while ((slash = strrchr(dir, '/')) != NULL) {
		*slash = '\0';
		if (vfs_unlink(&ctx, dir, true) != 0)
			return;
	}
}

static void
complain(const char *path, int error)
{
	if (error != 0 && error != -EEXIST)
		klog(KLOG_ERR, "devfs: cannot make %s: error %d\n", path,
		    -error);
}

static void
cdev_changed(struct cdev *c, bool added)
{
	if (strncmp(c->cd_path, DEVPTS_PREFIX, strlen(DEVPTS_PREFIX)) == 0) {
		if (added)
			devpts_adopt(c);
		return;
	}
	mutex_lock(&devfs_lock);
	if (added)
		complain(c->cd_path, node_make(c->cd_path,
		    mode_of_vtype(VCHR) | c->cd_mode, c->cd_dev, c->cd_uid,
		    c->cd_gid));
	else
		node_remove(c->cd_path, VCHR, c->cd_dev);
	mutex_unlock(&devfs_lock);
}

static void
bdev_added(struct bdev *bd)
{
	mutex_lock(&devfs_lock);
	complain(bd->bd_name, node_make(bd->bd_name,
	    mode_of_vtype(VBLK) | 0660, bd->bd_dev, 0, GID_DISK));
	mutex_unlock(&devfs_lock);
}

static int
cdev_show(struct cdev *c, void *arg)
{
	cdev_changed(c, true);
	return 0;
}

static int
bdev_show(struct bdev *bd, void *arg)
{
	bdev_added(bd);
	return 0;
}

static void
links_make(void)
{
	static const struct {
		const char *name, *target;
	} links[] = {
		{ "fd", "/proc/self/fd" },
		{ "stdin", "/proc/self/fd/0" },
		{ "stdout", "/proc/self/fd/1" },
		{ "stderr", "/proc/self/fd/2" },
	};
	struct lookup_ctx ctx = devfs_ctx();
	unsigned i;

	for (i = 0; i < nitems(links); i++)
		complain(links[i].name,
		    vfs_symlink(&ctx, links[i].target, links[i].name));
}

int
devfs_start(void)
{
	struct lookup_ctx ctx = { .lc_cred = &cred_kernel };
	int error = vfs_root_path(&ctx.lc_root);

	if (error != 0)
		return error;
	ctx.lc_cwd = ctx.lc_root;
	error = vfs_mount(&ctx, DEVFS_TYPE, "/dev", DEVFS_TYPE, MNT_NOSUID,
	    NULL);
	if (error == 0)
		error = vfs_lookup(&ctx, "/dev", LOOKUP_DIRECTORY,
		    &devfs_root);
	path_unref(&ctx.lc_root);
	if (error != 0)
		return error;
	/* Listening first: what comes now is made by whoever sees it first. */
	cdev_set_listener(cdev_changed);
	bdev_set_listener(bdev_added);
	(void)cdev_foreach(cdev_show, NULL);
	(void)bdev_foreach(bdev_show, NULL);
	links_make();
	return 0;
}

static int
devfs_mount(struct mount *m, const char *source, const char *data)
{
	int error;

	if (devfs_mounted)
		return -EBUSY;
	error = tmpfs_start(m, data, 0755);
	devfs_mounted = error == 0;
	return error;
}

static const struct vfsops devfs_vfsops = {
	.vo_name = DEVFS_TYPE,
	.vo_nodev = true,
	.vo_mount = devfs_mount,
	.vo_unmount = tmpfs_unmount,
	.vo_remount = tmpfs_remount,
	.vo_statfs = tmpfs_statfs,
};

static void
devfs_init(void)
{
	mutex_init(&devfs_lock, LR_EXEC, "devfs");
	vfs_register(&devfs_vfsops);
}
INIT(INIT_SUBSYS, 41, devfs_init);
