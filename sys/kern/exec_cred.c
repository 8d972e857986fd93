/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/exec_cred.c: who the new program is: set-user-ID, set-group-ID and
 * capabilities across execve(2), as capabilities(7) has them.
 */
#include "base/string.h"

#include "fs/file.h"
#include "kern/exec.h"
#include "kern/proc_internal.h"
#include "kern/syscall.h"

#define S_IXGRP 00010u

#define SECURE_NOROOT	 0x01u
#define SECURE_KEEP_CAPS 0x10u

static bool
file_may_set_ids(struct file *fp, const struct cred *cr)
{
	const struct mount *m = fp->f_path.ps_mount;

	return !cr->cr_no_new_privs && m != NULL &&
	    ((m->mnt_flags | m->mnt_super->mnt_flags) & MNT_NOSUID) == 0;
}

/* P' = (inheritable & file) | (bounding & file) | ambient, where root's files
 * have all and others' none. */
static void
caps_across_exec(struct cred *cr, bool set_id)
{
	bool root = (cr->cr_uid == 0 || cr->cr_euid == 0) &&
	    !(cr->cr_securebits & SECURE_NOROOT);

	if (set_id)
		cr->cr_cap_amb = 0;
	if (root) {
		cr->cr_cap_perm = cr->cr_cap_inh | cr->cr_cap_bset;
		cr->cr_cap_eff = cr->cr_euid == 0 ? cr->cr_cap_perm :
						    cr->cr_cap_amb;
	} else {
		cr->cr_cap_perm = cr->cr_cap_amb;
		cr->cr_cap_eff = cr->cr_cap_amb;
	}
	cr->cr_securebits &= ~SECURE_KEEP_CAPS;
}

int
exec_cred(struct exec *x)
{
	const struct cred *old = curlwp()->l_cred;
	struct cred *cr = &x->x_cred;
	struct vattr va;
	bool set_id;
	int error;

	*cr = *old;
	error = x->x_file->f_ops->fo_stat(x->x_file, &va);
	if (error != 0)
		return error;
	if ((va.va_mode & (S_ISUID | S_ISGID)) &&
	    file_may_set_ids(x->x_file, old)) {
		if (va.va_mode & S_ISUID)
			cr->cr_euid = va.va_uid;
		if ((va.va_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
			cr->cr_egid = va.va_gid;
	}
	set_id = cr->cr_euid != old->cr_euid || cr->cr_egid != old->cr_egid;
	cr->cr_suid = cr->cr_fsuid = cr->cr_euid;
	cr->cr_sgid = cr->cr_fsgid = cr->cr_egid;
	caps_across_exec(cr, set_id);
	x->x_secure = cr->cr_euid != cr->cr_uid || cr->cr_egid != cr->cr_gid;
	x->x_new_cred = set_id || cr->cr_suid != old->cr_suid ||
	    cr->cr_sgid != old->cr_sgid || cr->cr_fsuid != old->cr_fsuid ||
	    cr->cr_fsgid != old->cr_fsgid ||
	    cr->cr_cap_perm != old->cr_cap_perm ||
	    cr->cr_cap_eff != old->cr_cap_eff ||
	    cr->cr_cap_amb != old->cr_cap_amb ||
	    cr->cr_securebits != old->cr_securebits;
	return 0;
}
