/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/fsctx.c: root, working directory and umask of a thread.
 *
 * Locks: fx_lock for the paths; while only one thread has the context it is
 * still taken, since /proc/PID/cwd reads it from outside.
 */
#include "base/slab.h"

#include "kern/proc_internal.h"
#include "kern/syscall.h"

struct fsctx *
fsctx_create(const struct path *root)
{
	struct fsctx *fx = kzalloc(sizeof(*fx));

	if (fx == NULL)
		return NULL;
	fx->fx_ref = 1;
	spin_init(&fx->fx_lock, LR_PROC, "fsctx");
	fx->fx_root = *root;
	fx->fx_cwd = *root;
	path_ref(&fx->fx_root);
	path_ref(&fx->fx_cwd);
	fx->fx_umask = 022;
	return fx;
}

struct fsctx *
fsctx_copy(struct fsctx *from)
{
	struct fsctx *fx = kmalloc(sizeof(*fx), 0);

	if (fx == NULL)
		return NULL;
	fx->fx_ref = 1;
	spin_init(&fx->fx_lock, LR_PROC, "fsctx");
	spin_lock(&from->fx_lock);
	fx->fx_root = from->fx_root;
	fx->fx_cwd = from->fx_cwd;
	fx->fx_umask = from->fx_umask;
	path_ref(&fx->fx_root);
	path_ref(&fx->fx_cwd);
	spin_unlock(&from->fx_lock);
	return fx;
}

void
fsctx_ref(struct fsctx *fx)
{
	atomic_add_relaxed(&fx->fx_ref, 1);
}

void
fsctx_unref(struct fsctx *fx)
{
	if (atomic_sub(&fx->fx_ref, 1) != 0)
		return;
	path_unref(&fx->fx_root);
	path_unref(&fx->fx_cwd);
	kfree(fx);
}

void
lookup_ctx_get(struct lookup_ctx *lc)
{
	struct lwp *l = curlwp();
	struct fsctx *fx = l->l_fs;

	lc->lc_cred = l->l_cred;
	spin_lock(&fx->fx_lock);
	lc->lc_root = fx->fx_root;
	lc->lc_cwd = fx->fx_cwd;
	lc->lc_umask = fx->fx_umask;
	path_ref(&lc->lc_root);
	path_ref(&lc->lc_cwd);
	spin_unlock(&fx->fx_lock);
}

void
lookup_ctx_put(struct lookup_ctx *lc)
{
	path_unref(&lc->lc_root);
	path_unref(&lc->lc_cwd);
}

long
sys_umask(mode_t mask)
{
	return atomic_xchg(&curlwp()->l_fs->fx_umask, mask & 0777);
}
