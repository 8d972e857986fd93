/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/pipe.h: pipes, as splice and fcntl see them.
 */
#ifndef KERN_PIPE_H
#define KERN_PIPE_H

#include "base/types.h"
#include "base/uio.h"

#define PIPE_BUF	 4096u
#define PIPE_SIZE	 65536u
#define PIPE_SIZE_MAX	 1048576u /* for those without CAP_SYS_RESOURCE */

struct file;
struct pipe;

/* The pipe behind a file, or NULL. */
struct pipe *file_pipe(const struct file *);
/* F_SETPIPE_SZ and F_GETPIPE_SZ: the size; -EBADF -EBUSY -EPERM -ENOMEM. */
long pipe_fcntl(struct file *, bool set, unsigned long size);

/*
 * Bytes without taking them out: up to n (at most a page) into buf, and no
 * other reader comes in until pipe_peek_end() says how many of them have gone
 * where they should. The number, 0: the end, -EAGAIN, -ERESTARTSYS.
 */
ssize_t pipe_peek_begin(struct pipe *, void *buf, size_t n, bool nonblock)
    __must_check;
void pipe_peek_end(struct pipe *, size_t consumed);
/* Waits until there is room: at least 1, at most n. 0: no reader is left. */
ssize_t pipe_wait_room(struct pipe *, size_t n, bool nonblock) __must_check;
/* Kernel or user memory into the pipe, as write(2). */
int pipe_write_uio(struct pipe *, struct uio *, bool nonblock) __must_check;
int pipe_read_uio(struct pipe *, struct uio *, bool nonblock) __must_check;

#endif
