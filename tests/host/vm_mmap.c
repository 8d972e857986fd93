/* SPDX-License-Identifier: MIT */
/*
 * tests/host/vm_mmap.c: files in address spaces: dirty tracking, truncation
 * under mappings, private copies, fault-around, failing reservations.
 */
#include "base/string.h"
#include "vm/vm_internal.h"

#include <abi/errno.h>

#include "fake.h"
#include "pmap.h"
#include "tap.h"

#define BASE   0x20000000UL
#define NPAGES 40u

static uint8_t store[NPAGES * 4096];
static int holds, reserve_error, files;
static struct vm_object obj;

static int
store_read(struct vm_object *o, struct page **pgs, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		memcpy(page_to_virt(pgs[i]), store + pgs[i]->pg_index * 4096,
		    4096);
	return 0;
}

static int
store_write(struct vm_object *o, struct page **pgs, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		memcpy(store + pgs[i]->pg_index * 4096, page_to_virt(pgs[i]),
		    4096);
	return 0;
}

static int
store_reserve(struct vm_object *o, uint64_t off, uint64_t len)
{
	return reserve_error;
}

static void
store_hold(struct vm_object *o)
{
	holds++;
}

static void
store_drop(struct vm_object *o)
{
	fake_locks_assert_none();
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
file_ref(void *file)
{
	files++;
}

static void
file_unref(void *file)
{
	fake_locks_assert_none();
	files--;
}

static const struct vm_file_ops file_ops = { file_ref, file_unref };

static uint8_t *
touch(struct vmspace *vs, vaddr_t va, bool write, int *error)
{
	uint8_t *p;

	while ((p = fake_mmu(&vs->vs_pmap, va, write)) == NULL)
		if ((*error = vm_fault(vs, va, write ? VF_WRITE :
		    VF_READ)) != 0)
			return NULL;
	return p;
}

static struct vmspace *
file_map(unsigned flags)
{
	struct vmspace *vs = vmspace_create();
	vaddr_t va = BASE;

	CHECK_EQ(vm_map(vs, &va, NPAGES * 4096, 3, 7, flags | MAP_FIXED, &obj,
	    0, &obj, NULL), 0);
	return vs;
}

static void
begin(void)
{
	unsigned i;

	for (i = 0; i < NPAGES; i++)
		memset(store + i * 4096, (int)i + 1, 4096);
	vm_object_init(&obj, &store_ops, NULL, NPAGES * 4096 - 100);
}

static void
end(void)
{
	vm_object_destroy(&obj);
	CHECK_EQ(holds, 0);
	CHECK_EQ(files, 0);
	fake_locks_assert_none();
}

static void
test_dirty(void)
{
	struct vmspace *vs;
	int error;

	begin();
	vs = file_map(MAP_SHARED);
	CHECK_EQ(holds, 1);
	CHECK_EQ(*touch(vs, BASE + 5 * 4096, false, &error), 6);
	CHECK_EQ(obj.vo_ndirty, 0);
	*touch(vs, BASE + 5 * 4096, true, &error) = 77;
	*touch(vs, BASE + 30 * 4096, true, &error) = 78;
	CHECK_EQ(obj.vo_ndirty, 2);
	CHECK_EQ(vm_sync(vs, BASE, 10 * 4096, MS_SYNC), 0);
	CHECK_EQ(obj.vo_ndirty, 1);
	CHECK_EQ(store[5 * 4096], 77);
	CHECK(fake_mmu(&vs->vs_pmap, BASE + 5 * 4096, true) == NULL);
	*touch(vs, BASE + 5 * 4096, true, &error) = 79;
	CHECK_EQ(obj.vo_ndirty, 2);
	vm_sync_all();
	CHECK_EQ(obj.vo_ndirty, 0);
	CHECK(store[5 * 4096] == 79 && store[30 * 4096] == 78);
	reserve_error = -ENOSPC;
	CHECK(touch(vs, BASE + 5 * 4096, true, &error) == NULL);
	CHECK_EQ(error, -EIO);
	CHECK(touch(vs, BASE + 20 * 4096, true, &error) == NULL);
	CHECK_EQ(error, -EIO);
	reserve_error = 0;
	vmspace_unref(vs);
	end();
}

static void
test_truncate(void)
{
	struct vmspace *vs, *priv;
	int error;

	begin();
	vs = file_map(MAP_SHARED);
	priv = file_map(MAP_PRIVATE);
	*touch(vs, BASE + 9 * 4096, true, &error) = 50;
	*touch(vs, BASE + 8 * 4096 + 4000, true, &error) = 51;
	*touch(priv, BASE + 9 * 4096, true, &error) = 52;
	*touch(priv, BASE + 2 * 4096, true, &error) = 53;
	CHECK_EQ(*touch(vs, BASE + 2 * 4096, false, &error), 3);
	CHECK_EQ(vm_object_resize(&obj, 8 * 4096 + 10), 0);
	CHECK(fake_mmu(&vs->vs_pmap, BASE + 9 * 4096, false) == NULL);
	CHECK(touch(vs, BASE + 9 * 4096, false, &error) == NULL);
	CHECK_EQ(error, -EIO);
	CHECK(touch(priv, BASE + 9 * 4096, false, &error) == NULL);
	CHECK_EQ(error, -EIO);
	CHECK_EQ(*touch(priv, BASE + 2 * 4096, false, &error), 53);
	CHECK_EQ(vm_object_resize(&obj, 12 * 4096), 0);
	CHECK_EQ(*touch(vs, BASE + 8 * 4096 + 4000, false, &error), 0);
	CHECK_EQ(*touch(vs, BASE + 8 * 4096 + 9, false, &error), 9);
	vmspace_unref(vs);
	vmspace_unref(priv);
	end();
}

static void
test_private(void)
{
	struct vmspace *vs, *child;
	struct page *pg;
	int error;

	begin();
	vs = file_map(MAP_PRIVATE);
	CHECK_EQ(vm_object_getpage(&obj, 3, 0, &pg), 0);
	*touch(vs, BASE + 3 * 4096, true, &error) = 99;
	CHECK_EQ(*touch(vs, BASE + 4 * 4096, false, &error), 5);
	*touch(vs, BASE + 4 * 4096, true, &error) = 98;
	child = vmspace_fork(vs);
	CHECK_EQ(holds, 1);
	CHECK_EQ(files, 2);
	*touch(child, BASE + 3 * 4096, true, &error) = 97;
	CHECK_EQ(*touch(vs, BASE + 3 * 4096, false, &error), 99);
	CHECK_EQ(*touch(child, BASE + 4 * 4096, false, &error), 98);
	CHECK_EQ(*(uint8_t *)page_to_virt(pg), 4);
	page_unref(pg);
	CHECK_EQ(obj.vo_ndirty, 0);
	/* Copies survive when clean pages of the cache are dropped. */
	vm_object_drop(&obj, 0, NPAGES * 4096);
	CHECK_EQ(*touch(vs, BASE + 3 * 4096, false, &error), 99);
	vmspace_unref(child);
	vmspace_unref(vs);
	end();
}

static void
test_around(void)
{
	struct vmspace *vs;
	struct page *pg;
	unsigned i;
	int error;

	begin();
	for (i = 0; i < NPAGES; i++) {
		CHECK_EQ(vm_object_getpage(&obj, i, 0, &pg), 0);
		page_unref(pg);
	}
	vs = file_map(MAP_PRIVATE);
	CHECK_EQ(*touch(vs, BASE + 17 * 4096, false, &error), 18);
	CHECK_EQ(fake_pmap_count(&vs->vs_pmap), 16);
	for (i = 16; i < 32; i++)
		CHECK_EQ(*(uint8_t *)fake_mmu(&vs->vs_pmap, BASE + i * 4096,
		    false), i + 1);
	CHECK_EQ(fake_reclaim(NPAGES), 24); /* the unmapped ones */
	vmspace_unref(vs);
	CHECK_EQ(fake_reclaim(NPAGES), 16);
	end();
}

static size_t kmem, npages;

static void
test_leaks(void)
{
	CHECK_EQ(fake_kmem_live(), kmem);
	CHECK_EQ(fake_pages_live(), npages);
}

int
main(void)
{
	fake_init(400);
	vm_init();
	vm_file_ops_register(&file_ops);
	kmem = fake_kmem_live();
	npages = fake_pages_live();
	tap_run("shared writes are found by sync", test_dirty);
	tap_run("truncation under mappings", test_truncate);
	tap_run("private copies of file pages", test_private);
	tap_run("fault-around and reclaim", test_around);
	tap_run("nothing is left allocated", test_leaks);
	return tap_end();
}
