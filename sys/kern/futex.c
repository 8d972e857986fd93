/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/futex.c: futex(2): sleeping on a word of user memory.
 *
 * A waiter compares the word and queues itself under the lock of its hash
 * chain; a waker changes the word first and then takes that lock, so no
 * wake-up falls between. A waiter takes the lock once more before it leaves,
 * so whoever wakes it may touch it as long as he holds the lock.
 * The priority-inheriting operations are not there: -ENOSYS.
 */
#include "base/init.h"
#include "base/list.h"
#include "base/lock.h"
#include "base/string.h"
#include "base/thread.h"
#include "base/waitq.h"

#include "kern/proc_internal.h"
#include "kern/syscall.h"
#include "kern/time.h"

enum {
	FUTEX_WAIT, FUTEX_WAKE, FUTEX_FD, FUTEX_REQUEUE, FUTEX_CMP_REQUEUE,
	FUTEX_WAKE_OP, FUTEX_WAIT_BITSET = 9, FUTEX_WAKE_BITSET,
};
#define FUTEX_PRIVATE	     0x80
#define FUTEX_CLOCK_REALTIME 0x100
#define FUTEX_CMD_MASK	     0x7f

#define FUTEX_WAITERS	 0x80000000u
#define FUTEX_OWNER_DIED 0x40000000u
#define FUTEX_TID_MASK	 0x3fffffffu

#define ROBUST_LIST_MAX 2048
#define CHAINS 256u

struct chain {
	struct spinlock ch_lock;
	struct list ch_waiters;
} __cacheline;

struct waiter {
	struct list fw_link;	  /* [chain] */
	struct vm_futex_key fw_key; /* [chain] */
	struct chain *fw_chain;	  /* changed by requeue, both locked */
	struct thread *fw_thread; /* [I] */
	uint32_t fw_bitset;	  /* [I] */
	bool fw_woken;		  /* [chain], off the list */
};

static struct chain chains[CHAINS];

static void
futex_init(void)
{
	for (unsigned i = 0; i < CHAINS; i++) {
		spin_init(&chains[i].ch_lock, LR_FUTEX, "futex");
		list_init(&chains[i].ch_waiters);
	}
}
INIT(INIT_SUBSYS, 12, futex_init);

static struct chain *
chain_of(const struct vm_futex_key *key)
{
	uint64_t h = ((uint64_t)key->fk_owner >> 4) ^ (key->fk_offset >> 2);

	h *= UINT64_C(0x9e3779b97f4a7c15);
	return &chains[h >> 56];
}

static bool
key_equal(const struct vm_futex_key *a, const struct vm_futex_key *b)
{
	return a->fk_owner == b->fk_owner && a->fk_offset == b->fk_offset;
}

static int
futex_key(vaddr_t uaddr, bool shared, struct vm_futex_key *key)
{
	struct vmspace *vs = curthread()->td_vm;

	if ((uaddr & 3) != 0)
		return -EINVAL;
	if (uaddr >= USER_MAX)
		return -EFAULT;
	if (!shared) {
		key->fk_owner = vs;
		key->fk_offset = uaddr;
		return 0;
	}
	return vm_futex_key(vs, uaddr, true, key);
}

/* Queues w if the word is still val. */
static int
futex_enqueue(struct waiter *w, vaddr_t uaddr, uint32_t val)
{
	struct chain *ch = chain_of(&w->fw_key);
	uint32_t now;

	for (;;) {
		spin_lock(&ch->ch_lock);
		if (user_load32_nofault(uaddr, &now) == 0)
			break;
		spin_unlock(&ch->ch_lock);
		if (user_load32(uaddr, &now) != 0)
			return -EFAULT;
	}
	if (now != val) {
		spin_unlock(&ch->ch_lock);
		return -EAGAIN;
	}
	w->fw_chain = ch;
	list_add_tail(&ch->ch_waiters, &w->fw_link);
	spin_unlock(&ch->ch_lock);
	return 0;
}

/* Off its chain, which a requeue may have changed; true if it was woken. */
static bool
futex_dequeue(struct waiter *w)
{
	struct chain *ch;
	bool woken;

	for (;;) {
		ch = atomic_load(&w->fw_chain);
		spin_lock(&ch->ch_lock);
		if (ch == w->fw_chain)
			break;
		spin_unlock(&ch->ch_lock);
	}
	woken = w->fw_woken;
	if (!woken)
		list_del(&w->fw_link);
	spin_unlock(&ch->ch_lock);
	return woken;
}

