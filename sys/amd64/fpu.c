/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/fpu.c: saves and loads the vector registers of user threads.
 *
 * The kernel itself uses none of them (-mgeneral-regs-only), so a thread's
 * registers stay in the CPU until another user thread runs there.
 * Invariants:
 *  (1) A user thread that is switched away has its state in md_fpu.
 *  (2) The registers of a CPU are those of cm_fpu_owner at the time it was
 *	switched away, if its md_fpu_cpu names this CPU; loading is left out
 *	then. A thread that ran elsewhere since has another number there, and
 *	a new thread none.
 * Why eager saving: XSAVEOPT writes only what changed since the last load,
 * and a lazy scheme would have to fetch registers from other CPUs.
 */
#include "base/panic.h"
#include "base/slab.h"
#include "base/string.h"
#include "base/thread.h"

#include <abi/errno.h>

#include "amd64/amd64.h"
#include "amd64/fpu.h"

#define XCR0_X87	(1 << 0)
#define XCR0_SSE	(1 << 1)
#define XCR0_AVX	(1 << 2)
#define XCR0_AVX512	(7 << 5)

#define FCW_INIT	0x037f
#define MXCSR_INIT	0x1f80
#define MXCSR_MASK_OLD	0xffbf	/* where the CPU does not say */

#define FPE_FLTDIV	3
#define FPE_FLTOVF	4
#define FPE_FLTUND	5
#define FPE_FLTRES	6
#define FPE_FLTINV	7
#define TRAP_MF		16

size_t fpu_size = FPU_LEGACY_SIZE;
uint64_t fpu_mask;

static struct kmem_cache *fpu_cache;
static struct fpu_area fpu_initial; /* [I] in the compact initial form */
static uint32_t mxcsr_mask = MXCSR_MASK_OLD; /* [I] */

static inline void
fpu_xsave(struct fpu_area *fa)
{
	if (cpu_has(CPU_XSAVEOPT))
		__asm__ volatile("xsaveopt64 %0"
		    : "+m"(*fa) : "a"(~0u), "d"(~0u) : "memory");
	else
		fpu_save(fa);
}

/* Plain XSAVE: it writes parts in their initial state, too, for readers. */
void
fpu_save(struct fpu_area *fa)
{
	if (cpu_has(CPU_XSAVE))
		__asm__ volatile("xsave64 %0"
		    : "+m"(*fa) : "a"(~0u), "d"(~0u) : "memory");
	else
		__asm__ volatile("fxsave64 %0" : "+m"(*fa) :: "memory");
}

void
fpu_load(struct fpu_area *fa)
{
	if (cpu_has(CPU_XSAVE))
		__asm__ volatile("xrstor64 %0"
		    :: "m"(*fa), "a"(~0u), "d"(~0u) : "memory");
	else
		__asm__ volatile("fxrstor64 %0" :: "m"(*fa) : "memory");
}

void
fpu_reset(void)
{
	fpu_load(&fpu_initial);
}

/* Protection keys and MPX stay off: nothing here would switch them. */
void
fpu_init_cpu(void)
{
	struct cpuid_regs r;
	uint64_t have, mask = XCR0_X87 | XCR0_SSE;

	__asm__ volatile("fninit");
	if (!cpu_has(CPU_XSAVE))
		return;
	r = cpuid(0xd, 0);
	have = ((uint64_t)r.edx << 32) | r.eax;
	if (have & XCR0_AVX) {
		mask |= XCR0_AVX;
		if ((have & XCR0_AVX512) == XCR0_AVX512)
			mask |= XCR0_AVX512;
	}
	xsetbv(0, mask);
	fpu_mask = mask;
	fpu_size = cpuid(0xd, 0).ebx; /* for the bits just set */
}

