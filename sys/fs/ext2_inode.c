/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/ext2_inode.c: inodes between the table on the disk and vnodes.
 *
 * An inode in memory is written to its place in the table (a buffer) when
 * something needs it there: fsync, sync, the syncer, the end of its use.
 * n_dirty says that it differs.
 */
#include "fs/ext2.h"

#include "base/clock.h"
#include "base/kprintf.h"
#include "base/random.h"
#include "base/slab.h"
#include "base/string.h"

#define TIME_EXTRA(off) /* does i_extra_isize cover a field? */              \
	(offsetof(struct ext2_disk_inode, off) + 4 - EXT2_OLD_INODE_SIZE)

nsec_t
ext2_time(struct ext2_mount *es, nsec_t t)
{
	nsec_t sec = t / NSEC_PER_SEC, ns = t % NSEC_PER_SEC;
	nsec_t last = es->es_nsec ? INT64_C(0x37fffffff) : INT32_MAX;

	if (ns < 0) {
		sec--;
		ns += NSEC_PER_SEC;
	}
	/* Times that have no form on the disk become the nearest that has. */
	last = MIN(last, INT64_MAX / NSEC_PER_SEC - 1);
	if (sec < INT32_MIN || sec > last)
		return (sec < 0 ? INT32_MIN : last) * NSEC_PER_SEC;
	return sec * NSEC_PER_SEC + (es->es_nsec ? ns : 0);
}

nsec_t
ext2_now(struct ext2_mount *es)
{
	return ext2_time(es, clock_real());
}

/* Low 32 bits of the seconds; two more and the nanoseconds in extra. */
static nsec_t
time_decode(uint32_t sec, uint32_t extra)
{
	nsec_t s = (int32_t)sec + ((nsec_t)(extra & 3) << 32);
	nsec_t ns = extra >> 2;

	if (s > INT64_MAX / NSEC_PER_SEC - 1)
		s = INT64_MAX / NSEC_PER_SEC - 1;
	return s * NSEC_PER_SEC + (ns < NSEC_PER_SEC ? ns : 0);
}

static uint32_t
time_encode(nsec_t t, uint32_t *extra)
{
	nsec_t sec = t / NSEC_PER_SEC, ns = t % NSEC_PER_SEC;

	if (ns < 0) {
		sec--;
		ns += NSEC_PER_SEC;
	}
	*extra = (uint32_t)(((sec - (int32_t)sec) >> 32) & 3) |
	    (uint32_t)(ns << 2);
	return sec;
}

/* Where an inode stands in the table. */
static int
inode_buf(struct ext2_mount *es, uint32_t ino, struct buf *b,
    struct ext2_disk_inode **di)
{
	uint32_t g = (ino - 1) / es->es_ipg, at = (ino - 1) % es->es_ipg;
	uint32_t off = at * es->es_isize;
	int error;

	error = buf_read(es->es_bc,
	    es->es_groups[g].eg_itable + (off >> es->es_bshift), b);
	if (error == 0)
		*di = (struct ext2_disk_inode *)((char *)b->b_data +
		    (off & (es->es_bsize - 1)));
	return error;
}

static void
times_load(struct ext2_node *n, const struct ext2_disk_inode *di)
{
	bool big = n->n_fs->es_nsec;

	n->n_extra = big ? di->i_extra_isize : 0;
	if (n->n_extra > n->n_fs->es_isize - EXT2_OLD_INODE_SIZE)
		n->n_extra = 0;
	big = n->n_extra >= TIME_EXTRA(i_atime_extra);
	n->n_atime = time_decode(di->i_atime, big ? di->i_atime_extra : 0);
	n->n_mtime = time_decode(di->i_mtime, big ? di->i_mtime_extra : 0);
	n->n_ctime = time_decode(di->i_ctime, big ? di->i_ctime_extra : 0);
	big = n->n_extra >= TIME_EXTRA(i_crtime_extra);
	n->n_btime = big ? time_decode(di->i_crtime, di->i_crtime_extra) : -1;
}