static int
futex_wait(vaddr_t uaddr, bool shared, uint32_t val, nsec_t deadline,
    uint32_t bitset)
{
	struct waiter w = { .fw_thread = curthread(), .fw_bitset = bitset };
	int error;

	if (bitset == 0)
		return -EINVAL;
	error = futex_key(uaddr, shared, &w.fw_key);
	if (error == 0)
		error = futex_enqueue(&w, uaddr, val);
	if (error != 0)
		return error;
	for (;;) {
		thread_prepare_sleep(TS_SLEEPING_INTR);
		if (atomic_load(&w.fw_woken) || error != 0)
			break;
		error = thread_sleep(deadline);
	}
	thread_finish_sleep();
	return futex_dequeue(&w) ? 0 : error;
}

/* l_restart_args: address, shared, value, deadline. */
static int
futex_wait_restart(struct lwp *l)
{
	uint64_t *a = l->l_restart_args;
	int error = futex_wait(a[0], a[1] != 0, (uint32_t)a[2], (nsec_t)a[3],
	    UINT32_MAX);

	if (error != -ERESTARTSYS)
		return error;
	l->l_restart_fn = futex_wait_restart;
	return -ERESTART_RESTARTBLOCK;
}

/* A relative time-out must not start anew when a signal has come. */
static int
futex_wait_span(vaddr_t uaddr, bool shared, uint32_t val, nsec_t span)
{
	struct lwp *l = curlwp();

	l->l_restart_args[0] = uaddr;
	l->l_restart_args[1] = shared;
	l->l_restart_args[2] = val;
	l->l_restart_args[3] = (uint64_t)deadline_after(span);
	return futex_wait_restart(l);
}

/* Chain locked. */
static void
waiter_wake(struct waiter *w)
{
	list_del(&w->fw_link);
	atomic_store(&w->fw_woken, true);
	thread_wake(w->fw_thread);
}

static int
futex_wake_key(const struct vm_futex_key *key, int n, uint32_t bitset)
{
	struct chain *ch = chain_of(key);
	struct waiter *w, *next;
	int woken = 0;

	spin_lock(&ch->ch_lock);
	list_foreach_safe(w, next, &ch->ch_waiters, fw_link) {
		if (woken >= n)
			break;
		if (!key_equal(&w->fw_key, key) || !(w->fw_bitset & bitset))
			continue;
		waiter_wake(w);
		woken++;
	}
	spin_unlock(&ch->ch_lock);
	return woken;
}

static int
futex_wake(vaddr_t uaddr, bool shared, int n, uint32_t bitset)
{
	struct vm_futex_key key;
	int error;

	if (bitset == 0)
		return -EINVAL;
	error = futex_key(uaddr, shared, &key);
	return error != 0 ? error : futex_wake_key(&key, n, bitset);
}

int
futex_wake_user(vaddr_t uaddr, bool shared, int n)
{
	return futex_wake(uaddr, shared, n, UINT32_MAX);
}

static void
chains_lock(struct chain *a, struct chain *b)
{
	spin_lock(&MIN(a, b)->ch_lock);
	if (a != b)
		spin_lock(&MAX(a, b)->ch_lock);
}

static void
chains_unlock(struct chain *a, struct chain *b)
{
	spin_unlock(&a->ch_lock);
	if (a != b)
		spin_unlock(&b->ch_lock);
}

/* Both chains locked: wakes nwake waiters of k1, moves nmove others to k2. */
static int
requeue_locked(const struct vm_futex_key *k1, const struct vm_futex_key *k2,
    int nwake, int nmove)
{
	struct chain *c1 = chain_of(k1), *c2 = chain_of(k2);
	struct list moved = LIST_INIT(moved);
	struct waiter *w, *next;
	int woken = 0, done = 0;

	list_foreach_safe(w, next, &c1->ch_waiters, fw_link) {
		if (!key_equal(&w->fw_key, k1))
			continue;
		if (woken < nwake) {
			waiter_wake(w);
			woken++;
		} else if (done < nmove) {
			list_del(&w->fw_link);
			list_add_tail(&moved, &w->fw_link);
			w->fw_key = *k2;
			atomic_store(&w->fw_chain, c2);
			done++;
		} else {
			break;
		}
	}
	list_splice_tail(&c2->ch_waiters, &moved);
	return woken + done;
}

