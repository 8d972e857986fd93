/* SPDX-License-Identifier: MIT */
/*
 * sys/dev/mem.c: the devices that are nothing but software: null, zero, full,
 * random, urandom and kmsg.
 */
#include "base/init.h"
#include "base/kprintf.h"
#include "base/random.h"
#include "base/slab.h"
#include "base/string.h"
#include "base/thread.h"

#include <abi/errno.h>

#include "dev/cdev.h"

#define MEM_MAJOR    1 /* as Linux numbers them */
#define CHUNK	     256
#define KMSG_LINE    1024 /* bytes of one message that are kept */

static int
null_read(struct cdev_file *cf, struct uio *uio)
{
	return 0; /* end of file */
}

static int
null_write(struct cdev_file *cf, struct uio *uio)
{
	uio->uio_resid = 0;
	return 0;
}

/* In pieces, so that a signal or another thread does not wait for 2 GiB. */
static int
zero_read(struct cdev_file *cf, struct uio *uio)
{
	size_t start = uio->uio_resid;
	int error = 0;

	while (uio->uio_resid > 0 && error == 0) {
		error = uiomove_zero(MIN(uio->uio_resid, 16 * PAGE_SIZE), uio);
		sched_point();
		if (thread_signalled(curthread()))
			break;
	}
	return uio->uio_resid < start ? 0 : error;
}

static int
zero_mmap(struct cdev_file *cf, uint64_t off, uint64_t len, unsigned prot,
    struct cdev_map *map)
{
	*map = (struct cdev_map){ 0 }; /* anonymous memory */
	return 0;
}

static int
full_write(struct cdev_file *cf, struct uio *uio)
{
	return uio->uio_resid == 0 ? 0 : -ENOSPC;
}

static int
random_read(struct cdev_file *cf, struct uio *uio)
{
	uint8_t buf[CHUNK];
	size_t start = uio->uio_resid;
	int error = 0;

	while (uio->uio_resid > 0 && error == 0) {
		size_t n = MIN(uio->uio_resid, sizeof(buf));

		random_bytes(buf, n);
		error = uiomove(buf, n, uio);
		sched_point();
		if (thread_signalled(curthread()))
			break;
	}
	memset(buf, 0, sizeof(buf));
	return uio->uio_resid < start ? 0 : error;
}

/* Anybody may stir; nobody's bytes are believed to be random. */
static int
random_write(struct cdev_file *cf, struct uio *uio)
{
	uint8_t buf[CHUNK];
	int error = 0;

	while (uio->uio_resid > 0 && error == 0) {
		size_t n = MIN(uio->uio_resid, sizeof(buf));

		error = uiomove(buf, n, uio);
		if (error == 0)
			random_add(buf, n, 0);
		sched_point();
	}
	return error;
}

static int
kmsg_open(struct cdev_file *cf)
{
	uint64_t *pos = kmalloc(sizeof(*pos), 0);

	if (pos == NULL)
		return -ENOMEM;
	*pos = klog_tail();
	cf->cf_data = pos;
	return 0;
}

static void
kmsg_close(struct cdev_file *cf)
{
	kfree(cf->cf_data);
}

/* "<6>text": the level of a message, KLOG_NOTICE without. */
static enum klog_level
kmsg_level(const char **s)
{
	uint64_t v;
	const char *end;

	if (**s != '<' || str_to_u64(*s + 1, &end, 10, &v) != 0 || *end != '>')
		return KLOG_NOTICE;
	*s = end + 1;
	return (enum klog_level)(v & 7); /* the rest is a facility */
}

/* One write is one message. */
static int
kmsg_write(struct cdev_file *cf, struct uio *uio)
{
	size_t n = MIN(uio->uio_resid, (size_t)KMSG_LINE);
	char *buf = kmalloc(KMSG_LINE + 1, 0);
	const char *s = buf;
	enum klog_level level;
	int error;

	if (buf == NULL)
		return -ENOMEM;
	error = uiomove(buf, n, uio);
	if (error == 0) {
		while (n > 0 && (buf[n - 1] == '\n' || buf[n - 1] == '\0'))
			n--;
		buf[n] = '\0';
		level = kmsg_level(&s);
		klog(level, "%s\n", s);
		uio->uio_resid = 0;
	}
	kfree(buf);
	return error;
}

/* The log as text from its oldest byte on; -EAGAIN at its end. */
static int
kmsg_read(struct cdev_file *cf, struct uio *uio)
{
	uint64_t *pos = cf->cf_data;
	char buf[CHUNK];
	size_t start = uio->uio_resid, n;
	int error = 0;

	while (uio->uio_resid > 0 && error == 0) {
		if (*pos < klog_tail())
			*pos = klog_tail();
		n = klog_copy(*pos, buf, MIN(uio->uio_resid, sizeof(buf)));
		if (n == 0)
			break;
		error = uiomove(buf, n, uio);
		if (error == 0)
			*pos += n;
	}
	if (error == 0 && uio->uio_resid == start && start != 0)
		return -EAGAIN;
	return error;
}

static const struct cdevops null_ops = {
	.cd_read = null_read,
	.cd_write = null_write,
	.cd_seekable = true,
};

static const struct cdevops zero_ops = {
	.cd_read = zero_read,
	.cd_write = null_write,
	.cd_mmap = zero_mmap,
	.cd_seekable = true,
};

static const struct cdevops full_ops = {
	.cd_read = zero_read,
	.cd_write = full_write,
	.cd_seekable = true,
};

static const struct cdevops random_ops = {
	.cd_read = random_read,
	.cd_write = random_write,
	.cd_seekable = true,
};

static const struct cdevops kmsg_ops = {
	.cd_open = kmsg_open,
	.cd_close = kmsg_close,
	.cd_read = kmsg_read,
	.cd_write = kmsg_write,
};

static struct cdev mem_cdevs[] = {
	{ .cd_path = "null", .cd_mode = 0666, .cd_ops = &null_ops },
	{ .cd_path = "zero", .cd_mode = 0666, .cd_ops = &zero_ops },
	{ .cd_path = "full", .cd_mode = 0666, .cd_ops = &full_ops },
	{ .cd_path = "random", .cd_mode = 0666, .cd_ops = &random_ops },
	{ .cd_path = "urandom", .cd_mode = 0666, .cd_ops = &random_ops },
	{ .cd_path = "kmsg", .cd_mode = 0644, .cd_ops = &kmsg_ops },
};

static void
mem_init(void)
{
	static const uint8_t minors[nitems(mem_cdevs)] = { 3, 5, 7, 8, 9, 11 };

	for (unsigned i = 0; i < nitems(mem_cdevs); i++) {
		mem_cdevs[i].cd_dev = makedev(MEM_MAJOR, minors[i]);
		if (cdev_register(&mem_cdevs[i]) != 0)
			klog(KLOG_ERR, "mem: /dev/%s exists\n",
			    mem_cdevs[i].cd_path);
	}
}
INIT(INIT_DRIVER, 5, mem_init);
