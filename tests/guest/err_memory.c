/* SPDX-License-Identifier: MIT */
/*
 * tests/guest/err_memory.c - what calls on memory refuse.
 *
 * calls: mmap mprotect munmap brk mremap msync mincore madvise mlock munlock
 * calls: mlock2 mlockall munlockall memfd_create getrandom membarrier
 */
#include <sys/resource.h>

#include "err.h"

#define PAGE	4096
#define RW	(PROT_READ | PROT_WRITE)
#define ANON	(MAP_PRIVATE | MAP_ANONYMOUS)
#define FAR	(1UL << 56)	/* with five levels of tables too */

static char *
pages(int n)
{
	return mmap(NULL, n * PAGE, RW, ANON, -1, 0);
}

/* Three pages without the middle one. */
static char *
with_hole(void)
{
	char *p;

	err_bad_(0);	/* its pages must not fill the hole */
	p = pages(3);
	munmap(p + PAGE, PAGE);
	return p;
}

static void
mmap_refuses(void)
{
	char *p = pages(1);
	int fd, rd, wr, dir, fds[2];

	fresh_dir();
	fd = new_file("f", "x");
	rd = open("f", O_RDONLY);
	wr = open("f", O_WRONLY);
	dir = open(".", O_RDONLY);
	CHECK_EQ(pipe(fds), 0);
	ERR(EINVAL, mmap, 0, 0, RW, ANON, -1, 0);
	ERR(EINVAL, mmap, 0, PAGE, RW, MAP_ANONYMOUS, -1, 0);
	ERR(EINVAL, mmap, 0, PAGE, RW, MAP_PRIVATE, fd, 1);
	ERR(EINVAL, mmap, 1, PAGE, RW, ANON | MAP_FIXED, -1, 0);
	ERR(ENOMEM, mmap, 0, -PAGE, RW, ANON, -1, 0);
	ERR(ENOMEM, mmap, 0, 1UL << 60, RW, ANON, -1, 0);
	ERR(ENOMEM, mmap, FAR, PAGE, RW, ANON | MAP_FIXED, -1, 0);
	ERR(EOVERFLOW, mmap, 0, 2 * PAGE, RW, MAP_PRIVATE, fd, -PAGE);
	ERR(EBADF, mmap, 0, PAGE, RW, MAP_PRIVATE, NO_FD, 0);
	ERR(EBADF, mmap, 0, PAGE, RW, MAP_PRIVATE, -1, 0);
	ERR(EBADF, mmap, 0, PAGE, PROT_READ, MAP_PRIVATE, open("f", O_PATH),
	    0);
	ERR(EACCES, mmap, 0, PAGE, RW, MAP_SHARED, rd, 0);
	ERR(EACCES, mmap, 0, PAGE, PROT_READ, MAP_PRIVATE, wr, 0);
	ERR(ENODEV, mmap, 0, PAGE, PROT_READ, MAP_PRIVATE, dir, 0);
	ERR(ENODEV, mmap, 0, PAGE, PROT_READ, MAP_PRIVATE, fds[0], 0);
	ERR(EEXIST, mmap, p, PAGE, RW, ANON | 0x100000, -1, 0);
	ERR(EOPNOTSUPP, mmap, 0, PAGE, RW, MAP_SHARED_VALIDATE | 0x800000,
	    fd, 0);
	AS_USER
		ERR(EPERM, mmap, 0, PAGE, RW, ANON | MAP_FIXED, -1, 0);
}

