/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/exec_elf.c: put an ELF program, and the interpreter it names, into
 * a new address space.
 *
 * Text and data are mapped from the page cache of the file; nothing is read
 * before it is touched, but for the page at the end of the data, whose rest
 * must be zero.
 *
 *	0x555555554000 + random	 position independent program, its heap
 *	...
 *	x_cursor		 vDSO, interpreter; later mmap(2), downwards
 *	x_stack_top		 stack
 */
#include "base/page.h"
#include "base/random.h"
#include "base/slab.h"
#include "base/string.h"

#include <machine/layout.h>
#include <machine/md.h>
#include <machine/pmap.h>
#include <machine/vdso.h>

#include "base/clock.h"
#include "kern/exec.h"
#include "kern/syscall.h"

#define PIE_BASE      UINT64_C(0x555555554000)
#define PIE_RANDOM    28 /* bits of pages */
#define BRK_RANDOM    13

static uint64_t
random_pages(const struct exec *x, unsigned bits)
{
	if (x->x_no_random)
		return 0;
	return (random_u64() & ((UINT64_C(1) << bits) - 1)) << PAGE_SHIFT;
}

/* The program headers: in x_head mostly, otherwise read. */
static int
phdrs_read(struct file *fp, const char *head, size_t headlen,
    const struct elf_header *eh, struct elf_phdr **out)
{
	size_t size = (size_t)eh->e_phnum * sizeof(struct elf_phdr);
	struct elf_phdr *ph = kmalloc(size, 0);
	ssize_t n;

	if (ph == NULL)
		return -ENOMEM;
	if (eh->e_phoff <= headlen && size <= headlen - eh->e_phoff) {
		memcpy(ph, head + eh->e_phoff, size);
	} else {
		n = file_read_kernel(fp, ph, size, (off_t)eh->e_phoff);
		if (n != (ssize_t)size) {
			kfree(ph);
			return n < 0 && n != -EINVAL ? (int)n : -ENOEXEC;
		}
	}
	*out = ph;
	return 0;
}

static unsigned
segment_prot(const struct elf_phdr *ph)
{
	return (ph->p_flags & PF_R ? PROT_READ : 0) |
	    (ph->p_flags & PF_W ? PROT_WRITE : 0) |
	    (ph->p_flags & PF_X ? PROT_EXEC : 0);
}

#define PROT_ALL (PROT_READ | PROT_WRITE | PROT_EXEC)

/* Memory without a file behind the file's part of a segment. */
static int
bss_map(struct vmspace *vs, const struct elf_phdr *ph, uint64_t bias)
{
	static const char zeroes[PAGE_SIZE];
	vaddr_t data_end = bias + ph->p_vaddr + ph->p_filesz;
	vaddr_t end = bias + ph->p_vaddr + ph->p_memsz;
	vaddr_t start = page_round(data_end);
	size_t tail = MIN(start, end) - data_end;

	/* A read-only segment keeps what the file has there, as on Linux. */
	if (ph->p_filesz == 0) {
		start = page_trunc(data_end);
	} else if (tail != 0 && (ph->p_flags & PF_W)) {
		if (vm_access(vs, data_end, (void *)(uintptr_t)zeroes,
			start - data_end, true) != (ssize_t)(start - data_end))
			return -EFAULT;
	}
	if (end <= start)
		return 0;
	return vm_map(vs, &start, page_round(end) - start, segment_prot(ph),
	    PROT_ALL, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, NULL, 0, NULL,
	    NULL);
}

static int
segment_map(struct vmspace *vs, struct file *fp, const struct elf_phdr *ph,
    uint64_t bias)
{
	vaddr_t start = bias + page_trunc(ph->p_vaddr);
	uint64_t len = page_round(bias + ph->p_vaddr + ph->p_filesz) - start;
	uint64_t off = page_trunc(ph->p_offset);
	struct cdev_map cm = { 0 };
	int error;

	if (ph->p_filesz != 0) {
		if (fp->f_ops->fo_mmap == NULL)
			return -ENOEXEC;
		error = fp->f_ops->fo_mmap(fp, off, len, segment_prot(ph),
		    &cm);
		if (error != 0)
			return error;
		if (cm.cm_object == NULL)
			return -ENOEXEC;
		error = vm_map(vs, &start, len, segment_prot(ph), PROT_ALL,
		    MAP_PRIVATE | MAP_FIXED, cm.cm_object, off, fp, NULL);
		if (error != 0)
			return error;
	}
	return ph->p_memsz > ph->p_filesz ? bss_map(vs, ph, bias) : 0;
}

static int
segments_map(struct vmspace *vs, struct file *fp, const struct elf_header *eh,
    const struct elf_phdr *ph, uint64_t bias)
{
	int error;

	for (unsigned i = 0; i < eh->e_phnum; i++) {
		if (ph[i].p_type != PT_LOAD || ph[i].p_memsz == 0)
			continue;
		error = segment_map(vs, fp, &ph[i], bias);
		if (error != 0)
			return error;
	}
	return 0;
}

