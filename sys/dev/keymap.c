/* SPDX-License-Identifier: MIT */
/*
 * sys/dev/keymap.c: a US keyboard: letters, and what xterm sends for the
 * other keys.
 */
#include "base/string.h"

#include "dev/keymap.h"

#define RELEASE 0x80
#define K_CTRL	0x1d
#define K_LSHIFT 0x2a
#define K_RSHIFT 0x36
#define K_ALT	0x38
#define K_CAPS	0x3a
#define K_NUM	0x45
#define K_PAD_SLASH 0x35
#define K_ENTER 0x1c

/* Index: scan code. */
static const char plain[] = "\0\033" "1234567890-=\177\t"
    "qwertyuiop[]\r\0" "asdfghjkl;'`\0\\" "zxcvbnm,./\0*\0 ";
static const char shifted[] = "\0\033" "!@#$%^&*()_+\177\t"
    "QWERTYUIOP{}\r\0" "ASDFGHJKL:\"~\0|" "ZXCVBNM<>?\0*\0 ";

/* The number pad's digits from 0x47 on. */
static const char pad[] = "789-456+1230.";

/* Keys that send sequences; `final` after ESC [ or number with ~. */
struct special {
	uint8_t code;
	char final;
	uint8_t number; /* 0: ESC [ final, or ESC O final */
};

/* 0x47 ... 0x53 with the prefix, or on the pad without Num Lock. */
static const struct special editing[] = {
	{ 0x47, 'H', 0 }, { 0x48, 'A', 0 }, { 0x49, 0, 5 }, { 0x4b, 'D', 0 },
	{ 0x4d, 'C', 0 }, { 0x4f, 'F', 0 }, { 0x50, 'B', 0 }, { 0x51, 0, 6 },
	{ 0x52, 0, 2 }, { 0x53, 0, 3 },
};

static const struct special function[] = {
	{ 0x3b, 'P', 0 }, { 0x3c, 'Q', 0 }, { 0x3d, 'R', 0 },
	{ 0x3e, 'S', 0 }, { 0x3f, 0, 15 }, { 0x40, 0, 17 }, { 0x41, 0, 18 },
	{ 0x42, 0, 19 }, { 0x43, 0, 20 }, { 0x44, 0, 21 }, { 0x57, 0, 23 },
	{ 0x58, 0, 24 },
};

static bool
either(const bool b[2])
{
	return b[0] || b[1];
}

/* xterm's parameter for the modifiers that are down; 1: none. */
static unsigned
modifiers(const struct keyboard *kb)
{
	return 1 + either(kb->kb_shift) + 2 * either(kb->kb_alt) +
	    4 * either(kb->kb_ctrl);
}

static size_t
special_encode(const struct keyboard *kb, const struct special *sp, bool o,
    char *out)
{
	unsigned mod = modifiers(kb);
	size_t n = 0;

	out[n++] = '\033';
	out[n++] = sp->number == 0 && o && mod == 1 ? 'O' : '[';
	if (sp->number >= 10)
		out[n++] = (char)('0' + sp->number / 10);
	if (sp->number != 0)
		out[n++] = (char)('0' + sp->number % 10);
	if (mod != 1) {
		if (sp->number == 0)
			out[n++] = '1';
		out[n++] = ';';
		out[n++] = (char)('0' + mod);
	}
	out[n++] = sp->number != 0 ? '~' : sp->final;
	return n;
}

static const struct special *
special_find(const struct special *table, size_t n, uint8_t code)
{
	for (size_t i = 0; i < n; i++) {
		if (table[i].code == code)
			return &table[i];
	}
	return NULL;
}

/* True: the code is a modifier, or a lock. */
static bool
modifier_key(struct keyboard *kb, uint8_t code, bool e0, bool down)
{
	switch (code) {
	case K_CTRL:
		kb->kb_ctrl[e0] = down;
		return true;
	case K_ALT:
		kb->kb_alt[e0] = down;
		return true;
	case K_LSHIFT:
	case K_RSHIFT: /* with the prefix: not a key, part of others */
		if (!e0)
			kb->kb_shift[code == K_RSHIFT] = down;
		return true;
	case K_CAPS:
		kb->kb_caps ^= down;
		return true;
	case K_NUM:
		kb->kb_num ^= down;
		return true;
	}
	return false;
}

/* A character with Ctrl and Alt as terminals have them. */
static size_t
char_encode(const struct keyboard *kb, char c, char *out)
{
	size_t n = 0;

	if (either(kb->kb_ctrl)) {
		if (c >= '@' && c <= '~')
			c &= 0x1f;
		else if (c == ' ' || c == '2')
			c = 0;
		else if (c == '/')
			c = 0x1f;
		else if (c == '\177')
			c = '\b';
	}
	if (either(kb->kb_alt))
		out[n++] = '\033';
	out[n++] = c;
	return n;
}

static size_t
letter_encode(const struct keyboard *kb, uint8_t code, char *out)
{
	bool shift = either(kb->kb_shift);
	char c;

	if (code >= sizeof(plain) - 1 || plain[code] == '\0')
		return 0;
	if (kb->kb_caps && plain[code] >= 'a' && plain[code] <= 'z')
		shift = !shift;
	if (plain[code] == '\t' && shift) {
		memcpy(out, "\033[Z", 3);
		return 3;
	}
	c = shift ? shifted[code] : plain[code];
	return char_encode(kb, c, out);
}

size_t
keyboard_decode(struct keyboard *kb, uint8_t code, bool app_cursor,
    char out[KEY_BYTES_MAX])
{
	bool e0 = kb->kb_e0, down = !(code & RELEASE);
	const struct special *sp;

	if (kb->kb_skip > 0) {
		kb->kb_skip--;
		return 0;
	}
	if (code == 0xe1) { /* Pause: e1 1d 45 e1 9d c5 */
		kb->kb_skip = 5;
		return 0;
	}
	kb->kb_e0 = code == 0xe0;
	if (kb->kb_e0)
		return 0;
	code &= 0x7f;
	if (modifier_key(kb, code, e0, down) || !down)
		return 0;
	if (code >= 0x47 && code <= 0x53 && !e0 &&
	    (kb->kb_num || code == 0x4a || code == 0x4e))
		return char_encode(kb, pad[code - 0x47], out);
	sp = special_find(editing, nitems(editing), code);
	if (sp != NULL)
		return special_encode(kb, sp, app_cursor, out);
	sp = special_find(function, nitems(function), code);
	if (sp != NULL && !e0)
		return special_encode(kb, sp, true, out);
	if (e0 && code != K_PAD_SLASH && code != K_ENTER)
		return 0;
	return letter_encode(kb, code, out);
}
