/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/tmpfs.c: files in memory: mounting, options, accounting, and the
 * life of nodes.
 *
 * A file's pages are those of a memory-only vm_object. How many a mount may
 * have is checked by writes and fallocate(2) before they make any; pages that
 * faults on a shared mapping make in holes are counted when the file is next
 * written, truncated or looked at with statfs(2).
 */
#include "fs/tmpfs.h"

#include "base/clock.h"
#include "base/init.h"
#include "base/kprintf.h"
#include "base/page.h"
#include "base/panic.h"
#include "base/slab.h"
#include "base/string.h"

#include "fs/vfs_internal.h"

#include <abi/errno.h>

#define TMPFS_MAGIC 0x01021994u

static struct kmem_cache *node_cache;

/* --- accounting --------------------------------------------------------- */

int
tmpfs_reserve(struct tmpmount *tm, uint64_t n)
{
	int error = -ENOSPC;

	mutex_lock(&tm->tm_lock);
	if (tm->tm_pages <= tm->tm_max_pages &&
	    n <= tm->tm_max_pages - tm->tm_pages) {
		tm->tm_pages += n;
		error = 0;
	}
	mutex_unlock(&tm->tm_lock);
	return error;
}

void
tmpfs_charge(struct tmpnode *tn, uint64_t reserved)
{
	struct tmpmount *tm = tmpmount_of(tn);
	uint64_t now;

	mutex_lock(&tm->tm_lock);
	now = atomic_load_relaxed(&tn->tn_vnode.v_object.vo_npages);
	tm->tm_pages += now - tn->tn_charged - reserved;
	tn->tn_charged = now;
	mutex_unlock(&tm->tm_lock);
}

static int
name_charge(struct tmpmount *tm, ino_t *ino)
{
	int error = -ENOSPC;

	mutex_lock(&tm->tm_lock);
	if (tm->tm_nodes < tm->tm_max_nodes) {
		tm->tm_nodes++;
		if (ino != NULL)
			*ino = tm->tm_next_ino++;
		error = 0;
	}
	mutex_unlock(&tm->tm_lock);
	return error;
}

int
tmpfs_name_add(struct tmpmount *tm)
{
	return name_charge(tm, NULL);
}

void
tmpfs_name_del(struct tmpmount *tm)
{
	mutex_lock(&tm->tm_lock);
	tm->tm_nodes--;
	mutex_unlock(&tm->tm_lock);
}

/* --- nodes -------------------------------------------------------------- */

static const struct vnodeops *
ops_of_type(enum vtype type)
{
	switch (type) {
	case VDIR:
		return &tmpfs_dir_ops;
	case VREG:
		return &tmpfs_file_ops;
	case VLNK:
		return &tmpfs_link_ops;
	default:
		return &tmpfs_node_ops;
	}
}

int
tmpnode_create(struct mount *m, const struct vattr *va, struct tmpnode **out)
{
	struct tmpmount *tm = m->mnt_data;
	struct tmpnode *tn;
	ino_t ino = 0;
	int error = name_charge(tm, &ino);

	if (error != 0)
		return error;
	tn = kmem_cache_alloc(node_cache, KM_ZERO);
	if (tn == NULL) {
		tmpfs_name_del(tm);
		return -ENOMEM;
	}
	tn->tn_mode = va->va_mode & 07777;
	tn->tn_uid = va->va_uid;
	tn->tn_gid = va->va_gid;
	tn->tn_nlink = va->va_type == VDIR ? 2 : 1;
	tn->tn_atime = tn->tn_mtime = tn->tn_ctime = tn->tn_btime =
	    clock_real();
	tn->tn_next_place = 2;
	rb_init(&tn->tn_names);
	rb_init(&tn->tn_places);
	list_init(&tn->tn_doomed);
	vnode_init(&tn->tn_vnode, m, va->va_type, ops_of_type(va->va_type),
	    ino);
	tn->tn_vnode.v_data = tn;
	if (va->va_type == VCHR || va->va_type == VBLK)
		tn->tn_vnode.v_rdev = va->va_rdev;
	vm_object_init(&tn->tn_vnode.v_object, NULL, &tn->tn_vnode, 0);
	*out = tn;
	return 0;
}

/* Only the mount itself keeps the root in use to the end. */
void
tmpfs_inactive(struct vnode *vp)
{
	if (vp->v_flags & VNF_ROOT)
		tmpfs_dir_doom(tmpnode_of(vp));
}

