/* SPDX-License-Identifier: MIT */
/*
 * usr.bin/rsed/keeper.c - checkpoints of the braid, and going back to one.
 *
 * A checkpoint is one file: a line of text,
 *	RSECKPT1 BRAIDED  LENGTH RUNNING  LENGTH RUNNING  LENGTH RUNNING
 * and three snapshots, each with a checksum of its own.  It is written beside
 * the old one and renamed over it, so that a power cut leaves one of the two.
 *
 * Why all tori at once: they are held for the moment it takes to read them,
 * so what one has sent the other has taken in.  A torus that died comes
 * back by bringing all of them back to the same checkpoint; what was handled
 * since then is handled again, and what was injected since then is lost.
 */
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include <librse.h>

#include "keeper.h"
#include "tori.h"

#define MAGIC	     "RSECKPT1"
#define HEAD_LEN     128
#define SNAPSHOT_MOST (256u << 20)
#define HOLD_MSEC    "5000"
#define TRIES	     3 /* recoveries from one and the same checkpoint */

struct checkpoint {
	bool braided;
	bool running[TORI];
	size_t len[TORI];
	void *data[TORI];
};

static struct conf conf;
static char path_now[320], path_new[320];
static time_t saved_at, recovered_at;
static unsigned saves, recoveries, tries;
static bool lost; /* a torus is dead and stays so */
static char last_event[160] = "none";

void
keeper_init(const struct conf *c)
{
	conf = *c;
	snprintf(path_now, sizeof(path_now), "%s/braid", conf.state);
	snprintf(path_new, sizeof(path_new), "%s/braid.new", conf.state);
}

static void
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

