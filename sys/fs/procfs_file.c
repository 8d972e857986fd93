/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/procfs_file.c: text files and links of /proc.
 *
 * A text is made whole when the file is opened, and again when a reader goes
 * back to its start, so that however it is read it is of one moment.
 * Locks: tf_lock guards the text, because pread(2) takes no lock of the file.
 * It and the file's own lock have no rank: see fs/procfs.h.
 */
#include "fs/procfs_internal.h"

#include "base/kprintf.h"
#include "base/slab.h"
#include "base/string.h"

#include <abi/errno.h>

#define TEXT_FIRST 512u
#define TEXT_MAX   (16u << 20)
#define STORE_MAX  4096u

struct textfile {
	struct mutex tf_lock;
	struct proctext tf_text; /* [tf_lock] */
};

/* --- making text -------------------------------------------------------- */

char *
proc_reserve(struct proctext *pt, size_t n)
{
	size_t size = MAX(pt->pt_size, TEXT_FIRST);
	char *bigger;

	if (pt->pt_error != 0)
		return NULL;
	if (n <= pt->pt_size - pt->pt_len)
		return pt->pt_buf + pt->pt_len;
	while (size < pt->pt_len + n && size < TEXT_MAX)
		size *= 2;
	bigger = size < pt->pt_len + n ? NULL : kmalloc(size, 0);
	if (bigger == NULL) {
		pt->pt_error = -ENOMEM;
		return NULL;
	}
	memcpy(bigger, pt->pt_buf, pt->pt_len);
	kfree(pt->pt_buf);
	pt->pt_buf = bigger;
	pt->pt_size = size;
	return bigger + pt->pt_len;
}

void
proc_write(struct proctext *pt, const void *data, size_t n)
{
	char *to = proc_reserve(pt, n);

	if (to == NULL)
		return;
	memcpy(to, data, n);
	pt->pt_len += n;
}

void
proc_printf(struct proctext *pt, const char *fmt, ...)
{
	size_t room = pt->pt_size - pt->pt_len, want;
	va_list ap;
	char *to;

	va_start(ap, fmt);
	want = (size_t)kvsnprintf(room > 0 ? pt->pt_buf + pt->pt_len : NULL,
	    room, fmt, ap);
	va_end(ap);
	if (want >= room) {
		to = proc_reserve(pt, want + 1);
		if (to == NULL)
			return;
		va_start(ap, fmt);
		(void)kvsnprintf(to, want + 1, fmt, ap);
		va_end(ap);
	}
	if (pt->pt_error == 0)
		pt->pt_len += want;
}

/* --- open files --------------------------------------------------------- */

static int
text_make(struct file *fp)
{
	struct procnode *pn = procnode_of(fp->f_vnode);
	struct textfile *tf = fp->f_data;
	struct proctext pt = { .pt_buf = NULL };
	int error;

	if (pn->pn_ent->pe_show == NULL)
		return 0; /* only to be written: it reads as empty */
	error = pn->pn_ent->pe_show(&pt, &pn->pn_key);
	if (error == 0)
		error = pt.pt_error;
	if (error != 0) {
		kfree(pt.pt_buf);
		return error;
	}
	mutex_lock(&tf->tf_lock);
	kfree(tf->tf_text.pt_buf);
	tf->tf_text = pt;
	mutex_unlock(&tf->tf_lock);
	return 0;
}

static int
text_read(struct file *fp, struct uio *uio)
{
	struct textfile *tf = fp->f_data;
	const struct proctext *pt = &tf->tf_text;
	int error = 0;
	size_t at;

	mutex_lock(&tf->tf_lock);
	at = (size_t)uio->uio_offset;
	if (at < pt->pt_len)
		error = uiomove(pt->pt_buf + at,
		    MIN(uio->uio_resid, pt->pt_len - at), uio);
	mutex_unlock(&tf->tf_lock);
	return error;
}