/* -EUCLEAN if it cannot be what it says. */
static int
inode_load(struct ext2_node *n, uint32_t ino, const struct ext2_disk_inode *di)
{
	struct ext2_mount *es = n->n_fs;
	enum vtype type = vtype_of_mode(di->i_mode & 0170000);

	if (di->i_links_count == 0 || type == VNON)
		return ext2_error(es, "inode %u is not in use (mode 0%o)", ino,
		    di->i_mode);
	n->n_mode = di->i_mode & 07777;
	n->n_uid = di->i_uid | (uint32_t)di->i_uid_high << 16;
	n->n_gid = di->i_gid | (uint32_t)di->i_gid_high << 16;
	n->n_nlink = di->i_links_count;
	n->n_flags = di->i_flags;
	n->n_generation = di->i_generation;
	n->n_file_acl = di->i_file_acl;
	n->n_blocks = di->i_blocks;
	n->n_size = di->i_size;
	if (type == VREG)
		n->n_size |= (uint64_t)di->i_size_high << 32;
	memcpy(n->n_block, di->i_block, sizeof(n->n_block));
	times_load(n, di);
	if (type == VREG && n->n_size > es->es_max_size)
		return ext2_error(es, "inode %u is too large", ino);
	if (type == VLNK && (n->n_size == 0 || n->n_size >= es->es_bsize))
		return ext2_error(es, "link %u has a size of %llu", ino,
		    (unsigned long long)n->n_size);
	if (type == VDIR && (n->n_size == 0 ||
	    n->n_size % es->es_bsize != 0 ||
	    n->n_size >> es->es_bshift > es->es_nblocks))
		return ext2_error(es, "directory %u has a size of %llu", ino,
		    (unsigned long long)n->n_size);
	return 0;
}

static void
node_init(struct ext2_node *n, uint32_t ino, enum vtype type)
{
	vnode_init(&n->n_vnode, n->n_fs->es_mount, type, &ext2_vnodeops, ino);
	vm_object_init(&n->n_vnode.v_object,
	    type == VREG ? &ext2_object_ops : NULL, n, n->n_size);
}

static struct ext2_node *
node_alloc(struct ext2_mount *es)
{
	struct ext2_node *n = kzalloc(sizeof(*n));

	if (n != NULL) {
		n->n_fs = es;
		mutex_init(&n->n_lock, LR_FSINODE, "ext2 inode");
	}
	return n;
}

/* Linux's device numbers: the old 16-bit form, or the new one in [1]. */
static dev_t
rdev_load(const struct ext2_node *n)
{
	uint32_t old = n->n_block[0], new = n->n_block[1];

	if (old != 0)
		return makedev((old >> 8) & 0xff, old & 0xff);
	return makedev((new >> 8) & 0xfff,
	    (new & 0xff) | ((new >> 12) & 0xfff00));
}

static void
rdev_store(struct ext2_node *n, dev_t dev)
{
	unsigned ma = dev_major(dev), mi = dev_minor(dev);

	if (ma < 256 && mi < 256)
		n->n_block[0] = ma << 8 | mi;
	else
		n->n_block[1] = (mi & 0xff) | ma << 8 | (mi & 0xfff00) << 12;
}

int
ext2_vget(struct ext2_mount *es, uint32_t ino, struct vnode **vpp)
{
	struct ext2_disk_inode *di;
	struct ext2_node *n;
	struct vnode *vp;
	enum vtype type;
	struct buf b;
	int error;

	if (!ext2_ino_ok(es, ino))
		return ext2_error(es, "inode number %u", ino);
	vp = vnode_hash_find(es->es_mount, ino);
	if (vp != NULL) {
		*vpp = vp;
		return 0;
	}
	n = node_alloc(es);
	if (n == NULL)
		return -ENOMEM;
	error = inode_buf(es, ino, &b, &di);
	if (error == 0) {
		type = vtype_of_mode(di->i_mode & 0170000);
		error = inode_load(n, ino, di);
		buf_release(&b);
	}
	if (error != 0) {
		kfree(n);
		return error;
	}
	node_init(n, ino, type);
	if (type == VCHR || type == VBLK)
		n->n_vnode.v_rdev = rdev_load(n);
	vp = vnode_hash_insert(&n->n_vnode);
	if (vp != &n->n_vnode)
		vnode_unref(&n->n_vnode);
	*vpp = vp;
	return 0;
}

int
ext2_inode_reload(struct ext2_node *n)
{
	struct ext2_mount *es = n->n_fs;
	struct vnode *vp = &n->n_vnode;
	struct ext2_disk_inode *di;
	struct buf b;
	int error = inode_buf(es, vp->v_ino, &b, &di);

	if (error != 0)
		return error;
	if (di->i_links_count == 0 || di->i_generation != n->n_generation ||
	    vtype_of_mode(di->i_mode & 0170000) != vp->v_type) {
		klog(KLOG_ERR, "ext2: %s: inode %llu is in use and was "
		    "changed\n", es->es_bdev->bd_name,
		    (unsigned long long)vp->v_ino);
		error = -EBUSY;
	} else {
		mutex_lock(&n->n_lock);
		error = inode_load(n, vp->v_ino, di);
		n->n_pre_count = 0; /* not in the bitmaps that count now */
		n->n_dir_room = 0;
		n->n_dirty = 0;
		mutex_unlock(&n->n_lock);
	}
	buf_release(&b);
	return error;
}

