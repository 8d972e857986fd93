/* SPDX-License-Identifier: MIT */
/*
 * tests/host/fake/misc.c: messages to stderr, panic as abort, user memory as
 * ranges the test names, and a random generator that repeats.
 */
#include "base/kprintf.h"
#include "base/panic.h"
#include "base/random.h"
#include "base/string.h"

#include <abi/errno.h>
#include <machine/usercopy.h>

#include "fake.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define MAXRANGES 16

int (*fake_user_touch)(vaddr_t, bool);

static struct {
	vaddr_t r_start, r_end;
} ranges[MAXRANGES];
static unsigned nranges;
static uint64_t random_state = 88172645463325252u;

static void
say(const char *before, const char *fmt, va_list ap, const char *after)
{
	fputs(before, stderr);
	vfprintf(stderr, fmt, ap);
	fputs(after, stderr);
}

void
fake_fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	printf("Bail out! see the message\n");
	fflush(stdout);
	say("fake: ", fmt, ap, "\n");
	va_end(ap);
	abort();
}

void
panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	printf("Bail out! panic\n");
	fflush(stdout);
	say("panic: ", fmt, ap, "\n");
	va_end(ap);
	abort();
}

void
warn_once_at(const char *file, int line, const char *what, bool *done)
{
	if (!*done)
		fprintf(stderr, "%s:%d: warning: %s\n", file, line, what);
	*done = true;
}

void
kprintf(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say("", fmt, ap, "");
	va_end(ap);
}

static unsigned long warnings;

unsigned long
fake_warnings(void)
{
	return warnings;
}

void
klog(enum klog_level level, const char *fmt, ...)
{
	va_list ap;

	warnings += level <= KLOG_WARNING;
	va_start(ap, fmt);
	say("", fmt, ap, "");
	va_end(ap);
}

int
kvsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	return vsnprintf(buf, size, fmt, ap);
}

int
ksnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return n;
}

uint64_t
random_u64(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

void
random_bytes(void *buf, size_t n)
{
	uint8_t *p = buf;

	while (n-- > 0)
		*p++ = (uint8_t)(random_u64() >> 32);
}

void
fake_user_add(void *base, size_t size)
{
	if (nranges == MAXRANGES)
		fake_fail("too many ranges of user memory");
	ranges[nranges].r_start = (vaddr_t)base;
	ranges[nranges++].r_end = (vaddr_t)base + size;
}

void
fake_user_clear(void)
{
	nranges = 0;
}

/* How many of n bytes from uaddr can be touched. */
static size_t
user_span(vaddr_t uaddr, size_t n, bool write)
{
	vaddr_t at;
	size_t ok = 0, i;

	fake_may_sleep("a copy of user memory");
	for (i = 0; i < nranges; i++)
		if (uaddr >= ranges[i].r_start && uaddr < ranges[i].r_end)
			ok = MIN(n, ranges[i].r_end - uaddr);
	if (fake_user_touch == NULL)
		return ok;
	for (at = uaddr; at < uaddr + ok; at = page_trunc(at) + PAGE_SIZE)
		if (fake_user_touch(at, write) != 0)
			return at - uaddr;
	return ok;
}

size_t
copyin_some(vaddr_t uaddr, void *kaddr, size_t n)
{
	size_t ok = user_span(uaddr, n, false);

	memcpy(kaddr, (void *)uaddr, ok);
	return n - ok;
}

size_t
copyout_some(const void *kaddr, vaddr_t uaddr, size_t n)
{
	size_t ok = user_span(uaddr, n, true);

	memcpy((void *)uaddr, kaddr, ok);
	return n - ok;
}

int
copyin(vaddr_t uaddr, void *kaddr, size_t n)
{
	return copyin_some(uaddr, kaddr, n) == 0 ? 0 : -EFAULT;
}

int
copyout(const void *kaddr, vaddr_t uaddr, size_t n)
{
	return copyout_some(kaddr, uaddr, n) == 0 ? 0 : -EFAULT;
}

ssize_t
copyinstr(vaddr_t uaddr, char *kaddr, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++) {
		if (copyin(uaddr + i, kaddr + i, 1) != 0)
			return -EFAULT;
		if (kaddr[i] == '\0')
			return (ssize_t)i;
	}
	return -ENAMETOOLONG;
}

int
user_zero(vaddr_t uaddr, size_t n)
{
	size_t ok = user_span(uaddr, n, true);

	memset((void *)uaddr, 0, ok);
	return ok == n ? 0 : -EFAULT;
}

int
user_load32(vaddr_t uaddr, uint32_t *out)
{
	return copyin(uaddr, out, sizeof(*out));
}

int
user_load64(vaddr_t uaddr, uint64_t *out)
{
	return copyin(uaddr, out, sizeof(*out));
}

int
user_store32(vaddr_t uaddr, uint32_t v)
{
	return copyout(&v, uaddr, sizeof(v));
}

int
user_store64(vaddr_t uaddr, uint64_t v)
{
	return copyout(&v, uaddr, sizeof(v));
}

int
user_cas32(vaddr_t uaddr, uint32_t *old, uint32_t v)
{
	uint32_t want = *old;
	int error = user_load32(uaddr, old);

	if (error != 0 || *old != want)
		return error;
	return user_store32(uaddr, v);
}

int
str_to_u64(const char *s, const char **end, unsigned base, uint64_t *out)
{
	char *e;

	if (*s < '0' || *s > '9')
		return -EINVAL;
	errno = 0;
	*out = strtoull(s, &e, (int)base);
	*end = e;
	return errno == 0 ? 0 : -ERANGE;
}
