/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/proc_links.c: what leads out of a process's folder in /proc: its
 * descriptors, its program, its working and root directories.
 *
 * A link is followed to the file itself, not to what its text names, so that
 * files without a name are reached as well.
 */
#include "base/kprintf.h"
#include "base/string.h"

#include <abi/errno.h>

#include "kern/fd.h"
#include "kern/proc_fs.h"

static const struct procent fd_link, fdinfo_file;

/* --- descriptors -------------------------------------------------------- */

static struct file *
key_file(const struct prockey *key, int *error)
{
	struct proc *p = procfs_inspected(key, error);
	struct file *fp = NULL;
	struct fdtable *ft;

	if (p == NULL)
		return NULL;
	ft = procfs_fds(p);
	if (ft != NULL) {
		fp = fdtable_get(ft, key->pk_fd);
		fdtable_unref(ft);
	}
	proc_unref(p);
	if (fp == NULL)
		*error = -ENOENT;
	return fp;
}

static int
fds_lookup_as(const struct procent *pe, const char *name, size_t len,
    struct procchild *pc)
{
	struct file *fp;
	int error;

	if (!procfs_number_parse(name, len, &pc->pc_key.pk_fd))
		return -ENOENT;
	fp = key_file(&pc->pc_key, &error);
	if (fp == NULL)
		return error;
	file_unref(fp);
	pc->pc_ent = pe;
	return 0;
}

int
proc_fds_lookup(const struct prockey *key, const char *name, size_t len,
    struct procchild *pc)
{
	return fds_lookup_as(&fd_link, name, len, pc);
}

int
proc_fdinfo_lookup(const struct prockey *key, const char *name, size_t len,
    struct procchild *pc)
{
	return fds_lookup_as(&fdinfo_file, name, len, pc);
}

static bool
fds_next_as(const struct procent *pe, const struct prockey *key, uint64_t *pos,
    struct procchild *pc)
{
	struct fdtable *ft = NULL;
	struct proc *p;
	int error, fd = -1;

	if (*pos > INT32_MAX)
		return false;
	p = procfs_inspected(key, &error);
	if (p != NULL) {
		ft = procfs_fds(p);
		proc_unref(p);
	}
	if (ft == NULL)
		return false;
	fd = fdtable_next(ft, (int)*pos);
	fdtable_unref(ft);
	if (fd < 0)
		return false;
	*pos = (uint64_t)fd;
	procfs_child_name(pc, pe, *pos);
	pc->pc_key.pk_fd = fd;
	return true;
}

bool
proc_fds_next(const struct prockey *key, uint64_t *pos, struct procchild *pc)
{
	return fds_next_as(&fd_link, key, pos, pc);
}

bool
proc_fdinfo_next(const struct prockey *key, uint64_t *pos, struct procchild *pc)
{
	return fds_next_as(&fdinfo_file, key, pos, pc);
}

/* A descriptor's link has the rights it was opened with. */
static int
fd_attr(const struct prockey *key, struct vattr *va)
{
	int error = procfs_pid_attr(key, va);
	struct file *fp;

	if (error != 0)
		return error;
	fp = key_file(key, &error);
	if (fp == NULL)
		return error;
	va->va_mode = 0100 | (file_readable(fp) ? 0400 : 0) |
	    (file_writable(fp) ? 0200 : 0);
	va->va_size = 64;
	file_unref(fp);
	return 0;
}

int
proc_show_fdinfo(struct proctext *pt, const struct prockey *key)
{
	struct file *fp;
	struct vattr va;
	int error;

	fp = key_file(key, &error);
	if (fp == NULL)
		return error;
	proc_printf(pt, "pos:\t%lld\nflags:\t0%o\nmnt_id:\t%u\n",
	    (long long)fp->f_offset, atomic_load_relaxed(&fp->f_flags),
	    fp->f_path.ps_mount != NULL ? fp->f_path.ps_mount->mnt_id : 0);
	if (fp->f_ops->fo_stat != NULL && fp->f_ops->fo_stat(fp, &va) == 0)
		proc_printf(pt, "ino:\t%llu\n", (unsigned long long)va.va_ino);
	file_unref(fp);
	return 0;
}

/* --- links -------------------------------------------------------------- */

/* p as the running thread sees it. */
static ssize_t
path_text(const struct path *p, char *buf, size_t size)
{
	struct path root, cwd;
	ssize_t n;
	int error = procfs_root_cwd(curproc(), &root, &cwd);

	if (error != 0)
		return error;
	n = path_format(p, &root, buf, size, true);
	path_unref(&root);
	path_unref(&cwd);
	return n > 0 ? n - 1 : n;
}

