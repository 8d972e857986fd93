/* SPDX-License-Identifier: MIT */
/*
 * tests/host/torus_world.h: the files of the kernel's tori on the host, and
 * their threads run by hand, turn by turn.
 *
 * Use: world_begin() first; then open, read and write the files by name.
 */
#ifndef TORUS_WORLD_H
#define TORUS_WORLD_H

#include "base/init.h"
#include "base/slab.h"
#include "base/string.h"
#include "torus/torus.h"
#include "torus/torus_internal.h"

#include <abi/errno.h>

#include "fake.h"
#include "tap.h"

#include <stdlib.h>

#define BIG   (2u << 20)
#define LIMIT "60" /* epochs, of what setup() makes */

static char *big; /* what the last slurp() read */
static bool root = true;
static uid_t user = 1000; /* who asks when it is not root */

static inline bool
am_root(void)
{
	return root;
}

static inline uid_t
am_user(void)
{
	return root ? 0 : user;
}

static inline int
cdev_named(struct cdev *c, void *arg)
{
	return strcmp(c->cd_path, arg) == 0 ? (int)dev_minor(c->cd_dev) + 1
					    : 0;
}

static inline int
dev_open(struct cdev_file *cf, const char *path, unsigned flags)
{
	int n = cdev_foreach(cdev_named, (void *)path);

	memset(cf, 0, sizeof(*cf));
	if (n == 0)
		return -ENOENT;
	cf->cf_dev = cdev_find(makedev(240, (unsigned)n - 1));
	cf->cf_flags = flags;
	return cf->cf_dev->cd_ops->cd_open(cf);
}

static inline void
dev_close(struct cdev_file *cf)
{
	cf->cf_dev->cd_ops->cd_close(cf);
}

static inline ssize_t
dev_read(struct cdev_file *cf, void *buf, size_t n, off_t off)
{
	struct iovec iov;
	struct uio uio;
	int error;

	uio_init_kernel(&uio, &iov, buf, n, off, false);
	error = cf->cf_dev->cd_ops->cd_read(cf, &uio);
	return error != 0 && uio.uio_resid == n ? error
						: (ssize_t)(n - uio.uio_resid);
}

static inline ssize_t
dev_write(struct cdev_file *cf, const void *buf, size_t n)
{
	struct iovec iov;
	struct uio uio;
	int error;

	uio_init_kernel(&uio, &iov, (void *)buf, n, 0, true);
	error = cf->cf_dev->cd_ops->cd_write(cf, &uio);
	return error != 0 && uio.uio_resid == n ? error
						: (ssize_t)(n - uio.uio_resid);
}

/* The whole file into `big`, in pieces of `step`; its length or an error. */
static inline ssize_t
slurp(const char *path, size_t step)
{
	struct cdev_file cf;
	ssize_t n, len = 0;
	int error = dev_open(&cf, path, TORUS_RDONLY);

	if (error != 0)
		return error;
	while ((n = dev_read(&cf, big + len, MIN(step, BIG - 1 - (size_t)len),
	    len)) > 0)
		len += n;
	big[len] = '\0';
	dev_close(&cf);
	return n < 0 ? n : len;
}

static inline ssize_t
put(const char *path, const void *p, size_t n)
{
	struct cdev_file cf;
	int error = dev_open(&cf, path, TORUS_WRONLY);
	ssize_t done = 0, r = 0;

	if (error != 0)
		return error;
	while (done < (ssize_t)n &&
	    (r = dev_write(&cf, (const char *)p + done, n - done)) > 0)
		done += r;
	dev_close(&cf);
	return r < 0 ? r : done;
}

/* One line: 0 or the error. */
static inline int
ctl(const char *path, const char *line)
{
	ssize_t n = put(path, line, strlen(line));

	return n < 0 ? (int)n : 0;
}

