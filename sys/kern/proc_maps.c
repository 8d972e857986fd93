/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/proc_maps.c: the address space of a process as files: maps, smaps,
 * mem, cmdline and environ.
 *
 * Locks: vs_lock shared while areas are walked; pages are counted from the
 * page tables, for nobody keeps the counts.
 */
#include "base/page.h"
#include "base/slab.h"
#include "base/string.h"

#include <abi/errno.h>

#include "fs/vfs_internal.h"
#include "kern/proc_fs.h"

#define NAME_COLUMN 73
#define MEM_CHUNK   4096u

static struct vmspace *
key_vm(const struct prockey *key, int *error)
{
	struct proc *p = procfs_proc(key);
	struct vmspace *vs;

	*error = -ESRCH;
	if (p == NULL)
		return NULL;
	vs = procfs_vm(p);
	proc_unref(p);
	*error = 0;
	return vs;
}

/* --- counting pages ----------------------------------------------------- */

struct page_count {
	uint64_t pc_rss, pc_pss, pc_anon;
	uint64_t pc_shared_clean, pc_shared_dirty;
	uint64_t pc_private_clean, pc_private_dirty, pc_referenced;
};

static void
count_page(struct page_count *pc, const struct page *pg, unsigned bits)
{
	uint32_t mapped = atomic_load_relaxed(&pg->pg_mapped);
	/* Pages of objects count their mappings; others' references are. */
	uint32_t users = mapped != 0 ? mapped :
	    atomic_load_relaxed(&pg->pg_ref);
	bool dirty = mapped == 0 || (bits & PMAP_DIRTY) ||
	    (atomic_load_relaxed(&pg->pg_flags) & PG_DIRTY);

	pc->pc_rss++;
	pc->pc_pss += PAGE_SIZE / MAX(users, 1u);
	if (mapped == 0)
		pc->pc_anon++;
	if (bits & PMAP_ACCESSED)
		pc->pc_referenced++;
	if (users > 1)
		*(dirty ? &pc->pc_shared_dirty : &pc->pc_shared_clean) += 1;
	else
		*(dirty ? &pc->pc_private_dirty : &pc->pc_private_clean) += 1;
}

/* vs_lock held shared. */
static void
count_area(struct page_count *pc, const struct vm_area *a)
{
	struct pmap *pm = &a->va_vs->vs_pmap;
	unsigned bits;
	vaddr_t va;
	paddr_t pa;

	memset(pc, 0, sizeof(*pc));
	if (a->va_flags & VA_PHYS)
		return;
	for (va = a->va_start; va < a->va_end; va += PAGE_SIZE) {
		bits = pmap_query(pm, va, &pa);
		if (bits != 0 && page_is_ram(pa))
			count_page(pc, phys_to_page(pa), bits);
		sched_point();
	}
}

void
proc_rss_count(struct vmspace *vs, struct proc_rss *rss)
{
	struct page_count pc;
	struct vm_area *a;
	uint64_t all;

	memset(rss, 0, sizeof(*rss));
	rwlock_rdlock(&vs->vs_lock);
	for (a = vm_area_first(vs); a != NULL; a = vm_area_next(a)) {
		/* Private memory without a file needs no look: the rest. */
		if (a->va_object == NULL)
			continue;
		count_area(&pc, a);
		if (a->va_object->vo_ops == NULL)
			rss->pr_shmem += pc.pc_rss - pc.pc_anon;
		else
			rss->pr_file += pc.pc_rss - pc.pc_anon;
	}
	rwlock_unlock(&vs->vs_lock);
	all = atomic_load_relaxed(&vs->vs_pmap.pm_resident);
	rss->pr_anon = all - MIN(all, rss->pr_file + rss->pr_shmem);
}

/* --- maps and smaps ----------------------------------------------------- */

/* Backslashes and line ends would break the lines. */
static void
put_name(struct proctext *pt, const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == '\n')
			proc_puts(pt, "\\012");
		else
			proc_write(pt, s, 1);
	}
}

