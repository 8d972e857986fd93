/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/cred.c: changes of user and group ids, groups and capabilities.
 *
 * A cred is immutable; a change is cred_prepare(), the edit, cred_commit().
 * Invariant: l_cred is replaced under p_lock, so that others may take a
 * reference there; the thread itself reads it freely.
 */
#include "base/slab.h"
#include "base/string.h"

#include "kern/proc_internal.h"
#include "kern/syscall.h"

#define SECURE_NO_SETUID_FIXUP	0x04u
#define SECURE_KEEP_CAPS	0x10u

#define CAPS_FS                                                              \
	((UINT64_C(1) << CAP_CHOWN) | (UINT64_C(1) << CAP_DAC_OVERRIDE) |    \
	    (UINT64_C(1) << CAP_DAC_READ_SEARCH) |                           \
	    (UINT64_C(1) << CAP_FOWNER) | (UINT64_C(1) << CAP_FSETID) |      \
	    (UINT64_C(1) << CAP_MKNOD))

static bool
capable(int cap)
{
	return cred_capable(curlwp()->l_cred, cap);
}

struct cred *
cred_prepare(void)
{
	const struct cred *old = curlwp()->l_cred;
	struct cred *cr = kmalloc(sizeof(*cr), 0);

	if (cr == NULL)
		return NULL;
	*cr = *old;
	cr->cr_ref = 1;
	if (old->cr_ngroups != 0) {
		size_t size = old->cr_ngroups * sizeof(gid_t);

		cr->cr_groups = kmalloc(size, 0);
		if (cr->cr_groups == NULL) {
			kfree(cr);
			return NULL;
		}
		memcpy(cr->cr_groups, old->cr_groups, size);
	}
	return cr;
}

void
cred_commit(struct cred *cr)
{
	struct lwp *l = curlwp();
	struct proc *p = l->l_proc;
	const struct cred *old = l->l_cred;

	if (old->cr_euid != cr->cr_euid || old->cr_egid != cr->cr_egid ||
	    old->cr_fsuid != cr->cr_fsuid || old->cr_fsgid != cr->cr_fsgid)
		p->p_dumpable = 0;
	spin_lock(&p->p_lock);
	l->l_cred = cr;
	p->p_uid = cr->cr_uid;
	p->p_suid = cr->cr_suid;
	spin_unlock(&p->p_lock);
	cred_unref(old);
}

/* capabilities(7): "Effect of user ID changes on capabilities". */
void
cred_fix_caps(const struct cred *old, struct cred *cr)
{
	bool had_root = old->cr_uid == 0 || old->cr_euid == 0 ||
	    old->cr_suid == 0;
	bool has_root = cr->cr_uid == 0 || cr->cr_euid == 0 ||
	    cr->cr_suid == 0;

	if (cr->cr_securebits & SECURE_NO_SETUID_FIXUP)
		return;
	if (had_root && !has_root) {
		if ((cr->cr_securebits & SECURE_KEEP_CAPS) == 0) {
			cr->cr_cap_perm = 0;
			cr->cr_cap_eff = 0;
		}
		cr->cr_cap_amb = 0;
	}
	if (old->cr_euid == 0 && cr->cr_euid != 0)
		cr->cr_cap_eff = 0;
	else if (old->cr_euid != 0 && cr->cr_euid == 0)
		cr->cr_cap_eff = cr->cr_cap_perm;
	if (old->cr_fsuid == 0 && cr->cr_fsuid != 0)
		cr->cr_cap_eff &= ~CAPS_FS;
	else if (old->cr_fsuid != 0 && cr->cr_fsuid == 0)
		cr->cr_cap_eff |= cr->cr_cap_perm & CAPS_FS;
}

#define KEEP UINT32_MAX /* (uid_t)-1: leave as it is */

static int
uids_set(uid_t ruid, uid_t euid, uid_t suid)
{
	const struct cred *old = curlwp()->l_cred;
	struct cred *cr = cred_prepare();

	if (cr == NULL)
		return -ENOMEM;
	if (ruid != KEEP)
		cr->cr_uid = ruid;
	if (euid != KEEP)
		cr->cr_euid = euid;
	if (suid != KEEP)
		cr->cr_suid = suid;
	cr->cr_fsuid = cr->cr_euid;
	cred_fix_caps(old, cr);
	cred_commit(cr);
	return 0;
}

