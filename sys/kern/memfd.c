/* SPDX-License-Identifier: MIT */
/*
 * sys/kern/memfd.c: files that are memory and nothing else, with seals.
 *
 * Locks: mf_lock (mutex) for size, seals and everything that depends on both.
 * Why its own file operations: a memory file has no name, no place in a file
 * system and no attributes but those of the open file.
 */
#include "kern/memfd.h"

#include "base/kprintf.h"
#include "base/slab.h"

#include "fs/vnode.h"
#include "kern/filecall.h"
#include "kern/syscall.h"
#include "vm/vmspace.h"

#define MFD_CLOEXEC	  1
#define MFD_ALLOW_SEALING 2
#define MFD_NAME_MAX	  249

#define F_SEAL_SEAL	    0x01
#define F_SEAL_SHRINK	    0x02
#define F_SEAL_GROW	    0x04
#define F_SEAL_WRITE	    0x08
#define F_SEAL_FUTURE_WRITE 0x10
#define F_SEAL_ALL	    0x1f

struct memfd {
	struct mutex mf_lock;
	struct vm_object *mf_object; /* [I] */
	unsigned mf_seals;
	nsec_t mf_mtime;
	ino_t mf_ino;
	char mf_name[MFD_NAME_MAX + 1];
};

static int
mem_fo_read(struct file *fp, struct uio *uio)
{
	struct memfd *mf = fp->f_data;
	int error;

	mutex_lock(&mf->mf_lock);
	error = vm_object_read(mf->mf_object, uio);
	mutex_unlock(&mf->mf_lock);
	return error;
}

static int
mem_fo_write(struct file *fp, struct uio *uio)
{
	struct memfd *mf = fp->f_data;
	uint64_t end, size;
	size_t cut = 0;
	int error = 0;

	mutex_lock(&mf->mf_lock);
	size = mf->mf_object->vo_size;
	if ((fp->f_flags & O_APPEND) != 0)
		uio->uio_offset = (off_t)size;
	if (__builtin_add_overflow((uint64_t)uio->uio_offset, uio->uio_resid,
		&end) || end > INT64_MAX)
		error = -EFBIG;
	else if ((mf->mf_seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) != 0)
		error = -EPERM;
	else if ((mf->mf_seals & F_SEAL_GROW) != 0 && end > size) {
		if ((uint64_t)uio->uio_offset >= size)
			error = -EPERM;
		else
			cut = end - size; /* up to the end it may */
	}
	if (error == 0) {
		uio->uio_resid -= cut;
		error = vm_object_write(mf->mf_object, uio);
		uio->uio_resid += cut;
		mf->mf_mtime = clock_real();
	}
	mutex_unlock(&mf->mf_lock);
	return error;
}

static int
mem_fo_seek(struct file *fp, off_t off, int whence, off_t *result)
{
	struct memfd *mf = fp->f_data;
	off_t base = 0, size = (off_t)mf->mf_object->vo_size;
	int error = 0;

	mutex_lock(&fp->f_lock);
	if (whence == 1) {
		base = fp->f_offset;
	} else if (whence == 2) {
		base = size;
	} else if (whence > 2) { /* all of it is data */
		if (off < 0 || off >= size)
			error = -ENXIO;
		else if (whence == 4)
			off = size;
	}
	if (error == 0 && __builtin_add_overflow(base, off, result))
		error = -EOVERFLOW;
	if (error == 0 && *result < 0)
		error = -EINVAL;
	if (error == 0)
		fp->f_offset = *result;
	mutex_unlock(&fp->f_lock);
	return error;
}

static int
mem_fo_mmap(struct file *fp, uint64_t off, uint64_t len, unsigned prot,
    struct cdev_map *cm)
{
	struct memfd *mf = fp->f_data;

	if ((prot & PROT_WRITE) != 0 &&
	    (mf->mf_seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) != 0)
		return -EPERM;
	cm->cm_object = mf->mf_object;
	cm->cm_len = len;
	return 0;
}

static int
mem_fo_truncate(struct file *fp, off_t len)
{
	struct memfd *mf = fp->f_data;
	uint64_t size;
	int error = 0;

	mutex_lock(&mf->mf_lock);
	size = mf->mf_object->vo_size;
	if (((uint64_t)len < size && (mf->mf_seals & F_SEAL_SHRINK) != 0) ||
	    ((uint64_t)len > size && (mf->mf_seals & F_SEAL_GROW) != 0))
		error = -EPERM;
	else
		vm_object_resize(mf->mf_object, (uint64_t)len);
	mf->mf_mtime = clock_real();
	mutex_unlock(&mf->mf_lock);
	return error;
}

