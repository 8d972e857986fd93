/* SPDX-License-Identifier: MIT */
/*
 * usr.bin/rsed/checkpoint.c - all tori at one moment, as a file.
 *
 * A checkpoint is one file: a line of text, filled up with blanks,
 *	RSECKPT2 BRAIDED  LENGTH RUNNING SIZES  (and the same twice more)
 * and three snapshots, each with a checksum of its own.  SIZES are the
 * lattice and the capacities that a torus must be created with to hold its
 * snapshot.  The file is written beside the old one and renamed over it, so
 * that a power cut leaves one of the two.
 *
 * Why all tori at once: they are held for the moment it takes to read them,
 * so what one has sent the other has taken in.
 */
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <librse.h>

#include "checkpoint.h"

#define MAGIC	      "RSECKPT2"
#define HEAD_LEN      512
#define SNAPSHOT_MOST (256u << 20)
#define HOLD_MSEC     "5000"

static const char *const size_keys[SIZES] = { "x", "y", "z", "processes",
	"edges", "events", "ring", "journal" };

void
checkpoint_free(struct checkpoint *cp)
{
	unsigned i;

	for (i = 0; i < TORI; i++)
		free(cp->data[i]);
	memset(cp, 0, sizeof(*cp));
}

static int
braid_word(const char *word)
{
	unsigned line;

	return ctl_lines(BRAID, word, strlen(word), &line);
}

static long long
milliseconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* The sizes of a torus that lives or lived, from its status. */
static int
sizes_read(struct rse_dev *d, unsigned size[SIZES])
{
	char lattice[64], capacity[64];

	if (rse_dev_value(d, "status", "lattice", lattice,
	    sizeof(lattice)) != 0 || rse_dev_value(d, "status", "capacity",
	    capacity, sizeof(capacity)) != 0)
		return -1;
	if (sscanf(lattice, "%u %u %u", &size[0], &size[1], &size[2]) == 3 &&
	    sscanf(capacity, "%u %u %u %u %u", &size[3], &size[4], &size[5],
	    &size[6], &size[7]) == 5)
		return 0;
	errno = EPROTO;
	return -1;
}

static int
snapshots_read(struct checkpoint *cp)
{
	struct rse_dev *d;
	ssize_t n;
	unsigned i;

	for (i = 0; i < TORI; i++) {
		d = rse_dev_open(i);
		if (d == NULL)
			return -1;
		n = sizes_read(d, cp->size[i]) != 0 ? -1 :
		    rse_dev_read(d, "snapshot", &cp->data[i]);
		rse_dev_close(d);
		if (n < 0)
			return -1;
		cp->len[i] = (size_t)n;
	}
	return 0;
}

/*
 * Hold all tori, read them, and let them go on.  Should this take longer than
 * they hold still, what was read is not of one moment.
 */
int
checkpoint_take(struct checkpoint *cp, const struct braid_view *v)
{
	long long began;
	unsigned i;
	int error, saved;

	memset(cp, 0, sizeof(*cp));
	cp->braided = v->braided;
	for (i = 0; i < TORI; i++)
		cp->running[i] = state_is_running(v->torus[i].state);
	began = milliseconds();
	if (braid_word("hold " HOLD_MSEC) != 0)
		return -1;
	error = snapshots_read(cp);
	saved = errno;
	if (error == 0 && milliseconds() - began > atoi(HOLD_MSEC)) {
		error = -1;
		saved = ETIMEDOUT;
	}
	if (braid_word("hold 0") != 0)
		return -1;
	errno = saved;
	return error;
}

static int
write_all(int fd, const void *p, size_t len)
{
	const char *s = p;
	ssize_t n;

	for (; len > 0; s += n, len -= (size_t)n) {
		n = write(fd, s, len);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n < 0)
			return -1;
	}
	return 0;
}

static int
head_format(char *head, const struct checkpoint *cp)
{
	size_t n;
	unsigned i, k;

	n = (size_t)snprintf(head, HEAD_LEN, "%s %d", MAGIC, cp->braided);
	for (i = 0; i < TORI; i++) {
		n += (size_t)snprintf(head + n, HEAD_LEN - n, " %zu %d",
		    cp->len[i], cp->running[i]);
		for (k = 0; k < SIZES; k++)
			n += (size_t)snprintf(head + n, HEAD_LEN - n, " %u",
			    cp->size[i][k]);
	}
	return (int)n;
}

/* The next number behind *p; false: there is none. */
static bool
number_next(char **p, unsigned long most, unsigned long *v)
{
	char *end;

	errno = 0;
	*v = strtoul(*p, &end, 10);
	if (end == *p || errno != 0 || *v > most)
		return false;
	*p = end;
	return true;
}

