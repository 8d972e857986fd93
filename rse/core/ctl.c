/* SPDX-License-Identifier: MIT */
/*
 * rse/core/ctl.c - the words of ctl: one table, one function for each.
 *
 * A line is words separated by blanks.  Numbers are decimal or 0x
 * hexadecimal.  A word that fails changes nothing, and the result says
 * which word of the line was wrong.
 */
#include <rse_text.h>

#include "torus.h"

struct word {
	const char *s;
	size_t len;
};

struct line {
	struct rse_torus *t;
	struct word w[RSE_CTL_WORDS];
	uint32_t n;
	struct rse_ctl_result *r;
};

typedef int ctl_fn(struct line *);

static int
wrong(struct line *l, uint32_t word, int error)
{
	l->r->word = word;
	return error;
}

static int
word_is(const struct word *w, const char *s)
{
	size_t i;

	/* A word may hold any byte, a zero too. */
	for (i = 0; i < w->len && s[i] != '\0' && s[i] == w->s[i]; i++)
		continue;
	return i == w->len && s[i] == '\0';
}

static int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

static int
number(const char *s, size_t len, uint64_t *out)
{
	unsigned base = 10;
	uint64_t v = 0;
	int d;

	if (len > 2 && s[0] == '0' && s[1] == 'x') {
		base = 16;
		s += 2;
		len -= 2;
	}
	if (len == 0)
		return RSE_EINVAL;
	for (; len > 0; len--) {
		d = digit(*s++);
		if ((unsigned)d >= base || v > (UINT64_MAX - d) / base)
			return RSE_EINVAL;
		v = v * base + (unsigned)d;
	}
	*out = v;
	return RSE_OK;
}

static int
unsigned_at(struct line *l, uint32_t i, uint64_t most, uint64_t *out)
{
	if (number(l->w[i].s, l->w[i].len, out) != RSE_OK || *out > most)
		return wrong(l, i, RSE_EINVAL);
	return RSE_OK;
}

static int
signed_at(struct line *l, uint32_t i, int64_t *out)
{
	const struct word *w = &l->w[i];
	int minus = w->s[0] == '-';
	uint64_t v;

	if (number(w->s + minus, w->len - minus, &v) != RSE_OK ||
	    v > (uint64_t)INT32_MAX + minus)
		return wrong(l, i, RSE_EINVAL);
	*out = minus ? -(int64_t)v : (int64_t)v;
	return RSE_OK;
}

/* Three coordinates, wrapped onto the lattice. */
static int
node_at(struct line *l, uint32_t i, uint32_t *node)
{
	int64_t c[3];
	uint32_t k;
	int error;

	for (k = 0; k < 3; k++)
		if ((error = signed_at(l, i + k, &c[k])) != RSE_OK)
			return error;
	*node = rse_node(l->t, c[0], c[1], c[2]);
	return RSE_OK;
}

static int
do_start(struct line *l)
{
	if (l->t->state == RSE_FAULTED)
		return wrong(l, 0, RSE_ECORRUPT);
	rse_start(l->t);
	return RSE_OK;
}

static int
do_stop(struct line *l)
{
	rse_stop(l->t);
	return RSE_OK;
}

static int
do_step(struct line *l)
{
	uint64_t n = 1;
	int error;

	if (l->n > 1 && (error = unsigned_at(l, 1, UINT64_MAX, &n)) != RSE_OK)
		return error;
	if (n == 0)
		return wrong(l, 1, RSE_EINVAL);
	rse_step_events(l->t, n);
	return RSE_OK;
}

static int
do_reset(struct line *l)
{
	rse_torus_reset(l->t);
	return RSE_OK;
}

static int
do_spawn(struct line *l)
{
	uint32_t node;
	int error;

	if ((error = node_at(l, 1, &node)) != RSE_OK)
		return error;
	return rse_spawn(l->t, node, &l->r->pid);
}

static int
do_kill(struct line *l)
{
	uint64_t pid;
	int error;

	if ((error = unsigned_at(l, 1, UINT32_MAX, &pid)) != RSE_OK)
		return error;
	return wrong(l, 1, rse_kill(l->t, (uint32_t)pid));
}

