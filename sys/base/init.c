/* SPDX-License-Identifier: MIT */
/*
 * sys/base/init.c: runs the entries of the linker set of base/init.h.
 */
#include "base/init.h"

extern const struct init_entry __set_init_start[], __set_init_end[];

void
init_run_stage(int stage)
{
	for (const struct init_entry *ie = __set_init_start;
	     ie < __set_init_end; ie++) {
		if (ie->ie_stage == stage)
			ie->ie_fn();
	}
}
