/* SPDX-License-Identifier: MIT */
/*
 * sys/net/socket.h: sockets, as system calls see them, and what a family of
 * protocols must be able to do.
 *
 * Use: a family fills a sockops and calls socket_family_register() at boot.
 * net/ knows no processes: credentials come through socket_ucred_register(),
 * and SCM_RIGHTS carries files; kern turns descriptors into them and back.
 */
#ifndef NET_SOCKET_H
#define NET_SOCKET_H

#include "base/poll.h"
#include "base/types.h"
#include "base/uio.h"
#include "base/waitq.h"

#include "fs/file.h"
#include "fs/vfs.h"

#define AF_UNSPEC 0
#define AF_UNIX	  1
#define AF_MAX	  46

#define SOCK_STREAM    1
#define SOCK_DGRAM     2
#define SOCK_RAW       3
#define SOCK_SEQPACKET 5
#define SOCK_TYPE_MASK 0xf
#define SOCK_NONBLOCK  O_NONBLOCK
#define SOCK_CLOEXEC   O_CLOEXEC

#define MSG_OOB		 0x1
#define MSG_PEEK	 0x2
#define MSG_CTRUNC	 0x8
#define MSG_TRUNC	 0x20
#define MSG_DONTWAIT	 0x40
#define MSG_EOR		 0x80
#define MSG_WAITALL	 0x100
#define MSG_ERRQUEUE	 0x2000
#define MSG_NOSIGNAL	 0x4000
#define MSG_WAITFORONE	 0x10000
#define MSG_CMSG_CLOEXEC 0x40000000u

#define SHUT_RD	  0
#define SHUT_WR	  1
#define SHUT_RDWR 2

#define SOCKADDR_MAX 128 /* struct sockaddr_storage */
#define SOMAXCONN    4096
#define SCM_MAX_FD   253

struct ucred { /* SCM_CREDENTIALS, SO_PEERCRED */
	int32_t uc_pid;
	uint32_t uc_uid, uc_gid;
};

/* Files under way. Who holds one holds a reference of each file. */
struct sock_rights {
	struct list sr_link; /* net/unix_gc.c */
	struct sock_rights **sr_slot; /* net/unix_gc.c: who points here */
	unsigned sr_n;
	struct file *sr_files[];
};
struct sock_rights *sock_rights_alloc(unsigned n) __must_check;
void sock_rights_free(struct sock_rights *); /* with its references; or NULL */

/* One sendmsg or recvmsg. */
struct sockmsg {
	struct uio *sm_uio;
	unsigned sm_flags;  /* MSG_; O_NONBLOCK is already MSG_DONTWAIT */
	unsigned sm_oflags; /* recv: MSG_TRUNC and so on */
	uint8_t *sm_name;   /* NULL or SOCKADDR_MAX bytes */
	unsigned sm_namelen; /* send: of sm_name; recv: of what was put there */
	struct sock_rights *sm_rights; /* send: taken over on success */
	struct ucred sm_cred;
	bool sm_cred_valid; /* recv: the socket wants them told */
	const struct lookup_ctx *sm_lookup; /* send: for names that are paths */
};

struct socket;

struct sockops {
	int so_family;
	int (*so_create)(int type, int proto, struct socket **);
	void (*so_release)(struct socket *);
	int (*so_bind)(struct socket *, const uint8_t *name, unsigned len,
	    const struct lookup_ctx *);
	int (*so_connect)(struct socket *, const uint8_t *name, unsigned len,
	    const struct lookup_ctx *, bool nonblock);
	int (*so_listen)(struct socket *, int backlog);
	int (*so_accept)(struct socket *, struct socket **, bool nonblock);
	int (*so_pair)(struct socket *, struct socket *);
	int (*so_getname)(struct socket *, bool peer, uint8_t *name,
	    unsigned *len);
	ssize_t (*so_send)(struct socket *, struct sockmsg *);
	ssize_t (*so_recv)(struct socket *, struct sockmsg *);
	int (*so_shutdown)(struct socket *, int how);
	unsigned (*so_poll)(struct socket *, struct polltable *);
	size_t (*so_readable)(struct socket *); /* FIONREAD */
	size_t (*so_unsent)(struct socket *);	/* SIOCOUTQ */
	bool (*so_listening)(struct socket *);
	int (*so_peercred)(struct socket *, struct ucred *);
};

struct socket {
	const struct sockops *so_ops; /* [I] */
	int so_type, so_proto;	      /* [I] */
	int so_error;		      /* [a] SO_ERROR: reported once */
	uint32_t so_sndbuf, so_rcvbuf;
	nsec_t so_sndtimeo, so_rcvtimeo; /* NSEC_NEVER: none */
	bool so_passcred, so_reuseaddr, so_keepalive, so_broadcast;
	bool so_linger;
	int32_t so_linger_time, so_priority;
	ino_t so_ino;		      /* [I] */
	struct file *so_file;	      /* not referenced; NULL: no file yet */
};

extern const struct fileops socket_fileops;

static inline struct socket *
file_socket(const struct file *fp)
{
	return fp->f_ops == &socket_fileops ? fp->f_data : NULL;
}

void socket_family_register(const struct sockops *);
void socket_ucred_register(void (*fn)(struct ucred *));
void socket_ucred_self(struct ucred *);

int socket_create(int family, int type, int proto, struct socket **)
    __must_check;
/* The fields every family shares; the family calls it in so_create. */
void socket_init(struct socket *, const struct sockops *, int type, int proto);
/* A file for it; consumes the socket, also on failure (NULL). */
struct file *socket_file(struct socket *, unsigned flags, const struct cred *)
    __must_check;
void socket_release(struct socket *);
int socket_getopt(struct socket *, int name, void *value, unsigned *len)
    __must_check;
int socket_setopt(struct socket *, int name, const void *value, unsigned len,
    const struct cred *) __must_check;
int socket_error_take(struct socket *);

#endif