/* cmp: the word must be `expected` (FUTEX_CMP_REQUEUE). */
static int
futex_requeue(vaddr_t uaddr, vaddr_t uaddr2, bool shared, int nwake, int nmove,
    bool cmp, uint32_t expected)
{
	struct vm_futex_key k1, k2;
	struct chain *c1, *c2;
	uint32_t now;
	int result;

	if (nwake < 0 || nmove < 0)
		return -EINVAL;
	result = futex_key(uaddr, shared, &k1);
	if (result == 0)
		result = futex_key(uaddr2, shared, &k2);
	if (result != 0)
		return result;
	c1 = chain_of(&k1);
	c2 = chain_of(&k2);
	for (;;) {
		chains_lock(c1, c2);
		if (!cmp || user_load32_nofault(uaddr, &now) == 0)
			break;
		chains_unlock(c1, c2);
		if (user_load32(uaddr, &now) != 0)
			return -EFAULT;
	}
	result = cmp && now != expected ? -EAGAIN :
					  requeue_locked(&k1, &k2, nwake,
					      nmove);
	chains_unlock(c1, c2);
	return result;
}

/* The operation of FUTEX_WAKE_OP: op:4 cmp:4 oparg:12 cmparg:12. */
static int
wake_op_apply(vaddr_t uaddr, uint32_t code, bool *test)
{
	int32_t arg = (int32_t)(code << 8) >> 20;
	int32_t cmparg = (int32_t)(code << 20) >> 20;
	uint32_t op = (code >> 28) & 7, cmp = (code >> 24) & 15, old, new;
	int32_t v;

	if ((code >> 28) & 8)
		arg = (int32_t)(1u << ((uint32_t)arg & 31));
	if (op > 4 || cmp > 5)
		return -ENOSYS;
	if (user_load32(uaddr, &old) != 0)
		return -EFAULT;
	for (;;) {
		uint32_t seen = old;

		new = op == 0 ? (uint32_t)arg :
		    op == 1   ? old + (uint32_t)arg :
		    op == 2   ? old | (uint32_t)arg :
		    op == 3   ? old & ~(uint32_t)arg :
				old ^ (uint32_t)arg;
		if (user_cas32(uaddr, &seen, new) != 0)
			return -EFAULT;
		if (seen == old)
			break;
		old = seen;
	}
	v = (int32_t)old;
	*test = cmp == 0 ? v == cmparg :
	    cmp == 1	 ? v != cmparg :
	    cmp == 2	 ? v < cmparg :
	    cmp == 3	 ? v <= cmparg :
	    cmp == 4	 ? v > cmparg :
			   v >= cmparg;
	return 0;
}

static int
futex_wake_op(vaddr_t uaddr, vaddr_t uaddr2, bool shared, int n1, int n2,
    uint32_t code)
{
	int error, woken, more;
	bool test = false;

	if ((uaddr2 & 3) != 0)
		return -EINVAL;
	error = wake_op_apply(uaddr2, code, &test);
	if (error != 0)
		return error;
	woken = futex_wake(uaddr, shared, n1, UINT32_MAX);
	if (woken < 0 || !test)
		return woken;
	more = futex_wake(uaddr2, shared, n2, UINT32_MAX);
	return more < 0 ? more : woken + more;
}

static long
futex_wait_call(vaddr_t uaddr, int op, bool shared, uint32_t val,
    vaddr_t utimeout, uint32_t bitset)
{
	int clock = op & FUTEX_CLOCK_REALTIME ? CLOCK_REALTIME :
						CLOCK_MONOTONIC;
	nsec_t t;
	int error;

	if (utimeout == 0)
		return futex_wait(uaddr, shared, val, NSEC_NEVER, bitset);
	error = timespec_copyin(utimeout, &t);
	if (error != 0)
		return error;
	if ((op & FUTEX_CMD_MASK) == FUTEX_WAIT)
		return futex_wait_span(uaddr, shared, val, t);
	return futex_wait(uaddr, shared, val, clock_deadline(clock, t, true),
	    bitset);
}

