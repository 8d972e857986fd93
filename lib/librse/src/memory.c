/* SPDX-License-Identifier: MIT */
/*
 * lib/librse/src/memory.c - tori, keeps and stores in allocated memory;
 * errors as errno.
 */
#include <errno.h>
#include <stdlib.h>

#include <librse.h>

/* Aligned, a thing begins where its block does: free works on it. */
static void *
block_new(size_t *len)
{
	if (*len == 0) {
		errno = EINVAL;
		return NULL;
	}
	*len = (*len + 63) & ~(size_t)63;
	return aligned_alloc(64, *len);
}

/* What was made in it, or NULL and no block if that failed. */
static void *
made(void *mem, void *thing, int error)
{
	if (error == RSE_OK)
		return thing;
	free(mem);
	errno = rse_errno(error);
	return NULL;
}

struct rse_torus *
rse_new(const struct rse_config *c)
{
	size_t len = rse_torus_size(c);
	struct rse_torus *t = NULL;
	void *mem = block_new(&len);
	int error;

	if (mem == NULL)
		return NULL;
	error = rse_torus_create(mem, len, c, &t);
	return made(mem, t, error);
}

void
rse_free(struct rse_torus *t)
{
	free(t);
}

struct rse_keep *
rse_keep_new(const struct rse_config *c)
{
	size_t len = rse_keep_size(c);
	struct rse_keep *k = NULL;
	void *mem = block_new(&len);
	int error;

	if (mem == NULL)
		return NULL;
	error = rse_keep_create(mem, len, c, &k);
	return made(mem, k, error);
}

void
rse_keep_free(struct rse_keep *k)
{
	free(k);
}

struct rse_store *
rse_store_new(const struct rse_config *c)
{
	size_t len = rse_store_size(c);
	struct rse_store *s = NULL;
	void *mem = block_new(&len);
	int error;

	if (mem == NULL)
		return NULL;
	error = rse_store_create(mem, len, c, &s);
	return made(mem, s, error);
}

void
rse_store_free(struct rse_store *s)
{
	free(s);
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
	case RSE_EHISTORY:
		return ENODATA;
	default:
		return EINVAL;
	}
}
