/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/vfs_sync.c: getting everything onto the disks, and the thread that
 * does it now and then.
 *
 * Pages of files are written behind by the page cache. Every five seconds the
 * syncer lets each file system put what it still keeps in structures of its
 * own (inodes with new times) into its buffers, which are pages too.
 *
 * It also frees names and vnodes when memory is short. Whoever is short of it
 * may hold a file system's locks, which the end of a vnode needs, so that the
 * work is left to this thread.
 */
#include "fs/vfs_internal.h"

#include "base/clock.h"
#include "base/init.h"
#include "base/page.h"
#include "base/thread.h"
#include "base/waitq.h"

#include "dev/bdev.h"

#define SYNC_PERIOD (5 * NSEC_PER_SEC)

static nsec_t coarse; /* [a] */
static uint64_t pages_wanted; /* [a] */
static struct waitq syncer_wq = WAITQ_INIT(syncer_wq);

nsec_t
vfs_coarse_time(void)
{
	return atomic_load_relaxed(&coarse);
}

static int
sync_wait(struct mount *super, void *arg)
{
	int *first = arg, error = 0;

	if (super->mnt_ops->vo_sync != NULL &&
	    !(super->mnt_flags & MNT_RDONLY))
		error = super->mnt_ops->vo_sync(super, true);
	if (error != 0 && *first == 0)
		*first = error;
	return 0;
}

int
vfs_sync(void)
{
	int error = 0;

	vm_sync_all();
	(void)mount_foreach_super(sync_wait, &error);
	return error;
}

static int
sync_vnode(struct vnode *vp, void *arg)
{
	int *first = arg, error = 0;

	if (vp->v_type == VREG && vp->v_object.vo_ops != NULL)
		error = vm_object_sync(&vp->v_object, 0, 0);
	if (error != 0 && *first == 0)
		*first = error;
	return 0;
}

int
vfs_sync_mount(struct mount *super)
{
	int error = 0;

	if (super->mnt_flags & MNT_RDONLY)
		return 0;
	(void)vnode_foreach(super, sync_vnode, &error);
	(void)sync_wait(super, &error);
	return error;
}

struct device_sync {
	struct bdev *ds_dev;
	bool ds_found;
};

static int
sync_device(struct mount *super, void *arg)
{
	struct device_sync *ds = arg;
	struct bdev *bd = super->mnt_bdev;
	int error = 0;

	if (bd == NULL || (bd != ds->ds_dev && bd->bd_parent != ds->ds_dev &&
	    bd != ds->ds_dev->bd_parent))
		return 0;
	ds->ds_found = true;
	(void)vnode_foreach(super, sync_vnode, &error);
	/* A read-only one too: an error may have made it so, with blocks that
	 * are to be written yet. Errors are the file system's to report. */
	(void)super->mnt_ops->vo_sync(super, true);
	return 0;
}

bool
vfs_sync_device(struct bdev *bd)
{
	struct device_sync ds = { bd, false };

	(void)mount_foreach_super(sync_device, &ds);
	return ds.ds_found;
}

static int
sync_soon(struct mount *super, void *arg)
{
	if (super->mnt_ops->vo_sync != NULL &&
	    !(super->mnt_flags & MNT_RDONLY))
		(void)super->mnt_ops->vo_sync(super, false);
	return 0;
}

static uint64_t
names_reclaim(uint64_t pages)
{
	if (atomic_load_relaxed(&pages_wanted) < pages)
		atomic_store_relaxed(&pages_wanted, pages);
	waitq_wake_all(&syncer_wq);
	return 0; /* nothing yet */
}

static struct page_reclaimer names_reclaimer = {
	.pr_name = "names",
	.pr_reclaim = names_reclaim,
};

static void
syncer(void *arg)
{
	nsec_t next = 0;

	for (;;) {
		uint64_t pages = atomic_xchg(&pages_wanted, 0);

		if (pages != 0) {
			dcache_shrink(pages * 16);
			vnode_shrink(pages * 4);
		}
		atomic_store_relaxed(&coarse, clock_real());
		if (clock_mono() >= next) {
			(void)mount_foreach_super(sync_soon, NULL);
			next = clock_mono() + SYNC_PERIOD;
		}
		(void)WAIT_EVENT_UNTIL(&syncer_wq,
		    atomic_load_relaxed(&pages_wanted) != 0, next);
	}
}

static void
vfs_sync_start(void)
{
	page_reclaimer_register(&names_reclaimer);
	(void)kthread_start("syncer", syncer, NULL);
}
INIT(INIT_DRIVER, 90, vfs_sync_start);

void
vfs_init(void)
{
	mount_list_init();
	dcache_init();
	vnode_init_subsys();
	file_init();
}

/* A name goes only when those below it have gone, so round after round. */
void
vfs_drop_names(void)
{
	uint64_t freed;

	do {
		freed = dcache_shrink(UINT64_MAX);
		freed += vnode_shrink(UINT64_MAX);
		sched_point();
	} while (freed > 0);
}
