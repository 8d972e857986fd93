/* SPDX-License-Identifier: MIT */
/*
 * sys/base/slab.c: caches of equal objects and kmalloc().
 *
 * A slab is a block of 2^order pages that begins with a struct slab and is cut
 * into objects; free objects are chained through their first word. Each CPU
 * has a magazine a cache, which serves most calls without a lock.
 * Invariants: (1) each page of a slab has PG_SLAB, pg_object its cache and
 * pg_index the address of its struct slab; (2) kmc_partial holds the slabs
 * with some objects out and some free, kmc_empty those with none out.
 * Locks: kmc_lock; magazines are used outside interrupt handlers only.
 */
#include <machine/cpu.h>

#include "base/lock.h"
#include "base/page.h"
#include "base/panic.h"
#include "base/slab.h"
#include "base/string.h"
#include "base/thread.h"

#define MAG_MAX	  30 /* objects in a magazine */
#define MAG_BATCH 15
#define EMPTY_MAX 1  /* slabs kept though nothing is out */
#define ORDER_MAX 3
#define SMALL_MAX 4096 /* kmalloc() of more takes whole pages */

struct slab {
	struct list sl_link;
	void *sl_free;	 /* chain */
	uint32_t sl_out; /* objects handed out, magazines included */
};

struct magazine {
	unsigned m_n;
	void *m_obj[MAG_MAX];
};

struct kmem_cache {
	struct spinlock kmc_lock;
	const char *kmc_name;
	uint32_t kmc_size;    /* of an object, aligned */
	uint32_t kmc_first;   /* offset of the first object in a slab */
	uint32_t kmc_order;   /* pages of a slab, as a power of two */
	uint32_t kmc_perslab; /* objects */
	uint32_t kmc_nempty;  /* [lock] */
	struct list kmc_partial; /* [lock] */
	struct list kmc_empty;	 /* [lock] */
	uint64_t kmc_nslabs;	 /* [lock] */
	uint64_t kmc_inuse;	 /* [lock] magazines included */
	struct list kmc_link;	 /* [caches_lock] */
	struct magazine *kmc_mag[MAXCPU]; /* [c] */
};

static const struct {
	uint32_t size;
	const char *name;
} kmalloc_sizes[] = { { 16, "kmalloc-16" }, { 32, "kmalloc-32" },
	{ 64, "kmalloc-64" }, { 96, "kmalloc-96" }, { 128, "kmalloc-128" },
	{ 192, "kmalloc-192" }, { 256, "kmalloc-256" },
	{ 384, "kmalloc-384" }, { 512, "kmalloc-512" },
	{ 768, "kmalloc-768" }, { 1024, "kmalloc-1024" },
	{ 2048, "kmalloc-2048" }, { 4096, "kmalloc-4096" } };

static struct kmem_cache kmalloc_caches[nitems(kmalloc_sizes)];
static uint8_t size_index[SMALL_MAX / 16 + 1]; /* [I] by size / 16 */
static struct kmem_cache cache_cache, magazine_cache;
static struct list caches = LIST_INIT(caches);
static struct spinlock caches_lock = SPINLOCK_INIT(LR_SLAB, "slab caches");

static struct slab *
slab_of(const void *obj)
{
	struct page *pg = virt_to_page(obj);

	DASSERT(pg->pg_flags & PG_SLAB);
	return (struct slab *)pg->pg_index;
}

/* The smallest slab that wastes little: at least eight objects, if it can. */
static void
cache_setup(struct kmem_cache *kmc, const char *name, size_t size,
    size_t align)
{
	size_t room;

	align = MAX(align, sizeof(void *));
	KASSERT((align & (align - 1)) == 0 && align <= PAGE_SIZE);
	size = roundup2(MAX(size, sizeof(void *)), align);
	memset(kmc, 0, sizeof(*kmc));
	spin_init(&kmc->kmc_lock, LR_SLAB, name);
	kmc->kmc_name = name;
	kmc->kmc_size = (uint32_t)size;
	kmc->kmc_first = (uint32_t)roundup2(sizeof(struct slab), align);
	for (kmc->kmc_order = 0; kmc->kmc_order < ORDER_MAX;
	     kmc->kmc_order++) {
		room = (PAGE_SIZE << kmc->kmc_order) - kmc->kmc_first;
		if (room / size >= 8)
			break;
	}
	room = (PAGE_SIZE << kmc->kmc_order) - kmc->kmc_first;
	kmc->kmc_perslab = (uint32_t)(room / size);
	KASSERT(kmc->kmc_perslab > 0);
	list_init(&kmc->kmc_partial);
	list_init(&kmc->kmc_empty);
	spin_lock(&caches_lock);
	list_add_tail(&caches, &kmc->kmc_link);
	spin_unlock(&caches_lock);
}

/*
 * Zeroed, though nobody needs it: a translating emulator that once ran code
 * from the page (the firmware's, a program's) takes each write to it the slow
 * way until what was code there is overwritten.
 */
