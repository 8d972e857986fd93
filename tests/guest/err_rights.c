/* SPDX-License-Identifier: MIT */
/*
 * tests/guest/err_rights.c - who may: users, limits, the scheduler, the system.
 *
 * calls: getuid geteuid getgid getegid setuid setgid setreuid setregid
 * calls: setresuid setresgid getresuid getresgid setfsuid setfsgid getgroups
 * calls: setgroups capget capset getrlimit setrlimit prlimit64 getrusage
 * calls: getpriority setpriority sched_setparam sched_getparam
 * calls: sched_setscheduler sched_getscheduler sched_get_priority_max
 * calls: sched_get_priority_min sched_rr_get_interval sched_setaffinity
 * calls: sched_getaffinity sched_yield uname sysinfo syslog sethostname
 * calls: setdomainname reboot mount umount2
 */
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sched.h>
#include <time.h>

#include "err.h"

#define NO_PID	4194303

static void
ids_refuse(void)
{
	static gid_t many[65537];
	int a, b, c;

	FAULT_OUT(getresuid, bad, &b, &c);
	FAULT_OUT(getresuid, &a, &b, bad);
	FAULT_OUT(getresgid, &a, bad, &c);
	OK(setgroups, 2, many);
	FAULT_OUT(getgroups, 4, bad);
	ERR(EINVAL, getgroups, -1, many);
	ERR(EINVAL, getgroups, 1, many);
	CHECK_EQ(SYS(getgroups, 0, 1), 2);
	FAULT(setgroups, 2, bad);
	ERR(EINVAL, setgroups, 65537, many);
	ERR(EINVAL, setgroups, -1, many);
	ERR(EINVAL, setuid, -1);
	ERR(EINVAL, setgid, -1);
	CHECK_EQ(SYS(setfsuid, -1), 0);
	CHECK_EQ(SYS(setfsgid, -1), 0);
	AS_USER {
		CHECK_EQ(SYS(getuid), USER_ID);
		CHECK_EQ(SYS(geteuid), USER_ID);
		CHECK_EQ(SYS(getgid), USER_ID);
		CHECK_EQ(SYS(getegid), USER_ID);
		ERR(EPERM, setuid, 0);
		ERR(EPERM, setgid, 0);
		ERR(EPERM, setreuid, 0, -1);
		ERR(EPERM, setreuid, -1, 0);
		ERR(EPERM, setregid, 0, -1);
		ERR(EPERM, setregid, -1, 0);
		ERR(EPERM, setresuid, -1, 0, -1);
		ERR(EPERM, setresuid, -1, -1, 0);
		ERR(EPERM, setresgid, 0, -1, -1);
		ERR(EPERM, setgroups, 0, NULL);
		OK(setresuid, -1, -1, -1);
		/* These two say nothing: ask again what it is. */
		CHECK_EQ(SYS(setfsuid, 0), USER_ID);
		CHECK_EQ(SYS(setfsuid, -1), USER_ID);
		CHECK_EQ(SYS(setfsgid, 0), USER_ID);
		CHECK_EQ(SYS(setfsgid, -1), USER_ID);
	}
}

static void
capabilities_refuse(void)
{
	struct { uint32_t version; int pid; } head = { 0x20080522, 0 };
	uint32_t data[6] = { 0 };

	FAULT_OUT(capget, &head, bad);
	FAULT(capget, bad, data);
	FAULT(capset, bad, data);
	FAULT(capset, &head, bad);
	head.version = 1;
	ERR(EINVAL, capget, &head, data);
	CHECK_EQ(head.version, 0x20080522);	/* the one it prefers */
	head.version = 1;
	OK(capget, &head, NULL);
	head.version = 1;
	ERR(EINVAL, capset, &head, data);
	head.version = 0x20080522;
	head.pid = -1;
	ERR(EINVAL, capget, &head, data);
	head.pid = NO_PID;
	ERR(ESRCH, capget, &head, data);
	head.pid = 1;
	ERR(EPERM, capset, &head, data);	/* not this process */
	head.pid = 0;
	AS_USER {
		data[1] = 1;			/* permitted: grows */
		ERR(EPERM, capset, &head, data);
		data[1] = 0;
		data[0] = 1;			/* effective: not permitted */
		ERR(EPERM, capset, &head, data);
	}
}

