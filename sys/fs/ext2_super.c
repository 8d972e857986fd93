/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/ext2_super.c: mounting, unmounting, errors, sync.
 *
 * While it is mounted for writing the superblock says "not clean", on the disk
 * before anything else changes. It says "clean" again only after all else is
 * written, and only if it was clean before and no error was found.
 */
#include "fs/ext2.h"

#include "base/clock.h"
#include "base/init.h"
#include "base/kprintf.h"
#include "base/panic.h"
#include "base/slab.h"
#include "base/string.h"

#include "fs/vfs_internal.h"

#define ERRORS_CONTINUE 1
#define ERRORS_RO	2
#define ERRORS_PANIC	3
#define ERRORS_PRINTED	20 /* then silence */

static uint32_t
now_seconds(void)
{
	return (uint32_t)(clock_real() / NSEC_PER_SEC);
}

int
ext2_super_write(struct ext2_mount *es, bool wait)
{
	struct buf b;
	int error = buf_read(es->es_bc, EXT2_SB_OFFSET >> es->es_bshift, &b);

	if (error != 0)
		return error;
	es->es_sb->s_free_blocks_count = es->es_bfree;
	es->es_sb->s_free_inodes_count = es->es_ifree;
	es->es_sb->s_wtime = now_seconds();
	es->es_sb_dirty = false;
	memcpy((char *)b.b_data + (EXT2_SB_OFFSET & (es->es_bsize - 1)),
	    es->es_sb, sizeof(*es->es_sb));
	if (wait)
		error = buf_write(&b);
	else
		buf_dirty(&b);
	buf_release(&b);
	return error;
}

void
ext2_stop_writing(struct ext2_mount *es)
{
	if (es->es_rdonly)
		return;
	es->es_rdonly = true;
	es->es_mount->mnt_flags |= MNT_RDONLY;
	klog(KLOG_ERR, "ext2: %s is read-only from here on\n",
	    es->es_bdev->bd_name);
}

int
ext2_error(struct ext2_mount *es, const char *fmt, ...)
{
	char text[160];
	va_list ap;

	if (es->es_nerrors++ < ERRORS_PRINTED) {
		va_start(ap, fmt);
		kvsnprintf(text, sizeof(text), fmt, ap);
		va_end(ap);
		klog(KLOG_ERR, "ext2: %s: %s\n", es->es_bdev->bd_name, text);
	}
	if (es->es_rdonly)
		return -EUCLEAN;
	if (es->es_errors == ERRORS_PANIC)
		panic("ext2: %s is broken", es->es_bdev->bd_name);
	if (!(es->es_sb->s_state & EXT2_ERROR_FS)) {
		es->es_sb->s_state |= EXT2_ERROR_FS;
		es->es_sb_dirty = true;
		if (ext2_super_write(es, true) != 0)
			ext2_stop_writing(es);
	}
	if (es->es_errors == ERRORS_RO)
		ext2_stop_writing(es);
	return -EUCLEAN;
}

/* Descriptors that changed go into their buffers. */
static int
groups_store(struct ext2_mount *es)
{
	uint32_t per = es->es_bsize / sizeof(struct ext2_disk_group), g;
	int error = 0;

	mutex_lock(&es->es_lock);
	for (g = 0; error == 0 && g < es->es_ngroups; g++) {
		struct ext2_group *eg = &es->es_groups[g];
		struct ext2_disk_group *d;
		struct buf b;

		if (!eg->eg_dirty)
			continue;
		error = buf_read(es->es_bc, es->es_first_block + 1 + g / per,
		    &b);
		if (error != 0)
			break;
		d = (struct ext2_disk_group *)b.b_data + g % per;
		d->bg_free_blocks_count = eg->eg_bfree;
		d->bg_free_inodes_count = eg->eg_ifree;
		d->bg_used_dirs_count = eg->eg_dirs;
		eg->eg_dirty = false;
		buf_dirty(&b);
		buf_release(&b);
	}
	mutex_unlock(&es->es_lock);
	return error;
}

static int
sync_node(struct vnode *vp, void *arg)
{
	bool wait = *(bool *)arg;

	if (VTOE(vp)->n_dirty == 0)
		return 0;
	/* Its size and times belong to whoever holds the lock. */
	if (wait)
		rwlock_rdlock(&vp->v_lock);
	else if (!rwlock_tryrdlock(&vp->v_lock))
		return 0;
	ext2_iupdate_soon(VTOE(vp));
	rwlock_unlock(&vp->v_lock);
	return 0;
}

int
ext2_sync(struct mount *m, bool wait)
{
	struct ext2_mount *es = MTOE(m);
	int error;

	/* An error may have stopped it with blocks that were changed before. */
	if (es->es_rdonly)
		return wait ? bufcache_sync(es->es_bc) : 0;
	(void)vnode_foreach(m, sync_node, &wait);
	error = groups_store(es);
	if (error == 0 && es->es_sb_dirty)
		error = ext2_super_write(es, false);
	if (error == 0 && wait)
		error = bufcache_sync(es->es_bc);
	if (error == 0 && wait)
		error = bdev_flush(es->es_bdev);
	if (error != 0)
		(void)ext2_error(es, "cannot be written (%d)", error);
	return error;
}