static ssize_t
file_text(struct file *fp, char *buf, size_t size)
{
	struct path p = { fp->f_path.ps_mount, fp->f_path.ps_dentry };

	if (fp->f_ops->fo_describe != NULL)
		fp->f_ops->fo_describe(fp, buf, size);
	else if (p.p_dentry != NULL)
		return path_text(&p, buf, size);
	else
		ksnprintf(buf, size, "anon_inode:[%s]", fp->f_ops->fo_name);
	return (ssize_t)strlen(buf);
}

static int
file_follow(struct file *fp, struct path *out, struct file **fpp)
{
	if (fp->f_path.ps_dentry == NULL) {
		*fpp = fp; /* the caller's reference now */
		return 0;
	}
	out->p_mount = fp->f_path.ps_mount;
	out->p_dentry = fp->f_path.ps_dentry;
	path_ref(out);
	file_unref(fp);
	return 0;
}

static ssize_t
fd_readlink(const struct prockey *key, char *buf, size_t size)
{
	struct file *fp;
	ssize_t n;
	int error;

	fp = key_file(key, &error);
	if (fp == NULL)
		return error;
	n = file_text(fp, buf, size);
	file_unref(fp);
	return n;
}

static int
fd_follow(const struct prockey *key, struct path *out, struct file **fpp)
{
	struct file *fp;
	int error;

	fp = key_file(key, &error);
	return fp == NULL ? error : file_follow(fp, out, fpp);
}

static struct file *
exe_file(const struct prockey *key, int *error)
{
	struct proc *p = procfs_inspected(key, error);
	struct file *fp = NULL;
	struct vmspace *vs;

	if (p == NULL)
		return NULL;
	vs = procfs_vm(p);
	proc_unref(p);
	*error = -ENOENT;
	if (vs == NULL)
		return NULL;
	fp = vs->vs_exe;
	if (fp != NULL)
		file_ref(fp);
	vmspace_unref(vs);
	return fp;
}

ssize_t
proc_exe_readlink(const struct prockey *key, char *buf, size_t size)
{
	struct file *fp;
	ssize_t n;
	int error;

	fp = exe_file(key, &error);
	if (fp == NULL)
		return error;
	n = file_text(fp, buf, size);
	file_unref(fp);
	return n;
}

int
proc_exe_follow(const struct prockey *key, struct path *out, struct file **fpp)
{
	struct file *fp;
	int error;

	fp = exe_file(key, &error);
	return fp == NULL ? error : file_follow(fp, out, fpp);
}

static int
place_get(const struct prockey *key, bool root, struct path *out)
{
	struct path other;
	struct proc *p;
	int error;

	p = procfs_inspected(key, &error);
	if (p == NULL)
		return error;
	if (root)
		error = procfs_root_cwd(p, out, &other);
	else
		error = procfs_root_cwd(p, &other, out);
	proc_unref(p);
	if (error != 0)
		return -ENOENT;
	path_unref(&other);
	return 0;
}

static ssize_t
place_readlink(const struct prockey *key, bool root, char *buf, size_t size)
{
	struct path p;
	ssize_t n = place_get(key, root, &p);

	if (n != 0)
		return n;
	n = path_text(&p, buf, size);
	path_unref(&p);
	return n;
}

ssize_t
proc_root_readlink(const struct prockey *key, char *buf, size_t size)
{
	return place_readlink(key, true, buf, size);
}

ssize_t
proc_cwd_readlink(const struct prockey *key, char *buf, size_t size)
{
	return place_readlink(key, false, buf, size);
}

int
proc_root_follow(const struct prockey *key, struct path *out, struct file **fpp)
{
	return place_get(key, true, out);
}

int
proc_cwd_follow(const struct prockey *key, struct path *out, struct file **fpp)
{
	return place_get(key, false, out);
}

/* --- tables ------------------------------------------------------------- */

static const struct procent fd_link = {
	.pe_name = "FD",
	.pe_type = VLNK,
	.pe_mode = 0700,
	.pe_readlink = fd_readlink,
	.pe_follow = fd_follow,
	.pe_attr = fd_attr,
};

static const struct procent fdinfo_file = {
	.pe_name = "FD",
	.pe_type = VREG,
	.pe_mode = 0444,
	.pe_show = proc_show_fdinfo,
	.pe_access = procfs_access_inspect,
	.pe_attr = procfs_pid_attr,
};
