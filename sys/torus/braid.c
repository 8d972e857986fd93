/* SPDX-License-Identifier: MIT */
/*
 * sys/torus/braid.c: /dev/braid: words for all tori, and what they are
 * together.
 *
 * No two torus locks are ever held at once, so a sum is of moments close to
 * each other, not of one; with all tori stopped it is exact.
 */
#include "base/slab.h"
#include "base/string.h"

#include "torus/torus_internal.h"

#include <abi/errno.h>

static const struct rse_ctl_word words[] = {
	{ "start", "", "run all tori", 0, 0 },
	{ "stop", "", "stop all tori", 0, 0 },
	{ "step", "[n]", "each torus handles n events, then stops", 0, 1 },
	{ "reset", "", "all tori as created; dead ones live again", 0, 0 },
	{ "config", "key=value ...", "the same in all, or in none", 1,
	    RSE_CTL_WORDS - 1 },
	{ "until", "[epoch]", "be done at that epoch; never", 0, 1 },
	{ "pace", "usec", "least time an epoch takes", 1, 1 },
	{ "hold", "msec", "keep still that long; 0 goes on", 1, 1 },
	{ "on", "", "braid the tori: all empty again", 0, 0 },
	{ "off", "", "each torus for itself: all empty again", 0, 0 },
	{ NULL, NULL, NULL, 0, 0 },
};

/* What a torus says of itself, taken with its lock held. */
struct view {
	enum torus_life vw_life;
	enum rse_state vw_state;
	struct rse_stats vw_stats;
	uint32_t vw_kills, vw_restores, vw_recoveries;
	const char *vw_result;
	int vw_error; /* why the last recovery failed */
	size_t vw_size;
	uint64_t vw_pace;
};

/*
 * `start` that only some tori can follow must not start any. One that comes
 * back can be told to run then, but not how many events.
 */
static int
all_live(const char *line, size_t len)
{
	bool dead, coming, start = torus_word_is(line, len, "start");
	struct torus *to;

	for (to = tori; to < tori + TORI; to++) {
		torus_enter(to);
		coming = to->to_recovery != NULL;
		dead = to->to_rse == NULL && !coming;
		torus_leave(to);
		if (dead)
			return torus_refuse("braid", line, len, 0, -ENXIO,
			    "a torus is dead");
		if (coming && !start)
			return torus_refuse("braid", line, len, 0, -EBUSY,
			    "a torus recovers");
	}
	return 0;
}

static int
each(const char *line, size_t len)
{
	struct torus *to;
	int error, first = 0;

	for (to = tori; to < tori + TORI; to++) {
		torus_enter(to);
		error = torus_ctl_execute(to, line, len);
		torus_leave(to);
		if (first == 0)
			first = error;
	}
	return first;
}

/* First all are asked: what one of them refuses none of them gets. */
static int
config_all(const char *line, size_t len)
{
	struct torus *to;
	int error = 0;

	for (to = tori; to < tori + TORI && error == 0; to++) {
		torus_enter(to);
		error = torus_config_prepare(to, line, len);
		torus_leave(to);
	}
	if (error == 0)
		return each(line, len);
	while (to-- > tori) {
		torus_enter(to);
		torus_replica_need(to); /* none, if it was for this line */
		torus_leave(to);
	}
	return error;
}

/* Dead ones too: what comes back is stopped then. */
static int
stop_all(const char *line, size_t len)
{
	struct torus *to;
	int error = 0;

	for (to = tori; to < tori + TORI; to++) {
		torus_enter(to);
		if (to->to_rse == NULL)
			to->to_orders.stop_at = 0;
		else if (error == 0)
			error = torus_ctl_execute(to, line, len);
		torus_leave(to);
	}
	return error;
}

/* First nothing may be under way: it would belong to another life. */
static int
reset_all(const char *line, size_t len)
{
	struct torus *to;
	int error = stop_all("stop", 4);

	if (error == 0)
		error = each(line, len);
	for (to = tori; to < tori + TORI; to++)
		torus_mail_drop(to);
	return error;
}

