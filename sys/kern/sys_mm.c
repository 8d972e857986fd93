/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/sys_mm.c: system calls on the address space.
 */
#include "base/slab.h"
#include "base/string.h"

#include "fs/file.h"
#include "kern/fd.h"
#include "kern/proc_internal.h"
#include "kern/syscall.h"

#define MAP_TYPE 0x0f
#define MAP_KNOWN                                                            \
	(MAP_TYPE | MAP_FIXED | MAP_ANONYMOUS | MAP_32BIT | MAP_GROWSDOWN |  \
	    MAP_DENYWRITE | MAP_EXECUTABLE | MAP_LOCKED | MAP_NORESERVE |    \
	    MAP_POPULATE | MAP_NONBLOCK | MAP_STACK | MAP_HUGETLB)
#define PROT_ALL (PROT_READ | PROT_WRITE | PROT_EXEC)

#define MCL_CURRENT 1
#define MCL_FUTURE  2
#define MCL_ONFAULT 4
#define MLOCK_ONFAULT 1

#define PERSONA_READ_IMPLIES_EXEC 0x0400000u

static struct vmspace *
curvm(void)
{
	return curthread()->td_vm;
}

static long
mmap_anon(vaddr_t addr, size_t len, unsigned prot, unsigned flags)
{
	int error = vm_map(curvm(), &addr, len, prot, PROT_ALL, flags, NULL, 0,
	    NULL, NULL);

	return error != 0 ? error : (long)addr;
}

/* What mprotect(2) may give later: a shared mapping no more than the file. */
static int
mmap_file_rights(const struct file *fp, unsigned prot, bool shared,
    unsigned *maxprot)
{
	*maxprot = PROT_ALL;
	if (!file_readable(fp))
		return -EACCES;
	if (shared && !file_writable(fp)) {
		if (prot & PROT_WRITE)
			return -EACCES;
		*maxprot &= ~(unsigned)PROT_WRITE;
	}
	return 0;
}

static int
mmap_object(vaddr_t *addr, size_t len, unsigned prot, unsigned maxprot,
    unsigned flags, struct file *fp, uint64_t off)
{
	struct cdev_map cm = { 0 };
	int error;

	if (fp->f_ops->fo_mmap == NULL)
		return -ENODEV;
	error = fp->f_ops->fo_mmap(fp, off, len, prot, &cm);
	if (error != 0)
		return error;
	if (cm.cm_object != NULL)
		return vm_map(curvm(), addr, len, prot, maxprot, flags,
		    cm.cm_object, off, fp, NULL);
	if (cm.cm_len == 0)
		return vm_map(curvm(), addr, len, prot, maxprot, flags, NULL,
		    0, NULL, NULL);
	if (page_round(len) > cm.cm_len)
		return -EINVAL;
	return vm_map_phys(curvm(), addr, len, prot, flags, cm.cm_phys,
	    cm.cm_uncached, NULL);
}

static long
mmap_file(vaddr_t addr, size_t len, unsigned prot, unsigned flags, int fd,
    uint64_t off)
{
	unsigned maxprot;
	struct fdref fr;
	int error = fd_borrow(fd, &fr);

	if (error != 0)
		return error;
	error = mmap_file_rights(fr.fr_file, prot, (flags & MAP_SHARED) != 0,
	    &maxprot);
	if (error == 0)
		error = mmap_object(&addr, len, prot, maxprot, flags,
		    fr.fr_file, off);
	fd_return(&fr);
	return error != 0 ? error : (long)addr;
}

static int
memlock_check(uint64_t more)
{
	uint64_t limit = proc_rlimit(curproc(), RLIMIT_MEMLOCK);

	if (cred_capable(curlwp()->l_cred, CAP_IPC_LOCK))
		return 0;
	if (limit == 0)
		return -EPERM;
	return curvm()->vs_locked + more > limit ? -ENOMEM : 0;
}

long
sys_mmap(vaddr_t addr, size_t len, int prot, int flags, int fd, uint64_t off)
{
	unsigned uprot = (unsigned)prot & PROT_ALL;
	unsigned uflags = (unsigned)flags;
	int error;

	if (off & PAGE_MASK)
		return -EINVAL;
	if (len == 0 || page_round(len) == 0)
		return len == 0 ? -EINVAL : -ENOMEM;
	if (off + len < off)
		return -EOVERFLOW;
	switch (uflags & MAP_TYPE) {
	case MAP_SHARED_VALIDATE:
		/* What makes this one differ: unknown flags are refused. */
		if (uflags & ~(unsigned)MAP_KNOWN)
			return -EOPNOTSUPP;
		uflags = (uflags & ~(unsigned)MAP_TYPE) | MAP_SHARED;
		break;
	case MAP_SHARED:
	case MAP_PRIVATE:
		break;
	default:
		return -EINVAL;
	}
	if (uflags & MAP_HUGETLB)
		return -ENOMEM; /* there is no pool of huge pages */
	if (curvm()->vs_lock_future)
		uflags |= MAP_LOCKED;
	if ((uflags & MAP_LOCKED) && (error = memlock_check(len)) != 0)
		return error == -ENOMEM ? -EAGAIN : error;
	if ((uprot & PROT_READ) &&
	    (curproc()->p_persona & PERSONA_READ_IMPLIES_EXEC))
		uprot |= PROT_EXEC;
	if (uflags & MAP_ANONYMOUS)
		return mmap_anon(addr, len, uprot, uflags);
	return mmap_file(addr, len, uprot, uflags, fd, off);
}

