/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/exec_stack.c: the stack a program starts with.
 *
 *	x_stack_top	8 zero bytes
 *			path of the program (AT_EXECFN)
 *			environment strings
 *			argument strings
 *			"x86_64", 16 random bytes
 *			auxiliary vector
 *			envp[], NULL, argv[], NULL
 *	sp (16-aligned)	argc
 */
#include "base/random.h"
#include "base/string.h"

#include <machine/md.h>

#include "kern/exec.h"
#include "kern/proc_internal.h"
#include "kern/syscall.h"

#define STACK_SLACK   (128u * 1024) /* mapped below what is filled */
#define STACK_RANDOM  22	    /* bits of pages */
#define MMAP_RANDOM   28
#define MMAP_GAP_MIN  (UINT64_C(128) << 20)
#define MMAP_GAP_MAX  (UINT64_C(1) << 44)

enum {
	AT_NULL, AT_PHDR = 3, AT_PHENT, AT_PHNUM, AT_PAGESZ, AT_BASE,
	AT_FLAGS, AT_ENTRY, AT_UID = 11, AT_EUID, AT_GID, AT_EGID,
	AT_PLATFORM, AT_HWCAP, AT_CLKTCK, AT_SECURE = 23, AT_RANDOM = 25,
	AT_HWCAP2, AT_EXECFN = 31, AT_SYSINFO_EHDR = 33, AT_MINSIGSTKSZ = 51,
};

#define AUXV_MAX 24

/* Words that go out in pieces, upwards from sw_at. */
struct stack_writer {
	vaddr_t sw_at;
	unsigned sw_n;
	int sw_error;
	uint64_t sw_word[48];
};

static void
writer_flush(struct stack_writer *sw)
{
	size_t bytes = sw->sw_n * sizeof(uint64_t);

	if (bytes != 0 && sw->sw_error == 0)
		sw->sw_error = copyout(sw->sw_word, sw->sw_at, bytes);
	sw->sw_at += bytes;
	sw->sw_n = 0;
}

static void
writer_put(struct stack_writer *sw, uint64_t word)
{
	sw->sw_word[sw->sw_n++] = word;
	if (sw->sw_n == nitems(sw->sw_word))
		writer_flush(sw);
}

/* Where the stack ends and where mappings begin, by the limits of the caller
 * and by chance. */
static void
stack_place(struct exec *x)
{
	uint64_t limit = proc_rlimit(curproc(), RLIMIT_STACK);
	uint64_t gap = MIN(MAX(limit, MMAP_GAP_MIN), MMAP_GAP_MAX);
	uint64_t stack_rnd = 0, mmap_rnd = 0;

	if (!x->x_no_random) {
		stack_rnd = random_u64() &
		    ((UINT64_C(1) << STACK_RANDOM) - 1);
		mmap_rnd = random_u64() & ((UINT64_C(1) << MMAP_RANDOM) - 1);
	}
	x->x_stack_top = USER_MAX - (stack_rnd << PAGE_SHIFT);
	x->x_cursor = page_trunc(x->x_stack_top - gap) -
	    (mmap_rnd << PAGE_SHIFT);
	x->x_vm->vs_stack_limit = limit;
	x->x_vm->vs_stack_top = x->x_stack_top;
}

int
exec_stack_map(struct exec *x)
{
	const struct exec_args *ea = &x->x_args;
	uint64_t size;
	vaddr_t start;

	stack_place(x);
	size = ea->ea_len + strlen(x->x_path) + 1024 +
	    (ea->ea_argc + ea->ea_envc) * sizeof(vaddr_t);
	size = page_round(size + STACK_SLACK);
	start = x->x_stack_top - size;
	return vm_map(x->x_vm, &start, size,
	    PROT_READ | PROT_WRITE,
	    PROT_READ | PROT_WRITE | PROT_EXEC,
	    MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_GROWSDOWN |
		MAP_STACK, NULL, 0, NULL, "[stack]");
}

