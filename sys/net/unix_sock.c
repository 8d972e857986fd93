/* SPDX-License-Identifier: MIT */
/*
 * sys/net/unix_sock.c: life of an AF_UNIX socket, its queue, and the table
 * of what the family does.
 */
#include "base/atomic.h"
#include "base/init.h"
#include "fs/vnode.h"
#include "net/unix.h"

#define AF_UNIX_NAME 1

/* --- life ---------------------------------------------------------------- */

struct unix_sock *
unix_alloc(int type)
{
	struct unix_sock *us;

	us = kzalloc(sizeof(*us));
	if (us == NULL)
		return NULL;
	socket_init(&us->us_so, &unix_sockops, type, 0);
	us->us_ref = 1;
	mutex_init(&us->us_lock, LR_SOCKET, "unix");
	list_init(&us->us_hash);
	list_init(&us->us_queue);
	list_init(&us->us_pending);
	list_init(&us->us_plink);
	list_init(&us->us_senders);
	list_init(&us->us_slink);
	list_init(&us->us_rights);
	list_init(&us->us_inflink);
	waitq_init(&us->us_rq);
	waitq_init(&us->us_wq);
	waitq_init(&us->us_roomq);
	socket_ucred_self(&us->us_cred);
	return us;
}

static int
unix_create(int type, int proto, struct socket **sop)
{
	struct unix_sock *us;

	if (proto != 0 && proto != AF_UNIX)
		return -EPROTONOSUPPORT;
	if (type == SOCK_RAW)
		type = SOCK_DGRAM; /* as Linux has it */
	if (type != SOCK_STREAM && type != SOCK_DGRAM &&
	    type != SOCK_SEQPACKET)
		return -ESOCKTNOSUPPORT;
	us = unix_alloc(type);
	if (us == NULL)
		return -ENOMEM;
	*sop = &us->us_so;
	return 0;
}

void
unix_ref(struct unix_sock *us)
{
	atomic_add_relaxed(&us->us_ref, 1);
}

void
unix_unref(struct unix_sock *us)
{
	if (atomic_sub(&us->us_ref, 1) != 0)
		return;
	if (us->us_addr != NULL)
		unix_addr_unref(us->us_addr);
	kfree(us);
}

void
unix_lock2(struct unix_sock *a, struct unix_sock *b)
{
	if (a == b) {
		mutex_lock(&a->us_lock);
		return;
	}
	mutex_lock(a < b ? &a->us_lock : &b->us_lock);
	mutex_lock(a < b ? &b->us_lock : &a->us_lock);
}

void
unix_unlock2(struct unix_sock *a, struct unix_sock *b)
{
	mutex_unlock(&a->us_lock);
	if (a != b)
		mutex_unlock(&b->us_lock);
}

/* --- the queue ----------------------------------------------------------- */

void
unix_msg_free(struct unix_msg *um)
{
	if (um->um_rights != NULL)
		sock_rights_free(unix_rights_take(um));
	if (um->um_from != NULL)
		unix_addr_unref(um->um_from);
	kfree(um);
}

void
unix_queue_add(struct unix_sock *us, struct unix_msg *um)
{
	list_add_tail(&us->us_queue, &um->um_link);
	us->us_queued += um->um_len;
	us->us_nqueued++;
}

void
unix_msg_dequeue(struct unix_sock *us, struct unix_msg *um)
{
	list_del(&um->um_link);
	us->us_queued -= um->um_len - um->um_off;
	us->us_nqueued--;
}

/* A quarter of the buffer, as on Linux: then sender and reader do not take
 * turns for every message. */
bool
unix_has_room(const struct unix_sock *to, const struct unix_sock *from)
{
	if (to->us_so.so_type != SOCK_STREAM &&
	    atomic_load_relaxed(&to->us_nqueued) >= UNIX_DGRAM_QUEUED / 2)
		return false;
	return atomic_load_relaxed(&to->us_queued) * 4 <= from->us_so.so_sndbuf;
}

void
unix_senders_wake(struct unix_sock *us)
{
	struct unix_sock *from;

	if (us->us_so.so_type != SOCK_DGRAM) {
		from = us->us_peer;
		if (from != NULL && unix_has_room(us, from) &&
		    waitq_has_sleepers(&from->us_wq))
			waitq_wake_key(&from->us_wq, POLLOUT | POLLWRNORM);
		return;
	}
	if (waitq_has_sleepers(&us->us_roomq))
		waitq_wake_all(&us->us_roomq);
	list_foreach(from, &us->us_senders, us_slink)
		if (waitq_has_sleepers(&from->us_wq))
			waitq_wake_key(&from->us_wq, POLLOUT | POLLWRNORM);
}

