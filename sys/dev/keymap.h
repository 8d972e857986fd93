/* SPDX-License-Identifier: MIT */
/*
 * sys/dev/keymap.h: scan codes of a PC keyboard (set 1, as the 8042
 * translates) to the bytes a terminal sends. Pure.
 */
#ifndef DEV_KEYMAP_H
#define DEV_KEYMAP_H

#include "base/types.h"

#define KEY_BYTES_MAX 8

struct keyboard { /* all zero at the start */
	bool kb_shift[2], kb_ctrl[2], kb_alt[2]; /* left, right */
	bool kb_caps, kb_num;
	bool kb_e0;	/* the last code was a prefix */
	uint8_t kb_skip; /* codes left of a Pause sequence */
};

/* One code from the keyboard; the number of bytes put into out. */
size_t keyboard_decode(struct keyboard *, uint8_t code, bool app_cursor,
    char out[KEY_BYTES_MAX]);

#endif
