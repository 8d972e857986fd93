/* SPDX-License-Identifier: MIT */
/*
 * rse/tools/setup.c - reads set-up files and carries them out.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../port/posix/runner.h"
#include "setup.h"

static int
complain(const struct setup *s, const char *what, const char *word)
{
	fprintf(stderr, "%s:%" PRIu32 ": %s: %s\n", s->name, s->line, what,
	    word);
	return -1;
}

int
setup_ready(struct setup *s)
{
	struct rse_config c = s->config;
	uint32_t i;
	size_t len;
	int error;

	if (s->t[0] != NULL)
		return 0;
	if (s->n == 0)
		s->n = 1;
	if (s->epochs != NULL && s->n != s->ranks)
		return complain(s, "not as many processes as tori", "braid");
	s->on = s->n;
	c.count = s->n > 1 ? s->n : 0;
	for (i = 0; i < s->n; i++) {
		c.id = i;
		len = rse_torus_size(&c);
		s->mem[i] = len == 0 ? NULL : malloc(len);
		error = s->mem[i] == NULL ? RSE_EINVAL :
		    rse_torus_create(s->mem[i], len, &c, &s->t[i]);
		if (error != RSE_OK)
			return complain(s, rse_error_name(error), "torus");
	}
	return 0;
}

void
setup_free(struct setup *s)
{
	uint32_t i;

	for (i = 0; i < s->n; i++)
		free(s->mem[i]);
}

static int
numbers(const struct setup *s, char **word, uint32_t n, uint64_t *v)
{
	char *end;
	uint32_t i;

	for (i = 0; i < n; i++) {
		errno = 0;
		v[i] = strtoull(word[i], &end, 0);
		if (errno != 0 || end == word[i] || *end != '\0')
			return complain(s, "not a number", word[i]);
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

static int
ring(struct rse_torus *t, const uint64_t *v)
{
	struct rse_event e = { .payload = 1 };
	uint64_t i;
	int error = RSE_OK;

	for (i = 0; i < v[0] && error == RSE_OK; i++)
		error = rse_edge(t, place(t, i), place(t, (i + 1) % v[0]),
		    (uint32_t)v[1], 0);
	for (i = 0; i < v[2] && error == RSE_OK; i++) {
		e.dst = e.src = place(t, i);
		error = rse_inject(t, &e);
	}
	return error;
}

/* Edges along each dimension; `open`: none over the far side. */
static int
lattice(struct rse_torus *t, const uint64_t dim[3], uint64_t delay, int open)
{
	uint64_t at[3], to[3];
	uint32_t k;
	int error = RSE_OK;

	for (at[0] = 0; at[0] < dim[0]; at[0]++)
		for (at[1] = 0; at[1] < dim[1]; at[1]++)
			for (at[2] = 0; at[2] < dim[2]; at[2]++)
				for (k = 0; k < 3 && error == RSE_OK; k++) {
					memcpy(to, at, sizeof(to));
					to[k] = (at[k] + 1) % dim[k];
					if (to[k] == at[k] ||
					    (open && to[k] == 0))
						continue;
					error = rse_edge(t,
					    rse_node(t, (int64_t)at[0],
					    (int64_t)at[1], (int64_t)at[2]),
					    rse_node(t, (int64_t)to[0],
					    (int64_t)to[1], (int64_t)to[2]),
					    (uint32_t)delay, 0);
				}
	return error;
}

static int
build(struct setup *s, struct rse_torus *t, char **word, uint32_t n)
{
	struct rse_ctl_result r;
	uint64_t v[4] = { 0 }, dim[3] = { 1, 1, 1 };
	char line[512];
	uint32_t i;
	int error;

	if (strcmp(word[0], "ring") == 0 && n == 4) {
		if (numbers(s, word + 1, 3, v) != 0)
			return -1;
		error = v[0] == 0 ? RSE_EINVAL : ring(t, v);
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
		for (line[0] = '\0', i = 0; i < n; i++) {
			strncat(line, word[i], sizeof(line) - strlen(line) -
			    2);
			strcat(line, " ");
		}
		error = rse_ctl_execute(t, line, strlen(line), &r);
		if (error != RSE_OK)
			return complain(s, rse_error_name(error),
			    r.word < n ? word[r.word] : "a word is missing");
	}
	return error == RSE_OK ? 0 :
	    complain(s, rse_error_name(error), word[0]);
}

static int
epochs_here(struct setup *s, uint64_t n)
{
	uint32_t i;

	for (i = 0; i < s->n; i++) {
		rse_epoch_limit(s->t[i], n);
		rse_start(s->t[i]);
	}
	if (s->threads == 0)
		return rse_braid_run_sequential(s->t, s->n, 10000);
	return rse_braid_run_threads(s->t, s->n, s->threads, 10000);
}

