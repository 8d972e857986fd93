/* SPDX-License-Identifier: MIT */
/*
 * tests/host/vm_space.c: address spaces against a table of what each page
 * should allow and hold: random mmap, munmap, mprotect, mremap, madvise, writes
 * and forks, and one program with every allocation failed in turn.
 */
#include "base/string.h"
#include "vm/vm_internal.h"

#include <abi/errno.h>

#include "fake.h"
#include "pmap.h"
#include "tap.h"

#include <stdlib.h>

#define BASE   0x10000000UL
#define NPAGES 64u
#define NSPACE 3u

/* What the model knows of a page: mapped, rights, and its one byte. */
struct cell {
	bool c_mapped, c_shared;
	uint8_t c_prot;
	uint8_t c_value;
};

struct space {
	struct vmspace *s_vs;
	struct cell s_cell[NPAGES];
};

static struct space spaces[NSPACE];
static uint8_t shared_value[NPAGES];
static struct vm_object *shared; /* page i of it is always at page i */
static bool may_fail;		 /* allocations are made to fail */
static bool alloc_failed;	 /* and one was, in this program */

static vaddr_t
page_va(unsigned i)
{
	return BASE + i * PAGE_SIZE;
}

/* As the CPU: touch, fault, touch again. NULL: a signal. */
static uint8_t *
touch(struct vmspace *vs, vaddr_t va, bool write, int *error)
{
	uint8_t *p;
	int tries;

	*error = 0;
	for (tries = 0; tries < 4; tries++) {
		p = fake_mmu(&vs->vs_pmap, va, write);
		if (p != NULL)
			return p;
		*error = vm_fault(vs, va, VF_USER |
		    (write ? VF_WRITE : VF_READ));
		if (*error != 0)
			return NULL;
	}
	CHECK(!"a fault that is never solved");
	return NULL;
}

static uint8_t *
cell_value(struct space *s, unsigned i)
{
	return s->s_cell[i].c_shared ? &shared_value[i] :
	    &s->s_cell[i].c_value;
}

static void
step_touch(struct space *s, unsigned i, bool write)
{
	struct cell *c = &s->s_cell[i];
	uint8_t *p, v = (uint8_t)rand();
	int error;

	p = touch(s->s_vs, page_va(i) + 100, write, &error);
	if (!c->c_mapped) {
		CHECK_EQ(error, -EFAULT);
	} else if (write ? !(c->c_prot & PROT_WRITE) : c->c_prot == 0) {
		CHECK_EQ(error, -EACCES);
	} else if (p == NULL) {
		CHECK(may_fail && error == -ENOMEM);
	} else {
		CHECK_EQ(*p, *cell_value(s, i));
		if (write)
			*cell_value(s, i) = *p = v;
	}
}

static void
step_map(struct space *s, unsigned i, unsigned n, unsigned prot)
{
	bool share = rand() % 3 == 0;
	vaddr_t va = page_va(i);
	int error;
	unsigned k;

	error = vm_map(s->s_vs, &va, n * PAGE_SIZE, prot, 7,
	    MAP_FIXED | (share ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS),
	    share ? shared : NULL, share ? i * PAGE_SIZE : 0, NULL, NULL);
	CHECK(error == 0 || may_fail);
	if (error != 0)
		return;
	CHECK_EQ(va, page_va(i));
	for (k = i; k < i + n; k++)
		s->s_cell[k] = (struct cell){ .c_mapped = true,
		    .c_shared = share, .c_prot = prot };
}

static void
step_unmap(struct space *s, unsigned i, unsigned n)
{
	int error = vm_unmap(s->s_vs, page_va(i), n * PAGE_SIZE);

	CHECK(error == 0 || may_fail);
	if (error == 0)
		memset(&s->s_cell[i], 0, n * sizeof(struct cell));
}

static void
step_protect(struct space *s, unsigned i, unsigned n, unsigned prot)
{
	int error = vm_protect(s->s_vs, page_va(i), n * PAGE_SIZE, prot);
	unsigned k;

	if (may_fail && error == -ENOMEM) {
		/* Some of it may have been done: take over what was. */
		for (k = i; k < i + n; k++) {
			struct vm_area *a = vm_area_find(s->s_vs, page_va(k));

			if (a != NULL)
				s->s_cell[k].c_prot = a->va_prot;
		}
		return;
	}
	for (k = i; k < i + n && s->s_cell[k].c_mapped; k++)
		s->s_cell[k].c_prot = prot;
	CHECK_EQ(error, k == i + n ? 0 : -ENOMEM);
}

