/* SPDX-License-Identifier: MIT */
/*
 * rse/bench/netsim/plot.c - two panels of curves over the number of tori.
 */
#include <math.h>
#include <string.h>

#include "net.h"

#define WIDTH	960
#define HEIGHT	420
#define PANEL_W 350
#define PANEL_H 270
#define TOP	70
#define DECADES 6 /* to 10^6 */

struct panel {
	FILE *f;
	double left, top; /* of the highest value */
	const char *title, *y;
};

static double
across(const struct panel *p, double n)
{
	return p->left + PANEL_W * log10(n) / DECADES;
}

static double
up(const struct panel *p, double v)
{
	return TOP + PANEL_H * (1 - v / p->top);
}

static void
axes(const struct panel *p, double step, const char *unit)
{
	FILE *f = p->f;
	double v;
	int k;

	fprintf(f, "<text x='%g' y='%d' class='title'>%s</text>\n", p->left,
	    TOP - 22, p->title);
	for (v = 0; v <= p->top * 1.0001; v += step) {
		fprintf(f, "<line x1='%g' y1='%.1f' x2='%g' y2='%.1f' "
		    "class='%s'/>\n", p->left, up(p, v), p->left + PANEL_W,
		    up(p, v), v == 0 ? "axis" : "grid");
		fprintf(f, "<text x='%g' y='%.1f' class='tick' "
		    "text-anchor='end'>%g%s</text>\n", p->left - 8,
		    up(p, v) + 4, v, unit);
	}
	for (k = 0; k <= DECADES; k++) {
		fprintf(f, "<line x1='%.1f' y1='%d' x2='%.1f' y2='%d' "
		    "class='axis'/>\n", across(p, pow(10, k)), TOP + PANEL_H,
		    across(p, pow(10, k)), TOP + PANEL_H + 5);
		fprintf(f, "<text x='%.1f' y='%d' class='tick' "
		    "text-anchor='middle'>", across(p, pow(10, k)),
		    TOP + PANEL_H + 20);
		if (k < 2)
			fprintf(f, "%g", pow(10, k));
		else
			fprintf(f, "10<tspan dy='-5' font-size='9'>%d"
			    "</tspan>", k);
		fprintf(f, "</text>\n");
	}
	fprintf(f, "<text x='%g' y='%d' class='label' text-anchor='middle'>"
	    "tori in the ring</text>\n", p->left + PANEL_W / 2.0,
	    TOP + PANEL_H + 42);
	fprintf(f, "<text transform='translate(%g,%g) rotate(-90)' "
	    "class='label' text-anchor='middle'>%s</text>\n", p->left - 50,
	    TOP + PANEL_H / 2.0, p->y);
}

static void
draw(const struct panel *p, const struct curve *c, int waiting, double name_dy)
{
	double x = 0, y = 0;
	uint32_t i;

	fprintf(p->f, "<polyline fill='none' stroke='%s' stroke-width='2.2' "
	    "stroke-linejoin='round' points='", c->colour);
	for (i = 0; i < c->points; i++)
		fprintf(p->f, "%.1f,%.1f ", across(p, c->n[i]), up(p,
		    waiting ? 100 * c->at[i].waiting : c->at[i].rate));
	fprintf(p->f, "'/>\n");
	for (i = 0; i < c->points; i++) {
		x = across(p, c->n[i]);
		y = up(p, waiting ? 100 * c->at[i].waiting : c->at[i].rate);
		fprintf(p->f, "<circle cx='%.1f' cy='%.1f' r='3.2' "
		    "fill='%s' stroke='#fff'/>\n", x, y, c->colour);
	}
	if (!waiting)
		fprintf(p->f, "<text x='%.1f' y='%.1f' class='name' "
		    "fill='%s'>%s</text>\n", x + 9, y + name_dy, c->colour,
		    c->name);
}

/* A round number that is not below any value, in steps of `step`. */
static double
highest(const struct curve *c, uint32_t curves, double step)
{
	double most = 0;
	uint32_t i, k;

	for (k = 0; k < curves; k++)
		for (i = 0; i < c[k].points; i++)
			if (c[k].at[i].rate > most)
				most = c[k].at[i].rate;
	return ceil(most / step) * step;
}

int
net_plot(const char *path, const struct curve *c, uint32_t curves,
    const char *under)
{
	struct panel rate = { .left = 72, .title = "Epochs a second",
		.y = "epochs / s" };
	struct panel wait = { .left = 588, .top = 100,
		.title = "Share of the time spent waiting",
		.y = "not computing" };
	uint32_t i;
	FILE *f = fopen(path, "w");

	if (f == NULL) {
		perror(path);
		return -1;
	}
	rate.f = wait.f = f;
	rate.top = highest(c, curves, 200);
	fprintf(f, "<svg xmlns='http://www.w3.org/2000/svg' width='%d' "
	    "height='%d' viewBox='0 0 %d %d' font-family=\"'DejaVu Sans', "
	    "Helvetica, Arial, sans-serif\">\n<!-- made by rse-netsim; "
	    "see braid-scaling.md -->\n<style>.grid{stroke:#e3e6ea}"
	    ".axis{stroke:#5b6470}.tick{font-size:11px;fill:#5b6470}"
	    ".label{font-size:12px;fill:#2d333b}"
	    ".title{font-size:15px;font-weight:600;fill:#1c2128}"
	    ".name{font-size:12px;font-weight:600}</style>\n"
	    "<rect width='100%%' height='100%%' fill='#fff'/>\n",
	    WIDTH, HEIGHT, WIDTH, HEIGHT);
	axes(&rate, 200, "");
	axes(&wait, 20, " %");
	for (i = 0; i < curves; i++) {
		draw(&rate, &c[i], 0, 4);
		draw(&wait, &c[i], 1, 4);
	}
	fprintf(f, "<text x='%d' y='%d' class='tick'>%s</text>\n</svg>\n", 22,
	    HEIGHT - 10, under);
	if (ferror(f) || fclose(f) != 0) {
		perror(path);
		return -1;
	}
	return 0;
}