static void
limits_refuse(void)
{
	struct rlimit rl = { 10, 5 }, ok;
	struct rusage ru;

	FAULT_OUT(getrlimit, RLIMIT_NOFILE, bad);
	FAULT(setrlimit, RLIMIT_NOFILE, bad);
	FAULT(prlimit64, 0, RLIMIT_NOFILE, bad, NULL);
	FAULT_OUT(prlimit64, 0, RLIMIT_NOFILE, NULL, bad);
	ERR(EINVAL, getrlimit, 16, &rl);
	ERR(EINVAL, setrlimit, -1, &rl);
	ERR(EINVAL, setrlimit, RLIMIT_CORE, &rl);
	ERR(EINVAL, prlimit64, 0, 16, NULL, &ok);
	ERR(ESRCH, prlimit64, NO_PID, RLIMIT_CORE, NULL, &ok);
	rl.rlim_cur = rl.rlim_max = 1 << 30;
	ERR(EPERM, setrlimit, RLIMIT_NOFILE, &rl);	/* above nr_open */
	rl.rlim_cur = rl.rlim_max = 5;
	OK(setrlimit, RLIMIT_CORE, &rl);
	AS_USER {
		rl.rlim_max = 6;
		ERR(EPERM, setrlimit, RLIMIT_CORE, &rl);
		ERR(EPERM, prlimit64, 0, RLIMIT_CORE, &rl, NULL);
		ERR(EPERM, prlimit64, 1, RLIMIT_CORE, NULL, &ok);
	}
	FAULT_OUT(getrusage, RUSAGE_SELF, bad);
	ERR(EINVAL, getrusage, 2, &ru);
	ERR(EINVAL, getrusage, -3, &ru);
}

static void
priorities_refuse(void)
{
	ERR(EINVAL, getpriority, 3, 0);
	ERR(EINVAL, setpriority, -1, 0, 0);
	ERR(ESRCH, getpriority, PRIO_PROCESS, NO_PID);
	ERR(ESRCH, setpriority, PRIO_PROCESS, NO_PID, 0);
	ERR(ESRCH, getpriority, PRIO_PGRP, NO_PID);
	ERR(ESRCH, getpriority, PRIO_USER, 54321);
	AS_USER {
		ERR(EACCES, setpriority, PRIO_PROCESS, 0, -1);
		ERR(EPERM, setpriority, PRIO_PROCESS, 1, 5);
	}
}

static void
scheduler_refuses(void)
{
	struct sched_param sp = { .sched_priority = 1 };
	unsigned long mask[128] = { 0 };
	struct timespec ts;

	OK(sched_yield);
	FAULT(sched_setparam, 0, bad);
	FAULT_OUT(sched_getparam, 0, bad);
	FAULT(sched_setscheduler, 0, SCHED_OTHER, bad);
	FAULT_OUT(sched_rr_get_interval, 0, bad);
	ERR(EINVAL, sched_setparam, 0, NULL);
	ERR(EINVAL, sched_setparam, -1, &sp);
	ERR(EINVAL, sched_setparam, 0, &sp);	/* 1 with SCHED_OTHER */
	ERR(EINVAL, sched_getparam, -1, &sp);
	ERR(EINVAL, sched_getparam, 0, NULL);
	ERR(ESRCH, sched_setparam, NO_PID, &sp);
	ERR(ESRCH, sched_getparam, NO_PID, &sp);
	ERR(EINVAL, sched_setscheduler, 0, SCHED_OTHER, &sp);
	ERR(EINVAL, sched_setscheduler, 0, 99, &sp);
	ERR(EINVAL, sched_setscheduler, 0, -1, &sp);
	ERR(EINVAL, sched_setscheduler, -1, SCHED_OTHER, &sp);
	ERR(ESRCH, sched_setscheduler, NO_PID, SCHED_OTHER, &sp);
	ERR(ESRCH, sched_getscheduler, NO_PID);
	ERR(EINVAL, sched_getscheduler, -1);
	ERR(EINVAL, sched_get_priority_max, 99);
	ERR(EINVAL, sched_get_priority_min, -1);
	ERR(EINVAL, sched_rr_get_interval, -1, &ts);
	ERR(ESRCH, sched_rr_get_interval, NO_PID, &ts);
	FAULT(sched_setaffinity, 0, 8, bad);
	FAULT_OUT(sched_getaffinity, 0, 128, bad);
	ERR(EINVAL, sched_setaffinity, 0, 8, mask);	/* nowhere */
	ERR(EINVAL, sched_getaffinity, 0, 7, mask);
	ERR(EINVAL, sched_getaffinity, 0, 0, mask);
	ERR(ESRCH, sched_getaffinity, NO_PID, sizeof(mask), mask);
	mask[0] = 1;
	ERR(ESRCH, sched_setaffinity, NO_PID, 8, mask);
	sp.sched_priority = 0;
	AS_USER {
		ERR(EPERM, sched_setaffinity, 1, 8, mask);
		ERR(EPERM, sched_setscheduler, 1, SCHED_BATCH, &sp);
		ERR(EPERM, sched_setparam, 1, &sp);
		sp.sched_priority = 1;
		ERR(EPERM, sched_setscheduler, 0, SCHED_FIFO, &sp);
	}
}

