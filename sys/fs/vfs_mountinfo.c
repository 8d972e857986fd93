/* SPDX-License-Identifier: MIT */
/*
 * sys/fs/vfs_mountinfo.c: the mounts as /proc/PID/mountinfo lists them.
 */
#include "fs/vfs_internal.h"

#include "base/kprintf.h"
#include "base/lock.h"
#include "base/slab.h"
#include "base/string.h"

#include <abi/errno.h>

/* Appends; the length wanted so far is *n. */
static void __printflike(4, 5)
add(char *buf, size_t size, size_t *n, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	*n += (size_t)kvsnprintf(*n < size ? buf + *n : NULL,
	    *n < size ? size - *n : 0, fmt, ap);
	va_end(ap);
}

/* Blanks and the like as octal, as mount(8) expects. */
static void
add_escaped(char *buf, size_t size, size_t *n, const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == ' ' || *s == '\t' || *s == '\n' || *s == '\\')
			add(buf, size, n, "\\%03o", *s);
		else
			add(buf, size, n, "%c", *s);
	}
}

/*
 * Which part of its file system m shows. By dentries: nobody may refer to the
 * super any more, and a reference dropped here would end it under the lock.
 */
static void
add_root(char *buf, size_t size, size_t *n, struct mount *m, char *tmp)
{
	if (dentry_format(m->mnt_root_dentry, m->mnt_super->mnt_root_dentry,
	    tmp, PATH_MAX) < 0)
		memcpy(tmp, "/", 2);
	add_escaped(buf, size, n, tmp);
}

static void
add_mount(char *buf, size_t size, size_t *n, struct mount *m,
    const char *where, char *tmp)
{
	struct mount *super = m->mnt_super;
	unsigned f = m->mnt_flags;
	uint32_t up = m->mnt_on.p_mount != NULL ? m->mnt_on.p_mount->mnt_id
						: m->mnt_id;

	add(buf, size, n, "%u %u %u:%u ", m->mnt_id, up,
	    dev_major(m->mnt_dev), dev_minor(m->mnt_dev));
	add_root(buf, size, n, m, tmp);
	add(buf, size, n, " ");
	add_escaped(buf, size, n, where);
	add(buf, size, n, " %s%s%s%s%s - %s ", (f & MNT_RDONLY) ? "ro" : "rw",
	    (f & MNT_NOSUID) ? ",nosuid" : "", (f & MNT_NODEV) ? ",nodev" : "",
	    (f & MNT_NOEXEC) ? ",noexec" : "",
	    (f & MNT_NOATIME) ? ",noatime" : ",relatime",
	    super->mnt_ops->vo_name);
	add_escaped(buf, size, n,
	    super->mnt_source[0] != '\0' ? super->mnt_source : "none");
	add(buf, size, n, " %s%s%s\n",
	    (super->mnt_flags & MNT_RDONLY) ? "ro" : "rw",
	    super->mnt_options != NULL && super->mnt_options[0] != '\0' ? "," :
									   "",
	    super->mnt_options != NULL ? super->mnt_options : "");
}

size_t
vfs_format_mountinfo(char *buf, size_t size, const struct path *root)
{
	char *where = kmalloc(2 * PATH_MAX, 0);
	struct mount *m;
	size_t n = 0;

	if (where == NULL)
		return 0;
	mutex_lock(&mount_lock);
	list_foreach(m, &mount_list, mnt_link) {
		struct path p = { m, m->mnt_root_dentry };

		if (path_format_inside(&p, root, where, PATH_MAX) > 0)
			add_mount(buf, size, &n, m, where, where + PATH_MAX);
	}
	mutex_unlock(&mount_lock);
	kfree(where);
	return n;
}
