/* SPDX-License-Identifier: MIT */
/*
 * usr.bin/rsectl/plot.c - a picture of the tori.
 *
 * A column for each torus.  Above, its cells seen along z: how many events
 * the processes of each (x, y) handled.  x runs to the left, so that face
 * x = 0, where flux leaves, is on the side of the next torus; between them
 * the flux through each y.  Below, that face itself.  Colours of the same
 * kind are on one scale for all three, so that they can be compared.
 *
 * Why the square root: one busy cell must not make all others black, and a
 * logarithm would make all look alike.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "canvas.h"
#include "number.h"
#include "plot.h"
#include "rsectl.h"

#define SCALE_MOST 4

/* In units; a unit is as many pixels as -s says. */
enum {
	EDGE = 56, PANEL = 256, GAP = 72,
	TITLE_Y = 20, NAME_Y = 76, LINES_Y = 116, LINE = 20,
	BUSY_Y = 202, BUSY_HIGH = 6,
	CELLS_Y = 244, CELLS_END = CELLS_Y + PANEL,
	FACE_Y = CELLS_END + 76, FACE_END = FACE_Y + PANEL,
	SCALE_Y = FACE_END + 64, SCALE_HIGH = 14,
	WIDTH = 2 * EDGE + 3 * PANEL + 2 * GAP, HEIGHT = SCALE_Y + 64,
};

#define PAPER 0x0d1117
#define PLATE 0x161b22 /* cells without processes, faces without flux */
#define INK   0xe6edf3
#define PALE  0x8b949e
#define GREEN 0x3fb950
#define AMBER 0xd29922
#define RED   0xf85149
#define GREY  0x484f58

static const uint32_t warm[] = { 0x2b1055, 0x7a1f8a, 0xc73e6d, 0xf4784a,
	0xfdbd4f, 0xfff8c9 };
static const uint32_t cool[] = { 0x0b3954, 0x0f6684, 0x149e9e, 0x4fd08a,
	0xa8eb7d, 0xf2fbc5 };

#define TONES (sizeof(warm) / sizeof(warm[0]))

struct drawing {
	struct canvas c;
	int u; /* pixels of a unit */
	const struct plot *p;
	double most_handled, most_flux, most_row, most_rate;
};

static uint32_t
blend(uint32_t a, uint32_t b, double f)
{
	uint32_t out = 0, shift;
	int ca, cb;

	for (shift = 0; shift < 24; shift += 8) {
		ca = a >> shift & 255;
		cb = b >> shift & 255;
		out |= (uint32_t)(ca + (int)((cb - ca) * f)) << shift;
	}
	return out;
}

/* 0 to 1 as a colour. */
static uint32_t
tone(const uint32_t *map, double f)
{
	double at = f * (TONES - 1);
	unsigned i = (unsigned)at;

	if (i >= TONES - 1)
		return map[TONES - 1];
	return blend(map[i], map[i + 1], at - i);
}

static uint32_t
value_tone(const uint32_t *map, double v, double most)
{
	return tone(map, most > 0 ? __builtin_sqrt(v / most) : 0);
}

static void
text(struct drawing *d, int x, int y, int size, uint32_t colour,
    const char *s)
{
	canvas_text(&d->c, x * d->u, y * d->u, size * d->u, colour, s);
}

static void
text_right(struct drawing *d, int x, int y, int size, uint32_t colour,
    const char *s)
{
	text(d, x - (int)strlen(s) * GLYPH_WIDE * size, y, size, colour, s);
}

static void
text_centre(struct drawing *d, int x, int y, int size, uint32_t colour,
    const char *s)
{
	text(d, x - (int)strlen(s) * GLYPH_WIDE * size / 2, y, size, colour,
	    s);
}

static int
column_x(unsigned i)
{
	return EDGE + (int)i * (PANEL + GAP);
}

static uint32_t
state_colour(const struct plot_torus *t)
{
	if (t->blank || strcmp(t->state, "faulted") == 0)
		return RED;
	if (strcmp(t->health, "healthy") != 0 ||
	    strcmp(t->state, "stalled") == 0)
		return AMBER;
	return state_is_running(t->state) ? GREEN : GREY;
}

/* Sum of a face's row. */
static double
row_flux(const struct plot_torus *t, unsigned y)
{
	double sum = 0;
	unsigned z;

	for (z = 0; z < t->dim[2]; z++)
		sum += t->face[y * t->dim[2] + z];
	return sum;
}

static void
most_take(double *most, double v)
{
	if (v > *most)
		*most = v;
}