static const struct rse_ctl_word *
word_find(const char *line, size_t len)
{
	const struct rse_ctl_word *w;

	for (w = words; w->name != NULL; w++)
		if (torus_word_is(line, len, w->name))
			return w;
	return NULL;
}

static bool
is_empty(const char *line, size_t len)
{
	while (len > 0 && (line[len - 1] == ' ' || line[len - 1] == '\t' ||
	    line[len - 1] == '\r'))
		len--;
	return len == 0;
}

/* torus_ctl_lock held; the torus is that of the open file: none. */
int
torus_braid_ctl(struct torus *none, const char *line, size_t len)
{
	const struct rse_ctl_word *w;
	struct torus *to;
	int error;

	if (is_empty(line, len))
		return 0;
	w = word_find(line, len);
	if (w == NULL)
		return torus_refuse("braid", line, len, 0, -EINVAL,
		    "no such word");
	error = torus_build_all();
	if (error != 0)
		return error;
	if (strcmp(w->name, "on") == 0 || strcmp(w->name, "off") == 0) {
		error = torus_braid_set(w->name[1] == 'n');
		if (error == -EBUSY)
			return torus_refuse("braid", line, len, 0, error,
			    "stop all tori first");
	} else if (strcmp(w->name, "config") == 0) {
		error = config_all(line, len);
	} else if (strcmp(w->name, "start") == 0 ||
	    strcmp(w->name, "step") == 0) {
		error = all_live(line, len);
		if (error == 0)
			error = each(line, len);
	} else if (strcmp(w->name, "stop") == 0) {
		error = stop_all(line, len);
	} else if (strcmp(w->name, "reset") == 0) {
		error = reset_all(line, len);
	} else {
		error = each(line, len);
	}
	torus_replicas_need();
	for (to = tori; to < tori + TORI; to++)
		torus_kick(to);
	return error;
}

size_t
torus_braid_help(char *buf, size_t len)
{
	struct torus_text tt = { buf, len, 0 };
	const struct rse_ctl_word *w;

	for (w = words; w->name != NULL; w++)
		torus_text_add(&tt, "%-8s %-26s %s\n", w->name, w->args,
		    w->help);
	return tt.tt_len;
}

static struct view *
views_take(void)
{
	struct view *all = kzalloc(sizeof(*all) * TORI), *vw = all;
	struct torus *to;

	if (all == NULL)
		return NULL;
	for (to = tori; to < tori + TORI; to++, vw++) {
		torus_enter(to);
		vw->vw_life = to->to_life;
		vw->vw_kills = to->to_kills;
		vw->vw_restores = to->to_restores;
		vw->vw_recoveries = to->to_recoveries;
		vw->vw_result = torus_result_name(to);
		vw->vw_error = to->to_result == RESULT_FAILED ?
		    to->to_error : RSE_OK;
		vw->vw_size = to->to_size;
		vw->vw_pace = to->to_pace;
		if (to->to_rse != NULL) {
			vw->vw_state = rse_torus_state(to->to_rse);
			rse_torus_stats(to->to_rse, &vw->vw_stats);
		}
		torus_leave(to);
	}
	return all;
}

static const char *
view_state(const struct view *vw)
{
	return vw->vw_life == TORUS_ABSENT ? "absent" :
	    vw->vw_life == TORUS_DEAD ? "dead" :
	    vw->vw_life == TORUS_RECOVERING ? "recovering" :
	    rse_state_name(vw->vw_state);
}

static const char *
view_health(const struct view *vw)
{
	static const char *const name[] = { "healthy", "degraded", "stalled",
		"recovering" };

	return vw->vw_life == TORUS_DEAD ? "failed" :
	    vw->vw_life == TORUS_RECOVERING ? "recovering" :
	    vw->vw_state == RSE_FAULTED ? "faulted" :
	    vw->vw_stats.approximate ? "approximate" :
	    name[vw->vw_stats.health % nitems(name)];
}

