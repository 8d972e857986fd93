/* SPDX-License-Identifier: MIT */
/*
 * sys/net/unix_send.c: sending: bytes of a stream, messages of the others.
 *
 * A stream's bytes go to the end of the last message in the peer's queue as
 * long as that has room and came from the same sender without descriptors:
 * small writes cost no allocation each.
 */
#include "base/atomic.h"
#include "net/unix.h"

#define STREAM_CHUNK 16384u /* bytes in one message of a stream */
#define STREAM_SMALL 448u   /* capacity of the smallest: 512 with its head */

static struct unix_msg *
msg_alloc(size_t cap)
{
	struct unix_msg *um;

	um = kmalloc(sizeof(*um) + cap, 0);
	if (um == NULL)
		return NULL;
	um->um_off = um->um_len = 0;
	um->um_cap = (uint32_t)cap;
	um->um_rights = NULL;
	um->um_from = NULL;
	return um;
}

/* Moves n bytes in; fewer only with an error. */
static int
msg_fill(struct unix_msg *um, size_t n, struct uio *uio)
{
	size_t before = uio->uio_resid;
	int error;

	error = uiomove(um->um_data + um->um_len, n, uio);
	um->um_len += (uint32_t)(before - uio->uio_resid);
	return error;
}

static nsec_t
deadline_of(nsec_t timeo)
{
	return timeo == NSEC_NEVER ? NSEC_NEVER : clock_mono() + timeo;
}

/* --- streams ------------------------------------------------------------- */

static bool
same_cred(const struct ucred *a, const struct ucred *b)
{
	return a->uc_pid == b->uc_pid && a->uc_uid == b->uc_uid &&
	    a->uc_gid == b->uc_gid;
}

/* The last message of the queue, if bytes may be added to it. */
static struct unix_msg *
tail_open(struct unix_sock *peer, const struct sockmsg *sm)
{
	struct unix_msg *um;

	if (list_empty(&peer->us_queue) || sm->sm_rights != NULL)
		return NULL;
	um = list_last(&peer->us_queue, struct unix_msg, um_link);
	if (um->um_len == um->um_cap || um->um_rights != NULL ||
	    !same_cred(&um->um_cred, &sm->sm_cred))
		return NULL;
	return um;
}

/* peer locked: as much as fits one message. */
static int
stream_put(struct unix_sock *peer, struct sockmsg *sm)
{
	struct uio *uio = sm->sm_uio;
	struct unix_msg *um;
	uint32_t had;
	size_t n;
	int error;

	um = tail_open(peer, sm);
	if (um != NULL) {
		had = um->um_len;
		n = MIN(uio->uio_resid, um->um_cap - um->um_len);
		error = msg_fill(um, n, uio);
		peer->us_queued += um->um_len - had;
		return error;
	}
	n = MIN(uio->uio_resid, STREAM_CHUNK);
	um = msg_alloc(MAX(n, STREAM_SMALL));
	if (um == NULL)
		return -ENOMEM;
	um->um_cred = sm->sm_cred;
	error = msg_fill(um, n, uio);
	if (um->um_len == 0) {
		kfree(um);
		return error;
	}
	if (sm->sm_rights != NULL) {
		um->um_rights = sm->sm_rights;
		unix_rights_enter(peer, um);
		sm->sm_rights = NULL;
	}
	unix_queue_add(peer, um);
	return error;
}

static bool
send_over(const struct unix_sock *us, const struct unix_sock *peer)
{
	return (atomic_load_relaxed(&us->us_shut) & US_SHUT_WR) != 0 ||
	    atomic_load_relaxed(&peer->us_state) == US_DEAD;
}

static int
stream_wait(struct unix_sock *us, struct unix_sock *peer,
    const struct sockmsg *sm)
{
	int error;

	if ((sm->sm_flags & MSG_DONTWAIT) != 0)
		return -EAGAIN;
	error = WAIT_EVENT_INTR_UNTIL(&us->us_wq,
	    unix_has_room(peer, us) || send_over(us, peer),
	    deadline_of(us->us_so.so_sndtimeo));
	return error == -ETIMEDOUT ? -EAGAIN : error;
}

static ssize_t
stream_send(struct unix_sock *us, struct sockmsg *sm)
{
	struct unix_sock *peer = us->us_peer;
	size_t resid = sm->sm_uio->uio_resid;
	bool full;
	int error = 0;

	while (error == 0 && sm->sm_uio->uio_resid != 0) {
		if (send_over(us, peer)) {
			error = -EPIPE;
			break;
		}
		mutex_lock(&peer->us_lock);
		full = peer->us_queued >= us->us_so.so_sndbuf;
		if (peer->us_state == US_DEAD)
			error = -EPIPE;
		else if (!full)
			error = stream_put(peer, sm);
		mutex_unlock(&peer->us_lock);
		if (waitq_has_sleepers(&peer->us_rq))
			waitq_wake_key(&peer->us_rq, POLLIN | POLLRDNORM);
		if (full && error == 0)
			error = stream_wait(us, peer, sm);
	}
	if (resid != sm->sm_uio->uio_resid)
		return (ssize_t)(resid - sm->sm_uio->uio_resid);
	return error;
}