/* --- the end ------------------------------------------------------------- */

/* The other end of a connection hears of the end of this one. */
static void
peer_tell(struct unix_sock *us, struct unix_sock *peer, bool unread)
{
	if (us->us_so.so_type == SOCK_DGRAM) {
		mutex_lock(&peer->us_lock);
		list_del(&us->us_slink);
		mutex_unlock(&peer->us_lock);
		return;
	}
	mutex_lock(&peer->us_lock);
	atomic_store(&peer->us_shut, US_SHUT_RD | US_SHUT_WR);
	if (unread)
		atomic_store(&peer->us_so.so_error, ECONNRESET);
	mutex_unlock(&peer->us_lock);
	waitq_wake_key(&peer->us_rq, POLLIN | POLLHUP | POLLRDHUP | POLLERR);
	waitq_wake_key(&peer->us_wq, POLLOUT | POLLHUP | POLLERR);
}

static void
queue_purge(struct unix_sock *us, struct list *queue)
{
	struct unix_msg *um;

	while (!list_empty(queue)) {
		um = list_first(queue, struct unix_msg, um_link);
		list_del(&um->um_link);
		unix_msg_free(um);
	}
}

static void
pending_purge(struct list *pending)
{
	struct unix_sock *us;

	while (!list_empty(pending)) {
		us = list_first(pending, struct unix_sock, us_plink);
		list_del(&us->us_plink);
		/* Whoever connected to it learns that nobody took it. */
		mutex_lock(&us->us_peer->us_lock);
		atomic_store(&us->us_peer->us_so.so_error, ECONNRESET);
		mutex_unlock(&us->us_peer->us_lock);
		unix_release(&us->us_so);
	}
}

void
unix_release(struct socket *so)
{
	struct unix_sock *us = to_unix(so), *peer, *from;
	struct list queue, pending;
	bool unread;

	unix_unbind(us);
	list_init(&queue);
	list_init(&pending);
	mutex_lock(&us->us_lock);
	atomic_store(&us->us_state, US_DEAD);
	atomic_store(&us->us_shut, US_SHUT_RD | US_SHUT_WR);
	so->so_file = NULL;
	unread = !list_empty(&us->us_queue);
	list_splice_tail(&queue, &us->us_queue);
	us->us_queued = us->us_nqueued = 0;
	list_splice_tail(&pending, &us->us_pending);
	us->us_npending = 0;
	peer = us->us_peer;
	list_foreach(from, &us->us_senders, us_slink)
		waitq_wake_key(&from->us_wq, POLLOUT | POLLERR);
	mutex_unlock(&us->us_lock);
	waitq_wake_all(&us->us_roomq);
	if (peer != NULL) {
		peer_tell(us, peer, unread);
		unix_unref(peer);
	}
	queue_purge(us, &queue);
	pending_purge(&pending);
	unix_unref(us);
	unix_gc();
}

static int
unix_shutdown(struct socket *so, int how)
{
	struct unix_sock *us = to_unix(so), *peer = NULL;
	uint32_t mine = (uint32_t)how + 1, theirs;

	mutex_lock(&us->us_lock);
	atomic_store(&us->us_shut, us->us_shut | mine);
	if (so->so_type != SOCK_DGRAM && us->us_peer != NULL) {
		peer = us->us_peer;
		unix_ref(peer);
	}
	mutex_unlock(&us->us_lock);
	if (peer != NULL) {
		theirs = ((mine & US_SHUT_RD) != 0 ? US_SHUT_WR : 0) |
		    ((mine & US_SHUT_WR) != 0 ? US_SHUT_RD : 0);
		mutex_lock(&peer->us_lock);
		atomic_store(&peer->us_shut, peer->us_shut | theirs);
		mutex_unlock(&peer->us_lock);
		waitq_wake_key(&peer->us_rq, POLLIN | POLLRDHUP | POLLHUP);
		waitq_wake_key(&peer->us_wq, POLLOUT | POLLHUP);
		unix_unref(peer);
	}
	waitq_wake_key(&us->us_rq, POLLIN | POLLRDHUP | POLLHUP);
	waitq_wake_key(&us->us_wq, POLLOUT | POLLHUP);
	return 0;
}

/* --- questions ----------------------------------------------------------- */