long
sys_munmap(vaddr_t addr, size_t len)
{
	return vm_unmap(curvm(), addr, len);
}

long
sys_mprotect(vaddr_t addr, size_t len, int prot)
{
	if ((unsigned)prot & ~(PROT_ALL | PROT_GROWSDOWN))
		return -EINVAL;
	return vm_protect(curvm(), addr, len, (unsigned)prot);
}

long
sys_mremap(vaddr_t old, size_t oldlen, size_t newlen, int flags,
    vaddr_t newaddr)
{
	int error = vm_remap(curvm(), old, oldlen, newlen, (unsigned)flags,
	    &newaddr);

	return error != 0 ? error : (long)newaddr;
}

long
sys_madvise(vaddr_t addr, size_t len, int advice)
{
	return vm_advise(curvm(), addr, len, advice);
}

long
sys_msync(vaddr_t addr, size_t len, int flags)
{
	return vm_sync(curvm(), addr, len, flags);
}

/* A byte a page, a buffer at a time. */
long
sys_mincore(vaddr_t addr, size_t len, vaddr_t uvec)
{
	uint64_t pages = page_round(len) >> PAGE_SHIFT;
	uint8_t vec[256];
	int error;

	if (addr & PAGE_MASK)
		return -EINVAL;
	if (addr >= USER_MAX || len > USER_MAX - addr)
		return -ENOMEM;
	while (pages > 0) {
		uint64_t n = MIN(pages, sizeof(vec));

		error = vm_incore(curvm(), addr, n << PAGE_SHIFT, vec, 0);
		if (error != 0)
			return error;
		if (copyout(vec, uvec, n) != 0)
			return -EFAULT;
		addr += n << PAGE_SHIFT;
		uvec += n;
		pages -= n;
	}
	return 0;
}

long
sys_mlock(vaddr_t addr, size_t len)
{
	uint64_t bytes = page_round(len + (addr & PAGE_MASK));
	int error = memlock_check(bytes);

	return error != 0 ? error :
			    vm_lock(curvm(), page_trunc(addr), bytes, true);
}

long
sys_mlock2(vaddr_t addr, size_t len, int flags)
{
	if (flags & ~MLOCK_ONFAULT)
		return -EINVAL;
	/* Locking now what MLOCK_ONFAULT would lock later is more, not less. */
	return sys_mlock(addr, len);
}

long
sys_munlock(vaddr_t addr, size_t len)
{
	return vm_lock(curvm(), page_trunc(addr),
	    page_round(len + (addr & PAGE_MASK)), false);
}

/* Every area there is; new ones may come meanwhile, they are not of "now". */
static int
lock_all(bool lock)
{
	struct vmspace *vs = curvm();
	struct vm_area *a;
	vaddr_t at = 0, start;
	uint64_t len;
	int error = 0;

	for (;;) {
		rwlock_rdlock(&vs->vs_lock);
		for (a = vm_area_first(vs); a != NULL && a->va_end <= at;)
			a = vm_area_next(a);
		start = a != NULL ? a->va_start : 0;
		len = a != NULL ? a->va_end - a->va_start : 0;
		if (a != NULL && (a->va_flags & VA_PHYS)) {
			at = a->va_end;
			rwlock_unlock(&vs->vs_lock);
			continue;
		}
		rwlock_unlock(&vs->vs_lock);
		if (len == 0)
			return error;
		at = start + len;
		error = vm_lock(vs, start, len, lock);
		if (error != 0)
			return error;
	}
}

long
sys_mlockall(int flags)
{
	int error;

	if (flags == 0 || flags == MCL_ONFAULT ||
	    (flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)))
		return -EINVAL;
	error = memlock_check((flags & MCL_CURRENT) ?
	    curvm()->vs_size - curvm()->vs_locked : 0);
	if (error != 0)
		return error;
	curvm()->vs_lock_future = (flags & MCL_FUTURE) != 0;
	return (flags & MCL_CURRENT) ? lock_all(true) : 0;
}

long
sys_munlockall(void)
{
	curvm()->vs_lock_future = false;
	return lock_all(false);
}

long
sys_brk(vaddr_t addr)
{
	struct vmspace *vs = curvm();
	vaddr_t old, new;

	if (likely(!vs->vs_lock_future))
		return (long)vm_brk(vs, addr);
	old = vm_brk(vs, 0);
	if (addr > old && memlock_check(addr - old) != 0)
		return (long)old;
	new = vm_brk(vs, addr);
	if (page_round(new) > page_round(old) &&
	    vm_lock(vs, page_round(old), page_round(new) - page_round(old),
	    true) != 0)
		new = vm_brk(vs, old);
	return (long)new;
}
