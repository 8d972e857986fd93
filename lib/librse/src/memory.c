/* SPDX-License-Identifier: MIT */
/*
 * lib/librse/src/memory.c - a torus in allocated memory; errors as errno.
 */
#include <errno.h>
#include <stdlib.h>

#include <librse.h>

struct rse_torus *
rse_new(const struct rse_config *c)
{
	struct rse_torus *t;
	size_t len = rse_torus_size(c);
	void *mem;
	int error;

	if (len == 0) {
		errno = EINVAL;
		return NULL;
	}
	/* Aligned, the torus begins where the block does: free works on it. */
	len = (len + 63) & ~(size_t)63;
	mem = aligned_alloc(64, len);
	if (mem == NULL)
		return NULL;
	error = rse_torus_create(mem, len, c, &t);
	if (error != RSE_OK) {
		free(mem);
		errno = rse_errno(error);
		return NULL;
	}
	return t;
}

void
rse_free(struct rse_torus *t)
{
	free(t);
}

int
rse_errno(int error)
{
	switch (error) {
	case RSE_OK:
		return 0;
	case RSE_EAGAIN:
		return EAGAIN;
	case RSE_ENOSPC:
		return ENOSPC;
	case RSE_ENOENT:
		return ENOENT;
	case RSE_EEXIST:
		return EEXIST;
	case RSE_EFANOUT:
		return EOVERFLOW;
	case RSE_ECHECKSUM:
	case RSE_EDIGEST:
		return EBADMSG;
	case RSE_ESTALE:
		return ESTALE;
	case RSE_ESENDER:
		return EPERM;
	case RSE_ENOTSUP:
		return ENOTSUP;
	case RSE_ECORRUPT:
		return EIO;
	default:
		return EINVAL;
	}
}
