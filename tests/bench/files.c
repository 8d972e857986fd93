/* SPDX-License-Identifier: MIT */
/*
 * tests/bench/files.c - files on the root file system, and its disk.
 *
 * Why: "cold" must be cold.  What is read from a file again is measured only
 * when mincore() confirms that the kernel let go of it; the raw disk is read
 * where nothing has read before.
 */
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

#define DIR_PATH	"/var/tmp/bench"
#define FILE_PATH	DIR_PATH "/data"
#define LIST_PATH	DIR_PATH "/list"
#define FILE_KIB	4096u
#define CHUNK		65536u
#define PAGE		4096u
#define NENTRIES	1000
#define DISK_PATH	"/dev/vda2"
#define DISK_FIRST	((off_t)128 << 20)	/* beyond what a boot reads */

static char buf[CHUNK];
static int data_fd, list_fd, disk_fd;
static off_t disk_next = DISK_FIRST;

static uint64_t
write_fsync(unsigned long kib)
{
	uint64_t start = bench_now();
	off_t at;

	for (at = 0; at < (off_t)kib * 1024; at += CHUNK)
		BENCH_CHECK(pwrite(data_fd, buf, CHUNK, at) == CHUNK);
	BENCH_CHECK(fsync(data_fd) == 0);
	return bench_now() - start;
}

static uint64_t
read_whole(unsigned long kib)
{
	uint64_t start = bench_now();
	off_t at;

	for (at = 0; at < (off_t)kib * 1024; at += CHUNK)
		BENCH_CHECK(pread(data_fd, buf, CHUNK, at) == CHUNK);
	return bench_now() - start;
}

/* Pages of the file that are in memory. */
static unsigned int
resident(void)
{
	unsigned char map[FILE_KIB * 1024 / PAGE];
	unsigned int i, n = 0;
	void *p;

	p = mmap(NULL, FILE_KIB * 1024, PROT_READ, MAP_SHARED, data_fd, 0);
	BENCH_CHECK(p != MAP_FAILED);
	BENCH_CHECK(mincore(p, FILE_KIB * 1024, map) == 0);
	munmap(p, FILE_KIB * 1024);
	for (i = 0; i < sizeof(map); i++)
		n += map[i] & 1;
	return n;
}

static void
forget(void)
{
	BENCH_CHECK(fsync(data_fd) == 0);
	BENCH_CHECK(posix_fadvise(data_fd, 0, 0, POSIX_FADV_DONTNEED) == 0);
}

static uint64_t
read_cold(unsigned long kib)
{
	forget();
	return read_whole(kib);
}

static uint64_t
read_disk(unsigned long kib)
{
	uint64_t start = bench_now();
	off_t end = disk_next + (off_t)kib * 1024;

	for (; disk_next < end; disk_next += CHUNK)
		BENCH_CHECK(pread(disk_fd, buf, CHUNK, disk_next) == CHUNK);
	return bench_now() - start;
}

static uint64_t
create_unlink(unsigned long n)
{
	uint64_t start = bench_now();
	int fd;

	while (n-- > 0) {
		fd = open(DIR_PATH "/new", O_CREAT | O_EXCL | O_WRONLY, 0600);
		BENCH_CHECK(fd >= 0);
		close(fd);
		BENCH_CHECK(unlink(DIR_PATH "/new") == 0);
	}
	return bench_now() - start;
}

static uint64_t
list_1000(unsigned long n)
{
	uint64_t start = bench_now();
	long got;

	while (n-- > 0) {
		BENCH_CHECK(lseek(list_fd, 0, SEEK_SET) == 0);
		while ((got = syscall(SYS_getdents64, list_fd, buf,
		    32768)) > 0)
			continue;
		BENCH_CHECK(got == 0);
	}
	return bench_now() - start;
}

static void
list_each(int make)
{
	char path[64];
	int fd, i;

	for (i = 0; i < NENTRIES; i++) {
		snprintf(path, sizeof(path), LIST_PATH "/entry%d", i);
		if (!make) {
			unlink(path);
			continue;
		}
		fd = open(path, O_CREAT | O_WRONLY, 0600);
		BENCH_CHECK(fd >= 0);
		close(fd);
	}
}

int
main(void)
{
	memset(buf, 'x', sizeof(buf));
	BENCH_CHECK(mkdir(DIR_PATH, 0700) == 0);
	BENCH_CHECK(mkdir(LIST_PATH, 0700) == 0);
	data_fd = open(FILE_PATH, O_RDWR | O_CREAT, 0600);
	disk_fd = open(DISK_PATH, O_RDONLY);
	list_fd = open(LIST_PATH, O_RDONLY | O_DIRECTORY);
	BENCH_CHECK(data_fd >= 0 && disk_fd >= 0 && list_fd >= 0);

	bench_fixed("file_write_fsync", write_fsync, FILE_KIB, FILE_KIB,
	    "ns/KiB");
	bench_fixed("file_read_cached", read_whole, FILE_KIB, FILE_KIB,
	    "ns/KiB");
	forget();
	if (resident() == 0)
		bench_fixed("file_read_cold", read_cold, FILE_KIB, FILE_KIB,
		    "ns/KiB");
	bench_fixed("disk_read_cold", read_disk, FILE_KIB, FILE_KIB,
	    "ns/KiB");
	bench_run("create_unlink", create_unlink);
	list_each(1);
	bench_run("getdents_1000", list_1000);

	list_each(0);
	BENCH_CHECK(rmdir(LIST_PATH) == 0);
	BENCH_CHECK(unlink(FILE_PATH) == 0);
	BENCH_CHECK(rmdir(DIR_PATH) == 0);
	return 0;
}
