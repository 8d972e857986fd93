/* SPDX-License-Identifier: MIT */
/*
 * sys/net/unix.h: AF_UNIX sockets, shared by the unix_*.c files.
 *
 * What is sent lies in the receiver's queue (us_queue); a sender waits while
 * that holds too much. Stream and seqpacket sockets have one peer for ever; a
 * datagram socket's peer is whom it is connected to.
 * Invariants: (1) us_peer is a counted reference. It is set once for stream
 * and seqpacket sockets, so they read it without a lock after seeing
 * US_CONNECTED. (2) a socket is on its peer's us_senders list while it is a
 * connected datagram socket. (3) us_state only grows, to US_DEAD at release.
 * Locks: us_lock [u] (mutex, two by address); sockets' table [SOCKTAB].
 */
#ifndef NET_UNIX_H
#define NET_UNIX_H

#include "base/lock.h"
#include "base/slab.h"
#include "base/string.h"
#include "net/socket.h"

#include <abi/errno.h>

#define UNIX_PATH_MAX	  108
#define UNIX_ADDR_FAMILY  2 /* bytes of sun_family */
#define UNIX_ADDR_MAX	  (UNIX_ADDR_FAMILY + UNIX_PATH_MAX)
#define UNIX_DGRAM_QUEUED 256 /* messages in one queue */

/* A name; immutable and counted, messages carry their sender's. */
struct unix_addr {
	uint32_t ua_ref; /* [a] */
	unsigned ua_len; /* with the family */
	uint8_t ua_name[UNIX_ADDR_MAX];
};

/* Bytes under way, with what came along. */
struct unix_msg {
	struct list um_link;
	uint32_t um_off, um_len, um_cap; /* data is [um_off, um_len) */
	struct ucred um_cred;
	struct sock_rights *um_rights;
	struct unix_addr *um_from;
	uint8_t um_data[];
};

enum unix_state { US_FRESH, US_LISTENING, US_CONNECTED, US_DEAD };

#define US_SHUT_RD 1
#define US_SHUT_WR 2

struct unix_sock {
	struct socket us_so; /* first */
	uint32_t us_ref;     /* [a] */
	struct mutex us_lock;
	uint32_t us_state;   /* [u, read without] */
	uint32_t us_shut;    /* [u, read without] US_SHUT_ */
	struct unix_sock *us_peer; /* [u] */
	struct unix_addr *us_addr; /* [u] set once */
	struct vnode *us_vnode;	   /* [u] of a path name */
	struct list us_hash;	   /* [SOCKTAB] abstract names */
	struct list us_queue;	   /* [u] of unix_msg */
	uint64_t us_queued;	   /* [u, read without] bytes in us_queue */
	uint32_t us_nqueued;	   /* [u, read without] messages */
	struct list us_pending;	   /* [u] listener: not yet accepted */
	struct list us_plink;	   /* [u of the listener] on us_pending */
	uint32_t us_npending;	   /* [u, read without] */
	uint32_t us_backlog;	   /* [u] */
	struct list us_senders;	   /* [u] datagram sockets connected to it */
	struct list us_slink;	   /* [u of the peer] */
	struct waitq us_rq;	   /* something to read, or accept */
	struct waitq us_wq;	   /* this socket may be able to send */
	struct waitq us_roomq;	   /* room in us_queue or us_pending */
	struct ucred us_cred, us_peercred;
	/* unix_gc.c, all [SOCKTAB] */
	struct list us_rights;	   /* of sock_rights in us_queue */
	struct list us_inflink;
	uint32_t us_inflight;	   /* descriptors of it under way */
	int64_t us_gcrefs;
	bool us_candidate, us_reached;
};

extern struct spinlock unix_table_lock;
extern const struct sockops unix_sockops;

static inline struct unix_sock *
to_unix(struct socket *so)
{
	return container_of(so, struct unix_sock, us_so);
}

/* unix_sock.c */
struct unix_sock *unix_alloc(int type) __must_check;
void unix_ref(struct unix_sock *);
void unix_unref(struct unix_sock *);
void unix_lock2(struct unix_sock *, struct unix_sock *);
void unix_unlock2(struct unix_sock *, struct unix_sock *);
void unix_release(struct socket *);
void unix_msg_free(struct unix_msg *);
/* us_lock held: the first message goes, or part of it went. */
void unix_msg_dequeue(struct unix_sock *, struct unix_msg *);
void unix_queue_add(struct unix_sock *, struct unix_msg *);
/* After room was made in us_queue, us_lock held. */
void unix_senders_wake(struct unix_sock *);
/* Has room for more, as poll and a sleeping sender see it. */
bool unix_has_room(const struct unix_sock *to, const struct unix_sock *from);

/* unix_addr.c */
struct unix_addr *unix_addr_ref(struct unix_addr *);
void unix_addr_unref(struct unix_addr *);
int unix_bind(struct socket *, const uint8_t *, unsigned,
    const struct lookup_ctx *);
void unix_unbind(struct unix_sock *);
/* Whom a name means, referenced. -ECONNREFUSED and what a lookup gives. */
int unix_find(const uint8_t *, unsigned, const struct lookup_ctx *, int type,
    struct unix_sock **) __must_check;

/* unix_conn.c: streams and seqpackets come together */
int unix_connect(struct socket *, const uint8_t *, unsigned,
    const struct lookup_ctx *, bool);
int unix_listen(struct socket *, int);
int unix_accept(struct socket *, struct socket **, bool);
int unix_pair(struct socket *, struct socket *);

/* unix_send.c, unix_recv.c */
ssize_t unix_send(struct socket *, struct sockmsg *);
ssize_t unix_recv(struct socket *, struct sockmsg *);

/* unix_gc.c: rights on their way into and out of a queue */
void unix_rights_enter(struct unix_sock *to, struct unix_msg *);
/* Out of a message and into the caller's hands; NULL: the search was first. */
struct sock_rights *unix_rights_take(struct unix_msg *);
/* MSG_PEEK: the same files once more. */
int unix_rights_dup(struct unix_msg *, struct sock_rights **) __must_check;
void unix_gc(void);

#endif
