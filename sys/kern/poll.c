/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/poll.c: poll(2) and ppoll(2), and the waiter they share with
 * select.
 *
 * The first round over the files leaves an entry on each queue; a wake-up
 * whose key has nothing the entry wants is dropped in the callback. Later
 * rounds only ask. A file stays referenced while entries lie on its queues.
 */
#include "kern/poll.h"

#include "base/slab.h"

#include "fs/vnode.h"
#include "kern/filecall.h"
#include "kern/syscall.h"

#define CHUNK_ENTRIES                                                        \
	((PAGE_SIZE - sizeof(struct poll_chunk)) / sizeof(struct poll_entry))

/* --- the waiter ---------------------------------------------------------- */

static void
poll_wakeup(struct wait_entry *we, unsigned key)
{
	struct poll_entry *pe = container_of(we, struct poll_entry, pe_wait);
	struct poll_waiter *pw = pe->pe_owner;

	if (key != 0 && (key & pe->pe_events) == 0)
		return;
	atomic_store(&pw->pw_woken, 1);
	thread_wake(pw->pw_thread);
}

static struct poll_entry *
entry_get(struct poll_waiter *pw)
{
	struct poll_chunk *pc;

	if (pw->pw_used < POLL_FAST)
		return &pw->pw_fast[pw->pw_used++];
	pc = pw->pw_chunks;
	if (pc == NULL || pc->pc_used == CHUNK_ENTRIES) {
		pc = kmalloc(PAGE_SIZE, 0);
		if (pc == NULL)
			return NULL;
		pc->pc_used = 0;
		pc->pc_next = pw->pw_chunks;
		pw->pw_chunks = pc;
	}
	return &pc->pc_entries[pc->pc_used++];
}

static void
poll_add(struct polltable *pt, struct waitq *wq)
{
	struct poll_waiter *pw = container_of(pt, struct poll_waiter, pw_pt);
	struct poll_entry *pe;

	pe = entry_get(pw);
	if (pe == NULL) {
		pt->pt_error = -ENOMEM;
		return;
	}
	pe->pe_owner = pw;
	pe->pe_events = pw->pw_events;
	wait_entry_init(&pe->pe_wait);
	pe->pe_wait.we_func = poll_wakeup;
	waitq_add(wq, &pe->pe_wait);
}

void
poll_waiter_init(struct poll_waiter *pw)
{
	pw->pw_pt.pt_add = poll_add;
	pw->pw_pt.pt_error = 0;
	pw->pw_thread = curthread();
	pw->pw_woken = 0;
	pw->pw_used = 0;
	pw->pw_chunks = NULL;
}

void
poll_waiter_end(struct poll_waiter *pw)
{
	struct poll_chunk *pc;
	unsigned i;

	for (i = 0; i < pw->pw_used; i++)
		waitq_del(&pw->pw_fast[i].pe_wait);
	while ((pc = pw->pw_chunks) != NULL) {
		for (i = 0; i < pc->pc_used; i++)
			waitq_del(&pc->pc_entries[i].pe_wait);
		pw->pw_chunks = pc->pc_next;
		kfree(pc);
	}
}

int
poll_waiter_sleep(struct poll_waiter *pw, nsec_t deadline)
{
	int error = 0;

	for (;;) {
		thread_prepare_sleep(TS_SLEEPING_INTR);
		if (atomic_load(&pw->pw_woken) != 0 || error != 0)
			break;
		error = thread_sleep(deadline);
	}
	thread_finish_sleep();
	if (atomic_xchg(&pw->pw_woken, 0) != 0)
		error = 0;
	return error;
}

/* --- poll ---------------------------------------------------------------- */

struct pollfd {
	int32_t fd;
	int16_t events, revents;
};
#define POLLFD_FAST 16

struct poll_set {
	struct pollfd *ps_fds;
	struct fdref *ps_refs; /* fr_file NULL: none */
	unsigned ps_n;
};

/* What to tell of one file; with pt, waits for more. */
static inline unsigned
poll_ask(const struct pollfd *pfd, struct file *fp, struct polltable *pt)
{
	return file_poll(fp, pt) &
	    ((uint16_t)pfd->events | POLLERR | POLLHUP);
}

/* One round without sleep or references; the number with events. */
static int
poll_once(struct pollfd *pfd, unsigned nfds)
{
	struct fdview fv;
	struct fdref fr;
	unsigned got;
	int n = 0;

	fd_view(&fv);
	for (; nfds-- > 0; pfd++) {
		got = 0;
		if (pfd->fd >= 0) {
			got = POLLNVAL;
			if (fd_view_borrow(&fv, pfd->fd, &fr) == 0) {
				got = poll_ask(pfd, fr.fr_file, NULL);
				fd_return(&fr);
			}
		}
		pfd->revents = (int16_t)got;
		n += got != 0;
	}
	return n;
}

/* One round; the number of descriptors with events. */
static int
poll_scan(struct poll_set *ps, struct poll_waiter *pw)
{
	struct polltable *pt = pw != NULL ? &pw->pw_pt : NULL;
	struct pollfd *pfd;
	unsigned got, i;
	int n = 0;

	for (i = 0; i < ps->ps_n; i++) {
		pfd = &ps->ps_fds[i];
		pfd->revents = 0;
		if (pfd->fd < 0)
			continue;
		got = POLLNVAL;
		if (ps->ps_refs[i].fr_file != NULL) {
			if (pw != NULL)
				pw->pw_events = (uint16_t)pfd->events |
				    POLLERR | POLLHUP;
			got = poll_ask(pfd, ps->ps_refs[i].fr_file, pt);
		}
		pfd->revents = (int16_t)got;
		if (got != 0) {
			n++;
			pt = NULL; /* it will not sleep */
		}
	}
	return n;
}

