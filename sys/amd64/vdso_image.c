/* SPDX-License-Identifier: MIT */
/*
 * sys/amd64/vdso_image.c: the vDSO for execve to map. It begins at a page,
 * and the rest of its last page is zero.
 */
#include "base/clock.h"
#include "base/init.h"

#include "amd64/amd64.h"

extern const char vdso_image[], vdso_image_end[];

const void *
md_vdso_image(size_t *size)
{
	*size = (size_t)(vdso_image_end - vdso_image);
	return vdso_image;
}

static void
vdso_init(void)
{
	clock_vdso_page()->vd_rdtscp = cpu_has(CPU_RDTSCP);
}
INIT(INIT_SUBSYS, 10, vdso_init);