/* May it be written to at all? */
static int
begin_check(const struct ext2_mount *es)
{
	const struct ext2_disk_super *sb = es->es_sb;

	if (es->es_bdev->bd_readonly)
		return -EACCES;
	return sb->s_rev_level > 0 &&
	    (sb->s_feature_ro_compat & ~EXT2_RO_KNOWN) != 0 ? -EROFS : 0;
}

/* From read-only to writing: the mark first. */
static int
begin_writing(struct ext2_mount *es)
{
	struct ext2_disk_super *sb = es->es_sb;
	int error = begin_check(es);

	if (error != 0)
		return error;
	if (!(sb->s_state & EXT2_VALID_FS))
		klog(KLOG_WARNING, "ext2: %s was not unmounted cleanly; run "
		    "e2fsck\n", es->es_bdev->bd_name);
	if (sb->s_state & EXT2_ERROR_FS)
		klog(KLOG_WARNING, "ext2: %s has errors; run e2fsck\n",
		    es->es_bdev->bd_name);
	if ((int16_t)sb->s_max_mnt_count > 0 &&
	    sb->s_mnt_count >= sb->s_max_mnt_count)
		klog(KLOG_NOTICE, "ext2: %s was mounted %u times unchecked\n",
		    es->es_bdev->bd_name, sb->s_mnt_count);
	es->es_rdonly = false;
	es->es_clean = (sb->s_state & EXT2_VALID_FS) != 0;
	sb->s_state &= ~EXT2_VALID_FS;
	sb->s_mnt_count++;
	sb->s_mtime = now_seconds();
	error = ext2_super_write(es, true);
	if (error == 0)
		error = bdev_flush(es->es_bdev);
	if (error != 0)
		es->es_rdonly = true;
	return error;
}

/* Changes that had begun are through when their locks are to be had; then
 * what they wrote goes to the disk. */
static int
node_end(struct vnode *vp, void *arg)
{
	struct ext2_node *n = VTOE(vp);
	int *first = arg, error = 0;

	rwlock_wrlock(&vp->v_lock);
	mutex_lock(&n->n_lock);
	/* In use without a name: it keeps its inode, for e2fsck to free. */
	if (n->n_nlink == 0 && !n->n_gone)
		n->n_fs->es_clean = false;
	mutex_unlock(&n->n_lock);
	rwlock_unlock(&vp->v_lock);
	if (vp->v_type == VREG)
		error = vm_object_sync(&vp->v_object, 0, 0);
	if (*first == 0)
		*first = error;
	return 0;
}

/* The last write: everything else is on the disk. */
static int
end_writing(struct ext2_mount *es)
{
	int error = 0;

	es->es_ending = true;
	(void)vnode_foreach(es->es_mount, node_end, &error);
	if (error == 0)
		error = ext2_sync(es->es_mount, true);
	if (error == 0 && !es->es_rdonly) {
		if (es->es_clean)
			es->es_sb->s_state |= EXT2_VALID_FS;
		error = ext2_super_write(es, true);
		if (error == 0)
			error = bdev_flush(es->es_bdev);
	}
	if (error != 0)
		ext2_stop_writing(es);
	es->es_rdonly = true;
	es->es_ending = false;
	return error;
}

static bool
word_is(const char *p, size_t n, const char *word)
{
	return strlen(word) == n && memcmp(p, word, n) == 0;
}

/* "errors=remount-ro,..."; what is for mount(8) alone is passed over. */
static int
options_parse(struct ext2_mount *es, const char *p)
{
	while (p != NULL && *p != '\0') {
		const char *end = strchr(p, ',');
		size_t n = end != NULL ? (size_t)(end - p) : strlen(p);

		if (word_is(p, n, "errors=continue"))
			es->es_errors = ERRORS_CONTINUE;
		else if (word_is(p, n, "errors=remount-ro"))
			es->es_errors = ERRORS_RO;
		else if (word_is(p, n, "errors=panic"))
			es->es_errors = ERRORS_PANIC;
		else if (n != 0 && !word_is(p, n, "defaults"))
			return -EINVAL;
		p = end != NULL ? end + 1 : NULL;
	}
	return 0;
}

static void
mount_free(struct ext2_mount *es)
{
	if (es->es_bc != NULL)
		bufcache_destroy(es->es_bc);
	kfree(es->es_groups);
	kfree(es->es_sb);
	kfree(es);
}

int
ext2_super_load(struct ext2_mount *es)
{
	struct bdev *bd = es->es_bdev;
	int error;

	if (bd->bd_sectors < 2 * EXT2_SB_OFFSET / SECTOR_SIZE)
		return -EINVAL;
	es->es_sb = kmalloc(sizeof(*es->es_sb), 0);
	if (es->es_sb == NULL)
		return -ENOMEM;
	error = bdev_rw(bd, BIO_READ, EXT2_SB_OFFSET / SECTOR_SIZE, es->es_sb,
	    sizeof(*es->es_sb));
	return error != 0 ? error : ext2_super_check(es, bd->bd_sectors);
}

