/* SPDX-License-Identifier: MIT */
/*
 * tests/bench/memory.c - address spaces: faults, mappings.
 */
#include <sys/mman.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

#define PAGE	4096
#define CHUNK	(4u << 20)	/* faulted in at a time */

static unsigned char *
anon_map(size_t size)
{
	unsigned char *p;

	p = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	BENCH_CHECK(p != MAP_FAILED);
	return p;
}

/* n pages, in pieces, so that memory does not run out. */
static uint64_t
touch(unsigned long n, int whole)
{
	uint64_t start, total = 0;
	unsigned char *p;
	unsigned long i, piece;

	for (; n > 0; n -= piece) {
		piece = n < CHUNK / PAGE ? n : CHUNK / PAGE;
		p = anon_map(CHUNK);
		/* No large pages; a kernel without them may refuse. */
		if (!whole)
			(void)madvise(p, CHUNK, MADV_NOHUGEPAGE);
		start = bench_now();
		for (i = 0; i < piece; i++)
			p[i * PAGE] = 1;
		total += bench_now() - start;
		munmap(p, CHUNK);
	}
	return total;
}

static uint64_t
page_fault(unsigned long n)
{
	return touch(n, 0);
}

/* As programs do it, with large pages where the kernel has them. */
static uint64_t
page_touch(unsigned long n)
{
	return touch(n, 1);
}

static uint64_t
map_unmap(unsigned long n)
{
	uint64_t start = bench_now();

	while (n-- > 0)
		munmap(anon_map(64 * PAGE), 64 * PAGE);
	return bench_now() - start;
}

static uint64_t
map_touch_unmap(unsigned long n)
{
	uint64_t start = bench_now();
	unsigned char *p;
	int i;

	while (n-- > 0) {
		p = anon_map(16 * PAGE);
		for (i = 0; i < 16; i++)
			p[i * PAGE] = 1;
		munmap(p, 16 * PAGE);
	}
	return bench_now() - start;
}

static uint64_t
protect(unsigned long n)
{
	unsigned char *p = anon_map(16 * PAGE);
	uint64_t start;

	memset(p, 1, 16 * PAGE);
	start = bench_now();
	while (n-- > 0) {
		BENCH_CHECK(mprotect(p, 16 * PAGE, PROT_READ) == 0);
		BENCH_CHECK(mprotect(p, 16 * PAGE,
		    PROT_READ | PROT_WRITE) == 0);
	}
	start = bench_now() - start;
	munmap(p, 16 * PAGE);
	return start;
}

int
main(void)
{
	bench_run("page_fault", page_fault);
	bench_run("page_touch", page_touch);
	bench_run("mmap_munmap", map_unmap);
	bench_run("mmap_touch16_munmap", map_touch_unmap);
	bench_run("mprotect_16_twice", protect);
	return 0;
}