static void
munmap_and_mprotect_refuse(void)
{
	char *p = with_hole(), *shared;
	int rd;

	ERR(EINVAL, munmap, p + 1, PAGE);
	ERR(EINVAL, munmap, p, 0);
	ERR(EINVAL, munmap, p, -1);
	ERR(EINVAL, munmap, FAR, PAGE);
	OK(munmap, p + PAGE, PAGE);
	ERR(EINVAL, mprotect, p + 1, PAGE, PROT_READ);
	ERR(EINVAL, mprotect, p, PAGE, 0x80);
	ERR(EINVAL, mprotect, p, PAGE, 0x03000000);
	ERR(ENOMEM, mprotect, p, 3 * PAGE, PROT_READ);
	ERR(ENOMEM, mprotect, p + PAGE, PAGE, PROT_READ);
	ERR(ENOMEM, mprotect, p, -PAGE, PROT_READ);
	OK(mprotect, p, 0, PROT_READ);
	fresh_dir();
	close(new_file("f", "x"));
	rd = open("f", O_RDONLY);
	shared = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, rd, 0);
	ERR(EACCES, mprotect, shared, PAGE, RW);
}

static void
brk_refuses(void)
{
	long now = SYS(brk, 0);
	struct rlimit rl = { 1 << 20, 1 << 20 };

	/* The kernel's brk returns where the end is, whatever was asked. */
	CHECK(now > 0);
	CHECK_EQ(SYS(brk, 1), now);
	CHECK_EQ(SYS(brk, -1), now);
	CHECK_EQ(SYS(brk, FAR), now);
	CHECK_EQ(SYS(brk, now + PAGE), now + PAGE);
	CHECK_EQ(SYS(brk, now), now);
	CHECK_EQ(setrlimit(RLIMIT_DATA, &rl), 0);
	CHECK_EQ(SYS(brk, now + (2 << 20)), now);
}

static void
mremap_refuses(void)
{
	char *p = pages(4), *hole = with_hole();

	ERR(EINVAL, mremap, p + 1, PAGE, PAGE, 0, 0);
	ERR(EINVAL, mremap, p, PAGE, 0, 0, 0);
	ERR(EINVAL, mremap, p, PAGE, PAGE, 0x80, 0);
	ERR(EINVAL, mremap, p, PAGE, PAGE, MREMAP_FIXED, p + 3 * PAGE);
	ERR(EINVAL, mremap, p, 2 * PAGE, PAGE, 3, p + PAGE);
	ERR(EINVAL, mremap, p, PAGE, PAGE, 3, p + 2 * PAGE + 1);
	ERR(EINVAL, mremap, p, PAGE, PAGE, 3, FAR);
	ERR(EINVAL, mremap, p, 0, PAGE, MREMAP_MAYMOVE, 0);
	ERR(EINVAL, mremap, p, PAGE, 2 * PAGE, MREMAP_DONTUNMAP |
	    MREMAP_MAYMOVE, 0);
	ERR(ENOMEM, mremap, p, PAGE, 2 * PAGE, 0, 0);
	ERR(ENOMEM, mremap, p, PAGE, 1UL << 46, MREMAP_MAYMOVE, 0);
	ERR(EFAULT, mremap, hole + PAGE, PAGE, 2 * PAGE, MREMAP_MAYMOVE, 0);
	ERR(EFAULT, mremap, hole, 3 * PAGE, 4 * PAGE, MREMAP_MAYMOVE, 0);
}

static void
ranges_refuse(void)
{
	static unsigned char vec[16];
	char *p = with_hole();

	ERR(EINVAL, msync, p + 1, PAGE, MS_SYNC);
	ERR(EINVAL, msync, p, PAGE, MS_SYNC | MS_ASYNC);
	ERR(EINVAL, msync, p, PAGE, 0x80);
	ERR(ENOMEM, msync, p, 3 * PAGE, MS_SYNC);
	ERR(ENOMEM, msync, p + PAGE, PAGE, MS_ASYNC);
	ERR(ENOMEM, msync, p, -PAGE, MS_SYNC);
	OK(msync, p, PAGE, MS_SYNC);

	FAULT_OUT(mincore, p, PAGE, bad);
	ERR(EINVAL, mincore, p + 1, PAGE, vec);
	ERR(ENOMEM, mincore, p, 3 * PAGE, vec);
	ERR(ENOMEM, mincore, FAR, PAGE, vec);

	ERR(EINVAL, madvise, p + 1, PAGE, MADV_NORMAL);
	ERR(EINVAL, madvise, p, PAGE, 9999);
	ERR(EINVAL, madvise, p, -1, MADV_NORMAL);
	ERR(ENOMEM, madvise, p, 3 * PAGE, MADV_WILLNEED);
	ERR(ENOMEM, madvise, p, 3 * PAGE, MADV_DONTNEED);
	ERR(ENOMEM, madvise, p + PAGE, PAGE, MADV_DONTNEED);
	OK(madvise, p, 0, MADV_NORMAL);
}

