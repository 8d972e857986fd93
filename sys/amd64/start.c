/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/start.c: sets CPU 0 up, in order, and enters the kernel proper.
 *
 * Compiled without the stack protector, because it sets the canary.
 */
#include "base/bootopt.h"
#include "base/clock.h"
#include "base/bootopt.h"
#include "base/init.h"
#include "base/kprintf.h"
#include "base/kva.h"
#include "base/page.h"
#include "base/panic.h"
#include "base/random.h"
#include "base/slab.h"
#include "base/string.h"
#include "base/thread.h"

#include "dev/ramdisk.h"

#include "amd64/amd64.h"
#include "amd64/fpu.h"

void machine_start(struct bootinfo *) __noreturn;

static void
boot_cpu_init(const struct bootinfo *bi)
{
	uint64_t seed;

	/* Its lowest byte is 0, so that no string runs over it. */
	memcpy(&seed, bi->bi_seed, sizeof(seed));
	boot_cpu.c_canary = (seed ^ cpu_ticks()) & ~0xffUL;
	cpus[0] = &boot_cpu;
	ncpus = 1;
}

/* Called by start.S; interrupts stay off until the scheduler runs. */
void
machine_start(struct bootinfo *bi)
{
	boot_cpu_init(bi);
	gdt_init(&boot_cpu);
	idt_init();
	idt_load();
	uart_early_init();
	if (bi->bi_magic != BI_MAGIC || bi->bi_version != BI_VERSION)
		panic("the loader speaks another version of the hand-over");
	boot_options_set(phys_to_virt(bi->bi_cmdline));
	symbols_init(bi);
	ramdisk_set(bi->bi_ramdisk, bi->bi_ramdisk_size);
	boot_options_set(phys_to_virt(bi->bi_cmdline));
	cpuid_init();
	smap_patch(bi);
	cpu_control_init();
	syscall_init_cpu();

	page_init(bi);
	pmap_bootstrap(bi);
	slab_init();
	fpu_init();
	if (ist_init(&boot_cpu) != 0)
		panic("no memory for exception stacks");
	random_init(bi->bi_seed, sizeof(bi->bi_seed));
	memset(bi->bi_seed, 0, sizeof(bi->bi_seed));
	platform_init(bi);
	clock_set_real(bi->bi_unix_time * NSEC_PER_SEC);
	kernel_main();
}

INIT(INIT_SUBSYS, 900, smp_start);