static int
do_edge(struct line *l)
{
	uint32_t from, to, flags = 0;
	uint64_t delay;
	int error;

	if ((error = node_at(l, 1, &from)) != RSE_OK ||
	    (error = node_at(l, 4, &to)) != RSE_OK ||
	    (error = unsigned_at(l, 7, UINT32_MAX, &delay)) != RSE_OK)
		return error;
	if (l->n == 9) {
		if (!word_is(&l->w[8], "portal"))
			return wrong(l, 8, RSE_ENOENT);
		flags = RSE_PORTAL;
	}
	error = rse_edge(l->t, from, to, (uint32_t)delay, flags);
	return wrong(l, error == RSE_EDELAY ? 7 :
	    error == RSE_EINVAL ? 1 : 0, error);
}

/* Without a time the event comes as soon as one can. */
static int
do_inject(struct line *l)
{
	struct rse_event e = { 0 };
	int64_t payload;
	int error;

	if ((error = node_at(l, 1, &e.dst)) != RSE_OK ||
	    (error = signed_at(l, 4, &payload)) != RSE_OK)
		return error;
	e.src = e.dst;
	e.payload = (int32_t)payload;
	e.time = l->t->stats.now;
	if (l->n > 5 && (error = unsigned_at(l, 5, RSE_TIME_MAX - 1,
	    &e.time)) != RSE_OK)
		return error;
	return rse_inject(l->t, &e);
}

static int
do_migrate(struct line *l)
{
	uint64_t pid, torus;
	int error;

	if ((error = unsigned_at(l, 1, UINT32_MAX, &pid)) != RSE_OK ||
	    (error = unsigned_at(l, 2, UINT32_MAX, &torus)) != RSE_OK)
		return error;
	if (rse_process_find(l->t, (uint32_t)pid) == NULL)
		return wrong(l, 1, RSE_ENOENT);
	if (l->t->hooks.migrate == NULL)
		return RSE_ENOTSUP;
	return wrong(l, 2, l->t->hooks.migrate(l->t->hooks.arg,
	    (uint32_t)pid, (uint32_t)torus));
}

static int
do_restore(struct line *l)
{
	if (l->t->hooks.restore == NULL)
		return RSE_ENOTSUP;
	return wrong(l, 1, l->t->hooks.restore(l->t->hooks.arg, l->w[1].s,
	    l->w[1].len));
}

static const char *const keys[] = { "limit", "digest", "lookahead", "mean",
	"remote", "infect", "recover", "weight", "interval", "adaptive",
	"policy", "every", "timeout", "replicate", "seed", "behaviour", NULL };

static int
config_set(struct line *l, struct rse_config *c, const struct word *key,
    const struct word *value)
{
	uint32_t *const field[] = { &c->limit, &c->digest, &c->lookahead,
		&c->mean, &c->remote, &c->infect, &c->recover, &c->weight,
		&c->interval, &c->adaptive, &c->policy, &c->every,
		&c->timeout, &c->replicate };
	const uint32_t fields = sizeof(field) / sizeof(field[0]);
	uint64_t v;
	uint32_t i;

	for (i = 0; keys[i] != NULL && !word_is(key, keys[i]);)
		i++;
	if (keys[i] == NULL)
		return RSE_ENOENT;
	if (word_is(key, "behaviour"))
		return rse_behaviour_find(l->t, value->s, value->len,
		    &c->behaviour);
	if (word_is(key, "policy") && word_is(value, "wait")) {
		c->policy = RSE_POLICY_WAIT;
		return RSE_OK;
	}
	if (word_is(key, "policy") && word_is(value, "continue")) {
		c->policy = RSE_POLICY_CONTINUE;
		return RSE_OK;
	}
	if (number(value->s, value->len, &v) != RSE_OK)
		return RSE_EINVAL;
	if (i >= fields) {
		c->seed = v;
		return RSE_OK;
	}
	if (v > UINT32_MAX)
		return RSE_EINVAL;
	*field[i] = (uint32_t)v;
	return RSE_OK;
}

/* What the pairs of the line make of the configuration. */
static int
config_parse(struct line *l, struct rse_config *c)
{
	struct word key, value;
	uint32_t i;
	int error;

	*c = l->t->config;
	for (i = 1; i < l->n; i++) {
		key = l->w[i];
		for (key.len = 0; key.len < l->w[i].len &&
		    key.s[key.len] != '=';)
			key.len++;
		if (key.len == l->w[i].len)
			return wrong(l, i, RSE_EINVAL);
		value.s = key.s + key.len + 1;
		value.len = l->w[i].len - key.len - 1;
		error = config_set(l, c, &key, &value);
		if (error == RSE_OK)
			error = c->behaviour >= l->t->nbehaviour ?
			    RSE_EINVAL : rse_config_check(c);
		if (error != RSE_OK)
			return wrong(l, i, error);
	}
	return RSE_OK;
}

