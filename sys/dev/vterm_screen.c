/* SPDX-License-Identifier: MIT */
/*
 * sys/dev/vterm_screen.c: a terminal's grid: characters, erasing, scrolling,
 * the two screens.
 *
 * Scrolling moves row pointers, not cells.
 */
#include "base/string.h"

#include "dev/vterm.h"

/* DEC's line drawing set for ` ... ~, as Unicode. */
static const uint16_t graphics[] = { 0x25c6, 0x2592, 0x2409, 0x240c, 0x240d,
	0x240a, 0x00b0, 0x00b1, 0x2424, 0x240b, 0x2518, 0x2510, 0x250c, 0x2514,
	0x253c, 0x23ba, 0x23bb, 0x2500, 0x23bc, 0x23bd, 0x251c, 0x2524, 0x2534,
	0x252c, 0x2502, 0x2264, 0x2265, 0x03c0, 0x2260, 0x00a3, 0x00b7 };

size_t
vterm_bytes(unsigned rows, unsigned cols)
{
	return 2 * (size_t)rows *
	    (sizeof(struct vt_cell *) + cols * sizeof(struct vt_cell));
}

void
vterm_init(struct vterm *vt, void *mem, unsigned rows, unsigned cols)
{
	struct vt_cell **row = mem;
	struct vt_cell *cells = (void *)(row + 2 * rows);

	memset(vt, 0, sizeof(*vt));
	vt->vt_rows = rows;
	vt->vt_cols = cols;
	for (unsigned i = 0; i < 2 * rows; i++)
		row[i] = cells + (size_t)i * cols;
	vt->vt_row = row;
	vt->vt_other = row + rows;
	vterm_reset(vt);
}

/* An erased cell keeps the background of the pen, as xterm's does. */
void
vterm_erase(struct vterm *vt, unsigned y, unsigned x, unsigned n)
{
	struct vt_cell blank = { .vc_char = ' ',
		.vc_fg = vt->vt_cur.cu_pen.vc_fg,
		.vc_bg = vt->vt_cur.cu_pen.vc_bg };
	unsigned end = MIN(x + n, vt->vt_cols);

	for (; x < end; x++)
		vt->vt_row[y][x] = blank;
}

/* Rows [top, bottom] move by n; those that come in are blank. */
void
vterm_scroll(struct vterm *vt, unsigned top, unsigned bottom, unsigned n,
    bool up)
{
	unsigned height = bottom - top + 1;
	struct vt_cell *moved[VT_ROWS_MAX / 4];

	n = MIN(n, height);
	if (n == height) {
		for (unsigned y = top; y <= bottom; y++)
			vterm_erase(vt, y, 0, vt->vt_cols);
		return;
	}
	while (n > 0) {
		unsigned k = MIN(n, (unsigned)nitems(moved));
		struct vt_cell **r = vt->vt_row + top;

		n -= k;
		if (up) {
			memcpy(moved, r, k * sizeof(*r));
			memmove(r, r + k, (height - k) * sizeof(*r));
			memcpy(r + height - k, moved, k * sizeof(*r));
		} else {
			memcpy(moved, r + height - k, k * sizeof(*r));
			memmove(r + k, r, (height - k) * sizeof(*r));
			memcpy(r, moved, k * sizeof(*r));
		}
		for (unsigned i = 0; i < k; i++)
			vterm_erase(vt, up ? bottom - i : top + i, 0,
			    vt->vt_cols);
	}
}

void
vterm_goto(struct vterm *vt, unsigned x, unsigned y)
{
	unsigned first = vt->vt_cur.cu_origin ? vt->vt_top : 0;
	unsigned last = vt->vt_cur.cu_origin ? vt->vt_bottom : vt->vt_rows - 1;

	vt->vt_cur.cu_x = MIN(x, vt->vt_cols - 1);
	vt->vt_cur.cu_y = MIN(first + y, last);
	vt->vt_cur.cu_wrap = false;
}

void
vterm_line_feed(struct vterm *vt)
{
	if (vt->vt_cur.cu_y == vt->vt_bottom)
		vterm_scroll(vt, vt->vt_top, vt->vt_bottom, 1, true);
	else if (vt->vt_cur.cu_y < vt->vt_rows - 1)
		vt->vt_cur.cu_y++;
	vt->vt_cur.cu_wrap = false;
}