static int
running_start(const bool running[TORI])
{
	unsigned i, line;
	int error = 0;

	for (i = 0; i < TORI; i++)
		if (running[i] && ctl_lines(i, "start", 5, &line) != 0)
			error = -1;
	return error;
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
		n = rse_dev_read(d, "snapshot", &cp->data[i]);
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
static int
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
checkpoint_put(int fd, const struct checkpoint *cp)
{
	char head[HEAD_LEN];
	unsigned i;
	int n;

	n = snprintf(head, sizeof(head), "%s %d %zu %d %zu %d %zu %d", MAGIC,
	    cp->braided, cp->len[0], cp->running[0], cp->len[1],
	    cp->running[1], cp->len[2], cp->running[2]);
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
folder_sync(void)
{
	int fd = open(conf.state, O_RDONLY | O_DIRECTORY | O_CLOEXEC), error;

	if (fd < 0)
		return -1;
	error = fsync(fd);
	close(fd);
	return error;
}

static int
checkpoint_write(const struct checkpoint *cp)
{
	int fd, error, saved;

	fd = open(path_new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	error = checkpoint_put(fd, cp);
	saved = errno;
	if (close(fd) != 0 && error == 0) {
		error = -1;
		saved = errno;
	}
	if (error == 0 && rename(path_new, path_now) == 0)
		return folder_sync();
	if (error != 0)
		errno = saved;
	saved = errno;
	unlink(path_new);
	errno = saved;
	return -1;
}

/* A number that gives snapshots a sane length, and nothing behind them. */
static int
checkpoint_read(struct checkpoint *cp)
{
	char head[HEAD_LEN], more;
	int braided, running[TORI];
	unsigned i;
	FILE *f = fopen(path_now, "re");

	memset(cp, 0, sizeof(*cp));
	if (f == NULL)
		return -1;
	if (fread(head, 1, sizeof(head), f) != sizeof(head) ||
	    head[HEAD_LEN - 1] != '\n')
		goto bad;
	head[HEAD_LEN - 1] = '\0';
	if (sscanf(head, MAGIC " %d %zu %d %zu %d %zu %d", &braided,
	    &cp->len[0], &running[0], &cp->len[1], &running[1], &cp->len[2],
	    &running[2]) != 7)
		goto bad;
	cp->braided = braided == 1;
	for (i = 0; i < TORI; i++) {
		cp->running[i] = running[i] == 1;
		if (cp->len[i] == 0 || cp->len[i] > SNAPSHOT_MOST)
			goto bad;
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

static int
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
		error = rse_dev_write(d, "snapshot", cp->data[i], cp->len[i]);
		rse_dev_close(d);
	}
	return error;
}

static bool
view_has(const struct braid_view *v, const char *state)
{
	unsigned i;

	for (i = 0; i < TORI; i++)
		if (strcmp(v->torus[i].state, state) == 0)
			return true;
	return false;
}

static void
note(int priority, const char *what, unsigned long n)
{
	snprintf(last_event, sizeof(last_event), what, n);
	syslog(priority, "%s", last_event);
}

int
keeper_save(void)
{
	struct checkpoint cp;
	struct braid_view v;
	int error, saved;

	if (braid_look(&v) != 0)
		return -1;
	if (view_has(&v, "absent") || view_has(&v, "dead") ||
	    view_has(&v, "faulted")) {
		errno = view_has(&v, "absent") ? ENODATA : ENXIO;
		return -1;
	}
	error = checkpoint_take(&cp, &v);
	if (error == 0)
		error = checkpoint_write(&cp);
	saved = errno;
	checkpoint_free(&cp);
	errno = saved;
	if (error == 0) {
		saved_at = time(NULL);
		saves++;
		tries = 0;
	}
	return error;
}

/* `running`: what to start afterwards, NULL for nothing. */
static int
go_back(const bool *running)
{
	struct checkpoint cp;
	struct braid_view v;
	int error, saved;

	if (checkpoint_read(&cp) != 0)
		return -1;
	error = braid_look(&v);
	if (error == 0)
		error = checkpoint_load(&cp, &v);
	if (error == 0 && running != NULL)
		error = running_start(running);
	saved = errno;
	checkpoint_free(&cp);
	errno = saved;
	return error;
}

int
keeper_restore(void)
{
	int error = go_back(NULL);

	if (error == 0) {
		lost = false;
		tries = 0;
	}
	return error;
}

void
keeper_restore_at_boot(void)
{
	struct checkpoint cp;
	struct braid_view v;
	bool running[TORI];

	if (!conf.restore || braid_look(&v) != 0 || !view_has(&v, "absent"))
		return;
	if (checkpoint_read(&cp) != 0) {
		if (errno != ENOENT)
			note(LOG_ERR, "the checkpoint cannot be read: "
			    "nothing restored", 0);
		return;
	}
	memcpy(running, cp.running, sizeof(running));
	checkpoint_free(&cp);
	if (go_back(conf.resume ? running : NULL) != 0)
		note(LOG_ERR, "the checkpoint does not fit: see dmesg", 0);
	else
		note(LOG_INFO, "the last checkpoint was restored", 0);
}

/*
 * The neighbours of a dead torus wait for it; they and it go back together.
 * One that dies again and again is left for somebody to look at.
 */
static void
recover(const struct braid_view *v)
{
	bool running[TORI], any = false;
	unsigned i, dead = 0;

	for (i = 0; i < TORI; i++) {
		running[i] = state_is_running(v->torus[i].state);
		any |= running[i];
	}
	for (i = 0; i < TORI; i++)
		if (strcmp(v->torus[i].state, "dead") == 0 ||
		    strcmp(v->torus[i].state, "faulted") == 0) {
			running[i] = any;
			dead = i;
		}
	if (tries++ == TRIES) {
		note(LOG_ERR, "torus%lu failed again and again: left as it "
		    "is", dead);
		lost = true;
	} else if (go_back(running) != 0) {
		note(LOG_ERR, errno == ENOENT ? "torus%lu failed and there "
		    "is no checkpoint: not recovered" :
		    "torus%lu failed and could not be recovered", dead);
		lost = true;
	} else {
		recovered_at = time(NULL);
		recoveries++;
		note(LOG_WARNING, "torus%lu failed: all tori went back to "
		    "the last checkpoint", dead);
	}
}

void
keeper_watch(void)
{
	struct braid_view v;

	if (braid_look(&v) != 0)
		return;
	if (!view_has(&v, "dead") && !view_has(&v, "faulted"))
		lost = false;
	else if (conf.recover && !lost)
		recover(&v);
}

static size_t
time_format(char *p, size_t len, const char *key, time_t t)
{
	struct tm tm;
	char when[40] = "never";

	if (t != 0 && gmtime_r(&t, &tm) != NULL)
		strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return (size_t)snprintf(p, len, "%s %s\n", key, when);
}

size_t
keeper_status(char *p, size_t len)
{
	struct stat st;
	size_t n = 0;

	n += (size_t)snprintf(p, len, "setup %s\nstate %s\n"
	    "checkpoint_every %u\ncheckpoints %u\n", conf.setup, conf.state,
	    conf.checkpoint, saves);
	n += time_format(p + n, len - n, "checkpoint_written", saved_at);
	n += time_format(p + n, len - n, "checkpoint_on_disk",
	    stat(path_now, &st) == 0 ? st.st_mtime : 0);
	n += (size_t)snprintf(p + n, len - n, "recoveries %u\n", recoveries);
	n += time_format(p + n, len - n, "recovered", recovered_at);
	n += (size_t)snprintf(p + n, len - n, "unrecovered %s\n"
	    "last_event %s\n", lost ? "yes" : "no", last_event);
	return n;
}
