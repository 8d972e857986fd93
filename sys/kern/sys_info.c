/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/sys_info.c: system calls that say what machine and process this
 * is, and the few that change it.
 */
#include "base/kprintf.h"
#include "base/lock.h"
#include "base/page.h"
#include "base/random.h"
#include "base/slab.h"
#include "base/string.h"
#include "base/thread.h"
#include "base/waitq.h"

#include <machine/md.h>

#include "fs/vfs.h"
#include "kern/proc_internal.h"
#include "kern/sysname.h"
#include "version.h"
#include "kern/syscall.h"
#include "vm/object.h"

static struct spinlock name_lock = SPINLOCK_INIT(LR_PROC, "hostname");
static struct utsname names = {
	.un_sysname = "Linux",
	.un_nodename = "rse",
	.un_release = "6.1.0-rse",
	.un_version = "#1 SMP RSE " KERN_VERSION,
	.un_machine = "x86_64",
	.un_domainname = "(none)",
};

void
sysname_get(struct utsname *un)
{
	spin_lock(&name_lock);
	*un = names;
	spin_unlock(&name_lock);
}

long
sys_uname(vaddr_t uname)
{
	struct utsname un;

	sysname_get(&un);
	return copyout(&un, uname, sizeof(un));
}

static int
name_set(char field[65], vaddr_t uname, int len)
{
	char name[65] = { 0 };

	if (!cred_capable(curlwp()->l_cred, CAP_SYS_ADMIN))
		return -EPERM;
	if (len < 0 || len > 64)
		return -EINVAL;
	if (copyin(uname, name, (size_t)len) != 0)
		return -EFAULT;
	spin_lock(&name_lock);
	memcpy(field, name, sizeof(name));
	spin_unlock(&name_lock);
	return 0;
}

long
sys_sethostname(vaddr_t uname, int len)
{
	return name_set(names.un_nodename, uname, len);
}

long
sys_setdomainname(vaddr_t uname, int len)
{
	return name_set(names.un_domainname, uname, len);
}

struct sysinfo {
	int64_t si_uptime;
	uint64_t si_loads[3]; /* 16.16 */
	uint64_t si_totalram, si_freeram, si_sharedram, si_bufferram;
	uint64_t si_totalswap, si_freeswap;
	uint16_t si_procs, si_pad;
	uint64_t si_totalhigh, si_freehigh;
	uint32_t si_mem_unit;
};

long
sys_sysinfo(vaddr_t uinfo)
{
	struct vm_cache_stats cs;
	struct page_stats ps;
	struct sysinfo si;

	memset(&si, 0, sizeof(si));
	page_stats_get(&ps);
	vm_cache_stats_get(&cs);
	si.si_uptime = clock_mono() / NSEC_PER_SEC;
	sched_loadavg(si.si_loads);
	si.si_totalram = ps.ps_total * PAGE_SIZE;
	si.si_freeram = ps.ps_free * PAGE_SIZE;
	si.si_sharedram = cs.cs_shmem * PAGE_SIZE;
	si.si_bufferram = cs.cs_cached * PAGE_SIZE;
	si.si_procs = (uint16_t)MIN(lwp_count(), UINT16_MAX);
	si.si_mem_unit = 1;
	return copyout(&si, uinfo, sizeof(si));
}

long
sys_getpid(void)
{
	return curproc()->p_pid;
}

long
sys_gettid(void)
{
	return curthread()->td_tid;
}

long
sys_getppid(void)
{
	return atomic_load_relaxed(&curproc()->p_ppid);
}

#define GRND_NONBLOCK 1u
#define GRND_RANDOM   2u
#define GRND_INSECURE 4u

