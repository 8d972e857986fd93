/* SPDX-License-Identifier: MIT */
/*
 * sys/net/unix_gc.c: descriptors under way, and those that can never arrive.
 *
 * A socket sent over a socket may end up in its own queue, or two in each
 * other's; closed, nothing would ever receive them. A socket is a candidate
 * if every reference of its file is under way. Candidates that are under way
 * only in queues of candidates, and cannot be reached from a queue of another,
 * are garbage: their queues lose the descriptors.
 * Locks: [SOCKTAB] for every list and counter here. Sockets that take part
 * change under it only: to get at a candidate somebody must receive it.
 */
#include "base/atomic.h"
#include "net/unix.h"

static struct list inflight = LIST_INIT(inflight); /* of us_inflink */

/* The AF_UNIX socket behind a file, or NULL. */
static struct unix_sock *
file_unix(const struct file *fp)
{
	struct socket *so = file_socket(fp);

	return so != NULL && so->so_ops == &unix_sockops ? to_unix(so) : NULL;
}

void
unix_rights_enter(struct unix_sock *to, struct unix_msg *um)
{
	struct sock_rights *sr = um->um_rights;
	struct unix_sock *us;
	unsigned i;

	spin_lock(&unix_table_lock);
	sr->sr_slot = &um->um_rights;
	list_add_tail(&to->us_rights, &sr->sr_link);
	for (i = 0; i < sr->sr_n; i++) {
		us = file_unix(sr->sr_files[i]);
		if (us != NULL && us->us_inflight++ == 0)
			list_add_tail(&inflight, &us->us_inflink);
	}
	spin_unlock(&unix_table_lock);
}

/* unix_table_lock held: sr leaves its message. */
static void
rights_detach(struct sock_rights *sr)
{
	struct unix_sock *us;
	unsigned i;

	*sr->sr_slot = NULL;
	list_del(&sr->sr_link);
	for (i = 0; i < sr->sr_n; i++) {
		us = file_unix(sr->sr_files[i]);
		if (us != NULL && --us->us_inflight == 0)
			list_del(&us->us_inflink);
	}
}

struct sock_rights *
unix_rights_take(struct unix_msg *um)
{
	struct sock_rights *sr;

	spin_lock(&unix_table_lock);
	sr = um->um_rights;
	if (sr != NULL)
		rights_detach(sr);
	spin_unlock(&unix_table_lock);
	return sr;
}

int
unix_rights_dup(struct unix_msg *um, struct sock_rights **out)
{
	struct sock_rights *dup, *sr;
	unsigned i;

	dup = sock_rights_alloc(SCM_MAX_FD);
	if (dup == NULL)
		return -ENOMEM;
	spin_lock(&unix_table_lock);
	sr = um->um_rights;
	for (i = 0; sr != NULL && i < sr->sr_n; i++) {
		dup->sr_files[i] = sr->sr_files[i];
		file_ref(dup->sr_files[i]);
		dup->sr_n++;
	}
	spin_unlock(&unix_table_lock);
	*out = dup;
	return 0;
}

/* --- the search: unix_table_lock held ------------------------------------ */

/* delta to the count of each candidate that lies in the queue of us. */
static void
queue_count(struct unix_sock *us, int delta, bool *more)
{
	struct sock_rights *sr;
	struct unix_sock *in;
	unsigned i;

	list_foreach(sr, &us->us_rights, sr_link) {
		for (i = 0; i < sr->sr_n; i++) {
			in = file_unix(sr->sr_files[i]);
			if (in == NULL || !in->us_candidate)
				continue;
			in->us_gcrefs += delta;
			if (more != NULL && !in->us_reached)
				*more = true;
		}
	}
}

static void
mark(void)
{
	struct unix_sock *us;
	bool more;

	list_foreach(us, &inflight, us_inflink) {
		us->us_candidate = us->us_so.so_file != NULL &&
		    atomic_load(&us->us_so.so_file->f_ref) == us->us_inflight;
		us->us_reached = false;
		us->us_gcrefs = us->us_inflight;
	}
	list_foreach(us, &inflight, us_inflink)
		if (us->us_candidate)
			queue_count(us, -1, NULL);
	/* What is left comes from queues that somebody can read. */
	do {
		more = false;
		list_foreach(us, &inflight, us_inflink) {
			if (us->us_candidate && !us->us_reached &&
			    us->us_gcrefs > 0) {
				us->us_reached = true;
				queue_count(us, 1, &more);
			}
		}
	} while (more);
}

/* Takes the descriptors of one message out of the queues of garbage. */
static struct sock_rights *
sweep_one(void)
{
	struct sock_rights *sr;
	struct unix_sock *us;

	list_foreach(us, &inflight, us_inflink) {
		if (!us->us_candidate || us->us_reached ||
		    list_empty(&us->us_rights))
			continue;
		sr = list_first(&us->us_rights, struct sock_rights, sr_link);
		rights_detach(sr);
		return sr;
	}
	return NULL;
}

/*
 * Files are closed without the lock, each of which may bring us here again;
 * that call finds less.
 */
void
unix_gc(void)
{
	struct sock_rights *sr;

	while (!list_empty(&inflight)) {
		spin_lock(&unix_table_lock);
		mark();
		sr = sweep_one();
		spin_unlock(&unix_table_lock);
		if (sr == NULL)
			return;
		sock_rights_free(sr);
	}
}
