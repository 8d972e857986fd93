/* SPDX-License-Identifier: MIT */
/*
 * sys/torus/ctl.c: lines written to torusN/ctl.
 *
 * Most words are the engine's (rse/core/ctl.c); the table here has those that
 * need the memory or the thread of the torus. A line that fails changes
 * nothing; the kernel's messages say which of its words was wrong.
 *
 * Locks: torus_ctl_lock is held while a line is carried out, and guards the
 * unfinished lines of all open files. Who wants it gets it in turn, after the
 * line that is being carried out: a write of thousands of lines keeps neither
 * `kill` nor `recover` waiting.
 *
 * Why the opener's right counts: a last line is carried out by whoever closes
 * the file, and a descriptor may be handed to root.
 */
#include "base/clock.h"
#include "base/kprintf.h"
#include "base/slab.h"
#include "base/string.h"
#include "base/thread.h"

#include "torus/torus.h"
#include "torus/torus_internal.h"

#include <abi/errno.h>

#define WRITE_MOST (64u << 10) /* of one write; more is a short count */
#define PACE_MOST  UINT64_C(10000000)
#define HOLD_MOST  UINT64_C(10000)

struct args {
	const char *a_line;
	size_t a_len;
	const char *a_word[RSE_CTL_WORDS];
	size_t a_size[RSE_CTL_WORDS];
	unsigned a_count;
};

typedef int device_fn(struct torus *, struct args *);

static bool (*privileged)(void);
static uid_t (*user)(void);
static bool root_line; /* [c] root opened the file the line came through */
static uint32_t turn_last, turn_now; /* [a] tickets: given out, served */
static struct waitq turn_wq = WAITQ_INIT(turn_wq);

void
torus_privilege_register(bool (*is_root)(void), uid_t (*who)(void))
{
	privileged = is_root;
	user = who;
}

bool
torus_privileged(void)
{
	return privileged != NULL && privileged();
}

uid_t
torus_user(void)
{
	return user != NULL ? user() : 0;
}

void
torus_ctl_enter(void)
{
	uint32_t turn = atomic_add(&turn_last, 1);

	WAIT_EVENT(&turn_wq, atomic_load(&turn_now) + 1 == turn);
	mutex_lock(&torus_ctl_lock);
}

void
torus_ctl_leave(void)
{
	mutex_unlock(&torus_ctl_lock);
	(void)atomic_add(&turn_now, 1);
	waitq_wake_all(&turn_wq);
}

/* Say in the log why a line was refused; returns `error`. */
int
torus_refuse(const char *who, const char *line, size_t len, uint32_t word,
    int error, const char *why)
{
	char shown[64];
	size_t i, n = MIN(len, sizeof(shown) - 1);

	for (i = 0; i < n; i++)
		shown[i] = line[i] >= ' ' && line[i] < 0x7f ? line[i] : '?';
	shown[n] = '\0';
	klog(KLOG_WARNING, "%s: ctl: \"%s%s\": word %u: %s\n", who, shown,
	    n < len ? "..." : "", word + 1, why);
	return error;
}

static int
refuse(struct torus *to, struct args *a, unsigned word, int error,
    const char *why)
{
	char who[16];

	ksnprintf(who, sizeof(who), "torus%u", to->to_id);
	return torus_refuse(who, a->a_line, a->a_len, word, error, why);
}

static bool
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void
args_split(struct args *a, const char *line, size_t len)
{
	size_t i = 0;

	a->a_line = line;
	a->a_len = len;
	for (a->a_count = 0; a->a_count < RSE_CTL_WORDS; a->a_count++) {
		while (i < len && blank(line[i]))
			i++;
		if (i == len)
			return;
		a->a_word[a->a_count] = line + i;
		while (i < len && !blank(line[i]))
			i++;
		a->a_size[a->a_count] = (size_t)(line + i -
		    a->a_word[a->a_count]);
	}
}

/* Is the line's first word this one? */
bool
torus_word_is(const char *line, size_t len, const char *word)
{
	struct args a;

	args_split(&a, line, len);
	return a.a_count > 0 && a.a_size[0] == strlen(word) &&
	    memcmp(a.a_word[0], word, a.a_size[0]) == 0;
}

