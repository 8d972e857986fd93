/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/torus_root.c: tells sys/torus, which knows no processes, whether
 * the running one may end a torus.
 */
#include "base/init.h"
#include "base/thread.h"

#include "fs/cred.h"
#include "kern/proc.h"
#include "torus/torus.h"

static bool
caller_is_root(void)
{
	const struct lwp *l = curthread()->td_lwp;

	return l != NULL && cred_capable(l->l_cred, CAP_SYS_ADMIN);
}

static uid_t
caller_user(void)
{
	const struct lwp *l = curthread()->td_lwp;

	return l != NULL ? l->l_cred->cr_uid : 0;
}

static void
torus_root_init(void)
{
	torus_privilege_register(caller_is_root, caller_user);
}
INIT(INIT_SUBSYS, 50, torus_root_init);
