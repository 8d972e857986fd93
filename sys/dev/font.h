/* SPDX-License-Identifier: MIT */
/*
 * sys/dev/font.h: the console's font: 8 pixels wide, 16 high.
 */
#ifndef DEV_FONT_H
#define DEV_FONT_H

#include "base/types.h"

#define FONT_WIDTH  8
#define FONT_HEIGHT 16

/* 16 bytes, the leftmost pixel in the high bit; a box if there is no such
 * character. */
const uint8_t *font_glyph(uint32_t c);

#endif
