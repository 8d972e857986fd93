/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/prctl.c: prctl(2) and arch_prctl(2).
 */
#include "base/string.h"
#include "base/thread.h"

#include <machine/md.h>

#include "kern/proc_internal.h"
#include "kern/syscall.h"

enum {
	PR_SET_PDEATHSIG = 1, PR_GET_PDEATHSIG, PR_GET_DUMPABLE,
	PR_SET_DUMPABLE, PR_GET_KEEPCAPS = 7, PR_SET_KEEPCAPS,
	PR_GET_TIMING = 13, PR_SET_TIMING, PR_SET_NAME, PR_GET_NAME,
	PR_CAPBSET_READ = 23, PR_CAPBSET_DROP, PR_GET_SECUREBITS = 27,
	PR_SET_SECUREBITS, PR_SET_TIMERSLACK, PR_GET_TIMERSLACK,
	PR_SET_CHILD_SUBREAPER = 36, PR_GET_CHILD_SUBREAPER,
	PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS, PR_GET_TID_ADDRESS,
	PR_SET_THP_DISABLE, PR_GET_THP_DISABLE, PR_CAP_AMBIENT = 47,
};

#define SECURE_KEEP_CAPS	   0x10u
#define SECURE_NO_CAP_AMBIENT_RAISE 0x40u
#define SECURE_ALL		   0xffu
#define SECURE_LOCKS		   0xaau /* each locks the bit below */

#define PR_CAP_AMBIENT_IS_SET	 1
#define PR_CAP_AMBIENT_RAISE	 2
#define PR_CAP_AMBIENT_LOWER	 3
#define PR_CAP_AMBIENT_CLEAR_ALL 4

static long
name_set(vaddr_t uname)
{
	char name[16] = { 0 };
	ssize_t n = copyinstr(uname, name, sizeof(name) - 1);

	if (n == -EFAULT)
		return -EFAULT;
	if (n < 0) {
		/* Longer ones are cut. */
		if (copyin(uname, name, sizeof(name) - 1) != 0)
			return -EFAULT;
	}
	name[15] = '\0';
	memcpy(curthread()->td_name, name, sizeof(name));
	return 0;
}

static long
name_get(vaddr_t uname)
{
	char name[16] = { 0 };

	strlcpy(name, curthread()->td_name, sizeof(name));
	return copyout(name, uname, sizeof(name));
}

static long
securebits_set(uint32_t bits)
{
	const struct cred *old = curlwp()->l_cred;
	uint32_t locked = (old->cr_securebits & SECURE_LOCKS) >> 1;
	struct cred *cr;

	if (!cred_capable(old, CAP_SETPCAP) || (bits & ~SECURE_ALL) ||
	    ((bits ^ old->cr_securebits) & locked) ||
	    (old->cr_securebits & SECURE_LOCKS & ~bits))
		return -EPERM;
	cr = cred_prepare();
	if (cr == NULL)
		return -ENOMEM;
	cr->cr_securebits = bits;
	cred_commit(cr);
	return 0;
}

static long
keepcaps_set(unsigned long on)
{
	struct cred *cr;

	if (on > 1)
		return -EINVAL;
	if (curlwp()->l_cred->cr_securebits & (SECURE_KEEP_CAPS << 1))
		return -EPERM;
	cr = cred_prepare();
	if (cr == NULL)
		return -ENOMEM;
	if (on)
		cr->cr_securebits |= SECURE_KEEP_CAPS;
	else
		cr->cr_securebits &= ~SECURE_KEEP_CAPS;
	cred_commit(cr);
	return 0;
}

static long
capbset_drop(unsigned long cap)
{
	struct cred *cr;

	if (cap > CAP_LAST)
		return -EINVAL;
	if (!cred_capable(curlwp()->l_cred, CAP_SETPCAP))
		return -EPERM;
	cr = cred_prepare();
	if (cr == NULL)
		return -ENOMEM;
	cr->cr_cap_bset &= ~(UINT64_C(1) << cap);
	cred_commit(cr);
	return 0;
}

static long
cap_ambient(unsigned long what, unsigned long cap)
{
	const struct cred *old = curlwp()->l_cred;
	struct cred *cr;
	uint64_t bit;

	if (what == PR_CAP_AMBIENT_CLEAR_ALL ? cap != 0 : cap > CAP_LAST)
		return -EINVAL;
	bit = what == PR_CAP_AMBIENT_CLEAR_ALL ? 0 : UINT64_C(1) << cap;
	switch (what) {
	case PR_CAP_AMBIENT_IS_SET:
		return (old->cr_cap_amb & bit) != 0;
	case PR_CAP_AMBIENT_RAISE:
		if (!(old->cr_cap_perm & old->cr_cap_inh & bit) ||
		    (old->cr_securebits & SECURE_NO_CAP_AMBIENT_RAISE))
			return -EPERM;
		break;
	case PR_CAP_AMBIENT_LOWER:
	case PR_CAP_AMBIENT_CLEAR_ALL:
		break;
	default:
		return -EINVAL;
	}
	cr = cred_prepare();
	if (cr == NULL)
		return -ENOMEM;
	if (what == PR_CAP_AMBIENT_RAISE)
		cr->cr_cap_amb |= bit;
	else
		cr->cr_cap_amb &= bit != 0 ? ~bit : 0;
	cred_commit(cr);
	return 0;
}

