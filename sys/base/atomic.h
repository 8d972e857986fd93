/* SPDX-License-Identifier: MIT */
/*
 * sys/base/atomic.h: atomic integers, by the compiler's own builtins.
 *
 * Plain names order fully (acquire and release); _relaxed ones order nothing.
 * They work on any 4- or 8-byte integer or pointer lvalue given by address.
 */
#ifndef BASE_ATOMIC_H
#define BASE_ATOMIC_H

#include "base/types.h"

#define atomic_load(p)		  __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define atomic_load_relaxed(p)	  __atomic_load_n((p), __ATOMIC_RELAXED)
#define atomic_store(p, v)	  __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define atomic_store_relaxed(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define atomic_xchg(p, v)                                                    \
	__atomic_exchange_n((p), (v), __ATOMIC_ACQ_REL)
#define atomic_add(p, v)	  __atomic_add_fetch((p), (v), __ATOMIC_ACQ_REL)
#define atomic_sub(p, v)	  __atomic_sub_fetch((p), (v), __ATOMIC_ACQ_REL)
#define atomic_add_relaxed(p, v)  __atomic_add_fetch((p), (v), __ATOMIC_RELAXED)
#define atomic_or(p, v)		  __atomic_fetch_or((p), (v), __ATOMIC_ACQ_REL)
#define atomic_and(p, v)	  __atomic_fetch_and((p), (v), __ATOMIC_ACQ_REL)
#define atomic_fence()		  __atomic_thread_fence(__ATOMIC_SEQ_CST)

/* If *p == *old store v and say true; otherwise *old = *p and say false. */
#define atomic_cas(p, old, v)                                                \
	__atomic_compare_exchange_n((p), (old), (v), false,                  \
	    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)

#endif
