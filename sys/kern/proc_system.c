/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/proc_system.c: the system as files: version, uptime, loadavg, stat,
 * cpuinfo, interrupts, cmdline, filesystems, and what there is of net.
 */
#include "base/bootopt.h"
#include "base/clock.h"
#include "base/init.h"
#include "base/kprintf.h"
#include "base/thread.h"

#include <abi/errno.h>
#include <machine/md.h>

#include "fs/vfs.h"
#include "kern/proc_fs.h"
#include "kern/sysname.h"

/* What an idle CPU has not yet added to its account counts too. */
static nsec_t
idle_time(const struct cpu *c)
{
	nsec_t t = atomic_load_relaxed(&c->c_idle_time);

	if (c->c_thread == c->c_idle && c != curcpu())
		t += MAX(clock_mono() - c->c_idle->td_switched, 0);
	return t;
}

static int
show_version(struct proctext *pt, const struct prockey *key)
{
	struct utsname un;

	sysname_get(&un);
	proc_printf(pt, "%s version %s (gcc %s) %s\n", un.un_sysname,
	    un.un_release, __VERSION__, un.un_version);
	return 0;
}

static int
show_uptime(struct proctext *pt, const struct prockey *key)
{
	nsec_t idle = 0, up = clock_mono();
	unsigned i;

	for (i = 0; i < ncpus; i++)
		idle += idle_time(cpus[i]);
	proc_printf(pt, "%lld.%02lld %lld.%02lld\n",
	    (long long)(up / NSEC_PER_SEC),
	    (long long)(up / (NSEC_PER_SEC / 100) % 100),
	    (long long)(idle / NSEC_PER_SEC),
	    (long long)(idle / (NSEC_PER_SEC / 100) % 100));
	return 0;
}

static int
pid_newer(struct proc *p, void *arg)
{
	struct proc **newest = arg;

	if (*newest == NULL || p->p_start > (*newest)->p_start)
		*newest = p;
	return 0;
}

static int
show_loadavg(struct proctext *pt, const struct prockey *key)
{
	struct proc *newest = NULL;
	uint64_t load[3];
	pid_t last = 0;
	int i;

	mutex_lock(&proctree_lock);
	(void)proc_foreach(pid_newer, &newest);
	if (newest != NULL)
		last = newest->p_pid;
	mutex_unlock(&proctree_lock);
	sched_loadavg(load);
	for (i = 0; i < 3; i++) {
		uint64_t v = load[i] + 65536 / 200; /* rounded to hundredths */

		proc_printf(pt, "%llu.%02llu ", (unsigned long long)(v >> 16),
		    (unsigned long long)(((v & 0xffff) * 100) >> 16));
	}
	proc_printf(pt, "%u/%u %d\n", sched_runnable(), lwp_count(), last);
	return 0;
}

static void
put_cpu(struct proctext *pt, nsec_t user, nsec_t sys, nsec_t idle)
{
	proc_printf(pt, " %lld 0 %lld %lld 0 0 0 0 0 0\n",
	    (long long)(user / NSEC_PER_TICK), (long long)(sys / NSEC_PER_TICK),
	    (long long)(idle / NSEC_PER_TICK));
}

static void
count_blocked(struct thread *td, void *arg)
{
	unsigned *n = arg;

	if (td->td_lwp != NULL && td->td_state == TS_SLEEPING)
		++*n;
}

static int
show_stat(struct proctext *pt, const struct prockey *key)
{
	nsec_t user = 0, sys = 0, idle = 0;
	uint64_t nintr = 0, nswitch = 0;
	unsigned i, blocked = 0;

	for (i = 0; i < ncpus; i++) {
		user += cpus[i]->c_user_time;
		sys += cpus[i]->c_sys_time;
		idle += idle_time(cpus[i]);
		nintr += cpus[i]->c_nintr;
		nswitch += cpus[i]->c_nswitch;
	}
	proc_puts(pt, "cpu ");
	put_cpu(pt, user, sys, idle);
	for (i = 0; i < ncpus; i++) {
		proc_printf(pt, "cpu%u", i);
		put_cpu(pt, cpus[i]->c_user_time, cpus[i]->c_sys_time,
		    idle_time(cpus[i]));
	}
	thread_foreach(count_blocked, &blocked);
	proc_printf(pt, "intr %llu\nctxt %llu\nbtime %lld\nprocesses %llu\n",
	    (unsigned long long)nintr, (unsigned long long)nswitch,
	    (long long)((clock_real() - clock_mono()) / NSEC_PER_SEC),
	    (unsigned long long)sched_forks());
	proc_printf(pt, "procs_running %u\nprocs_blocked %u\n",
	    sched_runnable(), blocked);
	return 0;
}

