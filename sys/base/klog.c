/* SPDX-License-Identifier: MIT */
/*
 * sys/base/klog.c: the kernel's messages: a ring for dmesg, and consoles.
 *
 * Invariants: (1) ring offsets only grow; byte `o` lies at o % size while
 * klog_tail() <= o < klog_head(). (2) Each line in the ring begins with
 * `<level>[seconds.micros] `, as dmesg expects. (3) A message is written to
 * the consoles under klog_lock, so lines of several CPUs do not mix; panic
 * breaks the lock.
 */
#include <machine/cpu.h>

#include "base/clock.h"
#include "base/kprintf.h"
#include "base/lock.h"
#include "base/panic.h"
#include "base/string.h"

#define RING_SIZE (64u * 1024)
#define LINE_MAX  512

static struct spinlock klog_lock = SPINLOCK_INIT(LR_KLOG, "klog");
static struct list consoles = LIST_INIT(consoles);
static char ring[RING_SIZE];
static uint64_t ring_head;
static int console_level = KLOG_DEBUG;
static bool at_line_start = true;

static uint64_t
klog_enter(void)
{
	if (panic_is_under_way())
		return intr_disable();
	return spin_lock_irq(&klog_lock);
}

static void
klog_leave(uint64_t flags)
{
	if (panic_is_under_way())
		intr_restore(flags);
	else
		spin_unlock_irq(&klog_lock, flags);
}

static void
ring_put(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ring[ring_head++ % RING_SIZE] = s[i];
}

static void
consoles_put(const char *s, size_t n)
{
	struct console *cn;

	list_foreach(cn, &consoles, cn_link)
		cn->cn_write(cn, s, n);
}

void
kvlog(enum klog_level level, const char *fmt, va_list ap)
{
	char line[LINE_MAX], stamp[40];
	nsec_t now = clock_mono();
	uint64_t flags;
	int n, m;

	n = kvsnprintf(line, sizeof(line), fmt, ap);
	n = MIN(n, LINE_MAX - 1);
	m = ksnprintf(stamp, sizeof(stamp), "<%d>[%5lld.%06lld] ", level,
	    (long long)(now / NSEC_PER_SEC),
	    (long long)(now % NSEC_PER_SEC / NSEC_PER_USEC));
	flags = klog_enter();
	if (at_line_start)
		ring_put(stamp, (size_t)m);
	ring_put(line, (size_t)n);
	if ((int)level < console_level) {
		if (at_line_start)
			consoles_put(stamp + 3, (size_t)m - 3);
		consoles_put(line, (size_t)n);
	}
	if (n > 0)
		at_line_start = line[n - 1] == '\n';
	klog_leave(flags);
}

void
klog(enum klog_level level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	kvlog(level, fmt, ap);
	va_end(ap);
}

void
kprintf(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	kvlog(KLOG_INFO, fmt, ap);
	va_end(ap);
}

void
console_register(struct console *cn)
{
	uint64_t flags = klog_enter();
	uint64_t from = ring_head > RING_SIZE ? ring_head - RING_SIZE : 0;
	bool skip = true; /* until the end of a "<level>" mark */

	list_add_tail(&consoles, &cn->cn_link);
	/* What was said before is shown too. */
	for (; from < ring_head; from++) {
		char c = ring[from % RING_SIZE];

		if (!skip)
			cn->cn_write(cn, &c, 1);
		if (c == '\n')
			skip = true;
		else if (skip && c == '>')
			skip = false;
	}
	klog_leave(flags);
}

void
console_unregister(struct console *cn)
{
	uint64_t flags = klog_enter();

	list_del(&cn->cn_link);
	klog_leave(flags);
}

void
console_write(const char *s, size_t n)
{
	uint64_t flags = klog_enter();

	consoles_put(s, n);
	klog_leave(flags);
}

uint64_t
klog_head(void)
{
	return atomic_load(&ring_head);
}

uint64_t
klog_tail(void)
{
	uint64_t head = klog_head();

	return head > RING_SIZE ? head - RING_SIZE : 0;
}

size_t
klog_copy(uint64_t from, char *buf, size_t size)
{
	uint64_t flags = klog_enter();
	size_t n = 0;

	from = MAX(from, klog_tail());
	for (; n < size && from + n < ring_head; n++)
		buf[n] = ring[(from + n) % RING_SIZE];
	klog_leave(flags);
	return n;
}

size_t
klog_ring_size(void)
{
	return RING_SIZE;
}

int
klog_console_level(int newlevel)
{
	int old = console_level;

	if (newlevel >= 0)
		console_level = newlevel;
	return old;
}
