/* SPDX-License-Identifier: MIT */
/*
 * rse/tools/setup.c - reads set-up files and carries them out.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "../core/hash.h"
#include "../port/posix/runner.h"
#include "setup.h"

#define BATCH 10000 /* events between two looks at the neighbours */

/* What does not fit any more is cut off: the first lines say what is wrong. */
static void
say(struct setup *s, const char *format, ...)
{
	va_list ap;
	size_t room = sizeof(s->said) - s->used;
	int n;

	if (s->line == 0)
		n = snprintf(s->said + s->used, room, "%s: ", s->name);
	else
		n = snprintf(s->said + s->used, room, "%s:%" PRIu32 ": ",
		    s->name, s->line);
	if (n < 0 || (size_t)n >= room)
		return;
	va_start(ap, format);
	n += vsnprintf(s->said + s->used + n, room - (size_t)n, format, ap);
	va_end(ap);
	s->used += (size_t)n < room ? (size_t)n : room - 1;
}

int
setup_complain(struct setup *s, const char *what, const char *word)
{
	s->fatal = s->used;
	say(s, "%s: %s\n", what, word);
	return -1;
}

static int
torus_make(struct setup *s, uint32_t i)
{
	struct rse_config c = s->config;
	size_t len;
	int error;

	c.id = i;
	c.count = s->n > 1 ? s->n : 0;
	len = rse_torus_size(&c);
	s->mem[i] = len == 0 ? NULL : malloc(len);
	error = s->mem[i] == NULL ? RSE_EINVAL :
	    rse_torus_create(s->mem[i], len, &c, &s->t[i]);
	return error == RSE_OK ? 0 :
	    setup_complain(s, rse_error_name(error), "torus");
}

int
setup_ready(struct setup *s)
{
	uint32_t i;

	if (s->made)
		return 0;
	if (s->n == 0)
		s->n = 1;
	if (s->ranks > s->n)
		return setup_complain(s, "more processes than tori", "braid");
	s->first = 0;
	s->end = s->n;
	if (s->ranks != 0) {
		s->first = setup_first(s, s->rank);
		s->end = setup_first(s, s->rank + 1);
	}
	s->on = s->n;
	s->made = 1;
	for (i = s->first; i < s->end; i++)
		if (torus_make(s, i) != 0)
			return -1;
	return 0;
}

uint32_t
setup_first(const struct setup *s, uint32_t rank)
{
	return (uint32_t)((uint64_t)rank * s->n / s->ranks);
}

uint32_t
setup_owner(const struct setup *s, uint32_t torus)
{
	return (uint32_t)((((uint64_t)torus + 1) * s->ranks - 1) / s->n);
}

void
setup_free(struct setup *s)
{
	uint32_t i;

	for (i = 0; i < s->n; i++)
		free(s->mem[i]);
}

/* As those of ctl: decimal, or hexadecimal behind 0x. */
static int
numbers(struct setup *s, char **word, uint32_t n, uint64_t *v)
{
	char *end;
	uint32_t i;
	int base;

	for (i = 0; i < n; i++) {
		errno = 0;
		base = strncmp(word[i], "0x", 2) == 0 ? 16 : 10;
		v[i] = strtoull(word[i], &end, base);
		if (errno != 0 || end == word[i] || *end != '\0' ||
		    !isdigit((unsigned char)word[i][0]))
			return setup_complain(s, "not a number", word[i]);
	}
	return 0;
}

static uint32_t
place(const struct rse_torus *t, uint64_t i)
{
	const uint32_t *d = rse_torus_config(t)->dim;

	return rse_node(t, (int64_t)(i % d[0]), (int64_t)(i / d[0] % d[1]),
	    (int64_t)(i / d[0] / d[1]));
}

/* Do these many cells, or these dimensions, fit into the torus? */
static int
fits(const struct rse_torus *t, const uint64_t dim[3])
{
	const uint32_t *d = rse_torus_config(t)->dim;
	uint32_t k;

	for (k = 0; k < 3; k++)
		if (dim[k] == 0 || dim[k] > d[k])
			return 0;
	return 1;
}

static int
ring(struct rse_torus *t, const uint64_t *v)
{
	const uint32_t *d = rse_torus_config(t)->dim;
	struct rse_event e = { .payload = 1 };
	uint64_t i;
	int error = RSE_OK;

	if (v[0] == 0 || v[0] > (uint64_t)d[0] * d[1] * d[2] ||
	    v[1] > UINT32_MAX)
		return RSE_EINVAL;
	for (i = 0; i < v[0] && error == RSE_OK; i++)
		error = rse_edge(t, place(t, i), place(t, (i + 1) % v[0]),
		    (uint32_t)v[1], 0);
	for (i = 0; i < v[2] && error == RSE_OK; i++) {
		e.dst = e.src = place(t, i);
		error = rse_inject(t, &e);
	}
	return error;
}