static int
poll_wait_set(struct poll_set *ps, nsec_t deadline)
{
	struct poll_waiter pw __attribute__((uninitialized));
	int n, error = 0;

	poll_waiter_init(&pw);
	n = poll_scan(ps, &pw);
	while (n == 0 && error == 0) {
		error = pw.pw_pt.pt_error;
		if (error == 0)
			error = poll_waiter_sleep(&pw, deadline);
		if (error == 0 || error == -ETIMEDOUT)
			n = poll_scan(ps, NULL);
	}
	poll_waiter_end(&pw);
	if (n != 0 || error == -ETIMEDOUT)
		return n;
	return error == -ERESTARTSYS ? -EINTR : error;
}

static void
refs_get(struct poll_set *ps)
{
	struct fdview fv;
	unsigned i;

	fd_view(&fv);
	for (i = 0; i < ps->ps_n; i++)
		if (ps->ps_fds[i].fd < 0 ||
		    fd_view_borrow(&fv, ps->ps_fds[i].fd,
		    &ps->ps_refs[i]) != 0)
			ps->ps_refs[i].fr_file = NULL;
}

static void
refs_put(struct poll_set *ps)
{
	unsigned i;

	for (i = 0; i < ps->ps_n; i++)
		if (ps->ps_refs[i].fr_file != NULL)
			fd_return(&ps->ps_refs[i]);
}

static int
poll_user(struct poll_set *ps, vaddr_t ufds, nsec_t deadline)
{
	int n;

	if (copyin(ufds, ps->ps_fds, ps->ps_n * sizeof(struct pollfd)) != 0)
		return -EFAULT;
	if (deadline == 0) {
		n = poll_once(ps->ps_fds, ps->ps_n);
	} else {
		refs_get(ps);
		n = poll_wait_set(ps, deadline);
		refs_put(ps);
	}
	/* The mask may have let one in, and the time be over all the same. */
	if (n == 0 && thread_signalled(curthread()))
		return -EINTR;
	/* One copy of everything is cheaper than one for each revents. */
	if (n >= 0 && copyout(ps->ps_fds, ufds,
	    ps->ps_n * sizeof(struct pollfd)) != 0)
		n = -EFAULT;
	return n;
}

static __noinline int
poll_many(vaddr_t ufds, unsigned nfds, nsec_t deadline)
{
	struct poll_set ps;
	int n;

	ps.ps_n = nfds;
	ps.ps_fds = kmalloc(nfds *
	    (sizeof(struct pollfd) + sizeof(struct fdref)), 0);
	if (ps.ps_fds == NULL)
		return -ENOMEM;
	ps.ps_refs = (struct fdref *)(void *)(ps.ps_fds + nfds);
	n = poll_user(&ps, ufds, deadline);
	kfree(ps.ps_fds);
	return n;
}

static __noinline int
poll_few(vaddr_t ufds, unsigned nfds, nsec_t deadline)
{
	struct pollfd fds[POLLFD_FAST] __attribute__((uninitialized));
	struct fdref refs[POLLFD_FAST] __attribute__((uninitialized));
	struct poll_set ps = { fds, refs, nfds };

	return poll_user(&ps, ufds, deadline);
}

static int
do_poll(vaddr_t ufds, unsigned nfds, nsec_t deadline)
{
	if (nfds > atomic_load_relaxed(
		       &curproc()->p_rlimit[RLIMIT_NOFILE].rlim_cur))
		return -EINVAL;
	return nfds <= POLLFD_FAST ? poll_few(ufds, nfds, deadline) :
	    poll_many(ufds, nfds, deadline);
}

/* restart_syscall(2) after a signal without a handler: the same deadline. */
static int
poll_restart(struct lwp *l)
{
	int n;

	n = do_poll(l->l_restart_args[0], (unsigned)l->l_restart_args[1],
	    (nsec_t)l->l_restart_args[2]);
	return n == -EINTR ? -ERESTART_RESTARTBLOCK : n;
}

long
sys_poll(vaddr_t ufds, unsigned nfds, int timeout_ms)
{
	nsec_t deadline = deadline_of_ms(timeout_ms);
	struct lwp *l = curlwp();
	int n;

	n = do_poll(ufds, nfds, deadline);
	if (n != -EINTR)
		return n;
	l->l_restart_fn = poll_restart;
	l->l_restart_args[0] = ufds;
	l->l_restart_args[1] = nfds;
	l->l_restart_args[2] = (uint64_t)deadline;
	return -ERESTART_RESTARTBLOCK;
}

long
sys_ppoll(vaddr_t ufds, unsigned nfds, vaddr_t uts, vaddr_t umask,
    size_t setsize)
{
	nsec_t deadline;
	int n;

	n = deadline_copyin(uts, &deadline);
	if (n == 0)
		n = tempmask_copyin(umask, setsize);
	if (n != 0)
		return n;
	n = do_poll(ufds, nfds, deadline);
	deadline_copyout(uts, deadline);
	return n == -EINTR ? -ERESTARTNOHAND : n;
}
