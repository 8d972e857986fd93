/* SPDX-License-Identifier: MIT */
/*
 * sys/dev/vterm_csi.c: what the sequences ESC [ ... do.
 */
#include "base/kprintf.h"
#include "base/string.h"

#include "dev/vterm.h"

/* The nearest of the 6x6x6 cube and the greys for a true colour. */
static uint8_t
colour_of_rgb(unsigned r, unsigned g, unsigned b)
{
	if (r == g && g == b) {
		if (r < 8)
			return 16;
		if (r > 246)
			return 231;
		return (uint8_t)(232 + MIN((r - 3) / 10, 23u));
	}
	return (uint8_t)(16 + 36 * (MIN(r, 255u) * 5 / 255) +
	    6 * (MIN(g, 255u) * 5 / 255) + MIN(b, 255u) * 5 / 255);
}

/* 38;5;n or 38;2;r;g;b from *i on; leaves *i at the last number used. */
static void
colour_extended(struct vterm *vt, unsigned *i, uint8_t *colour)
{
	unsigned kind = vterm_param(vt, *i + 1, 0);

	if (kind == 5) {
		*colour = (uint8_t)MIN(vterm_param(vt, *i + 2, 0), 255u);
		*i += 2;
	} else if (kind == 2) {
		*colour = colour_of_rgb(vterm_param(vt, *i + 2, 0),
		    vterm_param(vt, *i + 3, 0), vterm_param(vt, *i + 4, 0));
		*i += 4;
	}
}

static void
attribute(struct vt_cell *pen, unsigned p)
{
	static const uint8_t on[] = { [1] = VT_BOLD, [2] = VT_DIM,
		[4] = VT_UNDERLINE, [7] = VT_REVERSE };

	if (p < nitems(on))
		pen->vc_attr |= on[p];
	else if (p == 22)
		pen->vc_attr &= (uint8_t)~(VT_BOLD | VT_DIM);
	else if (p == 24)
		pen->vc_attr &= (uint8_t)~VT_UNDERLINE;
	else if (p == 27)
		pen->vc_attr &= (uint8_t)~VT_REVERSE;
}

void
vterm_sgr(struct vterm *vt)
{
	struct vt_cell *pen = &vt->vt_cur.cu_pen;

	for (unsigned i = 0; i < MAX(vt->vt_nparams, 1u); i++) {
		unsigned p = vterm_param(vt, i, 0);

		if (p == 0) {
			pen->vc_attr = 0;
			pen->vc_fg = VT_FG_DEFAULT;
			pen->vc_bg = VT_BG_DEFAULT;
		} else if (p >= 30 && p <= 37) {
			pen->vc_fg = (uint8_t)(p - 30);
		} else if (p == 38) {
			colour_extended(vt, &i, &pen->vc_fg);
		} else if (p == 39) {
			pen->vc_fg = VT_FG_DEFAULT;
		} else if (p >= 40 && p <= 47) {
			pen->vc_bg = (uint8_t)(p - 40);
		} else if (p == 48) {
			colour_extended(vt, &i, &pen->vc_bg);
		} else if (p == 49) {
			pen->vc_bg = VT_BG_DEFAULT;
		} else if (p >= 90 && p <= 97) {
			pen->vc_fg = (uint8_t)(p - 90 + 8);
		} else if (p >= 100 && p <= 107) {
			pen->vc_bg = (uint8_t)(p - 100 + 8);
		} else {
			attribute(pen, p);
		}
	}
}

/* ESC [ ? n h and l. */
static void
mode_private(struct vterm *vt, unsigned mode, bool on)
{
	switch (mode) {
	case 1:
		vt->vt_app_cursor = on;
		break;
	case 6:
		vt->vt_cur.cu_origin = on;
		vterm_goto(vt, 0, 0);
		break;
	case 7:
		vt->vt_wrap = on;
		vt->vt_cur.cu_wrap = false;
		break;
	case 25:
		vt->vt_cursor_shown = on;
		break;
	case 47:
	case 1047:
		vterm_alternate(vt, on);
		break;
	case 1049:
		if (on && !vt->vt_is_alternate)
			vt->vt_saved_main = vt->vt_cur;
		else if (!on && vt->vt_is_alternate)
			vt->vt_cur = vt->vt_saved_main;
		vterm_alternate(vt, on);
		break;
	}
}