static int
mem_fo_stat(struct file *fp, struct vattr *va)
{
	struct memfd *mf = fp->f_data;

	anon_stat(va, S_IFREG | 0777, mf->mf_ino, fp);
	va->va_size = mf->mf_object->vo_size;
	va->va_blocks = mf->mf_object->vo_npages * (PAGE_SIZE / 512);
	va->va_mtime = va->va_ctime = mf->mf_mtime;
	return 0;
}

static void
mem_fo_close(struct file *fp)
{
	struct memfd *mf = fp->f_data;

	vm_object_unref(mf->mf_object);
	kfree(mf);
}

static void
mem_fo_describe(struct file *fp, char *buf, size_t size)
{
	struct memfd *mf = fp->f_data;

	ksnprintf(buf, size, "/memfd:%s (deleted)", mf->mf_name);
}

static const struct fileops memfd_fileops = {
	.fo_name = "memfd",
	.fo_read = mem_fo_read,
	.fo_write = mem_fo_write,
	.fo_seek = mem_fo_seek,
	.fo_mmap = mem_fo_mmap,
	.fo_truncate = mem_fo_truncate,
	.fo_stat = mem_fo_stat,
	.fo_close = mem_fo_close,
	.fo_describe = mem_fo_describe,
	.fo_positioned = true,
};

/* Is a page of it mapped writable by anybody? */
static bool
mapped_writable(struct vm_object *obj)
{
	struct vm_area *va;
	bool found = false;

	spin_lock(&obj->vo_lock);
	list_foreach(va, &obj->vo_areas, va_obj_link)
		if ((va->va_flags & VA_SHARED) != 0 &&
		    (va->va_maxprot & PROT_WRITE) != 0)
			found = true;
	spin_unlock(&obj->vo_lock);
	return found;
}

long
memfd_fcntl(struct file *fp, bool add, unsigned long seals)
{
	struct memfd *mf = fp->f_data;
	long result = 0;

	if (fp->f_ops != &memfd_fileops)
		return -EINVAL;
	if (!add)
		return mf->mf_seals;
	if ((seals & ~(unsigned long)F_SEAL_ALL) != 0)
		return -EINVAL;
	if (!file_writable(fp))
		return -EPERM;
	mutex_lock(&mf->mf_lock);
	if ((mf->mf_seals & F_SEAL_SEAL) != 0)
		result = -EPERM;
	else if ((seals & F_SEAL_WRITE) != 0 &&
	    (mf->mf_seals & F_SEAL_WRITE) == 0 &&
	    mapped_writable(mf->mf_object))
		result = -EBUSY;
	else
		mf->mf_seals |= (unsigned)seals;
	mutex_unlock(&mf->mf_lock);
	return result;
}

long
sys_memfd_create(vaddr_t uname, unsigned flags)
{
	struct memfd *mf;
	struct file *fp;
	ssize_t len;

	if ((flags & ~(unsigned)(MFD_CLOEXEC | MFD_ALLOW_SEALING)) != 0)
		return -EINVAL;
	mf = kzalloc(sizeof(*mf));
	if (mf == NULL)
		return -ENOMEM;
	len = copyinstr(uname, mf->mf_name, sizeof(mf->mf_name));
	if (len >= 0) {
		mf->mf_object = vm_object_anon(0);
		if (mf->mf_object == NULL)
			len = -ENOMEM;
	}
	if (len < 0) {
		kfree(mf);
		return len == -ENAMETOOLONG ? -EINVAL : len;
	}
	mutex_init(&mf->mf_lock, LR_VNODE, "memfd");
	mf->mf_seals = (flags & MFD_ALLOW_SEALING) != 0 ? 0 : F_SEAL_SEAL;
	mf->mf_mtime = clock_real();
	mf->mf_ino = anon_ino();
	fp = file_alloc(&memfd_fileops, mf, O_RDWR | O_LARGEFILE,
	    curlwp()->l_cred);
	if (fp == NULL) {
		vm_object_unref(mf->mf_object);
		kfree(mf);
	}
	return anon_install(fp, (flags & MFD_CLOEXEC) != 0);
}