static void
scales_find(struct drawing *d)
{
	const struct plot_torus *t;
	unsigned i, k;

	for (i = 0; i < TORI; i++) {
		t = &d->p->torus[i];
		most_take(&d->most_rate, t->rate);
		if (t->blank)
			continue;
		for (k = 0; k < t->dim[0] * t->dim[1]; k++)
			most_take(&d->most_handled, t->activity[k]);
		for (k = 0; k < t->dim[1] * t->dim[2]; k++)
			most_take(&d->most_flux, t->face[k]);
		for (k = 0; k < t->dim[1]; k++)
			most_take(&d->most_row, row_flux(t, k));
	}
}

struct span {
	unsigned from, to;
};

/* The cells, one or more, that pixel `at` of `pixels` stands for. */
static struct span
span_of(int at, int pixels, unsigned cells)
{
	struct span s;

	s.from = (unsigned)((long)at * (long)cells / pixels);
	s.to = (unsigned)((long)(at + 1) * (long)cells / pixels);
	if (s.to <= s.from)
		s.to = s.from + 1;
	return s;
}

/* A line between cells, where they are big enough for one. */
static bool
is_seam(int at, int pixels, unsigned cells)
{
	return (unsigned)pixels >= 6 * cells && at + 1 < pixels &&
	    (long)at * (long)cells / pixels !=
	    (long)(at + 1) * (long)cells / pixels;
}

/*
 * The activity, v[across][down] with x to the left, or a face, v[down][across].
 * Where a pixel stands for several cells it shows the greatest.
 */
static void
panel_draw(struct drawing *d, int x, int y, const double *v, unsigned across,
    unsigned down, bool activity)
{
	int size = PANEL * d->u, px, py;
	uint32_t colour;
	unsigned a, b;
	double most;

	canvas_fill(&d->c, x * d->u, y * d->u, size, size, PLATE);
	for (py = 0; py < size; py++) {
		struct span sb = span_of(py, size, down);

		for (px = 0; px < size; px++) {
			struct span sa = span_of(px, size, across);

			most = NOBODY;
			for (a = sa.from; a < sa.to; a++)
				for (b = sb.from; b < sb.to; b++)
					most_take(&most, activity ?
					    v[(across - 1 - a) * down + b] :
					    v[b * across + a]);
			if (is_seam(px, size, across) ||
			    is_seam(py, size, down) || most == NOBODY ||
			    (!activity && most == 0))
				continue;
			colour = activity ? value_tone(warm, most,
			    d->most_handled) : value_tone(cool, most,
			    d->most_flux);
			canvas_fill(&d->c, x * d->u + px, y * d->u + py, 1, 1,
			    colour);
		}
	}
}

/* A torus of which there is nothing to show. */
static void
panel_blank(struct drawing *d, int x, int y, const struct plot_torus *t)
{
	const char *word = strcmp(t->state, "dead") == 0 ? "DEAD" :
	    strcmp(t->state, "recovering") == 0 ? "RECOVERING" : "NO DATA";
	int i, size = PANEL * d->u;

	for (i = 0; i < size; i++)
		canvas_fill(&d->c, x * d->u, y * d->u + i, size, 1,
		    i / (4 * d->u) % 2 == 0 ? 0x2d1215 : 0x200d10);
	text_centre(d, x + PANEL / 2, y + PANEL / 2 - 24, 3, RED, word);
}

/* Chevrons for each y through which flux left torus t. */
static void
ribbon_draw(struct drawing *d, int x, int width, const struct plot_torus *t)
{
	int high = PANEL * d->u, wide = width * d->u, px, py, from, row, off;
	uint32_t colour;
	unsigned y;
	double flux;

	for (py = 0; py < high; py++) {
		y = span_of(py, high, t->dim[1]).from;
		flux = row_flux(t, y);
		if (flux == 0 || is_seam(py, high, t->dim[1]))
			continue;
		colour = value_tone(cool, flux, d->most_row);
		row = high / (int)t->dim[1];
		from = (int)((long)y * high / (long)t->dim[1]);
		off = abs(2 * (py - from) + 1 - row) / 2;
		for (px = 0; px < wide; px++)
			canvas_fill(&d->c, x * d->u + px,
			    CELLS_Y * d->u + py, 1, 1,
			    (px + off) / (4 * d->u) % 2 == 0 ? colour :
			    blend(PAPER, colour, 0.45));
	}
}

