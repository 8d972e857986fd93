/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/sys_dir.c: reading directories, and the working and root
 * directories of a process.
 */
#include "base/slab.h"

#include "fs/vnode.h"
#include "kern/filecall.h"
#include "kern/linux_stat.h"
#include "kern/syscall.h"

/* --- getdents ------------------------------------------------------------ */

/*
 * Entries are made in a page of kernel memory and go out when it is full or
 * the directory ends: no page fault happens under the directory's lock.
 */
struct dents {
	struct dirsink de_sink;
	uint8_t *de_page;
	size_t de_used;	  /* bytes in de_page */
	size_t de_room;	  /* bytes user space still has */
	bool de_old;	  /* struct linux_dirent */
	bool de_nofit;	  /* an entry did not fit de_room */
};

static uint8_t
dt_of_vtype(enum vtype type)
{
	return (uint8_t)(mode_of_vtype(type) >> 12);
}

static int
dents_emit(struct dirsink *sink, const char *name, size_t len, ino_t ino,
    enum vtype type, off_t next)
{
	struct dents *de = container_of(sink, struct dents, de_sink);
	size_t head, reclen;
	uint8_t *rec = de->de_page + de->de_used;
	struct linux_dirent64 *d64 = (void *)rec;
	struct linux_dirent *d = (void *)rec;
	char *to;

	head = de->de_old ? offsetof(struct linux_dirent, d_name) :
	    offsetof(struct linux_dirent64, d_name);
	/* The old kind has its type behind the NUL. */
	reclen = roundup2(head + len + 1 + de->de_old, (size_t)8);
	if (reclen > MIN(de->de_room, PAGE_SIZE) - de->de_used) {
		de->de_nofit = reclen > de->de_room - de->de_used;
		return 1;
	}
	*(uint64_t *)(void *)(rec + reclen - 8) = 0; /* the NUL and what pads */
	d64->d_ino = ino;
	d64->d_off = next;
	d64->d_reclen = (uint16_t)reclen;
	if (de->de_old) {
		to = d->d_name;
		rec[reclen - 1] = dt_of_vtype(type);
	} else {
		to = d64->d_name;
		d64->d_type = dt_of_vtype(type);
	}
	memcpy(to, name, len);
	to[len] = '\0';
	de->de_used += reclen;
	return 0;
}

static ssize_t
dents_read(struct file *fp, vaddr_t ubuf, size_t count, bool old)
{
	struct dents de = { .de_sink.ds_emit = dents_emit, .de_room = count,
		.de_old = old };
	off_t before;
	size_t done = 0;
	int error = 0;

	de.de_page = kmalloc(PAGE_SIZE, 0);
	if (de.de_page == NULL)
		return -ENOMEM;
	do {
		before = fp->f_offset;
		de.de_used = 0;
		error = file_readdir(fp, &de.de_sink);
		if (de.de_used == 0)
			break;
		if (copyout(de.de_page, ubuf + done, de.de_used) != 0) {
			mutex_lock(&fp->f_lock);
			fp->f_offset = before; /* these entries come again */
			mutex_unlock(&fp->f_lock);
			error = -EFAULT;
			break;
		}
		done += de.de_used;
		de.de_room -= de.de_used;
	} while (error == 0 && !de.de_nofit);
	kfree(de.de_page);
	if (done != 0)
		return (ssize_t)done;
	if (error == 0 && de.de_nofit)
		error = -EINVAL; /* not even one fits */
	return error;
}

static long
do_getdents(int fd, vaddr_t ubuf, unsigned count, bool old)
{
	struct fdref fr;
	long error;

	error = fd_borrow(fd, &fr);
	if (error != 0)
		return error;
	if (fr.fr_file->f_vnode == NULL || fr.fr_file->f_vnode->v_type != VDIR)
		error = -ENOTDIR;
	else if (!file_readable(fr.fr_file))
		error = -EBADF;
	else
		error = dents_read(fr.fr_file, ubuf, count, old);
	fd_return(&fr);
	return error;
}

long
sys_getdents(int fd, vaddr_t ubuf, unsigned count)
{
	return do_getdents(fd, ubuf, count, true);
}

long
sys_getdents64(int fd, vaddr_t ubuf, unsigned count)
{
	return do_getdents(fd, ubuf, count, false);
}

/* --- working and root directory ------------------------------------------ */

long
sys_getcwd(vaddr_t ubuf, size_t size)
{
	struct lookup_ctx lc;
	ssize_t len;
	char *buf;

	buf = kmalloc(PATH_MAX, 0);
	if (buf == NULL)
		return -ENOMEM;
	lookup_ctx_get(&lc);
	len = path_format(&lc.lc_cwd, &lc.lc_root, buf, PATH_MAX, false);
	lookup_ctx_put(&lc);
	if (len == -ERANGE)
		len = -ENAMETOOLONG;
	if (len > 0 && (size_t)len > size)
		len = -ERANGE;
	if (len > 0 && copyout(buf, ubuf, (size_t)len) != 0)
		len = -EFAULT;
	kfree(buf);
	return len;
}

/* Takes p over as *which of the thread's fsctx. */
static void
fsctx_set(struct path *which, struct path *p)
{
	struct fsctx *fx = curlwp()->l_fs;
	struct path old;

	spin_lock(&fx->fx_lock);
	old = *which;
	*which = *p;
	spin_unlock(&fx->fx_lock);
	path_unref(&old);
}

static int
dir_enter(struct path *p, struct path *which)
{
	const struct cred *cr = curlwp()->l_cred;
	int error;

	error = vfs_access(p, 1, cr);
	if (error == 0)
		fsctx_set(which, p);
	else
		path_unref(p);
	return error;
}

long
sys_chdir(vaddr_t path)
{
	struct path p;
	int error;

	error = at_lookup(AT_FDCWD, path, LOOKUP_DIRECTORY, &p);
	if (error != 0)
		return error;
	return dir_enter(&p, &curlwp()->l_fs->fx_cwd);
}

long
sys_fchdir(int fd)
{
	struct fdref fr;
	struct path p;
	int error;

	error = fd_borrow_path(fd, &fr);
	if (error != 0)
		return error;
	if (fr.fr_file->f_vnode == NULL || fr.fr_file->f_vnode->v_type != VDIR)
		error = -ENOTDIR;
	else
		error = file_path(fr.fr_file, &p);
	if (error == 0)
		error = dir_enter(&p, &curlwp()->l_fs->fx_cwd);
	fd_return(&fr);
	return error;
}

long
sys_chroot(vaddr_t path)
{
	struct path p;
	int error;

	error = at_lookup(AT_FDCWD, path, LOOKUP_DIRECTORY, &p);
	if (error != 0)
		return error;
	error = vfs_access(&p, 1, curlwp()->l_cred);
	if (error == 0 && !cred_capable(curlwp()->l_cred, CAP_SYS_CHROOT))
		error = -EPERM;
	if (error != 0) {
		path_unref(&p);
		return error;
	}
	fsctx_set(&curlwp()->l_fs->fx_root, &p);
	return 0;
}
