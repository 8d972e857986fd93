/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/select.c: select(2) and pselect6(2), on the waiter of poll.c.
 */
#include "base/slab.h"

#include "fs/vnode.h"
#include "kern/filecall.h"
#include "kern/poll.h"
#include "kern/syscall.h"

#define BITS 64u
#define SEL_IN	(POLLIN | POLLRDNORM | POLLRDBAND | POLLHUP | POLLERR)
#define SEL_OUT (POLLOUT | POLLWRNORM | POLLWRBAND | POLLERR)
#define SEL_EX	POLLPRI
#define SEL_WORDS_FAST 2 /* 128 descriptors on the stack */

/* Three sets asked for and three found, each ss_words long. */
struct selset {
	uint64_t *ss_in[3];
	uint64_t *ss_out[3];
	unsigned ss_n, ss_words;
};

/* The descriptors asked for in word w, in any of the sets. */
static inline uint64_t
sel_asked(const struct selset *ss, unsigned w)
{
	return ss->ss_in[0][w] | ss->ss_in[1][w] | ss->ss_in[2][w];
}

static inline unsigned
sel_events(const struct selset *ss, unsigned w, uint64_t bit)
{
	return ((ss->ss_in[0][w] & bit) != 0 ? SEL_IN : 0) |
	    ((ss->ss_in[1][w] & bit) != 0 ? SEL_OUT : 0) |
	    ((ss->ss_in[2][w] & bit) != 0 ? SEL_EX : 0);
}

/* Marks what was asked for and is true; the number of marks. */
static int
sel_mark(struct selset *ss, unsigned w, uint64_t bit, unsigned got)
{
	static const unsigned events[3] = { SEL_IN, SEL_OUT, SEL_EX };
	unsigned i;
	int n = 0;

	for (i = 0; i < 3; i++) {
		if ((ss->ss_in[i][w] & bit) != 0 && (got & events[i]) != 0) {
			ss->ss_out[i][w] |= bit;
			n++;
		}
	}
	return n;
}

/* One round: bits found, or -EBADF. Entries are left on queues if pt. */
static int
sel_scan(struct selset *ss, struct poll_waiter *pw, struct polltable *pt)
{
	unsigned w, want, got;
	struct fdview fv;
	struct fdref fr;
	uint64_t left;
	int n = 0, fd;

	fd_view(&fv);
	for (w = 0; w < ss->ss_words; w++) {
		for (left = sel_asked(ss, w); left != 0; left &= left - 1) {
			fd = (int)(w * BITS) + __builtin_ctzll(left);
			if (fd_view_borrow(&fv, fd, &fr) != 0)
				return -EBADF;
			want = sel_events(ss, w, left & -left);
			pw->pw_events = want;
			got = file_poll(fr.fr_file, pt);
			fd_return(&fr);
			if ((got & want) == 0)
				continue;
			n += sel_mark(ss, w, left & -left, got);
			pt = NULL; /* it will not sleep */
		}
	}
	return n;
}

/*
 * Entries stay on queues between rounds, so the files must: each descriptor
 * asked about holds a reference, if others could close it.
 */
static int
sel_hold(struct selset *ss, struct file **held)
{
	uint64_t left;
	unsigned w, n = 0;
	int error;

	for (w = 0; w < ss->ss_words; w++) {
		left = sel_asked(ss, w);
		for (; left != 0; left &= left - 1, n++) {
			error = fd_get((int)(w * BITS +
			    (unsigned)__builtin_ctzll(left)), &held[n]);
			if (error != 0) {
				while (n-- > 0)
					file_unref(held[n]);
				return error;
			}
		}
	}
	return (int)n;
}

static int
sel_wait(struct selset *ss, nsec_t deadline)
{
	struct poll_waiter pw __attribute__((uninitialized));
	struct file **held;
	int n, nheld, error = 0;

	poll_waiter_init(&pw);
	n = sel_scan(ss, &pw, NULL);
	if (n != 0 || deadline == 0)
		return n;
	held = kmalloc((ss->ss_n + 1) * sizeof(*held), 0);
	if (held == NULL)
		return -ENOMEM;
	nheld = sel_hold(ss, held);
	if (nheld < 0) {
		kfree(held);
		return nheld;
	}
	n = sel_scan(ss, &pw, &pw.pw_pt);
	while (n == 0 && error == 0) {
		error = pw.pw_pt.pt_error;
		if (error == 0)
			error = poll_waiter_sleep(&pw, deadline);
		if (error == 0 || error == -ETIMEDOUT)
			n = sel_scan(ss, &pw, NULL);
	}
	poll_waiter_end(&pw);
	while (nheld-- > 0)
		file_unref(held[nheld]);
	kfree(held);
	if (n != 0 || error == -ETIMEDOUT)
		return n;
	return error == -ERESTARTSYS ? -ERESTARTNOHAND : error;
}

