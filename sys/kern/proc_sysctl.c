/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/proc_sysctl.c: /proc/sys: what can be asked about the system, and
 * what little can be set. A file here holds what is true; settings that would
 * change nothing are read-only.
 */
#include "base/init.h"
#include "base/kprintf.h"
#include "base/random.h"
#include "base/string.h"

#include <abi/errno.h>

#include "fs/file.h"
#include "fs/vfs.h"
#include "kern/fd.h"
#include "kern/pipe.h"
#include "kern/proc_fs.h"
#include "kern/sysname.h"
#include "vm/object.h"

#define SYSNAME_ROW(word)                                                    \
	static int show_##word(struct proctext *pt, const struct prockey *key) \
	{                                                                    \
		struct utsname un;                                           \
                                                                             \
		sysname_get(&un);                                            \
		proc_printf(pt, "%s\n", un.un_##word);                       \
		return 0;                                                    \
	}
SYSNAME_ROW(sysname)
SYSNAME_ROW(nodename)
SYSNAME_ROW(release)
SYSNAME_ROW(version)
SYSNAME_ROW(domainname)

static int
show_pid_max(struct proctext *pt, const struct prockey *key)
{
	proc_printf(pt, "%d\n", PID_MAX);
	return 0;
}

static int
show_ngroups_max(struct proctext *pt, const struct prockey *key)
{
	proc_printf(pt, "%d\n", NGROUPS_MAX);
	return 0;
}

static int
show_cap_last_cap(struct proctext *pt, const struct prockey *key)
{
	proc_printf(pt, "%d\n", CAP_LAST);
	return 0;
}

/* Console level, then what Linux has beside it: the level of messages without
 * one, the least level that can be set, and the level at boot. */
static int
show_printk(struct proctext *pt, const struct prockey *key)
{
	proc_printf(pt, "%d\t%d\t%d\t%d\n", klog_console_level(-1), KLOG_INFO,
	    1, KLOG_DEBUG);
	return 0;
}

static int
store_printk(const struct prockey *key, char *text, size_t n)
{
	const char *end;
	uint64_t level;

	if (!cred_capable(curlwp()->l_cred, CAP_SYS_ADMIN))
		return -EPERM;
	if (str_to_u64(text, &end, 10, &level) != 0 || level < 1 || level > 8)
		return -EINVAL;
	(void)klog_console_level((int)level);
	return 0;
}

/*
 * Memory that only speeds things up is given back: 1 pages, 2 names and
 * vnodes, 3 both. What is dirty or in use stays.
 */
static int
store_drop_caches(const struct prockey *key, char *text, size_t n)
{
	const char *end;
	uint64_t what;

	if (!cred_capable(curlwp()->l_cred, CAP_SYS_ADMIN))
		return -EPERM;
	if (str_to_u64(text, &end, 10, &what) != 0 || what < 1 || what > 3)
		return -EINVAL;
	if (what & 2)
		vfs_drop_names();
	if (what & 1)
		vm_cache_drop();
	return 0;
}

/* --- random ------------------------------------------------------------- */

static void
put_uuid(struct proctext *pt, const uint8_t u[16])
{
	int i;

	for (i = 0; i < 16; i++)
		proc_printf(pt, "%s%02x",
		    i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", u[i]);
	proc_puts(pt, "\n");
}

static void
uuid_make(uint8_t u[16])
{
	random_bytes(u, 16);
	u[6] = (u[6] & 0x0f) | 0x40; /* version 4, random */
	u[8] = (u[8] & 0x3f) | 0x80;
}

static int
show_uuid(struct proctext *pt, const struct prockey *key)
{
	uint8_t u[16];

	uuid_make(u);
	put_uuid(pt, u);
	return 0;
}

static int
show_boot_id(struct proctext *pt, const struct prockey *key)
{
	static struct spinlock lock = SPINLOCK_INIT(LR_PROC, "boot_id");
	static uint8_t boot_id[16];
	static bool made;

	spin_lock(&lock);
	if (!made)
		uuid_make(boot_id);
	made = true;
	spin_unlock(&lock);
	put_uuid(pt, boot_id);
	return 0;
}

static int
show_entropy(struct proctext *pt, const struct prockey *key)
{
	proc_printf(pt, "%d\n", random_ready() ? 256 : 0);
	return 0;
}

static int
show_poolsize(struct proctext *pt, const struct prockey *key)
{
	proc_puts(pt, "256\n");
	return 0;
}

/* --- vm, fs ------------------------------------------------------------- */

/* 0: a mapping that could never be filled is refused, others are not. */
static int
show_overcommit(struct proctext *pt, const struct prockey *key)
{
	proc_puts(pt, "0\n");
	return 0;
}

static int
show_file_nr(struct proctext *pt, const struct prockey *key)
{
	proc_printf(pt, "%llu\t0\t%lld\n", (unsigned long long)file_count(),
	    (long long)INT64_MAX);
	return 0;
}

static int
show_file_max(struct proctext *pt, const struct prockey *key)
{
	proc_printf(pt, "%lld\n", (long long)INT64_MAX);
	return 0;
}

static int
show_nr_open(struct proctext *pt, const struct prockey *key)
{
	proc_printf(pt, "%u\n", OPEN_MAX_HARD);
	return 0;
}

static int
show_pipe_max(struct proctext *pt, const struct prockey *key)
{
	proc_printf(pt, "%llu\n", (unsigned long long)PIPE_SIZE_MAX);
	return 0;
}

/* --- tables ------------------------------------------------------------- */

#define ROW(name, show)                                                      \
	{ .pe_name = name, .pe_type = VREG, .pe_mode = 0444, .pe_show = show }
#define DIR(name, table)                                                     \
	{ .pe_name = name, .pe_type = VDIR, .pe_mode = 0555, .pe_table = table }
#define END { .pe_name = NULL }

static const struct procent random_table[] = {
	ROW("boot_id", show_boot_id),
	ROW("uuid", show_uuid),
	ROW("entropy_avail", show_entropy),
	ROW("poolsize", show_poolsize),
	END,
};

static const struct procent kernel_table[] = {
	ROW("ostype", show_sysname),
	ROW("hostname", show_nodename),
	ROW("osrelease", show_release),
	ROW("version", show_version),
	ROW("domainname", show_domainname),
	ROW("pid_max", show_pid_max),
	ROW("ngroups_max", show_ngroups_max),
	ROW("cap_last_cap", show_cap_last_cap),
	{ .pe_name = "printk", .pe_type = VREG, .pe_mode = 0644,
		.pe_show = show_printk, .pe_store = store_printk },
	DIR("random", random_table),
	END,
};

static const struct procent vm_table[] = {
	ROW("overcommit_memory", show_overcommit),
	{ .pe_name = "drop_caches", .pe_type = VREG, .pe_mode = 0200,
		.pe_store = store_drop_caches },
	END,
};

static const struct procent fs_table[] = {
	ROW("file-nr", show_file_nr),
	ROW("file-max", show_file_max),
	ROW("nr_open", show_nr_open),
	ROW("pipe-max-size", show_pipe_max),
	END,
};

static const struct procent sys_table[] = {
	DIR("kernel", kernel_table),
	DIR("vm", vm_table),
	DIR("fs", fs_table),
	END,
};

static const struct procent top_table[] = {
	DIR("sys", sys_table),
	END,
};

static void
proc_sysctl_init(void)
{
	procfs_register("", top_table);
}
INIT(INIT_SUBSYS, 52, proc_sysctl_init);