static const char *
area_name(const struct vm_area *a, const struct path *root, char *buf)
{
	struct file *fp = a->va_file;
	struct path p;

	if (fp == NULL)
		return a->va_name;
	p.p_mount = fp->f_path.ps_mount;
	p.p_dentry = fp->f_path.ps_dentry;
	if (fp->f_ops->fo_describe != NULL)
		fp->f_ops->fo_describe(fp, buf, PATH_MAX);
	else if (p.p_dentry == NULL ||
	    path_format(&p, root, buf, PATH_MAX, true) < 0)
		return NULL;
	return buf;
}

static void
put_area(struct proctext *pt, const struct vm_area *a, const char *name)
{
	struct file *fp = a->va_file;
	struct vattr va = { .va_ino = 0 };
	size_t start = pt->pt_len;
	uint64_t off = a->va_object != NULL ? a->va_offset : 0;

	if (fp != NULL && fp->f_vnode != NULL) {
		va.va_ino = fp->f_vnode->v_ino;
		va.va_dev = fp->f_vnode->v_mount != NULL ?
		    fp->f_vnode->v_mount->mnt_dev : 0;
	}
	proc_printf(pt, "%08llx-%08llx %c%c%c%c %08llx %02x:%02x %llu ",
	    (unsigned long long)a->va_start, (unsigned long long)a->va_end,
	    (a->va_prot & PROT_READ) ? 'r' : '-',
	    (a->va_prot & PROT_WRITE) ? 'w' : '-',
	    (a->va_prot & PROT_EXEC) ? 'x' : '-',
	    (a->va_flags & VA_SHARED) ? 's' : 'p', (unsigned long long)off,
	    dev_major(va.va_dev), dev_minor(va.va_dev),
	    (unsigned long long)va.va_ino);
	if (name != NULL) {
		while (pt->pt_error == 0 && pt->pt_len - start < NAME_COLUMN)
			proc_puts(pt, " ");
		put_name(pt, name);
	}
	proc_puts(pt, "\n");
}

static void
put_kib(struct proctext *pt, const char *name, uint64_t pages)
{
	proc_printf(pt, "%-16s%8llu kB\n", name,
	    (unsigned long long)(pages * (PAGE_SIZE / 1024)));
}

static void
put_counts(struct proctext *pt, const struct vm_area *a)
{
	struct page_count pc;

	count_area(&pc, a);
	put_kib(pt, "Size:", (a->va_end - a->va_start) >> PAGE_SHIFT);
	put_kib(pt, "KernelPageSize:", 1);
	put_kib(pt, "MMUPageSize:", 1);
	put_kib(pt, "Rss:", pc.pc_rss);
	proc_printf(pt, "%-16s%8llu kB\n", "Pss:",
	    (unsigned long long)(pc.pc_pss / 1024));
	put_kib(pt, "Shared_Clean:", pc.pc_shared_clean);
	put_kib(pt, "Shared_Dirty:", pc.pc_shared_dirty);
	put_kib(pt, "Private_Clean:", pc.pc_private_clean);
	put_kib(pt, "Private_Dirty:", pc.pc_private_dirty);
	put_kib(pt, "Referenced:", pc.pc_referenced);
	put_kib(pt, "Anonymous:", pc.pc_anon);
	put_kib(pt, "Swap:", 0);
	put_kib(pt, "SwapPss:", 0);
	put_kib(pt, "Locked:", (a->va_flags & VA_LOCKED) ? pc.pc_rss : 0);
}

