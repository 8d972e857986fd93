/* SPDX-License-Identifier: MIT */
/*
 * sys/net/unix_recv.c: receiving.
 *
 * A stream's receiver goes on from message to message until it has enough; it
 * stops behind descriptors, and where the sender changes if it wants to know
 * who that is.
 */
#include "base/atomic.h"
#include "net/unix.h"

static bool
can_recv(const struct unix_sock *us)
{
	return atomic_load_relaxed(&us->us_nqueued) != 0 ||
	    (atomic_load_relaxed(&us->us_shut) & US_SHUT_RD) != 0 ||
	    atomic_load_relaxed(&us->us_so.so_error) != 0;
}

/*
 * us_lock held, and again on return: waits for a message. 1: there is one,
 * 0: the end, or an error.
 */
static int
recv_wait(struct unix_sock *us, const struct sockmsg *sm, nsec_t deadline)
{
	int error;

	for (;;) {
		if (!list_empty(&us->us_queue))
			return 1;
		error = socket_error_take(&us->us_so);
		if (error != 0)
			return -error;
		if ((us->us_shut & US_SHUT_RD) != 0)
			return 0;
		if (us->us_so.so_type != SOCK_DGRAM &&
		    us->us_state != US_CONNECTED)
			return us->us_so.so_type == SOCK_STREAM ? -EINVAL :
			    -ENOTCONN;
		if ((sm->sm_flags & MSG_DONTWAIT) != 0)
			return -EAGAIN;
		mutex_unlock(&us->us_lock);
		error = WAIT_EVENT_STATE(&us->us_rq, can_recv(us),
		    TS_SLEEPING_INTR, deadline, false);
		mutex_lock(&us->us_lock);
		if (error != 0)
			return error == -ETIMEDOUT ? -EAGAIN : error;
	}
}

static void
recv_name(struct sockmsg *sm, const struct unix_addr *from)
{
	sm->sm_namelen = 0;
	if (sm->sm_name == NULL || from == NULL)
		return;
	memcpy(sm->sm_name, from->ua_name, from->ua_len);
	sm->sm_namelen = from->ua_len;
}

/* Hands the descriptors of um out. */
static int
recv_rights(struct unix_msg *um, struct sockmsg *sm)
{
	if (um->um_rights == NULL)
		return 0;
	if ((sm->sm_flags & MSG_PEEK) != 0)
		return unix_rights_dup(um, &sm->sm_rights);
	sm->sm_rights = unix_rights_take(um);
	return 0;
}

static void
recv_cred(const struct unix_sock *us, const struct unix_msg *um,
    struct sockmsg *sm)
{
	sm->sm_cred = um->um_cred;
	sm->sm_cred_valid = us->us_so.so_passcred;
}

/* --- streams ------------------------------------------------------------- */

/* us_lock held: from one message; it goes when it is used up. */
static int
stream_take(struct unix_sock *us, struct unix_msg *um, struct sockmsg *sm)
{
	size_t n, moved, before = sm->sm_uio->uio_resid;
	int error;

	n = MIN(before, um->um_len - um->um_off);
	error = uiomove(um->um_data + um->um_off, n, sm->sm_uio);
	moved = before - sm->sm_uio->uio_resid;
	if (error == 0)
		error = recv_rights(um, sm);
	if ((sm->sm_flags & MSG_PEEK) != 0)
		return error;
	um->um_off += (uint32_t)moved;
	us->us_queued -= moved;
	if (um->um_off == um->um_len) {
		unix_msg_dequeue(us, um);
		unix_msg_free(um);
	}
	return error;
}

static bool
stream_stops(const struct unix_sock *us, const struct unix_msg *um,
    const struct sockmsg *sm, bool first)
{
	if (first)
		return false;
	if (sm->sm_rights != NULL || um->um_rights != NULL)
		return true;
	return us->us_so.so_passcred &&
	    memcmp(&um->um_cred, &sm->sm_cred, sizeof(um->um_cred)) != 0;
}

/* us_lock held: all that is there and wanted; the loop of MSG_WAITALL is the
 * caller's. Says 1 if it stopped at a boundary. */
static int
stream_drain(struct unix_sock *us, struct sockmsg *sm, bool first)
{
	struct unix_msg *um, *next;
	int error = 0;

	list_foreach_safe(um, next, &us->us_queue, um_link) {
		if (sm->sm_uio->uio_resid == 0)
			break;
		if (stream_stops(us, um, sm, first))
			return 1;
		recv_cred(us, um, sm);
		error = stream_take(us, um, sm);
		if (error != 0)
			break;
		first = false;
	}
	return error;
}

static ssize_t
stream_recv(struct unix_sock *us, struct sockmsg *sm)
{
	size_t resid = sm->sm_uio->uio_resid;
	nsec_t deadline = us->us_so.so_rcvtimeo;
	int error;

	if (deadline != NSEC_NEVER)
		deadline += clock_mono();
	mutex_lock(&us->us_lock);
	for (;;) {
		error = recv_wait(us, sm, deadline);
		if (error <= 0)
			break;
		error = stream_drain(us, sm, sm->sm_uio->uio_resid == resid);
		if (error != 0 || sm->sm_uio->uio_resid == 0 ||
		    (sm->sm_flags & (MSG_WAITALL | MSG_PEEK)) != MSG_WAITALL ||
		    sm->sm_rights != NULL)
			break;
	}
	if ((sm->sm_flags & MSG_PEEK) == 0 && sm->sm_uio->uio_resid != resid)
		unix_senders_wake(us);
	mutex_unlock(&us->us_lock);
	if (sm->sm_uio->uio_resid != resid)
		return (ssize_t)(resid - sm->sm_uio->uio_resid);
	return MIN(error, 0);
}

/* --- messages ------------------------------------------------------------ */

static ssize_t
message_recv(struct unix_sock *us, struct sockmsg *sm)
{
	nsec_t deadline = us->us_so.so_rcvtimeo;
	struct unix_msg *um;
	size_t n, len;
	int error;

	if (deadline != NSEC_NEVER)
		deadline += clock_mono();
	mutex_lock(&us->us_lock);
	error = recv_wait(us, sm, deadline);
	if (error <= 0) {
		mutex_unlock(&us->us_lock);
		return error;
	}
	um = list_first(&us->us_queue, struct unix_msg, um_link);
	recv_name(sm, um->um_from);
	recv_cred(us, um, sm);
	len = um->um_len;
	n = MIN(len, sm->sm_uio->uio_resid);
	error = uiomove(um->um_data, n, sm->sm_uio);
	if (error == 0)
		error = recv_rights(um, sm);
	if ((sm->sm_flags & MSG_PEEK) == 0) {
		unix_msg_dequeue(us, um);
		unix_senders_wake(us);
		mutex_unlock(&us->us_lock);
		unix_msg_free(um);
	} else {
		mutex_unlock(&us->us_lock);
	}
	if (error != 0)
		return error;
	if (us->us_so.so_type == SOCK_SEQPACKET)
		sm->sm_oflags |= MSG_EOR;
	if (len > n)
		sm->sm_oflags |= MSG_TRUNC;
	return (ssize_t)((sm->sm_flags & MSG_TRUNC) != 0 ? len : n);
}

ssize_t
unix_recv(struct socket *so, struct sockmsg *sm)
{
	struct unix_sock *us = to_unix(so);

	sm->sm_namelen = 0;
	if ((sm->sm_flags & MSG_OOB) != 0)
		return so->so_type == SOCK_STREAM ? -EINVAL : -EOPNOTSUPP;
	return so->so_type == SOCK_STREAM ? stream_recv(us, sm) :
	    message_recv(us, sm);
}
