/* SPDX-License-Identifier: MIT */
/*
 * usr.bin/rsed/keeper.c - checkpoints when they are due, and what to do when
 * a torus failed.
 *
 *	exact		the word `recover`: the kernel replays its snapshot,
 *			its journal and what the neighbours hold, and verifies
 *			it.  Nothing is lost, nobody goes back.
 *	rollback	all tori go back to the last checkpoint.  What was
 *			handled since is handled again; what was injected
 *			since is lost.
 *	approximate	without a checkpoint: clock, counters and faces only.
 *
 * Each is tried when the one before it cannot be.  An exact recovery goes on
 * in the kernel; the view of the braid says how it ended.
 */
#include <sys/stat.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include "checkpoint.h"
#include "keeper.h"

#define TRIES 3 /* returns to one and the same checkpoint */

/* What is known of one torus's failures. */
static struct loss {
	bool asked;		/* `recover` was written for this failure */
	unsigned kills;		/* when it was */
	unsigned recoveries;	/* that were counted */
	unsigned long long at;	/* events handled when it was last faulted */
} losses[TORI];

static struct conf conf;
static time_t saved_at, recovered_at;
static unsigned saves, recoveries, rollbacks, approximations, tries;
static bool lost; /* a torus is dead and stays so */
static char last_event[240] = "none";

void
keeper_init(const struct conf *c)
{
	struct braid_view v;
	unsigned i;

	conf = *c;
	for (i = 0; braid_look(&v) == 0 && i < TORI; i++)
		losses[i].recoveries = v.torus[i].recoveries;
}