/* The edges out of one cell of a lattice. */
static int
cell_join(struct rse_torus *t, const uint64_t dim[3], const uint64_t at[3],
    uint32_t delay, int open)
{
	uint64_t to[3];
	uint32_t k;
	int error = RSE_OK;

	for (k = 0; k < 3 && error == RSE_OK; k++) {
		memcpy(to, at, sizeof(to));
		to[k] = (at[k] + 1) % dim[k];
		if (to[k] == at[k] || (open && to[k] == 0))
			continue;
		error = rse_edge(t, rse_node(t, (int64_t)at[0],
		    (int64_t)at[1], (int64_t)at[2]), rse_node(t,
		    (int64_t)to[0], (int64_t)to[1], (int64_t)to[2]), delay,
		    0);
	}
	return error;
}

/* Edges along each dimension; `open`: none over the far side. */
static int
lattice(struct rse_torus *t, const uint64_t dim[3], uint64_t delay, int open)
{
	uint64_t i, at[3];
	int error = RSE_OK;

	if (!fits(t, dim) || delay > UINT32_MAX)
		return RSE_EINVAL;
	for (i = 0; i < dim[0] * dim[1] * dim[2] && error == RSE_OK; i++) {
		at[0] = i / dim[2] / dim[1];
		at[1] = i / dim[2] % dim[1];
		at[2] = i % dim[2];
		error = cell_join(t, dim, at, (uint32_t)delay, open);
	}
	return error;
}

static int
build(struct setup *s, struct rse_torus *t, char **word, uint32_t n)
{
	struct rse_ctl_result r;
	uint64_t v[4] = { 0 }, dim[3] = { 1, 1, 1 };
	char line[SETUP_LINE + 1];
	uint32_t i;
	int error;

	if (strcmp(word[0], "ring") == 0 && n == 4) {
		if (numbers(s, word + 1, 3, v) != 0)
			return -1;
		error = ring(t, v);
	} else if (strcmp(word[0], "lattice") == 0 && n == 5) {
		if (numbers(s, word + 1, 4, v) != 0)
			return -1;
		error = lattice(t, v, v[3], 0);
	} else if (strcmp(word[0], "grid") == 0 && n == 4) {
		if (numbers(s, word + 1, 3, v) != 0)
			return -1;
		memcpy(dim, v, 2 * sizeof(v[0]));
		error = lattice(t, dim, v[2], 1);
	} else {
		/* The words of one line, so they fit. */
		for (line[0] = '\0', i = 0; i < n; i++) {
			strcat(line, word[i]);
			strcat(line, " ");
		}
		error = rse_ctl_execute(t, line, strlen(line), &r);
		if (error != RSE_OK)
			return setup_complain(s, rse_error_name(error),
			    r.word < n ? word[r.word] : "a word is missing");
	}
	return error == RSE_OK ? 0 :
	    setup_complain(s, rse_error_name(error), word[0]);
}

/* Who would have gone on is named only if nobody here held it up. */
int
setup_arrived(struct setup *s, uint64_t epoch)
{
	struct rse_stats st;
	enum rse_state state;
	char word[64];
	uint32_t i;

	for (s->held = 0; s->held < 2; s->held++)
		for (i = s->first; i < s->end; i++) {
			rse_torus_stats(s->t[i], &st);
			state = rse_torus_state(s->t[i]);
			if (st.epoch >= epoch || s->held != (state !=
			    RSE_STALLED && state != RSE_FAULTED))
				continue;
			snprintf(word, sizeof(word), "torus %" PRIu32
			    " in epoch %" PRIu64 ", %s", i, st.epoch,
			    rse_state_name(state));
			return setup_complain(s, "the braid stopped", word);
		}
	return 0;
}

void
setup_start(struct setup *s, uint64_t epoch)
{
	uint32_t i;

	for (i = s->first; i < s->end; i++) {
		rse_epoch_limit(s->t[i], epoch);
		/* All go to the limit: nobody stays asleep before it. */
		rse_nudged(s->t[i], RSE_FOREVER - 1);
		rse_start(s->t[i]);
	}
}

static int
look_on(struct setup *s, uint32_t line, uint32_t torus, uint64_t done)
{
	s->at = (struct setup_place) { line, torus, done };
	return s->kept == NULL ? 0 : s->kept(s);
}