/* The worst of all: what somebody who looks only here must know. */
static const char *
views_health(const struct view *all)
{
	static const char *const order[] = { "failed", "faulted",
		"recovering", "stalled", "degraded", "approximate" };
	unsigned i, k;

	for (k = 0; k < nitems(order); k++)
		for (i = 0; i < TORI; i++)
			if (strcmp(view_health(&all[i]), order[k]) == 0)
				return order[k];
	return "healthy";
}

size_t
torus_braid_status(char *buf, size_t len)
{
	struct torus_text tt = { buf, len, 0 };
	struct view *all = views_take(), *vw;
	size_t memory = 0;
	uint64_t violations = 0;
	unsigned i;

	if (all == NULL)
		return 0;
	for (i = 0; i < TORI; i++)
		memory += all[i].vw_size;
	for (i = 0; i < TORI; i++)
		violations += all[i].vw_stats.violations;
	torus_text_add(&tt, "tori %u\nbraided %s\nhealth %s\nmemory %lu\n"
	    "violations %lu\n", TORI, torus_braided() ? "yes" : "no",
	    views_health(all), memory, violations);
	for (i = 0; i < TORI; i++) {
		vw = &all[i];
		torus_text_add(&tt, "torus%u.state %s\n", i, view_state(vw));
		torus_text_add(&tt, "torus%u.health %s\n", i,
		    view_health(vw));
		torus_text_add(&tt, "torus%u.epoch %lu\n", i,
		    vw->vw_stats.epoch);
		torus_text_add(&tt, "torus%u.processed %lu\n", i,
		    vw->vw_stats.processed);
		torus_text_add(&tt, "torus%u.pending %lu\n", i,
		    vw->vw_stats.pending);
		torus_text_add(&tt, "torus%u.pace %lu\n", i, vw->vw_pace);
		torus_text_add(&tt, "torus%u.kills %u\n", i, vw->vw_kills);
		torus_text_add(&tt, "torus%u.restores %u\n", i,
		    vw->vw_restores);
		torus_text_add(&tt, "torus%u.recoveries %u\n", i,
		    vw->vw_recoveries);
		torus_text_add(&tt, "torus%u.last_recovery %s\n", i,
		    vw->vw_result);
		if (vw->vw_error != RSE_OK)
			torus_text_add(&tt, "torus%u.reason %s\n", i,
			    rse_error_name(vw->vw_error));
	}
	kfree(all);
	return tt.tt_len;
}

size_t
torus_braid_stats(char *buf, size_t len)
{
	struct torus_text tt = { buf, len, 0 };
	struct view *all = views_take();
	unsigned i, k;

	if (all == NULL)
		return 0;
#define FIELD(name) { #name, offsetof(struct rse_stats, name) }
	static const struct {
		const char *name;
		size_t at;
	} fields[] = {
		FIELD(processed), FIELD(injected), FIELD(emitted),
		FIELD(pending), FIELD(refused), FIELD(late), FIELD(stalls),
		FIELD(flux_in_events), FIELD(flux_out_events),
		FIELD(flux_in), FIELD(flux_out), FIELD(published),
		FIELD(applied), FIELD(violations), FIELD(bad_length),
		FIELD(bad_hash), FIELD(bad_sender), FIELD(stale),
		FIELD(missed), FIELD(degraded), FIELD(failed),
		FIELD(sleeps),
	};
#undef FIELD
	for (k = 0; k < nitems(fields); k++) {
		uint64_t sum = 0;

		for (i = 0; i < TORI; i++)
			sum += *(const uint64_t *)((const char *)
			    &all[i].vw_stats + fields[k].at);
		torus_text_add(&tt, "%s %lu\n", fields[k].name, sum);
	}
	kfree(all);
	return tt.tt_len;
}
