/* SPDX-License-Identifier: MIT */
/*
 * sys/base/types.h: the words every kernel file speaks.
 */
#ifndef BASE_TYPES_H
#define BASE_TYPES_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t paddr_t; /* physical address, bytes */
typedef uint64_t vaddr_t; /* virtual address, bytes */
typedef int64_t nsec_t;	  /* nanoseconds; a time or a span */
typedef int64_t ssize_t;  /* count, or -Exxx */
typedef int64_t off_t;	  /* byte offset in a file */
typedef uint64_t ino_t;
typedef uint64_t dev_t; /* makedev(): Linux's 64-bit encoding */
typedef uint32_t mode_t;
typedef uint32_t uid_t;
typedef uint32_t gid_t;
typedef int32_t pid_t;

#define NSEC_PER_SEC  INT64_C(1000000000)
#define NSEC_PER_MSEC INT64_C(1000000)
#define NSEC_PER_USEC INT64_C(1000)
#define NSEC_NEVER    INT64_MAX /* a deadline that never comes */

#define PAGE_SHIFT 12
#define PAGE_SIZE  UINT64_C(4096)
#define PAGE_MASK  (PAGE_SIZE - 1)

#define MAXCPU 32

#define __must_check	   __attribute__((warn_unused_result))
#define __printflike(f, a) __attribute__((format(printf, f, a)))
#define __noreturn	   __attribute__((noreturn))
#define __packed	   __attribute__((packed))
#define __aligned(n)	   __attribute__((aligned(n)))
#define __cacheline	   __attribute__((aligned(64)))
#define __always_inline	   inline __attribute__((always_inline))
#define __noinline	   __attribute__((noinline))
#define __used		   __attribute__((used))
#define __section(s)	   __attribute__((section(s)))
#define likely(x)	   __builtin_expect(!!(x), 1)
#define unlikely(x)	   __builtin_expect(!!(x), 0)

#define nitems(a)	(sizeof(a) / sizeof((a)[0]))
#define MIN(a, b)	((a) < (b) ? (a) : (b))
#define MAX(a, b)	((a) > (b) ? (a) : (b))
#define howmany(n, d)	(((n) + (d)-1) / (d))
#define roundup2(n, m)	(((n) + (m)-1) & ~((__typeof__(n))(m)-1))
#define rounddown2(n, m) ((n) & ~((__typeof__(n))(m)-1))
#define page_round(n)	roundup2((uint64_t)(n), PAGE_SIZE)
#define page_trunc(n)	rounddown2((uint64_t)(n), PAGE_SIZE)

#define container_of(p, type, member)                                        \
	((type *)(void *)((char *)(p)-offsetof(type, member)))

/* Linux's 64-bit device number. */
static inline dev_t
makedev(unsigned ma, unsigned mi)
{
	return ((dev_t)(ma & 0xfff) << 8) | (mi & 0xff) |
	    ((dev_t)(mi & ~0xffu) << 12) | ((dev_t)(ma & ~0xfffu) << 32);
}

static inline unsigned
dev_major(dev_t d)
{
	return ((d >> 8) & 0xfff) | ((d >> 32) & ~0xfffu);
}

static inline unsigned
dev_minor(dev_t d)
{
	return (d & 0xff) | ((d >> 12) & ~0xffu);
}

#endif
