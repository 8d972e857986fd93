/* SPDX-License-Identifier: MIT */
/*
 * sys/net/unix_conn.c: connect, listen, accept, socketpair.
 *
 *	FRESH --listen--> LISTENING        FRESH --connect--> CONNECTED
 *
 * connect() makes the server's end itself and lays it on the listener's
 * us_pending; both ends are connected before accept() sees it, so a client
 * may write at once.
 */
#include "base/atomic.h"
#include "net/unix.h"

/* Both locked, or one not yet known to anybody. */
static void
join(struct unix_sock *a, struct unix_sock *b)
{
	unix_ref(a);
	unix_ref(b);
	a->us_peer = b;
	b->us_peer = a;
	a->us_peercred = b->us_cred;
	b->us_peercred = a->us_cred;
	atomic_store(&a->us_state, US_CONNECTED);
	atomic_store(&b->us_state, US_CONNECTED);
}

int
unix_pair(struct socket *a, struct socket *b)
{
	struct unix_sock *ua = to_unix(a), *ub = to_unix(b);

	socket_ucred_self(&ua->us_cred);
	ub->us_cred = ua->us_cred;
	unix_lock2(ua, ub);
	join(ua, ub);
	if (a->so_type == SOCK_DGRAM) {
		list_add_tail(&ub->us_senders, &ua->us_slink);
		list_add_tail(&ua->us_senders, &ub->us_slink);
	}
	unix_unlock2(ua, ub);
	return 0;
}

int
unix_listen(struct socket *so, int backlog)
{
	struct unix_sock *us = to_unix(so);
	int error = 0;

	if (so->so_type == SOCK_DGRAM)
		return -EOPNOTSUPP;
	mutex_lock(&us->us_lock);
	if (us->us_addr == NULL ||
	    (us->us_state != US_FRESH && us->us_state != US_LISTENING)) {
		error = -EINVAL;
	} else {
		us->us_backlog = backlog < 0 || backlog > SOMAXCONN ?
		    SOMAXCONN : (uint32_t)backlog;
		socket_ucred_self(&us->us_cred);
		atomic_store(&us->us_state, US_LISTENING);
	}
	mutex_unlock(&us->us_lock);
	if (error == 0)
		waitq_wake_all(&us->us_roomq); /* the backlog may have grown */
	return error;
}

/* --- datagrams: connecting is remembering -------------------------------- */

/* Takes peer (or NULL) over. */
static void
dgram_set_peer(struct unix_sock *us, struct unix_sock *peer)
{
	struct unix_sock *old;

	for (;;) {
		mutex_lock(&us->us_lock);
		old = us->us_peer;
		us->us_peer = NULL;
		if (old == NULL)
			break;
		mutex_unlock(&us->us_lock);
		mutex_lock(&old->us_lock);
		list_del(&us->us_slink);
		mutex_unlock(&old->us_lock);
		unix_unref(old);
	}
	us->us_peer = peer;
	if (peer != NULL)
		us->us_peercred = peer->us_cred;
	atomic_store(&us->us_state, peer != NULL ? US_CONNECTED : US_FRESH);
	mutex_unlock(&us->us_lock);
	if (peer == NULL)
		return;
	mutex_lock(&peer->us_lock);
	if (us->us_peer == peer && peer->us_state != US_DEAD)
		list_add_tail(&peer->us_senders, &us->us_slink);
	mutex_unlock(&peer->us_lock);
}

/* Whom a datagram socket is connected to may refuse others. */
static int
dgram_connect(struct unix_sock *us, const uint8_t *name, unsigned len,
    const struct lookup_ctx *lc)
{
	struct unix_sock *peer;
	uint16_t family;
	int error;

	memcpy(&family, name, sizeof(family));
	if (family == AF_UNSPEC) {
		dgram_set_peer(us, NULL);
		return 0;
	}
	error = unix_find(name, len, lc, SOCK_DGRAM, &peer);
	if (error != 0)
		return error;
	if (peer->us_peer != NULL && peer->us_peer != us) {
		unix_unref(peer);
		return -EPERM;
	}
	dgram_set_peer(us, peer);
	return 0;
}

/* --- streams and seqpackets ---------------------------------------------- */

static bool
listener_has_room(const struct unix_sock *ls)
{
	return atomic_load_relaxed(&ls->us_npending) <=
	    atomic_load_relaxed(&ls->us_backlog) ||
	    atomic_load_relaxed(&ls->us_state) != US_LISTENING;
}

