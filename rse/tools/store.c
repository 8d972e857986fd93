/* SPDX-License-Identifier: MIT */
/*
 * rse/tools/store.c - runs of set-up files in a folder.
 *
 * Layout of FOLDER/run, little-endian: "RSERUN01", version u32, CRC32C u32 of
 * all that follows, length u64, hash of the set-up file u64, tori u32, `on`
 * u32, line u32, torus u32, events of it u64, expectations that failed u32,
 * bytes said u32, these bytes; then each torus: length u64, its snapshot.
 */
#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../core/hash.h"
#include "store.h"

#define MAGIC	"RSERUN01"
#define VERSION 1u
#define HEAD	64u
#define RUN	"run"
#define RUN_NEW "run.new"

int
store_decode(struct store *k, struct setup *s)
{
	const uint8_t *p = k->kept;
	uint32_t said;

	if (k->len < HEAD)
		return RSE_ESHORT;
	if (memcmp(p, MAGIC, 8) != 0)
		return RSE_EMAGIC;
	if (le32_get(p + 8) != VERSION)
		return RSE_EVERSION;
	if (le64_get(p + 16) != k->len)
		return RSE_ESHORT;
	if (rse_crc32c(0, p + 16, k->len - 16) != le32_get(p + 12))
		return RSE_ECHECKSUM;
	said = le32_get(p + 60);
	if (le32_get(p + 40) == 0 || said >= SETUP_SAID ||
	    said > k->len - HEAD)
		return RSE_EINVAL;
	if (le64_get(p + 24) != k->text)
		return RSE_ECONFIG;
	k->at = HEAD + said;
	s->from = (struct setup_place) { le32_get(p + 40), le32_get(p + 44),
		le64_get(p + 48) };
	return RSE_OK;
}

/* The tori are made: fill them, and what else was kept. */
int
store_resume(struct setup *s)
{
	const struct store *k = s->arg;
	const uint8_t *p = k->kept;
	size_t at = k->at;
	uint64_t len;
	uint32_t i;
	int error = RSE_OK;

	if (le32_get(p + 32) != s->n || le32_get(p + 36) > s->n)
		error = RSE_ECONFIG;
	for (i = 0; i < s->n && error == RSE_OK; i++) {
		len = k->len - at < 8 ? 0 : le64_get(p + at);
		at += 8;
		if (len == 0 || len > k->len - at)
			error = RSE_ESHORT;
		else
			error = rse_snapshot_load(s->t[i], p + at, len);
		at += len;
	}
	if (error == RSE_OK && at != k->len)
		error = RSE_ESHORT;
	if (error != RSE_OK)
		return setup_complain(s, "cannot go on from what is kept",
		    rse_error_name(error));
	s->on = le32_get(p + 36);
	s->failed = le32_get(p + 56);
	s->used = k->at - HEAD;
	memcpy(s->said, p + HEAD, s->used);
	s->said[s->used] = '\0';
	return 0;
}

uint8_t *
store_encode(const struct store *k, struct setup *s, size_t *len)
{
	size_t at = HEAD + s->used, used;
	uint8_t *p;
	uint32_t i;

	for (*len = at, i = 0; i < s->n; i++)
		*len += 8 + rse_snapshot_size(s->t[i]);
	if ((p = calloc(1, *len)) == NULL)
		return NULL;
	memcpy(p, MAGIC, 8);
	le32_put(p + 8, VERSION);
	le64_put(p + 16, *len);
	le64_put(p + 24, k->text);
	le32_put(p + 32, s->n);
	le32_put(p + 36, s->on);
	le32_put(p + 40, s->at.line);
	le32_put(p + 44, s->at.torus);
	le64_put(p + 48, s->at.done);
	le32_put(p + 56, s->failed);
	le32_put(p + 60, (uint32_t)s->used);
	memcpy(p + HEAD, s->said, s->used);
	for (i = 0; i < s->n; i++) {
		/* It has the room that it asked for. */
		rse_snapshot_save(s->t[i], p + at + 8, *len - at - 8, &used);
		le64_put(p + at, used);
		at += 8 + used;
	}
	le32_put(p + 12, rse_crc32c(0, p + 16, *len - 16));
	return p;
}

static int
file_write(int fd, const uint8_t *p, size_t len)
{
	ssize_t n;

	for (; len > 0; len -= (size_t)n, p += n) {
		n = write(fd, p, len);
		if (n < 0 && errno == EINTR)
			n = 0;
		if (n < 0)
			return -1;
	}
	return fsync(fd);
}

static int
run_replace(const struct store *k, const uint8_t *p, size_t len)
{
	int fd = openat(k->dir, RUN_NEW, O_WRONLY | O_CREAT | O_TRUNC |
	    O_CLOEXEC, 0666);
	int error;

	if (fd < 0)
		return -1;
	error = file_write(fd, p, len) != 0 ? errno : 0;
	if (close(fd) != 0 && error == 0)
		error = errno;
	if (error == 0 && (renameat(k->dir, RUN_NEW, k->dir, RUN) != 0 ||
	    fsync(k->dir) != 0))
		error = errno;
	errno = error;
	return error == 0 ? 0 : -1;
}

int
store_keep(struct setup *s)
{
	const struct store *k = s->arg;
	size_t len;
	uint8_t *p;
	uint32_t i;
	int bad;

	/* That a torus is faulted is in no snapshot: keep what was before. */
	for (i = 0; i < s->n; i++)
		if (rse_torus_state(s->t[i]) == RSE_FAULTED)
			return 0;
	if ((p = store_encode(k, s, &len)) == NULL)
		return setup_complain(s, "cannot be kept", "out of memory");
	bad = run_replace(k, p, len);
	free(p);
	return bad ? setup_complain(s, "cannot be kept", strerror(errno)) : 0;
}

/* 0: read, or there is none; else an errno. */
static int
run_read(struct store *k)
{
	int fd = openat(k->dir, RUN, O_RDONLY | O_CLOEXEC), error = 0;
	struct stat st;
	ssize_t n = 1;

	if (fd < 0)
		return errno == ENOENT ? 0 : errno;
	if (fstat(fd, &st) != 0)
		error = errno;
	else if ((k->kept = malloc((size_t)st.st_size + 1)) == NULL)
		error = ENOMEM;
	for (; error == 0 && n != 0 && k->len < (size_t)st.st_size;
	    k->len += (size_t)n) {
		n = read(fd, k->kept + k->len, (size_t)st.st_size - k->len);
		if (n < 0) {
			error = errno == EINTR ? 0 : errno;
			n = 0;
		}
	}
	close(fd);
	return error;
}

int
store_open(struct store *k, const char *folder, struct setup *s)
{
	int error;

	k->dir = -1;
	if (mkdir(folder, 0777) != 0 && errno != EEXIST)
		return setup_complain(s, folder, strerror(errno));
	k->dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (k->dir < 0)
		return setup_complain(s, folder, strerror(errno));
	if (flock(k->dir, LOCK_EX | LOCK_NB) != 0)
		return setup_complain(s, folder, errno == EWOULDBLOCK ?
		    "in use by another run" : strerror(errno));
	if ((error = run_read(k)) != 0)
		return setup_complain(s, folder, strerror(error));
	if (k->kept == NULL)
		return 0;
	error = store_decode(k, s);
	if (error == RSE_ECONFIG)
		return setup_complain(s, folder,
		    "keeps a run of another set-up file");
	if (error != RSE_OK)
		return setup_complain(s, folder, rse_error_name(error));
	return 0;
}

void
store_close(struct store *k)
{
	if (k->dir >= 0)
		close(k->dir);
	free(k->kept);
}
