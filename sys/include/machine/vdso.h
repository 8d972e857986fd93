/* SPDX-License-Identifier: MIT */
/*
 * sys/include/machine/vdso.h: where execve puts the vDSO.
 *
 * The image of md_vdso_image() is mapped readable and executable at a page
 * boundary; the page of clock_vdso_page() is mapped read-only
 * VDSO_DATA_OFFSET bytes below it. AT_SYSINFO_EHDR is the image's address.
 */
#ifndef MACHINE_VDSO_H
#define MACHINE_VDSO_H

#define VDSO_DATA_OFFSET 4096 /* image address - data address */

#endif
