/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/pgrp.c: process groups and sessions, the ground of job control.
 *
 * A group lives while it has members, a session while it has groups. A group
 * is orphaned when no member has a parent in another group of the same
 * session: nobody is left who would continue it, so stopped members are told
 * with SIGHUP and SIGCONT.
 * Locks: proctree_lock for everything here.
 */
#include "base/panic.h"
#include "base/slab.h"

#include "kern/proc_internal.h"
#include "kern/syscall.h"
#include "kern/tty.h"

#define PGRP_HASH_SIZE 128u

static struct list pgrp_hash[PGRP_HASH_SIZE];

static struct list *
pgrp_chain(pid_t pgid)
{
	struct list *head = &pgrp_hash[(unsigned)pgid % PGRP_HASH_SIZE];

	if (head->l_next == NULL)
		list_init(head);
	return head;
}

struct pgrp *
pgrp_find(pid_t pgid)
{
	struct pgrp *pg;

	list_foreach(pg, pgrp_chain(pgid), pg_hash)
		if (pg->pg_id == pgid)
			return pg;
	return NULL;
}

void
session_ref(struct session *s)
{
	atomic_add_relaxed(&s->s_ref, 1);
}

void
session_unref(struct session *s)
{
	if (atomic_sub(&s->s_ref, 1) != 0)
		return;
	pid_drop(s->s_sid);
	kfree(s);
}

void
pgrp_leave(struct proc *p)
{
	struct pgrp *pg = p->p_pgrp;

	list_del(&p->p_pglink);
	p->p_pgrp = NULL;
	if (--pg->pg_ref != 0)
		return;
	list_del(&pg->pg_hash);
	pid_drop(pg->pg_id);
	session_unref(pg->pg_session);
	kfree(pg);
}

void
pgrp_enter(struct proc *p, struct pgrp *pg)
{
	pg->pg_ref++;
	if (p->p_pgrp != NULL)
		pgrp_leave(p);
	p->p_pgrp = pg;
	list_add_tail(&pg->pg_members, &p->p_pglink);
}

/* A group of p's own number, in a session of its own or in the present one. */
int
pgrp_enter_new(struct proc *p, bool new_session)
{
	struct pgrp *pg = kzalloc(sizeof(*pg));
	struct session *s = NULL;

	if (pg == NULL)
		return -ENOMEM;
	if (new_session) {
		s = kzalloc(sizeof(*s));
		if (s == NULL) {
			kfree(pg);
			return -ENOMEM;
		}
		s->s_sid = p->p_pid;
		s->s_leader = p;
		pid_hold(p->p_pid);
	} else {
		s = p->p_pgrp->pg_session;
	}
	atomic_add(&s->s_ref, 1);
	pg->pg_session = s;
	pg->pg_id = p->p_pid;
	pid_hold(p->p_pid);
	list_init(&pg->pg_members);
	list_add_tail(pgrp_chain(pg->pg_id), &pg->pg_hash);
	pgrp_enter(p, pg);
	return 0;
}

bool
pgrp_orphaned(struct pgrp *pg, struct proc *except)
{
	struct proc *p;

	list_foreach(p, &pg->pg_members, p_pglink) {
		struct proc *parent = p->p_parent;

		if (p == except || p->p_state == PS_ZOMBIE || parent == NULL ||
		    (parent->p_flags & P_INIT))
			continue;
		if (parent->p_pgrp != pg &&
		    parent->p_pgrp->pg_session == pg->pg_session)
			return false;
	}
	return true;
}

bool
pgrp_orphaned_self(void)
{
	bool orphaned;

	mutex_lock(&proctree_lock);
	orphaned = pgrp_orphaned(curproc()->p_pgrp, NULL);
	mutex_unlock(&proctree_lock);
	return orphaned;
}

static bool
pgrp_has_stopped(struct pgrp *pg)
{
	struct proc *p;

	list_foreach(p, &pg->pg_members, p_pglink)
		if (p->p_state == PS_STOPPED)
			return true;
	return false;
}

void
pgrp_check_orphan(struct pgrp *pg, struct proc *parent, struct proc *exiting)
{
	if (parent == NULL || parent->p_pgrp == NULL || parent->p_pgrp == pg ||
	    parent->p_pgrp->pg_session != pg->pg_session)
		return;
	if (!pgrp_orphaned(pg, exiting) || !pgrp_has_stopped(pg))
		return;
	signal_pgrp(pg, SIGHUP);
	signal_pgrp(pg, SIGCONT);
}

long
sys_setpgid(pid_t pid, pid_t pgid)
{
	struct proc *self = curproc(), *p;
	struct pgrp *pg;
	int error;

	if (pid < 0 || pgid < 0)
		return pid < 0 ? -ESRCH : -EINVAL;
	if (pid == 0)
		pid = self->p_pid;
	if (pgid == 0)
		pgid = pid;
	mutex_lock(&proctree_lock);
	error = -ESRCH;
	p = proc_find_locked(pid);
	if (p == NULL || p->p_pgrp == NULL ||
	    (p != self && p->p_parent != self))
		goto out;
	error = -EPERM;
	if (p->p_pgrp->pg_session != self->p_pgrp->pg_session ||
	    p->p_pgrp->pg_session->s_leader == p)
		goto out;
	error = -EACCES;
	if (p != self && (p->p_flags & P_EXECED))
		goto out;
	error = 0;
	if (p->p_pgrp->pg_id == pgid)
		goto out;
	pg = pgrp_find(pgid);
	if (pg != NULL && pg->pg_session == self->p_pgrp->pg_session)
		pgrp_enter(p, pg);
	else if (pg == NULL && pgid == pid)
		error = pgrp_enter_new(p, false);
	else
		error = -EPERM;
out:
	mutex_unlock(&proctree_lock);
	return error;
}

/* pid's group (or session), 0: of the running process. */
static long
pgrp_of(pid_t pid, bool session)
{
	struct proc *p;
	long result = -ESRCH;

	mutex_lock(&proctree_lock);
	p = pid == 0 ? curproc() : proc_find_locked(pid);
	if (p != NULL && p->p_pgrp != NULL)
		result = session ? p->p_pgrp->pg_session->s_sid :
				   p->p_pgrp->pg_id;
	mutex_unlock(&proctree_lock);
	return result;
}

long
sys_getpgid(pid_t pid)
{
	return pgrp_of(pid, false);
}

long
sys_getpgrp(void)
{
	return pgrp_of(0, false);
}

long
sys_getsid(pid_t pid)
{
	return pgrp_of(pid, true);
}

long
sys_setsid(void)
{
	struct proc *p = curproc();
	long result;

	mutex_lock(&proctree_lock);
	if (pgrp_find(p->p_pid) != NULL) {
		result = -EPERM;
	} else {
		result = pgrp_enter_new(p, true);
		if (result == 0)
			result = p->p_pid;
	}
	mutex_unlock(&proctree_lock);
	return result;
}