static int
epochs_run(struct setup *s, uint64_t n)
{
	int error;

	setup_start(s, n);
	if (s->threads == 0)
		error = rse_braid_run_sequential(s->t, s->n, BATCH);
	else
		error = rse_braid_run_threads(s->t, s->n,
		    s->threads < s->n ? s->threads : s->n, BATCH);
	if (error != 0)
		return setup_complain(s, "the braid stopped",
		    strerror(errno));
	return setup_arrived(s, n);
}

/* As far as the tori's own snapshots are apart, then look on. */
static int
epochs_here(struct setup *s, uint64_t n)
{
	struct rse_stats st;
	uint64_t every;

	while (s->kept != NULL) {
		rse_torus_stats(s->t[0], &st);
		every = rse_torus_config(s->t[0])->every;
		if (st.epoch >= n || n - st.epoch <= every)
			break;
		if (epochs_run(s, st.epoch + every) != 0 ||
		    look_on(s, s->line, 0, 0) != 0)
			return -1;
	}
	return epochs_run(s, n);
}

static int
expect(struct setup *s, const char *key, const char *value)
{
	struct rse_torus *t = s->t[s->on < s->n ? s->on : 0];
	struct rse_stats st;
	char text[32];

	if (t == NULL)
		return 0; /* another process looks at that one */
	rse_torus_stats(t, &st);
	if (strcmp(key, "processed") == 0)
		snprintf(text, sizeof(text), "%" PRIu64, st.processed);
	else if (strcmp(key, "time") == 0)
		snprintf(text, sizeof(text), "%" PRIu64, st.now);
	else if (strcmp(key, "pending") == 0)
		snprintf(text, sizeof(text), "%" PRIu64, st.pending);
	else if (strcmp(key, "digest") == 0)
		snprintf(text, sizeof(text), "%016" PRIx64, st.run_digest);
	else if (strcmp(key, "state") == 0)
		snprintf(text, sizeof(text), "%016" PRIx64,
		    rse_torus_digest(t));
	else
		return setup_complain(s, "nothing to expect of", key);
	if (strcmp(text, value) != 0) {
		say(s, "%s is %s, not %s\n", key, text, value);
		s->failed++;
	}
	return 0;
}

/* `run`, of one torus, in pieces if anybody looks on. */
static int
torus_run(struct setup *s, uint32_t i, const uint64_t v[2])
{
	uint64_t n, done = 0;

	if (s->from.line == s->line && s->from.torus >= i)
		done = s->from.torus == i ? s->from.done : v[0];
	while (done < v[0]) {
		n = v[0] - done;
		if (s->kept != NULL && n > s->piece)
			n = s->piece;
		if (rse_torus_run(s->t[i], n, v[1]) < n)
			break; /* nothing more to do, or it cannot go on */
		done += n;
		if (done < v[0] && look_on(s, s->line, i, done) != 0)
			return -1;
	}
	return 0;
}

static int
run(struct setup *s, char **word, uint32_t n)
{
	uint64_t v[2] = { 0, RSE_FOREVER };
	uint32_t i;

	if (numbers(s, word + 1, n - 1, v) != 0)
		return -1;
	if (s->most != 0 && v[0] > s->most)
		return setup_complain(s, "too long", word[1]);
	if (strcmp(word[0], "epochs") == 0) {
		if (s->n == 1)
			return setup_complain(s, "not a braid", word[0]);
		return s->epochs != NULL ? s->epochs(s, v[0]) :
		    epochs_here(s, v[0]);
	}
	for (i = s->first; i < s->end; i++)
		if ((s->on == i || s->on == s->n) && torus_run(s, i, v) != 0)
			return -1;
	return 0;
}

/* What must stand before the tori are made. */
static int
shape(struct setup *s, char **word, uint32_t n)
{
	uint64_t v[4] = { 0 };
	uint32_t i;

	if (s->made)
		return setup_complain(s, "comes too late", word[0]);
	if (numbers(s, word + 1, n - 1, v) != 0)
		return -1;
	if (strcmp(word[0], "braid") == 0) {
		if (v[0] == 0 || v[0] % 3 != 0 || v[0] > SETUP_TORI)
			return setup_complain(s, "not a multiple of 3, or "
			    "too many tori",
			    word[1]);
		s->n = (uint32_t)v[0];
		return 0;
	}
	for (i = 0; i < 3; i++)
		s->config.dim[i] = v[i] > RSE_DIM_MAX ? 0 : (uint32_t)v[i];
	if (n == 5 && v[3] <= UINT32_MAX)
		s->config.events = s->config.limit = (uint32_t)v[3];
	return rse_config_check(&s->config) == RSE_OK ? 0 :
	    setup_complain(s, "not possible", "torus");
}

