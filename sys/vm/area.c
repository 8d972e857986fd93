/* SPDX-License-Identifier: MIT */
/*
 * sys/vm/area.c: the areas of an address space: a tree by address, and the
 * list of its object that each area is on.
 *
 * References to files and objects are dropped by area_release() only after
 * vs_lock has been released: a file's last reference may write to disk and
 * take locks that come before VMSPACE.
 * Locks: vs_lock to write; vo_lock where the object sees the change.
 */
#include "base/panic.h"
#include "base/slab.h"

#include <abi/errno.h>

#include "vm/vm_internal.h"

static struct kmem_cache *area_cache;
static const struct vm_file_ops *file_ops;

void
area_init(void)
{
	area_cache = kmem_cache_create("vm_area", sizeof(struct vm_area), 64);
	KASSERT(area_cache != NULL);
}

void
vm_file_ops_register(const struct vm_file_ops *ops)
{
	file_ops = ops;
}

const struct vm_file_ops *
vm_file_ops(void)
{
	return file_ops;
}

struct vm_area *
area_alloc(void)
{
	return kmem_cache_alloc(area_cache, KM_ZERO);
}

void
area_free(struct vm_area *a)
{
	kmem_cache_free(area_cache, a);
}

struct vm_area *
area_clone(const struct vm_area *a, struct vmspace *vs)
{
	struct vm_area *b = area_alloc();

	if (b == NULL)
		return NULL;
	*b = *a;
	b->va_vs = vs;
	if (b->va_file != NULL)
		file_ops->vf_ref(b->va_file);
	if (b->va_object != NULL && (b->va_object->vo_flags & VO_ANON))
		vm_object_ref(b->va_object);
	return b;
}

/* From now on the object finds the area. */
static void
area_object_link(struct vm_area *a)
{
	struct vm_object *obj = a->va_object;
	bool first;

	if (obj == NULL)
		return;
	spin_lock(&obj->vo_lock);
	first = list_empty(&obj->vo_areas);
	list_add_tail(&obj->vo_areas, &a->va_obj_link);
	spin_unlock(&obj->vo_lock);
	if (first && obj->vo_ops != NULL && obj->vo_ops->op_hold != NULL)
		obj->vo_ops->op_hold(obj);
}

void
area_link(struct vmspace *vs, struct vm_area *a)
{
	struct rbnode **link = &vs->vs_areas.rb_root, *parent = NULL;

	while (*link != NULL) {
		parent = *link;
		link = a->va_start <
		    rb_entry(parent, struct vm_area, va_node)->va_start ?
		    &parent->rb_left : &parent->rb_right;
	}
	rb_insert(&vs->vs_areas, &a->va_node, parent, link);
	vs->vs_nareas++;
	vs->vs_size += a->va_end - a->va_start;
	if (a->va_flags & VA_LOCKED)
		vs->vs_locked += a->va_end - a->va_start;
	area_object_link(a);
}

/* a leaves some of its place: the search for gaps must look there again. */
static void
area_note_gap(struct vm_area *a)
{
	struct vmspace *vs = a->va_vs;
	struct vm_area *next;

	if (a->va_end <= vs->vs_full)
		return;
	next = vm_area_next(a);
	vs->vs_full = next != NULL ? next->va_start : USER_MAX;
}

void
area_unlink(struct vm_area *a, struct list *dead)
{
	struct vmspace *vs = a->va_vs;
	struct vm_object *obj = a->va_object;

	area_note_gap(a);
	rb_remove(&vs->vs_areas, &a->va_node);
	vs->vs_nareas--;
	vs->vs_size -= a->va_end - a->va_start;
	if (a->va_flags & VA_LOCKED)
		vs->vs_locked -= a->va_end - a->va_start;
	if (vs->vs_hint == a)
		vs->vs_hint = NULL;
	if (obj != NULL) {
		spin_lock(&obj->vo_lock);
		list_del(&a->va_obj_link);
		if (list_empty(&obj->vo_areas))
			a->va_flags |= VA_DROP;
		spin_unlock(&obj->vo_lock);
	}
	list_add_tail(dead, &a->va_obj_link);
}

void
area_release(struct list *dead)
{
	struct vm_area *a, *next;
	struct vm_object *obj;

	list_foreach_safe(a, next, dead, va_obj_link) {
		obj = a->va_object;
		if ((a->va_flags & VA_DROP) && obj->vo_ops != NULL &&
		    obj->vo_ops->op_drop != NULL)
			obj->vo_ops->op_drop(obj);
		if (obj != NULL && (obj->vo_flags & VO_ANON))
			vm_object_unref(obj);
		if (a->va_file != NULL)
			file_ops->vf_unref(a->va_file);
		area_free(a);
	}
	list_init(dead);
}

