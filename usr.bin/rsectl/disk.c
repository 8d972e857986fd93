/* SPDX-License-Identifier: MIT */
/*
 * usr.bin/rsectl/disk.c - snapshots to and from files, and files written
 * whole or not at all.
 */
#include <sys/stat.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <librse.h>

#include "rsectl.h"

/* Write and close; false with errno. */
static bool
stream_put(FILE *f, const void *data, size_t len)
{
	bool ok = fwrite(data, 1, len, f) == len && fflush(f) == 0 &&
	    (f == stdout || fsync(fileno(f)) == 0 || errno == EINVAL);
	int saved = errno;

	if (f != stdout && fclose(f) != 0 && ok)
		return false;
	errno = saved;
	return ok;
}

/* Beside its place, under a name that is never too long. */
static bool
name_beside(char new[PATH_MAX], const char *path)
{
	const char *slash = strrchr(path, '/');
	int folder = slash != NULL ? (int)(slash + 1 - path) : 0;

	return snprintf(new, PATH_MAX, "%.*s.rsectl.%d", folder, path,
	    (int)getpid()) < PATH_MAX;
}

/* What ends the program from outside waits while a file is half written. */
static bool
file_new(const char *path, const char *new, const void *data, size_t len)
{
	sigset_t all, before;
	FILE *f;
	int saved;
	bool ok;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	f = fopen(new, "wxe");
	ok = f != NULL && stream_put(f, data, len) && rename(new, path) == 0;
	saved = errno;
	if (f != NULL && !ok)
		unlink(new);
	sigprocmask(SIG_SETMASK, &before, NULL);
	errno = saved;
	return ok;
}

/*
 * Beside its place first: when the disk is full the old file is still there,
 * and no half of a new one.  A device or a pipe is written as it is.
 */
void
file_put(const char *path, const void *data, size_t len)
{
	struct stat st;
	char new[PATH_MAX];
	FILE *f;

	if (strcmp(path, "-") == 0) {
		if (!stream_put(stdout, data, len))
			fail(EXIT_REFUSED, "standard output: %s",
			    strerror(errno));
		return;
	}
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		f = fopen(path, "we");
		if (f == NULL || !stream_put(f, data, len))
			fail(EXIT_REFUSED, "%s: %s", path, strerror(errno));
		return;
	}
	if (!name_beside(new, path)) {
		errno = ENAMETOOLONG;
		fail(EXIT_REFUSED, "%s: %s", path, strerror(errno));
	}
	if (!file_new(path, new, data, len))
		fail(EXIT_REFUSED, "%s: %s; nothing was written", path,
		    strerror(errno));
}

/* With a number and a file one torus, without them all, by rsed. */
int
do_snapshot(int argc, char **argv)
{
	size_t len;
	char *data;

	if (argc == 1) {
		free(ask_rsed("save"));
		return EXIT_OK;
	}
	if (argc != 3)
		fail(EXIT_USAGE, "snapshot: behind it come a torus and a "
		    "file, or nothing: then rsed saves all");
	data = file_read(torus_one(argv[1]), "snapshot", &len);
	file_put(argv[2], data, len);
	free(data);
	return EXIT_OK;
}

/*
 * The device waits for the rest of one that is cut short, and can only tell
 * the kernel's log when none comes.
 */
static void
length_check(const char *path, const char *data, size_t len)
{
	size_t want = rse_snapshot_length(data, len);

	if (want == 0)
		fail(EXIT_USAGE, "%s: it is no snapshot, or of another "
		    "version", path);
	if (len > want)
		fail(EXIT_USAGE, "%s: a snapshot of %zu bytes, and something "
		    "behind it", path, want);
	if (len < want)
		fail(EXIT_USAGE, "%s: a snapshot of %zu bytes, of which %zu "
		    "are there", path, want, len);
}

/* No more is read than the beginning promises: a device has no end. */
static char *
snapshot_read(const char *path, size_t *len)
{
	FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	char *data = NULL, *bigger;
	size_t room = 0, n;

	if (f == NULL)
		fail(EXIT_REFUSED, "%s: %s", path, strerror(errno));
	*len = 0;
	do {
		room = room == 0 ? 65536 : 2 * room;
		bigger = realloc(data, room);
		if (bigger == NULL)
			fail(EXIT_REFUSED, "%s: %s", path, strerror(errno));
		data = bigger;
		n = fread(data + *len, 1, room - *len, f);
		*len += n;
	} while (*len == room && *len <= rse_snapshot_length(data, *len));
	if (ferror(f))
		fail(EXIT_REFUSED, "%s: %s", path, strerror(errno));
	if (f != stdin)
		fclose(f);
	length_check(path, data, *len);
	return data;
}

/* What the device says of a snapshot that it does not take. */
static const char *
snapshot_reason(int error)
{
	switch (error) {
	case EINVAL:
		return "it was made by a torus of another number or size";
	case EBADMSG:
		return "it is damaged: a checksum does not match";
	case EFBIG:
		return "it is longer than a snapshot of this torus can be";
	case EBUSY:
		return "stop the torus first: rsectl stop";
	case EACCES:
		return "only root and members of group rse may";
	default:
		return strerror(error);
	}
}

int
do_restore(int argc, char **argv)
{
	struct rse_dev *d;
	unsigned torus;
	size_t len;
	char *data;

	if (argc == 1) {
		free(ask_rsed("restore"));
		return EXIT_OK;
	}
	if (argc != 3)
		fail(EXIT_USAGE, "restore: behind it come a torus and a "
		    "file, or nothing: then rsed brings all back");
	torus = torus_one(argv[1]);
	data = snapshot_read(argv[2], &len);
	d = rse_dev_open(torus);
	if (d == NULL)
		fail(code_of(errno), "torus %u: %s", torus,
		    reason("", errno));
	if (rse_dev_write(d, "snapshot", data, len) != 0)
		fail(EXIT_REFUSED, "%s: %s; nothing was changed", argv[2],
		    snapshot_reason(errno));
	rse_dev_close(d);
	free(data);
	return EXIT_OK;
}