static void
step_discard(struct space *s, unsigned i, unsigned n)
{
	int error = vm_advise(s->s_vs, page_va(i), n * PAGE_SIZE,
	    MADV_DONTNEED);
	bool hole = false;
	unsigned k;

	for (k = i; k < i + n; k++) {
		hole |= !s->s_cell[k].c_mapped;
		s->s_cell[k].c_value = 0;
	}
	CHECK_EQ(error, hole ? -ENOMEM : 0);
}

/* Moves one run of private pages that are all alike. */
static void
step_move(struct space *s, unsigned i, unsigned n, unsigned to)
{
	struct cell moved[NPAGES];
	vaddr_t where = page_va(to);
	unsigned k;
	int error;

	for (k = i; k < i + n; k++)
		if (!s->s_cell[k].c_mapped || s->s_cell[k].c_shared)
			return;
	if (to < i + n && i < to + n)
		return;
	error = vm_remap(s->s_vs, page_va(i), n * PAGE_SIZE, n * PAGE_SIZE,
	    MREMAP_MAYMOVE | MREMAP_FIXED, &where);
	if (error == -EFAULT) /* it spans areas */
		return;
	CHECK(error == 0 || (may_fail && error == -ENOMEM));
	if (error != 0) {
		/* The target is gone all the same; the source is not. */
		if (vm_area_find(s->s_vs, page_va(to)) == NULL)
			memset(&s->s_cell[to], 0, n * sizeof(moved[0]));
		return;
	}
	memcpy(moved, &s->s_cell[i], n * sizeof(moved[0]));
	memset(&s->s_cell[i], 0, n * sizeof(moved[0]));
	memcpy(&s->s_cell[to], moved, n * sizeof(moved[0]));
}

static void
step_fork(struct space *from, struct space *to)
{
	struct vmspace *vs;

	if (from == to)
		return;
	vs = vmspace_fork(from->s_vs);
	CHECK(vs != NULL || may_fail);
	if (vs == NULL)
		return;
	vmspace_unref(to->s_vs);
	*to = *from;
	to->s_vs = vs;
}

static void
step_access(struct space *s, unsigned i, bool write)
{
	struct cell *c = &s->s_cell[i];
	uint8_t v = (uint8_t)rand(), got = v;
	bool ok = c->c_mapped && c->c_prot != 0 &&
	    (!write || (c->c_prot & PROT_WRITE));
	ssize_t n;

	n = vm_access(s->s_vs, page_va(i) + 100, &got, 1, write);
	CHECK(n == (ok ? 1 : -EFAULT) || (may_fail && n == -EFAULT));
	if (n != 1)
		return;
	if (write)
		*cell_value(s, i) = v;
	else
		CHECK_EQ(got, *cell_value(s, i));
}

static void
space_step(void)
{
	static const unsigned prots[] = { 0, PROT_READ, PROT_READ |
	    PROT_WRITE, PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC };
	struct space *s = &spaces[rand() % NSPACE];
	unsigned i = rand() % NPAGES, n = 1 + rand() % 12;
	unsigned prot = prots[rand() % nitems(prots)];

	n = MIN(n, NPAGES - i);
	switch (rand() % 16) {
	case 0: case 1:
		step_map(s, i, n, prot);
		break;
	case 2:
		step_unmap(s, i, n);
		break;
	case 3: case 4:
		step_protect(s, i, n, prot);
		break;
	case 5:
		step_discard(s, i, n);
		break;
	case 6:
		step_move(s, i, n, rand() % (NPAGES - n + 1));
		break;
	case 7:
		step_fork(s, &spaces[rand() % NSPACE]);
		break;
	case 8:
		step_access(s, i, rand() % 2);
		break;
	default:
		step_touch(s, i, rand() % 2);
	}
}

/* Areas are in order, whole, and say what the cells say. */
static void
space_check(struct space *s)
{
	struct vm_area *a;
	uint64_t size = 0, areas = 0;
	unsigned i;

	for (i = 0; i < NPAGES; i++) {
		a = vm_area_find(s->s_vs, page_va(i));
		CHECK_EQ(a != NULL, s->s_cell[i].c_mapped);
		if (a == NULL)
			continue;
		CHECK_EQ(a->va_prot, s->s_cell[i].c_prot);
		CHECK_EQ(a->va_object != NULL, s->s_cell[i].c_shared);
	}
	for (a = vm_area_first(s->s_vs); a != NULL; a = vm_area_next(a)) {
		CHECK(a->va_start < a->va_end && a->va_start >= size);
		size = a->va_end;
		areas++;
	}
	CHECK_EQ(areas, s->s_vs->vs_nareas);
	for (size = 0, a = vm_area_first(s->s_vs); a; a = vm_area_next(a))
		size += a->va_end - a->va_start;
	CHECK_EQ(size, s->s_vs->vs_size);
}