void
area_resize(struct vm_area *a, vaddr_t start, vaddr_t end)
{
	struct vmspace *vs = a->va_vs;
	int64_t more = (int64_t)((end - start) - (a->va_end - a->va_start));

	if (start > a->va_start || end < a->va_end)
		area_note_gap(a);
	vs->vs_size += more;
	if (a->va_flags & VA_LOCKED)
		vs->vs_locked += more;
	if (a->va_object != NULL)
		spin_lock(&a->va_object->vo_lock);
	if (a->va_object != NULL || (a->va_flags & VA_PHYS))
		a->va_offset += start - a->va_start;
	a->va_start = start;
	a->va_end = end;
	if (a->va_object != NULL)
		spin_unlock(&a->va_object->vo_lock);
}

int
area_split(struct vm_area *a, vaddr_t at, struct vm_area **upper)
{
	struct vmspace *vs = a->va_vs;
	struct vm_area *b;

	if (vs->vs_nareas >= VM_MAXAREAS)
		return -ENOMEM;
	b = area_clone(a, vs);
	if (b == NULL)
		return -ENOMEM;
	b->va_start = at;
	if (b->va_object != NULL || (b->va_flags & VA_PHYS))
		b->va_offset += at - a->va_start;
	/* For a moment both have the upper part: the object misses nothing. */
	area_link(vs, b);
	area_resize(a, a->va_start, at);
	*upper = b;
	return 0;
}

int
area_clip(struct vm_area **ap, vaddr_t start, vaddr_t end)
{
	struct vm_area *a = *ap, *upper;
	int error;

	if (a->va_start < start) {
		error = area_split(a, start, &upper);
		if (error != 0)
			return error;
		*ap = a = upper;
	}
	return a->va_end > end ? area_split(a, end, &upper) : 0;
}

struct vm_area *
area_prev(struct vm_area *a)
{
	struct rbnode *n = rb_prev(&a->va_node);

	return n == NULL ? NULL : rb_entry(n, struct vm_area, va_node);
}

struct vm_area *
vm_area_next(struct vm_area *a)
{
	struct rbnode *n = rb_next(&a->va_node);

	return n == NULL ? NULL : rb_entry(n, struct vm_area, va_node);
}

struct vm_area *
vm_area_first(struct vmspace *vs)
{
	struct rbnode *n = rb_first(&vs->vs_areas);

	return n == NULL ? NULL : rb_entry(n, struct vm_area, va_node);
}

struct vm_area *
area_at_or_after(struct vmspace *vs, vaddr_t va)
{
	struct rbnode *n = vs->vs_areas.rb_root;
	struct vm_area *a, *best = NULL;

	while (n != NULL) {
		a = rb_entry(n, struct vm_area, va_node);
		if (va < a->va_end) {
			best = a;
			n = n->rb_left;
		} else {
			n = n->rb_right;
		}
	}
	return best;
}

struct vm_area *
vm_area_find(struct vmspace *vs, vaddr_t va)
{
	struct vm_area *a = atomic_load_relaxed(&vs->vs_hint);

	if (a != NULL && va >= a->va_start && va < a->va_end)
		return a;
	a = area_at_or_after(vs, va);
	if (a == NULL || va < a->va_start)
		return NULL;
	atomic_store_relaxed(&vs->vs_hint, a);
	return a;
}

int
area_cut(struct vmspace *vs, vaddr_t va, struct vm_area **out)
{
	struct vm_area *a = area_at_or_after(vs, va);

	*out = a;
	if (a == NULL || a->va_start >= va)
		return 0;
	return area_split(a, va, out);
}

static bool
area_joins(const struct vm_area *a, const struct vm_area *b)
{
	if (a->va_end != b->va_start || a->va_prot != b->va_prot ||
	    a->va_maxprot != b->va_maxprot ||
	    ((a->va_flags ^ b->va_flags) & ~VA_COPIED) != 0 ||
	    a->va_object != b->va_object || a->va_file != b->va_file ||
	    a->va_name != b->va_name || (a->va_flags & VA_STACK))
		return false;
	if (a->va_object == NULL && (a->va_flags & VA_PHYS) == 0)
		return true;
	return a->va_offset + (a->va_end - a->va_start) == b->va_offset;
}

/* b follows a and is equal: a takes its place. */
static void
area_swallow(struct vm_area *a, struct vm_area *b, struct list *dead)
{
	vaddr_t end = b->va_end;

	a->va_flags |= b->va_flags & VA_COPIED;
	/* a grows first, so the object never misses a mapping. */
	area_resize(a, a->va_start, end);
	area_unlink(b, dead);
}

struct vm_area *
area_merge(struct vm_area *a, struct list *dead)
{
	struct vm_area *b = vm_area_next(a);

	if (b != NULL && area_joins(a, b))
		area_swallow(a, b, dead);
	b = area_prev(a);
	if (b != NULL && area_joins(b, a)) {
		area_swallow(b, a, dead);
		return b;
	}
	return a;
}
