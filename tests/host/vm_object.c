/* SPDX-License-Identifier: MIT */
/*
 * tests/host/vm_object.c: the page cache against a plain array of bytes: random
 * reads, writes, truncations and syncs, with failing I/O and allocations.
 */
#include "base/string.h"
#include "base/uio.h"
#include "vm/object.h"
#include "vm/vm_internal.h"

#include <abi/errno.h>

#include "fake.h"
#include "tap.h"

#include <stdlib.h>

#define FILE_MAX (80 * 4096)

static uint8_t store[FILE_MAX], model[FILE_MAX];
static uint64_t model_size;
static unsigned io_count, io_fail_at, holds;

static bool
io_fails(void)
{
	return ++io_count == io_fail_at;
}

static int
store_read(struct vm_object *obj, struct page **pgs, unsigned n)
{
	unsigned i;
	uint64_t off;

	fake_may_sleep("op_read");
	if (io_fails())
		return -EIO;
	for (i = 0; i < n; i++) {
		off = pgs[i]->pg_index * PAGE_SIZE;
		CHECK(pgs[i]->pg_flags & PG_BUSY);
		memset(page_to_virt(pgs[i]), 0, PAGE_SIZE);
		if (off < FILE_MAX)
			memcpy(page_to_virt(pgs[i]), store + off, PAGE_SIZE);
	}
	return 0;
}

static int
store_write(struct vm_object *obj, struct page **pgs, unsigned n)
{
	unsigned i;

	fake_may_sleep("op_write");
	if (io_fails())
		return -EIO;
	for (i = 0; i < n; i++) {
		CHECK_EQ(pgs[i]->pg_index, pgs[0]->pg_index + i);
		CHECK_EQ(pgs[i]->pg_flags & (PG_BUSY | PG_DIRTY), PG_BUSY);
		memcpy(store + pgs[i]->pg_index * PAGE_SIZE,
		    page_to_virt(pgs[i]), PAGE_SIZE);
	}
	return 0;
}

static int
store_reserve(struct vm_object *obj, uint64_t off, uint64_t len)
{
	CHECK(len > 0 && (off & PAGE_MASK) + len <= PAGE_SIZE);
	return io_fails() ? -ENOSPC : 0;
}

static void
store_hold(struct vm_object *obj)
{
	holds++;
}

static void
store_drop(struct vm_object *obj)
{
	holds--;
}

static const struct vm_object_ops store_ops = {
	.op_read = store_read,
	.op_write = store_write,
	.op_reserve = store_reserve,
	.op_hold = store_hold,
	.op_drop = store_drop,
};

static void
file_write(struct vm_object *obj, uint64_t off, uint64_t n)
{
	static uint8_t buf[FILE_MAX];
	struct iovec iov;
	struct uio uio;
	uint64_t i, done;
	int error;

	for (i = 0; i < n; i++)
		buf[i] = (uint8_t)rand();
	uio_init_kernel(&uio, &iov, buf, n, (off_t)off, true);
	error = vm_object_write(obj, &uio);
	done = n - uio.uio_resid;
	CHECK_EQ(uio.uio_offset, off + done);
	CHECK(error != 0 || done == n);
	memcpy(model + off, buf, done);
	if (done > 0 && off + done > model_size)
		model_size = off + done;
	CHECK_EQ(obj->vo_size, model_size);
}

static void
file_read(struct vm_object *obj, uint64_t off, uint64_t n)
{
	static uint8_t buf[FILE_MAX];
	uint64_t want = off >= model_size ? 0 : MIN(n, model_size - off);
	struct iovec iov;
	struct uio uio;
	int error;

	uio_init_kernel(&uio, &iov, buf, n, (off_t)off, false);
	error = vm_object_read(obj, &uio);
	CHECK(error != 0 || n - uio.uio_resid == want);
	CHECK(memcmp(buf, model + off, n - uio.uio_resid) == 0);
}

static void
file_resize(struct vm_object *obj, uint64_t size)
{
	if (vm_object_resize(obj, size) != 0) {
		CHECK_EQ(obj->vo_size, model_size);
		return;
	}
	if (size < model_size)
		memset(model + size, 0, model_size - size);
	model_size = size;
	/* What the file system does: free what lies beyond. */
	memset(store + page_round(size), 0, FILE_MAX - page_round(size));
}