/* The dynamic linker, below x_cursor. */
static int
interp_load(struct exec *x, const char *path)
{
	struct elf_phdr *ph = NULL;
	struct elf_header eh;
	struct elf_image ei;
	struct file *fp;
	char *head;
	ssize_t n;
	int error;

	error = vfs_open_exec(&x->x_lookup, path, &fp);
	if (error != 0)
		return error;
	head = kmalloc(EXEC_HEAD_SIZE, 0);
	if (head == NULL) {
		error = -ENOMEM;
		goto out;
	}
	n = file_read_kernel(fp, head, EXEC_HEAD_SIZE, 0);
	error = n < 0 ? (int)n : elf_header_check(head, (size_t)n, &eh);
	if (error == 0)
		error = phdrs_read(fp, head, (size_t)n, &eh, &ph);
	if (error == 0)
		error = elf_phdrs_check(&eh, ph, USER_MAX, &ei);
	if (error == 0 && (!ei.ei_pie || ei.ei_end >= x->x_cursor - USER_MIN))
		error = -ENOEXEC;
	if (error != 0) {
		error = error == -ENOEXEC ? -ELIBBAD : error;
		goto out;
	}
	x->x_cursor = rounddown2(x->x_cursor - (ei.ei_end - ei.ei_start),
	    ei.ei_align);
	x->x_interp_base = x->x_cursor - ei.ei_start;
	x->x_entry = x->x_interp_base + ei.ei_entry;
	error = segments_map(x->x_vm, fp, &eh, ph, x->x_interp_base);
out:
	kfree(ph);
	kfree(head);
	file_unref(fp);
	return error;
}

static int
interp_find(struct exec *x, const struct elf_image *ei)
{
	char *path = kmalloc(ei->ei_interp_len + 1, 0);
	ssize_t n;
	int error;

	if (path == NULL)
		return -ENOMEM;
	n = file_read_kernel(x->x_file, path, ei->ei_interp_len,
	    (off_t)ei->ei_interp_off);
	if (n != (ssize_t)ei->ei_interp_len)
		error = n < 0 ? (int)n : -ENOEXEC;
	else if (path[n - 1] != '\0')
		error = -ENOEXEC;
	else
		error = interp_load(x, path);
	kfree(path);
	return error;
}

/* The kernel's own pages that every program may read: time and the calls that
 * need no kernel. */
static int
vdso_map(struct exec *x)
{
	struct vmspace *vs = x->x_vm;
	paddr_t image_pa, data_pa;
	vaddr_t image, data;
	const void *vdso;
	size_t size;
	int error;

	vdso = md_vdso_image(&size);
	if (vdso == NULL || size == 0 ||
	    pmap_query(&kernel_pmap, (vaddr_t)vdso, &image_pa) == 0 ||
	    pmap_query(&kernel_pmap, (vaddr_t)clock_vdso_page(), &data_pa) ==
		0)
		return 0;
	size = page_round(size);
	image = x->x_cursor - size;
	data = image - VDSO_DATA_OFFSET;
	x->x_cursor = data;
	error = vm_map_phys(vs, &data, PAGE_SIZE, PROT_READ,
	    MAP_PRIVATE | MAP_FIXED, page_trunc(data_pa), false, "[vvar]");
	if (error != 0)
		return error;
	error = vm_map_phys(vs, &image, size, PROT_READ | PROT_EXEC,
	    MAP_PRIVATE | MAP_FIXED, page_trunc(image_pa), false, "[vdso]");
	if (error == 0)
		vs->vs_vdso = image;
	return error;
}

/* Bounds for /proc and brk(2). */
static void
image_describe(struct exec *x, const struct elf_header *eh,
    const struct elf_phdr *ph, uint64_t bias, vaddr_t end)
{
	struct vmspace *vs = x->x_vm;

	for (unsigned i = 0; i < eh->e_phnum; i++) {
		vaddr_t start = bias + ph[i].p_vaddr;

		if (ph[i].p_type != PT_LOAD || ph[i].p_memsz == 0)
			continue;
		if ((ph[i].p_flags & PF_X) && vs->vs_code_end == 0) {
			vs->vs_code_start = start;
			vs->vs_code_end = start + ph[i].p_filesz;
		}
		if (ph[i].p_flags & PF_W) {
			if (vs->vs_data_end == 0)
				vs->vs_data_start = start;
			vs->vs_data_end = start + ph[i].p_filesz;
		}
	}
	vs->vs_brk_start = end + random_pages(x, BRK_RANDOM);
	vs->vs_brk = vs->vs_brk_start;
}

static int
program_map(struct exec *x, const struct elf_header *eh,
    const struct elf_phdr *ph, const struct elf_image *ei)
{
	uint64_t bias = 0, base = ei->ei_start;
	int error;

	if (ei->ei_pie)
		base = roundup2(PIE_BASE + random_pages(x, PIE_RANDOM),
		    ei->ei_align);
	/* It must not reach what moves down from x_cursor, or the stack. */
	if (base >= x->x_cursor ||
	    ei->ei_end - ei->ei_start > x->x_cursor - base)
		return -ENOMEM;
	bias = base - ei->ei_start;
	error = segments_map(x->x_vm, x->x_file, eh, ph, bias);
	if (error != 0)
		return error;
	x->x_main_entry = x->x_entry = bias + ei->ei_entry;
	x->x_phdr = ei->ei_phdr != 0 ? bias + ei->ei_phdr : 0;
	x->x_phnum = eh->e_phnum;
	x->x_exec_stack = ei->ei_exec_stack;
	image_describe(x, eh, ph, bias, bias + ei->ei_end);
	return 0;
}

int
exec_elf_load(struct exec *x)
{
	struct elf_phdr *ph = NULL;
	struct elf_header eh;
	struct elf_image ei;
	int error;

	error = elf_header_check(x->x_head, x->x_headlen, &eh);
	if (error != 0)
		return error;
	error = phdrs_read(x->x_file, x->x_head, x->x_headlen, &eh, &ph);
	if (error != 0)
		return error;
	error = elf_phdrs_check(&eh, ph, USER_MAX, &ei);
	if (error == 0)
		error = program_map(x, &eh, ph, &ei);
	if (error == 0 && ei.ei_interp_len != 0)
		error = interp_find(x, &ei);
	if (error == 0)
		error = vdso_map(x);
	x->x_vm->vs_mmap_top = x->x_cursor;
	kfree(ph);
	return error;
}
