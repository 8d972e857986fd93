/* SPDX-License-Identifier: MIT */
/*
 * sys/dev/vt.h: the text screen and the keyboard, as the terminal above them
 * (tty1) sees them.
 *
 * Use: the terminal layer binds itself in INIT_LATE if vt_exists(). Bytes
 * given to vt_write() are interpreted as an xterm-like terminal does; keys and
 * the screen's answers come back through vc_rx().
 * Invariant: vc_rx() runs in interrupt context, or inside vt_write() (a
 * status report that was asked for), with no lock of vt held; it must not
 * sleep.
 */
#ifndef DEV_VT_H
#define DEV_VT_H

#include "base/types.h"

struct vt_client {
	void (*vc_rx)(void *ctx, const char *bytes, size_t n);
};

struct vt_size {
	uint16_t vs_rows, vs_cols;
	uint16_t vs_xpixel, vs_ypixel;
};

bool vt_exists(void); /* is there a screen? */
void vt_bind(const struct vt_client *, void *ctx);
/* Shows all bytes; any context, panic included. */
void vt_write(const char *, size_t);
void vt_size_get(struct vt_size *);

/* From a keyboard driver, in interrupt context: what a key sends. */
void vt_key_input(const char *bytes, size_t n);
/* Does the program want ESC O A instead of ESC [ A for cursor keys? */
bool vt_application_cursor(void);
#endif