static struct slab *
slab_create(struct kmem_cache *kmc, unsigned flags)
{
	struct page *pg = page_alloc(kmc->kmc_order,
	    (flags & PA_NOWAIT) | PA_ZERO);
	struct slab *sl;
	char *obj;

	if (pg == NULL)
		return NULL;
	sl = page_to_virt(pg);
	sl->sl_free = NULL;
	sl->sl_out = 0;
	for (uint32_t i = 0; i < 1u << kmc->kmc_order; i++) {
		pg[i].pg_flags |= PG_SLAB;
		pg[i].pg_object = kmc;
		pg[i].pg_index = (uint64_t)sl;
	}
	obj = (char *)sl + kmc->kmc_first + kmc->kmc_perslab * kmc->kmc_size;
	for (uint32_t i = 0; i < kmc->kmc_perslab; i++) {
		obj -= kmc->kmc_size;
		*(void **)obj = sl->sl_free;
		sl->sl_free = obj;
	}
	return sl;
}

static void
slab_destroy(struct kmem_cache *kmc, struct slab *sl)
{
	struct page *pg = virt_to_page(sl);

	for (uint32_t i = 1; i < 1u << kmc->kmc_order; i++)
		pg[i].pg_flags = 0;
	page_free(pg, kmc->kmc_order);
}

/* kmc_lock held: takes up to n objects from slabs that exist. */
static unsigned
take(struct kmem_cache *kmc, void **out, unsigned n)
{
	unsigned got = 0;

	while (got < n) {
		struct slab *sl;

		if (list_empty(&kmc->kmc_partial)) {
			if (list_empty(&kmc->kmc_empty))
				break;
			sl = list_first(&kmc->kmc_empty, struct slab, sl_link);
			list_del(&sl->sl_link);
			list_add_head(&kmc->kmc_partial, &sl->sl_link);
			kmc->kmc_nempty--;
		}
		sl = list_first(&kmc->kmc_partial, struct slab, sl_link);
		while (got < n && sl->sl_free != NULL) {
			out[got++] = sl->sl_free;
			sl->sl_free = *(void **)sl->sl_free;
			sl->sl_out++;
		}
		if (sl->sl_free == NULL)
			list_del(&sl->sl_link);
	}
	kmc->kmc_inuse += got;
	return got;
}

/* kmc_lock held: gives one object back; a slab to destroy, or NULL. */
static struct slab *
give(struct kmem_cache *kmc, void *obj)
{
	struct slab *sl = slab_of(obj);
	bool was_full = sl->sl_free == NULL;

	*(void **)obj = sl->sl_free;
	sl->sl_free = obj;
	sl->sl_out--;
	kmc->kmc_inuse--;
	if (sl->sl_out > 0) {
		if (was_full)
			list_add_head(&kmc->kmc_partial, &sl->sl_link);
		return NULL;
	}
	if (!was_full)
		list_del(&sl->sl_link);
	if (kmc->kmc_nempty < EMPTY_MAX) {
		list_add_head(&kmc->kmc_empty, &sl->sl_link);
		kmc->kmc_nempty++;
		return NULL;
	}
	kmc->kmc_nslabs--;
	return sl;
}

static unsigned
fill(struct kmem_cache *kmc, void **out, unsigned n, unsigned flags)
{
	uint64_t irq = spin_lock_irq(&kmc->kmc_lock);
	unsigned got = take(kmc, out, n);
	struct slab *sl;

	spin_unlock_irq(&kmc->kmc_lock, irq);
	if (got > 0)
		return got;
	sl = slab_create(kmc, flags);
	if (sl == NULL)
		return 0;
	irq = spin_lock_irq(&kmc->kmc_lock);
	list_add_head(&kmc->kmc_empty, &sl->sl_link);
	kmc->kmc_nempty++;
	kmc->kmc_nslabs++;
	got = take(kmc, out, n);
	spin_unlock_irq(&kmc->kmc_lock, irq);
	return got;
}

static void
drain(struct kmem_cache *kmc, void **objs, unsigned n)
{
	struct list dead = LIST_INIT(dead);
	struct slab *sl, *tmp;
	uint64_t irq = spin_lock_irq(&kmc->kmc_lock);

	for (unsigned i = 0; i < n; i++) {
		sl = give(kmc, objs[i]);
		if (sl != NULL)
			list_add_tail(&dead, &sl->sl_link);
	}
	spin_unlock_irq(&kmc->kmc_lock, irq);
	list_foreach_safe(sl, tmp, &dead, sl_link)
		slab_destroy(kmc, sl);
}

/*
 * The magazine of this CPU; NULL in interrupts, and while it is not there
 * yet: it is made at the first call that may.
 */
static struct magazine *
magazine_get(struct kmem_cache *kmc)
{
	struct cpu *c = curcpu();
	struct magazine *m;

	if (c->c_intr_depth != 0)
		return NULL;
	m = kmc->kmc_mag[c->c_id];
	if (unlikely(m == NULL) && kmc != &magazine_cache) {
		void *p;

		if (fill(&magazine_cache, &p, 1, PA_NOWAIT) == 0)
			return NULL;
		m = p;
		m->m_n = 0;
		kmc->kmc_mag[c->c_id] = m;
	}
	return m;
}

