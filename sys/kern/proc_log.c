/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/proc_log.c: /proc/kmsg, the kernel's messages as a stream, and
 * /proc/kallsyms, the names in its image.
 */
#include "base/init.h"
#include "base/kprintf.h"
#include "base/panic.h"
#include "base/slab.h"
#include "base/waitq.h"

#include <abi/errno.h>

#include "fs/vfs_internal.h"
#include "kern/proc_fs.h"

#define CHUNK	 1024u
#define LOOK_GAP (100 * NSEC_PER_MSEC)

static uint64_t kmsg_read_to; /* [a] what any reader has had is gone */

static uint64_t
kmsg_from(void)
{
	return MAX(atomic_load(&kmsg_read_to), klog_tail());
}

static int
kmsg_access(const struct prockey *key, const struct cred *cr)
{
	return cred_capable(cr, CAP_SYSLOG) || cred_capable(cr, CAP_SYS_ADMIN)
	    ? 0 : -EPERM;
}

/* Messages are written in any context and wake nobody: a reader looks. */
static int
kmsg_wait(struct file *fp)
{
	while (kmsg_from() == klog_head()) {
		if (atomic_load_relaxed(&fp->f_flags) & O_NONBLOCK)
			return -EAGAIN;
		if (thread_sleep_until_intr(clock_mono() + LOOK_GAP) != 0)
			return -ERESTARTSYS;
	}
	return 0;
}

static int
kmsg_read(struct file *fp, struct uio *uio)
{
	char *buf;
	size_t n;
	uint64_t from;
	int error;

	if (uio->uio_resid == 0)
		return 0;
	error = kmsg_wait(fp);
	if (error != 0)
		return error;
	buf = kmalloc(CHUNK, 0);
	if (buf == NULL)
		return -ENOMEM;
	from = kmsg_from();
	n = klog_copy(from, buf, MIN(uio->uio_resid, CHUNK));
	error = uiomove(buf, n, uio);
	if (error == 0)
		atomic_store(&kmsg_read_to, from + n);
	kfree(buf);
	return error;
}

static unsigned
kmsg_poll(struct file *fp, struct polltable *ptb)
{
	return kmsg_from() != klog_head() ? POLLIN | POLLRDNORM : 0;
}

static const struct fileops kmsg_fileops = {
	.fo_name = "proc",
	.fo_read = kmsg_read,
	.fo_poll = kmsg_poll,
	.fo_stat = vnode_file_stat,
};

struct symbol_list {
	struct proctext *sl_text;
	bool sl_addresses;
};

static void
put_symbol(uint64_t addr, bool function, const char *name, void *arg)
{
	struct symbol_list *sl = arg;

	proc_printf(sl->sl_text, "%016llx %c %s\n",
	    (unsigned long long)(sl->sl_addresses ? addr : 0),
	    function ? 't' : 'd', name);
}

/* Where the kernel lies is a secret from all but root. */
static int
show_kallsyms(struct proctext *pt, const struct prockey *key)
{
	struct symbol_list sl = { pt,
		cred_capable(curlwp()->l_cred, CAP_SYSLOG) };

	symbol_foreach(put_symbol, &sl);
	return 0;
}

static const struct procent log_table[] = {
	{ .pe_name = "kmsg", .pe_type = VREG, .pe_mode = 0400,
		.pe_fops = &kmsg_fileops, .pe_access = kmsg_access },
	{ .pe_name = "kallsyms", .pe_type = VREG, .pe_mode = 0444,
		.pe_show = show_kallsyms },
	{ .pe_name = NULL },
};

static void
proc_log_init(void)
{
	procfs_register("", log_table);
}
INIT(INIT_SUBSYS, 51, proc_log_init);