static bool
spaces_make(void)
{
	unsigned i;

	memset(spaces, 0, sizeof(spaces));
	memset(shared_value, 0, sizeof(shared_value));
	for (i = 0; i < NSPACE; i++)
		if ((spaces[i].s_vs = vmspace_create()) == NULL)
			return false;
	shared = vm_object_anon(NPAGES * PAGE_SIZE);
	return shared != NULL;
}

static void
spaces_free(void)
{
	unsigned i;

	for (i = 0; i < NSPACE; i++)
		if (spaces[i].s_vs != NULL)
			vmspace_unref(spaces[i].s_vs);
	if (shared != NULL)
		vm_object_unref(shared);
	shared = NULL;
	fake_locks_assert_none();
}

static void
program_run(unsigned seed, unsigned steps)
{
	unsigned step, i;

	srand(seed);
	if (spaces_make())
		for (step = 0; step < steps; step++) {
			space_step();
			for (i = 0; i < NSPACE; i++)
				space_check(&spaces[i]);
		}
	alloc_failed = fake_failed();
	fake_fail_at(0);
	may_fail = false;
	for (i = 0; i < NSPACE * NPAGES && shared != NULL; i++)
		step_touch(&spaces[i / NPAGES], i % NPAGES, false);
	spaces_free();
}

static void
test_random(void)
{
	size_t kmem = fake_kmem_live(), npages = fake_pages_live();
	unsigned seed;

	for (seed = 0; seed < 60; seed++)
		program_run(seed, 400);
	CHECK_EQ(fake_kmem_live(), kmem);
	CHECK_EQ(fake_pages_live(), npages);
}

static void
test_alloc_failures(void)
{
	size_t kmem = fake_kmem_live(), npages = fake_pages_live();
	unsigned n;
	bool hit = true;

	for (n = 1; hit && n < 3000; n++) {
		may_fail = true;
		fake_fail_at(n);
		program_run(11, 120);
		hit = alloc_failed;
	}
	CHECK(n > 50 && !hit);
	CHECK_EQ(fake_kmem_live(), kmem);
	CHECK_EQ(fake_pages_live(), npages);
}

static void
test_errors(void)
{
	struct vmspace *vs = vmspace_create();
	vaddr_t va = 0, at;

	vs->vs_mmap_top = 0x70000000;
	CHECK_EQ(vm_map(vs, &va, 0, 3, 7, MAP_PRIVATE, NULL, 0, NULL, NULL),
	    -EINVAL);
	CHECK_EQ(vm_map(vs, &va, 4096, 3, 7, 0, NULL, 0, NULL, NULL), -EINVAL);
	va = 0x1234;
	CHECK_EQ(vm_map(vs, &va, 4096, 3, 7, MAP_PRIVATE | MAP_FIXED, NULL, 0,
	    NULL, NULL), -EINVAL);
	va = 0x1000;
	CHECK_EQ(vm_map(vs, &va, 4096, 3, 7, MAP_PRIVATE | MAP_FIXED, NULL, 0,
	    NULL, NULL), -EPERM);
	va = 0;
	CHECK_EQ(vm_map(vs, &va, UINT64_C(1) << 40, 3, 7, MAP_PRIVATE, NULL,
	    0, NULL, NULL), -ENOMEM);
	vs->vs_as_limit = UINT64_C(1) << 39;
	CHECK_EQ(vm_map(vs, &va, UINT64_C(1) << 40, 3, 7, MAP_PRIVATE |
	    MAP_NORESERVE, NULL, 0, NULL, NULL), -ENOMEM);
	CHECK_EQ(vm_map(vs, &va, 3 * 4096, 3, 7, MAP_PRIVATE, NULL, 0, NULL,
	    NULL), 0);
	CHECK_EQ(va, 0x70000000 - 3 * 4096);
	at = va;
	CHECK_EQ(vm_map(vs, &at, 4096, 3, 7, MAP_PRIVATE |
	    MAP_FIXED_NOREPLACE, NULL, 0, NULL, NULL), -EEXIST);
	CHECK_EQ(vm_unmap(vs, va + 1, 4096), -EINVAL);
	CHECK_EQ(vm_unmap(vs, va, 0), -EINVAL);
	CHECK_EQ(vm_unmap(vs, va + 4096, 4096), 0);
	CHECK_EQ(vm_protect(vs, va, 3 * 4096, 1), -ENOMEM);
	CHECK_EQ(vm_protect(vs, va, 4096, 16), -EINVAL);
	CHECK_EQ(vm_protect(vs, va, 0, 1), 0);
	CHECK_EQ(vm_advise(vs, va, 3 * 4096, MADV_DONTNEED), -ENOMEM);
	CHECK_EQ(vm_advise(vs, va, 4096, 12), -EINVAL);
	CHECK_EQ(vm_sync(vs, va, 4096, MS_SYNC | MS_ASYNC), -EINVAL);
	CHECK_EQ(vm_sync(vs, va, 3 * 4096, MS_SYNC), -ENOMEM);
	CHECK_EQ(vm_fault(vs, va, VF_WRITE), -EACCES);
	CHECK_EQ(vm_fault(vs, 0, VF_READ), -EFAULT);
	CHECK_EQ(vm_fault(vs, UINT64_MAX - 5, VF_READ), -EFAULT);
	vmspace_unref(vs);
}