static void
modes(struct vterm *vt, bool on)
{
	for (unsigned i = 0; i < vt->vt_nparams; i++) {
		if (vt->vt_private == '?')
			mode_private(vt, vt->vt_params[i], on);
		else if (vt->vt_params[i] == 4)
			vt->vt_insert = on;
		else if (vt->vt_params[i] == 20)
			vt->vt_newline = on;
	}
}

/* ESC [ n J. */
static void
erase_display(struct vterm *vt, unsigned how)
{
	struct vt_cursor *cu = &vt->vt_cur;
	unsigned from = 0, to = vt->vt_rows;

	if (how == 0) {
		vterm_erase(vt, cu->cu_y, cu->cu_x, vt->vt_cols);
		from = cu->cu_y + 1;
	} else if (how == 1) {
		vterm_erase(vt, cu->cu_y, 0, cu->cu_x + 1);
		to = cu->cu_y;
	} else if (how > 3) {
		return;
	}
	for (unsigned y = from; y < to; y++)
		vterm_erase(vt, y, 0, vt->vt_cols);
}

static void
erase_line(struct vterm *vt, unsigned how)
{
	struct vt_cursor *cu = &vt->vt_cur;

	if (how == 0)
		vterm_erase(vt, cu->cu_y, cu->cu_x, vt->vt_cols);
	else if (how == 1)
		vterm_erase(vt, cu->cu_y, 0, cu->cu_x + 1);
	else if (how == 2)
		vterm_erase(vt, cu->cu_y, 0, vt->vt_cols);
}

/* n cells at the cursor come in (blank) or go out. */
static void
shift_cells(struct vterm *vt, unsigned n, bool in)
{
	struct vt_cursor *cu = &vt->vt_cur;
	struct vt_cell *at = vt->vt_row[cu->cu_y] + cu->cu_x;
	unsigned room = vt->vt_cols - cu->cu_x;

	n = MIN(n, room);
	if (in) {
		memmove(at + n, at, (room - n) * sizeof(*at));
		vterm_erase(vt, cu->cu_y, cu->cu_x, n);
	} else {
		memmove(at, at + n, (room - n) * sizeof(*at));
		vterm_erase(vt, cu->cu_y, vt->vt_cols - n, n);
	}
	cu->cu_wrap = false;
}

/* Lines at the cursor, within the region only. */
static void
shift_lines(struct vterm *vt, unsigned n, bool in)
{
	struct vt_cursor *cu = &vt->vt_cur;

	if (cu->cu_y < vt->vt_top || cu->cu_y > vt->vt_bottom)
		return;
	vterm_scroll(vt, cu->cu_y, vt->vt_bottom, n, !in);
	cu->cu_x = 0;
	cu->cu_wrap = false;
}

/* Up and down stop at the region's edge if they begin inside of it. */
static void
move_vertical(struct vterm *vt, unsigned n, bool down)
{
	struct vt_cursor *cu = &vt->vt_cur;
	unsigned top = cu->cu_y >= vt->vt_top ? vt->vt_top : 0;
	unsigned bottom = cu->cu_y <= vt->vt_bottom ? vt->vt_bottom :
						      vt->vt_rows - 1;

	if (down)
		cu->cu_y = MIN(cu->cu_y + n, bottom);
	else
		cu->cu_y = cu->cu_y - MIN(n, cu->cu_y - top);
	cu->cu_wrap = false;
}

static void
move_horizontal(struct vterm *vt, unsigned n, bool right)
{
	struct vt_cursor *cu = &vt->vt_cur;

	if (right)
		cu->cu_x = MIN(cu->cu_x + n, vt->vt_cols - 1);
	else
		cu->cu_x -= MIN(n, cu->cu_x);
	cu->cu_wrap = false;
}

static void
report(struct vterm *vt)
{
	struct vt_cursor *cu = &vt->vt_cur;
	char buf[24];

	if (vt->vt_private != 0)
		return;
	if (vterm_param(vt, 0, 0) == 5) {
		vterm_answer(vt, "\033[0n");
	} else if (vterm_param(vt, 0, 0) == 6) {
		ksnprintf(buf, sizeof(buf), "\033[%u;%uR",
		    cu->cu_y - (cu->cu_origin ? vt->vt_top : 0) + 1,
		    cu->cu_x + 1);
		vterm_answer(vt, buf);
	}
}