static int
text_write(struct file *fp, struct uio *uio)
{
	struct procnode *pn = procnode_of(fp->f_vnode);
	size_t n = uio->uio_resid;
	char *buf;
	int error;

	if (pn->pn_ent->pe_store == NULL)
		return -EIO;
	if (n >= STORE_MAX)
		return -EINVAL;
	buf = kmalloc(n + 1, 0);
	if (buf == NULL)
		return -ENOMEM;
	error = uiomove(buf, n, uio);
	if (error == 0) {
		buf[n] = '\0';
		error = pn->pn_ent->pe_store(&pn->pn_key, buf, n);
	}
	kfree(buf);
	/* All or nothing was taken. */
	if (error != 0)
		uio->uio_resid = n;
	return error;
}

static int
text_seek(struct file *fp, off_t off, int whence, off_t *result)
{
	int error;

	mutex_lock(&fp->f_lock);
	error = seek_target(fp, off, whence, 0, result);
	if (error == 0 && *result == 0 && file_readable(fp))
		error = text_make(fp);
	if (error == 0)
		fp->f_offset = *result;
	mutex_unlock(&fp->f_lock);
	return error;
}

static void
text_close(struct file *fp)
{
	struct textfile *tf = fp->f_data;

	if (tf != NULL)
		kfree(tf->tf_text.pt_buf);
	kfree(tf);
}

static unsigned
text_poll(struct file *fp, struct polltable *pt)
{
	return POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
}

static const struct fileops text_fileops = {
	.fo_name = "proc",
	.fo_read = text_read,
	.fo_write = text_write,
	.fo_poll = text_poll,
	.fo_stat = vnode_file_stat,
	.fo_seek = text_seek,
	.fo_close = text_close,
	.fo_positioned = true,
};

struct prockey *
procfs_file_key(struct file *fp)
{
	return &procnode_of(fp->f_vnode)->pn_key;
}

static int
procfs_open(struct vnode *vp, struct file *fp)
{
	const struct procnode *pn = procnode_of(vp);
	struct textfile *tf;
	int error = 0;

	/* Nobody else has this file yet. */
	mutex_init(&fp->f_lock, LR_NONE, "proc file");
	if (pn->pn_ent->pe_access != NULL)
		error = pn->pn_ent->pe_access(&pn->pn_key, fp->f_cred);
	if (error != 0)
		return error;
	if (pn->pn_ent->pe_fops != NULL) {
		fp->f_ops = pn->pn_ent->pe_fops;
		return 0;
	}
	tf = kzalloc(sizeof(*tf));
	if (tf == NULL)
		return -ENOMEM;
	mutex_init(&tf->tf_lock, LR_NONE, "proc text");
	fp->f_data = tf;
	if (file_readable(fp))
		error = text_make(fp);
	if (error != 0) {
		kfree(tf);
		fp->f_data = NULL;
		return error;
	}
	fp->f_ops = &text_fileops;
	return 0;
}

/* open(O_TRUNC), as the shell does for ">": there is nothing to cut. */
static int
procfs_setattr(struct vnode *vp, const struct vattr *va, unsigned which)
{
	return (which & (VSA_MODE | VSA_UID | VSA_GID)) ? -EPERM : 0;
}

static int
procfs_readlink(struct vnode *vp, struct uio *uio)
{
	const struct procnode *pn = procnode_of(vp);
	char *buf = kmalloc(PATH_MAX, 0);
	ssize_t n;

	if (buf == NULL)
		return -ENOMEM;
	n = pn->pn_ent->pe_readlink(&pn->pn_key, buf, PATH_MAX);
	if (n > 0)
		n = uiomove(buf, MIN((size_t)n, uio->uio_resid), uio);
	kfree(buf);
	return (int)n;
}

static int
procfs_follow(struct vnode *vp, struct path *out, struct file **fpp)
{
	const struct procnode *pn = procnode_of(vp);

	if (pn->pn_ent->pe_follow == NULL)
		return -EOPNOTSUPP;
	return pn->pn_ent->pe_follow(&pn->pn_key, out, fpp);
}

const struct vnodeops procfs_file_ops = {
	.vop_getattr = procfs_getattr,
	.vop_setattr = procfs_setattr,
	.vop_open = procfs_open,
	.vop_reclaim = procfs_reclaim,
};

const struct vnodeops procfs_link_ops = {
	.vop_readlink = procfs_readlink,
	.vop_follow = procfs_follow,
	.vop_getattr = procfs_getattr,
	.vop_reclaim = procfs_reclaim,
};
