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

static void
torus_root_init(void)
{
	torus_privilege_register(caller_is_root);
}
INIT(INIT_SUBSYS, 50, torus_root_init);