static int
listener_wait(struct unix_sock *ls, nsec_t timeo, bool nonblock)
{
	nsec_t deadline = NSEC_NEVER;
	int error;

	if (nonblock)
		return -EAGAIN;
	if (timeo != NSEC_NEVER)
		deadline = clock_mono() + timeo;
	error = WAIT_EVENT_INTR_UNTIL(&ls->us_roomq, listener_has_room(ls),
	    deadline);
	return error == -ETIMEDOUT ? -EAGAIN : error;
}

/* Locks us and ls; 0, or 1: no room. */
static int
try_connect(struct unix_sock *us, struct unix_sock *ls, struct unix_sock *srv)
{
	int error = 0;

	unix_lock2(us, ls);
	if (us->us_state == US_CONNECTED)
		error = -EISCONN;
	else if (us->us_state != US_FRESH)
		error = -EINVAL;
	else if (ls->us_state != US_LISTENING ||
	    (ls->us_shut & US_SHUT_RD) != 0)
		error = -ECONNREFUSED;
	else if (!listener_has_room(ls))
		error = 1;
	if (error == 0) {
		socket_ucred_self(&us->us_cred);
		srv->us_cred = ls->us_cred;
		srv->us_addr = unix_addr_ref(ls->us_addr);
		srv->us_so.so_passcred = ls->us_so.so_passcred;
		join(us, srv);
		list_add_tail(&ls->us_pending, &srv->us_plink);
		ls->us_npending++;
	}
	unix_unlock2(us, ls);
	return error;
}

int
unix_connect(struct socket *so, const uint8_t *name, unsigned len,
    const struct lookup_ctx *lc, bool nonblock)
{
	struct unix_sock *us = to_unix(so), *ls, *srv;
	int error;

	if (len < UNIX_ADDR_FAMILY)
		return -EINVAL;
	if (so->so_type == SOCK_DGRAM)
		return dgram_connect(us, name, len, lc);
	srv = unix_alloc(so->so_type);
	if (srv == NULL)
		return -ENOMEM;
	do {
		error = unix_find(name, len, lc, so->so_type, &ls);
		if (error != 0)
			break;
		error = ls == us ? -EINVAL : try_connect(us, ls, srv);
		if (error == 0)
			waitq_wake_key(&ls->us_rq, POLLIN | POLLRDNORM);
		if (error == 1 &&
		    (error = listener_wait(ls, so->so_sndtimeo, nonblock)) == 0)
			error = 1;
		unix_unref(ls);
	} while (error == 1);
	if (error != 0)
		unix_unref(srv);
	return error;
}

static bool
can_accept(const struct unix_sock *us)
{
	return atomic_load_relaxed(&us->us_npending) != 0 ||
	    (atomic_load_relaxed(&us->us_shut) & US_SHUT_RD) != 0;
}

int
unix_accept(struct socket *so, struct socket **out, bool nonblock)
{
	struct unix_sock *us = to_unix(so), *srv;
	nsec_t deadline = NSEC_NEVER;
	int error;

	if (so->so_type == SOCK_DGRAM)
		return -EOPNOTSUPP;
	if (us->us_state != US_LISTENING)
		return -EINVAL;
	if (so->so_rcvtimeo != NSEC_NEVER)
		deadline = clock_mono() + so->so_rcvtimeo;
	mutex_lock(&us->us_lock);
	while (list_empty(&us->us_pending)) {
		error = (us->us_shut & US_SHUT_RD) != 0 ? -EINVAL :
		    nonblock ? -EAGAIN : 0;
		mutex_unlock(&us->us_lock);
		if (error != 0)
			return error;
		error = WAIT_EVENT_STATE(&us->us_rq, can_accept(us),
		    TS_SLEEPING_INTR, deadline, true);
		if (error != 0)
			return error == -ETIMEDOUT ? -EAGAIN : error;
		mutex_lock(&us->us_lock);
	}
	srv = list_first(&us->us_pending, struct unix_sock, us_plink);
	list_del(&srv->us_plink);
	us->us_npending--;
	mutex_unlock(&us->us_lock);
	if (waitq_has_sleepers(&us->us_roomq))
		waitq_wake_all(&us->us_roomq);
	*out = &srv->us_so;
	return 0;
}