static int
unix_getname(struct socket *so, bool peer, uint8_t *name, unsigned *len)
{
	struct unix_sock *us = to_unix(so), *of = us;
	struct unix_addr *ua;

	mutex_lock(&us->us_lock);
	if (peer && us->us_peer == NULL) {
		mutex_unlock(&us->us_lock);
		return -ENOTCONN;
	}
	if (peer) {
		of = us->us_peer;
		unix_ref(of);
	}
	mutex_unlock(&us->us_lock);
	mutex_lock(&of->us_lock);
	ua = of->us_addr;
	*len = ua == NULL ? UNIX_ADDR_FAMILY : ua->ua_len;
	memset(name, 0, UNIX_ADDR_FAMILY);
	name[0] = AF_UNIX_NAME;
	if (ua != NULL)
		memcpy(name, ua->ua_name, ua->ua_len);
	mutex_unlock(&of->us_lock);
	if (peer)
		unix_unref(of);
	return 0;
}

static unsigned
poll_listener(struct unix_sock *us)
{
	return atomic_load_relaxed(&us->us_npending) != 0 ?
	    POLLIN | POLLRDNORM : 0;
}

static unsigned
unix_poll(struct socket *so, struct polltable *pt)
{
	struct unix_sock *us = to_unix(so), *peer;
	uint32_t state, shut;
	unsigned events = 0;

	poll_wait(pt, &us->us_rq);
	poll_wait(pt, &us->us_wq);
	state = atomic_load(&us->us_state);
	shut = atomic_load(&us->us_shut);
	if (state == US_LISTENING)
		return poll_listener(us);
	if (atomic_load_relaxed(&so->so_error) != 0)
		events |= POLLERR;
	if ((shut & US_SHUT_RD) != 0)
		events |= POLLRDHUP | POLLIN | POLLRDNORM;
	if (shut == (US_SHUT_RD | US_SHUT_WR))
		events |= POLLHUP;
	if (atomic_load_relaxed(&us->us_nqueued) != 0)
		events |= POLLIN | POLLRDNORM;
	if (so->so_type == SOCK_DGRAM) {
		mutex_lock(&us->us_lock);
		peer = us->us_peer;
		if (peer == NULL || unix_has_room(peer, us))
			events |= POLLOUT | POLLWRNORM;
		mutex_unlock(&us->us_lock);
		return events;
	}
	if (state != US_CONNECTED)
		return events | POLLHUP | POLLOUT | POLLWRNORM;
	if (unix_has_room(us->us_peer, us))
		events |= POLLOUT | POLLWRNORM;
	return events;
}

static size_t
unix_readable(struct socket *so)
{
	struct unix_sock *us = to_unix(so);
	struct unix_msg *um;
	size_t n = 0;

	mutex_lock(&us->us_lock);
	if (so->so_type == SOCK_STREAM) {
		n = us->us_queued;
	} else if (!list_empty(&us->us_queue)) {
		um = list_first(&us->us_queue, struct unix_msg, um_link);
		n = um->um_len - um->um_off;
	}
	mutex_unlock(&us->us_lock);
	return n;
}

static size_t
unix_unsent(struct socket *so)
{
	struct unix_sock *us = to_unix(so);
	size_t n = 0;

	mutex_lock(&us->us_lock);
	if (us->us_peer != NULL)
		n = atomic_load_relaxed(&us->us_peer->us_queued);
	mutex_unlock(&us->us_lock);
	return n;
}

static bool
unix_listening(struct socket *so)
{
	return atomic_load_relaxed(&to_unix(so)->us_state) == US_LISTENING;
}

/* Unconnected: pid 0 and nobody's uid, as on Linux. */
static int
unix_peercred(struct socket *so, struct ucred *uc)
{
	struct unix_sock *us = to_unix(so);

	mutex_lock(&us->us_lock);
	*uc = us->us_peercred;
	if (us->us_state == US_LISTENING)
		*uc = us->us_cred;
	else if (us->us_state == US_FRESH)
		*uc = (struct ucred){ 0, UINT32_MAX, UINT32_MAX };
	mutex_unlock(&us->us_lock);
	return 0;
}

const struct sockops unix_sockops = {
	.so_family = AF_UNIX,
	.so_create = unix_create,
	.so_release = unix_release,
	.so_bind = unix_bind,
	.so_connect = unix_connect,
	.so_listen = unix_listen,
	.so_accept = unix_accept,
	.so_pair = unix_pair,
	.so_getname = unix_getname,
	.so_send = unix_send,
	.so_recv = unix_recv,
	.so_shutdown = unix_shutdown,
	.so_poll = unix_poll,
	.so_readable = unix_readable,
	.so_unsent = unix_unsent,
	.so_listening = unix_listening,
	.so_peercred = unix_peercred,
};

static void
unix_init(void)
{
	spin_init(&unix_table_lock, LR_SOCKTAB, "unix table");
	socket_family_register(&unix_sockops);
}
INIT(INIT_SUBSYS, 50, unix_init);
