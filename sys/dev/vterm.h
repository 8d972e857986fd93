/* SPDX-License-Identifier: MIT */
/*
 * sys/dev/vterm.h: a terminal as a grid of characters: bytes go in, cells
 * change. Pure: no screen, no locks (tests/host/vterm.c feeds it anything).
 *
 * It understands what xterm does and programs use; TERM=xterm or linux.
 * Invariants: (1) vt_x < vt_cols, vt_y < vt_rows, vt_top <= vt_bottom <
 * vt_rows after every byte; (2) a byte costs at most one change of the whole
 * grid, whatever numbers a sequence contains.
 */
#ifndef DEV_VTERM_H
#define DEV_VTERM_H

#include "base/types.h"

#define VT_ROWS_MAX   256
#define VT_COLS_MAX   512
#define VT_PARAMS_MAX 16
#define VT_REPLY_MAX  64

#define VT_BOLD	      0x1
#define VT_UNDERLINE  0x2
#define VT_REVERSE    0x4
#define VT_DIM	      0x8

#define VT_FG_DEFAULT 7
#define VT_BG_DEFAULT 0

struct vt_cell {
	uint32_t vc_char; /* Unicode; 0 shows as blank, as a space does */
	uint8_t vc_fg, vc_bg; /* of 256 colours */
	uint8_t vc_attr; /* VT_BOLD and so on */
	uint8_t vc_pad;	 /* 0, so that cells compare by memory */
};

struct vt_cursor {
	unsigned cu_x, cu_y;
	struct vt_cell cu_pen;
	bool cu_origin, cu_graphics;
	bool cu_wrap; /* the next character begins a new line */
};

struct vterm {
	unsigned vt_rows, vt_cols;
	struct vt_cell **vt_row; /* the screen shown: a pointer a row */
	struct vt_cell **vt_other; /* the main screen, or the alternate */
	struct vt_cursor vt_cur, vt_saved, vt_saved_main;
	unsigned vt_top, vt_bottom; /* scrolling region */
	uint64_t vt_tabs[VT_COLS_MAX / 64];
	bool vt_is_alternate, vt_wrap, vt_insert, vt_newline;
	bool vt_cursor_shown, vt_app_cursor;
	uint32_t vt_last; /* for REP */
	/* parser */
	uint8_t vt_state;
	uint8_t vt_private;	 /* '?', '>', ... after CSI, or 0 */
	uint8_t vt_intermediate;
	unsigned vt_nparams;
	uint16_t vt_params[VT_PARAMS_MAX];
	uint32_t vt_utf8;
	uint8_t vt_utf8_left, vt_utf8_len;
	/* what the terminal answers; the caller takes it */
	char vt_reply[VT_REPLY_MAX];
	unsigned vt_nreply;
};

/* Memory for rows * cols; rows and cols within 1 ... MAX. */
size_t vterm_bytes(unsigned rows, unsigned cols);
void vterm_init(struct vterm *, void *mem, unsigned rows, unsigned cols);
void vterm_write(struct vterm *, const char *, size_t);

/* Between vterm.c (parser) and vterm_screen.c (what sequences do). */
void vterm_reset(struct vterm *);
void vterm_put(struct vterm *, uint32_t c);
void vterm_control(struct vterm *, uint8_t c);
void vterm_escape(struct vterm *, uint8_t intermediate, uint8_t c);
void vterm_csi(struct vterm *, uint8_t c);
void vterm_sgr(struct vterm *);
/* The i-th number of a sequence; `empty` if it is missing or 0. */
unsigned vterm_param(const struct vterm *, unsigned i, unsigned empty);
void vterm_answer(struct vterm *, const char *);
void vterm_line_feed(struct vterm *);
void vterm_erase(struct vterm *, unsigned y, unsigned x, unsigned n);
void vterm_scroll(struct vterm *, unsigned top, unsigned bottom, unsigned n,
    bool up);
void vterm_alternate(struct vterm *, bool on);
void vterm_goto(struct vterm *, unsigned x, unsigned y);

#endif
