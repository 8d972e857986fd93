/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/sockcall.h: what the socket calls share.
 */
#ifndef KERN_SOCKCALL_H
#define KERN_SOCKCALL_H

#include "kern/fd.h"
#include "net/socket.h"

/* fd_borrow() of a socket: -EBADF -ENOTSOCK. */
int sock_borrow(int fd, struct fdref *, struct socket **) __must_check;
/* A sockaddr from and to user space. */
int sockname_copyin(vaddr_t, unsigned len, uint8_t *name) __must_check;
int sockname_copyout(const uint8_t *name, unsigned len, vaddr_t uname,
    vaddr_t ulen) __must_check;

/* kern/sockctl.c: the control part of messages. */
struct linux_msghdr {
	uint64_t msg_name;
	uint32_t msg_namelen, msg_pad0;
	uint64_t msg_iov, msg_iovlen;
	uint64_t msg_control, msg_controllen;
	uint32_t msg_flags, msg_pad1;
};

struct linux_cmsghdr {
	uint64_t cmsg_len;
	int32_t cmsg_level, cmsg_type;
};

/* Reads SCM_RIGHTS and SCM_CREDENTIALS into sm. */
int control_copyin(const struct linux_msghdr *, struct sockmsg *)
    __must_check;
/* Writes what sm brought, consumes its rights, sets mh->msg_controllen and
 * MSG_CTRUNC in sm_oflags. */
int control_copyout(struct linux_msghdr *, struct sockmsg *, bool cloexec)
    __must_check;

#endif