/* A value of status or stats, -1 if there is no such key. */
static inline long long
value(const char *path, const char *key)
{
	const char *p;
	size_t k = strlen(key);

	if (slurp(path, 4096) < 0)
		return -1;
	for (p = big; p != NULL && *p != '\0';
	     p = strchr(p, '\n') != NULL ? strchr(p, '\n') + 1 : NULL)
		if (strncmp(p, key, k) == 0 && p[k] == ' ')
			return (long long)strtoull(p + k + 1, NULL, 10);
	return -1;
}

static inline bool
says(const char *path, const char *line)
{
	return slurp(path, 4096) > 0 && strstr(big, line) != NULL;
}

/* Run the threads until none has anything to do; how many turns it took. */
static inline unsigned
turns(unsigned most)
{
	nsec_t due;
	unsigned n, i, busy = 1;

	for (n = 0; busy != 0 && n < most; n++) {
		busy = 0;
		for (i = 0; i < TORI; i++)
			if (tori[i].to_thread && torus_turn(&tori[i], &due))
				busy |= due == 0;
		for (i = 0; i < TORI; i++)
			busy |= tori[i].to_thread &&
			    atomic_load(&tori[i].to_wake) != 0;
	}
	return n;
}

/* A strand through the portals of all three: one event goes round. */
static inline void
strand_make(void)
{
	char path[16], line[160];
	unsigned i;

	for (i = 0; i < TORI; i++) {
		snprintf(path, sizeof(path), "torus%u/ctl", i);
		snprintf(line, sizeof(line), "spawn 31 0 0\n"
		    "edge 31 0 0 0 0 0 7\nedge 0 0 0 31 0 0 1 portal\n");
		CHECK_EQ(ctl(path, line), 0);
	}
	CHECK_EQ(ctl("torus0/ctl", "inject 31 0 0 1 0\n"), 0);
}

/* Short epochs, a small lattice: snapshots and projections are cheap here. */
static inline void
setup(const char *config)
{
	char path[16], line[200];
	unsigned i, y;

	CHECK_EQ(ctl("braid/ctl", "reset\n"), 0);
	for (i = 0; i < TORI; i++) {
		snprintf(path, sizeof(path), "torus%u/ctl", i);
		CHECK_EQ(ctl(path, "create x=8 y=4 z=4 processes=64 edges=256 "
		    "events=256 ring=64 journal=64\n"), 0);
		for (y = 0; y < 4; y++) {
			snprintf(line, sizeof(line), "spawn 3 %u 0\n"
			    "edge 7 %u 0 3 %u 0 %u\nedge 3 %u 0 0 %u 0 3\n"
			    "edge 0 %u 0 7 %u 0 1 portal\n"
			    "edge 3 %u 0 5 %u 1 9\n", y, y, y, 2 + i, y, y,
			    y, y, y, y);
			CHECK_EQ(ctl(path, line), 0);
		}
		CHECK_EQ(ctl(path, "edge 6 3 3 6 3 3 7\n"
		    "inject 6 3 3 -1000000\ninject 7 1 0 1\n"), 0);
	}
	CHECK_EQ(ctl("braid/ctl", "config interval=20 every=5\n"), 0);
	CHECK_EQ(ctl("braid/ctl", config), 0);
	CHECK_EQ(ctl("braid/ctl", "until " LIMIT "\n"), 0);
}

/* All that can be done with one batch of `batch` events each, n times. */
static inline void
rounds(unsigned n, uint64_t batch)
{
	nsec_t due;
	unsigned i;

	for (; n > 0; n--)
		for (i = 0; i < TORI; i++)
			if (tori[i].to_thread) {
				tori[i].to_batch = batch;
				(void)torus_turn(&tori[i], &due);
			}
}

/* A sleep that waits for a thread: let those end that are to. */
static inline void
threads_end(void)
{
	nsec_t due;
	unsigned i;

	for (i = 0; i < TORI; i++)
		if (tori[i].to_thread && tori[i].to_rse == NULL &&
		    tori[i].to_recovery == NULL)
			(void)torus_turn(&tori[i], &due);
}

static inline void
world_begin(void)
{
	big = malloc(BIG);
	fake_init(16384);
	fake_idle = threads_end;
	torus_privilege_register(am_root, am_user);
	torus_init();
}

#endif