/* --- messages ------------------------------------------------------------ */

/* Whom this message goes to, referenced. */
static int
message_target(struct unix_sock *us, struct sockmsg *sm,
    struct unix_sock **top)
{
	if (us->us_so.so_type == SOCK_DGRAM && sm->sm_namelen != 0)
		return unix_find(sm->sm_name, sm->sm_namelen, sm->sm_lookup,
		    SOCK_DGRAM, top);
	mutex_lock(&us->us_lock);
	*top = us->us_peer;
	if (*top != NULL)
		unix_ref(*top);
	mutex_unlock(&us->us_lock);
	return *top == NULL ? -ENOTCONN : 0;
}

static bool
message_room(const struct unix_sock *to, const struct unix_sock *us, size_t n)
{
	return to->us_queued == 0 || (to->us_nqueued < UNIX_DGRAM_QUEUED &&
	    to->us_queued + n <= us->us_so.so_sndbuf);
}

static int
message_wait(struct unix_sock *us, struct unix_sock *to,
    const struct sockmsg *sm)
{
	int error;

	if ((sm->sm_flags & MSG_DONTWAIT) != 0)
		return -EAGAIN;
	error = WAIT_EVENT_INTR_UNTIL(us->us_so.so_type == SOCK_DGRAM ?
		&to->us_roomq : &us->us_wq,
	    unix_has_room(to, us) || send_over(us, to),
	    deadline_of(us->us_so.so_sndtimeo));
	return error == -ETIMEDOUT ? -EAGAIN : error;
}

/* Lays um down in the queue of to: 0, -Exxx, or 1: it is full. */
static int
message_put(struct unix_sock *us, struct unix_sock *to, struct unix_msg *um)
{
	bool dgram = us->us_so.so_type == SOCK_DGRAM;
	int error = 0;

	if ((atomic_load_relaxed(&us->us_shut) & US_SHUT_WR) != 0)
		return -EPIPE;
	mutex_lock(&to->us_lock);
	if (to->us_state == US_DEAD)
		error = dgram ? -ECONNREFUSED : -EPIPE;
	else if ((to->us_shut & US_SHUT_RD) != 0)
		error = -EPIPE;
	else if (dgram && to->us_peer != NULL && to->us_peer != us)
		error = -EPERM; /* it listens to somebody else only */
	else if (!message_room(to, us, um->um_len))
		error = 1;
	if (error == 0) {
		if (um->um_rights != NULL)
			unix_rights_enter(to, um);
		unix_queue_add(to, um);
	}
	mutex_unlock(&to->us_lock);
	if (error == 0 && waitq_has_sleepers(&to->us_rq))
		waitq_wake_key(&to->us_rq, POLLIN | POLLRDNORM);
	return error;
}

static ssize_t
message_send(struct unix_sock *us, struct sockmsg *sm)
{
	size_t n = sm->sm_uio->uio_resid;
	struct unix_sock *to;
	struct unix_msg *um;
	int error;

	if (n > us->us_so.so_sndbuf - 32)
		return -EMSGSIZE;
	um = msg_alloc(n);
	if (um == NULL)
		return -ENOBUFS;
	um->um_cred = sm->sm_cred;
	um->um_rights = sm->sm_rights;
	mutex_lock(&us->us_lock);
	if (us->us_addr != NULL)
		um->um_from = unix_addr_ref(us->us_addr);
	mutex_unlock(&us->us_lock);
	error = msg_fill(um, n, sm->sm_uio);
	if (error == 0)
		error = message_target(us, sm, &to);
	if (error == 0) {
		while ((error = message_put(us, to, um)) == 1)
			if ((error = message_wait(us, to, sm)) != 0)
				break;
		unix_unref(to);
	}
	if (error != 0) {
		um->um_rights = NULL; /* still the caller's */
		unix_msg_free(um);
		return error;
	}
	sm->sm_rights = NULL;
	return (ssize_t)n;
}

ssize_t
unix_send(struct socket *so, struct sockmsg *sm)
{
	struct unix_sock *us = to_unix(so);
	uint32_t state = atomic_load(&us->us_state);
	int error;

	if ((sm->sm_flags & MSG_OOB) != 0)
		return -EOPNOTSUPP;
	error = socket_error_take(so);
	if (unlikely(error != 0))
		return -error;
	if (so->so_type == SOCK_DGRAM)
		return message_send(us, sm);
	if (sm->sm_namelen != 0 && so->so_type == SOCK_STREAM)
		return state == US_CONNECTED ? -EISCONN : -EOPNOTSUPP;
	if ((atomic_load_relaxed(&us->us_shut) & US_SHUT_WR) != 0)
		return -EPIPE;
	if (state != US_CONNECTED)
		return -ENOTCONN;
	return so->so_type == SOCK_STREAM ? stream_send(us, sm) :
	    message_send(us, sm);
}
