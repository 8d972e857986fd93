/* SPDX-License-Identifier: MIT */
/*
 * tests/host/keymap.c: scan codes to bytes.
 */
#include "dev/keymap.h"

#include <stdlib.h>

#include "fake/tap.h"

static struct keyboard kb;

/* Feeds codes; what came out must be `want`. */
static void
keys(const char *codes, size_t n, const char *want, size_t nwant)
{
	char got[64];
	size_t at = 0;

	for (size_t i = 0; i < n && at + KEY_BYTES_MAX <= sizeof(got); i++)
		at += keyboard_decode(&kb, (uint8_t)codes[i], false, got + at);
	CHECK_EQ(at, nwant);
	CHECK(at == nwant && memcmp(got, want, at) == 0);
}

#define KEYS(codes, want) keys(codes, sizeof(codes) - 1, want, sizeof(want) - 1)

static void
test_letters(void)
{
	KEYS("\x1e\x9e\x30\xb0\x39\xb9", "ab ");
	KEYS("\x2a\x1e\x9e\xaa\x1e\x9e", "Aa");
	KEYS("\x02\x36\x02\xb6", "1!");
	KEYS("\x3a\xba\x1e\x9e\x2a\x1e\xaa\x02\x3a\xba\x1e", "Aa1a");
	KEYS("\x1c\x0e\x0f\x01", "\r\177\t\033");
	KEYS("\x2b\x28\x29\x35", "\\'`/");
}

static void
test_modifiers(void)
{
	KEYS("\x1d\x2e\xae\x20\x9d\x2e", "\003\004c");
	KEYS("\xe0\x1d\x2c\xe0\x9d\x2c", "\032z");
	KEYS("\x38\x1e\xb8\x1e", "\033aa");
	KEYS("\x1d\x39\x9d", "\0");
	KEYS("\x2a\x0f\xaa", "\033[Z");
}

static void
test_special(void)
{
	char out[KEY_BYTES_MAX];

	KEYS("\xe0\x48\xe0\xc8\xe0\x50", "\033[A\033[B");
	KEYS("\xe0\x49\xe0\x51\xe0\x53", "\033[5~\033[6~\033[3~");
	KEYS("\xe0\x47\xe0\x4f", "\033[H\033[F");
	KEYS("\x3b\x3f\x58", "\033OP\033[15~\033[24~");
	KEYS("\x1d\xe0\x4d\x9d", "\033[1;5C");
	KEYS("\xe0\x2a\xe0\x4b\xe0\xaa", "\033[D"); /* false shift */
	KEYS("\xe1\x1d\x45\xe1\x9d\xc5\x1e", "a"); /* Pause */
	KEYS("\x47\x45\xc5\x47\x45\xc5", "\033[H7"); /* Num Lock */
	KEYS("\xe0\x35\xe0\x1c", "/\r");
	CHECK_EQ(keyboard_decode(&kb, 0xe0, true, out), 0);
	CHECK_EQ(keyboard_decode(&kb, 0x48, true, out), 3);
	CHECK(memcmp(out, "\033OA", 3) == 0);
}

static void
test_anything(void)
{
	srand(1);
	for (unsigned i = 0; i < 1000000; i++) {
		char *out = malloc(KEY_BYTES_MAX);

		CHECK(keyboard_decode(&kb, (uint8_t)rand(), rand() & 1, out) <=
		    KEY_BYTES_MAX);
		free(out);
	}
}

int
main(void)
{
	tap_run("letters and locks", test_letters);
	tap_run("control and alt", test_modifiers);
	tap_run("cursor and function keys", test_special);
	tap_run("any codes", test_anything);
	return tap_end();
}