static int
expect(struct setup *s, const char *key, const char *value)
{
	struct rse_torus *t = s->t[s->on < s->n ? s->on : 0];
	struct rse_stats st;
	char text[32];

	if (s->epochs != NULL && t != s->t[s->own])
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
		return complain(s, "nothing to expect of", key);
	if (strcmp(text, value) != 0) {
		fprintf(stderr, "%s:%" PRIu32 ": %s is %s, not %s\n",
		    s->name, s->line, key, text, value);
		s->failed++;
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
	if (strcmp(word[0], "epochs") == 0) {
		if (s->n == 1)
			return complain(s, "not a braid", word[0]);
		if ((s->epochs != NULL ? s->epochs(s, v[0]) :
		    epochs_here(s, v[0])) != 0)
			return complain(s, "the braid stopped", word[1]);
		return 0;
	}
	for (i = 0; i < s->n; i++)
		if (s->on == i || s->on == s->n)
			rse_torus_run(s->t[i], v[0], v[1]);
	return 0;
}

/* What must stand before the tori are made. */
static int
shape(struct setup *s, char **word, uint32_t n)
{
	uint64_t v[4] = { 0 };
	uint32_t i;

	if (s->t[0] != NULL)
		return complain(s, "comes too late", word[0]);
	if (numbers(s, word + 1, n - 1, v) != 0)
		return -1;
	if (strcmp(word[0], "braid") == 0) {
		if (v[0] == 0 || v[0] % 3 != 0 || v[0] > SETUP_TORI)
			return complain(s, "not a number of tori", word[1]);
		s->n = (uint32_t)v[0];
		return 0;
	}
	for (i = 0; i < 3; i++)
		s->config.dim[i] = v[i] > RSE_DIM_MAX ? 0 : (uint32_t)v[i];
	if (n == 5 && v[3] <= UINT32_MAX)
		s->config.events = s->config.limit = (uint32_t)v[3];
	return rse_config_check(&s->config) == RSE_OK ? 0 :
	    complain(s, "not possible", "torus");
}

static int
line_run(struct setup *s, char **word, uint32_t n)
{
	uint64_t v;
	uint32_t i;

	if ((strcmp(word[0], "torus") == 0 && (n == 4 || n == 5)) ||
	    (strcmp(word[0], "braid") == 0 && n == 2))
		return shape(s, word, n);
	if (setup_ready(s) != 0)
		return -1;
	if (strcmp(word[0], "on") == 0 && n == 2) {
		if (numbers(s, word + 1, 1, &v) != 0)
			return -1;
		if (v >= s->n)
			return complain(s, "no such torus", word[1]);
		s->on = (uint32_t)v;
		return 0;
	}
	if ((strcmp(word[0], "run") == 0 && (n == 2 || n == 3)) ||
	    (strcmp(word[0], "epochs") == 0 && n == 2))
		return run(s, word, n);
	if (strcmp(word[0], "expect") == 0 && n == 3)
		return expect(s, word[1], word[2]);
	for (i = 0; i < s->n; i++)
		if ((s->on == i || s->on == s->n) &&
		    build(s, s->t[i], word, n) != 0)
			return -1;
	return 0;
}

int
setup_read(struct setup *s, const char *path)
{
	char line[512], *word[RSE_CTL_WORDS + 1], *at;
	FILE *f = fopen(path, "r");
	uint32_t n;
	int bad = 0;

	if (f == NULL) {
		perror(path);
		return -1;
	}
	s->name = path;
	for (s->line = 1; !bad && fgets(line, sizeof(line), f); s->line++) {
		if ((at = strchr(line, '#')) != NULL)
			*at = '\0';
		at = strtok(line, " \t\r\n");
		for (n = 0; at != NULL && n < RSE_CTL_WORDS; n++) {
			word[n] = at;
			at = strtok(NULL, " \t\r\n");
		}
		if (at != NULL)
			bad = complain(s, "too many words", at);
		else if (n > 0)
			bad = line_run(s, word, n);
	}
	fclose(f);
	return bad || setup_ready(s) != 0 ? -1 : 0;
}

void
setup_print(const struct setup *s, FILE *out)
{
	struct rse_stats st;
	uint32_t i;

	for (i = 0; i < s->n; i++) {
		rse_torus_stats(s->t[i], &st);
		fprintf(out, "torus %" PRIu32 " processed %" PRIu64 " time %"
		    PRIu64 " pending %" PRIu64 " refused %" PRIu64, i,
		    st.processed, st.now, st.pending, st.refused);
		if (rse_torus_config(s->t[i])->digest)
			fprintf(out, " digest %016" PRIx64, st.run_digest);
		fprintf(out, " state %016" PRIx64 "\n",
		    rse_torus_digest(s->t[i]));
	}
}