static void
region_set(struct vterm *vt)
{
	unsigned top = vterm_param(vt, 0, 1) - 1;
	unsigned bottom = MIN(vterm_param(vt, 1, vt->vt_rows), vt->vt_rows) - 1;

	if (top >= bottom)
		return;
	vt->vt_top = top;
	vt->vt_bottom = bottom;
	vterm_goto(vt, 0, 0);
}

static void
tabs_clear(struct vterm *vt)
{
	unsigned x = vt->vt_cur.cu_x;

	if (vterm_param(vt, 0, 0) == 3)
		memset(vt->vt_tabs, 0, sizeof(vt->vt_tabs));
	else
		vt->vt_tabs[x / 64] &= ~(UINT64_C(1) << (x % 64));
}

static void
tab_back(struct vterm *vt, unsigned n)
{
	unsigned x = vt->vt_cur.cu_x;

	while (x > 0 && n > 0) {
		x--;
		if (vt->vt_tabs[x / 64] >> (x % 64) & 1)
			n--;
	}
	vt->vt_cur.cu_x = x;
	vt->vt_cur.cu_wrap = false;
}

/* Moving the cursor; false: c is none of these. */
static bool
csi_move(struct vterm *vt, uint8_t c)
{
	struct vt_cursor *cu = &vt->vt_cur;
	unsigned n = vterm_param(vt, 0, 1);
	unsigned top = cu->cu_origin ? MIN(vt->vt_top, cu->cu_y) : 0;

	switch (c) {
	case 'A':
	case 'F':
		move_vertical(vt, n, false);
		break;
	case 'B':
	case 'E':
	case 'e':
		move_vertical(vt, n, true);
		break;
	case 'C':
	case 'a':
		move_horizontal(vt, n, true);
		break;
	case 'D':
		move_horizontal(vt, n, false);
		break;
	case 'G':
	case '`':
		vterm_goto(vt, n - 1, cu->cu_y - top);
		break;
	case 'd':
		vterm_goto(vt, cu->cu_x, n - 1);
		break;
	case 'H':
	case 'f':
		vterm_goto(vt, vterm_param(vt, 1, 1) - 1, n - 1);
		break;
	case 'I':
		for (n = MIN(n, vt->vt_cols); n > 0; n--)
			vterm_control(vt, '\t');
		break;
	case 'Z':
		tab_back(vt, n);
		break;
	default:
		return false;
	}
	if (c == 'E' || c == 'F')
		cu->cu_x = 0;
	return true;
}

void
vterm_csi(struct vterm *vt, uint8_t c)
{
	unsigned n = vterm_param(vt, 0, 1);

	if (c == 'h' || c == 'l') {
		modes(vt, c == 'h');
		return;
	}
	if (vt->vt_private != 0 || csi_move(vt, c))
		return;
	switch (c) {
	case '@':
	case 'P':
		shift_cells(vt, n, c == '@');
		break;
	case 'J':
		erase_display(vt, vterm_param(vt, 0, 0));
		break;
	case 'K':
		erase_line(vt, vterm_param(vt, 0, 0));
		break;
	case 'L':
	case 'M':
		shift_lines(vt, n, c == 'L');
		break;
	case 'S':
	case 'T':
		vterm_scroll(vt, vt->vt_top, vt->vt_bottom, n, c == 'S');
		break;
	case 'X':
		vterm_erase(vt, vt->vt_cur.cu_y, vt->vt_cur.cu_x, n);
		break;
	case 'b':
		for (n = MIN(n, vt->vt_cols); n > 0 && vt->vt_last != 0; n--)
			vterm_put(vt, vt->vt_last);
		break;
	case 'c':
		vterm_answer(vt, "\033[?6c");
		break;
	case 'g':
		tabs_clear(vt);
		break;
	case 'm':
		vterm_sgr(vt);
		break;
	case 'n':
		report(vt);
		break;
	case 'r':
		region_set(vt);
		break;
	case 's':
		vt->vt_saved = vt->vt_cur;
		break;
	case 'u':
		vt->vt_cur = vt->vt_saved;
		break;
	}
}