long
sys_getrandom(vaddr_t ubuf, size_t len, unsigned flags)
{
	uint8_t buf[256];
	size_t done = 0;

	if (flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	if ((flags & (GRND_RANDOM | GRND_INSECURE)) ==
	    (GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	while (!(flags & GRND_INSECURE) && !random_ready()) {
		if (flags & GRND_NONBLOCK)
			return -EAGAIN;
		if (thread_sleep_until_intr(clock_mono() +
			100 * NSEC_PER_MSEC) != 0)
			return -ERESTARTSYS;
	}
	len = MIN(len, (size_t)INT32_MAX);
	while (done < len) {
		size_t n = MIN(len - done, sizeof(buf));

		random_bytes(buf, n);
		if (copyout(buf, ubuf + done, n) != 0)
			return done != 0 ? (long)done : -EFAULT;
		done += n;
		if (thread_signalled(curthread()) && done < len)
			break;
		sched_point();
	}
	memset(buf, 0, sizeof(buf));
	return (long)done;
}

#define REBOOT_MAGIC1	  0xfee1dead
#define REBOOT_RESTART	  0x01234567u
#define REBOOT_HALT	  0xcdef0123u
#define REBOOT_CAD_ON	  0x89abcdefu
#define REBOOT_CAD_OFF	  0x00000000u
#define REBOOT_POWER_OFF  0x4321fedcu
#define REBOOT_RESTART2	  0xa1b2c3d4u

static bool
reboot_magic2(uint32_t magic)
{
	return magic == 672274793 || magic == 85072278 ||
	    magic == 369367448 || magic == 537993216;
}

long
sys_reboot(int magic1, int magic2, unsigned cmd, vaddr_t arg)
{
	if (!cred_capable(curlwp()->l_cred, CAP_SYS_BOOT))
		return -EPERM;
	if ((uint32_t)magic1 != REBOOT_MAGIC1 ||
	    !reboot_magic2((uint32_t)magic2))
		return -EINVAL;
	switch (cmd) {
	case REBOOT_CAD_ON: /* Ctrl-Alt-Del goes nowhere yet in either state */
		return -EINVAL;
	case REBOOT_CAD_OFF:
		return 0;
	case REBOOT_RESTART:
	case REBOOT_RESTART2:
		kprintf("reboot: restarting\n");
		vfs_shutdown();
		md_reboot();
		break;
	case REBOOT_POWER_OFF:
		kprintf("reboot: power down\n");
		vfs_shutdown();
		md_poweroff();
		break;
	case REBOOT_HALT:
		kprintf("reboot: halted\n");
		vfs_shutdown();
		md_panic_stop(0);
	default:
		return -EINVAL;
	}
	return -EIO; /* the machine did not obey */
}

long
sys_personality(unsigned persona)
{
	struct proc *p = curproc();
	uint32_t old = p->p_persona;

	if (persona == UINT32_MAX)
		return old;
	if ((persona & 0xff) != 0) /* PER_LINUX only */
		return -EINVAL;
	p->p_persona = persona;
	return old;
}

#define MEMBARRIER_CMD_QUERY			   0
#define MEMBARRIER_CMD_GLOBAL			   0x01
#define MEMBARRIER_CMD_GLOBAL_EXPEDITED		   0x02
#define MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED   0x04
#define MEMBARRIER_CMD_PRIVATE_EXPEDITED	   0x08
#define MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED  0x10

static void
barrier_here(void *arg)
{
	atomic_fence();
}

/* The interrupt is the barrier: every CPU passes it before this returns. */
long
sys_membarrier(int cmd, unsigned flags, int cpu)
{
	if (flags != 0)
		return -EINVAL;
	switch (cmd) {
	case MEMBARRIER_CMD_QUERY:
		return MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_GLOBAL_EXPEDITED |
		    MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED |
		    MEMBARRIER_CMD_PRIVATE_EXPEDITED |
		    MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED;
	case MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED:
		return 0;
	case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED:
		atomic_store_relaxed(&curproc()->p_membarrier,
		    MEMBARRIER_CMD_PRIVATE_EXPEDITED);
		return 0;
	case MEMBARRIER_CMD_PRIVATE_EXPEDITED:
		/* Nobody depends on it: but it shows a program's mistake. */
		if (!atomic_load_relaxed(&curproc()->p_membarrier))
			return -EPERM;
		/* FALLTHROUGH */
	case MEMBARRIER_CMD_GLOBAL:
	case MEMBARRIER_CMD_GLOBAL_EXPEDITED:
		atomic_fence();
		if (ncpus > 1)
			md_ipi_call(~UINT64_C(0) >> (64 - ncpus), barrier_here,
			    NULL);
		return 0;
	}
	return -EINVAL;
}