/* What left torus i, on its way to the next; the strand is closed. */
static void
flux_draw(struct drawing *d, unsigned i)
{
	const struct plot_torus *t = &d->p->torus[i];
	int x = column_x(i) + PANEL + 2;
	char n[24], to[16];

	if (t->blank || !d->p->braided)
		return;
	snprintf(to, sizeof(to), "to %u", (i + 1) % TORI);
	number_short(n, sizeof(n), (double)t->flux_out);
	if (i + 1 < TORI) {
		ribbon_draw(d, x, GAP - 4, t);
		text_centre(d, x + GAP / 2 - 2, CELLS_END + 6, 1, PALE, to);
	} else {
		ribbon_draw(d, x, EDGE - 10, t);
		ribbon_draw(d, 8, EDGE - 10, t);
		text_centre(d, x + EDGE / 2 - 4, CELLS_END + 6, 1, PALE, to);
		snprintf(to, sizeof(to), "from %u", i);
		text(d, 0, CELLS_Y - 20, 1, PALE, to);
	}
	text_centre(d, x + (i + 1 < TORI ? GAP : EDGE) / 2 - 3,
	    CELLS_Y - 20, 1, t->flux_out != 0 ? 0x4fd08a : GREY, n);
}

static void
busy_draw(struct drawing *d, int x, const struct plot_torus *t)
{
	int u = d->u, wide = 0;

	if (d->most_rate > 0)
		wide = (int)(PANEL * u * t->rate / d->most_rate);
	canvas_fill(&d->c, x * u, BUSY_Y * u, PANEL * u, BUSY_HIGH * u,
	    PLATE);
	canvas_fill(&d->c, x * u, BUSY_Y * u, wide, BUSY_HIGH * u, GREEN);
}

static void
label_draw(struct drawing *d, unsigned i)
{
	const struct plot_torus *t = &d->p->torus[i];
	int x = column_x(i), y = LINES_Y;
	char line[64], a[24], b[24], c[24];

	snprintf(line, sizeof(line), "torus %u", i);
	text(d, x, NAME_Y, 2, INK, line);
	text_right(d, x + PANEL, NAME_Y + 12, 1, state_colour(t), t->state);
	if (t->blank)
		return;
	snprintf(line, sizeof(line), "%s, %u x %u x %u, %s", t->behaviour,
	    t->dim[0], t->dim[1], t->dim[2], t->health);
	text(d, x, y, 1, PALE, line);
	snprintf(line, sizeof(line), "epoch %llu  time %s", t->epoch,
	    number_short(a, sizeof(a), (double)t->time));
	text(d, x, y += LINE, 1, PALE, line);
	snprintf(line, sizeof(line), "%s events, %s pending",
	    number_short(a, sizeof(a), (double)t->processed),
	    number_short(b, sizeof(b), (double)t->pending));
	text(d, x, y += LINE, 1, PALE, line);
	snprintf(line, sizeof(line), "%s a second",
	    number_short(c, sizeof(c), t->rate));
	text(d, x, y += LINE, 1, INK, line);
	if (t->violations != 0) {
		snprintf(line, sizeof(line), "%llu violations",
		    t->violations);
		text_right(d, x + PANEL, y, 1, RED, line);
	}
	busy_draw(d, x, t);
}

static void
axes_draw(struct drawing *d, int x, const struct plot_torus *t)
{
	char s[24];

	snprintf(s, sizeof(s), "x=%u", t->dim[0] - 1);
	text(d, x, CELLS_END + 6, 1, PALE, s);
	text_right(d, x + PANEL, CELLS_END + 6, 1, PALE, "x=0");
	text_centre(d, x + PANEL / 2, CELLS_END + 6, 1, PALE, "y down");
	snprintf(s, sizeof(s), "z=%u", t->dim[2] - 1);
	text(d, x, FACE_END + 6, 1, PALE, "z=0");
	text_right(d, x + PANEL, FACE_END + 6, 1, PALE, s);
	text_centre(d, x + PANEL / 2, FACE_END + 6, 1, PALE, "y down");
}

static void
torus_draw(struct drawing *d, unsigned i)
{
	const struct plot_torus *t = &d->p->torus[i];
	int x = column_x(i), u = d->u;
	char line[64], n[24];

	label_draw(d, i);
	if (t->blank) {
		panel_blank(d, x, CELLS_Y, t);
		panel_blank(d, x, FACE_Y, t);
	} else {
		panel_draw(d, x, CELLS_Y, t->activity, t->dim[0], t->dim[1],
		    true);
		panel_draw(d, x, FACE_Y, t->face, t->dim[2], t->dim[1],
		    false);
		axes_draw(d, x, t);
		snprintf(line, sizeof(line), "face x=0: %s out",
		    number_short(n, sizeof(n), (double)t->flux_out));
		text(d, x, FACE_Y - 22, 1, t->flux_out != 0 ? INK : PALE,
		    line);
	}
	text(d, x, CELLS_Y - 22, 1, PALE, "events handled, all z");
	canvas_frame(&d->c, x * u, CELLS_Y * u, PANEL * u, PANEL * u, u,
	    state_colour(t));
	canvas_frame(&d->c, x * u, FACE_Y * u, PANEL * u, PANEL * u, u,
	    GREY);
	flux_draw(d, i);
}