static void
the_system_refuses(void)
{
	char buf[100];

	FAULT_OUT(uname, bad);
	FAULT_OUT(sysinfo, bad);
	FAULT(sethostname, bad, 5);
	FAULT(setdomainname, bad, 5);
	ERR(EINVAL, sethostname, "x", -1);
	ERR(EINVAL, sethostname, buf, 65);
	ERR(EINVAL, setdomainname, "x", -1);
	ERR(EINVAL, setdomainname, buf, 65);
	ERR(EINVAL, syslog, 99, buf, 10);
	ERR(EINVAL, syslog, 3, NULL, 10);
	ERR(EINVAL, syslog, 3, buf, -1);
	ERR(EINVAL, syslog, 8, NULL, 0);
	ERR(EINVAL, syslog, 8, NULL, 9);
	ERR(EFAULT, syslog, 3, err_bad_(6), 100);
	ERR(EINVAL, reboot, 1, 2, 0, NULL);
	ERR(EINVAL, reboot, 0xfee1dead, 0x28121969, 0x12345, NULL);
	AS_USER {
		ERR(EPERM, sethostname, "x", 1);
		ERR(EPERM, setdomainname, "x", 1);
		ERR(EPERM, syslog, 5, NULL, 0);		/* clear */
		ERR(EPERM, reboot, 0xfee1dead, 0x28121969, 0, NULL);
	}
}

static void
mounts_refuse(void)
{
	int fd;

	fresh_dir();
	fd = new_file("f", "x");
	OK(mkdir, "d", 0755);
	FAULT(mount, "tmpfs", bad, "tmpfs", 0, NULL);
	FAULT(mount, "tmpfs", "d", bad, 0, NULL);
	FAULT(mount, bad, "d", "tmpfs", 0, NULL);
	FAULT(umount2, bad, 0);
	ERR(ENODEV, mount, "x", "d", "nosuchfs", 0, NULL);
	ERR(ENOENT, mount, "tmpfs", "none", "tmpfs", 0, NULL);
	ERR(ENOTDIR, mount, "tmpfs", "f", "tmpfs", 0, NULL);
	ERR(ENOTDIR, mount, "tmpfs", "f/x", "tmpfs", 0, NULL);
	ERR(ENOENT, mount, "/dev/nosuch", "d", "ext2", 0, NULL);
	ERR(ENOTBLK, mount, "/dev/null", "d", "ext2", 0, NULL);
	ERR(EINVAL, mount, NULL, "d", NULL, MS_REMOUNT, NULL);
	ERR(EINVAL, mount, NULL, "d", "ext2", 0, NULL);
	ERR(EINVAL, mount, NULL, "d", NULL, MS_BIND, NULL);
	ERR(EINVAL, mount, NULL, "d", NULL, MS_MOVE, NULL);
	ERR(EINVAL, mount, "d", "d", NULL, MS_MOVE, NULL);
	ERR(EINVAL, umount2, "d", 0);
	ERR(EINVAL, umount2, "f", 0);
	ERR(ENOENT, umount2, "none", 0);
	ERR(ENOENT, umount2, "", 0);
	ERR(EINVAL, umount2, "d", 0x100);
	OK(mount, "tmpfs", "d", "tmpfs", 0, NULL);
	ERR(EINVAL, umount2, "d", MNT_EXPIRE | MNT_FORCE);
	fd = open("d/f", O_CREAT | O_RDWR, 0644);
	ERR(EBUSY, umount2, "d", 0);
	ERR(EBUSY, mount, NULL, "d", NULL, MS_REMOUNT | MS_RDONLY, NULL);
	close(fd);
	OK(umount2, "d", 0);
	OK(mount, NULL, "d", "tmpfs", 0, NULL);
	OK(mount, NULL, "d", NULL, MS_PRIVATE, NULL);
	OK(mkdir, "e", 0755);
	OK(mount, "d", "e", NULL, MS_MOVE, NULL);
	ERR(EINVAL, umount2, "d", 0);
	OK(mkdir, "e/sub", 0755);
	ERR(ELOOP, mount, "e", "e/sub", NULL, MS_MOVE, NULL);
	OK(umount2, "e", 0);
	AS_USER {
		ERR(EPERM, mount, "tmpfs", "d", "tmpfs", 0, NULL);
		ERR(EPERM, umount2, "/proc", 0);
	}
}

int
main(void)
{
	TAP_RUN(ids_refuse);
	TAP_RUN(capabilities_refuse);
	TAP_RUN(limits_refuse);
	TAP_RUN(priorities_refuse);
	TAP_RUN(scheduler_refuses);
	TAP_RUN(the_system_refuses);
	TAP_RUN(mounts_refuse);
	return tap_end();
}
