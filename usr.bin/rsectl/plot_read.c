/* SPDX-License-Identifier: MIT */
/*
 * usr.bin/rsectl/plot_read.c - read from the device what a picture shows.
 *
 * The files are read one after the other while the tori run, so they are of
 * moments close to each other, not of one.  A torus that dies meanwhile, or
 * is created anew in another size, is shown as a blank.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <librse.h>

#include "plot.h"
#include "rsectl.h"

#define SAMPLE_MSEC 500 /* over which the rate is measured */

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void
braid_read(struct braid_view *v)
{
	if (braid_look(v) != 0)
		fail(code_of(errno), "the braid: %s", reason("", errno));
}

/* Events a second of each, if any runs. */
static void
rates_read(struct plot *p)
{
	struct braid_view a, b;
	bool any = false;
	double t;
	unsigned i;

	braid_read(&a);
	p->braided = a.braided;
	for (i = 0; i < TORI; i++)
		any |= state_is_running(a.torus[i].state);
	if (!any)
		return;
	t = now();
	nanosleep(&(struct timespec){ .tv_nsec = SAMPLE_MSEC * 1000000L },
	    NULL);
	braid_read(&b);
	t = now() - t;
	for (i = 0; i < TORI; i++)
		if (b.torus[i].processed > a.torus[i].processed)
			p->torus[i].rate = (double)(b.torus[i].processed -
			    a.torus[i].processed) / t;
}

static bool
status_read(struct plot_torus *t, const char *text)
{
	const char *lattice = value_find(text, "lattice");

	value_word(text, "state", t->state, sizeof(t->state));
	value_word(text, "health", t->health, sizeof(t->health));
	value_word(text, "behaviour", t->behaviour, sizeof(t->behaviour));
	t->epoch = value_number(text, "epoch");
	t->time = value_number(text, "time");
	t->processed = value_number(text, "processed");
	t->pending = value_number(text, "pending");
	t->processes = value_number(text, "processes");
	return lattice != NULL && sscanf(lattice, "%u %u %u", &t->dim[0],
	    &t->dim[1], &t->dim[2]) == 3 && t->dim[0] != 0 &&
	    t->dim[1] != 0 && t->dim[2] != 0 && t->dim[0] <= RSE_DIM_MAX &&
	    t->dim[1] <= RSE_DIM_MAX && t->dim[2] <= RSE_DIM_MAX;
}

static void
stats_read(struct plot_torus *t, const char *text)
{
	t->violations = value_number(text, "violations");
	t->flux_in = value_number(text, "flux_in");
	t->flux_out = value_number(text, "flux_out");
}

/* Rows of pid x y z behaviour state handled, below one of names. */
static bool
activity_read(struct plot_torus *t, const char *text)
{
	size_t cells = (size_t)t->dim[0] * t->dim[1], i;
	unsigned long long handled;
	unsigned x, y;

	t->activity = malloc(cells * sizeof(*t->activity));
	if (t->activity == NULL)
		return false;
	for (i = 0; i < cells; i++)
		t->activity[i] = NOBODY;
	while (*(text += strcspn(text, "\n")) != '\0' && *++text != '\0') {
		if (sscanf(text, "%*u %u %u %*u %*s %*d %llu", &x, &y,
		    &handled) != 3 || x >= t->dim[0] || y >= t->dim[1])
			return false;
		i = (size_t)x * t->dim[1] + y;
		if (t->activity[i] == NOBODY)
			t->activity[i] = 0;
		t->activity[i] += (double)handled;
	}
	return true;
}

static bool
face_read(struct plot_torus *t, const void *wire, size_t len)
{
	uint32_t cells = t->dim[1] * t->dim[2], i;
	struct rse_projection p;

	if (rse_projection_decode(wire, len, cells, &p) != RSE_OK)
		return false;
	t->face = malloc(cells * sizeof(*t->face));
	if (t->face == NULL)
		return false;
	for (i = 0; i < cells; i++)
		t->face[i] = rse_projection_face(&p, i);
	return true;
}

static void
torus_read(struct plot_torus *t, unsigned i)
{
	size_t len = 0;
	char *status = file_read(i, "status", NULL);
	char *stats = file_try(i, "stats", NULL);
	char *processes = file_try(i, "processes", NULL);
	char *wire = file_try(i, "projection.raw", &len);

	t->blank = !status_read(t, status) || stats == NULL ||
	    processes == NULL || wire == NULL ||
	    !activity_read(t, processes) || !face_read(t, wire, len);
	if (!t->blank)
		stats_read(t, stats);
	free(status);
	free(stats);
	free(processes);
	free(wire);
}

void
plot_read(struct plot *p)
{
	unsigned i;

	memset(p, 0, sizeof(*p));
	rates_read(p);
	for (i = 0; i < TORI; i++)
		torus_read(&p->torus[i], i);
}

void
plot_free(struct plot *p)
{
	unsigned i;

	for (i = 0; i < TORI; i++) {
		free(p->torus[i].activity);
		free(p->torus[i].face);
	}
}
