/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/proc_devices.c: devices as files: partitions, diskstats, devices,
 * misc.
 */
#include "base/init.h"
#include "base/string.h"

#include "dev/bdev.h"
#include "dev/cdev.h"
#include "kern/proc_fs.h"

#define MAJOR_MISC 10

static int
put_partition(struct bdev *bd, void *pt)
{
	proc_printf(pt, "%4u  %7u %10llu %s\n", dev_major(bd->bd_dev),
	    dev_minor(bd->bd_dev), (unsigned long long)(bd->bd_sectors / 2),
	    bd->bd_name);
	return 0;
}

static int
show_partitions(struct proctext *pt, const struct prockey *key)
{
	proc_puts(pt, "major minor  #blocks  name\n\n");
	return bdev_foreach(put_partition, pt);
}

/* Requests and sectors are counted; merging and times are not, and are 0. */
static int
put_disk(struct bdev *bd, void *pt)
{
	proc_printf(pt, "%4u %7u %s %llu 0 %llu 0 %llu 0 %llu 0 0 0 0\n",
	    dev_major(bd->bd_dev), dev_minor(bd->bd_dev), bd->bd_name,
	    (unsigned long long)atomic_load_relaxed(&bd->bd_reads),
	    (unsigned long long)atomic_load_relaxed(&bd->bd_sectors_read),
	    (unsigned long long)atomic_load_relaxed(&bd->bd_writes),
	    (unsigned long long)atomic_load_relaxed(&bd->bd_sectors_written));
	return 0;
}

static int
show_diskstats(struct proctext *pt, const struct prockey *key)
{
	return bdev_foreach(put_disk, pt);
}

/* The lowest major number after `after`, and a device that has it. */
struct major_search {
	int ms_after, ms_best;
	const char *ms_name;
};

static void
major_consider(struct major_search *ms, dev_t dev, const char *name)
{
	int major = (int)dev_major(dev);

	if (major > ms->ms_after &&
	    (ms->ms_best < 0 || major < ms->ms_best)) {
		ms->ms_best = major;
		ms->ms_name = name;
	}
}

static int
major_of_cdev(struct cdev *c, void *arg)
{
	major_consider(arg, c->cd_dev, c->cd_path);
	return 0;
}

static int
major_of_bdev(struct bdev *bd, void *arg)
{
	major_consider(arg, bd->bd_dev, bd->bd_name);
	return 0;
}

/* "pts/0" and "vda1" name groups "pts" and "vda". */
static void
put_major(struct proctext *pt, const struct major_search *ms)
{
	const char *s = ms->ms_name;
	size_t n = 0;

	while (s[n] != '\0' && s[n] != '/' && (s[n] < '0' || s[n] > '9'))
		n++;
	proc_printf(pt, "%3d ", ms->ms_best);
	proc_write(pt, s, n);
	proc_puts(pt, "\n");
}

static int
show_devices(struct proctext *pt, const struct prockey *key)
{
	struct major_search ms;
	int after;

	proc_puts(pt, "Character devices:\n");
	for (after = -1;; after = ms.ms_best) {
		ms = (struct major_search){ after, -1, NULL };
		(void)cdev_foreach(major_of_cdev, &ms);
		if (ms.ms_best < 0)
			break;
		put_major(pt, &ms);
	}
	proc_puts(pt, "\nBlock devices:\n");
	for (after = -1;; after = ms.ms_best) {
		ms = (struct major_search){ after, -1, NULL };
		(void)bdev_foreach(major_of_bdev, &ms);
		if (ms.ms_best < 0)
			break;
		put_major(pt, &ms);
	}
	return 0;
}

static int
put_misc(struct cdev *c, void *pt)
{
	if (dev_major(c->cd_dev) == MAJOR_MISC)
		proc_printf(pt, "%3u %s\n", dev_minor(c->cd_dev), c->cd_path);
	return 0;
}

static int
show_misc(struct proctext *pt, const struct prockey *key)
{
	return cdev_foreach(put_misc, pt);
}

#define ROW(name, show)                                                      \
	{ .pe_name = name, .pe_type = VREG, .pe_mode = 0444, .pe_show = show }

static const struct procent devices_table[] = {
	ROW("partitions", show_partitions),
	ROW("diskstats", show_diskstats),
	ROW("devices", show_devices),
	ROW("misc", show_misc),
	{ .pe_name = NULL },
};

static void
proc_devices_init(void)
{
	procfs_register("", devices_table);
}
INIT(INIT_SUBSYS, 51, proc_devices_init);
