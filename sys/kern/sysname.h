/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/sysname.h: what uname(2) says, for /proc/version and others.
 */
#ifndef KERN_SYSNAME_H
#define KERN_SYSNAME_H

struct utsname { /* Linux's new_utsname */
	char un_sysname[65];
	char un_nodename[65];
	char un_release[65];
	char un_version[65];
	char un_machine[65];
	char un_domainname[65];
};

void sysname_get(struct utsname *);

#endif