/* Everything but the root directory. */
static int
mount_load(struct ext2_mount *es, const char *data)
{
	struct bdev *bd = es->es_bdev;
	int error = ext2_super_load(es);

	if (error != 0)
		return error;
	es->es_errors = es->es_sb->s_errors;
	if (es->es_errors < ERRORS_CONTINUE || es->es_errors > ERRORS_PANIC)
		es->es_errors = ERRORS_CONTINUE;
	error = options_parse(es, data);
	if (error == 0)
		error = bufcache_create(bd, es->es_bsize, &es->es_bc);
	if (error == 0)
		error = ext2_groups_load(es);
	return error;
}

/* The root, and only then the right to write. */
static int
mount_root(struct ext2_mount *es, bool rdonly)
{
	struct mount *m = es->es_mount;
	int error = ext2_vget(es, EXT2_ROOT_INO, &m->mnt_root);

	if (error != 0)
		return error;
	if (m->mnt_root->v_type != VDIR)
		error = ext2_error(es, "the root is no directory");
	if (error == 0 && !rdonly) {
		error = begin_writing(es);
		if (error == -EROFS)
			error = 0; /* said why when it was looked at */
	}
	if (error != 0) {
		vnode_unref(m->mnt_root);
		if (vnode_flush_mount(m) != 0)
			panic("ext2: the root is in use before its mount");
	}
	return error;
}

static int
ext2_mount(struct mount *m, const char *source, const char *data)
{
	struct bdev *bd = bdev_find(source);
	struct ext2_mount *es;
	bool rdonly = (m->mnt_flags & MNT_RDONLY) != 0;
	int error;

	if (bd == NULL)
		return -ENXIO;
	es = kzalloc(sizeof(*es));
	if (es == NULL)
		return -ENOMEM;
	error = bufcache_claim(bd);
	if (error != 0) {
		mount_free(es);
		return error;
	}
	mutex_init(&es->es_lock, LR_FSALLOC, "ext2");
	es->es_mount = m;
	es->es_bdev = bd;
	es->es_rdonly = true;
	m->mnt_data = es;
	m->mnt_bdev = bd;
	m->mnt_dev = bd->bd_dev;
	error = mount_load(es, data);
	if (error == 0)
		error = mount_root(es, rdonly);
	if (error != 0) {
		mount_free(es);
		bufcache_unclaim(bd);
		return error;
	}
	if (es->es_rdonly)
		m->mnt_flags |= MNT_RDONLY;
	return 0;
}

static int
ext2_unmount(struct mount *m)
{
	struct ext2_mount *es = MTOE(m);
	struct bdev *bd = es->es_bdev;
	int error = es->es_rdonly ? 0 : end_writing(es);

	mount_free(es);
	bufcache_unclaim(bd);
	m->mnt_data = NULL;
	return error;
}

static int
ext2_remount(struct mount *m, unsigned flags, const char *data)
{
	struct ext2_mount *es = MTOE(m);
	int error = options_parse(es, data);

	if (error != 0)
		return error;
	if ((flags & MNT_RDONLY) && !es->es_rdonly)
		return end_writing(es);
	if (!(flags & MNT_RDONLY) && es->es_rdonly) {
		error = begin_check(es);
		if (error == 0)
			error = ext2_reload(es);
		return error != 0 ? error : begin_writing(es);
	}
	return 0;
}

static int
ext2_statfs(struct mount *m, struct statfs_info *sf)
{
	struct ext2_mount *es = MTOE(m);
	uint64_t own = 0, reserved, id[2];
	uint32_t g;

	for (g = 0; g < es->es_ngroups; g++)
		own += 2 + es->es_itable_blocks +
		    (es->es_groups[g].eg_has_super ? es->es_super_blocks : 0);
	mutex_lock(&es->es_lock);
	reserved = es->es_sb->s_r_blocks_count;
	sf->sf_type = EXT2_MAGIC;
	sf->sf_bsize = es->es_bsize;
	sf->sf_blocks = es->es_nblocks - es->es_first_block - own;
	sf->sf_bfree = es->es_bfree;
	sf->sf_bavail = es->es_bfree > reserved ? es->es_bfree - reserved : 0;
	sf->sf_files = es->es_ninodes;
	sf->sf_ffree = es->es_ifree;
	memcpy(id, es->es_sb->s_uuid, sizeof(id));
	mutex_unlock(&es->es_lock);
	sf->sf_fsid = id[0] ^ id[1];
	sf->sf_namelen = EXT2_NAME_MAX;
	return 0;
}

const struct vfsops ext2_vfsops = {
	.vo_name = "ext2",
	.vo_mount = ext2_mount,
	.vo_unmount = ext2_unmount,
	.vo_remount = ext2_remount,
	.vo_statfs = ext2_statfs,
	.vo_sync = ext2_sync,
};

static void
ext2_init(void)
{
	vfs_register(&ext2_vfsops);
}
INIT(INIT_SUBSYS, 50, ext2_init);