/* A whole word as a number: decimal, or hexadecimal after 0x. */
static bool
number(const char *s, size_t len, uint64_t *v)
{
	unsigned base = len > 2 && s[0] == '0' && s[1] == 'x' ? 16 : 10;
	const char *end;

	return len > 0 && str_to_u64(s, &end, base, v) == 0 &&
	    end == s + len;
}

static int
do_kill(struct torus *to, struct args *a)
{
	if (!root_line)
		return refuse(to, a, 0, -EPERM, "only root may");
	if (to->to_rse == NULL && to->to_life != TORUS_RECOVERING)
		return refuse(to, a, 0, -ENXIO, "it is dead already");
	torus_end(to);
	to->to_kills++;
	to->to_after = AFTER_KILL;
	klog(KLOG_NOTICE, "torus%u: killed\n", to->to_id);
	return 0;
}

/* Its disk is lost as well. Only a dead torus leaves it alone. */
static int
do_forget(struct torus *to, struct args *a)
{
	if (!root_line)
		return refuse(to, a, 0, -EPERM, "only root may");
	if (to->to_life != TORUS_DEAD)
		return refuse(to, a, 0, -EBUSY, "kill it first");
	if (to->to_store != NULL)
		rse_store_clear(to->to_store);
	return 0;
}

static int
do_recover(struct torus *to, struct args *a)
{
	bool alive = to->to_life == TORUS_LIVE && !to->to_faulted;

	if (a->a_count > 1 && (a->a_size[1] != 11 ||
	    memcmp(a->a_word[1], "approximate", 11) != 0))
		return refuse(to, a, 1, -EINVAL, "not approximate");
	if (alive)
		return refuse(to, a, 0, -EBUSY, "it lives");
	if (to->to_life == TORUS_RECOVERING)
		return refuse(to, a, 0, -EALREADY, "it recovers already");
	to->to_after = a->a_count > 1 ? AFTER_APPROXIMATE : AFTER_RECOVER;
	return 0;
}

static int
do_evacuate(struct torus *to, struct args *a)
{
	if (to->to_life != TORUS_DEAD)
		return refuse(to, a, 0, -EBUSY, "it is not dead");
	to->to_after = AFTER_EVACUATE;
	return 0;
}

/* The epoch at which the torus is done; without a number there is none. */
static int
do_until(struct torus *to, struct args *a)
{
	uint64_t v = RSE_FOREVER;

	if (a->a_count > 1 && !number(a->a_word[1], a->a_size[1], &v))
		return refuse(to, a, 1, -EINVAL, "not a number");
	to->to_orders.limit = v;
	if (to->to_rse != NULL)
		rse_epoch_limit(to->to_rse, v);
	return 0;
}

static int
do_pace(struct torus *to, struct args *a)
{
	uint64_t v;

	if (!number(a->a_word[1], a->a_size[1], &v) || v > PACE_MOST)
		return refuse(to, a, 1, -EINVAL, "not 0...10000000");
	to->to_pace = v;
	to->to_due = 0;
	return 0;
}

/*
 * For a checkpoint of all tori: nothing moves, and nothing of the state says
 * so. It ends by itself: whoever asked for it may have died.
 */
static int
do_hold(struct torus *to, struct args *a)
{
	uint64_t v;

	if (!number(a->a_word[1], a->a_size[1], &v) || v > HOLD_MOST)
		return refuse(to, a, 1, -EINVAL, "not 0...10000");
	to->to_hold = v == 0 ? 0 : clock_mono() + (nsec_t)v * NSEC_PER_MSEC;
	return 0;
}

/* Which field of the configuration a key=value of `create` means. */
static uint32_t *
create_field(struct rse_config *c, const char *s, size_t len)
{
	const struct {
		const char *key;
		uint32_t *field;
	} keys[] = {
		{ "x", &c->dim[0] }, { "y", &c->dim[1] },
		{ "z", &c->dim[2] }, { "processes", &c->processes },
		{ "edges", &c->edges }, { "events", &c->events },
		{ "ring", &c->ring }, { "journal", &c->journal },
	};
	unsigned i;

	for (i = 0; i < nitems(keys); i++)
		if (strlen(keys[i].key) == len &&
		    memcmp(keys[i].key, s, len) == 0)
			return keys[i].field;
	return NULL;
}

