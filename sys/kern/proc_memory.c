/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/proc_memory.c: where memory is: meminfo, vmstat, slabinfo, swaps.
 *
 * Every page is in one of: free; the kernel's own (KernelUsed, of which Slab,
 * KernelStack and PageTables are parts); the cache of files; shared memory and
 * tmpfs; private memory of processes (AnonPages), which is the rest.
 */
#include "base/init.h"
#include "base/page.h"
#include "base/slab.h"
#include "base/string.h"
#include "base/thread.h"

#include "dev/bdev.h"
#include "kern/proc_fs.h"
#include "vm/object.h"

#define STACK_KIB 16 /* of each thread; include/machine/mdthread.h */

struct mem_facts {
	struct page_stats mf_ps;
	struct vm_cache_stats mf_cs;
	uint64_t mf_anon, mf_tables, mf_threads, mf_committed, mf_slab;
};

static void
count_thread(struct thread *td, void *arg)
{
	++*(uint64_t *)arg;
}

static void
count_slab(const struct slab_stat *ss, void *arg)
{
	*(uint64_t *)arg += ss->ss_pages;
}

static int
count_tables(struct proc *p, void *arg)
{
	struct mem_facts *mf = arg;

	spin_lock(&p->p_lock);
	if (p->p_vm != NULL) {
		mf->mf_tables += atomic_load_relaxed(
		    &p->p_vm->vs_pmap.pm_tables);
		mf->mf_committed += p->p_vm->vs_size;
	}
	spin_unlock(&p->p_lock);
	return 0;
}

static void
mem_facts_get(struct mem_facts *mf)
{
	uint64_t known;

	memset(mf, 0, sizeof(*mf));
	page_stats_get(&mf->mf_ps);
	vm_cache_stats_get(&mf->mf_cs);
	known = mf->mf_ps.ps_free + mf->mf_ps.ps_kernel +
	    mf->mf_cs.cs_cached + mf->mf_cs.cs_shmem;
	mf->mf_anon = mf->mf_ps.ps_total - MIN(known, mf->mf_ps.ps_total);
	thread_foreach(count_thread, &mf->mf_threads);
	slab_foreach(count_slab, &mf->mf_slab);
	mutex_lock(&proctree_lock);
	(void)proc_foreach(count_tables, mf);
	mutex_unlock(&proctree_lock);
}

static void
put_kib(struct proctext *pt, const char *name, uint64_t kib)
{
	proc_printf(pt, "%-16s%8llu kB\n", name, (unsigned long long)kib);
}

static void
put_pages(struct proctext *pt, const char *name, uint64_t pages)
{
	put_kib(pt, name, pages * (PAGE_SIZE / 1024));
}

static int
show_meminfo(struct proctext *pt, const struct prockey *key)
{
	struct mem_facts mf;
	const struct vm_cache_stats *cs = &mf.mf_cs;

	mem_facts_get(&mf);
	put_pages(pt, "MemTotal:", mf.mf_ps.ps_total);
	put_pages(pt, "MemFree:", mf.mf_ps.ps_free);
	/* Clean cache goes at once; dirty after it is written. */
	put_pages(pt, "MemAvailable:", mf.mf_ps.ps_free + cs->cs_cached -
	    MIN(cs->cs_cached, cs->cs_mapped + cs->cs_dirty));
	put_pages(pt, "Buffers:", 0); /* blocks are in the one cache, too */
	put_pages(pt, "Cached:", cs->cs_cached + cs->cs_shmem);
	put_pages(pt, "SwapCached:", 0);
	put_pages(pt, "SwapTotal:", 0);
	put_pages(pt, "SwapFree:", 0);
	put_pages(pt, "Dirty:", cs->cs_dirty);
	put_pages(pt, "Writeback:", cs->cs_writeback);
	put_pages(pt, "AnonPages:", mf.mf_anon);
	put_pages(pt, "Mapped:", cs->cs_mapped);
	put_pages(pt, "Shmem:", cs->cs_shmem);
	put_pages(pt, "Slab:", mf.mf_slab);
	put_kib(pt, "KernelStack:", mf.mf_threads * STACK_KIB);
	put_pages(pt, "PageTables:", mf.mf_tables);
	put_pages(pt, "KernelUsed:", mf.mf_ps.ps_kernel);
	put_kib(pt, "Committed_AS:", mf.mf_committed / 1024);
	return 0;
}