void
fpu_init(void)
{
	struct fpu_area *fa = &fpu_initial;

	__asm__ volatile("fxsave64 %0" : "+m"(*fa) :: "memory");
	if (fa->fa_mxcsr_mask != 0)
		mxcsr_mask = fa->fa_mxcsr_mask;
	memset(fa, 0, sizeof(*fa));
	fa->fa_fcw = FCW_INIT;
	fa->fa_mxcsr = MXCSR_INIT;
	fa->fa_mxcsr_mask = mxcsr_mask;
	fpu_cache = kmem_cache_create("fpu", fpu_size, 64);
	if (fpu_cache == NULL)
		panic("no memory for the FPU cache");
}

/*
 * The area is zeroed whole: XSAVE leaves parts out that are in their initial
 * state, and those parts may reach user space in a signal frame.
 */
struct fpu_area *
fpu_alloc(void)
{
	struct fpu_area *fa = fpu_alloc_raw();

	if (fa == NULL)
		return NULL;
	memset(fa, 0, fpu_size);
	memcpy(fa, &fpu_initial, MIN(fpu_size, sizeof(*fa)));
	return fa;
}

struct fpu_area *
fpu_alloc_raw(void)
{
	return kmem_cache_alloc(fpu_cache, 0);
}

void
fpu_free(struct fpu_area *fa)
{
	if (fa != NULL)
		kmem_cache_free(fpu_cache, fa);
}

int
fpu_sanitize(struct fpu_area *fa)
{
	if (fa->fa_mxcsr & ~mxcsr_mask)
		return -EINVAL;
	if (!cpu_has(CPU_XSAVE))
		return 0;
	if ((fa->fa_xstate_bv & ~fpu_mask) != 0 || fa->fa_xcomp_bv != 0)
		return -EINVAL;
	for (unsigned i = 0; i < nitems(fa->fa_reserved); i++) {
		if (fa->fa_reserved[i] != 0)
			return -EINVAL;
	}
	return 0;
}

/* From md_switch(): interrupts off. */
void
fpu_switch(struct thread *from, struct thread *to)
{
	struct cpu *c = curcpu();

	if (from->td_md.md_fpu != NULL)
		fpu_xsave(from->td_md.md_fpu);
	if (to->td_md.md_fpu == NULL)
		return;
	if (c->c_md->cm_fpu_owner == to && to->td_md.md_fpu_cpu == c->c_id)
		return;
	fpu_load(to->td_md.md_fpu);
	c->c_md->cm_fpu_owner = to;
	to->td_md.md_fpu_cpu = c->c_id;
}

void
fpu_kernel_begin(void)
{
	struct thread *td = curthread();

	if (td->td_md.md_fpu != NULL)
		fpu_xsave(td->td_md.md_fpu);
	curcpu()->c_md->cm_fpu_owner = NULL;
	fpu_reset();
}

void
fpu_kernel_end(void)
{
	struct thread *td = curthread();

	if (td->td_md.md_fpu == NULL)
		return;
	fpu_load(td->td_md.md_fpu);
	curcpu()->c_md->cm_fpu_owner = td;
	td->td_md.md_fpu_cpu = curcpu()->c_id;
}

/* The first of the exceptions that are flagged and not masked. */
int
fpu_fault_code(unsigned trapno)
{
	uint16_t fcw, fsw;
	uint32_t mxcsr, e;

	if (trapno == TRAP_MF) {
		__asm__ volatile("fnstcw %0" : "=m"(fcw));
		__asm__ volatile("fnstsw %0" : "=m"(fsw));
		e = fsw & ~(uint32_t)fcw & 0x3f;
	} else {
		__asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
		e = mxcsr & ~(mxcsr >> 7) & 0x3f;
	}
	if (e & 0x01)
		return FPE_FLTINV;
	if (e & 0x04)
		return FPE_FLTDIV;
	if (e & 0x08)
		return FPE_FLTOVF;
	if (e & 0x12)
		return FPE_FLTUND;
	if (e & 0x20)
		return FPE_FLTRES;
	return 0;
}