static bool
may_create(const struct torus *to)
{
	return to->to_rse == NULL ||
	    rse_torus_state(to->to_rse) == RSE_STOPPED ||
	    rse_torus_state(to->to_rse) == RSE_FAULTED;
}

static int
do_create(struct torus *to, struct args *a)
{
	struct rse_config c;
	unsigned i;

	if (!may_create(to))
		return refuse(to, a, 0, -EBUSY, "stop it first");
	torus_config_default(to, &c);
	for (i = 1; i < a->a_count; i++) {
		const char *s = a->a_word[i];
		const char *eq = memchr(s, '=', a->a_size[i]);
		uint32_t *field = eq == NULL ? NULL :
		    create_field(&c, s, (size_t)(eq - s));
		uint64_t v;

		if (field == NULL || !number(eq + 1,
		    a->a_size[i] - (size_t)(eq + 1 - s), &v) ||
		    v > UINT32_MAX)
			return refuse(to, a, i, -EINVAL, "not key=number");
		*field = (uint32_t)v;
	}
	c.limit = c.events;
	if (rse_torus_size(&c) == 0)
		return refuse(to, a, 0, -EINVAL, "out of range");
	to->to_new = c;
	to->to_after = AFTER_CREATE;
	return 0;
}

static const struct rse_ctl_word device_words[] = {
	{ "kill", "", "end this torus as if it had failed (root only)", 0, 0 },
	{ "forget", "", "lose a dead torus's store too (root only)", 0, 0 },
	{ "recover", "[approximate]", "bring a dead torus back", 0, 1 },
	{ "evacuate", "", "a dead torus's processes go to others", 0, 0 },
	{ "until", "[epoch]", "be done at that epoch; never", 0, 1 },
	{ "create", "[key=n ...]", "an empty torus of this size", 0, 8 },
	{ "pace", "usec", "least time an epoch of the braid takes", 1, 1 },
	{ "hold", "msec", "keep still that long; 0 goes on", 1, 1 },
};

static device_fn *const device_fns[] = { do_kill, do_forget, do_recover,
	do_evacuate, do_until, do_create, do_pace, do_hold };

_Static_assert(nitems(device_fns) == nitems(device_words),
    "a word without a function");

/* `kill` alone is ours, `kill pid` the engine's: the count decides. */
static device_fn *
device_find(const struct args *a)
{
	unsigned i;

	for (i = 0; i < nitems(device_words); i++) {
		const struct rse_ctl_word *w = &device_words[i];

		if (strlen(w->name) == a->a_size[0] &&
		    memcmp(w->name, a->a_word[0], a->a_size[0]) == 0 &&
		    a->a_count - 1 >= w->least && a->a_count - 1 <= w->most)
			return device_fns[i];
	}
	return NULL;
}

/* Faces meet cell by cell: neighbours must have them of one size. */
static bool
faces_match(const struct torus *to)
{
	const struct rse_config *c = &to->to_config, *n;
	unsigned side;

	for (side = 0; c->count != 0 && side < SIDES; side++) {
		n = &torus_neighbour(to, side)->to_config;
		if (n->dim[1] != c->dim[1] || n->dim[2] != c->dim[2])
			return false;
	}
	return true;
}

static int
config_prepare(struct torus *to, struct args *a)
{
	struct rse_ctl_result r;
	struct rse_config c;
	int error;

	error = rse_ctl_config(to->to_rse, a->a_line, a->a_len, &c, &r);
	if (error != RSE_OK)
		return refuse(to, a, r.word, torus_errno(error),
		    rse_error_name(error));
	error = c.replicate ? torus_replica_make(to) : 0;
	return error == 0 ? 0 :
	    refuse(to, a, 0, error, "no memory for a replica");
}

int
torus_config_prepare(struct torus *to, const char *line, size_t len)
{
	struct args a;

	args_split(&a, line, len);
	return to->to_rse != NULL ? config_prepare(to, &a) : -ENXIO;
}