static long
no_new_privs_set(void)
{
	struct cred *cr = cred_prepare();

	if (cr == NULL)
		return -ENOMEM;
	cr->cr_no_new_privs = true;
	cred_commit(cr);
	return 0;
}

static long
prctl_set(int option, unsigned long arg)
{
	struct lwp *l = curlwp();
	struct proc *p = l->l_proc;

	switch (option) {
	case PR_SET_PDEATHSIG:
		if (arg > NSIG)
			return -EINVAL;
		p->p_pdeath_sig = (int)arg;
		return 0;
	case PR_SET_DUMPABLE:
		if (arg > 1)
			return -EINVAL;
		p->p_dumpable = (uint32_t)arg;
		return 0;
	case PR_SET_KEEPCAPS:
		return keepcaps_set(arg);
	case PR_SET_TIMING:
		return arg == 0 ? 0 : -EINVAL; /* PR_TIMING_STATISTICAL */
	case PR_SET_NAME:
		return name_set(arg);
	case PR_CAPBSET_DROP:
		return capbset_drop(arg);
	case PR_SET_SECUREBITS:
		return securebits_set((uint32_t)arg);
	case PR_SET_TIMERSLACK:
		l->l_timerslack = arg != 0 ? arg : 50 * NSEC_PER_USEC;
		return 0;
	case PR_SET_CHILD_SUBREAPER:
		if (arg != 0)
			proc_flag_set(p, P_SUBREAPER);
		else
			proc_flag_clear(p, P_SUBREAPER);
		return 0;
	}
	return -EINVAL;
}

static long
prctl_get(int option, unsigned long arg)
{
	struct lwp *l = curlwp();
	struct proc *p = l->l_proc;

	switch (option) {
	case PR_GET_PDEATHSIG:
		return user_store32(arg, (uint32_t)p->p_pdeath_sig);
	case PR_GET_DUMPABLE:
		return p->p_dumpable;
	case PR_GET_KEEPCAPS:
		return (l->l_cred->cr_securebits & SECURE_KEEP_CAPS) != 0;
	case PR_GET_TIMING:
	case PR_GET_THP_DISABLE:
		return 0;
	case PR_GET_NAME:
		return name_get(arg);
	case PR_CAPBSET_READ:
		if (arg > CAP_LAST)
			return -EINVAL;
		return (long)(l->l_cred->cr_cap_bset >> arg) & 1;
	case PR_GET_SECUREBITS:
		return l->l_cred->cr_securebits;
	case PR_GET_TIMERSLACK:
		return (long)l->l_timerslack;
	case PR_GET_CHILD_SUBREAPER:
		return user_store32(arg, (p->p_flags & P_SUBREAPER) != 0);
	case PR_GET_TID_ADDRESS:
		return user_store64(arg, l->l_clear_tid);
	}
	return -EINVAL;
}

long
sys_prctl(int option, unsigned long arg2, unsigned long arg3,
    unsigned long arg4, unsigned long arg5)
{
	switch (option) {
	case PR_SET_PDEATHSIG:
	case PR_SET_DUMPABLE:
	case PR_SET_KEEPCAPS:
	case PR_SET_TIMING:
	case PR_SET_NAME:
	case PR_CAPBSET_DROP:
	case PR_SET_SECUREBITS:
	case PR_SET_TIMERSLACK:
	case PR_SET_CHILD_SUBREAPER:
		return prctl_set(option, arg2);
	case PR_SET_NO_NEW_PRIVS:
		return arg2 != 1 || arg3 || arg4 || arg5 ? -EINVAL :
							  no_new_privs_set();
	case PR_GET_NO_NEW_PRIVS:
		return arg2 || arg3 || arg4 || arg5 ?
		    -EINVAL : curlwp()->l_cred->cr_no_new_privs;
	case PR_CAP_AMBIENT:
		return arg4 || arg5 ? -EINVAL : cap_ambient(arg2, arg3);
	}
	return prctl_get(option, arg2);
}

#define ARCH_SET_GS 0x1001
#define ARCH_SET_FS 0x1002
#define ARCH_GET_FS 0x1003
#define ARCH_GET_GS 0x1004

long
sys_arch_prctl(int option, unsigned long addr)
{
	switch (option) {
	case ARCH_SET_FS:
		return md_set_fsbase(addr);
	case ARCH_SET_GS:
		return md_set_gsbase(addr);
	case ARCH_GET_FS:
		return user_store64(addr, md_get_fsbase());
	case ARCH_GET_GS:
		return user_store64(addr, md_get_gsbase());
	}
	return -EINVAL;
}
