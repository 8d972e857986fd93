/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/usercopy.c: checks of user ranges around usercopy.S.
 */
#include "base/panic.h"
#include "base/string.h"
#include "base/types.h"

#include <abi/errno.h>
#include <machine/bootinfo.h>
#include <machine/layout.h>
#include <machine/usercopy.h>

#include "amd64/amd64.h"

size_t user_copy(void *dst, const void *src, size_t n);
size_t user_fill_zero(void *dst, size_t n);
ssize_t user_copy_string(char *dst, const char *src, size_t n);
int user_cas32_raw(uint32_t *p, uint32_t *old, uint32_t v);
int user_load32_raw(const uint32_t *p, uint32_t *out);
int user_load64_raw(const uint64_t *p, uint64_t *out);
int user_store32_raw(uint32_t *p, uint32_t v);
int user_store64_raw(uint64_t *p, uint64_t v);
int user_load32_nofault_raw(const uint32_t *p, uint32_t *out);

extern const int32_t smap_stac_sites[], smap_stac_sites_end[];
extern const int32_t smap_clac_sites[], smap_clac_sites_end[];
extern const char smap_intr[], smap_trap[], smap_paranoid[]; /* vectors.S */

static inline bool
range_ok(vaddr_t va, size_t n)
{
	return n <= USER_MAX && va <= USER_MAX - n;
}

int
copyin(vaddr_t uaddr, void *kaddr, size_t n)
{
	return copyin_some(uaddr, kaddr, n) == 0 ? 0 : -EFAULT;
}

int
copyout(const void *kaddr, vaddr_t uaddr, size_t n)
{
	return copyout_some(kaddr, uaddr, n) == 0 ? 0 : -EFAULT;
}

size_t
copyin_some(vaddr_t uaddr, void *kaddr, size_t n)
{
	if (unlikely(!range_ok(uaddr, n)))
		return n;
	return user_copy(kaddr, (const void *)uaddr, n);
}

size_t
copyout_some(const void *kaddr, vaddr_t uaddr, size_t n)
{
	if (unlikely(!range_ok(uaddr, n)))
		return n;
	return user_copy((void *)uaddr, kaddr, n);
}

ssize_t
copyinstr(vaddr_t uaddr, char *kaddr, size_t size)
{
	size_t max = size;
	ssize_t n;

	if (uaddr >= USER_MAX)
		return -EFAULT;
	if (size == 0)
		return -ENAMETOOLONG;
	if (max > USER_MAX - uaddr)
		max = USER_MAX - uaddr;
	n = user_copy_string(kaddr, (const char *)uaddr, max);
	if (n < 0)
		return -EFAULT;
	if ((size_t)n == max)
		return max < size ? -EFAULT : -ENAMETOOLONG;
	return n;
}

int
user_zero(vaddr_t uaddr, size_t n)
{
	if (!range_ok(uaddr, n) || user_fill_zero((void *)uaddr, n) != 0)
		return -EFAULT;
	return 0;
}

#define USER_WORD(name, type, raw_type, raw)                                 \
	int                                                                  \
	name(vaddr_t uaddr, type)                                            \
	{                                                                    \
		if (!range_ok(uaddr, sizeof(raw_type)) ||                    \
		    raw((raw_type *)uaddr, v) != 0)                          \
			return -EFAULT;                                      \
		return 0;                                                    \
	}
USER_WORD(user_load32, uint32_t *v, uint32_t, user_load32_raw)
USER_WORD(user_load64, uint64_t *v, uint64_t, user_load64_raw)
USER_WORD(user_store32, uint32_t v, uint32_t, user_store32_raw)
USER_WORD(user_store64, uint64_t v, uint64_t, user_store64_raw)
USER_WORD(user_load32_nofault, uint32_t *v, uint32_t, user_load32_nofault_raw)

int
user_cas32(vaddr_t uaddr, uint32_t *old, uint32_t v)
{
	if (!range_ok(uaddr, sizeof(uint32_t)) ||
	    user_cas32_raw((uint32_t *)uaddr, old, v) != 0)
		return -EFAULT;
	return 0;
}

/* Code is read-only where it runs; the direct map reaches it, too. */
static void
insn_patch(const struct bootinfo *bi, const void *at, const char *insn)
{
	uint64_t offset = (uint64_t)at - bi->bi_kernel_virt;

	memcpy((void *)(DIRECT_MAP_BASE + bi->bi_kernel_phys + offset), insn,
	    3);
}

/* Before the first use of any of these places, on the only CPU. */
void
smap_patch(const struct bootinfo *bi)
{
	static const char stac[] = "\x0f\x01\xcb", clac[] = "\x0f\x01\xca";

	if (!cpu_has(CPU_SMAP))
		return;
	for (const int32_t *p = smap_stac_sites; p < smap_stac_sites_end; p++)
		insn_patch(bi, (const char *)p + *p, stac);
	for (const int32_t *p = smap_clac_sites; p < smap_clac_sites_end; p++)
		insn_patch(bi, (const char *)p + *p, clac);
	insn_patch(bi, smap_intr, clac);
	insn_patch(bi, smap_trap, clac);
	insn_patch(bi, smap_paranoid, clac);
	cpuid(0, 0); /* serialises */
}
