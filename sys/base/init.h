/* SPDX-License-Identifier: MIT */
/*
 * sys/base/init.h: how a folder announces itself at boot.
 *
 * INIT(stage, order, fn) puts fn into a sorted linker set; init_run_stage()
 * calls all of one stage, by order then by link order. This is how calls go
 * up the layers: a driver or file system registers its tables here and nobody
 * below names it.
 */
#ifndef BASE_INIT_H
#define BASE_INIT_H

#include "base/types.h"

struct init_entry {
	void (*ie_fn)(void);
	const char *ie_name;
	int ie_stage;
};

/*
 * Stages. EARLY: no memory allocation but page_alloc/kmalloc work (one CPU,
 * interrupts off). SUBSYS: caches and tables of the layers. DRIVER: in a
 * kernel thread, interrupts on, all CPUs up; may sleep. LATE: after drivers.
 */
enum {
	INIT_EARLY = 1,
	INIT_SUBSYS,
	INIT_DRIVER,
	INIT_LATE,
};

#define INIT(stage, order, fn)                                               \
	static const struct init_entry init_##fn __used                      \
	    __aligned(8) /* no more: the set is an array */                  \
	    __section(".set_init." #stage "." #order) = { fn, #fn, stage }

void init_run_stage(int stage);

#endif
