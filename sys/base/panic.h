/* SPDX-License-Identifier: MIT */
/*
 * sys/base/panic.h: what happens when an invariant is broken.
 *
 * panic() stops the other CPUs, prints `Bail out! panic: message`, registers,
 * the locks held and a symbolised backtrace, `end of panic`, and ends the
 * machine (isa-debug-exit if it is there, otherwise halts or reboots).
 */
#ifndef BASE_PANIC_H
#define BASE_PANIC_H

#include "base/types.h"

struct trapframe;

void panic(const char *fmt, ...) __printflike(1, 2) __noreturn;
void panic_frame(struct trapframe *, const char *fmt, ...) __printflike(2, 3)
    __noreturn;
bool panic_is_under_way(void);
void warn_once_at(const char *file, int line, const char *what, bool *done);
void backtrace_print(uint64_t rip, uint64_t rbp);

/* Symbols of the kernel image; name is NULL when there is none. */
struct bootinfo;
void symbols_init(const struct bootinfo *);
const char *symbol_lookup(uint64_t addr, uint64_t *offset);
/* Each function and variable: address, whether it is a function, name. */
void symbol_foreach(void (*fn)(uint64_t addr, bool function,
    const char *name, void *arg), void *arg);

#define KASSERT(e, ...)                                                      \
	do {                                                                 \
		if (unlikely(!(e)))                                          \
			panic("%s:%d: " #e, __FILE__, __LINE__);             \
	} while (0)

/* Costly checks, only with DEBUG=1. */
#ifdef INVARIANTS
#define DASSERT(e) KASSERT(e)
#else
#define DASSERT(e) ((void)sizeof(e))
#endif

#define WARN_ONCE(what)                                                      \
	do {                                                                 \
		static bool done_;                                           \
		warn_once_at(__FILE__, __LINE__, what, &done_);              \
	} while (0)

#endif
