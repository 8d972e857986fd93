/* SPDX-License-Identifier: MIT */
/*
 * sys/dev/vterm.c: the parser of a terminal: UTF-8, control characters and
 * escape sequences.
 *
 *	GROUND --ESC--> ESCAPE --[--> CSI --final--> GROUND
 *	                ESCAPE --] P X ^ _--> STRING --BEL, ESC \--> GROUND
 *	                ESCAPE --space ... /--> ESCAPE (intermediate)
 *
 * CAN, SUB and ESC end any sequence, control characters work within CSI.
 */
#include "base/string.h"

#include "dev/vterm.h"

enum { GROUND, ESCAPE, CSI, STRING };

#define CAN 0x18
#define SUB 0x1a
#define ESC 0x1b
#define BEL 0x07
#define DEL 0x7f
#define REPLACEMENT 0xfffd
#define PARAM_LIMIT 9999

unsigned
vterm_param(const struct vterm *vt, unsigned i, unsigned empty)
{
	if (i >= vt->vt_nparams || vt->vt_params[i] == 0)
		return empty;
	return vt->vt_params[i];
}

void
vterm_answer(struct vterm *vt, const char *s)
{
	size_t n = strlen(s);

	if (n > VT_REPLY_MAX - vt->vt_nreply)
		return;
	memcpy(vt->vt_reply + vt->vt_nreply, s, n);
	vt->vt_nreply += (unsigned)n;
}

static void
csi_begin(struct vterm *vt)
{
	memset(vt->vt_params, 0, sizeof(vt->vt_params));
	vt->vt_nparams = 0;
	vt->vt_private = 0;
	vt->vt_intermediate = 0;
	vt->vt_state = CSI;
}

static void
csi_digit(struct vterm *vt, unsigned digit)
{
	unsigned v;

	if (vt->vt_nparams == 0)
		vt->vt_nparams = 1;
	v = vt->vt_params[vt->vt_nparams - 1] * 10u + digit;
	vt->vt_params[vt->vt_nparams - 1] = (uint16_t)MIN(v, PARAM_LIMIT);
}

/* Parameters beyond the last that fits go into that one, and harm nothing. */
static void
csi_separator(struct vterm *vt)
{
	if (vt->vt_nparams == 0)
		vt->vt_nparams = 1;
	if (vt->vt_nparams < VT_PARAMS_MAX)
		vt->vt_nparams++;
	else
		vt->vt_params[VT_PARAMS_MAX - 1] = 0;
}

static void
csi_byte(struct vterm *vt, uint8_t c)
{
	if (c >= '0' && c <= '9') {
		csi_digit(vt, c - '0');
	} else if (c == ';' || c == ':') {
		csi_separator(vt);
	} else if (c >= '<' && c <= '?') {
		vt->vt_private = c;
	} else if (c >= 0x20 && c <= 0x2f) {
		vt->vt_intermediate = c;
	} else if (c >= 0x40 && c <= 0x7e) {
		vt->vt_state = GROUND;
		if (vt->vt_intermediate == 0)
			vterm_csi(vt, c);
	}
}

static void
escape_byte(struct vterm *vt, uint8_t c)
{
	if (c >= 0x20 && c <= 0x2f) {
		vt->vt_intermediate = c;
		return;
	}
	vt->vt_state = GROUND;
	if (vt->vt_intermediate != 0)
		vterm_escape(vt, vt->vt_intermediate, c);
	else if (c == '[')
		csi_begin(vt);
	else if (c == ']' || c == 'P' || c == 'X' || c == '^' || c == '_')
		vt->vt_state = STRING;
	else
		vterm_escape(vt, 0, c);
}

/* Control characters of any state; true: c was one. */
static bool
control_byte(struct vterm *vt, uint8_t c)
{
	if (c == ESC) {
		vt->vt_state = ESCAPE;
		vt->vt_intermediate = 0;
		return true;
	}
	if (c == CAN || c == SUB) {
		vt->vt_state = GROUND;
		return true;
	}
	if (vt->vt_state == STRING) {
		if (c == BEL)
			vt->vt_state = GROUND;
		return true;
	}
	if (c == DEL)
		return true;
	if (c >= 0x20)
		return false;
	vterm_control(vt, c);
	return true;
}

/* Overlong forms, surrogates and broken sequences give one U+FFFD. */
static void
utf8_byte(struct vterm *vt, uint8_t c)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };

	if (vt->vt_utf8_left > 0 && (c & 0xc0) == 0x80) {
		vt->vt_utf8 = vt->vt_utf8 << 6 | (c & 0x3f);
		if (--vt->vt_utf8_left > 0)
			return;
		if (vt->vt_utf8 < least[vt->vt_utf8_len] ||
		    vt->vt_utf8 > 0x10ffff ||
		    (vt->vt_utf8 >= 0xd800 && vt->vt_utf8 < 0xe000))
			vt->vt_utf8 = REPLACEMENT;
		if (vt->vt_utf8 >= 0xa0) /* C1 controls are not shown */
			vterm_put(vt, vt->vt_utf8);
		return;
	}
	if (vt->vt_utf8_left > 0)
		vterm_put(vt, REPLACEMENT);
	vt->vt_utf8_left = 0;
	if (c < 0x80) {
		vterm_put(vt, c);
		return;
	}
	vt->vt_utf8_len = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
	if (c < 0xc2 || c > 0xf4) {
		vterm_put(vt, REPLACEMENT);
		return;
	}
	vt->vt_utf8 = c & (0x7fu >> vt->vt_utf8_len);
	vt->vt_utf8_left = (uint8_t)(vt->vt_utf8_len - 1);
}

void
vterm_write(struct vterm *vt, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t c = (uint8_t)s[i];

		if (c < 0x20 || c == DEL) {
			vt->vt_utf8_left = 0;
			if (control_byte(vt, c))
				continue;
		}
		switch (vt->vt_state) {
		case GROUND:
			utf8_byte(vt, c);
			break;
		case ESCAPE:
			escape_byte(vt, c);
			break;
		case CSI:
			csi_byte(vt, c);
			break;
		}
	}
}