/* In memory of its own, as it was created: what it had is gone or damaged. */
static int
begin_anew(struct torus *to, struct args *a)
{
	struct rse_config c = to->to_config;
	int error = torus_rebuild(to, &c);

	return error == 0 ? 0 : refuse(to, a, 0, error, "no memory");
}

static int
engine_execute(struct torus *to, struct args *a)
{
	struct rse_ctl_result r;
	int error;

	if (torus_word_is(a->a_line, a->a_len, "start") && !faces_match(to))
		return refuse(to, a, 0, -EINVAL, "a neighbour has faces of "
		    "another size: create all with the same y and z");
	if (torus_word_is(a->a_line, a->a_len, "config") &&
	    (error = config_prepare(to, a)) != 0)
		return error;
	if (torus_word_is(a->a_line, a->a_len, "reset") &&
	    rse_torus_state(to->to_rse) == RSE_FAULTED)
		return begin_anew(to, a);
	error = rse_ctl_execute(to->to_rse, a->a_line, a->a_len, &r);
	if (error == RSE_ENOENT && r.word == 0)
		return refuse(to, a, 0, -EINVAL, "no such word");
	if (error != RSE_OK)
		return refuse(to, a, r.word, torus_errno(error),
		    rse_error_name(error));
	if (torus_word_is(a->a_line, a->a_len, "reset")) {
		torus_mail_drop(to);
		to->to_faulted = false;
	}
	if (rse_torus_state(to->to_rse) == RSE_RUNNING) {
		error = torus_thread_need(to);
		if (error != 0) {
			rse_stop(to->to_rse);
			return refuse(to, a, 0, error, "no memory");
		}
	}
	torus_replica_need(to);
	rse_keep_flush(to->to_rse);
	rse_orders_get(to->to_rse, &to->to_orders);
	return 0;
}

/* To one that is coming back it can be said whether to run then. */
static int
absent_execute(struct torus *to, struct args *a)
{
	bool coming = to->to_life == TORUS_RECOVERING;

	if (coming && torus_word_is(a->a_line, a->a_len, "start"))
		to->to_orders.stop_at = RSE_FOREVER;
	else if (coming && torus_word_is(a->a_line, a->a_len, "stop"))
		to->to_orders.stop_at = 0;
	else if (torus_word_is(a->a_line, a->a_len, "reset"))
		return begin_anew(to, a);
	else if (coming)
		return refuse(to, a, 0, -EBUSY, "the torus recovers");
	else
		return refuse(to, a, 0, -ENXIO, "the torus is dead: recover "
		    "it, reset it or restore a snapshot");
	return 0;
}

/* to_lock held. */
int
torus_ctl_execute(struct torus *to, const char *line, size_t len)
{
	struct args a;
	device_fn *fn;

	args_split(&a, line, len);
	if (a.a_count == 0)
		return 0;
	fn = device_find(&a);
	if (fn != NULL)
		return fn(to, &a);
	return to->to_rse != NULL ? engine_execute(to, &a) :
	    absent_execute(to, &a);
}

/* Wait until the thread is gone, and what the dead held for others. */
static void
kill_finish(struct torus *to)
{
	struct torus *prev = torus_neighbour(to, SIDE_PREV);

	torus_kick(to);
	WAIT_EVENT(&to->to_wq, !atomic_load(&to->to_thread));
	/* The copy of the predecessor's store lay with it. */
	torus_enter(prev);
	torus_replica_drop(prev);
	torus_leave(prev);
}

/*
 * Made with to_lock free: it takes long if it is large, and nobody is to wait
 * for it who only looks at the torus. Meanwhile one that recovers may be back.
 */
static int
create_finish(struct torus *to)
{
	struct torus_body tb;
	int error = torus_body_anew(&tb, &to->to_new);

	if (error == 0) {
		torus_enter(to);
		if (may_create(to))
			torus_replace(to, &tb, &to->to_new);
		else
			error = -EBUSY;
		torus_leave(to);
		if (error != 0)
			torus_body_free(&tb);
	}
	if (error != 0)
		klog(KLOG_WARNING, "torus%u: create: %s: nothing changed\n",
		    to->to_id, error == -ENOMEM ? "no memory for that" :
		    "stop it first");
	return error;
}

