/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/sys_name.c: calls that make, remove and move names.
 */
#include "fs/vnode.h"
#include "kern/filecall.h"
#include "kern/syscall.h"

/* One name and the context it is looked up in. */
struct named {
	struct namebuf na_buf;
	struct at_ctx na_at;
};
#define NAMED_AT(na) struct named na __attribute__((uninitialized))

static int
named_begin(struct named *na, int dirfd, vaddr_t uname)
{
	int error;

	error = name_copyin(uname, &na->na_buf);
	if (error == 0)
		error = at_begin(&na->na_at, dirfd, na->na_buf.nb_name);
	if (error != 0)
		name_free(&na->na_buf);
	return error;
}

static void
named_end(struct named *na)
{
	at_end(&na->na_at);
	name_free(&na->na_buf);
}

#define na_lc(na)   (&(na).na_at.at_lc)
#define na_name(na) ((na).na_buf.nb_name)

/* --- making -------------------------------------------------------------- */

long
sys_mkdirat(int dirfd, vaddr_t path, mode_t mode)
{
	NAMED_AT(na);
	int error;

	error = named_begin(&na, dirfd, path);
	if (error != 0)
		return error;
	error = vfs_mkdir(na_lc(na), na_name(na), mode & 01777);
	named_end(&na);
	return error;
}

long
sys_mkdir(vaddr_t path, mode_t mode)
{
	return sys_mkdirat(AT_FDCWD, path, mode);
}

/* dev: as user space packs it into 32 bits. */
static dev_t
dev_decode(unsigned dev)
{
	return makedev((dev & 0xfff00) >> 8,
	    (dev & 0xff) | ((dev >> 12) & 0xfff00));
}

long
sys_mknodat(int dirfd, vaddr_t path, mode_t mode, unsigned dev)
{
	NAMED_AT(na);
	int error;

	switch (mode & S_IFMT) {
	case 0:
		mode |= S_IFREG;
		break;
	case S_IFREG:
	case S_IFIFO:
	case S_IFSOCK:
		break;
	case S_IFCHR:
	case S_IFBLK:
		if (!cred_capable(curlwp()->l_cred, CAP_MKNOD))
			return -EPERM;
		break;
	case S_IFDIR:
		return -EPERM;
	default:
		return -EINVAL;
	}
	error = named_begin(&na, dirfd, path);
	if (error != 0)
		return error;
	error = vfs_mknod(na_lc(na), na_name(na), mode & (S_IFMT | 07777),
	    dev_decode(dev));
	named_end(&na);
	return error;
}

long
sys_mknod(vaddr_t path, mode_t mode, unsigned dev)
{
	return sys_mknodat(AT_FDCWD, path, mode, dev);
}

long
sys_symlinkat(vaddr_t utarget, int dirfd, vaddr_t path)
{
	NAMED_AT(na);
	NAMED(target);
	int error;

	error = name_copyin(utarget, &target);
	if (error != 0)
		goto out;
	error = named_begin(&na, dirfd, path);
	if (error != 0)
		goto out;
	error = vfs_symlink(na_lc(na), target.nb_name, na_name(na));
	named_end(&na);
out:
	name_free(&target);
	return error;
}

long
sys_symlink(vaddr_t target, vaddr_t path)
{
	return sys_symlinkat(target, AT_FDCWD, path);
}

/* A link to what fromfd is, given an empty name. */
static int
link_from(struct named *from, int fromfd, vaddr_t ufrom, int flags)
{
	int error;

	if ((flags & AT_EMPTY_PATH) == 0)
		return named_begin(from, fromfd, ufrom);
	error = name_copyin_empty(ufrom, &from->na_buf);
	if (error == 0 && na_name(*from)[0] == '\0' &&
	    !cred_capable(curlwp()->l_cred, CAP_DAC_READ_SEARCH))
		error = -ENOENT;
	if (error == 0)
		error = at_begin(&from->na_at, fromfd, na_name(*from));
	if (error != 0)
		name_free(&from->na_buf);
	return error;
}