void
vterm_put(struct vterm *vt, uint32_t c)
{
	struct vt_cursor *cu = &vt->vt_cur;
	struct vt_cell *row;

	if (cu->cu_graphics && c >= '`' && c <= '~')
		c = graphics[c - '`'];
	if (cu->cu_wrap) {
		cu->cu_x = 0;
		vterm_line_feed(vt);
	}
	row = vt->vt_row[cu->cu_y];
	if (vt->vt_insert)
		memmove(row + cu->cu_x + 1, row + cu->cu_x,
		    (vt->vt_cols - cu->cu_x - 1) * sizeof(*row));
	row[cu->cu_x] = cu->cu_pen;
	row[cu->cu_x].vc_char = c;
	vt->vt_last = c;
	if (cu->cu_x < vt->vt_cols - 1)
		cu->cu_x++;
	else
		cu->cu_wrap = vt->vt_wrap;
}

static void
tab_forward(struct vterm *vt)
{
	unsigned x = vt->vt_cur.cu_x;

	while (x < vt->vt_cols - 1) {
		x++;
		if (vt->vt_tabs[x / 64] >> (x % 64) & 1)
			break;
	}
	vt->vt_cur.cu_x = x;
}

void
vterm_control(struct vterm *vt, uint8_t c)
{
	struct vt_cursor *cu = &vt->vt_cur;

	switch (c) {
	case '\b':
		if (cu->cu_x > 0)
			cu->cu_x--;
		cu->cu_wrap = false;
		break;
	case '\t':
		tab_forward(vt);
		break;
	case '\n':
	case '\v':
	case '\f':
		vterm_line_feed(vt);
		if (vt->vt_newline)
			cu->cu_x = 0;
		break;
	case '\r':
		cu->cu_x = 0;
		cu->cu_wrap = false;
		break;
	case 0x0e: /* SO, SI: the other character set */
	case 0x0f:
		cu->cu_graphics = c == 0x0e;
		break;
	}
}

/* The screens change places; the alternate one begins blank. */
void
vterm_alternate(struct vterm *vt, bool on)
{
	struct vt_cell **shown = vt->vt_row;

	if (vt->vt_is_alternate == on)
		return;
	vt->vt_is_alternate = on;
	vt->vt_row = vt->vt_other;
	vt->vt_other = shown;
	if (on)
		vterm_scroll(vt, 0, vt->vt_rows - 1, vt->vt_rows, true);
}

void
vterm_reset(struct vterm *vt)
{
	vterm_alternate(vt, false);
	memset(&vt->vt_cur, 0, sizeof(vt->vt_cur));
	vt->vt_cur.cu_pen.vc_fg = VT_FG_DEFAULT;
	vt->vt_cur.cu_pen.vc_bg = VT_BG_DEFAULT;
	vt->vt_saved = vt->vt_saved_main = vt->vt_cur;
	vt->vt_top = 0;
	vt->vt_bottom = vt->vt_rows - 1;
	vt->vt_wrap = vt->vt_cursor_shown = true;
	vt->vt_insert = vt->vt_newline = vt->vt_app_cursor = false;
	memset(vt->vt_tabs, 0, sizeof(vt->vt_tabs));
	for (unsigned x = 8; x < VT_COLS_MAX; x += 8)
		vt->vt_tabs[x / 64] |= UINT64_C(1) << (x % 64);
	vterm_scroll(vt, 0, vt->vt_rows - 1, vt->vt_rows, true);
}

void
vterm_escape(struct vterm *vt, uint8_t intermediate, uint8_t c)
{
	struct vt_cursor *cu = &vt->vt_cur;

	if (intermediate == '(') { /* G0: 0 is line drawing */
		cu->cu_graphics = c == '0';
		return;
	}
	if (intermediate != 0)
		return;
	switch (c) {
	case '7':
		vt->vt_saved = *cu;
		break;
	case '8':
		*cu = vt->vt_saved;
		break;
	case 'D':
		vterm_line_feed(vt);
		break;
	case 'E':
		cu->cu_x = 0;
		vterm_line_feed(vt);
		break;
	case 'H':
		vt->vt_tabs[cu->cu_x / 64] |= UINT64_C(1) << (cu->cu_x % 64);
		break;
	case 'M':
		if (cu->cu_y == vt->vt_top)
			vterm_scroll(vt, vt->vt_top, vt->vt_bottom, 1, false);
		else if (cu->cu_y > 0)
			cu->cu_y--;
		cu->cu_wrap = false;
		break;
	case 'Z':
		vterm_answer(vt, "\033[?6c");
		break;
	case 'c':
		vterm_reset(vt);
		break;
	}
}