/* What the word asked for that needs other locks; an error of the kernel. */
static int
after_do(struct torus *to)
{
	enum torus_after after = to->to_after;

	to->to_after = AFTER_NOTHING;
	switch (after) {
	case AFTER_NOTHING:
		break;
	case AFTER_CREATE:
		return create_finish(to);
	case AFTER_MOVE:
		return torus_process_move(to);
	case AFTER_KILL:
		kill_finish(to);
		break;
	case AFTER_RECOVER:
		return torus_recover(to);
	case AFTER_APPROXIMATE:
		return torus_recover_approximate(to);
	case AFTER_EVACUATE:
		return torus_evacuate(to);
	}
	return 0;
}

int
torus_ctl(struct torus *to, const char *line, size_t len)
{
	int error;

	to->to_after = AFTER_NOTHING;
	torus_enter(to);
	error = torus_ctl_execute(to, line, len);
	torus_leave(to);
	if (error == 0)
		error = after_do(to);
	torus_replicas_need();
	torus_kick(to);
	return error;
}

static int
line_do(struct torus_line *tl, struct torus *to, torus_line_fn *fn)
{
	size_t len = tl->tl_len;

	root_line = tl->tl_root;
	tl->tl_text[len] = '\0';
	tl->tl_len = 0;
	return fn(to, tl->tl_text, len);
}

/*
 * Cut what is written into lines and carry them out. On return *used bytes
 * are done with: after an error, those before the line that failed. A line
 * may take milliseconds and a write has thousands of them, so others get a
 * turn in between, and a signal ends it with a short count.
 */
static int
lines_do(struct torus_line *tl, struct torus *to, torus_line_fn *fn,
    const char *p, size_t n, size_t *used)
{
	size_t i;
	int error;

	*used = 0;
	for (i = 0; i < n; i++) {
		if (p[i] != '\n') {
			if (tl->tl_len == CTL_LINE - 1) {
				tl->tl_len = 0;
				return torus_refuse("torus", tl->tl_text,
				    CTL_LINE - 1, 0, -EINVAL,
				    "the line is too long");
			}
			tl->tl_text[tl->tl_len++] = p[i];
			continue;
		}
		error = line_do(tl, to, fn);
		if (error != 0)
			return error;
		*used = i + 1;
		torus_ctl_leave();
		sched_point();
		torus_ctl_enter();
		if (thread_signalled(curthread()))
			return 0;
	}
	*used = n;
	return 0;
}

/*
 * One write: lines up to the first that fails. If that is not the first of
 * them the count is short, and writing the rest gives the error.
 */
int
torus_line_write(struct torus_line *tl, struct torus *to, torus_line_fn *fn,
    struct uio *uio)
{
	struct uio start = *uio;
	size_t n = MIN(uio->uio_resid, WRITE_MOST), used;
	char *p = kmalloc(n + 1, 0);
	int error;

	if (p == NULL)
		return -ENOMEM;
	error = uiomove(p, n, uio);
	if (error == 0) {
		torus_ctl_enter();
		error = lines_do(tl, to, fn, p, n, &used);
		torus_ctl_leave();
		if (error != 0 || used < n) {
			*uio = start;
			if (used > 0)
				error = uiomove(p, used, uio);
		}
	}
	kfree(p);
	return error;
}

/* The file is closed: a last line without a newline counts too. */
void
torus_line_end(struct torus_line *tl, struct torus *to, torus_line_fn *fn)
{
	if (tl->tl_len == 0)
		return; /* nobody else has the file */
	torus_ctl_enter();
	(void)line_do(tl, to, fn); /* the log has it */
	torus_ctl_leave();
}

static void
help_add(struct torus_text *tt, const struct rse_ctl_word *w)
{
	torus_text_add(tt, "%-8s %-26s %s\n", w->name, w->args, w->help);
}

size_t
torus_ctl_help(char *buf, size_t len)
{
	struct torus_text tt = { buf, len, 0 };
	const struct rse_ctl_word *w;
	unsigned i;

	for (w = rse_ctl_words(); w->name != NULL; w++)
		help_add(&tt, w);
	for (i = 0; i < nitems(device_words); i++)
		help_add(&tt, &device_words[i]);
	return tt.tt_len;
}
