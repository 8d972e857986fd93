/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/capability.c: capget(2) and capset(2), versions 1 to 3.
 */
#include "base/string.h"

#include "kern/proc_internal.h"
#include "kern/syscall.h"

#define CAP_VERSION_1 0x19980330u /* 32 bits */
#define CAP_VERSION_2 0x20071026u /* 64 bits in two words */
#define CAP_VERSION_3 0x20080522u

struct cap_header {
	uint32_t ch_version;
	int32_t ch_pid;
};

struct cap_data {
	uint32_t cd_effective, cd_permitted, cd_inheritable;
};

/* The number of words of this version; an unknown one is answered with ours. */
static int
cap_header_copyin(vaddr_t uhdr, struct cap_header *hdr)
{
	if (copyin(uhdr, hdr, sizeof(*hdr)) != 0)
		return -EFAULT;
	switch (hdr->ch_version) {
	case CAP_VERSION_1:
		return 1;
	case CAP_VERSION_2:
	case CAP_VERSION_3:
		return 2;
	}
	if (user_store32(uhdr, CAP_VERSION_3) != 0)
		return -EFAULT;
	return -EINVAL;
}

static int
caps_of(pid_t pid, struct cap_data data[2])
{
	const struct cred *cr;
	struct lwp *l;

	mutex_lock(&proctree_lock);
	l = pid == 0 ? curlwp() : lwp_find(pid);
	if (l == NULL) {
		mutex_unlock(&proctree_lock);
		return -ESRCH;
	}
	spin_lock(&l->l_proc->p_lock);
	cr = l->l_cred;
	for (int i = 0; i < 2; i++) {
		data[i].cd_effective = (uint32_t)(cr->cr_cap_eff >> (32 * i));
		data[i].cd_permitted = (uint32_t)(cr->cr_cap_perm >> (32 * i));
		data[i].cd_inheritable =
		    (uint32_t)(cr->cr_cap_inh >> (32 * i));
	}
	spin_unlock(&l->l_proc->p_lock);
	mutex_unlock(&proctree_lock);
	return 0;
}

long
sys_capget(vaddr_t uhdr, vaddr_t udata)
{
	struct cap_data data[2];
	struct cap_header hdr;
	int words, error;

	words = cap_header_copyin(uhdr, &hdr);
	if (words < 0)
		return words == -EINVAL && udata == 0 ? 0 : words;
	if (hdr.ch_pid < 0)
		return -EINVAL;
	error = caps_of(hdr.ch_pid, data);
	if (error != 0 || udata == 0)
		return error;
	return copyout(data, udata, (size_t)words * sizeof(data[0]));
}

long
sys_capset(vaddr_t uhdr, vaddr_t udata)
{
	struct cap_data data[2] = { 0 };
	const struct cred *old = curlwp()->l_cred;
	uint64_t eff, perm, inh;
	struct cap_header hdr;
	struct cred *cr;
	int words;

	words = cap_header_copyin(uhdr, &hdr);
	if (words < 0)
		return words;
	if (hdr.ch_pid != 0 && hdr.ch_pid != curthread()->td_tid)
		return -EPERM;
	if (copyin(udata, data, (size_t)words * sizeof(data[0])) != 0)
		return -EFAULT;
	eff = (data[0].cd_effective |
		  (uint64_t)data[1].cd_effective << 32) & CAP_FULL;
	perm = (data[0].cd_permitted |
		   (uint64_t)data[1].cd_permitted << 32) & CAP_FULL;
	inh = (data[0].cd_inheritable |
		  (uint64_t)data[1].cd_inheritable << 32) & CAP_FULL;

	if ((perm & ~old->cr_cap_perm) || (eff & ~perm) ||
	    (inh & ~(old->cr_cap_inh | old->cr_cap_bset)) ||
	    (!cred_capable(old, CAP_SETPCAP) &&
		(inh & ~(old->cr_cap_inh | old->cr_cap_perm))))
		return -EPERM;
	cr = cred_prepare();
	if (cr == NULL)
		return -ENOMEM;
	cr->cr_cap_eff = eff;
	cr->cr_cap_perm = perm;
	cr->cr_cap_inh = inh;
	cr->cr_cap_amb &= perm & inh;
	cred_commit(cr);
	return 0;
}