static int
show_maps(struct proctext *pt, const struct prockey *key, bool counts)
{
	struct path root, cwd;
	struct vm_area *a;
	struct vmspace *vs;
	char *buf;
	int error;

	vs = key_vm(key, &error);
	if (vs == NULL)
		return error; /* a zombie has none: an empty text */
	buf = kmalloc(PATH_MAX, 0);
	error = buf == NULL ? -ENOMEM :
			      procfs_root_cwd(curproc(), &root, &cwd);
	if (error == 0) {
		rwlock_rdlock(&vs->vs_lock);
		for (a = vm_area_first(vs); a != NULL; a = vm_area_next(a)) {
			put_area(pt, a, area_name(a, &root, buf));
			if (counts)
				put_counts(pt, a);
		}
		rwlock_unlock(&vs->vs_lock);
		path_unref(&root);
		path_unref(&cwd);
	}
	kfree(buf);
	vmspace_unref(vs);
	return error;
}

int
proc_show_maps(struct proctext *pt, const struct prockey *key)
{
	return show_maps(pt, key, false);
}

int
proc_show_smaps(struct proctext *pt, const struct prockey *key)
{
	return show_maps(pt, key, true);
}

/* --- cmdline, environ --------------------------------------------------- */

/* What can be read of [start, end), page by page. */
static void
put_memory(struct proctext *pt, struct vmspace *vs, vaddr_t start, vaddr_t end)
{
	while (start < end) {
		size_t n = MIN(end - start, PAGE_SIZE - (start & PAGE_MASK));
		char *to = proc_reserve(pt, n);
		ssize_t got = to == NULL ? -1 :
					   vm_access(vs, start, to, n, false);

		if (got <= 0)
			return;
		pt->pt_len += (size_t)got;
		start += (vaddr_t)got;
	}
}

int
proc_show_cmdline(struct proctext *pt, const struct prockey *key)
{
	struct vmspace *vs;
	size_t len;
	int error;

	vs = key_vm(key, &error);
	if (vs == NULL)
		return error;
	put_memory(pt, vs, vs->vs_arg_start, vs->vs_arg_end);
	/* A program that wrote a longer title over its arguments and into its
	 * environment has overwritten the last NUL. */
	len = pt->pt_len;
	if (len > 0 && pt->pt_buf[len - 1] != '\0') {
		put_memory(pt, vs, vs->vs_env_start, vs->vs_env_end);
		pt->pt_len = MIN(pt->pt_len, strnlen(pt->pt_buf, pt->pt_len) +
			1);
	}
	vmspace_unref(vs);
	return 0;
}

int
proc_show_environ(struct proctext *pt, const struct prockey *key)
{
	struct vmspace *vs;
	int error;

	vs = key_vm(key, &error);
	if (vs == NULL)
		return error;
	put_memory(pt, vs, vs->vs_env_start, vs->vs_env_end);
	vmspace_unref(vs);
	return 0;
}

/* --- mem ---------------------------------------------------------------- */

/* Asked each time, for the process may have changed what it is by execve. */
static int
mem_read(struct file *fp, struct uio *uio)
{
	const struct prockey *key = procfs_file_key(fp);
	int error = procfs_access_inspect(key, fp->f_cred);
	struct vmspace *vs;
	size_t resid = uio->uio_resid;
	char *buf;

	if (error != 0)
		return error;
	vs = key_vm(key, &error);
	if (vs == NULL)
		return error;
	buf = kmalloc(MEM_CHUNK, 0);
	if (buf == NULL)
		error = -ENOMEM;
	while (error == 0 && uio->uio_resid > 0) {
		vaddr_t at = (vaddr_t)uio->uio_offset;
		ssize_t n = vm_access(vs, at, buf, MIN(uio->uio_resid,
			MEM_CHUNK - (at & (MEM_CHUNK - 1))), false);

		if (n <= 0)
			error = -EIO;
		else
			error = uiomove(buf, (size_t)n, uio);
	}
	kfree(buf);
	vmspace_unref(vs);
	return uio->uio_resid != resid ? 0 : error;
}

static int
mem_seek(struct file *fp, off_t off, int whence, off_t *result)
{
	return file_seek_sized(fp, off, whence, 0, result);
}

const struct fileops proc_mem_fileops = {
	.fo_name = "proc",
	.fo_read = mem_read,
	.fo_stat = vnode_file_stat,
	.fo_seek = mem_seek,
	.fo_positioned = true,
};