/* The tori are there, as they were if this is the line to go on from. */
static int
line_reached(struct setup *s)
{
	int first = !s->made;

	if (setup_ready(s) != 0)
		return -1;
	return first && s->from.line != 0 ? s->resume(s) : 0;
}

static int
line_run(struct setup *s, char **word, uint32_t n)
{
	uint64_t v;
	uint32_t i;

	if ((strcmp(word[0], "torus") == 0 && (n == 4 || n == 5)) ||
	    (strcmp(word[0], "braid") == 0 && n == 2))
		return shape(s, word, n);
	if (s->line < s->from.line)
		return 0; /* it was carried out before */
	if (line_reached(s) != 0)
		return -1;
	if (strcmp(word[0], "on") == 0 && n == 2) {
		if (numbers(s, word + 1, 1, &v) != 0)
			return -1;
		if (v >= s->n)
			return setup_complain(s, "no such torus", word[1]);
		s->on = (uint32_t)v;
		return 0;
	}
	if ((strcmp(word[0], "run") == 0 && (n == 2 || n == 3)) ||
	    (strcmp(word[0], "epochs") == 0 && n == 2))
		return run(s, word, n);
	if (strcmp(word[0], "expect") == 0 && n == 3)
		return expect(s, word[1], word[2]);
	for (i = s->first; i < s->end; i++)
		if ((s->on == i || s->on == s->n) &&
		    build(s, s->t[i], word, n) != 0)
			return -1;
	return 0;
}

int
setup_parse(struct setup *s, FILE *f, const char *name)
{
	char line[SETUP_LINE], *word[RSE_CTL_WORDS + 1], *at;
	uint32_t n;
	int bad = 0;

	s->name = name;
	while (!bad && fgets(line, sizeof(line), f) != NULL) {
		s->line++;
		if (strchr(line, '\n') == NULL && !feof(f)) {
			bad = setup_complain(s, "too long", "line");
			break;
		}
		if ((at = strchr(line, '#')) != NULL)
			*at = '\0';
		at = strtok(line, " \t\r\n");
		for (n = 0; at != NULL && n < RSE_CTL_WORDS; n++) {
			word[n] = at;
			at = strtok(NULL, " \t\r\n");
		}
		if (at != NULL)
			bad = setup_complain(s, "too many words", at);
		else if (n > 0)
			bad = line_run(s, word, n);
	}
	if (!bad && ferror(f))
		bad = setup_complain(s, "cannot be read", strerror(errno));
	if (bad || line_reached(s) != 0)
		return -1;
	return look_on(s, SETUP_END, 0, 0);
}

int
setup_read(struct setup *s, const char *path)
{
	FILE *f = fopen(path, "r");
	int bad;

	if (f == NULL) {
		s->name = path;
		return setup_complain(s, "cannot be read", strerror(errno));
	}
	bad = setup_parse(s, f, path);
	fclose(f);
	return bad;
}

void
setup_row(const struct setup *s, uint32_t i, struct setup_row *row)
{
	struct rse_stats st;

	rse_torus_stats(s->t[i], &st);
	*row = (struct setup_row) { .processed = st.processed,
		.time = st.now, .pending = st.pending, .refused = st.refused,
		.digested = rse_torus_config(s->t[i])->digest,
		.run = st.run_digest, .state = rse_torus_digest(s->t[i]) };
}

/* The last line stands for all: FNV-1a over the states, in order. */
void
setup_print(const struct setup *s, const struct setup_row *row, FILE *out)
{
	uint64_t all = FNV_OFFSET;
	uint8_t state[8];
	uint32_t i;

	fprintf(out, "%s\n", s->name);
	for (i = 0; i < s->n; i++, row++) {
		fprintf(out, "torus %" PRIu32 " processed %" PRIu64 " time %"
		    PRIu64 " pending %" PRIu64 " refused %" PRIu64, i,
		    row->processed, row->time, row->pending, row->refused);
		if (row->digested)
			fprintf(out, " digest %016" PRIx64, row->run);
		fprintf(out, " state %016" PRIx64 "\n", row->state);
		le64_put(state, row->state);
		all = rse_fnv1a(all, state, sizeof(state));
	}
	if (s->n > 1)
		fprintf(out, "braid %" PRIu32 " state %016" PRIx64 "\n",
		    s->n, all);
}