void
tmpfs_reclaim(struct vnode *vp)
{
	struct tmpnode *tn = tmpnode_of(vp);

	KASSERT(tn->tn_entries == 0);
	vm_object_destroy(&vp->v_object);
	tmpfs_charge(tn, 0);
	tmpfs_name_del(tmpmount_of(tn));
	kfree(tn->tn_target);
	kmem_cache_free(node_cache, tn);
}

/* --- mounting ----------------------------------------------------------- */

struct tmpopts {
	uint64_t to_pages, to_nodes;
	mode_t to_mode;
	uid_t to_uid;
	gid_t to_gid;
	bool to_sized; /* size= was given */
};

/* "64m", "4096", "50%" (of memory) as bytes. */
static int
parse_size(const char *s, size_t len, uint64_t *out)
{
	static const char units[] = "kmgt";
	struct page_stats ps;
	const char *end, *unit;
	uint64_t n;
	int error = str_to_u64(s, &end, 0, &n);

	if (error != 0)
		return -EINVAL;
	if (end == s + len) {
		*out = n;
		return 0;
	}
	if (end + 1 != s + len)
		return -EINVAL;
	if (*end == '%') {
		page_stats_get(&ps);
		if (n > 1000)
			return -EINVAL;
		*out = (ps.ps_total * n / 100) << PAGE_SHIFT;
		return 0;
	}
	unit = strchr(units, *end | 0x20);
	if (unit == NULL || *unit == '\0')
		return -EINVAL;
	if (__builtin_mul_overflow(n,
		UINT64_C(1024) << (10 * (unit - units)), out))
		return -EINVAL;
	return 0;
}

static bool
opt_is(const char *s, size_t len, const char *name, const char **value)
{
	size_t n = strlen(name);

	if (len < n || memcmp(s, name, n) != 0)
		return false;
	*value = s + n;
	return name[n - 1] == '=' || len == n;
}

static int
parse_id(const char *s, size_t len, unsigned base, uint32_t *out)
{
	const char *end;
	uint64_t n;

	if (str_to_u64(s, &end, base, &n) != 0 || end != s + len ||
	    n > UINT32_MAX)
		return -EINVAL;
	*out = (uint32_t)n;
	return 0;
}

static int
parse_option(const char *s, size_t len, struct tmpopts *to)
{
	const char *v;
	uint64_t n;
	int error;

#define OPT(name) opt_is(s, len, name, &v)
#define VLEN (len - (size_t)(v - s))
	if (OPT("size=") || OPT("nr_blocks=")) {
		error = parse_size(v, VLEN, &n);
		if (error == 0) {
			n = s[0] == 's' ? howmany(n, PAGE_SIZE) : n;
			to->to_pages = n == 0 ? UINT64_MAX : n;
			to->to_sized = true;
		}
		return error;
	}
	if (OPT("nr_inodes=")) {
		error = parse_size(v, VLEN, &n);
		if (error == 0)
			to->to_nodes = n == 0 ? UINT64_MAX : n;
		return error;
	}
	if (OPT("mode=")) {
		error = parse_id(v, VLEN, 8, &to->to_mode);
		to->to_mode &= 07777;
		return error;
	}
	if (OPT("uid="))
		return parse_id(v, VLEN, 10, &to->to_uid);
	if (OPT("gid="))
		return parse_id(v, VLEN, 10, &to->to_gid);
	/* There is no swap, and inode numbers have 64 bits. */
	if (OPT("noswap") || OPT("inode64") || len == 0)
		return 0;
	return -EINVAL;
#undef OPT
#undef VLEN
}

static int
parse_options(const char *data, struct tmpopts *to)
{
	int error = 0;

	while (data != NULL && *data != '\0' && error == 0) {
		const char *comma = strchr(data, ',');
		size_t len = comma != NULL ? (size_t)(comma - data)
					   : strlen(data);

		error = parse_option(data, len, to);
		data += len + (comma != NULL);
	}
	return error;
}

/* The words /proc/mounts shows; *out is NULL if all is as usual. */
static int
format_options(const struct tmpopts *to, char **out)
{
	char text[64], mode[16] = "";

	if (to->to_mode != 01777)
		ksnprintf(mode, sizeof(mode), "mode=%o", to->to_mode);
	if (to->to_sized && to->to_pages != UINT64_MAX)
		ksnprintf(text, sizeof(text), "size=%lluk%s%s",
		    (unsigned long long)(to->to_pages * (PAGE_SIZE / 1024)),
		    mode[0] != '\0' ? "," : "", mode);
	else
		memcpy(text, mode, sizeof(mode));
	*out = text[0] != '\0' ? kstrdup(text) : NULL;
	return *out != NULL || text[0] == '\0' ? 0 : -ENOMEM;
}

