/* SPDX-License-Identifier: MIT */
/*
 * sys/base/uio.h: where the bytes of a read or write come from or go to:
 * pieces of user or of kernel memory.
 */
#ifndef BASE_UIO_H
#define BASE_UIO_H

#include "base/types.h"

struct iovec {
	void *iov_base;
	size_t iov_len;
};

struct uio {
	const struct iovec *uio_iov; /* the pieces left */
	unsigned uio_iovcnt;
	size_t uio_iovoff;  /* bytes used of the first piece */
	size_t uio_resid;   /* bytes left in all */
	off_t uio_offset;   /* file position; advanced by uiomove */
	bool uio_user;	    /* the pieces are user addresses */
	bool uio_write;	    /* data flows from the pieces to the kernel */
};

/*
 * Moves n bytes (at most uio_resid) between kernel memory and the uio, in the
 * direction uio_write says, and advances. -EFAULT: a user address was bad;
 * what was moved before it stays moved and is accounted.
 */
int uiomove(void *kmem, size_t n, struct uio *) __must_check;
/* Zero bytes into a reading uio. */
int uiomove_zero(size_t n, struct uio *) __must_check;
/* Make the next n bytes of user memory present, so uiomove under a busy page
 * cannot deadlock on a fault; -EFAULT if they are bad. */
int uio_prefault(struct uio *, size_t n) __must_check;

/* One kernel buffer as a uio; iov must live as long as the uio. */
void uio_init_kernel(struct uio *, struct iovec *iov, void *buf, size_t n,
    off_t off, bool write);
void uio_init_user(struct uio *, struct iovec *iov, void *ubuf, size_t n,
    off_t off, bool write);

#endif
