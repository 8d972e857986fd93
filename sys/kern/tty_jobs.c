/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/tty_jobs.c: job control: controlling terminals, foreground groups,
 * and the signals that keep background jobs away from the terminal.
 *
 * Invariant: t_session->s_tty == t, or t_session is NULL; both change under
 * proctree_lock. A session holds a reference to its terminal and the terminal
 * one to its session.
 */
#include <machine/usercopy.h>

#include "kern/tty_internal.h"

void
tty_signal_fg(struct tty *t, int signo)
{
	struct pgrp *pg;

	mutex_lock(&proctree_lock);
	pg = t->t_fg_pgid > 0 ? pgrp_find(t->t_fg_pgid) : NULL;
	if (pg != NULL)
		signal_pgrp(pg, signo);
	mutex_unlock(&proctree_lock);
}

struct tty *
tty_of_session_self(void)
{
	struct tty *t;

	mutex_lock(&proctree_lock);
	t = curproc()->p_pgrp->pg_session->s_tty;
	if (t != NULL)
		tty_ref(t);
	mutex_unlock(&proctree_lock);
	return t;
}

/*
 * A background job that reads (SIGTTIN), writes with TOSTOP or changes the
 * terminal (SIGTTOU) is stopped and tries again when it is continued.
 */
int
tty_check_job(struct tty *t, int signo)
{
	struct pgrp *pg;
	pid_t pgid;
	bool background;

	mutex_lock(&proctree_lock);
	pg = curproc()->p_pgrp;
	pgid = pg->pg_id;
	background = t->t_session != NULL && pg->pg_session == t->t_session &&
	    t->t_fg_pgid != 0 && t->t_fg_pgid != pgid;
	mutex_unlock(&proctree_lock);
	if (!background)
		return 0;
	if (signal_ignored_or_blocked(signo))
		return signo == SIGTTIN ? -EIO : 0;
	if (pgrp_orphaned_self())
		return -EIO;
	signal_pgrp_id(pgid, signo);
	return -ERESTARTSYS;
}

/* proctree_lock held. */
static void
detach(struct tty *t)
{
	struct session *s = t->t_session;

	t->t_session = NULL;
	t->t_fg_pgid = 0;
	s->s_tty = NULL;
	session_unref(s);
	tty_unref(t);
}

/* proctree_lock held. */
static void
attach(struct tty *t, struct session *s, pid_t pgid)
{
	session_ref(s);
	tty_ref(t);
	t->t_session = s;
	t->t_fg_pgid = pgid;
	s->s_tty = t;
}

/*
 * For a session leader without a terminal; steal (root's): from another
 * session.
 */
int
tty_make_controlling(struct tty *t, bool steal)
{
	struct proc *p = curproc();
	struct session *s;
	int err = 0;

	mutex_lock(&proctree_lock);
	s = p->p_pgrp->pg_session;
	if (s->s_tty == t)
		;
	else if (s->s_leader != p || s->s_tty != NULL)
		err = -EPERM;
	else if (t->t_session != NULL && !steal)
		err = -EPERM;
	else {
		if (t->t_session != NULL)
			detach(t);
		attach(t, s, p->p_pgrp->pg_id);
	}
	mutex_unlock(&proctree_lock);
	return err;
}

void
tty_open_controlling(struct tty *t)
{
	int err = tty_make_controlling(t, false);

	(void)err; /* then it just does not become one */
}

static int
set_foreground(struct tty *t, vaddr_t arg)
{
	struct session *s;
	struct pgrp *pg;
	uint32_t pgid;
	int err = tty_check_job(t, SIGTTOU);

	if (err == 0)
		err = user_load32(arg, &pgid);
	if (err != 0)
		return err;
	if ((int32_t)pgid < 0)
		return -EINVAL;
	mutex_lock(&proctree_lock);
	s = curproc()->p_pgrp->pg_session;
	pg = pgrp_find((pid_t)pgid);
	if (t->t_session == NULL || t->t_session != s)
		err = -ENOTTY;
	else if (pg == NULL)
		err = -ESRCH;
	else if (pg->pg_session != s)
		err = -EPERM;
	else
		t->t_fg_pgid = (pid_t)pgid;
	mutex_unlock(&proctree_lock);
	return err;
}

static int
give_up(struct tty *t)
{
	struct proc *p = curproc();
	pid_t fg = 0;
	int err = 0;

	mutex_lock(&proctree_lock);
	if (p->p_pgrp->pg_session->s_tty != t) {
		err = -ENOTTY;
	} else if (p->p_pgrp->pg_session->s_leader == p) {
		fg = t->t_fg_pgid;
		detach(t);
	}
	mutex_unlock(&proctree_lock);
	if (fg > 0) {
		signal_pgrp_id(fg, SIGHUP);
		signal_pgrp_id(fg, SIGCONT);
	}
	return err;
}

int
tty_job_ioctl(struct tty *t, unsigned long cmd, vaddr_t arg)
{
	pid_t pgid, sid = 0;
	bool ours;

	switch (cmd) {
	case TIOCSCTTY:
		if (arg == 1 && !cred_capable(curlwp()->l_cred, CAP_SYS_ADMIN))
			return -EPERM;
		return tty_make_controlling(t, arg == 1);
	case TIOCNOTTY:
		return give_up(t);
	case TIOCSPGRP:
		return set_foreground(t, arg);
	case TIOCGPGRP:
	case TIOCGSID:
		mutex_lock(&proctree_lock);
		ours = t->t_session != NULL &&
		    t->t_session == curproc()->p_pgrp->pg_session;
		pgid = t->t_fg_pgid;
		if (ours)
			sid = t->t_session->s_sid;
		mutex_unlock(&proctree_lock);
		if (!ours)
			return -ENOTTY;
		return user_store32(arg,
		    (uint32_t)(cmd == TIOCGSID ? sid : pgid));
	default:
		return -ENOTTY;
	}
}

/*
 * The session loses its terminal. If its leader exits, the terminal is hung
 * up and the foreground group is told.
 */
void
tty_session_leave(struct session *s, bool leader_exits)
{
	struct tty *t;
	pid_t fg = 0;

	mutex_lock(&proctree_lock);
	t = s->s_tty;
	if (t != NULL) {
		tty_ref(t);
		fg = t->t_fg_pgid;
		detach(t);
	}
	mutex_unlock(&proctree_lock);
	if (t == NULL)
		return;
	if (leader_exits) {
		if (fg > 0) {
			signal_pgrp_id(fg, SIGHUP);
			signal_pgrp_id(fg, SIGCONT);
		}
		tty_hangup(t);
	}
	tty_unref(t);
}

/* The line has gone: the leader is told, the terminal hung up. */
void
tty_carrier_lost(struct tty *t)
{
	struct proc *leader = NULL;

	mutex_lock(&proctree_lock);
	if (t->t_session != NULL && t->t_session->s_leader != NULL) {
		leader = t->t_session->s_leader;
		proc_ref(leader);
	}
	mutex_unlock(&proctree_lock);
	if (leader != NULL) {
		signal_proc(leader, SIGHUP);
		signal_proc(leader, SIGCONT);
		proc_unref(leader);
	}
	tty_signal_fg(t, SIGHUP);
	tty_hangup(t);
}

dev_t
tty_session_dev(struct session *s, int *fg_pgid)
{
	struct tty *t = s->s_tty;

	*fg_pgid = t == NULL ? -1 : t->t_fg_pgid;
	return t == NULL ? 0 : t->t_dev;
}
