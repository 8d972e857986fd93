/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/klogcall.c: syslog(2): the kernel's messages for dmesg and klogd.
 *
 * A message goes out as `<level>text`. The ring is of bytes; what has been
 * read (action 2) and cleared (5) are offsets into it.
 */
#include "base/kprintf.h"
#include "base/lock.h"
#include "base/slab.h"
#include "base/waitq.h"

#include "kern/proc_internal.h"
#include "kern/syscall.h"

enum {
	LOG_CLOSE, LOG_OPEN, LOG_READ, LOG_READ_ALL, LOG_READ_CLEAR, LOG_CLEAR,
	LOG_CONSOLE_OFF, LOG_CONSOLE_ON, LOG_CONSOLE_LEVEL, LOG_SIZE_UNREAD,
	LOG_SIZE_BUFFER,
};

#define CHUNK 1024

static uint64_t log_read, log_cleared; /* [a] offsets */
static int console_saved = -1;	       /* level before LOG_CONSOLE_OFF */

static uint64_t
not_before_tail(uint64_t off)
{
	return MAX(off, klog_tail());
}

/* Up to len bytes from `off` on; how many. */
static long
log_copyout(uint64_t off, vaddr_t ubuf, size_t len)
{
	char *chunk = kmalloc(CHUNK, 0);
	size_t done = 0, n;

	if (chunk == NULL)
		return -ENOMEM;
	while (done < len) {
		n = klog_copy(off + done, chunk, MIN(len - done, CHUNK));
		if (n == 0)
			break;
		if (copyout(chunk, ubuf + done, n) != 0) {
			kfree(chunk);
			return -EFAULT;
		}
		done += n;
	}
	kfree(chunk);
	return (long)done;
}

/* Waits for something new. The log has no wait queue, as it is written in any
 * context: this looks ten times a second. */
static long
log_read_new(vaddr_t ubuf, size_t len)
{
	uint64_t from;
	long n;

	for (;;) {
		from = not_before_tail(atomic_load(&log_read));
		if (from != klog_head())
			break;
		if (thread_sleep_until_intr(clock_mono() +
			100 * NSEC_PER_MSEC) != 0)
			return -ERESTARTSYS;
	}
	n = log_copyout(from, ubuf, len);
	if (n > 0)
		atomic_store(&log_read, from + (uint64_t)n);
	return n;
}

/* The last len bytes since the last clear. */
static long
log_read_all(vaddr_t ubuf, size_t len, bool clear)
{
	uint64_t head = klog_head();
	uint64_t from = not_before_tail(atomic_load(&log_cleared));
	long n;

	if (head - from > len)
		from = head - len;
	n = log_copyout(from, ubuf, MIN(len, head - from));
	if (clear && n >= 0)
		atomic_store(&log_cleared, head);
	return n;
}

static long
log_console(int action, int level)
{
	int old;

	switch (action) {
	case LOG_CONSOLE_OFF:
		old = klog_console_level(1);
		if (console_saved < 0)
			console_saved = old;
		return 0;
	case LOG_CONSOLE_ON:
		if (console_saved >= 0)
			(void)klog_console_level(console_saved);
		console_saved = -1;
		return 0;
	default:
		if (level < 1 || level > 8)
			return -EINVAL;
		(void)klog_console_level(level);
		console_saved = -1;
		return 0;
	}
}

long
sys_syslog(int action, vaddr_t ubuf, int len)
{
	bool reading = action == LOG_READ || action == LOG_READ_ALL ||
	    action == LOG_READ_CLEAR;

	if (action != LOG_READ_ALL && action != LOG_SIZE_BUFFER &&
	    !cred_capable(curlwp()->l_cred, CAP_SYSLOG) &&
	    !cred_capable(curlwp()->l_cred, CAP_SYS_ADMIN))
		return -EPERM;
	if (reading) {
		if (ubuf == 0 || len < 0)
			return -EINVAL;
		if (len == 0)
			return 0;
	}
	switch (action) {
	case LOG_CLOSE:
	case LOG_OPEN:
		return 0;
	case LOG_READ:
		return log_read_new(ubuf, (size_t)len);
	case LOG_READ_ALL:
	case LOG_READ_CLEAR:
		return log_read_all(ubuf, (size_t)len,
		    action == LOG_READ_CLEAR);
	case LOG_CLEAR:
		atomic_store(&log_cleared, klog_head());
		return 0;
	case LOG_CONSOLE_OFF:
	case LOG_CONSOLE_ON:
	case LOG_CONSOLE_LEVEL:
		return log_console(action, len);
	case LOG_SIZE_UNREAD:
		return (long)(klog_head() -
		    not_before_tail(atomic_load(&log_read)));
	case LOG_SIZE_BUFFER:
		return (long)klog_ring_size();
	}
	return -EINVAL;
}
