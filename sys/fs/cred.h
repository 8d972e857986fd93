/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/cred.h: who is asking. Immutable once published; a change makes a
 * new one (kern/cred.c).
 */
#ifndef FS_CRED_H
#define FS_CRED_H

#include "base/types.h"

#define NGROUPS_MAX 65536

struct cred {
	uint32_t cr_ref; /* [a] */
	uid_t cr_uid, cr_euid, cr_suid, cr_fsuid;
	gid_t cr_gid, cr_egid, cr_sgid, cr_fsgid;
	uint64_t cr_cap_eff, cr_cap_perm, cr_cap_inh; /* capability bits */
	uint64_t cr_cap_bset, cr_cap_amb;
	bool cr_no_new_privs;
	uint32_t cr_securebits; /* prctl(PR_SET_SECUREBITS) */
	uint32_t cr_ngroups;
	gid_t *cr_groups; /* sorted */
};

#define CAP_CHOWN	     0
#define CAP_DAC_OVERRIDE     1
#define CAP_DAC_READ_SEARCH  2
#define CAP_FOWNER	     3
#define CAP_FSETID	     4
#define CAP_KILL	     5
#define CAP_SETGID	     6
#define CAP_SETUID	     7
#define CAP_SETPCAP	     8
#define CAP_NET_BIND_SERVICE 10
#define CAP_NET_ADMIN	     12
#define CAP_NET_RAW	     13
#define CAP_IPC_LOCK	     14
#define CAP_IPC_OWNER	     15
#define CAP_SYS_CHROOT	     18
#define CAP_SYS_PTRACE	     19
#define CAP_SYS_ADMIN	     21
#define CAP_SYS_BOOT	     22
#define CAP_SYS_NICE	     23
#define CAP_SYS_RESOURCE     24
#define CAP_SYS_TIME	     25
#define CAP_SYS_TTY_CONFIG   26
#define CAP_MKNOD	     27
#define CAP_SYSLOG	     34
#define CAP_LAST	     40
#define CAP_FULL	     ((UINT64_C(1) << (CAP_LAST + 1)) - 1)

static inline bool
cred_capable(const struct cred *cr, int cap)
{
	return (cr->cr_cap_eff >> cap) & 1;
}

bool cred_in_group(const struct cred *, gid_t); /* fsgid or a group */
struct cred *cred_ref(const struct cred *);
void cred_unref(const struct cred *);
extern const struct cred cred_kernel; /* everything allowed */

#endif
