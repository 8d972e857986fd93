/* SPDX-License-Identifier: MIT */
/*
 * sys/vm/vmspace.h: the address space of a process: areas, faults, fork.
 *
 * Private anonymous memory and private copies live only in the page tables;
 * a page with one reference may be written in place, others are copied.
 * Locks: vs_lock (rwlock, rank VMSPACE): write to change areas, read to fault.
 * An area of an object changes its bounds only with vo_lock held too, so that
 * the object finds all mappings of a page. vs_cow_lock (spin, rank COW) makes
 * looking at and replacing a mapped private page one step.
 */
#ifndef VM_VMSPACE_H
#define VM_VMSPACE_H

#include "base/list.h"
#include "base/lock.h"
#include "base/rbtree.h"
#include "base/types.h"

#include <machine/pmap.h>

#include "vm/object.h"

/* As in <sys/mman.h> of Linux. */
#define PROT_READ      0x1
#define PROT_WRITE     0x2
#define PROT_EXEC      0x4
#define PROT_GROWSDOWN 0x01000000
#define MAP_SHARED     0x01
#define MAP_PRIVATE    0x02
#define MAP_SHARED_VALIDATE 0x03
#define MAP_FIXED      0x10
#define MAP_ANONYMOUS  0x20
#define MAP_32BIT      0x40
#define MAP_GROWSDOWN  0x0100
#define MAP_DENYWRITE  0x0800
#define MAP_EXECUTABLE 0x1000
#define MAP_LOCKED     0x2000
#define MAP_NORESERVE  0x4000
#define MAP_POPULATE   0x8000
#define MAP_NONBLOCK   0x10000
#define MAP_STACK      0x20000
#define MAP_HUGETLB    0x40000
#define MAP_SYNC       0x80000
#define MAP_FIXED_NOREPLACE 0x100000

/* mremap(2), msync(2), madvise(2). */
#define MREMAP_MAYMOVE	 1
#define MREMAP_FIXED	 2
#define MREMAP_DONTUNMAP 4
#define MS_ASYNC      1
#define MS_INVALIDATE 2
#define MS_SYNC	      4
#define MADV_NORMAL	    0
#define MADV_RANDOM	    1
#define MADV_SEQUENTIAL	    2
#define MADV_WILLNEED	    3
#define MADV_DONTNEED	    4
#define MADV_FREE	    8
#define MADV_REMOVE	    9
#define MADV_DONTFORK	    10
#define MADV_DOFORK	    11
#define MADV_HUGEPAGE	    14
#define MADV_NOHUGEPAGE	    15
#define MADV_DONTDUMP	    16
#define MADV_DODUMP	    17
#define MADV_WIPEONFORK	    18
#define MADV_KEEPONFORK	    19
#define MADV_COLD	    20
#define MADV_PAGEOUT	    21
#define MADV_POPULATE_READ  22
#define MADV_POPULATE_WRITE 23

struct vm_area {
	struct rbnode va_node;	   /* by va_start */
	struct list va_obj_link;   /* on vo_areas */
	struct vmspace *va_vs;	   /* [I] */
	vaddr_t va_start;
	vaddr_t va_end;		   /* first byte after */
	uint8_t va_prot;	   /* PROT_ */
	uint8_t va_maxprot;	   /* what mprotect may give */
	uint32_t va_flags;	   /* VA_ */
	struct vm_object *va_object; /* NULL: anonymous private */
	uint64_t va_offset;	   /* bytes into the object of va_start */
	void *va_file;		   /* referenced through vm_file_ops, or NULL */
	const char *va_name;	   /* "[heap]", "[stack]", "[vdso]", or NULL */
};

#define VA_SHARED   0x1
#define VA_STACK    0x2	 /* grows down to the stack limit */
#define VA_HEAP	    0x4
#define VA_DONTFORK 0x8
#define VA_PHYS	    0x10 /* va_offset is a physical address: devices, vdso */
#define VA_WIPEFORK 0x20
#define VA_LOCKED   0x40
#define VA_UC	    0x80
#define VA_COPIED   0x100 /* [a] private copies of object pages may exist */
#define VA_DROP	    0x200 /* it was the object's last: call op_drop */

