/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/epoll_internal.h: an epoll instance, for epoll.c, epoll_ctl.c and
 * the host test of both.
 */
#ifndef KERN_EPOLL_INTERNAL_H
#define KERN_EPOLL_INTERNAL_H

#include "base/lock.h"
#include "base/poll.h"
#include "base/rbtree.h"
#include "base/waitq.h"

#include "fs/file.h"

#define EPOLLEXCLUSIVE 0x10000000u
#define EPOLLWAKEUP    0x20000000u
#define EPOLLONESHOT   0x40000000u
#define EPOLLET	       0x80000000u
#define EPOLL_PRIVATE                                                        \
	(EPOLLEXCLUSIVE | EPOLLWAKEUP | EPOLLONESHOT | EPOLLET)

struct epoll_event {
	uint32_t events;
	uint64_t data;
} __packed;

#define EPOLL_NESTS 5 /* how deep instances may watch each other */

struct epoll {
	struct mutex ep_lock;
	struct rbtree ep_items;	  /* [ep_lock] by file and descriptor */
	struct spinlock ep_rlock; /* taken in wake-up callbacks */
	struct list ep_ready;	  /* [ep_rlock] of ei_rlink */
	struct waitq ep_waitq;	  /* epoll_wait */
	struct waitq ep_pollq;	  /* poll of this instance, or an outer one */
	struct file *ep_file;	  /* [I] whose f_data this is */
	ino_t ep_ino;		  /* [I] */
};

struct epoll_wait {
	struct wait_entry ew_wait;
	struct epoll_item *ew_item;
	struct epoll_wait *ew_next; /* beyond the first, kmalloc()ed */
};

/* A file as one instance watches it. */
struct epoll_item {
	struct rbnode ei_node;	  /* [ep_lock] */
	struct list ei_flink;	  /* [links] other watchers of the file */
	struct list ei_rlink;	  /* [ep_rlock] on ep_ready */
	bool ei_ready;		  /* [ep_rlock] */
	struct epoll *ei_ep;	  /* [I] */
	struct file *ei_file;	  /* [I] not referenced: see file_gone */
	int ei_fd;		  /* [I] */
	uint32_t ei_events;	  /* [ep_lock, read in callbacks] */
	uint64_t ei_data;	  /* [ep_lock] */
	struct epoll_wait ei_wait[2]; /* files have one or two queues */
	unsigned ei_nwaits;
	struct epoll_wait *ei_more;
};

/* epoll_ctl.c */
extern struct mutex epoll_links; /* every f_epoll, and adding */
void epoll_item_free(struct epoll_item *); /* ep_lock held */
/* epoll.c */
struct epoll *file_epoll(const struct file *);
void epoll_item_ready(struct epoll_item *); /* any context */
extern const struct fileops epoll_fileops;

#endif