static void
test_brk_and_stack(void)
{
	struct vmspace *vs = vmspace_create();
	vaddr_t va = 0x7fff00000000;
	int error;

	vs->vs_brk_start = vs->vs_brk = 0x600123;
	CHECK_EQ(vm_brk(vs, 0), 0x600123);
	CHECK_EQ(vm_brk(vs, 0x605001), 0x605001);
	CHECK(touch(vs, 0x605fff, true, &error) != NULL);
	CHECK(touch(vs, 0x606000, true, &error) == NULL);
	CHECK_EQ(vm_brk(vs, 0x601000), 0x601000);
	CHECK_EQ(vm_brk(vs, 0x603000), 0x603000);
	CHECK_EQ(vs->vs_nareas, 1);
	vs->vs_data_limit = 0x10000;
	CHECK_EQ(vm_brk(vs, 0x700000), 0x603000);

	CHECK_EQ(vm_map(vs, &va, 8192, 3, 7, MAP_PRIVATE | MAP_FIXED |
	    MAP_GROWSDOWN, NULL, 0, NULL, "[stack]"), 0);
	vs->vs_stack_limit = 64 * 4096;
	CHECK(touch(vs, va - 40 * 4096, true, &error) != NULL);
	CHECK(touch(vs, va - 63 * 4096, true, &error) == NULL);
	CHECK_EQ(error, -EFAULT);
	CHECK(touch(vs, va - 62 * 4096, true, &error) != NULL);
	vs->vs_stack_limit = UINT64_MAX;
	va = va - 1000 * 4096;
	CHECK_EQ(vm_map(vs, &va, 4096, 3, 7, MAP_PRIVATE | MAP_FIXED, NULL, 0,
	    NULL, NULL), 0);
	CHECK(touch(vs, va + 300 * 4096, true, &error) != NULL);
	CHECK(touch(vs, va + 200 * 4096, true, &error) == NULL);
	vmspace_unref(vs);
}

/* A page nobody else has is written where it is, not copied. */
static void
test_reuse(void)
{
	struct vmspace *vs = vmspace_create(), *child;
	vaddr_t va = BASE, to;
	uint8_t *before, *after;
	int error;

	CHECK_EQ(vm_map(vs, &va, 4096, 3, 7, MAP_PRIVATE | MAP_FIXED, NULL, 0,
	    NULL, NULL), 0);
	CHECK_EQ(*touch(vs, va, false, &error), 0);
	CHECK_EQ(fake_pmap_count(&vs->vs_pmap), 1);
	before = touch(vs, va, true, &error);
	*before = 42;
	child = vmspace_fork(vs);
	CHECK(fake_mmu(&vs->vs_pmap, va, true) == NULL);
	after = touch(vs, va, true, &error);
	CHECK(after != before && *after == 42);
	CHECK(touch(child, va, true, &error) == before);
	vmspace_unref(child);
	/* A moved page is still shared with the child. */
	child = vmspace_fork(vs);
	to = BASE + 0x100000;
	CHECK_EQ(vm_remap(vs, va, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED,
	    &to), 0);
	*touch(vs, to, true, &error) = 43;
	CHECK_EQ(*touch(child, va, false, &error), 42);
	CHECK(touch(vs, va, false, &error) == NULL);
	vmspace_unref(child);
	vmspace_unref(vs);
}

int
main(void)
{
	fake_init(1200);
	vm_init();
	tap_run("random programs in three address spaces", test_random);
	tap_run("each allocation fails in turn", test_alloc_failures);
	tap_run("errors are Linux's", test_errors);
	tap_run("brk and stack growth", test_brk_and_stack);
	tap_run("copy only what is shared", test_reuse);
	return tap_end();
}