static int
gids_set(gid_t rgid, gid_t egid, gid_t sgid)
{
	struct cred *cr = cred_prepare();

	if (cr == NULL)
		return -ENOMEM;
	if (rgid != KEEP)
		cr->cr_gid = rgid;
	if (egid != KEEP)
		cr->cr_egid = egid;
	if (sgid != KEEP)
		cr->cr_sgid = sgid;
	cr->cr_fsgid = cr->cr_egid;
	cred_commit(cr);
	return 0;
}

long
sys_getuid(void)
{
	return curlwp()->l_cred->cr_uid;
}

long
sys_geteuid(void)
{
	return curlwp()->l_cred->cr_euid;
}

long
sys_getgid(void)
{
	return curlwp()->l_cred->cr_gid;
}

long
sys_getegid(void)
{
	return curlwp()->l_cred->cr_egid;
}

long
sys_setuid(uid_t uid)
{
	const struct cred *cr = curlwp()->l_cred;

	if (uid == KEEP)
		return -EINVAL;
	if (capable(CAP_SETUID))
		return uids_set(uid, uid, uid);
	if (uid != cr->cr_uid && uid != cr->cr_suid)
		return -EPERM;
	return uids_set(KEEP, uid, KEEP);
}

long
sys_setgid(gid_t gid)
{
	const struct cred *cr = curlwp()->l_cred;

	if (gid == KEEP)
		return -EINVAL;
	if (capable(CAP_SETGID))
		return gids_set(gid, gid, gid);
	if (gid != cr->cr_gid && gid != cr->cr_sgid)
		return -EPERM;
	return gids_set(KEEP, gid, KEEP);
}

long
sys_setreuid(uid_t ruid, uid_t euid)
{
	const struct cred *cr = curlwp()->l_cred;
	uid_t suid = KEEP;

	if (!capable(CAP_SETUID) &&
	    ((ruid != KEEP && ruid != cr->cr_uid && ruid != cr->cr_euid) ||
		(euid != KEEP && euid != cr->cr_uid && euid != cr->cr_euid &&
		    euid != cr->cr_suid)))
		return -EPERM;
	if (ruid != KEEP || (euid != KEEP && euid != cr->cr_uid))
		suid = euid != KEEP ? euid : cr->cr_euid;
	return uids_set(ruid, euid, suid);
}

long
sys_setregid(gid_t rgid, gid_t egid)
{
	const struct cred *cr = curlwp()->l_cred;
	gid_t sgid = KEEP;

	if (!capable(CAP_SETGID) &&
	    ((rgid != KEEP && rgid != cr->cr_gid && rgid != cr->cr_egid) ||
		(egid != KEEP && egid != cr->cr_gid && egid != cr->cr_egid &&
		    egid != cr->cr_sgid)))
		return -EPERM;
	if (rgid != KEEP || (egid != KEEP && egid != cr->cr_gid))
		sgid = egid != KEEP ? egid : cr->cr_egid;
	return gids_set(rgid, egid, sgid);
}

static bool
uid_is_mine(uid_t uid)
{
	const struct cred *cr = curlwp()->l_cred;

	return uid == KEEP || uid == cr->cr_uid || uid == cr->cr_euid ||
	    uid == cr->cr_suid;
}

static bool
gid_is_mine(gid_t gid)
{
	const struct cred *cr = curlwp()->l_cred;

	return gid == KEEP || gid == cr->cr_gid || gid == cr->cr_egid ||
	    gid == cr->cr_sgid;
}

long
sys_setresuid(uid_t ruid, uid_t euid, uid_t suid)
{
	if (!capable(CAP_SETUID) &&
	    !(uid_is_mine(ruid) && uid_is_mine(euid) && uid_is_mine(suid)))
		return -EPERM;
	return uids_set(ruid, euid, suid);
}