static void
inode_store(const struct ext2_node *n, struct ext2_disk_inode *di)
{
	uint32_t extra[4];

	di->i_mode = n->n_mode | mode_of_vtype(n->n_vnode.v_type);
	di->i_uid = n->n_uid;
	di->i_uid_high = n->n_uid >> 16;
	di->i_gid = n->n_gid;
	di->i_gid_high = n->n_gid >> 16;
	di->i_links_count = n->n_nlink;
	di->i_flags = n->n_flags;
	di->i_generation = n->n_generation;
	di->i_file_acl = n->n_file_acl;
	di->i_blocks = n->n_blocks;
	di->i_size = n->n_size;
	if (n->n_vnode.v_type == VREG)
		di->i_size_high = n->n_size >> 32;
	di->i_dtime = n->n_dtime;
	memcpy(di->i_block, n->n_block, sizeof(di->i_block));
	di->i_atime = time_encode(n->n_atime, &extra[0]);
	di->i_mtime = time_encode(n->n_mtime, &extra[1]);
	di->i_ctime = time_encode(n->n_ctime, &extra[2]);
	if (n->n_extra == 0)
		return;
	di->i_extra_isize = n->n_extra;
	if (n->n_extra >= TIME_EXTRA(i_atime_extra)) {
		di->i_atime_extra = extra[0];
		di->i_mtime_extra = extra[1];
		di->i_ctime_extra = extra[2];
	}
	if (n->n_extra >= TIME_EXTRA(i_crtime_extra) && n->n_btime != -1) {
		di->i_crtime = time_encode(n->n_btime, &extra[3]);
		di->i_crtime_extra = extra[3];
	}
}

int
ext2_iupdate(struct ext2_node *n, bool wait)
{
	struct ext2_mount *es = n->n_fs;
	struct ext2_disk_inode *di;
	struct buf b;
	int error;

	if (es->es_rdonly)
		return -EROFS;
	error = inode_buf(es, n->n_vnode.v_ino, &b, &di);
	if (error != 0)
		return error;
	/* Who finds n_dirty 0 under the lock, fsync(2) for one, knows that the
	 * buffer is dirty or written. */
	mutex_lock(&n->n_lock);
	if (wait || atomic_load_relaxed(&n->n_dirty) != 0) {
		atomic_store(&n->n_dirty, 0);
		inode_store(n, di);
		buf_dirty(&b);
	}
	mutex_unlock(&n->n_lock);
	if (wait)
		error = buf_write(&b);
	buf_release(&b);
	if (error != 0)
		(void)ext2_error(es, "inode %llu cannot be written",
		    (unsigned long long)n->n_vnode.v_ino);
	return error;
}

void
ext2_iupdate_soon(struct ext2_node *n)
{
	if (ext2_iupdate(n, false) != 0)
		atomic_store(&n->n_dirty, 1);
}

/* The table may hold what an earlier file left in fields we do not keep. */
static int
inode_wipe(struct ext2_mount *es, uint32_t ino)
{
	struct ext2_disk_inode *di;
	struct buf b;
	int error = inode_buf(es, ino, &b, &di);

	if (error != 0)
		return error;
	memset(di, 0, es->es_isize);
	buf_dirty(&b);
	buf_release(&b);
	return 0;
}

int
ext2_inode_new(struct ext2_node *dir, const struct vattr *va,
    struct vnode **vpp)
{
	struct ext2_mount *es = dir->n_fs;
	struct ext2_node *n = node_alloc(es);
	uint32_t ino;
	int error;

	if (n == NULL)
		return -ENOMEM;
	error = ext2_ialloc(dir, va->va_type, &ino);
	if (error == 0) {
		error = inode_wipe(es, ino);
		if (error != 0)
			ext2_ifree(es, ino, va->va_type == VDIR);
	}
	if (error != 0) {
		kfree(n);
		return error;
	}
	n->n_mode = va->va_mode & 07777;
	n->n_uid = va->va_uid;
	n->n_gid = va->va_gid;
	n->n_nlink = 1;
	n->n_flags = dir->n_flags & EXT2_FL_INHERITED;
	n->n_generation = (uint32_t)random_u64();
	n->n_atime = n->n_mtime = n->n_ctime = n->n_btime = ext2_now(es);
	n->n_extra = es->es_nsec ? sizeof(struct ext2_disk_inode) -
	    EXT2_OLD_INODE_SIZE : 0;
	n->n_dirty = 1;
	node_init(n, ino, va->va_type);
	if (va->va_type == VCHR || va->va_type == VBLK) {
		rdev_store(n, va->va_rdev);
		n->n_vnode.v_rdev = va->va_rdev;
	}
	*vpp = vnode_hash_insert(&n->n_vnode);
	if (*vpp != &n->n_vnode) {
		/* A free inode is in use: the bitmap lied. */
		vnode_unref(*vpp);
		n->n_gone = true;
		vnode_unref(&n->n_vnode);
		return ext2_error(es, "inode %u is in use", ino);
	}
	ext2_iupdate_soon(n);
	return 0;
}