long
sys_linkat(int fromfd, vaddr_t ufrom, int tofd, vaddr_t uto, int flags)
{
	NAMED_AT(from);
	NAMED_AT(to);
	int error;

	if ((flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) != 0)
		return -EINVAL;
	error = link_from(&from, fromfd, ufrom, flags);
	if (error != 0)
		return error;
	error = named_begin(&to, tofd, uto);
	if (error == 0) {
		error = vfs_link(na_lc(from), na_name(from), na_lc(to),
		    na_name(to), (unsigned)flags);
		named_end(&to);
	}
	named_end(&from);
	return error;
}

long
sys_link(vaddr_t from, vaddr_t to)
{
	return sys_linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

/* --- removing and moving ------------------------------------------------- */

long
sys_unlinkat(int dirfd, vaddr_t path, int flags)
{
	NAMED_AT(na);
	int error;

	if ((flags & ~AT_REMOVEDIR) != 0)
		return -EINVAL;
	error = named_begin(&na, dirfd, path);
	if (error != 0)
		return error;
	error = vfs_unlink(na_lc(na), na_name(na), flags != 0);
	named_end(&na);
	return error;
}

long
sys_unlink(vaddr_t path)
{
	return sys_unlinkat(AT_FDCWD, path, 0);
}

long
sys_rmdir(vaddr_t path)
{
	return sys_unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

#define RENAME_NOREPLACE 0x1
#define RENAME_EXCHANGE	 0x2
#define RENAME_WHITEOUT	 0x4

long
sys_renameat2(int fromfd, vaddr_t ufrom, int tofd, vaddr_t uto, unsigned flags)
{
	NAMED_AT(from);
	NAMED_AT(to);
	int error;

	if ((flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE |
		 RENAME_WHITEOUT)) != 0 ||
	    ((flags & RENAME_EXCHANGE) != 0 && flags != RENAME_EXCHANGE))
		return -EINVAL;
	if ((flags & RENAME_WHITEOUT) != 0) /* no file system here has them */
		return cred_capable(curlwp()->l_cred, CAP_MKNOD) ? -EINVAL :
		    -EPERM;
	error = named_begin(&from, fromfd, ufrom);
	if (error != 0)
		return error;
	error = named_begin(&to, tofd, uto);
	if (error == 0) {
		error = vfs_rename(na_lc(from), na_name(from), na_lc(to),
		    na_name(to), flags);
		named_end(&to);
	}
	named_end(&from);
	return error;
}

long
sys_renameat(int fromfd, vaddr_t from, int tofd, vaddr_t to)
{
	return sys_renameat2(fromfd, from, tofd, to, 0);
}

long
sys_rename(vaddr_t from, vaddr_t to)
{
	return sys_renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

/* --- readlink ------------------------------------------------------------ */

static bool
path_is_empty(vaddr_t path)
{
	char first;

	return copyin(path, &first, 1) == 0 && first == '\0';
}

long
sys_readlinkat(int dirfd, vaddr_t path, vaddr_t ubuf, int size)
{
	struct iovec iov;
	struct uio uio;
	struct path p;
	ssize_t n;

	if (size <= 0)
		return -EINVAL;
	n = at_lookup(dirfd, path, LOOKUP_NOFOLLOW | LOOKUP_EMPTY, &p);
	if (n != 0)
		return n;
	uio_init_user(&uio, &iov, (void *)ubuf, (size_t)size, 0, false);
	/* "" stands for a link that is open, and otherwise for nothing. */
	if (path_vnode(&p)->v_type != VLNK)
		n = path_is_empty(path) ? -ENOENT : -EINVAL;
	else
		n = vfs_readlink(&p, &uio);
	path_unref(&p);
	return n;
}

long
sys_readlink(vaddr_t path, vaddr_t ubuf, int size)
{
	return sys_readlinkat(AT_FDCWD, path, ubuf, size);
}