/* A bar of colours and what their ends and middle mean. */
static void
scale_draw(struct drawing *d, int x, const uint32_t *map, double most,
    const char *what)
{
	int wide = (WIDTH - 2 * EDGE - GAP) / 2, i;
	char n[24];

	for (i = 0; i < wide * d->u; i++)
		canvas_fill(&d->c, x * d->u + i, SCALE_Y * d->u, 1,
		    SCALE_HIGH * d->u, tone(map, (double)i /
		    (wide * d->u)));
	text(d, x, SCALE_Y - 20, 1, PALE, what);
	text(d, x, SCALE_Y + SCALE_HIGH + 4, 1, PALE, "0");
	text_centre(d, x + wide / 2, SCALE_Y + SCALE_HIGH + 4, 1, PALE,
	    number_short(n, sizeof(n), most / 4));
	text_right(d, x + wide, SCALE_Y + SCALE_HIGH + 4, 1, PALE,
	    number_short(n, sizeof(n), most));
}

static void
draw(struct drawing *d)
{
	int half = EDGE + (WIDTH - 2 * EDGE + GAP) / 2;
	unsigned i;

	scales_find(d);
	text(d, EDGE, TITLE_Y, 2, INK, d->p->braided ?
	    "Three tori, braided" : "Three tori, not braided");
	text_right(d, WIDTH - EDGE, TITLE_Y + 12, 1, PALE,
	    "flux leaves on face x=0, to the next torus");
	for (i = 0; i < TORI; i++)
		torus_draw(d, i);
	scale_draw(d, EDGE, warm, d->most_handled,
	    "events handled on the cells of one x, y");
	scale_draw(d, half, cool, d->most_flux,
	    "flux out through one y, z since the beginning");
}

static void
options_read(int argc, char **argv, const char **path, int *scale)
{
	char *end;
	long v;
	int c;

	optind = 0; /* main was here before */
	opterr = 0;
	while ((c = getopt(argc, argv, ":o:s:")) != -1) {
		if (c == 'o') {
			*path = optarg;
			continue;
		}
		if (c != 's')
			fail(EXIT_USAGE, c == ':' ? "plot: something must "
			    "stand behind -%c" : "plot: -%c is no option; "
			    "there are -o FILE and -s SCALE", optopt);
		v = strtol(optarg, &end, 10);
		if (*end != '\0' || end == optarg || v < 1 || v > SCALE_MOST)
			fail(EXIT_USAGE, "plot: the scale is \"%s\", not a "
			    "number from 1 to %d", optarg, SCALE_MOST);
		*scale = (int)v;
	}
	if (optind != argc)
		fail(EXIT_USAGE, "plot: \"%s\" is one word too many; the file "
		    "stands behind -o", argv[optind]);
}

int
do_plot(int argc, char **argv)
{
	const char *path = "torus.png";
	struct drawing d = { .u = 1 };
	struct plot p;
	char why[200];
	size_t len;
	void *png;

	options_read(argc, argv, &path, &d.u);
	if (strcmp(path, "-") == 0 && isatty(STDOUT_FILENO))
		fail(EXIT_USAGE, "plot: a picture does not go to a terminal; "
		    "name a file behind -o");
	plot_read(&p);
	d.p = &p;
	if (!canvas_new(&d.c, WIDTH * d.u, HEIGHT * d.u, PAPER))
		fail(EXIT_REFUSED, "plot: there is not enough memory");
	draw(&d);
	png = canvas_png(&d.c, &len, why, sizeof(why));
	if (png == NULL)
		fail(EXIT_REFUSED, "plot: %s", why);
	file_put(path, png, len);
	if (strcmp(path, "-") != 0 && json) {
		fputs("{\"file\": ", stdout);
		json_string(stdout, path, strlen(path));
		printf(", \"width\": %d, \"height\": %d, \"bytes\": %zu}\n",
		    d.c.width, d.c.height, len);
	} else if (strcmp(path, "-") != 0) {
		printf("%s: %d x %d\n", path, d.c.width, d.c.height);
	}
	free(png);
	canvas_free(&d.c);
	plot_free(&p);
	return EXIT_OK;
}
