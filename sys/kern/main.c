/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/main.c: from a running CPU to the first process.
 *
 * kernel_main() runs in the context the boot CPU started in, which becomes
 * its idle thread; what may sleep (drivers, the root file system) is done by
 * the thread "start", which ends by starting init.
 */
#include <machine/cpu.h>
#include <machine/md.h>

#include "base/bootopt.h"
#include "base/clock.h"
#include "base/init.h"
#include "base/kprintf.h"
#include "base/page.h"
#include "base/panic.h"
#include "base/thread.h"

#include "dev/bdev.h"
#include "fs/devfs.h"
#include "fs/vfs.h"
#include "kern/proc.h"
#include "vm/vmspace.h"

#define ROOT_DEFAULT "/dev/vda2"

static int
tell_disk(struct bdev *bd, void *arg)
{
	klog(KLOG_ERR, "  %s, %llu MiB\n", bd->bd_name,
	    (unsigned long long)(bd->bd_sectors / 2048));
	return 0;
}

static void
mount_root(void)
{
	const char *root = boot_option("root");
	const char *type = boot_option("rootfstype");
	unsigned flags = boot_option("ro") != NULL ? MNT_RDONLY : 0;
	int err;

	if (root == NULL)
		root = ROOT_DEFAULT;
	if (type == NULL)
		type = "ext2";
	err = vfs_mount_root(root, type, flags | MNT_RELATIME);
	if (err == 0) {
		err = devfs_start();
		if (err != 0)
			klog(KLOG_ERR, "cannot mount /dev: error %d\n", -err);
		return;
	}
	klog(KLOG_ERR, "cannot mount %s (%s) as root: error %d\n", root, type,
	    -err);
	klog(KLOG_ERR, "block devices found:\n");
	(void)bdev_foreach(tell_disk, NULL);
	panic("no root file system; try root=DEVICE on the command line");
}

static void
start(void *arg)
{
	init_run_stage(INIT_DRIVER);
	init_run_stage(INIT_LATE);
	mount_root();
	kprintf("start: init, %lld ms after entry\n",
	    (long long)(clock_mono() / NSEC_PER_MSEC));
	proc_start_init();
}

void
kernel_main(void)
{
	struct cpu *c = curcpu();
	struct page_stats ps;

	thread_init();
	page_cpu_init(c);
	timer_init_cpu(c);
	sched_init_cpu(c);
	page_stats_get(&ps);
	kprintf("RSE: %llu MiB of memory, %llu KiB taken; command line: %s\n",
	    (unsigned long long)(ps.ps_total >> (20 - PAGE_SHIFT)),
	    (unsigned long long)(ps.ps_kernel << (PAGE_SHIFT - 10)),
	    boot_cmdline());
	init_run_stage(INIT_EARLY);
	vm_init();
	vfs_init();
	init_run_stage(INIT_SUBSYS);
	(void)kthread_start("start", start, NULL);
	intr_enable();
	sched_idle_loop();
}