static void
file_step(struct vm_object *obj)
{
	uint64_t off = rand() % FILE_MAX;
	uint64_t n = 1 + rand() % (rand() % 4 ? 6000 : 60000);

	if (rand() % 3 == 0)
		off = page_trunc(off), n = page_round(n);
	n = MIN(n, FILE_MAX - off);
	switch (rand() % 10) {
	case 0:
		file_resize(obj, rand() % FILE_MAX);
		break;
	case 1:
		if (vm_object_sync(obj, 0, 0) == 0)
			CHECK_EQ(obj->vo_ndirty, 0);
		break;
	case 2:
		vm_object_invalidate(obj, off, off + n);
		break;
	case 3:
		fake_reclaim(5);
		break;
	case 4: case 5: case 6:
		file_write(obj, off, n);
		break;
	default:
		file_read(obj, off, n);
	}
}

static void
file_begin(struct vm_object *obj, const struct vm_object_ops *ops)
{
	memset(store, 0, sizeof(store));
	memset(model, 0, sizeof(model));
	model_size = 0;
	io_count = io_fail_at = 0;
	vm_object_init(obj, ops, NULL, 0);
}

/* Syncs, forgets the cache, and compares all with the model. */
static void
file_end(struct vm_object *obj)
{
	io_fail_at = 0;
	fake_fail_at(0);
	CHECK(vm_object_sync(obj, 0, 0) <= 0); /* tells an earlier error */
	CHECK_EQ(vm_object_sync(obj, 0, 0), 0);
	vm_object_invalidate(obj, 0, FILE_MAX);
	CHECK(obj->vo_ops == NULL || obj->vo_npages == 0);
	file_read(obj, 0, FILE_MAX);
	vm_object_destroy(obj);
}

static void
random_files(const struct vm_object_ops *ops)
{
	size_t kmem = fake_kmem_live(), npages = fake_pages_live();
	struct vm_object obj;
	unsigned seed, step;

	for (seed = 0; seed < 40; seed++) {
		srand(seed);
		file_begin(&obj, ops);
		for (step = 0; step < 150; step++)
			file_step(&obj);
		file_end(&obj);
		fake_locks_assert_none();
	}
	CHECK_EQ(fake_kmem_live(), kmem);
	CHECK_EQ(fake_pages_live(), npages);
}

static void
test_random_store(void)
{
	random_files(&store_ops);
}

static void
test_random_memory(void)
{
	random_files(NULL);
}

/* One short program, with the n-th I/O or allocation failing, for every n. */
static void
fail_each(bool io)
{
	size_t kmem = fake_kmem_live(), npages = fake_pages_live();
	struct vm_object obj;
	unsigned n, step;
	bool hit = true;

	for (n = 1; hit && n < 3000; n++) {
		srand(7);
		file_begin(&obj, &store_ops);
		if (io)
			io_fail_at = n;
		else
			fake_fail_at(n);
		for (step = 0; step < 25; step++)
			file_step(&obj);
		hit = io ? io_count >= n : fake_failed();
		file_end(&obj);
		fake_locks_assert_none();
	}
	CHECK(n > 20 && !hit);
	CHECK_EQ(fake_kmem_live(), kmem);
	CHECK_EQ(fake_pages_live(), npages);
}

static void
test_io_errors(void)
{
	fail_each(true);
}

static void
test_alloc_failures(void)
{
	fail_each(false);
}

static void
test_error_reported_once(void)
{
	struct vm_object obj;

	file_begin(&obj, &store_ops);
	file_write(&obj, 0, 9000);
	io_fail_at = io_count + 1;
	vm_sync_all();
	CHECK_EQ(obj.vo_ndirty, 3);
	CHECK_EQ(vm_object_sync(&obj, 0, 0), -EIO);
	CHECK_EQ(vm_object_sync(&obj, 0, 0), 0);
	CHECK_EQ(obj.vo_ndirty, 0);
	CHECK(memcmp(store, model, 9000) == 0);
	vm_object_destroy(&obj);
}

static void
test_readahead(void)
{
	struct vm_object obj;
	uint64_t off;

	file_begin(&obj, &store_ops);
	file_resize(&obj, 64 * PAGE_SIZE);
	for (off = 0; off < 64 * PAGE_SIZE; off += 1024)
		file_read(&obj, off, 1024);
	CHECK(io_count <= 6); /* 4 + 8 + 16 + 32 + rest, not 64 */
	vm_object_destroy(&obj);
}

int
main(void)
{
	fake_init(400);
	vm_init();
	tap_run("random program, file with a store", test_random_store);
	tap_run("random program, memory only", test_random_memory);
	tap_run("each I/O fails in turn", test_io_errors);
	tap_run("each allocation fails in turn", test_alloc_failures);
	tap_run("a write-back error is told once", test_error_reported_once);
	tap_run("sequential reads are batched", test_readahead);
	return tap_end();
}