static void
mlock_refuses(void)
{
	struct rlimit none = { 0, 0 }, one = { PAGE, PAGE };
	char *p = with_hole(), *q = pages(2);

	ERR(ENOMEM, mlock, p, 3 * PAGE);
	ERR(ENOMEM, munlock, p, 3 * PAGE);
	ERR(ENOMEM, mlock2, p, 3 * PAGE, 0);
	ERR(EINVAL, mlock2, q, PAGE, 2);
	ERR(EINVAL, mlock, q, -PAGE);
	ERR(EINVAL, mlockall, 0);
	ERR(EINVAL, mlockall, 8);
	ERR(EINVAL, mlockall, MCL_ONFAULT);
	OK(mlock, q, PAGE);
	OK(munlock, q, PAGE);
	OK(munlockall);
	CHECK_EQ(setrlimit(RLIMIT_MEMLOCK, &one), 0);
	AS_USER {
		OK(mlock, q, PAGE);
		ERR(ENOMEM, mlock, q, 2 * PAGE);
		ERR(ENOMEM, mlockall, MCL_CURRENT);
	}
	CHECK_EQ(setrlimit(RLIMIT_MEMLOCK, &none), 0);
	AS_USER {
		ERR(EPERM, mlock, q, PAGE);
		ERR(EPERM, mlock2, q, PAGE, MLOCK_ONFAULT);
		ERR(EPERM, mlockall, MCL_CURRENT);
	}
}

static void
limits_refuse(void)
{
	struct rlimit rl = { 256 << 20, 256 << 20 };
	char *p = pages(1);

	CHECK_EQ(setrlimit(RLIMIT_AS, &rl), 0);
	ERR(ENOMEM, mmap, 0, 300 << 20, PROT_NONE, ANON, -1, 0);
	ERR(ENOMEM, mremap, p, PAGE, 300 << 20, MREMAP_MAYMOVE, 0);
}

static void
the_others_refuse(void)
{
	char name[260], some[64];

	memset(name, 'n', sizeof(name));
	name[250] = '\0';
	FAULT(memfd_create, bad, 0);
	ERR(EINVAL, memfd_create, name, 0);
	ERR(EINVAL, memfd_create, "x", 0x100);
	name[249] = '\0';
	close((int)OK(memfd_create, name, 0));
	FAULT_OUT(getrandom, bad, 8, 0);
	ERR(EINVAL, getrandom, some, 8, 8);
	ERR(EINVAL, getrandom, some, 8, 6);
	ERR(EINVAL, membarrier, 1 << 20, 0, 0);
	ERR(EINVAL, membarrier, 0, 1, 0);
	ERR(EPERM, membarrier, 1 << 3, 0, 0);	/* not registered */
}

int
main(void)
{
	TAP_RUN(mmap_refuses);
	TAP_RUN(munmap_and_mprotect_refuse);
	TAP_RUN(brk_refuses);
	TAP_RUN(mremap_refuses);
	TAP_RUN(ranges_refuse);
	TAP_RUN(mlock_refuses);
	TAP_RUN(limits_refuse);
	TAP_RUN(the_others_refuse);
	return tap_end();
}