static int
add_transfers(struct bdev *bd, void *arg)
{
	uint64_t *sectors = arg;

	if (bd->bd_parent != NULL)
		return 0; /* the whole disk counts them */
	sectors[0] += atomic_load_relaxed(&bd->bd_sectors_read);
	sectors[1] += atomic_load_relaxed(&bd->bd_sectors_written);
	return 0;
}

static int
show_vmstat(struct proctext *pt, const struct prockey *key)
{
	uint64_t sectors[2] = { 0, 0 };
	struct mem_facts mf;
	const struct vm_cache_stats *cs = &mf.mf_cs;

	mem_facts_get(&mf);
	(void)bdev_foreach(add_transfers, sectors);
	proc_printf(pt, "nr_free_pages %llu\nnr_anon_pages %llu\n"
			"nr_mapped %llu\nnr_file_pages %llu\nnr_dirty %llu\n",
	    (unsigned long long)mf.mf_ps.ps_free,
	    (unsigned long long)mf.mf_anon,
	    (unsigned long long)cs->cs_mapped,
	    (unsigned long long)(cs->cs_cached + cs->cs_shmem),
	    (unsigned long long)cs->cs_dirty);
	proc_printf(pt, "nr_writeback %llu\nnr_shmem %llu\n"
			"nr_page_table_pages %llu\npgpgin %llu\npgpgout %llu\n"
			"pswpin 0\npswpout 0\n",
	    (unsigned long long)cs->cs_writeback,
	    (unsigned long long)cs->cs_shmem,
	    (unsigned long long)mf.mf_tables,
	    (unsigned long long)(sectors[0] / 2),
	    (unsigned long long)(sectors[1] / 2));
	return 0;
}

static void
put_slab(const struct slab_stat *ss, void *arg)
{
	uint64_t slabs = ss->ss_pages; /* counted by pages */

	proc_printf(arg, "%-17s %6llu %6llu %6llu %4llu %4d : tunables "
			 "%4d %4d %4d : slabdata %6llu %6llu %6d\n",
	    ss->ss_name, (unsigned long long)ss->ss_inuse,
	    (unsigned long long)ss->ss_total, (unsigned long long)ss->ss_size,
	    (unsigned long long)(slabs != 0 ? ss->ss_total / slabs : 0), 1, 0,
	    0, 0, (unsigned long long)slabs, (unsigned long long)slabs, 0);
}

static int
show_slabinfo(struct proctext *pt, const struct prockey *key)
{
	proc_puts(pt,
	    "slabinfo - version: 2.1\n"
	    "# name            <active_objs> <num_objs> <objsize> "
	    "<objperslab> <pagesperslab> : tunables <limit> <batchcount> "
	    "<sharedfactor> : slabdata <active_slabs> <num_slabs> "
	    "<sharedavail>\n");
	slab_foreach(put_slab, pt);
	return 0;
}

static int
show_swaps(struct proctext *pt, const struct prockey *key)
{
	proc_puts(pt, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
	return 0;
}

#define ROW(name, mode, show)                                                \
	{ .pe_name = name, .pe_type = VREG, .pe_mode = mode, .pe_show = show }

static const struct procent memory_table[] = {
	ROW("meminfo", 0444, show_meminfo),
	ROW("vmstat", 0444, show_vmstat),
	ROW("slabinfo", 0400, show_slabinfo),
	ROW("swaps", 0444, show_swaps),
	{ .pe_name = NULL },
};

static void
proc_memory_init(void)
{
	procfs_register("", memory_table);
}
INIT(INIT_SUBSYS, 51, proc_memory_init);
