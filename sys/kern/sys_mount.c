/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/sys_mount.c: mount and umount2.
 */
#include "base/slab.h"

#include "kern/filecall.h"
#include "kern/syscall.h"

#define MS_MGC_MASK 0xffff0000ul
#define MS_MGC_VAL  0xc0ed0000ul
#define MS_SILENT   0x8000ul
#define MS_PROPAGATION 0x1e0000ul
/* What these do has no file system of its own. */
#define MS_NO_FSTYPE (MNT_REMOUNT | MNT_BIND | MNT_MOVE | MS_PROPAGATION)

/* A string that may be missing; *out is NULL then. */
static int
optional_copyin(vaddr_t u, char **out)
{
	*out = NULL;
	return u == 0 ? 0 : path_copyin(u, out);
}

/* Mount data: a page of text at most. */
static int
data_copyin(vaddr_t u, char **out)
{
	size_t left;

	*out = NULL;
	if (u == 0)
		return 0;
	*out = kzalloc(PAGE_SIZE);
	if (*out == NULL)
		return -ENOMEM;
	left = copyin_some(u, *out, PAGE_SIZE - 1);
	return left == PAGE_SIZE - 1 ? -EFAULT : 0;
}

long
sys_mount(vaddr_t usource, vaddr_t utarget, vaddr_t ufstype,
    unsigned long flags, vaddr_t udata)
{
	char *source = NULL, *fstype = NULL, *data = NULL;
	NAMED(target);
	struct at_ctx at;
	int error;

	if (!cred_capable(curlwp()->l_cred, CAP_SYS_ADMIN))
		return -EPERM;
	if ((flags & MS_MGC_MASK) == MS_MGC_VAL)
		flags &= ~MS_MGC_MASK;
	error = name_copyin(utarget, &target);
	if (error == 0)
		error = optional_copyin(usource, &source);
	if (error == 0)
		error = optional_copyin(ufstype, &fstype);
	if (error == 0)
		error = data_copyin(udata, &data);
	if (error == 0 && fstype == NULL && (flags & MS_NO_FSTYPE) == 0)
		error = -EINVAL;
	if (error == 0)
		error = at_begin(&at, AT_FDCWD, target.nb_name);
	if (error == 0) {
		error = vfs_mount(&at.at_lc, source, target.nb_name, fstype,
		    (unsigned)(flags & ~MS_SILENT), data);
		at_end(&at);
	}
	kfree(data);
	kfree(fstype);
	kfree(source);
	name_free(&target);
	return error;
}

#define UMOUNT_KNOWN 0xf /* MNT_FORCE, DETACH, EXPIRE, UMOUNT_NOFOLLOW */
#define MNT_EXPIRE   0x4

long
sys_umount2(vaddr_t utarget, int flags)
{
	NAMED(target);
	struct at_ctx at;
	int error;

	if ((flags & ~UMOUNT_KNOWN) != 0 ||
	    ((flags & MNT_EXPIRE) != 0 && (flags & 3) != 0))
		return -EINVAL;
	error = name_copyin(utarget, &target);
	if (error != 0)
		goto out;
	error = -EPERM;
	if (!cred_capable(curlwp()->l_cred, CAP_SYS_ADMIN))
		goto out;
	error = at_begin(&at, AT_FDCWD, target.nb_name);
	if (error != 0)
		goto out;
	error = vfs_umount(&at.at_lc, target.nb_name, flags);
	at_end(&at);
out:
	name_free(&target);
	return error;
}