/* All pairs of the line, or none. */
static int
do_config(struct line *l)
{
	struct rse_config c;
	int error = config_parse(l, &c);

	return error != RSE_OK ? error : rse_torus_configure(l->t, &c);
}

static const struct rse_ctl_word words[] = {
	{ "start", "", "run", 0, 0 },
	{ "stop", "", "stop after the current batch", 0, 0 },
	{ "step", "[n]", "handle n events, then stop", 0, 1 },
	{ "reset", "", "return to the state at creation", 0, 0 },
	{ "spawn", "x y z", "put a process on a cell", 3, 3 },
	{ "kill", "pid", "remove a process", 1, 1 },
	{ "edge", "x y z x y z delay [portal]",
	    "create an edge or change its delay", 7, 8 },
	{ "inject", "x y z payload [time]", "add an event", 4, 5 },
	{ "config", "key=value ...", "change parameters, all or none", 1,
	    RSE_CTL_WORDS - 1 },
	{ "migrate", "pid torus", "move a process to another torus", 2, 2 },
	{ "restore", "path", "load a snapshot", 1, 1 },
	{ NULL, NULL, NULL, 0, 0 },
};

static ctl_fn *const functions[] = { do_start, do_stop, do_step, do_reset,
	do_spawn, do_kill, do_edge, do_inject, do_config, do_migrate,
	do_restore };

_Static_assert(sizeof(functions) / sizeof(functions[0]) + 1 ==
    sizeof(words) / sizeof(words[0]), "a word without a function");

const struct rse_ctl_word *
rse_ctl_words(void)
{
	return words;
}

const char *const *
rse_ctl_keys(void)
{
	return keys;
}

static int
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static int
line_split(struct line *l, const char *s, size_t len)
{
	size_t i = 0;

	for (l->n = 0;; l->n++) {
		while (i < len && blank(s[i]))
			i++;
		if (i == len)
			return RSE_OK;
		if (l->n == RSE_CTL_WORDS)
			return wrong(l, l->n, RSE_EINVAL);
		l->w[l->n].s = s + i;
		while (i < len && !blank(s[i]))
			i++;
		l->w[l->n].len = (size_t)(s + i - l->w[l->n].s);
	}
}

/* Cut the line and find its word; NULL: an empty line. */
static int
line_find(struct line *l, const char *s, size_t len,
    const struct rse_ctl_word **out)
{
	const struct rse_ctl_word *w;
	int error;

	*out = NULL;
	if ((error = line_split(l, s, len)) != RSE_OK || l->n == 0)
		return error;
	for (w = words; w->name != NULL && !word_is(&l->w[0], w->name);)
		w++;
	if (w->name == NULL)
		return wrong(l, 0, RSE_ENOENT);
	if (l->n - 1 < w->least)
		return wrong(l, l->n, RSE_EINVAL); /* the one missing */
	if (l->n - 1 > w->most)
		return wrong(l, w->most + 1u, RSE_EINVAL);
	*out = w;
	return RSE_OK;
}

int
rse_ctl_execute(struct rse_torus *t, const char *s, size_t len,
    struct rse_ctl_result *r)
{
	const struct rse_ctl_word *w;
	struct line l;

	r->word = 0;
	r->pid = 0;
	l.t = t;
	l.r = r;
	r->error = line_find(&l, s, len, &w);
	if (w != NULL)
		r->error = functions[w - words](&l);
	return r->error;
}

int
rse_ctl_config(const struct rse_torus *t, const char *s, size_t len,
    struct rse_config *c, struct rse_ctl_result *r)
{
	const struct rse_ctl_word *w;
	struct line l;

	r->word = 0;
	r->pid = 0;
	l.t = (struct rse_torus *)t; /* only looked at */
	l.r = r;
	*c = t->config;
	r->error = line_find(&l, s, len, &w);
	if (w != NULL && functions[w - words] == do_config)
		r->error = config_parse(&l, c);
	return r->error;
}