static int
sel_copyin(struct selset *ss, const vaddr_t uset[3])
{
	size_t size = ss->ss_words * sizeof(uint64_t);
	unsigned i;

	for (i = 0; i < 3; i++) {
		if (uset[i] == 0)
			continue;
		if (copyin(uset[i], ss->ss_in[i], size) != 0)
			return -EFAULT;
		if (ss->ss_n % BITS != 0)
			ss->ss_in[i][ss->ss_words - 1] &=
			    (UINT64_C(1) << (ss->ss_n % BITS)) - 1;
	}
	return 0;
}

static int
do_select(int nfds, const vaddr_t uset[3], nsec_t deadline)
{
	uint64_t fast[6 * SEL_WORDS_FAST], *words = fast;
	struct selset ss;
	unsigned i;
	int n;

	if (nfds < 0)
		return -EINVAL;
	ss.ss_n = MIN((unsigned)nfds, fdtable_size(curlwp()->l_fds));
	ss.ss_words = howmany(ss.ss_n, BITS);
	if (ss.ss_words > SEL_WORDS_FAST) {
		words = kmalloc(6 * ss.ss_words * sizeof(*words), 0);
		if (words == NULL)
			return -ENOMEM;
	}
	memset(words, 0, 6 * ss.ss_words * sizeof(*words));
	for (i = 0; i < 3; i++) {
		ss.ss_in[i] = words + i * ss.ss_words;
		ss.ss_out[i] = words + (3 + i) * ss.ss_words;
	}
	n = ss.ss_n == 0 ? 0 : sel_copyin(&ss, uset);
	if (n == 0)
		n = sel_wait(&ss, deadline);
	if (n == 0 && thread_signalled(curthread()))
		n = -ERESTARTNOHAND; /* the mask may have let it in */
	for (i = 0; n >= 0 && i < 3; i++)
		if (uset[i] != 0 && copyout(ss.ss_out[i], uset[i],
			ss.ss_words * sizeof(uint64_t)) != 0)
			n = -EFAULT;
	if (words != fast)
		kfree(words);
	return n;
}

struct utv {
	int64_t tv_sec, tv_usec;
};

long
sys_select(int nfds, vaddr_t rd, vaddr_t wr, vaddr_t ex, vaddr_t utv)
{
	vaddr_t uset[3] = { rd, wr, ex };
	nsec_t deadline = NSEC_NEVER, span, left;
	struct utv tv;
	int n;

	if (utv != 0) {
		if (copyin(utv, &tv, sizeof(tv)) != 0)
			return -EFAULT;
		if (tv.tv_sec < 0 || tv.tv_usec < 0)
			return -EINVAL;
		/* tv_usec may be a second or more */
		if (!__builtin_mul_overflow(tv.tv_sec, NSEC_PER_SEC, &span) &&
		    !__builtin_mul_overflow(tv.tv_usec, NSEC_PER_USEC, &left)) {
			span = span_add(span, left);
			deadline = span == 0 ? 0 :
			    span_add(clock_mono(), span);
		}
	}
	n = do_select(nfds, uset, deadline);
	if (utv != 0 && deadline != NSEC_NEVER) {
		left = deadline == 0 ? 0 : MAX(deadline - clock_mono(), 0);
		tv.tv_sec = left / NSEC_PER_SEC;
		tv.tv_usec = left % NSEC_PER_SEC / NSEC_PER_USEC;
		/* The span may lie in read-only memory. */
		if (copyout(&tv, utv, sizeof(tv)) != 0)
			return n;
	}
	return n;
}

long
sys_pselect6(int nfds, vaddr_t rd, vaddr_t wr, vaddr_t ex, vaddr_t uts,
    vaddr_t usig)
{
	vaddr_t uset[3] = { rd, wr, ex };
	struct {
		vaddr_t mask;
		size_t size;
	} sig = { 0, 0 };
	nsec_t deadline;
	int n;

	if (usig != 0 && copyin(usig, &sig, sizeof(sig)) != 0)
		return -EFAULT;
	n = deadline_copyin(uts, &deadline);
	if (n == 0)
		n = tempmask_copyin(sig.mask, sig.size);
	if (n != 0)
		return n;
	n = do_select(nfds, uset, deadline);
	deadline_copyout(uts, deadline);
	return n;
}