static int
show_cpuinfo(struct proctext *pt, const struct prockey *key)
{
	unsigned i, mhz = md_cpu_mhz();
	char model[64], *flags;

	for (i = 0; i < ncpus; i++) {
		md_cpu_model(i, model, sizeof(model));
		proc_printf(pt, "processor\t: %u\nmodel name\t: %s\n"
				"cpu MHz\t\t: %u.000\n", i, model, mhz);
		proc_printf(pt, "apicid\t\t: %u\nflags\t\t: ",
		    cpus[i]->c_lapic_id);
		flags = proc_reserve(pt, 2048);
		if (flags != NULL) {
			md_cpu_flags(flags, 2048);
			pt->pt_len += __builtin_strlen(flags);
		}
		proc_puts(pt, "\naddress sizes\t: 48 bits virtual\n\n");
	}
	return 0;
}

static int
show_interrupts(struct proctext *pt, const struct prockey *key)
{
	size_t size = 4096 + 256 * (32 + 12 * (size_t)ncpus);
	char *to = proc_reserve(pt, size);

	if (to != NULL) {
		md_interrupts_format(to, size);
		pt->pt_len += __builtin_strlen(to);
	}
	return 0;
}

static int
show_cmdline(struct proctext *pt, const struct prockey *key)
{
	proc_printf(pt, "%s\n", boot_cmdline());
	return 0;
}

static int
show_filesystems(struct proctext *pt, const struct prockey *key)
{
	size_t want = 0, room;
	char *to;

	do {
		room = want + 512;
		to = proc_reserve(pt, room);
		want = to != NULL ? vfs_format_filesystems(to, room) : 0;
	} while (want >= room);
	pt->pt_len += want;
	return 0;
}

static int
show_nothing(struct proctext *pt, const struct prockey *key)
{
	return 0;
}

static ssize_t
mounts_readlink(const struct prockey *key, char *buf, size_t size)
{
	return ksnprintf(buf, size, "self/mounts");
}

/* --- net: there are no interfaces, routes or internet sockets ----------- */

static int
show_net_dev(struct proctext *pt, const struct prockey *key)
{
	proc_puts(pt,
	    "Inter-|   Receive                            "
	    "                    |  Transmit\n"
	    " face |bytes    packets errs drop fifo frame "
	    "compressed multicast|bytes    packets errs "
	    "drop fifo colls carrier compressed\n");
	return 0;
}

static int
show_net_route(struct proctext *pt, const struct prockey *key)
{
	proc_printf(pt, "%-127s\n",
	    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t"
	    "\tMTU\tWindow\tIRTT");
	return 0;
}

static int
show_net_tcp(struct proctext *pt, const struct prockey *key)
{
	proc_printf(pt, "%-149s\n",
	    "  sl  local_address rem_address   st tx_queue rx_queue tr "
	    "tm->when retrnsmt   uid  timeout inode");
	return 0;
}

static int
show_net_udp(struct proctext *pt, const struct prockey *key)
{
	proc_printf(pt, "%-127s\n",
	    "   sl  local_address rem_address   st tx_queue rx_queue tr "
	    "tm->when retrnsmt   uid  timeout inode ref pointer drops");
	return 0;
}

#define ROW(name, show)                                                      \
	{ .pe_name = name, .pe_type = VREG, .pe_mode = 0444, .pe_show = show }

static const struct procent net_table[] = {
	ROW("dev", show_net_dev),
	ROW("route", show_net_route),
	ROW("tcp", show_net_tcp),
	ROW("udp", show_net_udp),
	ROW("raw", show_net_udp),
	{ .pe_name = NULL },
};

static const struct procent system_table[] = {
	ROW("version", show_version),
	ROW("uptime", show_uptime),
	ROW("loadavg", show_loadavg),
	ROW("stat", show_stat),
	ROW("cpuinfo", show_cpuinfo),
	ROW("interrupts", show_interrupts),
	ROW("cmdline", show_cmdline),
	ROW("filesystems", show_filesystems),
	ROW("modules", show_nothing),
	{ .pe_name = "mounts", .pe_type = VLNK, .pe_mode = 0777,
		.pe_readlink = mounts_readlink },
	{ .pe_name = "net", .pe_type = VDIR, .pe_mode = 0555,
		.pe_table = net_table },
	{ .pe_name = NULL },
};

static void
proc_system_init(void)
{
	procfs_register("", system_table);
}
INIT(INIT_SUBSYS, 51, proc_system_init);
