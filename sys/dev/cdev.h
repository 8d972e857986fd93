/* SPDX-License-Identifier: MIT */
/*
 * sys/dev/cdev.h: character devices, as devfs shows them.
 *
 * Use: fill a const cdevops and call cdev_register() with a path below /dev
 * ("null", "torus0/ctl": folders are made). A NULL entry gives the errno in
 * brackets.
 */
#ifndef DEV_CDEV_H
#define DEV_CDEV_H

#include "base/list.h"
#include "base/poll.h"
#include "base/types.h"
#include "base/uio.h"

struct cdev;
struct vm_object;

/* One open of a device. cf_data is the driver's. */
struct cdev_file {
	struct cdev *cf_dev;
	void *cf_data;
	unsigned cf_flags; /* O_ flags as they are now (O_NONBLOCK) */
};

/* What mmap of a device gives: an object, or physical memory. */
struct cdev_map {
	struct vm_object *cm_object; /* memory-only or file-like object */
	paddr_t cm_phys;	     /* if cm_object is NULL and cm_len > 0 */
	uint64_t cm_len;	     /* 0 with cm_object NULL: anonymous zero */
	bool cm_uncached;
};

struct cdevops {
	int (*cd_open)(struct cdev_file *);			/* [0] */
	void (*cd_close)(struct cdev_file *);			/* [0] */
	int (*cd_read)(struct cdev_file *, struct uio *);	/* [EINVAL] */
	int (*cd_write)(struct cdev_file *, struct uio *);	/* [EINVAL] */
	int (*cd_ioctl)(struct cdev_file *, unsigned long cmd, vaddr_t arg);
								/* [ENOTTY] */
	unsigned (*cd_poll)(struct cdev_file *, struct polltable *);
						/* [POLLIN|POLLOUT] */
	int (*cd_mmap)(struct cdev_file *, uint64_t off, uint64_t len,
	    unsigned prot, struct cdev_map *);			/* [ENODEV] */
	bool cd_seekable; /* false: lseek gives ESPIPE, pread too */
};

struct cdev {
	struct list cd_link;
	const char *cd_path; /* below /dev */
	dev_t cd_dev;
	mode_t cd_mode; /* 0666 and so on */
	uid_t cd_uid;
	gid_t cd_gid;
	const struct cdevops *cd_ops;
	void *cd_priv;
};

/* c must live until cdev_unregister(). -EEXIST. */
int cdev_register(struct cdev *c) __must_check;
void cdev_unregister(struct cdev *c);
struct cdev *cdev_find(dev_t);
int cdev_foreach(int (*fn)(struct cdev *, void *), void *arg);
/* devfs hears of devices that come (true) and go (false). */
void cdev_set_listener(void (*fn)(struct cdev *, bool added));

#endif