static void
options_default(struct tmpopts *to, mode_t mode)
{
	struct page_stats ps;

	page_stats_get(&ps);
	memset(to, 0, sizeof(*to));
	to->to_pages = to->to_nodes = MAX(ps.ps_total / 2, 16);
	to->to_mode = mode;
}

int
tmpfs_start(struct mount *m, const char *data, mode_t mode)
{
	struct vattr va = { .va_type = VDIR };
	struct tmpnode *root;
	struct tmpmount *tm;
	struct tmpopts to;
	int error;

	options_default(&to, mode);
	error = parse_options(data, &to);
	if (error != 0)
		return error;
	tm = kzalloc(sizeof(*tm));
	if (tm == NULL)
		return -ENOMEM;
	mutex_init(&tm->tm_lock, LR_FSALLOC, "tmpfs");
	tm->tm_max_pages = to.to_pages;
	tm->tm_max_nodes = to.to_nodes;
	tm->tm_next_ino = 1;
	m->mnt_data = tm;
	error = format_options(&to, &m->mnt_options);
	va.va_mode = to.to_mode;
	va.va_uid = to.to_uid;
	va.va_gid = to.to_gid;
	if (error == 0)
		error = tmpnode_create(m, &va, &root);
	if (error != 0) {
		kfree(tm);
		m->mnt_data = NULL;
		return error;
	}
	root->tn_parent = root;
	m->mnt_root = &root->tn_vnode;
	return 0;
}

static int
tmpfs_mount(struct mount *m, const char *source, const char *data)
{
	return tmpfs_start(m, data, 01777);
}

int
tmpfs_unmount(struct mount *m)
{
	struct tmpmount *tm = m->mnt_data;

	KASSERT(tm->tm_nodes == 0 && tm->tm_pages == 0);
	kfree(tm);
	return 0;
}

int
tmpfs_remount(struct mount *m, unsigned flags, const char *data)
{
	struct tmpmount *tm = m->mnt_data;
	struct tmpnode *root = tmpnode_of(m->mnt_root);
	struct tmpopts to = { .to_pages = tm->tm_max_pages,
		.to_nodes = tm->tm_max_nodes, .to_mode = root->tn_mode };
	char *text, *old = NULL;
	int error = parse_options(data, &to);

	if (error != 0)
		return error;
	error = format_options(&to, &text);
	if (error != 0)
		return error;
	mutex_lock(&tm->tm_lock);
	if (to.to_pages < tm->tm_pages || to.to_nodes < tm->tm_nodes) {
		error = -EINVAL;
	} else {
		tm->tm_max_pages = to.to_pages;
		tm->tm_max_nodes = to.to_nodes;
		if (to.to_sized) {
			old = m->mnt_options;
			m->mnt_options = text;
			text = NULL;
		}
	}
	mutex_unlock(&tm->tm_lock);
	kfree(text);
	kfree(old);
	return error;
}

static int
charge_vnode(struct vnode *vp, void *arg)
{
	if (vp->v_type == VREG)
		tmpfs_charge(tmpnode_of(vp), 0);
	return 0;
}

int
tmpfs_statfs(struct mount *m, struct statfs_info *sf)
{
	struct tmpmount *tm = m->mnt_data;
	uint64_t max, used;

	(void)vnode_foreach(m, charge_vnode, NULL);
	mutex_lock(&tm->tm_lock);
	max = tm->tm_max_pages == UINT64_MAX ? 0 : tm->tm_max_pages;
	used = MIN(tm->tm_pages, max);
	if (tm->tm_max_nodes != UINT64_MAX) {
		sf->sf_files = tm->tm_max_nodes;
		sf->sf_ffree = tm->tm_max_nodes - tm->tm_nodes;
	}
	mutex_unlock(&tm->tm_lock);
	sf->sf_type = TMPFS_MAGIC;
	sf->sf_bsize = PAGE_SIZE;
	sf->sf_blocks = max;
	sf->sf_bfree = sf->sf_bavail = max - used;
	sf->sf_fsid = m->mnt_dev;
	sf->sf_namelen = NAME_MAX;
	return 0;
}

static const struct vfsops tmpfs_vfsops = {
	.vo_name = "tmpfs",
	.vo_nodev = true,
	.vo_mount = tmpfs_mount,
	.vo_unmount = tmpfs_unmount,
	.vo_remount = tmpfs_remount,
	.vo_statfs = tmpfs_statfs,
};

static void
tmpfs_init(void)
{
	node_cache = kmem_cache_create("tmpfs_node", sizeof(struct tmpnode),
	    8);
	KASSERT(node_cache != NULL);
	vfs_register(&tmpfs_vfsops);
}
INIT(INIT_SUBSYS, 40, tmpfs_init);