static bool
has_failed(const struct braid_view *v, unsigned i)
{
	return strcmp(v->torus[i].state, "dead") == 0 ||
	    strcmp(v->torus[i].state, "faulted") == 0;
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

static void __attribute__((format(printf, 2, 3)))
note(int priority, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(last_event, sizeof(last_event), format, ap);
	va_end(ap);
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
	if (view_has(&v, "absent")) {
		errno = ENODATA;
		return -1;
	}
	if (view_has(&v, "dead") || view_has(&v, "faulted") ||
	    view_has(&v, "recovering")) {
		errno = ENXIO;
		return -1;
	}
	error = checkpoint_take(&cp, &v);
	if (error == 0)
		error = checkpoint_write(&cp, conf.state);
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

/* `running`: what to start afterwards, NULL for nothing. */
static int
go_back(const bool *running)
{
	struct checkpoint cp;
	struct braid_view v;
	int error, saved;

	if (checkpoint_read(&cp, conf.state) != 0)
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
		memset(losses, 0, sizeof(losses));
		keeper_init(&conf);
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
	if (checkpoint_read(&cp, conf.state) != 0) {
		if (errno != ENOENT)
			note(LOG_ERR, "the checkpoint cannot be read: "
			    "nothing restored");
		return;
	}
	memcpy(running, cp.running, sizeof(running));
	checkpoint_free(&cp);
	if (go_back(conf.resume ? running : NULL) != 0)
		note(LOG_ERR, "the checkpoint does not fit: see dmesg");
	else
		note(LOG_INFO, "the last checkpoint was restored");
}

static time_t
checkpoint_time(void)
{
	char path[CHECKPOINT_PATH];
	struct stat st;

	checkpoint_path(path, conf.state);
	return stat(path, &st) == 0 ? st.st_mtime : 0;
}

static const char *
time_text(time_t t, char *when, size_t len)
{
	struct tm tm;

	if (t == 0 || gmtime_r(&t, &tm) == NULL)
		return "never";
	strftime(when, len, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return when;
}

/* All tori back to the checkpoint; those that ran, and the lost one, run. */
static int
roll_back(const struct braid_view *v, unsigned i, const char *why)
{
	bool running[TORI], any = false;
	time_t t = checkpoint_time();
	char when[40];
	unsigned k;

	if (tries++ == TRIES) {
		errno = ELOOP;
		return -1;
	}
	for (k = 0; k < TORI; k++) {
		running[k] = state_is_running(v->torus[k].state);
		any |= running[k];
	}
	for (k = 0; k < TORI; k++)
		running[k] |= any && has_failed(v, k);
	if (go_back(running) != 0)
		return -1;
	recovered_at = time(NULL);
	rollbacks++;
	note(LOG_WARNING, "torus%u failed; not recovered exactly (%s): all "
	    "tori went back to the checkpoint of %s, what came since is lost",
	    i, why, time_text(t, when, sizeof(when)));
	return 0;
}

/* The neighbours' last word is all there is. */
static int
approximate(unsigned i, const char *why)
{
	static const char word[] = "recover approximate";
	unsigned line;

	if (ctl_lines(i, word, sizeof(word) - 1, &line) != 0)
		return -1;
	recovered_at = time(NULL);
	approximations++;
	note(LOG_WARNING, "torus%u failed; not recovered exactly (%s), and no "
	    "checkpoint: approximate, its processes and events are lost", i,
	    why);
	return 0;
}

static void
fall_back(const struct braid_view *v, unsigned i, const char *why)
{
	if (roll_back(v, i, why) == 0)
		return;
	if (errno == ENOENT && approximate(i, why) == 0)
		return;
	lost = true;
	note(LOG_ERR, "torus%u failed and could not be recovered (%s; %s): "
	    "left as it is", i, why, errno == ELOOP ?
	    "again and again" : strerror(errno));
}

static const char *
refusal(int error)
{
	switch (error) {
	case EHOSTDOWN:
		return "a neighbour failed too";
	case ENOENT:
		return "it has no snapshot";
	case ENODATA:
		return "its neighbours hold too little by now";
	case EBADMSG:
		return "its snapshot is damaged";
	case EOPNOTSUPP:
		return "the tori are not braided";
	default:
		return strerror(error);
	}
}

/*
 * Ask for an exact recovery, or see what became of it.  One that is faulted
 * at the same event as before would be so for ever.  Returns false if the
 * view is not true any more.
 */
static bool
loss_handle(const struct braid_view *v, unsigned i)
{
	struct loss *l = &losses[i];
	unsigned line;

	if (l->asked && l->kills == v->torus[i].kills) {
		if (strcmp(v->torus[i].last_recovery, "failed") != 0 &&
		    strcmp(v->torus[i].state, "faulted") != 0)
			return true;
		l->asked = false;
		fall_back(v, i, v->torus[i].reason);
		return false;
	}
	if (strcmp(v->torus[i].state, "faulted") == 0) {
		if (l->at == v->torus[i].processed + 1) {
			fall_back(v, i, "it fails at the same event again");
			return false;
		}
		l->at = v->torus[i].processed + 1;
	}
	if (ctl_lines(i, "recover", 7, &line) == 0 || errno == EALREADY) {
		l->asked = true;
		l->kills = v->torus[i].kills;
	} else if (errno != EBUSY && errno != ENOMEM) {
		fall_back(v, i, refusal(errno));
		return false;
	}
	return true;
}

/* Those that are back: count and tell. */
static void
gains_note(const struct braid_view *v)
{
	struct loss *l;
	unsigned i;

	for (i = 0; i < TORI; i++) {
		l = &losses[i];
		if (v->torus[i].recoveries > l->recoveries) {
			recoveries += v->torus[i].recoveries - l->recoveries;
			recovered_at = time(NULL);
			note(LOG_WARNING, "torus%u failed: recovered exactly, "
			    "nothing is lost", i);
		}
		if (v->torus[i].recoveries != l->recoveries)
			l->asked = false;
		l->recoveries = v->torus[i].recoveries;
	}
}

void
keeper_watch(void)
{
	struct braid_view v;
	unsigned i, failed = 0;

	if (braid_look(&v) != 0)
		return;
	gains_note(&v);
	for (i = 0; i < TORI; i++)
		failed += has_failed(&v, i);
	if (failed == 0)
		lost = false;
	if (!conf.recover || lost)
		return;
	for (i = 0; i < TORI; i++)
		if (has_failed(&v, i) && !loss_handle(&v, i))
			return; /* the next look tells how it is now */
}

size_t
keeper_status(char *p, size_t len)
{
	char when[3][40];

	return (size_t)snprintf(p, len, "setup %s\nstate %s\n"
	    "checkpoint_every %u\ncheckpoints %u\ncheckpoint_written %s\n"
	    "checkpoint_on_disk %s\nrecoveries %u\nrollbacks %u\n"
	    "approximations %u\nrecovered %s\nunrecovered %s\n"
	    "last_event %s\n", conf.setup, conf.state, conf.checkpoint, saves,
	    time_text(saved_at, when[0], sizeof(when[0])),
	    time_text(checkpoint_time(), when[1], sizeof(when[1])),
	    recoveries, rollbacks, approximations,
	    time_text(recovered_at, when[2], sizeof(when[2])),
	    lost ? "yes" : "no", last_event);
}