long
sys_futex(vaddr_t uaddr, int op, uint32_t val, vaddr_t utimeout,
    vaddr_t uaddr2, uint32_t val3)
{
	bool shared = (op & FUTEX_PRIVATE) == 0;
	int n = (int)MIN(val, (uint32_t)INT32_MAX);
	int n2 = (int)(uint32_t)utimeout; /* a count for these operations */
	int cmd = op & FUTEX_CMD_MASK;

	if ((op & FUTEX_CLOCK_REALTIME) && cmd != FUTEX_WAIT_BITSET)
		return -ENOSYS;
	switch (cmd) {
	case FUTEX_WAIT:
		return futex_wait_call(uaddr, op, shared, val, utimeout,
		    UINT32_MAX);
	case FUTEX_WAIT_BITSET:
		return futex_wait_call(uaddr, op, shared, val, utimeout, val3);
	case FUTEX_WAKE:
		return futex_wake(uaddr, shared, n, UINT32_MAX);
	case FUTEX_WAKE_BITSET:
		return futex_wake(uaddr, shared, n, val3);
	case FUTEX_REQUEUE:
		return futex_requeue(uaddr, uaddr2, shared, (int)val, n2,
		    false, 0);
	case FUTEX_CMP_REQUEUE:
		return futex_requeue(uaddr, uaddr2, shared, (int)val, n2, true,
		    val3);
	case FUTEX_WAKE_OP:
		return futex_wake_op(uaddr, uaddr2, shared, n, n2, val3);
	}
	return -ENOSYS;
}

/* The owner of a robust mutex ends: the next one learns of it. */
static int
robust_release(vaddr_t uaddr)
{
	uint32_t tid = (uint32_t)curthread()->td_tid, word, seen;

	if ((uaddr & 3) != 0 || user_load32(uaddr, &word) != 0)
		return -EFAULT;
	while ((word & FUTEX_TID_MASK) == tid) {
		seen = word;
		if (user_cas32(uaddr, &seen,
			(word & FUTEX_WAITERS) | FUTEX_OWNER_DIED) != 0)
			return -EFAULT;
		if (seen != word) {
			word = seen;
			continue;
		}
		if (word & FUTEX_WAITERS)
			(void)futex_wake(uaddr, true, 1, UINT32_MAX);
		break;
	}
	return 0;
}

/* struct robust_list_head: first entry, offset of the word, one being locked
 * or unlocked just now. Bit 0 of an entry marks priority inheritance. */
static void
robust_exit(vaddr_t head)
{
	uint64_t entry, next, offset, pending;

	if (user_load64(head, &entry) != 0 ||
	    user_load64(head + 8, &offset) != 0 ||
	    user_load64(head + 16, &pending) != 0)
		return;
	for (int n = 0; n < ROBUST_LIST_MAX; n++) {
		vaddr_t at = entry & ~UINT64_C(1);

		if (at == head)
			break;
		if (user_load64(at, &next) != 0)
			return;
		if (entry != pending && robust_release(at + offset) != 0)
			return;
		entry = next;
	}
	if (pending != 0)
		(void)robust_release((pending & ~UINT64_C(1)) + offset);
}

void
futex_exit(struct lwp *l)
{
	struct vmspace *vs = l->l_thread->td_vm;

	if (vs == NULL)
		return;
	if (l->l_robust != 0) {
		robust_exit(l->l_robust);
		l->l_robust = 0;
	}
	if (l->l_clear_tid == 0)
		return;
	if (l->l_proc->p_nlwps > 1 || atomic_load(&vs->vs_ref) > 1) {
		if (user_store32(l->l_clear_tid, 0) == 0)
			(void)futex_wake(l->l_clear_tid, true, 1, UINT32_MAX);
	}
	l->l_clear_tid = 0;
}

long
sys_set_tid_address(vaddr_t utid)
{
	curlwp()->l_clear_tid = utid;
	return curthread()->td_tid;
}

long
sys_set_robust_list(vaddr_t head, size_t len)
{
	if (len != 24)
		return -EINVAL;
	curlwp()->l_robust = head;
	return 0;
}

long
sys_get_robust_list(int pid, vaddr_t uhead, vaddr_t ulen)
{
	vaddr_t head = 0;
	struct lwp *l;
	int error = 0;

	mutex_lock(&proctree_lock);
	l = pid == 0 ? curlwp() : lwp_find(pid);
	if (l == NULL)
		error = -ESRCH;
	else if (l->l_proc != curproc() && !proc_same_user(l->l_proc) &&
	    !cred_capable(curlwp()->l_cred, CAP_SYS_PTRACE))
		error = -EPERM;
	else
		head = l->l_robust;
	mutex_unlock(&proctree_lock);
	if (error != 0)
		return error;
	if (user_store64(ulen, 24) != 0)
		return -EFAULT;
	return user_store64(uhead, head);
}