struct vmspace {
	struct pmap vs_pmap;
	struct rwlock vs_lock;
	struct spinlock vs_cow_lock; /* who replaces a page on a write fault */
	struct rbtree vs_areas;
	struct vm_area *vs_hint; /* last area found */
	uint32_t vs_ref;	 /* [a] */
	uint32_t vs_nareas;
	uint64_t vs_size;	 /* bytes mapped */
	uint64_t vs_locked;
	bool vs_lock_future;	 /* mlockall(MCL_FUTURE) */
	vaddr_t vs_brk_start, vs_brk; /* heap; vs_brk is unrounded */
	vaddr_t vs_mmap_top;	 /* mmap searches downwards from here */
	vaddr_t vs_full;	 /* from here to vs_mmap_top no gap is ... */
	uint64_t vs_hole;	 /* ... larger than so many bytes */
	vaddr_t vs_stack_top;
	vaddr_t vs_arg_start, vs_arg_end, vs_env_start, vs_env_end;
	vaddr_t vs_code_start, vs_code_end, vs_data_start, vs_data_end;
	vaddr_t vs_vdso;
	uint64_t vs_stack_limit; /* bytes; from RLIMIT_STACK at exec */
	uint64_t vs_as_limit;	 /* RLIMIT_AS, UINT64_MAX: none */
	uint64_t vs_data_limit;	 /* RLIMIT_DATA */
	uint64_t vs_peak_rss;	 /* pages */
	uint64_t vs_min_flt, vs_maj_flt; /* [a] */
	vaddr_t vs_run_next;	 /* [a] where a run of faults would go on */
	uint32_t vs_run_pages;	 /* [a] and what the last one brought */
	void *vs_exe;		 /* file of /proc/PID/exe; vm_file_ops */
};

/* How areas hold the file they map (fs registers these at boot). */
struct vm_file_ops {
	void (*vf_ref)(void *file);
	void (*vf_unref)(void *file);
};
void vm_file_ops_register(const struct vm_file_ops *);

void vm_init(void);
struct vmspace *vmspace_create(void) __must_check;
struct vmspace *vmspace_fork(struct vmspace *) __must_check; /* COW copy */
void vmspace_ref(struct vmspace *);
void vmspace_unref(struct vmspace *);
/* Make it the running thread's (exec, kernel helper); old one is returned. */
struct vmspace *vmspace_switch(struct vmspace *);

/*
 * Maps. *addr: a hint or, with MAP_FIXED, the place; gets the place chosen.
 * object NULL: anonymous. Takes over no references: refs file (vm_file_ops)
 * and, for VO_ANON, the object itself.
 * -EINVAL -ENOMEM -EEXIST -EPERM.
 */
int vm_map(struct vmspace *, vaddr_t *addr, uint64_t len, unsigned prot,
    unsigned maxprot, unsigned map_flags, struct vm_object *object,
    uint64_t offset, void *file, const char *name) __must_check;
/* A device's memory, or the vDSO: pages are not counted. */
int vm_map_phys(struct vmspace *, vaddr_t *addr, uint64_t len, unsigned prot,
    unsigned map_flags, paddr_t pa, bool uncached, const char *name)
    __must_check;
int vm_unmap(struct vmspace *, vaddr_t, uint64_t len) __must_check;
int vm_protect(struct vmspace *, vaddr_t, uint64_t len, unsigned prot)
    __must_check;
int vm_remap(struct vmspace *, vaddr_t old, uint64_t oldlen, uint64_t newlen,
    unsigned flags, vaddr_t *newaddr) __must_check; /* mremap(2) */
int vm_advise(struct vmspace *, vaddr_t, uint64_t len, int advice)
    __must_check; /* madvise(2) */
int vm_sync(struct vmspace *, vaddr_t, uint64_t len, int flags) __must_check;
int vm_incore(struct vmspace *, vaddr_t, uint64_t len, uint8_t *vec,
    size_t off) __must_check; /* mincore(2), one byte a page */
int vm_lock(struct vmspace *, vaddr_t, uint64_t len, bool lock) __must_check;
/* brk(2): the new or, on failure, the old break. */
vaddr_t vm_brk(struct vmspace *, vaddr_t);
/* Unmap all, for exec and exit. */
void vm_unmap_all(struct vmspace *);

#define VF_READ	 0x1
#define VF_WRITE 0x2
#define VF_EXEC	 0x4
#define VF_USER	 0x8 /* the access came from user mode */
#define VF_ABSENT 0x10 /* the CPU found nothing mapped: a hint */
/* 0: retry the instruction. -EFAULT: SIGSEGV (MAPERR), -EACCES: SIGSEGV
 * (ACCERR), -EIO: SIGBUS, -ENOMEM: out of memory. May sleep. */
int vm_fault(struct vmspace *, vaddr_t, unsigned access) __must_check;
/* Another process's memory (/proc/PID/mem, cmdline, ptrace): bytes moved or
 * -EFAULT. */
ssize_t vm_access(struct vmspace *, vaddr_t, void *buf, size_t n, bool write)
    __must_check;
/* The physical place of a user word for shared futexes: object and offset, or
 * vmspace and address for private memory. -EFAULT. */
struct vm_futex_key {
	void *fk_owner;
	uint64_t fk_offset;
};
int vm_futex_key(struct vmspace *, vaddr_t, bool shared, struct vm_futex_key *)
    __must_check;

struct vm_area *vm_area_find(struct vmspace *, vaddr_t); /* lock held */
struct vm_area *vm_area_next(struct vm_area *);
struct vm_area *vm_area_first(struct vmspace *);

#endif