static bool
head_parse(char *head, struct checkpoint *cp)
{
	char *p = head + strlen(MAGIC);
	unsigned long v;
	unsigned i, k;

	if (strncmp(head, MAGIC " ", strlen(MAGIC) + 1) != 0 ||
	    !number_next(&p, 1, &v))
		return false;
	cp->braided = v == 1;
	for (i = 0; i < TORI; i++) {
		if (!number_next(&p, SNAPSHOT_MOST, &v) || v == 0)
			return false;
		cp->len[i] = v;
		if (!number_next(&p, 1, &v))
			return false;
		cp->running[i] = v == 1;
		for (k = 0; k < SIZES; k++) {
			if (!number_next(&p, UINT_MAX, &v))
				return false;
			cp->size[i][k] = (unsigned)v;
		}
	}
	return true;
}

static int
checkpoint_put(int fd, const struct checkpoint *cp)
{
	char head[HEAD_LEN];
	unsigned i;
	int n = head_format(head, cp);

	memset(head + n, ' ', sizeof(head) - (size_t)n);
	head[HEAD_LEN - 1] = '\n';
	if (write_all(fd, head, sizeof(head)) != 0)
		return -1;
	for (i = 0; i < TORI; i++)
		if (write_all(fd, cp->data[i], cp->len[i]) != 0)
			return -1;
	return fsync(fd);
}

/* The new name is on the disk only when its folder is. */
static int
folder_sync(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), error;

	if (fd < 0)
		return -1;
	error = fsync(fd);
	close(fd);
	return error;
}

void
checkpoint_path(char path[CHECKPOINT_PATH], const char *folder)
{
	snprintf(path, CHECKPOINT_PATH, "%s/braid", folder);
}

int
checkpoint_write(const struct checkpoint *cp, const char *folder)
{
	char path[CHECKPOINT_PATH], new[CHECKPOINT_PATH + 4];
	int fd, error, saved;

	checkpoint_path(path, folder);
	snprintf(new, sizeof(new), "%s.new", path);
	if (mkdir(folder, 0700) != 0 && errno != EEXIST)
		return -1;
	fd = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	error = checkpoint_put(fd, cp);
	saved = errno;
	if (close(fd) != 0 && error == 0) {
		error = -1;
		saved = errno;
	}
	if (error == 0 && rename(new, path) == 0)
		return folder_sync(folder);
	if (error != 0)
		errno = saved;
	saved = errno;
	unlink(new);
	errno = saved;
	return -1;
}

/* A head that gives snapshots a sane length, and nothing behind them. */
int
checkpoint_read(struct checkpoint *cp, const char *folder)
{
	char path[CHECKPOINT_PATH], head[HEAD_LEN], more;
	unsigned i;
	FILE *f;

	memset(cp, 0, sizeof(*cp));
	checkpoint_path(path, folder);
	f = fopen(path, "re");
	if (f == NULL)
		return -1;
	if (fread(head, 1, sizeof(head), f) != sizeof(head) ||
	    head[HEAD_LEN - 1] != '\n')
		goto bad;
	head[HEAD_LEN - 1] = '\0';
	if (!head_parse(head, cp))
		goto bad;
	for (i = 0; i < TORI; i++) {
		cp->data[i] = malloc(cp->len[i]);
		if (cp->data[i] == NULL ||
		    fread(cp->data[i], 1, cp->len[i], f) != cp->len[i])
			goto bad;
	}
	if (fread(&more, 1, 1, f) != 0)
		goto bad;
	fclose(f);
	return 0;
bad:
	fclose(f);
	checkpoint_free(cp);
	errno = EBADMSG;
	return -1;
}

/* An empty torus of the checkpoint's size, unless it has it already. */
static int
torus_fit(struct rse_dev *d, unsigned torus, const unsigned size[SIZES])
{
	unsigned now[SIZES], k, line;
	char word[200];
	size_t n;

	if (sizes_read(d, now) != 0)
		return -1;
	if (memcmp(now, size, sizeof(now)) == 0)
		return 0;
	n = (size_t)snprintf(word, sizeof(word), "create");
	for (k = 0; k < SIZES; k++)
		n += (size_t)snprintf(word + n, sizeof(word) - n, " %s=%u",
		    size_keys[k], size[k]);
	return ctl_lines(torus, word, n, &line);
}

/* All tori, stopped. */
int
checkpoint_load(const struct checkpoint *cp, const struct braid_view *v)
{
	struct rse_dev *d;
	unsigned i;
	int error = 0;

	if (braid_word("stop") != 0)
		return -1;
	if (v->braided != cp->braided &&
	    braid_word(cp->braided ? "on" : "off") != 0)
		return -1;
	for (i = 0; i < TORI && error == 0; i++) {
		d = rse_dev_open(i);
		if (d == NULL)
			return -1;
		error = torus_fit(d, i, cp->size[i]);
		if (error == 0)
			error = rse_dev_write(d, "snapshot", cp->data[i],
			    cp->len[i]);
		rse_dev_close(d);
	}
	return error;
}