long
sys_setresgid(gid_t rgid, gid_t egid, gid_t sgid)
{
	if (!capable(CAP_SETGID) &&
	    !(gid_is_mine(rgid) && gid_is_mine(egid) && gid_is_mine(sgid)))
		return -EPERM;
	return gids_set(rgid, egid, sgid);
}

static int
store3(vaddr_t ua, uint32_t a, vaddr_t ub, uint32_t b, vaddr_t uc, uint32_t c)
{
	if (user_store32(ua, a) != 0 || user_store32(ub, b) != 0 ||
	    user_store32(uc, c) != 0)
		return -EFAULT;
	return 0;
}

long
sys_getresuid(vaddr_t ruid, vaddr_t euid, vaddr_t suid)
{
	const struct cred *cr = curlwp()->l_cred;

	return store3(ruid, cr->cr_uid, euid, cr->cr_euid, suid, cr->cr_suid);
}

long
sys_getresgid(vaddr_t rgid, vaddr_t egid, vaddr_t sgid)
{
	const struct cred *cr = curlwp()->l_cred;

	return store3(rgid, cr->cr_gid, egid, cr->cr_egid, sgid, cr->cr_sgid);
}

/* Both give the old id, whether the change was allowed or not. */
long
sys_setfsuid(uid_t uid)
{
	const struct cred *old = curlwp()->l_cred;
	uid_t before = old->cr_fsuid;
	struct cred *cr;

	if (uid == KEEP || uid == before ||
	    (!capable(CAP_SETUID) && !uid_is_mine(uid)))
		return before;
	cr = cred_prepare();
	if (cr == NULL)
		return before;
	cr->cr_fsuid = uid;
	cred_fix_caps(old, cr);
	cred_commit(cr);
	return before;
}

long
sys_setfsgid(gid_t gid)
{
	gid_t before = curlwp()->l_cred->cr_fsgid;
	struct cred *cr;

	if (gid == KEEP || gid == before ||
	    (!capable(CAP_SETGID) && !gid_is_mine(gid)))
		return before;
	cr = cred_prepare();
	if (cr == NULL)
		return before;
	cr->cr_fsgid = gid;
	cred_commit(cr);
	return before;
}

long
sys_getgroups(int size, vaddr_t ugroups)
{
	const struct cred *cr = curlwp()->l_cred;
	int n = (int)cr->cr_ngroups;

	if (size < 0)
		return -EINVAL;
	if (size == 0)
		return n;
	if (size < n)
		return -EINVAL;
	if (n != 0 && copyout(cr->cr_groups, ugroups,
			  (size_t)n * sizeof(gid_t)) != 0)
		return -EFAULT;
	return n;
}

/* Shell sort: at most 65536 entries, and no recursion. */
static void
gids_sort(gid_t *g, size_t n)
{
	for (size_t gap = n / 2; gap > 0; gap /= 2) {
		for (size_t i = gap; i < n; i++) {
			gid_t v = g[i];
			size_t j = i;

			for (; j >= gap && g[j - gap] > v; j -= gap)
				g[j] = g[j - gap];
			g[j] = v;
		}
	}
}

long
sys_setgroups(int size, vaddr_t ugroups)
{
	gid_t *groups = NULL;
	struct cred *cr;

	if (!capable(CAP_SETGID))
		return -EPERM;
	if (size < 0 || size > NGROUPS_MAX)
		return -EINVAL;
	if (size > 0) {
		size_t bytes = (size_t)size * sizeof(gid_t);

		groups = kmalloc(bytes, 0);
		if (groups == NULL)
			return -ENOMEM;
		if (copyin(ugroups, groups, bytes) != 0) {
			kfree(groups);
			return -EFAULT;
		}
		gids_sort(groups, (size_t)size);
	}
	cr = cred_prepare();
	if (cr == NULL) {
		kfree(groups);
		return -ENOMEM;
	}
	kfree(cr->cr_groups);
	cr->cr_groups = groups;
	cr->cr_ngroups = (uint32_t)size;
	cred_commit(cr);
	return 0;
}
