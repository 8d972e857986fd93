/* SPDX-License-Identifier: MIT */
/*
 * usr.bin/rsectl/canvas.h - a picture: rectangles, text, and PNG.
 *
 * Colours are 0xRRGGBB.  What lies outside the picture is not drawn.
 */
#ifndef RSECTL_CANVAS_H
#define RSECTL_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GLYPH_WIDE 8
#define GLYPH_HIGH 16

struct canvas {
	int width, height;
	uint8_t *rgb;
};

/* False with errno. */
bool canvas_new(struct canvas *, int width, int height, uint32_t background);
void canvas_free(struct canvas *);
void canvas_fill(struct canvas *, int x, int y, int width, int height,
    uint32_t colour);
/* A frame of this thickness around, and outside of, the rectangle. */
void canvas_frame(struct canvas *, int x, int y, int width, int height,
    int thick, uint32_t colour);
/* ASCII, each pixel of the font `size` wide and high. */
void canvas_text(struct canvas *, int x, int y, int size, uint32_t colour,
    const char *);
/* The file, which the caller frees; NULL, and `why` is told. */
void *canvas_png(const struct canvas *, size_t *len, char *why, size_t room);

#endif