/* The addresses of n strings that lie one after the other from str on. */
static const char *
put_pointers(struct stack_writer *sw, const char *str, vaddr_t *addr,
    unsigned n)
{
	for (; n > 0; n--) {
		size_t len = strlen(str) + 1;

		writer_put(sw, *addr);
		*addr += len;
		str += len;
	}
	writer_put(sw, 0);
	return str;
}

static void
put_auxv(struct stack_writer *sw, const struct exec *x, vaddr_t execfn,
    vaddr_t platform, vaddr_t random)
{
	const struct cred *cr = curlwp()->l_cred;
	const struct vmspace *vs = x->x_vm;
	const uint64_t aux[AUXV_MAX][2] = {
		{ AT_SYSINFO_EHDR, vs->vs_vdso },
		{ AT_MINSIGSTKSZ, MINSIGSTKSZ },
		{ AT_HWCAP, md_hwcap() },
		{ AT_PAGESZ, PAGE_SIZE },
		{ AT_CLKTCK, 100 },
		{ AT_PHDR, x->x_phdr },
		{ AT_PHENT, sizeof(struct elf_phdr) },
		{ AT_PHNUM, x->x_phnum },
		{ AT_BASE, x->x_interp_base },
		{ AT_FLAGS, 0 },
		{ AT_ENTRY, x->x_main_entry },
		{ AT_UID, cr->cr_uid },
		{ AT_EUID, cr->cr_euid },
		{ AT_GID, cr->cr_gid },
		{ AT_EGID, cr->cr_egid },
		{ AT_SECURE, x->x_secure },
		{ AT_RANDOM, random },
		{ AT_HWCAP2, md_hwcap2() },
		{ AT_EXECFN, execfn },
		{ AT_PLATFORM, platform },
		{ AT_NULL, 0 },
	};

	for (unsigned i = vs->vs_vdso == 0 ? 1 : 0;; i++) {
		writer_put(sw, aux[i][0]);
		writer_put(sw, aux[i][1]);
		if (aux[i][0] == AT_NULL)
			break;
	}
}

int
exec_stack_fill(struct exec *x, vaddr_t *sp)
{
	static const char platform[8] = "x86_64";
	const struct exec_args *ea = &x->x_args;
	size_t pathlen = strlen(x->x_path) + 1;
	struct vmspace *vs = x->x_vm;
	struct stack_writer sw = { 0 };
	vaddr_t execfn, strings, random, at;
	uint64_t entropy[2] = { random_u64(), random_u64() };
	const char *str;
	size_t words;

	execfn = x->x_stack_top - 8 - pathlen;
	strings = execfn - ea->ea_len;
	at = rounddown2(strings, 16) - 16 - sizeof(platform);
	random = at - sizeof(entropy);
	if (copyout(x->x_path, execfn, pathlen) != 0 ||
	    copyout(ea->ea_buf, strings, ea->ea_len) != 0 ||
	    copyout(platform, at, sizeof(platform)) != 0 ||
	    copyout(entropy, random, sizeof(entropy)) != 0)
		return -EFAULT;
	vs->vs_arg_start = strings;
	vs->vs_arg_end = vs->vs_env_start = strings + ea->ea_arglen;
	vs->vs_env_end = strings + ea->ea_len;

	words = 1 + ea->ea_argc + 1 + ea->ea_envc + 1 + 2 * AUXV_MAX;
	sw.sw_at = rounddown2(random - words * sizeof(uint64_t), 16);
	*sp = sw.sw_at;
	writer_put(&sw, ea->ea_argc);
	str = put_pointers(&sw, ea->ea_buf, &strings, ea->ea_argc);
	(void)put_pointers(&sw, str, &strings, ea->ea_envc);
	put_auxv(&sw, x, execfn, at, random);
	writer_flush(&sw);
	return sw.sw_error;
}
