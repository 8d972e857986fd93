/* SPDX-License-Identifier: MIT */
/*
 * sys/base/uio.c: moving bytes between kernel memory and the pieces of a uio.
 */
#include <abi/errno.h>
#include <machine/usercopy.h>

#include "base/string.h"
#include "base/uio.h"

static void
uio_advance(struct uio *uio, size_t n)
{
	uio->uio_iovoff += n;
	uio->uio_resid -= n;
	/* Devices without an end may be anywhere: wraps, is not undefined. */
	uio->uio_offset = (off_t)((uint64_t)uio->uio_offset + n);
}

/* The rest of the first piece that is not used up; NULL: none is left. */
static void *
uio_piece(struct uio *uio, size_t *len)
{
	while (uio->uio_iovcnt > 0 &&
	    uio->uio_iovoff == uio->uio_iov->iov_len) {
		uio->uio_iov++;
		uio->uio_iovcnt--;
		uio->uio_iovoff = 0;
	}
	if (uio->uio_iovcnt == 0)
		return NULL;
	*len = uio->uio_iov->iov_len - uio->uio_iovoff;
	return (char *)uio->uio_iov->iov_base + uio->uio_iovoff;
}

/* One piece; kmem NULL: zeroes. Returns the bytes that could not be moved. */
static size_t
move_piece(void *piece, void *kmem, size_t n, const struct uio *uio)
{
	if (!uio->uio_user) {
		if (uio->uio_write)
			memcpy(kmem, piece, n);
		else if (kmem == NULL)
			memset(piece, 0, n);
		else
			memcpy(piece, kmem, n);
		return 0;
	}
	if (uio->uio_write)
		return copyin_some((vaddr_t)piece, kmem, n);
	if (kmem == NULL)
		return user_zero((vaddr_t)piece, n) != 0 ? n : 0;
	return copyout_some(kmem, (vaddr_t)piece, n);
}

static int
move(void *kmem, size_t n, struct uio *uio)
{
	n = MIN(n, uio->uio_resid);
	while (n > 0) {
		size_t len, left;
		void *piece = uio_piece(uio, &len);

		if (piece == NULL)
			return -EFAULT;
		len = MIN(len, n);
		left = move_piece(piece, kmem, len, uio);
		uio_advance(uio, len - left);
		if (left != 0)
			return -EFAULT;
		if (kmem != NULL)
			kmem = (char *)kmem + len;
		n -= len;
	}
	return 0;
}

int
uiomove(void *kmem, size_t n, struct uio *uio)
{
	return move(kmem, n, uio);
}

int
uiomove_zero(size_t n, struct uio *uio)
{
	return move(NULL, n, uio);
}

/* Touch each page: read where the kernel will read, write where it writes. */
static int
touch(vaddr_t va, bool for_write)
{
	uint32_t word;
	vaddr_t at = va & ~UINT64_C(3);
	int err = user_load32(at, &word);

	if (err == 0 && for_write) {
		uint32_t old = word;

		err = user_cas32(at, &old, word);
	}
	return err;
}

int
uio_prefault(struct uio *uio, size_t n)
{
	size_t off = uio->uio_iovoff;

	n = MIN(n, uio->uio_resid);
	if (!uio->uio_user)
		return 0;
	for (unsigned i = 0; i < uio->uio_iovcnt && n > 0; i++, off = 0) {
		vaddr_t va = (vaddr_t)uio->uio_iov[i].iov_base + off;
		size_t len = MIN(uio->uio_iov[i].iov_len - off, n);

		for (size_t at = 0; at < len;
		     at += PAGE_SIZE - ((va + at) & PAGE_MASK)) {
			int err = touch(va + at, !uio->uio_write);

			if (err != 0)
				return err;
		}
		n -= len;
	}
	return 0;
}

static void
uio_init(struct uio *uio, struct iovec *iov, void *buf, size_t n, off_t off,
    bool write, bool user)
{
	iov->iov_base = buf;
	iov->iov_len = n;
	uio->uio_iov = iov;
	uio->uio_iovcnt = 1;
	uio->uio_iovoff = 0;
	uio->uio_resid = n;
	uio->uio_offset = off;
	uio->uio_user = user;
	uio->uio_write = write;
}

void
uio_init_kernel(struct uio *uio, struct iovec *iov, void *buf, size_t n,
    off_t off, bool write)
{
	uio_init(uio, iov, buf, n, off, write, false);
}

void
uio_init_user(struct uio *uio, struct iovec *iov, void *ubuf, size_t n,
    off_t off, bool write)
{
	uio_init(uio, iov, ubuf, n, off, write, true);
}
