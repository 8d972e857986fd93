/* SPDX-License-Identifier: MIT */
/*
 * sys/base/kprintf.h: the kernel's messages, its log, and formatting.
 *
 * Every message goes to a ring that dmesg reads through syslog(2) and
 * /proc/kmsg, and to each registered console if its level is below the
 * console level. Formats: d i u x X o c s p %, flags and widths as in C, sizes
 * h l ll z; no floating point.
 */
#ifndef BASE_KPRINTF_H
#define BASE_KPRINTF_H

#include "base/list.h"
#include "base/types.h"

enum klog_level {
	KLOG_EMERG,
	KLOG_ALERT,
	KLOG_CRIT,
	KLOG_ERR,
	KLOG_WARNING,
	KLOG_NOTICE,
	KLOG_INFO,
	KLOG_DEBUG,
};

/* "name: message", one line; the newline is the caller's. Any context. */
void kprintf(const char *fmt, ...) __printflike(1, 2); /* KLOG_INFO */
void klog(enum klog_level level, const char *fmt, ...) __printflike(2, 3);
void kvlog(enum klog_level level, const char *fmt, va_list ap);

int ksnprintf(char *buf, size_t size, const char *fmt, ...)
    __printflike(3, 4); /* returns the length it wanted, as C does */
int kvsnprintf(char *buf, size_t size, const char *fmt, va_list ap);

/* A sink for messages; cn_write must work in any context, panic included. */
struct console {
	struct list cn_link;
	const char *cn_name;
	void (*cn_write)(struct console *, const char *, size_t);
};

void console_register(struct console *);
void console_unregister(struct console *);
/* Straight to the consoles, not to the log; used by panic and /dev/console. */
void console_write(const char *, size_t);

/* The log ring. Offsets count bytes since boot; old bytes are overwritten. */
uint64_t klog_head(void); /* offset one past the newest byte */
uint64_t klog_tail(void); /* offset of the oldest byte still held */
size_t klog_copy(uint64_t from, char *buf, size_t size);
size_t klog_ring_size(void);
int klog_console_level(int newlevel); /* <0: only ask; returns the old one */

#endif