void *
kmem_cache_alloc(struct kmem_cache *kmc, unsigned flags)
{
	struct magazine *m = magazine_get(kmc);
	void *obj;

	if (likely(m != NULL && m->m_n > 0)) {
		obj = m->m_obj[--m->m_n];
	} else if (m != NULL) {
		void *got[MAG_BATCH];
		unsigned n = fill(kmc, got, MAG_BATCH, flags);

		if (n == 0)
			return NULL;
		/* fill() may have slept: m may now be another CPU's. */
		m = magazine_get(kmc);
		obj = got[--n];
		while (n > 0 && m != NULL && m->m_n < MAG_MAX)
			m->m_obj[m->m_n++] = got[--n];
		if (n > 0)
			drain(kmc, got, n);
	} else if (fill(kmc, &obj, 1, flags) == 0) {
		return NULL;
	}
	if (flags & KM_ZERO)
		memset(obj, 0, kmc->kmc_size);
	return obj;
}

void
kmem_cache_free(struct kmem_cache *kmc, void *obj)
{
	struct magazine *m = magazine_get(kmc);

	DASSERT(virt_to_page(obj)->pg_object == kmc);
	if (unlikely(m == NULL)) {
		drain(kmc, &obj, 1);
		return;
	}
	if (unlikely(m->m_n == MAG_MAX)) {
		m->m_n -= MAG_BATCH;
		drain(kmc, &m->m_obj[m->m_n], MAG_BATCH);
	}
	m->m_obj[m->m_n++] = obj;
}

struct kmem_cache *
kmem_cache_create(const char *name, size_t size, size_t align)
{
	struct kmem_cache *kmc = kmem_cache_alloc(&cache_cache, 0);

	if (kmc == NULL)
		panic("no memory for cache %s", name);
	cache_setup(kmc, name, size, align);
	return kmc;
}

static unsigned
order_of(size_t size)
{
	unsigned order = 0;

	while ((PAGE_SIZE << order) < size)
		order++;
	return order;
}

void *
kmalloc(size_t size, unsigned flags)
{
	struct page *pg;

	if (likely(size <= SMALL_MAX))
		return kmem_cache_alloc(
		    &kmalloc_caches[size_index[(size + 15) / 16]], flags);
	if (size > (PAGE_SIZE << 10))
		return NULL;
	pg = page_alloc(order_of(size),
	    (flags & KM_NOWAIT) | ((flags & KM_ZERO) ? PA_ZERO : 0));
	if (pg == NULL)
		return NULL;
	pg->pg_order = order_of(size);
	return page_to_virt(pg);
}

void
kfree(void *p)
{
	struct page *pg;

	if (p == NULL)
		return;
	pg = virt_to_page(p);
	if (likely(pg->pg_flags & PG_SLAB))
		kmem_cache_free(pg->pg_object, p);
	else
		page_free(pg, pg->pg_order);
}

size_t
kmalloc_usable(const void *p)
{
	struct page *pg = virt_to_page(p);

	if (pg->pg_flags & PG_SLAB)
		return ((struct kmem_cache *)pg->pg_object)->kmc_size;
	return PAGE_SIZE << pg->pg_order;
}

char *
kstrdup(const char *s)
{
	size_t n = strlen(s) + 1;
	char *p = kmalloc(n, 0);

	if (p != NULL)
		memcpy(p, s, n);
	return p;
}

void
slab_foreach(void (*fn)(const struct slab_stat *, void *), void *arg)
{
	struct kmem_cache *kmc;

	list_foreach(kmc, &caches, kmc_link) {
		struct slab_stat ss = {
			.ss_name = kmc->kmc_name,
			.ss_size = kmc->kmc_size,
			.ss_inuse = kmc->kmc_inuse,
			.ss_total = kmc->kmc_nslabs * kmc->kmc_perslab,
			.ss_pages = kmc->kmc_nslabs << kmc->kmc_order,
		};

		for (unsigned i = 0; i < ncpus; i++) {
			if (kmc->kmc_mag[i] != NULL)
				ss.ss_inuse -= kmc->kmc_mag[i]->m_n;
		}
		fn(&ss, arg);
	}
}

void
slab_init(void)
{
	unsigned k = 0;

	cache_setup(&cache_cache, "kmem_cache", sizeof(struct kmem_cache), 64);
	cache_setup(&magazine_cache, "magazine", sizeof(struct magazine), 64);
	for (unsigned i = 0; i < nitems(kmalloc_sizes); i++)
		cache_setup(&kmalloc_caches[i], kmalloc_sizes[i].name,
		    kmalloc_sizes[i].size,
		    kmalloc_sizes[i].size % 64 ? 16 : 64);
	for (unsigned i = 0; i < nitems(size_index); i++) {
		while (i * 16 > kmalloc_sizes[k].size)
			k++;
		size_index[i] = (uint8_t)k;
	}
}
